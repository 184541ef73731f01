// Full-text search: keeps the index in step with what is searched, and answers
// `entente.v1.SearchService`. What is closed to somebody leaves the index before the act that
// closes it returns; what comes is found by its title at once, by its text as soon as that is read.
//
// The index lives in memory, and is made anew at each start, beside the daemon's other work, of the
// texts that the store keeps sealed.
//
// Threads: any; one of its own reads and indexes. Ownership: the room's.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "server/documents/search/document_source.h"
#include "server/documents/search/index.h"
#include "server/documents/search/source.h"
#include "server/documents/search/texts.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"

namespace entente::documents::search {

class Searcher final : public ledger::Follower {
 public:
  struct Parts {
    const Rows& rows;
    const documents::Shelf& shelf;
    Helper& extractor;  // `entente-extract`
    const Clock& clock;
  };
  explicit Searcher(Parts parts);
  ~Searcher() override;

  // What else is searched. Before begin(); outlives this.
  void add(const Source& source) { sources_.push_back(&source); }
  // Reads everything there is, on a thread of its own. Once, after all that it follows was loaded.
  void begin();
  // After the rooms that it reads have followed.
  void follow(std::uint64_t index, const ledger::Act& act) override;
  // Waits until all that came is in the index.
  void settle();

  void add_to(identity::Gate& gate);
  [[nodiscard]] Result<v1::SearchReply> search(const policy::Subject& subject,
                                               const v1::SearchRequest& message,
                                               store::Snapshot& snapshot) const;
  [[nodiscard]] Result<v1::TextState> get_text_state(const policy::Subject& subject,
                                                     const v1::GetTextStateRequest& message,
                                                     store::Snapshot& snapshot) const;

 private:
  [[nodiscard]] const Source* source_of(std::string_view name) const;
  void put_off(const std::string& name);
  void work(const std::stop_token& stop);
  // One step of the work; `lock` is held before and after, not in between.
  void index(const std::string& name, std::unique_lock<std::mutex>& lock);
  void read_text(const std::string& name, const std::stop_token& stop,
                 std::unique_lock<std::mutex>& lock);
  [[nodiscard]] std::optional<Indexable> take(const std::string& name) const;
  [[nodiscard]] bool lacks_text(const std::string& name) const;
  // Reads those of a document's texts that are not read yet. False: to be tried again.
  [[nodiscard]] bool read_texts(const std::string& name, const std::stop_token& stop) const;

  [[nodiscard]] Result<Wanted> wanted_of(const v1::SearchRequest& message) const;
  void add_found(const policy::Subject& subject, const Answer& answer,
                 const std::vector<Clause>& clauses, store::Snapshot& snapshot,
                 v1::SearchReply& reply) const;
  void add_suggestion(const Index::Sees& sees, const Wanted& wanted, v1::SearchReply& reply) const;

  Parts parts_;
  Texts texts_;
  DocumentSource documents_;
  std::vector<const Source*> sources_;
  Index index_;
  mutable std::mutex stems_mutex_;
  mutable Stems stems_;  // of queries and passages
  Stems indexing_;       // the worker's

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;  // to be indexed
  std::deque<std::string> unread_;   // whose texts are to be read, once nothing waits
  // How often each changed while it waits or is worked on: what was read before a change is void.
  std::unordered_map<std::string, std::uint64_t> turns_;
  std::uint64_t turn_ = 0;
  bool building_ = true;
  bool untidy_ = false;
  bool busy_ = false;
  std::jthread thread_;  // the last: it ends before what it works on
};

}  // namespace entente::documents::search
