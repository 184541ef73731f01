// Anchors, lists and chains that are nearly those of a party, and what is asked of a store of
// certificates that has none.
#include <map>

#include "proto/contract/bytes.h"
#include "server/identity/x509.h"
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

// An authority that makes what the program `openssl` does not.
class Forge {
 public:
  // A certificate that it signs; its own without a name. Times as they are to stand there.
  std::string certificate(const std::string& uri, const std::string& begins = {},
                          const std::string& ends = {}) const {
    const x509::Owned<X509> made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 7);
    for (X509_NAME* name : {X509_get_subject_name(made.get()), X509_get_issuer_name(made.get())}) {
      name_it(name);
    }
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3'600 * 24);
    put(X509_getm_notBefore(made.get()), begins);
    put(X509_getm_notAfter(made.get()), ends);
    X509_set_pubkey(made.get(), key_.get());
    const bool is_root = uri.empty();
    extend(made.get(), NID_basic_constraints, is_root ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(made.get(), NID_key_usage,
           is_root ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (!is_root) extend(made.get(), NID_ext_key_usage, "clientAuth");
    if (!is_root) extend(made.get(), NID_subject_alt_name, "URI:" + uri);
    REQUIRE(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
    return x509::encode(made.get());
  }
  // A list from this time on, as it is to stand there; with an end or without.
  std::string list(const std::string& begins, bool ends, long number = 1) const {
    const x509::Owned<X509_CRL> made(X509_CRL_new());
    X509_CRL_set_version(made.get(), 1);
    const std::unique_ptr<X509_NAME, void (*)(X509_NAME*)> name(X509_NAME_new(), X509_NAME_free);
    name_it(name.get());
    X509_CRL_set_issuer_name(made.get(), name.get());
    const std::unique_ptr<ASN1_TIME, void (*)(ASN1_TIME*)> time(X509_gmtime_adj(nullptr, -3'600),
                                                                ASN1_TIME_free);
    put(time.get(), begins);
    X509_CRL_set1_lastUpdate(made.get(), time.get());
    X509_gmtime_adj(time.get(), 3'600 * 24);
    if (ends) X509_CRL_set1_nextUpdate(made.get(), time.get());
    const x509::Owned<ASN1_INTEGER> count(ASN1_INTEGER_new());
    ASN1_INTEGER_set(count.get(), number);
    X509_CRL_add1_ext_i2d(made.get(), NID_crl_number, count.get(), 0, 0);
    REQUIRE(X509_CRL_sign(made.get(), key_.get(), EVP_sha256()) > 0);
    return x509::encode(made.get());
  }

 private:
  static void name_it(X509_NAME* name) {
    const std::string text = "Forge";
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    const auto* octets = reinterpret_cast<const unsigned char*>(text.data());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, octets, static_cast<int>(text.size()), -1,
                               0);
  }
  static void put(ASN1_TIME* time, const std::string& text) {
    if (!text.empty()) ASN1_STRING_set(time, text.data(), static_cast<int>(text.size()));
  }
  static void extend(X509* made, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, made, made, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  }
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_{EVP_EC_gen("P-256"), EVP_PKEY_free};
};

}  // namespace

TEST_CASE("what has times that are none is neither certificate, anchor nor list",
          "[identity][certificate]") {
  Trusting world;
  const Forge forge;
  const std::string anchor = forge.certificate("");
  CHECK(world.fault(anchor).empty());
  const std::string dan = uri("dnk", "person/dan");
  CHECK(world.store.read(forge.certificate(dan)).ok());
  for (const char* time : {"20269999", "269931000000Z", "no time", "260229000000Z", "260431000000Z",
                           "19000229000000Z"}) {
    CAPTURE(time);
    CHECK(world.fault(forge.certificate("", time)) == "validity malformed");
    CHECK(world.fault(forge.certificate("", {}, time)) == "validity malformed");
    CHECK(world.store.read(forge.certificate(dan, time)).status().detail() == "validity malformed");
    CHECK(world.store.read(forge.certificate(dan, {}, time)).status().detail() ==
          "validity malformed");
  }
  REQUIRE(
      world.store.set_trust("DNK", TrustSource::Folder, {.anchors = {anchor}, .crls = {}}).ok());
  CHECK(world.store.check_crl("DNK", forge.list({}, true)).ok());
  REQUIRE(world.store
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {anchor}, .crls = {forge.list({}, true)}})
              .ok());
  const auto why = [&](const std::string& list) {
    const Status status = world.store.check_crl("DNK", list).status();
    return status.violations().empty() ? "" : status.violations()[0].rule;
  };
  CHECK(why(forge.list({}, true, 2)).empty());
  CHECK(why(forge.list("no time", true, 2)) == "not yet in force, or without nextUpdate");
  CHECK(why(forge.list({}, false, 2)) == "not yet in force, or without nextUpdate");
  // Another authority of the same name has no list: that of the first is not its own.
  REQUIRE(
      world.store
          .set_trust("DNK", TrustSource::Folder, {.anchors = {Forge().certificate("")}, .crls = {}})
          .ok());
  CHECK(world.store.lists_end() > world.clock.now() + std::chrono::hours(25));
}

