// A server that says what a test tells it to, over the real port: honest about its ledger unless
// told to lie. And the ledger that it shows. For tests of the client library.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "entente/v1/directory.pb.h"
#include "entente/v1/ledger.pb.h"
#include "entente/v1/session.pb.h"
#include "proto/contract/act_proof.h"
#include "proto/contract/entry.h"
#include "proto/contract/grpc_wire.h"
#include "proto/contract/limits.h"
#include "proto/contract/merkle.h"
#include "proto/contract/note.h"
#include "server/net/server.h"
#include "tests/support/certificates.h"

namespace entente::test {

// Leaves in memory. One thread at a time.
class FakeLedger {
 public:
  explicit FakeLedger(std::string story = "true", char seed = 'k')
      : story_(std::move(story)),
        key_("test.example/ledger", note::SignatureType::Ed25519, Secret(std::string(32, seed))) {}

  void grow_to(std::uint64_t size) {
    while (leaves_.size() < size)
      leaves_.push_back(merkle::leaf_hash(story_ + std::to_string(leaves_.size())));
  }
  // From here on another story is told.
  void fork_at(std::uint64_t size) {
    leaves_.resize(size);
    story_ += "!";
  }
  // What the client of the tests did.
  static Act by_anna(const std::string& kind, const std::string& object,
                     const std::string& touched = {}) {
    Act act;
    act.account = "parties/SWE/accounts/anna";
    act.party = "SWE";
    act.kind = kind;
    act.object = object;
    if (!touched.empty()) act.touched.push_back(touched);
    return act;
  }
  // One more, which says what the client of the tests did, bound to what it asked for.
  std::uint64_t enter(const std::string& kind, const ProofAsked& asked,
                      const std::string& touched = {}) {
    return enter(by_anna(kind, "appointments/1", touched), asked);
  }
  // One that says what the test lets a host enter.
  std::uint64_t enter(Act act, const ProofAsked& asked = {.binding = "x"}) {
    const Entry entry{
        .index = size(), .time = Instant(std::chrono::seconds(1)), .act = std::move(act)};
    entered_[entry.index] = encode_entry(entry);
    blindings_[entry.index] = bound_blinding(inner(), asked.binding);
    leaves_.push_back(entry_leaf(blindings_[entry.index], entered_[entry.index]));
    return entry.index;
  }
  // What the reply to the act proves to who had seen `from`.
  [[nodiscard]] v1::ActProof proof(std::uint64_t index, std::uint64_t from) const {
    v1::ActProof proof;
    *proof.mutable_receipt() = receipt(index);
    if (from > 0 && from < size()) {
      const auto path = consistency(from, size());
      for (const Digest& hash : *path) proof.add_consistency_path(std::string(as_view(hash)));
    }
    proof.set_inner(inner());
    const v1::LedgerRow shown = row(index);
    if (shown.canonical().size() <= limits::proof_entry_bytes_max) {
      proof.set_canonical(shown.canonical());
    }
    return proof;
  }
  [[nodiscard]] v1::LedgerRow row(std::uint64_t index) const {
    v1::LedgerRow row;
    row.set_index(index);
    if (const auto found = entered_.find(index); found != entered_.end()) {
      row.set_canonical(found->second);
      row.set_blinding(blindings_.at(index));
    }
    return row;
  }
  [[nodiscard]] std::uint64_t size() const { return leaves_.size(); }
  [[nodiscard]] const Digest& leaf(std::uint64_t index) const { return leaves_[index]; }
  [[nodiscard]] const note::SigningKey& key() const { return key_; }

