// HTTP/1.1 from outside: however the bytes are cut, the answers are the same, and nothing is kept.
#include <cstddef>

#include "tests/net/line_fuzz.h"

namespace {

std::string answers(std::string_view bytes, std::size_t piece) {
  entente::testing::Line line;
  auto protocol = entente::net::make_http1(line.around, line.shared);
  line.feed(*protocol, bytes, piece);
  protocol.reset();
  ENTENTE_CHECK(line.shared->body_bytes == 0);
  ENTENTE_CHECK(line.shared->account->calls == 0);
  ENTENTE_CHECK(line.alarms.size() == 0);
  return line.said;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4'096) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ENTENTE_CHECK(answers(bytes, size) == answers(bytes, 1 + size % 13));
  return 0;
}
