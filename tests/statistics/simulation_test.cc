// Statistics on a seed (tests/support/simulation.h): files that break off and go on, faulty ones,
// dry runs, corrections, embargoes, confidential figures, what is deleted and what is taken back,
// while the store fails and the daemon ends. Held against a plain account: each party's uploads in
// their order, less those that were taken back, and of each figure the newest that the reader may
// see; and what was seen on a day is what is asked for as of that day, for ever.
#include "tests/support/simulation.h"

#include "server/statistics/history.h"
#include "server/statistics/wire.h"
#include "tests/statistics/world.h"

namespace entente::statistics::testing {
namespace {

using entente::testing::below;
using entente::testing::Book;
using entente::testing::Machine;
using entente::testing::one_in;
using entente::testing::Site;
using Lines = std::vector<std::string>;

// Who reads, and all that the model knows of them.
struct Reader {
  std::string party;
  std::set<std::string> holds;
  bool secretariat = false;
};
const Reader swe{"SWE", {"party/SWE", "process/igc/members"}};
const Reader che{"CHE", {"party/CHE", "process/igc/members"}};
const Reader nor{"NOR", {"party/NOR", "process/igc/members"}};
const Reader observer{"UNHCR", {"party/UNHCR", "process/igc/observers"}};
const Reader stranger{"USA", {"party/USA"}};
const Reader keeper{"IGC", {"party/IGC", "process/igc/secretariat"}, true};
const std::vector<const Reader*> readers = {&swe, &che, &nor, &observer, &stranger, &keeper};
const std::vector<const Reader*> reporters = {&swe, &che};
const std::map<std::string, std::set<std::string>> flows = {
    {"dataflows/IGC.ASYLUM", {"process/igc/members", "process/igc/secretariat"}},
    {"dataflows/IGC.STOCK",
     {"process/igc/members", "process/igc/observers", "process/igc/secretariat"}}};

struct Figure {
  std::string value;  // empty: it was deleted
  bool confidential = false;
};
struct Given {
  std::string name;
  std::string party;
  bool deletes = false;
  std::int64_t embargo_us = 0;
  std::map<std::string, Figure> figures;  // by `A.SWE.AFG 2015`
  bool taken_back = false;
};
// A dataflow's uploads in their order. A list tells which there are; not that something was deleted
// that was not there, nor that something was taken back that stood for nothing.
struct GivenList : std::vector<Given> {
  using std::vector<Given>::vector;
  bool operator==(const GivenList& other) const { return told() == other.told(); }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> names;
    for (const Given& one : *this) {
      if (!one.deletes) names.push_back(one.name);
    }
    return names;
  }
  [[nodiscard]] bool is_same(const GivenList& other) const {
    return std::ranges::equal(*this, other, [](const Given& one, const Given& two) {
      return one.name == two.name && one.taken_back == two.taken_back;
    });
  }
};

struct Daemon : entente::testing::Foundation {
  Daemon(Site& site, TableOfAudiences& audiences)
      : Foundation(site),
        structures(*store, audiences),
        shelf(*store),
        uploads({.store = *store, .shelf = shelf, .clock = site.clock, .entropy = site.entropy}),
        service({.store = *store,
                 .structures = structures,
                 .shelf = shelf,
                 .uploads = uploads,
                 .cache = cache,
                 .ledger = *ledger,
                 .clock = site.clock}),
        history({.store = *store,
                 .service = service,
                 .structures = structures,
                 .shelf = shelf,
                 .alarms = alarms,
                 .clock = site.clock,
                 .entropy = site.entropy}) {
    REQUIRE(structures.load().ok());
    REQUIRE(shelf.load().ok());
    ledger->add_follower(structures);
    ledger->add_follower(shelf);
  }
  Structures structures;
  Shelf shelf;
  Uploads uploads;
  IndexCache cache{1 << 20};
  Service service;
  Alarms alarms;
  HistoryService history;
};

// A file on its way.
struct Sending {
  v1::BeginUploadRequest request;
  std::string file;
  bool faulty = false;
  bool dry = false;
  Given given;
  std::uint64_t sent = 0;
  std::uint64_t start = 0;  // the daemon's
};

// What somebody was shown, and when.
struct Shown {
  const Reader* reader;
  std::string flow;
  Instant at;
  Lines lines;
};

class Simulation {
 private:
  TableOfAudiences audiences_;  // outlive the daemons

