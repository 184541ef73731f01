// Documents through their service: who may bring what, who sees what, what is kept of each reading,
// and what is left at the end.
#include "proto/contract/limits.h"
#include "tests/documents/world.h"

namespace entente::documents {
namespace {

using testing::DocumentsWorld;

std::string absent_name() { return "documents/" + std::string(32, 'a'); }

// Two refusals of the same call, each under the name that it was asked for.
void check_same(const Status& hidden, const std::string& name, const Status& absent) {
  CHECK(hidden.code() == Code::NotFound);
  CHECK(absent.code() == Code::NotFound);
  std::string said(hidden.message());
  const std::size_t at = said.find(name);
  REQUIRE(at != std::string::npos);
  CHECK(said.replace(at, name.size(), absent_name()) == absent.message());
}

TEST_CASE("what one may not see answers as what is not there, whatever is asked", "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper().name();
  const auto reading = world.open(world.anna(), name);
  for (const policy::Subject& subject : {world.samira(), world.stranger()}) {
    check_same(world.get(subject, name).status(), name, world.get(subject, absent_name()).status());
    check_same(world.open(subject, name).status(), name,
               world.open(subject, absent_name()).status());
    check_same(world.read(subject, name).status(), name,
               world.read(subject, absent_name()).status());
    check_same(world.read(subject, reading->name()).status(), name,
               world.read(subject, absent_name() + "/readings/1").status());
    check_same(world.get(subject, name + "/revisions/1").status(), name,
               world.get(subject, absent_name() + "/revisions/1").status());
    v1::GetReadersRequest readers;
    readers.set_name(name);
    CHECK(world.ask(world.service, subject, &Service::get_readers, readers).status().code() ==
          Code::NotFound);
    v1::WithdrawDocumentRequest withdraw;
    withdraw.set_name(name);
    CHECK(
        world.act(world.service, subject, &Service::withdraw_document, withdraw).status().code() ==
        Code::NotFound);
    CHECK(world.list(subject).empty());
    v1::BeginContentRequest begin = world.begin("x", "bytes");
    begin.mutable_document()->Clear();
    begin.mutable_document()->set_name(name);
    CHECK(world.ask(world.service, subject, &Service::begin_content, begin).status().code() ==
          Code::NotFound);
  }
  CHECK(world.list(world.anna()) == std::vector<std::string>{name});
}

TEST_CASE("neither an account nor a party takes every place of the uploads under way",
          "[documents]") {
  DocumentsWorld world;
  const auto begin = [&](const policy::Subject& who, int n) {
    return world
        .ask(world.service, who, &Service::begin_content,
             world.begin("upload-" + std::to_string(n), "text"))
        .status();
  };
  policy::Subject colleague = world.anna();
  std::size_t taken = 0;
  for (int account = 0; account < 4; ++account) {
    colleague.account = "parties/SWE/accounts/colleague" + std::to_string(account);
    for (int n = 0; n < 20; ++n) taken += begin(colleague, n).ok() ? 1 : 0;
    const auto most = std::min((static_cast<std::size_t>(account) + 1) * 8, std::size_t{16});
    CHECK(taken == most);
  }
  const Status refused = begin(colleague, 0);
  CHECK(refused.code() == Code::ResourceExhausted);
  CHECK(refused.reason() == Reason::Overloaded);
  CHECK(begin(world.reto(), 0).ok());
  CHECK(begin(world.helena(), 0).ok());
  // What nobody touches gives its place back.
  world.clock.pass(std::chrono::seconds(limits::content_idle_ms_max / 1'000 + 1));
  CHECK(begin(colleague, 0).ok());
}

TEST_CASE("reading what is restricted leaves a receipt first, and the copy says whose it is",
          "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper("the text of it").name();
  CHECK(world.read(world.anna(), name).status().code() == Code::FailedPrecondition);
  const std::uint64_t before = world.entries();
  const auto reading = world.open(world.anna(), name);
  REQUIRE(reading.ok());
  CHECK(world.entries() == before + 1);
  CHECK(reading->copy_number() == 1);
  const auto copy = world.read(world.anna(), reading->name());
  REQUIRE(copy.ok());
  CHECK(copy->find("the text of it\nRESTRICTED - copy 1 of ") == 0);
  CHECK(copy->find("for Name of anna (anna), SWE - 2026-11-23T08:00:01Z") != std::string::npos);
  // Ranges fit together, whatever broke in between.
  CHECK(*world.read(world.anna(), reading->name(), 0, 10) +
            *world.read(world.anna(), reading->name(), 10) ==
        *copy);
  CHECK(world.read(world.anna(), reading->name(), copy->size() + 1).status().code() ==
        Code::OutOfRange);
  // It is nobody else's copy, and not for ever.
  CHECK(world.read(world.reto(), reading->name()).status().code() == Code::NotFound);
  CHECK(world.open(world.reto(), name)->copy_number() == 2);
  world.clock.pass(std::chrono::hours(25));
  CHECK(world.read(world.anna(), reading->name()).status().code() == Code::FailedPrecondition);
}

TEST_CASE("unmarked it goes to its originator's party, and to the archive of what is concluded",
          "[documents]") {
  DocumentsWorld world;
  const std::string text = "the text of it";
  auto brought = world.upload(world.anna(), world.begin("hers", text), text);
  REQUIRE(brought.ok());
  v1::OpenDocumentRequest request;
  request.set_name(brought->name());
  request.set_original(true);
  const auto take = [&](const policy::Subject& who) {
    return world.act(world.service, who, &Service::open_document, request);
  };
  CHECK(take(world.stranger()).status().code() == Code::NotFound);
  const std::uint64_t before = world.entries();
  for (const auto& who : {world.reto(), world.helena()}) {
    CHECK(take(who).status().code() == Code::PermissionDenied);
  }
  CHECK(world.entries() == before);
  const auto own = take(world.anna());
  REQUIRE(own.ok());
  CHECK(own->mark().empty());
  CHECK(*world.read(world.anna(), own->name()) == text);
  CHECK(world.entries() == before + 1);
  world.neighbours.concluded.insert("igc");
  CHECK(take(world.reto()).status().code() == Code::PermissionDenied);
  const auto archived = take(world.helena());
  REQUIRE(archived.ok());
  CHECK(*world.read(world.helena(), archived->name()) == text);
  // Without asking for it, a copy is marked as ever.
  CHECK_FALSE(world.open(world.helena(), brought->name())->mark().empty());
}

TEST_CASE("a revision is opened as it was, by who could see it then", "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper("the first text").name();
  v1::BeginContentRequest next = world.begin("next", "the second text");
  next.mutable_document()->Clear();
  next.mutable_document()->set_name(name);
  REQUIRE(world.upload(world.helena(), next, "the second text").ok());
  const auto first = world.open(world.anna(), name + "/revisions/1");
  REQUIRE(first.ok());
  CHECK(world.read(world.anna(), first->name())->find("the first text\nRESTRICTED") == 0);
  CHECK(world.open(world.samira(), name + "/revisions/1").status().code() == Code::NotFound);
  CHECK(world.open(world.anna(), name + "/revisions/7").status().code() == Code::NotFound);
}

TEST_CASE("a document's own date is a day, a month or a year", "[documents][bad]") {
  DocumentsWorld world;
  int n = 0;
  const auto bring = [&](const std::string& date) {
    v1::BeginContentRequest request = world.begin("d" + std::to_string(++n), "text");
    request.mutable_document()->set_date(date);
    return world.upload(world.helena(), request, "text");
  };
  for (const char* date : {"", "1951", "2001-06", "2000-02-29"}) {
    CHECK(bring(date)->date() == date);
  }
  for (const char* date : {"51", "2001-13", "2001-00", "2001-02-29", "2001-6", "2001-06-1x",
                           "20010", "2001-06-14T00:00:00Z", "-001", "2001-", "MMXX"}) {
    CHECK(bring(date).status().code() == Code::InvalidArgument);
  }
}

TEST_CASE("a PDF is marked on its way out, and the original stays as it came", "[documents]") {
  DocumentsWorld world;
  const std::string pdf = testing::small_pdf(3);
  // Whatever it is called: its bytes say what it is.
  const std::string name = world.paper(pdf).name();
  const auto reading = world.open(world.anna(), name);
  const auto copy = world.read(world.anna(), reading->name());
  REQUIRE(copy.status().message() == "");
  CHECK(copy->starts_with("%PDF-"));
  CHECK(*copy != pdf);
  CHECK(*copy == *world.read(world.anna(), reading->name()));
  CHECK(world.get(world.anna(), name)->contents(0).sha256() == as_view(sha256(pdf)));
  // What could not be marked is refused before anybody waits for it.
  const std::string broken = "%PDF-1.7 and then nothing";
  const auto refused = world.upload(world.helena(), world.begin("broken", broken), broken);
  CHECK(refused.status().code() == Code::InvalidArgument);
  CHECK(
      world.upload(world.helena(), world.begin("open", broken, v1::HANDLING_LIMITED), broken).ok());
}

TEST_CASE("what is limited is read without a receipt", "[documents]") {
  DocumentsWorld world;
  const std::string bytes(700'000, 'x');
  const std::string name = world.paper(bytes, v1::HANDLING_LIMITED).name();
  const std::uint64_t before = world.entries();
  CHECK(*world.read(world.anna(), name) == bytes);
  CHECK(world.read(world.anna(), name, 262'100, 100)->size() == 100);
  CHECK(world.entries() == before);
}

TEST_CASE("an upload takes nothing that is not the next of it", "[documents][bad]") {
  DocumentsWorld world;
  const auto helena = world.helena();
  const std::string bytes(300'000, 'x');
  REQUIRE(world.ask(world.service, helena, &Service::begin_content, world.begin("u", bytes)).ok());
  const auto send = [&](const policy::Subject& who, const std::string& id, std::uint64_t offset,
                        const std::string& some) {
    v1::SendContentRequest piece;
    piece.set_upload_id(id);
    piece.set_offset(offset);
    piece.set_content(some);
    return world.ask(world.service, who, &Service::send_content, piece).status();
  };
  CHECK(send(helena, "u", 5, "early").code() == Code::FailedPrecondition);
  CHECK(send(helena, "u", 0, bytes.substr(0, 200'000)).ok());
  CHECK(send(helena, "u", 0, bytes.substr(0, 200'000)).code() == Code::FailedPrecondition);
  CHECK(send(world.anna(), "u", 200'000, "hers").code() == Code::NotFound);
  CHECK(send(helena, "other", 0, "x").code() == Code::NotFound);
  CHECK(send(helena, "u", 200'000, std::string(100'001, 'x')).code() == Code::InvalidArgument);
  CHECK(world.finish(helena, "u", bytes).status().code() == Code::InvalidArgument);  // too short
  const auto again =
      world.ask(world.service, helena, &Service::begin_content, world.begin("u", bytes));
  CHECK(again->offset() == 200'000);
  CHECK(world.ask(world.service, helena, &Service::begin_content, world.begin("u", "else"))
            .status()
            .code() == Code::AlreadyExists);
  CHECK(send(helena, "u", 200'000, bytes.substr(200'000)).ok());
  CHECK(world.finish(helena, "u", "other bytes").status().code() == Code::InvalidArgument);
  CHECK(world.list(helena).empty());
  const auto kept = world.finish(helena, "u", bytes);
  REQUIRE(kept.ok());
  CHECK(world.finish(world.helena(), "u", bytes)->name() == kept->name());  // it counts once
  CHECK(world.list(world.helena()).size() == 1);
  // One that stalls is forgotten, with its key.
  const auto begun =
      world.ask(world.service, helena, &Service::begin_content, world.begin("slow", bytes));
  world.clock.pass(std::chrono::minutes(11));
  world.uploads.sweep();
  CHECK(send(helena, "slow", 0, "x").code() == Code::NotFound);
  const auto id = parse_document_name(begun->document())->id;
  CHECK(world.store->destroy_seal(seal_of(id)).code() == Code::NotFound);
}

TEST_CASE("what is said of a document comes back, and lists go by it", "[documents]") {
  DocumentsWorld world;
  std::vector<v1::Document> made;
  const std::vector<v1::Content::Status> statuses = {
      v1::Content::ORIGINAL, v1::Content::OFFICIAL_TRANSLATION, v1::Content::COURTESY_TRANSLATION};
  for (int kind = v1::Document::Kind_MIN + 1; kind <= v1::Document::Kind_MAX; ++kind) {
    const std::string id = std::to_string(kind);
    v1::BeginContentRequest request = world.begin(id, id, v1::HANDLING_LIMITED);
    v1::Document& said = *request.mutable_document();
    said.set_kind(static_cast<v1::Document::Kind>(kind));
    for (const char* language : {"en", "fr", "ar", "zh-Hant"}) {
      (*said.mutable_title()->mutable_by_language())[language] = "title " + id;
      (*said.mutable_abstract()->mutable_by_language())[language] = "abstract " + id;
    }
    for (const std::string topic : {"returns", "visas"}) said.add_topics(topic + id);
    said.add_countries(kind % 2 == 0 ? "SWE" : "CHE");
    said.add_countries("AFG");
    said.set_body("processes/igc/bodies/wg-data");
    said.set_meeting("meetings/" + std::string(32, 'a'));
    set_time(*said.mutable_visibility()->mutable_expires_at(),
             world.clock.now() + std::chrono::hours(1'000));
    request.mutable_content()->set_status(statuses[static_cast<std::size_t>(kind) % 3]);
    const auto brought = world.upload(world.helena(), request, id);
    REQUIRE(brought.status().message() == "");
    const v1::Document got = *world.get(world.anna(), brought->name());
    CHECK(got.kind() == said.kind());
    CHECK(got.title().SerializeAsString().size() == said.title().SerializeAsString().size());
    for (const auto& [language, words] : said.title().by_language()) {
      CHECK(got.title().by_language().at(language) == words);
      CHECK(got.abstract().by_language().at(language) == "abstract " + id);
    }
    CHECK(std::equal(said.topics().begin(), said.topics().end(), got.topics().begin()));
    CHECK(std::equal(said.countries().begin(), said.countries().end(), got.countries().begin()));
    CHECK(got.process() == "processes/igc");
    CHECK(got.body() == said.body());
    CHECK(got.meeting() == said.meeting());
    CHECK(got.originator() == "parties/IGC");
    CHECK(got.visibility().expires_at().seconds() == said.visibility().expires_at().seconds());
    CHECK(got.contents(0).status() == request.content().status());
    CHECK(got.contents(0).file_name() == "paper.txt");
    made.push_back(got);
  }
  const auto names = [&](const auto& fill) {
    v1::ListDocumentsRequest request;
    fill(request);
    std::set<std::string> out;
    const auto reply = world.ask(world.service, world.anna(), &Service::list_documents, request);
    REQUIRE(reply.ok());
    for (const auto& one : reply->documents()) out.insert(one.name());
    return out;
  };
  for (const v1::Document& one : made) {
    const std::set<std::string> alone = {one.name()};
    CHECK(names([&](auto& list) { list.set_kind(one.kind()); }) == alone);
    CHECK(names([&](auto& list) { list.set_topic(one.topics(1)); }) == alone);
  }
  CHECK(names([](auto& list) { list.set_country("AFG"); }).size() == made.size());
  CHECK(names([](auto& list) { list.set_country("SWE"); }).size() == made.size() / 2);
  CHECK(names([](auto& list) { list.set_country("NOR"); }).empty());
  CHECK(names([](auto& list) { list.set_originator("parties/IGC"); }).size() == made.size());
  CHECK(names([](auto& list) { list.set_originator("parties/SWE"); }).empty());
  CHECK(names([](auto& list) { list.set_process("processes/apc"); }).empty());
}

TEST_CASE("a content has between one byte and four gibibytes", "[documents][bad]") {
  DocumentsWorld world;
  const auto begin = [&](std::uint64_t bytes) {
    v1::BeginContentRequest request = world.begin("b" + std::to_string(bytes), "");
    request.mutable_content()->set_bytes(bytes);
    return world.ask(world.service, world.helena(), &Service::begin_content, request)
        .status()
        .code();
  };
  CHECK(begin(1) == Code::Ok);
  CHECK(begin(4ULL << 30U) == Code::Ok);
  CHECK(begin((4ULL << 30U) + 1) == Code::InvalidArgument);
  CHECK(begin(UINT64_MAX) == Code::InvalidArgument);
  CHECK(begin(0) == Code::InvalidArgument);
}

TEST_CASE("names that steer paths, shells or terminals are refused", "[documents][bad]") {
  DocumentsWorld world;
  for (const std::string& name :
       {std::string("../../etc/passwd"), std::string("a\\b"), std::string(".."), std::string(""),
        std::string("gpj.\xe2\x80\xae"
                    "exe.txt"),
        std::string("a\x1b[2J"), std::string(10'000, 'x'), std::string("a\nb"), std::string("\xff"),
        std::string(".bash_profile"), std::string("-rf"), std::string("~root"),
        std::string(" .profile")}) {
    v1::BeginContentRequest request = world.begin("n", "bytes");
    request.mutable_content()->set_file_name(name);
    const auto refused = world.ask(world.service, world.helena(), &Service::begin_content, request);
    CHECK(refused.status().code() == Code::InvalidArgument);
  }
  v1::BeginContentRequest request = world.begin("n", "bytes");
  request.mutable_content()->set_file_name("R\xc3\xa9sum\xc3\xa9 (2).pdf");
  CHECK(world.ask(world.service, world.helena(), &Service::begin_content, request).ok());
}

TEST_CASE("words that steer terminals or turn a line round are refused wherever people write them",
          "[documents][bad]") {
  DocumentsWorld world;
  const std::string name = world.paper().name();
  const auto code = [&](const v1::BeginContentRequest& request) {
    return world.ask(world.service, world.helena(), &Service::begin_content, request)
        .status()
        .code();
  };
  for (const std::string& words :
       {std::string("a\xe2\x80\xae\x66\x64p"),  // right to left from here
        std::string("a\x1b[2J"), std::string("\xff"),
        std::string(limits::text_bytes_max + 1, 'x')}) {
    v1::BeginContentRequest titled = world.begin("n", "bytes");
    *titled.mutable_document()->mutable_title() = testing::english(words);
    CHECK(code(titled) == Code::InvalidArgument);
    v1::BeginContentRequest told = world.begin("n", "bytes");
    *told.mutable_document()->mutable_abstract() = testing::english(words);
    CHECK(code(told) == Code::InvalidArgument);
    v1::BeginContentRequest filed = world.begin("n", "bytes");
    filed.mutable_document()->add_topics(words);
    CHECK(code(filed) == Code::InvalidArgument);
    v1::CirculateRequest send;
    send.mutable_circulation()->add_documents(name);
    send.mutable_circulation()->set_ask(v1::Circulation::INFORMATION);
    *send.mutable_circulation()->mutable_note() = testing::english(words);
    CHECK(world.act(world.circulation, world.helena(), &CirculationService::circulate, send)
              .status()
              .code() == Code::InvalidArgument);
    v1::WithdrawDocumentRequest withdraw;
    withdraw.set_name(name);
    withdraw.set_because(words);
    CHECK(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw)
              .status()
              .code() == Code::InvalidArgument);
  }
  v1::BeginContentRequest arabic = world.begin("n", "bytes");
  *arabic.mutable_document()->mutable_title() =
      testing::english("\u0627\u0644\u0639\u0648\u062f\u0629");
  CHECK(code(arabic) == Code::Ok);
}

TEST_CASE("nobody sends to whom they cannot see, nor what they would not see", "[documents]") {
  DocumentsWorld world;
  const auto begin = [&](const policy::Subject& who, const std::vector<std::string>& to) {
    return world
        .ask(world.service, who, &Service::begin_content,
             world.begin("b", "bytes", v1::HANDLING_RESTRICTED, to))
        .status();
  };
  CHECK(begin(world.helena(), {"process/igc/members"}).code() == Code::InvalidArgument);
  CHECK(begin(world.helena(), {"process/igc/secretariat", "process/hidden/members"}).code() ==
        Code::InvalidArgument);
  CHECK(begin(world.helena(), {}).code() == Code::InvalidArgument);
  CHECK(begin(world.stranger(), {"party/THA"}).code() == Code::NotFound);
  CHECK(begin(world.anna(), {"process/igc/members"}).ok());
}

TEST_CASE("another language joins, another text replaces, and what was stays as it was",
          "[documents]") {
  DocumentsWorld world;
  const v1::Document first = world.paper("the first text", v1::HANDLING_LIMITED);
  const auto bring = [&](const policy::Subject& who, const std::string& id,
                         const std::string& language, const std::string& bytes) {
    v1::BeginContentRequest request = world.begin(id, bytes);
    request.mutable_document()->Clear();
    request.mutable_document()->set_name(first.name());
    request.mutable_content()->set_language(language);
    request.mutable_content()->set_status(language == "en" ? v1::Content::ORIGINAL
                                                           : v1::Content::COURTESY_TRANSLATION);
    return world.upload(who, request, bytes);
  };
  CHECK(bring(world.anna(), "a", "sv", "hers").status().code() == Code::PermissionDenied);
  const auto french = bring(world.helena(), "f", "fr", "le texte");
  REQUIRE(french.ok());
  CHECK(french->revision() == 2);
  CHECK(french->contents_size() == 2);
  REQUIRE(bring(world.helena(), "g", "en", "the second text").ok());
  CHECK(*world.read(world.anna(), first.name()) == "the second text");
  CHECK(*world.read(world.anna(), first.name() + "/revisions/1") == "the first text");
  // The same bytes are kept once within one document.
  const auto again = bring(world.helena(), "h", "en", "the first text");
  REQUIRE(again.ok());
  const auto snapshot = world.store->snapshot();
  int chunks = 0;
  for (const auto at = snapshot->scan(store::Key(chunks_table)); at->valid(); at->next()) ++chunks;
  CHECK(chunks == 3);
  CHECK(*world.read(world.anna(), first.name()) == "the first text");
}

TEST_CASE("a wider audience is for what comes, not for the revisions before", "[documents]") {
  DocumentsWorld world;
  v1::Document paper = world.paper("a draft", v1::HANDLING_LIMITED);
  paper.mutable_visibility()->mutable_audience()->add_any_of("process/igc/observers");
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = paper;
  CHECK(world.act(world.service, world.anna(), &Service::update_document, update).status().code() ==
        Code::PermissionDenied);
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, update).ok());
  CHECK(world.get(world.samira(), paper.name()).ok());
  CHECK(world.get(world.samira(), paper.name() + "/revisions/1").status().code() == Code::NotFound);
  CHECK(world.get(world.anna(), paper.name() + "/revisions/1").ok());
  // Of two who change it at once, one is told.
  CHECK(world.act(world.service, world.helena(), &Service::update_document, update)
            .status()
            .reason() == Reason::RevisionStale);
  // Handling is never lowered.
  update.mutable_document()->set_revision(0);
  update.mutable_document()->mutable_visibility()->set_handling(v1::HANDLING_OPEN);
  CHECK(
      world.act(world.service, world.helena(), &Service::update_document, update).status().code() ==
      Code::InvalidArgument);
}

TEST_CASE("who opens what is narrowed meanwhile has opened it before, or not at all",
          "[documents][rights]") {
  DocumentsWorld world;
  v1::Document paper = world.paper();
  v1::OpenDocumentRequest open;
  open.set_name(paper.name());
  const auto late = world.store->begin();
  REQUIRE(world.service.open_document(world.reto(), open, *late).ok());
  v1::UpdateDocumentRequest narrow;
  *narrow.mutable_document() = paper;
  v1::Audience& audience = *narrow.mutable_document()->mutable_visibility()->mutable_audience();
  audience.clear_any_of();
  audience.add_any_of("process/igc/body/wg-data");
  audience.add_any_of("process/igc/secretariat");
  REQUIRE(world.act(world.service, world.helena(), &Service::update_document, narrow).ok());
  CHECK(late->commit().status().code() == Code::Aborted);
  CHECK(world.open(world.reto(), paper.name()).status().code() == Code::NotFound);
  CHECK(world.open(world.anna(), paper.name()).ok());
}

TEST_CASE("what is withdrawn is gone for all but its originator, in the middle of a transfer too",
          "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper(std::string(600'000, 'x')).name();
  const auto reading = world.open(world.anna(), name);
  v1::ReadContentRequest request;
  request.set_name(reading->name());
  const auto anna = std::make_shared<const policy::Subject>(world.anna());
  auto stream = world.service.read_content(
      [&]() -> Result<identity::SubjectPointer> { return anna; }, request);
  v1::ContentPart part;
  REQUIRE((*stream)->next(part).ok());
  v1::WithdrawDocumentRequest withdraw;
  withdraw.set_name(name);
  withdraw.set_because("superseded");
  CHECK(world.act(world.service, world.anna(), &Service::withdraw_document, withdraw)
            .status()
            .code() == Code::PermissionDenied);
  REQUIRE(world.act(world.service, world.helena(), &Service::withdraw_document, withdraw).ok());
  CHECK((*stream)->next(part).status().code() == Code::NotFound);
  CHECK(world.read(world.anna(), reading->name()).status().code() == Code::FailedPrecondition);
  CHECK(world.open(world.anna(), name).status().code() == Code::FailedPrecondition);
  const auto left = world.get(world.anna(), name);
  REQUIRE(left.ok());
  CHECK(left->state() == v1::Document::WITHDRAWN);
  CHECK(left->withdrawn_because() == "superseded");
  CHECK(left->title().by_language().empty());
  CHECK(left->contents_size() == 0);
  CHECK(world.get(world.helena(), name)->contents_size() == 1);
  v1::ListDocumentsRequest by_topic;
  CHECK(world.get(world.anna(), name + "/revisions/1")->contents_size() == 0);
}

TEST_CASE("who has opened it and who has not is told to its originator", "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper().name();
  REQUIRE(world.open(world.anna(), name).ok());
  REQUIRE(world.open(world.anna(), name).ok());
  v1::GetReadersRequest request;
  request.set_name(name);
  const auto readers = world.ask(world.service, world.helena(), &Service::get_readers, request);
  REQUIRE(readers.ok());
  REQUIRE(readers->readers_size() == 1);
  CHECK(readers->readers(0).person() == "persons/anna");
  CHECK(readers->readers(0).readings() == 2);
  REQUIRE(readers->not_yet_size() == 1);
  CHECK(readers->not_yet(0) == "persons/reto");
  CHECK(world.ask(world.service, world.anna(), &Service::get_readers, request).status().code() ==
        Code::PermissionDenied);
}

TEST_CASE("a start finds what was kept, and takes away what came to nothing", "[documents]") {
  DocumentsWorld world;
  const std::string name = world.paper("kept", v1::HANDLING_LIMITED).name();
  const std::string bytes(300'000, 'x');
  REQUIRE(
      world.ask(world.service, world.helena(), &Service::begin_content, world.begin("left", bytes))
          .ok());
  REQUIRE(world.send(world.helena(), "left", bytes).ok());
  Shelf shelf(world.rows);
  REQUIRE(shelf.load().ok());
  CHECK(shelf.document(parse_document_name(name)->id) != nullptr);
  CHECK(shelf.newest_event() == world.shelf.newest_event());
  const auto snapshot = world.store->snapshot();
  int chunks = 0;
  for (const auto at = snapshot->scan(store::Key(chunks_table)); at->valid(); at->next()) ++chunks;
  CHECK(chunks == 1);
  CHECK(*world.read(world.anna(), name) == "kept");
}

TEST_CASE("under embargo only its originator and the secretariat see it; its entry neither",
          "[documents]") {
  DocumentsWorld world;
  v1::BeginContentRequest request = world.begin("e", "early");
  request.mutable_document()->mutable_visibility()->mutable_embargo_until()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(world.clock.now() + std::chrono::hours(1))
          .time_since_epoch()
          .count());
  const auto made = world.upload(world.helena(), request, "early");
  REQUIRE(made.ok());
  CHECK(world.get(world.anna(), made->name()).status().code() == Code::NotFound);
  CHECK(world.list(world.anna()).empty());
  CHECK(world.get(world.helena(), made->name()).ok());
  world.clock.pass(std::chrono::hours(1));
  CHECK(world.get(world.anna(), made->name()).ok());
}

TEST_CASE(
    "what has expired is as what is not there, for all but its originator and the secretariat",
    "[documents]") {
  DocumentsWorld world;
  v1::BeginContentRequest request = world.begin("e", "for a week", v1::HANDLING_LIMITED);
  v1::Visibility& visibility = *request.mutable_document()->mutable_visibility();
  set_time(*visibility.mutable_expires_at(), world.clock.now());
  const auto over = world.upload(world.helena(), request, "for a week");
  CHECK(over.status().violations().at(0).field == "document.visibility.expires_at");
  set_time(*visibility.mutable_expires_at(), world.clock.now() + std::chrono::hours(1));
  const auto made = world.upload(world.helena(), request, "for a week");
  REQUIRE(made.ok());
  const auto sees = [&](const policy::Subject& who) {
    const bool reads = world.read(who, made->name()).ok();
    CHECK(world.get(who, made->name()).ok() == reads);
    CHECK(world.list(who).size() == (reads ? 1 : 0));
    return reads;
  };
  CHECK(sees(world.anna()));
  world.clock.pass(std::chrono::hours(1));
  CHECK_FALSE(sees(world.anna()));
  check_same(world.get(world.anna(), made->name()).status(), made->name(),
             world.get(world.anna(), absent_name()).status());
  CHECK(sees(world.helena()));
}

}  // namespace
}  // namespace entente::documents
