// Meetings on a seed: an engine whose writes are refused, lost, or kept though they fail, acts that
// meet or are left, and crashes after which everything above the disk is made anew. Held against
// what may be there of each title and each invitation; and who is seated is who is asked, and each
// seat that was taken back has been told of, once.
//
// ENTENTE_OPERATIONS=N: so many, from a seed of its own unless one is given (--rng-seed).
#include <algorithm>
#include <cstdlib>

#include "proto/contract/bytes.h"
#include "server/store/core_store.h"
#include "tests/meetings/world.h"
#include "tests/store/drawn_engine.h"
#include "tests/store/stores.h"
#include "tests/support/seed.h"

namespace entente::meetings::testing {
namespace {

using store::below;

constexpr std::uint64_t operations_a_world = 1'500;
constexpr std::uint64_t operations_at_least = 9'000;
constexpr store::Table changes_table{0xf1};

// As the directory does: a row counts the seats that were taken back, in their transaction.
class CountingNeighbours final : public FewNeighbours {
 public:
  static Result<std::uint64_t> changes(store::Snapshot& in) {
    ENTENTE_TRY(const std::optional<std::string> bytes, in.find(store::Key(changes_table)));
    return bytes ? read_u64(*bytes) : std::uint64_t{0};
  }
  Status change_seats(store::Transaction& transaction) override {
    ENTENTE_TRY(const std::uint64_t before, changes(transaction));
    std::string more;
    append_u64(more, before + 1);
    transaction.put(store::Key(changes_table), std::move(more));
    return {};
  }
};

// All that a start makes; the neighbours know of seats only what they were told since.
struct Daemon {
  Daemon(store::Disk& disk, const std::filesystem::path& keyring, const store::VirtualClock& clock,
         Entropy& entropy, CountingNeighbours& neighbours)
      : store(*store::CoreStore::open(
            std::make_unique<store::DrawnEngine>(disk),
            *store::Keyring::open(keyring, store::test_root_key(), entropy))),
        ledger(*ledger::TreeLedger::open(*store, clock, entropy)),
        rows(*store),
        shelf(rows, neighbours),
        service({.rows = rows,
                 .shelf = shelf,
                 .zones = zones,
                 .neighbours = neighbours,
                 .ledger = *ledger,
                 .clock = clock,
                 .entropy = entropy}),
        attendance({.rows = rows,
                    .neighbours = neighbours,
                    .ledger = *ledger,
                    .clock = clock,
                    .entropy = entropy}) {
    store->set_sequencer(*ledger);
    ledger->add_follower(shelf);
    neighbours.seated.clear();
    REQUIRE(shelf.load().ok());
    neighbours.told = *CountingNeighbours::changes(*store->snapshot());
  }
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ledger::TreeLedger> ledger;
  Rows rows;
  Shelf shelf;
  Zones zones;
  Service service;
  Attendance attendance;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : draw_(seed), disk_(draw_) {
    policy::Audience all;
    for (const char* party : {"SWE", "CHE", "UNHCR", "IGC"}) {
      all.any_of.insert(*policy::Principal::parse(std::string("party/") + party));
    }
    neighbours_.everyone = neighbours_.table.intern(all);
    REQUIRE(store::Keyring::create(keyring_, store::test_root_key(), entropy_).ok());
    start();
    while (!create().ok()) {
    }  // now and then it is left before its end
    disk_.faulty = true;
  }

  void step() {
    static const std::vector<void (Simulation::*)()> kinds = {
        &Simulation::retitle, &Simulation::invite, &Simulation::invite,
        &Simulation::remove,  &Simulation::meet,   &Simulation::hidden};
    (this->*kinds[below(draw_, kinds.size())])();
    if (disk_.dead || below(draw_, 400) == 0) start();
    ++operations;
  }

  // After a start everything must be one of what may be.
  void settle() {
    start();
    look();
    REQUIRE(daemon_->store->size() >= acknowledged);
  }

  std::uint64_t operations = 0;
  std::uint64_t starts = 0;
  std::uint64_t acknowledged = 0;
  [[nodiscard]] std::uint64_t faults() const { return disk_.faults; }

 private:
  using May = std::vector<std::string>;

  void start() {
    daemon_.reset();
    disk_.dead = false;
    const bool faulty = std::exchange(disk_.faulty, false);
    daemon_ = std::make_unique<Daemon>(disk_, keyring_, clock_, entropy_, neighbours_);
    disk_.faulty = faulty;
    unsettled_ = false;
    ++starts;
  }

