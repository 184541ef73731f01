#include "proto/contract/grpc_wire.h"

#include <catch2/catch.hpp>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::wire {
namespace {

struct Read {
  Status status;
  std::vector<std::string> messages;
};

Read read_in_pieces(std::string_view bytes, std::size_t piece, bool inflate = false) {
  FrameReader reader(inflate);
  Read read;
  for (std::size_t at = 0; at < bytes.size() && read.status.ok(); at += piece) {
    read.status = reader.feed(bytes.substr(at, piece), [&](std::string_view message, std::uint8_t) {
      read.messages.emplace_back(message);
      return Status();
    });
  }
  return read;
}

}  // namespace

TEST_CASE("a message above the limit is refused by its prefix, before its bytes come", "[wire]") {
  std::string bytes(1, '\0');
  append_u32(bytes, static_cast<std::uint32_t>(limits::message_bytes_max) + 1);
  REQUIRE(read_in_pieces(bytes, 5).status.code() == Code::ResourceExhausted);
}

TEST_CASE("a small message that inflates above the limit is refused", "[wire]") {
  const std::string bomb = deflate_gzip(std::string(limits::message_bytes_max + 1, 'x'));
  REQUIRE(bomb.size() < 100'000);
  REQUIRE(read_in_pieces(frame(bomb, flag_compressed), 4'096, true).status.code() ==
          Code::InvalidArgument);
}

TEST_CASE("a compressed message without a named encoding, and flags unknown, are refused",
          "[wire]") {
  REQUIRE(read_in_pieces(frame(deflate_gzip("x"), flag_compressed), 99).status.code() ==
          Code::Unimplemented);
  REQUIRE(read_in_pieces(frame("x", 0x40), 99).status.code() == Code::InvalidArgument);
}

TEST_CASE("messages are cut alike however the bytes are cut", "[wire]") {
  const std::string bytes =
      frame("one") + frame("") + frame(deflate_gzip("three"), flag_compressed);
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Read read = read_in_pieces(bytes, piece, true);
    REQUIRE(read.status.ok());
    REQUIRE(read.messages == std::vector<std::string>{"one", "", "three"});
  }
}

TEST_CASE("gzip that is cut short, longer than itself, or no gzip at all, does not inflate",
          "[wire]") {
  const std::string whole = deflate_gzip("some words, some words, some words");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    REQUIRE(!inflate_gzip(whole.substr(0, size), 1'000));
  }
  REQUIRE(!inflate_gzip(whole + "x", 1'000));
  REQUIRE(!inflate_gzip(whole, 3));
  REQUIRE(inflate_gzip(whole, 1'000) == "some words, some words, some words");
}

TEST_CASE("a status crosses the wire with all that a caller may see, and nothing else", "[wire]") {
  const Status sent =
      Status(Code::ResourceExhausted, Reason::Overloaded, "zu viel: 100 % ✓")
          .with_detail("operators only")
          .with_retry_after_ms(1'500)
          .with_violation({.field = "a.b", .rule = "too long", .line = 0, .column = 0});
  const http2::Headers trailers = trailers_of(sent);
  for (const auto& [name, value] : trailers) {
    REQUIRE(value.find("operators") == std::string::npos);
    for (const char c : value) REQUIRE((c >= ' ' && c <= '~'));
  }
  const Status got = status_of(trailers);
  REQUIRE(got.code() == sent.code());
  REQUIRE(got.reason() == sent.reason());
  REQUIRE(got.message() == sent.message());
  REQUIRE(got.retry_after_ms() == 1'500);
  REQUIRE(got.violations() == sent.violations());
  REQUIRE(connect_error(sent).find("operators") == std::string::npos);
  REQUIRE(connect_error(sent).rfind("{\"code\":\"resource_exhausted\",\"message\":\"zu viel", 0) ==
          0);
}

TEST_CASE("time-outs are read as gRPC writes them, and not otherwise", "[wire]") {
  using std::chrono::milliseconds;
  REQUIRE(parse_grpc_timeout("50m") == milliseconds(50));
  REQUIRE(parse_grpc_timeout("2S") == milliseconds(2'000));
  REQUIRE(parse_grpc_timeout("1n") == milliseconds(1));
  REQUIRE(parse_grpc_timeout("99999999H").has_value());
  for (const char* text : {"", "5", "m", "-1m", "1x", "123456789m", "1 m", "1.5S"}) {
    REQUIRE(!parse_grpc_timeout(text));
  }
}

}  // namespace entente::wire
