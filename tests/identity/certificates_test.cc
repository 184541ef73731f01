// What no certificate may do, and what one must: certificates and lists are made by the openssl
// program as the tests run.
#include "server/identity/certificates.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "server/identity/acts.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

class Anchored {
 public:
  Anchored() {
    static_cast<void>(certificates());
    clock = std::make_unique<TurnedClock>();
    store = std::make_unique<CertificateStore>(CertificateRules{.network = std::string(network)},
                                               *clock);
    trust("SWE", certificates().swe, certificates().swe_crl);
    trust("NOR", certificates().nor, certificates().nor_crl);
  }
  void trust(const std::string& party, Authority& authority, const std::string& crl) {
    REQUIRE(store
                ->set_trust(party, TrustSource::Folder,
                            {.anchors = {authority.certificate_der()}, .crls = {crl}})
                .ok());
  }
  // Empty if it opens the line, else why not.
  std::string verdict(const std::vector<std::string>& chain) {
    const auto result = store->verify(chain);
    if (result.ok()) return "";
    CHECK(result.status().code() == Code::Unauthenticated);
    return result.status().detail().empty() ? "refused" : std::string(result.status().detail());
  }

  std::unique_ptr<TurnedClock> clock;
  std::unique_ptr<CertificateStore> store;
};

TEST_CASE("a certificate that says too little, too much or something else opens nothing",
          "[identity][certificate]") {
  Anchored world;
  Certificates& made = certificates();
  const std::string anna = uri("swe", "person/anna");
  struct Bad {
    const char* what;
    Wish wish;
  };
  const Bad bads[] = {
      {"no subjectAltName", {.uri = anna, .alt_names = "none"}},
      {"DNS only", {.uri = anna, .alt_names = "DNS:server.demo.example"}},
      {"DNS beside", {.uri = anna, .alt_names = "URI:" + anna + ",DNS:server.demo.example"}},
      {"wildcard", {.uri = anna, .alt_names = "DNS:*.demo.example"}},
      {"e-mail beside", {.uri = anna, .alt_names = "URI:" + anna + ",email:a@example.org"}},
      {"two URIs", {.uri = anna, .alt_names = "URI:" + anna + ",URI:" + uri("swe", "person/olga")}},
      {"the same twice", {.uri = anna, .alt_names = "URI:" + anna + ",URI:" + anna}},
      {"valid for longer than a year", {.uri = anna, .end = "20491231235959Z"}},
      {"https URI", {.uri = "https://swe.demo.example/person/anna"}},
      {"another network", {.uri = "entente://swe.other.example/person/anna"}},
      {"a longer network", {.uri = "entente://swe.demo.example.org/person/anna"}},
      {"upper case party", {.uri = "entente://SWE.demo.example/person/anna"}},
      {"upper case id", {.uri = uri("swe", "person/Anna")}},
      {"escaped id", {.uri = uri("swe", "person/%61nna")}},
      {"query", {.uri = anna + "?x"}},
      {"trailing slash", {.uri = anna + "/"}},
      {"no id", {.uri = uri("swe", "person/")}},
      {"port", {.uri = "entente://swe.demo.example:1/person/anna"}},
      {"user", {.uri = "entente://x@swe.demo.example/person/anna"}},
      {"another kind", {.uri = uri("swe", "server/anna")}},
      {"CA:TRUE",
       {.uri = anna,
        .key_usage = "critical,digitalSignature,keyCertSign",
        .basic_constraints = "critical,CA:TRUE"}},
      {"keyCertSign", {.uri = anna, .key_usage = "critical,digitalSignature,keyCertSign"}},
      {"cRLSign", {.uri = anna, .key_usage = "critical,digitalSignature,cRLSign"}},
      {"no key usage", {.uri = anna, .key_usage = ""}},
      {"key usage without signature", {.uri = anna, .key_usage = "critical,keyAgreement"}},
      {"serverAuth", {.uri = anna, .extended_key_usage = "serverAuth"}},
      {"serverAuth beside", {.uri = anna, .extended_key_usage = "clientAuth,serverAuth"}},
      {"any use", {.uri = anna, .extended_key_usage = "clientAuth,anyExtendedKeyUsage"}},
      {"no extended key usage", {.uri = anna, .extended_key_usage = ""}},
      {"emailProtection", {.uri = anna, .extended_key_usage = "emailProtection"}},
      {"unknown critical extension", {.uri = anna, .extra = "1.2.3.4.5=critical,ASN1:NULL"}},
      {"an office's",
       {.uri = uri("swe", "office/duty"),
        .key_usage = "critical,keyAgreement",
        .extended_key_usage = "emailProtection"}},
      {"an office's that would sign in", {.uri = uri("swe", "office/duty")}},
      {"URI of another party", {.uri = uri("nor", "person/nils")}},
      {"URI of a party without anchor", {.uri = uri("dnk", "person/dan")}},
      {"RSA 1024", {.uri = anna, .key = "rsa1024"}},
      {"RSA 3072", {.uri = anna, .key = "rsa3072"}},
      {"P-521", {.uri = anna, .key = "P-521"}},
      {"P-192", {.uri = anna, .key = "P-192"}},
      {"Ed25519", {.uri = anna, .key = "ed25519"}},
      {"SHA-1", {.uri = anna, .digest = "sha1"}},
      {"expired", {.uri = anna, .start = "20200101000000Z", .end = "20210101000000Z"}},
      {"not yet valid", {.uri = anna, .start = "20400101000000Z", .end = "20410101000000Z"}},
      {"never valid", {.uri = anna, .start = "20300101000000Z", .end = "20200101000000Z"}},
  };
  for (const Bad& bad : bads) {
    INFO(bad.what);
    const Leaf leaf = made.swe.issue(bad.wish);
    CHECK_FALSE(world.verdict({leaf.der}).empty());
    CHECK_FALSE(world.verdict({leaf.der, made.swe.certificate_der()}).empty());
  }
  CHECK_FALSE(world.verdict({Authority::self_signed({.uri = anna}).der}).empty());
  CHECK_FALSE(world.verdict({made.swe.certificate_der()}).empty());
  CHECK_FALSE(world.verdict({}).empty());
  CHECK(world.verdict({made.anna.der}).empty());  // Else all of the above proves nothing.
}

