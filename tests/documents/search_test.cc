// Search: what is hidden is as what is nowhere, in every face of an answer; words are found in
// their forms; what goes is gone at once.
#include <thread>

#include "server/documents/consents.h"
#include "server/documents/search/searcher.h"
#include "tests/documents/packed.h"
#include "tests/documents/world.h"

namespace entente::documents {
namespace {

using testing::DocumentsWorld;
using testing::english;

struct SearchWorld : DocumentsWorld {
  SearchWorld() {
    ledger->add_follower(searcher);
    searcher.begin();
  }
  std::string add(const std::string& id, const std::string& text,
                  const std::vector<std::string>& to = {"process/igc/members",
                                                        "process/igc/secretariat"},
                  const std::string& language = "en", v1::Handling handling = v1::HANDLING_LIMITED,
                  const std::string& title = "Paper") {
    v1::BeginContentRequest request = begin(id, text, handling, to);
    *request.mutable_document()->mutable_title() = english(title);
    request.mutable_content()->set_language(language);
    const auto made = upload(helena(), request, text);
    REQUIRE(made.status().message() == "");
    return made->name();
  }
  v1::SearchReply find(const policy::Subject& who, v1::SearchRequest request) {
    searcher.settle();
    const auto snapshot = store->snapshot();
    auto reply = searcher.search(who, request, *snapshot);
    REQUIRE(reply.status().message() == "");
    return *reply;
  }
  v1::SearchReply find(const policy::Subject& who, const std::string& query) {
    v1::SearchRequest request;
    request.set_query(query);
    return find(who, request);
  }
  std::vector<std::string> names(const policy::Subject& who, const std::string& query) {
    std::vector<std::string> found;
    const v1::SearchReply reply = find(who, query);
    for (const auto& one : reply.found()) found.push_back(one.name());
    return found;
  }
  std::string text_state(const std::string& name) {
    searcher.settle();
    v1::GetTextStateRequest request;
    request.set_name(name);
    const auto snapshot = store->snapshot();
    const auto state = searcher.get_text_state(helena(), request, *snapshot);
    REQUIRE(state.ok());
    REQUIRE(state->contents_size() == 1);
    return v1::TextState::Of::State_Name(state->contents(0).state()) + " " +
           state->contents(0).because();
  }

