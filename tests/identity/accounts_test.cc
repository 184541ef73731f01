// Officers and accounts: who may do what to whom, and that nobody climbs.
#include "server/identity/certificate_service.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

using policy::Duty;

template <typename Rep, typename Req>
Result<Rep> account_call(World& world, const Leaf& leaf, const std::string& token,
                         const std::string& method, const Req& request) {
  return world.ask<Rep>(leaf, token, "/entente.v1.AccountService/" + method, request);
}

struct Role {
  const char* name;
  const Leaf& leaf;
  const char* account;
};

std::vector<Role> roles() {
  Certificates& made = certificates();
  return {{"person", made.anna, "parties/SWE/accounts/anna"},
          {"security officer", made.olga, "parties/SWE/accounts/olga"},
          {"second security officer", made.oskar, "parties/SWE/accounts/oskar"},
          {"certificate officer", made.cecilia, "parties/SWE/accounts/cecilia"},
          {"secretariat", made.sven, "parties/SWE/accounts/sven"},
          {"foreign person", made.nils, "parties/NOR/accounts/nils"},
          {"foreign security officer", made.nina, "parties/NOR/accounts/nina"}};
}

TEST_CASE("a reset is the own party's officer's, of others, and of no secretariat alone",
          "[identity][account]") {
  for (const Role& actor : roles()) {
    for (const Role& target : roles()) {
      World world;
      INFO(actor.name << " resets " << target.name);
      const std::string token = world.sign_in(actor.leaf);
      const std::string targets = world.sign_in(target.leaf);
      v1::ResetAccountRequest request;
      request.set_name(target.account);
      const auto reply =
          account_call<v1::AccountCode>(world, actor.leaf, token, "ResetAccount", request);
      const bool officer = std::string_view(actor.name).ends_with("security officer");
      const bool same_party = std::string_view(actor.account).substr(0, 11) ==
                              std::string_view(target.account).substr(0, 11);
      if (!officer || !same_party) {
        CHECK(reply.status().code() == Code::NotFound);
      } else if (std::string_view(actor.account) == target.account) {
        CHECK(reply.status().code() == Code::PermissionDenied);
        CHECK(reply.status().reason() == Reason::NotYours);
      } else {
        REQUIRE(reply.ok());
        const bool upwards = std::string_view(target.name) == "secretariat";
        CHECK(reply->awaits_approval() == upwards);
        CHECK(world.is_open(target.leaf, targets) == upwards);
        // What it answers opens nothing for who asked.
        CHECK_FALSE(world.try_sign_in(actor.leaf, reply->code()).ok());
        CHECK_FALSE(world.try_sign_in(target.leaf, reply->code()).ok());
        continue;
      }
      CHECK(world.is_open(target.leaf, targets));
      CHECK(world.try_sign_in(target.leaf, good_password).ok());
    }
  }
}

TEST_CASE("a foreign account, an absent one and no name at all are the same not found",
          "[identity][account]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.olga);
  std::string first;
  for (const char* name :
       {"parties/NOR/accounts/nils", "parties/SWE/accounts/none", "parties/NOR/accounts/none",
        "parties/XXX/accounts/anna", "parties/SWE/accounts/ANNA", "parties/swe/accounts/anna",
        "parties/SWE/accounts/anna/", "parties/SWE/accounts/../NOR/accounts/nils", "anna", "",
        "parties//accounts/", "parties/SWE/accounts/anna\n"}) {
    INFO(name);
    v1::ResetAccountRequest reset;
    reset.set_name(name);
    v1::EndAccountRequest end;
    end.set_name(name);
    v1::UnlockAccountRequest unlock;
    unlock.set_name(name);
    v1::GetAccountRequest get;
    get.set_name(name);
    v1::ApproveResetRequest approve;
    approve.set_name(name);
    for (const Status& status :
         {account_call<v1::AccountCode>(world, made.olga, token, "ResetAccount", reset).status(),
          account_call<v1::Account>(world, made.olga, token, "EndAccount", end).status(),
          account_call<v1::Account>(world, made.olga, token, "UnlockAccount", unlock).status(),
          account_call<v1::Account>(world, made.olga, token, "ApproveReset", approve).status(),
          account_call<v1::Account>(world, made.olga, token, "GetAccount", get).status()}) {
      CHECK(status.code() == Code::NotFound);
      if (first.empty()) first = face(status);
      CHECK(face(status) == first);
    }
  }
  CHECK(world.try_sign_in(made.nils, good_password).ok());
}

