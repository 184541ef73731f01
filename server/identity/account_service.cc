#include "server/identity/account_service.h"

#include <algorithm>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/identity/acts.h"
#include "server/identity/codes.h"
#include "server/identity/records.h"
#include "server/identity/wire.h"

namespace entente::identity {
namespace {

constexpr std::size_t label_bytes_max = 128;

Result<record::Account> validated(const v1::CreateAccountRequest& message,
                                  const std::string& party) {
  const AccountName name{.party = party, .id = message.account_id()};
  if (!is_account_id(name.id)) {
    return invalid_argument("account_id", "is 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-`");
  }
  if (message.label().size() > label_bytes_max) {
    return invalid_argument("label", "is at most 128 bytes");
  }
  record::Account account;
  account.set_name(name.text());
  account.set_kind(static_cast<std::uint32_t>(message.kind()));
  account.set_label(message.label());
  constexpr std::string_view persons = "persons/";
  switch (message.kind()) {
    case v1::Account::KIND_PERSON:
      if (message.person().empty()) {
        return invalid_argument("person", "is missing: whose account it is, as `persons/<id>`");
      }
      if (!message.person().starts_with(persons) ||
          !policy::is_id(message.person().substr(persons.size()))) {
        return invalid_argument("person", "is `persons/<id>`");
      }
      account.set_person(message.person().substr(persons.size()));
      return account;
    case v1::Account::KIND_PROGRAM:
      if (!message.person().empty()) return invalid_argument("person", "a program is no person");
      return account;
    default:
      return invalid_argument("kind", "is required");
  }
}

}  // namespace

AccountService::AccountService(Parts parts)
    : parts_(parts), page_tokens_(parts.store.purpose_key("identity page token")) {}

void AccountService::add_to(Gate& gate) {
  gate.acts("entente.v1.AccountService.CreateAccount", this, &AccountService::create);
  gate.reads("entente.v1.AccountService.GetAccount", this, &AccountService::get);
  gate.reads("entente.v1.AccountService.ListAccounts", this, &AccountService::list);
  gate.acts("entente.v1.AccountService.ResetAccount", this, &AccountService::reset);
  gate.acts("entente.v1.AccountService.ApproveReset", this, &AccountService::approve_reset);
  gate.acts("entente.v1.AccountService.EndAccount", this, &AccountService::end);
  gate.acts("entente.v1.AccountService.UnlockAccount", this, &AccountService::unlock);
}

bool AccountService::keeps(const Subject& subject, std::string_view party) const {
  return policy::decide(subject, policy::Action::KeepAccounts, party_guard(party),
                        parts_.clock.now())
      .permits();
}

Result<record::Account> AccountService::found(std::string_view name, store::Snapshot& in) const {
  ENTENTE_TRY(std::optional<record::Account> account, parts_.rows.account(in, name));
  if (!account) return not_found();
  return *std::move(account);
}

Result<record::Account> AccountService::kept(const Subject& subject, std::string_view name,
                                             store::Snapshot& in) const {
  const std::optional<AccountName> parsed = parse_account_name(name);
  if (!parsed || !keeps(subject, parsed->party)) return not_found();
  return found(name, in);
}

Result<record::Account> AccountService::changeable(const Subject& subject, std::string_view name,
                                                   store::Transaction& in) const {
  ENTENTE_TRY(record::Account account, kept(subject, name, in));
  const bool own = account.name() == subject.account ||
                   (!subject.person.empty() && account.person() == subject.person);
  if (own) {
    return not_yours("another officer of your party does this to your account");
  }
  if (account.ended()) {
    return Status(Code::FailedPrecondition, Reason::None, "the account has ended");
  }
  return account;
}

std::vector<std::string> AccountService::secretariats(const record::Account& account) const {
  std::vector<std::string> processes;
  if (account.person().empty()) return processes;
  const std::optional<AccountName> name = parse_account_name(account.name());
  ENTENTE_CHECK(name.has_value());
  const Holdings held = parts_.holdings.holdings(name->party, account.person(), parts_.clock.now());
  for (const policy::HeldDuty& duty : held.duties) {
    if (duty.duty == policy::Duty::Secretariat) processes.push_back(duty.process);
  }
  return processes;
}

// With two accounts one person would be two: the party's officer opens the second, and a session of
// each gives both words.
Status AccountService::check_alone(const record::Account& account, std::string_view party,
                                   store::Snapshot& in) const {
  if (account.person().empty()) return Status();
  ENTENTE_TRY(const auto others, parts_.rows.accounts_of(in, party));
  const bool has_one = std::ranges::any_of(others, [&](const record::Account& other) {
    return !other.ended() && other.person() == account.person();
  });
  if (!has_one) return Status();
  return Status(Code::AlreadyExists, Reason::AlreadyThere, "this person has an account");
}

// Whatever account it opens, the code of whose duty reaches beyond the party is a second person's
// affair too.
std::string AccountService::give_code(const Subject& subject, record::Account& account) const {
  std::string code = make_code(parts_.entropy);
  record::Code& waits = *account.mutable_code();
  waits = waiting_code(parts_.sign_in, code, account.name(), parts_.clock.now());
  waits.set_awaits_approval(!secretariats(account).empty());
  waits.set_asked_by(subject.account);
  waits.set_asked_by_person(subject.person);
  return code;
}

Result<v1::AccountCode> AccountService::code_to_wire(const record::Account& account,
                                                     const std::string& code,
                                                     store::Snapshot& in) const {
  v1::AccountCode out;
  ENTENTE_TRY(*out.mutable_account(), to_wire(account, in));
  out.set_code(code);
  *out.mutable_expires_at() = timestamp(account.code().expires_at());
  out.set_awaits_approval(account.code().awaits_approval());
  return out;
}

Status AccountService::drop_locks(store::Transaction& in, std::string_view account) const {
  ENTENTE_TRY(const auto rows, parts_.rows.failures_of(in, account));
  for (const record::Failures& row : rows) parts_.rows.erase(in, row);
  return Status();
}

// Password, application passwords, code and locks: all that the account could be opened with.
Status AccountService::drop_secrets(store::Transaction& in, record::Account& account) const {
  account.clear_password();
  account.clear_code();
  ENTENTE_TRY(const auto rows, parts_.rows.application_passwords_of(in, account.name()));
  for (const record::ApplicationPassword& row : rows) {
    parts_.rows.erase_application_password(in, account.name(),
                                           row.name().substr(row.name().rfind('/') + 1));
  }
  return drop_locks(in, account.name());
}

void AccountService::put(store::Transaction& in, record::Account& account) const {
  const std::optional<AccountName> name = parse_account_name(account.name());
  ENTENTE_CHECK(name.has_value());
  account.set_revision(account.revision() + 1);
  parts_.rows.put(in, *name, account);
}

Status AccountService::record(store::Transaction& in, const Subject& subject, std::string_view kind,
                              const record::Account& account) const {
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = account.name();
  act.revision = account.revision();
  return parts_.endings.record(in, act);
}

Result<v1::Account> AccountService::to_wire(const record::Account& account,
                                            store::Snapshot& in) const {
  ENTENTE_TRY(const auto failures, parts_.rows.failures_of(in, account.name()));
  v1::Account out;
  out.set_name(account.name());
  out.set_kind(static_cast<v1::Account::Kind>(account.kind()));
  if (!account.person().empty()) out.set_person("persons/" + account.person());
  out.set_state(account.ended()              ? v1::Account::STATE_ENDED
                : account.password().empty() ? v1::Account::STATE_INVITED
                                             : v1::Account::STATE_ACTIVE);
  out.set_locked(std::ranges::any_of(failures, [](const record::Failures& row) {
    return row.count() >= limits::sign_in_failures_max;
  }));
  out.set_reset_awaits_approval(account.code().awaits_approval());
  *out.mutable_created_at() = timestamp(account.created_at());
  if (account.password_changed_at() != 0) {
    *out.mutable_password_changed_at() = timestamp(account.password_changed_at());
  }
  if (account.ended_at() != 0) *out.mutable_ended_at() = timestamp(account.ended_at());
  out.set_label(account.label());
  return out;
}

Result<v1::AccountCode> AccountService::create(const Subject& subject,
                                               const v1::CreateAccountRequest& message,
                                               store::Transaction& in) {
  const std::optional<std::string> party = parse_party_name(message.party());
  if (!party) return invalid_argument("party", "is `parties/<code>`");
  if (!keeps(subject, *party)) return not_found();
  ENTENTE_TRY(record::Account account, validated(message, *party));
  ENTENTE_TRY(const auto before, parts_.rows.account(in, account.name()));
  if (before) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere,
                  "your party has, or had, an account of this id");
  }
  ENTENTE_TRY_VOID(check_alone(account, *party, in));
  account.set_created_at(to_micros(parts_.clock.now()));
  const std::string code = give_code(subject, account);
  put(in, account);
  ENTENTE_TRY_VOID(record(in, subject, acts::create_account, account));
  return code_to_wire(account, code, in);
}

