// Meetings on a seed (tests/support/simulation.h): acts that meet or are left. Held against what
// may be there of each title and each invitation; and who is seated is who is asked, and each seat
// that was taken back has been told of, once.
#include "tests/support/simulation.h"

#include "proto/contract/bytes.h"
#include "tests/meetings/world.h"

namespace entente::meetings::testing {
namespace {

using entente::testing::below;
using entente::testing::Book;
using entente::testing::Machine;
using entente::testing::one_in;
using entente::testing::Site;

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
struct Daemon : entente::testing::Foundation {
  Daemon(Site& site, CountingNeighbours& neighbours)
      : Foundation(site),
        rows(*store),
        shelf(rows, neighbours),
        service({.rows = rows,
                 .shelf = shelf,
                 .zones = zones,
                 .neighbours = neighbours,
                 .ledger = *ledger,
                 .clock = site.clock,
                 .entropy = site.entropy}),
        attendance({.rows = rows,
                    .neighbours = neighbours,
                    .ledger = *ledger,
                    .clock = site.clock,
                    .entropy = site.entropy}) {
    ledger->add_follower(shelf);
    neighbours.seated.clear();
    REQUIRE(shelf.load().ok());
    neighbours.told = *CountingNeighbours::changes(*store->snapshot());
  }
  Rows rows;
  Shelf shelf;
  Zones zones;
  Service service;
  Attendance attendance;
};

class Simulation {
 private:
  CountingNeighbours neighbours_;  // outlive the daemons

 public:
  explicit Simulation(std::uint64_t seed)
      : machine(seed, [this](Site& site) { return std::make_unique<Daemon>(site, neighbours_); }) {
    policy::Audience all;
    for (const char* party : {"SWE", "CHE", "UNHCR", "IGC"}) {
      all.any_of.insert(*policy::Principal::parse(std::string("party/") + party));
    }
    neighbours_.everyone = neighbours_.table.intern(all);
    while (!create().ok()) {
    }  // now and then it is left before its end
    machine.begin();
  }

  void one() {
    static const std::vector<void (Simulation::*)()> kinds = {
        &Simulation::retitle, &Simulation::invite, &Simulation::invite,
        &Simulation::remove,  &Simulation::meet,   &Simulation::hidden};
    (this->*kinds[below(draw(), kinds.size())])();
  }
  // All of the meeting is what the model may have.
  v1::Meeting look();

  Machine<Daemon> machine;

 private:
  store::Draw& draw() { return machine.site.draw; }

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
    const auto made =
        machine.act(machine.daemon->service, secretary(), &Service::create_meeting, request);
    if (made.ok()) meeting_ = *made;
    for (const char* party : {"UNHCR", "SWE"}) book_.set(party, "");
    book_.told(made.status(), "title", "first");
    return made.status();
  }

  std::string value() { return "title " + std::to_string(machine.operations); }
  std::string party() { return one_in(draw(), 2) ? "UNHCR" : "SWE"; }

  void retitle() {
    v1::UpdateMeetingRequest request;
    *request.mutable_meeting() = look();
    *request.mutable_meeting()->mutable_title() = english(value());
    const bool stale = one_in(draw(), 5);
    if (stale) request.mutable_meeting()->set_revision(request.meeting().revision() + 1);
    const auto done =
        machine.act(machine.daemon->service, secretary(), &Service::update_meeting, request);
    if (stale) REQUIRE_FALSE(done.ok());
    REQUIRE(done.status().code() != Code::Internal);
    book_.told(done.status(), "title", value());
  }

  Result<v1::Participant> invited(const std::string& party, const std::string& item) {
    v1::InviteParticipantRequest request;
    request.set_meeting(meeting_.name());
    request.mutable_participant()->set_party("parties/" + party);
    if (!item.empty()) request.mutable_participant()->add_items(item);
    const auto done =
        machine.act(machine.daemon->attendance, secretary(), &Attendance::invite, request);
    book_.told(done.status(), party, item.empty() ? "whole" : item);
    return done;
  }

  // To the whole, or to one item: who is asked to something else is seated there alone.
  void invite() {
    look();
    const std::uint64_t which = below(draw(), 3);
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
      const auto done =
          machine.act(machine.daemon->attendance, secretary(), &Attendance::remove, request);
      book_.told(done.status(), whom, "");
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
      both.push_back(machine.daemon->store->begin());
      REQUIRE(machine.daemon->service.update_meeting(secretary(), request, *both.back()).ok());
    }
    const Status one = machine.commit(*both[0]);
    book_.told(one, "title", value() + "a");
    const Status other = machine.commit(*both[1]);
    book_.told(other, "title", value() + "b");
    REQUIRE_FALSE((one.ok() && other.ok()));
  }

  // Who has no part in it learns nothing, whatever is going on.
  void hidden() {
    policy::Subject stranger;
    stranger.account = "parties/THA/accounts/kamon";
    stranger.party = "THA";
    v1::GetMeetingRequest request;
    request.set_name(meeting_.name());
    const auto snapshot = machine.daemon->store->snapshot();
    REQUIRE(machine.daemon->service.get_meeting(stranger, request, *snapshot).status().code() ==
            Code::NotFound);
  }

  v1::Meeting meeting_;
  Book<std::string> book_;
};

v1::Meeting Simulation::look() {
  v1::GetMeetingRequest request;
  request.set_name(meeting_.name());
  const auto snapshot = machine.daemon->store->snapshot();
  const auto shown = machine.daemon->service.get_meeting(secretary(), request, *snapshot);
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
    INFO(what << " is `" << value << "`");
    book_.found(what, value, machine.unsettled);
  }
  if (machine.unsettled) return *shown;
  std::set<std::string> seated;
  for (const auto& [key, fact] : neighbours_.seated) {
    if (std::holds_alternative<policy::Seat>(fact.body)) seated.insert(key);
  }
  REQUIRE(seated == seats);
  REQUIRE(neighbours_.told == *CountingNeighbours::changes(*snapshot));
  return *shown;
}

}  // namespace

TEST_CASE("whatever fails, a meeting is as was acknowledged, and who is asked is seated",
          "[meetings][simulation]") {
  entente::testing::simulate<Simulation>(1'500, 9'000);
}

}  // namespace entente::meetings::testing
