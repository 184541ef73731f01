// The directory and the ledger on a seed: one thread, a clock that is turned, an engine whose
// writes are refused, lost, or kept though they fail, acts that meet, come twice or are left, and
// crashes after which everything above the disk is made anew. Held against a model that is too
// simple to be wrong: of each object the values that may be there, which a reading settles.
//
// ENTENTE_OPERATIONS=N: so many, from a seed of its own unless one is given (--rng-seed).
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>

#include "server/ledger/fsck.h"
#include "server/store/core_store.h"
#include "tests/directory/world.h"
#include "tests/store/drawn_engine.h"
#include "tests/store/stores.h"
#include "tests/support/seed.h"

namespace entente::directory {
namespace {

using store::below;
using store::Disk;
using store::Draw;
using store::DrawnEngine;
using store::VirtualClock;

constexpr std::uint64_t operations_a_world = 2'000;
const std::string anna = "persons/swe.anna.lindqvist";
const std::string process = "processes/igc";

config::DemoPeople the_people() {
  config::DemoPeople people;
  const config::DemoPeople all = testing::people_of_accounts();
  for (config::DemoPerson one : all.person()) {
    if (one.id() != "anna.lindqvist" && one.id() != "helena.brandt" && one.id() != "reto.ammann" &&
        one.id() != "kamon.wongsakul") {
      continue;
    }
    if (one.id() == "kamon.wongsakul") one.clear_duty();  // he has no part in what is here
    *people.add_person() = one;
  }
  return people;
}

// All that a start makes.
struct Daemon {
  Daemon(Disk& disk, const std::filesystem::path& keyring, const VirtualClock& clock,
         Entropy& entropy)
      : store(*store::CoreStore::open(
            std::make_unique<DrawnEngine>(disk),
            *store::Keyring::open(keyring, store::test_root_key(), entropy))),
        records(*store),
        catalog(*store, records, clock),
        ledger(*ledger::TreeLedger::open(*store, clock, entropy)),
        service({catalog, records, *ledger, signers, "demo.example/ledger", clock}) {
    store->set_sequencer(*ledger);
    ledger->add_follower(catalog);
    REQUIRE(catalog.load().ok());
  }
  std::unique_ptr<store::Store> store;
  Records records;
  Catalog catalog;
  std::unique_ptr<ledger::TreeLedger> ledger;
  testing::WorldSigners signers;
  Service service;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : draw_(seed), disk_(draw_) {
    REQUIRE(store::Keyring::create(keyring_, store::test_root_key(), entropy_).ok());
    start();
    Loader loader({*daemon_->store, daemon_->catalog, daemon_->records, *daemon_->ledger, clock_});
    REQUIRE(loader.load(testing::part_of_network({"igc"}, {"IGC", "THA"})).ok());
    clock_.pass(std::chrono::hours(1));
    REQUIRE(loader.load(the_people()).ok());
    clock_.pass(std::chrono::hours(1));
    entries_ = daemon_->store->size();
    disk_.faulty = true;
  }

  void step() {
    static const std::vector<void (Simulation::*)()> kinds = {
        &Simulation::retitle, &Simulation::retitle, &Simulation::create, &Simulation::period,
        &Simulation::body,    &Simulation::meet,    &Simulation::hidden, &Simulation::time_passes};
    (this->*kinds[below(draw_, kinds.size())])();
    if (disk_.dead || below(draw_, 500) == 0) crash();
    ++operations;
  }

  // Everything that must hold after a start: each object, and each entry.
  void settle() {
    ++crashes;
    start();
    for (auto& [name, may] : may_) read(name);
    const auto snapshot = daemon_->store->snapshot();
    const auto report = ledger::fsck(*snapshot, daemon_->store->size());
    REQUIRE(report.ok());
    INFO((report->problems.empty() ? "" : report->problems.front()));
    REQUIRE(report->clean());
    REQUIRE(report->entries == daemon_->store->size());
    REQUIRE(report->root == *daemon_->ledger->root_at(daemon_->store->size()));
    REQUIRE(daemon_->store->size() >= entries_ + acknowledged_);
    REQUIRE(daemon_->store->size() <= entries_ + acknowledged_ + unknown_);
  }

  std::uint64_t operations = 0;
  std::uint64_t crashes = 0;
  [[nodiscard]] std::uint64_t faults() const { return disk_.faults; }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  using May = std::vector<std::string>;

  void start() {
    daemon_.reset();
    disk_.dead = false;
    const bool faulty = std::exchange(disk_.faulty, false);
    daemon_ = std::make_unique<Daemon>(disk_, keyring_, clock_, entropy_);
    disk_.faulty = faulty;
    unsettled_ = false;
  }

  void crash() {
    if (crashes % 16 == 15) return settle();
    ++crashes;
    start();
  }

