#include "server/documents_neighbours.h"

#include <algorithm>
#include <map>

#include "proto/contract/bytes.h"
#include "proto/contract/roster.h"
#include "server/directory/two_persons.h"

namespace entente {

using directory::Indexed;
using directory::Kind;

Result<policy::AudienceId> DocumentsNeighbours::intern(store::Transaction& transaction,
                                                       const policy::Audience& audience) {
  return parts_.records.intern(transaction, audience, *parts_.catalog.audiences());
}

Result<std::string> DocumentsNeighbours::latin_name(const policy::Subject& subject,
                                                    store::Snapshot& snapshot) const {
  if (subject.person.empty()) return std::string();
  ENTENTE_TRY(const auto found, parts_.records.find(snapshot, "persons/" + subject.person));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, policy::Action::Read, guard, parts_.clock.now());
  if (!decision.permits()) return std::string();
  const v1::Person& person = found->open(decision)->person();
  return person.latin_name().empty() ? person.display_name() : person.latin_name();
}

Result<documents::Life> DocumentsNeighbours::life_of(const policy::Subject& subject,
                                                     const std::string& process,
                                                     store::Snapshot& snapshot) const {
  ENTENTE_TRY(const auto found, parts_.records.find(snapshot, "processes/" + process));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, policy::Action::Read, guard, parts_.clock.now());
  if (!decision.permits()) return documents::Life::AtWork;
  const v1::Process::Status status = found->open(decision)->process().status();
  if (status == v1::Process::DORMANT) return documents::Life::Dormant;
  const bool over = status == v1::Process::CONCLUDED || status == v1::Process::MERGED;
  return over ? documents::Life::Over : documents::Life::AtWork;
}

Result<v1::WhoCanSeeReply> DocumentsNeighbours::who_can_see(const policy::Subject& subject,
                                                            const v1::WhoCanSeeRequest& message,
                                                            store::Snapshot& snapshot) const {
  return parts_.access->who_can_see(subject, message, snapshot);
}

std::vector<std::string> DocumentsNeighbours::through(const Indexed& office,
                                                      const policy::Audience& audience,
                                                      Instant now) const {
  std::vector<std::string> persons;
  parts_.catalog.each_appointment_of_office(office.name, [&](const Indexed& one) {
    if (one.span.holds(now)) persons.push_back(one.person);
    return true;
  });
  OfficeOfRoster words{.name = office.name,
                       .is_secretariat = office.office_kind == v1::SECRETARIAT_STAFF,
                       .party = {},
                       .process = {},
                       .persons = {persons.begin(), persons.end()}};
  const std::string party = "parties/" + office.party;
  const std::string process = office.process.empty() ? "" : "processes/" + office.process;
  words.party = party;
  words.process = process;
  std::vector<std::string> found;
  for (const std::string& person : persons) {
    const auto held =
        parts_.catalog.holdings(office.party, directory::id_in(person, "persons"), now).principals;
    if (!policy::belongs(held, audience)) continue;
    for (const policy::Principal& principal : audience.any_of) {
      if (held.count(principal) != 0 && may_answer(principal.text(), words)) {
        found.push_back(principal.text());
      }
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

bool DocumentsNeighbours::seals_today(const identity::record::Certificate& row, Instant now) const {
  const auto at = now.time_since_epoch().count();
  return row.not_before() <= at && at < row.not_after() && !parts_.certificates.revoked(row.der());
}

Result<std::vector<documents::AudienceOffice>> DocumentsNeighbours::offices_of(
    const policy::Audience& audience, store::Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  std::vector<documents::AudienceOffice> offices;
  std::vector<Indexed> candidates;
  parts_.catalog.each(Kind::Office, [&](const Indexed& one) {
    if (one.span.holds(now)) candidates.push_back(one);
    return true;
  });
  std::map<std::string, std::vector<identity::record::Certificate>> by_party;
  for (const Indexed& office : candidates) {
    documents::AudienceOffice out{.office = office.name,
                                  .party = "parties/" + office.party,
                                  .through = through(office, audience, now),
                                  .certificates = {},
                                  .guard = office.guard};
    if (out.through.empty()) continue;
    if (by_party.count(office.party) == 0) {
      ENTENTE_TRY(by_party[office.party], parts_.rows.certificates_of(snapshot, office.party));
    }
    for (const auto& row : by_party[office.party]) {
      if (row.office() == office.name && seals_today(row, now)) {
        out.certificates.push_back("certificates/" + to_hex(row.sha256()));
      }
    }
    offices.push_back(std::move(out));
  }
  std::sort(offices.begin(), offices.end(),
            [](const auto& a, const auto& b) { return a.office < b.office; });
  return offices;
}

Result<documents::OwnCertificates> DocumentsNeighbours::own_certificates(
    const policy::Subject& subject, store::Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  std::set<std::string> offices;
  if (!subject.person.empty()) {
    parts_.catalog.each_appointment_of_person("persons/" + subject.person, [&](const Indexed& one) {
      if (one.span.holds(now)) offices.insert(one.office);
      return true;
    });
  }
  ENTENTE_TRY(const auto rows, parts_.rows.certificates_of(snapshot, subject.party));
  documents::OwnCertificates own;
  for (const auto& row : rows) {
    if (offices.count(row.office()) == 0) continue;
    const std::string name = "certificates/" + to_hex(row.sha256());
    own.all.insert(name);
    // One that has ended still opens what was sealed while it had not.
    if (!parts_.certificates.revoked(row.der())) own.in_force.insert(name);
  }
  return own;
}

Result<std::string> DocumentsNeighbours::check_signature(const policy::Subject& subject,
                                                         store::Snapshot& snapshot,
                                                         std::string_view message,
                                                         std::string_view signature) const {
  return parts_.signers->check(subject, snapshot, message, signature);
}

Result<std::optional<policy::Subject>> DocumentsNeighbours::subject_now(
    store::Snapshot& snapshot, const std::string& account, const std::string& party,
    const std::string& person) const {
  ENTENTE_TRY(policy::Subject subject,
              directory::subject_now(*parts_.signers, parts_.catalog, snapshot, account, party,
                                     person, parts_.clock.now()));
  if (subject.account.empty()) return std::optional<policy::Subject>();
  subject.sight = parts_.catalog.sight(subject.principals);
  return std::optional<policy::Subject>(std::move(subject));
}

}  // namespace entente
