// What happens between somebody's being let in and the act that they are let in for; and the
// limits of what is remembered of those who were.
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/consent.h"
#include "server/identity/acts.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

// Lets in whom the room lets in, and then, once, something happens.
class LettingIn final : public Authenticator {
 public:
  enum class When { Found, Pinned };
  explicit LettingIn(Authenticator& room) : room_(room) {}
  void then(When when, std::function<void()> happens) {
    when_ = when;
    happens_ = std::move(happens);
  }
  [[nodiscard]] bool happened() const { return !happens_; }

  Result<SubjectPointer> authenticate(net::Call& call,
                                      const google::protobuf::MethodDescriptor& method) override {
    Result<SubjectPointer> subject = room_.authenticate(call, method);
    return it_is(When::Found, std::move(subject));
  }
  Result<SubjectPointer> authenticate_tool(net::Call& call, Scope scope) override {
    return room_.authenticate_tool(call, scope);
  }
  Result<SubjectPointer> pin(const SubjectPointer& subject,
                             store::Transaction& transaction) override {
    return it_is(When::Pinned, room_.pin(subject, transaction));
  }
  Result<std::unique_ptr<Receiver>> receive(const SubjectPointer& subject,
                                            net::Waker waker) override {
    return room_.receive(subject, std::move(waker));
  }

 private:
  Result<SubjectPointer> it_is(When when, Result<SubjectPointer> subject) {
    if (happens_ && when == when_ && subject.ok()) std::exchange(happens_, nullptr)();
    return subject;
  }
  Authenticator& room_;
  When when_ = When::Found;
  std::function<void()> happens_;
};

// A world behind such a door.
struct Behind {
  Behind() { world.identity.add_to(gate); }
  template <typename Rep, typename Req>
  Result<Rep> ask(const Leaf& leaf, const std::string& token, const std::string& path,
                  const Req& request) {
    MadeCall call = world.call(leaf, token);
    Rep reply;
    const Status status = table.find(path)->unary(call, request, reply);
    if (!status.ok()) return status;
    return reply;
  }
  // As an act of another of the account's sessions ends this one.
  void then_its_session_ends(LettingIn::When when) {
    door.then(when, [this] {
      CHECK(world.identity.sessions().end_where([](const Session&) { return true; }) == 1);
    });
  }
  World world;
  LettingIn door{world.identity.authenticator()};
  net::MethodTable table;
  Gate gate{table, *world.store, door};
};

using When = LettingIn::When;

}  // namespace

TEST_CASE("whose session ends when they have just been let in reads and does nothing",
          "[identity][session]") {
  Behind behind;
  World& world = behind.world;
  Certificates& made = certificates();
  const std::string anna = world.sign_in(made.anna);
  SECTION("reads") {
    behind.then_its_session_ends(When::Found);
    CHECK(behind
              .ask<v1::Session>(made.anna, anna, "/entente.v1.SessionService/GetSession",
                                v1::GetSessionRequest())
              .status()
              .reason() == Reason::SignedOut);
  }
  SECTION("begins an act") {
    const std::uint64_t entries = world.ledger->size();
    behind.then_its_session_ends(When::Found);
    CHECK(behind
              .ask<v1::SignOutReply>(made.anna, anna, "/entente.v1.SessionService/SignOut",
                                     v1::SignOutRequest())
              .status()
              .reason() == Reason::SignedOut);
    CHECK(world.ledger->size() == entries);
  }
  SECTION("makes a password for a tool") {
    v1::CreateApplicationPasswordRequest request;
    request.set_scope(v1::SCOPE_DIRECTORY);
    request.set_label("address book");
    const std::uint64_t entries = world.ledger->size();
    behind.then_its_session_ends(When::Pinned);
    CHECK(behind
              .ask<v1::CreateApplicationPasswordReply>(
                  made.anna, anna, "/entente.v1.SessionService/CreateApplicationPassword", request)
              .status()
              .reason() == Reason::SignedOut);
    CHECK(world.ledger->size() == entries);
  }
  SECTION("receives") {
    MadeCall call = world.call(made.anna, anna);
    const auto subject = world.identity.authenticator().authenticate(
        call, *behind.table.find("/entente.v1.SessionService/GetSession")->descriptor);
    REQUIRE(subject.ok());
    behind.door.then(When::Found, {});
    REQUIRE(world.identity.authenticator().receive(*subject, [] {}).ok());
    CHECK(world.identity.sessions().end_where([](const Session&) { return true; }) == 1);
    CHECK(world.identity.authenticator().receive(*subject, [] {}).status().reason() ==
          Reason::SignedOut);
  }
  CHECK(behind.door.happened());
  CHECK_FALSE(world.is_open(made.anna, anna));
}