TEST_CASE("a list of an authority whose clock is a little ahead holds at once",
          "[identity][certificate][revocation]") {
  Trusting world;
  Authority denmark("Denmark");
  const Leaf dan = denmark.issue(uri("dnk", "person/dan"));
  const Instant begins = world.clock.now() + std::chrono::minutes(2);
  const std::string rfc3339 = to_rfc3339(begins);  // YYYY-MM-DDTHH:MM:SS
  std::string time;
  for (const char c : rfc3339.substr(0, 19)) {
    if (c >= '0' && c <= '9') time.push_back(c);
  }
  const std::string list = denmark.odd_crl(
      "[more]\n2.5.29.20=ASN1:INTEGER:1\n",
      "-md sha256 -crl_lastupdate " + time + "Z -crl_nextupdate 20400101000000Z -crlexts more");
  REQUIRE(world.store
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {denmark.certificate_der()}, .crls = {list}})
              .ok());
  CHECK(world.verdict({dan.der}).empty());
  // Not so if it is much ahead: the clock was set back since it was taken.
  world.clock.jump(-std::chrono::minutes(5));
  CHECK(world.verdict({dan.der}) == "CRL is not yet valid");
}

TEST_CASE("an issuing authority of which its root keeps no list is checked wholly at each change",
          "[identity][certificate][revocation]") {
  Trusting world;
  Authority root("Root");
  Authority issuing("Issuing", root, "");
  const auto take = [&](const std::vector<std::string>& lists) {
    return world.store.set_trust(
        "DNK", TrustSource::Folder,
        {.anchors = {root.certificate_der(), issuing.certificate_der()}, .crls = lists});
  };
  const Leaf dan = issuing.issue(uri("dnk", "person/dan"));
  REQUIRE(take({}).ok());
  CHECK_FALSE(world.verdict({dan.der}).empty());
  REQUIRE(take({issuing.crl(48)}).ok());
  CHECK_FALSE(world.verdict({dan.der}).empty());
  REQUIRE(take({issuing.crl(48), root.crl(48)}).ok());
  CHECK(world.verdict({dan.der}).empty());
}

TEST_CASE("a key on a curve that is told in numbers, and is not one of ours, is not allowed",
          "[identity][certificate]") {
  std::string der = made_by(
      "openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout -out key && openssl req "
      "-x509 -new -key key -subj /CN=x -outform DER -out out.der");
  REQUIRE(x509::decode_certificate(der) != nullptr);
  // The other point of the generator's abscissa generates as well, but is on no list of names.
  const auto of_hex = [](std::string_view hex) { return *from_hex(hex); };
  const std::string generator =
      of_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
  const std::string other =
      of_hex("b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a");
  const std::size_t at = der.find(generator);
  REQUIRE(at != std::string::npos);
  der.replace(at, generator.size(), other);
  const x509::Owned<X509> certificate = x509::decode_certificate(der);
  REQUIRE(certificate != nullptr);
  CHECK(X509_get0_pubkey(certificate.get()) != nullptr);
  CHECK_FALSE(x509::is_allowed_key(certificate.get()));
}

