// The texts that a silence stands on: what is adopted, what lapses it, and who is told.
#include "tests/documents/circulation_world.h"

namespace entente::documents {
namespace {

using testing::CirculationWorld;
using testing::english;
using testing::Midst;

std::string hash(const std::string& bytes) { return to_hex(as_view(sha256(bytes))); }

// For the working group and the secretariat.
Result<v1::Document> for_few(CirculationWorld& world) {
  const std::vector<std::string> few = {"process/igc/body/wg-data", "process/igc/secretariat"};
  return world.upload(world.helena(), world.begin("n", "n", v1::HANDLING_LIMITED, few), "n");
}

TEST_CASE("silence adopts the text that was sent, and the ledger says which",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const std::string paper = world.paper("one", v1::HANDLING_LIMITED).name();
  REQUIRE(world.bring(paper, "un", "fr").ok());
  const std::string name =
      world.circulate(world.helena(), paper, v1::Circulation::APPROVAL_BY_SILENCE)->name();
  const std::vector<std::string> sent = {paper + "/revisions/2 en=" + hash("one") +
                                         " fr=" + hash("un")};
  CHECK(world.texts(world.reto(), name) == sent);
  const std::string salt = world.see(world.reto(), name)->sent_salt();
  CHECK(salt.size() == 16);
  const std::string digest(
      as_view(sha256("entente-silence/1\n" + to_hex(salt) + "\n" + paper + "/revisions/2\nen " +
                     hash("one") + "\nfr " + hash("un") + "\n")));
  CHECK(world.digest_of("documents.circulation.send") == digest);
  // What comes beside it, or is said of it, was not sent: it changes nothing, and is not adopted.
  REQUIRE(world.bring(paper, "uno", "es").ok());
  REQUIRE(world.bring(paper, "one").ok());
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = *world.get(world.helena(), paper);
  *update.mutable_document()->mutable_title() = english("Another title");
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, update).ok());
  world.hours.tend();
  CHECK(world.outcome(name) == v1::Circulation::PENDING);
  world.clock.pass(std::chrono::hours(25));
  world.hours.tend();
  CHECK(world.outcome(name) == v1::Circulation::ADOPTED);
  CHECK(world.texts(world.reto(), name) == sent);
  CHECK(world.digest_of("documents.circulation.adopt") == digest);
  // What comes later is another text; what was adopted stays what it was.
  REQUIRE(world.bring(paper, "two").ok());
  world.hours.tend();
  CHECK(world.outcome(name) == v1::Circulation::ADOPTED);
  CHECK(world.texts(world.reto(), name) == std::vector<std::string>{sent[0] + " !"});
  // Of what is asked otherwise nothing is kept, though its sender says so.
  v1::CirculateRequest plain;
  plain.mutable_circulation()->add_documents(paper);
  plain.mutable_circulation()->add_sent()->set_name(paper + "/revisions/1");
  plain.mutable_circulation()->set_sent_salt("salt");
  const auto made =
      world.act(world.circulation, world.helena(), &CirculationService::circulate, plain);
  REQUIRE(made.ok());
  CHECK(world.texts(world.helena(), made->name()).empty());
  CHECK(world.see(world.helena(), made->name())->sent_salt().empty());
  CHECK(world.digest_of("documents.circulation.send").empty());
  CHECK(world.complaints.empty());
}

TEST_CASE("a silence lapses once a text of it is replaced, which is told once, to all",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const auto silence = v1::Circulation::APPROVAL_BY_SILENCE;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string other = world.paper("o", v1::HANDLING_LIMITED).name();
  REQUIRE(world.bring(paper, "le p", "fr").ok());
  v1::CirculateRequest both;
  both.mutable_circulation()->add_documents(other);
  both.mutable_circulation()->add_documents(paper);
  both.mutable_circulation()->set_ask(silence);
  set_time(*both.mutable_circulation()->mutable_deadline(),
           world.clock.now() + std::chrono::hours(24));
  const auto sent =
      world.act(world.circulation, world.helena(), &CirculationService::circulate, both);
  REQUIRE(sent.status().message() == "");
  const std::string name = sent->name();
  const std::string alone = world.circulate(world.helena(), other, silence)->name();
  std::map<std::string, std::uint64_t> cursors;
  const auto news = [&](const policy::Subject& who) {
    return world.news(who, cursors[who.account]);
  };
  const bool translation = GENERATE(false, true);
  CAPTURE(translation);
  REQUIRE(world.bring(paper, "another", translation ? "fr" : "en").ok());
  for (const policy::Subject& who : {world.helena(), world.anna(), world.reto()}) news(who);
  CHECK(world.entries_of_two() == 1);
  for (const policy::Subject& who : {world.helena(), world.anna(), world.reto()}) {
    CHECK(news(who) == std::vector<std::string>{"LAPSED"});
    CHECK(world.see(who, name)->outcome() == v1::Circulation::LAPSED);
  }
  CHECK(news(world.samira()).empty());
  CHECK(world.digest_of("documents.circulation.lapse").empty());
  const std::vector<std::string> texts = world.texts(world.reto(), name);
  REQUIRE(texts.size() == 2);
  CHECK(texts[0] == other + "/revisions/1 en=" + hash("o"));
  CHECK(texts[1] ==
        paper + "/revisions/2 en=" + hash("p") + " fr=" + hash("le p") + " !");  // what changed
  // Though the text comes back: what was entered first holds. The other runs on.
  REQUIRE(world.bring(paper, translation ? "le p" : "p", translation ? "fr" : "en").ok());
  world.clock.pass(std::chrono::hours(25));
  world.hours.tend();
  CHECK(world.outcome(name) == v1::Circulation::LAPSED);
  CHECK(world.outcome(alone) == v1::Circulation::ADOPTED);
  Shelf again(world.rows);
  REQUIRE(again.load().ok());
  CHECK(again.come_by(world.clock.now(), 10).empty());
  CHECK(world.complaints.empty());
}

