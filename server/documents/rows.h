// Documents, readings and circulations as the store keeps them. Operations inside a transaction;
// nothing here decides.
//
// Threads: as the transaction.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/documents/model.h"
#include "server/documents/record.pb.h"
#include "server/policy/guarded.h"
#include "server/store/store.h"

namespace entente::documents {

// On disk: never renumber. The shapes are in docs/key-layout.md.
inline constexpr store::Table documents_table{0x80};      // document -> Document, the newest
inline constexpr store::Table revisions_table{0x81};      // document, revision -> Document
inline constexpr store::Table chunks_table{0x82};         // content, number -> bytes; staged
inline constexpr store::Table readings_table{0x83};       // document, number -> Reading
inline constexpr store::Table reading_heads_table{0x84};  // document -> ReadingHead
inline constexpr store::Table readers_table{0x85};        // document, account -> Reader
inline constexpr store::Table upload_places_table{0x86};  // upload -> UploadPlace
inline constexpr store::Table circulations_table{0x87};   // circulation -> Circulation
inline constexpr store::Table responses_table{0x88};      // circulation, number -> Response
inline constexpr store::Table recipients_table{0x89};     // circulation, account -> Recipient
inline constexpr store::Table events_table{0x8a};         // number -> Event
inline constexpr store::Table texts_table{0x8e};          // content, number -> its text; staged
inline constexpr store::Table schedules_table{0x8c};      // process -> Schedule
inline constexpr store::Table event_head_table{0x8b};     // zero -> EventHead
inline constexpr store::Table consents_table{0x8f};       // document, number -> Consent
inline constexpr store::Table envelopes_table{0x8d};      // document, number -> Envelope

// Who acts, as rows keep it.
struct Actor {
  std::string account;
  std::string person;
  std::string party;
};

// A document's own key: what is destroyed with it.
[[nodiscard]] store::SealName seal_of(const store::Id& document);
// The key of a process (`igc`), under which those of its documents are.
[[nodiscard]] store::SealName process_seal(const store::Store& store, std::string_view process);

// DataLoss: what a row that does not read comes to, wherever it is met. What is not read is never
// taken for what is not there.
[[nodiscard]] Status unreadable();

// The row as it is now in `snapshot`; nothing: there is none.
template <typename Row>
[[nodiscard]] Result<std::optional<Row>> find_row(store::Snapshot& snapshot,
                                                  const store::Key& key) {
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key));
  if (!bytes) return std::optional<Row>();
  Row row;
  if (!row.ParseFromString(*bytes)) return unreadable();
  return std::optional<Row>(std::move(row));
}

class Rows {
 public:
  explicit Rows(store::Store& store) : store_(store) {}

  template <typename T>
  using Found = Result<std::optional<T>>;
  using Document = policy::Guarded<record::Document>;
  using Circulation = policy::Guarded<record::Circulation>;

  // DataLoss, Unavailable: as the store; nothing: there is none. What has been destroyed since the
  // snapshot was taken, and can be read no more, is its stone, here and below.
  [[nodiscard]] Found<Document> find(store::Snapshot& snapshot, const store::Id& document) const;
  // As it was then, under what stands over it now.
  [[nodiscard]] Found<Document> find_revision(store::Snapshot& snapshot, const store::Id& document,
                                              std::uint64_t revision) const;
  // What stood over it at each of its revisions, in their order.
  [[nodiscard]] Status each_guard(
      store::Snapshot& snapshot, const store::Id& document,
      const std::function<void(Instant recorded_at, const policy::Guard& guard)>& visit) const;
  // A content of these bytes that one of its revisions has.
  [[nodiscard]] Found<record::Kept> find_kept(store::Snapshot& snapshot, const store::Id& document,
                                              std::string_view sha256) const;
  // Writes the next revision: sets number and time. What find() returns. Requires: its key is
  // there, and `document` is the newest, or a new one; to write over what came since is a bug, and
  // ends the daemon.
  [[nodiscard]] Status save(store::Transaction& transaction, record::Document& document,
                            Instant now) const;
  // Puts a stone in its place that says no more than that it was, and takes every revision away.
  [[nodiscard]] Status bury(store::Transaction& transaction, const record::Document& stone) const;