Result<v1::Account> AccountService::get(const Subject& subject,
                                        const v1::GetAccountRequest& message, store::Snapshot& in) {
  const bool own = message.name() == subject.account;
  ENTENTE_TRY(const record::Account account,
              own ? found(message.name(), in) : kept(subject, message.name(), in));
  return to_wire(account, in);
}

Result<v1::ListAccountsReply> AccountService::list(const Subject& subject,
                                                   const v1::ListAccountsRequest& message,
                                                   store::Snapshot& in) {
  const std::optional<std::string> party = parse_party_name(message.party());
  if (!party) return invalid_argument("party", "is `parties/<code>`");
  if (!keeps(subject, *party)) return not_found();
  const std::string what = "ListAccounts " + *party;
  ENTENTE_TRY(const std::string after,
              page_tokens_.read(subject.account, what, message.page_token()));
  ENTENTE_TRY(const auto accounts, parts_.rows.accounts_of(in, *party));
  v1::ListAccountsReply reply;
  for (const record::Account& account : accounts) {
    if (!after.empty() && account.name() <= after) continue;
    if (static_cast<std::size_t>(reply.accounts_size()) == page_size_of(message.page_size())) {
      reply.set_next_page_token(page_tokens_.make(
          subject.account, what, reply.accounts(reply.accounts_size() - 1).name()));
      break;
    }
    ENTENTE_TRY(*reply.add_accounts(), to_wire(account, in));
  }
  return reply;
}

