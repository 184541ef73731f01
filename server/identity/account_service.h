// entente.v1.AccountService: a party's accounts, kept by its own security officer. The five lines
// of every service; an account of another party and one that is not there take one way.
//
// Threads: any. Owned by Identity.
#pragma once

#include <string>
#include <string_view>

#include "entente/v1/account.pb.h"
#include "proto/contract/clock.h"
#include "server/identity/gate.h"
#include "server/identity/holdings.h"
#include "server/identity/page_token.h"
#include "server/identity/register.h"
#include "server/identity/sign_in.h"
#include "server/ledger/ledger.h"

namespace entente::identity {

class AccountService {
 public:
  struct Parts {
    store::Store& store;
    const Register& rows;
    const Endings& endings;
    const SignIn& sign_in;
    const HoldingsSource& holdings;
    const Clock& clock;
    Entropy& entropy;
  };
  explicit AccountService(Parts parts);

  void add_to(Gate& gate);

 private:
  using Subject = policy::Subject;

  Result<v1::AccountCode> create(const Subject& subject, const v1::CreateAccountRequest& message,
                                 store::Transaction& in);
  Result<v1::Account> get(const Subject& subject, const v1::GetAccountRequest& message,
                          store::Snapshot& in);
  Result<v1::ListAccountsReply> list(const Subject& subject, const v1::ListAccountsRequest& message,
                                     store::Snapshot& in);
  Result<v1::AccountCode> reset(const Subject& subject, const v1::ResetAccountRequest& message,
                                store::Transaction& in);
  Result<v1::Account> approve_reset(const Subject& subject, const v1::ApproveResetRequest& message,
                                    store::Transaction& in);
  Result<v1::Account> end(const Subject& subject, const v1::EndAccountRequest& message,
                          store::Transaction& in);
  Result<v1::Account> unlock(const Subject& subject, const v1::UnlockAccountRequest& message,
                             store::Transaction& in);

  // Whether the subject keeps accounts of `party`.
  bool keeps(const Subject& subject, std::string_view party) const;
  // Of whomever. NotFound: there is none.
  Result<record::Account> found(std::string_view name, store::Snapshot& in) const;
  // The account, if the subject keeps its party's; NotFound otherwise, and if there is none.
  Result<record::Account> kept(const Subject& subject, std::string_view name,
                               store::Snapshot& in) const;
  // The same for an act that nobody does to the own account, nor to one that has ended.
  Result<record::Account> changeable(const Subject& subject, std::string_view name,
                                     store::Transaction& in) const;
  // Processes whose secretariat the holder serves: duties that reach beyond the party.
  std::vector<std::string> secretariats(const record::Account& account) const;
  // AlreadyExists: the person has another account of the party's that has not ended.
  Status check_alone(const record::Account& account, std::string_view party,
                     store::Snapshot& in) const;
  // Puts a one-time code on the account, which waits for a second person where secretariats() says
  // so, and answers its words.
  std::string give_code(const Subject& subject, record::Account& account) const;
  Result<v1::AccountCode> code_to_wire(const record::Account& account, const std::string& code,
                                       store::Snapshot& in) const;
  Status drop_secrets(store::Transaction& in, record::Account& account) const;
  Status drop_locks(store::Transaction& in, std::string_view account) const;
  void put(store::Transaction& in, record::Account& account) const;
  Status record(store::Transaction& in, const Subject& subject, std::string_view kind,
                const record::Account& account) const;
  Result<v1::Account> to_wire(const record::Account& account, store::Snapshot& in) const;

  Parts parts_;
  const PageTokens page_tokens_;
};

}  // namespace entente::identity
