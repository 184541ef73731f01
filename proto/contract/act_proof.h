// How an act is proved to who asked for it, in the very reply to it: that its entry stands in the
// ledger, what the entry says, that this ledger continues the one that the client has seen, and
// that the entry was made for this request and no other. For the last the client draws a nonce and
// binds the entry to the request by it: the entry's blinding, and so its leaf, is made of that
// binding. Nobody else learns anything by it. docs/ledger-format.md has the bytes. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente {

// Of a request that acts: `<binding, 64 hexadecimal digits> <size>`, the size of the newest
// checkpoint that the client has seen, in decimal, 0 if none. Anything else asks for nothing.
inline constexpr std::string_view proof_for_header = "entente-proof-for";
// Of the reply: an ActProof of ledger.proto, serialized, in base64 (grpc_wire.h).
inline constexpr std::string_view proof_header = "entente-proof-bin";

struct ProofAsked {
  std::string binding;     // 32 bytes
  std::uint64_t from = 0;  // how large a ledger was seen

  [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::optional<ProofAsked> parse_proof_asked(std::string_view header);

// SHA-256(nonce || path || 0x00 || request): `path` is `/entente.v1.Service/Method`, `request` the
// message as it is sent. Requires: nonce.size() == 32, drawn for this request.
[[nodiscard]] std::string binding_of(std::string_view nonce, std::string_view path,
                                     std::string_view request);

// The blinding of an entry that is bound: SHA-256(inner || binding). `inner` would be the blinding
// if it were not.
[[nodiscard]] std::string bound_blinding(std::string_view inner, std::string_view binding);

}  // namespace entente
