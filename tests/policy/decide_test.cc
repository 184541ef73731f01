// decide() against a reference of forty lines, over every small world there is.
#include <array>
#include <catch2/catch.hpp>

#include "server/policy/guarded.h"
#include "server/policy/policy.h"

namespace entente::policy {
namespace {

const Instant now = *parse_rfc3339("2026-11-23T12:00:00Z");
constexpr std::chrono::microseconds tick{1};

Principal principal(std::string_view text) { return *Principal::parse(text); }

// --- the reference -------------------------------------------------------------------------------

enum class Answer { Deny, Permit, NeedsSecond };

bool has(const Subject& s, Duty duty, const std::string& party, const std::string& process) {
  for (const HeldDuty& held : s.duties) {
    if (held == HeldDuty{duty, party, process}) return true;
  }
  return false;
}

// `sees`: whether the subject belongs to the guard's audience.
Answer reference_decide(const Subject& s, bool sees, int action, const Guard& g) {
  const int handling = static_cast<int>(g.handling);
  if (handling < 1 || handling > 4) return Answer::Deny;
  if (s.read_only && action != 1) return Answer::Deny;
  const bool mine = g.originator != "" && g.originator == s.party;
  const bool own = mine && g.person != "" && g.person == s.person;
  const bool early = g.embargo_until.has_value() && g.embargo_until.value() > now;
  const bool late = g.expires_at.has_value() && g.expires_at.value() <= now;
  // Of whichever party the staff is, the secretariat of the process is its secretariat.
  const auto of_process = [&](Duty duty) {
    return g.process != "" && (has(s, duty, "SWE", g.process) || has(s, duty, "NOR", g.process));
  };
  const auto of_party = [&](Duty duty) {
    if (!mine) return false;
    if (has(s, duty, g.originator, "") || has(s, duty, g.originator, g.process)) return true;
    return g.process == "" &&
           (has(s, duty, g.originator, "igc") || has(s, duty, g.originator, "apc"));
  };
  const bool secretariat = of_process(Duty::Secretariat);
  const bool gives = mine && (sees || of_party(Duty::FocalPoint));
  const auto alone = [](bool may) { return may ? Answer::Permit : Answer::Deny; };
  const auto both = [](bool may) { return may ? Answer::NeedsSecond : Answer::Deny; };
  if (action == 1) return alone((sees || own) && ((!early && !late) || mine || secretariat));
  if (action == 2) return alone(own);
  if (action == 3) return alone(of_party(Duty::FocalPoint));
  if (action == 4) return alone(g.originator == "" && secretariat);
  if (action == 5) return alone(of_party(Duty::SecurityOfficer));
  if (action == 6) return alone(gives);
  if (action == 7) return both(secretariat);
  if (action == 8) return alone(of_party(Duty::CertificateOfficer));
  if (action == 9) return handling == 4 ? both(gives) : alone(gives);
  if (action == 11) {
    return alone((sees || own) && (mine || secretariat));  // either sees through time
  }
  if (action == 10) return both(secretariat || of_process(Duty::Chair));
  return Answer::Deny;
}

// --- every small world ---------------------------------------------------------------------------

std::vector<std::vector<HeldDuty>> all_duties() {
  std::vector<std::vector<HeldDuty>> all{{}};
  for (int duty = 0; duty <= 6; ++duty) {
    for (const std::string party : {"SWE", "NOR"}) {
      for (const std::string process : {"", "igc", "apc"}) {
        all.push_back({{static_cast<Duty>(duty), party, process}});
      }
    }
  }
  all.push_back({{Duty::FocalPoint, "NOR", "igc"}, {Duty::Secretariat, "NOR", "igc"}});
  all.push_back({{Duty::Chair, "SWE", "igc"}, {Duty::FocalPoint, "SWE", "apc"}});
  return all;
}

std::vector<Guard> all_guards() {
  const std::vector<std::optional<Instant>> times{std::nullopt, now - tick, now, now + tick};
  std::vector<Guard> all;
  for (const std::uint32_t audience : {0U, 1U, 2U, 3U}) {
    for (const int handling : {0, 1, 2, 3, 4, 5}) {
      for (const std::string originator : {"", "SWE"}) {
        for (const std::string process : {"", "igc"}) {
          for (const std::string person : {"", "anna"}) {
            for (const auto& embargo : times) {
              for (const auto& expiry : times) {
                all.push_back({.audience = AudienceId{audience},
                               .handling = static_cast<Handling>(handling),
                               .originator = originator,
                               .process = process,
                               .person = person,
                               .embargo_until = embargo,
                               .expires_at = expiry});
              }
            }
          }
        }
      }
    }
  }
  return all;
}

// Audience 1 is seen, 2 is not, 3 was never given out.
Sight sight_of_one() {
  AudienceTable table;
  (void)table.intern({{principal("party/SWE")}, {}});
  (void)table.intern({{principal("party/NOR")}, {}});
  return Sight({principal("party/SWE")}, table);
}

Answer answer_of(const Decision& decision) {
  if (decision.permits()) return Answer::Permit;
  return decision.needs_second_person() ? Answer::NeedsSecond : Answer::Deny;
}

TEST_CASE("decide says what forty lines say, over every small world", "[policy]") {
  std::uint64_t compared = 0;
  std::uint64_t permitted = 0;
  const auto guards = all_guards();
  for (const auto& duties : all_duties()) {
    for (const std::string party : {"SWE", "NOR", ""}) {
      for (const std::string person : {"anna", ""}) {
        for (const bool read_only : {false, true}) {
          Subject subject;
          subject.party = party;
          subject.person = person;
          subject.duties = duties;
          subject.sight = sight_of_one();
          subject.read_only = read_only;
          for (const Guard& guard : guards) {
            const bool sees = guard.audience == AudienceId{1};
            for (int action = 0; action <= 12; ++action) {
              const Decision decision = decide(subject, static_cast<Action>(action), guard, now);
              ++compared;
              if (decision.permits()) ++permitted;
              const bool agrees =
                  answer_of(decision) == reference_decide(subject, sees, action, guard) &&
                  decision.permits() == !decision.because().empty();
              if (agrees) continue;
              CAPTURE(party, person, read_only, action, sees);
              CAPTURE(static_cast<int>(guard.handling), guard.originator, guard.process);
              FAIL("decide and the reference differ");
            }
          }
        }
      }
    }
  }
  CHECK(compared == 45ULL * 12 * 3072 * 13);
  CHECK(permitted > 100'000);  // the worlds are not all denials
}

TEST_CASE("an absent object is denied to everyone, whatever is asked", "[policy]") {
  Subject subject;
  subject.party = "SWE";
  subject.person = "anna";
  subject.sight = sight_of_one();
  for (int duty = 0; duty <= 5; ++duty) {
    subject.duties.push_back({static_cast<Duty>(duty), "SWE", ""});
    subject.duties.push_back({static_cast<Duty>(duty), "", ""});
  }
  for (int action = 0; action <= 255; ++action) {
    const Decision decision = decide(subject, static_cast<Action>(action), Guard{}, now);
    CHECK_FALSE(decision.permits());
    CHECK_FALSE(decision.needs_second_person());
    CHECK(decision.because().empty());
  }
  CHECK_FALSE(Decision().permits());
  CHECK_FALSE(Decision().needs_second_person());
}

TEST_CASE("a decision names the rules that permitted", "[policy]") {
  Subject subject;
  subject.party = "SWE";
  subject.person = "anna";
  subject.sight = sight_of_one();
  subject.duties = {{Duty::Secretariat, "SWE", "igc"},
                    {Duty::Chair, "SWE", "igc"},
                    {Duty::FocalPoint, "SWE", "igc"},
                    {Duty::SecurityOfficer, "SWE", ""},
                    {Duty::CertificateOfficer, "SWE", ""}};
  Guard guard{.audience = AudienceId{1},
              .handling = Handling::Restricted,
              .originator = "SWE",
              .process = "igc",
              .person = "anna",
              .embargo_until = now + tick,
              .expires_at = {}};
  using Names = std::vector<std::string_view>;
  const auto because = [&](Action action) { return decide(subject, action, guard, now).because(); };
  CHECK(because(Action::Read) ==
        Names{"audience", "holder", "originator_out_of_time", "secretariat_out_of_time"});
  CHECK(because(Action::ChangeOwn) == Names{"holder"});
  CHECK(because(Action::KeepParty) == Names{"focal_point"});
  CHECK(because(Action::KeepAccounts) == Names{"security_officer"});
  CHECK(because(Action::KeepCertificates) == Names{"certificate_officer"});
  CHECK(because(Action::Originate) == Names{"focal_point", "originator"});
  guard.embargo_until.reset();
  CHECK(because(Action::Read) == Names{"audience", "holder"});
  subject.duties.clear();
  CHECK(because(Action::Originate) == Names{"originator"});
  subject.duties = {{Duty::Secretariat, "IOM", "igc"}};
  guard.originator.clear();
  CHECK(because(Action::KeepProcess) == Names{"secretariat"});
  CHECK(rule_name(Rule::Chair) == "chair");
}

TEST_CASE("only what is open or limited leaves no receipt", "[policy]") {
  for (int handling = 0; handling <= 255; ++handling) {
    const auto value = static_cast<Handling>(handling);
    CHECK(leaves_receipt(value) == (handling != 1 && handling != 2));
    CHECK(is_known(value) == (handling >= 1 && handling <= 4));
  }
}

// --- two persons ---------------------------------------------------------------------------------

struct TwoPersons {
  Digest act = sha256("admit NZL to igc");
  Guard guard{.audience = AudienceId::Nobody,
              .handling = Handling::Limited,
              .originator = "",
              .process = "igc",
              .person = "",
              .embargo_until = {},
              .expires_at = {}};
  Consent first = consent("anna", 10);
  Consent second = consent("bo", 5);

  [[nodiscard]] Consent consent(const std::string& person, int minutes_ago) const {
    Consent consent;
    consent.subject.person = person;
    consent.subject.party = "IOM";
    consent.subject.account = "parties/IOM/accounts/" + person;
    consent.subject.session = "session of " + person;
    consent.subject.duties = {{Duty::Secretariat, "IOM", "igc"}};
    consent.digest = act;
    consent.device = "certificate of " + person;
    consent.given_at = now - std::chrono::minutes(minutes_ago);
    return consent;
  }
  [[nodiscard]] Decision decided(Action action = Action::Admit) const {
    return decide_two_person(first, second, act, action, guard, now);
  }
};

TEST_CASE("one person, one account, one session or one device is not two", "[policy]") {
  const auto field = GENERATE(0, 1, 2, 3);
  const auto kind = GENERATE(0, 1, 2);  // the same, the first empty, the second empty
  TwoPersons two;
  const auto pick = [&](Consent& consent) -> std::string& {
    if (field == 0) return consent.subject.person;
    if (field == 1) return consent.subject.account;
    if (field == 2) return consent.subject.session;
    return consent.device;
  };
  if (kind == 0) pick(two.second) = pick(two.first);
  if (kind == 1) pick(two.first).clear();
  if (kind == 2) pick(two.second).clear();
  CHECK_FALSE(two.decided().permits());
  CHECK(TwoPersons().decided().permits());
}

TEST_CASE("both must have signed this very act", "[policy]") {
  TwoPersons two;
  two.first.digest = sha256("another act");
  CHECK_FALSE(two.decided().permits());
  two = TwoPersons();
  two.second.digest = sha256("another act");
  CHECK_FALSE(two.decided().permits());
  two = TwoPersons();
  two.act = sha256("another act");
  CHECK_FALSE(two.decided().permits());
  two.act = two.first.digest = two.second.digest = Digest{};
  CHECK_FALSE(two.decided().permits());
}

TEST_CASE("a consent that is stale, of the future or out of order does not count", "[policy]") {
  TwoPersons two;
  two.first.given_at = now - consent_life;
  CHECK_FALSE(two.decided().permits());
  two.first.given_at = now - consent_life + tick;
  CHECK(two.decided().permits());
  two.first.given_at = two.second.given_at + tick;
  CHECK_FALSE(two.decided().permits());
  two.first.given_at = two.second.given_at = now + tick;
  CHECK_FALSE(two.decided().permits());
  two.first.given_at = two.second.given_at = now;
  CHECK(two.decided().permits());
}

TEST_CASE("each of the two must still be allowed to", "[policy]") {
  TwoPersons two;
  two.first.subject.duties.clear();
  CHECK_FALSE(two.decided().permits());
  two = TwoPersons();
  two.second.subject.duties = {{Duty::Secretariat, "IOM", "apc"}};
  CHECK_FALSE(two.decided().permits());
  two = TwoPersons();
  two.second.subject.read_only = true;
  CHECK_FALSE(two.decided().permits());
  two = TwoPersons();
  CHECK_FALSE(two.decided(Action::KeepProcess).permits());  // one is enough: it is decide's
  CHECK(two.decided(Action::Conclude).permits());
  two.guard.handling = Handling::Unspecified;
  CHECK_FALSE(two.decided().permits());
}

TEST_CASE("a confidential audience is widened by two of the originator", "[policy]") {
  TwoPersons two;
  two.guard.originator = "SWE";
  two.guard.handling = Handling::Confidential;
  two.guard.audience = AudienceId{1};
  for (Consent* consent : {&two.first, &two.second}) {
    consent->subject.party = "SWE";
    consent->subject.sight = sight_of_one();
  }
  CHECK_FALSE(decide(two.first.subject, Action::Widen, two.guard, now).permits());
  CHECK(decide(two.first.subject, Action::Originate, two.guard, now).permits());
  CHECK(two.decided(Action::Widen).because() ==
        std::vector<std::string_view>{"originator", "two_persons"});
  two.second.subject.party = "NOR";
  CHECK_FALSE(two.decided(Action::Widen).permits());
  two.guard.handling = Handling::Restricted;
  CHECK_FALSE(two.decided(Action::Widen).permits());
  CHECK(decide(two.first.subject, Action::Widen, two.guard, now).permits());
}

// --- what a decision opens -----------------------------------------------------------------------

TEST_CASE("a decision is about the guard it was made on and no other", "[policy]") {
  Subject subject;
  subject.party = "SWE";
  subject.person = "anna";
  subject.sight = sight_of_one();
  const Guard guard{.audience = AudienceId{1},
                    .handling = Handling::Limited,
                    .originator = "SWE",
                    .process = "igc",
                    .person = "anna",
                    .embargo_until = now - tick,
                    .expires_at = now + tick};
  const Decision decision = decide(subject, Action::Read, guard, now);
  REQUIRE(decision.permits());
  CHECK(decision.is_about(guard));
  std::vector<Guard> others(12, guard);
  others[0].audience = AudienceId{2};
  others[1].handling = Handling::Open;
  others[2].originator = "NOR";
  others[3].process = "apc";
  others[4].person = "bo";
  others[5].embargo_until = now;
  others[6].embargo_until.reset();
  others[7].expires_at = now;
  others[8].expires_at.reset();
  std::swap(others[9].process, others[9].originator);
  std::swap(others[10].embargo_until, others[10].expires_at);
  others[11] = Guard{};
  for (const Guard& other : others) CHECK_FALSE(decision.is_about(other));

  const Guarded<std::string> object(guard, "what it says");
  const Opened<std::string> opened = object.open(decision);
  CHECK(*opened == "what it says");
  CHECK(opened->size() == 12);
  CHECK(opened.action() == Action::Read);
}

TEST_CASE("a decision is about a guard of these texts to the last octet", "[policy]") {
  for (std::size_t length = 0; length <= 20; ++length) {
    Guard guard;
    guard.originator = "SWE";
    guard.process = "igc";
    guard.person = std::string(length, 'a');
    const Decision decision = decide(Subject{}, Action::Read, guard, Instant{});
    CHECK(decision.is_about(guard));
    Guard other = guard;
    other.person += '\0';
    CHECK_FALSE(decision.is_about(other));
    other.person = guard.person;
    std::swap(other.person, other.process);
    CHECK_FALSE(decision.is_about(other));
    for (std::size_t place = 0; place < length; ++place) {
      other = guard;
      other.person[place] = 'b';
      CHECK_FALSE(decision.is_about(other));
    }
  }
}

}  // namespace
}  // namespace entente::policy
