#include "server/directory/catalog.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "server/directory/definitions/parse.h"
#include "server/directory/fold.h"

namespace entente::directory {
namespace {

std::optional<Instant> instant_of_day(const std::string& text) {
  const auto day = first_day_of(text);
  if (!day) return std::nullopt;
  return Instant(*day);
}

policy::Standing standing_of(v1::Participation::Status status) {
  switch (status) {
    case v1::Participation::MEMBER:
      return policy::Standing::Member;
    case v1::Participation::OBSERVER:
      return policy::Standing::Observer;
    case v1::Participation::PARTNER:
      return policy::Standing::Partner;
    case v1::Participation::SUSPENDED:
      return policy::Standing::Suspended;
    case v1::Participation::FORMER:
      return policy::Standing::Former;
    default:
      return policy::Standing::Invited;
  }
}

policy::PartyKind party_kind_of(v1::Party::Kind kind) {
  switch (kind) {
    case v1::Party::ORGANISATION:
      return policy::PartyKind::Organisation;
    case v1::Party::NETWORK:
      return policy::PartyKind::Network;
    case v1::Party::TERRITORY:
      return policy::PartyKind::Territory;
    default:
      return policy::PartyKind::State;
  }
}

policy::OfficeKind office_kind_of(v1::OfficeKind kind) {
  switch (kind) {
    case v1::FOCAL_POINT:
      return policy::OfficeKind::FocalPoint;
    case v1::BODY_CONTACT:
      return policy::OfficeKind::BodyContact;
    case v1::CHAIR:
      return policy::OfficeKind::Chair;
    case v1::SECRETARIAT_STAFF:
      return policy::OfficeKind::Secretariat;
    case v1::SECURITY_OFFICER:
      return policy::OfficeKind::SecurityOfficer;
    case v1::CERTIFICATE_OFFICER:
      return policy::OfficeKind::CertificateOfficer;
    default:
      return policy::OfficeKind::Other;
  }
}

policy::Capacity capacity_of(v1::Capacity capacity) {
  switch (capacity) {
    case v1::ACTING:
      return policy::Capacity::Acting;
    case v1::DEPUTY:
      return policy::Capacity::Deputy;
    case v1::DUTY_CONTACT:
      return policy::Capacity::DutyContact;
    default:
      return policy::Capacity::Holder;
  }
}

std::string body_id(std::string_view name) {
  const auto parsed = parse_name(name);
  return parsed && parsed->kind == Kind::Body ? parsed->second : std::string();
}

std::string institution_id(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(name.substr(slash + 1));
}

using Facts = std::vector<policy::Fact>;

void add_process(const std::string& name, const v1::Process& process, Facts& out) {
  const std::string id = id_in(name, "processes");
  int n = 0;
  for (const v1::Chair& chair : process.chairs()) {
    out.push_back({.key = name + "#chair" + std::to_string(n++),
                   .body = policy::Seat{.process = id,
                                        .bench = policy::Bench::Chair,
                                        .body = {},
                                        .party = id_in(chair.party(), "parties"),
                                        .person = {},
                                        .role = policy::SeatRole::Member},
                   .span = span_of(chair.span())});
  }
}

void add_party(const std::string& name, const v1::Party& party, Facts& out) {
  const std::string code = id_in(name, "parties");
  out.push_back({.key = name,
                 .body = policy::Party{.code = code, .kind = party_kind_of(party.kind())},
                 .span = {}});
  for (const v1::Institution& institution : party.institutions()) {
    out.push_back(
        {.key = institution.name(),
         .body = policy::Institution{.party = code, .id = institution_id(institution.name())},
         .span = span_of(institution.span())});
  }
}

void add_participation(const std::string& name, const v1::Participation& participation,
                       Facts& out) {
  const auto parsed = parse_name(name);
  int n = 0;
  for (const v1::Participation::Standing& standing : participation.standings()) {
    out.push_back({.key = name + "#" + std::to_string(n++),
                   .body = policy::Participation{.process = parsed->first,
                                                 .party = parsed->second,
                                                 .standing = standing_of(standing.status()),
                                                 .activities = {standing.activities().begin(),
                                                                standing.activities().end()}},
                   .span = span_of(standing.span())});
  }
}

void add_body(const std::string& name, const v1::Body& body, Facts& out) {
  const auto parsed = parse_name(name);
  const policy::Span span = span_of(body.span());
  out.push_back({.key = name,
                 .body = policy::Body{.process = parsed->first, .id = parsed->second},
                 .span = span});
  const auto seat = [&](const std::string& party, policy::SeatRole role,
                        const std::string& suffix) {
    const std::string code = id_in(party, "parties");
    if (code.empty()) return;
    out.push_back({.key = name + "#" + suffix,
                   .body = policy::Seat{.process = parsed->first,
                                        .bench = policy::Bench::Body,
                                        .body = parsed->second,
                                        .party = code,
                                        .person = {},
                                        .role = role},
                   .span = span});
  };
  seat(body.chair(), policy::SeatRole::Chair, "chair");
  int n = 0;
  for (const std::string& party : body.co_chairs())
    seat(party, policy::SeatRole::CoChair, "co" + std::to_string(n++));
  for (const std::string& party : body.members())
    seat(party, policy::SeatRole::Member, std::to_string(n++));
}

Facts facts_of(const Record& record) {
  Facts out;
  switch (record.body_case()) {
    case Record::kProcess:
      add_process(record.name(), record.process(), out);
      break;
    case Record::kParty:
      add_party(record.name(), record.party(), out);
      break;
    case Record::kParticipation:
      add_participation(record.name(), record.participation(), out);
      break;
    case Record::kBodyOfProcess:
      add_body(record.name(), record.body_of_process(), out);
      break;
    case Record::kOffice: {
      const v1::Office& office = record.office();
      out.push_back({.key = record.name(),
                     .body = policy::Office{.id = id_in(record.name(), "offices"),
                                            .kind = office_kind_of(office.kind()),
                                            .party = id_in(office.party(), "parties"),
                                            .process = id_in(office.process(), "processes"),
                                            .body = body_id(office.body()),
                                            .institution = {}},
                     .span = span_of(office.span())});
      break;
    }
    case Record::kAppointment: {
      const v1::Appointment& appointment = record.appointment();
      out.push_back({.key = record.name(),
                     .body = policy::Appointment{.id = id_in(record.name(), "appointments"),
                                                 .office = id_in(appointment.office(), "offices"),
                                                 .person = id_in(appointment.person(), "persons"),
                                                 .capacity = capacity_of(appointment.capacity())},
                     .span = span_of(appointment.span())});
      break;
    }
    case Record::kPerson:
      out.push_back(
          {.key = record.name(),
           .body = policy::Person{.id = id_in(record.name(), "persons"),
                                  .party = id_in(record.person().party(), "parties"),
                                  .institution = institution_id(record.person().institution())},
           .span = {}});
      break;
    case Record::kContactTest:
    case Record::BODY_NOT_SET:
      break;
  }
  return out;
}

// In the order in which they were recorded; parties, whose names are words of their persons, first.
bool is_earlier(const Record& a, const Record& b) {
  const auto place = [](const Record& one) {
    return std::tuple(one.recorded_at_us(), one.revision(), !one.has_party());
  };
  return place(a) < place(b);
}

void index_person(const Record& record, Indexed& one) {
  const v1::Person& person = record.person();
  one.party = id_in(person.party(), "parties");
  one.process = record.guard().process();
  one.institution = person.institution();
  one.display_key = fold(person.display_name());
  one.languages = {person.languages().begin(), person.languages().end()};
  one.confirmed_at_us = person.confirmed_at().seconds() * 1'000'000;
  one.sort_key =
      fold(person.family_name().empty() ? person.display_name()
                                        : person.family_name() + " " + person.given_name());
  if (one.sort_key.empty()) one.sort_key = fold(person.latin_name());
  for (const v1::Contact& contact : person.contacts()) {
    one.reachable = one.reachable || contact.kind() == v1::Contact::EMAIL ||
                    contact.kind() == v1::Contact::TELEPHONE ||
                    contact.kind() == v1::Contact::MOBILE;
  }
}

Indexed index_of(const Record& record) {
  Indexed one;
  one.name = record.name();
  one.guard = guard_of(record.guard());
  one.recorded_at = from_micros(record.recorded_at_us());
  const auto parsed = parse_name(record.name());
  one.kind = parsed->kind;
  switch (record.body_case()) {
    case Record::kProcess:
      one.process = parsed->first;
      one.sort_key = parsed->first;
      break;
    case Record::kParty:
      one.party = parsed->first;
      one.sort_key = parsed->first;
      break;
    case Record::kParticipation:
      one.process = parsed->first;
      one.party = parsed->second;
      break;
    case Record::kBodyOfProcess:
      one.process = parsed->first;
      one.sort_key = fold(record.body_of_process().title());
      break;
    case Record::kOffice: {
      const v1::Office& office = record.office();
      one.party = id_in(office.party(), "parties");
      one.process = id_in(office.process(), "processes");
      one.body = office.body();
      one.office_kind = office.kind();
      one.span = span_of(office.span());
      for (const std::string& topic : office.topics()) one.topics += " " + fold(topic);
      one.topics += " " + fold(office.title());
      break;
    }
    case Record::kAppointment: {
      const v1::Appointment& appointment = record.appointment();
      one.office = appointment.office();
      one.person = appointment.person();
      one.capacity = appointment.capacity();
      one.span = span_of(appointment.span());
      break;
    }
    case Record::kPerson:
      index_person(record, one);
      break;
    case Record::kContactTest: {
      const v1::ContactTest& test = record.contact_test();
      one.process = parsed->first;
      one.person = test.person();
      if (!test.has_answered_at())
        one.unanswered_since = Instant(std::chrono::seconds(test.started_at().seconds()));
      break;
    }
    case Record::BODY_NOT_SET:
      break;
  }
  return one;
}

}  // namespace

policy::Span span_of(const v1::Span& span) {
  return {.since = instant_of_day(span.since()), .until = instant_of_day(span.until())};
}

Catalog::Catalog(store::Store& store, const Records& records, const Clock& clock)
    : store_(store),
      records_(records),
      clock_(clock),
      world_(std::make_shared<const policy::World>()),
      published_table_(std::make_shared<const policy::AudienceTable>()) {}

std::uint64_t Catalog::generation() const {
  constexpr std::uint64_t days_max = 1 << 20;
  const auto today = std::chrono::floor<std::chrono::days>(clock_.now()).time_since_epoch().count();
  return generation_.load() * days_max + static_cast<std::uint64_t>(today) % days_max;
}

Status Catalog::load() {
  const auto snapshot = store_.snapshot();
  std::vector<Record> all;
  ENTENTE_TRY_VOID(records_.each_revision(*snapshot, [&](Record record) {
    all.push_back(std::move(record));
    return Status();
  }));
  std::stable_sort(all.begin(), all.end(), is_earlier);
  const std::unique_lock lock(mutex_);
  ENTENTE_TRY_VOID(
      records_.audiences(*snapshot, table_.size() + 1,
                         [this](policy::AudienceId id, const policy::Audience& audience) {
                           table_.restore(id, audience);
                         }));
  for (const Record& record : all) apply(record);
  publish();
  const std::lock_guard rights_lock(rights_mutex_);
  ENTENTE_TRY(rights_, records_.rights(*snapshot));
  return Status();
}

void Catalog::took_changes(std::uint64_t count) {
  const std::lock_guard lock(rights_mutex_);
  rights_ += count;
  rights_known_.notify_all();
}

// A change of rights is durable, and seen by a transaction that begins then, a moment before this
// catalog has followed it. What was followed is counted, change by change: a snapshot may hold
// changes that are durable and whose turn to be followed has not come.
Status Catalog::pin(store::Transaction& transaction) const {
  ENTENTE_TRY(const std::uint64_t seen, records_.rights(transaction));
  std::unique_lock lock(rights_mutex_);
  const auto known = [&] { return rights_ >= seen; };
  if (rights_known_.wait_for(lock, std::chrono::seconds(1), known)) return Status();
  return {Code::Aborted, Reason::None, "rights have just changed: ask again"};
}

void Catalog::follow(std::uint64_t, const ledger::Act& act) {
  if (act.kind.rfind("statistics.structure.", 0) == 0) return reload({});  // new audiences
  if (act.kind.rfind("documents.", 0) == 0 || act.kind.rfind("meetings.", 0) == 0) {
    // Most of them bring no new audience, and are no reason to make every session's rights anew.
    bool grown = false;
    const auto snapshot = store_.snapshot();
    const Status read =
        records_.audiences(*snapshot, audiences()->size() + 1,
                           [&](policy::AudienceId, const policy::Audience&) { grown = true; });
    ENTENTE_CHECK(read.ok());
    if (grown) reload({});
    return;
  }
  if (act.kind.rfind("directory.", 0) != 0) return;
  std::vector<std::string> names = act.touched;
  if (!act.object.empty()) names.push_back(act.object);
  reload(names);
}

void Catalog::take(const std::vector<OutsideFact>& facts) {
  const std::unique_lock lock(mutex_);
  const std::uint64_t before = editor_.publish().version_count();
  bool withdrawn = false;
  for (const OutsideFact& one : facts) {
    if (one.fact) ENTENTE_CHECK(editor_.put(*one.fact, one.recorded_at).ok());
    if (!one.fact) editor_.withdraw(one.key, one.recorded_at);
    withdrawn = withdrawn || !one.fact;
  }
  if (withdrawn || editor_.publish().version_count() != before) publish();
}

// Called after the commit is durable: what is read here is at least as new as it.
void Catalog::reload(const std::vector<std::string>& names) {
  const auto snapshot = store_.snapshot();
  const bool everything = !names.empty() && names.front() == ledger::touched_everything;
  std::vector<Record> changed;
  const auto keep = [&](Record record) {
    changed.push_back(std::move(record));
    return Status();
  };
  Status read;
  if (everything) {
    read = records_.each_revision(*snapshot, keep);
  } else {
    for (const std::string& name : names) {
      if (read.ok() && parse_name(name)) read = records_.revisions_of(*snapshot, name, keep);
    }
  }
  // A catalog that cannot follow would decide by what no longer holds: that is worse than to stop.
  ENTENTE_CHECK(read.ok());
  std::stable_sort(changed.begin(), changed.end(), is_earlier);
  const std::unique_lock lock(mutex_);
  read = records_.audiences(*snapshot, table_.size() + 1,
                            [this](policy::AudienceId id, const policy::Audience& audience) {
                              table_.restore(id, audience);
                            });
  ENTENTE_CHECK(read.ok());
  std::uint64_t changes = 0;
  for (const Record& record : changed) {
    const std::uint64_t known = revisions_[record.name()];
    if (known >= record.revision()) continue;
    if (bears_rights(record)) changes += record.revision() - known;
    apply(record);
  }
  publish();
  took_changes(changes);
}

void Catalog::publish() {
  put_in_order();
  world_ = std::make_shared<const policy::World>(editor_.publish());
  published_table_ = std::make_shared<const policy::AudienceTable>(table_);
  ++generation_;
}

void Catalog::apply(const Record& record) {
  revisions_[record.name()] = record.revision();
  if (!parse_name(record.name())) return;
  if (record.process().confirmation_period_days() != 0) {
    confirmation_days_[id_in(record.name(), "processes")] =
        record.process().confirmation_period_days();
  }
  apply_facts(record);
  index(record);
}

void Catalog::apply_facts(const Record& record) {
  const Instant at = from_micros(record.recorded_at_us());
  std::set<std::string> said;
  for (const policy::Fact& fact : facts_of(record)) {
    said.insert(fact.key);
    ENTENTE_CHECK(editor_.put(fact, at).ok());
  }
  auto& before = facts_said_[record.name()];
  for (const std::string& key : before) {
    if (said.count(key) == 0) editor_.withdraw(key, at);
  }
  before = std::move(said);
}

void Catalog::index(const Record& record) {
  Indexed one = index_of(record);
  const auto [found, fresh] = by_name_.try_emplace(record.name(), static_cast<Slot>(slots_.size()));
  const Slot slot = found->second;
  if (fresh) slots_.emplace_back();
  audience_of_slot_.resize(slots_.size());
  audience_of_slot_[slot] = one.guard.audience;
  const bool moves = fresh || slots_[slot].sort_key != one.sort_key;
  by_kind_[one.kind].insert(one.name);
  if (!one.process.empty()) by_process_[{one.process, one.kind}].insert(one.name);
  if (!one.party.empty()) by_party_[{one.party, one.kind}].insert(one.name);
  if (one.kind == Kind::Appointment) {
    appointments_by_office_[one.office].insert(one.name);
    appointments_by_person_[one.person].insert(one.name);
  }
  if (one.kind == Kind::Person && moves) unplaced_.push_back(slot);
  slots_[slot] = std::move(one);
  index_words(record, slot);
}

void Catalog::index_words(const Record& record, Slot slot) {
  if (record.has_party()) {
    std::string text;
    for (const auto& [tag, name] : record.party().names().by_language()) text += " " + name;
    for (const std::string& name : record.party().former_names()) text += " " + name;
    for (const v1::Institution& institution : record.party().institutions()) {
      for (const auto& [tag, name] : institution.names().by_language()) {
        institution_words_[institution.name()] += " " + name;
      }
    }
    party_words_[record.name()] = words_of(text);
    return;
  }
  if (!record.has_person()) return;
  const v1::Person& person = record.person();
  std::string text = person.display_name() + " " + person.latin_name() + " " + person.given_name() +
                     " " + person.family_name() + " " + person.title();
  if (const auto found = institution_words_.find(person.institution());
      found != institution_words_.end()) {
    text += " " + found->second;
  }
  std::vector<std::string> words = words_of(text);
  if (const auto party = party_words_.find(person.party()); party != party_words_.end()) {
    words.insert(words.end(), party->second.begin(), party->second.end());
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  std::vector<std::string>& before = words_of_slot_[slot];
  for (const std::string& word : before) {
    auto& slots = words_[word];
    slots.erase(std::remove(slots.begin(), slots.end(), slot), slots.end());
  }
  for (const std::string& word : words) {
    auto& slots = words_[word];
    slots.insert(std::lower_bound(slots.begin(), slots.end(), slot), slot);
  }
  before = std::move(words);
}

bool Catalog::is_before(Slot a, Slot b) const {
  return std::tie(slots_[a].sort_key, slots_[a].name) <
         std::tie(slots_[b].sort_key, slots_[b].name);
}

// Puts those in their place who came or whose name changed: each by itself if they are few.
void Catalog::put_in_order() {
  if (unplaced_.empty()) return;
  const auto before = [this](Slot a, Slot b) { return is_before(a, b); };
  std::sort(unplaced_.begin(), unplaced_.end());
  unplaced_.erase(std::unique(unplaced_.begin(), unplaced_.end()), unplaced_.end());
  std::erase_if(order_, [this](Slot slot) {
    return std::binary_search(unplaced_.begin(), unplaced_.end(), slot);
  });
  constexpr std::size_t few = 64;
  if (unplaced_.size() <= few) {
    for (const Slot slot : unplaced_) {
      order_.insert(std::lower_bound(order_.begin(), order_.end(), slot, before), slot);
    }
  } else {
    order_.insert(order_.end(), unplaced_.begin(), unplaced_.end());
    std::sort(order_.begin(), order_.end(), before);
  }
  unplaced_.clear();
  ranks_.resize(slots_.size());
  for (std::uint32_t rank = 0; rank < order_.size(); ++rank) ranks_[order_[rank]] = rank;
}

// The persons of whom some word begins with `word`.
Catalog::Ranks Catalog::match(std::string_view word) const {
  Ranks found(order_.size() / 64 + 1);
  for (auto at = words_.lower_bound(word); at != words_.end() && at->first.starts_with(word);
       ++at) {
    for (const Slot slot : at->second) {
      const std::uint32_t rank = ranks_[slot];
      found[rank / 64] |= std::uint64_t{1} << (rank % 64);
    }
  }
  return found;
}

// Those from rank `first` on whom `found` has (all, if null).
void Catalog::visit_ranks(std::size_t first, const Ranks* found, const policy::Sight& sight,
                          std::string_view own_person, const Visit& visit) const {
  for (std::size_t rank = first; rank < order_.size(); ++rank) {
    if (found != nullptr) {
      const std::uint64_t rest = (*found)[rank / 64] >> (rank % 64);
      if (rest == 0) {
        rank |= 63;  // The loop goes on with the next 64.
        continue;
      }
      rank += static_cast<std::size_t>(std::countr_zero(rest));
    }
    const Slot slot = order_[rank];
    const bool own = !own_person.empty() && !sight.sees(audience_of_slot_[slot]) &&
                     slots_[slot].guard.person == own_person;
    if (!own && !sight.sees(audience_of_slot_[slot])) continue;
    if (!visit(slots_[slot])) return;
  }
}

void Catalog::search(std::string_view query, std::string_view after_sort_key,
                     const policy::Sight& sight, std::string_view own_person,
                     const Visit& visit) const {
  std::vector<std::string_view> words;
  const std::string folded = fold(query);
  for (std::string_view rest = folded; !rest.empty();) {
    words.push_back(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), words.back().size() + 1));
  }
  // What has nothing to look for finds nothing; what asks for nothing finds all.
  const bool unanswerable = words.empty() && query.find_first_not_of(" \t\r\n") != query.npos;
  if (unanswerable) return;
  const std::shared_lock lock(mutex_);
  const auto first =
      static_cast<std::size_t>(std::lower_bound(order_.begin(), order_.end(), after_sort_key,
                                                [this](Slot slot, std::string_view key) {
                                                  return slots_[slot].sort_key < key;
                                                }) -
                               order_.begin());
  if (words.empty()) return visit_ranks(first, nullptr, sight, own_person, visit);
  Ranks found = match(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    const Ranks other = match(words[i]);
    for (std::size_t at = 0; at < found.size(); ++at) found[at] &= other[at];
  }
  visit_ranks(first, &found, sight, own_person, visit);
}

