// What a client is made of: its line, the calls on it, what it has seen of the ledger. Included by
// this room's sources only; client_calls.cc makes the calls that answer once, client_streams.cc
// those that go on.
#pragma once

#include <google/protobuf/descriptor.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "client/lib/act_proof.h"
#include "client/lib/client.h"
#include "client/lib/known_anchors.h"
#include "client/lib/ledger_view.h"
#include "client/lib/line.h"
#include "entente/v1/types.pb.h"
#include "proto/contract/digest.h"
#include "proto/contract/grpc_wire.h"
#include "proto/contract/http2_client.h"

namespace entente::client {

namespace asio = boost::asio;
using google::protobuf::MethodDescriptor;

inline constexpr const char* sign_in_rpc = "entente.v1.SessionService.SignIn";
inline constexpr const char* prove_consistency_rpc = "entente.v1.LedgerService.ProveConsistency";
inline constexpr int attempts_max = 3;  // of a call that is safe to retry

// A name that is not in the contract is the caller's bug.
[[nodiscard]] const MethodDescriptor& rpc_named(std::string_view full_name);

// A malformed hash ends the path there: too short a path proves nothing.
template <typename Hashes>
std::vector<Digest> digests_of(const Hashes& hashes) {
  std::vector<Digest> path;
  for (const std::string& hash : hashes) {
    if (hash.size() != sizeof(Digest)) break;
    path.push_back(digest_from(hash));
  }
  return path;
}

// The room of the last frame, kept for the next: that of a piece of a file costs more to get than
// to fill. Any thread.
class Spare : public std::enable_shared_from_this<Spare> {
 public:
  std::shared_ptr<const std::string> framed(const Message& message) {
    const std::size_t size = message.ByteSizeLong();
    std::string bytes = size < bytes_min ? std::string() : take();
    wire::append_prefix(bytes, size);
    ENTENTE_CHECK(message.AppendToString(&bytes));
    if (size < bytes_min) return std::make_shared<const std::string>(std::move(bytes));
    return {new std::string(std::move(bytes)),  // NOLINT(cppcoreguidelines-owning-memory)
            [self = shared_from_this()](std::string* lent) {
              self->put(std::move(*lent));
              delete lent;  // NOLINT(cppcoreguidelines-owning-memory): as it was made
            }};
  }

 private:
  static constexpr std::size_t bytes_min = 64 * 1024;  // less is not kept, nor any password
  std::string take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(bytes_, {});
  }
  void put(std::string bytes) {
    bytes.clear();
    const std::scoped_lock lock(mutex_);
    bytes_ = std::move(bytes);
  }

  std::mutex mutex_;
  std::string bytes_;
};

// Everything that the client's thread owns, and the little that is shared with its callers.
struct Client::State {
  // A message in its frame, made once; each try reads it.
  using Body = std::shared_ptr<const std::string>;
  Body body_of(const Message& message) { return spare->framed(message); }
  // One call on the line. Lives until its `done` has run.
  struct Attempt {
    const MethodDescriptor* method = nullptr;  // null: a plain GET
    std::string path;                          // of a plain GET
    std::string accept;
    Body body;
    std::function<Status(std::string_view, std::size_t)>
        on_message;  // and what it cost on the line
    std::function<void(Status)> done;
    std::chrono::milliseconds timeout{};
    std::optional<ProofWanted> wanted;  // of an act that is to be proved
    bool own_credit = false;
    bool each_message_renews = false;  // the timeout is between messages
    http2::ClientSession::CallId id = 0;
    wire::FrameReader reader;
    http2::Headers first_headers;
    std::unique_ptr<asio::steady_timer> timer;
  };

  explicit State(Options given) : options(std::move(given)) {}

  Options options;
  std::shared_ptr<TlsCredentials> credentials;
  std::unique_ptr<LedgerView> ledger;
  std::unique_ptr<KnownAnchors> anchors;
  const std::shared_ptr<Spare> spare = std::make_shared<Spare>();
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);

  // The client's thread only.
  std::unique_ptr<Line> line;
  std::uint64_t line_number = 0;  // of this one
  std::unique_ptr<http2::ClientSession> session;
  bool open = false;
  std::deque<std::shared_ptr<Attempt>> waiting;          // for the line to open
  std::set<std::shared_ptr<asio::steady_timer>> pauses;  // between two tries

  std::string account;  // whose certificate it is: `parties/SWE/accounts/anna`

  std::mutex mutex;  // guards the two below
  std::string token;
  std::function<std::optional<Secret>()> password_source;

  std::jthread thread;

  // --- on the client's thread ---
  void begin(const std::shared_ptr<Attempt>& attempt);
  void start(const std::shared_ptr<Attempt>& attempt);
  void arm(const std::shared_ptr<Attempt>& attempt);
  void on_ended(const std::shared_ptr<Attempt>& attempt, Status status,
                const http2::Headers& trailers);
  void finish(const std::shared_ptr<Attempt>& attempt, Status status);
  void connect();
  void line_lost(const Status& why);
  void flush();
  http2::Headers headers_for(const Attempt& attempt);

  // --- from any thread ---
  void call(const MethodDescriptor& method, const Body& body, std::shared_ptr<Message> out,
            std::function<void(Status)> done, CallOptions with, int attempts_left,
            bool may_sign_in);
  // What a reply shows of the ledger.
  struct Shown {
    std::shared_ptr<const Message> reply;
    std::vector<v1::Receipt> receipts;  // that have a checkpoint
    // Of an act that is to be proved; its receipt is the last of those.
    std::optional<ProofWanted> wanted;
    ShownProof act;

    // Whether the path of a ledger of `old_size` to one of `size` came with it.
    [[nodiscard]] bool leads(std::uint64_t old_size, std::uint64_t size) const {
      return wanted && wanted->seen && old_size == wanted->seen->size && size == act.size;
    }
    // Whether the receipt is of the act that is to be proved.
    [[nodiscard]] bool proves(const v1::Receipt& receipt) const {
      return wanted && receipt.entry_index() == act.proof.receipt().entry_index() &&
             receipt.leaf_hash() == act.proof.receipt().leaf_hash();
    }
  };
  void check_receipts(std::shared_ptr<const Shown> shown, std::size_t first,
                      std::function<void(Status)> done, int rounds_left);
  // Whether the path that came with it leads from what was seen as it was asked for, whatever
  // others have seen since.
  Status check_beyond_seen(const Shown& shown);
  void check_entry(const MethodDescriptor& method, std::shared_ptr<const Shown> shown,
                   std::function<void(Status)> done);
  void sign_in_again(std::function<void(Status)> done);
  void post(const std::shared_ptr<Attempt>& attempt) {
    asio::post(io, [this, attempt] { begin(attempt); });
  }
  // The caller has had some of a stream, and wants more or not.
  void consumed(const std::shared_ptr<Attempt>& attempt, std::size_t cost, bool more);
  void set_token(const std::string& fresh);
  std::string current_token() {
    const std::scoped_lock lock(mutex);
    return token;
  }
  [[nodiscard]] std::string token_path() const { return options.state_dir + "/token"; }
};

}  // namespace entente::client
