#include "server/meetings_neighbours.h"

namespace entente {

Result<policy::AudienceId> MeetingsNeighbours::intern(store::Transaction& transaction,
                                                      const policy::Audience& audience) {
  return parts_.records.intern(transaction, audience, *parts_.catalog.audiences());
}

Result<std::optional<policy::Guard>> MeetingsNeighbours::guard_of(store::Snapshot& snapshot,
                                                                  std::string_view name) const {
  return parts_.catalog.find_guard(snapshot, name, {.when = parts_.clock.now()});
}

Result<std::vector<std::string>> MeetingsNeighbours::unknown_in(const policy::Subject& subject,
                                                                const policy::Audience& audience,
                                                                store::Snapshot& snapshot) const {
  v1::WhoCanSeeRequest who;
  v1::Visibility& visibility = *who.mutable_draft()->mutable_visibility();
  visibility.set_handling(v1::HANDLING_LIMITED);
  for (const policy::Principal& one : audience.any_of) {
    visibility.mutable_audience()->add_any_of(one.text());
  }
  for (const policy::Principal& one : audience.none_of) {
    visibility.mutable_audience()->add_none_of(one.text());
  }
  ENTENTE_TRY(const v1::WhoCanSeeReply seen, parts_.access->who_can_see(subject, who, snapshot));
  return std::vector<std::string>(seen.reckoning().unknown().begin(),
                                  seen.reckoning().unknown().end());
}

Result<std::optional<meetings::Neighbours::Person>> MeetingsNeighbours::person(
    const policy::Subject& subject, std::string_view name, store::Snapshot& snapshot) const {
  std::optional<Person> shown;
  ENTENTE_TRY(const auto found, parts_.records.find(snapshot, name));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, policy::Action::Read, guard, parts_.clock.now());
  if (!decision.permits() || !found->open(decision)->has_person()) return shown;
  const v1::Person& person = found->open(decision)->person();
  shown = Person{.party = person.party().substr(person.party().rfind('/') + 1),
                 .display_name = person.display_name()};
  return shown;
}

// Opened for nobody: whoever has a text checked is told of the words in it, and of nothing else.
Result<std::vector<std::string>> MeetingsNeighbours::names_of_person(
    std::string_view name, store::Snapshot& snapshot) const {
  std::vector<std::string> names;
  ENTENTE_TRY_VOID(parts_.records.revisions_of(snapshot, name, [&](const directory::Record& one) {
    const v1::Person& person = one.person();
    names = {person.display_name(), person.latin_name(), person.family_name(), person.given_name()};
    return Status();
  }));
  return names;
}

Result<std::vector<meetings::Named>> MeetingsNeighbours::names_of_parties(
    store::Snapshot& snapshot) const {
  std::vector<std::string> all;
  parts_.catalog.each(directory::Kind::Party, [&](const directory::Indexed& one) {
    all.push_back(one.name);
    return true;
  });
  std::vector<meetings::Named> names;
  for (const std::string& name : all) {
    v1::Party party;
    ENTENTE_TRY_VOID(parts_.records.revisions_of(snapshot, name, [&](const directory::Record& one) {
      party = one.party();
      return Status();
    }));
    const auto add = [&](const std::string& text, v1::Finding::Kind kind) {
      if (text.size() > 2) names.push_back({.text = text, .kind = kind, .of = name});
    };
    add(name.substr(name.rfind('/') + 1), v1::Finding::CODE);
    for (const auto& [language, text] : party.names().by_language()) add(text, v1::Finding::PARTY);
    for (const std::string& text : party.former_names()) add(text, v1::Finding::PARTY);
  }
  return names;
}

Status MeetingsNeighbours::change_seats(store::Transaction& transaction) {
  return parts_.records.change_rights(transaction);
}

void MeetingsNeighbours::seat(const std::vector<meetings::Seating>& seatings,
                              std::uint64_t changes) {
  std::vector<directory::Catalog::OutsideFact> facts;
  facts.reserve(seatings.size());
  for (const meetings::Seating& one : seatings) {
    facts.push_back({.key = one.key, .fact = one.fact, .recorded_at = one.recorded_at});
  }
  parts_.catalog.take(facts);
  parts_.catalog.took_changes(changes);
}

Result<std::vector<meetings::Neighbours::Process>> MeetingsNeighbours::processes(
    const policy::Subject& subject, store::Snapshot& snapshot) const {
  ENTENTE_TRY(const std::vector<v1::Process> all,
              parts_.directory->processes_of(subject, snapshot));
  std::vector<Process> processes;
  processes.reserve(all.size());
  for (const v1::Process& one : all) {
    processes.push_back({.id = one.name().substr(one.name().rfind('/') + 1),
                         .short_name = one.short_name(),
                         .long_name = one.long_name(),
                         .at_work = one.status() == v1::Process::ACTIVE});
  }
  return processes;
}

Result<std::optional<v1::Document>> MeetingsNeighbours::document(const policy::Subject& subject,
                                                                 std::string_view name,
                                                                 store::Snapshot& snapshot) const {
  return parts_.documents->find(subject, name, snapshot);
}

}  // namespace entente
