// What the ledger shows of itself: signed checkpoints, and the cosignatures that witnesses made on
// them. A checkpoint is signed only after the entries under it are durable and the head that is
// kept outside the store says so too: what was shown once can never be taken back unseen.
//
// Threads: any. Ownership: main's; everything passed in is borrowed and outlives it. Its own
// thread, started and joined by start() and stop(), signs at most once an interval.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/note.h"
#include "proto/contract/status.h"
#include "server/ledger/ledger.h"
#include "server/ledger/tree_ledger.h"

namespace entente::ledger {

// Keeps the newest head outside the store, so that a store put back is told from its own.
class HeadRecorder {
 public:
  virtual ~HeadRecorder() = default;
  // On the disk, synced, when it returns Ok. Called in order of size, one call at a time;
  // `signed_note` is the checkpoint of that size, shown to nobody yet.
  [[nodiscard]] virtual Status record_head(std::uint64_t size, std::string_view signed_note) = 0;
};

// Keeps cosigned checkpoints over a restart. They prove themselves: whatever it gives back is
// checked.
class CosignatureKeeper {
 public:
  virtual ~CosignatureKeeper() = default;
  // Signed notes, in any order; none is not an error. Unavailable: they could not be read.
  [[nodiscard]] virtual Result<std::vector<std::string>> load() = 0;
  // Replaces all of them; on the disk, synced, when it returns Ok.
  [[nodiscard]] virtual Status keep(const std::vector<std::string>& notes) = 0;
};

// Whose cosignature this network takes, by configuration.
struct Witness {
  std::string party;
  note::VerifierKey key;  // of type Cosignature
};

// A checkpoint with the cosignatures made on it so far. Immutable.
struct Published {
  note::Checkpoint checkpoint;
  std::string note;
};

// The newest cosignature of one witness.
struct Cosigned {
  Witness witness;
  std::int64_t time_s = 0;  // POSIX; 0 if it never has
  std::uint64_t size = 0;
  std::string note;  // the checkpoint with this cosignature alone; empty if it never has
};

// What an act's reply says of its entry; `path` and `checkpoint` are empty while no checkpoint
// covers it.
struct Proof {
  std::uint64_t index = 0;
  Digest leaf{};
  std::vector<Digest> path;
  std::string checkpoint;
};

class Checkpoints final : public Follower {
 public:
  struct Parts {
    TreeLedger& ledger;
    note::SigningKey key;  // of type Ed25519; its name is the ledger's origin
    HeadRecorder& head;
    CosignatureKeeper& keeper;
    std::vector<Witness> witnesses;
    const Clock& clock;
    // Told of what went wrong on the own thread, called from it, and at the stop. Required.
    std::function<void(const Status&)> failed;
  };

  // Signs the ledger as it is and takes up the kept cosignatures; those that do not hold are
  // dropped. What HeadRecorder and TreeLedger answer.
  [[nodiscard]] static Result<std::unique_ptr<Checkpoints>> open(Parts parts);
  ~Checkpoints() override;

  // From then on a checkpoint follows each entry, at most one an interval; stop() signs the last
  // one, so that nothing of a stopped store can be rewritten unseen.
  void start(std::chrono::milliseconds interval);
  void stop();

  // Signs what is durable now, if it is more than the newest checkpoint says, and wakes who waits
  // for a newer one; callers at once share one synced head. On failure the newest checkpoint stays
  // what it was.
  [[nodiscard]] Status advance();

  [[nodiscard]] std::shared_ptr<const Published> newest() const;
  [[nodiscard]] const note::VerifierKey& key() const { return parts_.key.verifier(); }

  // Takes the cosignatures of known witnesses from `signed_note`; answers the names of those that
  // are now the newest kept. InvalidArgument (ProofInvalid): the note is not this ledger's, or
  // bears no cosignature of a known witness that holds. FailedPrecondition (ProofInvalid): it is
  // signed by this ledger's key and yet of no root that this ledger had: somebody else has the key,
  // or this store was put back. Unavailable: it could not be kept.
  [[nodiscard]] Result<std::vector<std::string>> add_cosignature(std::string_view signed_note);
  // One for each witness, in the configuration's order.
  [[nodiscard]] std::vector<Cosigned> cosignatures() const;

  // The proof that entry `index` stands in the newest checkpoint. `at_once`: signs one that covers
  // it if need be, at the cost of a synced head (shared by all who wait). Nobody is woken by it: or
  // each act of anybody would be sent to all who watch, at its moment. OutOfRange: no such entry.
  [[nodiscard]] Result<Proof> prove(std::uint64_t index, bool at_once);

  // `wake` is called, from any thread, after newest() has changed, until the subscription dies:
  // once an interval at most, and when a cosignature joins it.
  class Subscription {
   public:
    Subscription(Checkpoints& checkpoints, std::uint64_t id) : of_(checkpoints), id_(id) {}
    ~Subscription() { of_.unsubscribe(id_); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    Checkpoints& of_;
    std::uint64_t id_;
  };
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::function<void()> wake);

  void follow(std::uint64_t index, const Act& act) override;

 private:
  struct Kept {
    std::int64_t time_s = 0;
    note::Checkpoint checkpoint;
    note::Signature signature;
  };
  using KeptByName = std::map<std::string, Kept>;

  explicit Checkpoints(Parts parts) : parts_(std::move(parts)) {}
  Status load_cosignatures();
  // The cosignatures of known witnesses on `opened` that hold now.
  [[nodiscard]] KeptByName held_cosignatures(const note::SignedCheckpoint& opened) const;
  [[nodiscard]] Status check_is_own(const note::Checkpoint& checkpoint);
  [[nodiscard]] std::string note_of(const note::Checkpoint& checkpoint,
                                    const std::vector<note::Signature>& cosignatures) const;
  // Requires: state_mutex_ is held.
  void publish(const note::Checkpoint& checkpoint);
  // As advance(), and wakes nobody.
  [[nodiscard]] Status sign_newest();
  void wake_subscribers();
  void unsubscribe(std::uint64_t id);
  void run(const std::stop_token& stop, std::chrono::milliseconds interval);

  Parts parts_;

  std::mutex advance_mutex_;  // one head at a time
  std::mutex keep_mutex_;     // one file of cosignatures at a time

  mutable std::mutex state_mutex_;
  std::shared_ptr<const Published> newest_;
  std::shared_ptr<const Published> shown_;  // of which those who wait were woken
  KeptByName kept_;

  std::mutex wake_mutex_;
  std::map<std::uint64_t, std::function<void()>> subscribers_;
  std::uint64_t next_subscriber_ = 0;

  std::mutex run_mutex_;
  std::condition_variable_any grown_;
  bool dirty_ = false;
  std::jthread thread_;  // the last: it uses all of the above
};

}  // namespace entente::ledger
