#include "server/identity/access_service.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "proto/contract/limits.h"
#include "server/identity/wire.h"

namespace entente::identity {
namespace {

using policy::Action;
using policy::AsOf;
using policy::Audience;
using policy::Guard;
using policy::Principal;

constexpr std::size_t named_max = 1'000;  // names of one party in an answer

constexpr const char* readers_not_yours =
    "who can see it is told to its originator and to the secretariat";
constexpr const char* change_not_yours = "it is not yours to change, and so not to preview";

// "parties/SWE/institutions/x" has the words parties, SWE, institutions, x.
std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    words.push_back(name.substr(0, slash));
    if (slash == name.size()) return words;
    name.remove_prefix(slash + 1);
  }
}

Status need_name(std::string_view field, std::string_view name) {
  constexpr std::size_t name_bytes_max = 512;
  const auto words = words_of(name);
  const bool well_formed = name.size() <= name_bytes_max && words.size() >= 2 &&
                           std::all_of(words.begin(), words.end(), policy::is_id);
  if (well_formed) return Status();
  return invalid_argument(std::string(field), "is not a resource name");
}

// The ids of a name of the form `first/<id>` or `first/<id>/second/<id>`.
Result<std::pair<std::string, std::string>> ids_of(std::string_view field, std::string_view name,
                                                   std::string_view first,
                                                   std::string_view second = {}) {
  ENTENTE_TRY_VOID(need_name(field, name));
  const auto words = words_of(name);
  const bool is_form = words[0] == first && words.size() == (second.empty() ? 2U : 4U) &&
                       (second.empty() || words[2] == second);
  if (!is_form) return invalid_argument(std::string(field), "is not a name of that kind");
  return std::pair{std::string(words[1]), second.empty() ? "" : std::string(words[3])};
}

