#include "server/policy/explain.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>

namespace entente::policy {
namespace {

std::string ticked(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

// Leaves those whom `decide` permits: out of time, few are left of many.
void narrow(const World& world, const AudienceTable& table, const Guard& guard, const AsOf& as_of,
            std::vector<PartyHolders>& parties) {
  for (PartyHolders& holders : parties) {
    const auto denied = [&](std::string_view person) {
      const Subject subject = subject_of(world, table, holders.party, person, as_of);
      return !decide(subject, Action::Read, guard, as_of.when).permits();
    };
    holders.whole_party = holders.whole_party && !denied("");
    auto& persons = holders.persons;
    persons.erase(std::remove_if(persons.begin(), persons.end(), denied), persons.end());
  }
  std::erase_if(parties, [](const PartyHolders& holders) {
    return !holders.whole_party && holders.persons.empty();
  });
}

// The holder of an entry sees it in or out of the audience.
void add_holder(const World& world, const Guard& guard, const AsOf& as_of,
                std::vector<PartyHolders>& parties) {
  if (guard.person.empty() || guard.originator.empty()) return;
  const Principal self = Principal::make(Principal::Kind::Person, guard.person);
  const Holders alone = who_holds(world, {{self}, {}}, as_of);
  for (const PartyHolders& own : alone.parties) {
    if (own.party != guard.originator) continue;
    auto at = std::lower_bound(
        parties.begin(), parties.end(), own.party,
        [](const PartyHolders& one, const std::string& party) { return one.party < party; });
    if (at == parties.end() || at->party != own.party) {
      parties.insert(at, own);
      continue;
    }
    const auto place = std::lower_bound(at->persons.begin(), at->persons.end(), own.persons[0]);
    if (place == at->persons.end() || *place != own.persons[0]) {
      at->persons.insert(place, own.persons[0]);
    }
  }
}

// The process that the audience's principals name, if it is but one.
std::string sole_process(const Audience& audience) {
  std::set<std::string> processes;
  for (const auto* side : {&audience.any_of, &audience.none_of}) {
    for (const Principal& principal : *side) {
      const auto parts = principal.parts();
      const bool of_process =
          parts.kind >= Principal::Kind::Members && parts.kind <= Principal::Kind::Body;
      if (of_process) processes.emplace(parts.first);
    }
  }
  return processes.size() == 1 ? *processes.begin() : "";
}

// "people" of "person", "bodies" of "body".
std::string plural(const std::string& kind) {
  if (kind == "person") return "people";
  if (kind == "series") return kind;
  if (kind.ends_with('y')) return kind.substr(0, kind.size() - 1) + "ies";
  return kind + "s";
}

std::string reason(const Principal& principal) {
  const auto [kind, first, second] = principal.parts();
  switch (kind) {
    case Principal::Kind::Party:
      return "you are of " + ticked(first);
    case Principal::Kind::Institution:
      return "you are of " + ticked(second) + " of " + ticked(first);
    case Principal::Kind::Person:
      return "it names you";
    case Principal::Kind::Account:
      return "it names your account";
    case Principal::Kind::Members:
      return "your party is a member of " + ticked(first);
    case Principal::Kind::Observers:
      return "your party is an observer of " + ticked(first);
    case Principal::Kind::Partners:
      return "your party is a partner of " + ticked(first);
    case Principal::Kind::Secretariat:
      return "you are of the secretariat of " + ticked(first);
    case Principal::Kind::Chair:
      return "you are of the chair of " + ticked(first);
    case Principal::Kind::Body:
      return "you are of the body " + ticked(second) + " of " + ticked(first);
    case Principal::Kind::Contributors:
      break;
  }
  return "your party has given its own figures to " + ticked(first);
}

Status no_such_change() {
  return {Code::NotFound, Reason::None, "no such participation or appointment in force"};
}

// Ends `fact` at `when` in `editor`, leaving what was before.
void end(Editor& editor, Fact fact, Instant when) {
  fact.span.until = when;
  const Status ended = editor.put(fact, known_now);
  ENTENTE_CHECK(ended.ok());
}

std::optional<Fact> appointment_in_force(const World& world, const Change& change, Instant when) {
  std::optional<Fact> fact = find_fact(world, change.appointment);
  if (!fact || !fact->span.holds(when)) return std::nullopt;
  if (!std::holds_alternative<Appointment>(fact->body)) return std::nullopt;
  return fact;
}

// One whom a change touches, before and after it.
struct Touched {
  Subject before;
  Subject after;
  bool loses = false;

  [[nodiscard]] bool may_differ(const Guard& guard) const {
    return before.sight.sees(guard.audience) != after.sight.sees(guard.audience) ||
           before.duties != after.duties;
  }
  [[nodiscard]] bool saw(const Guard& guard, Instant when) const {
    return decide(before, Action::Read, guard, when).permits();
  }
  [[nodiscard]] bool will_see(const Guard& guard, Instant when) const {
    return decide(after, Action::Read, guard, when).permits();
  }
};

// Whom the change touches: the persons and programs of the party, or the one appointed.
std::vector<std::pair<std::string, std::string>> touched_by(const World& world,
                                                            const Change& change,
                                                            const AsOf& as_of) {
  std::vector<std::pair<std::string, std::string>> touched;
  Audience whom;
  if (change.kind == ChangeKind::EndAppointment) {
    const Fact fact = *appointment_in_force(world, change, as_of.when);
    const std::string& person = std::get<Appointment>(fact.body).person;
    whom.any_of.insert(Principal::make(Principal::Kind::Person, person));
  } else {
    whom.any_of.insert(Principal::make(Principal::Kind::Party, change.party));
    touched.emplace_back(change.party, "");
  }
  const Holders found = who_holds(world, whom, as_of);
  for (const PartyHolders& holders : found.parties) {
    for (const std::string_view person : holders.persons)
      touched.emplace_back(holders.party, person);
  }
  return touched;
}

void note_principals(const Touched& one, Preview& preview) {
  const auto& before = one.before.principals;
  const auto& after = one.after.principals;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::inserter(preview.lost, preview.lost.end()));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::inserter(preview.gained, preview.gained.end()));
}

// A session ends with anything that its account loses, and its streams with it.
bool loses_something(const Touched& one) {
  return !std::ranges::includes(one.after.principals, one.before.principals) ||
         !std::ranges::includes(one.after.duties, one.before.duties);
}

void note_duties(Touched& one, Preview& preview) {
  std::vector<HeldDuty> lost;
  std::set_difference(one.before.duties.begin(), one.before.duties.end(), one.after.duties.begin(),
                      one.after.duties.end(), std::back_inserter(lost));
  if (!lost.empty()) one.loses = true;
  std::vector<HeldDuty> all;
  std::set_union(preview.duties_lost.begin(), preview.duties_lost.end(), lost.begin(), lost.end(),
                 std::back_inserter(all));
  preview.duties_lost = std::move(all);
}

void note_objects(std::vector<Touched>& touched, const std::vector<ObjectGroup>& objects,
                  Instant when, Preview& preview) {
  for (const ObjectGroup& group : objects) {
    bool closes = false;
    bool opens = false;
    for (Touched& one : touched) {
      if (!one.may_differ(group.guard)) continue;
      const bool saw = one.saw(group.guard, when);
      const bool will_see = one.will_see(group.guard, when);
      one.loses = one.loses || (saw && !will_see);
      closes = closes || (saw && !will_see);
      opens = opens || (!saw && will_see);
    }
    if (closes) preview.closes[group.kind] += group.count;
    if (opens) preview.opens[group.kind] += group.count;
  }
}

void note_streams(std::vector<Touched>& touched, const std::vector<OpenStream>& streams,
                  Instant when, Preview& preview) {
  for (const OpenStream& stream : streams) {
    for (Touched& one : touched) {
      if (one.before.party != stream.party || one.before.person != stream.person) continue;
      if (!one.saw(stream.guard, when)) continue;
      if (one.will_see(stream.guard, when) && !loses_something(one)) continue;
      one.loses = true;
      ++preview.streams;
    }
  }
}

void note_vacancies(const World& world, const World& next, const Change& change, const AsOf& as_of,
                    Preview& preview) {
  for (const Principal& principal : preview.lost) {
    if (who_holds(next, {{principal}, {}}, as_of).parties.empty()) {
      preview.left_vacant.insert(principal.text());
    }
  }
  if (change.kind != ChangeKind::EndAppointment) return;
  const Fact fact = *appointment_in_force(world, change, as_of.when);
  const std::string& office = std::get<Appointment>(fact.body).office;
  if (!is_answered(next, office, as_of)) preview.left_vacant.insert("offices/" + office);
}

}  // namespace

