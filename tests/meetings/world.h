// A small world of meetings over a store in memory and a real ledger: one process with a working
// group, two members, an observer, a stranger, the secretariat. Subjects hold what their parties
// hold.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/meetings/attendance.h"
#include "server/meetings/records.h"
#include "server/meetings/service.h"
#include "tests/support/ground.h"

namespace entente::meetings::testing {

using entente::testing::english;
using entente::testing::Ground;
using entente::testing::subject_holding;
using entente::testing::TurnedClock;

// What the directory and documents would say.
class FewNeighbours : public Neighbours {
 public:
  Result<policy::AudienceId> intern(store::Transaction&,
                                    const policy::Audience& audience) override {
    return table.intern(audience);
  }
  Result<std::optional<policy::Guard>> guard_of(store::Snapshot&,
                                                std::string_view name) const override {
    static const std::set<std::string_view> there = {
        "processes/igc", "processes/igc/bodies/wg-data",
        "parties/SWE",   "parties/CHE",
        "parties/UNHCR", "persons/anna",
        "persons/reto",  "persons/samira",
        "persons/kamon", "parties/THA",
        "persons/peter", "parties/IGC"};
    if (there.count(name) == 0) return std::optional<policy::Guard>();
    policy::Guard guard;
    guard.handling = policy::Handling::Limited;
    guard.audience = everyone;
    return std::optional(guard);
  }
  Result<std::vector<std::string>> unknown_in(const policy::Subject&,
                                              const policy::Audience& audience,
                                              store::Snapshot&) const override {
    std::vector<std::string> unknown;
    for (const policy::Principal& one : audience.any_of) {
      if (one.parts().first == "hidden") unknown.push_back(one.text());
    }
    return unknown;
  }
  Result<std::optional<v1::Document>> document(const policy::Subject& subject,
                                               std::string_view name,
                                               store::Snapshot&) const override {
    const auto found = papers.find(std::string(name));
    if (found == papers.end() || found->second.count(subject.party) == 0) {
      return std::optional<v1::Document>();
    }
    v1::Document document;
    document.set_name(std::string(name));
    return std::optional(document);
  }

  Result<std::optional<Person>> person(const policy::Subject& subject, std::string_view name,
                                       store::Snapshot&) const override {
    static const std::map<std::string_view, Person> known = {
        {"persons/anna", {"SWE", "Anna Ek"}},
        {"persons/peter", {"SWE", "Peter Berg"}},
        {"persons/reto", {"CHE", "Reto Ammann"}},
        {"persons/samira", {"UNHCR", "Samira Haddad"}}};
    const auto found = known.find(name);
    const auto hidden = hidden_from.find(std::string(name));
    const bool shown = found != known.end() &&
                       (hidden == hidden_from.end() || hidden->second.count(subject.party) == 0);
    return shown ? std::optional(found->second) : std::optional<Person>();
  }
  Result<std::vector<std::string>> names_of_person(std::string_view name,
                                                   store::Snapshot& snapshot) const override {
    ENTENTE_TRY(const auto found, person(policy::Subject(), name, snapshot));
    return found ? std::vector<std::string>{found->display_name} : std::vector<std::string>();
  }
  Result<std::vector<Named>> names_of_parties(store::Snapshot&) const override {
    return std::vector<Named>{{.text = "UNHCR", .kind = v1::Finding::CODE, .of = "parties/UNHCR"}};
  }
  Result<std::vector<Process>> processes(const policy::Subject& subject,
                                         store::Snapshot&) const override {
    if (subject.party == "THA") return std::vector<Process>();
    return std::vector<Process>{
        {.id = "igc", .short_name = "IGC", .long_name = "Consultations", .at_work = at_work}};
  }
  Status change_seats(store::Transaction&) override {
    ++changed;
    return {};
  }
  void seat(const std::vector<Seating>& seatings, std::uint64_t changes) override {
    told += changes;
    for (const Seating& one : seatings) {
      if (one.fact) seated.insert_or_assign(one.key, *one.fact);
      if (!one.fact) seated.erase(one.key);
    }
  }