Result<std::optional<Instant>> parse_time(std::string_view field, bool is_set,
                                          const google::protobuf::Timestamp& time) {
  if (!is_set) return std::optional<Instant>();
  // 0001-01-01 to 9999-12-31, as google.protobuf.Timestamp says.
  const bool in_range = time.seconds() >= -62'135'596'800 && time.seconds() <= 253'402'300'799 &&
                        time.nanos() >= 0 && time.nanos() <= 999'999'999;
  if (!in_range) return invalid_argument(std::string(field), "is out of range");
  return std::optional<Instant>(Instant(std::chrono::seconds(time.seconds()) +
                                        std::chrono::microseconds(time.nanos() / 1'000)));
}

Result<std::set<Principal>> parse_principals(
    const std::string& field, const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::set<Principal> principals;
  if (static_cast<std::size_t>(texts.size()) > limits::audience_principals_max) {
    return invalid_argument(field, "has more than 256 principals");
  }
  for (int i = 0; i < texts.size(); ++i) {
    const auto principal = Principal::parse(texts[i]);
    if (!principal.ok()) {
      return invalid_argument(field + "[" + std::to_string(i) + "]", "is not a principal");
    }
    principals.insert(*principal);
  }
  return principals;
}

// The object whose being seen makes the principal known.
std::string resource_of(const Principal& principal) {
  const auto [kind, first, second] = principal.parts();
  const std::string one(first);
  const std::string two(second);
  switch (kind) {
    case Principal::Kind::Party:
      return "parties/" + one;
    case Principal::Kind::Institution:
      return "parties/" + one + "/institutions/" + two;
    case Principal::Kind::Person:
      return "persons/" + one;
    case Principal::Kind::Account:
      return "parties/" + one + "/accounts/" + two;
    case Principal::Kind::Body:
      return "processes/" + one + "/bodies/" + two;
    case Principal::Kind::Contributors:
      return "dataflows/" + one;
    case Principal::Kind::Members:
    case Principal::Kind::Observers:
    case Principal::Kind::Partners:
    case Principal::Kind::Secretariat:
    case Principal::Kind::Chair:
      break;
  }
  return "processes/" + one;
}

// A draft's guard before its audience has a number.
struct ParsedDraft {
  Audience audience;
  Guard guard;
  std::string process_name;
};

Result<ParsedDraft> parse_draft(const v1::Draft& draft, const std::string& party) {
  ParsedDraft parsed;
  const v1::Visibility& visibility = draft.visibility();
  const v1::Audience& audience = visibility.audience();
  ENTENTE_TRY(parsed.audience.any_of,
              parse_principals("draft.visibility.audience.any_of", audience.any_of()));
  ENTENTE_TRY(parsed.audience.none_of,
              parse_principals("draft.visibility.audience.none_of", audience.none_of()));
  // The same numbers, both never renumbered; what is beyond a byte is none of them.
  const int handling = static_cast<int>(visibility.handling());
  const bool known = handling >= v1::HANDLING_OPEN && handling <= v1::HANDLING_CONFIDENTIAL;
  if (!known) return invalid_argument("draft.visibility.handling", "is not a known handling");
  parsed.guard.handling = static_cast<policy::Handling>(handling);
  ENTENTE_TRY(parsed.guard.embargo_until,
              parse_time("draft.visibility.embargo_until", visibility.has_embargo_until(),
                         visibility.embargo_until()));
  ENTENTE_TRY(parsed.guard.expires_at,
              parse_time("draft.visibility.expires_at", visibility.has_expires_at(),
                         visibility.expires_at()));
  parsed.guard.originator = party;
  if (draft.process().empty()) return parsed;
  ENTENTE_TRY(const auto ids, ids_of("draft.process", draft.process(), "processes"));
  parsed.guard.process = ids.first;
  parsed.process_name = draft.process();
  return parsed;
}

}  // namespace

// What one caller may see of what is said.
struct AccessService::View {
  const Parts& parts;
  const policy::Subject& subject;
  store::Snapshot& snapshot;
  Instant now;
  std::shared_ptr<const policy::World> world;
  std::shared_ptr<const policy::AudienceTable> audiences;

  View(const Parts& with, const policy::Subject& caller, store::Snapshot& in)
      : parts(with),
        subject(caller),
        snapshot(in),
        now(with.clock.now()),
        world(with.worlds.world()),
        audiences(with.worlds.audiences()) {}

  [[nodiscard]] Result<std::optional<Guard>> guard_of(std::string_view name,
                                                      const AsOf& as_of) const {
    for (const GuardSource* source : parts.guards) {
      ENTENTE_TRY(std::optional<Guard> guard, source->find_guard(snapshot, name, as_of));
      if (guard) return guard;
    }
    return std::optional<Guard>();
  }

  // What stands over what is there now, if anything does; a default guard, which denies, if not.
  [[nodiscard]] Result<Guard> guard_now(std::string_view name) const {
    ENTENTE_TRY(const std::optional<Guard> guard, guard_of(name, {.when = now}));
    return guard.value_or(Guard{});
  }

  [[nodiscard]] Result<bool> may_read(std::string_view name) const {
    ENTENTE_TRY(const Guard guard, guard_now(name));
    return policy::decide(subject, Action::Read, guard, now).permits();
  }

  // Leaves of `principals` those that the caller may know of; the others go to `unknown`.
  [[nodiscard]] Status keep_known(std::set<Principal>& principals,
                                  std::set<std::string>& unknown) const {
    for (auto at = principals.begin(); at != principals.end();) {
      ENTENTE_TRY(const bool known, may_read(resource_of(*at)));
      if (known) {
        ++at;
        continue;
      }
      unknown.insert(at->text());
      at = principals.erase(at);
    }
    return Status();
  }

  // NotFound, or NotYours, if the caller may not be told who reads the object; else its guard.
  [[nodiscard]] Result<Guard> listable(std::string_view name) const {
    ENTENTE_TRY_VOID(need_name("object", name));
    ENTENTE_TRY(Guard guard, guard_now(name));
    if (!policy::decide(subject, Action::Read, guard, now).permits()) return not_found();
    if (!policy::decide(subject, Action::ListReaders, guard, now).permits()) {
      return not_yours(readers_not_yours);
    }
    return guard;
  }

  [[nodiscard]] Result<v1::Reckoning> reckon(const policy::Seers& seers, Audience audience,
                                             const AsOf& as_of) const {
    v1::Reckoning out;
    std::set<std::string> unknown;
    ENTENTE_TRY_VOID(keep_known(audience.any_of, unknown));
    ENTENTE_TRY_VOID(keep_known(audience.none_of, unknown));
    out.set_in_words(policy::in_words(seers, audience));
    out.set_people(seers.people);
    out.set_states(seers.parties_of(policy::PartyKind::State));
    out.set_organisations(seers.parties_of(policy::PartyKind::Organisation));
    out.set_networks(seers.parties_of(policy::PartyKind::Network));
    out.set_territories(seers.parties_of(policy::PartyKind::Territory));
    out.set_narrowed(seers.narrowed);
    for (const Principal& principal : audience.none_of) out.add_excluded(principal.text());
    const auto ways = policy::ways_of(*world, audience.any_of, seers.holders, named_max, as_of);
    std::vector<std::string> parties;
    for (const policy::PartyHolders& one : seers.holders.parties) {
      parties.push_back("parties/" + one.party);
    }
    ENTENTE_TRY(const std::vector<bool> seen, may_read_each(parties));
    v1::PartyReckoning others;  // of parties that the caller may not see: counted, not named
    for (std::size_t i = 0; i < parties.size(); ++i) {
      const policy::PartyHolders& holders = seers.holders.parties[i];
      v1::PartyReckoning& row = seen[i] ? *out.add_parties() : others;
      ENTENTE_TRY_VOID(add_people(holders, row));
      if (seen[i]) {
        row.set_party(std::move(parties[i]));
        row.set_whole_party(holders.whole_party);
        for (const Principal& way : ways[i]) row.add_through(way.text());
      }
      std::uint32_t programs = 0;
      if (holders.whole_party) {
        ENTENTE_TRY(programs, parts.lines.programs_of(holders.party));
      }
      row.set_programs(row.programs() + programs);
      out.set_programs(out.programs() + programs);
    }
    if (others.people() + others.programs() > 0) *out.add_parties() = others;
    return out;
  }

  // Which of these objects the caller may read, by their places.
  [[nodiscard]] Result<std::vector<bool>> may_read_each(std::span<const std::string> names) const {
    std::vector<bool> known(names.size());
    std::vector<bool> seen(names.size());
    for (const GuardSource* source : parts.guards) {
      ENTENTE_TRY_VOID(source->show_guards(
          snapshot, names, now, [&](std::size_t place, const policy::Guard& guard) {
            if (known[place]) return;  // the first room that has it says
            known[place] = true;
            seen[place] = policy::decide(subject, Action::Read, guard, now).permits();
          }));
      if (std::ranges::find(known, false) == known.end()) break;
    }
    return seen;
  }

  [[nodiscard]] Status add_people(const policy::PartyHolders& holders,
                                  v1::PartyReckoning& row) const {
    std::vector<std::string> names;
    names.reserve(std::min(holders.persons.size(), named_max));
    for (const std::string_view person : holders.persons) {
      if (names.size() == named_max) break;
      names.emplace_back("persons/").append(person);
    }
    ENTENTE_TRY(const std::vector<bool> seen, may_read_each(names));
    std::uint32_t named = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!seen[i]) continue;
      row.add_people_named(std::move(names[i]));
      ++named;
    }
    const auto people = static_cast<std::uint32_t>(holders.persons.size());
    row.set_people(row.people() + people);
    row.set_people_unnamed(row.people_unnamed() + people - named);
    return Status();
  }

  // May the caller see this change shown? NotFound, NotYours, or Ok.
  [[nodiscard]] Status may_preview(const policy::Change& change, std::string_view name) const {
    ENTENTE_TRY(const Guard guard, guard_now(name));
    if (!policy::decide(subject, Action::Read, guard, now).permits()) return not_found();
    Guard of_process = guard;
    of_process.originator.clear();  // An appointment in a process is its secretariat's to preview.
    const bool keeps_process =
        policy::decide(subject, Action::KeepProcess, of_process, now).permits();
    if (change.kind != policy::ChangeKind::EndAppointment) {
      return keeps_process ? Status() : not_yours(change_not_yours);
    }
    const bool keeps_party = policy::decide(subject, Action::KeepParty, guard, now).permits();
    const bool keeps_accounts = guard.process.empty() &&
                                policy::decide(subject, Action::KeepAccounts, guard, now).permits();
    return keeps_process || keeps_party || keeps_accounts ? Status() : not_yours(change_not_yours);
  }

  // Every object that the caller may read.
  [[nodiscard]] Result<std::vector<policy::ObjectGroup>> readable_objects() const {
    std::vector<policy::ObjectGroup> all;
    for (const GuardSource* source : parts.guards) {
      ENTENTE_TRY(std::vector<policy::ObjectGroup> some, source->objects(snapshot));
      for (policy::ObjectGroup& group : some) {
        if (!policy::decide(subject, Action::Read, group.guard, now).permits()) continue;
        all.push_back(std::move(group));
      }
    }
    return all;
  }
  [[nodiscard]] std::vector<policy::OpenStream> readable_streams() const {
    std::vector<policy::OpenStream> streams = parts.lines.open_streams();
    std::erase_if(streams, [&](const policy::OpenStream& stream) {
      return !policy::decide(subject, Action::Read, stream.guard, now).permits();
    });
    return streams;
  }

  [[nodiscard]] Result<v1::PreviewChangeReply> shown(const policy::Change& change,
                                                     policy::Preview preview) const {
    v1::PreviewChangeReply out;
    std::set<std::string> unknown;
    ENTENTE_TRY_VOID(keep_known(preview.lost, unknown));
    ENTENTE_TRY_VOID(keep_known(preview.gained, unknown));
    out.set_in_words(policy::in_words(change, preview));
    const auto add_counts = [](const auto& counts, auto* rows) {
      for (const auto& [kind, count] : counts) {
        v1::KindCount& row = *rows->Add();
        row.set_kind(kind);
        row.set_count(count);
      }
    };
    add_counts(preview.closes, out.mutable_closes());
    add_counts(preview.opens, out.mutable_opens());
    out.set_streams(preview.streams);
    out.set_people(static_cast<std::uint32_t>(preview.people.size()));
    for (const std::string& person : preview.people) {
      ENTENTE_TRY(const bool seen, may_read("persons/" + person));
      if (seen) out.add_people_named("persons/" + person);
    }
    for (const Principal& principal : preview.lost) out.add_principals_lost(principal.text());
    for (const Principal& principal : preview.gained) out.add_principals_gained(principal.text());
    for (const std::string& name : preview.left_vacant) {
      if (unknown.contains(name)) continue;
      if (name.starts_with("offices/")) {
        ENTENTE_TRY(const bool seen, may_read(name));
        if (!seen) continue;
      }
      out.add_left_vacant(name);
    }
    return out;
  }

  // As it stood over an object; principals that the caller may not see are left out.
  [[nodiscard]] Result<v1::Visibility> visibility_of(const Guard& guard) const {
    v1::Visibility out;
    out.set_handling(static_cast<v1::Handling>(guard.handling));
    if (guard.embargo_until) *out.mutable_embargo_until() = timestamp(*guard.embargo_until);
    if (guard.expires_at) *out.mutable_expires_at() = timestamp(*guard.expires_at);
    Audience audience = audience_of(guard);
    std::set<std::string> unknown;
    ENTENTE_TRY_VOID(keep_known(audience.any_of, unknown));
    ENTENTE_TRY_VOID(keep_known(audience.none_of, unknown));
    for (const auto& one : audience.any_of) out.mutable_audience()->add_any_of(one.text());
    for (const auto& one : audience.none_of) out.mutable_audience()->add_none_of(one.text());
    return out;
  }

  [[nodiscard]] Audience audience_of(const Guard& guard) const {
    const Audience* const audience = audiences->find(guard.audience);
    return audience == nullptr ? Audience{} : *audience;
  }
};