identity::Holdings Catalog::holdings(std::string_view party, std::string_view person,
                                     Instant now) const {
  const std::shared_ptr<const policy::World> facts = world();
  const policy::AsOf as_of{.when = now};
  return {.principals = policy::principals_of(*facts, party, person, as_of),
          .duties = policy::duties_of(*facts, party, person, as_of)};
}

policy::Sight Catalog::sight(const std::set<policy::Principal>& principals) const {
  return policy::Sight(principals, *audiences());
}

std::shared_ptr<const policy::World> Catalog::world() const {
  const std::shared_lock lock(mutex_);
  return world_;
}

std::shared_ptr<const policy::AudienceTable> Catalog::audiences() const {
  const std::shared_lock lock(mutex_);
  return published_table_;
}

Result<std::optional<policy::Guard>> Catalog::find_guard(store::Snapshot& snapshot,
                                                         std::string_view resource_name,
                                                         const policy::AsOf& as_of) const {
  std::optional<policy::Guard> guard;
  if (const auto institutions = resource_name.find("/institutions/");
      institutions != resource_name.npos && resource_name.starts_with("parties/")) {
    if (!policy::find_fact(*world(), resource_name)) return guard;
    resource_name = resource_name.substr(0, institutions);
  }
  if (!parse_name(resource_name)) return guard;
  // What is asked most is not read: who sees a draft asks this of everybody who would.
  if (as_of.known_at == policy::known_now) {
    const std::shared_lock lock(mutex_);
    const auto found = by_name_.find(std::string(resource_name));
    if (found == by_name_.end()) return guard;
    const Indexed& newest = slots_[found->second];
    if (newest.recorded_at <= as_of.when) return std::optional(newest.guard);
  }
  // The newest revision that was known then; `known_now` is after them all.
  ENTENTE_TRY_VOID(records_.revisions_of(snapshot, resource_name, [&](const Record& record) {
    const Instant known = std::min(as_of.known_at, as_of.when);
    if (from_micros(record.recorded_at_us()) <= known) guard = guard_of(record.guard());
    return Status();
  }));
  return guard;
}

