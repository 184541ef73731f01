// Circulation through its service: what comes to whom, what is answered, and news exactly once.
#include "server/documents/hours.h"
#include "tests/documents/world.h"

namespace entente::documents {
namespace {

using testing::DocumentsWorld;
using testing::english;

// What a daemon's clock is asked for in the midst of telling.
class Midst final : public Clock {
 public:
  Midst(const Clock& clock, std::function<void()> act) : clock_(clock), act_(std::move(act)) {}
  Instant now() const override {
    if (++asked_ == 2) act_();  // between what it reads and its commit
    return clock_.now();
  }
  Tick tick() const override { return clock_.tick(); }

 private:
  const Clock& clock_;
  std::function<void()> act_;
  mutable int asked_ = 0;
};

// Every act that is entered.
struct Entered final : ledger::Follower {
  void follow(std::uint64_t, const ledger::Act& act) override { acts.push_back(act); }
  std::vector<ledger::Act> acts;
};

struct CirculationWorld : DocumentsWorld {
  CirculationWorld() { ledger->add_follower(entered); }
  using Face = CirculationService;

  Result<v1::Circulation> circulate(const policy::Subject& who, const std::string& document,
                                    v1::Circulation::Ask what = v1::Circulation::INFORMATION,
                                    const std::vector<std::string>& to = {}) {
    v1::CirculateRequest request;
    v1::Circulation& sent = *request.mutable_circulation();
    sent.add_documents(document);
    *sent.mutable_note() = english("For Thursday");
    sent.set_ask(what);
    if (what == v1::Circulation::APPROVAL_BY_SILENCE) {
      set_time(*sent.mutable_deadline(), clock.now() + std::chrono::hours(24));
    }
    for (const auto& one : to) sent.mutable_visibility()->mutable_audience()->add_any_of(one);
    if (!to.empty()) sent.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
    return act(circulation, who, &Face::circulate, request);
  }
  std::vector<v1::Circulation> inbox(const policy::Subject& who, bool waiting = false) {
    v1::ListInboxRequest request;
    request.set_waiting(waiting);
    const auto reply = ask(circulation, who, &Face::list_inbox, request);
    REQUIRE(reply.ok());
    return {reply->circulations().begin(), reply->circulations().end()};
  }
  Result<v1::Circulation> see(const policy::Subject& who, const std::string& name) {
    v1::GetCirculationRequest request;
    request.set_name(name);
    return ask(circulation, who, &Face::get_circulation, request);
  }
  Status respond(const policy::Subject& who, const std::string& name, v1::Response::Kind kind,
                 const std::string& text = "", const std::string& only = "") {
    v1::RespondRequest request;
    request.set_name(name);
    request.mutable_response()->set_kind(kind);
    request.mutable_response()->set_text(text);
    if (!only.empty()) request.mutable_response()->mutable_audience()->add_any_of(only);
    return act(circulation, who, &Face::respond, request).status();
  }
  std::vector<std::string> responses(const policy::Subject& who, const std::string& name) {
    v1::ListResponsesRequest request;
    request.set_name(name);
    const auto reply = ask(circulation, who, &Face::list_responses, request);
    REQUIRE(reply.ok());
    std::vector<std::string> texts;
    for (const auto& one : reply->responses()) texts.push_back(one.text());
    return texts;
  }
  // What is new since `cursor`; moves it on. `by`: how much at most, then the line breaks.
  std::vector<std::string> news(const policy::Subject& who, std::uint64_t& cursor,
                                std::size_t by = 1'000) {
    v1::WatchRequest request;
    request.set_cursor(cursor);
    const auto shared = std::make_shared<const policy::Subject>(who);
    auto source = circulation.watch(
        [shared]() -> Result<identity::SubjectPointer> { return shared; }, request, [] {});
    REQUIRE(source.ok());
    std::vector<std::string> heard;
    while (heard.size() < by) {
      v1::News one;
      const auto next = (*source)->next(one);
      REQUIRE(next.ok());
      if (*next == net::Source::Next::Wait) break;
      CHECK(one.cursor() > cursor);
      cursor = one.cursor();
      heard.push_back(v1::News::Kind_Name(one.kind()));
    }
    return heard;
  }
  Result<v1::Document> withdraw(const std::string& document) {
    v1::WithdrawDocumentRequest request;
    request.set_name(document);
    return act(service, helena(), &Service::withdraw_document, request);
  }
  // Another text, or one in another language.
  v1::BeginContentRequest another(const std::string& document, const std::string& bytes,
                                  const std::string& language = "en") {
    v1::BeginContentRequest request = begin("t" + std::to_string(++uploads_made), bytes);
    request.mutable_document()->Clear();
    request.mutable_document()->set_name(document);
    request.mutable_content()->set_language(language);
    request.mutable_content()->set_status(language == "en" ? v1::Content::ORIGINAL
                                                           : v1::Content::COURTESY_TRANSLATION);
    return request;
  }
  Status bring(const std::string& document, const std::string& bytes,
               const std::string& language = "en") {
    return upload(helena(), another(document, bytes, language), bytes).status();
  }
  // `documents/<id>/revisions/<n> en=<SHA-256>`, with `!` where the document has another.
  std::vector<std::string> texts(const policy::Subject& who, const std::string& name) {
    std::vector<std::string> all;
    const auto shown = see(who, name);
    REQUIRE(shown.ok());
    for (const v1::SentDocument& one : shown->sent()) {
      std::string line = one.name();
      for (const auto& text : one.texts()) {
        line += " " + text.language() + "=" + to_hex(text.sha256());
      }
      all.push_back(line + (one.changed() ? " !" : ""));
    }
    return all;
  }
  // The digest that the ledger has with the newest act of this kind.
  std::string digest_of(const std::string& kind) {
    for (auto at = entered.acts.rbegin(); at != entered.acts.rend(); ++at) {
      if (at->kind == kind) return at->object_digest;
    }
    return "none";
  }
  Status recall(const std::string& name) {
    v1::RecallRequest request;
    request.set_name(name);
    return act(circulation, helena(), &Face::recall, request).status();
  }
  Status remind(const std::string& name) {
    v1::RemindRequest request;
    request.set_name(name);
    return act(circulation, helena(), &Face::remind, request).status();
  }
  v1::Circulation::Outcome outcome(const std::string& name) {
    return see(helena(), name)->outcome();
  }
  Hours hours_over(const Shelf& of) {
    return Hours({.rows = rows,
                  .shelf = of,
                  .ledger = *ledger,
                  .clock = clock,
                  .complain = [this](std::string_view what, const Status&) {
                    complaints.emplace_back(what);
                  }});
  }
  Entered entered;
  std::vector<std::string> complaints;
  Hours hours = hours_over(shelf);
};

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

TEST_CASE("silence adopts at its deadline, unless somebody breaks it before",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string paper = world.paper().name();
  const auto silence = v1::Circulation::APPROVAL_BY_SILENCE;
  const std::string broken = world.circulate(world.helena(), paper, silence)->name();
  const std::string kept = world.circulate(world.helena(), paper, silence)->name();
  CHECK(world.see(world.reto(), kept)->outcome() == v1::Circulation::PENDING);
  CHECK(world.respond(world.anna(), broken, v1::Response::BREAK_SILENCE, "not paragraph 4").ok());
  CHECK(world.see(world.reto(), broken)->outcome() == v1::Circulation::SILENCE_BROKEN);
  world.clock.pass(std::chrono::hours(25));
  world.hours.tend();
  CHECK(world.see(world.reto(), kept)->outcome() == v1::Circulation::ADOPTED);
  CHECK(world.see(world.reto(), broken)->outcome() == v1::Circulation::SILENCE_BROKEN);
  CHECK(world.respond(world.reto(), kept, v1::Response::BREAK_SILENCE, "late").code() ==
        Code::FailedPrecondition);
  // Where nothing of the kind was asked, it cannot be answered.
  const std::string plain = world.circulate(world.helena(), paper)->name();
  CHECK(world.respond(world.anna(), plain, v1::Response::BREAK_SILENCE, "x").code() ==
        Code::FailedPrecondition);
  CHECK(world.respond(world.anna(), plain, v1::Response::DONE).code() == Code::FailedPrecondition);
  CHECK(world.respond(world.anna(), plain, v1::Response::COMMENT).code() == Code::InvalidArgument);
}

TEST_CASE("a comment with an audience of its own is for that, its author and the sender",
          "[documents][circulation]") {
  CirculationWorld world;
  const std::string name = world.circulate(world.helena(), world.paper().name())->name();
  REQUIRE(world.respond(world.anna(), name, v1::Response::COMMENT, "for all").ok());
  REQUIRE(world.respond(world.anna(), name, v1::Response::COMMENT, "for us", "party/SWE").ok());
  const std::vector<std::string> both = {"for all", "for us"};
  CHECK(world.responses(world.anna(), name) == both);
  CHECK(world.responses(world.helena(), name) == both);
  CHECK(world.responses(world.reto(), name) == std::vector<std::string>{"for all"});
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

TEST_CASE(
    "what silence has adopted is news and entered, once, to all who see it; what was broken "
    "or recalled never",
    "[documents][circulation]") {
  CirculationWorld world;
  Hours& hours = world.hours;
  const auto silence = v1::Circulation::APPROVAL_BY_SILENCE;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string kept = world.circulate(world.helena(), paper, silence)->name();
  const std::string broken = world.circulate(world.helena(), paper, silence)->name();
  const std::string recalled = world.circulate(world.helena(), paper, silence)->name();
  REQUIRE(world.respond(world.anna(), broken, v1::Response::BREAK_SILENCE, "no").ok());
  REQUIRE(world.recall(recalled).ok());
  std::map<std::string, std::uint64_t> cursors;
  const auto news = [&](const policy::Subject& who) {
    return world.news(who, cursors[who.account]);
  };
  for (const policy::Subject& who : {world.helena(), world.anna(), world.reto()}) news(who);
  const Instant deadline = instant_of(world.see(world.anna(), kept)->deadline());
  const auto left = std::chrono::floor<std::chrono::seconds>(deadline - world.clock.now());
  world.clock.pass(left - std::chrono::seconds(1));
  hours.tend();
  CHECK(news(world.anna()).empty());
  CHECK(world.see(world.anna(), kept)->outcome() == v1::Circulation::PENDING);

  // A start before it is told, and two daemons' worth of looks: told once. Nobody is shown it
  // before it is entered, and nobody breaks it then.
  world.clock.pass(std::chrono::seconds(1));
  CHECK(world.see(world.anna(), kept)->outcome() == v1::Circulation::PENDING);
  CHECK(world.respond(world.anna(), kept, v1::Response::BREAK_SILENCE, "late").message() ==
        "the silence has ended");
  Shelf other(world.rows);
  REQUIRE(other.load().ok());
  Hours others = world.hours_over(other);
  const std::uint64_t entries = world.entries();
  hours.tend();
  others.tend();
  hours.tend();
  CHECK(world.entries() == entries + 1);
  Shelf again(world.rows);
  REQUIRE(again.load().ok());
  CHECK(again.come_by(world.clock.now() + std::chrono::hours(1'000), 10).empty());
  for (const policy::Subject& who : {world.helena(), world.anna(), world.reto()}) {
    CHECK(news(who) == std::vector<std::string>{"ADOPTED"});
  }
  CHECK(news(world.samira()).empty());
  CHECK(news(world.stranger()).empty());

  // So it stays, though the clock goes back or it is recalled then; the others are not adopted.
  world.clock.pass(std::chrono::hours(-2));
  CHECK(world.see(world.anna(), kept)->outcome() == v1::Circulation::ADOPTED);
  CHECK(world.respond(world.anna(), kept, v1::Response::BREAK_SILENCE, "late").message() ==
        "the silence has ended: it is adopted");
  world.clock.pass(std::chrono::hours(3));
  REQUIRE(world.recall(kept).ok());
  CHECK(world.see(world.helena(), kept)->outcome() == v1::Circulation::ADOPTED);
  CHECK(world.see(world.helena(), broken)->outcome() == v1::Circulation::SILENCE_BROKEN);
  CHECK(world.respond(world.anna(), broken, v1::Response::BREAK_SILENCE, "late").message() ==
        "the silence has ended: it was broken");
  CHECK(world.see(world.helena(), recalled)->outcome() == v1::Circulation::OUTCOME_UNSPECIFIED);
  hours.tend();
  CHECK(news(world.anna()) == std::vector<std::string>{"RECALLED"});
  CHECK(world.complaints.empty());
}

// A start before what is due is told, and two daemons' worth of looks: how many entries they make.
std::uint64_t entries_of_two(CirculationWorld& world) {
  Shelf beside(world.rows);
  REQUIRE(beside.load().ok());
  Hours others = world.hours_over(beside);
  const std::uint64_t before = world.entries();
  others.tend();
  world.hours.tend();
  others.tend();
  return world.entries() - before;
}

TEST_CASE("a silence lapses once a document of it is gone, which is news and entered, once, to all",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const auto silence = v1::Circulation::APPROVAL_BY_SILENCE;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string first = world.paper("f", v1::HANDLING_LIMITED).name();
  v1::CirculateRequest both;
  both.mutable_circulation()->add_documents(first);
  both.mutable_circulation()->add_documents(paper);
  both.mutable_circulation()->set_ask(silence);
  set_time(*both.mutable_circulation()->mutable_deadline(),
           world.clock.now() + std::chrono::hours(24));
  const auto sent =
      world.act(world.circulation, world.helena(), &CirculationService::circulate, both);
  REQUIRE(sent.status().message() == "");
  const std::string lapsed = sent->name();
  const std::string other = world.circulate(world.helena(), first, silence)->name();
  const std::string broken = world.circulate(world.helena(), paper, silence)->name();
  const std::string recalled = world.circulate(world.helena(), paper, silence)->name();
  const std::string plain = world.circulate(world.helena(), paper)->name();
  REQUIRE(world.respond(world.anna(), broken, v1::Response::BREAK_SILENCE, "no").ok());
  REQUIRE(world.recall(recalled).ok());
  // An answer to it is kept beside, and changes nothing of it.
  REQUIRE(world.respond(world.reto(), lapsed, v1::Response::ACKNOWLEDGE).ok());
  std::map<std::string, std::uint64_t> cursors;
  const auto news = [&](const policy::Subject& who) {
    return world.news(who, cursors[who.account]);
  };
  REQUIRE(world.withdraw(paper).ok());
  for (const policy::Subject& who : {world.helena(), world.anna(), world.reto()}) news(who);
  const std::uint64_t entries = world.entries();
  CHECK(entries_of_two(world) == 1);  // told once, and at once
  for (const policy::Subject& who : {world.helena(), world.anna(), world.reto()}) {
    CHECK(news(who) == std::vector<std::string>{"LAPSED"});
    CHECK(world.see(who, lapsed)->outcome() == v1::Circulation::LAPSED);
  }
  CHECK(news(world.samira()).empty());
  CHECK(news(world.stranger()).empty());
  CHECK(world.respond(world.anna(), lapsed, v1::Response::BREAK_SILENCE, "no").message() ==
        "the silence has ended: what it would adopt was changed, withdrawn or destroyed before");
  REQUIRE(world.respond(world.anna(), lapsed, v1::Response::COMMENT, "a pity").ok());

  // So it stays beyond the deadline, and when it is recalled then; the others end as they would.
  world.clock.pass(std::chrono::hours(48));
  world.hours.tend();
  CHECK(world.entries() == entries + 3);
  Shelf again(world.rows);
  REQUIRE(again.load().ok());
  CHECK(again.come_by(world.clock.now(), 10).empty());
  CHECK(world.outcome(lapsed) == v1::Circulation::LAPSED);
  REQUIRE(world.recall(lapsed).ok());
  CHECK(world.outcome(lapsed) == v1::Circulation::LAPSED);
  CHECK(world.outcome(other) == v1::Circulation::ADOPTED);
  CHECK(world.outcome(broken) == v1::Circulation::SILENCE_BROKEN);
  CHECK(world.outcome(recalled) == v1::Circulation::OUTCOME_UNSPECIFIED);
  CHECK(world.outcome(plain) == v1::Circulation::OUTCOME_UNSPECIFIED);
  // What is adopted stays so, whatever becomes of its paper.
  REQUIRE(world.withdraw(first).ok());
  world.hours.tend();
  CHECK(world.outcome(other) == v1::Circulation::ADOPTED);
  CHECK(world.complaints.empty());
}

TEST_CASE("of a silence that is over nobody is reminded", "[documents][circulation][silence]") {
  CirculationWorld world;
  const auto silence = v1::Circulation::APPROVAL_BY_SILENCE;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string torn = world.paper("t", v1::HANDLING_LIMITED).name();
  const std::string kept = world.circulate(world.helena(), paper, silence)->name();
  const std::string broken = world.circulate(world.helena(), paper, silence)->name();
  const std::string recalled = world.circulate(world.helena(), paper, silence)->name();
  const std::string lapsed = world.circulate(world.helena(), torn, silence)->name();
  const std::string comment =
      world.circulate(world.helena(), paper, v1::Circulation::COMMENT)->name();
  for (const std::string& one : {kept, broken, recalled, lapsed, comment}) {
    CHECK(world.remind(one).message() == "");
  }
  REQUIRE(world.respond(world.anna(), broken, v1::Response::BREAK_SILENCE, "no").ok());
  REQUIRE(world.recall(recalled).ok());
  REQUIRE(world.withdraw(torn).ok());
  world.hours.tend();
  const std::uint64_t entries = world.entries();
  std::uint64_t anna = 0;
  world.news(world.anna(), anna);
  const auto refused = [&](const std::string& name) {
    const Status status = world.remind(name);
    CHECK(status.code() == Code::FailedPrecondition);
    return std::string(status.message());
  };
  CHECK(refused(broken) == "the silence has ended: it was broken");
  CHECK(refused(recalled) == "it was recalled");
  CHECK(refused(lapsed) ==
        "the silence has ended: what it would adopt was changed, withdrawn or destroyed before");
  const auto left = instant_of(world.see(world.anna(), kept)->deadline()) - world.clock.now();
  world.clock.pass(std::chrono::floor<std::chrono::seconds>(left));
  // At the deadline itself, before the adoption is entered; then because it is.
  CHECK(refused(kept) == "the silence has ended");
  world.hours.tend();
  CHECK(refused(kept) == "the silence has ended: it is adopted");
  CHECK(world.entries() == entries + 1);
  CHECK(world.news(world.anna(), anna) == std::vector<std::string>{"ADOPTED"});
  // What is late is still wanted, and another's is not said to be over.
  CHECK(world.remind(comment).message() == "");
  v1::RemindRequest request;
  request.set_name(kept);
  using Face = CirculationService;
  CHECK(world.act(world.circulation, world.anna(), &Face::remind, request).status().message() ==
        "it is its sender's");
  CHECK(world.act(world.circulation, world.samira(), &Face::remind, request).status().code() ==
        Code::NotFound);
}

TEST_CASE("a silence lapses however its document goes", "[documents][circulation][silence]") {
  CirculationWorld world;
  const auto silence = v1::Circulation::APPROVAL_BY_SILENCE;
  const v1::Document paper = world.paper("p", v1::HANDLING_LIMITED);
  const std::string name = world.circulate(world.helena(), paper.name(), silence)->name();
  const Instant deadline = instant_of(world.see(world.helena(), name)->deadline());
  const auto whole = v1::Circulation::PENDING;
  auto how = GENERATE(as<std::string>{}, "destroyed", "over its day", "expired");
  CAPTURE(how);
  if (how == "destroyed") {
    v1::DestroyDocumentRequest request;
    request.set_name(paper.name());
    const auto gone = world.act(world.service, world.helena(), &Service::destroy_document, request);
    REQUIRE(gone.ok());
    world.service.destroyed(*gone);
  } else if (how == "over its day") {
    world.clock.pass(std::chrono::hours(24) - std::chrono::minutes(1));
    const auto transaction = world.store->begin();
    const Instant later = instant_of(world.get(world.helena(), paper.name())->retain_until());
    const auto gone = world.service.destroy_by_schedule(parse_document_name(paper.name())->id,
                                                        later, *transaction);
    REQUIRE(gone.ok());
    REQUIRE(gone->state() == v1::Document::DESTROYED);
    REQUIRE(transaction->commit().ok());
    world.service.destroyed(*gone);
  } else {
    v1::UpdateDocumentRequest update;
    *update.mutable_document() = paper;
    set_time(*update.mutable_document()->mutable_visibility()->mutable_expires_at(), deadline);
    REQUIRE(world.act(world.service, world.helena(), &Service::update_document, update).ok());
    world.hours.tend();
    CHECK(world.outcome(name) == whole);
    world.clock.pass(std::chrono::hours(25));
  }
  CHECK(world.outcome(name) == whole);
  world.hours.tend();
  CHECK(world.outcome(name) == v1::Circulation::LAPSED);
  CHECK(world.complaints.empty());
}

TEST_CASE(
    "of a withdrawal and an adoption in one instant one comes first, and the other looks anew",
    "[documents][circulation][silence]") {
  CirculationWorld world;
  const auto silence = v1::Circulation::APPROVAL_BY_SILENCE;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string name = world.circulate(world.helena(), paper, silence)->name();
  world.clock.pass(std::chrono::hours(25));
  const bool withdrawn_first = GENERATE(true, false);
  CAPTURE(withdrawn_first);
  if (withdrawn_first) {
    bool withdrawn = false;
    const Midst midst(world.clock, [&] { withdrawn = world.withdraw(paper).ok(); });
    Hours hours({.rows = world.rows,
                 .shelf = world.shelf,
                 .ledger = *world.ledger,
                 .clock = midst,
                 .complain = [&](std::string_view what, const Status&) {
                   world.complaints.emplace_back(what);
                 }});
    hours.tend();
    REQUIRE(withdrawn);
    CHECK(world.outcome(name) == v1::Circulation::PENDING);
    hours.tend();
    CHECK(world.outcome(name) == v1::Circulation::LAPSED);
  } else {
    v1::WithdrawDocumentRequest request;
    request.set_name(paper);
    const auto transaction = world.store->begin();
    REQUIRE(world.service.withdraw_document(world.helena(), request, *transaction).ok());
    world.hours.tend();
    CHECK(transaction->commit().status().code() == Code::Aborted);
    CHECK(world.outcome(name) == v1::Circulation::ADOPTED);
    REQUIRE(world.withdraw(paper).ok());  // as the gate does
    world.hours.tend();
    CHECK(world.outcome(name) == v1::Circulation::ADOPTED);
  }
  CHECK(world.complaints.empty());
}

std::string hash(const std::string& bytes) { return to_hex(as_view(sha256(bytes))); }

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
  CHECK(entries_of_two(world) == 1);
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
    Hours hours({.rows = world.rows,
                 .shelf = world.shelf,
                 .ledger = *world.ledger,
                 .clock = midst,
                 .complain = [&](std::string_view what, const Status&) {
                   world.complaints.emplace_back(what);
                 }});
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
  const std::vector<std::string> few = {"process/igc/body/wg-data", "process/igc/secretariat"};
  const auto narrow =
      world.upload(world.helena(), world.begin("n", "n", v1::HANDLING_LIMITED, few), "n");
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
  const std::vector<std::string> few = {"process/igc/body/wg-data", "process/igc/secretariat"};
  const auto narrow =
      world.upload(world.helena(), world.begin("n", "n", v1::HANDLING_LIMITED, few), "n");
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

TEST_CASE("a silence ends before what it adopts has expired", "[documents][circulation][silence]") {
  CirculationWorld world;
  const Instant deadline = world.clock.now() + std::chrono::hours(24);
  v1::BeginContentRequest begin = world.begin("x", "x", v1::HANDLING_LIMITED);
  set_time(*begin.mutable_document()->mutable_visibility()->mutable_expires_at(), deadline);
  const auto brief = world.upload(world.helena(), begin, "x");
  REQUIRE(brief.ok());
  v1::CirculateRequest request;
  v1::Circulation& sent = *request.mutable_circulation();
  sent.add_documents(brief->name());
  sent.set_ask(v1::Circulation::APPROVAL_BY_SILENCE);
  const auto circulate = [&](Instant until) {
    set_time(*sent.mutable_deadline(), until);
    return world.act(world.circulation, world.helena(), &CirculationService::circulate, request)
        .status();
  };
  CHECK(circulate(deadline).message() ==
        "`circulation.deadline` must lie before `" + brief->name() + "` expires");
  CHECK(circulate(deadline - std::chrono::microseconds(1)).message() == "");
  sent.set_documents(0, world.paper("p", v1::HANDLING_LIMITED).name());
  *sent.mutable_visibility() = brief->visibility();
  CHECK(circulate(deadline).message() ==
        "`circulation.deadline` must lie before the circulation expires");
  CHECK(circulate(deadline - std::chrono::microseconds(1)).message() == "");
}

TEST_CASE("a silence ends behind an embargo, not under it", "[documents][circulation]") {
  CirculationWorld world;
  v1::CirculateRequest request;
  v1::Circulation& sent = *request.mutable_circulation();
  sent.add_documents(world.paper("p", v1::HANDLING_LIMITED).name());
  sent.set_ask(v1::Circulation::APPROVAL_BY_SILENCE);
  sent.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
  sent.mutable_visibility()->mutable_audience()->add_any_of("process/igc/members");
  sent.mutable_visibility()->mutable_audience()->add_any_of("process/igc/secretariat");
  const Instant deadline = world.clock.now() + std::chrono::hours(24);
  set_time(*sent.mutable_deadline(), deadline);
  set_time(*sent.mutable_visibility()->mutable_embargo_until(), deadline);
  const auto circulate = [&] {
    return world.act(world.circulation, world.helena(), &CirculationService::circulate, request)
        .status();
  };
  const std::string why = ": nobody could break the silence before";
  CHECK(circulate().message() ==
        "`circulation.deadline` must lie behind the embargo of the circulation" + why);
  set_time(*sent.mutable_visibility()->mutable_embargo_until(),
           deadline - std::chrono::microseconds(1));
  CHECK(circulate().message() == "");
  // Nor under that of what it adopts, whatever the circulation's own.
  v1::BeginContentRequest begin = world.begin("x", "x", v1::HANDLING_LIMITED);
  set_time(*begin.mutable_document()->mutable_visibility()->mutable_embargo_until(), deadline);
  const auto paper = world.upload(world.helena(), begin, "x");
  REQUIRE(paper.ok());
  sent.set_documents(0, paper->name());
  CHECK(circulate().message() ==
        "`circulation.deadline` must lie behind the embargo of `" + paper->name() + "`" + why);
  set_time(*sent.mutable_deadline(), deadline + std::chrono::microseconds(1));
  CHECK(circulate().message() == "");
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
