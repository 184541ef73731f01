// What officers and the secretariat do to accounts, certificates and anchors, where it is not as
// it mostly is: programs, second accounts, codes that have run out, names in another spelling.
#include "proto/contract/bytes.h"
#include "server/identity/acts.h"
#include "server/identity/certificate_service.h"
#include "server/identity/wire.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

using policy::Duty;

// Sweden's officers and a program, each signed in where it is asked for.
struct Office {
  World world;
  Certificates& made = certificates();

  template <typename Rep, typename Req>
  Result<Rep> account(const Leaf& leaf, const std::string& method, const Req& request) {
    return world.ask<Rep>(leaf, world.sign_in(leaf), "/entente.v1.AccountService/" + method,
                          request);
  }
  template <typename Rep, typename Req>
  Result<Rep> certificate(const Leaf& leaf, const std::string& method, const Req& request) {
    return world.ask<Rep>(leaf, world.sign_in(leaf), "/entente.v1.CertificateService/" + method,
                          request);
  }
  template <typename Rep, typename Req>
  Result<Rep> named(const Leaf& leaf, const std::string& method, const std::string& name) {
    Req request;
    request.set_name(name);
    return account<Rep>(leaf, method, request);
  }
  Result<v1::AccountCode> reset(const Leaf& leaf, const std::string& name) {
    return named<v1::AccountCode, v1::ResetAccountRequest>(leaf, "ResetAccount", name);
  }
  Result<v1::Account> approve(const Leaf& leaf, const std::string& name) {
    return named<v1::Account, v1::ApproveResetRequest>(leaf, "ApproveReset", name);
  }
  Result<v1::Account> end(const Leaf& leaf, const std::string& name) {
    return named<v1::Account, v1::EndAccountRequest>(leaf, "EndAccount", name);
  }
  // An account with the good password; of nobody if `person` is empty.
  void settle(const std::string& id, const std::string& person, const Leaf& leaf) {
    const Secret password{std::string(good_password)};
    const Identity::NewAccount one{.party = "SWE", .id = id, .person = person, .label = {}};
    REQUIRE(world.identity.create_account(one, &password).ok());
    REQUIRE(world.identity.enter_certificate({leaf.der}).ok());
  }
};

std::string swedish(const std::string& id) { return "parties/SWE/accounts/" + id; }

TEST_CASE("an account of a person names one, and what is no party has no accounts",
          "[identity][account]") {
  Office office;
  v1::CreateAccountRequest request;
  request.set_party("parties/SWE");
  request.set_account_id("fresh");
  request.set_kind(v1::Account::KIND_PERSON);
  for (const char* person : {"persons/", "persons/a b", "parties/SWE"}) {
    request.set_person(person);
    const auto refused =
        office.account<v1::AccountCode>(office.made.olga, "CreateAccount", request);
    REQUIRE(refused.status().violations().size() == 1);
    CHECK(refused.status().violations()[0].field == "person");
  }
  request.set_person("persons/swe.fresh");
  const auto code = office.account<v1::AccountCode>(office.made.olga, "CreateAccount", request);
  REQUIRE(code.ok());
  CHECK(code->account().person() == "persons/swe.fresh");
  v1::ListAccountsRequest list;
  list.set_party("SWE");
  CHECK(office.account<v1::ListAccountsReply>(office.made.olga, "ListAccounts", list)
            .status()
            .code() == Code::InvalidArgument);
}

TEST_CASE("the own account is read by its holder, and nobody's else", "[identity][account]") {
  Office office;
  const auto get = [&](const std::string& name) {
    return office.named<v1::Account, v1::GetAccountRequest>(office.made.anna, "GetAccount", name);
  };
  CHECK(get(swedish("anna"))->person() == "persons/p-anna");
  CHECK(get(swedish("bertil")).status().code() == Code::NotFound);
}

TEST_CASE("an officer does nothing to another account of their own, be the officer a program",
          "[identity][account]") {
  Office office;
  office.settle("statistics", "", office.made.machine);
  const Leaf second = office.made.swe.issue(uri("swe", "person/olga.second"));
  office.settle("olga.second", "p-olga", second);
  CHECK(office.reset(office.made.olga, swedish("olga.second")).status().reason() ==
        Reason::NotYours);
  CHECK(office.end(second, swedish("olga")).status().reason() == Reason::NotYours);
  // That both are nobody's does not make two programs one.
  office.world.holdings.duty("", Duty::SecurityOfficer, "SWE");
  const Secret password{std::string(good_password)};
  REQUIRE(office.world.identity
              .create_account({.party = "SWE", .id = "other", .person = {}, .label = {}}, &password)
              .ok());
  CHECK(office.reset(office.made.machine, swedish("statistics")).status().reason() ==
        Reason::NotYours);
  const auto reset = office.reset(office.made.machine, swedish("other"));
  REQUIRE(reset.ok());
  CHECK_FALSE(reset->awaits_approval());
}

