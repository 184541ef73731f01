#include "server/identity/sign_in.h"

#include <algorithm>
#include <utility>

#include "entente/v1/account.pb.h"
#include "proto/contract/bytes.h"
#include "server/identity/acts.h"
#include "server/identity/codes.h"
#include "server/identity/gate.h"

namespace entente::identity {
namespace {

std::int64_t micros(Instant instant) { return instant.time_since_epoch().count(); }

AccountName name_of(const CertificateFacts& facts) {
  return AccountName{.party = facts.name.party, .id = facts.name.id};
}

}  // namespace

Status sign_in_refused() {
  return Status(Code::Unauthenticated, Reason::SignInRefused,
                "this certificate and this secret together open nothing");
}

Result<store::CommitIndex> commit_act(store::Store& store,
                                      const std::function<Status(store::Transaction&)>& fill) {
  Status lost;
  for (int attempt = 0; attempt < commit_attempts_max; ++attempt) {
    const std::unique_ptr<store::Transaction> transaction = store.begin();
    lost = fill(*transaction);
    if (lost.ok()) {
      Result<store::CommitIndex> committed = transaction->commit();
      if (committed.ok()) return committed;
      lost = committed.status();
    }
    if (lost.code() != Code::Aborted) break;
  }
  return lost;
}

SignIn::SignIn(Parts parts)
    : parts_(parts),
      code_key_(parts.store.purpose_key("identity one-time code")),
      application_key_(parts.store.purpose_key("identity application password")) {}

std::string SignIn::code_mac(const Secret& canonical, std::string_view account) const {
  std::string message(account);
  message.append("\n").append(canonical.reveal(SecretAccess{}));
  return std::string(as_view(hmac_sha256(code_key_, message)));
}

std::string SignIn::application_mac(std::string_view text) const {
  return std::string(as_view(hmac_sha256(application_key_, text)));
}

namespace {

// A person's certificate opens a person's account, a program's a program's: ids are shared between
// them, and a machine's key lies where no person's may.
bool is_of_kind(const record::Account& account, CertificateName::Kind kind) {
  return (kind == CertificateName::Kind::Person && account.kind() == v1::Account::KIND_PERSON) ||
         (kind == CertificateName::Kind::Program && account.kind() == v1::Account::KIND_PROGRAM);
}

}  // namespace

// The account, if this certificate may open it at all.
Result<SignIn::Claim> SignIn::claim(const net::Peer& peer, CertificateFacts facts,
                                    store::Snapshot& in) const {
  const std::string name = facts.name.account();
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(std::optional<record::Account> account, parts_.rows.account(in, name));
  ENTENTE_TRY(const std::optional<record::Certificate> entered,
              parts_.rows.certificate(in, facts.sha256));
  const bool opens = account && !account->ended() && entered && entered->account() == name &&
                     is_of_kind(*account, facts.name.kind) && now >= facts.not_before &&
                     now < facts.not_after && !parts_.certificates.revoked(peer.certificate_der);
  if (!opens) account.reset();
  return Claim{.facts = std::move(facts), .account = std::move(account)};
}

Result<bool> SignIn::password_holds(const Claim& claim, std::string_view text) {
  const Result<Secret> password = normalized_password(text);
  // What cannot be a password costs what a wrong one does.
  if (!password.ok()) return parts_.hasher.verify(Secret(), {});
  return parts_.hasher.verify(*password, claim.account ? claim.account->password() : std::string());
}

bool SignIn::code_holds(const Claim& claim, std::string_view text) const {
  const std::optional<Secret> code = canonical_code(text);
  const Secret nothing;
  const std::string mac = code_mac(code ? *code : nothing, claim.facts.name.account());
  if (!code || !claim.account || !claim.account->has_code()) return false;
  const record::Code& waits = claim.account->code();
  return equal_constant_time(mac, waits.mac()) && !waits.awaits_approval() &&
         micros(parts_.clock.now()) < waits.expires_at();
}

// The name of the application password that holds.
Result<std::optional<std::string>> SignIn::application_holds(const Claim& claim, const Proof& proof,
                                                             store::Snapshot& in) const {
  const std::optional<std::string> id = application_id(proof.text);
  const std::string mac = application_mac(proof.text);
  ENTENTE_TRY(const auto row, parts_.rows.application_password(in, claim.facts.name.account(),
                                                               id ? *id : std::string()));
  if (!id || !row || !claim.account || proof.user != claim.facts.name.id ||
      !equal_constant_time(mac, row->mac()) ||
      row->certificate_sha256() != as_view(claim.facts.sha256) ||
      proof.scope == Scope::Unspecified ||
      row->scope() != static_cast<std::uint32_t>(proof.scope)) {
    return std::optional<std::string>();
  }
  return std::optional<std::string>(row->name());
}

Result<SignIn::Proven> SignIn::prove(const net::Peer& peer, const Proof& proof) {
  Result<CertificateFacts> facts = parts_.certificates.read(peer.certificate_der);
  if (!facts.ok() || facts->name.account().empty()) return sign_in_refused();
  const std::string name = facts->name.account();

  const std::unique_ptr<store::Snapshot> snapshot = parts_.store.snapshot();
  ENTENTE_TRY(const auto failures, parts_.rows.failures(*snapshot, name, facts->sha256));
  ENTENTE_TRY(Attempts::Try attempt, parts_.attempts.admit(name, facts->name.party, facts->sha256,
                                                           failures ? failures->count() : 0));
  ENTENTE_TRY(Claim claimed, claim(peer, *std::move(facts), *snapshot));

  bool holds = false;
  std::string application;
  switch (proof.kind) {
    case Kind::Password: {
      ENTENTE_TRY(holds, password_holds(claimed, proof.text));
      break;
    }
    case Kind::Code:
      holds = code_holds(claimed, proof.text);
      break;
    case Kind::Application: {
      ENTENTE_TRY(const auto found, application_holds(claimed, proof, *snapshot));
      holds = found.has_value();
      application = found.value_or("");
      break;
    }
  }
  if (!holds) return refuse(std::move(attempt), claimed.facts);
  ENTENTE_CHECK(claimed.account.has_value());  // What may not be opened, no secret holds of.
  return Proven{.attempt = std::move(attempt),
                .facts = std::move(claimed.facts),
                .account = *std::move(claimed.account),
                .application_password = std::move(application)};
}

// Counts, in memory at once and in the store for ever, and enters it for the party to see.
Status SignIn::refuse(Attempts::Try attempt, const CertificateFacts& facts) {
  const std::uint32_t count = attempt.failed();
  const std::string name = facts.name.account();
  const Result<store::CommitIndex> committed =
      commit_act(parts_.store, [&](store::Transaction& in) -> Status {
        ENTENTE_TRY(const auto before, parts_.rows.failures(in, name, facts.sha256));
        record::Failures row;
        row.set_account(name);
        row.set_certificate_sha256(std::string(as_view(facts.sha256)));
        row.set_count(std::max(count, before ? before->count() + 1 : 1));
        parts_.rows.put(in, row);
        ledger::Act act;
        act.account = name;
        act.party = facts.name.party;
        act.kind = row.count() == limits::sign_in_failures_max ? acts::lock : acts::refuse;
        act.object = name;
        act.touched = {"certificates/" + to_hex(as_view(facts.sha256))};
        return parts_.endings.record(in, act);
      });
  // No record, no answer: the same for every cause.
  return committed.ok() ? sign_in_refused() : committed.status();
}

Result<record::Account> SignIn::pin(store::Transaction& in, const Proven& proven) const {
  ENTENTE_TRY_VOID(parts_.endings.pin(in, proven.facts.name.party));
  ENTENTE_TRY(std::optional<record::Account> account,
              parts_.rows.account(in, proven.account.name()));
  ENTENTE_TRY(const auto entered, parts_.rows.certificate(in, proven.facts.sha256));
  if (!account || !entered || account->revision() != proven.account.revision() ||
      parts_.certificates.revoked(entered->der())) {
    return sign_in_refused();
  }
  return *std::move(account);
}

Status SignIn::clear_failures(store::Transaction& in, const Proven& proven) const {
  ENTENTE_TRY(const auto row, parts_.rows.failures(in, proven.account.name(), proven.facts.sha256));
  if (row) parts_.rows.erase(in, *row);
  return Status();
}

Status SignIn::record(store::Transaction& in, const Proven& proven, std::string_view kind,
                      std::string_view object, std::string_view session) const {
  ledger::Act act;
  act.account = proven.account.name();
  act.party = proven.facts.name.party;
  act.session = session;
  act.kind = kind;
  act.object = object;
  act.touched = {"certificates/" + to_hex(as_view(proven.facts.sha256))};
  return parts_.endings.record(in, act);
}

// The session stands in the table before the commit, so that an act which ends the account's
// sessions either makes this commit lose, or finds the session and ends it. Its token is told only
// afterwards.
Result<Sessions::Opened> SignIn::open_proven(const net::Peer& peer, Proven proven,
                                             SessionFacts facts, std::string_view kind,
                                             const std::string& rehashed) {
  facts.account = proven.account.name();
  facts.party = proven.facts.name.party;
  facts.person = proven.account.person();
  facts.certificate = proven.facts.sha256;
  facts.certificate_der = peer.certificate_der;
  facts.certificate_ends = proven.facts.not_after;
  facts.address = peer.address;
  Sessions::Opened opened = parts_.sessions.open(std::move(facts));
  const Result<store::CommitIndex> committed =
      commit_act(parts_.store, [&](store::Transaction& in) -> Status {
        ENTENTE_TRY(record::Account account, pin(in, proven));
        ENTENTE_TRY_VOID(clear_failures(in, proven));
        if (!rehashed.empty()) {
          account.set_password(rehashed);
          parts_.rows.put(in, name_of(proven.facts), account);
        }
        return record(in, proven, kind, opened.session->name(), opened.session->id());
      });
  Status outcome = committed.status();
  // A list that came between is seen here, or it sees the session.
  if (outcome.ok() && parts_.certificates.revoked(peer.certificate_der)) {
    outcome = sign_in_refused();
  }
  if (!outcome.ok()) {
    parts_.sessions.end_where([&](const Session& s) { return s.id() == opened.session->id(); });
    return outcome;
  }
  proven.attempt.succeeded();
  return opened;
}

Result<std::string> SignIn::rehash(std::string_view password) {
  ENTENTE_TRY(const Secret normalized, normalized_password(password));
  return parts_.hasher.hash(normalized);
}

Result<Sessions::Opened> SignIn::open(const net::Peer& peer, std::string_view password) {
  ENTENTE_TRY(Proven proven, prove(peer, Proof{.kind = Kind::Password, .text = password}));
  std::string rehashed;
  if (parts_.hasher.needs_rehash(proven.account.password())) {
    const Result<std::string> hash = rehash(password);
    if (hash.ok()) rehashed = *hash;  // Else next time: it must not cost anyone the sign-in.
  }
  return open_proven(peer, std::move(proven), SessionFacts{}, acts::sign_in, rehashed);
}

Result<SessionPointer> SignIn::open_tool(const net::Peer& peer, Scope scope,
                                         const Authorization::Basic& basic) {
  ENTENTE_TRY(Proven proven, prove(peer, Proof{.kind = Kind::Application,
                                               .text = basic.password.reveal(SecretAccess{}),
                                               .user = basic.user,
                                               .scope = scope}));
  SessionFacts facts;
  facts.scope = scope;
  facts.application_password = proven.application_password;
  ENTENTE_TRY(Sessions::Opened opened,
              open_proven(peer, std::move(proven), std::move(facts), acts::open_application, {}));
  return opened.session;
}

Status SignIn::step_up(const net::Peer& peer, const SessionPointer& session,
                       std::string_view password) {
  ENTENTE_TRY(Proven proven, prove(peer, Proof{.kind = Kind::Password, .text = password}));
  if (proven.account.name() != session->facts().account) return sign_in_refused();
  const Result<store::CommitIndex> committed =
      commit_act(parts_.store, [&](store::Transaction& in) -> Status {
        ENTENTE_TRY_VOID(pin(in, proven).status());
        ENTENTE_TRY_VOID(parts_.sessions.pin(session, in).status());
        ENTENTE_TRY_VOID(clear_failures(in, proven));
        return record(in, proven, acts::step_up, session->name(), session->id());
      });
  ENTENTE_TRY_VOID(committed.status());
  proven.attempt.succeeded();
  parts_.sessions.step_up(session);
  return Status();
}

Result<Secret> SignIn::acceptable(std::string_view password, const net::Peer& peer) const {
  const Result<CertificateFacts> facts = parts_.certificates.read(peer.certificate_der);
  if (!facts.ok()) return sign_in_refused();
  ENTENTE_TRY(Secret normalized, normalized_password(password));
  ENTENTE_TRY_VOID(
      parts_.block_list.check(normalized, {facts->name.id, facts->name.party}, "new_password"));
  return normalized;
}

Status SignIn::change_password(const net::Peer& peer, const SessionPointer& session,
                               std::string_view old_password, std::string_view new_password) {
  ENTENTE_TRY(const Secret wanted, acceptable(new_password, peer));
  if (const Result<Secret> old = normalized_password(old_password);
      old.ok() && old->equals(wanted)) {
    return Status(Code::InvalidArgument, Reason::PasswordWeak, "choose another password")
        .with_violation(
            {.field = "new_password", .rule = "is the old one", .line = 0, .column = 0});
  }
  ENTENTE_TRY(Proven proven, prove(peer, Proof{.kind = Kind::Password, .text = old_password}));
  if (proven.account.name() != session->facts().account) return sign_in_refused();
  ENTENTE_TRY(const std::string hash, parts_.hasher.hash(wanted));
  const Result<store::CommitIndex> committed =
      commit_act(parts_.store, [&](store::Transaction& in) -> Status {
        ENTENTE_TRY(record::Account account, pin(in, proven));
        ENTENTE_TRY_VOID(parts_.sessions.pin(session, in).status());
        ENTENTE_TRY_VOID(clear_failures(in, proven));
        account.set_password(hash);
        account.set_password_changed_at(micros(parts_.clock.now()));
        account.set_revision(account.revision() + 1);
        parts_.rows.put(in, name_of(proven.facts), account);
        return record(in, proven, acts::change_password, account.name(), session->id());
      });
  ENTENTE_TRY_VOID(committed.status());
  proven.attempt.succeeded();
  parts_.sessions.step_up(session);
  return Status();
}

Status SignIn::redeem(const net::Peer& peer, std::string_view code, std::string_view new_password) {
  ENTENTE_TRY(const Secret wanted, acceptable(new_password, peer));
  ENTENTE_TRY(Proven proven, prove(peer, Proof{.kind = Kind::Code, .text = code}));
  ENTENTE_TRY(const std::string hash, parts_.hasher.hash(wanted));
  const Result<store::CommitIndex> committed =
      commit_act(parts_.store, [&](store::Transaction& in) -> Status {
        ENTENTE_TRY(record::Account account, pin(in, proven));
        ENTENTE_TRY_VOID(clear_failures(in, proven));
        account.set_password(hash);
        account.set_password_changed_at(micros(parts_.clock.now()));
        account.set_revision(account.revision() + 1);
        account.clear_code();
        parts_.rows.put(in, name_of(proven.facts), account);
        return record(in, proven, acts::redeem, account.name(), {});
      });
  ENTENTE_TRY_VOID(committed.status());
  proven.attempt.succeeded();
  return Status();
}

}  // namespace entente::identity
