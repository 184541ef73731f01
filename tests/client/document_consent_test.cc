// What a document's originator grants is what it was shown, by the digest that the server holds it
// to.
#include "client/lib/document_consent.h"

#include <catch2/catch.hpp>
#include <string>

#include "proto/contract/document_consent.h"
#include "tests/client/issued.h"

namespace entente::client {

TEST_CASE("a consent is signed if its digest is of what it says", "[client][consent]") {
  const test::Certified host;
  const auto client = host.client();
  v1::DocumentConsent consent;
  consent.set_name("consents/1");
  consent.set_document(test::document_name);
  consent.set_revision(1);
  consent.set_act(v1::DocumentConsent::WIDEN);
  consent.mutable_audience()->add_any_of("party/NOR");
  const auto digest_to = [&](const std::string& principal) {
    return document_act_digest({.origin = "test.example/ledger",
                                .document = consent.document(),
                                .revision = 1,
                                .act = "WIDEN",
                                .any_of = {principal},
                                .none_of = {},
                                .language = {}});
  };
  const SigningFiles files{.certificate_path = host.certificates.path("client.pem"),
                           .key_path = host.certificates.path("client.key")};
  consent.set_digest(std::string(as_view(digest_to("party/NOR"))));
  CHECK(grant(*client, files, consent).ok());
  consent.set_digest(std::string(as_view(digest_to("process/alpha/observers"))));
  CHECK(test::is_disproved(grant(*client, files, consent).status()));
}

}  // namespace entente::client
