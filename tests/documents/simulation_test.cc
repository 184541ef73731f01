// Documents on a seed (tests/support/simulation.h): uploads that break off and go on, over crashes
// too; revisions, receipts, circulation, withdrawal, holds and destruction, keys that cannot be
// written, and days and years that pass. Held against a plain account of what may be there of each
// document and circulation, and of who may see it; and against old copies of the store, in which
// nothing that was destroyed since may open.
#include "tests/support/simulation.h"

#include <array>

#include "server/documents/retention.h"
#include "server/store/owed_claims.h"
#include "tests/documents/world.h"

namespace entente::documents::testing {
namespace {

using entente::testing::below;
using entente::testing::Book;
using entente::testing::Machine;
using entente::testing::one_in;
using entente::testing::Site;

constexpr std::chrono::days kNotesAreKept{730};

// Who acts, and all that the model knows of them.
struct Who {
  std::string party;
  std::string person;
  std::set<std::string> holds;
  bool secretariat = false;
  [[nodiscard]] std::string account() const { return "parties/" + party + "/accounts/" + person; }
};
const Who anna{"SWE", "anna", {"party/SWE", "process/igc/members", "process/igc/body/wg-data"}};
const Who reto{"CHE", "reto", {"party/CHE", "process/igc/members"}};
const Who samira{"UNHCR", "samira", {"party/UNHCR", "process/igc/observers"}};
const Who kamon{"THA", "kamon", {"party/THA"}};
const Who helena{"IGC", "helena", {"party/IGC", "process/igc/secretariat"}, true};
const std::vector<const Who*> everybody = {&anna, &reto, &samira, &kamon, &helena};
const std::vector<const Who*> originators = {&anna, &helena};

// Over whom something stands.
struct Shown {
  std::string party;  // the originator's
  std::set<std::string> to;
  std::int64_t embargo_us = 0;
  bool operator==(const Shown&) const = default;
  [[nodiscard]] bool to_see(const Who& who, Instant now) const {
    const bool among =
        std::ranges::any_of(to, [&](const auto& one) { return who.holds.count(one) != 0; });
    return among && (to_micros(now) >= embargo_us || who.party == party || who.secretariat);
  }
};

struct Paper {
  int state = 0;  // none
  Shown shown;
  std::string title;
  bool restricted = false;
  bool held = false;
  std::int64_t kept_until_us = 0;
  std::uint64_t revision = 0;
  std::map<std::string, std::string> contents;  // SHA-256 by language
  std::map<std::string, std::uint64_t> readings;
  std::set<std::string> brought;  // the uploads that made it; no reader sees that
  bool operator==(const Paper& other) const {
    return std::tie(state, shown, title, restricted, held, kept_until_us, revision, contents,
                    readings) == std::tie(other.state, other.shown, other.title, other.restricted,
                                          other.held, other.kept_until_us, other.revision,
                                          other.contents, other.readings);
  }
  [[nodiscard]] bool goes_on() const { return state == v1::Document::CURRENT; }
  [[nodiscard]] bool is_same(const Paper& other) const {
    return *this == other && brought == other.brought;
  }
  [[nodiscard]] bool gives_content(const Who& who) const {
    return state == v1::Document::CURRENT ||
           (state == v1::Document::WITHDRAWN && who.party == shown.party);
  }
};

struct Sending {
  bool sent = false;
  Shown shown;
  bool recalled = false;
  // Account and words, and who is to see it besides its writer and the sender; empty: all.
  std::vector<std::array<std::string, 3>> responses;
  bool operator==(const Sending&) const = default;
  [[nodiscard]] bool goes_on() const { return sent && !recalled; }
};

struct Upload {
  v1::BeginContentRequest request;
  std::string bytes;
  std::string document;     // that it is for, or was to be for when it was begun last
  std::uint64_t sent = 0;   // and told so
  std::uint64_t start = 0;  // the daemon's
  Tick touched{};
};

// All that a start makes.
struct Daemon : entente::testing::Foundation {
  Daemon(Site& site, FewNeighbours& neighbours)
      : Foundation(site),
        rows(*store),
        shelf(rows),
        uploads({.rows = rows, .clock = site.clock, .entropy = site.entropy}),
        service({.rows = rows,
                 .shelf = shelf,
                 .uploads = uploads,
                 .marker = marker,
                 .neighbours = neighbours,
                 .ledger = *ledger,
                 .clock = site.clock}),
        circulation({.rows = rows,
                     .shelf = shelf,
                     .neighbours = neighbours,
                     .ledger = *ledger,
                     .clock = site.clock,
                     .entropy = site.entropy}),
        retention({.rows = rows,
                   .shelf = shelf,
                   .service = service,
                   .neighbours = neighbours,
                   .ledger = *ledger,
                   .clock = site.clock,
                   .complain = [this](std::string_view, const Status&) { ++complaints; }}) {
    REQUIRE(shelf.load().ok());
    ledger->add_follower(shelf);
  }
  Rows rows;
  Shelf shelf;
  Uploads uploads;
  Marker marker{ENTENTE_MARK_PROGRAM};
  Service service;
  CirculationService circulation;
  Retention retention;
  int complaints = 0;
};

class Simulation {
 private:
  FewNeighbours neighbours_;  // outlive the daemons

