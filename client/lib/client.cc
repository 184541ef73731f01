#include "client/lib/client.h"

#include <google/protobuf/descriptor.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "client/lib/ledger_view.h"
#include "client/lib/line.h"
#include "client/lib/state_files.h"
#include "entente/v1/account.pb.h"
#include "entente/v1/ledger.pb.h"
#include "entente/v1/session.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/grpc_wire.h"
#include "proto/contract/http2_client.h"

namespace entente::client {
namespace {

namespace asio = boost::asio;
using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

constexpr const char* kSignIn = "entente.v1.SessionService.SignIn";
constexpr const char* kSignOut = "entente.v1.SessionService.SignOut";
constexpr const char* kProveConsistency = "entente.v1.LedgerService.ProveConsistency";
constexpr const char* kListAnchors = "entente.v1.CertificateService.ListAnchors";
constexpr int kAttemptsMax = 3;  // of a call that is safe to retry
constexpr std::chrono::milliseconds kRetryPause{100};
// How often others may have moved the ledger's view on while a receipt of this one is checked.
constexpr int kRoundsMax = 16;

// `/package.Service/Method` of a full name; a name that is not in the contract is the caller's bug.
const MethodDescriptor& method_of(std::string_view full_name) {
  const MethodDescriptor* method =
      DescriptorPool::generated_pool()->FindMethodByName(std::string(full_name));
  ENTENTE_CHECK(method != nullptr);
  return *method;
}

std::string path_of(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

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

bool safe_to_retry(const MethodDescriptor& method) {
  return method.options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
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

}  // namespace

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
  std::unique_ptr<http2::ClientSession> session;
  bool open = false;
  std::deque<std::shared_ptr<Attempt>> waiting;  // for the line to open

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
            std::function<void(Status)> done, std::chrono::milliseconds timeout, int attempts_left,
            bool may_sign_in);
  void check_receipts(std::shared_ptr<Message> out, std::function<void(Status)> done,
                      int rounds_left);
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

http2::Headers Client::State::headers_for(const Attempt& attempt) {
  const bool plain = attempt.method == nullptr;
  http2::Headers headers = {{":method", plain ? "GET" : "POST"},
                            {":scheme", "https"},
                            {":authority", options.host + ":" + std::to_string(options.port)},
                            {":path", plain ? attempt.path : path_of(*attempt.method)},
                            {"user-agent", "entente-client/1"}};
  if (plain) {
    headers.emplace_back("accept", attempt.accept);
  } else {
    headers.emplace_back("content-type", "application/grpc");
    headers.emplace_back("te", "trailers");
    if (!attempt.each_message_renews) {
      headers.emplace_back("grpc-timeout", std::to_string(attempt.timeout.count()) + "m");
    }
  }
  if (const std::string bearer = current_token(); !bearer.empty()) {
    headers.emplace_back("authorization", "Bearer " + bearer);
  }
  return headers;
}

void Client::State::begin(const std::shared_ptr<Attempt>& attempt) {
  attempt->timer = std::make_unique<asio::steady_timer>(io);
  arm(attempt);
  if (session && !session->alive())
    line_lost(Status(Code::Unavailable, Reason::None, "the line has closed"));
  if (open) return start(attempt);
  waiting.push_back(attempt);
  if (!line) connect();
}

void Client::State::arm(const std::shared_ptr<Attempt>& attempt) {
  attempt->timer->expires_after(attempt->timeout);
  attempt->timer->async_wait([this, attempt](const boost::system::error_code& error) {
    if (error || !attempt->done) return;
    if (session && attempt->id != 0) session->cancel(attempt->id);
    finish(attempt,
           Status(Code::DeadlineExceeded, Reason::None, "the server did not answer in time"));
    flush();
  });
}

void Client::State::start(const std::shared_ptr<Attempt>& attempt) {
  if (!attempt->done) return;  // ran out of time while it waited
  http2::CallHandlers handlers;
  handlers.own_credit = attempt->own_credit;
  handlers.headers = [attempt](const http2::Headers& headers) { attempt->first_headers = headers; };
  handlers.data = [this, attempt](std::string_view bytes) {
    if (attempt->method == nullptr) {
      arm(attempt);
      (void)attempt->on_message(bytes, bytes.size());
      return;
    }
    Status read = attempt->reader.feed(bytes, [&](std::string_view message, std::uint8_t) {
      if (attempt->each_message_renews) arm(attempt);
      return attempt->on_message(message, message.size() + 5);
    });
    if (read.ok()) return;
    session->cancel(attempt->id);
    finish(attempt, std::move(read));
  };
  handlers.ended = [this, attempt](Status status, const http2::Headers& trailers) {
    on_ended(attempt, std::move(status), trailers);
  };
  Result<http2::ClientSession::CallId> id = session->start(
      headers_for(*attempt),
      attempt->method == nullptr ? std::make_shared<const std::string>() : attempt->body,
      std::move(handlers));
  if (!id.ok()) return finish(attempt, id.status());
  attempt->id = *id;
  flush();
}

void Client::State::on_ended(const std::shared_ptr<Attempt>& attempt, Status status,
                             const http2::Headers& trailers) {
  if (attempt->method == nullptr) return finish(attempt, std::move(status));
  if (status.ok()) status = wire::status_of(trailers.empty() ? attempt->first_headers : trailers);
  if (status.ok() && attempt->reader.in_the_middle()) {
    status = Status(Code::Unavailable, Reason::None, "the server's answer was cut short");
  }
  finish(attempt, std::move(status));
}

void Client::State::finish(const std::shared_ptr<Attempt>& attempt, Status status) {
  if (!attempt->done) return;
  const auto done = std::exchange(attempt->done, nullptr);
  attempt->timer->cancel();
  done(std::move(status));
}

void Client::State::connect() {
  Line::Events events;
  events.opened = [this] {
    session = std::make_unique<http2::ClientSession>();
    open = true;
    const auto ready = std::exchange(waiting, {});
    for (const auto& attempt : ready) start(attempt);
    flush();
  };
  events.received = [this](std::string_view bytes) {
    const Status status = session->receive(bytes);
    if (!status.ok()) return line_lost(status);
    flush();
  };
  events.written = [this] { flush(); };
  events.closed = [this](const Status& why) { line_lost(why); };
  line = std::make_unique<Line>(
      io, credentials,
      LineOptions{
          .host = options.host, .port = options.port, .connect_timeout = options.connect_timeout},
      std::move(events));
  line->open();
}

void Client::State::line_lost(const Status& why) {
  open = false;
  const auto lost_session = std::move(session);
  // The line's own handler may be what called: it goes when that has returned.
  asio::post(io, [gone = std::shared_ptr<Line>(std::move(line))] {});
  const auto lost = std::exchange(waiting, {});
  for (const auto& attempt : lost) finish(attempt, why);
  if (lost_session) lost_session->lose(why);
}

void Client::State::flush() {
  if (!open || !session || line->writing()) return;
  line->write([this](std::string& queue) { session->output(queue); });
}

void Client::State::consumed(const std::shared_ptr<Attempt>& attempt, std::size_t cost, bool more) {
  asio::post(io, [this, attempt, cost, more] {
    if (!session || attempt->id == 0) return;
    if (more) {
      session->credit(attempt->id, cost);
    } else {
      session->cancel(attempt->id);
      finish(attempt, Status());
    }
    flush();
  });
}

void Client::State::set_token(const std::string& fresh) {
  {
    const std::scoped_lock lock(mutex);
    token = fresh;
  }
  if (options.state_dir.empty()) return;
  if (fresh.empty()) {
    std::error_code error;
    std::filesystem::remove(token_path(), error);
  } else {
    (void)write_whole(token_path(), fresh);
  }
}

void Client::State::call(const MethodDescriptor& method, const Body& body,
                         std::shared_ptr<Message> out, std::function<void(Status)> done,
                         std::chrono::milliseconds timeout, int attempts_left, bool may_sign_in) {
  auto attempt = std::make_shared<Attempt>();
  attempt->method = &method;
  attempt->body = body;
  attempt->timeout = timeout.count() > 0 ? timeout : options.call_timeout;
  auto got = std::make_shared<bool>(false);
  attempt->on_message = [out, got](std::string_view bytes, std::size_t) {
    *got = out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    return *got ? Status()
                : Status(Code::DataLoss, Reason::None, "the server's answer does not read");
  };
  attempt->done = [=, this, &method](Status status) {
    if (status.ok() && !*got)
      status = Status(Code::DataLoss, Reason::None, "the server answered nothing");
    if (status.ok()) return check_receipts(out, done, kRoundsMax);
    if (status.code() == Code::Unavailable && safe_to_retry(method) && attempts_left > 1) {
      auto pause = std::make_shared<asio::steady_timer>(io, kRetryPause);
      pause->async_wait([=, this, &method](const boost::system::error_code&) {
        call(method, body, out, done, timeout, attempts_left - 1, may_sign_in);
      });
      return;
    }
    if (status.reason() == Reason::SignedOut && may_sign_in) {
      return sign_in_again([=, this, &method](const Status& signed_in) {
        if (!signed_in.ok()) return done(status);
        call(method, body, out, done, timeout, attempts_left, false);
      });
    }
    done(std::move(status));
  };
  asio::post(io, [this, attempt] { begin(attempt); });
}

void Client::State::sign_in_again(std::function<void(Status)> done) {
  std::function<std::optional<Secret>()> source;
  {
    const std::scoped_lock lock(mutex);
    source = password_source;
  }
  const std::optional<Secret> password = source ? source() : std::nullopt;
  if (!password)
    return done(Status(Code::Unauthenticated, Reason::SignedOut, "no password is at hand"));
  v1::SignInRequest request;
  request.set_password(std::string(password->reveal(SecretAccess{})));
  auto reply = std::make_shared<v1::SignInReply>();
  call(
      method_of(kSignIn), body_of(request), reply,
      [this, reply, done = std::move(done)](Status status) {
        if (status.ok()) set_token(reply->token());
        done(std::move(status));
      },
      {}, 1, false);
}

// Receipts are checked before anyone sees the reply. A checkpoint newer than the last one seen
// needs a proof first; while that is asked for, another call may have moved on, so this goes round.
void Client::State::check_receipts(std::shared_ptr<Message> out, std::function<void(Status)> done,
                                   int rounds_left) {
  std::vector<v1::Receipt> receipts;
  for_each_receipt(*out, [&](const v1::Receipt& receipt) {
    if (!receipt.checkpoint().empty()) receipts.push_back(receipt);
  });
  for (const v1::Receipt& receipt : receipts) {
    const auto needed = ledger->path_needed(receipt.checkpoint());
    if (needed && rounds_left > 0) {
      v1::ProveConsistencyRequest request;
      request.set_old_size(needed->first);
      request.set_size(needed->second);
      auto proof = std::make_shared<v1::ConsistencyProof>();
      return call(
          method_of(kProveConsistency), body_of(request), proof,
          [=, this](Status status) {
            if (!status.ok()) return done(without_path(status, needed->first, needed->second));
            const auto ask = [&](std::uint64_t old_size,
                                 std::uint64_t size) -> Result<std::vector<Digest>> {
              if (old_size != needed->first || size != needed->second) {
                return Status(Code::Aborted, Reason::Conflict, "the ledger moved on meanwhile");
              }
              return digests_of(proof->path());
            };
            Status checked = ledger->check(receipt, ask);
            if (!checked.ok() && checked.code() != Code::Aborted) return done(std::move(checked));
            check_receipts(out, done, rounds_left - 1);
          },
          {}, kAttemptsMax, false);
    }
    const auto nothing_to_ask = [](std::uint64_t, std::uint64_t) -> Result<std::vector<Digest>> {
      return Status(Code::Unavailable, Reason::Conflict,
                    "the ledger moves on too quickly; try again");
    };
    if (Status status = ledger->check(receipt, nothing_to_ask); !status.ok())
      return done(std::move(status));
  }
  done(Status());
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::jthread([io = &state_->io] { io->run(); });
}

Client::~Client() {
  asio::post(state_->io, [state = state_.get()] {
    state->line_lost(Status(Code::Cancelled, Reason::None, "the client was closed"));
    state->work.reset();
    state->io.stop();
  });
  state_->thread.join();
}

Result<std::unique_ptr<Client>> Client::open(Options options) {
  auto state = std::make_unique<State>(std::move(options));
  const Options& with = state->options;
  ENTENTE_TRY(state->credentials,
              TlsCredentials::load(with.server_root_path, with.certificate_path, with.key_path));
  ENTENTE_TRY(state->ledger, LedgerView::open(with.state_dir, with.ledger_key));
  for (const GivenAnchor& one : with.anchors) {
    if (parse_fingerprint(one.sha256) != one.sha256) {
      return invalid_argument(
          "anchors", "the anchor of `" + one.party + "` is not given by 64 hexadecimal digits");
    }
  }
  state->anchors = std::make_unique<KnownAnchors>(with.state_dir, with.anchors, with.tell);
  if (!with.state_dir.empty()) state->token = read_whole(state->token_path());
  return std::unique_ptr<Client>(new Client(std::move(state)));
}

void Client::set_password_source(std::function<std::optional<Secret>()> source) {
  const std::scoped_lock lock(state_->mutex);
  state_->password_source = std::move(source);
}

const std::string& Client::state_dir() const { return state_->options.state_dir; }

Result<note::Checkpoint> Client::checkpoint() {
  ENTENTE_TRY(const v1::Checkpoint newest, signed_checkpoint());
  ENTENTE_TRY(const note::Note note, note::Note::parse(newest.note()));
  return note::Checkpoint::parse(note.text);
}

Result<v1::Checkpoint> Client::signed_checkpoint() {
  ENTENTE_TRY(v1::Checkpoint newest, call<v1::Checkpoint>("entente.v1.LedgerService.GetCheckpoint",
                                                          v1::GetCheckpointRequest()));
  ENTENTE_TRY(
      const note::Checkpoint checked,
      state_->ledger->accept(
          newest.note(),
          [this](std::uint64_t old_size, std::uint64_t size) -> Result<std::vector<Digest>> {
            v1::ProveConsistencyRequest request;
            request.set_old_size(old_size);
            request.set_size(size);
            ENTENTE_TRY(const v1::ConsistencyProof proof,
                        call<v1::ConsistencyProof>(kProveConsistency, request));
            return digests_of(proof.path());
          }));
  // What is signed, and not what is said beside it.
  newest.set_size(checked.size);
  newest.set_root(std::string(as_view(checked.root)));
  return newest;
}

Result<PartyAnchors> Client::anchors(const std::string& party) {
  v1::ListAnchorsRequest request;
  request.set_party(party);
  ENTENTE_TRY(const auto reply, call<v1::ListAnchorsReply>(kListAnchors, request));
  std::vector<std::string> listed;
  for (const v1::Anchor& one : reply.anchors()) listed.push_back(one.der());
  return state_->anchors->judge(party, listed);
}

KnownAnchors& Client::known_anchors() { return *state_->anchors; }

Status Client::sign_in(const Secret& password) {
  v1::SignInRequest request;
  request.set_password(std::string(password.reveal(SecretAccess{})));
  Result<v1::SignInReply> reply = call<v1::SignInReply>(kSignIn, request);
  if (reply.ok()) state_->set_token(reply->token());
  return reply.status();
}

Status Client::sign_out() {
  const Status status = call<v1::SignOutReply>(kSignOut, v1::SignOutRequest()).status();
  state_->set_token("");
  return status;
}

Status Client::call_message(std::string_view method, const Message& in, Message& out,
                            CallOptions options) {
  // `out` outlives the wait; the shared pointer does not own it.
  const std::shared_ptr<Message> borrowed(&out, [](Message*) {});
  std::promise<Status> promise;
  call_message_async(
      method, in, borrowed, [&promise](Status status) { promise.set_value(std::move(status)); },
      options);
  return promise.get_future().get();
}

void Client::call_message_async(std::string_view method, const Message& in,
                                std::shared_ptr<Message> out, std::function<void(Status)> done,
                                CallOptions options) {
  state_->call(method_of(method), state_->body_of(in), std::move(out), std::move(done),
               options.timeout, kAttemptsMax, true);
}

namespace {

// What the client's thread has received, for the caller's; shared, for either may speak last.
struct Inbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<std::string, std::size_t>> messages;  // and what each cost on the line
  std::optional<Status> end;

