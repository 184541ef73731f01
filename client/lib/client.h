// What a ministry links: a client of one Entente server. Calls are synchronous or asynchronous,
// bear a deadline, are retried where the contract says that this is safe, and sign in again when a
// session has ended, if they know how. Every checkpoint and receipt that passes is checked against
// the last one that this client saw: a server that shows two truths is refused, not believed.
//
//   auto client = entente::client::Client::open(options);
//   auto signed_in = (*client)->sign_in(password);
//   auto answer = (*client)->call<v1::WhoAnswersResponse>("entente.v1.DirectoryService.WhoAnswers",
//   query);
//
// Threads: any; one client may be shared. Callbacks of asynchronous calls run on the client's own
// thread and must not block. Destroying the client cancels what is under way and joins its thread.
#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/lib/known_anchors.h"
#include "proto/contract/note.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::v1 {
class Checkpoint;
}  // namespace entente::v1

namespace entente {
struct Entry;
}

namespace entente::client {

struct Options {
  std::string host;
  std::uint16_t port = 8443;
  std::string server_root_path;  // PEM
  std::string certificate_path;  // PEM, leaf first
  std::string key_path;          // PEM
  // Where the token (0600), the last checkpoint and the parties' anchors are kept between runs;
  // empty: nowhere.
  std::string state_dir;
  // The ledger's verification key, as its operator published it (C2SP: `name+hash+base64`). Without
  // it nothing that carries a proof is believed.
  std::string ledger_key;
  // The anchors of parties, as they told them out of band. Of a party that is not among them, those
  // that this client meets first are relied on until somebody confirms others.
  std::vector<GivenAnchor> anchors;
  // Told what a person should compare, any thread; may be empty.
  KnownAnchors::Tell tell;
  // Of a line that loses three packets of ten, the third try to be heard comes after 7 s.
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds call_timeout{30'000};
};

struct CallOptions {
  // Zero: Options::call_timeout.
  std::chrono::milliseconds timeout{0};
  // Of an act: what its entry must say beside what every act's must (act_proof.h). On the client's
  // thread, before the call returns; what it answers, unless it is Ok, the call does.
  std::function<Status(const Entry&)> entry_must = {};
};

using Message = google::protobuf::Message;

class Client {
 public:
  // Reads the certificate and key. Connects at the first call.
  // InvalidArgument: a file cannot be read or the key is not the certificate's.
  [[nodiscard]] static Result<std::unique_ptr<Client>> open(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Unauthenticated (SignInRefused): certificate and password together open nothing.
  // ResourceExhausted (SignInBackOff): too many failures; Status::retry_after_ms says how long.
  // Unavailable: the server was not reached.
  [[nodiscard]] Status sign_in(const Secret& password);
  [[nodiscard]] Status sign_out();
  // Asked when a session has ended in the middle of work; at most once a call. Optional.
  void set_password_source(std::function<std::optional<Secret>()> source);

  // The ledger's newest checkpoint, checked against the last one seen, which it becomes.
  // DataLoss (ProofInvalid): it does not hold. FailedPrecondition: no ledger key is known.
  [[nodiscard]] Result<note::Checkpoint> checkpoint();
  // The same with its signatures, as it was checked.
  [[nodiscard]] Result<v1::Checkpoint> signed_checkpoint();
  // The anchors that the server lists of a party (`parties/SWE`), those that this client relies on
  // apart from strangers. Every Code of ListAnchors and of KnownAnchors::judge.
  [[nodiscard]] Result<PartyAnchors> anchors(const std::string& party);
  // What this client knows of anchors without asking: to be listed, to be confirmed.
  [[nodiscard]] KnownAnchors& known_anchors();
  // Where this client keeps what it has seen; empty if nowhere.
  [[nodiscard]] const std::string& state_dir() const;

  // One message for one. `method` is the rpc's full name. Every Code that the rpc documents, and
  // Unavailable (not reached; retried where safe), DeadlineExceeded, DataLoss (ProofInvalid: the
  // server showed a receipt or checkpoint that does not hold, or said of an act that it is done and
  // did not prove that its entry stands in the ledger). Without a ledger's key acts are not proved.
  template <typename Rep>
  [[nodiscard]] Result<Rep> call(std::string_view method, const Message& in,
                                 CallOptions options = {}) {
    Rep out;
    if (Status status = call_message(method, in, out, options); !status.ok()) return status;
    return out;
  }
  [[nodiscard]] Status call_message(std::string_view method, const Message& in, Message& out,
                                    CallOptions options = {});

  // The same without waiting: `done` is called exactly once, on the client's thread.
  template <typename Rep>
  void call_async(std::string_view method, const Message& in, std::function<void(Result<Rep>)> done,
                  CallOptions options = {}) {
    auto out = std::make_shared<Rep>();
    call_message_async(
        method, in, out,
        [out, done = std::move(done)](Status status) {
          status.ok() ? done(std::move(*out)) : done(std::move(status));
        },
        options);
  }
  void call_message_async(std::string_view method, const Message& in, std::shared_ptr<Message> out,
                          std::function<void(Status)> done, CallOptions options = {});

  // A server stream. `each` returns false to stop early (that is not an error). Waits for the end.
  // The timeout bounds the wait for each message, not the whole.
  template <typename Rep>
  [[nodiscard]] Status stream(std::string_view method, const Message& in,
                              const std::function<bool(const Rep&)>& each,
                              CallOptions options = {}) {
    Rep scratch;
    return stream_messages(
        method, in, scratch, [&each](const Message& m) { return each(static_cast<const Rep&>(m)); },
        options);
  }
  [[nodiscard]] Status stream_messages(std::string_view method, const Message& in, Message& scratch,
                                       const std::function<bool(const Message&)>& each,
                                       CallOptions options = {});

  // A plain GET of what is no message (a file, SDMX's web service), with the session's token.
  // `path` has its query and is escaped; `accept` is HTTP's. `each` gets the bytes of an answer of
  // 200 as they come, and returns false to stop early (that is not an error). NotFound (404),
  // Unauthenticated (SignedOut), InvalidArgument (400), ResourceExhausted (413), Unavailable, and
  // Unknown for every other answer but 204, which has no bytes. The timeout bounds the wait for
  // more, not the whole.
  [[nodiscard]] Status download(const std::string& path, const std::string& accept,
                                const std::function<bool(std::string_view bytes)>& each,
                                CallOptions options = {});

 private:
  struct State;
  [[nodiscard]] Status download_once(const std::string& path, const std::string& accept,
                                     const std::function<bool(std::string_view bytes)>& each,
                                     CallOptions options);
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace entente::client
