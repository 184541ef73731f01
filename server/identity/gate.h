// The way from a call to a service function, the same for every rpc: who is it, what does it act
// in, and what happens after. A service is a plain function of a subject, a message and a
// transaction; the gate finds the subject, opens the transaction, commits it, and sees to it that
// nothing leaves that was not decided and recorded.
//
//   gate.reads("entente.v1.DirectoryService.GetOffice", this, &Service::get_office);
//
// Threads: filled by main before the start; its handlers run on any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "proto/contract/status.h"
#include "server/net/method_table.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::identity {

// A subject is made once and shared by the calls of its session until something about it changes.
using SubjectPointer = std::shared_ptr<const policy::Subject>;

// What an application password opens, to read. On disk: never renumber.
enum class Scope : std::uint8_t { Unspecified = 0, Directory = 1, Calendar = 2, Statistics = 3 };

// Who receives a stream. Asked before each item, for a stream outlives what opened it. One thread
// at a time.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // The subject as it is now. Unauthenticated (SignedOut) once its session has ended.
  [[nodiscard]] virtual Result<SubjectPointer> subject() = 0;
};

// Makes a Subject of a call, or says why not (Unauthenticated, one answer for every cause).
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // By the rule that the method's descriptor bears: certificate only, session, step-up. Never null.
  // Unauthenticated (SignedOut): no session, or not this one's certificate. PermissionDenied
  // (StepUpNeeded): the rule asks for a fresher password.
  [[nodiscard]] virtual Result<SubjectPointer> authenticate(
      net::Call& call, const google::protobuf::MethodDescriptor& method) = 0;
  // For plain HTTP: a session's token, or an application password of `scope` by HTTP Basic, which
  // yields a read-only subject. Unauthenticated (SignInRefused): neither.
  [[nodiscard]] virtual Result<SubjectPointer> authenticate_tool(net::Call& call, Scope scope) = 0;
  // Reads, in the transaction of an act, what the subject's right to act rests on: its account,
  // what has ended its party's sessions, all that anybody holds. So the commit loses (Aborted)
  // against an act that ends it. The subject to act by: no older than what the transaction sees.
  // Never null. Unauthenticated (SignedOut): it has ended. Aborted: begin again. Unavailable: what
  // has ended is not known yet.
  [[nodiscard]] virtual Result<SubjectPointer> pin(const SubjectPointer& subject,
                                                   store::Transaction& transaction) = 0;
  // `subject` came of authenticate(). `waker` is called when the session ends or its rights change.
  [[nodiscard]] virtual Result<std::unique_ptr<Receiver>> receive(const SubjectPointer& subject,
                                                                  net::Waker waker) = 0;
};

// How often a change that lost against another is done anew before the caller hears of it. Of as
// many changes of rights at once one is done each time.
inline constexpr int commit_attempts_max = 16;

// One act of whom `who` lets in: `serve` in a transaction in which its right to act is pinned, and
// committed. Done anew, up to commit_attempts_max times and unless the caller has gone, where it
// lost against another change; for what it lost against may be that right, `who` is asked anew. So
// it is where `serve` could not read what such a change destroyed (DataLoss).
// What `who`, pin(), `serve` and commit() return. A success of `serve` without an entry is a bug
// and ends the daemon.
[[nodiscard]] Result<store::CommitIndex> act_as(
    store::Store& store, Authenticator& authenticator, const net::Call& call,
    const std::function<Result<SubjectPointer>()>& who,
    const std::function<Status(const policy::Subject&, store::Transaction&)>& serve);

class Gate {
 public:
  Gate(net::MethodTable& table, store::Store& store, Authenticator& authenticator)
      : table_(table), store_(store), authenticator_(authenticator) {}

  // The ActProof, serialized, of what `subject` did at `index`, who has seen a ledger of `from`.
  using Prove = std::function<Result<std::string>(const policy::Subject& subject,
                                                  store::CommitIndex index, std::uint64_t from)>;
  // From then on each act is bound and proved to whoever asks (act_proof.h). What cannot be proved
  // is done all the same: its caller hears so (Internal). Requires: nothing is served yet.
  void prove_acts_by(Prove prove) { prove_ = std::move(prove); }

  // An rpc that changes nothing and leaves no receipt.
  template <typename Req, typename Rep>
  void reads(
      std::string_view full_name,
      std::function<Result<Rep>(const policy::Subject&, const Req&, store::Snapshot&)> serve) {
    const auto& method = describe(full_name, /*acts=*/false);
    table_.add_unary(full_name, [this, &method, serve = std::move(serve)](
                                    net::Call& call, const net::Message& in, net::Message& out) {
      return read(call, method,
                  [&](const policy::Subject& subject, store::Snapshot& snapshot) -> Status {
                    return deliver<Rep>(serve(subject, static_cast<const Req&>(in), snapshot), out);
                  });
    });
  }

  // The same of a member function of `service`, which outlives the calls.
  template <typename Service, typename Req, typename Rep>
  void reads(std::string_view full_name, Service* service,
             Result<Rep> (Service::*serve)(const policy::Subject&, const Req&, store::Snapshot&)) {
    reads<Req, Rep>(full_name, std::bind_front(serve, service));
  }
  template <typename Service, typename Req, typename Rep>
  void reads(std::string_view full_name, Service* service,
             Result<Rep> (Service::*serve)(const policy::Subject&, const Req&, store::Snapshot&)
                 const) {
    reads<Req, Rep>(full_name, std::bind_front(serve, service));
  }