  void put(std::string_view bytes, std::size_t cost) {
    const std::scoped_lock lock(mutex);
    messages.emplace_back(bytes, cost);
    changed.notify_one();
  }
  void close(Status status) {
    const std::scoped_lock lock(mutex);
    end = std::move(status);
    changed.notify_one();
  }
  // The next message; empty at the end, when `end` says how it went.
  std::optional<std::pair<std::string, std::size_t>> take() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !messages.empty() || end; });
    if (messages.empty()) return std::nullopt;
    auto first = std::move(messages.front());
    messages.pop_front();
    return first;
  }
};

// What an answer of plain HTTP comes to.
Status status_of_http(const http2::Headers& headers, const std::string& text) {
  std::string code;
  for (const auto& [name, value] : headers) {
    if (name == ":status") code = value;
  }
  if (code == "200" || code == "204") return {};
  const std::string said = text.empty() ? "the server answered " + code : text;
  if (code == "400") return {Code::InvalidArgument, Reason::FieldInvalid, said};
  if (code == "401") return {Code::Unauthenticated, Reason::SignedOut, said};
  if (code == "404") return {Code::NotFound, Reason::None, said};
  if (code == "413") return {Code::ResourceExhausted, Reason::LimitReached, said};
  if (code == "503") return {Code::Unavailable, Reason::Overloaded, said};
  return {Code::Unknown, Reason::None, said};
}

