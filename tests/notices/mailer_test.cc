// The mailer with a clock that the test turns and a relay that does as told: who is written to,
// when, how often.
#include "server/notices/mailer.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <vector>

#include "tests/support/ground.h"

namespace entente::notices {
namespace {

// Persons by name; `sees` says who would get which circulation.
struct Given final : Sources {
  std::vector<Happening> all;
  std::vector<std::string> persons{"anna", "nora", "uma"};
  std::map<std::string, std::set<std::string>> sees;
  std::set<std::pair<std::string, std::string>> acknowledged;
  std::map<std::string, std::int64_t> deadlines;  // seconds
  std::map<std::string, std::string> addresses;
  std::map<std::string, Consent::State> consents;

  std::vector<Happening> happenings_after(std::uint64_t cursor, std::size_t max) const override {
    std::vector<Happening> out;
    for (const Happening& one : all) {
      if (one.number > cursor && out.size() < max) out.push_back(one);
    }
    return out;
  }
  std::uint64_t newest() const override { return all.size(); }
  Result<std::uint64_t> newest(store::Snapshot&) const override { return newest(); }
  Result<std::optional<v1::Circulation>> circulation(const policy::Subject& subject,
                                                     const std::string& name,
                                                     store::Snapshot&) const override {
    const auto found = sees.find(name);
    if (found == sees.end() || found->second.count(subject.person) == 0)
      return std::optional<v1::Circulation>();
    v1::Circulation out;
    out.set_name(name);
    out.set_process("processes/igc");
    out.set_sender("parties/IGC/accounts/ines");
    if (const auto until = deadlines.find(name); until != deadlines.end())
      out.mutable_deadline()->set_seconds(until->second);
    if (acknowledged.count({subject.person, name}) != 0)
      out.mutable_acknowledged_at()->set_seconds(1);
    return std::optional<v1::Circulation>(out);
  }
  Result<std::optional<Consent>> consent(const policy::Subject&, const std::string& name,
                                         store::Snapshot&) const override {
    const auto found = consents.find(name);
    if (found == consents.end()) return std::optional<Consent>();
    return std::optional<Consent>({.process = "processes/igc", .state = found->second});
  }
  Result<std::optional<Addressee>> addressee(const policy::Subject& subject,
                                             store::Snapshot&) const override {
    const auto found = addresses.find(subject.person);
    return std::optional<Addressee>(
        {.email = found == addresses.end() ? subject.person + "@example.org" : found->second,
         .languages = {"en"}});
  }
  Status each_person(store::Snapshot&,
                     const std::function<void(const policy::Subject&)>& visit) const override {
    for (const std::string& person : persons) visit(subject(person));
    return Status();
  }
  std::shared_ptr<void> listen(std::function<void()>) override { return nullptr; }

  static policy::Subject subject(const std::string& person) {
    policy::Subject out;
    out.account = "parties/SWE/accounts/" + person;
    out.party = person == "uma" ? "UNHCR" : "SWE";
    out.person = person;
    return out;
  }
};

struct Relaying final : Post {
  std::vector<Letter>& sent;
  std::map<std::string, Posted>& answers;
  std::function<void()>& meanwhile;  // once, while a letter is on its way
  Relaying(std::vector<Letter>& to, std::map<std::string, Posted>& says,
           std::function<void()>& then)
      : sent(to), answers(says), meanwhile(then) {}
  Posted send(const Letter& letter, std::string& why) override {
    if (const auto act = std::exchange(meanwhile, nullptr)) act();
    const auto found = answers.find(letter.to);
    if (found != answers.end()) {
      why = "told so";
      return found->second;
    }
    sent.push_back(letter);
    return Posted::Sent;
  }
};

struct MailWorld : testing::Ground {
  Given given;
  Service service{{.store = *store, .ledger = *ledger, .sources = given, .sends = true}};
  std::vector<Letter> sent;
  std::map<std::string, Posted> answers;
  std::function<void()> meanwhile;
  std::vector<std::string> complaints;
  std::filesystem::path place =
      std::filesystem::temp_directory_path() / ("entente-mailer-" + std::to_string(::getpid()));
  std::unique_ptr<Mailer> mailer;

