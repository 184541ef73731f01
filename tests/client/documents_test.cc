// What was brought is entered as what was sent, and as the document that it was begun as.
#include "client/lib/documents.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "proto/contract/digest.h"
#include "tests/client/issued.h"

namespace entente::client {
namespace {

using test::document_name;

// A server that has the content already, and enters what the test says.
struct Enters : test::Certified {
  Enters() {
    on<v1::BeginContentRequest, v1::ContentProgress>("DocumentService.BeginContent",
                                                     [](net::Call&, const auto&, auto& out) {
                                                       out.set_document(document_name);
                                                       out.set_already_there(true);
                                                       return Status();
                                                     });
    on<v1::FinishContentRequest, v1::Document>(
        "DocumentService.FinishContent", [this](net::Call& call, const auto&, auto& out) {
          const std::scoped_lock lock(mutex);
          out.set_name(said.object);
          const auto asked = asked_of(call);
          if (!asked) return Status(Code::Internal, Reason::None, "no proof is asked for");
          prove(call, ledger.enter(said, *asked), *asked);
          return Status();
        });
    start("server");
    std::ofstream(certificates.path("paper.txt")) << "content";
    said.object_digest = std::string(as_view(sha256("content")));
  }
  [[nodiscard]] Status bring() const {
    DocumentFile file;
    file.path = certificates.path("paper.txt");
    file.certificate_path = certificates.path("client.pem");
    file.key_path = certificates.path("client.key");
    const auto client = this->client();
    return upload_document(*client, file, [](std::uint64_t, std::uint64_t) {}).status();
  }

  Act said = ledger.by_anna("documents.document.create", document_name);
};

}  // namespace

TEST_CASE("what was sent is entered as it was sent, and as the document that it is of",
          "[client][documents]") {
  Enters host;
  REQUIRE(host.bring().message() == "");
  SECTION("not as another content") { host.said.object_digest = test::another_digest; }
  SECTION("not as another document") { host.said.object = test::another_document; }
  CHECK(test::is_disproved(host.bring()));
}

}  // namespace entente::client
