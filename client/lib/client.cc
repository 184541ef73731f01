#include "client/lib/client.h"

#include <future>

#include "client/lib/client_state.h"
#include "client/lib/signature.h"
#include "client/lib/state_files.h"
#include "entente/v1/account.pb.h"
#include "entente/v1/ledger.pb.h"
#include "entente/v1/session.pb.h"
#include "proto/contract/bytes.h"

namespace entente::client {
namespace {

constexpr const char* kSignOut = "entente.v1.SessionService.SignOut";
constexpr const char* kListAnchors = "entente.v1.CertificateService.ListAnchors";

}  // namespace

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::jthread([io = &state_->io] { io->run(); });
}

Client::~Client() {
  asio::post(state_->io, [state = state_.get()] {
    state->line_lost(Status(Code::Cancelled, Reason::None, "the client was closed"));
    for (const auto& pause : state->pauses) pause->cancel();
    // Behind what waits between two tries, which is told so, too.
    asio::post(state->io, [state] {
      state->work.reset();
      state->io.stop();
    });
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
  state->account = account_of(state->credentials->certificate_der());
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
                        call<v1::ConsistencyProof>(prove_consistency_rpc, request));
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
  Result<v1::SignInReply> reply = call<v1::SignInReply>(sign_in_rpc, request);
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
  state_->call(rpc_named(method), state_->body_of(in), std::move(out), std::move(done),
               std::move(options), attempts_max, true);
}

}  // namespace entente::client
