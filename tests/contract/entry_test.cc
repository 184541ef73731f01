#include "proto/contract/entry.h"

#include <rapidcheck.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "proto/contract/bytes.h"
#include "proto/contract/entry_message.h"
#include "proto/contract/merkle.h"

namespace entente {
namespace {

Act sample() {
  Act act;
  act.account = "parties/SWE/accounts/anna";
  act.party = "SWE";
  act.session = "s-1";
  act.kind = "directory.person.create";
  act.object = "persons/p-1";
  act.touched = {"offices/o-1", "appointments/a-1"};
  act.revision = 3;
  act.object_digest = std::string(32, 'd');
  act.audience = 7;
  act.signature = std::string("\0\xff\x01", 3);
  act.signer_certificate_sha256 = std::string(32, 'c');
  return act;
}

Entry sample_entry() {
  Entry entry;
  entry.index = 41;
  entry.time = parse_rfc3339("2026-11-23T06:32:32.000001Z").value();
  entry.act = sample();
  return entry;
}

bool refused(std::string_view bytes) {
  const Result<Entry> entry = decode_entry(bytes);
  return !entry.ok() && entry.status().code() == Code::DataLoss;
}

}  // namespace

TEST_CASE("bytes that no entry has are refused", "[contract][entry]") {
  const std::string good = encode_entry(sample_entry());
  CHECK(refused(""));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    if (!refused(good.substr(0, cut))) FAIL("accepted a prefix of " << cut << " bytes");
  }
  CHECK(refused(good + std::string(1, '\0')));
  std::string other_version = good;
  other_version[14] = '2';
  CHECK(refused(other_version));
  std::string far_future = good;
  far_future[24] = '\x7f';
  CHECK(refused(far_future));
  std::string not_text = good;
  not_text[36] = '\xff';
  CHECK(refused(not_text));

  Entry half_digest = sample_entry();
  half_digest.act.object_digest = "short";
  CHECK(refused(encode_entry(half_digest)));
  half_digest = sample_entry();
  half_digest.act.signer_certificate_sha256 = "short";
  CHECK(refused(encode_entry(half_digest)));

  // A count of four thousand million texts in a few bytes: refused, not allocated.
  std::string empty_act(5 * 4, '\0');
  append_u32(empty_act, 0xffff'ffff);
  CHECK(refused(encode_entry(0, Instant{}, empty_act)));
}

TEST_CASE("no two byte strings are the same entry", "[contract][entry]") {
  const std::string good = encode_entry(sample_entry());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string other = good;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    const Result<Entry> entry = decode_entry(other);
    if (!entry.ok()) continue;
    REQUIRE(*entry != sample_entry());
    REQUIRE(encode_entry(*entry) == other);
  }
}

TEST_CASE("what is entered is read back", "[contract][entry][property]") {
  CHECK(*decode_entry(encode_entry(sample_entry())) == sample_entry());
  CHECK(*decode_entry(encode_entry(Entry())) == Entry());
  rc::prop("an entry survives its bytes", [](std::uint64_t index, std::uint64_t revision,
                                             std::uint32_t audience, const std::string& octets) {
    Entry entry = sample_entry();
    entry.index = index;
    entry.act.revision = revision;
    entry.act.audience = audience;
    entry.act.signature = octets;
    entry.act.object = to_hex(octets);
    entry.act.touched.assign(octets.size() % 5, to_hex(octets));
    RC_ASSERT(*decode_entry(encode_entry(entry)) == entry);
  });
}

TEST_CASE("the bytes of an entry are those of the format's page", "[contract][entry]") {
  // The worked example of docs/ledger-format.md.
  Entry entry;
  entry.index = 1;
  entry.time = Instant(std::chrono::microseconds(1'795'415'552'000'000));
  entry.act.account = "operator";
  entry.act.kind = "network.start";
  entry.act.audience = 2;
  CHECK(to_hex(encode_entry(entry)) ==
        "656e74656e74652f656e7472792f310a"  // entente/entry/1\n
        "0000000000000001"
        "000660ebc2338000"
        "00000008"
        "6f70657261746f72"
        "00000000"
        "00000000"
        "0000000d"
        "6e6574776f726b2e7374617274"
        "00000000"
        "00000000"
        "0000000000000000"
        "00000000"
        "00000002"
        "00000000"
        "00000000");
}

TEST_CASE("a leaf tells nothing without its blinding", "[contract][entry]") {
  const std::string canonical = encode_entry(sample_entry());
  const std::string blinding(32, 'b');
  const Digest leaf = entry_leaf(blinding, canonical);
  CHECK(leaf != entry_leaf(std::string(32, 'c'), canonical));
  CHECK(leaf != merkle::leaf_hash(canonical));
  CHECK(leaf == sha256({std::string_view("\0", 1), as_view(sha256({blinding, canonical}))}));
}

TEST_CASE("a message says the whole entry", "[contract][entry]") {
  const v1::LedgerEntry said = message_of(sample_entry());
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  said.GetReflection()->ListFields(said, &fields);
  CHECK(static_cast<int>(fields.size()) == said.GetDescriptor()->field_count());

  CHECK(said.index() == 41);
  CHECK(said.time().nanos() == 1'000);
  CHECK(said.account() == "parties/SWE/accounts/anna");
  CHECK(said.party() == "SWE");
  CHECK(said.session() == "s-1");
  CHECK(said.kind() == "directory.person.create");
  CHECK(said.object() == "persons/p-1");
  CHECK(std::vector<std::string>(said.touched().begin(), said.touched().end()) == sample().touched);
  CHECK(said.revision() == 3);
  CHECK(said.object_digest() == std::string(32, 'd'));
  CHECK(said.audience() == 7);
  CHECK(said.signature() == std::string("\0\xff\x01", 3));
  CHECK(said.signer_certificate_sha256() == std::string(32, 'c'));
}

}  // namespace entente
