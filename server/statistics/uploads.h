// Uploads under way: each is read as its pieces come, in bounded memory, and waits to be finished
// or forgotten. Nothing of it is visible.
//
// Threads: any; one piece of one upload at a time, the next waits.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "entente/v1/evidence.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/running_digest.h"
#include "proto/formats/row_texts.h"
#include "server/statistics/checker.h"
#include "server/statistics/kept_rows.h"
#include "server/statistics/readers.h"
#include "server/statistics/shelf.h"
#include "server/statistics/structure/structures.h"

namespace entente::statistics {

// One upload. Whoever holds `mutex` may touch it.
struct UploadSession {
  UploadSession(store::Store& store, Entropy& entropy, std::shared_ptr<const Flow> its_flow,
                const std::string& its_party, const v1::BeginUploadRequest& its_request,
                std::string its_mapping, const Collector::Rules& rules);

  ~UploadSession();
  // What was staged is the store's now.
  void release();
  UploadSession(const UploadSession&) = delete;
  UploadSession& operator=(const UploadSession&) = delete;

  std::mutex mutex;
  const std::shared_ptr<const Flow> flow;
  const std::string party;
  const v1::BeginUploadRequest request;
  const std::string mapping;  // encoded; empty: none
  std::uint64_t offset = 0;
  RunningDigest digest;
  Problems problems;
  Collector collector;
  Checker checker;
  RowKeeper rows;
  RowTexts texts;
  std::unique_ptr<Reader> reader;
  bool stopped = false;  // the file cannot be read on; what still comes is only counted
  bool ended = false;    // read to its end
  Collected collected;
  std::string sha256;
  // The dataflow's newest upload when this one was weighed against what is there.
  std::uint64_t weighed_against = 0;
  std::atomic<std::int64_t> used_at{0};  // ticks
  // Its rows are to be signed one by one: from which seed, under which root. Empty: they are not.
  std::string rows_seed;
  std::string rows_root;
  // A commit that names its rows was tried: whether it came through, only the store knows.
  bool tried = false;
};

class Uploads {
 public:
  struct Parts {
    store::Store& store;
    const Shelf& shelf;
    const Clock& clock;
    Entropy& entropy;
    // Rows and series sorted at a time; smaller in tests.
    std::size_t rows_max = limits::upload_rows_buffered_max;
    std::size_t series_max = limits::upload_series_buffered_max;
  };
  explicit Uploads(Parts parts) : parts_(parts) {}
  [[nodiscard]] Entropy& entropy() { return parts_.entropy; }

  // Begins it or finds it; `mapping`, encoded: what it is read by, checked. AlreadyExists: it was
  // begun with other words. ResourceExhausted (Overloaded): too many are under way.
  [[nodiscard]] Result<v1::UploadProgress> begin(const std::string& account,
                                                 const std::string& party,
                                                 std::shared_ptr<const Flow> flow,
                                                 const v1::BeginUploadRequest& request,
                                                 std::string mapping);
  // NotFound: no such upload of this account. FailedPrecondition: not at this offset. What
  // Store::stage returns.
  [[nodiscard]] Result<v1::UploadProgress> piece(const std::string& account,
                                                 const v1::SendPieceRequest& request);
  // Reads it to its end, if that was not done. NotFound as above.
  [[nodiscard]] Result<v1::UploadReport> check(const std::string& account, const std::string& id);
  // What CommitRows answers. NotFound as above. FailedPrecondition: it was not checked or has
  // faults.
  [[nodiscard]] Result<v1::CommittedRows> commit_rows(const std::string& account,
                                                      const v1::CommitRowsRequest& request);
  // The session, for FinishUpload; null if there is none.
  [[nodiscard]] std::shared_ptr<UploadSession> find(const std::string& account,
                                                    const std::string& id);
  // It is kept: its rows are the store's.
  void done(const std::string& account, const std::string& id);
  // Forgets what nobody has touched for upload_idle_ms_max.
  void sweep();

 private:
  using Place = std::pair<std::string, std::string>;
  [[nodiscard]] bool is_full(const std::string& account) const;
  [[nodiscard]] std::shared_ptr<UploadSession> make_room(const std::string& account);
  // Begins it anew; `gone`: what made room for it.
  Result<v1::UploadProgress> add(const Place& place, const std::string& party,
                                 std::shared_ptr<const Flow> flow,
                                 const v1::BeginUploadRequest& request, std::string mapping,
                                 std::shared_ptr<UploadSession>& gone);
  Status end(UploadSession& session);
  Status weigh(UploadSession& session);
  [[nodiscard]] std::vector<Layer> own_layers(UploadSession& session) const;
  Status find_present(UploadSession& session);
  Status lay_over(UploadSession& session);
  Parts parts_;
  std::mutex mutex_;
  std::map<Place, std::shared_ptr<UploadSession>> sessions_;
};

// 0: it is under none.
[[nodiscard]] std::int64_t embargo_us_of(const v1::BeginUploadRequest& request);
[[nodiscard]] v1::UploadReport report_of(const UploadSession& session);

}  // namespace entente::statistics