Subject subject_of(const World& world, const AudienceTable& table, std::string_view party,
                   std::string_view person, const AsOf& as_of) {
  Subject subject;
  subject.party = party;
  subject.person = person;
  subject.principals = principals_of(world, party, person, as_of);
  subject.duties = duties_of(world, party, person, as_of);
  subject.sight = Sight(subject.principals, table);
  return subject;
}

std::uint32_t Seers::parties_of(PartyKind kind) const {
  return static_cast<std::uint32_t>(
      std::count_if(holders.parties.begin(), holders.parties.end(),
                    [&](const PartyHolders& one) { return one.kind == kind; }));
}

Seers who_sees(const World& world, const AudienceTable& table, const Guard& guard,
               const AsOf& as_of) {
  const Audience* const named = table.find(guard.audience);
  Seers seers{.holders = who_holds(world, named == nullptr ? Audience{} : *named, as_of),
              .narrowed = !in_time(guard, as_of.when),
              .people = 0};
  std::vector<PartyHolders>& parties = seers.holders.parties;
  if (!is_known(guard.handling)) {
    parties.clear();
    return seers;
  }
  add_holder(world, guard, as_of, parties);
  if (seers.narrowed) narrow(world, table, guard, as_of, parties);
  std::size_t most = 0;
  for (const PartyHolders& one : parties) most += one.persons.size();
  std::unordered_set<std::string_view> people(most);
  for (const PartyHolders& one : parties) people.insert(one.persons.begin(), one.persons.end());
  seers.people = static_cast<std::uint32_t>(people.size());
  return seers;
}

