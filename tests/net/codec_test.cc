// What bytes from outside become, and what they are told who sent the wrong ones.
#include "server/net/codec.h"

#include <catch2/catch.hpp>

#include "entente/test/v1/echo.pb.h"

namespace {

using entente::Code;
using entente::Status;
using entente::net::decode;
using entente::net::Encoding;
using entente::test::v1::EchoRequest;

Status read(std::string_view bytes, Encoding encoding = Encoding::Json) {
  EchoRequest out;
  return decode(encoding, bytes, out);
}

std::string field_of(std::string_view json) {
  const Status status = read(json);
  REQUIRE(status.code() == Code::InvalidArgument);
  REQUIRE(status.violations().size() == 1);
  REQUIRE(!status.violations()[0].rule.empty());
  return status.violations()[0].field;
}

std::string nested(std::size_t depth) {
  std::string json = "{}";
  for (std::size_t i = 0; i < depth; ++i) json = "{\"nested\":" + json + "}";
  return json;
}

TEST_CASE("a field that JSON misspells or fills wrongly is named to who sent it", "[net][codec]") {
  CHECK(field_of(R"({"txet":"a"})") == "txet");
  CHECK(field_of(R"({"nested":{"txet":"a"}})") == "nested.txet");
  CHECK(field_of(R"({"more":[{},{"text":"a","txet":1}]})") == "more[1].txet");
  CHECK(field_of(R"({"count":"many"})") == "count");
  CHECK(field_of(R"({"more":[{"count":-1}]})") == "more[0].count");
  CHECK(field_of(R"({"nested":[1]})") == "nested");
  CHECK(field_of(R"({"text":)") == "message");
  for (const char* no_message : {"", "0", "true", "null", "[]", R"("n}")"}) {
    CHECK(field_of(no_message) == "message");
  }
}

TEST_CASE("an unknown field's name cannot break the answer's lines or its UTF-8", "[net][codec]") {
  for (const char* json : {R"({"a\nb: c":1})", R"({"\u0000":1})", R"({"\ud800":1})"}) {
    const Status status = read(json);
    REQUIRE(status.code() == Code::InvalidArgument);
    for (const auto& violation : status.violations()) {
      CHECK(violation.field.find('\n') == std::string::npos);
      CHECK(violation.rule.find('\n') == std::string::npos);
    }
  }
  CHECK(field_of("{\"" + std::string(100'000, 'x') + "\":1}").size() <= 200);
}

TEST_CASE("what nests deeper than the limit is refused in JSON and protobuf alike",
          "[net][codec]") {
  CHECK(read(nested(60)).ok());
  CHECK(!read(nested(65)).ok());
  CHECK(!read(std::string(1'000'000, '[')).ok());
  EchoRequest deep;
  for (int i = 0; i < 65; ++i) {
    EchoRequest outer;
    *outer.mutable_nested() = deep;
    deep = outer;
  }
  CHECK(!read(deep.SerializeAsString(), Encoding::Proto).ok());
  CHECK(read(deep.nested().nested().SerializeAsString(), Encoding::Proto).ok());
}

TEST_CASE("invalid UTF-8 is no message in either encoding", "[net][codec]") {
  CHECK(field_of("{\"text\":\"\xc3\x28\"}") == "message");
  CHECK(!read("\x0a\x02\xc3\x28", Encoding::Proto).ok());
}

TEST_CASE("a path that could mean another one is refused", "[net][codec]") {
  using entente::net::decode_path;
  for (const char* raw : {"", "a", "/a/../b", "/a/..", "/.", "/%2e%2e/a", "/a%00b", "/a%", "/a%4",
                          "/a%zz", "/%c3%28"}) {
    CAPTURE(raw);
    CHECK(!decode_path(raw));
  }
  CHECK(decode_path("/a%2Fb%25c") == "/a/b%c");
}

}  // namespace