 public:
  explicit Simulation(std::uint64_t seed)
      : machine(seed, [this](Site& site) { return std::make_unique<Daemon>(site, audiences_); }) {
    REQUIRE(define_structures(*daemon().store, daemon().structures, *daemon().ledger, structures(),
                              now())
                .ok());
    machine.rooms.staged = {blocks_table, index_table};
    machine.site.clock.pass(std::chrono::seconds(1));
    for (const auto& [name, audience] : flows) given_.set(name, {});
    machine.begin();
  }

  void one() {
    using Kind = void (Simulation::*)();
    static const std::vector<Kind> kinds = {
        &Simulation::bring, &Simulation::bring,     &Simulation::bring,    &Simulation::bring,
        &Simulation::bring, &Simulation::bring,     &Simulation::bring,    &Simulation::take_back,
        &Simulation::read,  &Simulation::read_then, &Simulation::time_goes};
    machine.site.clock.pass(std::chrono::seconds(1));  // as of a moment is as of all before it
    (this->*kinds[below(draw(), kinds.size())])();
  }
  void look() {
    for (const auto& [flow, audience] : flows) {
      look_at(flow);
      for (const Reader* reader : readers) read_as(*reader, flow);
    }
    for (const Shown& one : shown_) reread(one);
  }

  Machine<Daemon> machine;

