// Anchors, lists and chains that are nearly those of a party, and what is asked of a store of
// certificates that has none.
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

struct Trusting {
  Trusting() {
    static_cast<void>(certificates());
    REQUIRE(store
                .set_trust("SWE", TrustSource::Folder,
                           {.anchors = {certificates().swe.certificate_der()},
                            .crls = {certificates().swe_crl}})
                .ok());
  }
  // Why it is no anchor; empty if it is one.
  std::string fault(const std::string& der) const {
    const auto facts = store.check_anchor(der);
    if (facts.ok()) return "";
    CHECK(facts.status().reason() == Reason::SignatureInvalid);
    REQUIRE(facts.status().violations().size() == 1);
    return facts.status().violations()[0].rule;
  }
  std::string verdict(const std::vector<std::string>& chain) {
    const auto result = store.verify(chain);
    return result.ok() ? "" : std::string(result.status().detail());
  }
  TurnedClock clock;
  CertificateStore store{{.network = std::string(network)}, clock};
};

// DER of what signs itself, with this key usage.
std::string authority_like(const std::string& key_usage, const std::string& key = "P-256") {
  return Authority::self_signed({.uri = {},
                                 .alt_names = "none",
                                 .key_usage = key_usage,
                                 .extended_key_usage = "",
                                 .basic_constraints = "critical,CA:TRUE",
                                 .key = key})
      .der;
}

// Made by these words of `openssl` in a folder of its own, as `out.der`.
std::string made_by(const std::string& words) {
  const std::filesystem::path dir = scratch();
  run("cd " + dir.string() + " && openssl ecparam -name prime256v1 -genkey -noout -out key && " +
      words);
  const std::string der = read_file(dir / "out.der");
  std::filesystem::remove_all(dir);
  return der;
}

}  // namespace

TEST_CASE("what is nearly an authority is no anchor", "[identity][certificate]") {
  const Trusting world;
  const std::string both = "critical,keyCertSign,cRLSign";
  CHECK(world.fault(authority_like(both)).empty());
  CHECK(world.fault(std::string(certificate_bytes_max + 1, 'x')) == "too long");
  CHECK(world.fault(made_by("openssl req -new -key key -subj /CN=x -out csr && openssl x509 -req "
                            "-in csr -signkey key -outform DER -out out.der")) == "not version 3");
  CHECK(world.fault(authority_like("critical,cRLSign")) == "not an authority");
  CHECK(world.fault(authority_like("critical,keyCertSign")) ==
        "key usage lacks keyCertSign or cRLSign");
  CHECK(world.fault(authority_like("")) == "key usage lacks keyCertSign or cRLSign");
  CHECK(world.fault(authority_like(both, "P-521")) == "key is not P-256 or P-384");
  CHECK(world.fault(made_by("openssl req -x509 -new -sha1 -key key -subj /CN=x -addext "
                            "keyUsage=keyCertSign,cRLSign -outform DER -out out.der")) ==
        "signature algorithm");
  std::string altered = authority_like(both);
  altered.back() = static_cast<char>(altered.back() ^ 1);
  CHECK(world.fault(altered) == "its own signature does not hold");
  Authority parent("Parent");
  CHECK(world.fault(Authority("Issuing", parent, "").certificate_der()).empty());
}

TEST_CASE("a party has eight anchors at most, and one that it has twice is one",
          "[identity][certificate]") {
  Trusting world;
  Trust trust{.anchors = {certificates().swe.certificate_der()}, .crls = {certificates().swe_crl}};
  trust.anchors.push_back(trust.anchors[0]);
  while (trust.anchors.size() < anchors_per_party_max + 1) {
    trust.anchors.push_back(authority_like("critical,keyCertSign,cRLSign"));
  }
  CHECK(world.store.would_take("SWE", TrustSource::Folder, trust).ok());
  CHECK(world.store.would_take("DNK", TrustSource::Folder, trust).ok());
  trust.anchors.push_back(certificates().nor.certificate_der());
  CHECK_FALSE(world.store.would_take("SWE", TrustSource::Folder, trust).ok());
}

