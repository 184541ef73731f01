// What documents must be told by the rooms beside it; main passes in who answers.
//
// Threads: any.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "entente/v1/access.pb.h"
#include "proto/contract/status.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::documents {

// An office of which somebody belongs to an audience.
struct AudienceOffice {
  std::string office;                     // `offices/<id>`
  std::string party;                      // `parties/SWE`
  std::vector<std::string> through;       // the audience's principals that it answers to
  std::vector<std::string> certificates;  // that one seals to today: `certificates/<hex>`
  policy::Guard guard;                    // of the office's entry
};

// The certificates of the offices that a person is in.
struct OwnCertificates {
  std::set<std::string> in_force;
  std::set<std::string> all;  // the revoked, too
};

// How a process goes on.
enum class Life { AtWork, Dormant, Over };

class Neighbours {
 public:
  virtual ~Neighbours() = default;
  // The number of `audience`; gives it the next one, in this transaction, if it has none.
  [[nodiscard]] virtual Result<policy::AudienceId> intern(store::Transaction& transaction,
                                                          const policy::Audience& audience) = 0;
  // The audiences now in force; never null.
  [[nodiscard]] virtual std::shared_ptr<const policy::AudienceTable> audiences() const = 0;
  // The subject's own name in Latin letters, for what is printed; empty if it has none.
  [[nodiscard]] virtual Result<std::string> latin_name(const policy::Subject& subject,
                                                       store::Snapshot& snapshot) const = 0;
  // Who can see an object, or would see a draft, as AccessService.WhoCanSee answers this subject.
  [[nodiscard]] virtual Result<v1::WhoCanSeeReply> who_can_see(const policy::Subject& subject,
                                                               const v1::WhoCanSeeRequest& message,
                                                               store::Snapshot& snapshot) const = 0;
  // How a process goes on, as far as the subject may see it; else as if it were at work.
  [[nodiscard]] virtual Result<Life> life_of(const policy::Subject& subject,
                                             const std::string& process,
                                             store::Snapshot& snapshot) const = 0;
  // The offices of an audience, by name.
  [[nodiscard]] virtual Result<std::vector<AudienceOffice>> offices_of(
      const policy::Audience& audience, store::Snapshot& snapshot) const = 0;
  [[nodiscard]] virtual Result<OwnCertificates> own_certificates(
      const policy::Subject& subject, store::Snapshot& snapshot) const = 0;
  // The fingerprint (32 bytes) of the certificate that the subject's session stands on, if its key
  // made `signature` over `message`. InvalidArgument (SignatureInvalid): it did not.
  [[nodiscard]] virtual Result<std::string> check_signature(const policy::Subject& subject,
                                                            store::Snapshot& snapshot,
                                                            std::string_view message,
                                                            std::string_view signature) const = 0;
  // An account as it is now, with all that its person holds; nothing if it has ended.
  [[nodiscard]] virtual Result<std::optional<policy::Subject>> subject_now(
      store::Snapshot& snapshot, const std::string& account, const std::string& party,
      const std::string& person) const = 0;
};

// What is new in a process, and when it comes to an end: to a dormant one something may still be
// brought, so that its memory is whole; sent round, or asked for, is nothing. What was is read,
// held, withdrawn and destroyed as ever. FailedPrecondition (StillInUse): it is not for now.
enum class New { Brought, SentRound };
[[nodiscard]] Status check_life(const Neighbours& neighbours, const policy::Subject& subject,
                                const std::string& process, New what, store::Snapshot& snapshot);

}  // namespace entente::documents