 public:
  explicit Simulation(std::uint64_t seed)
      : machine(seed, [this](Site& site) { return std::make_unique<Daemon>(site, neighbours_); }) {
    machine.rooms.staged = {chunks_table, texts_table};
    machine.begin();
  }

  void one() {
    using Kind = void (Simulation::*)();
    static const std::vector<Kind> kinds = {
        &Simulation::upload,   &Simulation::upload,    &Simulation::upload,  &Simulation::upload,
        &Simulation::upload,   &Simulation::upload,    &Simulation::update,  &Simulation::update,
        &Simulation::read,     &Simulation::read,      &Simulation::hold,    &Simulation::withdraw,
        &Simulation::destroy,  &Simulation::circulate, &Simulation::respond, &Simulation::respond,
        &Simulation::recall,   &Simulation::meet,      &Simulation::lists,   &Simulation::copy,
        &Simulation::time_goes};
    (this->*kinds[below(draw(), kinds.size())])();
    if (one_in(draw(), 4)) daemon().service.tend();  // as the watcher does
  }
  void look() {
    daemon().service.tend();
    for (const auto& [name, may] : papers_.all()) look_at(name);
    for (const auto& [name, may] : sendings_.all()) look_at_sending(name);
    for (const Who* who : everybody) lists_of(*who);
    for (const auto& copy : copies_) attack(*copy);
  }

  Machine<Daemon> machine;

 private:
  store::Draw& draw() { return machine.site.draw; }
  Daemon& daemon() { return *machine.daemon; }
  [[nodiscard]] Instant now() const { return machine.site.clock.now(); }
  const Who& somebody() { return *everybody[below(draw(), everybody.size())]; }
  std::string value() { return "value " + std::to_string(machine.operations); }

  [[nodiscard]] policy::Subject as(const Who& who) const {
    policy::Subject subject;
    subject.account = who.account();
    subject.party = who.party;
    subject.person = who.person;
    for (const auto& text : who.holds) subject.principals.insert(*policy::Principal::parse(text));
    if (who.secretariat) {
      subject.duties.push_back(
          {.duty = policy::Duty::Secretariat, .party = who.party, .process = "igc"});
    }
    subject.sight = policy::Sight(subject.principals, neighbours_.table);
    return subject;
  }
  template <typename Face, typename Req, typename Rep>
  Result<Rep> act(Face& face, const Who& who,
                  Result<Rep> (Face::*serve)(const policy::Subject&, const Req&,
                                             store::Transaction&),
                  const Req& request) {
    return machine.act(face, as(who), serve, request);
  }
  template <typename Face, typename Req, typename Rep>
  Result<Rep> ask(Face& face, const Who& who,
                  Result<Rep> (Face::*serve)(const policy::Subject&, const Req&, store::Snapshot&),
                  const Req& request) {
    return machine.ask(face, as(who), serve, request);
  }
  template <typename Req>
  static Req named(const std::string& name) {
    Req request;
    request.set_name(name);
    return request;
  }
  // One of what there is or may be, and rather what is not over; empty if nothing was tried yet.
  template <typename Value>
  std::string one_of(const Book<Value>& book) {
    if (book.all().empty()) return {};
    for (int tries = 0;; ++tries) {
      auto at = book.all().begin();
      std::advance(at, static_cast<std::ptrdiff_t>(below(draw(), book.all().size())));
      if (tries == 4 || std::ranges::any_of(at->second, &Value::goes_on)) return at->first;
    }
  }
  std::set<std::string> drawn_audience(const Who& originator) {
    std::set<std::string> to = {"party/" + originator.party};
    for (const char* more : {"process/igc/members", "process/igc/observers", "party/CHE",
                             "process/igc/secretariat", "process/igc/body/wg-data"}) {
      if (one_in(draw(), 3)) to.insert(more);
    }
    return to;
  }

  // --- what is there ---

