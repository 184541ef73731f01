#include "server/directory/catalog.h"

#include <algorithm>
#include <tuple>

namespace entente::directory {
namespace {

// In the order in which they were recorded; parties, whose names are words of their persons, first.
bool is_earlier(const Record& a, const Record& b) {
  const auto place = [](const Record& one) {
    return std::tuple(one.recorded_at_us(), one.revision(), !one.has_party());
  };
  return place(a) < place(b);
}

}  // namespace

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
    // What is new of each, however long its past is. Only who follows changes what is known.
    for (const std::string& name : names) {
      if (!read.ok() || !parse_name(name)) continue;
      const auto known = revisions_.find(name);
      const std::uint64_t first = known == revisions_.end() ? 1 : known->second + 1;
      read = records_.revisions_of(*snapshot, name, keep, first);
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
  words_.put_in_order();
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
  const Indexed* const before = names_.find(record.name());
  const bool fresh = before == nullptr;
  const auto slot = static_cast<NameIndex::Slot>(
      fresh ? slots_.size() : static_cast<std::size_t>(before - slots_.data()));
  if (fresh) slots_.emplace_back();
  const bool moves = fresh || slots_[slot].sort_key != one.sort_key;
  by_kind_[one.kind].insert(one.name);
  if (!one.process.empty()) by_process_[{one.process, one.kind}].insert(one.name);
  if (!one.party.empty()) by_party_[{one.party, one.kind}].insert(one.name);
  if (one.kind == Kind::Appointment) {
    appointments_by_office_[one.office].insert(one.name);
    appointments_by_person_[one.person].insert(one.name);
  }
  slots_[slot] = std::move(one);
  if (fresh) names_.put(slot);
  if (record.has_party()) words_.name_party(record);
  if (record.has_person()) words_.put(record, slot, moves);
}

void Catalog::search(std::string_view query, std::string_view after_sort_key,
                     const policy::Sight& sight, std::string_view own_person,
                     const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  words_.search(query, after_sort_key, sight, own_person, visit);
}

bool Catalog::takes_part(std::string_view party, std::string_view process, Instant now) const {
  const std::vector<policy::Fact> standings =
      policy::participations_of(*world(), process, party, {.when = now});
  return !standings.empty() && std::ranges::none_of(standings, [](const policy::Fact& fact) {
    const auto& participation = std::get<policy::Participation>(fact.body);
    return participation.standing == policy::Standing::Suspended ||
           participation.standing == policy::Standing::Former;
  });
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

const policy::Guard* Catalog::newest_guard(std::string_view name, Instant when) const {
  const Indexed* const newest = names_.find(name);
  return newest != nullptr && newest->recorded_at <= when ? &newest->guard : nullptr;
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
  // What is asked most is not read.
  if (as_of.known_at == policy::known_now) {
    const std::shared_lock lock(mutex_);
    if (const policy::Guard* newest = newest_guard(resource_name, as_of.when)) {
      return std::optional(*newest);
    }
    if (names_.find(resource_name) == nullptr) return guard;
  }
  if (!parse_name(resource_name)) return guard;
  // The newest revision that was known then; `known_now` is after them all.
  ENTENTE_TRY_VOID(records_.revisions_of(snapshot, resource_name, [&](const Record& record) {
    const Instant known = std::min(as_of.known_at, as_of.when);
    if (from_micros(record.recorded_at_us()) <= known) guard = guard_of(record.guard());
    return Status();
  }));
  return guard;
}

// Who sees a draft asks this of everybody who would.
Status Catalog::show_guards(store::Snapshot& snapshot, std::span<const std::string> names,
                            Instant when, const Show& show) const {
  std::vector<std::size_t> others;  // institutions, and what is newer than `when`
  {
    const std::shared_lock lock(mutex_);
    const std::vector<const Indexed*> newest = names_.find_each(names);
    for (std::size_t place = 0; place < names.size(); ++place) {
      if (newest[place] != nullptr && newest[place]->recorded_at <= when) {
        show(place, newest[place]->guard);
      } else {
        others.push_back(place);
      }
    }
  }
  for (const std::size_t place : others) {
    ENTENTE_TRY(const std::optional<policy::Guard> guard,
                find_guard(snapshot, names[place], {.when = when}));
    if (guard) show(place, *guard);
  }
  return {};
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
    if (!visit(*names_.find(name))) return;
  }
}

void Catalog::each_of_process(std::string_view process, Kind kind, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_process_.find({std::string(process), kind});
  if (found == by_process_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(*names_.find(name))) return;
  }
}

void Catalog::each_of_party(std::string_view party, Kind kind, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_party_.find({std::string(party), kind});
  if (found == by_party_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(*names_.find(name))) return;
  }
}

void Catalog::each_appointment_of_office(std::string_view office, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = appointments_by_office_.find(office);
  if (found == appointments_by_office_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(*names_.find(name))) return;
  }
}

void Catalog::each_appointment_of_person(std::string_view person, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto found = appointments_by_person_.find(person);
  if (found == appointments_by_person_.end()) return;
  for (const std::string& name : found->second) {
    if (!visit(*names_.find(name))) return;
  }
}

std::uint32_t Catalog::confirmation_days(std::string_view process) const {
  const std::shared_lock lock(mutex_);
  const auto found = confirmation_days_.find(process);
  return found == confirmation_days_.end() ? 365 : found->second;
}

std::optional<Indexed> Catalog::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const Indexed* const found = names_.find(name);
  if (found == nullptr) return std::nullopt;
  return *found;
}

}  // namespace entente::directory
