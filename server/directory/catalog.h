// What the directory keeps in memory to decide and to search quickly: the facts (policy::World),
// the audiences, what is to be found by name and by words (word_index.h). Made from the store at
// the start, kept by following the ledger; holds nothing that is shown: what is shown is read from
// the store under its guard.
//
// Threads: any. A reader sees the catalog as of some commit; World and audiences are handed out as
// values.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/directory/facts.h"
#include "server/directory/indexed.h"
#include "server/directory/name_index.h"
#include "server/directory/names.h"
#include "server/directory/records.h"
#include "server/directory/word_index.h"
#include "server/identity/access_sources.h"
#include "server/identity/holdings.h"
#include "server/ledger/ledger.h"
#include "server/policy/world.h"

namespace entente::directory {

class Catalog final : public ledger::Follower,
                      public identity::HoldingsSource,
                      public identity::WorldSource,
                      public identity::GuardSource {
 public:
  // All are borrowed and outlive it.
  Catalog(store::Store& store, const Records& records, const Clock& clock);

  // Reads everything. Before the first call; DataLoss, Unavailable: as the store.
  [[nodiscard]] Status load();

  void follow(std::uint64_t index, const ledger::Act& act) override;
  // Facts that another room keeps (who is seated in a meeting); without a fact, what stood under
  // the key holds no longer. Known to every subject when this returns.
  struct OutsideFact {
    std::string key;
    std::optional<policy::Fact> fact;
    Instant recorded_at{};
  };
  void take(const std::vector<OutsideFact>& facts);
  // What was taken are all facts of so many changes that were counted (Records::change_rights).
  void took_changes(std::uint64_t count);

  [[nodiscard]] identity::Holdings holdings(std::string_view party, std::string_view person,
                                            Instant now) const override;
  [[nodiscard]] bool takes_part(std::string_view party, std::string_view process,
                                Instant now) const override;
  // Another with every change, and with every day (UTC): spans begin and end at midnight.
  [[nodiscard]] std::uint64_t generation() const override;
  [[nodiscard]] Status pin(store::Transaction& transaction) const override;
  [[nodiscard]] policy::Sight sight(const std::set<policy::Principal>& principals) const override;
  [[nodiscard]] std::shared_ptr<const policy::World> world() const override;
  [[nodiscard]] std::shared_ptr<const policy::AudienceTable> audiences() const override;
  [[nodiscard]] Result<std::optional<policy::Guard>> find_guard(
      store::Snapshot& snapshot, std::string_view resource_name,
      const policy::AsOf& as_of) const override;
  [[nodiscard]] Status show_guards(store::Snapshot& snapshot, std::span<const std::string> names,
                                   Instant when, const Show& show) const override;
  [[nodiscard]] Result<std::vector<policy::ObjectGroup>> objects(
      store::Snapshot& snapshot) const override;

  // --- look-ups; each `visit` answers false to stop ---

  using Visit = WordIndex::Visit;
  void each(Kind kind, const Visit& visit) const;
  // Offices, bodies, participations of a process.
  void each_of_process(std::string_view process, Kind kind, const Visit& visit) const;
  void each_of_party(std::string_view party, Kind kind, const Visit& visit) const;
  // Appointments to an office, of a person; whenever they hold.
  void each_appointment_of_office(std::string_view office, const Visit& visit) const;
  void each_appointment_of_person(std::string_view person, const Visit& visit) const;
  [[nodiscard]] std::optional<Indexed> find(std::string_view name) const;
  // After how many days an entry of the process is stale; a year where the process does not say.
  [[nodiscard]] std::uint32_t confirmation_days(std::string_view process) const;
  // Persons whom every word of `query` finds (by its beginning), by sort key and name, from
  // `after_sort_key` on; all, if it has no words. Of those only whom `sight` sees, and `own_person`
  // (an id): what one may not see costs no visit.
  void search(std::string_view query, std::string_view after_sort_key, const policy::Sight& sight,
              std::string_view own_person, const Visit& visit) const;

 private:
  void apply(const Record& record);
  void apply_facts(const Record& record);
  void index(const Record& record);
  void reload(const std::vector<std::string>& names);
  void publish();
  // The newest guard of what was there by `when`; null: ask the store. Requires: the lock.
  [[nodiscard]] const policy::Guard* newest_guard(std::string_view name, Instant when) const;

  store::Store& store_;
  const Records& records_;
  const Clock& clock_;
  std::atomic<std::uint64_t> generation_{1};
  mutable std::mutex rights_mutex_;
  mutable std::condition_variable rights_known_;
  std::uint64_t rights_ = 0;  // so many changes of rights are in `world_`

  mutable std::shared_mutex mutex_;
  policy::Editor editor_;
  policy::AudienceTable table_;
  std::shared_ptr<const policy::World> world_;
  std::shared_ptr<const policy::AudienceTable> published_table_;
  std::vector<Indexed> slots_;
  WordIndex words_{slots_};
  NameIndex names_{slots_};
  std::map<Kind, std::set<std::string>> by_kind_;
  std::map<std::pair<std::string, Kind>, std::set<std::string>> by_process_;
  std::map<std::pair<std::string, Kind>, std::set<std::string>> by_party_;
  std::map<std::string, std::set<std::string>, std::less<>> appointments_by_office_;
  std::map<std::string, std::set<std::string>, std::less<>> appointments_by_person_;
  std::unordered_map<std::string, std::uint64_t> revisions_;
  std::map<std::string, std::uint32_t, std::less<>> confirmation_days_;
  std::unordered_map<std::string, std::set<std::string>> facts_said_;
};

}  // namespace entente::directory
