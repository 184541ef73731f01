// What is sealed end to end: what must not open, what must, and what stock openssl makes of it.
#include <malloc.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/lib/envelope.h"
#include "client/lib/own_shelf.h"
#include "client/lib/own_text.h"
#include "client/lib/sealed_body.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits_sealing.h"
#include "proto/contract/limits_search.h"
#include "proto/contract/roster.h"
#include "tests/client/offices.h"

namespace entente::client {
namespace {

constexpr std::size_t kStored = limits::sealed_chunk_bytes + 16;

BodyKey same_key(const BodyKey& key) { return {.key = key.key.duplicate(), .nonce = key.nonce}; }

std::string text_of(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 31 + i / 256);
  return text;
}

std::string seal(const BodyKey& key, const std::string& text) {
  std::istringstream in(text);
  std::ostringstream out;
  const auto sealed = seal_body(key, in, out);
  REQUIRE(sealed.ok());
  REQUIRE(sealed->bytes == text.size());
  REQUIRE(sealed_bytes(text.size()) == out.str().size());
  return out.str();
}

Result<std::string> open(const BodyKey& key, std::size_t bytes, const std::string& sealed) {
  std::istringstream in(sealed);
  std::ostringstream out;
  ENTENTE_TRY_VOID(open_body(key, bytes, in, out).status());
  return out.str();
}

// So many bytes from nowhere, and a place for as many, which notes how large the heap became.
class Endless final : public std::streambuf {
 public:
  explicit Endless(std::uint64_t bytes) : left_(bytes) {}
  [[nodiscard]] std::size_t grown() const { return most_ - std::min(most_, before_); }

 protected:
  std::streamsize xsgetn(char* out, std::streamsize count) override {
    const auto some = std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(count));
    std::fill_n(out, some, 'x');
    left_ -= some;
    return static_cast<std::streamsize>(some);
  }
  std::streamsize xsputn(const char* /*in*/, std::streamsize count) override {
    most_ = std::max(most_, heap());
    return count;
  }
  int sync() override { return 0; }

 private:
  static std::size_t heap() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }
  std::uint64_t left_;
  const std::size_t before_ = heap();
  std::size_t most_ = 0;
};

using test::manifest;
using test::Offices;
using test::shown;

}  // namespace

TEST_CASE("a body that was cut, grown, reordered, repeated or mixed does not open", "[sealing]") {
  const auto key = BodyKey::fresh();
  REQUIRE(key.ok());
  const std::string text = text_of(3 * limits::sealed_chunk_bytes + 5);
  const std::string sealed = seal(*key, text);
  REQUIRE(*open(*key, text.size(), sealed) == text);
  const auto chunk = [&](std::size_t n) { return sealed.substr(n * kStored, kStored); };
  const auto other = BodyKey::fresh();
  const std::string another = seal(*other, text);
  const std::vector<std::string> wrong = {
      "",
      sealed.substr(0, sealed.size() - 1),
      sealed.substr(0, 3 * kStored),  // without the last chunk
      sealed + "x",
      sealed + chunk(3),
      chunk(1) + chunk(0) + chunk(2) + chunk(3),
      chunk(0) + chunk(0) + chunk(2) + chunk(3),
      chunk(0) + chunk(2) + chunk(3),
      chunk(0) + another.substr(kStored, kStored) + chunk(2) + chunk(3),
      another,
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    INFO(i);
    const auto opened = open(*key, text.size(), wrong[i]);
    CHECK(opened.status().code() == Code::DataLoss);
  }
  for (const std::size_t at : {std::size_t{0}, kStored - 1, kStored, sealed.size() - 1}) {
    std::string flipped = sealed;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    CHECK(open(*key, text.size(), flipped).status().code() == Code::DataLoss);
  }
  // A manifest that says another length does not make a shorter document of it.
  for (const std::size_t bytes :
       {text.size() - 1, text.size() - 5, text.size() + 1, std::size_t{0}}) {
    CHECK(open(*key, bytes, sealed).status().code() == Code::DataLoss);
  }
  BodyKey shifted = same_key(*key);
  shifted.nonce[6] = static_cast<char>(shifted.nonce[6] ^ 1);
  CHECK_FALSE(open(shifted, text.size(), sealed).ok());
}

