// Structures as the store keeps them, and the model of those in force, which follows the ledger.
//
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/contract/clock.h"
#include "server/ledger/ledger.h"
#include "server/statistics/structure/model.h"
#include "server/store/store.h"

namespace entente::statistics {

// On disk: never renumber. The shapes are in docs/key-layout.md.
inline constexpr store::Table structures_table{0x60};           // blinded name -> Structure
inline constexpr store::Table structure_revisions_table{0x61};  // blinded name, revision

// Who numbers audiences; main passes in who does.
class Audiences {
 public:
  virtual ~Audiences() = default;
  // The number of `audience`; gives it the next one, in this transaction, if it has none.
  [[nodiscard]] virtual Result<policy::AudienceId> intern(store::Transaction& transaction,
                                                          const policy::Audience& audience) = 0;
};

class Structures final : public ledger::Follower {
 public:
  Structures(store::Store& store, Audiences& audiences) : store_(store), audiences_(audiences) {}

  // Reads everything. Before the first call. DataLoss, Unavailable: as the store.
  [[nodiscard]] Status load();
  void follow(std::uint64_t index, const ledger::Act& act) override;

  [[nodiscard]] std::shared_ptr<const Model> model() const;

  // The structure as it was when `version` was in force; the present one if it still is. Empty:
  // there is none of that name or version. Whether the caller may see it is decided on what is in
  // force. DataLoss, Unavailable: as the store.
  [[nodiscard]] Result<std::optional<record::Structure>> find_version(
      store::Snapshot& snapshot, std::string_view name, std::string_view version) const;

  struct Saved {
    std::vector<std::string> names;  // of those that changed
    std::uint32_t audience = 0;      // the one of all that has one; 0: they have several
  };
  // Writes the next revision of each that differs from what is there. Requires: checked.
  [[nodiscard]] Result<Saved> save(store::Transaction& transaction,
                                   std::vector<record::Structure> rows, Instant now);

 private:
  Status intern(store::Transaction& transaction, const Model& next, record::Structure& row);
  store::Store& store_;
  Audiences& audiences_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Model> model_ = std::make_shared<Model>();
};

// The kinds of entries that statistics/ makes. In the ledger for ever: never change one.
namespace acts {
inline constexpr std::string_view define = "statistics.structure.define";
inline constexpr std::string_view upload = "statistics.upload";
}  // namespace acts

}  // namespace entente::statistics
