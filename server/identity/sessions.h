// Open sessions: one account signed in on one certificate, and what it holds at this instant.
//
// They live in memory: no token, not even hashed, ever reaches a disk or a backup, the monotonic
// clock that ends them does not outlive the daemon either, and a restart simply asks everyone to
// sign in again. Where several daemons serve one store, a session is open at one of them; what ends
// it is in the ledger, which all follow.
//
// Threads: any. Wakers are called without a lock held.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"
#include "server/identity/gate.h"
#include "server/identity/holdings.h"
#include "server/net/method_table.h"
#include "server/policy/policy.h"

namespace entente::identity {

struct SessionLimits {
  std::uint32_t idle_ms = limits::session_idle_ms_max;
  std::uint32_t secretariat_idle_ms = limits::session_idle_ms_max / 2;
  std::uint32_t absolute_ms = limits::session_ms_max;
  std::uint32_t step_up_ms = limits::step_up_ms_max;
  std::uint32_t per_account = limits::sessions_per_account_max;
};

// What a session is opened with; does not change while it lasts.
struct SessionFacts {
  std::string account;  // name
  std::string party;    // code
  std::string person;   // the id alone; empty for a program
  Digest certificate{};
  std::string certificate_der = {};  // judged anew whenever its party's trust changes
  Instant certificate_ends;
  std::string address;
  // Of a session that an application password opened: reads only, within `scope`.
  Scope scope = Scope::Unspecified;
  std::string application_password;  // its name; empty for a session opened by the password
};

class Session {
 public:
  [[nodiscard]] const SessionFacts& facts() const { return facts_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::string name() const { return "sessions/" + id_; }
  [[nodiscard]] Instant started_at() const { return started_at_; }
  [[nodiscard]] bool read_only() const { return !facts_.application_password.empty(); }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  friend class Sessions;
  SessionFacts facts_;
  std::string id_;
  Digest token_{};  // SHA-256 of the token
  Instant started_at_;
  Tick started_{};
  std::uint64_t order_ = 0;
  std::atomic<Tick> used_{};
  std::atomic<Tick> password_at_{};  // when the password was last given
  std::atomic<Tick> idle_{};         // how long without a call
  std::atomic<bool> has_password_ = false;
  std::atomic<bool> ended_ = false;

  mutable std::mutex mutex_;  // of what follows
  SubjectPointer subject_;
  std::uint64_t generation_ = 0;
  Tick made_{};
  std::optional<Instant> password_instant_;
  bool subject_stale_ = false;
  std::map<std::uint64_t, net::Waker> wakers_;
  std::uint64_t next_waker_ = 0;
};
using SessionPointer = std::shared_ptr<Session>;

class Sessions {
 public:
  Sessions(SessionLimits limits, const HoldingsSource& holdings, const Clock& clock,
           Entropy& entropy);

  struct Opened {
    Secret token;
    SessionPointer session;
  };
  // Beyond SessionLimits::per_account the account's session that was longest unused ends.
  [[nodiscard]] Opened open(SessionFacts facts);

  // The session of `token` on `certificate`; null if there is none: ended, or another's.
  [[nodiscard]] SessionPointer find(const Secret& token, const Digest& certificate) const;

  enum class Use { Call, Look };  // Look: does not put off the idle end
  // What the session's account holds at this instant. Ends the session if its time is over, its
  // certificate's is, or it lost a principal or duty since; Unauthenticated (SignedOut) then.
  [[nodiscard]] Result<SubjectPointer> subject(const SessionPointer& session, Use use);
  // The same for an act, which reads in its transaction what all rights rest on: its commit loses
  // (Aborted) against a change of them. Aborted: begin again.
  [[nodiscard]] Result<SubjectPointer> pin(const SessionPointer& session,
                                           store::Transaction& transaction);

  [[nodiscard]] bool stepped_up(const Session& session) const;
  void step_up(const SessionPointer& session);

  // Ends those that `which` picks, and wakes who waits on them. Returns how many.
  std::size_t end_where(const std::function<bool(const Session&)>& which);

  // Newest first, ended ones left out.
  [[nodiscard]] std::vector<SessionPointer> of_account(std::string_view account) const;
  // The one that acts as `subject`; null once it has ended.
  [[nodiscard]] SessionPointer of(const policy::Subject& subject) const;
  [[nodiscard]] std::size_t size() const;

  // Whose streams are open at this moment, one element a stream.
  [[nodiscard]] std::vector<SessionPointer> streaming() const;

  // When the session ends at the latest, and when if no call comes before; as civil time.
  [[nodiscard]] Instant ends_at(const Session& session) const;
  [[nodiscard]] Instant idle_ends_at(const Session& session) const;
  [[nodiscard]] std::optional<Instant> stepped_up_until(const Session& session) const;

  // Calls `waker` whenever the session ends or what it holds changes, until the handle dies.
  class Watch {
   public:
    Watch(SessionPointer session, std::uint64_t id) : session_(std::move(session)), id_(id) {}
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    SessionPointer session_;
    std::uint64_t id_;
  };
  [[nodiscard]] std::unique_ptr<Watch> watch(const SessionPointer& session, net::Waker waker);

  // Looks at every session, so that those nobody calls on end too. Called now and then.
  void sweep();

 private:
  static constexpr std::size_t shards_count = 16;
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  struct Shard {
    mutable std::shared_mutex mutex;
    std::unordered_map<Digest, SessionPointer, DigestHash> by_token;
  };
  Shard& shard_of(const Digest& token) { return shards_[token[31] % shards_count]; }
  const Shard& shard_of(const Digest& token) const { return shards_[token[31] % shards_count]; }
  void end(const SessionPointer& session);
  static void wake(Session& session);
  std::vector<SessionPointer> all() const;
  bool over(const Session& session, Tick tick) const;
  Tick idle_of(const policy::Subject& subject) const;

  const SessionLimits limits_;
  const HoldingsSource& holdings_;
  const Clock& clock_;
  Entropy& entropy_;
  std::array<Shard, shards_count> shards_;
  std::atomic<std::uint64_t> next_order_ = 0;
};

// The one answer to whoever has no session here.
[[nodiscard]] Status signed_out();

}  // namespace entente::identity
