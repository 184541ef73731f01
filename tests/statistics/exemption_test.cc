// Exemptions from reciprocity: by two persons of the secretariat, for a time, and seen by who may.
#include "proto/contract/consent.h"
#include "server/ledger/service.h"
#include "server/statistics/exemptions.h"
#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

// A signature is good if it is its signer's account and what was signed.
class WorldConsents final : public Consents {
 public:
  Result<std::string> check(const policy::Subject& subject, store::Snapshot&,
                            std::string_view message, std::string_view signature) const override {
    if (signature != subject.account + std::string(message)) {
      return Status(Code::InvalidArgument, Reason::SignatureInvalid, "not this one's");
    }
    return std::string(32, subject.account.back());
  }
  Result<policy::Subject> as_now(store::Snapshot&, policy::Subject then) const override {
    if (ended.count(then.account) != 0) return policy::Subject();
    then.duties.push_back({.duty = policy::Duty::Secretariat, .party = "IGC", .process = "igc"});
    return then;
  }
  std::set<std::string> ended;
};

struct ExemptionWorld : TableWorld {
  ExemptionWorld()
      : exemptions({.store = *store,
                    .service = service,
                    .consents = consents,
                    .audiences = audiences,
                    .ledger = *ledger,
                    .clock = clock}) {
    ledger->add_follower(last);
    REQUIRE(redefine([](v1::Dataflow& flow) { flow.mutable_reciprocity(); }).ok());
    bring("CHE", "u1", row("A,CHE,AFG,2015,5,A,F"));
  }
  policy::Subject person(const std::string& id) const {
    policy::Subject subject = secretariat();
    subject.account = "parties/IGC/accounts/" + id;
    subject.person = "igc." + id;
    subject.session = "session-" + id;
    return subject;
  }
  v1::ProposeExemptionRequest request(const std::string& until = "2026-12-31",
                                      std::uint64_t revision = 0) const {
    v1::ProposeExemptionRequest out;
    out.set_dataflow("dataflows/IGC.ASYLUM");
    out.set_party("parties/SWE");
    out.set_until(until);
    out.set_reason("its system is being replaced");
    out.set_revision(revision);
    return out;
  }
  static std::string digest_of(const v1::ProposeExemptionRequest& words) {
    return std::string(as_view(exemption_digest({.dataflow = words.dataflow(),
                                                 .party = words.party(),
                                                 .until = words.until(),
                                                 .reason = words.reason(),
                                                 .revision = words.revision()})));
  }
  Result<v1::Exemption> propose(const policy::Subject& subject, v1::ProposeExemptionRequest words) {
    if (words.signature().empty()) {
      words.set_signature(subject.account + consent_message(digest_of(words)));
    }
    const auto transaction = store->begin();
    auto reply = exemptions.propose(subject, words, *transaction);
    if (reply.ok()) REQUIRE(transaction->commit().ok());
    return reply;
  }
  Result<v1::Exemption> approve(const policy::Subject& subject, const std::string& digest) {
    v1::ApproveExemptionRequest words;
    words.set_dataflow("dataflows/IGC.ASYLUM");
    words.set_party("parties/SWE");
    words.set_digest(digest);
    words.set_signature(subject.account + consent_message(digest));
    const auto transaction = store->begin();
    auto reply = exemptions.approve(subject, words, *transaction);
    if (reply.ok()) REQUIRE(transaction->commit().ok());
    return reply;
  }
  // `parties/SWE until 2026-12-31 by parties/IGC/accounts/b` each.
  Lines list(const policy::Subject& subject) {
    v1::ListExemptionsRequest words;
    words.set_dataflow("dataflows/IGC.ASYLUM");
    const auto snapshot = store->snapshot();
    const auto found = exemptions.list(subject, words, *snapshot);
    REQUIRE(found.ok());
    Lines out;
    for (const auto& one : found->exemptions()) {
      out.push_back(one.party() + " until " + one.until() + " by " + one.approved_by());
    }
    return out;
  }
  struct Last final : ledger::Follower {
    void follow(std::uint64_t, const ledger::Act& done) override { act = done; }
    ledger::Act act;
  };
  Last last;
  WorldConsents consents;
  ExemptionService exemptions;
};

TEST_CASE("by the word of two a party sees the others' figures without its own, until a day",
          "[statistics][exemption]") {
  ExemptionWorld world;
  const auto swe = world.member("SWE");
  CHECK(world.all(swe).empty());
  const auto proposed = world.propose(world.person("a"), world.request());
  REQUIRE(proposed.ok());
  CHECK(proposed->approved_by().empty());
  CHECK(world.all(swe).empty());
  CHECK(world.list(world.secretariat()) == Lines{"parties/SWE until 2026-12-31 by "});
  CHECK(world.list(swe).empty());
  // Neither by who proposed it, nor of other words, nor by who is not of the secretariat.
  const std::string digest = proposed->digest();
  CHECK(world.approve(world.person("a"), digest).status().reason() == Reason::SecondPersonNeeded);
  CHECK(world.approve(world.person("b"), std::string(32, 'x')).status().reason() ==
        Reason::SecondPersonNeeded);
  CHECK(world.approve(swe, digest).status().code() == Code::PermissionDenied);
  CHECK(world.approve(world.stranger(), digest).status().code() == Code::NotFound);
  CHECK(world.all(swe).empty());
  const auto approved = world.approve(world.person("b"), digest);
  REQUIRE(approved.ok());
  CHECK(approved->revision() == 1);
  CHECK(world.all(swe) == Lines{"A.CHE.AFG 2015=5/A"});
  for (const auto& subject : {swe, world.member("NOR"), world.secretariat()}) {
    CHECK(world.list(subject) == Lines{"parties/SWE until 2026-12-31 by parties/IGC/accounts/b"});
  }
  // Nothing waits any more; and nothing else is opened.
  CHECK(world.approve(world.person("b"), digest).status().code() == Code::NotFound);
  world.bring("CHE", "u2", row("A,CHE,SYR,2015,6,A,C"));
  CHECK(world.all(swe).size() == 1);
  // It is 2026-11-23: the last day is one of them, the next is not.
  world.clock.pass(std::chrono::hours(38 * 24));
  CHECK(world.all(swe).size() == 1);
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.all(swe).empty());
  CHECK(world.list(swe).empty());
  CHECK(world.list(world.secretariat()).size() == 1);  // as one that was
}

