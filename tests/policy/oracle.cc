#include "tests/policy/oracle.h"

#include <map>

namespace entente::policy::oracle {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words{""};
  for (const char c : text) {
    if (c == '/') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

template <typename T, typename Is>
bool exists(const std::vector<FactBody>& facts, Is is) {
  for (const FactBody& body : facts) {
    const T* const fact = std::get_if<T>(&body);
    if (fact != nullptr && is(*fact)) return true;
  }
  return false;
}

// "Suspended parties hold none of the process's principals; former ones neither."
bool shut_out(const std::vector<FactBody>& facts, const std::string& process,
              const std::string& party) {
  return exists<Participation>(facts, [&](const Participation& p) {
    return p.process == process && p.party == party &&
           (p.standing == Standing::Suspended || p.standing == Standing::Former);
  });
}

// Takes part without limit, or in what the limit names.
bool takes_part(const std::vector<FactBody>& facts, const std::string& process,
                const std::string& party, const std::string& activity) {
  if (shut_out(facts, process, party)) return false;
  return exists<Participation>(facts, [&](const Participation& p) {
    if (p.process != process || p.party != party) return false;
    if (p.activities.empty()) return true;
    return p.activities.count(activity) == 1;
  });
}

bool is_somebody(const std::vector<FactBody>& facts, const std::string& party,
                 const std::string& person) {
  const bool party_is = exists<Party>(facts, [&](const Party& p) { return p.code == party; });
  if (!party_is) return false;
  if (person.empty()) return true;
  return exists<Person>(facts, [&](const Person& p) { return p.id == person && p.party == party; });
}

// Whether the person is appointed to an office of the party for which `is` says yes.
template <typename Is>
bool appointed(const std::vector<FactBody>& facts, const std::string& party,
               const std::string& person, Is is) {
  if (person.empty()) return false;
  return exists<Appointment>(facts, [&](const Appointment& a) {
    if (a.person != person) return false;
    return exists<Office>(facts, [&](const Office& o) {
      return o.id == a.office && o.party == party && is(o, a.capacity);
    });
  });
}

bool has_standing(const std::vector<FactBody>& facts, const std::string& process,
                  const std::string& party, Standing standing) {
  if (shut_out(facts, process, party)) return false;
  return exists<Participation>(facts, [&](const Participation& p) {
    return p.process == process && p.party == party && p.standing == standing &&
           p.activities.empty();
  });
}

bool seated(const std::vector<FactBody>& facts, Bench bench, const std::string& process,
            const std::string& body, const std::string& party, const std::string& person) {
  return exists<Seat>(facts, [&](const Seat& s) {
    return s.bench == bench && s.process == process && s.body == body && s.party == party &&
           (s.person.empty() || s.person == person);
  });
}

bool holds_of_process(const std::vector<FactBody>& facts, const std::string& party,
                      const std::string& person, const std::vector<std::string>& words) {
  const std::string& process = words[1];
  const std::string& what = words[2];
  if (what == "members") return has_standing(facts, process, party, Standing::Member);
  if (what == "observers") return has_standing(facts, process, party, Standing::Observer);
  if (what == "partners") return has_standing(facts, process, party, Standing::Partner);
  if (what == "secretariat") {
    if (shut_out(facts, process, party)) return false;
    return seated(facts, Bench::Secretariat, process, "", party, person) ||
           appointed(facts, party, person, [&](const Office& o, Capacity) {
             return o.kind == OfficeKind::Secretariat && o.process == process;
           });
  }
  if (what == "chair") {
    if (!takes_part(facts, process, party, "")) return false;
    return seated(facts, Bench::Chair, process, "", party, person) ||
           appointed(facts, party, person, [&](const Office& o, Capacity) {
             return o.kind == OfficeKind::Chair && o.process == process;
           });
  }
  const std::string& body = words[3];
  const bool in_being =
      exists<Body>(facts, [&](const Body& b) { return b.process == process && b.id == body; });
  if (!in_being || !takes_part(facts, process, party, body)) return false;
  return seated(facts, Bench::Body, process, body, party, person) ||
         appointed(facts, party, person, [&](const Office& o, Capacity) {
           return o.kind == OfficeKind::BodyContact && o.process == process && o.body == body;
         });
}

}  // namespace

std::vector<FactBody> facts_at(const Log& log, const AsOf& as_of) {
  // What was last said of each key, as far as it was said by then; a clock never runs backwards for
  // a key.
  std::map<std::string, Instant> said;
  std::map<std::string, const Entry*> last;
  for (const Entry& entry : log) {
    const std::string& key = entry.fact.key;
    if (entry.withdraws && said.count(key) == 0) continue;
    Instant at = entry.recorded_at;
    if (said.count(key) == 1 && said[key] > at) at = said[key];
    // To take back what is not said says nothing, and sets no clock.
    const bool says_nothing = entry.withdraws && last.count(key + "|live") == 0;
    if (says_nothing) continue;
    said[key] = at;
    if (entry.withdraws) {
      last.erase(key + "|live");
    } else {
      last[key + "|live"] = &entry;
    }
    if (at <= as_of.known_at) last[key] = &entry;
  }
  std::vector<FactBody> facts;
  for (const auto& [key, entry] : last) {
    if (key.size() > 5 && key.substr(key.size() - 5) == "|live") continue;
    if (entry->withdraws) continue;
    const Span& span = entry->fact.span;
    if (span.since && as_of.when < *span.since) continue;
    if (span.until && as_of.when >= *span.until) continue;
    facts.push_back(entry->fact.body);
  }
  return facts;
}

bool holds(const std::vector<FactBody>& facts, const std::string& party, const std::string& person,
           const std::string& principal) {
  if (!is_somebody(facts, party, person)) return false;
  const std::vector<std::string> words = split(principal);
  if (words[0] == "party") return words[1] == party;
  if (words[0] == "person") return words[1] == person;
  if (words[0] == "account") return false;
  if (words[0] == "institution") {
    if (words[1] != party) return false;
    const bool in_being = exists<Institution>(
        facts, [&](const Institution& i) { return i.party == party && i.id == words[2]; });
    if (!in_being) return false;
    return exists<Person>(facts,
                          [&](const Person& p) {
                            return p.id == person && p.party == party && p.institution == words[2];
                          }) ||
           appointed(facts, party, person,
                     [&](const Office& o, Capacity) { return o.institution == words[2]; });
  }
  if (words[0] == "contributors") {
    return exists<Contribution>(facts, [&](const Contribution& c) {
      return c.dataflow == words[1] && c.party == party &&
             (c.process.empty() || takes_part(facts, c.process, party, words[1]));
    });
  }
  return holds_of_process(facts, party, person, words);
}

bool has_duty(const std::vector<FactBody>& facts, const std::string& party,
              const std::string& person, const HeldDuty& duty) {
  if (person.empty() || duty.party != party || !is_somebody(facts, party, person)) return false;
  return appointed(facts, party, person, [&](const Office& o, Capacity capacity) {
    if (capacity == Capacity::DutyContact || o.process != duty.process) return false;
    if (duty.duty == Duty::FocalPoint) return o.kind == OfficeKind::FocalPoint;
    if (duty.duty == Duty::SecurityOfficer) return o.kind == OfficeKind::SecurityOfficer;
    if (duty.duty == Duty::CertificateOfficer) return o.kind == OfficeKind::CertificateOfficer;
    if (duty.duty == Duty::Secretariat) {
      return o.kind == OfficeKind::Secretariat && !shut_out(facts, o.process, party);
    }
    if (duty.duty == Duty::Chair) {
      return o.kind == OfficeKind::Chair && takes_part(facts, o.process, party, "");
    }
    return false;
  });
}

bool is_in(const std::vector<FactBody>& facts, const std::string& party, const std::string& person,
           const Audience& audience) {
  for (const Principal& excluded : audience.none_of) {
    if (holds(facts, party, person, excluded.text())) return false;
  }
  for (const Principal& included : audience.any_of) {
    if (holds(facts, party, person, included.text())) return true;
  }
  return false;
}

bool may_read(const std::vector<FactBody>& facts, const std::string& party,
              const std::string& person, const Guard& guard, const Audience& audience,
              Instant now) {
  if (!is_somebody(facts, party, person)) return false;
  switch (guard.handling) {
    case Handling::Open:
    case Handling::Limited:
    case Handling::Restricted:
    case Handling::Confidential:
      break;
    default:
      return false;
  }
  const bool own_entry = !person.empty() && person == guard.person && party == guard.originator;
  if (!own_entry && !is_in(facts, party, person, audience)) return false;
  const bool too_early = guard.embargo_until && now < *guard.embargo_until;
  const bool too_late = guard.expires_at && *guard.expires_at <= now;
  if (!too_early && !too_late) return true;
  if (!guard.originator.empty() && party == guard.originator) return true;
  return !guard.process.empty() &&
         has_duty(facts, party, person, {Duty::Secretariat, party, guard.process});
}

}  // namespace entente::policy::oracle