TEST_CASE("whose session ends when they have just been let in consents to no anchor",
          "[identity][session][certificate]") {
  Behind behind;
  World& world = behind.world;
  const Leaf& sven = certificates().sven;
  const Authority denmark("Denmark");
  const std::string& der = denmark.certificate_der();
  const std::string digest(as_view(anchor_digest("DNK", "igc", false, der)));
  v1::ProposeAnchorRequest request;
  request.set_party("parties/DNK");
  request.set_process("processes/igc");
  request.set_der(der);
  request.set_signature(sign(sven, consent_message(digest)));
  const auto propose = [&](const std::string& token) {
    return behind.ask<v1::AnchorProposal>(sven, token,
                                          "/entente.v1.CertificateService/ProposeAnchor", request);
  };
  const std::string token = world.sign_in(sven);
  const std::uint64_t entries = world.ledger->size();
  behind.then_its_session_ends(When::Pinned);
  CHECK(propose(token).status().reason() == Reason::SignedOut);
  CHECK(behind.door.happened());
  CHECK(world.ledger->size() == entries);
  CHECK(propose(world.sign_in(sven)).ok());
}

TEST_CASE("an act whose maker's session or certificate ends before it is entered is not entered",
          "[identity][session][revocation]") {
  Behind behind;
  World& world = behind.world;
  Authority denmark("Denmark");
  const auto folder = [&] {
    return world.trust.set_trust("DNK", TrustSource::Folder,
                                 {.anchors = {denmark.certificate_der()}, .crls = {denmark.crl()}});
  };
  REQUIRE(folder().ok());
  const Leaf dorte = denmark.issue(uri("dnk", "person/dorte"));
  const Leaf officer = denmark.issue(uri("dnk", "person/officer"));
  world.settle("DNK", "dorte", dorte);
  world.settle("DNK", "officer", officer);
  world.holdings.duty("p-dorte", policy::Duty::SecurityOfficer, "DNK");
  world.holdings.duty("p-officer", policy::Duty::CertificateOfficer, "DNK");
  const std::string token = world.sign_in(dorte);
  const std::string name = world.get_session(dorte, token)->name();
  const std::string officers = world.sign_in(officer);
  v1::CreateAccountRequest request;
  request.set_party("parties/DNK");
  request.set_account_id("program");
  request.set_kind(v1::Account::KIND_PROGRAM);
  const auto act = [&] {
    return behind
        .ask<v1::AccountCode>(dorte, token, "/entente.v1.AccountService/CreateAccount", request)
        .status();
  };
  std::string end;
  SECTION("by another session of the account") {
    end = acts::end_session;
    behind.door.then(When::Pinned, [&] {
      v1::EndSessionRequest ends;
      ends.set_name(name);
      CHECK(world
                .ask<v1::EndSessionReply>(dorte, world.sign_in(dorte),
                                          "/entente.v1.SessionService/EndSession", ends)
                .ok());
    });
  }
  SECTION("by its own") {
    end = acts::sign_out;
    behind.door.then(When::Pinned, [&] {
      CHECK(world
                .ask<v1::SignOutReply>(dorte, token, "/entente.v1.SessionService/SignOut",
                                       v1::SignOutRequest())
                .ok());
    });
  }
  SECTION("by a list that is published") {
    end = acts::publish_crl;
    denmark.revoke(dorte);
    behind.door.then(When::Pinned, [&] {
      v1::PublishRevocationListRequest list;
      list.set_party("parties/DNK");
      list.set_crl_der(denmark.crl());
      CHECK(world
                .ask<v1::RevocationList>(
                    officer, officers, "/entente.v1.CertificateService/PublishRevocationList", list)
                .ok());
    });
  }
  SECTION("by the operator's folder") {
    end = acts::load_folder;
    denmark.revoke(dorte);
    behind.door.then(When::Pinned, [&] {
      const std::filesystem::path dir = scratch();
      std::filesystem::create_directories(dir / "DNK");
      write_file(dir / "DNK" / "anchor.pem", denmark.certificate_pem());
      write_file(dir / "DNK" / "crl.pem", denmark.crl_pem());
      world.identity.trust_folder(dir).poll();
      std::filesystem::remove_all(dir);
    });
  }
  CHECK(act().reason() == Reason::SignedOut);
  CHECK(behind.door.happened());
  CHECK(world.kinds().back() == end);
}

TEST_CASE("an act waits until what it has read of has ended sessions", "[identity][session]") {
  World world;
  const auto pinned = [&](const std::string& party) {
    return world.identity.endings().pin(*world.store->begin(), party).code();
  };
  CHECK(pinned("SWE") == Code::Ok);
  record::Endings row;
  row.set_party("SWE");
  row.set_count(1);
  const auto transaction = world.store->begin();
  world.identity.rows().put(*transaction, row);
  ledger::Act act;
  act.kind = "test.ended";
  world.ledger->record(*transaction, act);
  REQUIRE(transaction->commit().ok());
  CHECK(pinned("SWE") == Code::Unavailable);
  CHECK(pinned("NOR") == Code::Ok);
  act.kind = acts::end_account;
  act.object = "parties/SWE/accounts/anna";
  world.identity.follow(0, act);
  CHECK(pinned("SWE") == Code::Ok);
  // What was counted before the start has ended with it.
  CHECK(world.second()->identity.endings().pin(*world.store->begin(), "SWE").ok());
}

