// Objects as the store keeps them: a row for each, found by its blinded name, and a row for each of
// its revisions. Operations inside a transaction; nothing here decides.
//
// Threads: as the transaction.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "proto/contract/timestamp.h"
#include "server/directory/record.pb.h"
#include "server/policy/guarded.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::directory {

// On disk: never renumber. The shapes are in docs/key-layout.md.
inline constexpr store::Table objects_table{0x40};    // blinded name -> Record, the newest
inline constexpr store::Table revisions_table{0x41};  // blinded name, revision -> Record
inline constexpr store::Table audiences_table{0x42};  // number -> Audience
inline constexpr store::Table held_table{0x43};  // blinded office, blinded appointment -> its name
inline constexpr store::Table proposals_table{0x44};  // blinded name -> Proposal
inline constexpr store::Table rights_table{0x46};     // alone -> how often rights changed

using record::Record;

[[nodiscard]] policy::Guard guard_of(const record::Guard& guard);
[[nodiscard]] record::Guard to_record(const policy::Guard& guard);

// An object as it is kept for its readers.
struct Stored {
  // A contact of a person: under its own guard, if it has one; as v1::Person serializes it.
  struct Contact {
    std::optional<policy::Guard> guard;
    std::string bytes;
  };
  Record record;
  // Of a person: v1::Person serialized without its contacts and `stale`; then the contacts.
  std::string person;
  std::vector<Contact> contacts;
};

// Whether rights rest on it: on a person's own entry none does that its party and appointments do
// not give, and on a test of a contact none at all.
[[nodiscard]] bool bears_rights(const Record& record);

class Records {
 public:
  Records(store::Store& store, Entropy& entropy) : store_(store), entropy_(entropy) {}

  // The object under its guard; nothing if there is none. DataLoss, Unavailable: as the store.
  [[nodiscard]] Result<std::optional<policy::Guarded<Record>>> find(store::Snapshot& snapshot,
                                                                    std::string_view name) const;
  // The same to read only, shared with its other readers; null if there is none.
  [[nodiscard]] Result<std::shared_ptr<const policy::Guarded<Stored>>> look(
      store::Snapshot& snapshot, std::string_view name) const;
  // The object's revision and nothing else of it: what an audit holds against the ledger. As find.
  [[nodiscard]] Result<std::optional<std::uint64_t>> revision_of(store::Snapshot& snapshot,
                                                                 std::string_view name) const;
  // How often anything changed that rights rest on: processes, parties, participations, bodies,
  // offices, appointments, and what another room keeps of them (`change_rights`). Who acts by
  // rights reads it in the act's transaction, which then loses (Aborted) against a change of them.
  [[nodiscard]] Result<std::uint64_t> rights(store::Snapshot& snapshot) const;
  // Counts one more change.
  [[nodiscard]] Status change_rights(store::Transaction& transaction) const;
  // Writes the next revision of `record.name()`; sets its revision, time and salt.
  [[nodiscard]] Status save(store::Transaction& transaction, Record& record, Instant now) const;

  // Every appointment to an office, whenever it holds, as this transaction sees them: who else
  // appoints to it meanwhile conflicts.
  [[nodiscard]] Result<std::vector<policy::Guarded<Record>>> appointments_to(
      store::Snapshot& snapshot, std::string_view office) const;

  [[nodiscard]] Result<std::optional<record::Proposal>> proposal(store::Snapshot& snapshot,
                                                                 std::string_view name) const;
  [[nodiscard]] Result<std::vector<record::Proposal>> proposals(store::Snapshot& snapshot) const;
  void put(store::Transaction& transaction, const record::Proposal& row,
           std::string_view name) const;
  void erase(store::Transaction& transaction, std::string_view proposal) const;

  // The number of `audience`; gives it the next one, in this transaction, if it has none.
  // `known`: how many are given already, as the reader knows (a lower bound).
  [[nodiscard]] Result<policy::AudienceId> intern(store::Transaction& transaction,
                                                  const policy::Audience& audience,
                                                  const policy::AudienceTable& known) const;

  // Every revision of every object, in no order that means anything.
  [[nodiscard]] Status each_revision(store::Snapshot& snapshot,
                                     const std::function<Status(Record)>& visit) const;
  // Of one object, in their order, from revision `first` on.
  [[nodiscard]] Status revisions_of(store::Snapshot& snapshot, std::string_view name,
                                    const std::function<Status(Record)>& visit,
                                    std::uint64_t first = 1) const;
  // The audiences from number `first` on, in order.
  [[nodiscard]] Status audiences(
      store::Snapshot& snapshot, std::uint32_t first,
      const std::function<void(policy::AudienceId, policy::Audience)>& visit) const;

  // A short MAC over what page tokens say, so that a caller's own token, and it alone, is taken
  // back.
  [[nodiscard]] std::string token_mac(std::string_view text) const;

 private:
  [[nodiscard]] store::Id id_of(std::string_view name) const {
    return store_.blind("directory", name);
  }
  store::Store& store_;
  Entropy& entropy_;
};

}  // namespace entente::directory