TEST_CASE("an authority between whose key or signature no certificate of ours has is refused",
          "[identity][certificate]") {
  Trusting world;
  Authority denmark("Denmark");
  Authority issuing("Danish", denmark, "");
  REQUIRE(world.store
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {denmark.certificate_der(), issuing.certificate_der()},
                          .crls = {denmark.crl(48), issuing.crl(48)}})
              .ok());
  const Leaf karen = issuing.issue(uri("dnk", "person/karen"));
  CHECK(world.verdict({karen.der}).empty());
  CHECK(world.verdict({karen.der, issuing.certified_by(denmark, "sha256")}) ==
        "not through the party's issuing authority");
  const char* weak = "an authority's key or signature algorithm";
  CHECK(world.verdict({karen.der, issuing.certified_by(denmark, "sha224")}) == weak);
  // It bears the name of the one above it, so that OpenSSL takes that one's list for its own.
  Authority below("Danish", issuing, "", "P-521");
  CHECK(world.verdict({below.issue(uri("dnk", "person/knud")).der, below.certificate_der()}) ==
        weak);
  Authority like("Danish", issuing, "", "P-384");
  CHECK(world.verdict({like.issue(uri("dnk", "person/kaj")).der, like.certificate_der()}).empty());
}

TEST_CASE("a list is held against those of its own authority, and against what reads",
          "[identity][certificate][revocation]") {
  Trusting world;
  Authority denmark("Denmark");
  Authority issuing("Danish", denmark, "");
  const std::string first = issuing.crl(48);
  REQUIRE(world.store
              .set_trust("DNK", TrustSource::Folder,
                         {.anchors = {denmark.certificate_der(), issuing.certificate_der()},
                          .crls = {denmark.crl(48), first}})
              .ok());
  static_cast<void>(denmark.crl(48));
  const std::string of_the_root = denmark.crl(48);  // of a greater number
  const std::string second = issuing.crl(48);
  const std::string third = issuing.crl(48);
  const auto reason = [&](const std::string& list, const std::vector<std::string>& kept) {
    return world.store.check_crl("DNK", list, kept).status().reason();
  };
  CHECK(reason(second, {}) == Reason::None);
  CHECK(reason(second, {first, of_the_root, certificates().swe_crl, "no list"}) == Reason::None);
  CHECK(reason(second, {of_the_root, third}) == Reason::RevisionStale);
  CHECK(reason(first, {}) == Reason::RevisionStale);
}

TEST_CASE("of what was accepted a limited number is remembered, and what was used last",
          "[identity][certificate]") {
  Certificates& made = certificates();
  TurnedClock clock;
  CertificateStore store{{.network = std::string(network), .accepted_max = 3}, clock};
  const auto trust = [&](const std::string& party, Authority& authority, const std::string& list) {
    REQUIRE(store
                .set_trust(party, TrustSource::Folder,
                           {.anchors = {authority.certificate_der()}, .crls = {list}})
                .ok());
  };
  trust("SWE", made.swe, made.swe_crl);
  trust("NOR", made.nor, made.nor_crl);
  // Whether it was remembered: then the time is asked for once.
  const auto is_known = [&](const Leaf& leaf) {
    int asked = 0;
    clock.asked = [&] { ++asked; };
    REQUIRE(store.verify({leaf.der}).ok());
    clock.asked = nullptr;
    return asked == 1;
  };
  CHECK_FALSE(is_known(made.nils));
  for (const Leaf* leaf : {&made.anna, &made.bertil}) CHECK_FALSE(is_known(*leaf));
  CHECK(is_known(made.anna));
  CHECK_FALSE(is_known(made.olga));
  CHECK(is_known(made.anna));
  CHECK(is_known(made.olga));
  CHECK_FALSE(is_known(made.bertil));
  // However many Sweden has, Norway's is remembered.
  for (const Leaf* leaf : {&made.oskar, &made.sven, &made.sara}) CHECK_FALSE(is_known(*leaf));
  CHECK(is_known(made.nils));
}

