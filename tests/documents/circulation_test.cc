// Circulation through its service: what comes to whom, what is answered, and news exactly once.
#include "server/ledger/service.h"
#include "tests/documents/circulation_world.h"

namespace entente::documents {
namespace {

using testing::CirculationWorld;

TEST_CASE("what is circulated is in the inbox of those it is for, and of nobody else",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  const auto sent = world.circulate(world.helena(), paper);
  REQUIRE(sent.status().message() == "");
  REQUIRE(world.inbox(world.anna()).size() == 1);
  CHECK(world.inbox(world.anna())[0].name() == sent->name());
  CHECK_FALSE(world.inbox(world.anna())[0].has_opened_at());
  CHECK(world.inbox(world.helena()).empty());
  const std::string absent = "circulations/" + std::string(32, 'a');
  for (const policy::Subject& other : {world.samira(), world.stranger()}) {
    CHECK(world.inbox(other).empty());
    const Status hidden = world.see(other, sent->name()).status();
    CHECK(hidden.code() == Code::NotFound);
    CHECK(hidden.message() == "`" + sent->name() + "` was not found");
    CHECK(world.see(other, absent).status().message() == "`" + absent + "` was not found");
    CHECK(world.respond(other, sent->name(), v1::Response::ACKNOWLEDGE).code() == Code::NotFound);
  }
  // A reader is not who circulates it.
  CHECK(world.circulate(world.anna(), paper).status().code() == Code::PermissionDenied);
  CHECK(world.circulate(world.samira(), paper).status().code() == Code::NotFound);
}

TEST_CASE("the sender sees who has opened and acknowledged, and who has not",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  const std::string name = world.circulate(world.helena(), paper)->name();
  REQUIRE(world.open(world.anna(), paper).ok());
  REQUIRE(world.respond(world.anna(), name, v1::Response::ACKNOWLEDGE).ok());
  const auto seen = world.see(world.helena(), name);
  REQUIRE(seen->recipients_size() == 2);
  CHECK(seen->recipients(0).person() == "persons/anna");
  CHECK(seen->recipients(0).has_opened_at());
  CHECK(seen->recipients(0).has_acknowledged_at());
  CHECK(seen->recipients(1).person() == "persons/reto");
  CHECK_FALSE(seen->recipients(1).has_opened_at());
  // To a recipient only what is its own.
  CHECK(world.see(world.reto(), name)->recipients_size() == 0);
  CHECK(world.see(world.anna(), name)->has_opened_at());
  CHECK(world.inbox(world.anna(), /*waiting=*/true).empty());
  CHECK(world.inbox(world.reto(), /*waiting=*/true).size() == 1);
}

TEST_CASE("of a circulation, each is shown the documents that are theirs to see",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string bytes = "for the working group";
  const auto narrow =
      world.upload(world.helena(),
                   world.begin("n", bytes, v1::HANDLING_LIMITED,
                               {"process/igc/body/wg-data", "process/igc/secretariat"}),
                   bytes);
  REQUIRE(narrow.ok());
  v1::CirculateRequest request;
  request.mutable_circulation()->add_documents(world.paper().name());
  request.mutable_circulation()->add_documents(narrow->name());
  const auto sent =
      world.act(world.circulation, world.helena(), &CirculationService::circulate, request);
  REQUIRE(sent.ok());
  CHECK(world.see(world.anna(), sent->name())->documents_size() == 2);
  CHECK(world.see(world.reto(), sent->name())->documents_size() == 1);
}

TEST_CASE("a comment with an audience of its own is for that, its author and the sender",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  const std::string name = world.circulate(world.helena(), paper)->name();
  REQUIRE(world.respond(world.anna(), name, v1::Response::COMMENT, "for all").ok());
  REQUIRE(world.respond(world.anna(), name, v1::Response::COMMENT, "for us", "party/SWE").ok());
  const std::vector<std::string> both = {"for all", "for us"};
  CHECK(world.responses(world.anna(), name) == both);
  CHECK(world.responses(world.helena(), name) == both);
  CHECK(world.responses(world.reto(), name) == std::vector<std::string>{"for all"});
}

TEST_CASE("what is said to the sender alone the secretariat neither reads nor sees entered",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string text = "a proposal of Sweden";
  const auto made = world.upload(world.anna(), world.begin("p", text), text);
  REQUIRE(made.ok());
  const std::string name = world.circulate(world.anna(), made->name())->name();
  const auto says = [&](const std::string& words, const std::string& only) {
    REQUIRE(world.respond(world.reto(), name, v1::Response::COMMENT, words, only).ok());
    return world.entered.acts.back();
  };
  const auto sees = [&](const ledger::Act& entry) {
    std::string all;
    for (const auto& [who, subject] : {std::pair("anna", world.anna()),
                                       {"reto", world.reto()},
                                       {"nora", world.as("NOR", "nora", {"process/igc/members"})},
                                       {"helena", world.helena()},
                                       {"samira", world.samira()}}) {
      if (ledger::may_see(subject, entry)) all += std::string(who) + " ";
    }
    return all;
  };
  const ledger::Act for_sender = says("to Sweden", "party/SWE");
  CHECK(for_sender.kind == acts::respond);
  CHECK(sees(for_sender) == "anna reto ");
  CHECK(sees(says("to the members", "process/igc/members")) == "anna reto nora ");
  // Who does not see the circulation is not told of it by who comments to them.
  CHECK(sees(says("to observers", "process/igc/observers")) == "anna reto ");
  CHECK(sees(says("to all", "")) == "anna reto nora helena ");
  using Words = std::vector<std::string>;
  const Words all = {"to Sweden", "to the members", "to observers", "to all"};
  CHECK(world.responses(world.anna(), name) == all);
  CHECK(world.responses(world.reto(), name) == all);
  CHECK(world.responses(world.helena(), name) == Words{"to all"});
  // Nor does a number tell that there was more: of what each has said, or of what comes next.
  const auto said_by_reto = [&](const policy::Subject& to) {
    const auto seen = world.see(to, name);
    REQUIRE(seen.ok());
    for (const auto& one : seen->recipients()) {
      if (one.person() == "persons/reto") return one.comments();
    }
    FAIL("reto has not got it");
    return 0U;
  };
  CHECK(said_by_reto(world.anna()) == all.size());
  CHECK(said_by_reto(world.helena()) == 1);
  v1::RespondRequest next;
  next.set_name(name);
  next.mutable_response()->set_kind(v1::Response::ACKNOWLEDGE);
  const auto entered =
      world.act(world.circulation, world.helena(), &CirculationService::respond, next);
  REQUIRE(entered.ok());
  CHECK(entered->number() == 2);
  CHECK(world.see(world.samira(), name).status().code() == Code::NotFound);
}

TEST_CASE("the entry of a sending names what all may see whom it is for, and nothing else",
          "[documents][circulation]") {
  CirculationWorld world;
  const auto bring = [&](const std::string& id, const std::vector<std::string>& to,
                         std::chrono::hours embargo = {}) {
    v1::BeginContentRequest request = world.begin(id, id, v1::HANDLING_LIMITED, to);
    if (embargo.count() != 0) {
      set_time(*request.mutable_document()->mutable_visibility()->mutable_embargo_until(),
               world.clock.now() + embargo);
    }
    const auto made = world.upload(world.helena(), request, id);
    REQUIRE(made.ok());
    return made->name();
  };
  const std::vector<std::string> all = {"process/igc/members", "process/igc/secretariat"};
  const std::vector<std::string> few = {"process/igc/body/wg-data", "process/igc/secretariat"};
  const std::string open = bring("open", all);
  const std::string narrow = bring("narrow", few);
  const std::string early = bring("early", all, std::chrono::hours(1));
  const auto named = [&](const std::vector<std::string>& documents,
                         const std::vector<std::string>& to) {
    v1::CirculateRequest request;
    v1::Circulation& sent = *request.mutable_circulation();
    for (const std::string& one : documents) sent.add_documents(one);
    for (const std::string& one : to)
      sent.mutable_visibility()->mutable_audience()->add_any_of(one);
    REQUIRE(
        world.act(world.circulation, world.helena(), &CirculationService::circulate, request).ok());
    return world.entered.acts.back().touched;
  };
  using Names = std::vector<std::string>;
  CHECK(named({open, narrow, early}, all) == Names{open});
  CHECK(named({narrow}, few) == Names{narrow});
  CHECK(named({narrow, open}, {}) == Names{narrow});  // members of the group by their words alone
  CHECK(named({early}, {}).empty());                  // its sender's party is not in the audience
}

TEST_CASE("under originator control nobody else circulates it", "[documents][circulation]") {
  CirculationWorld world;
  const std::string bytes = "ours";
  v1::BeginContentRequest request = world.begin("o", bytes);
  request.mutable_document()->set_originator_control(true);
  const auto made = world.upload(world.anna(), request, bytes);
  REQUIRE(made.ok());
  CHECK(world.circulate(world.helena(), made->name()).status().code() == Code::PermissionDenied);
  CHECK(world.circulate(world.anna(), made->name()).ok());
}

TEST_CASE("what is recalled or withdrawn is shown no longer", "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  const std::string name = world.circulate(world.helena(), paper)->name();
  v1::RecallRequest recall;
  recall.set_name(name);
  CHECK(world.act(world.circulation, world.anna(), &CirculationService::recall, recall)
            .status()
            .code() == Code::PermissionDenied);
  REQUIRE(world.act(world.circulation, world.helena(), &CirculationService::recall, recall).ok());
  const auto left = world.see(world.anna(), name);
  REQUIRE(left.ok());
  CHECK(left->has_recalled_at());
  CHECK(left->documents_size() == 0);
  CHECK(left->note().by_language().empty());
  CHECK(world.respond(world.anna(), name, v1::Response::ACKNOWLEDGE).code() ==
        Code::FailedPrecondition);
  v1::WithdrawDocumentRequest withdraw;
  withdraw.set_name(paper);
  REQUIRE(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw).ok());
  CHECK(world.circulate(world.helena(), paper).status().code() == Code::FailedPrecondition);
}

TEST_CASE("who reminds is told who sees it now, not who saw it when it was sent",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string name = world.circulate(world.helena(), world.paper().name())->name();
  world.neighbours.said_of_them = "those who are left";
  v1::RemindRequest remind;
  remind.set_name(name);
  const auto reminded =
      world.act(world.circulation, world.helena(), &CirculationService::remind, remind);
  REQUIRE(reminded.ok());
  CHECK(reminded->in_words() == "those who are left");
}

TEST_CASE("news come exactly once and in order, across lines that break",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  const std::string name = world.circulate(world.helena(), paper)->name();
  v1::RemindRequest remind;
  remind.set_name(name);
  REQUIRE(world.act(world.circulation, world.helena(), &CirculationService::remind, remind).ok());
  REQUIRE(world.respond(world.reto(), name, v1::Response::COMMENT, "between us", "party/CHE").ok());
  std::uint64_t anna = 0;
  std::vector<std::string> heard;
  for (int line = 0; line < 6; ++line) {
    for (const std::string& one : world.news(world.anna(), anna, 1)) heard.push_back(one);
  }
  // Not what was said to others.
  CHECK(heard == std::vector<std::string>{"DOCUMENT", "SENT", "REMINDED"});
  std::uint64_t helena = 0;
  CHECK(world.news(world.helena(), helena) ==
        std::vector<std::string>{"RESPONDED"});  // not her own
  std::uint64_t samira = 0;
  CHECK(world.news(world.samira(), samira).empty());
  CHECK(world.news(world.anna(), anna).empty());
  v1::WithdrawDocumentRequest withdraw;
  withdraw.set_name(paper);
  REQUIRE(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw).ok());
  CHECK(world.news(world.anna(), anna) == std::vector<std::string>{"WITHDRAWN"});
}

