#include "server/identity/page_token.h"

#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits.h"

namespace entente::identity {
namespace {
constexpr std::size_t mac_bytes = 16;
constexpr std::size_t token_bytes_max = 512;
}  // namespace

std::string PageTokens::mac(std::string_view account, std::string_view list,
                            std::string_view after) const {
  std::string message;
  for (const std::string_view part : {account, list, after}) {
    append_u32(message, static_cast<std::uint32_t>(part.size()));
    message.append(part);
  }
  return std::string(as_view(hmac_sha256(key_, message)).substr(0, mac_bytes));
}

std::string PageTokens::make(std::string_view account, std::string_view list,
                             std::string_view after) const {
  return to_base64url(mac(account, list, after).append(after));
}

Result<std::string> PageTokens::read(std::string_view account, std::string_view list,
                                     std::string_view token) const {
  if (token.empty()) return std::string();
  const std::optional<std::string> bytes =
      token.size() <= token_bytes_max ? from_base64url(token) : std::nullopt;
  if (bytes && bytes->size() >= mac_bytes) {
    const std::string after = bytes->substr(mac_bytes);
    if (equal_constant_time(mac(account, list, after),
                            std::string_view(*bytes).substr(0, mac_bytes))) {
      return after;
    }
  }
  return Status(Code::InvalidArgument, Reason::PageTokenInvalid,
                "the page token is not of this list");
}

std::size_t page_size_of(std::uint32_t asked) {
  return asked == 0 ? limits::page_size_default : std::min(asked, limits::page_size_max);
}

}  // namespace entente::identity
