// Rows that do not read or stand alone, and what changes between two lines of a sign-in: nothing is
// opened, and nobody is told why.
#include "proto/contract/bytes.h"
#include "server/identity/acts.h"
#include "server/identity/attended.h"
#include "server/identity/block_list.h"
#include "server/identity/records.h"
#include "server/identity/register.h"
#include "server/identity/sign_in.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

// As server/identity/register.cc has them on disk.
constexpr store::Table failures_table{0x22};
constexpr store::Table application_table{0x23};
constexpr store::Table anchors_table{0x26};
constexpr store::Table crls_table{0x28};
constexpr store::Table folder_table{0x29};

const std::string no_row = "\xff\xff\xff";
const std::string anna_name = "parties/SWE/accounts/anna";

}  // namespace

TEST_CASE("a row that does not read opens nothing, and is no refusal", "[identity][damage]") {
  World world;
  const std::string officer = world.sign_in(world.made.olga);
  const auto account_of = [&](const char* name) {
    v1::GetAccountRequest request;
    request.set_name(name);
    return world
        .ask<v1::Account>(world.made.olga, officer, "/entente.v1.AccountService/GetAccount",
                          request)
        .status()
        .code();
  };
  const auto signs_in = [&] {
    return world.try_sign_in(world.made.anna, good_password).status().code();
  };
  const store::Id anna = world.store->blind("identity.account", anna_name);
  const auto digest = [&](std::string_view of) {
    return world.store->blind("identity.digest", of);
  };
  CHECK(account_of("parties/SWE/accounts/anna") == Code::Ok);
  SECTION("the account's") {
    world.damage(world.account_row(anna_name), no_row);
    CHECK(signs_in() == Code::DataLoss);
    CHECK(account_of("parties/SWE/accounts/anna") == Code::DataLoss);
    v1::ListAccountsRequest list;
    list.set_party("parties/SWE");
    CHECK(world
              .ask<v1::ListAccountsReply>(world.made.olga, officer,
                                          "/entente.v1.AccountService/ListAccounts", list)
              .status()
              .code() == Code::DataLoss);
    CHECK(world.identity.programs_of("SWE").status().code() == Code::DataLoss);
  }
  SECTION("its certificate's") {
    world.damage(world.certificate_row(world.made.anna), no_row);
    CHECK(signs_in() == Code::DataLoss);
  }
  SECTION("its failures'") {
    const std::string certificate(as_view(sha256(world.made.anna.der)));
    world.damage(store::Key(failures_table).id(anna).id(digest(certificate)), no_row);
    CHECK(signs_in() == Code::DataLoss);
    CHECK(account_of("parties/SWE/accounts/anna") == Code::DataLoss);
  }
  SECTION("its application passwords'") {
    const std::string token = world.sign_in(world.made.anna);
    world.damage(store::Key(application_table).id(anna).id(digest("any")), no_row);
    CHECK(world
              .ask<v1::ListApplicationPasswordsReply>(
                  world.made.anna, token, "/entente.v1.SessionService/ListApplicationPasswords",
                  v1::ListApplicationPasswordsRequest())
              .status()
              .code() == Code::DataLoss);
  }
  SECTION("those of its party's trust: the daemon does not start on them") {
    const store::Id party = world.store->blind("identity.party", "SWE");
    for (const store::Table table : {anchors_table, crls_table}) {
      const store::Key key = store::Key(table).id(party).id(digest("any"));
      world.damage(key, no_row);
      CHECK(world.identity.start().code() == Code::DataLoss);
      world.damage(key);
      CHECK(world.identity.start().ok());
    }
    world.damage(store::Key(folder_table).id(party), no_row);
    const std::filesystem::path dir = scratch();
    std::filesystem::create_directories(dir / "SWE");
    write_file(dir / "SWE" / "anchor.pem", world.made.swe.certificate_pem());
    world.identity.trust_folder(dir).poll();  // What is complained of has nobody to hear it.
    CHECK(world.kinds().back() == "test.damage");
    std::filesystem::remove_all(dir);
  }
}

TEST_CASE("an entry of a list whose row is gone is passed over", "[identity][damage]") {
  World world;
  world.damage(world.account_row(anna_name));
  world.damage(world.certificate_row(world.made.bertil));
  v1::ListAccountsRequest accounts;
  accounts.set_party("parties/SWE");
  const auto listed =
      world.ask<v1::ListAccountsReply>(world.made.olga, world.sign_in(world.made.olga),
                                       "/entente.v1.AccountService/ListAccounts", accounts);
  REQUIRE(listed.ok());
  CHECK(listed->accounts_size() == 6);
  v1::ListCertificatesRequest certificates;
  certificates.set_party("parties/SWE");
  const auto shown = world.ask<v1::ListCertificatesReply>(
      world.made.olga, world.sign_in(world.made.olga),
      "/entente.v1.CertificateService/ListCertificates", certificates);
  REQUIRE(shown.ok());
  CHECK(shown->certificates_size() == 6);
}

