// Pages of a list: how many, from where, and the token that leads on. A token is its caller's and
// its query's: a MAC over both stands in it. Pure but for the MAC's key; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/limits.h"
#include "proto/contract/status.h"
#include "server/directory/records.h"
#include "server/policy/policy.h"

namespace entente::directory {

class Page {
 public:
  // InvalidArgument (PageTokenInvalid): not a token that this query gave this caller.
  [[nodiscard]] static Result<Page> read(const Records& records, const policy::Subject& subject,
                                         std::string query, const std::string& token,
                                         std::size_t size);

  [[nodiscard]] const std::string& after() const { return after_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Leads on behind `last`.
  [[nodiscard]] std::string token(std::string_view last) const;

 private:
  Page(const Records& records, std::string bound, std::string after, std::size_t size)
      : records_(&records), bound_(std::move(bound)), after_(std::move(after)), size_(size) {}

  const Records* records_;
  std::string bound_;  // the caller and the query
  std::string after_;
  std::size_t size_;
};

// The page that `message` asks for; `size_default` where it does not say of what size.
template <typename Request>
[[nodiscard]] Result<Page> page_of(const Records& records, const policy::Subject& subject,
                                   Request message,
                                   std::uint32_t size_default = limits::page_size_max) {
  const std::string token = message.page_token();
  const std::uint32_t size = message.page_size() == 0
                                 ? size_default
                                 : std::min(message.page_size(), limits::page_size_max);
  message.clear_page_token();
  message.clear_page_size();
  return Page::read(records, subject,
                    std::string(Request::descriptor()->name()) + '\n' + message.SerializeAsString(),
                    token, size);
}

// Of what `rows` holds, in the order of `key_of`, those of the page; sets the reply's token if
// there are more.
template <typename Rows, typename KeyOf, typename Reply>
void keep_page(Rows& rows, const Page& page, const KeyOf& key_of, Reply& reply) {
  std::sort(rows.begin(), rows.end(),
            [&](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  rows.erase(rows.begin(), std::partition_point(rows.begin(), rows.end(), [&](const auto& one) {
               return !page.after().empty() && key_of(one) <= page.after();
             }));
  if (static_cast<std::size_t>(rows.size()) <= page.size()) return;
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(page.size()), rows.end());
  reply.set_next_page_token(page.token(key_of(*(rows.end() - 1))));
}

}  // namespace entente::directory