TEST_CASE("a text that is back before anybody looked stands, and nothing is left to look at",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string name =
      world.circulate(world.helena(), paper, v1::Circulation::APPROVAL_BY_SILENCE)->name();
  REQUIRE(world.bring(paper, "q").ok());
  CHECK(world.shelf.come_by(world.clock.now(), 10).size() == 1);
  // Who answers meanwhile changes nothing of it.
  REQUIRE(world.respond(world.anna(), name, v1::Response::ACKNOWLEDGE).ok());
  CHECK(world.shelf.come_by(world.clock.now(), 10).size() == 1);
  REQUIRE(world.bring(paper, "p").ok());
  CHECK(world.shelf.come_by(world.clock.now(), 10).empty());
  world.clock.pass(std::chrono::hours(25));
  world.hours.tend();
  CHECK(world.outcome(name) == v1::Circulation::ADOPTED);
}

TEST_CASE("of another text and an adoption in one instant one comes first, never half of each",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string name =
      world.circulate(world.helena(), paper, v1::Circulation::APPROVAL_BY_SILENCE)->name();
  const std::string sent = paper + "/revisions/1 en=" + hash("p") + " !";
  world.clock.pass(std::chrono::hours(25));
  const bool text_first = GENERATE(true, false);
  CAPTURE(text_first);
  if (text_first) {
    bool brought = false;
    const Midst midst(world.clock, [&] { brought = world.bring(paper, "q").ok(); });
    Hours hours = world.hours_over(world.shelf, midst);
    hours.tend();
    REQUIRE(brought);
    CHECK(world.outcome(name) == v1::Circulation::PENDING);
    hours.tend();
    CHECK(world.outcome(name) == v1::Circulation::LAPSED);
  } else {
    const v1::BeginContentRequest begin = world.another(paper, "q");
    const std::string digest = world.digest_of("documents.circulation.send");
    REQUIRE(world.ask(world.service, world.helena(), &Service::begin_content, begin).ok());
    REQUIRE(world.send(world.helena(), begin.upload_id(), "q").ok());
    v1::FinishContentRequest finish;
    finish.set_upload_id(begin.upload_id());
    finish.set_sha256(std::string(as_view(sha256("q"))));
    const auto transaction = world.store->begin();
    REQUIRE(world.service.finish_content(world.helena(), finish, *transaction).ok());
    world.hours.tend();
    CHECK(transaction->commit().status().code() == Code::Aborted);
    CHECK(world.outcome(name) == v1::Circulation::ADOPTED);
    CHECK(world.finish(world.helena(), begin.upload_id(), "q").status().message() == "");
    world.hours.tend();
    CHECK(world.outcome(name) == v1::Circulation::ADOPTED);
    CHECK(world.digest_of("documents.circulation.adopt") == digest);
  }
  CHECK(world.texts(world.reto(), name) == std::vector<std::string>{sent});
  CHECK(world.complaints.empty());
}

TEST_CASE("what a silence stands on is told of each document to whom its text was shown then",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const auto narrow = for_few(world);
  REQUIRE(narrow.ok());
  v1::CirculateRequest request;
  request.mutable_circulation()->add_documents(world.paper("p", v1::HANDLING_LIMITED).name());
  request.mutable_circulation()->add_documents(narrow->name());
  request.mutable_circulation()->set_ask(v1::Circulation::APPROVAL_BY_SILENCE);
  set_time(*request.mutable_circulation()->mutable_deadline(),
           world.clock.now() + std::chrono::hours(24));
  const auto sent =
      world.act(world.circulation, world.helena(), &CirculationService::circulate, request);
  REQUIRE(sent.ok());
  const auto shown = [&](const policy::Subject& who) {
    return world.see(who, sent->name())->sent_size();
  };
  const auto salted = [&](const policy::Subject& who) {
    return !world.see(who, sent->name())->sent_salt().empty();
  };
  CHECK(shown(world.anna()) == 2);
  CHECK(salted(world.anna()));
  CHECK(shown(world.reto()) == 1);
  CHECK_FALSE(salted(world.reto()));
  // The wider audience is for what comes: the text before it is not told to those who join.
  v1::UpdateDocumentRequest wider;
  *wider.mutable_document() = *narrow;
  wider.mutable_document()->mutable_visibility()->mutable_audience()->add_any_of(
      "process/igc/members");
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, wider).ok());
  CHECK(world.see(world.reto(), sent->name())->documents_size() == 2);
  CHECK(shown(world.reto()) == 1);
  // Lists do without; of what is withdrawn or recalled nothing is told to others.
  CHECK(world.inbox(world.anna())[0].sent_size() == 0);
  REQUIRE(world.withdraw(narrow->name()).ok());
  CHECK(shown(world.anna()) == 1);
  CHECK_FALSE(salted(world.anna()));
  CHECK(shown(world.helena()) == 2);
  REQUIRE(world.recall(sent->name()).ok());
  CHECK(shown(world.anna()) == 0);
}