 private:
  store::Draw& draw() { return machine.site.draw; }
  Daemon& daemon() { return *machine.daemon; }
  [[nodiscard]] Instant now() const { return machine.site.clock.now(); }
  static std::int64_t micros(Instant at) { return at.time_since_epoch().count(); }
  std::string drawn_flow() {
    auto at = flows.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(draw(), flows.size())));
    return at->first;
  }

  [[nodiscard]] policy::Subject as(const Reader& reader) const {
    policy::Subject subject;
    subject.account = "parties/" + reader.party + "/accounts/program";
    subject.party = reader.party;
    for (const auto& text : reader.holds)
      subject.principals.insert(*policy::Principal::parse(text));
    if (reader.secretariat) {
      subject.duties.push_back(
          {.duty = policy::Duty::Secretariat, .party = reader.party, .process = "igc"});
    }
    subject.sight = policy::Sight(subject.principals, audiences_.table);
    return subject;
  }

  // --- what is there ---

  static bool is_among(const Reader& reader, const std::string& flow) {
    return std::ranges::any_of(flows.at(flow),
                               [&](const auto& one) { return reader.holds.count(one) != 0; });
  }
  static bool sees(const Reader& reader, const Given& given, Instant at) {
    return reader.party == given.party || reader.secretariat || given.embargo_us <= micros(at);
  }
  // What a reader is shown, by the model.
  static Lines answer(const GivenList& list, const Reader& reader, Instant at) {
    std::map<std::string, std::string> newest;
    for (const Given& given : list) {
      if (given.taken_back || !sees(reader, given, at)) continue;
      for (const auto& [key, figure] : given.figures) {
        const bool hidden =
            figure.confidential && reader.party != given.party && !reader.secretariat;
        newest[key] = hidden ? "" : figure.value;
      }
    }
    Lines lines;
    for (const auto& [key, value] : newest) {
      if (!value.empty()) lines.push_back(key + "=" + value);
    }
    return lines;
  }
  // The names of a dataflow's uploads, the oldest first, as its reporters see them together.
  void look_at(const std::string& flow) {
    INFO(flow);
    std::map<std::int64_t, Given> found;
    for (const Reader* reporter : reporters) {
      v1::ListUploadsRequest request;
      request.set_dataflow(flow);
      request.set_page_size(1'000);
      const auto list =
          machine.ask(daemon().service, as(*reporter), &Service::list_uploads, request);
      REQUIRE(list.ok());
      for (const auto& one : list->uploads()) {
        if (one.party() != "parties/" + reporter->party || one.action() == v1::WITHDRAWAL ||
            one.action() == v1::DELETE) {
          continue;
        }
        Given given;
        given.name = one.name();
        found[micros(instant_of(one.recorded_at()))] = given;
      }
    }
    GivenList list;
    for (auto& [at, given] : found) list.push_back(std::move(given));
    given_.found(flow, list, machine.unsettled);
  }
  Result<Lines> query(const Reader& reader, const v1::QueryRequest& request) {
    const auto subject = std::make_shared<const policy::Subject>(as(reader));
    auto source = daemon().service.query(
        [&]() -> Result<identity::SubjectPointer> { return subject; }, request);
    if (!source.ok()) return source.status();
    Lines lines;
    for (v1::Observations message;; message.Clear()) {
      const auto next = (*source)->next(message);
      if (!next.ok()) return next.status();
      if (*next == net::Source::Next::End) return lines;
      StatisticsWorld::describe(message, lines);
    }
  }
  void read_as(const Reader& reader, const std::string& flow) {
    v1::QueryRequest request;
    request.set_dataflow(flow);
    const auto lines = query(reader, request);
    INFO(flow << " as " << reader.party);
    if (!is_among(reader, flow)) {
      REQUIRE(lines.status().code() == Code::NotFound);
      return;
    }
    REQUIRE(lines.ok());
    std::vector<GivenList>& may = given_.may(flow);
    const Lines first = answer(may.front(), reader, now());
    const auto differs = [&](const GivenList& list) {
      return answer(list, reader, now()) != *lines;
    };
    if (std::ranges::all_of(may, differs)) REQUIRE(*lines == first);
    if (machine.unsettled) return;
    std::erase_if(may, differs);
    if (!one_in(draw(), 4)) return;
    // As of this moment: nothing that comes later is of it.
    shown_.push_back({&reader, flow, now(), *lines});
    if (shown_.size() > 32) shown_.erase(shown_.begin());
    machine.site.clock.pass(std::chrono::seconds(1));
  }
  void read() {
    const std::string flow = drawn_flow();
    look_at(flow);
    read_as(*readers[below(draw(), readers.size())], flow);
  }
  void reread(const Shown& one) {
    v1::QueryRequest request;
    request.set_dataflow(one.flow);
    const std::int64_t at = micros(one.at);
    request.mutable_as_of()->set_seconds(at / 1'000'000);
    request.mutable_as_of()->set_nanos(static_cast<std::int32_t>(at % 1'000'000 * 1'000));
    const auto lines = query(*one.reader, request);
    INFO(one.flow << " as " << one.reader->party << " as of " << to_rfc3339(one.at));
    REQUIRE(lines.ok());
    REQUIRE(*lines == one.lines);
  }
  void read_then() {
    if (!shown_.empty()) reread(shown_[below(draw(), shown_.size())]);
  }

  // --- bringing ---

  void draw_sending(Sending& sending, const Reader& who) {
    sending = Sending();
    const std::string flow = drawn_flow();
    const bool deletes = one_in(draw(), 5);
    sending.faulty = one_in(draw(), 8);
    sending.dry = one_in(draw(), 8);
    sending.given.party = who.party;
    sending.given.deletes = deletes;
    sending.request.set_upload_id("u" + std::to_string(++drawn_));
    sending.request.set_dataflow(flow);
    sending.request.set_action(deletes ? v1::DELETE : v1::REPLACE);
    sending.request.set_format(v1::SDMX_CSV);
    if (one_in(draw(), 4)) {
      const Instant until = now() + std::chrono::minutes(30 + 30 * below(draw(), 3));
      sending.given.embargo_us = micros(std::chrono::floor<std::chrono::seconds>(until));
      sending.request.mutable_embargo_until()->set_seconds(sending.given.embargo_us / 1'000'000);
    }
    for (const char* citizen : {"AFG", "ERI", "SYR"}) {
      for (const char* year : {"2015", "2016"}) {
        if (!one_in(draw(), 3)) continue;
        Figure figure;
        if (!deletes) figure.value = std::to_string(1 + below(draw(), 100'000));
        figure.confidential = !deletes && one_in(draw(), 5);
        sending.given.figures["A." + who.party + "." + citizen + " " + year] = figure;
      }
    }
    if (sending.given.figures.empty()) {
      sending.given.figures["A." + who.party + ".AFG 2015"].value = deletes ? "" : "7";
    }
    sending.file = "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";
    for (auto& [key, figure] : sending.given.figures) {
      const std::string citizen = key.substr(6, 3);
      sending.file += "IGC:" + flow.substr(flow.find('.') + 1) + "(1.0),A," + who.party + "," +
                      (sending.faulty ? "ZZZ" : citizen) + "," + key.substr(10) + "," +
                      figure.value +
                      (deletes               ? ",,"
                       : figure.confidential ? ",A,C"
                                             : ",A,F") +
                      "\n";
      if (!figure.value.empty()) figure.value += "/A";
    }
  }
  // A step of a file that is under way: begun or begun again, a piece, the end.
  void bring() {
    const Reader& who = *reporters[below(draw(), reporters.size())];
    Sending& slot = sendings_[who.party];
    if (slot.file.empty()) draw_sending(slot, who);
    const std::string flow = slot.request.dataflow();
    look_at(flow);
    const auto progress =
        machine.ask(daemon().service, as(who), &Service::begin_upload, slot.request);
    REQUIRE((progress.ok() || progress.status().code() == Code::ResourceExhausted));
    if (!progress.ok()) return;
    const auto has = [&](const GivenList& list) {
      return std::ranges::any_of(list,
                                 [&](const Given& one) { return one.name == slot.given.name; });
    };
    if (progress->already_there()) {
      // Only if nobody was told how its end ended.
      REQUIRE_FALSE(slot.given.name.empty());
      REQUIRE(std::ranges::any_of(given_.may(flow), has));
      slot = Sending();
      return;
    }
    REQUIRE(progress->offset() == (slot.start == machine.starts ? slot.sent : 0));
    slot.start = machine.starts;
    slot.sent = progress->offset();
    if (slot.sent < slot.file.size()) return piece(who, slot);
    finish(who, slot);
  }
  void piece(const Reader& who, Sending& slot) {
    v1::SendPieceRequest next;
    next.set_upload_id(slot.request.upload_id());
    next.set_offset(slot.sent);
    next.set_content(slot.file.substr(
        slot.sent, one_in(draw(), 2) ? slot.file.size() : 1 + below(draw(), slot.file.size())));
    const auto sent = machine.ask(daemon().service, as(who), &Service::send_piece, next);
    if (!sent.ok()) {
      slot = Sending();  // the store failed: it is brought anew
      return;
    }
    slot.sent = sent->offset();
  }
  void finish(const Reader& who, Sending& slot) {
    v1::CheckUploadRequest check;
    check.set_upload_id(slot.request.upload_id());
    const auto report = machine.ask(daemon().service, as(who), &Service::check_upload, check);
    if (!report.ok()) {
      slot = Sending();  // as a piece
      return;
    }
    REQUIRE(report->accepted() != slot.faulty);
    if (slot.dry) {
      slot = Sending();
      return;
    }
    v1::FinishUploadRequest request;
    request.set_upload_id(slot.request.upload_id());
    request.set_sha256(report->sha256());
    const auto transaction = daemon().store->begin();
    const auto kept = daemon().service.finish_upload(as(who), request, *transaction);
    Status status = kept.status();
    if (kept.ok()) {
      slot.given.name = kept->name();
      status = one_in(draw(), 20) ? Status(Code::Cancelled, Reason::None, "left before its end")
                                  : machine.commit(*transaction);
    }
    const std::string flow = slot.request.dataflow();
    given_.told(status, flow, [&](const GivenList& before) -> std::variant<Code, GivenList> {
      if (slot.faulty) return Code::InvalidArgument;
      GivenList then = before;
      const bool there = std::ranges::any_of(
          before, [&](const Given& one) { return one.name == slot.given.name; });
      if (!there) then.push_back(slot.given);
      return then;
    });
    if (status.code() == Code::Aborted) slot = Sending();  // another came meanwhile
    if (status.code() == Code::InvalidArgument) slot = Sending();
    if (!status.ok()) return;
    daemon().service.finished(kept->name());
    slot = Sending();
    look_at(flow);
  }

  // --- taking back ---

  void take_back() {
    const std::string flow = drawn_flow();
    look_at(flow);
    const GivenList& list = given_.may(flow).front();
    if (list.empty()) return;
    const Given one = list[below(draw(), list.size())];
    const Reader& who = one_in(draw(), 4)    ? *readers[below(draw(), readers.size())]
                        : one.party == "SWE" ? swe
                                             : che;
    v1::WithdrawUploadRequest request;
    request.set_name(one.name);
    const auto report =
        machine.act(daemon().history, as(who), &HistoryService::withdraw_upload, request);
    const bool all_hidden = !who.secretariat && std::ranges::all_of(one.figures, [](const auto& f) {
      return f.second.confidential;
    });
    given_.told(
        report.status(), flow, [&](const GivenList& before) -> std::variant<Code, GivenList> {
          GivenList then = before;
          const auto at = std::ranges::find(then, one.name, &Given::name);
          if (at == then.end() || !is_among(who, flow) || !sees(who, *at, now())) {
            return Code::NotFound;
          }
          if (who.party != at->party) {
            // What is all confidential is seen only where it hides what was shown before, what
            // deletes only where that was there, and what was superseded under its embargo nowhere.
            const bool may_be_unseen =
                all_hidden || ((at->deletes || at->embargo_us != 0) && !who.secretariat);
            const bool unseen = may_be_unseen && report.status().code() == Code::NotFound;
            return unseen ? Code::NotFound : Code::PermissionDenied;
          }
          if (at->taken_back) return Code::FailedPrecondition;
          if (report.status().code() == Code::FailedPrecondition && meets_embargo(then, *at)) {
            return Code::FailedPrecondition;
          }
          at->taken_back = true;
          return then;
        });
    if (report.ok()) look_at(flow);
  }
  // Whether an observation of it was given under a longer embargo, too.
  bool meets_embargo(const GivenList& list, const Given& one) {
    return std::ranges::any_of(list, [&](const Given& other) {
      return other.party == one.party &&
             other.embargo_us > std::max(one.embargo_us, micros(now())) &&
             std::ranges::any_of(other.figures,
                                 [&](const auto& f) { return one.figures.count(f.first) != 0; });
    });
  }

  void time_goes() {
    machine.site.clock.pass(std::chrono::seconds(below(draw(), 1'200)));
    sendings_.clear();  // what is left is forgotten
  }

  Book<GivenList> given_;
  std::map<std::string, Sending> sendings_;
  std::vector<Shown> shown_;
  int drawn_ = 0;
};

}  // namespace

TEST_CASE("whatever fails, figures are as was acknowledged, for each reader and as of each day",
          "[statistics][simulation]") {
  entente::testing::simulate<Simulation>(600, 3'000);
}

}  // namespace entente::statistics::testing
