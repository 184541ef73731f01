// Approval by silence: when it adopts, what ends it, and who hears of it.
#include "tests/documents/circulation_world.h"

namespace entente::documents {
namespace {

using testing::CirculationWorld;
using testing::Midst;

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

TEST_CASE("a silence whose document cannot be read neither adopts nor lapses: it is complained of",
          "[documents][circulation][silence]") {
  CirculationWorld world;
  const std::string paper = world.paper("p", v1::HANDLING_LIMITED).name();
  const std::string kept =
      world.circulate(world.helena(), paper, v1::Circulation::APPROVAL_BY_SILENCE)->name();
  const store::Id id = parse_document_name(paper)->id;
  const store::Key row = store::Key(documents_table).id(id);
  const auto put = [&](const std::string& bytes) {
    const auto transaction = world.store->begin();
    transaction->put(row, bytes, seal_of(id));
    world.ledger->record(*transaction, ledger::Act());
    REQUIRE(transaction->commit().ok());
  };
  const std::string whole = **world.store->snapshot()->find(row);
  put("\xff\xff");
  world.clock.pass(std::chrono::hours(25));
  const std::uint64_t entries = world.entries();
  world.hours.tend();
  CHECK(world.entries() == entries);
  CHECK(world.complaints == std::vector<std::string>{"silence"});
  CHECK(world.see(world.anna(), kept).status().code() == Code::DataLoss);
  // Read again, it is as if nothing had been.
  put(whole);
  world.clock.pass(std::chrono::minutes(1));
  world.hours.tend();
  CHECK(world.see(world.anna(), kept)->outcome() == v1::Circulation::ADOPTED);
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
  CHECK(world.entries_of_two() == 1);  // told once, and at once
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
  auto how =
      GENERATE(as<std::string>{}, "destroyed", "over its day", "expired", "under an embargo");
  CAPTURE(how);
  if (how == "destroyed") {
    world.destroy(paper.name());
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
    v1::Visibility& visibility = *update.mutable_document()->mutable_visibility();
    set_time(
        how == "expired" ? *visibility.mutable_expires_at() : *visibility.mutable_embargo_until(),
        deadline);
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
    Hours hours = world.hours_over(world.shelf, midst);
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

}  // namespace
}  // namespace entente::documents