  [[nodiscard]] policy::Subject secretary() const {
    policy::Subject subject;
    subject.account = "parties/IGC/accounts/helena";
    subject.party = "IGC";
    subject.person = "helena";
    for (const char* held : {"party/IGC", "process/igc/secretariat"}) {
      subject.principals.insert(*policy::Principal::parse(held));
    }
    subject.duties.push_back({.duty = policy::Duty::Secretariat, .party = "IGC", .process = "igc"});
    subject.sight = policy::Sight(subject.principals, neighbours_.table);
    return subject;
  }

  template <typename Face, typename Req, typename Rep>
  Result<Rep> act(Face& face,
                  Result<Rep> (Face::*serve)(const policy::Subject&, const Req&,
                                             store::Transaction&),
                  const Req& request) {
    const auto transaction = daemon_->store->begin();
    Result<Rep> reply = (face.*serve)(secretary(), request, *transaction);
    if (!reply.ok()) return reply;
    REQUIRE(transaction->appended());
    if (below(draw_, 20) == 0) return Status(Code::Cancelled, Reason::None, "left before its end");
    const Status committed = transaction->commit().status();
    if (!committed.ok()) return committed;
    ++acknowledged;
    return reply;
  }

  // What may be there of `what` since this was told of an act that makes it `value`.
  Status told(const Status& status, const std::string& what, const std::string& value) {
    May& may = may_[what];
    if (status.ok()) {
      may = {value};
      unsettled_ = false;
    } else if (status.code() == Code::Unavailable) {
      may.push_back(value);
      unsettled_ = true;
    }
    return status;
  }

  Status create() {
    v1::CreateMeetingRequest request;
    v1::Meeting& draft = *request.mutable_meeting();
    draft.set_process("processes/igc");
    *draft.mutable_title() = english("first");
    draft.set_level(v1::Meeting::TECHNICAL);
    draft.set_starts_local("2027-03-14T09:30");
    draft.set_ends_local("2027-03-15T13:00");
    draft.set_time_zone("Europe/Zurich");
    for (const char* title : {"Opening", "Returns"}) {
      *draft.add_agenda()->mutable_title() = english(title);
    }
    const auto made = act(daemon_->service, &Service::create_meeting, request);
    if (made.ok()) meeting_ = *made;
    for (const char* party : {"UNHCR", "SWE"}) may_[party] = {""};
    return told(made.status(), "title", "first");
  }

  // The meeting as it is; all of it is what may be, and the only thing from here on, unless the
  // engine has not been looked at since a write failed.
  v1::Meeting look() {
    v1::GetMeetingRequest request;
    request.set_name(meeting_.name());
    const auto snapshot = daemon_->store->snapshot();
    const auto shown = daemon_->service.get_meeting(secretary(), request, *snapshot);
    REQUIRE(shown.ok());
    std::map<std::string, std::string> found = {
        {"title", shown->title().by_language().at("en")}, {"UNHCR", ""}, {"SWE", ""}};
    std::set<std::string> seats;
    for (const v1::Participant& one : shown->participants()) {
      std::string& items = found.at(one.party().substr(one.party().find('/') + 1));
      if (one.items().empty()) seats.insert(one.name() + "#");
      items = one.items().empty() ? "whole" : "";
      for (const std::string& item : one.items()) {
        seats.insert(one.name() + "#" + item);
        items += item;
      }
    }
    for (const auto& [what, value] : found) {
      May& may = may_[what];
      INFO(what << " is `" << value << "`");
      REQUIRE(std::ranges::find(may, value) != may.end());
      if (!unsettled_) may = {value};
    }
    if (unsettled_) return *shown;
    std::set<std::string> seated;
    for (const auto& [key, fact] : neighbours_.seated) {
      if (std::holds_alternative<policy::Seat>(fact.body)) seated.insert(key);
    }
    REQUIRE(seated == seats);
    REQUIRE(neighbours_.told == *CountingNeighbours::changes(*snapshot));
    return *shown;
  }

  std::string value() { return "title " + std::to_string(operations); }
  std::string party() { return below(draw_, 2) == 0 ? "UNHCR" : "SWE"; }

  void retitle() {
    v1::UpdateMeetingRequest request;
    *request.mutable_meeting() = look();
    *request.mutable_meeting()->mutable_title() = english(value());
    const bool stale = below(draw_, 5) == 0;
    if (stale) request.mutable_meeting()->set_revision(request.meeting().revision() + 1);
    const auto done = act(daemon_->service, &Service::update_meeting, request);
    if (stale) REQUIRE_FALSE(done.ok());
    REQUIRE(told(done.status(), "title", value()).code() != Code::Internal);
  }