  Paper observed(const std::string& name, const Who& originator) {
    Paper paper;
    const auto shown = ask(daemon().service, originator, &Service::get_document,
                           named<v1::GetDocumentRequest>(name));
    INFO(shown.status().message());
    REQUIRE((shown.ok() || shown.status().code() == Code::NotFound));
    if (!shown.ok()) return paper;
    paper.state = shown->state();
    paper.revision = shown->revision();
    const auto readers = ask(daemon().service, originator, &Service::get_readers,
                             named<v1::GetReadersRequest>(name));
    REQUIRE(readers.ok());
    for (const auto& one : readers->readers()) paper.readings[one.account()] = one.readings();
    if (paper.state == v1::Document::DESTROYED) {
      // Who sees it is not said any more, and goes on.
      const policy::Guard guard = daemon().shelf.document(parse_document_name(name)->id)->guard;
      paper.shown.party = originator.party;
      for (const auto& one : neighbours_.table.find(guard.audience)->any_of) {
        paper.shown.to.insert(one.text());
      }
      if (guard.embargo_until) paper.shown.embargo_us = to_micros(*guard.embargo_until);
      return paper;
    }
    paper.shown = shown_of(shown->visibility(), originator);
    paper.restricted = shown->visibility().handling() == v1::HANDLING_RESTRICTED;
    paper.title = shown->title().by_language().at("en");
    paper.held = shown->on_hold();
    if (shown->has_retain_until())
      paper.kept_until_us = to_micros(instant_of(shown->retain_until()));
    for (const auto& one : shown->contents()) paper.contents[one.language()] = one.sha256();
    return paper;
  }
  static Shown shown_of(const v1::Visibility& visibility, const Who& originator) {
    Shown shown;
    shown.party = originator.party;
    for (const auto& one : visibility.audience().any_of()) shown.to.insert(one);
    if (visibility.has_embargo_until()) {
      shown.embargo_us = to_micros(instant_of(visibility.embargo_until()));
    }
    return shown;
  }
  void look_at(const std::string& name) {
    INFO(name);
    papers_.found(name, observed(name, *whose_.at(name)), machine.unsettled);
  }
  void look_at_sending(const std::string& name) {
    INFO(name);
    Sending sending;
    const Who& sender = *whose_.at(name);
    const auto shown = ask(daemon().circulation, sender, &CirculationService::get_circulation,
                           named<v1::GetCirculationRequest>(name));
    REQUIRE((shown.ok() || shown.status().code() == Code::NotFound));
    if (shown.ok()) {
      sending.sent = true;
      sending.shown = shown_of(shown->visibility(), sender);
      sending.recalled = shown->has_recalled_at();
      const auto responses = ask(daemon().circulation, sender, &CirculationService::list_responses,
                                 named<v1::ListResponsesRequest>(name));
      REQUIRE(responses.ok());
      for (const auto& one : responses->responses()) {
        sending.responses.push_back(
            {one.account(), one.text(),
             one.has_audience() ? one.audience().any_of(0) : std::string()});
      }
    }
    sendings_.found(name, sending, machine.unsettled);
  }