TEST_CASE("sealing and opening take the same memory however long the body is", "[sealing]") {
  constexpr std::uint64_t bytes = 64 << 20;
  constexpr std::size_t memory_max = 512 << 10;  // some chunks of 64 KiB
  const BodyKey key = *BodyKey::fresh();
  const auto path =
      std::filesystem::temp_directory_path() / ("sealed-" + std::to_string(::getpid()));
  std::ofstream file(path, std::ios::binary);
  Endless from(bytes);
  std::istream in(&from);
  REQUIRE(seal_body(key, in, file).ok());
  file.close();
  Endless again(bytes);
  std::istream once_more(&again);
  Endless nowhere(0);
  std::ostream out(&nowhere);
  REQUIRE(seal_body(key, once_more, out).ok());
  CHECK(nowhere.grown() < memory_max);
  std::ifstream sealed(path, std::ios::binary);
  Endless opened(0);
  std::ostream into(&opened);
  REQUIRE(open_body(key, bytes, sealed, into).ok());
  CHECK(opened.grown() < memory_max);
  std::filesystem::remove(path);
}

TEST_CASE("a body of any length opens whole, and any range of it alone", "[sealing]") {
  const auto key = BodyKey::fresh();
  for (const std::size_t bytes :
       {std::size_t{1}, limits::sealed_chunk_bytes - 1, limits::sealed_chunk_bytes,
        limits::sealed_chunk_bytes + 1, 2 * limits::sealed_chunk_bytes}) {
    const std::string text = text_of(bytes);
    const std::string sealed = seal(*key, text);
    CHECK(*open(*key, bytes, sealed) == text);
    for (const auto& [offset, length] : {std::pair<std::size_t, std::size_t>{0, 1},
                                         {bytes - 1, 10},
                                         {bytes / 2, 70'000},
                                         {bytes, 1}}) {
      std::istringstream in(sealed);
      const auto range = open_range(*key, bytes, in, offset, length);
      REQUIRE(range.ok());
      CHECK(*range == text.substr(offset, length));
    }
  }
  std::istringstream nothing("");
  std::ostringstream out;
  CHECK(seal_body(*key, nothing, out).status().code() == Code::InvalidArgument);
}

TEST_CASE("an envelope opens for its recipients, by openssl too, and for nobody else",
          "[sealing]") {
  const Offices offices;
  const OfficeKey anna = offices.make("anna", "digitalSignature");
  const OfficeKey swe = offices.make("swe", "keyAgreement");
  const OfficeKey nor = offices.make("nor", "keyAgreement");
  const OfficeKey stranger = offices.make("stranger", "keyAgreement");
  const auto json = manifest_json(manifest());
  const auto enclosed = sign_enclosed(anna.certificate_path, anna.key_path, shown(*json));
  REQUIRE(enclosed.ok());
  const auto sealed = seal_envelope(*enclosed, {offices.read("swe.der"), offices.read("nor.der")});
  REQUIRE(sealed.ok());
  REQUIRE(check_envelope(*sealed).ok());
  CHECK(recipients_of(*sealed) == 2);
  CHECK(open_envelope(*sealed, stranger).status().code() == Code::FailedPrecondition);
  for (const OfficeKey& key : {swe, nor}) {
    const auto opened = open_envelope(*sealed, key);
    REQUIRE(opened.ok());
    const auto inside = open_enclosed(shown(*opened));
    REQUIRE(inside.ok());
    CHECK(shown(inside->content) == shown(*json));
    CHECK(inside->signer_der == offices.read("anna.der"));
    CHECK(parse_manifest(shown(inside->content))->key() == std::string(32, 'k'));
  }
  offices.write("envelope.der", *sealed);
  offices.run(
      "openssl cms -decrypt -inform DER -in envelope.der -inkey offices/nor/key.pem -recip "
      "offices/nor/cert.pem -binary -out signed.der && openssl cms -verify -cades -inform DER "
      "-in signed.der -CAfile offices/anna/cert.pem -purpose any -binary -out manifest.json");
  CHECK(offices.read("manifest.json") == shown(*json));
  CHECK(office_keys_in((offices.folder() / "offices").string()).size() == 4);
  CHECK(office_keys_in("/nowhere").empty());
}

TEST_CASE("an envelope that openssl made as documented opens; with SHA-1 it is not looked into",
          "[sealing]") {
  const Offices offices;
  const OfficeKey swe = offices.make("swe", "keyAgreement");
  const std::string command =
      "printf hello >in && openssl cms -encrypt -binary -in in -outform DER -aes-256-gcm "
      "-aes256-wrap "
      "-keyid -recip offices/swe/cert.pem -out out.der ";
  offices.run(command + "-keyopt ecdh_kdf_md:sha256");
  const auto opened = open_envelope(offices.read("out.der"), swe);
  REQUIRE(opened.ok());
  CHECK(shown(*opened) == "hello");
  offices.run(command);
  CHECK_FALSE(check_envelope(offices.read("out.der")).ok());
  offices.run(
      "printf hello >in && openssl cms -encrypt -binary -in in -outform DER -aes-256-cbc "
      "-aes256-wrap -keyid -recip offices/swe/cert.pem -keyopt ecdh_kdf_md:sha256 -out out.der");
  CHECK_FALSE(check_envelope(offices.read("out.der")).ok());
}

TEST_CASE("an envelope with a shortened tag or any byte changed does not open", "[sealing]") {
  const Offices offices;
  const OfficeKey swe = offices.make("swe", "keyAgreement");
  const auto sealed = seal_envelope("hello", {offices.read("swe.der")});
  REQUIRE(sealed.ok());
  // A tag of four bytes, as OpenSSL 3.0 would take it: three lengths change with it.
  std::string cut = sealed->substr(0, sealed->size() - 12);
  cut[cut.size() - 5] = '\4';
  CHECK(check_envelope(cut).code() == Code::DataLoss);
  for (std::size_t at = 0; at < sealed->size(); ++at) {
    std::string flipped = *sealed;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x20);
    INFO(at);
    CHECK_FALSE(open_envelope(flipped, swe).ok());
  }
  for (std::size_t size = 0; size < sealed->size(); ++size) {
    CHECK_FALSE(check_envelope(sealed->substr(0, size)).ok());
  }
  CHECK_FALSE(check_envelope(*sealed + "x").ok());
}