  Result<v1::Participant> invited(const std::string& party, const std::string& item) {
    v1::InviteParticipantRequest request;
    request.set_meeting(meeting_.name());
    request.mutable_participant()->set_party("parties/" + party);
    if (!item.empty()) request.mutable_participant()->add_items(item);
    const auto done = act(daemon_->attendance, &Attendance::invite, request);
    static_cast<void>(told(done.status(), party, item.empty() ? "whole" : item));
    return done;
  }

  // To the whole, or to one item: who is asked to something else is seated there alone.
  void invite() {
    look();
    const std::uint64_t which = below(draw_, 3);
    const std::string item = which < 2 ? meeting_.agenda(static_cast<int>(which)).id() : "";
    const std::string whom = party();
    // It comes twice: by whatever was told before, nobody is asked to it anew.
    if (!invited(whom, item).ok()) return;
    REQUIRE(invited(whom, item).status().code() != Code::Ok);
  }

  void remove() {
    const std::string whom = party();
    const v1::Meeting shown = look();
    for (const v1::Participant& one : shown.participants()) {
      if (one.party() != "parties/" + whom) continue;
      v1::RemoveParticipantRequest request;
      request.set_name(one.name());
      static_cast<void>(
          told(act(daemon_->attendance, &Attendance::remove, request).status(), whom, ""));
    }
  }

  // Two changes of one meeting at once: not both.
  void meet() {
    const v1::Meeting shown = look();
    std::vector<std::unique_ptr<store::Transaction>> both;
    for (const char* which : {"a", "b"}) {
      v1::UpdateMeetingRequest request;
      *request.mutable_meeting() = shown;
      *request.mutable_meeting()->mutable_title() = english(value() + which);
      both.push_back(daemon_->store->begin());
      REQUIRE(daemon_->service.update_meeting(secretary(), request, *both.back()).ok());
    }
    const Status one = told(both[0]->commit().status(), "title", value() + "a");
    const Status other = told(both[1]->commit().status(), "title", value() + "b");
    REQUIRE_FALSE((one.ok() && other.ok()));
    acknowledged += one.ok() || other.ok() ? 1 : 0;
  }

  // Who has no part in it learns nothing, whatever is going on.
  void hidden() {
    policy::Subject stranger;
    stranger.account = "parties/THA/accounts/kamon";
    stranger.party = "THA";
    v1::GetMeetingRequest request;
    request.set_name(meeting_.name());
    const auto snapshot = daemon_->store->snapshot();
    REQUIRE(daemon_->service.get_meeting(stranger, request, *snapshot).status().code() ==
            Code::NotFound);
  }

  store::Draw draw_;
  store::VirtualClock clock_;
  SystemEntropy entropy_;
  CountingNeighbours neighbours_;
  const store::TemporaryFolder folder_;
  const std::filesystem::path keyring_ = folder_.path() / "keyring";
  store::Disk disk_;
  std::unique_ptr<Daemon> daemon_;
  v1::Meeting meeting_;
  std::map<std::string, May> may_;
  bool unsettled_ = false;  // a write failed, and nobody has looked since
};

}  // namespace

TEST_CASE("whatever fails, a meeting is as was acknowledged, and who is asked is seated",
          "[meetings][simulation]") {
  const char* const asked = std::getenv("ENTENTE_OPERATIONS");  // NOLINT(concurrency-mt-unsafe)
  const std::uint64_t operations = asked == nullptr ? operations_at_least : std::stoull(asked);
  const std::uint32_t seed = entente::testing::seed_of_this_run();
  INFO("seed " << seed);
  std::uint64_t done = 0;
  std::uint64_t faults = 0;
  std::uint64_t starts = 0;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t world = 0; done < operations; ++world) {
    Simulation simulation(seed + world);
    while (simulation.operations < operations_a_world) {
      INFO("world " << world << ", operation " << simulation.operations);
      simulation.step();
    }
    simulation.settle();
    done += simulation.operations;
    faults += simulation.faults();
    starts += simulation.starts;
    acknowledged += simulation.acknowledged;
  }
  CHECK(faults > done / 50);
  CHECK(starts > done / 200);
  CHECK(acknowledged > done / 10);
  if (asked != nullptr) {
    WARN(done << " operations, " << acknowledged << " acknowledged, " << faults << " faults, "
              << starts << " starts, seed " << seed);
  }
}

}  // namespace entente::meetings::testing