  MailWorld() {
    std::filesystem::remove(place);
    restart();
  }
  ~MailWorld() { std::filesystem::remove(place); }

  void restart() {
    mailer = std::make_unique<Mailer>(
        MailRules{.from = "entente@igc.example", .portal = "https://e.example", .digest_hour = 6},
        Mailer::Parts{.store = *store,
                      .service = service,
                      .sources = given,
                      .clock = clock,
                      .post = std::make_unique<Relaying>(sent, answers, meanwhile),
                      .place = place,
                      .complain = [this](std::string_view what, const Status&) {
                        complaints.emplace_back(what);
                      }});
    REQUIRE(mailer->open().ok());
  }
  void happens(const std::string& id, const std::set<std::string>& readers, bool reminds = false,
               std::chrono::seconds held = {}) {
    given.all.push_back({.number = given.all.size() + 1,
                         .tells = true,
                         .reminds = reminds,
                         .adopts = false,
                         .lapses = false,
                         .asks = false,
                         .circulation = "circulations/" + id,
                         .consent = {},
                         .party = {},
                         .at = clock.now() + held,
                         .sender = "parties/IGC/accounts/ines"});
    given.sees["circulations/" + id] = readers;
  }
  void asked(bool asks, Consent::State state, const std::string& party) {
    given.all.push_back({.number = given.all.size() + 1,
                         .tells = true,
                         .reminds = false,
                         .adopts = false,
                         .lapses = false,
                         .asks = asks,
                         .circulation = {},
                         .consent = "documents/5f0c/consents/1",
                         .party = party,
                         .at = clock.now(),
                         .sender = "parties/IGC/accounts/ines"});
    given.consents["documents/5f0c/consents/1"] = state;
  }
  void choose(const std::string& person, v1::NoticeSettings::Delivery delivery) {
    v1::SetNoticeSettingsRequest request;
    request.mutable_settings()->set_delivery(delivery);
    const auto transaction = store->begin();
    REQUIRE(service.set(Given::subject(person), request, *transaction).ok());
    REQUIRE(transaction->commit().ok());
  }
  std::vector<std::string> told() {
    std::vector<std::string> to;
    for (const Letter& one : sent) to.push_back(one.to.substr(0, one.to.find('@')));
    sent.clear();
    return to;
  }
};

using People = std::vector<std::string>;

TEST_CASE("who can see it is told, once, and nobody else", "[mailer]") {
  MailWorld world;
  world.happens("a", {"anna", "uma"});
  CHECK(world.mailer->round());
  CHECK(world.told() == People{"anna", "uma"});
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
  world.restart();
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
  world.happens("b", {"nora"});
  CHECK(world.mailer->round());
  CHECK(world.told() == People{"nora"});
}

TEST_CASE("a deadline is told with its hour, and whose hour that is", "[mailer]") {
  MailWorld world;
  world.given.deadlines["circulations/a"] = 1'796'432'400;  // 4 December, 20:00 in Ottawa
  world.happens("a", {"anna"});
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.body.find("(until 2026-12-05 01:00 UTC)") != std::string::npos);
}

TEST_CASE("what comes while letters go out is told as it is by then", "[mailer]") {
  MailWorld world;
  world.choose("nora", v1::NoticeSettings::NEVER);
  world.happens("a", {"anna"});
  world.meanwhile = [&] {
    world.choose("nora", v1::NoticeSettings::AT_ONCE);
    world.happens("b", {"nora"});
  };
  CHECK(world.mailer->round());
  CHECK(world.told() == People{"anna", "nora"});
}

TEST_CASE("what happened before there was a mailer is nobody's notice", "[mailer]") {
  MailWorld world;
  std::filesystem::remove(world.place);
  world.happens("old", {"anna"});
  world.restart();
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
}

TEST_CASE("the sender is not told, a reminder only whom it still concerns", "[mailer]") {
  MailWorld world;
  world.happens("a", {"anna", "nora"});
  world.given.all.back().sender = "parties/SWE/accounts/anna";
  world.mailer->round();
  CHECK(world.told() == People{"nora"});
  world.happens("a", {"anna", "nora", "uma"}, true);
  world.given.acknowledged.insert({"nora", "circulations/a"});
  world.mailer->round();
  CHECK(world.told() == People{"anna", "uma"});
}

TEST_CASE(
    "what silence has adopted, or not, is told all who see it, acknowledged or not, at once or in "
    "the morning",
    "[mailer]") {
  MailWorld world;
  world.choose("nora", v1::NoticeSettings::DAILY);
  world.happens("a", {"anna", "nora", "uma"});
  world.mailer->round();
  CHECK(world.told() == People{"anna", "uma"});
  for (const std::string person : {"anna", "nora", "uma"}) {
    world.given.acknowledged.insert({person, "circulations/a"});
  }
  world.happens("a", {"anna", "nora"});
  world.given.all.back().adopts = true;
  world.given.all.back().sender = "";
  world.mailer->round();
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "IGC: adopted by silence");
  CHECK(world.sent[0].text.body.find("What IGC (ines) sent in IGC is adopted") == 0);
  CHECK(world.told() == People{"anna"});
  world.clock.pass(std::chrono::hours(24));
  world.mailer->round();
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "Waiting for you: 1");
  CHECK(world.told() == People{"nora"});
  // Likewise that it has lapsed.
  world.happens("a", {"anna", "nora"});
  world.given.all.back().lapses = true;
  world.given.all.back().sender = "";
  world.mailer->round();
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "IGC: not adopted");
  CHECK(world.sent[0].text.body.find("What IGC (ines) sent in IGC is not adopted: it was") == 0);
  CHECK(world.told() == People{"anna"});
}

