#include "server/directory/definitions/parse.h"

#include <algorithm>
#include <set>
#include <utility>

#include "proto/contract/limits.h"
#include "server/directory/definitions/checker.h"

namespace entente::directory {
namespace {

using Day = std::chrono::sys_days;

bool is_all(std::string_view text, std::size_t min, std::size_t max, std::string_view allowed) {
  return text.size() >= min && text.size() <= max &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}
constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view digits = "0123456789";

bool is_id(std::string_view text, std::size_t max) {
  return is_all(text, 1, max, "abcdefghijklmnopqrstuvwxyz0123456789-") && text.front() != '-' &&
         text.back() != '-';
}
bool is_language(std::string_view text) {
  return text.size() >= 2 && text.size() <= 35 && lower.find(text[0]) != std::string_view::npos &&
         lower.find(text[1]) != std::string_view::npos &&
         is_all(text, 2, 35, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
}
bool is_zone(std::string_view text) {
  return text == "UTC" || (text.find('/') != std::string_view::npos && text.size() <= 64 &&
                           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                                                  "WXYZ0123456789_/+-") == std::string_view::npos);
}

std::optional<int> number(std::string_view text) {
  if (!is_all(text, 1, 4, digits)) return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

// --- spans
// ----------------------------------------------------------------------------------------

struct Days {
  Day since = Day::min();
  Day until = Day::max();
};

// Notes what is wrong with a span; answers what it covers.
Days check_span(Checker& checker, const Place& owner, const config::Span& span) {
  Days days;
  const Place place = Checker::inside(owner, "span");
  if (!span.since().empty()) {
    const std::optional<Day> day = first_day_of(span.since());
    if (!day) checker.wrong(place, "since", "is no day, month or year");
    days.since = day.value_or(days.since);
  }
  if (!span.until().empty()) {
    const std::optional<Day> day = first_day_of(span.until());
    if (!day) {
      checker.wrong(place, "until", "is no day, month or year");
    } else if (*day <= days.since) {
      checker.wrong(place, "until", "is not after `since`");
    }
    days.until = day.value_or(days.until);
  }
  return days;
}

void check_day(Checker& checker, const Place& place, const char* field, const std::string& day) {
  if (!first_day_of(day)) checker.wrong(place, field, "is no day, month or year");
}

// --- parties
// --------------------------------------------------------------------------------------

void check_code(Checker& checker, const Place& place, const config::PartyDefinition& party) {
  const bool country = party.kind() == config::STATE || party.kind() == config::TERRITORY ||
                       party.kind() == config::AREA;
  if (party.kind() == config::PARTY_KIND_UNSPECIFIED) {
    checker.wrong(place, "kind", "is not given");
  } else if (country) {
    if (!is_all(party.code(), 3, 3, upper)) {
      checker.wrong(place, "code", "is no alpha-3 code of ISO 3166-1");
    }
    if (!is_all(party.alpha2(), 2, 2, upper)) {
      checker.wrong(place, "alpha2", "is no alpha-2 code of ISO 3166-1");
    }
  } else {
    if (!is_all(party.code(), 2, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")) {
      checker.wrong(place, "code", "is not two to sixteen of `A-Z` and `0-9`");
    }
    if (!party.alpha2().empty()) checker.wrong(place, "alpha2", "is for countries only");
  }
  if ((party.kind() == config::TERRITORY) == party.of().empty()) {
    checker.wrong(place, "of", "is given for a territory, and for nothing else");
  }
  if (!party.process().empty() && party.kind() != config::ORGANISATION) {
    checker.wrong(place, "process", "is for organisations only");
  }
}

void check_institutions(Checker& checker, const Place& place,
                        const config::PartyDefinition& party) {
  std::set<std::string_view> ids;
  for (int i = 0; i < party.institution_size(); ++i) {
    const config::InstitutionDefinition& institution = party.institution(i);
    const Place at = Checker::inside(place, "institution", i);
    if (!is_id(institution.id(), 64)) checker.wrong(at, "id", "is not `[a-z0-9-]{1,64}`");
    if (!ids.insert(institution.id()).second) checker.wrong(at, "id", "occurs twice");
    if (institution.name().en().empty()) checker.wrong(at, "name", "has no English");
  }
}

void check_party(Checker& checker, const Place& place, const config::PartyDefinition& party) {
  check_code(checker, place, party);
  if (party.name().en().empty()) checker.wrong(place, "name", "has no English");
  if (!party.time_zone().empty() && !is_zone(party.time_zone())) {
    checker.wrong(place, "time_zone", "is no zone such as `Europe/Stockholm`");
  }
  for (int i = 0; i < party.language_size(); ++i) {
    if (!is_language(party.language(i))) {
      checker.wrong(place, "language", i, "is no BCP 47 tag such as `sv`");
    }
  }
  check_institutions(checker, place, party);
}

void check_table(Checker& checker, const config::PartyTable& table) {
  const Place file = checker.file();
  if (table.version() == 0) checker.wrong(file, "version", "is not given");
  check_day(checker, file, "as_of", table.as_of());
  std::set<std::string_view> codes;
  std::set<std::string_view> alpha2s;
  std::set<std::string_view> names;
  for (int i = 0; i < table.party_size(); ++i) {
    const config::PartyDefinition& party = table.party(i);
    const Place place = Checker::inside(file, "party", i);
    check_party(checker, place, party);
    if (!codes.insert(party.code()).second) checker.wrong(place, "code", "occurs twice");
    if (!party.alpha2().empty() && !alpha2s.insert(party.alpha2()).second) {
      checker.wrong(place, "alpha2", "occurs twice");
    }
    if (!party.name().en().empty() && !names.insert(party.name().en()).second) {
      checker.wrong(Checker::inside(place, "name"), "en", "occurs twice");
    }
  }
  for (int i = 0; i < table.party_size(); ++i) {
    const std::string& of = table.party(i).of();
    if (!of.empty() && !codes.contains(of)) {
      checker.wrong(Checker::inside(file, "party", i), "of", "names no party");
    }
  }
}

// --- a process
// ------------------------------------------------------------------------------------

// The rules of one process, a part of the definition at a time.
class ProcessRules {
 public:
  ProcessRules(Checker& checker, const config::ProcessDefinition& process,
               const PartyIndex& parties)
      : checker_(checker), process_(process), parties_(parties), file_(checker.file()) {}

  void check() {
    check_head();
    check_participations();
    check_secretariat();
    check_chairs();
    check_offices();
    check_bodies();
    check_story();
    checker_.check_texts(file_);
  }

 private:
  void check_head() {
    const auto required = [&](const char* field, const std::string& value) {
      if (value.empty()) checker_.wrong(file_, field, "is not given");
    };
    if (!is_id(process_.id(), 32)) checker_.wrong(file_, "id", "is not `[a-z0-9-]{1,32}`");
    if (process_.version() == 0) checker_.wrong(file_, "version", "is not given");
    required("name", process_.name());
    required("long_name", process_.long_name());
    required("source", process_.source());
    check_day(checker_, file_, "as_of", process_.as_of());
    check_day(checker_, file_, "established", process_.established());
    const auto as_of = first_day_of(process_.as_of());
    const auto established = first_day_of(process_.established());
    if (as_of && established && *as_of < *established) {
      checker_.wrong(file_, "as_of", "is before the process was established");
    }
    if (process_.status() == config::PROCESS_STATUS_UNSPECIFIED) {
      checker_.wrong(file_, "status", "is not given");
    }
    if (process_.confirmation_period_days() > confirmation_days_max) {
      checker_.wrong(file_, "confirmation_period_days", "is more than ten years");
    }
  }

  // Whether `code` is a party; says so if not.
  bool check_party(const Place& place, const char* field, int index, const std::string& code) {
    const config::PartyDefinition* party = parties_.find(code);
    if (party == nullptr) {
      checker_.wrong(place, field, index, "names no party");
    } else if (party->kind() == config::AREA) {
      checker_.wrong(place, field, index, "names an area, which is no party");
    }
    return party != nullptr && party->kind() != config::AREA;
  }
  void check_participant(const Place& place, const char* field, int index,
                         const std::string& code) {
    if (check_party(place, field, index, code) && !participants_.contains(code)) {
      checker_.wrong(place, field, index, "names a party that takes no part in the process");
    }
  }

  void check_participation(const Place& place, const config::Participation& participation) {
    if (participation.status() == config::PARTICIPATION_STATUS_UNSPECIFIED) {
      checker_.wrong(place, "status", "is not given");
    }
    if (check_party(place, "party", -1, participation.party())) {
      participants_.insert(participation.party());
      if (!participation.institution().empty() &&
          parties_.find_institution(participation.party(), participation.institution()) ==
              nullptr) {
        checker_.wrong(place, "institution", "names no institution of the party");
      }
    }
    std::set<std::string_view> activities;
    for (int i = 0; i < participation.activity_size(); ++i) {
      if (!is_id(participation.activity(i), 64)) {
        checker_.wrong(place, "activity", i, "is not `[a-z0-9-]{1,64}`");
      }
      if (!activities.insert(participation.activity(i)).second) {
        checker_.wrong(place, "activity", i, "occurs twice");
      }
    }
    const bool opens = participation.status() == config::MEMBER ||
                       participation.status() == config::OBSERVER ||
                       participation.status() == config::PARTNER;
    if (opens && !participation.institution().empty() && participation.activity().empty()) {
      checker_.wrong(place, "institution",
                     "takes part without a limit, which opens its whole party");
    }
    const Days days = check_span(checker_, place, participation.span());
    auto& earlier = spans_[{participation.party(), participation.institution()}];
    for (const Days& other : earlier) {
      if (days.since < other.until && other.since < days.until) {
        checker_.wrong(place, "party", "takes part twice at the same time");
        break;
      }
    }
    earlier.push_back(days);
  }

  void check_participations() {
    if (process_.participation_size() == 0) {
      checker_.wrong(file_, "participation", "is not given: nobody takes part");
    }
    for (int i = 0; i < process_.participation_size(); ++i) {
      check_participation(Checker::inside(file_, "participation", i), process_.participation(i));
    }
  }

  void check_secretariat() {
    const config::Secretariat& secretariat = process_.secretariat();
    const Place place = Checker::inside(file_, "secretariat");
    const auto parties = [&](const char* field, const auto& codes) {
      for (int i = 0; i < codes.size(); ++i) check_party(place, field, i, codes.Get(i));
    };
    parties("hosted_by", secretariat.hosted_by());
    parties("staffed_by", secretariat.staffed_by());
    parties("supported_by", secretariat.supported_by());
    parties("in_collaboration_with", secretariat.in_collaboration_with());
    for (int i = 0; i < secretariat.hosted_by_institution_size(); ++i) {
      const std::string& name = secretariat.hosted_by_institution(i);
      const std::size_t slash = name.find('/');
      if (slash == std::string::npos ||
          parties_.find_institution(name.substr(0, slash), name.substr(slash + 1)) == nullptr) {
        checker_.wrong(place, "hosted_by_institution", i, "names no institution of a party");
      }
    }
    check_span(checker_, place, secretariat.span());
  }

  void check_chairs() {
    for (const char* field : {"chair", "co_chair"}) {
      const auto& chairs = field == std::string_view("chair") ? process_.chair()  //
                                                              : process_.co_chair();
      for (int i = 0; i < chairs.size(); ++i) {
        const Place place = Checker::inside(file_, field, i);
        check_participant(place, "party", -1, chairs[i].party());
        check_span(checker_, place, chairs[i].span());
      }
    }
    const auto current = std::count_if(process_.chair().begin(), process_.chair().end(),
                                       [](const config::Chair& chair) { return chair.current(); });
    if (current > 1) checker_.wrong(file_, "chair", 0, "only one chair is current");
    for (int i = 0; i < process_.thematic_coordinator_size(); ++i) {
      const Place place = Checker::inside(file_, "thematic_coordinator", i);
      const config::ThematicCoordinator& coordinator = process_.thematic_coordinator(i);
      check_participant(place, "party", -1, coordinator.party());
      if (coordinator.theme().empty()) checker_.wrong(place, "theme", "is not given");
      check_span(checker_, place, coordinator.span());
    }
  }

  void check_offices() {
    std::set<std::string_view> ids;
    for (int i = 0; i < process_.office_size(); ++i) {
      const Place place = Checker::inside(file_, "office", i);
      const config::OfficeDefinition& office = process_.office(i);
      if (!is_id(office.id(), 64)) checker_.wrong(place, "id", "is not `[a-z0-9-]{1,64}`");
      if (!ids.insert(office.id()).second) checker_.wrong(place, "id", "occurs twice");
      if (office.name().empty()) checker_.wrong(place, "name", "is not given");
    }
  }

  void check_bodies() {
    std::set<std::string_view> ids;
    for (int i = 0; i < process_.body_size(); ++i) {
      const Place place = Checker::inside(file_, "body", i);
      const config::Body& body = process_.body(i);
      if (!is_id(body.id(), 64)) checker_.wrong(place, "id", "is not `[a-z0-9-]{1,64}`");
      if (!ids.insert(body.id()).second) checker_.wrong(place, "id", "occurs twice");
      if (body.name().empty()) checker_.wrong(place, "name", "is not given");
      if (body.kind() == config::BODY_KIND_UNSPECIFIED) {
        checker_.wrong(place, "kind", "is not given");
      }
      if (!body.chair().empty()) check_participant(place, "chair", -1, body.chair());
      for (int j = 0; j < body.co_chair_size(); ++j) {
        check_participant(place, "co_chair", j, body.co_chair(j));
      }
      std::set<std::string_view> members;
      for (int j = 0; j < body.member_size(); ++j) {
        check_participant(place, "member", j, body.member(j));
        if (!members.insert(body.member(j)).second) {
          checker_.wrong(place, "member", j, "occurs twice");
        }
      }
      check_span(checker_, place, body.span());
    }
  }

  void check_story() {
    std::uint32_t last = 0;
    for (int i = 0; i < process_.phase_size(); ++i) {
      const Place place = Checker::inside(file_, "phase", i);
      if (process_.phase(i).number() <= last) {
        checker_.wrong(place, "number", "is not above the phase before");
      }
      last = process_.phase(i).number();
      check_span(checker_, place, process_.phase(i).span());
    }
    for (int i = 0; i < process_.event_size(); ++i) {
      const Place place = Checker::inside(file_, "event", i);
      const std::string& date = process_.event(i).date();
      const std::size_t slash = date.find('/');
      const auto from = first_day_of(std::string_view(date).substr(0, slash));
      const auto to = slash == std::string::npos
                          ? from
                          : first_day_of(std::string_view(date).substr(slash + 1));
      if (!from || !to || *to < *from) {
        checker_.wrong(place, "date", "is no day, month, year or two days joined by `/`");
      }
      if (process_.event(i).what().empty()) checker_.wrong(place, "what", "is not given");
    }
  }

  static constexpr std::uint32_t confirmation_days_max = 3'660;

  Checker& checker_;
  const config::ProcessDefinition& process_;
  const PartyIndex& parties_;
  Place file_;
  std::set<std::string, std::less<>> participants_;
  std::map<std::pair<std::string, std::string>, std::vector<Days>> spans_;
};

// --- a demonstration
// ------------------------------------------------------------------------------

void check_stock(Checker& checker, const config::NameStock& stock) {
  const Place file = checker.file();
  std::set<std::string_view> ids;
  for (int i = 0; i < stock.culture_size(); ++i) {
    const config::NameStock::Culture& culture = stock.culture(i);
    const Place place = Checker::inside(file, "culture", i);
    if (!is_id(culture.id(), 32) || !ids.insert(culture.id()).second) {
      checker.wrong(place, "id", "is no id, or occurs twice");
    }
    const auto pair = [&](const char* field, int own, int latin) {
      if (own == 0) checker.wrong(place, field, "is not given");
      if (latin != 0 && latin != own) {
        checker.wrong(place, field, "has another number than those in Latin letters");
      }
    };
    pair("given", culture.given_size(), culture.given_latin_size());
    pair("family", culture.family_size(), culture.family_latin_size());
  }
  const bool for_all = std::any_of(stock.numbers().begin(), stock.numbers().end(),
                                   [](const auto& numbers) { return numbers.party().empty(); });
  if (!for_all) checker.wrong(file, "numbers", "has none that serve every party");
  for (int i = 0; i < stock.numbers_size(); ++i) {
    const Place place = Checker::inside(file, "numbers", i);
    if (stock.numbers(i).office_size() == 0) checker.wrong(place, "office", "is not given");
    if (stock.numbers(i).mobile_size() == 0) checker.wrong(place, "mobile", "is not given");
    if (stock.numbers(i).source().empty()) checker.wrong(place, "source", "is not given");
  }
  if (stock.institution_size() == 0) checker.wrong(file, "institution", "is not given");
  checker.check_texts(file);
}

class AccountRules {
 public:
  AccountRules(Checker& checker, const PartyIndex& parties,
               std::span<const config::ProcessDefinition> processes, bool invented)
      : checker_(checker), parties_(parties), invented_(invented) {
    for (const config::ProcessDefinition& process : processes) {
      auto& bodies = bodies_[process.id()];
      for (const config::Body& body : process.body()) bodies.insert(body.id());
    }
  }

  void check(const config::DemoAccounts& accounts) {
    std::set<std::pair<std::string_view, std::string_view>> names;
    for (int i = 0; i < accounts.account_size(); ++i) {
      const config::DemoAccount& account = accounts.account(i);
      const Place place = Checker::inside(checker_.file(), "account", i);
      if (parties_.find(account.party()) == nullptr) {
        checker_.wrong(place, "party", "names no party");
      }
      if (!is_all(account.id(), 1, 64, "abcdefghijklmnopqrstuvwxyz0123456789._-")) {
        checker_.wrong(place, "id", "is not `[a-z0-9._-]{1,64}`");
      }
      if (!names.insert({account.party(), account.id()}).second) {
        checker_.wrong(place, "id", "occurs twice in the party");
      }
      check_profile(place, account);
    }
    checker_.check_texts(checker_.file());
  }

 private:
  void check_profile(const Place& place, const config::DemoAccount& account) {
    if (account.profile() == config::DemoAccount::PERSON) {
      if (!account.has_person()) {
        checker_.wrong(place, "person", "is not given");
      } else {
        check_person(Checker::inside(place, "person"), account.party(), account.person());
      }
    } else if (account.profile() == config::DemoAccount::PROGRAM) {
      if (account.has_person()) checker_.wrong(place, "person", "is not for a program");
      if (parties_.find_institution(account.party(), account.institution()) == nullptr) {
        checker_.wrong(place, "institution", "names no institution of the party");
      }
    } else {
      checker_.wrong(place, "profile", "is not given");
    }
  }

  void check_person(const Place& place, const std::string& party,
                    const config::DemoPerson& person) {
    if (person.party() != party) checker_.wrong(place, "party", "is not the account's");
    if (person.display().empty()) checker_.wrong(place, "display", "is not given");
    if (!person.institution().empty() &&
        parties_.find_institution(party, person.institution()) == nullptr) {
      checker_.wrong(place, "institution", "names no institution of the party");
    }
    for (int i = 0; i < person.contact_size(); ++i) {
      const Place at = Checker::inside(place, "contact", i);
      const config::DemoContact& contact = person.contact(i);
      if (contact.kind() == config::DemoContact::KIND_UNSPECIFIED) {
        checker_.wrong(at, "kind", "is not given");
      }
      if (invented_ && contact.kind() == config::DemoContact::EMAIL &&
          !contact.value().ends_with("example.org")) {
        checker_.wrong(at, "value", "is no address under `example.org`: it might be somebody's");
      }
    }
    for (int i = 0; i < person.duty_size(); ++i) {
      check_duty(Checker::inside(place, "duty", i), person.duty(i));
    }
  }

  void check_duty(const Place& place, const config::DemoDuty& duty) {
    if (duty.office() == config::DEMO_OFFICE_UNSPECIFIED) {
      checker_.wrong(place, "office", "is not given");
    }
    if (duty.capacity() == config::DEMO_CAPACITY_UNSPECIFIED) {
      checker_.wrong(place, "capacity", "is not given");
    }
    const auto process = bodies_.find(duty.process());
    if (!duty.process().empty() && process == bodies_.end()) {
      checker_.wrong(place, "process", "names no process");
    }
    if (!duty.body().empty() &&
        (process == bodies_.end() || !process->second.contains(duty.body()))) {
      checker_.wrong(place, "body", "names no body of the process");
    }
    if (!duty.since().empty()) check_day(checker_, place, "since", duty.since());
  }

  Checker& checker_;
  const PartyIndex& parties_;
  bool invented_;
  std::map<std::string, std::set<std::string>, std::less<>> bodies_;
};

Result<config::DemoAccounts> accounts_in(std::string_view text, const PartyIndex& parties,
                                         std::span<const config::ProcessDefinition> processes,
                                         bool invented) {
  config::DemoAccounts accounts;
  Checker checker;
  if (checker.read(text, accounts))
    AccountRules(checker, parties, processes, invented).check(accounts);
  ENTENTE_TRY_VOID(checker.status("the list of accounts"));
  return accounts;
}

// --- a network
// ------------------------------------------------------------------------------------

// The violations of one file, their paths beginning with its name.
void append_faults(const Status& status, const std::string& file, std::vector<Violation>& out) {
  for (Violation violation : status.violations()) {
    violation.field = file + (violation.field.empty() ? "" : ": " + violation.field);
    out.push_back(std::move(violation));
  }
}

constexpr std::string_view parties_file = "parties.textproto";

}  // namespace

std::optional<Day> first_day_of(std::string_view text) {
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return std::nullopt;
  if (text.size() > 4 && text[4] != '-') return std::nullopt;
  if (text.size() > 7 && text[7] != '-') return std::nullopt;
  const std::optional<int> year = number(text.substr(0, 4));
  const std::optional<int> month = text.size() > 4 ? number(text.substr(5, 2)) : 1;
  const std::optional<int> day = text.size() > 7 ? number(text.substr(8, 2)) : 1;
  if (!year || !month || !day || *year < limits::day_year_min || *year > limits::day_year_max)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Day(date);
}

PartyIndex::PartyIndex(config::PartyTable table) : table_(std::move(table)) {
  for (int i = 0; i < table_.party_size(); ++i) by_code_.emplace(table_.party(i).code(), i);
}

const config::PartyDefinition* PartyIndex::find(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : &table_.party(found->second);
}

const config::InstitutionDefinition* PartyIndex::find_institution(std::string_view code,
                                                                  std::string_view id) const {
  const config::PartyDefinition* party = find(code);
  if (party == nullptr) return nullptr;
  for (const config::InstitutionDefinition& institution : party->institution()) {
    if (institution.id() == id) return &institution;
  }
  return nullptr;
}

Result<config::PartyTable> parse_parties(std::string_view text) {
  config::PartyTable table;
  Checker checker;
  if (checker.read(text, table)) {
    check_table(checker, table);
    checker.check_texts(checker.file());
  }
  ENTENTE_TRY_VOID(checker.status("the table of parties"));
  return table;
}

Result<config::ProcessDefinition> parse_process(std::string_view text, const PartyIndex& parties) {
  config::ProcessDefinition process;
  Checker checker;
  if (checker.read(text, process)) ProcessRules(checker, process, parties).check();
  ENTENTE_TRY_VOID(checker.status("the definition of a process"));
  return process;
}

Result<config::NameStock> parse_names(std::string_view text) {
  config::NameStock stock;
  Checker checker;
  if (checker.read(text, stock)) check_stock(checker, stock);
  ENTENTE_TRY_VOID(checker.status("the stock of names"));
  return stock;
}

Result<config::DemoAccounts> parse_first_accounts(
    std::string_view text, const PartyIndex& parties,
    std::span<const config::ProcessDefinition> processes) {
  return accounts_in(text, parties, processes, /*invented=*/false);
}

Result<config::DemoAccounts> parse_accounts(std::string_view text, const PartyIndex& parties,
                                            std::span<const config::ProcessDefinition> processes) {
  return accounts_in(text, parties, processes, /*invented=*/true);
}

Result<Network> parse_network(std::span<const DefinitionFile> files) {
  std::vector<Violation> faults;
  Network network;
  const auto is_table = [](const DefinitionFile& file) { return file.name == parties_file; };
  const auto table = std::find_if(files.begin(), files.end(), is_table);
  if (table == files.end() || std::count_if(files.begin(), files.end(), is_table) != 1) {
    faults.push_back({std::string(parties_file), "is not there exactly once", 0, 0});
    return faults_in("the definitions", std::move(faults));
  }
  Result<config::PartyTable> parsed_table = parse_parties(table->text);
  if (!parsed_table.ok()) {
    append_faults(parsed_table.status(), table->name, faults);
    return faults_in("the definitions", std::move(faults));
  }
  network.parties = PartyIndex(*std::move(parsed_table));
  std::set<std::string> ids;
  for (const DefinitionFile& file : files) {
    if (is_table(file)) continue;
    Result<config::ProcessDefinition> process = parse_process(file.text, network.parties);
    append_faults(process.status(), file.name, faults);
    if (!process.ok()) continue;
    if (file.name != process->id() + ".textproto" || !ids.insert(process->id()).second) {
      faults.push_back({file.name, "is not named as the process, or occurs twice", 0, 0});
    }
    network.processes.push_back(*std::move(process));
  }
  for (const config::PartyDefinition& party : network.parties.table().party()) {
    if (faults.empty() && !party.process().empty() && !ids.contains(party.process())) {
      faults.push_back(
          {table->name + ": " + party.code(), "is of a process that is not there", 0, 0});
    }
  }
  ENTENTE_TRY_VOID(faults_in("the definitions", std::move(faults)));
  std::sort(network.processes.begin(), network.processes.end(),
            [](const auto& a, const auto& b) { return a.id() < b.id(); });
  return network;
}

}  // namespace entente::directory
