// What a confidential document opens as: what its originator sealed as this one, by whoever shared
// it on; and nothing that was sealed as another.
#include <catch2/catch.hpp>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "client/lib/sealed_body.h"
#include "client/lib/sealing.h"
#include "entente/v1/documents.pb.h"
#include "proto/contract/roster.h"
#include "tests/client/issued.h"
#include "tests/client/offices.h"

namespace entente::client {
namespace {

using test::another_digest;
using test::document_name;
using test::focal_point;
using test::is_disproved;
using test::name_of;

const std::string sealed_text = "what was sealed";

// Gives one message.
template <typename Message>
class Once final : public net::Source {
 public:
  explicit Once(Message message) : message_(std::move(message)) {}
  [[nodiscard]] Result<Next> next(net::Message& out) override {
    if (std::exchange(given_, true)) return Next::End;
    out.CopyFrom(message_);
    return Next::Message;
  }

 private:
  Message message_;
  bool given_ = false;
};

using Bend = std::function<void(v1::SealedManifest&)>;

// A server with one confidential document of Sweden's, sealed to one office, whose envelope is what
// the test makes it.
struct Opens : test::Certified {
  Opens() {
    on<v1::OpenDocumentRequest, v1::Reading>(
        "DocumentService.OpenDocument", [this](net::Call& call, const auto&, auto& out) {
          const std::scoped_lock lock(mutex);
          out.set_name(document_name + "/readings/1");
          *out.mutable_content() = content;
          const auto asked = asked_of(call);
          if (!asked) return Status(Code::Internal, Reason::None, "no proof is asked for");
          const std::uint64_t index = ledger.enter(
              ledger.by_anna("documents.document.read", document_name, out.name()), *asked);
          if (gives_receipts) *out.mutable_receipt() = ledger.receipt(index);
          prove(call, index, *asked);
          return Status();
        });
    table.add_stream("entente.v1.DocumentService.ReadContent",
                     [this](net::Call&, const net::Message&,
                            const net::Waker&) -> Result<std::unique_ptr<net::Source>> {
                       v1::ContentPart part;
                       part.set_content(body);
                       part.set_total_bytes(body.size());
                       part.set_sha256(content.sha256());
                       return std::unique_ptr<net::Source>(new Once<v1::ContentPart>(part));
                     });
    on<v1::ListEnvelopesRequest, v1::ListEnvelopesReply>(
        "SealingService.ListEnvelopes", [this](net::Call&, const auto&, auto& out) {
          *out.add_envelopes() = envelope;
          return Status();
        });
    start("server");
    enter("anna", "digitalSignature", test::anna_uri);
    enter("sven", "digitalSignature", "entente://swe.demo/person/sven");
    enter("nora", "digitalSignature", "entente://nor.demo/person/nora");
    office = enter("office", "keyAgreement", "entente://swe.demo/office/swe.alpha.focal-point",
                   focal_point);
    v1::SealRecipient& to = *envelope.add_recipients();
    to.set_office(focal_point);
    to.set_certificate(name_of(office));
    std::istringstream in(sealed_text);
    std::ostringstream out;
    const auto sealed = seal_body(key, in, out);
    REQUIRE(sealed.ok());
    body = out.str();
    content.set_language("en");
    content.set_status(v1::Content::ORIGINAL);
    content.set_bytes(body.size());
    content.set_sha256(sealed->sealed_sha256);
    document.set_name(document_name);
    document.set_revision(1);
    document.set_originator(test::sweden);
    *document.add_contents() = content;
    true_one = test::manifest();
    true_one.set_document(document_name);
    true_one.set_revision(1);
    true_one.set_language("en");
    true_one.set_originator(test::sweden);
    true_one.set_key(std::string(test::shown(key.key)));
    true_one.set_nonce(key.nonce);
    true_one.set_bytes(sealed_text.size());
    true_one.set_sha256(sealed->sha256);
    true_one.set_sealed_sha256(sealed->sealed_sha256);
    set_network(true_one, "test.example/ledger");
  }
  void set_network(v1::SealedManifest& manifest, const std::string& network) const {
    const auto roster =
        roster_digest(network, {{.office = focal_point, .certificate = name_of(office)}});
    manifest.set_network(network);
    manifest.set_roster_sha256(std::string(as_view(*roster)));
  }
  // The true manifest, bent and then signed by the key of `hand`.
  [[nodiscard]] std::string signed_by(const std::string& hand, const Bend& bend) const {
    v1::SealedManifest manifest = true_one;
    bend(manifest);
    const SigningFiles files = issued.files(hand);
    const auto json = manifest_json(manifest);
    REQUIRE(json.ok());
    auto enclosed = sign_enclosed(files.certificate_path, files.key_path, test::shown(*json));
    REQUIRE(enclosed.ok());
    return *std::move(enclosed);
  }
  void seal(const std::string& hand, const Bend& bend) {
    const auto cms = seal_envelope(signed_by(hand, bend), {office});
    REQUIRE(cms.ok());
    envelope.set_cms(*cms);
  }
  void seal(const Bend& bend = [](auto&) {}) { seal("anna", bend); }
  // Norway's Nora shares on what somebody signed, and bends it.
  void share(
      const std::string& from, const Bend& bend = [](auto&) {}) {
    seal("nora", [&](auto& manifest) {
      manifest.set_shared_from(from);
      manifest.set_sealed_by("parties/NOR/accounts/nora");
      bend(manifest);
    });
  }
  [[nodiscard]] Result<OpenedHere> open(std::uint64_t bytes_max) const {
    const SigningFiles files = issued.files("office");
    const auto client = this->client();
    return open_here(*client,
                     {{.certificate_path = files.certificate_path,
                       .key_path = files.key_path,
                       .certificate_sha256 = {}}},
                     document, content, certificates.path("opening"), bytes_max);
  }
  // What is told of it alone, without its bytes.
  [[nodiscard]] Status look() const { return open(0).status(); }
  // All of it.
  [[nodiscard]] Result<std::string> read() const {
    ENTENTE_TRY(OpenedHere opened, open(1 << 20));
    return std::move(opened.content);
  }

