// Small turns from this room's words to the contract's. Included by this room's source files only.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/bytes.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"

namespace entente::identity {

inline google::protobuf::Timestamp timestamp(std::int64_t micros) {
  google::protobuf::Timestamp out;
  const std::int64_t seconds = micros >= 0 ? micros / 1'000'000 : (micros - 999'999) / 1'000'000;
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>((micros - seconds * 1'000'000) * 1'000));
  return out;
}
inline google::protobuf::Timestamp timestamp(Instant instant) {
  return timestamp(instant.time_since_epoch().count());
}

inline std::string certificate_name(std::string_view sha256) {
  return "certificates/" + to_hex(sha256);
}

// The one answer to "no such object" and "not for you"; it names nothing.
inline Status not_found() {
  return Status(Code::NotFound, Reason::None, "not found, or not for you");
}

}  // namespace entente::identity