Result<v1::AccountCode> AccountService::reset(const Subject& subject,
                                              const v1::ResetAccountRequest& message,
                                              store::Transaction& in) {
  ENTENTE_TRY(record::Account account, changeable(subject, message.name(), in));
  const bool upwards = !secretariats(account).empty();
  if (!upwards) ENTENTE_TRY_VOID(drop_secrets(in, account));
  const std::string code = give_code(subject, account);
  put(in, account);
  ENTENTE_TRY_VOID(record(in, subject, upwards ? acts::ask_reset : acts::reset_account, account));
  return code_to_wire(account, code, in);
}

Result<v1::Account> AccountService::approve_reset(const Subject& subject,
                                                  const v1::ApproveResetRequest& message,
                                                  store::Transaction& in) {
  if (!parse_account_name(message.name())) return not_found();
  ENTENTE_TRY(std::optional<record::Account> found, parts_.rows.account(in, message.name()));
  if (!found || found->ended() || !found->code().awaits_approval() ||
      found->code().expires_at() <= to_micros(parts_.clock.now())) {
    return not_found();
  }
  record::Account account = *std::move(found);
  const std::vector<std::string> processes = secretariats(account);
  const bool colleague = std::ranges::any_of(subject.duties, [&](const policy::HeldDuty& duty) {
    return duty.duty == policy::Duty::Secretariat &&
           std::ranges::find(processes, duty.process) != processes.end();
  });
  const bool involved = subject.person.empty() || subject.account == account.name() ||
                        subject.person == account.person() ||
                        subject.account == account.code().asked_by() ||
                        subject.person == account.code().asked_by_person();
  if (involved || (!colleague && !keeps(subject, parse_account_name(account.name())->party))) {
    return not_found();
  }
  const record::Code code = account.code();
  ENTENTE_TRY_VOID(drop_secrets(in, account));
  *account.mutable_code() = code;
  account.mutable_code()->set_awaits_approval(false);
  put(in, account);
  ENTENTE_TRY_VOID(record(in, subject, acts::approve_reset, account));
  return to_wire(account, in);
}

Result<v1::Account> AccountService::end(const Subject& subject,
                                        const v1::EndAccountRequest& message,
                                        store::Transaction& in) {
  ENTENTE_TRY(record::Account account, changeable(subject, message.name(), in));
  ENTENTE_TRY_VOID(drop_secrets(in, account));
  account.set_ended(true);
  account.set_ended_at(to_micros(parts_.clock.now()));
  put(in, account);
  ENTENTE_TRY_VOID(record(in, subject, acts::end_account, account));
  return to_wire(account, in);
}

Result<v1::Account> AccountService::unlock(const Subject& subject,
                                           const v1::UnlockAccountRequest& message,
                                           store::Transaction& in) {
  ENTENTE_TRY(record::Account account, kept(subject, message.name(), in));
  ENTENTE_TRY_VOID(drop_locks(in, account.name()));
  ENTENTE_TRY_VOID(record(in, subject, acts::unlock_account, account));
  return to_wire(account, in);
}

}  // namespace entente::identity
