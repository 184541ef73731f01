// What documents/ keeps in memory to decide and to list quickly: of each document and circulation
// its guard, its place in time and what it is filtered by; and the news in their order. Made from
// the store at the start, kept by following the ledger; holds nothing that is shown.
//
// Threads: any. What was handed out stays as it was.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "server/documents/rows.h"
#include "server/identity/access_sources.h"
#include "server/ledger/ledger.h"

namespace entente::documents {

struct ShelvedDocument {
  store::Id id;
  policy::Guard guard;
  std::uint64_t revision = 0;
  v1::Document::Kind kind = v1::Document::KIND_UNSPECIFIED;
  v1::Document::State state = v1::Document::STATE_UNSPECIFIED;
  std::vector<std::string> topics;
  std::vector<std::string> countries;
  Instant created_at{};
  std::optional<Instant> retain_until;
  bool on_hold = false;
};
struct ShelvedCirculation {
  store::Id id;
  policy::Guard guard;
  Instant sent_at{};
  bool recalled = false;
  std::optional<Instant> adopts_at;  // by silence; not told yet
  std::vector<store::Id> documents;  // that it adopts, while it runs
  Sent sent;                         // of them, likewise
};

class Shelf final : public ledger::Follower, public identity::GuardSource {
 public:
  explicit Shelf(const Rows& rows) : rows_(rows) {}

  // Reads everything, and takes away what a crash or a broken line left: staged chunks that no
  // document names, keys of documents that were destroyed. Before the first call. DataLoss,
  // Unavailable: as the store.
  [[nodiscard]] Status load();
  void follow(std::uint64_t index, const ledger::Act& act) override;

  [[nodiscard]] Result<std::optional<policy::Guard>> find_guard(
      store::Snapshot& snapshot, std::string_view resource_name,
      const policy::AsOf& as_of) const override;
  [[nodiscard]] Result<std::vector<policy::ObjectGroup>> objects(
      store::Snapshot& snapshot) const override;

  // Null: there is none.
  [[nodiscard]] std::shared_ptr<const ShelvedDocument> document(const store::Id& id) const;
  [[nodiscard]] std::shared_ptr<const ShelvedCirculation> circulation(const store::Id& id) const;

  // The circulations whose silence runs on a document, be it that it is about to lapse.
  [[nodiscard]] std::vector<std::shared_ptr<const ShelvedCirculation>> silences(
      const store::Id& document) const;

  // Newest first, behind `after` if given; `visit` answers false to stop.
  using Place = std::pair<Instant, store::Id>;
  void each_document(const std::optional<Place>& after,
                     const std::function<bool(const ShelvedDocument&)>& visit) const;
  void each_circulation(const std::optional<Place>& after,
                        const std::function<bool(const ShelvedCirculation&)>& visit) const;

  // The events after number `cursor`, at most `max`; and the number of the newest.
  [[nodiscard]] std::vector<record::Event> events_after(std::uint64_t cursor,
                                                        std::size_t max) const;
  [[nodiscard]] std::uint64_t newest_event() const;
  // The same as `snapshot` has it (Rows::newest_event).
  [[nodiscard]] Result<std::uint64_t> newest_event(store::Snapshot& snapshot) const {
    return rows_.newest_event(snapshot);
  }

  // What comes to pass by itself at its hour (hours.h): an embargo ends, a silence adopts; or at
  // once: it lapses, a document of it is gone or holds another text.
  struct Awaited {
    // In this order at one hour: what is sent round is there before.
    enum class What { DocumentsEmbargo, CirculationsEmbargo, Silence };
    Instant at{};
    What what = What::DocumentsEmbargo;
    store::Id id;
    auto operator<=>(const Awaited&) const = default;
  };
  // Whose hour has come by `now` and that was not told, the first to come first.
  [[nodiscard]] std::vector<Awaited> come_by(Instant now, std::size_t max) const;

  // `ring` is called after each new event, until the handle is dropped.
  [[nodiscard]] std::shared_ptr<void> listen(std::function<void()> ring);

 private:
  template <typename T>
  using Order = std::map<Place, std::shared_ptr<const T>, std::greater<>>;
  void put(const record::Document& row);
  Status put(store::Snapshot& snapshot, const record::Circulation& row);
  void await(Awaited::What what, const store::Id& id, std::optional<Instant> before,
             std::optional<Instant> now);
  void await_lapse(const ShelvedCirculation& one);
  Status reload(store::Snapshot& snapshot, std::string_view name);
  Status reload_document(store::Snapshot& snapshot, const store::Id& id);
  Status reload_circulation(store::Snapshot& snapshot, const store::Id& id);
  Status reload_told(store::Snapshot& snapshot);
  Status take_events(store::Snapshot& snapshot);
  Status sweep(store::Snapshot& snapshot, store::Table table, const std::set<store::Id>& named);

  const Rows& rows_;
  mutable std::shared_mutex mutex_;
  std::map<store::Id, std::shared_ptr<const ShelvedDocument>> documents_;
  std::map<store::Id, std::shared_ptr<const ShelvedCirculation>> circulations_;
  Order<ShelvedDocument> document_order_;
  Order<ShelvedCirculation> circulation_order_;
  std::vector<record::Event> events_;  // number n at n - 1
  std::set<Awaited> awaited_;          // what is still to be told
  std::set<Awaited> told_;             // of the ends of embargoes
  // Of silences that run, document and circulation: whether it is there as it was sent.
  std::map<std::pair<store::Id, store::Id>, bool> silences_;
  std::mutex listeners_mutex_;
  std::vector<std::weak_ptr<std::function<void()>>> listeners_;
};

}  // namespace entente::documents