std::vector<Principal> held_of(const Audience& audience, const std::set<Principal>& held) {
  std::vector<Principal> both;
  std::set_intersection(audience.any_of.begin(), audience.any_of.end(), held.begin(), held.end(),
                        std::back_inserter(both));
  return both;
}

std::string in_words(const Principal& principal, std::string_view implied_process) {
  const auto [kind, first, second] = principal.parts();
  const std::string of = first == implied_process ? "" : " of " + ticked(first);
  switch (kind) {
    case Principal::Kind::Party:
      return ticked(first);
    case Principal::Kind::Institution:
      return ticked(second) + " of " + ticked(first);
    case Principal::Kind::Person:
      return "the person " + ticked(first);
    case Principal::Kind::Account:
      return "the account " + ticked(second) + " of " + ticked(first);
    case Principal::Kind::Members:
      return "members" + of;
    case Principal::Kind::Observers:
      return "observers" + of;
    case Principal::Kind::Partners:
      return "partners" + of;
    case Principal::Kind::Secretariat:
      return "the secretariat" + of;
    case Principal::Kind::Chair:
      return "the chair" + of;
    case Principal::Kind::Body:
      return "the body " + ticked(second) + of;
    case Principal::Kind::Contributors:
      break;
  }
  return "contributors to " + ticked(first);
}

namespace {

// The secretariats of the audience: each by its process, or of many their number.
void add_secretariats(const Audience& audience, const std::string& process,
                      std::vector<std::string>& where) {
  constexpr std::size_t named_max = 3;
  std::vector<std::string> secretariats;
  for (const Principal& principal : audience.any_of) {
    if (principal.parts().kind != Principal::Kind::Secretariat) continue;
    secretariats.push_back(in_words(principal, process));
  }
  if (secretariats.size() > named_max) {
    secretariats = {"the secretariats of " + std::to_string(secretariats.size()) + " processes"};
  }
  where.insert(where.end(), secretariats.begin(), secretariats.end());
}

}  // namespace

std::string in_words(const Seers& seers, const Audience& audience) {
  std::string text = seers.people == 0 ? "nobody" : counted(seers.people, "person", "people");
  const std::string process = sole_process(audience);
  std::vector<std::string> where;
  const auto add = [&](PartyKind kind, std::string_view one, std::string_view many) {
    if (const std::uint32_t count = seers.parties_of(kind); count > 0) {
      where.push_back(counted(count, one, many));
    }
  };
  add(PartyKind::State, "state", "states");
  add(PartyKind::Organisation, "organisation", "organisations");
  add(PartyKind::Network, "network", "networks");
  add(PartyKind::Territory, "territory", "territories");
  if (!where.empty()) {  // "yet": a party without a person, whose programs see it all the same.
    if (!seers.narrowed) add_secretariats(audience, process, where);
    text += (seers.people == 0 ? " yet in " : " in ") + listed(where);
  }
  if (seers.narrowed) text += ", for now the originator and the secretariat only";
  if (audience.none_of.empty()) return text;
  std::vector<std::string> out;
  for (const Principal& principal : audience.none_of) out.push_back(in_words(principal, process));
  return text + "; not: " + listed(out);
}