TEST_CASE("a secretariat's reset waits for a second person, who is neither of the two",
          "[identity][account]") {
  World world;
  Certificates& made = certificates();
  const std::string olga = world.sign_in(made.olga);
  v1::ResetAccountRequest reset;
  reset.set_name("parties/SWE/accounts/sven");
  const auto code = account_call<v1::AccountCode>(world, made.olga, olga, "ResetAccount", reset);
  REQUIRE(code.ok());
  v1::RedeemCodeRequest redeem;
  redeem.set_code(code->code());
  redeem.set_new_password("frithiofs saga i norr");
  const auto try_redeem = [&] {
    return world
        .ask<v1::RedeemCodeReply>(made.sven, "", "/entente.v1.SessionService/RedeemCode", redeem)
        .status();
  };
  CHECK(try_redeem().reason() == Reason::SignInRefused);
  const std::string sven = world.sign_in(made.sven);
  v1::ApproveResetRequest approve;
  approve.set_name("parties/SWE/accounts/sven");
  const auto try_approve = [&](const Leaf& leaf) {
    const std::string token = world.sign_in(leaf);
    return account_call<v1::Account>(world, leaf, token, "ApproveReset", approve).status();
  };
  for (const Leaf* leaf : {&made.olga, &made.sven, &made.anna, &made.cecilia, &made.nina}) {
    CHECK(try_approve(*leaf).code() == Code::NotFound);
  }
  CHECK(world.is_open(made.sven, sven));
  CHECK(try_approve(made.sara).ok());
  CHECK_FALSE(world.is_open(made.sven, sven));
  CHECK(try_approve(made.oskar).code() == Code::NotFound);  // The second time.
  CHECK(try_redeem().ok());
  CHECK(world.try_sign_in(made.sven, "frithiofs saga i norr").ok());
}

TEST_CASE("an officer makes an account that its holder alone opens", "[identity][account]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.olga);
  v1::CreateAccountRequest request;
  request.set_party("parties/SWE");
  request.set_account_id("statistics");
  request.set_kind(v1::Account::KIND_PROGRAM);
  request.set_label("quarterly upload");
  const auto create = [&] {
    return account_call<v1::AccountCode>(world, made.olga, token, "CreateAccount", request);
  };
  const auto code = create();
  REQUIRE(code.ok());
  CHECK(code->account().state() == v1::Account::STATE_INVITED);
  CHECK(create().status().code() == Code::AlreadyExists);
  REQUIRE(world.identity.enter_certificate({made.machine.der}).ok());
  CHECK_FALSE(world.try_sign_in(made.machine, "").ok());
  v1::RedeemCodeRequest redeem;
  redeem.set_code(code->code());
  redeem.set_new_password("frithiofs saga i norr");
  REQUIRE(world
              .ask<v1::RedeemCodeReply>(made.machine, "", "/entente.v1.SessionService/RedeemCode",
                                        redeem)
              .ok());
  const std::string machine = world.sign_in(made.machine, "frithiofs saga i norr");
  v1::EndAccountRequest end;
  end.set_name("parties/SWE/accounts/statistics");
  REQUIRE(account_call<v1::Account>(world, made.olga, token, "EndAccount", end).ok());
  CHECK_FALSE(world.is_open(made.machine, machine));
  CHECK_FALSE(world.try_sign_in(made.machine, "frithiofs saga i norr").ok());
  v1::ResetAccountRequest reset;
  reset.set_name(end.name());
  CHECK(account_call<v1::AccountCode>(world, made.olga, token, "ResetAccount", reset)
            .status()
            .code() == Code::FailedPrecondition);
  CHECK(create().status().code() == Code::AlreadyExists);  // Ids are not used twice.

  const auto invalid = [&](auto change) {
    v1::CreateAccountRequest bad = request;
    bad.set_account_id("fresh");
    change(bad);
    const auto reply = account_call<v1::AccountCode>(world, made.olga, token, "CreateAccount", bad);
    CHECK(reply.status().code() == Code::InvalidArgument);
    CHECK(reply.status().violations().size() == 1);
  };
  invalid([](auto& bad) { bad.set_account_id("Fresh"); });
  invalid([](auto& bad) { bad.set_account_id("../olga"); });
  invalid([](auto& bad) { bad.set_account_id(std::string(65, 'a')); });
  invalid([](auto& bad) { bad.set_kind(v1::Account::KIND_UNSPECIFIED); });
  invalid([](auto& bad) { bad.set_kind(v1::Account::KIND_PERSON); });
  invalid([](auto& bad) { bad.set_person("persons/p-anna"); });
  invalid([](auto& bad) { bad.set_label(std::string(129, 'x')); });
  invalid([](auto& bad) { bad.set_party("SWE"); });
  request.set_party("parties/NOR");
  request.set_account_id("fresh");
  CHECK(create().status().code() == Code::NotFound);
}