  [[nodiscard]] policy::Subject as(const std::string& party, const std::string& id) const {
    policy::Subject subject =
        policy::subject_of(*daemon_->catalog.world(), *daemon_->catalog.audiences(), party,
                           person_id(party, id), {.when = clock_.now()});
    subject.account = "parties/" + party + "/accounts/" + id;
    subject.session = "session-" + id;
    return subject;
  }
  [[nodiscard]] policy::Subject swede() const { return as("SWE", "anna.lindqvist"); }
  [[nodiscard]] policy::Subject secretary() const { return as("IGC", "helena.brandt"); }

  // What the caller is told of an act, and what may be there of `name` since.
  void told(const Status& status, const std::string& name, const std::string& value) {
    May& may = may_[name];
    if (status.ok()) {
      may = {value};
      ++acknowledged_;
      unsettled_ = false;
    } else if (status.code() == Code::Unavailable) {
      if (may.empty()) may.emplace_back();  // it was not there before
      may.push_back(value);
      ++unknown_;
      unsettled_ = true;
    }
  }

  template <typename Req, typename Rep>
  Status act(const policy::Subject& subject,
             Result<Rep> (Service::*serve)(const policy::Subject&, const Req&, store::Transaction&),
             const Req& request) {
    const auto transaction = daemon_->store->begin();
    const Result<Rep> reply = (daemon_->service.*serve)(subject, request, *transaction);
    if (!reply.ok()) return reply.status();
    REQUIRE(transaction->appended());
    if (below(draw_, 20) == 0) return {Code::Cancelled, Reason::None, "left before its end"};
    return transaction->commit().status();
  }

  template <typename Req, typename Rep>
  Result<Rep> ask(const policy::Subject& subject,
                  Result<Rep> (Service::*serve)(const policy::Subject&, const Req&,
                                                store::Snapshot&),
                  const Req& request) {
    const auto snapshot = daemon_->store->snapshot();
    return (daemon_->service.*serve)(subject, request, *snapshot);
  }

  Result<v1::Person> person(const policy::Subject& subject, const std::string& name) {
    v1::GetPersonRequest request;
    request.set_name(name);
    Result<std::string> bytes = ask(subject, &Service::get_person, request);
    if (!bytes.ok()) return bytes.status();
    v1::Person out;
    REQUIRE(out.ParseFromString(*bytes));
    return out;
  }
  v1::Process the_process() {
    v1::GetProcessRequest request;
    request.set_name(process);
    return *ask(secretary(), &Service::get_process, request);
  }
  Result<v1::Body> the_body(const std::string& name) {
    v1::GetBodyRequest request;
    request.set_name(name);
    return ask(secretary(), &Service::get_body, request);
  }

  // What is there; it must be one that may be, and is the only one from here on, unless the engine
  // has not been looked at since a write failed.
  std::string read(const std::string& name) {
    std::string found;
    if (name == process) {
      found = std::to_string(the_process().confirmation_period_days());
    } else if (name.starts_with("persons/")) {
      const auto shown = person(swede(), name);
      REQUIRE((shown.ok() || shown.status().code() == Code::NotFound));
      if (shown.ok()) found = shown->title();
    } else {
      const auto shown = the_body(name);
      REQUIRE((shown.ok() || shown.status().code() == Code::NotFound));
      if (shown.ok()) found = shown->title() + (shown->span().until().empty() ? "" : " closed");
    }
    May& may = may_[name];
    INFO(name << " is `" << found << "`");
    REQUIRE((may.empty() || std::ranges::find(may, found) != may.end()));
    // Of what nobody has tried to change yet, what is found is what is there.
    if (!unsettled_ || may.empty()) may = {found};
    return found;
  }

  std::string one_of(const std::string& stem, std::uint64_t count) {
    return stem + std::to_string(below(draw_, count));
  }
  std::string value() { return "value " + std::to_string(operations); }

  void retitle() {
    const std::string name = below(draw_, 2) == 0 ? anna : one_of("persons/swe.new", 6);
    read(name);
    const auto shown = person(swede(), name);
    if (!shown.ok()) return;
    v1::UpdatePersonRequest request;
    *request.mutable_person() = *shown;
    request.mutable_person()->set_title(value());
    const bool stale = below(draw_, 5) == 0;
    if (stale) request.mutable_person()->set_revision(shown->revision() + below(draw_, 2) * 2 - 1);
    const Status status = act(swede(), &Service::update_person, request);
    if (stale) REQUIRE_FALSE(status.ok());
    told(status, name, value());
  }

  void create() {
    v1::CreatePersonRequest request;
    request.mutable_person()->set_name(one_of("persons/swe.new", 6));
    request.mutable_person()->set_party("parties/SWE");
    request.mutable_person()->set_display_name("Nils Ny");
    request.mutable_person()->set_title(value());
    request.set_process(process);
    const std::string& name = request.person().name();
    const bool there = !read(name).empty();
    Status status = act(swede(), &Service::create_person, request);
    if (there) REQUIRE_FALSE(status.ok());
    told(status, name, value());
    // It comes twice: by whatever was told before, it is not made anew.
    if (status.ok()) {
      status = act(swede(), &Service::create_person, request);
      REQUIRE_FALSE(status.ok());
      told(status, name, value());
    }
  }