TEST_CASE("a consent is told the party that answers, its answer the party that asked", "[mailer]") {
  MailWorld world;
  world.asked(true, Consent::State::Waiting, "SWE");
  world.mailer->round();
  REQUIRE(world.sent.size() == 2);
  CHECK(world.sent[0].text.subject == "IGC: a consent");
  CHECK(world.sent[0].text.body.find("https://e.example/#/document/5f0c\n") != std::string::npos);
  CHECK(world.told() == People{"anna", "nora"});
  world.asked(false, Consent::State::Granted, "UNHCR");
  world.mailer->round();
  CHECK(world.sent.front().text.body.find("has agreed") != std::string::npos);
  CHECK(world.told() == People{"uma"});
  // What was answered before anybody could be told waits for nobody any more; in the digest
  // neither.
  world.choose("nora", v1::NoticeSettings::DAILY);
  world.asked(true, Consent::State::Refused, "SWE");
  world.mailer->round();
  CHECK(world.told().empty());
  world.asked(true, Consent::State::Waiting, "SWE");
  world.mailer->round();
  CHECK(world.told() == People{"anna"});
  world.clock.pass(std::chrono::hours(24));
  world.mailer->round();
  CHECK(world.sent.front().text.body.find("asks for the consent") != std::string::npos);
  CHECK(world.told() == People{"nora"});
}

TEST_CASE("an embargo is told at its hour, over a restart", "[mailer]") {
  MailWorld world;
  world.happens("a", {"anna"}, false, std::chrono::hours(2));
  world.happens("b", {"nora"});
  CHECK(world.mailer->round());
  CHECK(world.told() == People{"nora"});
  world.restart();
  world.clock.pass(std::chrono::hours(1));
  world.mailer->round();
  CHECK(world.told().empty());
  world.clock.pass(std::chrono::hours(1));
  world.mailer->round();
  CHECK(world.told() == People{"anna"});
  world.mailer->round();
  CHECK(world.told().empty());
}

TEST_CASE("a relay that is down is tried again, and nobody is told twice for it", "[mailer]") {
  MailWorld world;
  world.answers["nora@example.org"] = Posted::Unreachable;
  world.happens("a", {"anna", "nora", "uma"});
  CHECK_FALSE(world.mailer->round());
  CHECK(world.told() == People{"anna"});  // Then nobody answered any more.
  world.answers.clear();
  CHECK(world.mailer->round());
  CHECK(world.told() == People{"nora", "uma"});
}

