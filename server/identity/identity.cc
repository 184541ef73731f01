#include "server/identity/identity.h"

#include <algorithm>
#include <utility>

#include "entente/v1/account.pb.h"
#include "server/identity/acts.h"
#include "server/identity/codes.h"
#include "server/identity/records.h"
#include "server/identity/wire.h"

namespace entente::identity {
namespace {

// The daemon's own acts, in the name of the party that they are about so that it sees them.
ledger::Act operators_act(const std::string& party, std::string_view kind, std::string object) {
  ledger::Act act;
  act.account = "operator";
  act.party = party;
  act.kind = kind;
  act.object = std::move(object);
  return act;
}

}  // namespace

Identity::Identity(IdentityRules rules, Parts parts)
    : Identity(rules, parts, CheapHashesForTests{}) {
  ENTENTE_CHECK(rules.hash_cost.memory_kib >= hash_cost_min.memory_kib);
  ENTENTE_CHECK(rules.hash_cost.passes >= hash_cost_min.passes);
}

Identity::Identity(IdentityRules rules, Parts parts, CheapHashesForTests cheap)
    : rules_(std::move(rules)),
      parts_(parts),
      register_(parts.store),
      endings_(register_, parts.ledger),
      block_list_([this] {
        std::vector<std::string> names = rules_.names;
        names.push_back(rules_.network);
        return names;
      }()),
      hasher_(parts.store.purpose_key("identity password pepper"), parts.entropy, rules_.hash_cost,
              limits::hash_queue_max, cheap),
      attempts_(rules_.attempts, parts.clock),
      sessions_(rules_.sessions, parts.holdings, parts.clock, parts.entropy),
      sign_in_({.store = parts.store,
                .rows = register_,
                .endings = endings_,
                .certificates = parts.certificates,
                .hasher = hasher_,
                .block_list = block_list_,
                .attempts = attempts_,
                .sessions = sessions_,
                .clock = parts.clock}),
      caller_(rules_.network, sign_in_, sessions_, register_, endings_, rules_.tools_max),
      session_service_({.store = parts.store,
                        .rows = register_,
                        .endings = endings_,
                        .sign_in = sign_in_,
                        .sessions = sessions_,
                        .caller = caller_,
                        .clock = parts.clock,
                        .entropy = parts.entropy}),
      account_service_({.store = parts.store,
                        .rows = register_,
                        .endings = endings_,
                        .sign_in = sign_in_,
                        .holdings = parts.holdings,
                        .clock = parts.clock,
                        .entropy = parts.entropy}),
      certificate_service_({.store = parts.store,
                            .ledger = parts.ledger,
                            .rows = register_,
                            .endings = endings_,
                            .certificates = parts.certificates,
                            .sessions = sessions_,
                            .holdings = parts.holdings,
                            .clock = parts.clock,
                            .everyone = rules_.everyone,
                            .complain = parts.complain}),
      draft_service_(parts.store) {
  parts_.certificates.add_shut_out([this](const CertificateStore::Lost& lost) {
    sessions_.end_where([&](const Session& session) {
      const SessionFacts& facts = session.facts();
      return lost(facts.party, facts.certificate, facts.certificate_der);
    });
  });
}

Identity::~Identity() = default;

void Identity::add_to(Gate& gate) {
  session_service_.add_to(gate);
  account_service_.add_to(gate);
  certificate_service_.add_to(gate);
  draft_service_.add_to(gate);
}

Status Identity::start() {
  const std::unique_ptr<store::Snapshot> snapshot = parts_.store.snapshot();
  ENTENTE_TRY_VOID(endings_.load(*snapshot));
  return certificate_service_.load();
}

void Identity::complain(std::string_view what, const Status& why) const {
  if (parts_.complain) parts_.complain(what, why);
}

void Identity::sweep() {
  sessions_.sweep();
  parts_.certificates.sweep();
}

TrustFolder Identity::trust_folder(std::filesystem::path dir) {
  return TrustFolder(
      std::move(dir),
      {.trust = [this](const std::string& party,
                       Trust trust) { return take_folder_trust(party, std::move(trust)); },
       .issued = [this](const auto& chain) { return enter_certificate(chain).status(); },
       .complain = [this](const std::string& path, const Status& why) { complain(path, why); }});
}

// In force first: a revocation must hold on a day on which nothing can be written.
Status Identity::take_folder_trust(const std::string& party, Trust trust) {
  std::string bytes;
  for (const auto* list : {&trust.anchors, &trust.crls}) {
    for (const std::string& der : *list) bytes.append(as_view(sha256(der)));
    bytes.push_back('\n');
  }
  ENTENTE_TRY_VOID(parts_.certificates.set_trust(party, TrustSource::Folder, std::move(trust)));
  record::FolderTrust row;
  row.set_party(party);
  row.set_digest(std::string(as_view(sha256(bytes))));
  {
    const std::unique_ptr<store::Snapshot> snapshot = parts_.store.snapshot();
    ENTENTE_TRY(const auto before, register_.folder_trust(*snapshot, party));
    if (before && before->digest() == row.digest()) return Status();
  }
  return commit_act(parts_.store,
                    [&](store::Transaction& in) -> Status {
                      register_.put(in, row);
                      ledger::Act act = operators_act(party, acts::load_folder, "parties/" + party);
                      act.audience = rules_.everyone;
                      act.object_digest = row.digest();
                      return endings_.record(in, act);
                    })
      .status();
}

Result<std::string> Identity::create_account(const NewAccount& account, const Secret* password) {
  const std::optional<AccountName> name =
      parse_account_name(AccountName{.party = account.party, .id = account.id}.text());
  if (!name) return invalid_argument("account", "is no account's name");
  record::Account row;
  row.set_name(name->text());
  row.set_kind(account.person.empty() ? v1::Account::KIND_PROGRAM : v1::Account::KIND_PERSON);
  row.set_person(account.person);
  row.set_label(account.label);
  row.set_created_at(parts_.clock.now().time_since_epoch().count());
  row.set_revision(1);
  std::string code;
  if (password != nullptr) {
    ENTENTE_TRY(const Secret normalized, normalized_password(password->reveal(SecretAccess{})));
    ENTENTE_TRY_VOID(block_list_.check(normalized, {name->id, name->party}, "password"));
    ENTENTE_TRY(const std::string hash, hasher_.hash(normalized));
    row.set_password(hash);
    row.set_password_changed_at(row.created_at());
  } else {
    code = make_code(parts_.entropy);
    *row.mutable_code() = waiting_code(sign_in_, code, row.name(), parts_.clock.now());
  }
  const Result<store::CommitIndex> committed =
      commit_act(parts_.store, [&](store::Transaction& in) -> Status {
        ENTENTE_TRY(const auto before, register_.account(in, row.name()));
        if (before) {
          return Status(Code::AlreadyExists, Reason::AlreadyThere, "there is such an account");
        }
        register_.put(in, *name, row);
        parts_.ledger.record(in, operators_act(name->party, acts::create_account, row.name()));
        return Status();
      });
  ENTENTE_TRY_VOID(committed.status());
  return code;
}

Result<std::string> Identity::enter_certificate(const std::vector<std::string>& chain_der) {
  ENTENTE_TRY(const CertificateFacts facts, parts_.certificates.check(chain_der));
  const record::Certificate row = certificate_record(facts, chain_der.front(), parts_.clock.now());
  const std::string name = certificate_name(row.sha256());
  const Result<store::CommitIndex> committed =
      commit_act(parts_.store, [&](store::Transaction& in) -> Status {
        ENTENTE_TRY(const auto before, register_.certificate(in, facts.sha256));
        if (before) {
          return Status(Code::AlreadyExists, Reason::AlreadyThere, "it was entered before");
        }
        register_.put(in, row);
        ledger::Act act = operators_act(facts.name.party, acts::enter_certificate, name);
        act.audience = rules_.everyone;
        act.object_digest = row.sha256();
        parts_.ledger.record(in, act);
        return Status();
      });
  ENTENTE_TRY_VOID(committed.status());
  return name;
}

std::vector<policy::OpenStream> Identity::open_streams() const {
  std::vector<policy::OpenStream> out;
  policy::Guard guard;
  guard.audience = policy::AudienceId{rules_.everyone};
  guard.handling = policy::Handling::Open;
  for (const SessionPointer& session : sessions_.streaming()) {
    out.push_back(
        {.party = session->facts().party, .person = session->facts().person, .guard = guard});
  }
  return out;
}

Result<std::uint32_t> Identity::programs_of(std::string_view party) const {
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(programs_mutex_);
    version = programs_version_;
    const auto found = programs_.find(party);
    if (found != programs_.end() && found->second.version == version) return found->second.count;
  }
  const std::unique_ptr<store::Snapshot> now = parts_.store.snapshot();  // of this version or later
  ENTENTE_TRY(const std::vector<record::Account> accounts, register_.accounts_of(*now, party));
  const auto count =
      static_cast<std::uint32_t>(std::ranges::count_if(accounts, [](const auto& account) {
        return account.kind() == v1::Account::KIND_PROGRAM && !account.ended() &&
               !account.password().empty();
      }));
  const std::lock_guard lock(programs_mutex_);
  programs_[std::string(party)] = {.version = version, .count = count};
  return count;
}

