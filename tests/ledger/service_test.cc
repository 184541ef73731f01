#include "server/ledger/service.h"

#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "proto/contract/act_proof.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/merkle.h"
#include "tests/ledger/checkpoints_fixture.h"

namespace entente::ledger {
namespace {

using test::CheckpointsFixture;
using test::LedgerFixture;

policy::Subject subject_of(const std::string& party, const policy::Sight& sight = {}) {
  policy::Subject subject;
  subject.account = "parties/" + party + "/accounts/one";
  subject.party = party;
  subject.sight = sight;
  return subject;
}

// The sight of a member of audience 1 and of nothing else.
policy::Sight sees_one() {
  policy::AudienceTable table;
  const policy::Principal nordic = *policy::Principal::parse("party/NOR");
  policy::Audience audience;
  audience.any_of.insert(nordic);
  REQUIRE(static_cast<std::uint32_t>(table.intern(audience)) == 1);
  return policy::Sight({nordic}, table);
}

struct ServiceFixture : CheckpointsFixture {
  ServiceFixture() : service(*ledger, *checkpoints), snapshot(store->snapshot()) {}

  // Entries of three kinds in turn: for audience 1, for nobody, of Norway's own.
  void fill(std::uint64_t size) {
    for (std::uint64_t i = ledger->size(); i < size; ++i) {
      Act act = act_on("object/" + std::to_string(i));
      act.audience = i % 3 == 0 ? 1 : 9;
      if (i % 3 == 2) act.party = "NOR";
      commit(act);
    }
    REQUIRE(checkpoints->advance().ok());
    snapshot = store->snapshot();
  }

  Result<v1::ListEntriesReply> list(const policy::Subject& subject, std::uint64_t from,
                                    std::uint64_t to, std::uint32_t page_size) {
    v1::ListEntriesRequest message;
    message.set_from(from);
    message.set_to(to);
    message.set_page_size(page_size);
    return service.list_entries(subject, message, *snapshot);
  }
  std::vector<v1::LedgerRow> all(const policy::Subject& subject) {
    std::vector<v1::LedgerRow> rows;
    std::uint64_t to = 0;
    do {
      const Result<v1::ListEntriesReply> page = list(subject, rows.size(), to, 100);
      REQUIRE(page.ok());
      rows.insert(rows.end(), page->rows().begin(), page->rows().end());
      REQUIRE(page->next() == rows.size());
      to = page->to();
    } while (rows.size() < to);
    return rows;
  }
  Result<v1::LedgerRow> get(const policy::Subject& subject, const std::string& name) {
    v1::GetEntryRequest message;
    message.set_name(name);
    return service.get_entry(subject, message, *snapshot);
  }