TEST_CASE("a code is not redeemed behind the list that revokes its certificate",
          "[identity][revocation]") {
  World world;
  Authority denmark("Denmark");
  REQUIRE(world.trust
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {denmark.certificate_der()}, .crls = {denmark.crl()}})
              .ok());
  const Leaf officer = denmark.issue(uri("dnk", "person/officer"));
  world.settle("DNK", "officer", officer);
  world.holdings.duty("p-officer", policy::Duty::CertificateOfficer, "DNK");
  const std::string officers = world.sign_in(officer);
  const auto redeem = [&](const Leaf& leaf, const std::string& code) {
    v1::RedeemCodeRequest request;
    request.set_code(code);
    request.set_new_password("frithiofs saga i norr");
    return world
        .ask<v1::RedeemCodeReply>(leaf, "", "/entente.v1.SessionService/RedeemCode", request)
        .status();
  };
  const auto invite = [&](const std::string& id, const Leaf& leaf) {
    const auto code = world.identity.create_account(
        {.party = "DNK", .id = id, .person = "p-" + id, .label = {}}, nullptr);
    REQUIRE(code.ok());
    REQUIRE(world.identity.enter_certificate({leaf.der}).ok());
    return *code;
  };
  // How often the time is asked for until it is entered; the last time is the ledger's.
  const Leaf first = denmark.issue(uri("dnk", "person/first"));
  const std::string firsts = invite("first", first);
  int asked = 0;
  int midst = 0;
  world.clock.asked = [&] { ++asked; };
  world.unwritable = [&] {
    midst = asked - 1;
    return Status();
  };
  REQUIRE(redeem(first, firsts).ok());
  world.unwritable = nullptr;
  world.clock.asked = nullptr;
  REQUIRE(midst > 1);
  for (int at = 1; at <= midst; ++at) {
    const std::string id = "person" + std::to_string(at);
    const Leaf leaf = denmark.issue(uri("dnk", "person/" + id));
    const std::string code = invite(id, leaf);
    denmark.revoke(leaf);
    v1::PublishRevocationListRequest list;
    list.set_party("parties/DNK");
    list.set_crl_der(denmark.crl());
    world.clock.meanwhile(
        [&] {
          CHECK(world
                    .ask<v1::RevocationList>(officer, officers,
                                             "/entente.v1.CertificateService/PublishRevocationList",
                                             list)
                    .ok());
        },
        at);
    const std::uint64_t entries = world.ledger->size();
    CHECK(redeem(leaf, code).reason() == Reason::SignInRefused);
    const auto kinds = world.kinds(entries);
    CHECK(std::ranges::count(kinds, std::string(acts::publish_crl)) == 1);
    CHECK(std::ranges::count(kinds, std::string(acts::redeem)) == 0);
  }
}

TEST_CASE("of tools a limited number is remembered: who is not is checked anew",
          "[identity][application-password]") {
  IdentityRules rules;
  rules.tools_max = 2;
  World world(rules);
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.anna);
  std::vector<std::string> names;
  std::vector<std::string> headers;
  for (const char* label : {"one", "two", "three"}) {
    v1::CreateApplicationPasswordRequest request;
    request.set_scope(v1::SCOPE_DIRECTORY);
    request.set_label(label);
    const auto reply = world.ask<v1::CreateApplicationPasswordReply>(
        made.anna, token, "/entente.v1.SessionService/CreateApplicationPassword", request);
    REQUIRE(reply.ok());
    names.push_back(reply->application_password().name());
    headers.push_back("Basic " + to_base64("anna:" + reply->password()));
  }
  // Whether it was checked, which is entered.
  const auto checks = [&](std::size_t which) {
    const std::uint64_t entries = world.ledger->size();
    MadeCall call = world.call(made.anna);
    call.headers["authorization"] = headers[which];
    CHECK(world.identity.authenticator().authenticate_tool(call, Scope::Directory).ok());
    return world.ledger->size() - entries;
  };
  CHECK(checks(0) == 1);
  CHECK(checks(1) == 1);
  CHECK(checks(0) + checks(1) == 0);
  CHECK(checks(2) == 1);  // None had ended: all are forgotten but this one.
  CHECK(checks(2) == 0);
  CHECK(checks(0) == 1);
  CHECK(checks(0) == 0);
  CHECK(world.identity.sessions().end_where([&](const Session& session) {
    return session.facts().application_password == names[0];
  }) == 2);
  CHECK(checks(1) == 1);  // One had: the other is remembered.
  CHECK(checks(2) == 0);
}

}  // namespace entente::identity::testing
