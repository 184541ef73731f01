#include "server/net/codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::net {
namespace {

constexpr std::size_t kSaidBytesMax = 200;

// How deep brackets nest, strings left out. protobuf's reader recurses; this does not.
bool too_deep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if ((c == '{' || c == '[') && ++depth > limits::message_depth_max) return true;
    if (c == '}' || c == ']') --depth;
  }
  return false;
}

// One line of what protobuf said, as a rule: it may quote the caller's input, so it is cut.
std::string rule_of(std::string_view said) {
  if (said == "Cannot find field.") return "is not a field of this message";
  std::string rule(said.substr(0, std::min(said.find('\n'), kSaidBytesMax)));
  while (!rule.empty() && (rule.back() == '.' || !is_utf8(rule))) rule.pop_back();
  return rule;
}

// `(options[1]) zot: Cannot find field.` and `(name): invalid value 3 ...` say where and what.
Status json_refused(std::string_view said) {
  std::string field;
  std::string_view rest = said;
  if (!rest.empty() && rest.front() == '(' && rest.find(')') != std::string_view::npos) {
    const std::size_t close = rest.find(')');
    field = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  const std::size_t colon = rest.find(": ");
  if (colon == std::string_view::npos) {
    return invalid_argument("message", "does not read as JSON: " + rule_of(said));
  }
  std::string_view name = rest.substr(0, colon);
  if (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  if (!field.empty() && !name.empty()) field += '.';
  field += name.substr(0, kSaidBytesMax);
  while (!is_utf8(field)) field.pop_back();
  if (field.empty()) field = "message";  // A scalar or a list where the message itself should be.
  std::replace_if(
      field.begin(), field.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return invalid_argument(std::move(field), rule_of(rest.substr(colon + 2)));
}

Status decode_json(std::string_view bytes, google::protobuf::Message& out) {
  if (too_deep(bytes)) return invalid_argument("message", "nests too deeply");
  if (!is_utf8(bytes)) return invalid_argument("message", "is not UTF-8");
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(bytes.data(), bytes.size()), &out,
      google::protobuf::util::JsonParseOptions());
  if (status.ok()) return Status();
  return json_refused(std::string_view(status.message().data(), status.message().size()));
}

Status decode_proto(std::string_view bytes, google::protobuf::Message& out) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  google::protobuf::io::CodedInputStream in(data, static_cast<int>(bytes.size()));
  in.SetRecursionLimit(limits::message_depth_max);
  if (out.ParseFromCodedStream(&in) && in.ConsumedEntireMessage()) return Status();
  return invalid_argument("message", "does not read as protobuf");
}

}  // namespace

Status decode(Encoding encoding, std::string_view bytes, google::protobuf::Message& out) {
  return encoding == Encoding::Json ? decode_json(bytes, out) : decode_proto(bytes, out);
}

Result<std::string> encode(Encoding encoding, const google::protobuf::Message& message) {
  std::string bytes;
  if (encoding == Encoding::Proto) {
    if (!message.SerializeToString(&bytes)) return internal_error("a reply did not serialize");
    return bytes;
  }
  if (!google::protobuf::util::MessageToJsonString(message, &bytes).ok()) {
    return internal_error("a reply did not serialize as JSON");
  }
  return bytes;
}

std::optional<std::string> decode_path(std::string_view raw) {
  std::string path;
  path.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      const std::size_t plain = std::min(raw.find('%', i), raw.size());
      path.append(raw, i, plain - i);
      i = plain - 1;
      continue;
    }
    const auto octet = from_hex(raw.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    path += *octet;
    i += 2;
  }
  const bool dots = path.find("/../") != std::string::npos ||
                    path.find("/./") != std::string::npos ||
                    (path.size() >= 3 && path.compare(path.size() - 3, 3, "/..") == 0) ||
                    (path.size() >= 2 && path.compare(path.size() - 2, 2, "/.") == 0);
  if (path.empty() || path[0] != '/' || dots || path.find('\0') != std::string::npos ||
      !is_utf8(path)) {
    return std::nullopt;
  }
  return path;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.substr(0, pair.find('=')) != name || pair.find('=') == std::string_view::npos)
      continue;
    std::string out;
    const std::string_view raw = pair.substr(name.size() + 1);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const auto octet = raw[i] == '%' ? from_hex(raw.substr(i + 1, 2)) : std::nullopt;
      if (octet && octet->size() == 1) {
        out += *octet;
        i += 2;
      } else {
        out += raw[i] == '+' ? ' ' : raw[i];
      }
    }
    return out;
  }
  return {};
}

}  // namespace entente::net
