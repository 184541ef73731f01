// The RPC face of documents, `entente.v1.DocumentService`: each function is what documents.proto
// says of its rpc, and is the five lines: validate, decide, act, record, reply.
//
// Threads: any. Ownership: main's; everything passed in is borrowed and outlives it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/circulations.pb.h"
#include "entente/v1/documents.pb.h"
#include "server/documents/content.h"
#include "server/documents/neighbours.h"
#include "server/documents/rows.h"
#include "server/documents/shelf.h"
#include "server/documents/uploads.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/ledger/receipts.h"

namespace entente::documents {

// The kinds of entries that documents/ makes. In the ledger for ever: never change one.
namespace acts {
inline constexpr std::string_view create = "documents.document.create";
inline constexpr std::string_view revise = "documents.document.revise";
inline constexpr std::string_view repeat = "documents.document.repeat";
inline constexpr std::string_view read = "documents.document.read";
inline constexpr std::string_view take = "documents.document.take";  // unmarked
inline constexpr std::string_view withdraw = "documents.document.withdraw";
inline constexpr std::string_view destroy = "documents.document.destroy";
inline constexpr std::string_view expire = "documents.retention.destroy";  // by the schedule
inline constexpr std::string_view end_embargo = "documents.embargo.end";   // at its hour
inline constexpr std::string_view adopt = "documents.circulation.adopt";   // by silence, likewise
inline constexpr std::string_view lapse = "documents.circulation.lapse";   // its documents are gone
inline constexpr std::string_view set_schedule = "documents.retention.set";
inline constexpr std::string_view hold = "documents.document.hold";
inline constexpr std::string_view share = "documents.document.share";
inline constexpr std::string_view send = "documents.circulation.send";
inline constexpr std::string_view respond = "documents.circulation.respond";
inline constexpr std::string_view recall = "documents.circulation.recall";
inline constexpr std::string_view remind = "documents.circulation.remind";
}  // namespace acts

// Where a list goes on; the token is its caller's and its query's.
[[nodiscard]] Result<std::optional<Shelf::Place>> read_token(const store::Store& store,
                                                             const policy::Subject& subject,
                                                             std::string_view query,
                                                             const std::string& token);
[[nodiscard]] std::string make_token(const store::Store& store, const policy::Subject& subject,
                                     std::string_view query, const Shelf::Place& last);

// Whether the subject takes part in the process, in any standing.
[[nodiscard]] bool takes_part(const policy::Subject& subject, std::string_view process);
// As what a decision sees of a subject whose audience is not numbered yet.
[[nodiscard]] policy::Decision decide_new(const policy::Subject& subject,
                                          const policy::Audience& audience, policy::Guard guard,
                                          Instant now);

class Service {
 public:
  struct Parts {
    const Rows& rows;
    const Shelf& shelf;
    Uploads& uploads;
    Marker& marker;
    Neighbours& neighbours;
    ledger::Ledger& ledger;
    const Clock& clock;
  };
  explicit Service(Parts parts) : parts_(parts) {}

  // `make_receipt`: of a commit, for the replies that bear one; `at_once`: under a checkpoint that
  // is signed for it, of what is sealed.
  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt,
              const ledger::MakeReceipt& at_once);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::ContentProgress> begin_content(const Subject&, const v1::BeginContentRequest&,
                                            Snapshot&);
  Result<v1::ContentProgress> send_content(const Subject&, const v1::SendContentRequest&,
                                           Snapshot&);
  Result<v1::Document> get_document(const Subject&, const v1::GetDocumentRequest&, Snapshot&);
  Result<v1::ListDocumentsReply> list_documents(const Subject&, const v1::ListDocumentsRequest&,
                                                Snapshot&);
  Result<v1::Readers> get_readers(const Subject&, const v1::GetReadersRequest&, Snapshot&);

  Result<v1::Document> finish_content(const Subject&, const v1::FinishContentRequest&,
                                      Transaction&);
  Result<v1::Document> update_document(const Subject&, const v1::UpdateDocumentRequest&,
                                       Transaction&);
  Result<v1::Reading> open_document(const Subject&, const v1::OpenDocumentRequest&, Transaction&);
  Result<v1::Document> withdraw_document(const Subject&, const v1::WithdrawDocumentRequest&,
                                         Transaction&);
  Result<v1::Document> destroy_document(const Subject&, const v1::DestroyDocumentRequest&,
                                        Transaction&);
  Result<v1::Document> hold_document(const Subject&, const v1::HoldDocumentRequest&, Transaction&);
  // The same by the schedule, in nobody's name. A document without name: it is not over its time,
  // or on hold, after all.
  Result<v1::Document> destroy_by_schedule(const store::Id& document, Instant now, Transaction&);
  // After the commits of finish_content, and of those that destroy.
  void finished(const v1::Document& document);
  void destroyed(const v1::Document& document);
  // What time brings: the keys of what was destroyed go that could not before, be it that the
  // keyring could not be written, or that nobody was told that the commit came through.
  void tend();

