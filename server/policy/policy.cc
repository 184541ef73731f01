#include "server/policy/policy.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace entente::policy {
namespace {

constexpr std::size_t id_bytes_max = 64;

struct Form {
  Principal::Kind kind;
  std::string_view head;    // before the first id
  std::string_view middle;  // between the ids, or after the only one
  bool has_second;
};

// Every form that a principal has; nothing else parses.
constexpr std::array<Form, 11> forms{{
    {Principal::Kind::Party, "party/", "", false},
    {Principal::Kind::Institution, "institution/", "/", true},
    {Principal::Kind::Person, "person/", "", false},
    {Principal::Kind::Account, "account/", "/", true},
    {Principal::Kind::Members, "process/", "/members", false},
    {Principal::Kind::Observers, "process/", "/observers", false},
    {Principal::Kind::Partners, "process/", "/partners", false},
    {Principal::Kind::Secretariat, "process/", "/secretariat", false},
    {Principal::Kind::Chair, "process/", "/chair", false},
    {Principal::Kind::Body, "process/", "/body/", true},
    {Principal::Kind::Contributors, "contributors/", "", false},
}};

std::optional<Principal::Parts> match(const Form& form, std::string_view text) {
  if (!text.starts_with(form.head)) return std::nullopt;
  text.remove_prefix(form.head.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view first = text.substr(0, slash);
  text.remove_prefix(slash);
  if (!is_id(first) || !text.starts_with(form.middle)) return std::nullopt;
  text.remove_prefix(form.middle.size());
  if (form.has_second ? !is_id(text) : !text.empty()) return std::nullopt;
  return Principal::Parts{form.kind, first, text};
}

std::optional<Principal::Parts> match_any(std::string_view text) {
  for (const Form& form : forms) {
    if (const auto parts = match(form, text)) return parts;
  }
  return std::nullopt;
}

// Told apart for the sake of bugs, not of adversaries: a decision is never taken from outside.
std::uint64_t mark_of(const Guard& guard) {
  std::uint64_t mark = 0x9e3779b97f4a7c15ULL;
  const auto mix = [&mark](std::uint64_t value) {
    mark = (mark ^ value) * 0xff51afd7ed558ccdULL;
    mark ^= mark >> 32U;
  };
  const auto mix_time = [&mix](const std::optional<Instant>& time) {
    mix(time.has_value() ? 1 : 0);
    if (time) mix(static_cast<std::uint64_t>(time->time_since_epoch().count()));
  };
  // Eight octets at a time: three texts a decision, some hundreds of decisions a call.
  const auto mix_text = [&mix](std::string_view text) {
    mix(text.size());
    std::uint64_t some = 0;
    for (; text.size() >= sizeof some; text.remove_prefix(sizeof some)) {
      std::memcpy(&some, text.data(), sizeof some);
      mix(some);
    }
    some = 0;
    for (const char rest : text) some = some << 8U | static_cast<unsigned char>(rest);
    mix(some);
  };
  mix(static_cast<std::uint64_t>(guard.audience));
  mix(static_cast<std::uint64_t>(guard.handling));
  mix_text(guard.originator);
  mix_text(guard.process);
  mix_text(guard.person);
  mix_time(guard.embargo_until);
  mix_time(guard.expires_at);
  return mark;
}

bool is_originator(const Subject& subject, const Guard& guard) {
  return !guard.originator.empty() && subject.party == guard.originator;
}

bool is_holder(const Subject& subject, const Guard& guard) {
  return !guard.person.empty() && subject.person == guard.person && is_originator(subject, guard);
}

// A duty over the process as a whole; whose party the holder is of does not matter.
bool serves_process(const Subject& subject, Duty duty, const Guard& guard) {
  return !guard.process.empty() &&
         std::any_of(subject.duties.begin(), subject.duties.end(), [&](const HeldDuty& held) {
           return held.duty == duty && held.process == guard.process;
         });
}

// A duty over the own party's things. One held in a process reaches what is of that process and
// what is of none; one held party-wide reaches all.
bool serves_party(const Subject& subject, Duty duty, const Guard& guard) {
  return is_originator(subject, guard) &&
         std::any_of(subject.duties.begin(), subject.duties.end(), [&](const HeldDuty& held) {
           return held.duty == duty && held.party == guard.originator &&
                  (held.process.empty() || guard.process.empty() || held.process == guard.process);
         });
}

constexpr std::uint16_t no_rule = 0;
constexpr std::uint16_t bit(Rule rule) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(rule));
}
constexpr std::uint16_t bit_if(bool holds, Rule rule) { return holds ? bit(rule) : 0; }

