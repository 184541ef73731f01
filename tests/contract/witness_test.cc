#include "proto/contract/witness.h"

#include <catch2/catch.hpp>
#include <thread>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/merkle.h"
#include "tests/contract/reference_tree.h"

namespace entente::witness {
namespace {

using entente::test::ReferenceTree;
using note::SignatureType;
using note::SigningKey;

Secret seed_of(char c) { return Secret(std::string(32, c)); }
SigningKey log_key(char c = 'L') {
  return SigningKey("demo.example/ledger", SignatureType::Ed25519, seed_of(c));
}
SigningKey witness_key(const std::string& party, char c) {
  return SigningKey(party + ".example/witness", SignatureType::Cosignature, seed_of(c));
}

const Instant noon = parse_rfc3339("2026-11-23T12:00:00Z").value();

// A ledger and a witness that looks at it.
struct Scene {
  Scene() : tree(entries()) { open(); }

  static std::vector<std::string> entries() {
    std::vector<std::string> all;
    for (int i = 0; i < 40; ++i) all.push_back("entry " + std::to_string(i));
    return all;
  }

  void open() {
    std::vector<std::string> notes;
    for (const auto& [origin, text] : kept) notes.push_back(text);
    Result<std::unique_ptr<Witness>> opened =
        Witness::open(witness_key("swe", 'W'), {log_key().verifier()}, notes,
                      [this](const std::string& origin, const std::string& text) -> Status {
                        if (full) return {Code::ResourceExhausted, Reason::None, "full"};
                        kept[origin] = text;
                        return {};
                      });
    REQUIRE(opened.ok());
    witness = *std::move(opened);
  }

  note::Checkpoint checkpoint(std::uint64_t size) {
    note::Checkpoint checkpoint;
    checkpoint.origin = "demo.example/ledger";
    checkpoint.size = size;
    checkpoint.root = tree.mth(0, size);
    return checkpoint;
  }
  static std::string sign(const note::Checkpoint& checkpoint, char key = 'L') {
    note::Note note;
    note.text = checkpoint.text();
    note.signatures.push_back(log_key(key).sign(note.text));
    return note.format();
  }
  AddCheckpoint request(std::uint64_t from, std::uint64_t to) {
    AddCheckpoint request;
    request.old_size = from;
    if (from > 0 && from < to) request.proof = tree.subproof(from, 0, to, true);
    request.note = sign(checkpoint(to));
    return request;
  }
  Answer ask(const AddCheckpoint& request) { return ask(request.format()); }
  Answer ask(const std::string& body) { return witness->add_checkpoint(body, noon); }