TEST_CASE("one person whose mail waits does not hold up the others", "[mailer]") {
  MailWorld world;
  world.answers["anna@example.org"] = Posted::Later;
  world.happens("a", {"anna", "nora"});
  CHECK_FALSE(world.mailer->round());
  world.happens("b", {"anna", "uma"});
  CHECK_FALSE(world.mailer->round());
  CHECK(world.told() == People{"nora", "uma"});
  world.answers.clear();
  CHECK(world.mailer->round());
  CHECK(world.told() == People{"anna", "anna"});
}

TEST_CASE("what is refused for good, or for three days, is given up and said so", "[mailer]") {
  MailWorld world;
  world.answers["anna@example.org"] = Posted::Never;
  world.happens("a", {"anna"});
  CHECK(world.mailer->round());
  CHECK(world.complaints == People{"notice.refused"});
  world.answers["anna@example.org"] = Posted::Later;
  world.happens("b", {"anna"});
  CHECK_FALSE(world.mailer->round());
  world.clock.pass(std::chrono::hours(73));
  world.complaints.clear();
  CHECK(world.mailer->round());
  CHECK(world.complaints == People{"notice.given_up"});
  CHECK(world.told().empty());
}

TEST_CASE("what was told twice bears the same Message-ID", "[mailer]") {
  MailWorld world;
  world.happens("a", {"anna", "uma"});
  world.answers["uma@example.org"] = Posted::Unreachable;
  world.mailer->round();
  world.answers.clear();
  world.restart();  // It forgot that anna was told.
  world.mailer->round();
  REQUIRE(world.sent.size() == 3);
  CHECK(world.sent[0].id == world.sent[1].id);
  CHECK(world.sent[1].id != world.sent[2].id);
}

TEST_CASE("a digest comes in the morning with what is left, and never to who wants none",
          "[mailer]") {
  MailWorld world;
  world.choose("anna", v1::NoticeSettings::DAILY);
  world.choose("nora", v1::NoticeSettings::NEVER);
  world.happens("a", {"anna", "nora", "uma"});
  world.happens("b", {"anna", "nora"});
  world.happens("c", {"anna"});
  world.given.acknowledged.insert({"anna", "circulations/b"});
  CHECK(world.mailer->round());
  CHECK(world.told() == People{"uma"});
  world.clock.pass(std::chrono::hours(21));
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
  world.clock.pass(std::chrono::hours(1));  // 06:00
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "Waiting for you: 2");
  CHECK(world.told() == People{"anna"});
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
}

TEST_CASE("who turns from daily to at once is told of what had come in the digest, once",
          "[mailer]") {
  MailWorld world;
  world.choose("anna", v1::NoticeSettings::DAILY);
  world.happens("a", {"anna"});
  CHECK(world.mailer->round());
  world.clock.pass(std::chrono::hours(5));
  world.choose("anna", v1::NoticeSettings::AT_ONCE);
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
  world.happens("b", {"anna"});
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.body.find("circulation/b") != std::string::npos);
  world.sent.clear();
  world.clock.pass(std::chrono::hours(17));  // 06:00
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "Waiting for you: 1");
  CHECK(world.sent[0].text.body.find("circulation/a") != std::string::npos);
  world.sent.clear();
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
}

TEST_CASE("who turns from at once to daily gets the letter that waits, and no digest of it",
          "[mailer]") {
  MailWorld world;
  world.happens("a", {"anna"});
  world.answers["anna@example.org"] = Posted::Later;
  CHECK_FALSE(world.mailer->round());
  world.choose("anna", v1::NoticeSettings::DAILY);
  world.clock.pass(std::chrono::hours(22));  // 06:00
  CHECK_FALSE(world.mailer->round());
  world.restart();
  world.answers.clear();
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.body.find("circulation/a") != std::string::npos);
  CHECK(world.sent[0].text.subject.find("Waiting") == std::string::npos);
  world.sent.clear();
  world.happens("b", {"anna"});
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "Waiting for you: 1");
  CHECK(world.sent[0].text.body.find("circulation/b") != std::string::npos);
}

