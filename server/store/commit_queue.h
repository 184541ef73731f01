// One line for all who commit: the first in it leads, and takes those behind it along. The leader
// validates each commit against what others wrote meanwhile, has the Sequencer settle its ledger
// entry's place, and gives the engine one batch to make durable for the whole group. While the
// followers of one group are told, the next group is already being written.
//
// Threads: any. Ownership: the store's; engine, keyring and sequencer are borrowed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/contract/status.h"
#include "server/store/engine.h"
#include "server/store/keyring.h"
#include "server/store/optimistic.h"
#include "server/store/store.h"

namespace entente::store {

// The table of the store's own rows; nobody else writes there.
inline constexpr Table store_table{0x00};
// The row that holds how many commits there are.
[[nodiscard]] const std::string& size_key();

// What one transaction asks for. Lives on the stack of the thread that waits for it.
struct Proposal {
  const ReadSet& reads;
  CommitIndex since;  // commits below it are in `view` for certain
  EngineView& view;
  std::vector<EngineRow> rows;   // sealed
  std::vector<KeyId> sealed_by;  // each key that sealed one of them, once
  std::string entry;
};

class CommitQueue {
 public:
  CommitQueue(Engine& engine, Keyring& keyring);
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // Reads how many commits the engine holds. Before anything else.
  // DataLoss: the count does not authenticate. Unavailable: the engine could not read.
  [[nodiscard]] Status open();

  void set_sequencer(Sequencer& sequencer);

  // Announces a reader: what is committed from here on is kept for its validation.
  [[nodiscard]] CommitIndex enter();
  // Requires: `since` is what enter() returned.
  void leave(CommitIndex since);

  // As Transaction::has_lost says.
  [[nodiscard]] bool has_changed(const ReadSet& reads, CommitIndex since, EngineView& view);

  // As Transaction::commit says.
  [[nodiscard]] Result<CommitIndex> commit(Proposal& proposal);

  // Runs `act` while nothing is being written.
  void exclusively(const std::function<void()>& act);

  // Writes the rows that `make` returns while nothing else is being written, without a commit: for
  // what changes no content (sealing anew), and for what a later commit names. What the engine
  // returns. Rows that need be durable WithNext only are kept until they are: should the engine
  // fail before, what it lost of them is written again before anything else, for a commit could
  // name it.
  [[nodiscard]] Status rewrite(const std::function<std::vector<EngineRow>()>& make,
                               Durable durable = Durable::Now);

  // If the engine has failed, tries to bring it back. Ok if it works (again).
  [[nodiscard]] Status recover();

  // Refuses every further commit, for good; reading goes on.
  void refuse_writes(std::string why);

  [[nodiscard]] CommitIndex size() const;
  // Empty while commits are taken; else why not, for operators.
  [[nodiscard]] std::string why_not() const;

 private:
  struct Waiting {
    Proposal* proposal = nullptr;                // or
    const std::function<void()>* act = nullptr;  // alone
    std::condition_variable wake;
    bool done = false;
    Result<CommitIndex> result = Status(Code::Unavailable, Reason::None, "not written");
  };
  struct Group {
    std::vector<Waiting*> members;
    std::vector<Waiting*> accepted;
    std::vector<EngineRow> rows;
  };

  // Waits until `waiting` is done or leads.
  void stand_in_line(Waiting& waiting, std::unique_lock<std::mutex>& lock);
  Group take_group();
  void step_down();

  // By the leader, without the mutex:
  void write_group(Group& group);
  [[nodiscard]] Status validate(const Proposal& proposal) const;
  [[nodiscard]] bool changed(const ReadSet& reads, CommitIndex since, EngineView& view) const;
  void sequence(Group& group, Waiting& waiting);
  [[nodiscard]] Status bring_back();
  // Writes them, and keeps account of what is not durable yet.
  [[nodiscard]] Status write(std::vector<EngineRow>& rows, Durable durable);
  [[nodiscard]] Status write_lost(EngineView& view);
  void settle(CommitIndex size);
  [[nodiscard]] Result<CommitIndex> read_size(EngineView& view) const;
  void fail(Group& group, const Status& status);

  // Tells the sequencer of everything below `size` that is its turn.
  void tell_durable(CommitIndex first, CommitIndex size, std::unique_lock<std::mutex>& lock);

  Engine& engine_;
  Keyring& keyring_;
  Sequencer* sequencer_ = nullptr;

  mutable std::mutex mutex_;
  std::deque<Waiting*> line_;
  bool leading_ = false;
  CommitIndex size_ = 0;          // durable commits
  CommitIndex told_ = 0;          // of which the sequencer has been told
  std::condition_variable turn_;  // told_ has moved
  std::map<CommitIndex, std::size_t> readers_;
  std::string why_not_;
  bool refused_ = false;  // for good

  // The leader's own:
  RecentWrites recent_;
  bool broken_ = false;
  CommitIndex unsettled_ = 0;  // while broken: the size if the failed batch is there after all
  std::map<std::string, EngineRow> staged_;  // written and not yet durable, by key
  std::size_t staged_bytes_ = 0;             // of their values
};

}  // namespace entente::store