  Helper extractor{ENTENTE_EXTRACT_PROGRAM, {.ms_max = 30'000, .at_once_max = 1, .waiting_max = 1}};
  search::Searcher searcher{{.rows = rows, .shelf = shelf, .extractor = extractor, .clock = clock}};
};

std::string shown(const v1::SearchReply& reply) {
  std::string text;
  for (const auto& part : reply.found(0).passage().parts()) {
    text += part.fits() ? "[" + part.text() + "]" : part.text();
  }
  return text;
}

const std::vector<std::string> kNarrow = {"process/igc/body/wg-data", "process/igc/secretariat"};
const std::vector<std::string> kAll = {"process/igc/members", "process/igc/secretariat"};

TEST_CASE("a term that stands only in what is hidden stands nowhere, and weighs nothing",
          "[documents][search]") {
  SearchWorld world;
  const std::string open = world.add("a", "returns and readmission of persons");
  world.add("c", "returns of other kinds, told at length and at leisure");
  const std::vector<std::string> queries = {"returns",  "readmission", "",    "retruns",
                                            "zanzibar", "zanzibra",    "re*", "\"of persons\"",
                                            "-returns", "Paper"};
  std::vector<std::string> before;
  for (const auto& query : queries)
    before.push_back(world.find(world.reto(), query).SerializeAsString());
  // Many hidden ones, full of the same words, change no answer in a single byte.
  for (int i = 0; i < 5; ++i) {
    world.add("h" + std::to_string(i), "returns returns zanzibar readmission re", kNarrow, "en",
              v1::HANDLING_LIMITED, "Zanzibar returns");
  }
  for (std::size_t n = 0; n < queries.size(); ++n) {
    INFO(queries[n]);
    CHECK(world.find(world.reto(), queries[n]).SerializeAsString() == before[n]);
  }
  CHECK(world.find(world.reto(), "zanzibar").SerializeAsString() ==
        world.find(world.reto(), "qqqqqqqq").SerializeAsString());
  CHECK(world.find(world.anna(), "zanzibar").total() == 5);
  CHECK(world.find(world.anna(), "zanzibra").suggestions_size() == 1);
  CHECK(world.names(world.reto(), "readmission") == std::vector<std::string>{open});
  CHECK(world.names(world.samira(), "returns").empty());
  CHECK(world.find(world.stranger(), "").total() == 0);
}

TEST_CASE("of what has no text that is known when it comes, and it is not read once more",
          "[documents][search]") {
  DocumentsWorld world;
  Helper none{"/nowhere/extract", {.ms_max = 1'000, .at_once_max = 1, .waiting_max = 1}};
  const search::Searcher searcher(
      {.rows = world.rows, .shelf = world.shelf, .extractor = none, .clock = world.clock});
  const auto state_of = [&](const std::string& id, const std::string& bytes) {
    v1::GetTextStateRequest request;
    request.set_name(
        world.upload(world.helena(), world.begin(id, bytes, v1::HANDLING_LIMITED), bytes)->name());
    const auto snapshot = world.store->snapshot();
    return searcher.get_text_state(world.helena(), request, *snapshot)->contents(0);
  };
  const auto picture = state_of("picture", std::string(300'000, '\x01'));
  CHECK(picture.state() == v1::TextState::Of::NONE);
  CHECK(picture.because() == "it is of no kind whose text is read");
  // Odd bytes behind a beginning that is text, and less than a chunk.
  const std::string late = std::string(20'000, 'x') + std::string(300'000, '\x01');
  CHECK(state_of("late", late).state() == v1::TextState::Of::WAITING);
  CHECK(state_of("short", "\x01\x02").state() == v1::TextState::Of::NONE);
  CHECK(state_of("text", "words").state() == v1::TextState::Of::WAITING);
  CHECK(state_of("pdf", "\x01\x02\x03%PDF-1.7").state() == v1::TextState::Of::WAITING);
}

TEST_CASE("words are found in their other forms, in the languages of the processes",
          "[documents][search]") {
  SearchWorld world;
  // Made anew at each use: sight follows the audiences.
  const auto find = [&](const std::string& query) { return world.names(world.helena(), query); };
  const auto in = [&](const std::string& language, const std::string& text) {
    return world.add(language, text, kAll, language);
  };
  const std::string english_one = in("en", "They were returning home.");
  const std::string french = in("fr", "Les retours volontaires des migrants : la r\u00e9union");
  const std::string russian = in("ru", "добровольное возвращение мигрантов");
  const std::string german = in("de", "die freiwilligen R\u00fcckkehrer");
  const std::string spanish = in("es", "los retornos voluntarios de las personas");
  const std::string arabic = in("ar", "العودة الطوعية للمهاجرين");
  const std::string chinese = in("zh", "自愿遣返移民");
  const auto only = [](const std::string& name) { return std::vector<std::string>{name}; };
  CHECK(find("returned") == only(english_one));
  CHECK(find("volontaire") == only(french));
  CHECK(find("reunions") == only(french));
  CHECK(find("REUNION") == only(french));
  CHECK(find("мигрант") == only(russian));
  CHECK(find("rueckkehrer OR R\u00fcckkehrern") == only(german));
  CHECK(find("retorno") == only(spanish));
  CHECK(find("المهاجرين") == only(arabic));
  CHECK(find("遣返") == std::vector<std::string>{chinese});
  CHECK(find("\"遣返移民\"") == only(chinese));
  CHECK(find("\"returning home\"") == only(english_one));
  CHECK(find("\"home returning\"").empty());
  CHECK(find("return*") == only(english_one));
  CHECK(find("home -returning").empty());
  CHECK(find("home persona").empty());
  CHECK(world.find(world.helena(), "home OR persona").total() == 2);
  CHECK(shown(world.find(world.helena(), "home")) == "They were returning [home].");
}

TEST_CASE("what fits best comes first; facets, filters and pages are of what is found",
          "[documents][search]") {
  SearchWorld world;
  const std::string aside =
      world.add("a", "a long paper on visas that names returns once in passing");
  const std::string body = world.add("b", "returns, returns and again returns");
  const std::string title =
      world.add("t", "nothing of it", kAll, "en", v1::HANDLING_LIMITED, "Returns");
  const v1::SearchReply all = world.find(world.anna(), "returns");
  REQUIRE(all.found_size() == 3);
  CHECK(all.found(2).name() == aside);
  CHECK(all.found(0).percent() == 100);
  CHECK(all.found(2).percent() < 100);
  REQUIRE(all.facets_size() == 4);  // process, kind, year, language
  CHECK(all.facets(1).by() == v1::SearchReply::Facet::KIND);
  CHECK(all.facets(1).counts(0).value() == "BACKGROUND_PAPER");
  CHECK(all.facets(1).counts(0).count() == 3);
  CHECK(all.facets(2).counts(0).value() == "2026");
  v1::SearchRequest page;
  page.set_query("returns");
  page.set_page_size(1);
  page.set_skip(2);
  CHECK(world.find(world.anna(), page).found(0).name() == aside);
  CHECK(world.find(world.anna(), page).total() == 3);
  v1::SearchRequest filtered;
  filtered.set_kind(v1::Document::AGENDA);
  CHECK(world.find(world.anna(), filtered).total() == 0);
  filtered.set_kind(v1::Document::BACKGROUND_PAPER);
  filtered.set_process("processes/igc");
  filtered.set_language("en");
  filtered.set_originator("parties/IGC");
  filtered.set_since("2026-11-23");
  filtered.set_until("2026-11-24");
  CHECK(world.find(world.anna(), filtered).total() == 3);
  filtered.set_until("2026-11-23");
  CHECK(world.find(world.anna(), filtered).total() == 0);
}

TEST_CASE("a document that has a date is found under it, another under that of its coming",
          "[documents][search]") {
  SearchWorld world;
  const std::string come = world.add("a", "returns");
  v1::BeginContentRequest request = world.begin("b", "returns", v1::HANDLING_LIMITED, kAll);
  request.mutable_document()->set_date("2001-06");
  const auto old = world.upload(world.helena(), request, "returns");
  REQUIRE(old.ok());
  v1::SearchRequest search;
  search.set_query("returns");
  search.set_since("2001-06-01");
  search.set_until("2001-06-02");
  const v1::SearchReply then = world.find(world.anna(), search);
  REQUIRE(then.total() == 1);
  CHECK(then.found(0).name() == old->name());
  CHECK(then.facets(2).counts(0).value() == "2001");
  search.set_query("");
  search.clear_since();
  search.clear_until();
  CHECK(world.find(world.anna(), search).found(0).name() == come);  // the newest first
  // It is found elsewhere once another date is said.
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = *old;
  update.mutable_document()->set_date("1999");
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, update).ok());
  search.set_until("2000-01-01");
  CHECK(world.find(world.anna(), search).total() == 1);
}

TEST_CASE("everything on a topic over twenty-five years is one search, told year by year",
          "[documents][search]") {
  SearchWorld world;
  const std::vector<std::string> languages = {"en", "fr", "es", "ru", "de", "ar"};
  for (int year = 2001; year <= 2025; ++year) {
    const std::string id = std::to_string(year);
    for (const std::string topic : {"returns", "visas"}) {
      v1::BeginContentRequest request =
          world.begin(id + topic, "text", v1::HANDLING_LIMITED, year % 5 == 0 ? kNarrow : kAll);
      request.mutable_document()->set_date(id);
      request.mutable_document()->add_topics(topic);
      request.mutable_content()->set_language(languages[static_cast<std::size_t>(year) % 6]);
      REQUIRE(world.upload(world.helena(), request, "text").ok());
    }
  }
  v1::SearchRequest search;
  search.set_topic("returns");
  search.set_page_size(50);
  const v1::SearchReply all = world.find(world.anna(), search);
  REQUIRE(all.found_size() == 25);
  for (int n = 0; n < 25; ++n) CHECK(all.found(n).document().date() == std::to_string(2025 - n));
  const auto years = std::find_if(all.facets().begin(), all.facets().end(), [](const auto& facet) {
    return facet.by() == v1::SearchReply::Facet::YEAR;
  });
  REQUIRE(years != all.facets().end());
  CHECK(years->counts_size() == 25);
  // Of the years whose papers were a working group's alone, others find nothing.
  CHECK(world.find(world.reto(), search).total() == 20);
}

TEST_CASE("what is sent round, answered or opened is found all the while, and not read anew",
          "[documents][search]") {
  SearchWorld world;
  const std::string name = world.add("a", "returns and readmission");
  CHECK(world.find(world.anna(), "readmission").total() == 1);
  v1::CirculateRequest send;
  send.mutable_circulation()->add_documents(name);
  send.mutable_circulation()->set_ask(v1::Circulation::INFORMATION);
  REQUIRE(world.act(world.circulation, world.helena(), &CirculationService::circulate, send).ok());
  v1::SearchRequest request;
  request.set_query("readmission");
  const auto snapshot = world.store->snapshot();
  CHECK(world.searcher.search(world.anna(), request, *snapshot)->total() == 1);  // not settled
  const search::Texts texts(*world.store, world.extractor);
  const search::DocumentSource source(world.shelf, texts);
  for (const std::string_view kind :
       {acts::send, acts::respond, acts::recall, acts::remind, acts::adopt, acts::read, acts::take,
        acts::hold, acts::repeat, acts::share, acts::ask_consent}) {
    INFO(kind);
    CHECK(source.touched_by(kind, name).empty());
  }
  for (const std::string_view kind : {acts::create, acts::revise, acts::withdraw, acts::destroy,
                                      acts::expire, acts::answer_consent}) {
    INFO(kind);
    CHECK(source.touched_by(kind, name) == std::vector<std::string>{name});
  }
}

TEST_CASE("what leaves a receipt when it is read is found by its text, but not quoted",
          "[documents][search]") {
  SearchWorld world;
  const std::string name =
      world.add("r", "the aeroplane leaves at nine", kAll, "en", v1::HANDLING_RESTRICTED);
  const v1::SearchReply reply = world.find(world.anna(), "aeroplane");
  REQUIRE(reply.found_size() == 1);
  CHECK(reply.found(0).name() == name);
  CHECK(reply.SerializeAsString().find("aeroplane") == std::string::npos);
  CHECK(shown(world.find(world.anna(), "papers")) == "[Paper]");
}

TEST_CASE("what is withdrawn, destroyed or narrowed is found no more, from that moment on",
          "[documents][search]") {
  SearchWorld world;
  const std::string withdrawn = world.add("a", "withdrawn persons");
  const std::string destroyed = world.add("b", "destroyed persons");
  const std::string narrowed = world.add("c", "narrowed persons");
  CHECK(world.names(world.reto(), "persons").size() == 3);
  v1::WithdrawDocumentRequest withdraw;
  withdraw.set_name(withdrawn);
  REQUIRE(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw).ok());
  world.destroy(destroyed);
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = *world.get(world.helena(), narrowed);
  update.mutable_document()->mutable_visibility()->mutable_audience()->clear_any_of();
  for (const auto& one : kNarrow) {
    update.mutable_document()->mutable_visibility()->mutable_audience()->add_any_of(one);
  }
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, update).ok());
  CHECK(world.find(world.reto(), "persons").total() == 0);
  CHECK(world.names(world.anna(), "persons") == std::vector<std::string>{narrowed});
}

TEST_CASE("of the texts of what is withdrawn its originator alone is told", "[documents][search]") {
  SearchWorld world;
  const std::string name = world.add("paper", "words");
  const auto texts = [&](const policy::Subject& who) {
    world.searcher.settle();
    v1::GetTextStateRequest request;
    request.set_name(name);
    const auto snapshot = world.store->snapshot();
    const auto state = world.searcher.get_text_state(who, request, *snapshot);
    REQUIRE(state.ok());
    return state->contents_size();
  };
  CHECK(texts(world.anna()) == 1);
  v1::WithdrawDocumentRequest withdraw;
  withdraw.set_name(name);
  REQUIRE(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw).ok());
  CHECK(texts(world.anna()) == 0);
  CHECK(texts(world.helena()) == 1);
}

TEST_CASE("the text of what is destroyed goes with it", "[documents][search]") {
  SearchWorld world;
  const std::string name = world.add("d", "a text that is to go");
  world.find(world.anna(), "text");
  const auto texts = [&] {
    const auto snapshot = world.store->snapshot();
    return snapshot->scan(store::Key(texts_table))->valid();
  };
  CHECK(texts());
  world.destroy(name);
  CHECK_FALSE(texts());
}

TEST_CASE("under embargo it is found by those alone who may read it now", "[documents][search]") {
  SearchWorld world;
  v1::BeginContentRequest request = world.begin("e", "embargoed", v1::HANDLING_LIMITED);
  auto& until = *request.mutable_document()->mutable_visibility()->mutable_embargo_until();
  set_time(until, world.clock.now() + std::chrono::hours(1));
  REQUIRE(world.upload(world.helena(), request, "embargoed").ok());
  CHECK(world.find(world.anna(), "embargoed").total() == 0);
  CHECK(world.find(world.helena(), "embargoed").total() == 1);
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.find(world.anna(), "embargoed").total() == 1);
}

TEST_CASE("what is counted under embargo is shown, to its originator and to the secretariat",
          "[documents][search]") {
  SearchWorld world;
  v1::BeginContentRequest request = world.begin("e", "zebra", v1::HANDLING_LIMITED);
  auto& until = *request.mutable_document()->mutable_visibility()->mutable_embargo_until();
  set_time(until, world.clock.now() + std::chrono::hours(1));
  const auto made = world.upload(world.anna(), request, "zebra");
  REQUIRE(made.status().message() == "");
  const std::vector<std::string> only = {made->name()};
  CHECK(world.find(world.anna(), "zebra").total() == 1);
  CHECK(world.names(world.anna(), "zebra") == only);
  CHECK(world.find(world.helena(), "zebra").total() == 1);
  CHECK(world.names(world.helena(), "zebra") == only);
  CHECK(world.find(world.reto(), "zebra").total() == 0);
  CHECK(world.names(world.reto(), "zebra").empty());
}

TEST_CASE("queries of any kind are answered or refused", "[documents][search][bad]") {
  SearchWorld world;
  world.add("a", "persons");
  for (const std::string& query :
       {std::string(""), std::string("\""), std::string("OR OR"), std::string("((("),
        std::string("-a -b"), std::string(512, 'x'), std::string("* ? ~"),
        std::string("persons OR"), std::string("- + \" -\""), std::string("OR -persons"),
        std::string("=persons ="), std::string("\0\0", 2)}) {
    world.find(world.anna(), query);
  }
  const auto snapshot = world.store->snapshot();
  const auto refused = [&](const auto& change) {
    v1::SearchRequest request;
    change(request);
    return world.searcher.search(world.anna(), request, *snapshot).status().code() ==
           Code::InvalidArgument;
  };
  std::string many;
  for (int i = 0; i < 40; ++i) many += "w" + std::to_string(i) + " ";
  CHECK(refused([&](auto& r) { r.set_query(many); }));
  CHECK(refused([](auto& r) { r.set_query(std::string(513, 'x')); }));
  CHECK(refused([](auto& r) { r.set_query("\xff\xfe"); }));
  CHECK(refused([](auto& r) { r.set_skip(10'001); }));
  CHECK(refused([](auto& r) { r.set_since("yesterday"); }));
  CHECK(refused([](auto& r) {
    r.set_meetings(true);
    r.set_kind(v1::Document::STUDY);
  }));
  v1::SearchRequest meetings;
  meetings.set_meetings(true);
  CHECK(world.find(world.anna(), meetings).total() == 0);
}

TEST_CASE("the text of a PDF is found; what has none says why", "[documents][search]") {
  SearchWorld world;
  const auto sheet = world.marker.mark(
      "zeppelin over Zagreb", [](Sheet& into) { return into.append(testing::small_pdf(1)); });
  REQUIRE(sheet.ok());
  const std::string name = world.add("p", *(*sheet)->read(0, (*sheet)->size()));
  const std::string broken = world.add("b", "%PDF-1.7 zeppelin and nothing");
  const std::string scan = world.add("s", testing::small_pdf(2));
  CHECK(world.names(world.anna(), "zeppelin") == std::vector<std::string>{name});
  CHECK(world.find(world.anna(), "paper").total() == 3);  // their titles
  CHECK(world.text_state(name) == "READ ");
  CHECK(world.text_state(broken) == "NONE it is broken");
  CHECK(world.text_state(scan) == "NONE there is no text in it: it may be a scan");
}

TEST_CASE("the text of an office document, of HTML and of plain text is found",
          "[documents][search]") {
  SearchWorld world;
  const std::string docx = world.add("d", testing::docx_of("<w:p><w:t>albatross</w:t></w:p>"));
  const std::string odt = world.add(
      "o", testing::zip_of({{"mimetype", "application/vnd.oasis.opendocument.text"},
                            {"content.xml", "<o xmlns:text='t'><text:p>bittern</text:p></o>"}}));
  const std::string html = world.add("h", "<html><script>dodo()</script><p>curlew</p></html>");
  const std::string plain = world.add("t", "dunlin");
  const std::string bomb = world.add("b", testing::docx_of(std::string(80 << 20, ' ')));
  const std::string laughs = world.add(
      "l", testing::zip_of({{"word/document.xml",
                             "<!DOCTYPE w [<!ENTITY a \"ha\">]><w><t>egret &a;</t></w>"}}));
  const auto only = [](const std::string& name) { return std::vector<std::string>{name}; };
  CHECK(world.names(world.anna(), "albatross") == only(docx));
  CHECK(world.names(world.anna(), "bittern") == only(odt));
  CHECK(world.names(world.anna(), "curlew") == only(html));
  CHECK(world.names(world.anna(), "dunlin") == only(plain));
  for (const char* none : {"dodo", "egret", "ha"}) CHECK(world.names(world.anna(), none).empty());
  CHECK(world.text_state(bomb) == "NONE it unpacks to more than a document has");
  CHECK(world.text_state(laughs) == "NONE it unpacks to more than a document has");
}

TEST_CASE("an index that is made anew is the same; texts are not read twice",
          "[documents][search]") {
  SearchWorld world;
  world.add("a", "returns of persons", kAll, "en", v1::HANDLING_LIMITED, "One");
  world.add("b", "other persons, named in a longer text", kNarrow);
  const std::string before = world.find(world.anna(), "persons").SerializeAsString();
  Helper none("/nonexistent", {.ms_max = 1, .at_once_max = 1, .waiting_max = 1});
  search::Searcher again(
      {.rows = world.rows, .shelf = world.shelf, .extractor = none, .clock = world.clock});
  v1::SearchRequest request;
  request.set_query("persons");
  const auto snapshot = world.store->snapshot();
  CHECK(again.search(world.anna(), request, *snapshot)->building());
  again.begin();
  again.settle();
  CHECK(again.search(world.anna(), request, *snapshot)->SerializeAsString() == before);
}

}  // namespace
}  // namespace entente::documents