  bool at_work = true;
  policy::AudienceTable table;
  std::map<std::string, policy::Fact> seated;
  std::uint64_t changed = 0;  // changes of seats that take one back
  std::uint64_t told = 0;     // so many of them were told of
  policy::AudienceId everyone{};
  std::map<std::string, std::set<std::string>> papers;       // and the parties that see them
  std::map<std::string, std::set<std::string>> hidden_from;  // persons, and who does not see them
};

struct MeetingsWorld : Ground {
  MeetingsWorld() {
    an_act_takes = std::chrono::seconds(1);
    ledger->add_follower(shelf);
    policy::Audience all;
    for (const char* party : {"SWE", "CHE", "UNHCR", "IGC"}) {
      all.any_of.insert(*policy::Principal::parse(std::string("party/") + party));
    }
    neighbours.everyone = neighbours.table.intern(all);
  }

  policy::Subject as(const std::string& party, const std::string& person,
                     const std::set<std::string>& principals, bool secretariat = false) const {
    return subject_holding(neighbours.table, party, person, principals, secretariat);
  }
  policy::Subject anna() const {
    return as("SWE", "anna", {"process/igc/members", "process/igc/body/wg-data"});
  }
  policy::Subject reto() const { return as("CHE", "reto", {"process/igc/members"}); }
  policy::Subject samira() const { return as("UNHCR", "samira", {"process/igc/observers"}); }
  policy::Subject stranger() const { return as("THA", "kamon", {}); }
  policy::Subject helena() const {
    return as("IGC", "helena", {"process/igc/secretariat"}, /*secretariat=*/true);
  }

  // A technical meeting of the working group in Geneva, over which Sweden presides.
  v1::Meeting draft() const {
    v1::Meeting meeting;
    meeting.set_process("processes/igc");
    meeting.set_body("processes/igc/bodies/wg-data");
    *meeting.mutable_title() = english("Working Group on Data");
    meeting.set_level(v1::Meeting::TECHNICAL);
    meeting.set_starts_local("2027-03-14T09:30");
    meeting.set_ends_local("2027-03-15T13:00");
    meeting.set_time_zone("Europe/Zurich");
    *meeting.mutable_place() = english("Geneva");
    meeting.add_chairs("parties/SWE");
    return meeting;
  }
  Result<v1::Meeting> create(const policy::Subject& subject, const v1::Meeting& meeting) {
    v1::CreateMeetingRequest request;
    *request.mutable_meeting() = meeting;
    return act(service, subject, &Service::create_meeting, request);
  }
  Result<v1::Meeting> update(const policy::Subject& subject, const v1::Meeting& meeting) {
    v1::UpdateMeetingRequest request;
    *request.mutable_meeting() = meeting;
    return act(service, subject, &Service::update_meeting, request);
  }
  Result<v1::Meeting> get(const policy::Subject& subject, const std::string& name) {
    v1::GetMeetingRequest request;
    request.set_name(name);
    return ask(service, subject, &Service::get_meeting, request);
  }
  std::vector<std::string> list(const policy::Subject& subject,
                                const v1::ListMeetingsRequest& request = {}) {
    const auto reply = ask(service, subject, &Service::list_meetings, request);
    REQUIRE(reply.ok());
    std::vector<std::string> names;
    for (const auto& one : reply->meetings()) names.push_back(one.name());
    return names;
  }

  FewNeighbours neighbours;
  Rows rows{*store};
  Shelf shelf{rows, neighbours};
  Zones zones;
  Service service{{.rows = rows,
                   .shelf = shelf,
                   .zones = zones,
                   .neighbours = neighbours,
                   .ledger = *ledger,
                   .clock = clock,
                   .entropy = entropy}};
  Attendance attendance{{.rows = rows,
                         .neighbours = neighbours,
                         .ledger = *ledger,
                         .clock = clock,
                         .entropy = entropy}};
  Records records{{.rows = rows, .neighbours = neighbours, .ledger = *ledger, .clock = clock}};
};

}  // namespace entente::meetings::testing
