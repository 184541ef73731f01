// The client library against a server that is told what to say: lies are refused, what is safe is
// tried again, and what is not is not.
#include "client/lib/client.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "client/lib/ledger_view.h"
#include "tests/client/fake_server.h"

namespace entente::client {
namespace {

using entente::test::FakeLedger;
using entente::test::FakeServer;

constexpr const char* kGetPerson = "entente.v1.DirectoryService.GetPerson";
constexpr const char* kHandOver = "entente.v1.DirectoryService.HandOver";

std::unique_ptr<Client> open(Options options) {
  Result<std::unique_ptr<Client>> made = Client::open(std::move(options));
  REQUIRE(made.ok());
  return std::move(*made);
}

Result<v1::Person> get(Client& client) {
  return client.call<v1::Person>(kGetPerson, v1::GetPersonRequest());
}
Status act(Client& client) {
  const Status done = client.call<v1::HandOverReply>(kHandOver, v1::HandOverRequest()).status();
  if (!done.ok()) UNSCOPED_INFO(done.message());
  return done;
}
bool is_lie(const Status& status) {
  return status.code() == Code::DataLoss && status.reason() == Reason::ProofInvalid;
}

// --- whom the client does not talk to ---

TEST_CASE("a server under another root hears no call", "[client]") {
  FakeServer server;
  server.certificates.authority("foreign-root");
  server.certificates.leaf("foreign", "foreign-root",
                           "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n");
  server.start("foreign");
  const auto client = open(server.options());
  REQUIRE(get(*client).status().code() == Code::Unavailable);
  REQUIRE(client->sign_in(Secret("correct horse")).code() == Code::Unavailable);
  REQUIRE(server.sign_ins == 0);
  REQUIRE(server.reads == 0);
}

TEST_CASE("a server of the right root and another name hears no password", "[client]") {
  FakeServer server;
  server.certificates.leaf("elsewhere", "server-root",
                           "subjectAltName=DNS:elsewhere.example\nextendedKeyUsage=serverAuth\n");
  server.start("elsewhere");
  const auto client = open(server.options());
  REQUIRE(client->sign_in(Secret("correct horse")).code() == Code::Unavailable);
  REQUIRE(server.sign_ins == 0);
}

TEST_CASE("a party's certificate, of the right root or not, makes no server", "[client]") {
  FakeServer server;
  server.certificates.leaf("person", "server-root",
                           "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth\n");
  server.start("person");
  const auto client = open(server.options());
  REQUIRE(get(*client).status().code() == Code::Unavailable);
  REQUIRE(server.reads == 0);
}

TEST_CASE("files that do not belong together open no client", "[client]") {
  FakeServer server;
  Options options = server.options();
  options.key_path = server.certificates.path("server.key");
  REQUIRE(Client::open(options).status().code() == Code::InvalidArgument);
  options = server.options();
  options.certificate_path = server.certificates.path("none.pem");
  REQUIRE(Client::open(options).status().code() == Code::InvalidArgument);
  options = server.options();
  options.server_root_path = server.certificates.path("none.pem");
  REQUIRE(Client::open(options).status().code() == Code::InvalidArgument);
  options = server.options();
  options.ledger_key = "test.example/ledger+00000000+AAAA";
  REQUIRE(Client::open(options).status().code() == Code::InvalidArgument);
}

// --- lies about the ledger ---

TEST_CASE("an act whose receipt proves nothing is not believed", "[client][ledger]") {
  FakeServer server;
  server.ledger.grow_to(9);
  const auto client = open(server.options());
  REQUIRE(act(*client).ok());
  SECTION("the path is another leaf's") {
    server.act = [&](v1::HandOverReply& out) {
      *out.mutable_receipt() = server.ledger.receipt(3);
      out.mutable_receipt()->set_leaf_hash(std::string(as_view(server.ledger.leaf(4))));
      return Status();
    };
  }
  SECTION("the index is another's") {
    server.act = [&](v1::HandOverReply& out) {
      *out.mutable_receipt() = server.ledger.receipt(3);
      out.mutable_receipt()->set_entry_index(4);
      return Status();
    };
  }
  SECTION("a hash is left out") {
    server.act = [&](v1::HandOverReply& out) {
      *out.mutable_receipt() = server.ledger.receipt(3);
      out.mutable_receipt()->mutable_inclusion_path()->RemoveLast();
      return Status();
    };
  }
  SECTION("a hash is cut") {
    server.act = [&](v1::HandOverReply& out) {
      *out.mutable_receipt() = server.ledger.receipt(3);
      out.mutable_receipt()->mutable_inclusion_path(0)->pop_back();
      return Status();
    };
  }
  SECTION("another key signed the checkpoint") {
    server.act = [&](v1::HandOverReply& out) {
      FakeLedger other("true", 'x');
      other.grow_to(9);
      *out.mutable_receipt() = other.receipt(3);
      return Status();
    };
  }
  SECTION("the checkpoint is no note") {
    server.act = [&](v1::HandOverReply& out) {
      *out.mutable_receipt() = server.ledger.receipt(3);
      out.mutable_receipt()->set_checkpoint("test.example/ledger\n9\n");
      return Status();
    };
  }
  SECTION("it is of two ledgers of one size") {
    server.act = [&](v1::HandOverReply& out) {
      FakeLedger other("false");
      other.grow_to(server.ledger.size());
      *out.mutable_receipt() = other.receipt(3);
      return Status();
    };
  }
  REQUIRE(is_lie(act(*client)));
}

TEST_CASE("an act that is not proved is not believed", "[client][ledger]") {
  FakeServer server;
  server.ledger.grow_to(9);
  const auto client = open(server.options());
  REQUIRE(act(*client).ok());  // by entry 9
  SECTION("there is no proof") { server.proves = false; }
  SECTION("it is of an act before") { server.proved_by = 9; }
  SECTION("it is of another act") { server.kind = "directory.person.confirm"; }
  SECTION("it is of the same act, as another asked for it") {
    server.proved_by = server.ledger.enter(server.kind, {.binding = std::string(32, 'x')});
  }
  SECTION("it says what the ledger does not have") {
    server.change_proof = [](v1::ActProof& proof) { proof.mutable_canonical()->back() ^= 1; };
  }
  SECTION("its ledger does not continue the one that was seen") {
    server.change_proof = [](v1::ActProof& proof) {
      proof.add_consistency_path(std::string(sizeof(Digest), 'x'));
    };
  }
  SECTION("it stands under a checkpoint that another key signed") {
    server.change_proof = [&](v1::ActProof& proof) {
      FakeLedger other("true", 'x');
      other.grow_to(server.ledger.size());
      proof.mutable_receipt()->set_checkpoint(other.checkpoint());
    };
  }
  SECTION("it is too long for a header, and the server shows no such entry") {
    server.touched = std::string(limits::proof_entry_bytes_max, 'x');
    server.change_proof = [](v1::ActProof& proof) {
      proof.mutable_receipt()->set_entry_index(proof.receipt().entry_index() - 3);
    };
  }
  REQUIRE(is_lie(act(*client)));
  server.proves = true;
  server.proved_by.reset();
  server.change_proof = nullptr;
  server.kind = "directory.office.hand_over";
  REQUIRE(act(*client).ok());
}

TEST_CASE("what an entry must say beside is the caller's to judge", "[client][ledger]") {
  FakeServer server;
  const auto client = open(server.options());
  std::string object;
  CallOptions options;
  options.entry_must = [&](const Entry& entry) {
    object = entry.act.object;
    return Status(Code::Internal, Reason::None, "not that");
  };
  const auto done =
      client->call<v1::HandOverReply>(kHandOver, v1::HandOverRequest(), std::move(options));
  REQUIRE(done.status().message() == "not that");
  REQUIRE(object == "appointments/1");
}

TEST_CASE("what a request names is what its entry names, or what its reply tells of",
          "[client][ledger]") {
  FakeServer server;
  const auto client = open(server.options());
  v1::HandOverRequest request;
  const auto asked_for = [&](const std::string& name) {
    request.set_name(name);
    return client->call<v1::HandOverReply>(kHandOver, request).status();
  };
  REQUIRE(asked_for("appointments/1").ok());
  REQUIRE(is_lie(asked_for("appointments/2")));
  server.act = [](v1::HandOverReply& out) {
    out.mutable_begun()->set_name("appointments/1");
    return Status();
  };
  REQUIRE(asked_for("appointments/2").ok());
  server.act = nullptr;
  server.touched = "appointments/2";
  REQUIRE(asked_for("appointments/2").ok());
}

TEST_CASE("an entry that no header holds is asked for", "[client][ledger]") {
  FakeServer server;
  server.touched = std::string(limits::proof_entry_bytes_max, 'x');
  const auto client = open(server.options());
  REQUIRE(act(*client).ok());
  REQUIRE(server.rows == 1);
}

TEST_CASE("acts of two clients that share what they have seen are each believed",
          "[client][ledger]") {
  FakeServer server;
  Options options = server.options();
  options.state_dir = server.certificates.path("state");
  const auto one = open(options);
  const auto other = open(options);
  REQUIRE(act(*one).ok());
  REQUIRE(act(*other).ok());
  // While one waits for its reply, the other moves on.
  bool first = true;
  std::vector<Status> meanwhile;
  server.meanwhile = [&] {
    if (!std::exchange(first, false)) return;
    for (int i = 0; i < 3; ++i) meanwhile.push_back(act(*other));
  };
  REQUIRE(act(*one).ok());
  // Whoever can ask nothing any more has seen what the proof continues.
  first = true;
  server.act = [](v1::HandOverReply&) { return Status(); };
  server.prove_growth = [] {
    return Status(Code::Unauthenticated, Reason::SignedOut, "sign in first");
  };
  REQUIRE(act(*one).ok());
  REQUIRE(meanwhile.size() == 6);
  for (const Status& status : meanwhile) REQUIRE(status.ok());
}

TEST_CASE("a ledger that was put back is refused in words", "[client][ledger]") {
  FakeServer server;
  server.ledger.grow_to(20);
  const auto client = open(server.options());
  REQUIRE(client->checkpoint().ok());
  server.ledger.fork_at(12);
  SECTION("it is shorter") {}
  SECTION("it is longer again, and another") { server.ledger.grow_to(30); }
  SECTION("it is as long again, and another") { server.ledger.grow_to(20); }
  const Status seen = client->checkpoint().status();
  INFO(seen.message());
  REQUIRE(is_lie(seen));
  REQUIRE(is_lie(act(*client)));
}

TEST_CASE("what was seen is remembered over a restart of the client", "[client][ledger]") {
  FakeServer server;
  Options options = server.options();
  options.state_dir = server.certificates.path("state");
  server.ledger.grow_to(20);
  {
    const auto client = open(options);
    REQUIRE(client->checkpoint().ok());
  }
  server.ledger.fork_at(10);
  server.ledger.grow_to(25);
  const auto client = open(options);
  REQUIRE(is_lie(client->checkpoint().status()));
  // The lie was not remembered in place of the truth.
  server.ledger.fork_at(10);
  const auto later = open(options);
  REQUIRE(is_lie(later->checkpoint().status()));
}

TEST_CASE("a ledger that grows is followed, and a receipt behind the newest is taken",
          "[client][ledger]") {
  FakeServer server;
  const auto client = open(server.options());
  for (const std::uint64_t size : {1U, 2U, 3U, 7U, 8U, 64U, 65U, 1000U}) {
    server.ledger.grow_to(size);
    REQUIRE(act(*client).ok());
    REQUIRE(client->checkpoint()->size == server.ledger.size());
  }
}

TEST_CASE("without the ledger's key nothing that carries a proof is believed", "[client][ledger]") {
  FakeServer server;
  Options options = server.options();
  options.ledger_key.clear();
  const auto client = open(options);
  REQUIRE(get(*client).ok());
  REQUIRE(act(*client).code() == Code::FailedPrecondition);
  REQUIRE(client->checkpoint().status().code() == Code::FailedPrecondition);
}

TEST_CASE("a kept checkpoint that does not read is said so and not passed over",
          "[client][ledger]") {
  FakeServer server;
  Options options = server.options();
  options.state_dir = server.certificates.path("state");
  std::filesystem::create_directory(options.state_dir);
  std::ofstream(options.state_dir + "/checkpoint") << "nonsense\n";
  REQUIRE(is_lie(Client::open(options).status()));
}

// --- what is tried again ---

TEST_CASE("a call that acts is made once, whatever becomes of it", "[client][retry]") {
  FakeServer server;
  const auto client = open(server.options());
  server.act = [](v1::HandOverReply&) {
    return Status(Code::Unavailable, Reason::Overloaded, "busy");
  };
  REQUIRE(act(*client).code() == Code::Unavailable);
  REQUIRE(server.acts == 1);
}

TEST_CASE("a call that only reads is tried three times and no more", "[client][retry]") {
  FakeServer server;
  const auto client = open(server.options());
  std::vector<Tick> asked;
  server.read = [&](const net::Call&) {
    asked.push_back(server.clock.tick());
    return server.reads < 3 ? Status(Code::Unavailable, Reason::Overloaded, "busy") : Status();
  };
  REQUIRE(get(*client).ok());
  REQUIRE(server.reads == 3);
  // And leaves the server alone in between.
  REQUIRE(asked[1] - asked[0] >= std::chrono::milliseconds(100));
  REQUIRE(asked[2] - asked[1] >= std::chrono::milliseconds(100));
  server.read = [](const net::Call&) {
    return Status(Code::Unavailable, Reason::Overloaded, "busy");
  };
  REQUIRE(get(*client).status().code() == Code::Unavailable);
  REQUIRE(server.reads == 6);
}

TEST_CASE("an answer that is not about the way is final", "[client][retry]") {
  FakeServer server;
  const auto client = open(server.options());
  for (const Code code : {Code::NotFound, Code::InvalidArgument, Code::PermissionDenied,
                          Code::FailedPrecondition, Code::Aborted, Code::Internal}) {
    server.reads = 0;
    server.read = [code](const net::Call&) { return Status(code, Reason::None, "no"); };
    REQUIRE(get(*client).status().code() == code);
    REQUIRE(server.reads == 1);
  }
}

TEST_CASE("a server that was started anew is found again", "[client][retry]") {
  FakeServer server;
  const auto client = open(server.options());
  REQUIRE(get(*client).ok());
  const std::uint16_t port = server.server->port();
  server.start("server", port);
  REQUIRE(get(*client).ok());
}

TEST_CASE("a call ends at its deadline, and the line is good for the next", "[client]") {
  FakeServer server;
  const auto client = open(server.options());
  std::mutex held;
  {
    const std::unique_lock hold(held);
    server.read = [&](const net::Call&) {
      const std::scoped_lock wait(held);
      return Status();
    };
    const auto late = client->call<v1::Person>(kGetPerson, v1::GetPersonRequest(),
                                               {.timeout = std::chrono::milliseconds(50)});
    REQUIRE(late.status().code() == Code::DeadlineExceeded);
  }
  server.read = nullptr;
  REQUIRE(get(*client).ok());
}

// --- sessions ---

// A server at which every session before `from` has ended.
void end_sessions_before(FakeServer& server, int from) {
  server.read = [from](const net::Call& call) {
    const std::string token = FakeServer::token_of(call);
    const bool open = token.size() > 6 && std::stoi(token.substr(6)) >= from;
    return open ? Status() : Status(Code::Unauthenticated, Reason::SignedOut, "signed out");
  };
}

TEST_CASE("without a password at hand an ended session is said to have ended",
          "[client][session]") {
  FakeServer server;
  const auto client = open(server.options());
  REQUIRE(client->sign_in(Secret("correct horse")).ok());
  end_sessions_before(server, 2);
  REQUIRE(get(*client).status().reason() == Reason::SignedOut);
  client->set_password_source([] { return std::optional<Secret>(); });
  REQUIRE(get(*client).status().reason() == Reason::SignedOut);
  REQUIRE(server.sign_ins == 1);
}

TEST_CASE("a wrong password at hand is tried once, and the call says why it failed",
          "[client][session]") {
  FakeServer server;
  const auto client = open(server.options());
  end_sessions_before(server, 1);
  client->set_password_source([] { return std::optional<Secret>(Secret("wrong")); });
  REQUIRE(get(*client).status().reason() == Reason::SignedOut);
  REQUIRE(server.sign_ins == 1);
}

TEST_CASE("a session that ends at every call is not renewed for ever", "[client][session]") {
  FakeServer server;
  const auto client = open(server.options());
  end_sessions_before(server, 1'000'000);
  client->set_password_source([] { return std::optional<Secret>(Secret("correct horse")); });
  REQUIRE(get(*client).status().reason() == Reason::SignedOut);
  REQUIRE(server.sign_ins == 1);
  REQUIRE(server.reads == 2);
}

TEST_CASE("a session that has ended is renewed in the middle of work", "[client][session]") {
  FakeServer server;
  const auto client = open(server.options());
  REQUIRE(client->sign_in(Secret("correct horse")).ok());
  client->set_password_source([] { return std::optional<Secret>(Secret("correct horse")); });
  end_sessions_before(server, 2);
  const Result<v1::Person> person = get(*client);
  REQUIRE(person.ok());
  REQUIRE(person->name() == "persons/token-2");
}

TEST_CASE("a token is kept for its owner alone, used again, and gone after sign-out",
          "[client][session]") {
  FakeServer server;
  Options options = server.options();
  options.state_dir = server.certificates.path("state");
  {
    const auto client = open(options);
    REQUIRE(client->sign_in(Secret("correct horse")).ok());
  }
  struct stat file {};
  REQUIRE(::stat((options.state_dir + "/token").c_str(), &file) == 0);
  REQUIRE((file.st_mode & 0777) == 0600);
  struct stat folder {};
  REQUIRE(::stat(options.state_dir.c_str(), &folder) == 0);
  REQUIRE((folder.st_mode & 0777) == 0700);
  const auto client = open(options);
  REQUIRE(get(*client)->name() == "persons/token-1");
  REQUIRE(client->sign_out().ok());
  REQUIRE(!std::filesystem::exists(options.state_dir + "/token"));
  REQUIRE(get(*client)->name() == "persons/");
}

// --- many at once, and the end ---

TEST_CASE("each asynchronous call is answered exactly once, also when the client goes",
          "[client][async]") {
  FakeServer server;
  std::atomic<int> answered{0};
  std::atomic<int> done{0};
  constexpr int calls = 200;
  {
    const auto client = open(server.options());
    for (int i = 0; i < calls; ++i) {
      client->call_async<v1::Person>(kGetPerson, v1::GetPersonRequest(),
                                     [&](const Result<v1::Person>& reply) {
                                       ++done;
                                       if (reply.ok()) ++answered;
                                     });
    }
    REQUIRE(get(*client).ok());  // by now the first are answered; the rest are cut off
  }
  REQUIRE(done == calls);
  REQUIRE(answered > 0);
}

TEST_CASE("a call that waits for its next try is answered when the client goes",
          "[client][async]") {
  FakeServer server;
  server.read = [](const net::Call&) {
    return Status(Code::Unavailable, Reason::Overloaded, "busy");
  };
  std::atomic<int> done{0};
  std::atomic<int> cancelled{0};
  {
    const auto client = open(server.options());
    client->call_async<v1::Person>(kGetPerson, v1::GetPersonRequest(),
                                   [&](const Result<v1::Person>& reply) {
                                     ++done;
                                     if (reply.status().code() == Code::Cancelled) ++cancelled;
                                   });
    while (server.reads == 0) std::this_thread::yield();
  }
  REQUIRE(done == 1);
  REQUIRE(cancelled == 1);
}

}  // namespace
}  // namespace entente::client
