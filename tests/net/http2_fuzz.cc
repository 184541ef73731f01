// HTTP/2 from outside: a session with a whole call behind each stream. The first octet says whether
// the rest is raw, or is cut into frames here so that more than their heads is reached.
#include <cstddef>

#include "tests/net/line_fuzz.h"

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);
// A head of a call, as HPACK has it: POST, https, and a path and a type literally.
constexpr std::string_view kHead =
    "\x83\x87\x04\x22/entente.test.v1.EchoService/Echo\x00\x0c"
    "content-type\x10"
    "application/grpc";

std::string frame(char type, char flags, std::uint8_t stream, std::string_view body) {
  std::string out(3, '\0');
  out[1] = static_cast<char>(body.size() >> 8U);
  out[2] = static_cast<char>(body.size());
  out += {type, flags, '\0', '\0', '\0', static_cast<char>(stream)};
  return out.append(body);
}

// Four octets head each frame: type, flags, stream, length.
std::string framed(std::string_view bytes) {
  std::string out(kPreface);
  out += kSettings;
  out += frame(1, 4, 1, kHead);
  while (bytes.size() >= 4) {
    const auto size = static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[3]));
    const std::string_view body = bytes.substr(4, size);
    out += frame(static_cast<char>(bytes[0] % 11), bytes[1],
                 static_cast<std::uint8_t>(bytes[2] & 15), body);
    bytes.remove_prefix(4 + body.size());
  }
  return out;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 8'192) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string sent = (data[0] & 1U) != 0 ? framed(bytes) : std::string(bytes);
  entente::testing::Line line;
  auto protocol = entente::net::make_http2(line.around, line.shared);
  line.feed(*protocol, sent, (data[0] & 2U) != 0 ? sent.size() : 1 + data[0] / 4);
  protocol.reset();
  ENTENTE_CHECK(line.shared->body_bytes == 0);
  ENTENTE_CHECK(line.shared->account->calls == 0);
  ENTENTE_CHECK(line.alarms.size() == 0);
  return 0;
}