TEST_CASE("an account or a certificate that is gone before the session is entered opens nothing",
          "[identity][damage]") {
  World world;
  const std::size_t open = world.identity.sessions().size();
  const auto refused_without = [&](const store::Key& key) {
    bool gone = false;
    world.clock.meanwhile([&] {
      gone = true;
      world.damage(key);
    });
    const Reason why = world.try_sign_in(world.made.anna, good_password).status().reason();
    CHECK(gone);
    return why == Reason::SignInRefused;
  };
  SECTION("the account") { CHECK(refused_without(world.account_row(anna_name))); }
  SECTION("the certificate") { CHECK(refused_without(world.certificate_row(world.made.anna))); }
  CHECK(world.identity.sessions().size() == open);
}

TEST_CASE("nobody's password is given again, or changed, for another's session",
          "[identity][damage]") {
  World world;
  const Register rows(*world.store);
  PasswordHasher hasher(world.store->purpose_key("identity password pepper"), world.entropy,
                        {.memory_kib = 8, .passes = 1}, 4, CheapHashesForTests{});
  const BlockList block_list({"demo.example"});
  Attempts attempts({}, world.clock);
  Sessions sessions({}, world.holdings, world.clock, world.entropy);
  SignIn sign_in({.store = *world.store,
                  .rows = rows,
                  .endings = world.identity.endings(),
                  .certificates = world.trust,
                  .hasher = hasher,
                  .block_list = block_list,
                  .attempts = attempts,
                  .sessions = sessions,
                  .clock = world.clock});
  const MadeCall anna = world.call(world.made.anna);
  const MadeCall bertil = world.call(world.made.bertil);
  const auto opened = sign_in.open(anna.peer(), good_password);
  REQUIRE(opened.ok());
  const std::size_t entries = world.ledger->size();
  CHECK(sign_in.step_up(bertil.peer(), opened->session, good_password).reason() ==
        Reason::SignInRefused);
  CHECK(sign_in
            .change_password(bertil.peer(), opened->session, good_password, "frithiofs saga i norr")
            .reason() == Reason::SignInRefused);
  CHECK(world.ledger->size() == entries);
  CHECK(sign_in.step_up(anna.peer(), opened->session, good_password).ok());
  CHECK(world.try_sign_in(world.made.bertil, good_password).ok());
}

TEST_CASE("a certificate that was entered for another account opens none, and an office's none",
          "[identity][damage]") {
  World world;
  const Register& rows = world.identity.rows();
  record::Certificate row =
      **rows.certificate(*world.store->snapshot(), sha256(world.made.anna.der));
  row.set_account("parties/SWE/accounts/bertil");
  world.damage(world.certificate_row(world.made.anna), row.SerializeAsString());
  CHECK(world.try_sign_in(world.made.anna, good_password).status().reason() ==
        Reason::SignInRefused);
  const Leaf office = world.made.swe.issue({.uri = uri("swe", "office/swe.igc"),
                                            .key_usage = "critical,keyAgreement",
                                            .extended_key_usage = ""});
  REQUIRE(world.trust.read(office.der).ok());
  MadeCall call(office.der, uri("swe", "person/bertil"));
  v1::SignInRequest request;
  request.set_password(std::string(good_password));
  CHECK(world
            .ask<v1::SignInRequest, v1::SignInReply>(call, "/entente.v1.SessionService/SignIn",
                                                     request)
            .status()
            .reason() == Reason::SignInRefused);
}

TEST_CASE("a certificate whose entry is nowhere is shown without one", "[identity][damage]") {
  World world;
  const auto facts = world.trust.read(world.made.nobody.der);
  REQUIRE(facts.ok());
  const record::Certificate row =
      certificate_record(*facts, world.made.nobody.der, world.clock.now());
  world.damage(world.certificate_row(world.made.nobody), row.SerializeAsString());
  v1::GetCertificateRequest request;
  request.set_name("certificates/" + to_hex(row.sha256()));
  const auto shown =
      world.ask<v1::Certificate>(world.made.anna, world.sign_in(world.made.anna),
                                 "/entente.v1.CertificateService/GetCertificate", request);
  REQUIRE(shown.ok());
  CHECK(shown->entry_index() == 0);
}

TEST_CASE("what an act of trust brings and cannot be read is complained of, and shuts nobody out",
          "[identity][damage]") {
  World world;
  std::vector<std::string> complaints;
  Identity told(
      {.network = std::string(network),
       .hash_cost = {.memory_kib = 8, .passes = 1},
       .attempts = {},
       .sessions = {},
       .names = {},
       .everyone = 0},
      {.store = *world.store,
       .ledger = *world.ledger,
       .certificates = world.trust,
       .holdings = world.holdings,
       .clock = world.clock,
       .entropy = world.entropy,
       .complain = [&](std::string_view what, const Status&) { complaints.emplace_back(what); }},
      CheapHashesForTests{});
  const store::Id party = world.store->blind("identity.party", "SWE");
  world.damage(store::Key(crls_table).id(party).id(world.store->blind("identity.digest", "any")),
               no_row);
  ledger::Act act;
  act.kind = acts::publish_crl;
  act.object = "no party";
  told.follow(0, act);
  CHECK(complaints.empty());
  act.object = "parties/SWE";
  told.follow(0, act);
  CHECK(complaints == std::vector<std::string>{"parties/SWE"});
  CHECK(world.try_sign_in(world.made.anna, good_password).ok());
}

