// Page tokens: where the next page begins, sealed to who asked and for what list, so that a token
// of somebody else, of another list or of another network opens nothing. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::identity {

class PageTokens {
 public:
  explicit PageTokens(Secret key) : key_(std::move(key)) {}

  // `after`: the last row shown. `account` asked; `list` is the method and what it lists.
  [[nodiscard]] std::string make(std::string_view account, std::string_view list,
                                 std::string_view after) const;
  // What `make` was given as `after`; empty for an empty token. InvalidArgument (PageTokenInvalid).
  [[nodiscard]] Result<std::string> read(std::string_view account, std::string_view list,
                                         std::string_view token) const;

 private:
  std::string mac(std::string_view account, std::string_view list, std::string_view after) const;
  const Secret key_;
};

// The size of a page as a caller asked for it, within the limits.
[[nodiscard]] std::size_t page_size_of(std::uint32_t asked);

}  // namespace entente::identity
