#include "server/store/owed_claims.h"

#include <algorithm>
#include <string>
#include <utility>

#include "proto/contract/bytes.h"
#include "server/store/optimistic.h"

namespace entente::store {
namespace {

constexpr std::size_t claim_bytes = 16 + 4;

}  // namespace

Status OwedClaims::ensure(const SealName& name, const Id& process) {
  const std::lock_guard lock(mutex_);
  while (!keyring_.has(name)) {
    ENTENTE_TRY_VOID(keyring_.stock(process));
    // Nothing: its process's keys went meanwhile, or the file is not certain.
    if (const std::optional<Claim> claim = keyring_.claim(name, process)) {
      owed_.emplace(claim->key, *claim);
    }
  }
  return {};
}

void OwedClaims::add(KeyId key, std::vector<EngineRow>& rows, std::vector<KeyId>& told) const {
  const std::lock_guard lock(mutex_);
  const auto found = owed_.find(key);
  if (found == owed_.end() || std::find(told.begin(), told.end(), key) != told.end()) return;
  const std::string row = Key(claims_table).id(found->second.name.id).bytes();
  std::string value(found->second.process.view());
  append_u32(value, key);
  rows.push_back({.key = row, .value = keyring_.seal({}, row, value)});
  told.push_back(key);
}

void OwedClaims::written(const std::vector<KeyId>& told) {
  const std::lock_guard lock(mutex_);
  for (const KeyId key : told) owed_.erase(key);
}

void OwedClaims::settle() {
  const std::lock_guard lock(mutex_);
  std::erase_if(owed_, [&](const auto& one) { return !keyring_.opens(one.first); });
}

Result<std::vector<Claim>> OwedClaims::read(EngineView& view, const Keyring& keyring,
                                            std::vector<EngineRow>& rows) {
  std::vector<Claim> claims;
  const std::string first = Key(claims_table).bytes();
  const auto cursor = view.walk(first, end_of_prefix(first));
  for (; cursor->valid(); cursor->next()) {
    rows.push_back({.key = std::string(cursor->key()), .value = std::nullopt});
    ENTENTE_TRY(const std::string value, keyring.unseal(cursor->key(), cursor->value()));
    ENTENTE_CHECK(value.size() == claim_bytes && cursor->key().size() == first.size() + 16);
    claims.push_back({.name = {.scope = SealName::Scope::Document,
                               .id = Id::from(cursor->key().substr(first.size()))},
                      .process = Id::from(value),
                      .key = read_u32(std::string_view(value).substr(16))});
  }
  ENTENTE_TRY_VOID(cursor->status());
  return claims;
}

}  // namespace entente::store