TEST_CASE(
    "nobody is two persons by a second account, nor becomes one of a secretariat by a new one",
    "[identity][account]") {
  World world;
  Certificates& made = certificates();
  const std::string olga = world.sign_in(made.olga);
  v1::CreateAccountRequest request;
  request.set_party("parties/SWE");
  request.set_account_id("sven2");
  request.set_kind(v1::Account::KIND_PERSON);
  request.set_person("persons/p-sven");
  const auto create = [&] {
    return account_call<v1::AccountCode>(world, made.olga, olga, "CreateAccount", request);
  };
  CHECK(create().status().reason() == Reason::AlreadyThere);
  v1::EndAccountRequest end;
  end.set_name("parties/SWE/accounts/sven");
  REQUIRE(account_call<v1::Account>(world, made.olga, olga, "EndAccount", end).ok());
  const auto code = create();
  REQUIRE(code.ok());
  CHECK(code->awaits_approval());
  CHECK(code->account().reset_awaits_approval());
  const Leaf second = made.swe.issue(uri("swe", "person/sven2"));
  REQUIRE(world.identity.enter_certificate({second.der}).ok());
  v1::RedeemCodeRequest redeem;
  redeem.set_code(code->code());
  redeem.set_new_password("frithiofs saga i norr");
  const auto try_redeem = [&] {
    return world
        .ask<v1::RedeemCodeReply>(second, "", "/entente.v1.SessionService/RedeemCode", redeem)
        .status();
  };
  CHECK(try_redeem().reason() == Reason::SignInRefused);
  v1::ApproveResetRequest approve;
  approve.set_name("parties/SWE/accounts/sven2");
  const auto try_approve = [&](const Leaf& leaf) {
    const std::string token = world.sign_in(leaf);
    return account_call<v1::Account>(world, leaf, token, "ApproveReset", approve).status();
  };
  CHECK(try_approve(made.olga).code() == Code::NotFound);
  CHECK(try_approve(made.sara).ok());
  CHECK(try_redeem().ok());
  CHECK(world.try_sign_in(second, "frithiofs saga i norr").ok());
  // Whose duty does not reach beyond the party waits for nobody.
  request.set_account_id("fresh");
  request.set_person("persons/p-fresh");
  const auto fresh = create();
  REQUIRE(fresh.ok());
  CHECK_FALSE(fresh->awaits_approval());
}

