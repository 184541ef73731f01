#include "server/identity/authorization.h"

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/status.h"

namespace entente::identity {
namespace {

// What Basic can carry at most: an id, a colon, a password.
constexpr std::size_t basic_bytes_max = 64 + 1 + limits::password_bytes_max;

bool is_scheme(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c =
        text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

}  // namespace

std::optional<Authorization> parse_authorization(std::string_view header) {
  const std::size_t space = header.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = header.substr(0, space);
  const std::string_view value = header.substr(space + 1);
  Authorization out;
  if (is_scheme(scheme, "bearer")) {
    // 32 octets are 43 characters without padding; anything else is not looked at.
    if (value.size() != 43) return std::nullopt;
    std::optional<std::string> token = from_base64url(value);
    if (!token) return std::nullopt;
    ENTENTE_CHECK(token->size() == token_bytes);
    out.token = Secret(*std::move(token));
    return out;
  }
  if (is_scheme(scheme, "basic")) {
    if (value.size() > (basic_bytes_max + 2) / 3 * 4) return std::nullopt;
    std::optional<std::string> pair = from_base64(value);
    if (!pair) return std::nullopt;
    const Secret whole(*std::move(pair));
    const std::string_view text = whole.reveal(SecretAccess{});
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    out.basic = Authorization::Basic{.user = std::string(text.substr(0, colon)),
                                     .password = Secret(std::string(text.substr(colon + 1)))};
    return out;
  }
  return std::nullopt;
}

std::string token_text(const Secret& token) { return to_base64url(token.reveal(SecretAccess{})); }

}  // namespace entente::identity
