// Who supplied figures: a party's true signature is shown for the upload that it was made for.
#include "client/lib/evidence.h"

#include <catch2/catch.hpp>
#include <string>

#include "entente/v1/statistics.pb.h"
#include "proto/contract/manifest.h"
#include "tests/client/issued.h"

namespace entente::client {
namespace {

using test::is_disproved;

const std::string asylum = "dataflows/ALPHA.ASYLUM";
const std::string upload_name = asylum + "/uploads/1";
const std::string file_digest(32, 'f');

// A server with one upload of Sweden's, signed by Anna.
struct Evident : test::Certified {
  Evident() {
    on<v1::GetUploadRequest, v1::UploadEvidence>("EvidenceService.GetUpload",
                                                 [this](net::Call&, const auto&, auto& out) {
                                                   out = evidence;
                                                   return Status();
                                                 });
    start("server");
    enter("anna", "digitalSignature", test::anna_uri);
    v1::Upload& upload = *evidence.mutable_upload();
    upload.set_name(upload_name);
    upload.set_party(test::sweden);
    upload.set_action(v1::REPLACE);
    upload.set_sha256(file_digest);
    sign(asylum, "REPLACE");
    said.object_digest = file_digest;
  }
  // What Anna signed.
  void sign(const std::string& flow, const std::string& action) {
    evidence.set_manifest(upload_manifest({.dataflow = flow,
                                           .action = action,
                                           .upload_id = "one",
                                           .bytes = 3,
                                           .sha256 = file_digest,
                                           .mapping_sha256 = {}}));
    const SigningFiles files = issued.files("anna");
    const auto made = sign_detached(files.certificate_path, files.key_path, evidence.manifest());
    REQUIRE(made.ok());
    evidence.mutable_upload()->set_signature(made->der);
    evidence.mutable_upload()->set_signer_certificate_sha256(made->certificate_sha256);
    said.signature = made->der;
  }
  // What the ledger says of it is what the host has entered.
  Status prove() {
    evidence.set_entry_index(ledger.enter(said));
    evidence.set_has_entry(true);
    const auto client = this->client();
    return prove_upload(*client, upload_name, {}).status();
  }

  v1::UploadEvidence evidence;
  Act said = ledger.by_anna("statistics.upload", upload_name);
};

}  // namespace

TEST_CASE("a party's signature is for the upload that it was made for", "[client][evidence]") {
  Evident host;
  REQUIRE(host.prove().message() == "");
  SECTION("not for one of another dataflow") { host.sign("dataflows/ALPHA.RETURNS", "REPLACE"); }
  SECTION("nor for one that does something else") { host.sign(asylum, "APPEND"); }
  SECTION("nor for another file") {
    host.evidence.mutable_upload()->set_sha256(test::another_digest);
  }
  SECTION("nor by a mapping that was not signed") { host.evidence.set_mapping("another"); }
  CHECK(is_disproved(host.prove()));
}

TEST_CASE("the ledger's entry of an upload says what was uploaded, and by whom",
          "[client][evidence]") {
  Evident host;
  REQUIRE(host.prove().message() == "");
  SECTION("another act") { host.said.kind = "statistics.dry_run"; }
  SECTION("on another upload") { host.said.object = asylum + "/uploads/2"; }
  SECTION("of another file") { host.said.object_digest = test::another_digest; }
  SECTION("by another signature") { host.said.signature = "signed"; }
  SECTION("by another party") { host.said.party = "NOR"; }
  CHECK(is_disproved(host.prove()));
}

}  // namespace entente::client
