#include "server/directory/two_persons.h"

#include <utility>

#include "proto/contract/bytes.h"
#include "server/directory/names.h"

namespace entente::directory {

Result<policy::Subject> subject_now(const Signers& signers, const Catalog& catalog,
                                    store::Snapshot& snapshot, std::string_view account,
                                    std::string_view party, std::string_view person, Instant now) {
  policy::Subject subject;
  ENTENTE_TRY(const bool in_being, signers.is_in_being(snapshot, account));
  if (!in_being) return subject;
  subject.account = account;
  subject.party = party;
  subject.person = person;
  identity::Holdings held = catalog.holdings(party, person, now);
  subject.principals = std::move(held.principals);
  subject.duties = std::move(held.duties);
  return subject;
}

Status check_two_persons(const Signers& signers, const Catalog& catalog, store::Snapshot& snapshot,
                         const KeptWord& first, const SecondWord& second, const Digest& act,
                         policy::Action action, const policy::Guard& guard, Instant now,
                         std::string_view whom) {
  policy::Consent proposed;
  ENTENTE_TRY(proposed.subject, subject_now(signers, catalog, snapshot, first.account, first.party,
                                            first.person, now));
  proposed.subject.session = first.session;
  proposed.digest = first.digest;
  proposed.device = first.device;
  proposed.given_at = first.given_at;
  policy::Consent approved;
  approved.subject = second.subject;
  approved.digest = digest_from(second.digest);
  approved.device = to_hex(second.device);
  approved.given_at = now;
  if (policy::decide_two_person(proposed, approved, act, action, guard, now).permits()) return {};
  return {Code::PermissionDenied, Reason::SecondPersonNeeded,
          "another person of " + std::string(whom) + " approves this, within 72 hours"};
}

Result<policy::AudienceId> audience_while_it_waits(
    const Records& records, const Catalog& catalog, store::Transaction& transaction,
    std::string_view process, std::initializer_list<policy::Principal::Kind> who) {
  policy::Audience audience;
  for (const policy::Principal::Kind kind : who) {
    audience.any_of.insert(policy::Principal::make(kind, id_in(process, "processes")));
  }
  return records.intern(transaction, audience, *catalog.audiences());
}

}  // namespace entente::directory
