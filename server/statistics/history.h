// The RPC face of history, `entente.v1.HistoryService`: each function is what history.proto says of
// its rpc. All figures come by way of `Service::layers`.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "entente/v1/history.pb.h"
#include "server/ledger/receipts.h"
#include "server/statistics/service.h"

namespace entente::statistics {

// Wakes open streams: at each commit that may show them something, and when an embargo ends.
class Alarms final : public ledger::Follower {
 public:
  // One stream's; it is woken no more once this is gone.
  class Bell {
   public:
    Bell(Alarms& alarms, net::Waker waker);
    ~Bell();
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;
    // Wake me at that instant.
    void set(Instant at);

   private:
    Alarms& alarms_;
    std::list<std::pair<Instant, net::Waker>>::iterator place_;
  };

  void follow(std::uint64_t index, const ledger::Act& act) override;
  // Now and then.
  void ring(Instant now);

 private:
  std::mutex mutex_;
  std::list<std::pair<Instant, net::Waker>> bells_;
};

class HistoryService {
 public:
  struct Parts {
    store::Store& store;
    Service& service;
    Structures& structures;
    const Shelf& shelf;
    Alarms& alarms;
    const Clock& clock;
    Entropy& entropy;
  };
  explicit HistoryService(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::Changes> list_changes(const Subject&, const v1::ListChangesRequest&, Snapshot&);
  Result<v1::UploadReport> withdraw_upload(const Subject&, const v1::WithdrawUploadRequest&,
                                           Transaction&);
  // The stream of Watch: who it is for is asked anew before each message.
  Result<std::unique_ptr<net::Source>> watch(const Service::Who& who,
                                             const v1::WatchUploadsRequest& request,
                                             net::Waker waker);

 private:
  Status add_changes(const Subject& subject, const Flow& flow,
                     const v1::ListChangesRequest& message, Instant since, Instant until,
                     Snapshot& snapshot, v1::Changes& out);
  Result<Collected> restore(const Flow& flow, const Kept& kept, Snapshot& snapshot);
  Parts parts_;
};

}  // namespace entente::statistics