TEST_CASE("a reset takes the application passwords with it", "[identity][account]") {
  Office office;
  v1::CreateApplicationPasswordRequest request;
  request.set_scope(v1::SCOPE_CALENDAR);
  request.set_label("calendar");
  const auto made = office.world.ask<v1::CreateApplicationPasswordReply>(
      office.made.anna, office.world.sign_in(office.made.anna),
      "/entente.v1.SessionService/CreateApplicationPassword", request);
  REQUIRE(made.ok());
  const auto opens = [&] {
    MadeCall call = office.world.call(office.made.anna);
    call.headers["authorization"] = "Basic " + to_base64("anna:" + made->password());
    return office.world.identity.authenticator().authenticate_tool(call, Scope::Calendar).ok();
  };
  CHECK(opens());
  REQUIRE(office.reset(office.made.olga, swedish("anna")).ok());
  CHECK_FALSE(opens());
}

TEST_CASE("a secretariat's reset is approved while it waits, by who has no hand in it",
          "[identity][account]") {
  Office office;
  const std::string sven = swedish("sven");
  const auto refused = [&](const Leaf& leaf, const std::string& name) {
    return office.approve(leaf, name).status().code() == Code::NotFound;
  };
  CHECK(refused(office.made.oskar, swedish("none")));
  CHECK(refused(office.made.oskar, sven));  // nobody asked
  REQUIRE(office.reset(office.made.olga, sven)->awaits_approval());
  SECTION("the other security officer") { CHECK(office.approve(office.made.oskar, sven).ok()); }
  SECTION("a colleague, and not one of another process") {
    office.world.holdings.duty("p-anna", Duty::Secretariat, "SWE", "budapest");
    CHECK(refused(office.made.anna, sven));
    CHECK(office.approve(office.made.sara, sven).ok());
  }
  SECTION("not whom it is about, or who asked, by another account; nor a program") {
    const Leaf svens = office.made.swe.issue(uri("swe", "person/sven.second"));
    const Leaf olgas = office.made.swe.issue(uri("swe", "person/olga.second"));
    office.settle("sven.second", "p-sven", svens);
    office.settle("olga.second", "p-olga", olgas);
    office.settle("statistics", "", office.made.machine);
    office.world.holdings.duty("", Duty::SecurityOfficer, "SWE");
    CHECK(refused(svens, sven));
    CHECK(refused(olgas, sven));
    CHECK(refused(office.made.machine, sven));
  }
  SECTION("not once its code has run out") {
    office.world.clock.pass(std::chrono::hours(24 * 30));
    REQUIRE(office.world.trust
                .set_trust("SWE", TrustSource::Ledger,
                           {.anchors = {office.made.swe.certificate_der()},
                            .crls = {office.made.swe.crl(24 * 40)}})
                .ok());
    CHECK(refused(office.made.oskar, sven));
  }
  SECTION("not once the account has ended") {
    REQUIRE(office.end(office.made.oskar, sven).ok());
    CHECK(refused(office.made.oskar, sven));
  }
}

// --- certificates and anchors ---

TEST_CASE("a certificate has one name, and says where it was entered", "[identity][certificate]") {
  Office office;
  const std::string name = certificate_name(as_view(sha256(office.made.anna.der)));
  const auto get = [&](const std::string& of) {
    v1::GetCertificateRequest request;
    request.set_name(of);
    return office.certificate<v1::Certificate>(office.made.nils, "GetCertificate", request);
  };
  std::string shouted = name;
  for (char& c : shouted) c = static_cast<char>(std::toupper(c));
  for (const std::string& none :
       {std::string("certificate/1"), name + "0", "certificates/" + std::string(64, 'z'),
        "certificates/" + shouted.substr(std::string("certificates/").size()),
        certificate_name(as_view(sha256("never")))}) {
    INFO(none);
    CHECK((none == name || get(none).status().code() == Code::NotFound));
  }
  const auto shown = get(name);
  REQUIRE(shown.ok());
  CHECK(shown->account() == swedish("anna"));
  std::string entered;
  REQUIRE(office.world.ledger
              ->read(shown->entry_index(), shown->entry_index() + 1,
                     [&](const ledger::StoredEntry& stored) {
                       entered = stored.entry.act.object;
                       return true;
                     })
              .ok());
  CHECK(entered == name);
}