TEST_CASE("an exemption is ended as it is made, and what is too late is not heard",
          "[statistics][exemption]") {
  ExemptionWorld world;
  const auto swe = world.member("SWE");
  const auto first = world.propose(world.person("a"), world.request());
  REQUIRE(world.approve(world.person("b"), first->digest()).ok());
  CHECK(world.propose(world.person("a"), world.request("2026-11-01")).status().reason() ==
        Reason::RevisionStale);
  const auto end = world.propose(world.person("b"), world.request("2026-11-01", 1));
  REQUIRE(end.ok());
  CHECK(world.all(swe).size() == 1);
  REQUIRE(world.approve(world.person("a"), end->digest()).ok());
  CHECK(world.all(swe).empty());
  // The first proposal's words are not good twice.
  CHECK(world.approve(world.person("b"), first->digest()).status().code() == Code::NotFound);
  const auto late = world.propose(world.person("a"), world.request("2026-12-31", 2));
  world.clock.pass(std::chrono::hours(72));
  CHECK(world.list(world.secretariat()) ==
        Lines{"parties/SWE until 2026-11-01 by parties/IGC/accounts/a"});
  CHECK(world.approve(world.person("b"), late->digest()).status().reason() ==
        Reason::SecondPersonNeeded);
  // Nor the word of one whose account has ended.
  const auto again = world.propose(world.person("a"), world.request("2026-12-31", 2));
  world.consents.ended.insert("parties/IGC/accounts/a");
  CHECK(world.approve(world.person("b"), again->digest()).status().reason() ==
        Reason::SecondPersonNeeded);
  CHECK(world.all(swe).empty());
}

TEST_CASE("who may not propose an exemption learns nothing by it", "[statistics][exemption]") {
  ExemptionWorld world;
  CHECK(world.propose(world.member("SWE"), world.request()).status().code() ==
        Code::PermissionDenied);
  CHECK(world.propose(world.stranger(), world.request()).status().code() == Code::NotFound);
  auto words = world.request();
  words.set_signature("another's");
  CHECK(world.propose(world.person("a"), words).status().reason() == Reason::SignatureInvalid);
  for (const char* until : {"", "2026", "2027-12-01", "tomorrow"}) {
    CHECK(world.propose(world.person("a"), world.request(until)).status().code() ==
          Code::InvalidArgument);
  }
  words = world.request();
  words.set_reason("");
  CHECK(world.propose(world.person("a"), words).status().code() == Code::InvalidArgument);
  words.set_party("parties/NOR");
  CHECK(world.propose(world.person("a"), words).status().code() == Code::NotFound);
  words = world.request();
  words.set_dataflow("dataflows/IGC.STOCK");
  CHECK(world.propose(world.person("a"), words).status().code() == Code::FailedPrecondition);
}

TEST_CASE("an exemption of a party whose provision is not for one is not told",
          "[statistics][twins]") {
  ExemptionWorld world;
  const auto proposed = world.propose(world.person("a"), world.request());
  REQUIRE(world.approve(world.person("b"), proposed->digest()).ok());
  REQUIRE(world
              .provide(world.member("SWE"), "SWE",
                       [](v1::Provision& one) { one.mutable_audience()->add_any_of("party/CHE"); })
              .ok());
  CHECK(world.list(world.member("NOR")).empty());
  CHECK(world.list(world.member("CHE")).size() == 1);
}

TEST_CASE("the entry of an exemption is for whom the provision is", "[statistics][twins]") {
  ExemptionWorld world;
  REQUIRE(world
              .provide(world.member("SWE"), "SWE",
                       [](v1::Provision& one) { one.mutable_audience()->add_any_of("party/CHE"); })
              .ok());
  const auto proposed = world.propose(world.person("a"), world.request());
  REQUIRE(proposed.ok());
  // What waits for a second person is for those who may be that.
  CHECK(world.last.act.kind == "statistics.exemption.propose");
  CHECK(ledger::may_see(world.secretariat(), world.last.act));
  CHECK_FALSE(ledger::may_see(world.member("CHE"), world.last.act));
  CHECK_FALSE(ledger::may_see(world.member("SWE"), world.last.act));

  REQUIRE(world.approve(world.person("b"), proposed->digest()).ok());
  CHECK(world.last.act.kind == "statistics.exemption");
  CHECK(ledger::may_see(world.secretariat(), world.last.act));
  CHECK(ledger::may_see(world.member("CHE"), world.last.act));
  CHECK_FALSE(ledger::may_see(world.member("NOR"), world.last.act));
}

}  // namespace
}  // namespace entente::statistics