  ReferenceTree tree;
  std::map<std::string, std::string> kept;
  bool full = false;
  std::unique_ptr<Witness> witness;
};

}  // namespace

TEST_CASE("a witness refuses what is not the continuation of what it has seen",
          "[contract][witness]") {
  Scene scene;
  REQUIRE(scene.ask(scene.request(0, 10)).http_status == 200);
  const std::string before = scene.kept.begin()->second;

  SECTION("another tree of a greater size") {
    AddCheckpoint fork = scene.request(10, 20);
    note::Checkpoint other = scene.checkpoint(20);
    other.root = merkle::leaf_hash("other");
    fork.note = Scene::sign(other);
    CHECK(scene.ask(fork).http_status == 422);
  }
  SECTION("another tree of the same size") {
    note::Checkpoint other = scene.checkpoint(10);
    other.root = merkle::leaf_hash("other");
    AddCheckpoint fork = scene.request(10, 10);
    fork.note = Scene::sign(other);
    CHECK(scene.ask(fork).http_status == 422);
  }
  SECTION("a smaller tree") {
    const Answer answer = scene.ask(scene.request(0, 5));
    CHECK(answer.http_status == 409);
    CHECK(answer.content_type == "text/x.tlog.size");
    CHECK(answer.body == "10\n");
    AddCheckpoint rollback = scene.request(10, 10);
    rollback.note = Scene::sign(scene.checkpoint(5));
    CHECK(scene.ask(rollback).http_status == 400);
  }
  SECTION("from a size that it has not seen") {
    CHECK(scene.ask(scene.request(9, 20)).http_status == 409);
    CHECK(scene.ask(scene.request(11, 20)).body == "10\n");
  }
  SECTION("without, or with a wrong, proof") {
    AddCheckpoint bare = scene.request(10, 20);
    bare.proof.clear();
    CHECK(scene.ask(bare).http_status == 422);
    AddCheckpoint more = scene.request(10, 20);
    more.proof.push_back(more.proof.front());
    CHECK(scene.ask(more).http_status == 422);
  }
  CHECK(scene.kept.begin()->second == before);
  CHECK(scene.witness->last("demo.example/ledger")->size == 10);
}

TEST_CASE("a witness puts its name to nobody's checkpoint but a known ledger's own",
          "[contract][witness]") {
  Scene scene;
  AddCheckpoint request = scene.request(0, 10);
  note::Checkpoint foreign = scene.checkpoint(10);
  foreign.origin = "other.example/ledger";
  request.note = Scene::sign(foreign);
  CHECK(scene.ask(request).http_status == 404);

  request.note = Scene::sign(scene.checkpoint(10), 'M');
  CHECK(scene.ask(request).http_status == 403);

  // The right name and id over a wrong signature.
  note::Note forged = *note::Note::parse(Scene::sign(scene.checkpoint(10)));
  forged.signatures[0].bytes = log_key('M').sign(forged.text).bytes;
  request.note = forged.format();
  CHECK(scene.ask(request).http_status == 403);
  CHECK(scene.kept.empty());
}

TEST_CASE("a body that is none is refused, and the empty tree has one root",
          "[contract][witness]") {
  Scene scene;
  const std::string good = scene.request(0, 10).format();
  const std::string note = Scene::sign(scene.checkpoint(10));
  CHECK(scene.ask("").http_status == 400);
  CHECK(scene.ask("old 0").http_status == 400);
  CHECK(scene.ask("old 0\n").http_status == 400);
  CHECK(scene.ask("old 0\n\n").http_status == 400);
  CHECK(scene.ask("old 00\n\n" + note).http_status == 400);
  CHECK(scene.ask("old -1\n\n" + note).http_status == 400);
  CHECK(scene.ask("old 18446744073709551616\n\n" + note).http_status == 400);
  CHECK(scene.ask("new 0\n\n" + note).http_status == 400);
  CHECK(scene.ask("old 0\nAAAA\n\n" + note).http_status == 400);
  CHECK(scene.ask("old 0\n" + note).http_status == 400);
  CHECK(scene.ask(good.substr(0, good.size() - 1)).http_status == 400);
  CHECK(scene.ask("old 0\n\n" + note + std::string(limits::note_bytes_max, 'x')).http_status ==
        400);

  AddCheckpoint request = scene.request(0, 10);
  request.proof.assign(63, merkle::empty_root());
  CHECK(scene.ask(request).http_status == 422);  // the empty tree needs no proof
  request.proof.assign(64, merkle::empty_root());
  CHECK(scene.ask(request).http_status == 400);

  note::Checkpoint hollow = scene.checkpoint(0);
  hollow.root = merkle::leaf_hash("");
  AddCheckpoint empty = scene.request(0, 0);
  empty.note = Scene::sign(hollow);
  CHECK(scene.ask(empty).http_status == 422);
  CHECK(scene.kept.empty());
  CHECK(scene.ask(scene.request(0, 0)).http_status == 200);
}

TEST_CASE("what could not be kept is not signed", "[contract][witness]") {
  Scene scene;
  scene.full = true;
  const Answer answer = scene.ask(scene.request(0, 10));
  CHECK(answer.http_status == 500);
  CHECK(answer.body.find("\xe2\x80\x94") == std::string::npos);
  CHECK_FALSE(scene.witness->last("demo.example/ledger").has_value());
}

TEST_CASE("a witness follows a ledger as it grows, and remembers over a restart",
          "[contract][witness]") {
  Scene scene;
  std::uint64_t last = 0;
  for (const std::uint64_t size : {1U, 2U, 7U, 7U, 8U, 31U, 40U}) {
    const AddCheckpoint request = scene.request(last, size);
    const Answer answer = scene.ask(request);
    REQUIRE(answer.http_status == 200);
    const Result<note::Note> cosigned = note::Note::parse(request.note + answer.body);
    REQUIRE(cosigned.ok());
    CHECK(note::verify_cosignature(*cosigned, scene.witness->key()) ==
          std::chrono::floor<std::chrono::seconds>(noon).time_since_epoch().count());
    last = size;
    scene.open();
    CHECK(scene.witness->last("demo.example/ledger") == scene.checkpoint(size));
  }
  const std::string hash = to_hex(as_view(sha256("demo.example/ledger")));
  CHECK(scene.witness->checkpoint(hash).body == scene.kept.begin()->second);
  CHECK(scene.witness->checkpoint(to_hex(as_view(sha256("x")))).http_status == 404);
}

TEST_CASE("a witness whose memory was changed does not go on", "[contract][witness]") {
  Scene scene;
  REQUIRE(scene.ask(scene.request(0, 10)).http_status == 200);
  const std::string good = scene.kept.begin()->second;
  const auto open = [&](const std::string& text) {
    const std::vector<std::string> kept = {text};
    return Witness::open(witness_key("swe", 'W'), {log_key().verifier()}, kept,
                         [](const std::string&, const std::string&) { return Status(); })
        .status()
        .code();
  };
  CHECK(open(good) == Code::Ok);
  CHECK(open("") == Code::DataLoss);
  CHECK(open(Scene::sign(scene.checkpoint(5))) == Code::DataLoss);  // it never co-signed that
  std::string smaller = good;
  smaller.replace(smaller.find("\n10\n"), 4, "\n1\n");
  CHECK(open(smaller) == Code::DataLoss);
}

TEST_CASE("of two requests at once from one size only one is signed", "[contract][witness]") {
  Scene scene;
  REQUIRE(scene.ask(scene.request(0, 10)).http_status == 200);
  const std::string one = scene.request(10, 20).format();
  const std::string other = scene.request(10, 30).format();
  std::array<int, 2> statuses{};
  std::thread first([&] { statuses[0] = scene.ask(one).http_status; });
  std::thread second([&] { statuses[1] = scene.ask(other).http_status; });
  first.join();
  second.join();
  CHECK(statuses[0] + statuses[1] == 200 + 409);
}

TEST_CASE("a checkpoint that is no continuation is told from one that is older",
          "[contract][witness]") {
  Scene scene;
  const note::Checkpoint ten = scene.checkpoint(10);
  const note::Checkpoint twenty = scene.checkpoint(20);
  const std::vector<Digest> path = scene.tree.subproof(10, 0, 20, true);
  note::Checkpoint other = twenty;
  other.root = merkle::leaf_hash("other");
  note::Checkpoint foreign = twenty;
  foreign.origin = "other.example/ledger";
  CHECK(compare(ten, other, path) == Continuity::Forked);
  CHECK(compare(ten, twenty, {}) == Continuity::Forked);
  CHECK(compare(ten, foreign, path) == Continuity::Forked);
  CHECK(compare(twenty, other, {}) == Continuity::Forked);
  CHECK(compare(twenty, ten, path) == Continuity::Behind);
  CHECK(compare(ten, ten, {}) == Continuity::Same);
  CHECK(compare(ten, twenty, path) == Continuity::Grown);
}

TEST_CASE("only foreign, trusted, recent and consistent cosignatures assure",
          "[contract][witness]") {
  Scene scene;
  const auto cosigned = [&](const std::string& party, char key, std::chrono::hours ago,
                            std::uint64_t size = 10) {
    note::Note note = *note::Note::parse(Scene::sign(scene.checkpoint(size)));
    note.signatures.push_back(
        witness_key(party, key)
            .cosign(
                note.text,
                std::chrono::floor<std::chrono::seconds>(noon - ago).time_since_epoch().count()));
    return note.format();
  };
  const std::vector<Trusted> trusted = {{"SWE", witness_key("swe", 'S').verifier()},
                                        {"NOR", witness_key("nor", 'N').verifier()},
                                        {"NOR", witness_key("nor2", 'n').verifier()},
                                        {"DNK", witness_key("dnk", 'D').verifier()},
                                        {"FIN", witness_key("fin", 'F').verifier()}};
  const auto judge = [&](const std::vector<std::string>& notes, bool consistent = true) {
    return assess(looks(notes, log_key().verifier(), trusted, noon,
                        [&](const note::Checkpoint&) { return consistent; }),
                  "SWE", noon);
  };
  using std::chrono::hours;

  CHECK(judge({}).warns());
  CHECK_FALSE(judge({}).may_seal_confidential());

  // The own witness, a stranger, twice the same party, a malformed note, one of another ledger's
  // key.
  const Assurance none =
      judge({cosigned("swe", 'S', hours(1)), cosigned("usa", 'U', hours(1)),
             cosigned("nor", 'N', hours(1)), cosigned("nor2", 'n', hours(1)),
             cosigned("dnk", 'X', hours(1)), "garbage", Scene::sign(scene.checkpoint(10), 'M')});
  CHECK(none.within_day == std::vector<std::string>{"NOR"});
  CHECK(none.warns());

  const std::vector<std::string> two = {cosigned("nor", 'N', hours(24)),
                                        cosigned("dnk", 'D', hours(2))};
  CHECK_FALSE(judge(two).warns());
  CHECK(judge(two).may_seal_confidential());
  CHECK(judge(two, /*consistent=*/false).within_week.empty());

  const std::vector<std::string> old = {cosigned("nor", 'N', hours(25)),
                                        cosigned("dnk", 'D', hours(7 * 24))};
  CHECK(judge(old).within_day.empty());
  CHECK(judge(old).may_seal_confidential());

  const std::vector<std::string> older = {cosigned("nor", 'N', hours(7 * 24 + 1)),
                                          cosigned("dnk", 'D', hours(1))};
  CHECK_FALSE(judge(older).may_seal_confidential());

  const std::vector<std::string> ahead = {cosigned("nor", 'N', hours(-1)),
                                          cosigned("dnk", 'D', hours(-1))};
  CHECK(judge(ahead).within_week.empty());

  // Of several the newest, whatever their order; of who never looked, that.
  const std::vector<std::string> several = {cosigned("nor", 'N', hours(3), 9),
                                            cosigned("nor", 'N', hours(2), 10),
                                            cosigned("nor", 'N', hours(30), 7)};
  const std::vector<Look> shown = looks(several, log_key().verifier(), trusted, noon,
                                        [](const note::Checkpoint&) { return true; });
  REQUIRE(shown.size() == trusted.size());
  CHECK(shown[1].size == 10);
  CHECK(shown[1].time_s ==
        std::chrono::duration_cast<std::chrono::seconds>((noon - hours(2)).time_since_epoch())
            .count());
  CHECK(shown[2].time_s == 0);
}

}  // namespace entente::witness