TEST_CASE("who acts upon how far the news have come loses against the next",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  const auto act = [&](bool is_followed) {
    const auto transaction = world.store->begin();
    CHECK(*world.rows.newest_event(*transaction) == world.shelf.newest_event());
    world.ledger->record(*transaction, ledger::Act());
    if (is_followed) REQUIRE(world.circulate(world.helena(), paper).ok());
    return transaction->commit().status().code();
  };
  CHECK(act(false) == Code::Ok);
  CHECK(act(true) == Code::Aborted);
  CHECK(act(false) == Code::Ok);
}

TEST_CASE("what news tell of stands on the shelf before them, also of acts still to be followed",
          "[documents][circulation]") {
  CirculationWorld world;
  Shelf behind(world.rows);
  REQUIRE(behind.load().ok());
  const std::uint64_t before = behind.newest_event();
  const std::string paper = world.paper().name();
  const std::string first = world.circulate(world.helena(), paper)->name();
  const std::string second = world.circulate(world.helena(), paper)->name();
  // Both are durable; of the first this one is told.
  ledger::Act act;
  act.kind = "documents.circulation.send";
  act.object = first;
  behind.follow(0, act);
  REQUIRE(behind.newest_event() == world.shelf.newest_event());
  REQUIRE(behind.newest_event() > before + 1);
  CHECK(behind.circulation(*parse_circulation_name(first)) != nullptr);
  CHECK(behind.circulation(*parse_circulation_name(second)) != nullptr);
  CHECK(behind.document(parse_document_name(paper)->id) != nullptr);
}