TEST_CASE("what was opened to be searched lies sealed to the office, and goes with what is gone",
          "[sealing][own_search]") {
  const Offices offices;
  const OfficeKey swe = offices.make("swe", "keyAgreement");
  const OfficeKey stranger = offices.make("stranger", "keyAgreement");
  const std::string folder = (offices.folder() / "search").string();
  const OwnShelf shelf(folder, {swe});
  OwnText one{.manifest = manifest(), .text = "Many\nspoke of zanzibar."};
  REQUIRE(shelf.put(one).ok());
  const auto found = shelf.find(one.manifest.sealed_sha256());
  REQUIRE(found);
  CHECK(found->text == one.text);
  CHECK(found->manifest.title().by_language().at("en") == "On returns");
  CHECK(found->manifest.key().empty());
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry);
  REQUIRE(files.size() == 1);
  const std::string lies = offices.read("search/" + files[0].filename().string());
  for (const char* word : {"zanzibar", "returns", "On r", "parties/SWE", "documents/"}) {
    CHECK(lies.find(word) == std::string::npos);
  }
  CHECK(lies.find(std::string(32, 'k')) == std::string::npos);
  CHECK_FALSE(OwnShelf(folder, {stranger}).find(one.manifest.sealed_sha256()));
  CHECK(OwnShelf(folder, {stranger, swe}).find(one.manifest.sealed_sha256()));
  CHECK(OwnShelf(folder, {}).put(one).code() == Code::FailedPrecondition);
  // Another's file in its place, a shorter one, and one with any octet changed.
  const std::string other(32, 'x');
  offices.write("search/" + to_hex(other) + ".sealed", lies);
  CHECK_FALSE(shelf.find(other));
  for (std::size_t at = 0; at < lies.size(); at += 7) {
    std::string changed = lies;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    offices.write("search/" + files[0].filename().string(), changed);
    INFO(at);
    CHECK_FALSE(shelf.find(one.manifest.sealed_sha256()));
    offices.write("search/" + files[0].filename().string(), lies.substr(0, at));
    CHECK_FALSE(shelf.find(one.manifest.sealed_sha256()));
  }
  shelf.keep_only({});
  CHECK(std::filesystem::is_empty(folder));
  CHECK_FALSE(shelf.find(one.manifest.sealed_sha256()));
}

