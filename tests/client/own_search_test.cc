// What is sealed, searched at this end: what the host hears of it, and what is found.
#include "client/lib/own_search.h"

#include <catch2/catch.hpp>

#include "entente/v1/documents.pb.h"
#include "tests/client/fake_server.h"

namespace entente::client {

TEST_CASE("of a search in what is sealed the host hears that its documents are listed, and no more",
          "[own_search]") {
  test::FakeServer server;
  std::string heard;
  server.on<v1::ListDocumentsRequest, v1::ListDocumentsReply>(
      "DocumentService.ListDocuments", [&](net::Call&, const auto& in, auto& out) {
        heard += in.ShortDebugString() + "; ";
        v1::Document& one = *out.add_documents();
        one.set_name("documents/" + std::to_string(heard.size()));
        one.mutable_visibility()->set_handling(v1::HANDLING_CONFIDENTIAL);
        one.set_state(v1::Document::CURRENT);
        one.add_contents()->set_sha256(std::string(32, 's'));
        if (in.page_token().empty()) out.set_next_page_token("more");
        return Status();
      });
  server.start("server");
  const auto client = Client::open(server.options());
  REQUIRE(client.ok());
  v1::SearchRequest asked;
  asked.set_query("zanzibar");
  asked.set_process("processes/igc");
  asked.set_kind(v1::Document::STUDY);
  asked.set_originator("parties/SWE");
  const auto answer = search_own(**client, OwnShelf("", {}), asked, /*opens=*/false);
  REQUIRE(answer.ok());
  CHECK(answer->reply.total() == 0);
  CHECK(answer->reply.sealed_unopened() == 2);
  CHECK(heard == "page_size: 1000; page_size: 1000 page_token: \"more\"; ");
  asked.set_query(std::string(600, 'x'));
  CHECK(search_own(**client, OwnShelf("", {}), asked, false).status().code() ==
        Code::InvalidArgument);
}

TEST_CASE("what is sealed is asked for as everything else is", "[own_search]") {
  const auto text = [](const std::string& title, const std::string& content) {
    OwnText one{.manifest = {}, .text = content};
    (*one.manifest.mutable_title()->mutable_by_language())["en"] = title;
    one.manifest.set_language("en");
    return one;
  };
  const std::vector<OwnText> texts = {
      text("On returns", "Voluntary return of migrants, by air and at sea."),
      text("Airports", "Those who returned; and who returned again."),
      text("Of other things", "Nothing of the kind.")};
  const auto fitting = [&](const std::string& query) {
    const auto weights = weigh(query, texts);
    REQUIRE(weights.ok());
    std::string out;
    for (const double weight : *weights) out += weight > 0 ? '1' : '0';
    return out;
  };
  CHECK(fitting("returning") == "110");
  CHECK(fitting("returns voluntary") == "100");
  CHECK(fitting("\"voluntary returns\"") == "100");
  CHECK(fitting("\"returns voluntary\"") == "000");
  CHECK(fitting("returns -airport") == "100");
  CHECK(fitting("-returns") == "001");
  CHECK(fitting("sea OR kind") == "101");
  CHECK(fitting("airp*") == "010");
  CHECK(fitting("zanzibar") == "000");
  CHECK(fitting("") == "111");
  const auto weights = weigh("returns", texts);
  CHECK((*weights)[0] > (*weights)[1]);  // it stands in the title, too
  CHECK(weigh(std::string(600, 'x'), texts).status().code() == Code::InvalidArgument);
  CHECK(weigh("x", {})->empty());
}

TEST_CASE("what both have found is one answer, the better first", "[own_search]") {
  v1::SearchReply server;
  server.set_total(2);
  server.add_suggestions("x");
  for (const std::uint32_t percent : {100U, 40U}) server.add_found()->set_percent(percent);
  OwnAnswer own;
  own.reply.set_sealed_searched(3);
  own.reply.set_sealed_unopened(2);
  CHECK(merged(server, own).suggestions_size() == 1);
  own.reply.set_total(1);
  v1::SearchReply::Found& one = *own.reply.add_found();
  one.set_percent(60);
  one.set_by_own_client(true);
  const v1::SearchReply both = merged(server, own);
  CHECK(both.total() == 3);
  CHECK(both.found(1).by_own_client());
  CHECK(both.found(2).percent() == 40);
  CHECK(both.suggestions_size() == 0);
  CHECK(both.sealed_searched() == 3);
  CHECK(both.sealed_unopened() == 2);
}

}  // namespace entente::client