TEST_CASE("an entry is looked for near its time, and no further", "[identity][certificate]") {
  Office office;
  const auto entries = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto transaction = office.world.store->begin();
      ledger::Act act;
      act.account = "operator";
      act.kind = "test";
      office.world.ledger->record(*transaction, act);
      REQUIRE(transaction->commit().ok());
    }
  };
  const auto entered_at = [&](const Leaf& leaf) {
    REQUIRE(office.world.identity.enter_certificate({leaf.der}).ok());
    const std::uint64_t index = office.world.ledger->size() - 1;
    v1::GetCertificateRequest request;
    request.set_name(certificate_name(as_view(sha256(leaf.der))));
    const auto shown =
        office.certificate<v1::Certificate>(office.made.anna, "GetCertificate", request);
    REQUIRE(shown.ok());
    return std::pair(index, shown->entry_index());
  };
  office.world.clock.pass(std::chrono::seconds(1));
  entries(200);
  auto [near, told] = entered_at(office.made.anna_second);
  CHECK(told == near);
  office.world.clock.pass(std::chrono::seconds(1));
  entries(300);  // in one and the same instant
  CHECK(entered_at(office.made.machine).second == 0);
}

TEST_CASE("what the operator's folder says is entered once, and what cannot be is complained of",
          "[identity][certificate]") {
  Office office;
  Authority denmark("Denmark");
  const std::filesystem::path dir = scratch();
  std::filesystem::create_directories(dir / "DNK");
  write_file(dir / "DNK" / "anchor.pem", denmark.certificate_pem());
  write_file(dir / "DNK" / "crl.pem", denmark.crl_pem());
  for (int start = 0; start < 2; ++start) office.world.identity.trust_folder(dir).poll();
  const auto loads = [&] {
    const std::vector<std::string> kinds = office.world.kinds();
    return std::ranges::count(kinds, "identity.trust.load");
  };
  CHECK(loads() == 1);
  CHECK(office.world.trust.anchors("DNK").size() == 1);
  write_file(dir / "DNK" / "anchor.pem", "nothing");
  office.world.identity.trust_folder(dir).poll();
  CHECK(loads() == 1);
  CHECK(office.world.trust.anchors("DNK").size() == 1);
  std::filesystem::remove_all(dir);
}

TEST_CASE("the operator makes accounts with a code, each once, and enters certificates once",
          "[identity][account]") {
  Office office;
  Identity& identity = office.world.identity;
  const auto code =
      identity.create_account({.party = "SWE", .id = "fresh", .person = {}, .label = {}}, nullptr);
  REQUIRE(code.ok());
  CHECK(code->size() >= 26);
  CHECK(identity.create_account({.party = "SWE", .id = "fresh", .person = {}, .label = {}}, nullptr)
            .status()
            .code() == Code::AlreadyExists);
  CHECK(identity.create_account({.party = "swe", .id = "x", .person = {}, .label = {}}, nullptr)
            .status()
            .code() == Code::InvalidArgument);
  CHECK(identity.enter_certificate({office.made.anna.der}).status().code() == Code::AlreadyExists);
  // A program counts among who sees, from its first password to its end.
  CHECK(*identity.programs_of("SWE") == 0);
  office.settle("statistics", "", office.made.machine);
  CHECK(*identity.programs_of("SWE") == 1);
  CHECK(*identity.programs_of("SWE") == 1);
  REQUIRE(office.end(office.made.olga, swedish("statistics")).ok());
  CHECK(*identity.programs_of("SWE") == 0);
}

TEST_CASE("a stream that is open is of whom it is", "[identity][session]") {
  Office office;
  auto subject = std::make_shared<policy::Subject>();
  subject->account = swedish("anna");
  office.world.sign_in(office.made.anna);
  subject->session = office.world.identity.sessions().of_account(subject->account).front()->id();
  const auto receiver = office.world.identity.authenticator().receive(subject, [] {});
  REQUIRE(receiver.ok());
  const std::vector<policy::OpenStream> open = office.world.identity.open_streams();
  REQUIRE(open.size() == 1);
  CHECK(open[0].party == "SWE");
  CHECK(open[0].person == "p-anna");
}