TEST_CASE("one party's authority cannot speak for another", "[identity][certificate]") {
  Anchored world;
  Certificates& made = certificates();
  const Leaf forged = made.nor.issue(uri("swe", "person/anna"));
  CHECK_FALSE(world.verdict({forged.der}).empty());
  CHECK_FALSE(world.verdict({forged.der, made.nor.certificate_der()}).empty());
  CHECK_FALSE(
      world.verdict({forged.der, made.nor.certificate_der(), made.swe.certificate_der()}).empty());
  CHECK(world.verdict({made.nils.der}).empty());
}

TEST_CASE("bytes that are no certificate, too many or too long are refused",
          "[identity][certificate]") {
  Anchored world;
  Certificates& made = certificates();
  const std::string& der = made.anna.der;
  CHECK_FALSE(world.verdict({""}).empty());
  CHECK_FALSE(world.verdict({std::string(64 * 1024, '\0')}).empty());
  CHECK_FALSE(world.verdict({der + std::string(1, '\0')}).empty());
  for (std::size_t cut = 0; cut < der.size(); cut += 37) {
    CHECK_FALSE(world.verdict({der.substr(0, cut)}).empty());
  }
  CHECK_FALSE(world.verdict({der, der, der, der, der}).empty());
  CHECK_FALSE(world.verdict({der, std::string(64 * 1024, '\x30')}).empty());
  const Leaf large = made.swe.issue(
      {.uri = uri("swe", "person/anna"), .extra = "nsComment=" + std::string(20'000, 'x')});
  CHECK(large.der.size() > certificate_bytes_max);
  CHECK_FALSE(world.verdict({large.der}).empty());
  // Each octet altered in turn (every third): nothing opens, nothing crashes.
  for (std::size_t at = 0; at < der.size(); at += 3) {
    std::string altered = der;
    altered[at] = static_cast<char>(altered[at] ^ 0x20);
    INFO(at);
    CHECK_FALSE(world.verdict({altered}).empty());
  }
}

TEST_CASE("a NUL within the URI ends nothing", "[identity][certificate]") {
  // openssl writes no such name: the bytes of a good one are exchanged, which the signature
  // betrays too; so it is the parser that is asked.
  std::string text = uri("swe", "person/anna");
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string altered = text;
    altered[at] = '\0';
    CHECK_FALSE(parse_certificate_uri(altered, network).has_value());
    altered = text;
    altered.insert(at, 1, '\0');
    CHECK_FALSE(parse_certificate_uri(altered, network).has_value());
  }
  CHECK_FALSE(parse_certificate_uri(text + std::string(1, '\0'), network).has_value());
  CHECK(parse_certificate_uri(text, network)->account() == "parties/SWE/accounts/anna");
}

TEST_CASE("validity follows the clock of the daemon", "[identity][certificate]") {
  Anchored world;
  Certificates& made = certificates();
  CHECK(world.verdict({made.anna.der}).empty());
  world.clock->jump(std::chrono::hours(24 * 301));
  CHECK_FALSE(world.verdict({made.anna.der}).empty());
  world.clock->jump(std::chrono::hours(-24 * 303));
  CHECK_FALSE(world.verdict({made.anna.der}).empty());
}

TEST_CASE("what was accepted is accepted again, and nothing beside it", "[identity][certificate]") {
  Anchored world;
  Certificates& made = certificates();
  for (int again = 0; again < 3; ++again) {
    CHECK(world.verdict({made.anna.der}).empty());
    CHECK_FALSE(world.verdict({made.anna.der, "no certificate"}).empty());
    std::string altered = made.anna.der;
    altered.back() = static_cast<char>(altered.back() ^ 1);
    CHECK_FALSE(world.verdict({altered}).empty());
  }
  CHECK(world.verdict({made.anna.der, made.nils.der}).empty());  // One more than is needed.
  CHECK(world.verdict({made.anna.der}).empty());
  REQUIRE(world.store->set_trust("SWE", TrustSource::Folder, {}).ok());
  CHECK_FALSE(world.verdict({made.anna.der}).empty());
}

TEST_CASE("a revoked certificate opens nothing, and is told to whom it had opened a line",
          "[identity][certificate][revocation]") {
  Anchored world;
  Authority denmark("Denmark");
  const Leaf kept = denmark.issue(uri("dnk", "person/karen"));
  const Leaf lost = denmark.issue(uri("dnk", "person/lars"));
  const Leaf never = denmark.issue(uri("dnk", "person/mads"));
  world.trust("DNK", denmark, denmark.crl());
  int told = 0;
  world.store->add_shut_out([&](const auto& gone) {
    ++told;
    CHECK(is_lost(gone, "DNK", lost));
    CHECK_FALSE(is_lost(gone, "DNK", kept));
    CHECK_FALSE(is_lost(gone, "SWE", certificates().anna));
  });
  CHECK(world.verdict({kept.der}).empty());
  CHECK(world.verdict({lost.der}).empty());

  denmark.revoke(lost);
  denmark.revoke(never);
  world.trust("DNK", denmark, denmark.crl());
  CHECK_FALSE(world.verdict({lost.der}).empty());
  CHECK_FALSE(world.verdict({never.der}).empty());
  CHECK(world.verdict({kept.der}).empty());
  CHECK(told == 1);
  CHECK(world.store->revoked(lost.der));
  CHECK_FALSE(world.store->revoked(kept.der));
}

TEST_CASE("an older list never comes back, wherever it comes from",
          "[identity][certificate][revocation]") {
  Anchored world;
  Authority denmark("Denmark");
  const Leaf lost = denmark.issue(uri("dnk", "person/lars"));
  const std::string before = denmark.crl();
  denmark.revoke(lost);
  const std::string after = denmark.crl();
  world.trust("DNK", denmark, after);
  CHECK_FALSE(world.verdict({lost.der}).empty());
  world.trust("DNK", denmark, before);
  CHECK_FALSE(world.verdict({lost.der}).empty());
  REQUIRE(world.store
              ->set_trust("DNK", TrustSource::Ledger,
                          {.anchors = {denmark.certificate_der()}, .crls = {before}})
              .ok());
  CHECK_FALSE(world.verdict({lost.der}).empty());
  const auto stale = world.store->check_crl("DNK", before);
  REQUIRE_FALSE(stale.ok());
  CHECK(stale.status().code() == Code::FailedPrecondition);
  CHECK(stale.status().reason() == Reason::RevisionStale);
}

TEST_CASE("a list of the ledger waits for its authority, and keeps no other from its place",
          "[identity][certificate][revocation]") {
  Anchored world;
  Authority denmark("Denmark");
  Authority moved("Denmark");  // Another key under the same name.
  Authority renamed("Danmark");
  const Leaf lost = denmark.issue(uri("dnk", "person/lars"));
  const std::string before = denmark.crl();
  denmark.revoke(lost);
  const Trust published{.anchors = {}, .crls = {denmark.crl()}};
  REQUIRE(world.store->set_trust("DNK", TrustSource::Ledger, published).ok());
  CHECK_FALSE(world.verdict({lost.der}).empty());
  world.trust("DNK", denmark, before);
  CHECK(world.store->revoked(lost.der));
  CHECK_FALSE(world.verdict({lost.der}).empty());
  for (Authority* next : {&moved, &renamed}) {
    const Leaf karen = next->issue(uri("dnk", "person/karen"));
    world.trust("DNK", *next, next->crl());
    CHECK(world.store->anchors("DNK") == std::vector{next->certificate_der()});
    CHECK(world.verdict({karen.der}).empty());
  }
  // The old one back again, from which it was taken: so is its list.
  world.trust("DNK", denmark, before);
  CHECK(world.store->revoked(lost.der));
  // Nor does the clock let an older one in, if it is set back to before the list began.
  CertificateStore fresh({.network = std::string(network)}, *world.clock);
  world.clock->jump(-std::chrono::hours(1));
  REQUIRE(fresh.set_trust("DNK", TrustSource::Ledger, published).ok());
  REQUIRE(fresh
              .set_trust("DNK", TrustSource::Ledger,
                         {.anchors = {denmark.certificate_der()}, .crls = published.crls})
              .ok());
  CHECK(fresh.revoked(lost.der));
  CHECK_FALSE(fresh.verify({lost.der}).ok());
}

TEST_CASE("a list past its time holds for a day and then closes its party",
          "[identity][certificate][revocation]") {
  Anchored world;
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const Leaf lars = denmark.issue(uri("dnk", "person/lars"));
  denmark.revoke(lars);
  world.trust("DNK", denmark, denmark.crl(24));
  world.clock->jump(std::chrono::hours(24 + 23));
  CHECK(world.verdict({karen.der}).empty());
  CHECK_FALSE(world.verdict({lars.der}).empty());
  world.clock->jump(std::chrono::hours(2));
  CHECK_FALSE(world.verdict({karen.der}).empty());
  CHECK_FALSE(world.verdict({lars.der}).empty());
  world.clock->jump(std::chrono::hours(-2));
  CHECK(world.verdict({certificates().nils.der}).empty());  // Another party's is its own.
}

TEST_CASE("a party without a list opens nothing", "[identity][certificate][revocation]") {
  Anchored world;
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  REQUIRE(world.store
              ->set_trust("DNK", TrustSource::Folder,
                          {.anchors = {denmark.certificate_der()}, .crls = {}})
              .ok());
  CHECK_FALSE(world.verdict({karen.der}).empty());
  CHECK(world.store->revoked(karen.der));
}

TEST_CASE("lists and anchors that do not hold change nothing", "[identity][certificate]") {
  Anchored world;
  Certificates& made = certificates();
  const auto refuse = [&](Trust trust) {
    const Status status = world.store->set_trust("SWE", TrustSource::Folder, std::move(trust));
    CHECK(status.code() == Code::InvalidArgument);
    CHECK(status.reason() == Reason::SignatureInvalid);
    CHECK(world.verdict({made.anna.der}).empty());
  };
  const std::string& anchor = made.swe.certificate_der();
  refuse({.anchors = {anchor}, .crls = {made.nor_crl}});
  refuse({.anchors = {anchor}, .crls = {"nothing"}});
  refuse({.anchors = {anchor}, .crls = {made.swe_crl + "x"}});
  std::string altered = made.swe_crl;
  altered.back() = static_cast<char>(altered.back() ^ 1);
  refuse({.anchors = {anchor}, .crls = {altered}});
  refuse({.anchors = {made.anna.der}, .crls = {}});
  refuse({.anchors = {"nothing"}, .crls = {}});
  refuse({.anchors = {Authority("weak", "rsa3072").certificate_der()}, .crls = {}});
  Authority parent("Parent");
  Authority issuing("Issuing", parent, "");
  refuse({.anchors = {issuing.certificate_der()}, .crls = {}});  // Without its root.
  CHECK(world.store->set_trust("swe", TrustSource::Folder, {}).reason() == Reason::FieldInvalid);
}

TEST_CASE("an issuing authority is held to its own party", "[identity][certificate]") {
  Anchored world;
  Authority common("Common root");
  Authority dnk("Denmark", common,
                "nameConstraints=critical,permitted;URI:dnk.demo.example\n"
                "basicConstraints=critical,CA:TRUE,pathlen:0\n");
  Authority fin("Finland", common, "nameConstraints=critical,permitted;URI:fin.demo.example\n");
  const std::string common_crl = common.crl();
  const auto trust = [&](const std::string& party, Authority& authority) {
    REQUIRE(world.store
                ->set_trust(party, TrustSource::Folder,
                            {.anchors = {common.certificate_der(), authority.certificate_der()},
                             .crls = {common_crl, authority.crl()}})
                .ok());
  };
  trust("DNK", dnk);
  trust("FIN", fin);
  const Leaf karen = dnk.issue(uri("dnk", "person/karen"));
  CHECK(world.verdict({karen.der}).empty());
  CHECK(world.verdict({karen.der, dnk.certificate_der()}).empty());
  // The other's authority, within its constraints or not, and the root itself.
  const Leaf breach = fin.issue(uri("dnk", "person/karen"));
  CHECK_FALSE(world.verdict({breach.der, fin.certificate_der()}).empty());
  const Leaf direct = common.issue(uri("dnk", "person/karen"));
  CHECK_FALSE(world.verdict({direct.der}).empty());
  // Below one that may have none below it.
  Authority below("Below", dnk, "");
  const Leaf deep = below.issue(uri("dnk", "person/karen"));
  CHECK_FALSE(world.verdict({deep.der, below.certificate_der(), dnk.certificate_der()}).empty());
  // The root alone is no anchor of anybody: partial chains are off the other way round too.
  REQUIRE(world.store
              ->set_trust("DNK", TrustSource::Folder,
                          {.anchors = {dnk.certificate_der(), common.certificate_der()},
                           .crls = {dnk.crl()}})
              .ok());
  CHECK(world.verdict({karen.der}).empty());  // The root's list, once there, stays.
}

TEST_CASE("a new anchor shuts out what held to the old one", "[identity][certificate]") {
  Anchored world;
  Authority first("First");
  Authority second("Second");
  const Leaf old = first.issue(uri("dnk", "person/karen"));
  const Leaf fresh = second.issue(uri("dnk", "person/karen"));
  world.trust("DNK", first, first.crl());
  CHECK(world.verdict({old.der}).empty());
  CHECK_FALSE(world.verdict({fresh.der}).empty());
  bool lost = false;
  world.store->add_shut_out([&](const auto& gone) { lost = is_lost(gone, "DNK", old); });
  REQUIRE(world.store
              ->set_trust("DNK", TrustSource::Folder,
                          {.anchors = {first.certificate_der(), second.certificate_der()},
                           .crls = {second.crl()}})
              .ok());
  CHECK_FALSE(lost);  // Both, while the party changes over.
  CHECK(world.verdict({old.der}).empty());
  CHECK(world.verdict({fresh.der}).empty());
  world.trust("DNK", second, second.crl());
  CHECK(lost);
  CHECK_FALSE(world.verdict({old.der}).empty());
}

TEST_CASE("a certificate whose time is over is swept out", "[identity][certificate]") {
  Anchored world;
  bool lost = false;
  world.store->add_shut_out(
      [&](const auto& gone) { lost = is_lost(gone, "SWE", certificates().anna); });
  CHECK(world.verdict({certificates().anna.der}).empty());
  world.store->sweep();
  CHECK_FALSE(lost);
  world.clock->jump(std::chrono::hours(24 * 301));
  world.store->sweep();
  CHECK(lost);
}

TEST_CASE("P-384 and its digests hold", "[identity][certificate]") {
  Anchored world;
  const Leaf leaf = certificates().swe.issue(
      {.uri = uri("swe", "person/anna"), .key = "P-384", .digest = "sha384"});
  CHECK(world.verdict({leaf.der}).empty());
}

TEST_CASE("an office's certificate is taken in a message, and only there",
          "[identity][certificate]") {
  Anchored world;
  const Leaf seal = certificates().swe.issue({.uri = uri("swe", "office/duty"),
                                              .key_usage = "critical,keyAgreement",
                                              .extended_key_usage = "emailProtection"});
  const auto facts = world.store->check({seal.der});
  REQUIRE(facts.ok());
  CHECK(facts->profile == Profile::Seal);
  CHECK(facts->name.office() == "offices/duty");
  CHECK(facts->name.account().empty());
  CHECK_FALSE(world.verdict({seal.der}).empty());
}

TEST_CASE("a signature holds for its message, key and nothing else", "[identity][certificate]") {
  Certificates& made = certificates();
  const std::string signature = sign(made.anna, "message");
  CHECK(check_signature(made.anna.der, "message", signature).ok());
  CHECK(check_signature(made.anna.der, "massage", signature).reason() == Reason::SignatureInvalid);
  CHECK(check_signature(made.bertil.der, "message", signature).reason() ==
        Reason::SignatureInvalid);
  CHECK_FALSE(check_signature(made.anna.der, "message", "").ok());
  CHECK_FALSE(check_signature(made.anna.der, "message", signature + "x").ok());
  CHECK_FALSE(check_signature("", "message", signature).ok());
}

TEST_CASE("a folder is taken as it changes, and what does not hold is told and left",
          "[identity][certificate][folder]") {
  World world;
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const std::filesystem::path dir = scratch();
  std::vector<std::string> complaints;
  std::vector<std::string> issued;
  TrustFolder folder(
      dir,
      {.trust =
           [&](const std::string& party, Trust trust) {
             return world.trust.set_trust(party, TrustSource::Folder, std::move(trust));
           },
       .issued =
           [&](const std::vector<std::string>& chain) {
             issued.push_back(chain.front());
             return Status();
           },
       .complain = [&](const std::string& path, const Status&) { complaints.push_back(path); }});
  folder.poll();
  CHECK_FALSE(world.trust.verify({karen.der}).ok());
  std::filesystem::create_directories(dir / "DNK" / "issued");
  std::filesystem::create_directories(dir / "not a party");
  write_file(dir / "DNK" / "anchor.pem", "half a fi");
  folder.poll();
  CHECK(complaints.size() == 1);
  folder.poll();
  CHECK(complaints.size() == 1);  // Once.
  write_file(dir / "DNK" / "anchor.pem", denmark.certificate_pem());
  write_file(dir / "DNK" / "crl.pem", denmark.crl_pem());
  write_file(dir / "DNK" / "issued" / "karen.pem", read_file(karen.pem_path));
  folder.poll();
  CHECK(complaints.size() == 1);
  CHECK(world.trust.verify({karen.der}).ok());
  CHECK(issued == std::vector<std::string>{karen.der});
  denmark.revoke(karen);
  write_file(dir / "DNK" / "crl.pem", denmark.crl_pem());
  folder.poll();
  CHECK_FALSE(world.trust.verify({karen.der}).ok());
  CHECK(issued.size() == 1);
  std::filesystem::remove_all(dir / "DNK");
  folder.poll();
  CHECK_FALSE(world.trust.verify({karen.der}).ok());
  CHECK(world.trust.anchors("DNK").size() == 1);
  std::filesystem::remove_all(dir);
}

TEST_CASE("what cannot be read or entered just now is taken as soon as it can",
          "[identity][certificate][folder]") {
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const std::filesystem::path dir = scratch();
  std::vector<std::string> complaints;
  std::vector<Trust> trusts;
  std::size_t entered = 0;
  Status writable;
  TrustFolder folder(dir, {.trust =
                               [&](const std::string&, Trust trust) {
                                 trusts.push_back(std::move(trust));
                                 return writable;
                               },
                           .issued =
                               [&](const std::vector<std::string>&) {
                                 if (writable.ok()) ++entered;
                                 return writable;
                               },
                           .complain = [&](const std::string& path,
                                           const Status&) { complaints.push_back(path); }});
  std::filesystem::create_directories(dir / "DNK" / "issued");
  write_file(dir / "DNK" / "anchor.pem", denmark.certificate_pem());
  write_file(dir / "DNK" / "crl.pem", denmark.crl_pem());
  write_file(dir / "DNK" / "issued" / "karen.pem", read_file(karen.pem_path));
  {
    // The folders are opened, and behind them no file: no descriptor is left.
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int next = dup(STDERR_FILENO);
    REQUIRE(next >= 0);
    close(next);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(next) + 1, .rlim_max = before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    folder.poll();
    folder.poll();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  }
  CHECK(trusts.empty());
  CHECK(complaints == std::vector<std::string>{(dir / "DNK").string()});
  // Now they are read; but the store takes no writes.
  complaints.clear();
  writable = Status(Code::Unavailable, Reason::StoreReadOnly, "the disk is full");
  folder.poll();
  folder.poll();
  CHECK(trusts.size() == 2);  // in force at once, each time
  CHECK(entered == 0);
  CHECK(complaints.size() == 1);  // of the certificate; of the party it was told before
  writable = Status();
  folder.poll();
  folder.poll();
  REQUIRE(trusts.size() == 3);
  CHECK(trusts.back().anchors.size() == 1);
  CHECK(trusts.back().crls.size() == 1);
  CHECK(entered == 1);
  CHECK(complaints.size() == 1);
  std::filesystem::remove_all(dir);
}

TEST_CASE("a certificate that came before its anchor, or by halves, is entered once it can be",
          "[identity][certificate][folder]") {
  World world;
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const std::filesystem::path dir = scratch();
  TrustFolder folder = world.identity.trust_folder(dir);
  const auto entered = [&] {
    const auto kinds = world.kinds();
    return std::ranges::count(kinds, std::string(acts::enter_certificate));
  };
  std::filesystem::create_directories(dir / "DNK" / "issued");
  write_file(dir / "DNK" / "issued" / "karen.pem", read_file(karen.pem_path));
  const auto before = entered();
  folder.poll();
  CHECK(entered() == before);
  write_file(dir / "DNK" / "anchor.pem", denmark.certificate_pem());
  write_file(dir / "DNK" / "crl.pem", denmark.crl_pem());
  folder.poll();
  CHECK(entered() == before + 1);
  // And one that is written on where it is, long after it was looked at half.
  const std::string whole = read_file(denmark.issue(uri("dnk", "person/lise")).pem_path);
  write_file(dir / "DNK" / "issued" / "lise.pem", whole.substr(0, whole.size() / 2));
  for (int i = 0; i < 3; ++i) folder.poll();
  CHECK(entered() == before + 1);
  write_file(dir / "DNK" / "issued" / "lise.pem", whole);
  folder.poll();
  CHECK(entered() == before + 2);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace entente::identity::testing
