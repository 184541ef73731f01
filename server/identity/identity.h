// The room put together: what main makes, registers and follows the ledger with.
//
//   identity::CertificateStore certificates({.network = "demo.example"}, clock);
//   identity::Identity identity({...});
//   ledger.add_follower(directory); ledger.add_follower(identity);  // in this order
//   identity::Gate gate(table, store, identity.authenticator());
//   identity.add_to(gate);
//   certificates.add_shut_out([&](const auto& lost) { server.close_where(...); });
//   ENTENTE_TRY_VOID(identity.start());           // trust that the ledger knows
//   auto folder = identity.trust_folder(dir / "trust");
//   folder.poll();                                // and what the operator laid there
//   identity::Watcher watcher({[&] { folder.poll(); }, [&] { identity.sweep(); }});
//
// Threads: made and started by main; any from then on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/identity/access_sources.h"
#include "server/identity/account_service.h"
#include "server/identity/attempts.h"
#include "server/identity/block_list.h"
#include "server/identity/caller.h"
#include "server/identity/certificate_service.h"
#include "server/identity/certificates.h"
#include "server/identity/draft_service.h"
#include "server/identity/endings.h"
#include "server/identity/gate.h"
#include "server/identity/holdings.h"
#include "server/identity/passwords.h"
#include "server/identity/register.h"
#include "server/identity/session_service.h"
#include "server/identity/sessions.h"
#include "server/identity/sign_in.h"
#include "server/identity/trust_folder.h"
#include "server/identity/watcher.h"
#include "server/ledger/ledger.h"

namespace entente::identity {

struct IdentityRules {
  std::string network;  // `demo.example`
  HashCost hash_cost;
  AttemptLimits attempts;
  SessionLimits sessions;
  std::size_t tools_max = 4'096;  // see Caller
  // Names of this network that are no passwords: processes, parties.
  std::vector<std::string> names;
  // The number of the audience of everyone signed in, for entries about certificates; 0: the party
  // that acted alone sees them.
  std::uint32_t everyone = 0;
};

class Identity final : public ledger::Follower, public LineSource {
 public:
  // All are borrowed and outlive it.
  struct Parts {
    store::Store& store;
    ledger::Ledger& ledger;
    CertificateStore& certificates;
    const HoldingsSource& holdings;
    const Clock& clock;
    Entropy& entropy;
    // For the operator's log: what was not taken, and why. Any thread.
    std::function<void(std::string_view what, const Status& why)> complain = {};
  };
  Identity(IdentityRules rules, Parts parts);
  // Hashes that guard nothing.
  Identity(IdentityRules rules, Parts parts, CheapHashesForTests);
  ~Identity() override;

  [[nodiscard]] Authenticator& authenticator() { return caller_; }
  void add_to(Gate& gate);

  // Takes the store's anchors and lists into force; of a party whose own do not hold it complains.
  // DataLoss, Unavailable: as the store.
  [[nodiscard]] Status start();

  // The folder that feeds this room; what it brings is entered in the ledger as the operator's act.
  [[nodiscard]] TrustFolder trust_folder(std::filesystem::path dir);
  // Ends what time has ended: sessions, and lines of certificates whose validity is over.
  void sweep();

  // Ends what an act ends, before its commit returns to whoever made it.
  void follow(std::uint64_t index, const ledger::Act& act) override;

  // For *who can see* and the preview of a change. A stream is of whoever receives it and ends with
  // the session: what stands over it is what stands over being signed in.
  [[nodiscard]] std::vector<policy::OpenStream> open_streams() const override;
  // DataLoss, Unavailable: as the store.
  [[nodiscard]] Result<std::uint32_t> programs_of(std::string_view party) const override;

  // --- what main does when a network is created, as the operator; each is one ledger entry ---

  struct NewAccount {
    std::string party;   // `SWE`
    std::string id;      // as it stands in the certificate's URI
    std::string person;  // the id alone; empty: a program's account
    std::string label;
  };
  // Answers the one-time code for its holder; with a password, nothing, and the account can sign
  // in at once (a demo's). AlreadyExists; InvalidArgument (FieldInvalid, PasswordWeak).
  [[nodiscard]] Result<std::string> create_account(const NewAccount& account,
                                                   const Secret* password);
  // Enters a certificate that holds to its party's anchors (trust comes first). Answers its name.
  // AlreadyExists; InvalidArgument (SignatureInvalid).
  [[nodiscard]] Result<std::string> enter_certificate(const std::vector<std::string>& chain_der);

  [[nodiscard]] Sessions& sessions() { return sessions_; }
  [[nodiscard]] PasswordHasher& hasher() { return hasher_; }
  [[nodiscard]] const Register& rows() const { return register_; }
  [[nodiscard]] const Endings& endings() const { return endings_; }

 private:
  Status take_folder_trust(const std::string& party, Trust trust);
  void complain(std::string_view what, const Status& why) const;

  const IdentityRules rules_;
  Parts parts_;
  Register register_;
  Endings endings_;
  BlockList block_list_;
  PasswordHasher hasher_;
  Attempts attempts_;
  Sessions sessions_;
  SignIn sign_in_;
  Caller caller_;
  SessionService session_service_;
  AccountService account_service_;
  CertificateService certificate_service_;
  DraftService draft_service_;

  // How many programs each party has: asked of each whenever somebody is told who will see
  // something. Counted anew after any act on an account.
  struct Programs {
    std::uint64_t version = 0;  // before they were counted
    std::uint32_t count = 0;
  };
  mutable std::mutex programs_mutex_;
  mutable std::map<std::string, Programs, std::less<>> programs_;
  std::uint64_t programs_version_ = 0;  // how many such acts there were
};

}  // namespace entente::identity