TEST_CASE("the list of accounts is the officer's, and its pages are nobody else's",
          "[identity][account]") {
  World world;
  Certificates& made = certificates();
  const std::string olga = world.sign_in(made.olga);
  const std::string oskar = world.sign_in(made.oskar);
  v1::ListAccountsRequest request;
  request.set_party("parties/SWE");
  request.set_page_size(3);
  std::vector<std::string> names;
  std::string token_of_second_page;
  while (true) {
    const auto page =
        account_call<v1::ListAccountsReply>(world, made.olga, olga, "ListAccounts", request);
    REQUIRE(page.ok());
    for (const auto& account : page->accounts()) names.push_back(account.name());
    if (token_of_second_page.empty()) token_of_second_page = page->next_page_token();
    if (page->next_page_token().empty()) break;
    request.set_page_token(page->next_page_token());
  }
  CHECK(names.size() == 7);
  CHECK(std::ranges::is_sorted(names));
  request.set_page_token(token_of_second_page);
  const auto foreign =
      account_call<v1::ListAccountsReply>(world, made.oskar, oskar, "ListAccounts", request);
  CHECK(foreign.status().code() == Code::InvalidArgument);
  CHECK(foreign.status().reason() == Reason::PageTokenInvalid);
  request.set_page_token("AAAA");
  CHECK(account_call<v1::ListAccountsReply>(world, made.olga, olga, "ListAccounts", request)
            .status()
            .reason() == Reason::PageTokenInvalid);
  request.clear_page_token();
  for (const Leaf* leaf : {&made.anna, &made.nina, &made.sven}) {
    CHECK(account_call<v1::ListAccountsReply>(world, *leaf, world.sign_in(*leaf), "ListAccounts",
                                              request)
              .status()
              .code() == Code::NotFound);
  }
}

TEST_CASE("an officer lifts the lock that a hundred failures left", "[identity][account]") {
  World world;
  Certificates& made = certificates();
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(world.try_sign_in(made.anna, "wrong password"));
    world.clock.pass(std::chrono::minutes(16));
  }
  CHECK(world.try_sign_in(made.anna, good_password).status().reason() == Reason::SignInBackOff);
  const std::string olga = world.sign_in(made.olga);
  v1::GetAccountRequest get;
  get.set_name("parties/SWE/accounts/anna");
  CHECK(account_call<v1::Account>(world, made.olga, olga, "GetAccount", get)->locked());
  v1::UnlockAccountRequest unlock;
  unlock.set_name(get.name());
  REQUIRE(account_call<v1::Account>(world, made.olga, olga, "UnlockAccount", unlock).ok());
  CHECK(world.try_sign_in(made.anna, good_password).ok());
}

TEST_CASE("certificates are entered by the party's certificate officer, once",
          "[identity][certificate]") {
  World world;
  Certificates& made = certificates();
  v1::EnterCertificateRequest request;
  request.set_der(made.anna_second.der);
  const auto enter = [&](const Leaf& leaf) {
    return world.ask<v1::Certificate>(leaf, world.sign_in(leaf),
                                      "/entente.v1.CertificateService/EnterCertificate", request);
  };
  for (const Leaf* leaf : {&made.anna, &made.olga, &made.sven, &made.nina}) {
    CHECK(enter(*leaf).status().code() == Code::NotFound);
  }
  CHECK_FALSE(world.try_sign_in(made.anna_second, good_password).ok());
  const auto entered = enter(made.cecilia);
  REQUIRE(entered.ok());
  CHECK(entered->account() == "parties/SWE/accounts/anna");
  CHECK(entered->entry_index() == world.ledger->size() - 1);
  CHECK(world.try_sign_in(made.anna_second, good_password).ok());
  CHECK(enter(made.cecilia).status().code() == Code::AlreadyExists);
  request.set_der(made.nils.der);
  CHECK(enter(made.cecilia).status().code() == Code::NotFound);
  request.set_der(Authority::self_signed({.uri = uri("swe", "person/anna")}).der);
  CHECK(enter(made.cecilia).status().reason() == Reason::SignatureInvalid);
  request.set_der("nothing");
  CHECK(enter(made.cecilia).status().reason() == Reason::SignatureInvalid);

  v1::ListCertificatesRequest list;
  list.set_party("parties/SWE");
  const auto mine = world.ask<v1::ListCertificatesReply>(
      made.anna, world.sign_in(made.anna), "/entente.v1.CertificateService/ListCertificates", list);
  REQUIRE(mine.ok());
  CHECK(mine->certificates_size() == 8);
  CHECK(world
            .ask<v1::ListCertificatesReply>(made.nils, world.sign_in(made.nils),
                                            "/entente.v1.CertificateService/ListCertificates", list)
            .status()
            .code() == Code::NotFound);
}