TEST_CASE("a folder that brings another list is entered anew", "[identity][trust]") {
  World world;
  Authority denmark("Denmark");
  const auto entered = [&] {
    const auto kinds = world.kinds();
    return std::ranges::count(kinds, std::string(acts::load_folder));
  };
  const std::filesystem::path dir = scratch();
  std::filesystem::create_directories(dir / "DNK");
  write_file(dir / "DNK" / "anchor.pem", denmark.certificate_pem());
  TrustFolder folder = world.identity.trust_folder(dir);
  folder.poll();
  CHECK(entered() == 1);
  write_file(dir / "DNK" / "crl.pem", denmark.crl_pem());
  folder.poll();
  CHECK(entered() == 2);
  // The same in other words.
  write_file(dir / "DNK" / "anchor.pem", "its anchor\n" + denmark.certificate_pem());
  folder.poll();
  CHECK(entered() == 2);
  std::filesystem::remove_all(dir);
}

TEST_CASE("a tool's session has no token that opens it, and no password that was given",
          "[identity][session]") {
  World world;
  Sessions& sessions = world.identity.sessions();
  const Digest certificate = sha256(world.made.anna.der);
  const auto open = [&](const std::string& application) {
    return sessions.open({.account = anna_name,
                          .party = "SWE",
                          .person = "p-anna",
                          .certificate = certificate,
                          .certificate_ends = Instant::max(),
                          .address = {},
                          .scope = Scope::Unspecified,
                          .application_password = application});
  };
  const Sessions::Opened tool = open("its name");
  const Sessions::Opened person = open("");
  CHECK(sessions.find(tool.token, certificate) == nullptr);
  CHECK(sessions.find(person.token, certificate) == person.session);
  CHECK_FALSE(sessions.stepped_up(*tool.session));
  CHECK(sessions.stepped_up(*person.session));
}

TEST_CASE("a session that ends while they are listed is not listed", "[identity][session]") {
  World world;
  // From before it is found until the other one's line is made; the newest is told of first.
  for (int n = 2; n <= 7; ++n) {
    CAPTURE(n);
    const std::string leaves = world.sign_in(world.made.anna);
    const std::string stays = world.sign_in(world.made.anna);
    const std::string name = world.get_session(world.made.anna, leaves)->name();
    world.clock.meanwhile(
        [&] {
          world.identity.sessions().end_where(
              [&](const Session& one) { return one.name() == name; });
        },
        n);
    const auto listed = world.ask<v1::ListSessionsReply>(world.made.anna, stays,
                                                         "/entente.v1.SessionService/ListSessions",
                                                         v1::ListSessionsRequest());
    world.clock.asked = nullptr;
    REQUIRE(listed.ok());
    CHECK(listed->sessions_size() == 1);
    world.identity.sessions().end_where([](const Session&) { return true; });
    world.clock.pass(std::chrono::minutes(2));
  }
}

TEST_CASE("another's session stands while somebody changes their password", "[identity][session]") {
  World world;
  const std::string bertil = world.sign_in(world.made.bertil);
  const std::string anna = world.sign_in(world.made.anna);
  v1::ChangePasswordRequest request;
  request.set_old_password(std::string(good_password));
  request.set_new_password("frithiofs saga i norr");
  REQUIRE(world
              .ask<v1::ChangePasswordReply>(world.made.anna, anna,
                                            "/entente.v1.SessionService/ChangePassword", request)
              .ok());
  CHECK(world.is_open(world.made.bertil, bertil));
  CHECK(world.is_open(world.made.anna, anna));
}

TEST_CASE("an act that loses each time is given up, and so is a reading nobody waits for",
          "[identity][gate]") {
  World world;
  const store::Key row = world.account_row("parties/SWE/accounts/none");
  int tried = 0;
  const auto committed = commit_act(*world.store, [&](store::Transaction& in) -> Status {
    ENTENTE_TRY_VOID(in.find(row).status());
    world.damage(row, "another's " + std::to_string(++tried));
    in.put(row, "mine");
    ledger::Act act;
    act.kind = "test.mine";
    world.ledger->record(in, act);
    return Status();
  });
  CHECK(committed.status().code() == Code::Aborted);
  CHECK(tried == commit_attempts_max);
  const auto snapshot = world.store->snapshot();
  bool gone = false;
  Attended attended(*snapshot, [&] { return gone; });
  CHECK(*attended.find(row) == "another's " + std::to_string(tried));
  const auto decode = [](std::string_view value) -> Result<store::Decoded> {
    return store::Decoded(std::make_shared<std::string>(value));
  };
  CHECK(attended.find_decoded(row, decode).ok());
  gone = true;
  CHECK(attended.find(row).status().code() == Code::Cancelled);
  CHECK(attended.find_decoded(row, decode).status().code() == Code::Cancelled);
}

}  // namespace entente::identity::testing
