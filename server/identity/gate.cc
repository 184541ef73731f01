#include "server/identity/gate.h"

#include <algorithm>
#include <optional>
#include <string>

#include "entente/v1/options.pb.h"
#include "proto/contract/act_proof.h"
#include "proto/contract/grpc_wire.h"
#include "server/identity/attended.h"

namespace entente::identity {
namespace {

// Tells of a receiver that has gone, too. The call outlives the stream's source, and this with it.
class AttendedReceiver final : public Receiver {
 public:
  AttendedReceiver(std::unique_ptr<Receiver> within, const net::Call& call)
      : within_(std::move(within)), call_(call) {}
  Result<SubjectPointer> subject() override {
    if (call_.cancelled()) {
      return Status(Code::Cancelled, Reason::None, "whoever asked has gone");
    }
    return within_->subject();
  }

 private:
  const std::unique_ptr<Receiver> within_;
  const net::Call& call_;
};

// Ends a stream with its session, whatever the source within does; and where its receiver has lost
// something and the session goes on: what was begun on it is begun anew.
class ReceiverSource final : public net::Source {
 public:
  ReceiverSource(std::shared_ptr<Receiver> receiver, SubjectPointer subject,
                 std::unique_ptr<net::Source> within)
      : receiver_(std::move(receiver)), subject_(std::move(subject)), within_(std::move(within)) {}

  Result<Next> next(net::Message& out) override {
    ENTENTE_TRY(SubjectPointer now, receiver_->subject());
    if (now != subject_) {
      if (!std::ranges::includes(now->principals, subject_->principals)) {
        return Status(Code::Unavailable, Reason::None, "your rights have changed: ask again");
      }
      subject_ = std::move(now);
    }
    return within_->next(out);
  }

 private:
  std::shared_ptr<Receiver> receiver_;
  SubjectPointer subject_;
  std::unique_ptr<net::Source> within_;  // Goes first: it may use the receiver.
};

}  // namespace

Result<store::CommitIndex> act_as(
    store::Store& store, Authenticator& authenticator, const net::Call& call,
    const std::function<Result<SubjectPointer>()>& who,
    const std::function<Status(const policy::Subject&, store::Transaction&)>& serve) {
  Status lost;
  for (int attempt = 0; attempt < commit_attempts_max; ++attempt) {
    ENTENTE_TRY(const SubjectPointer caller, who());
    const std::unique_ptr<store::Transaction> transaction = store.begin();
    const Result<SubjectPointer> subject = authenticator.pin(caller, *transaction);
    lost = subject.status();
    if (lost.ok()) {
      const Status served = serve(**subject, *transaction);
      lost = store::failed_in(*transaction, served);
      if (lost.code() == served.code()) {
        ENTENTE_TRY_VOID(served);
        ENTENTE_CHECK(transaction->appended());
        Result<store::CommitIndex> committed = transaction->commit();
        if (committed.ok()) return committed;
        lost = committed.status();
      }
    }
    if (lost.code() != Code::Aborted || call.cancelled()) break;
  }
  return lost;
}

const google::protobuf::MethodDescriptor& Gate::describe(std::string_view full_name, bool acts) {
  const auto* method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(std::string(full_name));
  ENTENTE_CHECK(method != nullptr);
  ENTENTE_CHECK(method->options().HasExtension(v1::rule));
  const v1::Rule& rule = method->options().GetExtension(v1::rule);
  ENTENTE_CHECK(rule.who() != v1::WHO_UNSPECIFIED);
  ENTENTE_CHECK(rule.acts() == acts);
  ENTENTE_CHECK(!rule.acts() || rule.heavy());  // A synced commit must not hold up a worker.
  return *method;
}

Status Gate::read(net::Call& call, const google::protobuf::MethodDescriptor& method,
                  const std::function<Status(const policy::Subject&, store::Snapshot&)>& serve) {
  ENTENTE_TRY(const SubjectPointer subject, authenticator_.authenticate(call, method));
  const std::unique_ptr<store::Snapshot> snapshot = store_.snapshot();
  // What is quick is done before anybody could have gone.
  if (!method.options().GetExtension(v1::rule).heavy()) return serve(*subject, *snapshot);
  Attended attended(*snapshot, [&call] { return call.cancelled(); });
  return serve(*subject, attended);
}

Status Gate::act(net::Call& call, const google::protobuf::MethodDescriptor& method,
                 const std::function<Status(const policy::Subject&, store::Transaction&)>& serve,
                 const std::function<void(store::CommitIndex)>& after) {
  const auto who = [&]() -> Result<SubjectPointer> {
    ENTENTE_TRY(SubjectPointer caller, authenticator_.authenticate(call, method));
    if (caller->read_only) {
      return not_yours("an application password only reads");
    }
    return caller;
  };
  std::optional<ProofAsked> asked;
  if (const auto header = call.header(proof_for_header); header && prove_) {
    asked = parse_proof_asked(*header);
  }
  std::optional<policy::Subject> acted;  // whom it is proved to
  const auto bind_and_serve = [&](const policy::Subject& subject, store::Transaction& transaction) {
    if (asked) {
      acted = subject;
      transaction.bind(asked->binding);
    }
    return serve(subject, transaction);
  };
  ENTENTE_TRY(const store::CommitIndex index,
              act_as(store_, authenticator_, call, who, bind_and_serve));
  after(index);
  if (!asked) return {};
  const Result<std::string> proof = prove_(*acted, index, asked->from);
  if (!proof.ok()) {
    return Status(Code::Internal, Reason::None,  // which nobody takes for leave to try again
                  "it is done and entered as entry " + std::to_string(index) +
                      ", and could not be signed for: look before you do it again");
  }
  call.add_header(std::string(proof_header), wire::to_binary(*proof));
  return {};
}

Result<std::unique_ptr<net::Source>> Gate::stream(
    net::Call& call, const google::protobuf::MethodDescriptor& method, const net::Waker& waker,
    const std::function<Result<std::unique_ptr<net::Source>>(std::shared_ptr<Receiver>)>& serve) {
  ENTENTE_TRY(const SubjectPointer subject, authenticator_.authenticate(call, method));
  ENTENTE_TRY(std::unique_ptr<Receiver> receiver, authenticator_.receive(subject, waker));
  std::shared_ptr<Receiver> shared = std::make_shared<AttendedReceiver>(std::move(receiver), call);
  ENTENTE_TRY(std::unique_ptr<net::Source> source, serve(shared));
  return std::unique_ptr<net::Source>(
      std::make_unique<ReceiverSource>(std::move(shared), subject, std::move(source)));
}

}  // namespace entente::identity