// `title` of an error in SDMX-JSON; what is told of others is their number.
std::string title_in(const std::string& body) {
  constexpr std::string_view mark = "\"title\":\"";
  const std::size_t from = body.find(mark);
  if (from == std::string::npos) return {};
  const std::size_t begin = from + mark.size();
  return body.substr(begin, body.find('"', begin) - begin);
}

}  // namespace

Status Client::stream_messages(std::string_view method, const Message& in, Message& scratch,
                               const std::function<bool(const Message&)>& each,
                               CallOptions options) {
  auto inbox = std::make_shared<Inbox>();
  auto attempt = std::make_shared<State::Attempt>();
  attempt->method = &method_of(method);
  attempt->body = state_->body_of(in);
  attempt->timeout = options.timeout.count() > 0 ? options.timeout : state_->options.call_timeout;
  attempt->own_credit = true;
  attempt->each_message_renews = true;
  attempt->on_message = [inbox](std::string_view bytes, std::size_t cost) {
    inbox->put(bytes, cost);
    return Status();
  };
  attempt->done = [inbox](Status status) { inbox->close(std::move(status)); };
  state_->post(attempt);
  while (const auto message = inbox->take()) {
    const bool read = scratch.ParseFromString(message->first);
    const bool more = read && each(scratch);
    state_->consumed(attempt, message->second, more);
    if (!read) return Status(Code::DataLoss, Reason::None, "the server's answer does not read");
    if (!more) return Status();
  }
  return *inbox->end;
}

