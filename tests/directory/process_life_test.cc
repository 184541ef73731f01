#include "server/directory/life/process_life.h"

#include "proto/contract/consent.h"
#include "tests/directory/world.h"

namespace entente::directory {
namespace {

using testing::DirectoryWorld;
using testing::WorldSigners;

struct LifeWorld : DirectoryWorld {
  ProcessLife life{{*store, catalog, records, *ledger, signers, clock}};
  policy::Subject helena = as("IGC", "helena.brandt");
  policy::Subject marc = as("IGC", "marc.delisle");

  template <typename Req, typename Rep>
  Result<Rep> act(const policy::Subject& subject,
                  Result<Rep> (ProcessLife::*serve)(const policy::Subject&, const Req&,
                                                    store::Transaction&),
                  const Req& request) {
    return Ground::act(life, subject, serve, request);
  }
  v1::Process process() {
    v1::GetProcessRequest get;
    get.set_name("processes/igc");
    return *ask(helena, &Service::get_process, get);
  }
  v1::ProposeProcessStatusRequest proposal(v1::Process::Status status, const std::string& why) {
    v1::ProposeProcessStatusRequest request;
    request.set_process("processes/igc");
    request.set_status(status);
    request.set_because(why);
    request.set_revision(process().revision());
    return request;
  }
  static std::string words(const v1::ProposeProcessStatusRequest& request) {
    const Digest digest = sha256("entente/process-status/1\nprocesses/igc\n" +
                                 v1::Process::Status_Name(request.status()) + "\n" +
                                 request.because() + "\n" + std::to_string(request.revision()));
    return consent_message(as_view(digest));
  }
  Result<v1::ProcessStatusProposal> propose(const policy::Subject& who,
                                            v1::ProposeProcessStatusRequest request) {
    request.set_signature(WorldSigners::sign(who, words(request)));
    return act(who, &ProcessLife::propose, request);
  }
  Result<v1::Process> approve(const policy::Subject& who,
                              const v1::ProcessStatusProposal& proposed) {
    v1::ApproveProcessStatusRequest request;
    request.set_name(proposed.name());
    request.set_digest(proposed.digest());
    request.set_signature(WorldSigners::sign(who, consent_message(proposed.digest())));
    return act(who, &ProcessLife::approve, request);
  }
  Result<v1::ListProcessStatusProposalsReply> list(const policy::Subject& who,
                                                   const std::string& name = "processes/igc") {
    v1::ListProcessStatusProposalsRequest request;
    request.set_process(name);
    const auto snapshot = store->snapshot();
    return life.list(who, request, *snapshot);
  }
};

TEST_CASE("a process does not go dormant by the word of one", "[directory][life]") {
  LifeWorld world;
  const auto dormant = world.proposal(v1::Process::DORMANT, "no host");
  const auto anna = world.as("SWE", "anna.lindqvist");
  CHECK(world.propose(anna, dormant).status().reason() == Reason::NotYours);
  CHECK(world.act(world.helena, &ProcessLife::propose, dormant).status().reason() ==
        Reason::SignatureInvalid);
  const auto proposed = world.propose(world.helena, dormant);
  REQUIRE(proposed.ok());
  CHECK(world.is_told_of(world.as("IGC", "marc.delisle"), acts::propose_status));
  CHECK_FALSE(world.is_told_of(anna, acts::propose_status));
  CHECK(world.process().status() == v1::Process::ACTIVE);
  CHECK(world.list(world.marc)->proposals_size() == 1);
  CHECK(world.list(anna).status().reason() == Reason::NotYours);
  CHECK(world.approve(world.helena, *proposed).status().reason() == Reason::SecondPersonNeeded);
  CHECK(world.approve(anna, *proposed).status().code() == Code::NotFound);
  CHECK(world.process().status() == v1::Process::ACTIVE);

  REQUIRE(world.approve(world.marc, *proposed).ok());
  const v1::Process now = world.process();
  CHECK(now.status() == v1::Process::DORMANT);
  CHECK(now.events(now.events_size() - 1).what() == "dormant: no host");
  CHECK(world.list(world.marc)->proposals().empty());
  CHECK(world.approve(world.marc, *proposed).status().code() == Code::NotFound);
}

TEST_CASE("what is dormant is revived; what is concluded is so for good", "[directory][life]") {
  LifeWorld world;
  const auto become = [&](v1::Process::Status status) {
    const auto proposed = world.propose(world.helena, world.proposal(status, "agreed"));
    REQUIRE(proposed.ok());
    REQUIRE(world.approve(world.marc, *proposed).ok());
    REQUIRE(world.process().status() == status);
  };
  become(v1::Process::DORMANT);
  CHECK(world.propose(world.helena, world.proposal(v1::Process::DORMANT, "again"))
            .status()
            .reason() == Reason::Conflict);
  become(v1::Process::ACTIVE);
  become(v1::Process::CONCLUDED);
  CHECK(world.propose(world.helena, world.proposal(v1::Process::ACTIVE, "after all"))
            .status()
            .reason() == Reason::Conflict);
}

TEST_CASE("a consent is to what the process was, for 72 hours", "[directory][life]") {
  LifeWorld world;
  const auto dormant =
      *world.propose(world.helena, world.proposal(v1::Process::DORMANT, "no host"));
  const auto concluded =
      *world.propose(world.helena, world.proposal(v1::Process::CONCLUDED, "its work is done"));
  CHECK(world.list(world.helena)->proposals_size() == 2);
  v1::ProcessStatusProposal other = dormant;
  other.set_digest(concluded.digest());
  CHECK(world.approve(world.marc, other).status().reason() == Reason::SecondPersonNeeded);
  REQUIRE(world.approve(world.marc, dormant).ok());
  CHECK(world.approve(world.marc, concluded).status().reason() == Reason::RevisionStale);
  CHECK(world.list(world.helena)->proposals().empty());

  const auto late = *world.propose(world.helena, world.proposal(v1::Process::ACTIVE, "a host"));
  world.clock.pass(std::chrono::hours(73));
  CHECK(world.list(world.helena)->proposals().empty());
  CHECK(world.approve(world.marc, late).status().reason() == Reason::SecondPersonNeeded);
}

TEST_CASE("a process that is not seen has no proposals", "[directory][life]") {
  LifeWorld world;
  CHECK(world.list(world.helena, "processes/none").status().code() == Code::NotFound);
  auto request = world.proposal(v1::Process::DORMANT, "no host");
  request.set_because("two\nlines");
  CHECK(world.propose(world.helena, request).status().code() == Code::InvalidArgument);
  request.set_because("no host");
  request.set_status(v1::Process::MERGED);
  CHECK(world.propose(world.helena, request).status().code() == Code::InvalidArgument);
}

}  // namespace
}  // namespace entente::directory