void Identity::follow(std::uint64_t /*index*/, const ledger::Act& act) {
  const std::string_view kind = act.kind;
  if (kind.starts_with("identity.")) {
    const std::lock_guard lock(programs_mutex_);
    ++programs_version_;
  }
  if (kind == acts::sign_out || kind == acts::end_session) {
    sessions_.end_where([&](const Session& session) { return session.name() == act.object; });
  } else if (kind == acts::change_password) {
    sessions_.end_where([&](const Session& session) {
      return session.facts().account == act.object && session.id() != act.session;
    });
  } else if (kind == acts::redeem || kind == acts::reset_account || kind == acts::approve_reset ||
             kind == acts::end_account) {
    sessions_.end_where(
        [&](const Session& session) { return session.facts().account == act.object; });
    if (kind != acts::redeem) attempts_.forget(act.object);
  } else if (kind == acts::unlock_account) {
    attempts_.forget(act.object);
  } else if (kind == acts::publish_crl || kind == acts::approve_anchor) {
    const std::optional<std::string> party = parse_party_name(act.object);
    const Status taken = party ? certificate_service_.load(*party) : Status();
    if (!taken.ok()) complain(act.object, taken);
  } else if (kind == acts::delete_application) {
    sessions_.end_where(
        [&](const Session& session) { return session.facts().application_password == act.object; });
  }
  endings_.followed(act);
}

}  // namespace entente::identity