TEST_CASE("whoever turns to and fro is told of each thing once, and of none who wants none",
          "[mailer]") {
  MailWorld world;
  world.choose("nora", v1::NoticeSettings::DAILY);
  std::size_t turn = 0;
  for (const std::string id : {"a", "b", "c", "d", "e"}) {
    world.happens(id, {"anna", "nora"});
    const auto other = turn++ % 2 == 0 ? v1::NoticeSettings::DAILY : v1::NoticeSettings::AT_ONCE;
    world.choose("anna", v1::NoticeSettings::NEVER);
    world.choose("anna", other);  // in between nothing came
    if (turn % 2 == 0) CHECK(world.mailer->round());
  }
  world.choose("nora", v1::NoticeSettings::NEVER);
  world.clock.pass(std::chrono::hours(22));  // 06:00
  CHECK(world.mailer->round());
  std::map<std::string, int> times;
  for (const Letter& letter : world.sent) {
    CHECK(letter.to == "anna@example.org");
    for (const std::string id : {"a", "b", "c", "d", "e"}) {
      if (letter.text.body.find("circulation/" + id) != std::string::npos) ++times[id];
    }
  }
  CHECK(times == std::map<std::string, int>{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}});
}

TEST_CASE("a digest tells all, whenever it became durable, and an embargo's at its hour",
          "[mailer]") {
  MailWorld world;
  world.choose("anna", v1::NoticeSettings::DAILY);
  world.happens("a", {"anna"});
  world.happens("held", {"anna"}, false, std::chrono::hours(30));
  world.clock.pass(std::chrono::hours(22));  // 06:00
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "Waiting for you: 1");
  CHECK(world.told() == People{"anna"});
  // It happened before the hour, and came to be seen behind it.
  world.happens("late", {"anna"}, false, std::chrono::seconds(-1));
  world.restart();
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "Waiting for you: 2");
  world.sent.clear();
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
}

TEST_CASE("a digest that waits for the relay tells everybody the same, over restarts", "[mailer]") {
  MailWorld world;
  world.choose("anna", v1::NoticeSettings::DAILY);
  world.choose("nora", v1::NoticeSettings::DAILY);
  world.happens("a", {"anna", "nora"});
  world.clock.pass(std::chrono::hours(22));  // 06:00
  world.answers["nora@example.org"] = Posted::Later;
  CHECK_FALSE(world.mailer->round());
  CHECK(world.told() == People{"anna"});
  world.happens("b", {"anna", "nora"});
  world.clock.pass(std::chrono::hours(25));  // and the next digest is due
  world.answers.clear();
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].text.subject == "Waiting for you: 1");
  CHECK(world.told() == People{"nora"});
  world.restart();
  CHECK(world.mailer->round());
  REQUIRE(world.sent.size() == 2);
  CHECK(world.sent[0].text.subject == "Waiting for you: 1");
  CHECK(world.told() == People{"anna", "nora"});
}

TEST_CASE("without an address that mail goes to there is no mail", "[mailer]") {
  MailWorld world;
  world.given.addresses["anna"] = "anna@example.org\r\nRCPT TO:<eve@example.org>";
  world.given.addresses["nora"] = "";
  world.happens("a", {"anna", "nora"});
  CHECK(world.mailer->round());
  CHECK(world.told().empty());
}

TEST_CASE("a program has no notices, a language must be one that is written", "[settings]") {
  MailWorld world;
  v1::SetNoticeSettingsRequest request;
  const auto set = [&](const policy::Subject& subject) {
    const auto transaction = world.store->begin();
    return world.service.set(subject, request, *transaction).status();
  };
  CHECK(set(Given::subject("anna")).code() == Code::InvalidArgument);
  request.mutable_settings()->set_delivery(v1::NoticeSettings::DAILY);
  request.mutable_settings()->set_language("sv");
  CHECK(set(Given::subject("anna")).code() == Code::InvalidArgument);
  request.mutable_settings()->clear_language();
  CHECK(set(Given::subject("")).code() == Code::FailedPrecondition);
  policy::Subject tool = Given::subject("anna");
  tool.read_only = true;
  CHECK(set(tool).code() == Code::PermissionDenied);
  CHECK(world.service.settings_of(Given::subject("anna"), *world.store->snapshot())->delivery() ==
        v1::NoticeSettings::AT_ONCE);
}

}  // namespace
}  // namespace entente::notices