  // Makes the next reading of a document, and counts it for its reader.
  [[nodiscard]] Result<record::Reading> next_reading(store::Snapshot& snapshot,
                                                     const store::Id& document, const Actor& actor,
                                                     Instant now) const;
  [[nodiscard]] Status save_reading(store::Transaction& transaction, const store::Id& document,
                                    const record::Reading& reading) const;
  [[nodiscard]] Found<record::Reading> find_reading(store::Snapshot& snapshot,
                                                    const store::Id& document,
                                                    std::uint64_t number) const;
  [[nodiscard]] Found<record::Reader> find_reader(store::Snapshot& snapshot,
                                                  const store::Id& document,
                                                  std::string_view account) const;
  [[nodiscard]] Result<std::vector<record::Reader>> readers(store::Snapshot& snapshot,
                                                            const store::Id& document) const;

  // Gives `envelope` the next number of its document, and its name.
  [[nodiscard]] Status add_envelope(store::Transaction& transaction, const store::Id& document,
                                    record::Envelope& envelope) const;
  // Those of a document, in their order.
  [[nodiscard]] Result<std::vector<record::Envelope>> envelopes(store::Snapshot& snapshot,
                                                                const store::Id& document) const;

  void put_consent(store::Transaction& transaction, const record::Consent& consent) const;
  [[nodiscard]] Found<record::Consent> find_consent(store::Snapshot& snapshot,
                                                    const store::Id& document,
                                                    std::uint64_t number) const;
  // Those of a document, in their order.
  [[nodiscard]] Result<std::vector<record::Consent>> consents(store::Snapshot& snapshot,
                                                              const store::Id& document) const;
  [[nodiscard]] Result<std::vector<store::Id>> documents_with_consents(
      store::Snapshot& snapshot) const;

  [[nodiscard]] store::Id upload_id(std::string_view account, std::string_view chosen) const;
  [[nodiscard]] Found<record::UploadPlace> find_place(store::Snapshot& snapshot,
                                                      const store::Id& upload) const;
  void put_place(store::Transaction& transaction, const store::Id& upload,
                 const store::Id& document) const;

  // --- circulations ---

  [[nodiscard]] Found<Circulation> find_circulation(store::Snapshot& snapshot,
                                                    const store::Id& circulation) const;
  void save(store::Transaction& transaction, const record::Circulation& circulation) const;
  [[nodiscard]] Result<std::vector<record::Response>> responses(store::Snapshot& snapshot,
                                                                const store::Id& circulation) const;
  void put_response(store::Transaction& transaction, const record::Circulation& circulation,
                    const record::Response& response) const;
  [[nodiscard]] Result<record::Recipient> recipient(store::Snapshot& snapshot,
                                                    const store::Id& circulation,
                                                    const Actor& actor) const;
  void put_recipient(store::Transaction& transaction, const record::Circulation& circulation,
                     const record::Recipient& recipient) const;
  [[nodiscard]] Result<std::vector<record::Recipient>> recipients(
      store::Snapshot& snapshot, const store::Id& circulation) const;

  // --- news ---

  // Gives `event` the next number.
  [[nodiscard]] Status add_event(store::Transaction& transaction, record::Event event) const;
  // The last number that was given; 0: none. A transaction that has read it loses against one that
  // gives the next.
  [[nodiscard]] Result<std::uint64_t> newest_event(store::Snapshot& snapshot) const;
  // Those from number `first` on, in order.
  [[nodiscard]] Status each_event(store::Snapshot& snapshot, std::uint64_t first,
                                  const std::function<void(record::Event)>& visit) const;

  [[nodiscard]] store::SealName process_seal(std::string_view process) const;
  [[nodiscard]] store::Store& store() const { return store_; }

 private:
  [[nodiscard]] store::Id account_id(std::string_view account) const {
    return store_.blind("documents.account", account);
  }
  [[nodiscard]] Found<record::Document> newest(store::Snapshot& snapshot,
                                               const store::Id& document) const;
  // Of a document that is destroyed by now.
  [[nodiscard]] std::optional<record::Document> stone(const store::Id& document) const;
  // What was found under a document; of one that is destroyed by now, nothing.
  template <typename T>
  [[nodiscard]] Result<T> or_gone(const store::Id& document, Result<T> found) const;
  store::Store& store_;
};

}  // namespace entente::documents