TEST_CASE("a published list ends the sessions of what it revokes before the call returns",
          "[identity][certificate][revocation]") {
  World world;
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const Leaf officer = denmark.issue(uri("dnk", "person/officer"));
  const std::string old = denmark.crl();
  REQUIRE(world.trust
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {denmark.certificate_der()}, .crls = {old}})
              .ok());
  world.settle("DNK", "karen", karen);
  world.settle("DNK", "officer", officer);
  world.holdings.duty("p-officer", Duty::CertificateOfficer, "DNK");
  REQUIRE(world.trust.verify({karen.der}).ok());
  REQUIRE(world.trust.verify({officer.der}).ok());
  const std::string karens = world.sign_in(karen);
  const std::string officers = world.sign_in(officer);
  denmark.revoke(karen);
  v1::PublishRevocationListRequest request;
  request.set_party("parties/DNK");
  request.set_crl_der(denmark.crl());
  const auto publish = [&](const Leaf& leaf, const std::string& token) {
    return world.ask<v1::RevocationList>(
        leaf, token, "/entente.v1.CertificateService/PublishRevocationList", request);
  };
  CHECK(publish(certificates().cecilia, world.sign_in(certificates().cecilia)).status().code() ==
        Code::NotFound);
  CHECK(publish(karen, karens).status().code() == Code::NotFound);
  const auto published = publish(officer, officers);
  REQUIRE(published.ok());
  CHECK(published->revoked() == 1);
  CHECK_FALSE(world.is_open(karen, karens));
  CHECK(world.is_open(officer, officers));
  CHECK_FALSE(world.trust.verify({karen.der}).ok());
  CHECK(publish(officer, officers).status().reason() == Reason::RevisionStale);
  request.set_crl_der(certificates().swe_crl);
  CHECK(publish(officer, officers).status().reason() == Reason::SignatureInvalid);
  // A restart takes it from the store, before or after the folder that has the anchor.
  CertificateStore early({.network = std::string(network)}, world.clock);
  REQUIRE(world.certificates_into(early, *world.ledger).load().ok());
  CHECK(early
            .set_trust("DNK", TrustSource::Folder,
                       {.anchors = {denmark.certificate_der()}, .crls = {old}})
            .ok());
  CHECK_FALSE(early.verify({karen.der}).ok());
  CHECK(early.verify({officer.der}).ok());
  CertificateStore fresh({.network = std::string(network)}, world.clock);
  CertificateService service = world.certificates_into(fresh, *world.ledger);
  CHECK(fresh
            .set_trust("DNK", TrustSource::Folder,
                       {.anchors = {denmark.certificate_der()}, .crls = {old}})
            .ok());
  CHECK(fresh.verify({karen.der}).ok());
  REQUIRE(service.load().ok());
  CHECK_FALSE(fresh.verify({karen.der}).ok());
}

TEST_CASE("of two revocation lists that come at once the newer stays", "[identity][certificate]") {
  World world;
  Authority denmark("Denmark");
  const Leaf officer = denmark.issue(uri("dnk", "person/officer"));
  REQUIRE(world.trust
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {denmark.certificate_der()}, .crls = {denmark.crl()}})
              .ok());
  world.settle("DNK", "officer", officer);
  world.holdings.duty("p-officer", Duty::CertificateOfficer, "DNK");
  const std::string token = world.sign_in(officer);
  const std::string other = world.sign_in(officer);
  const auto publish = [&](const std::string& list, const std::string& by) {
    v1::PublishRevocationListRequest request;
    request.set_party("parties/DNK");
    request.set_crl_der(list);
    return world.ask<v1::RevocationList>(
        officer, by, "/entente.v1.CertificateService/PublishRevocationList", request);
  };
  // How often the first looks at the clock before it is entered; the last time is the ledger's.
  int asked = 0;
  int midst = 0;
  world.clock.asked = [&] { ++asked; };
  world.unwritable = [&] {
    midst = asked - 1;
    return Status();
  };
  REQUIRE(publish(denmark.crl(), token).ok());
  world.unwritable = nullptr;
  REQUIRE(midst > 1);
  for (int at = 1; at <= midst; ++at) {
    const Leaf lost = denmark.issue(uri("dnk", "person/karen"));
    const std::string older = denmark.crl();
    denmark.revoke(lost);
    const std::string newer = denmark.crl();
    asked = 0;
    world.clock.asked = [&] {
      if (++asked == at) CHECK(publish(newer, other).ok());
    };
    const auto first = publish(older, token);
    world.clock.asked = nullptr;
    CHECK(first.status().reason() == Reason::RevisionStale);
    CHECK(world.trust.revoked(lost.der));
    CertificateStore fresh({.network = std::string(network)}, world.clock);
    REQUIRE(fresh
                .set_trust("DNK", TrustSource::Folder,
                           {.anchors = {denmark.certificate_der()}, .crls = {}})
                .ok());
    REQUIRE(world.certificates_into(fresh, *world.ledger).load().ok());
    CHECK(fresh.revoked(lost.der));
  }
}

