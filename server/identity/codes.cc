#include "server/identity/codes.h"

#include "proto/contract/bytes.h"
#include "proto/contract/status.h"

namespace entente::identity {
namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t code_digits = 26;  // 130 bits, of which 128 are random
constexpr std::size_t code_text_bytes_max = 64;
constexpr std::size_t id_bytes = 16;
constexpr std::size_t secret_bytes = 24;

}  // namespace

std::string make_code(Entropy& entropy) {
  const std::string random = entropy.bytes(16);
  std::string code;
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t made = 0;
  const auto emit = [&](std::uint32_t value) {
    if (made > 0 && made % 5 == 0) code.push_back('-');
    code.push_back(digits[value & 31U]);
    ++made;
  };
  for (const char octet : random) {
    bits = (bits << 8U) | static_cast<unsigned char>(octet);
    held += 8;
    while (held >= 5) {
      held -= 5;
      emit(bits >> held);
    }
  }
  emit(bits << (5 - held));
  return code;
}

std::optional<Secret> canonical_code(std::string_view text) {
  if (text.size() > code_text_bytes_max) return std::nullopt;
  std::string out;
  for (char c : text) {
    if (c == ' ' || c == '-') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (digits.find(c) == std::string_view::npos) return std::nullopt;
    out.push_back(c);
  }
  if (out.size() != code_digits) return std::nullopt;
  return Secret(std::move(out));
}

ApplicationSecret make_application_secret(Entropy& entropy) {
  const std::string id = entropy.bytes(id_bytes);
  return ApplicationSecret{.id = to_hex(id),
                           .text = Secret(to_base64url(id + entropy.bytes(secret_bytes)))};
}

std::optional<std::string> application_id(std::string_view text) {
  if (text.size() != (id_bytes + secret_bytes) * 4 / 3 + 1) return std::nullopt;
  const std::optional<std::string> bytes = from_base64url(text);
  if (!bytes) return std::nullopt;
  ENTENTE_CHECK(bytes->size() == id_bytes + secret_bytes);
  return to_hex(bytes->substr(0, id_bytes));
}

}  // namespace entente::identity
