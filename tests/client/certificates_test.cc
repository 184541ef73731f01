// Whose certificate it is: by the name in it, the anchor above it and the ledger's entry of it.
#include "client/lib/certificates.h"

#include <catch2/catch.hpp>
#include <string>

#include "client/lib/signature.h"
#include "entente/v1/account.pb.h"
#include "tests/client/fake_server.h"
#include "tests/client/issued.h"
#include "tests/support/certificates.h"

namespace entente::client {
namespace {

using entente::test::FakeServer;
using test::focal_point;
using test::Issued;
using test::name_of;
using test::sweden;

// A server that shows one certificate, with its entry, and one anchor.
struct Shows : FakeServer {
  Shows() {
    on<v1::ListAnchorsRequest, v1::ListAnchorsReply>("CertificateService.ListAnchors",
                                                     [this](net::Call&, const auto&, auto& out) {
                                                       out.add_anchors()->set_der(anchor);
                                                       return Status();
                                                     });
    on<v1::GetCertificateRequest, v1::Certificate>("CertificateService.GetCertificate",
                                                   [this](net::Call&, const auto& in, auto& out) {
                                                     out = certificate;
                                                     if (out.name().empty())
                                                       out.set_name(in.name());
                                                     return Status();
                                                   });
    start("server");
  }
  void enter(const std::string& der, const std::string& as = "identity.certificate.enter") {
    certificate.set_der(der);
    certificate.set_office(focal_point);
    certificate.set_entry_index(ledger.enter(as, {.binding = "x"}, name_of(der)));
  }
  Status party_of(const std::string& name) {
    const auto client = Client::open(options());
    REQUIRE(client.ok());
    return CertificateReader(**client).of_party(name, sweden).status();
  }
  Status office_of(const std::string& name) {
    const auto client = Client::open(options());
    REQUIRE(client.ok());
    return CertificateReader(**client).of_office(name, sweden, focal_point).status();
  }

  Issued issued{certificates};
  std::string anchor = issued.anchor("anchor");
  v1::Certificate certificate;
};

bool is_disbelieved(const Status& status) {
  return status.code() == Code::DataLoss && status.reason() == Reason::ProofInvalid;
}

}  // namespace

TEST_CASE("a certificate signs for the party that it names, under an anchor of that party's",
          "[client][certificates]") {
  const testing::Certificates files;
  const Issued issued(files);
  const std::string anchor = issued.anchor("anchor");
  const std::string other = issued.anchor("other");
  const auto signs = [&](const std::string& uri, const std::string& by = "anchor") {
    return is_of_party(issued.leaf(by, "digitalSignature", {uri}), sweden, {anchor});
  };
  CHECK(signs("entente://swe.demo/person/anna"));
  CHECK(signs("entente://swe.demo/program/figures"));
  CHECK_FALSE(signs("entente://swe.demo/person/anna", "other"));
  CHECK_FALSE(signs("entente://nor.demo/person/nora"));
  CHECK_FALSE(signs("entente://swed.demo/person/anna"));
  CHECK_FALSE(signs("entente://swe.demo/office/swe.alpha.focal-point"));
  CHECK_FALSE(
      is_of_party(issued.leaf("anchor", "digitalSignature",
                              {"entente://swe.demo/person/anna", "entente://swe.demo/person/sven"}),
                  sweden, {anchor}));
  CHECK_FALSE(is_of_party("no certificate", sweden, {anchor}));
}

TEST_CASE("what is sealed to an office is sealed to a key that its party made for that alone",
          "[client][certificates]") {
  const testing::Certificates files;
  const Issued issued(files);
  const std::string anchor = issued.anchor("anchor");
  const std::string other = issued.anchor("other");
  const auto of_office = [&](const std::string& uri, const std::string& usage = "keyAgreement",
                             const std::string& by = "anchor") {
    return is_of_office(issued.leaf(by, usage, {uri}), sweden, focal_point, {anchor});
  };
  const std::string uri = "entente://swe.demo/office/swe.alpha.focal-point";
  CHECK(of_office(uri));
  CHECK_FALSE(of_office(uri, "keyAgreement", "other"));
  CHECK_FALSE(of_office(uri, "digitalSignature"));
  CHECK_FALSE(of_office(uri, "keyAgreement,digitalSignature"));
  CHECK_FALSE(of_office("entente://swe.demo/office/swe.alpha.focal-points"));
  CHECK_FALSE(of_office("entente://swed.demo/office/swe.alpha.focal-point"));
  CHECK_FALSE(of_office("entente://nor.demo/office/swe.alpha.focal-point"));
}

TEST_CASE("a certificate is believed that its party issued and the ledger has",
          "[client][certificates]") {
  Shows host;
  const std::string anna =
      host.issued.leaf("anchor", "digitalSignature", {"entente://swe.demo/person/anna"});
  const std::string name = name_of(anna);
  SECTION("it is") {
    host.enter(anna);
    CHECK(host.party_of(name).message() == "");
  }
  SECTION("it was not entered: another act names it") {
    host.enter(anna, "identity.sign_in");
    CHECK(is_disbelieved(host.party_of(name)));
  }
  SECTION("it was not entered: another was") {
    host.enter(anna);
    host.certificate.set_entry_index(
        host.ledger.enter("identity.certificate.enter", {.binding = "x"}, "certificates/another"));
    CHECK(is_disbelieved(host.party_of(name)));
  }
  SECTION("it was entered, and another is shown for it") {
    host.enter(anna);
    host.certificate.set_der(
        host.issued.leaf("anchor", "digitalSignature", {"entente://swe.demo/person/sven"}));
    CHECK(is_disbelieved(host.party_of(name)));
  }
  SECTION("it was entered, under an anchor that is not its party's") {
    const std::string theirs = host.issued.anchor("hosts");
    CHECK(theirs != host.anchor);
    const std::string hosts =
        host.issued.leaf("hosts", "digitalSignature", {"entente://swe.demo/person/anna"});
    host.enter(hosts);
    CHECK(is_disbelieved(host.party_of(name_of(hosts))));
  }
}

TEST_CASE("nothing is sealed to a certificate that was revoked, or is another office's",
          "[client][certificates]") {
  Shows host;
  const std::string office = host.issued.leaf("anchor", "keyAgreement",
                                              {"entente://swe.demo/office/swe.alpha.focal-point"});
  host.enter(office);
  CHECK(host.office_of(name_of(office)).message() == "");
  host.certificate.set_revoked(true);
  CHECK(is_disbelieved(host.office_of(name_of(office))));
  host.certificate.set_revoked(false);
  host.certificate.set_office("offices/swe.alpha.deputy");
  CHECK(is_disbelieved(host.office_of(name_of(office))));
}

}  // namespace entente::client