Result<std::vector<policy::ObjectGroup>> Catalog::objects(store::Snapshot&) const {
  static const std::map<Kind, std::string> kinds = {{Kind::Process, "process"},
                                                    {Kind::Party, "party"},
                                                    {Kind::Participation, "participation"},
                                                    {Kind::Body, "body"},
                                                    {Kind::Office, "office"},
                                                    {Kind::Appointment, "appointment"},
                                                    {Kind::Person, "person"},
                                                    {Kind::ContactTest, "contact test"}};
  std::vector<policy::ObjectGroup> groups;
  const auto key_of = [](const Indexed& one) {
    const policy::Guard& guard = one.guard;
    return std::tuple(one.kind, guard.audience, guard.handling, guard.originator, guard.process,
                      guard.person, guard.embargo_until, guard.expires_at);
  };
  const std::shared_lock lock(mutex_);
  std::map<decltype(key_of(slots_.front())), std::size_t> places;
  for (const Indexed& one : slots_) {
    const auto [place, is_new] = places.emplace(key_of(one), groups.size());
    if (is_new) groups.push_back({.kind = kinds.at(one.kind), .guard = one.guard, .count = 0});
    ++groups[place->second].count;
  }
  return groups;
}

void Catalog::each(Kind kind, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_kind_.find(kind);
  if (found == by_kind_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(slots_[by_name_.at(name)])) return;
  }
}

void Catalog::each_of_process(std::string_view process, Kind kind, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_process_.find({std::string(process), kind});
  if (found == by_process_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(slots_[by_name_.at(name)])) return;
  }
}

void Catalog::each_of_party(std::string_view party, Kind kind, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_party_.find({std::string(party), kind});
  if (found == by_party_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(slots_[by_name_.at(name)])) return;
  }
}

void Catalog::each_appointment_of_office(std::string_view office, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = appointments_by_office_.find(office);
  if (found == appointments_by_office_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(slots_[by_name_.at(name)])) return;
  }
}

void Catalog::each_appointment_of_person(std::string_view person, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = appointments_by_person_.find(person);
  if (found == appointments_by_person_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(slots_[by_name_.at(name)])) return;
  }
}

std::uint32_t Catalog::confirmation_days(std::string_view process) const {
  const std::shared_lock lock(mutex_);
  const auto found = confirmation_days_.find(process);
  return found == confirmation_days_.end() ? 365 : found->second;
}

std::optional<Indexed> Catalog::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) return std::nullopt;
  return slots_[found->second];
}

}  // namespace entente::directory