TEST_CASE("the end of an embargo is news, once, to those who did not see it before",
          "[documents][circulation]") {
  CirculationWorld world;
  std::vector<std::string> complaints;
  Hours hours(
      {.rows = world.rows,
       .shelf = world.shelf,
       .ledger = *world.ledger,
       .clock = world.clock,
       .complain = [&](std::string_view what, const Status&) { complaints.emplace_back(what); }});
  const auto igor = [&] { return world.as("IGC", "igor", {"process/igc/secretariat"}, true); };
  v1::BeginContentRequest request = world.begin("e", "early", v1::HANDLING_LIMITED);
  set_time(*request.mutable_document()->mutable_visibility()->mutable_embargo_until(),
           world.clock.now() + std::chrono::hours(1));
  const auto early = world.upload(world.helena(), request, "early");
  REQUIRE(early.ok());
  REQUIRE(world.circulate(world.helena(), early->name()).ok());
  using News = std::vector<std::string>;
  std::uint64_t anna = 0;
  std::uint64_t igors = 0;
  std::uint64_t samira = 0;
  CHECK(world.news(igor(), igors) == News{"DOCUMENT", "SENT"});
  CHECK(world.news(world.anna(), anna).empty());
  // What comes meanwhile takes her cursor past what she could not see.
  world.paper("meanwhile", v1::HANDLING_LIMITED);
  CHECK(world.news(world.anna(), anna) == News{"DOCUMENT"});
  CHECK(world.news(igor(), igors) == News{"DOCUMENT"});
  hours.tend();
  CHECK(world.news(world.anna(), anna).empty());
  world.clock.pass(std::chrono::hours(1));
  const std::uint64_t entries = world.entries();
  hours.tend();
  CHECK(world.entries() == entries + 2);
  CHECK(world.news(world.anna(), anna) == News{"DOCUMENT", "SENT"});
  CHECK(world.news(igor(), igors).empty());
  CHECK(world.news(world.samira(), samira).empty());
  // Not again: with the next look, after a change of it, after a start.
  hours.tend();
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = *world.get(world.helena(), early->name());
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, update).ok());
  hours.tend();
  Shelf again(world.rows);
  REQUIRE(again.load().ok());
  CHECK(again.come_by(world.clock.now(), 10).empty());
  CHECK(world.news(world.anna(), anna) == News{"DOCUMENT"});  // its change
  // Who hears all from the beginning hears each once, too.
  std::uint64_t cursor = 0;
  CHECK(world.news(world.anna(), cursor) == News{"DOCUMENT", "DOCUMENT", "SENT", "DOCUMENT"});
  CHECK(complaints.empty());
}

