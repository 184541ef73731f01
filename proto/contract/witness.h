// What a ministry's own client does to keep the host honest: co-sign checkpoints as a C2SP witness
// (c2sp.org/tlog-witness), hold a newer checkpoint against the last one seen, and judge whether
// enough others have looked lately. No I/O; the clock's reading and what must be kept are passed in
// and out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/note.h"
#include "proto/contract/status.h"

namespace entente::witness {

// The body of `POST <prefix>/add-checkpoint`.
struct AddCheckpoint {
  std::uint64_t old_size = 0;
  std::vector<Digest> proof;
  std::string note;

  // InvalidArgument: not `old <size>`, at most 63 lines of hashes, an empty line and something.
  [[nodiscard]] static Result<AddCheckpoint> parse(std::string_view body);
  [[nodiscard]] std::string format() const;
};

// An answer of the witness, as it goes over HTTP: 200 with signature lines, 409 with the size that
// it has
// (`text/x.tlog.size`), or 400, 403, 404, 422, 500 with a line for people.
struct Answer {
  int http_status = 0;
  std::string content_type;
  std::string body;
};

// Puts its name to a checkpoint only if it is the continuation of the last one that it put it to.
// Its whole memory is that last note, per ledger: signed by itself, so that a tampered memory is
// noticed.
//
// Any thread; calls are taken one at a time, from the check to what is kept.
class Witness {
 public:
  // Keeps `note` as the last one for `origin`, replacing the one before: on the disk when it
  // returns Ok.
  using Keep = std::function<Status(const std::string& origin, const std::string& note)>;

  // `logs`: whose checkpoints it looks at; a key's name is its ledger's origin. `kept`: what Keep
  // was given, any order. DataLoss: a kept note is not this witness's own; to go on without it
  // would be to forget what was vouched for.
  [[nodiscard]] static Result<std::unique_ptr<Witness>> open(note::SigningKey key,
                                                             std::vector<note::VerifierKey> logs,
                                                             std::span<const std::string> kept,
                                                             Keep keep);

  // The protocol's one call.
  [[nodiscard]] Answer add_checkpoint(std::string_view body, Instant now);

  // `GET <prefix>/<hex of SHA-256 of the origin>/checkpoint`: 200 or 404.
  [[nodiscard]] Answer checkpoint(std::string_view origin_hash) const;

  // The last checkpoint that it co-signed; nothing if it never has.
  [[nodiscard]] std::optional<note::Checkpoint> last(std::string_view origin) const;
  // The same as it was kept: with the ledger's signature and its own.
  [[nodiscard]] std::optional<std::string> last_note(std::string_view origin) const;

  [[nodiscard]] const note::VerifierKey& key() const { return key_.verifier(); }

 private:
  struct Seen {
    note::Checkpoint checkpoint;
    std::string note;
  };

  Witness(note::SigningKey key, std::vector<note::VerifierKey> logs, Keep keep)
      : key_(std::move(key)), logs_(std::move(logs)), keep_(std::move(keep)) {}
  // Ok, or the answer that refuses it.
  [[nodiscard]] std::optional<Answer> refuse_signatures(const note::Note& note,
                                                        const std::string& origin) const;
  [[nodiscard]] std::optional<Answer> refuse_growth(const AddCheckpoint& request,
                                                    const note::Checkpoint& checkpoint) const;

  note::SigningKey key_;
  std::vector<note::VerifierKey> logs_;
  Keep keep_;
  mutable std::mutex mutex_;
  std::map<std::string, Seen, std::less<>> seen_;
};

// How a checkpoint that the server shows stands to the last one seen.
enum class Continuity {
  Forked,  // neither is shown to be the beginning of the other: the server lies, or lied
  Behind,  // older than what was seen: put back, or another's stale answer
  Same,
  Grown,
};

// `path` proves the consistency of the smaller with the larger; not looked at if the sizes are
// equal.
[[nodiscard]] Continuity compare(const note::Checkpoint& last, const note::Checkpoint& shown,
                                 std::span<const Digest> path);

// A witness that this client has chosen to trust, out of band.
struct Trusted {
  std::string party;
  note::VerifierKey key;  // of type Cosignature
};

// What a trusted witness has last put its name to.
struct Look {
  Trusted witness;
  std::int64_t time_s = 0;  // POSIX; 0: nothing that was shown
  std::uint64_t size = 0;   // of the checkpoint
};

// One for each of `trusted`, in their order, by the cosigned checkpoints that the server hands out:
// the newest of `log` that `is_beginning` (asked only for what is signed: that it is consistent
// with the newest checkpoint this client has verified). A time more than five minutes ahead of
// `now` does not count. What is malformed does not count.
[[nodiscard]] std::vector<Look> looks(
    std::span<const std::string> cosigned_notes, const note::VerifierKey& log,
    std::span<const Trusted> trusted, Instant now,
    const std::function<bool(const note::Checkpoint&)>& is_beginning);

// Whether enough others have looked lately.
struct Assurance {
  std::vector<std::string> within_day;  // foreign parties whose witness looked, sorted
  std::vector<std::string> within_week;
  [[nodiscard]] bool warns() const { return within_day.size() < foreign_min; }
  [[nodiscard]] bool may_seal_confidential() const { return within_week.size() >= foreign_min; }
  static constexpr std::size_t foreign_min = 2;
};

// Counts each party other than `own_party` once.
[[nodiscard]] Assurance assess(std::span<const Look> looks, std::string_view own_party,
                               Instant now);

}  // namespace entente::witness
