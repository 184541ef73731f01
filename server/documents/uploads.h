// Contents that are on their way: sealed chunk by chunk as they come, in bounded memory, until they
// are finished or forgotten. Nothing of them is visible.
//
// Threads: any; one piece of one upload at a time, the next waits.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/limits_documents.h"
#include "proto/contract/running_digest.h"
#include "server/documents/rows.h"

namespace entente::documents {

// One upload. Whoever holds `mutex` may touch it.
struct UploadSession {
  UploadSession(store::Store& its_store, v1::BeginContentRequest its_request,
                const store::Id& its_document, const store::Id& its_content, bool makes_document)
      : store(its_store),
        request(std::move(its_request)),
        document(its_document),
        content(its_content),
        is_new(makes_document) {}
  ~UploadSession() { static_cast<void>(take_away().ok()); }  // else the next start does
  UploadSession(const UploadSession&) = delete;
  UploadSession& operator=(const UploadSession&) = delete;

  // Seals what is whole of `bytes`; at the end the rest. What Store::stage returns; then it stands
  // where it stood, and may be tried again.
  [[nodiscard]] Status add(std::string_view bytes, bool last);
  // Takes its rows and its key from the store, unless they are the store's by now. What
  // Store::stage and destroy_seal return; may be tried again.
  [[nodiscard]] Status take_away();

  store::Store& store;
  std::mutex mutex;
  const v1::BeginContentRequest request;
  const store::Id document;
  const store::Id content;
  const bool is_new;
  std::uint64_t offset = 0;
  std::uint64_t chunks = 0;
  std::uint64_t chunks_tried = 0;  // of a piece that failed, rows may be there
  std::string rest;                // less than a chunk
  std::string head;                // the first bytes, by which a PDF is known
  RunningDigest digest;
  std::string sha256;  // once it has ended
  bool kept = false;
  bool markable = false;                     // tried
  std::optional<record::Envelope> envelope;  // of what is sealed
  // A commit that names its rows was tried: whether it came through, only the store knows.
  bool tried = false;
  std::atomic<std::int64_t> used_at{0};  // ticks
};

class Uploads {
 public:
  struct Parts {
    const Rows& rows;
    const Clock& clock;
    Entropy& entropy;
  };
  explicit Uploads(Parts parts) : parts_(parts) {}

  // Finds it; null if there is none. AlreadyExists: it was begun with other words.
  [[nodiscard]] Result<std::shared_ptr<UploadSession>> find(const std::string& account,
                                                            const v1::BeginContentRequest& request);
  // By its id alone. NotFound: no such upload of this account.
  [[nodiscard]] Result<std::shared_ptr<UploadSession>> get(const std::string& account,
                                                           const std::string& id);
  // Begins one, for a document of its own (`document` absent) or for one that is there.
  // ResourceExhausted (Overloaded): too many are under way. What Store::ensure_seal returns.
  [[nodiscard]] Result<std::shared_ptr<UploadSession>> begin(
      const std::string& account, const v1::BeginContentRequest& request,
      const std::string& process, const std::optional<store::Id>& document);
  // FailedPrecondition: not at this offset. InvalidArgument: more than was said. What Store::stage
  // returns: the piece may be sent again.
  [[nodiscard]] Status piece(UploadSession& session, std::uint64_t offset,
                             std::string_view content);
  // Seals the rest, and knows the digest from then on. Requires: the session's mutex is held.
  [[nodiscard]] Status end(UploadSession& session);
  // After a commit that gave `document` a content: of those under way for it, which the store has a
  // place for are done, and their rows the store's. Of several that were finished at once some may
  // not have come through.
  void settle(const store::Id& document);
  // Forgets what nobody has touched for content_idle_ms_max. What cannot be taken away from the
  // store now (its disk is full) is tried again.
  void sweep();

 private:
  using Place = std::pair<std::string, std::string>;  // account, and the id that it chose
  void done(const Place& place);
  Parts parts_;
  std::mutex mutex_;
  std::map<Place, std::shared_ptr<UploadSession>> sessions_;
  std::vector<std::shared_ptr<UploadSession>> forgotten_;  // and still in the store
};

}  // namespace entente::documents
