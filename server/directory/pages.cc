#include "server/directory/pages.h"

#include "proto/contract/bytes.h"

namespace entente::directory {
namespace {

constexpr std::size_t mac_bytes = 16;
constexpr std::size_t token_bytes_max = 2'048;

}  // namespace

Result<Page> Page::read(const Records& records, const policy::Subject& subject, std::string query,
                        const std::string& token, std::size_t size) {
  Page page(records, subject.account + '\n' + std::move(query) + '\n', "", size);
  if (token.empty()) return page;
  const Status refused(Code::InvalidArgument, Reason::PageTokenInvalid,
                       "`page_token` is not one that this query gave you");
  const auto bytes = token.size() <= token_bytes_max ? from_base64url(token) : std::nullopt;
  if (!bytes || bytes->size() < mac_bytes) return refused;
  page.after_ = bytes->substr(mac_bytes);
  const std::string mac = records.token_mac(page.bound_ + page.after_);
  if (!equal_constant_time(mac, std::string_view(*bytes).substr(0, mac_bytes))) return refused;
  return page;
}

std::string Page::token(std::string_view last) const {
  return to_base64url(records_->token_mac(bound_ + std::string(last)) + std::string(last));
}

}  // namespace entente::directory