std::uint16_t rules_for_read(const Subject& subject, const Guard& guard, Instant now) {
  const std::uint16_t in_audience =
      static_cast<std::uint16_t>(bit_if(subject.sight.sees(guard.audience), Rule::Audience) |
                                 bit_if(is_holder(subject, guard), Rule::Holder));
  if (in_audience == 0 || in_time(guard, now)) return in_audience;
  const std::uint16_t out_of_time = static_cast<std::uint16_t>(
      bit_if(is_originator(subject, guard), Rule::OriginatorOutOfTime) |
      bit_if(serves_process(subject, Duty::Secretariat, guard), Rule::SecretariatOutOfTime));
  return out_of_time == 0 ? no_rule : static_cast<std::uint16_t>(in_audience | out_of_time);
}

std::uint16_t rules_for_originate(const Subject& subject, const Guard& guard) {
  if (serves_party(subject, Duty::FocalPoint, guard)) {
    return bit(Rule::Originator) | bit(Rule::FocalPoint);
  }
  const bool sees = subject.sight.sees(guard.audience);
  return bit_if(is_originator(subject, guard) && sees, Rule::Originator);
}

std::uint16_t rules_for_listing(const Subject& subject, const Guard& guard) {
  return static_cast<std::uint16_t>(
      bit_if(is_originator(subject, guard), Rule::Originator) |
      bit_if(serves_process(subject, Duty::Secretariat, guard), Rule::Secretariat));
}

// The rules that permit `action`, one bit each; none denies.
std::uint16_t rules_for(const Subject& subject, Action action, const Guard& guard, Instant now) {
  switch (action) {
    case Action::Unspecified:
      return no_rule;
    case Action::Read:
      return rules_for_read(subject, guard, now);
    case Action::ChangeOwn:
      return bit_if(is_holder(subject, guard), Rule::Holder);
    case Action::KeepParty:
      return bit_if(serves_party(subject, Duty::FocalPoint, guard), Rule::FocalPoint);
    case Action::KeepProcess:
      return bit_if(guard.originator.empty() && serves_process(subject, Duty::Secretariat, guard),
                    Rule::Secretariat);
    case Action::KeepAccounts:
      return bit_if(serves_party(subject, Duty::SecurityOfficer, guard), Rule::SecurityOfficer);
    case Action::Originate:
    case Action::Widen:
      return rules_for_originate(subject, guard);
    case Action::Admit:
      return bit_if(serves_process(subject, Duty::Secretariat, guard), Rule::Secretariat);
    case Action::KeepCertificates:
      return bit_if(serves_party(subject, Duty::CertificateOfficer, guard),
                    Rule::CertificateOfficer);
    case Action::Conclude:
      return static_cast<std::uint16_t>(
          bit_if(serves_process(subject, Duty::Secretariat, guard), Rule::Secretariat) |
          bit_if(serves_process(subject, Duty::Chair, guard), Rule::Chair));
    case Action::ListReaders:
      return rules_for_read(subject, guard, now) == 0 ? no_rule : rules_for_listing(subject, guard);
  }
  return no_rule;  // A number that is no action.
}