TEST_CASE("of a document is said which silences end with it, to those who see both",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const std::string paper = world.paper("first", v1::HANDLING_LIMITED).name();
  REQUIRE(world.bring(paper, "premier", "fr").ok());
  // `circulations/<id>` and the languages of it.
  const auto told = [&](const policy::Subject& who, const std::string& name) {
    std::vector<std::string> all;
    const auto document = world.get(who, name);
    REQUIRE(document.ok());
    for (const auto& one : document->silences()) {
      all.push_back(one.circulation());
      for (const auto& language : one.languages()) all.back() += " " + language;
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  using Told = std::vector<std::string>;
  CHECK(told(world.helena(), paper) == Told());
  REQUIRE(world.circulate(world.helena(), paper, v1::Circulation::COMMENT).ok());
  CHECK(told(world.helena(), paper) == Told());  // It asks for no silence.
  const auto all = world.circulate(world.helena(), paper, v1::Circulation::APPROVAL_BY_SILENCE);
  REQUIRE(all.ok());
  const Told one = {all->name() + " en fr"};
  CHECK(told(world.helena(), paper) == one);
  CHECK(told(world.reto(), paper) == one);
  CHECK(instant_of(world.get(world.reto(), paper)->silences(0).deadline()) ==
        instant_of(all->deadline()));
  // What is sent to few is told to few; not of a revision, in no list, nor where none was sent.
  const auto few = world.circulate(world.helena(), paper, v1::Circulation::APPROVAL_BY_SILENCE,
                                   {"process/igc/body/wg-data", "process/igc/secretariat"});
  REQUIRE(few.ok());
  CHECK(told(world.helena(), paper).size() == 2);
  CHECK(told(world.anna(), paper).size() == 2);
  CHECK(told(world.reto(), paper) == one);
  CHECK(told(world.helena(), paper + "/revisions/2") == Told());
  CHECK(told(world.helena(), world.paper().name()) == Told());
  const auto list = world.ask(world.service, world.helena(), &Service::list_documents,
                              v1::ListDocumentsRequest());
  for (const auto& document : list->documents()) CHECK(document.silences_size() == 0);
  // A language that was not sent ends nothing, and is not said to be a part of it.
  REQUIRE(world.bring(paper, "primero", "es").ok());
  CHECK(told(world.reto(), paper) == one);
  // Recalled, broken or lapsed it ends no more.
  REQUIRE(world.recall(few->name()).ok());
  CHECK(told(world.helena(), paper) == one);
  const auto next = world.circulate(world.helena(), paper, v1::Circulation::APPROVAL_BY_SILENCE);
  REQUIRE(world.respond(world.reto(), next->name(), v1::Response::BREAK_SILENCE).ok());
  CHECK(told(world.helena(), paper) == one);
  REQUIRE(world.bring(paper, "second").ok());
  world.hours.tend();
  CHECK(world.outcome(all->name()) == v1::Circulation::LAPSED);
  CHECK(told(world.helena(), paper) == Told());
  // Whoever brings one cannot say it of their own.
  v1::BeginContentRequest said = world.begin("said", "said");
  said.mutable_document()->add_silences()->set_circulation(all->name());
  const auto brought = world.upload(world.helena(), said, "said");
  REQUIRE(brought.ok());
  CHECK(brought->silences_size() == 0);
  CHECK(told(world.helena(), brought->name()) == Told());
}

TEST_CASE("of a silence is said nothing to whom its text was not shown then",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const auto narrow = for_few(world);
  REQUIRE(narrow.ok());
  REQUIRE(world
              .circulate(world.helena(), narrow->name(), v1::Circulation::APPROVAL_BY_SILENCE,
                         {"process/igc/members", "process/igc/secretariat"})
              .ok());
  v1::UpdateDocumentRequest wider;
  *wider.mutable_document() = *narrow;
  wider.mutable_document()->mutable_visibility()->mutable_audience()->add_any_of(
      "process/igc/members");
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, wider).ok());
  CHECK(world.get(world.anna(), narrow->name())->silences_size() == 1);
  CHECK(world.get(world.reto(), narrow->name())->silences_size() == 0);
}

}  // namespace
}  // namespace entente::documents