// One that has grown since the snapshot was taken, which is all that `size` can tell of it.
class GrownLedger final : public ledger::Ledger {
 public:
  GrownLedger(ledger::Ledger& grown, std::uint64_t by) : grown_(grown), by_(by) {}
  void add_follower(ledger::Follower& follower) override { grown_.add_follower(follower); }
  void record(store::Transaction& transaction, const ledger::Act& act) override {
    grown_.record(transaction, act);
  }
  std::uint64_t size() const override { return grown_.size() + by_; }

 private:
  ledger::Ledger& grown_;
  std::uint64_t by_;
};

TEST_CASE("an entry is found in a ledger that has grown since", "[identity][certificate]") {
  Office office;
  for (const std::uint64_t by : {1U, 7U, 1'000U}) {
    GrownLedger grown(*office.world.ledger, by);
    CertificateService service = office.world.certificates_into(office.world.trust, grown);
    net::MethodTable table;
    Gate gate(table, *office.world.store, office.world.identity.authenticator());
    service.add_to(gate);
    for (const Leaf* leaf : {&office.made.anna, &office.made.nina}) {
      v1::GetCertificateRequest request;
      request.set_name(certificate_name(as_view(sha256(leaf->der))));
      v1::Certificate before =
          *office.certificate<v1::Certificate>(*leaf, "GetCertificate", request);
      MadeCall call = office.world.call(*leaf, office.world.sign_in(*leaf));
      v1::Certificate shown;
      const auto* method = table.find("/entente.v1.CertificateService/GetCertificate");
      REQUIRE(method->unary(call, request, shown).ok());
      CHECK(shown.entry_index() == before.entry_index());
    }
  }
}

TEST_CASE("certificates are listed by pages, and what is no party or process is said so",
          "[identity][certificate]") {
  Office office;
  v1::ListCertificatesRequest list;
  list.set_party("parties/SWE");
  list.set_page_size(3);
  std::set<std::string> names;
  int pages = 0;
  do {
    const auto page =
        office.certificate<v1::ListCertificatesReply>(office.made.anna, "ListCertificates", list);
    REQUIRE(page.ok());
    for (const auto& one : page->certificates()) CHECK(names.insert(one.name()).second);
    list.set_page_token(page->next_page_token());
    ++pages;
  } while (!list.page_token().empty());
  CHECK(names.size() == 7);
  CHECK(pages == 3);
  const auto field = [](const Status& status) {
    return status.violations().empty() ? std::string() : status.violations()[0].field;
  };
  const auto& sven = office.made.sven;
  list.set_party("SWE");
  CHECK(field(office.certificate<v1::ListCertificatesReply>(sven, "ListCertificates", list)
                  .status()) == "party");
  v1::PublishRevocationListRequest publish;
  publish.set_party("SWE");
  CHECK(field(office.certificate<v1::RevocationList>(sven, "PublishRevocationList", publish)
                  .status()) == "party");
  v1::ListAnchorsRequest anchors;
  anchors.set_party("SWE");
  CHECK(field(office.certificate<v1::ListAnchorsReply>(sven, "ListAnchors", anchors).status()) ==
        "party");
  v1::ProposeAnchorRequest propose;
  propose.set_party("SWE");
  const auto proposed = [&] {
    return field(office.certificate<v1::AnchorProposal>(sven, "ProposeAnchor", propose).status());
  };
  CHECK(proposed() == "party");
  propose.set_party("parties/DNK");
  for (const char* process : {"igc", "processes/", "processes/i c"}) {
    propose.set_process(process);
    CHECK(proposed() == "process");
  }
}

// Two of the secretariat agree on an anchor of Denmark's.
struct Admission {
  Office office;

  static std::string digest(const Authority& authority, bool replaces) {
    return std::string(as_view(anchor_digest("DNK", "igc", replaces, authority.certificate_der())));
  }
  Result<v1::AnchorProposal> propose(const Authority& authority, bool replaces) {
    v1::ProposeAnchorRequest request;
    request.set_party("parties/DNK");
    request.set_process("processes/igc");
    request.set_der(authority.certificate_der());
    request.set_replaces(replaces);
    request.set_signature(sign(office.made.sven, consent_message(digest(authority, replaces))));
    return office.certificate<v1::AnchorProposal>(office.made.sven, "ProposeAnchor", request);
  }
  Result<v1::Anchor> approve(const std::string& name, const std::string& digest) {
    v1::ApproveAnchorRequest request;
    request.set_name(name);
    request.set_digest(digest);
    request.set_signature(sign(office.made.sara, consent_message(digest)));
    return office.certificate<v1::Anchor>(office.made.sara, "ApproveAnchor", request);
  }
  // As they are listed.
  std::set<std::string> anchors() {
    v1::ListAnchorsRequest request;
    request.set_party("parties/DNK");
    std::set<std::string> all;
    const auto listed =
        office.certificate<v1::ListAnchorsReply>(office.made.anna, "ListAnchors", request);
    REQUIRE(listed.ok());
    for (const v1::Anchor& one : listed->anchors()) all.insert(one.der());
    return all;
  }
};

TEST_CASE("a second anchor stands beside the first, or in its place", "[identity][certificate]") {
  Admission admission;
  const Authority first("Denmark");
  const Authority second("Denmark, new");
  const Authority third("Denmark, moved");
  const auto admit = [&](const Authority& authority, bool replaces) {
    const auto proposal = admission.propose(authority, replaces);
    REQUIRE(proposal.ok());
    CHECK(proposal->replaces() == replaces);
    // Under another name, or with another digest, there is no such proposal.
    CHECK(admission.approve("parties/NOR" + proposal->name().substr(11), proposal->digest())
              .status()
              .code() == Code::NotFound);
    REQUIRE(admission.approve(proposal->name(), proposal->digest()).ok());
  };
  admit(first, false);
  admit(second, false);
  CHECK(admission.anchors() == std::set{first.certificate_der(), second.certificate_der()});
  // A list that the party published stays in the ledger when its authority goes.
  World& world = admission.office.world;
  Authority denmark("Denmark, published");
  admit(denmark, false);
  const Leaf officer = denmark.issue(uri("dnk", "person/officer"));
  REQUIRE(world.trust
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {denmark.certificate_der()}, .crls = {denmark.crl()}})
              .ok());
  world.settle("DNK", "officer", officer);
  world.holdings.duty("p-officer", Duty::CertificateOfficer, "DNK");
  v1::PublishRevocationListRequest list;
  list.set_party("parties/DNK");
  list.set_crl_der(denmark.crl());
  REQUIRE(admission.office.certificate<v1::RevocationList>(officer, "PublishRevocationList", list)
              .ok());
  REQUIRE(world.trust.set_trust("DNK", TrustSource::Folder, {}).ok());
  admit(third, true);
  CHECK(admission.anchors() == std::set{third.certificate_der()});
  // And so after a start.
  CertificateStore fresh({.network = std::string(network)}, world.clock);
  CertificateService service = world.certificates_into(fresh, *world.ledger);
  REQUIRE(service.load().ok());
  CHECK(fresh.anchors("DNK") == std::vector<std::string>{third.certificate_der()});
}

