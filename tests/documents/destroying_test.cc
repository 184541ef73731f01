// The end of a document: what stays of it, and what becomes of who was reading or acting just then.
#include "server/documents/retention.h"
#include "tests/documents/world.h"
#include "tests/support/dies.h"

namespace entente::documents {
namespace {

using testing::DocumentsWorld;

// Does something once, when it is asked.
class AskedClock final : public Clock {
 public:
  explicit AskedClock(const Clock& clock) : clock_(clock) {}
  Instant now() const override {
    if (auto act = std::exchange(when_asked, nullptr)) act();
    return clock_.now();
  }
  Tick tick() const override { return clock_.tick(); }
  mutable std::function<void()> when_asked;

 private:
  const Clock& clock_;
};

TEST_CASE("what is destroyed cannot be read again; that it was, can", "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper().name();
  REQUIRE(world.open(world.anna(), name).ok());
  v1::HoldDocumentRequest hold;
  hold.set_name(name);
  hold.set_hold(true);
  CHECK(world.act(world.service, world.anna(), &Service::hold_document, hold).status().code() ==
        Code::PermissionDenied);
  REQUIRE(world.act(world.service, world.helena(), &Service::hold_document, hold).ok());
  v1::DestroyDocumentRequest destroy;
  destroy.set_name(name);
  CHECK(world.act(world.service, world.helena(), &Service::destroy_document, destroy)
            .status()
            .reason() == Reason::StillInUse);
  hold.set_hold(false);
  REQUIRE(world.act(world.service, world.helena(), &Service::hold_document, hold).ok());
  const std::uint64_t before = world.entries();
  world.destroy(name);
  CHECK(world.entries() == before + 1);
  const auto left = world.get(world.anna(), name);
  REQUIRE(left.ok());
  CHECK(left->state() == v1::Document::DESTROYED);
  CHECK(left->title().by_language().empty());
  const store::Id id = parse_document_name(name)->id;
  CHECK(world.store->destroy_seal(seal_of(id)).code() == Code::NotFound);
  const auto snapshot = world.store->snapshot();
  for (const store::Table table : {revisions_table, chunks_table, readings_table, readers_table}) {
    CHECK_FALSE(snapshot->scan(store::Key(table))->valid());
  }
  CHECK(world.open(world.anna(), name).status().code() == Code::FailedPrecondition);
}

TEST_CASE("what was withdrawn is found by its topic or country by its originator alone",
          "[documents]") {
  DocumentsWorld world;
  v1::BeginContentRequest request = world.begin("u", "text");
  request.mutable_document()->add_topics("returns");
  request.mutable_document()->add_countries("SYR");
  const auto paper = world.upload(world.helena(), request, "text");
  REQUIRE(paper.ok());
  const auto found = [&](const policy::Subject& subject, const std::string& topic,
                         const std::string& country) {
    v1::ListDocumentsRequest list;
    list.set_topic(topic);
    list.set_country(country);
    return world.ask(world.service, subject, &Service::list_documents, list)->documents_size();
  };
  CHECK(found(world.anna(), "returns", "") == 1);
  CHECK(found(world.anna(), "", "SYR") == 1);
  v1::WithdrawDocumentRequest withdraw;
  withdraw.set_name(paper->name());
  REQUIRE(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw).ok());
  for (const auto& [topic, country] : {std::pair("returns", ""), {"", "SYR"}}) {
    CHECK(found(world.anna(), topic, country) == 0);
    CHECK(found(world.helena(), topic, country) == 1);
  }
  CHECK(found(world.anna(), "", "") == 1);  // that it was there
}

TEST_CASE("a key that could not go with its document goes with time", "[documents]") {
  DocumentsWorld world;
  v1::DestroyDocumentRequest destroy;
  destroy.set_name(world.paper().name());
  const store::Id id = parse_document_name(destroy.name())->id;
  // Left before its end, it is as it was.
  REQUIRE(world.service.destroy_document(world.helena(), destroy, *world.store->begin()).ok());
  world.service.tend();
  REQUIRE(world.get(world.helena(), destroy.name())->title().by_language_size() == 1);
  // Committed, and nobody was told so.
  REQUIRE(world.act(world.service, world.helena(), &Service::destroy_document, destroy).ok());
  world.service.tend();
  CHECK(world.store->destroy_seal(seal_of(id)).code() == Code::NotFound);
}

TEST_CASE("what is destroyed while it is read ends the reading, and no daemon", "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper().name();
  world.neighbours.meanwhile = [&] { world.destroy(name); };
  v1::OpenDocumentRequest open;
  open.set_name(name);
  const auto transaction = world.store->begin();
  REQUIRE(world.service.open_document(world.reto(), open, *transaction).ok());
  CHECK(transaction->commit().status().code() == Code::Aborted);
}

TEST_CASE("a reading that meets a destruction ends as what is destroyed, and nothing is lost",
          "[documents][bad]") {
  DocumentsWorld world;
  const auto who = [&]() -> Result<identity::SubjectPointer> {
    return std::make_shared<const policy::Subject>(world.anna());
  };
  const std::string long_text(600'000, 'x');
  AskedClock clock(world.clock);
  Service service({.rows = world.rows,
                   .shelf = world.shelf,
                   .uploads = world.uploads,
                   .marker = world.marker,
                   .neighbours = world.neighbours,
                   .ledger = *world.ledger,
                   .clock = clock});
  SECTION("between what may be read and its reading") {
    const v1::Document paper = world.paper(long_text, v1::HANDLING_LIMITED);
    v1::ReadContentRequest request;
    request.set_name(paper.name());
    const auto stream = service.read_content(who, request);
    REQUIRE(stream.ok());
    v1::ContentPart part;
    REQUIRE((*stream)->next(part).ok());
    clock.when_asked = [&] { world.destroy(paper.name()); };  // it was let in just now
    const Status ended = (*stream)->next(part).status();
    CHECK(ended.code() == Code::NotFound);
    CHECK(ended.message() == not_found(paper.name()).message());
  }
  SECTION("between what may be read and its marking") {
    const v1::Document paper = world.paper(testing::small_pdf(1));
    const auto reading = world.open(world.anna(), paper.name());
    REQUIRE(reading.ok());
    v1::ReadContentRequest request;
    request.set_name(reading->name());
    clock.when_asked = [&] { world.destroy(paper.name()); };
    const Status ended = service.read_content(who, request).status();
    CHECK(ended.code() == Code::NotFound);
    CHECK(ended.message() == not_found(reading->name()).message());
  }
  SECTION("in a view of before") {
    const std::string name = world.paper(long_text).name();
    const auto reading = world.open(world.anna(), name);
    REQUIRE(reading.ok());
    const auto before = world.store->snapshot();
    world.destroy(name);
    v1::GetDocumentRequest get;
    get.set_name(name);
    const auto left = world.service.get_document(world.anna(), get, *before);
    REQUIRE(left.status().message() == "");
    CHECK(left->SerializeAsString() == world.get(world.anna(), name)->SerializeAsString());
    get.set_name(name + "/revisions/1");
    CHECK(world.service.get_document(world.anna(), get, *before).status().code() == Code::NotFound);
    v1::ReadContentRequest request;
    request.set_name(reading->name());
    CHECK(world.service.release(world.anna(), request, *before).status().code() == Code::NotFound);
    v1::GetReadersRequest readers;
    readers.set_name(name);
    CHECK(world.service.get_readers(world.helena(), readers, *before)->readers_size() == 0);
  }
  SECTION("between two of an act's") {
    const std::string name = world.paper(long_text).name();
    REQUIRE(world.open(world.anna(), name).ok());
    v1::OpenDocumentRequest request;
    request.set_name(name);
    const auto transaction = world.store->begin();
    clock.when_asked = [&] { world.destroy(name); };
    CHECK(service.open_document(world.anna(), request, *transaction).status().code() ==
          Code::DataLoss);
    CHECK(transaction->has_lost());  // so that it is done anew (Gate::acts)
    CHECK(world.open(world.anna(), name).status().code() == Code::FailedPrecondition);
  }
  SECTION("what is lost without that is lost") {
    const v1::Document paper = world.paper(long_text, v1::HANDLING_LIMITED);
    v1::ReadContentRequest request;
    request.set_name(paper.name());
    const auto stream = world.service.read_content(who, request);
    REQUIRE(stream.ok());
    v1::ContentPart part;
    REQUIRE((*stream)->next(part).ok());
    REQUIRE(world.store->destroy_seal(seal_of(parse_document_name(paper.name())->id)).ok());
    CHECK((*stream)->next(part).status().code() == Code::DataLoss);
  }
}

TEST_CASE("what acts on a document names it, and no revision of it", "[documents][bad]") {
  DocumentsWorld world;
  const v1::Document paper = world.paper("the first text", v1::HANDLING_LIMITED);
  v1::BeginContentRequest next = world.begin("next", "the second text");
  next.mutable_document()->Clear();
  next.mutable_document()->set_name(paper.name());
  REQUIRE(world.upload(world.helena(), next, "the second text").ok());
  // Narrower than it was: under another guard than the revision that is named.
  v1::UpdateDocumentRequest narrow;
  *narrow.mutable_document() = *world.get(world.helena(), paper.name());
  v1::Audience& to = *narrow.mutable_document()->mutable_visibility()->mutable_audience();
  to.clear_any_of();
  to.add_any_of("process/igc/secretariat");
  to.add_any_of("party/SWE");
  if (GENERATE(true, false)) {
    REQUIRE(world.act(world.service, world.helena(), &Service::update_document, narrow).ok());
  }
  const v1::Document before = *world.get(world.helena(), paper.name());
  const std::uint64_t entries = world.entries();
  const std::string first = paper.name() + "/revisions/1";
  const auto refuses = [&](auto request, auto serve) {
    request.set_name(first);
    const Status status = world.act(world.service, world.helena(), serve, request).status();
    CHECK(status.code() == Code::NotFound);
    CHECK(status.message() == "`" + first + "` was not found");
  };
  v1::HoldDocumentRequest hold;
  hold.set_hold(true);
  refuses(hold, &Service::hold_document);
  refuses(v1::WithdrawDocumentRequest(), &Service::withdraw_document);
  refuses(v1::DestroyDocumentRequest(), &Service::destroy_document);
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = before;
  update.mutable_document()->set_name(first);
  CHECK(
      world.act(world.service, world.helena(), &Service::update_document, update).status().code() ==
      Code::NotFound);
  CHECK(world.entries() == entries);
  CHECK(world.get(world.helena(), paper.name())->SerializeAsString() == before.SerializeAsString());
  hold.set_name(paper.name());
  const auto held = world.act(world.service, world.helena(), &Service::hold_document, hold);
  REQUIRE(held.ok());
  CHECK(held->on_hold());
  CHECK(held->revision() == before.revision() + 1);
  CHECK(*world.read(world.anna(), paper.name()) == "the second text");
}

TEST_CASE("a revision follows the newest, or ends the daemon", "[documents][bad]") {
  DocumentsWorld world;
  const v1::Document paper = world.paper();
  const store::Id id = parse_document_name(paper.name())->id;
  const auto transaction = world.store->begin();
  const auto found = world.rows.find(*transaction, id);
  const auto seen =
      policy::decide(world.helena(), policy::Action::Read, (*found)->guard(), world.clock.now());
  record::Document row = *(*found)->open(seen);
  row.set_revision(row.revision() - 1);
  CHECK(entente::testing::dies(
      [&] { static_cast<void>(world.rows.save(*transaction, row, world.clock.now()).ok()); }));
}

TEST_CASE("a schedule that meets a destruction complains of nothing", "[documents][retention]") {
  DocumentsWorld world;
  std::vector<std::string> complaints;
  AskedClock clock(world.clock);
  Retention retention(
      {.rows = world.rows,
       .shelf = world.shelf,
       .service = world.service,
       .neighbours = world.neighbours,
       .ledger = *world.ledger,
       .clock = clock,
       .complain = [&](std::string_view what, const Status&) { complaints.emplace_back(what); }});
  const std::string name = world.paper().name();
  world.clock.pass(std::chrono::days(36'525));
  const auto entries = world.entries();
  SECTION("which its originator made") {
    // First what is over is looked for, then one is destroyed by what the time is.
    clock.when_asked = [&] { clock.when_asked = [&] { world.destroy(name); }; };
    retention.tend();
    CHECK(complaints.empty());
    CHECK(world.entries() == entries + 1);
    CHECK(world.get(world.helena(), name)->recorded_by() == world.helena().account);
  }
  SECTION("but of what is lost without one") {
    REQUIRE(world.store->destroy_seal(seal_of(parse_document_name(name)->id)).ok());
    retention.tend();
    CHECK(complaints == std::vector<std::string>{name});
  }
}

TEST_CASE("the same bytes in two documents are two: one is destroyed, the other is read",
          "[documents]") {
  DocumentsWorld world;
  const v1::Document one = world.paper("the same text", v1::HANDLING_LIMITED);
  const v1::Document other = world.paper("the same text", v1::HANDLING_LIMITED);
  world.destroy(one.name());
  CHECK_FALSE(world.read(world.anna(), one.name()).ok());
  CHECK(*world.read(world.anna(), other.name()) == "the same text");
}

}  // namespace
}  // namespace entente::documents