  [[nodiscard]] std::string checkpoint() const {
    const note::Checkpoint checkpoint{.origin = key_.verifier().name(),
                                      .size = leaves_.size(),
                                      .root = merkle::root_of(leaves_),
                                      .extensions = {}};
    note::Note note{.text = checkpoint.text(), .signatures = {}};
    note.signatures.push_back(key_.sign(note.text));
    return note.format();
  }
  [[nodiscard]] v1::Receipt receipt(std::uint64_t index) const {
    v1::Receipt receipt;
    receipt.set_entry_index(index);
    receipt.set_leaf_hash(std::string(as_view(leaf(index))));
    const auto path = merkle::prove_inclusion(index, size(), reader());
    for (const Digest& hash : *path) receipt.add_inclusion_path(std::string(as_view(hash)));
    receipt.set_checkpoint(checkpoint());
    return receipt;
  }
  [[nodiscard]] Result<std::vector<Digest>> consistency(std::uint64_t old_size,
                                                        std::uint64_t size) const {
    if (size > leaves_.size())
      return Status(Code::OutOfRange, Reason::None, "the ledger is not that large");
    return merkle::prove_consistency(old_size, size, reader());
  }

 private:
  static std::string inner() { return std::string(blinding_bytes, 'i'); }
  [[nodiscard]] merkle::NodeReader reader() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Digest> {
      const std::uint64_t width = std::uint64_t{1} << level;
      return merkle::root_of(std::span(leaves_).subspan(index * width, width));
    };
  }
  std::string story_;
  note::SigningKey key_;
  std::vector<Digest> leaves_;
  std::map<std::uint64_t, std::string>
      entered_;  // of those that say something: the canonical bytes
  std::map<std::uint64_t, std::string> blindings_;  // of the same
};

// Any certificate opens the line: what is tested is the other end.
class EveryPeer final : public net::PeerVerifier {
 public:
  [[nodiscard]] Result<std::string> verify(const std::vector<std::string>&) override {
    return std::string("entente://swe.test.example/person/anna");
  }
};

class FakeServer {
 public:
  FakeServer() {
    on<v1::SignInRequest, v1::SignInReply>(
        "SessionService.SignIn", [this](net::Call&, const auto& in, auto& out) {
          ++sign_ins;
          if (in.password() != "correct horse")
            return Status(Code::Unauthenticated, Reason::SignInRefused, "refused");
          out.set_token("token-" + std::to_string(sign_ins.load()));
          return Status();
        });
    on<v1::SignOutRequest, v1::SignOutReply>(
        "SessionService.SignOut", [this](net::Call& call, const auto&, auto&) {
          const std::scoped_lock lock(mutex);
          if (const auto asked = asked_of(call)) {
            prove(call, ledger.enter("identity.session.sign_out", *asked), *asked);
          }
          return Status();
        });
    on<v1::GetPersonRequest, v1::Person>("DirectoryService.GetPerson",
                                         [this](net::Call& call, const auto&, auto& out) {
                                           ++reads;
                                           out.set_name("persons/" + token_of(call));
                                           return read ? read(call) : Status();
                                         });
    on<v1::HandOverRequest, v1::HandOverReply>("DirectoryService.HandOver",
                                               [this](net::Call& call, const auto&, auto& out) {
                                                 ++acts;
                                                 if (meanwhile) meanwhile();
                                                 const std::scoped_lock lock(mutex);
                                                 return do_act(call, out);
                                               });
    on<v1::GetEntryRequest, v1::LedgerRow>(
        "LedgerService.GetEntry", [this](net::Call&, const auto& in, auto& out) {
          const std::scoped_lock lock(mutex);
          ++rows;
          out = ledger.row(std::stoull(in.name().substr(in.name().rfind('/') + 1)));
          if (change_row) change_row(out);
          return out.canonical().empty() ? Status(Code::NotFound, Reason::None, "not found")
                                         : Status();
        });
    on<v1::ProveInclusionRequest, v1::InclusionProof>(
        "LedgerService.ProveInclusion", [this](net::Call&, const auto& in, auto& out) {
          const std::scoped_lock lock(mutex);
          out.set_index(in.index());
          *out.mutable_path() = ledger.receipt(in.index()).inclusion_path();
          return Status();
        });
    on<v1::GetCheckpointRequest, v1::Checkpoint>("LedgerService.GetCheckpoint",
                                                 [this](net::Call&, const auto&, auto& out) {
                                                   const std::scoped_lock lock(mutex);
                                                   out.set_note(ledger.checkpoint());
                                                   return Status();
                                                 });
    on<v1::ProveConsistencyRequest, v1::ConsistencyProof>(
        "LedgerService.ProveConsistency", [this](net::Call&, const auto& in, auto& out) {
          if (prove_growth) ENTENTE_TRY_VOID(prove_growth());
          const std::scoped_lock lock(mutex);
          ENTENTE_TRY(const std::vector<Digest> path, ledger.consistency(in.old_size(), in.size()));
          for (const Digest& hash : path) out.add_path(std::string(as_view(hash)));
          return Status();
        });
    ledger.grow_to(1);
    start("server");
  }