TEST_CASE("a secretariat agrees on no anchor of a party that takes no part in its process",
          "[identity][certificate]") {
  Admission admission;
  DealtHoldings& holdings = admission.office.world.holdings;
  const Authority denmark("Denmark");
  const std::uint64_t entries = admission.office.world.ledger->size();
  SECTION("at the first word") {
    holdings.leaves("DNK", "igc");
    const Status foreign = admission.propose(denmark, false).status();
    holdings.deal("p-sven", {});
    CHECK(face(admission.propose(denmark, false).status()) == face(foreign));
    CHECK(foreign.code() == Code::NotFound);
  }
  SECTION("at the second") {
    const auto proposal = admission.propose(denmark, false);
    REQUIRE(proposal.ok());
    holdings.leaves("DNK", "igc");
    const Status refused = admission.approve(proposal->name(), proposal->digest()).status();
    CHECK(face(refused) ==
          face(admission.approve("parties/DNK/anchorProposals/none", proposal->digest()).status()));
    CHECK(refused.code() == Code::NotFound);
  }
  const auto kinds = admission.office.world.kinds(entries);
  CHECK(std::ranges::count(kinds, std::string(acts::approve_anchor)) == 0);
  CHECK(admission.anchors().empty());
}

TEST_CASE("an issuing authority that no root of the party's signed is no anchor",
          "[identity][certificate]") {
  Admission admission;
  World& world = admission.office.world;
  Authority root("Denmark");
  Authority foreign("Denmark");  // Its name, and not its key.
  Authority issuing("Danish", root, "");
  const Authority forged("Danish", foreign, "");
  const auto trust = [&](const std::vector<std::string>& anchors) {
    return world.trust.set_trust("DNK", TrustSource::Folder,
                                 {.anchors = anchors, .crls = {root.crl()}});
  };
  REQUIRE(trust({root.certificate_der()}).ok());
  const Leaf karen = root.issue(uri("dnk", "person/karen"));
  REQUIRE(world.trust.verify({karen.der}).ok());
  CHECK(admission.propose(forged, false).status().reason() == Reason::SignatureInvalid);
  CHECK_FALSE(trust({root.certificate_der(), forged.certificate_der()}).ok());
  CHECK(world.trust.verify({karen.der}).ok());
  const auto proposal = admission.propose(issuing, false);
  REQUIRE(proposal.ok());
  SECTION("nor when the second person's word comes, if its root has gone") {
    REQUIRE(world.trust
                .set_trust("DNK", TrustSource::Folder,
                           {.anchors = {foreign.certificate_der()}, .crls = {foreign.crl()}})
                .ok());
    CHECK(admission.approve(proposal->name(), proposal->digest()).status().reason() ==
          Reason::SignatureInvalid);
  }
  SECTION("one that was agreed on binds its party whatever root comes, and after a start") {
    REQUIRE(admission.approve(proposal->name(), proposal->digest()).ok());
    CHECK_FALSE(world.trust.verify({karen.der}).ok());
    CertificateStore fresh({.network = std::string(network)}, world.clock);
    REQUIRE(world.certificates_into(fresh, *world.ledger).load().ok());
    const Leaf free = foreign.issue(uri("dnk", "person/karen"));
    for (CertificateStore* store : {&world.trust, &fresh}) {
      REQUIRE(store
                  ->set_trust("DNK", TrustSource::Folder,
                              {.anchors = {foreign.certificate_der()}, .crls = {foreign.crl()}})
                  .ok());
      CHECK_FALSE(store->verify({free.der}).ok());
      const Leaf kept = issuing.issue(uri("dnk", "person/kept"));
      REQUIRE(store
                  ->set_trust(
                      "DNK", TrustSource::Folder,
                      {.anchors = {root.certificate_der()}, .crls = {root.crl(), issuing.crl()}})
                  .ok());
      CHECK(store->verify({kept.der}).ok());
    }
  }
}