void AccessService::add_to(Gate& gate) {
  gate.reads("entente.v1.AccessService.WhoCanSee", this, &AccessService::who_can_see);
  gate.reads("entente.v1.AccessService.ExplainMyAccess", this, &AccessService::explain_my_access);
  gate.reads("entente.v1.AccessService.WhoCouldSee", this, &AccessService::who_could_see);
  gate.reads("entente.v1.AccessService.PreviewChange", this, &AccessService::preview_change);
}

Result<v1::WhoCanSeeReply> AccessService::who_can_see(const policy::Subject& subject,
                                                      const v1::WhoCanSeeRequest& message,
                                                      store::Snapshot& snapshot) const {
  const View view(parts_, subject, snapshot);
  const AsOf as_of{.when = view.now};
  v1::WhoCanSeeReply reply;
  if (message.subject_case() == v1::WhoCanSeeRequest::kObject) {
    ENTENTE_TRY(const Guard guard, view.listable(message.object()));
    const policy::Seers seers = policy::who_sees(*view.world, *view.audiences, guard, as_of);
    ENTENTE_TRY(*reply.mutable_reckoning(), view.reckon(seers, view.audience_of(guard), as_of));
    return reply;
  }
  if (message.subject_case() != v1::WhoCanSeeRequest::kDraft) {
    return invalid_argument("subject", "is missing");
  }
  ENTENTE_TRY(ParsedDraft draft, parse_draft(message.draft(), subject.party));
  if (!draft.process_name.empty()) {
    ENTENTE_TRY(const bool seen, view.may_read(draft.process_name));
    if (!seen) return not_found();
  }
  // What the caller may not see is nobody, like what never was.
  std::set<std::string> unknown;
  ENTENTE_TRY_VOID(view.keep_known(draft.audience.any_of, unknown));
  ENTENTE_TRY_VOID(view.keep_known(draft.audience.none_of, unknown));
  policy::AudienceTable table;
  draft.guard.audience = table.intern(draft.audience);
  const policy::Seers seers = policy::who_sees(*view.world, table, draft.guard, as_of);
  ENTENTE_TRY(*reply.mutable_reckoning(), view.reckon(seers, draft.audience, as_of));
  for (const std::string& text : unknown) reply.mutable_reckoning()->add_unknown(text);
  return reply;
}