Status Client::download(const std::string& path, const std::string& accept,
                        const std::function<bool(std::string_view)>& each, CallOptions options) {
  Status status = download_once(path, accept, each, options);
  if (status.reason() != Reason::SignedOut) return status;
  std::promise<Status> promise;
  asio::post(state_->io, [&] {
    state_->sign_in_again([&promise](Status done) { promise.set_value(std::move(done)); });
  });
  if (!promise.get_future().get().ok()) return status;
  return download_once(path, accept, each, options);
}

Status Client::download_once(const std::string& path, const std::string& accept,
                             const std::function<bool(std::string_view)>& each,
                             CallOptions options) {
  constexpr std::size_t error_bytes_max = 4'096;
  auto inbox = std::make_shared<Inbox>();
  auto attempt = std::make_shared<State::Attempt>();
  attempt->path = path;
  attempt->accept = accept;
  attempt->timeout = options.timeout.count() > 0 ? options.timeout : state_->options.call_timeout;
  attempt->own_credit = true;
  // Whether the bytes are the answer or say why there is none, the headers tell, which come first.
  auto fine = std::make_shared<std::optional<bool>>();
  attempt->on_message = [inbox, fine, headers = &attempt->first_headers](std::string_view bytes,
                                                                         std::size_t cost) {
    if (!*fine) *fine = status_of_http(*headers, "").ok();
    inbox->put(bytes, cost);
    return Status();
  };
  attempt->done = [inbox](Status status) { inbox->close(std::move(status)); };
  state_->post(attempt);
  std::string error;
  while (const auto piece = inbox->take()) {
    const bool is_answer = fine->value_or(false);
    if (!is_answer && error.size() < error_bytes_max) error += piece->first;
    const bool more = !is_answer || each(piece->first);
    state_->consumed(attempt, piece->second, more);
    if (!more) return Status();
  }
  if (!inbox->end->ok()) return *inbox->end;
  return status_of_http(attempt->first_headers, title_in(error));
}

}  // namespace entente::client
