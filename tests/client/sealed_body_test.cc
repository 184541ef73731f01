// What a sealed body does when its key, its file or the system's entropy is not what it should be.
#include "client/lib/sealed_body.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "proto/contract/limits_documents.h"
#include "proto/contract/limits_sealing.h"
#include "tests/client/offices.h"

namespace entente::client {
namespace {

constexpr std::size_t kChunk = limits::sealed_chunk_bytes;

// A file that breaks: after so many writes, or when it is told to keep them, or in the midst of a
// reading.
class Broken final : public std::streambuf {
 public:
  explicit Broken(int writes) : writes_(writes) {}

 protected:
  std::streamsize xsputn(const char* /*bytes*/, std::streamsize count) override {
    return writes_-- > 0 ? count : 0;
  }
  int sync() override { return -1; }
  std::streamsize xsgetn(char* out, std::streamsize count) override {
    if (read_) throw std::runtime_error("the disk is gone");
    read_ = true;
    std::fill_n(out, count, 'x');
    return count;
  }

 private:
  int writes_;
  bool read_ = false;
};

BodyKey key() { return {.key = Secret(std::string(32, 'k')), .nonce = std::string(7, 'n')}; }

}  // namespace

TEST_CASE("without entropy there is no key", "[sealing]") {
  std::vector<Code> codes;
  for (const int askings : {0, 1, 2}) {
    const test::NoEntropy none(askings);
    codes.push_back(BodyKey::fresh().status().code());
  }
  CHECK(codes == std::vector<Code>{Code::Internal, Code::Internal, Code::Ok});
}

TEST_CASE("a key of another width, or a length that no body has, opens nothing", "[sealing]") {
  BodyKey no_key = key();
  no_key.key = Secret("k");
  BodyKey no_nonce = key();
  no_nonce.nonce = "n";
  const std::uint64_t too_long = limits::content_bytes_max;
  std::istringstream in(std::string(100, 'x'));
  std::ostringstream out;
  CHECK(open_body(no_key, 3, in, out).status().code() == Code::DataLoss);
  CHECK(open_body(no_nonce, 3, in, out).status().code() == Code::DataLoss);
  CHECK(open_body(key(), too_long, in, out).status().code() == Code::DataLoss);
  CHECK(open_range(no_key, 3, in, 0, 1).status().code() == Code::DataLoss);
  CHECK(open_range(key(), too_long, in, 0, 1).status().code() == Code::DataLoss);
  CHECK(open_range(key(), 2 * kChunk, in, kChunk, 1).status().code() == Code::DataLoss);
  CHECK(open_range(key(), 3, in, 3, 1)->empty());
  CHECK(out.str().empty());
}

TEST_CASE("a file that breaks while it is sealed or opened is said to", "[sealing]") {
  const auto seals = [](std::istream& in, std::ostream& out) {
    return seal_body(key(), in, out, 2 * kChunk).status();
  };
  const std::string text(kChunk + 1, 'x');
  std::ostringstream whole;
  std::istringstream of(text);
  REQUIRE(seals(of, whole).ok());
  for (const int writes : {0, 1, 2}) {
    Broken disk(writes);
    std::ostream full(&disk);
    std::istringstream in(text);
    CHECK(seals(in, full).code() == Code::InvalidArgument);
    Broken again(writes);
    std::ostream out(&again);
    std::istringstream sealed(whole.str());
    CHECK(open_body(key(), text.size(), sealed, out).status().code() == Code::InvalidArgument);
  }
  Broken disk(9);
  std::istream gone(&disk);
  std::ostringstream out;
  CHECK(seals(gone, out).code() == Code::InvalidArgument);
  std::istringstream longer(std::string(2 * kChunk, 'x'));
  CHECK(seals(longer, out).code() == Code::InvalidArgument);
}

}  // namespace entente::client
