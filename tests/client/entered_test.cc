// What stands in the ledger, as a host shows it: the entry that was asked for, of the act that was
// done, and no other.
#include "client/lib/entered.h"

#include <catch2/catch.hpp>
#include <string>

#include "proto/contract/bytes.h"
#include "tests/client/fake_server.h"

namespace entente::client {
namespace {

using entente::test::FakeServer;

const std::string office = "offices/swe.alpha.focal-point";
const std::string other_digest(32, 'd');

// A server with two hand-overs in its ledger, the first of them of `office`.
struct Entering : FakeServer {
  Entering() {
    first = ledger.enter(kind, {.binding = "x"}, office);
    second = ledger.enter(kind, {.binding = "y"}, "offices/another");
    asked = {.kind = kind,
             .object = "appointments/1",
             .object_digest = {},
             .signature = {},
             .touched = office};
    made = Client::open(options());
    REQUIRE(made.ok());
  }
  Status look(const v1::Receipt& receipt) { return entry_of(**made, receipt, asked).status(); }
  Status look() { return look(ledger.receipt(first)); }

  std::uint64_t first = 0;
  std::uint64_t second = 0;
  AskedAct asked;
  Result<std::unique_ptr<Client>> made = Status(Code::Internal, Reason::None, "");
};

bool is_refused(const Status& status) {
  return status.code() == Code::DataLoss && status.reason() == Reason::ProofInvalid;
}

}  // namespace

TEST_CASE("a receipt is for the act that was asked for", "[client][ledger]") {
  Entering host;
  REQUIRE(host.look().message() == "");
  SECTION("and no other kind") { host.asked.kind = "directory.person.confirm"; }
  SECTION("nor on another object") { host.asked.object = "appointments/2"; }
  SECTION("nor over another digest") { host.asked.object_digest = other_digest; }
  SECTION("nor by another signature") { host.asked.signature = "signed"; }
  SECTION("nor of another thing that it touches") { host.asked.touched = "offices/another"; }
  CHECK(is_refused(host.look()));
}

TEST_CASE("a receipt is for the entry that is shown, in its place", "[client][ledger]") {
  Entering host;
  SECTION("the leaf is another's") {
    v1::Receipt receipt = host.ledger.receipt(host.first);
    receipt.set_leaf_hash(std::string(as_view(host.ledger.leaf(host.second))));
    receipt.clear_checkpoint();
    CHECK(is_refused(host.look(receipt)));
  }
  SECTION("the place is another's") {
    v1::Receipt receipt = host.ledger.receipt(host.first);
    receipt.set_entry_index(host.second);
    receipt.clear_checkpoint();
    CHECK(is_refused(host.look(receipt)));
  }
  SECTION("the entry is another's") {
    host.change_row = [&](v1::LedgerRow& row) { row = host.ledger.row(host.first); };
    CHECK(is_refused(proven_entry(**host.made, host.second).status()));
    CHECK(proven_entry(**host.made, host.first).ok());
  }
  SECTION("the entry is not in the ledger") {
    host.change_row = [&](v1::LedgerRow& row) { row.set_blinding(std::string(32, 'b')); };
    CHECK(is_refused(proven_entry(**host.made, host.first).status()));
  }
  SECTION("its checkpoint is still to come") {
    v1::Receipt receipt = host.ledger.receipt(host.first);
    receipt.clear_checkpoint();
    receipt.clear_inclusion_path();
    CHECK(host.look(receipt).message() == "");
  }
}

}  // namespace entente::client