  // The same for an rpc that is called so often that its service keeps pieces of replies as they
  // are serialized: answers a whole Rep in bytes, made of pieces that this subject's decisions
  // opened.
  template <typename Req, typename Rep>
  void reads_serialized(
      std::string_view full_name,
      std::function<Result<std::string>(const policy::Subject&, const Req&, store::Snapshot&)>
          serve) {
    const auto& method = describe(full_name, /*acts=*/false);
    ENTENTE_CHECK(method.output_type() == Rep::descriptor());
    table_.add_unary(full_name, [this, &method, serve = std::move(serve)](
                                    net::Call& call, const net::Message& in, net::Message&) {
      return read(
          call, method, [&](const policy::Subject& subject, store::Snapshot& snapshot) -> Status {
            ENTENTE_TRY(std::string reply, serve(subject, static_cast<const Req&>(in), snapshot));
            call.reply_with(std::move(reply));
            return Status();
          });
    });
  }

  // An rpc whose rule says `acts`: one transaction, one ledger entry, committed before the reply
  // leaves. A reply that succeeds without an entry is a bug and ends the daemon. `after`, if given,
  // sees the commit's index and may add to the reply (a receipt).
  template <typename Req, typename Rep>
  void acts(
      std::string_view full_name,
      std::function<Result<Rep>(const policy::Subject&, const Req&, store::Transaction&)> serve,
      std::function<void(store::CommitIndex, Rep&)> after = nullptr) {
    const auto& method = describe(full_name, /*acts=*/true);
    table_.add_unary(full_name, [this, &method, serve = std::move(serve), after = std::move(after)](
                                    net::Call& call, const net::Message& in, net::Message& out) {
      return act(
          call, method,
          [&](const policy::Subject& subject, store::Transaction& transaction) -> Status {
            return deliver<Rep>(serve(subject, static_cast<const Req&>(in), transaction), out);
          },
          [&](store::CommitIndex index) {
            if (after) after(index, static_cast<Rep&>(out));
          });
    });
  }

  // The same of a member function of `service`, which outlives the calls.
  template <typename Service, typename Req, typename Rep>
  void acts(std::string_view full_name, Service* service,
            Result<Rep> (Service::*serve)(const policy::Subject&, const Req&, store::Transaction&),
            std::type_identity_t<std::function<void(store::CommitIndex, Rep&)>> after = nullptr) {
    acts<Req, Rep>(full_name, std::bind_front(serve, service), std::move(after));
  }

  // An rpc of this room that makes its transactions itself, because what is checked first (a
  // password) must not be checked anew when a commit is lost. It records as `acts` would.
  template <typename Req, typename Rep>
  void serves(std::string_view full_name,
              std::function<Result<Rep>(net::Call&, const Req&)> serve) {
    const auto& method = describe(full_name, /*acts=*/true);
    table_.add_unary(full_name, [this, &method, serve = std::move(serve)](
                                    net::Call& call, const net::Message& in, net::Message& out) {
      ENTENTE_TRY_VOID(authenticator_.authenticate(call, method).status());
      return deliver<Rep>(serve(call, static_cast<const Req&>(in)), out);
    });
  }

  // A server stream. It ends with Unauthenticated as soon as its session does, whatever `serve`'s
  // source does; the source asks `receiver` who it is that it may show the next item to.
  template <typename Req>
  void streams(std::string_view full_name,
               std::function<Result<std::unique_ptr<net::Source>>(std::shared_ptr<Receiver>,
                                                                  const Req&, net::Waker)>
                   serve) {
    const auto& method = describe(full_name, /*acts=*/false);
    table_.add_stream(full_name, [this, &method, serve = std::move(serve)](
                                     net::Call& call, const net::Message& in, net::Waker waker) {
      return stream(call, method, waker, [&](std::shared_ptr<Receiver> receiver) {
        return serve(std::move(receiver), static_cast<const Req&>(in), waker);
      });
    });
  }

  [[nodiscard]] Authenticator& authenticator() { return authenticator_; }
  [[nodiscard]] store::Store& store() { return store_; }
  [[nodiscard]] net::MethodTable& table() { return table_; }

 private:
  template <typename Rep>
  static Status deliver(Result<Rep> reply, net::Message& out) {
    if (!reply.ok()) return reply.status();
    static_cast<Rep&>(out).Swap(&*reply);
    return Status();
  }

  // The descriptor of `full_name`; checks that its rule says what it is registered as.
  static const google::protobuf::MethodDescriptor& describe(std::string_view full_name, bool acts);
  Status read(net::Call& call, const google::protobuf::MethodDescriptor& method,
              const std::function<Status(const policy::Subject&, store::Snapshot&)>& serve);
  Status act(net::Call& call, const google::protobuf::MethodDescriptor& method,
             const std::function<Status(const policy::Subject&, store::Transaction&)>& serve,
             const std::function<void(store::CommitIndex)>& after);
  Result<std::unique_ptr<net::Source>> stream(
      net::Call& call, const google::protobuf::MethodDescriptor& method, const net::Waker& waker,
      const std::function<Result<std::unique_ptr<net::Source>>(std::shared_ptr<Receiver>)>& serve);

  net::MethodTable& table_;
  store::Store& store_;
  Authenticator& authenticator_;
  Prove prove_;
};

}  // namespace entente::identity
