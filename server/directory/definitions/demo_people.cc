#include "server/directory/definitions/demo_people.h"

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

namespace entente::directory {
namespace {

using Day = std::chrono::sys_days;

// splitmix64 (Vigna): small, and equal everywhere, which std::'s distributions are not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Requires: count > 0.
  int below(int count) { return static_cast<int>(next() % static_cast<std::uint64_t>(count)); }
  bool percent(int chance) { return below(100) < chance; }

 private:
  std::uint64_t state_;
};

// FNV-1a: what a party's dice start from.
std::uint64_t mix(std::uint64_t seed, std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL ^ seed;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  }
  return hash;
}

std::string iso(Day day) {
  const std::chrono::year_month_day date(day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

bool in_force(const config::Participation& participation, Day today) {
  const config::Span& span = participation.span();
  return (span.since().empty() || first_day_of(span.since()) <= today) &&
         (span.until().empty() || today < first_day_of(span.until()));
}

using Office = std::tuple<std::string, std::string, int, std::string>;  // party process office body

Office office_of(const std::string& party, const config::DemoDuty& duty) {
  return {party, duty.process(), static_cast<int>(duty.office()), duty.body()};
}

class Maker {
 public:
  Maker(const Network& network, const config::NameStock& stock, Day today, std::uint64_t seed)
      : network_(network), stock_(stock), today_(today), seed_(seed) {
    UErrorCode failed = U_ZERO_ERROR;
    to_ascii_.reset(icu::Transliterator::createInstance(
        icu::UnicodeString::fromUTF8("Any-Latin; Latin-ASCII; Lower"), UTRANS_FORWARD, failed));
  }

  void take(const config::DemoAccounts& accounts) {
    for (const config::DemoAccount& account : accounts.account()) {
      if (!account.has_person()) continue;
      *people_.add_person() = account.person();
      ids_.insert(account.party() + '/' + account.person().id());
      for (const config::DemoDuty& duty : account.person().duty()) {
        if (duty.capacity() == config::HOLDER) taken_.insert(office_of(account.party(), duty));
      }
    }
  }

  void make() {
    for (const config::ProcessDefinition& process : network_.processes) {
      std::set<std::string> done;
      for (const config::Participation& participation : process.participation()) {
        const auto status = participation.status();
        if (status == config::FORMER || status == config::SUSPENDED ||
            !in_force(participation, today_) || !done.insert(participation.party()).second) {
          continue;
        }
        staff_party(process, participation);
      }
      staff_process(process);
    }
  }

  config::DemoPeople people() && { return std::move(people_); }

 private:
  // Dice of one party in one process: what others there are makes no difference.
  Dice dice_for(const std::string& party, const std::string& process) const {
    return Dice(mix(seed_, party + '/' + process));
  }

  void staff_party(const config::ProcessDefinition& process,
                   const config::Participation& participation) {
    const std::string& party = participation.party();
    Dice dice = dice_for(party, process.id());
    const bool member = participation.status() == config::MEMBER;
    const bool acting = member && dice.percent(5);
    config::DemoDuty duty = duty_of(config::FOCAL_POINT, process.id(), dice);
    duty.set_capacity(acting ? config::ACTING : config::HOLDER);
    add_topics(duty, dice);
    appoint(party, participation.institution(), duty, dice);
    if (!member) return;
    if (acting || dice.percent(55)) {
      duty = duty_of(config::FOCAL_POINT, process.id(), dice);
      duty.set_capacity(config::DEPUTY);
      appoint(party, "", duty, dice);
    }
    if (dice.percent(15)) {
      duty = duty_of(config::FOCAL_POINT, process.id(), dice);
      duty.set_capacity(config::DUTY_CONTACT);
      appoint(party, "", duty, dice);
    }
    for (const config::Body& body : process.body()) {
      if (body.kind() != config::WORKING_GROUP || !dice.percent(60)) continue;
      duty = duty_of(config::BODY_CONTACT, process.id(), dice);
      duty.set_body(body.id());
      duty.add_topic(body.name());
      appoint(party, "", duty, dice);
    }
  }

  // What the process has beside its parties' focal points.
  void staff_process(const config::ProcessDefinition& process) {
    for (const config::Chair& chair : process.chair()) {
      if (!chair.current()) continue;
      Dice dice = dice_for(chair.party(), process.id() + "/chair");
      appoint(chair.party(), "", duty_of(config::CHAIR, process.id(), dice), dice);
    }
    for (const config::ThematicCoordinator& coordinator : process.thematic_coordinator()) {
      Dice dice = dice_for(coordinator.party(), process.id() + "/coordinator");
      config::DemoDuty duty = duty_of(config::THEMATIC_COORDINATOR, process.id(), dice);
      duty.add_topic(coordinator.theme());
      appoint(coordinator.party(), "", duty, dice);
    }
    const config::Secretariat& secretariat = process.secretariat();
    const std::string staff = !secretariat.staffed_by().empty()  ? secretariat.staffed_by(0)
                              : !secretariat.hosted_by().empty() ? secretariat.hosted_by(0)
                                                                 : std::string();
    if (staff.empty() || taken_.contains({staff, process.id(), config::SECRETARIAT, ""})) return;
    Dice dice = dice_for(staff, process.id() + "/secretariat");
    const int count = 2 + dice.below(3);
    for (int i = 0; i < count; ++i) {
      appoint(staff, "", duty_of(config::SECRETARIAT, process.id(), dice), dice);
    }
  }

  config::DemoDuty duty_of(config::DemoOffice office, const std::string& process,
                           Dice& dice) const {
    config::DemoDuty duty;
    duty.set_office(office);
    duty.set_capacity(config::HOLDER);
    duty.set_process(process);
    duty.set_since(iso(today_ - std::chrono::days(30 + dice.below(1'800))));
    return duty;
  }

  void add_topics(config::DemoDuty& duty, Dice& dice) const {
    if (stock_.topic().empty()) return;
    const int first = dice.below(stock_.topic_size());
    duty.add_topic(stock_.topic(first));
    if (stock_.topic_size() > 1 && dice.percent(50)) {
      duty.add_topic(stock_.topic((first + 1) % stock_.topic_size()));
    }
  }

  // Gives the duty to somebody new, or now and then to one of the party who has another already.
  void appoint(const std::string& party, const std::string& institution,
               const config::DemoDuty& duty, Dice& dice) {
    if (duty.capacity() == config::HOLDER && duty.office() != config::SECRETARIAT &&
        taken_.contains(office_of(party, duty))) {
      return;
    }
    const std::vector<int>& mine = made_[party];
    if (institution.empty() && !mine.empty() && dice.percent(25)) {
      config::DemoPerson* person = people_.mutable_person(
          mine[static_cast<std::size_t>(dice.below(static_cast<int>(mine.size())))]);
      const bool serves =
          std::any_of(person->duty().begin(), person->duty().end(),
                      [&](const auto& other) { return other.process() == duty.process(); });
      if (!serves) {
        *person->add_duty() = duty;
        return;
      }
    }
    config::DemoPerson person = somebody(party, institution, dice);
    *person.add_duty() = duty;
    made_[party].push_back(people_.person_size());
    *people_.add_person() = std::move(person);
  }

  const config::NameStock::Culture& culture_of(const config::PartyDefinition& party) const {
    const auto names = [](const auto& list, const std::string& value) {
      return std::find(list.begin(), list.end(), value) != list.end();
    };
    for (const auto& culture : stock_.culture()) {
      if (names(culture.party(), party.code())) return culture;
    }
    const std::string language = party.language().empty() ? "" : party.language(0);
    for (const auto& culture : stock_.culture()) {
      if (names(culture.language(), language)) return culture;
    }
    return stock_.culture(0);
  }

  std::string fill(const std::string& pattern, Dice& dice) const {
    std::string number = pattern;
    for (char& c : number) {
      if (c == 'x') c = static_cast<char>('0' + dice.below(10));
    }
    return number;
  }

  // `anna.lindqvist`: of letters, one for each blank or mark between them.
  std::string id_of(const std::string& given, const std::string& family) const {
    icu::UnicodeString text = icu::UnicodeString::fromUTF8(given + '.' + family);
    if (to_ascii_ != nullptr) to_ascii_->transliterate(text);
    std::string ascii;
    text.toUTF8String(ascii);
    std::string id;
    for (const char c : ascii) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (letter) id += c;
      if ((c == '.' || c == '-' || c == ' ') && !id.empty() && id.back() != '.' &&
          id.back() != '-') {
        id += c == '.' ? '.' : '-';
      }
    }
    return id;
  }

  void add_contacts(config::DemoPerson& person, const std::string& host, Dice& dice) const {
    const config::NameStock::Numbers* numbers = nullptr;
    for (const auto& some : stock_.numbers()) {
      const bool own =
          std::find(some.party().begin(), some.party().end(), person.party()) != some.party().end();
      if (own || (numbers == nullptr && some.party().empty())) numbers = &some;
      if (own) break;
    }
    const auto add = [&](config::DemoContact::Kind kind, std::string value, bool members_only) {
      config::DemoContact* contact = person.add_contact();
      contact->set_kind(kind);
      contact->set_value(std::move(value));
      contact->set_members_only(members_only);
    };
    add(config::DemoContact::EMAIL, person.id() + '@' + host + '.' + stock_.example_domain(),
        false);
    if (numbers == nullptr) return;
    add(config::DemoContact::TELEPHONE,
        fill(numbers->office(dice.below(numbers->office_size())), dice), false);
    if (dice.percent(70)) {
      add(config::DemoContact::MOBILE,
          fill(numbers->mobile(dice.below(numbers->mobile_size())), dice), true);
    }
  }

  void set_institution(config::DemoPerson& person, const config::PartyDefinition& party,
                       const std::string& wanted, Dice& dice) const {
    const bool country = party.kind() == config::STATE || party.kind() == config::TERRITORY;
    if (!country) return;
    if (const auto* known = network_.parties.find_institution(party.code(), wanted)) {
      person.set_institution(known->id());
      person.set_institution_name(known->name().en());
    } else if (!stock_.institution().empty()) {
      const auto& some = stock_.institution(dice.below(stock_.institution_size()));
      person.set_institution(some.id());
      person.set_institution_name(some.name());
    }
  }

  config::DemoPerson somebody(const std::string& code, const std::string& institution, Dice& dice) {
    const config::PartyDefinition& party = *network_.parties.find(code);
    const config::NameStock::Culture& culture = culture_of(party);
    const int given = dice.below(culture.given_size());
    const int family = dice.below(culture.family_size());
    const auto joined = [&](const std::string& a, const std::string& b) {
      // Han and Hangul names are written without a blank between.
      const bool close = culture.family_first() && !culture.given_latin().empty() &&
                         static_cast<unsigned char>(a.front()) >= 0xe0;
      return close ? a + b : a + ' ' + b;
    };
    config::DemoPerson person;
    person.set_party(code);
    person.set_given(culture.given(given));
    person.set_family(culture.family(family));
    person.set_display(culture.family_first() ? joined(person.family(), person.given())
                                              : joined(person.given(), person.family()));
    const bool foreign = !culture.given_latin().empty();
    const std::string given_latin = foreign ? culture.given_latin(given) : person.given();
    const std::string family_latin = foreign ? culture.family_latin(family) : person.family();
    if (foreign) person.set_display_latin(given_latin + ' ' + family_latin);
    const std::string id = id_of(given_latin, family_latin);
    std::string unique = id;
    for (int i = 2; !ids_.insert(code + '/' + unique).second; ++i) {
      unique = id + '-' + std::to_string(i);
    }
    person.set_id(unique);
    person.set_title(stock_.title().empty() ? "" : stock_.title(dice.below(stock_.title_size())));
    person.set_time_zone(party.time_zone());
    for (const std::string& language : party.language()) person.add_language(language);
    if (party.language().empty() || party.language(0) != "en") {
      if (dice.percent(80)) person.add_language("en");
    }
    dedupe_languages(person);
    set_institution(person, party, institution, dice);
    std::string host = code;
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    add_contacts(person, host, dice);
    return person;
  }

  static void dedupe_languages(config::DemoPerson& person) {
    std::set<std::string> seen;
    google::protobuf::RepeatedPtrField<std::string> kept;
    for (const std::string& language : person.language()) {
      if (seen.insert(language).second) *kept.Add() = language;
    }
    person.mutable_language()->Swap(&kept);
  }

  const Network& network_;
  const config::NameStock& stock_;
  Day today_;
  std::uint64_t seed_;
  std::unique_ptr<icu::Transliterator> to_ascii_;
  config::DemoPeople people_;
  std::map<std::string, std::vector<int>> made_;
  std::set<std::string> ids_;
  std::set<Office> taken_;
};

}  // namespace

config::DemoPeople demo_people(const Network& network, const config::NameStock& stock,
                               const config::DemoAccounts& accounts, Day today,
                               std::uint64_t seed) {
  Maker maker(network, stock, today, seed);
  maker.take(accounts);
  maker.make();
  return std::move(maker).people();
}

config::DemoPeople holders_of(const config::DemoAccounts& accounts) {
  config::DemoPeople people;
  for (const config::DemoAccount& account : accounts.account()) {
    if (account.has_person()) *people.add_person() = account.person();
  }
  return people;
}

}  // namespace entente::directory