  void start(const std::string& certificate, std::uint16_t port = 0) {
    server.reset();
    net::ServerOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    options.certificate_path = certificates.path(certificate + ".pem");
    options.key_path = certificates.path(certificate + ".key");
    server = std::make_unique<net::Server>(options, table, peers, clock, entropy);
    const Status started = server->start();
    ENTENTE_CHECK(started.ok());
  }

  // What opens a client of this server; change before Client::open.
  [[nodiscard]] client::Options options() const {
    client::Options out;
    out.host = "localhost";
    out.port = server->port();
    out.server_root_path = certificates.path("server-root.pem");
    out.certificate_path = certificates.path("client.pem");
    out.key_path = certificates.path("client.key");
    out.ledger_key = ledger.key().verifier().text();
    return out;
  }

  // What it says to a call; before start().
  template <typename In, typename Out, typename Handler>
  void on(const std::string& rpc, Handler handler) {
    table.add_unary("entente.v1." + rpc,
                    [handler](net::Call& call, const net::Message& in, net::Message& out) {
                      return handler(call, static_cast<const In&>(in), static_cast<Out&>(out));
                    });
  }

  static std::optional<ProofAsked> asked_of(const net::Call& call) {
    const auto header = call.header(proof_for_header);
    return header ? parse_proof_asked(*header) : std::nullopt;
  }
  void prove(net::Call& call, std::uint64_t index, const ProofAsked& asked) {
    v1::ActProof proof = ledger.proof(index, asked.from);
    if (change_proof) change_proof(proof);
    call.add_header(std::string(proof_header), wire::to_binary(proof.SerializeAsString()));
  }
  // Requires: `mutex` is held.
  Status do_act(net::Call& call, v1::HandOverReply& out) {
    if (act) {
      ENTENTE_TRY_VOID(act(out));
    } else {
      *out.mutable_receipt() = ledger.receipt(0);
    }
    const std::optional<ProofAsked> asked = asked_of(call);
    if (!asked || !proves) return {};
    prove(call, proved_by ? *proved_by : ledger.enter(kind, *asked, touched), *asked);
    return {};
  }

  static std::string token_of(const net::Call& call) {
    const auto field = call.header("authorization");
    return field ? std::string(field->substr(std::min<std::size_t>(7, field->size()))) : "";
  }

  testing::Certificates certificates;
  std::mutex mutex;  // of the ledger and `act`
  FakeLedger ledger;
  std::function<Status(v1::HandOverReply&)>
      act;  // instead of an honest receipt; proved all the same
  std::function<void(v1::ActProof&)> change_proof;
  std::function<void(v1::LedgerRow&)> change_row;
  bool proves = true;
  std::optional<std::uint64_t> proved_by;  // this entry, whatever is done
  std::string kind = "directory.office.hand_over";
  std::function<Status()> prove_growth;          // before a path is shown; any thread
  std::string touched;                           // what the entry of an act names
  std::function<void()> meanwhile;               // before an act is done; any thread
  std::atomic<int> rows{0};                      // entries that were asked for
  std::function<Status(const net::Call&)> read;  // before a person is shown; any thread
  std::atomic<int> sign_ins{0};
  std::atomic<int> reads{0};
  std::atomic<int> acts{0};
  SystemClock clock;
  SystemEntropy entropy;
  EveryPeer peers;
  net::MethodTable table;
  std::unique_ptr<net::Server> server;  // the last: its handlers use all of the above
};

}  // namespace entente::test
