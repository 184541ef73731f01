// Who else has looked at the ledger: at this one, and not at another that the host showed them.
#include "client/lib/looks.h"

#include <catch2/catch.hpp>
#include <string>

#include "proto/contract/clock.h"
#include "tests/client/fake_server.h"

namespace entente::client {
namespace {

using entente::test::FakeLedger;
using entente::test::FakeServer;

// A server that shows what one witness has put its name to.
struct Looked : FakeServer {
  Looked() {
    on<v1::ListCosignaturesRequest, v1::ListCosignaturesReply>(
        "LedgerService.ListCosignatures", [this](net::Call&, const auto&, auto& out) {
          out.add_cosignatures()->set_note(cosigned);
          return Status();
        });
    start("server");
    ledger.grow_to(7);
  }
  // The witness looks at what it is shown now.
  void look_at(const FakeLedger& shown) {
    auto note = note::Note::parse(shown.checkpoint());
    REQUIRE(note.ok());
    const auto now = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch();
    note->signatures.push_back(witness.cosign(note->text, now.count()));
    cosigned = note->format();
  }
  [[nodiscard]] bool counts() const {
    const auto client = Client::open(options());
    REQUIRE(client.ok());
    const auto looks = looks_at_ledger(**client, clock, ledger.key().verifier().text(),
                                       {{.party = "NOR", .key = witness.verifier()}});
    REQUIRE(looks.ok());
    return looks->known.at(0).time_s != 0;
  }

  const note::SigningKey witness{"nor.example/witness", note::SignatureType::Cosignature,
                                 Secret(std::string(32, 'w'))};
  std::string cosigned;
};

}  // namespace

TEST_CASE("a witness has looked at this ledger if this one goes on from what it was shown",
          "[client][ledger]") {
  Looked host;
  host.look_at(host.ledger);
  CHECK(host.counts());
  host.ledger.grow_to(9);
  CHECK(host.counts());
  FakeLedger other("another story");
  SECTION("another, not as long") { other.grow_to(7); }
  SECTION("another, as long") { other.grow_to(9); }
  SECTION("one that is longer") { other.grow_to(12); }
  host.look_at(other);
  CHECK_FALSE(host.counts());
}

}  // namespace entente::client