  // Every page of a list, as somebody gets it.
  template <typename Face, typename Req, typename Rep>
  Rep whole(Face& face, const Who& who,
            Result<Rep> (Face::*serve)(const policy::Subject&, const Req&, store::Snapshot&)) {
    Rep all;
    Req request;
    request.set_page_size(7);
    for (;;) {
      const auto page = ask(face, who, serve, request);
      REQUIRE(page.ok());
      all.MergeFrom(*page);
      if (page->next_page_token().empty()) return all;
      request.set_page_token(page->next_page_token());
    }
  }
  // Nobody sees one too many, or misses one, in any list; and of none more than is theirs.
  void lists_of(const Who& who) {
    INFO("as " << who.person);
    const Instant at = now();
    std::map<std::string, const v1::Document*> seen;
    const auto documents = whole(daemon().service, who, &Service::list_documents);
    for (const auto& one : documents.documents()) {
      REQUIRE(seen.emplace(one.name(), &one).second);
      REQUIRE(papers_.all().count(one.name()) != 0);
    }
    for (const auto& [name, may] : papers_.all()) {
      INFO(name);
      const auto sees = [&](const Paper& one) {
        return one.state != 0 && one.shown.to_see(who, at);
      };
      const bool there = seen.count(name) != 0;
      REQUIRE((there ? std::ranges::any_of(may, sees)
                     : machine.unsettled || !std::ranges::all_of(may, sees)));
      if (!there) continue;
      const v1::Document& shown = *seen[name];
      const auto fits = [&](const Paper& one) {
        if (!sees(one)) return false;
        const bool gives = one.gives_content(who);
        return shown.state() == one.state && shown.title().by_language_size() == (gives ? 1 : 0) &&
               static_cast<std::size_t>(shown.contents_size()) == (gives ? one.contents.size() : 0);
      };
      REQUIRE(std::ranges::any_of(may, fits));
    }
    std::set<std::string> sent;
    const auto in = whole(daemon().circulation, who, &CirculationService::list_inbox);
    const auto out = whole(daemon().circulation, who, &CirculationService::list_outbox);
    for (const auto* list : {&in, &out}) {
      for (const auto& one : list->circulations()) {
        REQUIRE(sent.insert(one.name()).second);
        REQUIRE(sendings_.all().count(one.name()) != 0);
        for (const auto& document : one.documents()) REQUIRE(seen.count(document) != 0);
      }
    }
    for (const auto& [name, may] : sendings_.all()) {
      INFO(name);
      const auto sees = [&](const Sending& one) { return one.sent && one.shown.to_see(who, at); };
      const bool there = sent.count(name) != 0;
      REQUIRE((there ? std::ranges::any_of(may, sees)
                     : machine.unsettled || !std::ranges::all_of(may, sees)));
      if (there) responses_of(who, name, may);
    }
    news_of(who, seen, sent);
  }
  void responses_of(const Who& who, const std::string& name, const std::vector<Sending>& may) {
    const auto shown = ask(daemon().circulation, who, &CirculationService::list_responses,
                           named<v1::ListResponsesRequest>(name));
    REQUIRE(shown.ok());
    const auto fits = [&](const Sending& one) {
      std::vector<std::string> theirs;
      for (const auto& [account, words, to] : one.responses) {
        if (to.empty() || account == who.account() || who.holds.count(to) != 0 ||
            who.party == one.shown.party) {
          theirs.push_back(words);
        }
      }
      return std::ranges::equal(theirs, shown->responses(), {}, {},
                                [](const auto& response) { return response.text(); });
    };
    REQUIRE(std::ranges::any_of(may, fits));
  }
  template <typename Documents>
  void news_of(const Who& who, const Documents& documents, const std::set<std::string>& sent) {
    const auto subject = std::make_shared<const policy::Subject>(as(who));
    auto stream = daemon().circulation.watch(
        [&]() -> Result<identity::SubjectPointer> { return subject; }, v1::WatchRequest(), [] {});
    REQUIRE(stream.ok());
    for (v1::News news;; news.Clear()) {
      const auto next = (*stream)->next(news);
      REQUIRE(next.ok());
      if (*next != net::Source::Next::Message) return;
      INFO("news of " << news.object());
      REQUIRE((documents.count(news.object()) != 0 || sent.count(news.object()) != 0));
    }
  }
  void lists() { lists_of(somebody()); }

  // --- bringing ---

