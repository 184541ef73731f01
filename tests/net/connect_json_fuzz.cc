// Messages, paths and queries from outside: what is read can be written and read again to the same.
#include <google/protobuf/util/message_differencer.h>

#include <cstddef>
#include <cstdint>

#include "entente/test/v1/echo.pb.h"
#include "server/net/codec.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using entente::net::Encoding;
  using google::protobuf::util::MessageDifferencer;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const Encoding encoding : {Encoding::Json, Encoding::Proto}) {
    entente::test::v1::EchoRequest read;
    const entente::Status status = entente::net::decode(encoding, bytes, read);
    if (!status.ok()) {
      ENTENTE_CHECK(status.code() == entente::Code::InvalidArgument);
      ENTENTE_CHECK(!status.violations().empty() && !status.violations()[0].field.empty());
      continue;
    }
    const auto written = entente::net::encode(encoding, read);
    ENTENTE_CHECK(written.ok());
    entente::test::v1::EchoRequest again;
    ENTENTE_CHECK(entente::net::decode(encoding, *written, again).ok());
    ENTENTE_CHECK(MessageDifferencer::Equals(read, again));
  }
  if (const auto path = entente::net::decode_path(bytes)) {
    ENTENTE_CHECK(path->front() == '/' && path->find("/../") == std::string::npos);
  }
  static_cast<void>(entente::net::query_value(bytes, "message"));
  return 0;
}