TEST_CASE("an anchor is the word of two persons on one digest", "[identity][certificate]") {
  World world;
  Certificates& made = certificates();
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const std::string& der = denmark.certificate_der();
  const std::string digest(as_view(anchor_digest("DNK", "igc", false, der)));
  const auto propose = [&](const Leaf& leaf, const Leaf& signer) {
    v1::ProposeAnchorRequest request;
    request.set_party("parties/DNK");
    request.set_process("processes/igc");
    request.set_der(der);
    request.set_signature(sign(signer, consent_message(digest)));
    return world.ask<v1::AnchorProposal>(leaf, world.sign_in(leaf),
                                         "/entente.v1.CertificateService/ProposeAnchor", request);
  };
  v1::ApproveAnchorRequest request;
  const auto approve = [&](const Leaf& leaf, const Leaf& signer) {
    request.set_signature(sign(signer, consent_message(digest)));
    return world.ask<v1::Anchor>(leaf, world.sign_in(leaf),
                                 "/entente.v1.CertificateService/ApproveAnchor", request);
  };
  for (const Leaf* leaf : {&made.anna, &made.olga, &made.cecilia, &made.nina}) {
    CHECK(propose(*leaf, *leaf).status().code() == Code::NotFound);
  }
  CHECK(propose(made.sven, made.sara).status().reason() == Reason::SignatureInvalid);
  const auto proposal = propose(made.sven, made.sven);
  REQUIRE(proposal.ok());
  CHECK(proposal->digest() == digest);
  CHECK(world.trust.anchors("DNK").empty());

  request.set_name(proposal->name());
  request.set_digest(digest);
  CHECK(approve(made.sven, made.sven).status().reason() == Reason::SecondPersonNeeded);
  CHECK(approve(made.anna, made.anna).status().code() == Code::NotFound);
  CHECK(approve(made.sara, made.sven).status().reason() == Reason::SignatureInvalid);
  request.set_digest(std::string(32, 'x'));
  CHECK(approve(made.sara, made.sara).status().code() == Code::NotFound);
  request.set_digest(digest);
  CHECK(world.trust.anchors("DNK").empty());
  SECTION("while the first still has the duty") {
    REQUIRE(approve(made.sara, made.sara).ok());
    CHECK(world.trust.anchors("DNK") == std::vector<std::string>{der});
    CHECK(approve(made.sara, made.sara).status().code() == Code::NotFound);
  }
  SECTION("not when the first has lost it since") {
    world.holdings.deal("p-sven", {});
    CHECK(approve(made.sara, made.sara).status().reason() == Reason::SecondPersonNeeded);
    CHECK(world.trust.anchors("DNK").empty());
  }
  SECTION("not after 72 hours") {
    world.clock.pass(std::chrono::hours(73));
    REQUIRE(world.trust
                .set_trust("SWE", TrustSource::Ledger,
                           {.anchors = {made.swe.certificate_der()}, .crls = {made.swe.crl(200)}})
                .ok());
    CHECK(approve(made.sara, made.sara).status().reason() == Reason::SecondPersonNeeded);
    CHECK(world.trust.anchors("DNK").empty());
  }
}

}  // namespace
}  // namespace entente::identity::testing