  void draw_upload(Upload& upload, const Who& who, const std::string& id) {
    upload = Upload();
    upload.request.set_upload_id(id);
    v1::Document& document = *upload.request.mutable_document();
    v1::Content& content = *upload.request.mutable_content();
    content.set_language("en");
    const std::string there = one_of(papers_);
    if (!there.empty() && whose_.at(there) == &who && one_in(draw(), 2)) {
      document.set_name(there);
      upload.document = there;
      if (one_in(draw(), 2)) content.set_language("fr");
    } else {
      document.set_kind(one_in(draw(), 2) ? v1::Document::INTELLIGENCE_NOTE : v1::Document::STUDY);
      *document.mutable_title() = english(value());
      document.set_process("processes/igc");
      v1::Visibility& visibility = *document.mutable_visibility();
      for (const auto& one : drawn_audience(who)) visibility.mutable_audience()->add_any_of(one);
      visibility.set_handling(one_in(draw(), 2) ? v1::HANDLING_RESTRICTED : v1::HANDLING_LIMITED);
      if (one_in(draw(), 4)) {
        set_time(*visibility.mutable_embargo_until(), now() + std::chrono::hours(2));
      }
    }
    content.set_file_name("paper.txt");
    content.set_media_type("text/plain");
    const std::size_t size =
        1 + below(draw(), one_in(draw(), 8) ? 3 * limits::content_chunk_bytes : 2'000);
    upload.bytes = value() + " of " + id;
    upload.bytes.resize(size, 'x');
    content.set_bytes(size);
  }
  // What its finish makes of what was there.
  std::variant<Code, Paper> brought(const Paper& before, const Who& who, const Upload& upload) {
    const std::string id = who.person + upload.request.upload_id();
    if (before.brought.count(id) != 0) {
      if (before.shown.to_see(who, now())) return before;
      return Code::NotFound;
    }
    Paper then = before;
    const v1::Document& said = upload.request.document();
    if (said.name().empty()) {
      if (before.state != 0) return Code::Internal;
      then.state = v1::Document::CURRENT;
      then.title = said.title().by_language().at("en");
      then.shown = shown_of(said.visibility(), who);
      then.restricted = said.visibility().handling() == v1::HANDLING_RESTRICTED;
      if (said.kind() == v1::Document::INTELLIGENCE_NOTE) {
        then.kept_until_us = to_micros(now() + kNotesAreKept);
      }
    } else if (before.state == 0) {
      return Code::NotFound;
    } else if (before.state != v1::Document::CURRENT) {
      return Code::FailedPrecondition;
    }
    const std::string digest(as_view(sha256(upload.bytes)));
    bytes_[digest] = upload.bytes;
    then.contents[upload.request.content().language()] = digest;
    then.brought.insert(id);
    ++then.revision;
    return then;
  }
  // A step of one that is under way: begun or begun again, a piece, the end.
  void upload() {
    const Who& who = *originators[below(draw(), originators.size())];
    auto& slot = uploads_[who.person + std::to_string(below(draw(), 3))];
    if (slot.bytes.empty()) draw_upload(slot, who, "u" + std::to_string(++uploads_drawn_));
    if (!slot.document.empty()) look_at(slot.document);
    const auto progress = ask(daemon().service, who, &Service::begin_content, slot.request);
    if (!progress.ok()) {
      if (progress.status().code() == Code::Unavailable) return;  // no key
      // What it was to be a content of is not as it was.
      if (progress.status().code() == Code::ResourceExhausted) return;
      REQUIRE(!slot.request.document().name().empty());
      papers_.told(progress.status(), slot.document,
                   [](const Paper& before) -> std::variant<Code, Paper> {
                     if (before.state == v1::Document::CURRENT) return Code::Internal;
                     return before.state == 0 ? Code::NotFound : Code::FailedPrecondition;
                   });
      slot = Upload();
      return;
    }
    if (progress->already_there()) {
      // Only if nobody was told how its end ended; it is whole.
      const std::string id = who.person + slot.request.upload_id();
      const auto has = [&](const Paper& one) { return one.brought.count(id) != 0; };
      REQUIRE(std::ranges::any_of(papers_.may(progress->document()), has));
      if (!machine.unsettled) {
        std::erase_if(papers_.may(progress->document()), std::not_fn(has));
        look_at(progress->document());
      }
      slot = Upload();
      return;
    }
    const Tick tick = machine.site.clock.tick();
    const bool same = slot.start == machine.starts && slot.start != 0 &&
                      tick - slot.touched <= std::chrono::milliseconds(limits::content_idle_ms_max);
    REQUIRE(progress->offset() == (same ? slot.sent : 0));
    slot.sent = progress->offset();
    slot.start = machine.starts;
    slot.touched = tick;
    slot.document = progress->document();
    whose_[slot.document] = &who;
    if (slot.sent < slot.bytes.size()) return piece(who, slot);
    finish(who, slot);
  }
  void piece(const Who& who, Upload& slot) {
    v1::SendContentRequest next;
    next.set_upload_id(slot.request.upload_id());
    next.set_offset(slot.sent);
    next.set_content(slot.bytes.substr(
        slot.sent, one_in(draw(), 2) ? slot.bytes.size() : 1 + below(draw(), slot.bytes.size())));
    const bool wrong = one_in(draw(), 10);
    if (wrong) next.set_offset(slot.sent + 1);
    const auto sent = ask(daemon().service, who, &Service::send_content, next);
    if (wrong) REQUIRE(sent.status().code() == Code::FailedPrecondition);
    if (sent.ok()) slot.sent = sent->offset();
  }
  void finish(const Who& who, Upload& slot) {
    v1::FinishContentRequest request;
    request.set_upload_id(slot.request.upload_id());
    const bool wrong = one_in(draw(), 10);
    request.set_sha256(std::string(as_view(sha256(wrong ? "other" : slot.bytes))));
    const auto made = act(daemon().service, who, &Service::finish_content, request);
    papers_.told(made.status(), slot.document, [&](const Paper& before) {
      const std::variant<Code, Paper> then = brought(before, who, slot);
      const bool again = std::holds_alternative<Paper>(then) && std::get<Paper>(then) == before;
      return wrong && !again ? std::variant<Code, Paper>(Code::InvalidArgument) : then;
    });
    if (!made.ok()) return;
    daemon().service.finished(*made);
    look_at(slot.document);
    slot = Upload();
  }

  // --- what is done to a document ---

  // What an act of the originator's ends in where it does not go on.
  static std::optional<Code> refused(const Paper& before, const Who& who, Instant at) {
    if (before.state == 0 || !before.shown.to_see(who, at)) return Code::NotFound;
    if (who.party != before.shown.party) return Code::PermissionDenied;
    return std::nullopt;
  }
  // Mostly its originator.
  const Who& doer(const std::string& name) {
    return one_in(draw(), 4) ? somebody() : *whose_.at(name);
  }

  void update() {
    const std::string name = one_of(papers_);
    if (name.empty()) return;
    look_at(name);
    const Who& who = doer(name);
    v1::UpdateDocumentRequest request;
    v1::Document& document = *request.mutable_document();
    document.set_name(name);
    document.set_kind(v1::Document::STUDY);
    *document.mutable_title() = english(value());
    const Paper& shown = papers_.may(name).back();
    const bool stale = one_in(draw(), 5);
    document.set_revision(stale ? shown.revision + 1 : 0);
    const std::set<std::string> to = drawn_audience(who);
    const bool restricted = one_in(draw(), 2);
    const bool shows = one_in(draw(), 2);
    if (shows) {
      for (const auto& one : to) {
        document.mutable_visibility()->mutable_audience()->add_any_of(one);
      }
      document.mutable_visibility()->set_handling(restricted ? v1::HANDLING_RESTRICTED
                                                             : v1::HANDLING_LIMITED);
    }
    const Status status = act(daemon().service, who, &Service::update_document, request).status();
    papers_.told(status, name, [&](const Paper& before) -> std::variant<Code, Paper> {
      if (const auto code = refused(before, who, now())) return *code;
      if (before.state != v1::Document::CURRENT) return Code::FailedPrecondition;
      if (stale && before.revision != shown.revision + 1) return Code::FailedPrecondition;
      Paper then = before;
      then.title = document.title().by_language().at("en");
      if (shows) {
        if (before.restricted && !restricted) return Code::InvalidArgument;
        then.shown.to = to;
        then.shown.embargo_us = 0;
        then.restricted = restricted;
      }
      ++then.revision;
      return then;
    });
    if (status.ok()) look_at(name);
  }

  void read() {
    const std::string name = one_of(papers_);
    if (name.empty()) return;
    look_at(name);
    const Who& who = somebody();
    const auto opened =
        act(daemon().service, who, &Service::open_document, named<v1::OpenDocumentRequest>(name));
    papers_.told(opened.status(), name, [&](const Paper& before) -> std::variant<Code, Paper> {
      if (before.state == 0 || !before.shown.to_see(who, now())) return Code::NotFound;
      if (!before.gives_content(who)) return Code::FailedPrecondition;
      Paper then = before;
      ++then.readings[who.account()];
      return then;
    });
    // Without a receipt nothing that is restricted is given.
    std::string copy = opened.ok() ? opened->name() : name;
    const auto subject = std::make_shared<const policy::Subject>(as(who));
    auto source =
        daemon().service.read_content([&]() -> Result<identity::SubjectPointer> { return subject; },
                                      named<v1::ReadContentRequest>(copy));
    const auto gives = [&](const Paper& one) {
      return one.state != 0 && one.shown.to_see(who, now()) && one.gives_content(who) &&
             (opened.ok() || !one.restricted);
    };
    if (!machine.unsettled) REQUIRE(source.ok() == gives(papers_.may(name).front()));
    if (!source.ok()) return;
    std::string bytes;
    std::string digest;
    std::size_t trailer = 0;
    for (v1::ContentPart part;; part.Clear()) {
      const auto next = (*source)->next(part);
      REQUIRE(next.ok());
      if (*next != net::Source::Next::Message) break;
      if (part.total_bytes() != 0) digest = part.sha256(), trailer = part.trailer_bytes();
      bytes += part.content();
    }
    REQUIRE(bytes_.count(digest) != 0);
    REQUIRE(bytes.substr(0, bytes.size() - trailer) == bytes_[digest]);
  }

  void hold() {
    const std::string name = one_of(papers_);
    if (name.empty()) return;
    look_at(name);
    const Who& who = one_in(draw(), 4) ? somebody() : helena;
    auto request = named<v1::HoldDocumentRequest>(name);
    request.set_hold(one_in(draw(), 3));
    const Status status = act(daemon().service, who, &Service::hold_document, request).status();
    papers_.told(status, name, [&](const Paper& before) -> std::variant<Code, Paper> {
      if (before.state == 0 || !before.shown.to_see(who, now())) return Code::NotFound;
      if (!who.secretariat) return Code::PermissionDenied;
      if (before.state == v1::Document::DESTROYED) return Code::FailedPrecondition;
      Paper then = before;
      then.held = request.hold();
      ++then.revision;
      return then;
    });
  }

  void withdraw() {
    const std::string name = one_of(papers_);
    if (name.empty() || !one_in(draw(), 4)) return;
    look_at(name);
    const Who& who = doer(name);
    const Status status = act(daemon().service, who, &Service::withdraw_document,
                              named<v1::WithdrawDocumentRequest>(name))
                              .status();
    papers_.told(status, name, [&](const Paper& before) -> std::variant<Code, Paper> {
      if (const auto code = refused(before, who, now())) return *code;
      Paper then = before;
      if (before.state != v1::Document::CURRENT) return then;
      then.state = v1::Document::WITHDRAWN;
      ++then.revision;
      return then;
    });
  }

  static Paper buried(const Paper& before) {
    Paper then;
    then.state = v1::Document::DESTROYED;
    then.shown = before.shown;
    then.revision = before.revision + 1;
    then.brought = before.brought;
    return then;
  }
  Status destroy(const std::string& name, const Who& who) {
    const auto stone = act(daemon().service, who, &Service::destroy_document,
                           named<v1::DestroyDocumentRequest>(name));
    papers_.told(stone.status(), name, [&](const Paper& before) -> std::variant<Code, Paper> {
      if (const auto code = refused(before, who, now())) return *code;
      if (before.held) return Code::FailedPrecondition;
      return buried(before);
    });
    if (!stone.ok()) return stone.status();
    // The daemon may end between the commit and the end of the key.
    if (one_in(draw(), 4)) machine.site.disk.dead = true;
    if (!machine.site.disk.dead) daemon().service.destroyed(*stone);
    return {};
  }
  void destroy() {
    const std::string name = one_of(papers_);
    if (name.empty() || !one_in(draw(), 2)) return;
    look_at(name);
    static_cast<void>(destroy(name, doer(name)).ok());
  }
  // What somebody reads is destroyed meanwhile: their reading loses, and that is all.
  void meet() {
    const std::string name = one_of(papers_);
    if (name.empty() || !one_in(draw(), 3)) return;
    look_at(name);
    Status destroyed(Code::Cancelled, Reason::None, "not begun");
    neighbours_.meanwhile = [&] { destroyed = destroy(name, *whose_.at(name)); };
    const auto transaction = daemon().store->begin();
    const auto opened = daemon().service.open_document(
        as(*whose_.at(name)), named<v1::OpenDocumentRequest>(name), *transaction);
    neighbours_.meanwhile = nullptr;
    if (!opened.ok()) return;
    const Status read = machine.commit(*transaction);
    REQUIRE_FALSE((read.ok() && destroyed.ok()));
    papers_.told(read, name, [&](const Paper& before) -> std::variant<Code, Paper> {
      if (!before.gives_content(*whose_.at(name))) return Code::Aborted;
      Paper then = before;
      ++then.readings[whose_.at(name)->account()];
      return then;
    });
  }

  // --- sending round ---

  void circulate() {
    const std::string name = one_of(papers_);
    if (name.empty()) return;
    look_at(name);
    const Who& who = doer(name);
    v1::CirculateRequest request;
    request.mutable_circulation()->add_documents(name);
    *request.mutable_circulation()->mutable_note() = english(value());
    const auto transaction = daemon().store->begin();
    const auto sent = daemon().circulation.circulate(as(who), request, *transaction);
    Status status = sent.status();
    if (sent.ok()) {
      if (!one_in(draw(), 20))
        status = machine.commit(*transaction);
      else
        status = Status(Code::Cancelled, Reason::None, "left before its end");
      whose_[sent->name()] = &who;
      Sending sending;
      sending.sent = true;
      sending.shown = shown_of(sent->visibility(), who);
      const auto as_its_paper = [&](const Paper& one) {
        return one.shown.to == sending.shown.to && one.shown.embargo_us == sending.shown.embargo_us;
      };
      REQUIRE(std::ranges::any_of(papers_.may(name), as_its_paper));
      sendings_.told(status, sent->name(), sending);
    }
    papers_.told(status, name, [&](const Paper& one) -> std::variant<Code, Paper> {
      if (one.state == 0 || !one.shown.to_see(who, now())) return Code::NotFound;
      if (who.party != one.shown.party && !who.secretariat) return Code::PermissionDenied;
      if (one.state != v1::Document::CURRENT) return Code::FailedPrecondition;
      return one;
    });
  }
  void respond() {
    const std::string name = one_of(sendings_);
    if (name.empty()) return;
    look_at_sending(name);
    const Who& who = somebody();
    auto request = named<v1::RespondRequest>(name);
    request.mutable_response()->set_kind(v1::Response::COMMENT);
    request.mutable_response()->set_text(value());
    std::string to;
    if (one_in(draw(), 2)) to = "party/" + somebody().party;
    if (!to.empty()) request.mutable_response()->mutable_audience()->add_any_of(to);
    const Status status =
        act(daemon().circulation, who, &CirculationService::respond, request).status();
    sendings_.told(status, name, [&](const Sending& before) -> std::variant<Code, Sending> {
      if (!before.sent || !before.shown.to_see(who, now())) return Code::NotFound;
      if (before.recalled) return Code::FailedPrecondition;
      Sending then = before;
      then.responses.push_back({who.account(), request.response().text(), to});
      return then;
    });
  }
  void recall() {
    const std::string name = one_of(sendings_);
    if (name.empty() || !one_in(draw(), 4)) return;
    look_at_sending(name);
    const Who& who = doer(name);
    const Status status =
        act(daemon().circulation, who, &CirculationService::recall, named<v1::RecallRequest>(name))
            .status();
    sendings_.told(status, name, [&](const Sending& before) -> std::variant<Code, Sending> {
      if (!before.sent || !before.shown.to_see(who, now())) return Code::NotFound;
      if (who.party != before.shown.party) return Code::PermissionDenied;
      Sending then = before;
      then.recalled = true;
      return then;
    });
  }

  // --- time, and old copies ---

  void time_goes() {
    std::chrono::seconds time(below(draw(), 3'600));
    if (one_in(draw(), 20)) time += kNotesAreKept;
    machine.site.time_goes(time);
    // What is over its time goes, as far as the disk lets it; it is looked for once a minute.
    if (tended_.first == machine.starts && now() >= tended_.second &&
        now() - tended_.second < std::chrono::minutes(1)) {
      return;
    }
    tended_ = {machine.starts, now()};
    for (const auto& [name, may] : papers_.all()) look_at(name);
    const int complaints = daemon().complaints;
    daemon().retention.tend();
    const bool all = daemon().complaints == complaints && !machine.unsettled;
    for (const auto& [name, may] : papers_.all()) {
      const auto over = [&](const Paper& one) {
        return one.kept_until_us != 0 && one.kept_until_us <= to_micros(now()) && !one.held;
      };
      if (std::ranges::none_of(may, over)) continue;
      machine.unknown += 1;
      const Status told = all ? Status() : Status(Code::Unavailable, Reason::None, "not told");
      papers_.told(told, name, [&](const Paper& one) -> std::variant<Code, Paper> {
        return over(one) ? buried(one) : one;
      });
    }
    if (!all) machine.unsettled = true;
  }

  // A copy of all rows, as a thief or a backup has it; and what the older ones are good for.
  void copy() {
    if (!one_in(draw(), 4)) return;
    for (const auto& [name, may] : papers_.all()) look_at(name);
    daemon().service.tend();
    if (!machine.unsettled && !machine.site.keyring_fails) {
      for (const auto& copy : copies_) attack(*copy);
    }
    auto rows = store::memory_engine();
    std::vector<store::EngineRow> all;
    const auto view = machine.site.disk.rows->view();
    const auto cursor = view->walk({}, std::nullopt);
    for (; cursor->valid(); cursor->next()) {
      all.push_back({.key = std::string(cursor->key()), .value = std::string(cursor->value())});
    }
    REQUIRE(rows->write(all, store::Durable::Now).ok());
    if (copies_.size() == 3) copies_.erase(copies_.begin());
    copies_.push_back(std::move(rows));
  }
  // With the keyring as it is on the disk now, nothing of it opens that was destroyed since.
  void attack(store::Engine& copy) {
    std::filesystem::path stolen = machine.site.keyring;
    stolen += ".stolen";
    std::filesystem::copy_file(machine.site.keyring, stolen,
                               std::filesystem::copy_options::overwrite_existing);
    const auto keyring =
        *store::Keyring::open(stolen, store::test_root_key(), machine.site.entropy);
    const auto view = copy.view();
    std::vector<store::EngineRow> ignored;
    REQUIRE(keyring->adopt(*store::OwedClaims::read(*view, *keyring, ignored)).ok());
    std::set<store::Id> dead;
    for (const auto& [name, may] : papers_.all()) {
      if (may.size() == 1 && may.front().state == v1::Document::DESTROYED) {
        dead.insert(parse_document_name(name)->id);
      }
    }
    const auto cursor = view->walk({}, std::nullopt);
    for (; cursor->valid(); cursor->next()) {
      const auto name = keyring->sealed_for(cursor->value());
      const bool opens = keyring->unseal(cursor->key(), cursor->value()).ok();
      if (name && name->scope == store::SealName::Scope::Document) {
        INFO(document_name(name->id));
        REQUIRE(dead.count(name->id) == 0);
        REQUIRE(opens);
      }
    }
  }

  Book<Paper> papers_;
  Book<Sending> sendings_;
  std::map<std::string, const Who*> whose_;
  std::map<std::string, Upload> uploads_;
  std::map<std::string, std::string> bytes_;  // by SHA-256
  int uploads_drawn_ = 0;
  std::pair<std::uint64_t, Instant> tended_;  // in which daemon's life, and when
  std::vector<std::unique_ptr<store::Engine>> copies_;
};

}  // namespace

TEST_CASE("whatever fails, a document is as was acknowledged, and what was destroyed stays so",
          "[documents][simulation]") {
  entente::testing::simulate<Simulation>(1'000, 4'000);
}

}  // namespace entente::documents::testing