  bool gives_receipts = true;
  const BodyKey key = *BodyKey::fresh();
  std::string office;
  std::string body;
  v1::Content content;
  v1::Document document;
  v1::Envelope envelope;
  v1::SealedManifest true_one;
};

}  // namespace

TEST_CASE("a document does not open by what was sealed as another", "[client][sealing]") {
  Opens host;
  host.seal();
  REQUIRE(host.look().message() == "");
  REQUIRE(*host.read() == sealed_text);
  SECTION("of another network") {
    host.seal([&](auto& m) { host.set_network(m, "other.example/ledger"); });
  }
  SECTION("another document") {
    host.seal([](auto& m) { m.set_document(test::another_document); });
  }
  SECTION("another party's") {
    host.seal([](auto& m) { m.set_originator("parties/NOR"); });
  }
  SECTION("in another language") {
    host.seal([](auto& m) { m.set_language("fr"); });
  }
  SECTION("a revision that is still to come: it was put back") {
    host.seal([](auto& m) { m.set_revision(2); });
  }
  SECTION("another content") {
    host.seal([](auto& m) { m.set_sealed_sha256(another_digest); });
  }
  SECTION("to others than the server says") {
    host.seal([](auto& m) { m.set_roster_sha256(another_digest); });
  }
  CHECK(is_disproved(host.look()));
  CHECK(is_disproved(host.read().status()));
}

TEST_CASE("a document opens if the account sealed it that the envelope says, of its originator",
          "[client][sealing]") {
  Opens host;
  const auto by = [](const std::string& account) {
    return [account](auto& m) { m.set_sealed_by(account); };
  };
  host.seal("sven", by("parties/SWE/accounts/sven"));
  REQUIRE(host.look().message() == "");
  SECTION("another account's key") { host.seal("sven", by("parties/SWE/accounts/anna")); }
  SECTION("another party's") { host.seal("nora", by("parties/NOR/accounts/nora")); }
  SECTION("another party's, in its name") { host.seal("nora", by("parties/SWE/accounts/anna")); }
  CHECK(is_disproved(host.look()));
}

TEST_CASE("what opens is what the manifest's digest says", "[client][sealing]") {
  Opens host;
  host.seal([](auto& m) { m.set_sha256(another_digest); });
  CHECK(is_disproved(host.read().status()));
}

TEST_CASE("what was shared on is what its originator sealed", "[client][sealing]") {
  Opens host;
  const std::string from = host.signed_by("anna", [](auto&) {});
  host.share(from);
  REQUIRE(host.look().message() == "");
  REQUIRE(*host.read() == sealed_text);
  SECTION("the title is another") {
    host.share(from, [](auto& m) { (*m.mutable_title()->mutable_by_language())["en"] = "Lies"; });
  }
  SECTION("the content is another") {
    host.share(host.signed_by("anna", [](auto& m) { m.set_sealed_sha256(another_digest); }));
  }
  SECTION("it was sealed by no hand of its originator") {
    host.share(
        host.signed_by("nora", [](auto& m) { m.set_sealed_by("parties/NOR/accounts/nora"); }));
  }
  SECTION("it was shared on from a copy, which its first says nothing of") {
    host.share(host.signed_by("sven", [](auto& m) {
      m.set_sealed_by("parties/SWE/accounts/sven");
      m.set_shared_from("whatever");
    }));
  }
  CHECK(is_disproved(host.look()));
}

TEST_CASE("a copy that leaves an entry is nowhere opened without its receipt",
          "[client][sealing]") {
  Opens host;
  host.seal();
  host.gives_receipts = false;
  for (const Status& status : {host.look(), host.read().status()}) {
    CHECK(is_disproved(status));
    CHECK(status.message().find("without its receipt") != std::string::npos);
  }
}

}  // namespace entente::client