  LedgerService service;
  std::unique_ptr<store::Snapshot> snapshot;
};

std::vector<Digest> digests(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  std::vector<Digest> out;
  for (const std::string& hash : hashes) out.push_back(digest_from(hash));
  return out;
}

}  // namespace

TEST_CASE("an entry that is not for the caller looks like one that does not exist",
          "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(9);
  const policy::Subject stranger = subject_of("DNK");
  const Status absent = fixture.get(stranger, "ledger/entries/1000").status();
  CHECK(absent.code() == Code::NotFound);
  for (int i = 0; i < 9; ++i) {
    const Status hidden = fixture.get(stranger, "ledger/entries/" + std::to_string(i)).status();
    CHECK(hidden.code() == absent.code());
    CHECK(hidden.reason() == absent.reason());
    CHECK(hidden.message() == absent.message());
    CHECK(hidden.detail() == absent.detail());
  }
  for (const char* name : {"", "ledger/entries/", "ledger/entries/01", "ledger/entries/-1",
                           "ledger/entries/1/", "ledger/entries/18446744073709551616"}) {
    CHECK(fixture.get(stranger, name).status().reason() == Reason::NameInvalid);
  }
}

TEST_CASE("of what the caller may not see a row has the leaf and nothing else",
          "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(250);
  const std::vector<v1::LedgerRow> rows = fixture.all(subject_of("DNK"));
  REQUIRE(rows.size() == 250);
  for (const v1::LedgerRow& row : rows) {
    v1::LedgerRow bare;
    bare.set_index(row.index());
    bare.set_leaf_hash(row.leaf_hash());
    REQUIRE(row.SerializeAsString() == bare.SerializeAsString());
  }
}

TEST_CASE("a caller sees the entries of its audiences and its party's own acts",
          "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(9);
  const policy::Subject member = subject_of("FIN", sees_one());
  const policy::Subject norway = subject_of("NOR");
  for (std::uint64_t i = 0; i < 9; ++i) {
    const std::string name = "ledger/entries/" + std::to_string(i);
    CHECK(fixture.get(member, name).ok() == (i % 3 == 0));
    CHECK(fixture.get(norway, name).ok() == (i % 3 == 2));
  }
  const Result<v1::LedgerRow> row = fixture.get(norway, "ledger/entries/2");
  REQUIRE(row.ok());
  CHECK(row->entry().object() == "object/2");
  CHECK(row->entry().party() == "NOR");
  CHECK(row->entry().revision() == 1);
  CHECK(decode_entry(row->canonical())->act.object == "object/2");
  CHECK(as_view(entry_leaf(row->blinding(), row->canonical())) == row->leaf_hash());

  // An act of nobody's party is not everybody's whose party is unknown.
  Act daemon = LedgerFixture::act_on("network");
  daemon.party.clear();
  daemon.audience = 9;
  CHECK_FALSE(may_see(subject_of(""), daemon));
}

TEST_CASE("whoever lists all rows rebuilds the root, whatever it may see", "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(777);
  for (const policy::Subject& subject : {subject_of("DNK"), subject_of("NOR", sees_one())}) {
    std::vector<Digest> leaves;
    for (const v1::LedgerRow& row : fixture.all(subject)) {
      leaves.push_back(digest_from(row.leaf_hash()));
    }
    const Result<v1::Checkpoint> checkpoint =
        fixture.service.get_checkpoint(subject, {}, *fixture.snapshot);
    REQUIRE(checkpoint.ok());
    CHECK(leaves.size() == checkpoint->size());
    CHECK(as_view(merkle::root_of(leaves)) == checkpoint->root());
  }
}

TEST_CASE("nothing is shown or proved beyond the newest checkpoint", "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(5);
  fixture.commit(LedgerFixture::act_on("not yet signed for"));
  const policy::Subject subject = subject_of("SWE");
  CHECK(fixture.list(subject, 0, 0, 0)->rows_size() == 5);
  CHECK(fixture.list(subject, 0, 6, 0).status().code() == Code::OutOfRange);
  CHECK(fixture.list(subject, 6, 0, 0).status().code() == Code::OutOfRange);
  CHECK(fixture.list(subject, 4, 3, 0).status().code() == Code::OutOfRange);
  CHECK(fixture.list(subject, 5, 0, 0)->rows_size() == 0);
  CHECK(fixture.list(subject, 0, 0, limits::page_size_max + 1).status().code() ==
        Code::InvalidArgument);
  v1::ProveInclusionRequest inclusion;
  inclusion.set_size(6);
  CHECK(fixture.service.prove_inclusion(subject, inclusion, *fixture.snapshot).status().code() ==
        Code::OutOfRange);
  inclusion.set_size(0);
  inclusion.set_index(5);
  CHECK(fixture.service.prove_inclusion(subject, inclusion, *fixture.snapshot).status().code() ==
        Code::OutOfRange);
  v1::ProveConsistencyRequest consistency;
  consistency.set_old_size(6);
  CHECK(
      fixture.service.prove_consistency(subject, consistency, *fixture.snapshot).status().code() ==
      Code::OutOfRange);
}

TEST_CASE("proofs over the wire hold against the checkpoint that comes with them",
          "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(300);
  const policy::Subject subject = subject_of("DNK");  // it may see none of the entries
  v1::ProveInclusionRequest inclusion;
  inclusion.set_index(123);
  const auto included = fixture.service.prove_inclusion(subject, inclusion, *fixture.snapshot);
  REQUIRE(included.ok());
  const auto opened = note::open_checkpoint(included->checkpoint(), fixture.checkpoints->key());
  REQUIRE(opened.ok());
  CHECK(merkle::verify_inclusion(123, opened->checkpoint.size, digest_from(included->leaf_hash()),
                                 digests(included->path()), opened->checkpoint.root));
  v1::ProveConsistencyRequest consistency;
  consistency.set_old_size(100);
  const auto grown = fixture.service.prove_consistency(subject, consistency, *fixture.snapshot);
  REQUIRE(grown.ok());
  CHECK(merkle::verify_consistency(100, 300, *fixture.ledger->root_at(100), opened->checkpoint.root,
                                   digests(grown->path())));
  consistency.set_size(200);
  CHECK(fixture.service.prove_consistency(subject, consistency, *fixture.snapshot)
            ->checkpoint()
            .empty());

  const Result<v1::Receipt> receipt = make_receipt(*fixture.checkpoints, 42, /*at_once=*/false);
  REQUIRE(receipt.ok());
  CHECK(merkle::verify_inclusion(42, 300, digest_from(receipt->leaf_hash()),
                                 digests(receipt->inclusion_path()), opened->checkpoint.root));
}

TEST_CASE("what an act's reply proves is of this request, and continues what was seen",
          "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(300);
  Act act = LedgerFixture::act_on("object/now");
  act.party = "SWE";
  const std::string binding(32, 'b');
  const auto commit = [&] {  // under no checkpoint yet
    const auto transaction = fixture.store->begin();
    transaction->bind(binding);
    fixture.ledger->record(*transaction, act);
    REQUIRE(transaction->commit().ok());
  };
  commit();
  const auto proved = [&](const policy::Subject& subject, std::uint64_t from) {
    const Result<std::string> bytes =
        prove_act(*fixture.ledger, *fixture.checkpoints, subject, fixture.ledger->size() - 1, from);
    REQUIRE(bytes.ok());
    v1::ActProof proof;
    REQUIRE(proof.ParseFromString(*bytes));
    return proof;
  };
  const v1::ActProof proof = proved(subject_of("SWE"), 290);
  const auto opened =
      note::open_checkpoint(proof.receipt().checkpoint(), test::ledger_key().verifier());
  REQUIRE(opened.ok());
  CHECK(opened->checkpoint.size == 301);
  CHECK(merkle::verify_inclusion(300, 301, digest_from(proof.receipt().leaf_hash()),
                                 digests(proof.receipt().inclusion_path()),
                                 opened->checkpoint.root));
  CHECK(merkle::verify_consistency(290, 301, *fixture.ledger->root_at(290), opened->checkpoint.root,
                                   digests(proof.consistency_path())));
  const Result<Entry> entry = decode_entry(proof.canonical());
  REQUIRE(entry.ok());
  CHECK(entry->act.object == "object/now");
  const auto leaf_of = [&](const std::string& bound) {
    return std::string(
        as_view(entry_leaf(bound_blinding(proof.inner(), bound), proof.canonical())));
  };
  CHECK(leaf_of(binding) == proof.receipt().leaf_hash());
  CHECK(leaf_of(std::string(32, 'c')) != proof.receipt().leaf_hash());
  // Who had seen nothing, or says to have seen more than there is, is shown no path.
  CHECK(proved(subject_of("SWE"), 0).consistency_path().empty());
  CHECK(proved(subject_of("SWE"), 1'000).consistency_path().empty());
  // It is as closed as GetEntry.
  CHECK(proved(subject_of("DNK"), 0).canonical().empty());
  // What a header does not hold is asked for.
  act.touched.assign(100, std::string(100, 'x'));
  commit();
  CHECK(proved(subject_of("SWE"), 0).canonical().empty());
  CHECK(proved(subject_of("SWE"), 0).ByteSizeLong() < limits::proof_entry_bytes_max);
}

TEST_CASE("a page of large entries ends before a message would be too large", "[ledger][service]") {
  ServiceFixture fixture;
  Act large = LedgerFixture::act_on("import");
  large.touched.assign(2'000, std::string(100, 'x'));
  for (int i = 0; i < 20; ++i) fixture.commit(large);
  REQUIRE(fixture.checkpoints->advance().ok());
  const Result<v1::ListEntriesReply> page = fixture.list(subject_of("SWE"), 0, 0, 1'000);
  REQUIRE(page.ok());
  CHECK(page->rows_size() > 0);
  CHECK(page->next() < 20);
  CHECK(page->ByteSizeLong() < limits::message_bytes_max);
  CHECK(fixture.all(subject_of("SWE")).size() == 20);
}

TEST_CASE("a watcher gets the newest checkpoint, then each newer one, and waits between",
          "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(2);
  int woken = 0;
  auto source = fixture.service.watch_checkpoints({}, [&] { ++woken; });
  REQUIRE(source.ok());
  v1::Checkpoint message;
  CHECK(*(*source)->next(message) == net::Source::Next::Message);
  CHECK(message.size() == 2);
  CHECK(*(*source)->next(message) == net::Source::Next::Wait);
  fixture.fill(3);
  fixture.fill(4);  // a slow reader misses the one between
  CHECK(woken == 2);
  CHECK(*(*source)->next(message) == net::Source::Next::Message);
  CHECK(message.size() == 4);
  CHECK(*(*source)->next(message) == net::Source::Next::Wait);
  v1::AddCosignatureRequest cosigned;
  cosigned.set_note(fixture.cosign(message.note(), "nor", 'N'));
  const auto added =
      fixture.service.add_cosignature(subject_of("NOR"), cosigned, *fixture.snapshot);
  REQUIRE(added.ok());
  CHECK(added->witnesses(0) == "nor.example/witness");
  CHECK(*(*source)->next(message) == net::Source::Next::Message);
  CHECK(message.note() == cosigned.note());
  source->reset();
  fixture.fill(5);
  CHECK(woken == 3);
}

TEST_CASE("every witness of the network is listed, with what it has co-signed",
          "[ledger][service]") {
  ServiceFixture fixture;
  fixture.fill(4);
  v1::AddCosignatureRequest cosigned;
  cosigned.set_note(fixture.cosign(fixture.checkpoints->newest()->note, "dnk", 'D'));
  REQUIRE(fixture.service.add_cosignature(subject_of("DNK"), cosigned, *fixture.snapshot).ok());
  const auto list = fixture.service.list_cosignatures(subject_of("SWE"), {}, *fixture.snapshot);
  REQUIRE(list.ok());
  REQUIRE(list->cosignatures_size() == 2);
  CHECK(list->cosignatures(0).party() == "NOR");
  CHECK(list->cosignatures(0).note().empty());
  CHECK_FALSE(list->cosignatures(0).has_time());
  CHECK(list->cosignatures(1).note() == cosigned.note());
  CHECK(list->cosignatures(1).size() == 4);
  CHECK(list->cosignatures(1).witness_key() == test::witness_key("dnk", 'D').verifier().text());
}

// --- without our code: the openssl program and the script of docs/examples ---

namespace {

struct Folder {
  Folder()
      : path(std::filesystem::temp_directory_path() /
             ("entente-ledger-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
    return path / name;
  }
  std::filesystem::path path;
};

std::string json_of(const google::protobuf::Message& message) {
  std::string json;
  REQUIRE(google::protobuf::util::MessageToJsonString(message, &json).ok());
  return json + "\n";
}

// The checkpoint's line, then the rows'.
std::vector<std::string> export_for(ServiceFixture& fixture, const policy::Subject& subject) {
  std::vector<std::string> lines = {
      json_of(*fixture.service.get_checkpoint(subject, {}, *fixture.snapshot))};
  for (const v1::LedgerRow& row : fixture.all(subject)) lines.push_back(json_of(row));
  return lines;
}

// What the script says: `holds`, `REFUSED`, or whatever else went wrong.
std::string verdict(const Folder& folder, const std::vector<std::string>& lines,
                    const std::string& key, const std::string& last = {}) {
  std::string bytes;
  for (const std::string& line : lines) bytes += line;
  std::string command = "/usr/bin/python3 " ENTENTE_SOURCE_DIR "/docs/examples/verify_ledger.py " +
                        folder.write("export", bytes) + " '" + key + "'";
  if (!last.empty()) command += " " + folder.write("last", last);
  const std::string said = folder.path / "said";
  const int status = std::system((command + " >" + said + " 2>&1").c_str());
  std::string text;
  std::getline(std::ifstream(said), text, '\0');
  if (status == 0 && text.starts_with("holds: ")) return "holds";
  if (status != 0 && text.starts_with("REFUSED: ")) return "REFUSED";
  return text;
}

}  // namespace

TEST_CASE("the openssl program verifies a checkpoint, and no other text", "[ledger][openssl]") {
  ServiceFixture fixture;
  fixture.fill(3);
  const Folder folder;
  const note::Note note = *note::Note::parse(fixture.checkpoints->newest()->note);
  const std::string spki = *from_hex("302a300506032b6570032100");
  const std::string key =
      folder.write("key.der", spki + std::string(fixture.checkpoints->key().key()));
  const std::string signature = folder.write("signature", note.signatures[0].bytes);
  const auto verifies = [&](const std::string& text) {
    const std::string command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey " + key +
                                " -sigfile " + signature + " -in " + folder.write("text", text);
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  };
  CHECK(verifies(note.text));
  CHECK_FALSE(verifies(note.text + "\n"));
}

TEST_CASE("the script of the documentation accepts a true export and refuses each lie",
          "[ledger][script]") {
  ServiceFixture fixture;
  fixture.fill(20);
  const std::string early = fixture.checkpoints->newest()->note;
  fixture.fill(60);
  const Folder folder;
  const std::string key = fixture.checkpoints->key().text();
  const std::vector<std::string> good = export_for(fixture, subject_of("NOR", sees_one()));
  REQUIRE(verdict(folder, good, key) == "holds");
  REQUIRE(verdict(folder, good, key, early) == "holds");
  REQUIRE(verdict(folder, export_for(fixture, subject_of("DNK")), key) == "holds");

  std::vector<std::string> bad = good;
  bad.erase(bad.begin() + 31);
  CHECK(verdict(folder, bad, key) == "REFUSED");  // dropped

  bad = good;
  bad.pop_back();
  CHECK(verdict(folder, bad, key) == "REFUSED");  // the tail cut off

  bad = good;
  std::swap(bad[10], bad[11]);
  CHECK(verdict(folder, bad, key) == "REFUSED");  // reordered

  bad = good;
  bad.insert(bad.begin() + 5, bad[5]);
  CHECK(verdict(folder, bad, key) == "REFUSED");  // doubled

  bad = good;
  REQUIRE(bad[4].find("object/3") != std::string::npos);
  bad[4].replace(bad[4].find("object/3"), 8, "object/4");
  CHECK(verdict(folder, bad, key) == "REFUSED");  // shown otherwise than entered

  // Altered with all that belongs to it but the signature.
  v1::LedgerRow altered = fixture.all(subject_of("NOR", sees_one()))[3];
  Entry entry = *decode_entry(altered.canonical());
  entry.act.object = "object/other";
  altered.mutable_entry()->set_object("object/other");
  altered.set_canonical(encode_entry(entry));
  bad = good;
  bad[4] = json_of(altered);
  CHECK(verdict(folder, bad, key) == "REFUSED");
  altered.set_leaf_hash(std::string(as_view(entry_leaf(altered.blinding(), altered.canonical()))));
  bad[4] = json_of(altered);
  CHECK(verdict(folder, bad, key) == "REFUSED");

  const std::string other_key =
      note::SigningKey("demo.example/ledger", note::SignatureType::Ed25519,
                       Secret(std::string(32, 'M')))
          .verifier()
          .text();
  CHECK(verdict(folder, good, other_key) == "REFUSED");

  // The store was put back: all is signed, nothing continues what was seen.
  ServiceFixture other;
  other.fill(60);
  const std::vector<std::string> forked = export_for(other, subject_of("DNK"));
  REQUIRE(verdict(folder, forked, key) == "holds");
  CHECK(verdict(folder, forked, key, early) == "REFUSED");
  ServiceFixture put_back;
  put_back.fill(10);
  CHECK(verdict(folder, export_for(put_back, subject_of("DNK")), key, early) == "REFUSED");
}

}  // namespace entente::ledger
