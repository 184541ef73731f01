// The two headers by which a client has an act proved to it in the very reply to it: that its entry
// stands in the ledger, what the entry says, and that this ledger continues the one that the client
// has seen. Asked for by number, so that nobody pays for what is not looked at.
#pragma once

#include <string_view>

namespace entente {

// Of a request that acts: the size of the newest checkpoint that the client has seen, in decimal;
// 0 if none. Anything else asks for nothing.
inline constexpr std::string_view proof_from_header = "entente-proof-from";
// Of the reply: an ActProof of ledger.proto, serialized, in base64 (grpc_wire.h).
inline constexpr std::string_view proof_header = "entente-proof-bin";

}  // namespace entente
