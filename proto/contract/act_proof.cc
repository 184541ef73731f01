#include "proto/contract/act_proof.h"

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/note.h"

namespace entente {

std::string ProofAsked::text() const { return to_hex(binding) + " " + std::to_string(from); }

std::optional<ProofAsked> parse_proof_asked(std::string_view header) {
  constexpr std::size_t digits = 2 * sizeof(Digest);
  if (header.size() <= digits || header[digits] != ' ') return std::nullopt;
  std::optional<std::string> binding = from_hex(header.substr(0, digits));
  const std::optional<std::uint64_t> from = note::parse_decimal(header.substr(digits + 1));
  if (!binding || !from) return std::nullopt;
  return ProofAsked{.binding = *std::move(binding), .from = *from};
}

std::string binding_of(std::string_view nonce, std::string_view path, std::string_view request) {
  return std::string(as_view(sha256({nonce, path, std::string_view("\0", 1), request})));
}

std::string bound_blinding(std::string_view inner, std::string_view binding) {
  return std::string(as_view(sha256({inner, binding})));
}

}  // namespace entente