bool are_two(const std::string& first, const std::string& second) {
  return !first.empty() && !second.empty() && first != second;
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= id_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

std::optional<std::string> id_in(std::string_view name, std::string_view collection) {
  if (!name.starts_with(collection)) return std::nullopt;
  name.remove_prefix(collection.size());
  if (!is_id(name)) return std::nullopt;
  return std::string(name);
}

Result<Principal> Principal::parse(std::string_view text) {
  if (!match_any(text)) return invalid_argument("principal", "is none of the forms of a principal");
  return Principal(std::string(text));
}

Principal Principal::make(Kind kind, std::string_view first, std::string_view second) {
  const Form& form = forms.at(static_cast<std::size_t>(kind));
  ENTENTE_CHECK(is_id(first));
  ENTENTE_CHECK(form.has_second ? is_id(second) : second.empty());
  std::string text;
  text.reserve(form.head.size() + first.size() + form.middle.size() + second.size());
  text.append(form.head).append(first).append(form.middle).append(second);
  return Principal(std::move(text));
}

Principal::Parts Principal::parts() const { return *match_any(text_); }

bool belongs(const std::set<Principal>& held, const Audience& audience) {
  return belongs(held, {}, audience);
}

bool belongs(const std::set<Principal>& held, const std::set<Principal>& more,
             const Audience& audience) {
  const auto holds_one = [&](const std::set<Principal>& named) {
    return std::any_of(named.begin(), named.end(), [&](const Principal& principal) {
      return held.contains(principal) || more.contains(principal);
    });
  };
  return holds_one(audience.any_of) && !holds_one(audience.none_of);
}

AudienceId AudienceTable::intern(const Audience& audience) {
  if (const auto known = find(audience)) return *known;
  const auto id = static_cast<AudienceId>(size() + 1);
  restore(id, audience);
  return id;
}

void AudienceTable::restore(AudienceId id, const Audience& audience) {
  const auto number = static_cast<std::uint32_t>(id);
  ENTENTE_CHECK(number == size() + 1);
  const bool is_new = ids_.emplace(audience, id).second;
  ENTENTE_CHECK(is_new);
  by_id_.push_back(audience);
  for (const Principal& principal : audience.any_of) mentions_[principal].any_of.push_back(number);
  for (const Principal& principal : audience.none_of) {
    mentions_[principal].none_of.push_back(number);
  }
}

const Audience* AudienceTable::find(AudienceId id) const {
  const auto number = static_cast<std::uint32_t>(id);
  return number == 0 || number > size() ? nullptr : &by_id_[number - 1];
}

std::optional<AudienceId> AudienceTable::find(const Audience& audience) const {
  const auto found = ids_.find(audience);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

Sight::Sight(const std::set<Principal>& held, const AudienceTable& table)
    : bits_(table.size() / 64 + 1) {
  std::vector<const AudienceTable::Mentions*> mentions;
  for (const Principal& principal : held) {
    const auto found = table.mentions_.find(principal);
    if (found != table.mentions_.end()) mentions.push_back(&found->second);
  }
  for (const auto* mention : mentions) {
    for (const std::uint32_t n : mention->any_of) bits_[n / 64] |= std::uint64_t{1} << (n % 64);
  }
  // Exclusions last: they outweigh.
  for (const auto* mention : mentions) {
    for (const std::uint32_t n : mention->none_of) bits_[n / 64] &= ~(std::uint64_t{1} << (n % 64));
  }
}

bool in_time(const Guard& guard, Instant now) {
  const bool embargoed = guard.embargo_until && now < *guard.embargo_until;
  const bool expired = guard.expires_at && now >= *guard.expires_at;
  return !embargoed && !expired;
}

std::string_view rule_name(Rule rule) {
  static constexpr std::array<std::string_view, 11> names{
      "audience",
      "holder",
      "originator_out_of_time",
      "secretariat_out_of_time",
      "focal_point",
      "secretariat",
      "security_officer",
      "certificate_officer",
      "chair",
      "originator",
      "two_persons",
  };
  return names.at(static_cast<std::size_t>(rule));
}

bool needs_two_persons(Action action, const Guard& guard) {
  return action == Action::Admit || action == Action::Conclude ||
         (action == Action::Widen && guard.handling == Handling::Confidential);
}

bool Decision::is_about(const Guard& guard) const { return guard_mark_ == mark_of(guard); }

std::vector<std::string_view> Decision::because() const {
  std::vector<std::string_view> names;
  for (unsigned rule = 0; rule <= static_cast<unsigned>(Rule::TwoPersons); ++rule) {
    if (because_of(static_cast<Rule>(rule))) names.push_back(rule_name(static_cast<Rule>(rule)));
  }
  return names;
}

Decision decide(const Subject& subject, Action action, const Guard& guard, Instant now) {
  Decision decision;
  decision.action_ = action;
  decision.guard_mark_ = mark_of(guard);
  if (!is_known(guard.handling)) return decision;
  if (subject.read_only && action != Action::Read) return decision;
  const std::uint16_t rules = rules_for(subject, action, guard, now);
  if (rules == 0) return decision;
  if (needs_two_persons(action, guard)) {
    decision.needs_second_ = true;
    return decision;
  }
  decision.effect_ = Effect::Permit;
  decision.because_ = rules;
  return decision;
}

Decision decide_two_person(const Consent& first, const Consent& second, const Digest& act_digest,
                           Action action, const Guard& guard, Instant now) {
  Decision decision;
  decision.action_ = action;
  decision.guard_mark_ = mark_of(guard);
  const bool each_may = decide(first.subject, action, guard, now).needs_second_person() &&
                        decide(second.subject, action, guard, now).needs_second_person();
  const bool two_persons = are_two(first.subject.person, second.subject.person) &&
                           are_two(first.subject.account, second.subject.account) &&
                           are_two(first.subject.session, second.subject.session) &&
                           are_two(first.device, second.device);
  const bool same_act =
      act_digest != Digest{} && first.digest == act_digest && second.digest == act_digest;
  const bool timely = first.given_at <= second.given_at && second.given_at <= now &&
                      now - first.given_at < consent_life;
  if (!each_may || !two_persons || !same_act || !timely) return decision;
  decision.effect_ = Effect::Permit;
  decision.because_ = static_cast<std::uint16_t>(rules_for(first.subject, action, guard, now) |
                                                 bit(Rule::TwoPersons));
  return decision;
}

}  // namespace entente::policy