TEST_CASE("a list without a number, of a part, of tomorrow or too long is none",
          "[identity][certificate][revocation]") {
  Trusting world;
  Authority& swe = certificates().swe;
  const auto why = [&](const std::string& der) {
    const Status status = world.store.check_crl("SWE", der).status();
    return status.violations().empty() ? std::string(status.message())
                                       : status.violations()[0].rule;
  };
  const std::string soon = "-md sha256 -crlhours 24";
  CHECK(why(swe.odd_crl("", soon)) == "without a number");
  CHECK(why(swe.odd_crl("[more]\nissuingDistributionPoint=critical,onlyuser:TRUE\n",
                        soon + " -crlexts more")) == "not the whole list");
  CHECK(why(swe.odd_crl("[more]\n2.5.29.27=critical,ASN1:INTEGER:1\n", soon + " -crlexts more")) ==
        "not the whole list");
  CHECK(why(swe.odd_crl("[more]\n2.5.29.20=ASN1:INTEGER:0x123456789abcdef0123456789\n",
                        soon + " -crlexts more")) == "without a number");
  CHECK(why(swe.odd_crl("", "-md sha1 -crlhours 24")) == "its signature does not hold");
  CHECK(why(swe.odd_crl("",
                        "-md sha256 -crl_lastupdate 20400101000000Z -crl_nextupdate "
                        "20410101000000Z")) == "not yet in force, or without nextUpdate");
  CHECK(why(std::string(crl_bytes_max + 1, 'x')) == "too long");
  CHECK(why("no list") == "does not decode");
  CHECK(why(certificates().swe_crl) == "a newer revocation list is in force");
  CHECK(world.store.check_crl("SWE", swe.crl(48)).ok());
  CHECK_FALSE(world.store.check_crl("DNK", certificates().swe_crl).ok());
  CHECK_FALSE(world.store
                  .would_take("SWE", TrustSource::Folder,
                              {.anchors = {swe.certificate_der()},
                               .crls = {std::string(crl_bytes_max + 1, 'x')}})
                  .ok());
  // A list that was taken, and then the clock was set back to before it: nobody is let in by it.
  world.clock.jump(-std::chrono::hours(1));
  CHECK_FALSE(world.verdict({certificates().anna.der}).empty());
  world.clock.jump(std::chrono::hours(1));
  CHECK(world.verdict({certificates().anna.der}).empty());
}

TEST_CASE("a certificate of a wider or another use opens nothing", "[identity][certificate]") {
  Trusting world;
  const std::string anna = uri("swe", "person/anna");
  Authority& swe = certificates().swe;
  for (const char* use :
       {"clientAuth,codeSigning", "clientAuth,OCSPSigning", "clientAuth,timeStamping"}) {
    CHECK(world.verdict({swe.issue({.uri = anna, .extended_key_usage = use}).der}) ==
          "extended key usage too wide");
  }
  CHECK(world.verdict(
            {swe.issue({.uri = uri("swe", "office/duty"), .key_usage = "critical,keyAgreement"})
                 .der}) == "an office's certificate must not sign in");
  CHECK(world.verdict({swe.issue({.uri = anna, .key_usage = "", .basic_constraints = ""}).der}) ==
        "no key usage");
  CHECK(world.verdict({swe.issue({.uri = anna,
                                  .key_usage = "critical,keyCertSign,digitalSignature",
                                  .basic_constraints = ""})
                           .der}) == "an authority is nobody");
}

TEST_CASE("an authority between that is of a weak key or signature carries nobody",
          "[identity][certificate]") {
  Trusting world;
  Authority root("Root");
  for (const auto& [key, digest] : {std::pair("rsa3072", "sha256"), std::pair("P-256", "sha224")}) {
    Authority between("Between", root, "", key, digest);
    const Leaf leaf = between.issue(uri("dnk", "person/dan"));
    REQUIRE(world.store
                .set_trust("DNK", TrustSource::Folder,
                           {.anchors = {root.certificate_der()}, .crls = {root.crl(48)}})
                .ok());
    const std::string why = world.verdict({leaf.der, between.certificate_der()});
    INFO(why);
    CHECK_FALSE(why.empty());
  }
}

TEST_CASE("of a party without trust, or of what is no certificate, nothing holds",
          "[identity][certificate]") {
  Trusting world;
  Certificates& made = certificates();
  CHECK(world.store.revoked("no certificate"));
  CHECK(world.store.revoked(made.nils.der));
  CHECK_FALSE(world.store.revoked(made.anna.der));
  CHECK_FALSE(world.store.check({}).ok());
  CHECK_FALSE(world.store.check({5, made.anna.der}).ok());
  CHECK_FALSE(world.store.check({made.nils.der}).ok());
  CHECK_FALSE(world.store.check({"no certificate"}).ok());
  CHECK(world.store.anchors("DNK").empty());
  CHECK(world.store.parties() == std::vector<std::string>{"SWE"});
  CHECK(world.store.lists_end() < world.clock.now() + std::chrono::hours(49));
  // A change of one party's trust asks nothing of another's.
  REQUIRE(world.store
              .set_trust("NOR", TrustSource::Folder,
                         {.anchors = {made.nor.certificate_der()}, .crls = {made.nor_crl}})
              .ok());
  CHECK(world.verdict({made.nils.der}).empty());
  CHECK(world.verdict({made.anna.der}).empty());
  std::size_t shut_out = 0;
  world.store.add_shut_out([&](const auto& certificates) { shut_out += certificates.size(); });
  REQUIRE(world.store.set_trust("SWE", TrustSource::Folder, {}).ok());
  CHECK(shut_out == 1);
  CHECK_FALSE(world.verdict({made.anna.der}).empty());
  CHECK(world.verdict({made.nils.der}).empty());
  const std::string signature = sign(made.anna, "message");
  CHECK_FALSE(check_signature("no certificate", "message", signature).ok());
  CHECK_FALSE(check_signature(Authority("weak", "rsa3072").certificate_der(), "m", "s").ok());
}

}  // namespace entente::identity::testing