TEST_CASE("of what was opened a text is read, no picture, and no more than there is room for",
          "[sealing][own_search]") {
  v1::SealedManifest of = manifest();
  CHECK(text_of(of, "hello", "").empty());
  of.set_media_type("text/plain");
  CHECK(text_of(of, "hello", "") == "hello");
  CHECK(text_of(of, "\xff\xfe", "").empty());
  std::string much = "a";  // so that the limit falls within a character
  while (much.size() <= limits::extracted_bytes_max) much += "\u00e9";
  const std::string cut = text_of(of, much, "/no/such/program");
  CHECK(cut.size() == limits::extracted_bytes_max - 1);
  CHECK(is_utf8(cut));
}

TEST_CASE("what is signed and changed, or no manifest, is not believed", "[sealing]") {
  const Offices offices;
  const OfficeKey anna = offices.make("anna", "digitalSignature");
  const auto json = manifest_json(manifest());
  auto enclosed = sign_enclosed(anna.certificate_path, anna.key_path, shown(*json));
  const std::size_t at = enclosed->find("On returns");
  REQUIRE(at != std::string::npos);
  (*enclosed)[at] = 'I';
  CHECK(open_enclosed(*enclosed).status().code() == Code::DataLoss);
  CHECK_FALSE(open_enclosed("").ok());
  for (const char* text : {"", "{}", "[]", "{\"format\":\"entente-sealed/2\"}", "null"}) {
    CHECK(parse_manifest(text).status().code() == Code::DataLoss);
  }
  v1::SealedManifest short_key = manifest();
  short_key.set_key("k");
  CHECK_FALSE(parse_manifest(shown(*manifest_json(short_key))).ok());
  (*short_key.mutable_abstract()->mutable_by_language())["en"] = std::string(70'000, 'x');
  CHECK_FALSE(manifest_json(short_key).ok());
  v1::SealedManifest late = manifest();
  late.mutable_sealed_at()->set_seconds(1LL << 50);  // which no JSON says
  CHECK(manifest_json(late).status().code() == Code::InvalidArgument);
  v1::SealedManifest bytes = manifest();
  (*bytes.mutable_title()->mutable_by_language())["en"] = "On \xff returns";
  CHECK(manifest_json(bytes).status().code() == Code::InvalidArgument);
}

TEST_CASE("a roster's digest is of the set of its offices, in one network", "[sealing]") {
  const RosterEntry swe{"offices/swe.fp", "certificates/" + std::string(64, '1')};
  const RosterEntry nor{"offices/nor.fp", "certificates/" + std::string(64, '2')};
  const auto digest = roster_digest("demo.example/ledger", {swe, nor});
  REQUIRE(digest.ok());
  CHECK(*digest == *roster_digest("demo.example/ledger", {nor, swe}));
  CHECK(*digest != *roster_digest("other.example/ledger", {nor, swe}));
  CHECK(*digest != *roster_digest("demo.example/ledger", {nor}));
  CHECK_FALSE(roster_digest("demo.example/ledger", {}).ok());
  CHECK_FALSE(roster_digest("demo.example/ledger", {nor, nor}).ok());
  CHECK_FALSE(roster_digest("demo.example/ledger", {{"offices/a b", nor.certificate}}).ok());
}

TEST_CASE("an office answers for what its own words say, and for nothing else", "[sealing]") {
  OfficeOfRoster office{.name = "offices/swe.igc.focal-point",
                        .is_secretariat = false,
                        .party = "parties/SWE",
                        .process = "processes/igc",
                        .persons = {"persons/swe.anna"}};
  for (const char* principal :
       {"party/SWE", "institution/SWE/office", "account/SWE/anna", "person/swe.anna",
        "process/igc/members", "process/igc/body/wg-data"}) {
    CHECK(may_answer(principal, office));
  }
  for (const char* principal : {"party/NOR", "party/SW", "person/swe.sven", "process/apc/members",
                                "", "process/igc/secretariat", "process", "nobody/SWE"}) {
    CHECK_FALSE(may_answer(principal, office));
  }
  office.process = "";
  CHECK(may_answer("process/apc/members", office));
  office.is_secretariat = true;
  CHECK_FALSE(may_answer("process/igc/secretariat", office));
  office.process = "processes/igc";
  CHECK(may_answer("process/igc/secretariat", office));
}

}  // namespace entente::client
