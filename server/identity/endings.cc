#include "server/identity/endings.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "server/identity/acts.h"
#include "server/identity/wire.h"

namespace entente::identity {
namespace {

// How long an act waits for those before it to be followed, of which each takes a moment.
constexpr std::chrono::seconds wait_max{1};

// The party whose sessions an act may end; empty if it ends none.
std::string ended_by(const ledger::Act& act) {
  static constexpr std::array of_party{acts::publish_crl, acts::approve_anchor, acts::load_folder};
  static constexpr std::array of_account{acts::redeem, acts::change_password, acts::reset_account,
                                         acts::approve_reset, acts::end_account};
  static constexpr std::array of_session{acts::sign_out, acts::end_session};
  const auto is_one = [&](const auto& kinds) {
    return std::ranges::find(kinds, act.kind) != kinds.end();
  };
  if (is_one(of_session)) return act.party;
  if (is_one(of_party)) return parse_party_name(act.object).value_or("");
  if (!is_one(of_account)) return {};
  const std::optional<AccountName> account = parse_account_name(act.object);
  return account ? account->party : std::string();
}

}  // namespace

Status Endings::load(store::Snapshot& in) {
  ENTENTE_TRY(const auto rows, rows_.endings(in));
  const std::lock_guard lock(mutex_);
  for (const record::Endings& row : rows) followed_[row.party()] = row.count();
  return Status();
}

Status Endings::record(store::Transaction& in, const ledger::Act& act) const {
  if (const std::string party = ended_by(act); !party.empty()) {
    ENTENTE_TRY(const std::uint64_t before, rows_.endings_of(in, party));
    record::Endings row;
    row.set_party(party);
    row.set_count(before + 1);
    rows_.put(in, row);
  }
  ledger_.record(in, act);
  return Status();
}

Status Endings::pin(store::Transaction& in, std::string_view party) const {
  ENTENTE_TRY(const std::uint64_t seen, rows_.endings_of(in, party));
  std::unique_lock lock(mutex_);
  const auto known = [&] {
    const auto found = followed_.find(party);
    return seen <= (found == followed_.end() ? 0 : found->second);
  };
  if (known_.wait_for(lock, wait_max, known)) return Status();
  // Not Aborted: a store that is to be brought back is not by beginning anew here.
  return {Code::Unavailable, Reason::None, "a session has just ended: ask again"};
}

void Endings::followed(const ledger::Act& act) {
  const std::string party = ended_by(act);
  if (party.empty()) return;
  const std::lock_guard lock(mutex_);
  ++followed_[party];
  known_.notify_all();
}

}  // namespace entente::identity
