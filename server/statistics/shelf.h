// The uploads that count, by dataflow, as the store has them; follows the ledger.
//
// Threads: any.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/ledger/ledger.h"
#include "server/statistics/series/collector.h"
#include "server/statistics/structure/record.pb.h"
#include "server/store/store.h"

namespace entente::statistics {

// On disk: never renumber. The shapes are in docs/key-layout.md.
inline constexpr store::Table uploads_table{0x62};          // blinded dataflow, number -> Upload
inline constexpr store::Table heads_table{0x63};            // blinded dataflow -> Head
inline constexpr store::Table upload_ids_table{0x64};       // upload's id -> UploadPlace
inline constexpr store::Table upload_mappings_table{0x6b};  // upload's id -> encoded v1::Mapping

struct Kept {
  record::Upload row;
  std::array<std::shared_ptr<const PartHeader>, circles> parts;  // by circle; null: nothing of it
  std::uint64_t withdrawn_by = 0;  // the number of the upload that took it back
  std::size_t party = 0;           // its place among the list's parties
};

// The uploads of a dataflow, the oldest first. What was handed out stays as it was.
struct KeptList {
  std::vector<std::shared_ptr<const Kept>> all;
  std::vector<std::string> parties;        // that gave them: codes
  std::vector<std::int64_t> embargoes_us;  // that any is or was under: ascending, each once

  // Null if there is none of that number.
  [[nodiscard]] const Kept* find(std::uint64_t number) const;
  // The number of the last; 0: there is none.
  [[nodiscard]] std::uint64_t last() const { return all.empty() ? 0 : all.back()->row.number(); }
};

class Shelf final : public ledger::Follower {
 public:
  explicit Shelf(store::Store& store) : store_(store) {}

  // Reads everything, and takes staged rows away that no upload names: what a crash or a broken
  // line left. Before the first call. DataLoss, Unavailable: as the store.
  [[nodiscard]] Status load();
  void follow(std::uint64_t index, const ledger::Act& act) override;

  // Null if there is none.
  [[nodiscard]] std::shared_ptr<const Kept> find(std::string_view dataflow,
                                                 const store::Id& id) const;
  // The uploads of a dataflow. Never null.
  [[nodiscard]] std::shared_ptr<const KeptList> of(std::string_view dataflow) const;

 private:
  Status put(store::Snapshot& snapshot, const std::string& bytes);
  Status follow_place(store::Snapshot& snapshot, const std::string& dataflow, std::uint64_t number);
  Status sweep();
  store::Store& store_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const KeptList>, std::less<>> by_flow_;
};

// Blinded from the account and the id that it chose: the same upload again is the same, and names
// tell nothing of how many there are.
[[nodiscard]] store::Id upload_id(const store::Store& store, std::string_view account,
                                  std::string_view chosen);
// `dataflows/IGC.ASYLUM/uploads/<32 hexadecimal digits>`
[[nodiscard]] std::string upload_name(std::string_view dataflow, const store::Id& id);

}  // namespace entente::statistics
