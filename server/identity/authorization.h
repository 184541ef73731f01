// The `authorization` header: `Bearer <base64url of 32 bytes>` or HTTP Basic. Strict: one space,
// canonical Base64, nothing before or after. Values; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/secret.h"

namespace entente::identity {

inline constexpr std::size_t token_bytes = 32;

// Exactly one of the two is there.
struct Authorization {
  struct Basic {
    std::string user;
    Secret password;
  };
  std::optional<Secret> token;  // token_bytes octets
  std::optional<Basic> basic;
};

// Empty if the header is neither. The scheme's case does not matter (RFC 9110 section 11.1).
[[nodiscard]] std::optional<Authorization> parse_authorization(std::string_view header);

// `Bearer ...`'s second half.
[[nodiscard]] std::string token_text(const Secret& token);

}  // namespace entente::identity