Result<v1::ExplainMyAccessReply> AccessService::explain_my_access(
    const policy::Subject& subject, const v1::ExplainMyAccessRequest& message,
    store::Snapshot& snapshot) const {
  const View view(parts_, subject, snapshot);
  ENTENTE_TRY_VOID(need_name("object", message.object()));
  ENTENTE_TRY(const Guard guard, view.guard_now(message.object()));
  const policy::Decision decision = policy::decide(subject, Action::Read, guard, view.now);
  if (!decision.permits()) return not_found();
  const auto held = policy::held_of(view.audience_of(guard), subject.principals);
  v1::ExplainMyAccessReply reply;
  reply.set_in_words(policy::why(decision, held));
  for (const std::string_view rule : decision.because()) reply.add_because(std::string(rule));
  for (const Principal& principal : held) reply.add_held(principal.text());
  reply.set_handling(static_cast<v1::Handling>(guard.handling));
  reply.set_leaves_receipt(policy::leaves_receipt(guard.handling));
  const bool goes_on = subject.party == guard.originator;  // the originator sees what has expired
  if (guard.expires_at && view.now < *guard.expires_at && !goes_on) {
    *reply.mutable_until() = timestamp(*guard.expires_at);
  }
  return reply;
}

Result<v1::WhoCouldSeeReply> AccessService::who_could_see(const policy::Subject& subject,
                                                          const v1::WhoCouldSeeRequest& message,
                                                          store::Snapshot& snapshot) const {
  const View view(parts_, subject, snapshot);
  ENTENTE_TRY(const auto at, parse_time("at", message.has_at(), message.at()));
  ENTENTE_TRY(const auto known_at,
              parse_time("known_at", message.has_known_at(), message.known_at()));
  if (!at) return invalid_argument("at", "is missing");
  if (known_at && *known_at > view.now) return invalid_argument("known_at", "lies in the future");
  ENTENTE_TRY_VOID(view.listable(message.object()).status());
  const AsOf as_of{.when = *at, .known_at = known_at.value_or(policy::known_now)};
  ENTENTE_TRY(const std::optional<Guard> then, view.guard_of(message.object(), as_of));
  v1::WhoCouldSeeReply reply;
  const Guard guard = then.value_or(Guard{});
  const policy::Seers seers = policy::who_sees(*view.world, *view.audiences, guard, as_of);
  ENTENTE_TRY(*reply.mutable_reckoning(), view.reckon(seers, view.audience_of(guard), as_of));
  if (then) {
    ENTENTE_TRY(*reply.mutable_visibility(), view.visibility_of(guard));
  }
  return reply;
}