TEST_CASE("an embargo that was put off ends once, when it does; one on what is gone never",
          "[documents][circulation]") {
  CirculationWorld world;
  Hours at_hours({.rows = world.rows,
                  .shelf = world.shelf,
                  .ledger = *world.ledger,
                  .clock = world.clock,
                  .complain = [](std::string_view, const Status&) {}});
  const auto until = [&](v1::Document& document, int hours) {
    set_time(*document.mutable_visibility()->mutable_embargo_until(),
             world.clock.now() + std::chrono::hours(hours));
  };
  const auto bring = [&](const std::string& id) {
    v1::BeginContentRequest request = world.begin(id, id, v1::HANDLING_LIMITED);
    until(*request.mutable_document(), 1);
    const auto made = world.upload(world.helena(), request, id);
    REQUIRE(made.ok());
    return *made;
  };
  v1::UpdateDocumentRequest later;
  *later.mutable_document() = bring("later");
  until(*later.mutable_document(), 3);
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, later).ok());
  v1::WithdrawDocumentRequest withdraw;
  withdraw.set_name(bring("gone").name());
  REQUIRE(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw).ok());
  std::uint64_t anna = 0;
  world.clock.pass(std::chrono::hours(2));
  at_hours.tend();
  CHECK(world.news(world.anna(), anna) == std::vector<std::string>{});
  world.clock.pass(std::chrono::hours(2));
  at_hours.tend();
  CHECK(world.news(world.anna(), anna) == std::vector<std::string>{"DOCUMENT"});
}

TEST_CASE("pages of the inbox lead on, and a token is its caller's", "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  for (int i = 0; i < 5; ++i) REQUIRE(world.circulate(world.helena(), paper).ok());
  v1::ListInboxRequest request;
  request.set_page_size(2);
  std::set<std::string> seen;
  for (int page = 0; page < 3; ++page) {
    const auto reply =
        world.ask(world.circulation, world.anna(), &CirculationService::list_inbox, request);
    REQUIRE(reply.ok());
    for (const auto& one : reply->circulations()) CHECK(seen.insert(one.name()).second);
    CHECK(reply->next_page_token().empty() == (page == 2));
    if (page == 2) break;
    request.set_page_token(reply->next_page_token());
    CHECK(world.ask(world.circulation, world.reto(), &CirculationService::list_inbox, request)
              .status()
              .reason() == Reason::PageTokenInvalid);
  }
  CHECK(seen.size() == 5);
}

}  // namespace
}  // namespace entente::documents