TEST_CASE("who proposed an anchor and has no account any more has proposed nothing",
          "[identity][certificate]") {
  Admission admission;
  const Authority denmark("Denmark");
  const auto proposal = admission.propose(denmark, false);
  REQUIRE(proposal.ok());
  REQUIRE(admission.office.end(admission.office.made.olga, swedish("sven")).ok());
  CHECK(admission.approve(proposal->name(), proposal->digest()).status().code() == Code::NotFound);
  CHECK(admission.anchors().empty());
}

TEST_CASE("who agrees on an anchor while a row is gone of either of the two agrees on nothing",
          "[identity][certificate]") {
  Admission admission;
  World& world = admission.office.world;
  const Authority denmark("Denmark");
  const auto proposal = admission.propose(denmark, false);
  REQUIRE(proposal.ok());
  const auto approved = [&](const std::string& token) {
    v1::ApproveAnchorRequest request;
    request.set_name(proposal->name());
    request.set_digest(proposal->digest());
    request.set_signature(sign(world.made.sara, consent_message(proposal->digest())));
    return world
        .ask<v1::Anchor>(world.made.sara, token, "/entente.v1.CertificateService/ApproveAnchor",
                         request)
        .status();
  };
  const std::string sara = world.sign_in(world.made.sara);
  SECTION("the first one's account") {
    world.damage(world.account_row(swedish("sven")));
    CHECK(approved(sara).code() == Code::NotFound);
  }
  SECTION("the first one's name, in the proposal") {
    const Register& rows = world.identity.rows();
    record::AnchorProposal row = **rows.proposal(*world.store->snapshot(), proposal->digest());
    row.set_account("nobody");
    world.damage(store::Key(store::Table{0x27})
                     .id(world.store->blind("identity.digest", proposal->digest())),
                 row.SerializeAsString());
    CHECK(approved(sara).code() == Code::NotFound);
  }
  SECTION("the second one's certificate") {
    world.damage(world.certificate_row(world.made.sara));
    CHECK(approved(sara).reason() == Reason::SignedOut);
  }
  CHECK(admission.anchors().empty());
}

}  // namespace
}  // namespace entente::identity::testing