Result<v1::PreviewChangeReply> AccessService::preview_change(
    const policy::Subject& subject, const v1::PreviewChangeRequest& message,
    store::Snapshot& snapshot) const {
  const View view(parts_, subject, snapshot);
  policy::Change change;
  std::string name;
  if (message.subject_case() == v1::PreviewChangeRequest::kParticipation) {
    name = message.participation().name();
    ENTENTE_TRY(const auto ids, ids_of("participation.name", name, "processes", "participations"));
    const auto kind = message.participation().kind();
    if (kind != v1::ParticipationChange::SUSPEND && kind != v1::ParticipationChange::END) {
      return invalid_argument("participation.kind", "is not a known kind");
    }
    change.kind = kind == v1::ParticipationChange::SUSPEND
                      ? policy::ChangeKind::SuspendParticipation
                      : policy::ChangeKind::EndParticipation;
    change.process = ids.first;
    change.party = ids.second;
  } else if (message.subject_case() == v1::PreviewChangeRequest::kAppointment) {
    name = message.appointment().name();
    ENTENTE_TRY_VOID(ids_of("appointment.name", name, "appointments").status());
    if (message.appointment().kind() != v1::AppointmentChange::END) {
      return invalid_argument("appointment.kind", "is not a known kind");
    }
    change.kind = policy::ChangeKind::EndAppointment;
    change.appointment = name;
  } else {
    return invalid_argument("subject", "is missing");
  }
  ENTENTE_TRY_VOID(view.may_preview(change, name));
  ENTENTE_TRY(const auto objects, view.readable_objects());
  auto preview = policy::preview(*view.world, *view.audiences, change, objects,
                                 view.readable_streams(), view.now);
  if (!preview.ok()) return not_found();
  return view.shown(change, *std::move(preview));
}

}  // namespace entente::identity
