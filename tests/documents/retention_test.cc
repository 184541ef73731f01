// Retention: what is over its time goes, its key with it; what is on hold stays; who is told what.
#include "server/documents/retention.h"

#include "tests/documents/world.h"

namespace entente::documents {
namespace {

using testing::DocumentsWorld;
using Days = std::chrono::days;

struct RetentionWorld : DocumentsWorld {
  std::string bring(v1::Document::Kind kind, const std::string& id) {
    v1::BeginContentRequest request = begin(id, "text of " + id);
    request.mutable_document()->set_kind(kind);
    const auto made = upload(helena(), request, "text of " + id);
    REQUIRE(made.ok());
    return made->name();
  }
  Result<v1::RetentionSchedule> set(const policy::Subject& who, v1::Document::Kind kind,
                                    std::uint32_t days, std::uint64_t revision = 0,
                                    const std::string& process = "processes/igc") {
    v1::RetentionSchedule schedule;
    schedule.set_process(process);
    schedule.set_revision(revision);
    schedule.add_lines()->set_kind(kind);
    schedule.mutable_lines(0)->set_days(days);
    return act(retention, who, &Retention::set_schedule, schedule);
  }
  std::vector<std::string> due(std::uint32_t within) {
    v1::ListDueRequest request;
    request.set_process("processes/igc");
    request.set_within_days(within);
    const auto snapshot = store->snapshot();
    const auto reply = retention.list_due(helena(), request, *snapshot);
    REQUIRE(reply.ok());
    std::vector<std::string> names;
    for (const auto& one : reply->documents()) names.push_back(one.name());
    return names;
  }
  v1::Document::State state(const std::string& name) { return get(helena(), name)->state(); }

  std::vector<std::string> complaints;
  Retention retention{{.rows = rows,
                       .shelf = shelf,
                       .service = service,
                       .neighbours = neighbours,
                       .ledger = *ledger,
                       .clock = clock,
                       .complain = [this](std::string_view what, const Status&) {
                         complaints.emplace_back(what);
                       }}};
};

TEST_CASE("what is over its time is destroyed, and listed before; what is on hold stays",
          "[documents][retention]") {
  RetentionWorld world;
  const std::string note = world.bring(v1::Document::INTELLIGENCE_NOTE, "note");
  const std::string held = world.bring(v1::Document::INTELLIGENCE_NOTE, "held");
  const std::string study = world.bring(v1::Document::STUDY, "study");
  v1::HoldDocumentRequest hold;
  hold.set_name(held);
  hold.set_hold(true);
  REQUIRE(world.act(world.service, world.helena(), &Service::hold_document, hold).ok());
  CHECK(world.due(90).empty());
  CHECK(world.due(731) == std::vector<std::string>{note, held});
  world.clock.pass(Days(729));
  world.retention.tend();
  CHECK(world.state(note) == v1::Document::CURRENT);
  CHECK(world.due(90) == std::vector<std::string>{note, held});
  world.clock.pass(Days(2));
  const auto entries = world.entries();
  world.retention.tend();
  CHECK(world.entries() == entries + 1);
  CHECK(world.state(note) == v1::Document::DESTROYED);
  CHECK(world.state(held) == v1::Document::CURRENT);
  CHECK(world.state(study) == v1::Document::CURRENT);
  // Its key is gone, and with it every copy of its rows.
  const auto key = world.store->destroy_seal(seal_of(parse_document_name(note)->id));
  CHECK(key.code() == Code::NotFound);
  // Lifted, it goes with the next look.
  hold.set_hold(false);
  REQUIRE(world.act(world.service, world.helena(), &Service::hold_document, hold).ok());
  world.clock.pass(std::chrono::minutes(2));
  world.retention.tend();
  CHECK(world.state(held) == v1::Document::DESTROYED);
  CHECK(world.complaints.empty());
}

TEST_CASE("what is put on hold while its time is found to be over stays",
          "[documents][retention]") {
  RetentionWorld world;
  const std::string note = world.bring(v1::Document::INTELLIGENCE_NOTE, "note");
  world.clock.pass(Days(731));
  v1::HoldDocumentRequest hold;
  hold.set_name(note);
  hold.set_hold(true);
  REQUIRE(world.act(world.service, world.helena(), &Service::hold_document, hold).ok());
  const auto transaction = world.store->begin();
  const store::Id id = parse_document_name(note)->id;
  const auto stone = world.service.destroy_by_schedule(id, world.clock.now(), *transaction);
  REQUIRE(stone.ok());
  CHECK(stone->name().empty());
  CHECK_FALSE(transaction->appended());
}

TEST_CASE("a schedule may be the first that is kept of a process", "[documents][retention]") {
  RetentionWorld world;
  CHECK(world.set(world.helena(), v1::Document::REPORT, 30).status().message() == "");
}

TEST_CASE("a schedule is the secretariat's, and holds for what comes", "[documents][retention]") {
  RetentionWorld world;
  const std::string before = world.bring(v1::Document::STUDY, "before");
  const auto set = world.set(world.helena(), v1::Document::STUDY, 60);
  REQUIRE(set.ok());
  CHECK(set->revision() == 1);
  const std::string after = world.bring(v1::Document::STUDY, "after");
  CHECK(world.due(60) == std::vector<std::string>{after});
  CHECK(world.set(world.helena(), v1::Document::STUDY, 90).status().reason() ==
        Reason::RevisionStale);
  CHECK(world.set(world.helena(), v1::Document::STUDY, 29, 1).status().code() ==
        Code::InvalidArgument);
  CHECK(world.set(world.helena(), v1::Document::KIND_UNSPECIFIED, 0, 1).status().code() ==
        Code::InvalidArgument);
  CHECK(world.set(world.anna(), v1::Document::STUDY, 0, 1).status().code() ==
        Code::PermissionDenied);
  // To who has no part in it, the process is one that is not.
  CHECK(world.set(world.stranger(), v1::Document::STUDY, 0, 1).status().code() == Code::NotFound);
  v1::GetScheduleRequest get;
  get.set_process("processes/igc");
  const auto snapshot = world.store->snapshot();
  CHECK(world.retention.get_schedule(world.stranger(), get, *snapshot).status().code() ==
        Code::NotFound);
  const auto seen = world.retention.get_schedule(world.anna(), get, *snapshot);
  REQUIRE(seen.ok());
  CHECK(seen->lines_size() == 13);
  for (const auto& line : seen->lines()) {
    if (line.kind() == v1::Document::STUDY) CHECK(line.days() == 60);
    if (line.kind() == v1::Document::AGENDA) CHECK(line.days() == 3650);
    if (line.kind() == v1::Document::DECLARATION) CHECK(line.days() == 0);
  }
  v1::ListDueRequest due;
  due.set_process("processes/igc");
  CHECK(world.retention.list_due(world.anna(), due, *snapshot).status().code() ==
        Code::PermissionDenied);
}

}  // namespace
}  // namespace entente::documents