TEST_CASE("who is forgotten among the many that were accepted is shut out like any other",
          "[identity][certificate][revocation]") {
  World world({}, {.network = std::string(network), .accepted_max = 1});
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const Leaf lars = denmark.issue(uri("dnk", "person/lars"));
  const auto take_list = [&] {
    return world.trust.set_trust("DNK", TrustSource::Folder,
                                 {.anchors = {denmark.certificate_der()}, .crls = {denmark.crl()}});
  };
  REQUIRE(take_list().ok());
  std::map<std::string, bool> lost;
  world.trust.add_shut_out([&](const auto& gone) {
    for (const Leaf* leaf : {&karen, &lars}) lost[leaf->der] = is_lost(gone, "DNK", *leaf);
    CHECK_FALSE(is_lost(gone, "SWE", certificates().anna));
  });
  std::map<std::string, std::string> tokens;
  for (const Leaf* leaf : {&karen, &lars}) {
    REQUIRE(world.trust.verify({leaf->der}).ok());
    world.settle("DNK", leaf == &karen ? "karen" : "lars", *leaf);
    tokens[leaf->der] = world.sign_in(*leaf);
  }
  REQUIRE(world.trust.verify({certificates().anna.der}).ok());
  denmark.revoke(karen);
  REQUIRE(take_list().ok());
  CHECK(lost[karen.der]);
  CHECK_FALSE(lost[lars.der]);
  CHECK_FALSE(world.is_open(karen, tokens[karen.der]));
  CHECK(world.is_open(lars, tokens[lars.der]));
  REQUIRE(world.trust.set_trust("DNK", TrustSource::Folder, {}).ok());
  CHECK(lost[lars.der]);
  CHECK_FALSE(world.is_open(lars, tokens[lars.der]));
}

TEST_CASE("a list that comes while a certificate is being checked is heeded",
          "[identity][certificate][revocation]") {
  Trusting world;
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const auto take = [&] {
    return world.store.set_trust("DNK", TrustSource::Folder,
                                 {.anchors = {denmark.certificate_der()}, .crls = {denmark.crl()}});
  };
  REQUIRE(take().ok());
  denmark.revoke(karen);
  // The time is asked for first where it is looked for among those that were accepted, then where
  // its check begins, by the old list.
  world.clock.meanwhile([&] { REQUIRE(take().ok()); }, 2);
  CHECK(world.verdict({karen.der}) == "certificate revoked");
  // One change of trust within another: what the inner one has shut out is shut out once.
  int told = 0;
  world.store.add_shut_out([&](const auto& lost) {
    ++told;
    CHECK(is_lost(lost, "SWE", certificates().anna));
  });
  REQUIRE(world.verdict({certificates().anna.der}).empty());
  world.clock.meanwhile(
      [&] { REQUIRE(world.store.set_trust("SWE", TrustSource::Folder, {}).ok()); });
  REQUIRE(world.store
              .set_trust("SWE", TrustSource::Folder,
                         {.anchors = {certificates().nor.certificate_der()}, .crls = {}})
              .ok());
  CHECK(told == 2);
  CHECK_FALSE(world.verdict({certificates().anna.der}).empty());
}

TEST_CASE("a newer list stays though the clock is set back behind it and an older one comes again",
          "[identity][certificate][revocation]") {
  Trusting world;
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const std::string older = denmark.odd_crl(
      "[more]\n2.5.29.20=ASN1:INTEGER:0\n",
      "-md sha256 -crl_lastupdate 20200101000000Z -crl_nextupdate 20400101000000Z -crlexts more");
  denmark.revoke(karen);
  const auto take = [&](const std::string& list) {
    return world.store.set_trust("DNK", TrustSource::Folder,
                                 {.anchors = {denmark.certificate_der()}, .crls = {list}});
  };
  REQUIRE(take(older).ok());
  REQUIRE(world.verdict({karen.der}).empty());
  REQUIRE(take(denmark.crl(48)).ok());
  CHECK_FALSE(world.verdict({karen.der}).empty());
  CHECK(world.store.revoked(karen.der));
  world.clock.jump(-std::chrono::hours(1));
  REQUIRE(take(older).ok());
  CHECK(world.store.revoked(karen.der));
  CHECK_FALSE(world.verdict({karen.der}).empty());
  world.clock.jump(std::chrono::hours(1));
  CHECK_FALSE(world.verdict({karen.der}).empty());
}

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
  bool shut_out = false;
  world.store.add_shut_out([&](const auto& lost) {
    shut_out = is_lost(lost, "SWE", made.anna);
    CHECK_FALSE(is_lost(lost, "NOR", made.nils));
  });
  REQUIRE(world.store.set_trust("SWE", TrustSource::Folder, {}).ok());
  CHECK(shut_out);
  CHECK_FALSE(world.verdict({made.anna.der}).empty());
  CHECK(world.verdict({made.nils.der}).empty());
  const std::string signature = sign(made.anna, "message");
  CHECK_FALSE(check_signature("no certificate", "message", signature).ok());
  CHECK_FALSE(check_signature(Authority("weak", "rsa3072").certificate_der(), "m", "s").ok());
}

}  // namespace entente::identity::testing
