#include "proto/contract/note.h"

#include <catch2/catch.hpp>
#include <random>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/merkle.h"

namespace entente::note {
namespace {

// The example of c2sp.org/signed-note.
constexpr std::string_view c2sp_key =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view c2sp_note =
    "This is an example message.\n"
    "\n"
    "\xe2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";

Secret seed_of(char c) { return Secret(std::string(32, c)); }
SigningKey log_key() {
  return SigningKey("demo.example/ledger", SignatureType::Ed25519, seed_of('L'));
}
SigningKey witness_key(const std::string& name, char c) {
  return SigningKey(name, SignatureType::Cosignature, seed_of(c));
}

Checkpoint checkpoint_of(std::uint64_t size) {
  Checkpoint checkpoint;
  checkpoint.origin = "demo.example/ledger";
  checkpoint.size = size;
  checkpoint.root = size == 0 ? merkle::empty_root() : merkle::leaf_hash("root");
  return checkpoint;
}

Note signed_note(const Checkpoint& checkpoint) {
  Note note;
  note.text = checkpoint.text();
  note.signatures.push_back(log_key().sign(note.text));
  return note;
}

bool refused(std::string_view bytes) {
  const Result<Note> note = Note::parse(bytes);
  if (note.ok()) return false;
  return note.status().code() == Code::InvalidArgument &&
         note.status().reason() == Reason::ProofInvalid;
}

}  // namespace

TEST_CASE("what is not exactly a signed note is refused", "[contract][note]") {
  const std::string good = signed_note(checkpoint_of(5)).format();
  REQUIRE(Note::parse(good).ok());
  const std::string line = good.substr(good.rfind("\xe2\x80\x94"));
  const std::string text = checkpoint_of(5).text();
  CHECK(refused(""));
  CHECK(refused("\n"));
  CHECK(refused("\n\n"));
  CHECK(refused(text));
  CHECK(refused(text + "\n"));
  CHECK(refused(text + line));                      // no blank line
  CHECK(refused(good + "\n"));                      // the last blank line is followed by nothing
  CHECK(refused(good.substr(0, good.size() - 1)));  // no newline at the end
  CHECK(refused(good + line));                      // the same key twice
  CHECK(refused(good + "x"));
  CHECK(refused(good + "\xe2\x80\x94 \n"));
  CHECK(refused(good + "\xe2\x80\x94 name\n"));
  CHECK(refused(good + "\xe2\x80\x94 name \n"));
  CHECK(refused(good + "\xe2\x80\x94 name AAAA\n"));     // too short for a signature
  CHECK(refused(good + "\xe2\x80\x94 name AAAAAAA\n"));  // not padded
  CHECK(refused(good + "\xe2\x80\x94 na+me AAAAAAAA\n"));
  CHECK(refused(good + "\xe2\x80\x94 na\xc2\xa0me AAAAAAAA\n"));  // a no-break space in the name
  CHECK(refused(good + "- name AAAAAAAA\n"));
  CHECK(refused(text + std::string("\0\n", 2) + line));
  CHECK(refused("a\tb\n\n" + line));
  CHECK(
      refused("a\xff"
              "b\n\n" +
              line));
  CHECK(refused("a\r\n\n" + line));
  CHECK(refused(std::string(limits::note_bytes_max, 'a') + "\n\n" + line));
  std::string many = good;
  for (std::size_t i = 0; i < limits::note_signatures_max; ++i) {
    many += "\xe2\x80\x94 n" + std::to_string(i) + " AAAAAAAA\n";
  }
  CHECK(refused(many));
}

TEST_CASE("a note's text may have empty lines, and signatures of strangers are left alone",
          "[contract][note]") {
  Note note;
  note.text = "one\n\nthree\n";
  note.signatures.push_back(log_key().sign(note.text));
  note.signatures.push_back({.name = "stranger", .id = 7, .bytes = "anything at all"});
  const Result<Note> read = Note::parse(note.format());
  REQUIRE(read.ok());
  CHECK(read->text == note.text);
  CHECK(read->signatures == note.signatures);
  CHECK(read->format() == note.format());
  CHECK(verify(*read, log_key().verifier()));
}

TEST_CASE("the specification's example verifies under the specification's key",
          "[contract][note]") {
  const Result<VerifierKey> key = VerifierKey::parse(c2sp_key);
  REQUIRE(key.ok());
  CHECK(key->name() == "example.com/foo");
  CHECK(key->id() == 0x530d903a);
  CHECK(key->text() == c2sp_key);
  const Result<Note> note = Note::parse(c2sp_note);
  REQUIRE(note.ok());
  CHECK(verify(*note, *key));
}

TEST_CASE("a key whose parts do not agree is refused", "[contract][note]") {
  const std::string key(c2sp_key);
  REQUIRE(VerifierKey::parse(key).ok());
  CHECK_FALSE(VerifierKey::parse("").ok());
  CHECK_FALSE(VerifierKey::parse("example.com/foo").ok());
  CHECK_FALSE(VerifierKey::parse("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").ok());
  CHECK_FALSE(VerifierKey::parse("x" + key).ok());  // its hash is not that name's
  CHECK_FALSE(VerifierKey::parse(key + "+").ok());
  std::string upper = key;
  upper.replace(upper.find("530d903a"), 8, "530D903A");
  CHECK_FALSE(VerifierKey::parse(upper).ok());
  std::string other_type = key;
  other_type.replace(other_type.find("Aek"), 3, "Auk");  // another algorithm's number
  CHECK_FALSE(VerifierKey::parse(other_type).ok());
  CHECK_FALSE(VerifierKey::parse("name+00000000+AQ==").ok());
}

TEST_CASE("no note with a flipped bit verifies", "[contract][note]") {
  const std::string good = signed_note(checkpoint_of(123'456)).format();
  const VerifierKey key = log_key().verifier();
  REQUIRE(open_checkpoint(good, key).ok());
  std::uint64_t accepted = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    if (open_checkpoint(bad, key).ok()) ++accepted;
  }
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    if (open_checkpoint(good.substr(0, cut), key).ok()) ++accepted;
  }
  CHECK(accepted == 0);
}

TEST_CASE("a checkpoint of another ledger, key or form is refused", "[contract][note]") {
  const VerifierKey key = log_key().verifier();
  const SigningKey other("demo.example/ledger", SignatureType::Ed25519, seed_of('M'));
  Note note = signed_note(checkpoint_of(5));
  CHECK_FALSE(open_checkpoint(note.format(), other.verifier()).ok());

  // Signed by the right key, but it says that it is another ledger's.
  Checkpoint foreign = checkpoint_of(5);
  foreign.origin = "other.example/ledger";
  CHECK_FALSE(open_checkpoint(signed_note(foreign).format(), key).ok());

  // A signature under the right name and id that does not hold spoils the note.
  Note forged = note;
  forged.signatures[0].bytes = other.sign(note.text).bytes;
  CHECK_FALSE(open_checkpoint(forged.format(), key).ok());

  Checkpoint hollow = checkpoint_of(0);
  hollow.root = merkle::leaf_hash("not the empty tree's");
  CHECK_FALSE(open_checkpoint(signed_note(hollow).format(), key).ok());
  CHECK(open_checkpoint(signed_note(checkpoint_of(0)).format(), key).ok());

  for (const char* text : {"demo.example/ledger\n5\n", "demo.example/ledger\n05\nAAAA\n",
                           "demo.example/ledger\n-5\nAAAA\n", "hello\n"}) {
    Note odd;
    odd.text = text;
    odd.signatures.push_back(log_key().sign(odd.text));
    CHECK_FALSE(open_checkpoint(odd.format(), key).ok());
  }
}

TEST_CASE("only the one spelling of a checkpoint is read", "[contract][note]") {
  const Checkpoint good = checkpoint_of(20'852'163);
  REQUIRE(*Checkpoint::parse(good.text()) == good);
  const std::string root = to_base64(as_view(good.root));
  CHECK_FALSE(Checkpoint::parse("o\n+1\n" + root + "\n").ok());
  CHECK_FALSE(Checkpoint::parse("o\n01\n" + root + "\n").ok());
  CHECK_FALSE(Checkpoint::parse("o\n 1\n" + root + "\n").ok());
  CHECK_FALSE(Checkpoint::parse("o\n18446744073709551616\n" + root + "\n").ok());
  CHECK_FALSE(Checkpoint::parse("\n1\n" + root + "\n").ok());
  CHECK_FALSE(Checkpoint::parse("o\n1\n" + root).ok());
  CHECK_FALSE(Checkpoint::parse("o\n1\n" + root + "\n\n").ok());
  CHECK_FALSE(Checkpoint::parse("o\n1\n" + root.substr(4) + "\n").ok());
  CHECK(Checkpoint::parse(checkpoint_of(0).text()).ok());
  CHECK(Checkpoint::parse("o\n18446744073709551615\n" + root + "\n").ok());
  const Result<Checkpoint> extended = Checkpoint::parse("o\n1\n" + root + "\nmore\n");
  REQUIRE(extended.ok());
  CHECK(extended->extensions == std::vector<std::string>{"more"});
  CHECK(extended->text() == "o\n1\n" + root + "\nmore\n");
}

TEST_CASE("a cosignature holds for its time, its checkpoint and its key only", "[contract][note]") {
  const SigningKey witness = witness_key("swe.example/witness", 'W');
  Note note = signed_note(checkpoint_of(5));
  note.signatures.push_back(witness.cosign(note.text, 1'679'315'147));
  const Result<Note> read = Note::parse(note.format());
  REQUIRE(read.ok());
  CHECK(verify_cosignature(*read, witness.verifier()) == 1'679'315'147);
  CHECK(verify(*read, log_key().verifier()));

  CHECK_FALSE(verify_cosignature(*read, witness_key("swe.example/witness", 'X').verifier()));
  CHECK_FALSE(verify_cosignature(*read, witness_key("nor.example/witness", 'W').verifier()));

  Note other_time = *read;
  other_time.signatures[1].bytes[7] = static_cast<char>(other_time.signatures[1].bytes[7] ^ 1);
  CHECK_FALSE(verify_cosignature(other_time, witness.verifier()));

  Note beyond = *read;  // 2^63 and above is no time
  beyond.signatures[1].bytes[0] = '\x80';
  CHECK_FALSE(verify_cosignature(beyond, witness.verifier()));

  Note other_text = *read;
  other_text.text = checkpoint_of(6).text();
  CHECK_FALSE(verify_cosignature(other_text, witness.verifier()));

  Note cut = *read;
  cut.signatures[1].bytes.pop_back();
  CHECK_FALSE(verify_cosignature(cut, witness.verifier()));

  // A plain signature over the same bytes is no cosignature, nor the other way round.
  const SigningKey plain("swe.example/witness", SignatureType::Ed25519, seed_of('W'));
  CHECK(plain.verifier().id() != witness.verifier().id());
  CHECK_FALSE(verify(*read, plain.verifier()));
}

}  // namespace entente::note