  // What ReadContent asks for, opened for a subject: a copy, and what it is a copy of.
  struct Released {
    store::Id document;
    v1::Content content;
    std::string content_id;     // Kept.id
    std::uint64_t reading = 0;  // 0: none was needed
    std::uint64_t revision = 0;
    std::unique_ptr<Copy> copy;
  };
  Result<Released> release(const Subject& subject, const v1::ReadContentRequest& message,
                           Snapshot& snapshot);
  // What a reading of content that failed so is to its reader, who asked for it as `name`: NotFound
  // where what was read was destroyed meanwhile, or taken from them; else `failed`.
  [[nodiscard]] Status why_unread(const Subject& subject, const store::Id& document,
                                  std::string_view name, Status failed) const;
  // Whether the subject may still get content of the document.
  [[nodiscard]] bool may_still_read(const Subject& subject, const store::Id& document) const;

  // The stream of ReadContent: opened for a subject, who is asked for anew before each message.
  using Who = std::function<Result<identity::SubjectPointer>()>;
  Result<std::unique_ptr<net::Source>> read_content(const Who& who,
                                                    const v1::ReadContentRequest& message);

  // What the room's other faces stand on. find_readable: a document, or one of its revisions, to be
  // read; find_itself: the document alone, as it is, which is what acts go by. NotFound: neither,
  // or not for the subject.
  [[nodiscard]] Result<Rows::Document> find_readable(const Subject& subject, std::string_view name,
                                                     Snapshot& snapshot) const;
  [[nodiscard]] Result<Rows::Document> find_itself(const Subject& subject, std::string_view name,
                                                   Snapshot& snapshot) const;
  [[nodiscard]] Status decide_create(const Subject& subject, const v1::Document& document) const;
  [[nodiscard]] Result<v1::Reckoning> reckon(const Subject& subject, const v1::Document& document,
                                             Snapshot& snapshot) const;
  // The next revision of a document whose audience two persons, or its originator, have widened;
  // without an entry. What the store answers.
  [[nodiscard]] Status save_wider(const Subject& subject, record::Document& row,
                                  Transaction& transaction);
  void record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                  const record::Document& row, ledger::Act act = {}) const;

 private:
  [[nodiscard]] Result<record::Document> take_own(const Subject& subject, std::string_view name,
                                                  policy::Action action, Snapshot& snapshot) const;
  [[nodiscard]] Result<record::Document> take_for_content(const Subject& subject,
                                                          std::string_view name,
                                                          const v1::Content& content,
                                                          Snapshot& snapshot) const;
  // Says of a document which silences end with it, of those that the subject may see.
  [[nodiscard]] Status add_silences(const Subject& subject, const store::Id& document,
                                    v1::Document& wire, Snapshot& snapshot) const;
  // Whether the document leaves to the subject without a mark.
  [[nodiscard]] Status decide_original(const Subject& subject, const policy::Guard& guard,
                                       Snapshot& snapshot) const;
  [[nodiscard]] Status set_guard(const Subject& subject, const v1::Document& document,
                                 record::Document& row, Transaction& transaction);
  // Puts a stone in a document's place; its key goes after the commit.
  [[nodiscard]] Result<record::Document> bury(const record::Document& row,
                                              const std::string& account, Transaction& transaction);
  [[nodiscard]] Status check_markable(const record::Document& row, const record::Kept& kept);
  [[nodiscard]] Result<record::Document> make_row(const Subject& subject, UploadSession& session,
                                                  Transaction& transaction);
  [[nodiscard]] Status put_content(const Subject& subject, const UploadSession& session,
                                   record::Document& row, Snapshot& snapshot) const;
  // As WhoCanSee answers it of a document, or of a draft: reckon() without its refusal of what the
  // subject may not see, which is among the `unknown`.
  [[nodiscard]] Result<v1::Reckoning> readers_of(const Subject& subject,
                                                 const v1::Document& document,
                                                 Snapshot& snapshot) const;
  [[nodiscard]] Status put_envelope(Transaction& transaction, const UploadSession& session,
                                    const record::Document& row) const;
  [[nodiscard]] Status add_event(Transaction& transaction, const Subject& subject,
                                 v1::News::Kind kind, const record::Document& row) const;

  Parts parts_;
  std::mutex mutex_;
  // Destroyed in a transaction that is not committed yet, or whose key could not go yet, by the
  // document's name; and their contents.
  std::map<std::string, std::set<store::Id>> destroying_;
};

[[nodiscard]] Actor actor_of(const policy::Subject& subject);

}  // namespace entente::documents