std::string why(const Decision& decision, const std::vector<Principal>& held) {
  if (!decision.permits()) return "";
  std::vector<std::string> reasons;
  if (decision.because_of(Rule::Audience)) {
    for (const Principal& principal : held) reasons.push_back(reason(principal));
  }
  if (decision.because_of(Rule::Holder)) reasons.emplace_back("it is your own entry");
  std::string text = "you can see this because " + listed(reasons);
  if (decision.because_of(Rule::OriginatorOutOfTime)) {
    text += "; it is under embargo or expired, but comes from your party";
  } else if (decision.because_of(Rule::SecretariatOutOfTime)) {
    text += "; it is under embargo or expired, but you are of the secretariat";
  }
  return text;
}

Result<World> changed(const World& world, const Change& change, Instant when) {
  const AsOf as_of{.when = when};
  Editor editor(world);
  if (change.kind == ChangeKind::EndAppointment) {
    const std::optional<Fact> fact = appointment_in_force(world, change, when);
    if (!fact) return no_such_change();
    end(editor, *fact, when);
    return editor.publish();
  }
  const std::vector<Fact> facts = participations_of(world, change.process, change.party, as_of);
  if (facts.empty()) return no_such_change();
  if (change.kind == ChangeKind::EndParticipation) {
    for (const Fact& fact : facts) end(editor, fact, when);
    return editor.publish();
  }
  const Fact suspension{.key = "#preview",
                        .body = Participation{.process = change.process,
                                              .party = change.party,
                                              .standing = Standing::Suspended,
                                              .activities = {}},
                        .span = {.since = when, .until = std::nullopt}};
  const Status suspended = editor.put(suspension, known_now);
  ENTENTE_CHECK(suspended.ok());  // Its ids are those of a participation that is there.
  return editor.publish();
}

Result<Preview> preview(const World& world, const AudienceTable& table, const Change& change,
                        const std::vector<ObjectGroup>& objects,
                        const std::vector<OpenStream>& streams, Instant when) {
  ENTENTE_TRY(const World next, changed(world, change, when));
  const AsOf as_of{.when = when};
  Preview preview;
  std::vector<Touched> touched;
  for (const auto& [party, person] : touched_by(world, change, as_of)) {
    touched.push_back({.before = subject_of(world, table, party, person, as_of),
                       .after = subject_of(next, table, party, person, as_of),
                       .loses = false});
    note_principals(touched.back(), preview);
    note_duties(touched.back(), preview);
  }
  note_objects(touched, objects, when, preview);
  note_streams(touched, streams, when, preview);
  note_vacancies(world, next, change, as_of, preview);
  for (const Touched& one : touched) {
    if (!one.loses) continue;
    if (one.before.person.empty()) {
      preview.programs = true;
    } else {
      preview.people.insert(one.before.person);
    }
  }
  return preview;
}

std::string in_words(const Change& change, const Preview& preview) {
  std::string text;
  switch (change.kind) {
    case ChangeKind::SuspendParticipation:
      text = "suspending " + ticked(change.party) + " in " + ticked(change.process);
      break;
    case ChangeKind::EndParticipation:
      text =
          "ending the participation of " + ticked(change.party) + " in " + ticked(change.process);
      break;
    case ChangeKind::EndAppointment:
      text = "ending " + ticked(change.appointment);
      break;
  }
  std::vector<std::string> closed;
  for (const auto& [kind, count] : preview.closes)
    closed.push_back(counted(count, kind, plural(kind)));
  if (preview.streams > 0) closed.push_back(counted(preview.streams, "stream", "streams"));
  text += closed.empty() ? " closes nothing" : " closes " + listed(closed);
  if (!preview.people.empty()) {
    text += " for " + counted(preview.people.size(), "person", "people");
  }
  if (!preview.duties_lost.empty()) {
    text += " and ends " + counted(preview.duties_lost.size(), "duty", "duties");
  }
  return text;
}

}  // namespace entente::policy
