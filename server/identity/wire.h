// Small turns from this room's words to the contract's. Included by this room's source files only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/bytes.h"
#include "proto/contract/status.h"
#include "proto/contract/timestamp.h"

namespace entente::identity {

inline google::protobuf::Timestamp timestamp(Instant instant) {
  google::protobuf::Timestamp out;
  set_time(out, instant);
  return out;
}
inline google::protobuf::Timestamp timestamp(std::int64_t micros) {
  return timestamp(from_micros(micros));
}

inline std::string certificate_name(std::string_view sha256) {
  return "certificates/" + to_hex(sha256);
}

// The one answer to "no such object" and "not for you"; it names nothing.
inline Status not_found() {
  return Status(Code::NotFound, Reason::None, "not found, or not for you");
}

}  // namespace entente::identity