  void period() {
    read(process);
    v1::SetConfirmationPeriodRequest request;
    request.set_process(process);
    request.set_days(static_cast<std::uint32_t>(30 + below(draw_, 300)));
    request.set_revision(the_process().revision());
    REQUIRE_FALSE(act(swede(), &Service::set_confirmation_period, request).ok());  // not theirs
    told(act(secretary(), &Service::set_confirmation_period, request), process,
         std::to_string(request.days()));
  }

  void body() {
    const std::string name = one_of(process + "/bodies/wg-new", 4);
    read(name);
    const auto shown = the_body(name);
    if (!shown.ok()) {
      v1::CreateBodyRequest request;
      request.mutable_body()->set_name(name);
      request.mutable_body()->set_title(value());
      request.mutable_body()->set_kind(v1::Body::WORKING_GROUP);
      request.mutable_body()->add_members("parties/SWE");
      return told(act(secretary(), &Service::create_body, request), name, value());
    }
    v1::UpdateBodyRequest request;
    *request.mutable_body() = *shown;
    request.mutable_body()->set_title(value());
    told(act(secretary(), &Service::update_body, request), name, value());
  }

  // Two acts on one object at once: not both.
  void meet() {
    read(anna);
    const auto shown = person(swede(), anna);
    std::vector<std::unique_ptr<store::Transaction>> both;
    for (int n = 0; n < 2; ++n) {
      v1::UpdatePersonRequest request;
      *request.mutable_person() = *shown;
      request.mutable_person()->set_title(value() + (n == 0 ? "a" : "b"));
      both.push_back(daemon_->store->begin());
      REQUIRE(daemon_->service.update_person(swede(), request, *both.back()).ok());
    }
    const std::uint64_t first = below(draw_, 2);
    const Status one = both[first]->commit().status();
    told(one, anna, value() + (first == 0 ? "a" : "b"));
    const Status other = both[1 - first]->commit().status();
    REQUIRE_FALSE((one.ok() && other.ok()));
    told(other, anna, value() + (first == 0 ? "b" : "a"));
  }

  // Who has no part in the process learns nothing, whatever is going on.
  void hidden() {
    const auto stranger = as("THA", "kamon.wongsakul");
    const std::string name = one_of("persons/swe.new", 6);
    for (const std::string& one : {anna, name, std::string("persons/swe.nobody")}) {
      const Status status = person(stranger, one).status();
      REQUIRE(status.code() == Code::NotFound);
      REQUIRE(status.message() == "`" + one + "` was not found");
    }
  }

  void time_passes() {
    const std::chrono::seconds time(below(draw_, 3'600));
    if (behind_ == behind_.zero() && below(draw_, 5) == 0) {
      behind_ = time / 15;  // a start bears five minutes
      return clock_.jump(-behind_);
    }
    clock_.pass(time);
    behind_ = std::max(behind_.zero(), behind_ - time);
  }

  Draw draw_;
  VirtualClock clock_;
  SystemEntropy entropy_;
  const store::TemporaryFolder folder_;
  const std::filesystem::path keyring_ = folder_.path() / "keyring";
  Disk disk_;
  std::unique_ptr<Daemon> daemon_;
  std::map<std::string, May> may_;
  std::uint64_t entries_ = 0;  // before the first act
  std::uint64_t acknowledged_ = 0;
  bool unsettled_ = false;         // a write failed, and nobody has looked since
  std::chrono::seconds behind_{};  // how far the clock was set back
  std::uint64_t unknown_ = 0;      // of which nobody was told how they ended
};

}  // namespace

TEST_CASE("whatever fails, what was acknowledged is there and nothing else",
          "[directory][simulation]") {
  const char* const asked = std::getenv("ENTENTE_OPERATIONS");  // NOLINT(concurrency-mt-unsafe)
  const std::uint64_t operations = asked == nullptr ? operations_a_world : std::stoull(asked);
  const std::uint32_t seed = entente::testing::seed_of_this_run();
  INFO("seed " << seed);
  std::uint64_t done = 0;
  std::uint64_t faults = 0;
  std::uint64_t crashes = 0;
  std::uint64_t acknowledged = 0;
  // In worlds of their own: a start reads every revision that there is.
  for (std::uint64_t world = 0; done < operations; ++world) {
    Simulation simulation(seed + world);
    while (simulation.operations < operations_a_world) {
      INFO("world " << world << ", operation " << simulation.operations);
      simulation.step();
    }
    simulation.settle();
    done += simulation.operations;
    faults += simulation.faults();
    crashes += simulation.crashes;
    acknowledged += simulation.acknowledged();
  }
  CHECK(faults > done / 50);
  CHECK(crashes > done / 200);
  CHECK(acknowledged > done / 10);
  if (asked != nullptr) {
    WARN(done << " operations, " << acknowledged << " acknowledged, " << faults << " faults, "
              << crashes << " crashes, seed " << seed);
  }
}

}  // namespace entente::directory
