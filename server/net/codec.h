// Messages and addresses as they travel: protobuf and JSON, paths and queries. Pure; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::net {

enum class Encoding { Proto, Json };

// Reads one message. InvalidArgument: names the field that is unknown or wrong where that can be
// said, else `message`. Nesting is bounded by limits::message_depth_max.
[[nodiscard]] Status decode(Encoding encoding, std::string_view bytes,
                            google::protobuf::Message& out);
// Internal: the message does not serialize.
[[nodiscard]] Result<std::string> encode(Encoding encoding,
                                         const google::protobuf::Message& message);

// Turns `%41` into `A`, once; empty if malformed or if the result has a NUL, a dot segment or no
// slash first.
[[nodiscard]] std::optional<std::string> decode_path(std::string_view raw);

// The value of `name` in a query, decoded once; empty if it is not there.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view name);

}  // namespace entente::net
