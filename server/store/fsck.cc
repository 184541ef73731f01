#include "server/store/fsck.h"

#include <optional>
#include <string>

#include "proto/contract/bytes.h"
#include "server/store/commit_queue.h"

namespace entente::store {

Result<FsckReport> fsck(EngineView& view, const Keyring& keyring, const OnFault& on_fault) {
  FsckReport report;
  const auto fault = [&](std::string_view key, std::string_view why) {
    ++report.faulty;
    if (on_fault) on_fault(to_hex(key), why);
  };
  ENTENTE_TRY(const std::optional<std::string> sealed, view.get(size_key()));
  if (sealed) {
    const Result<std::string> size = keyring.unseal(size_key(), *sealed);
    if (size.ok() && size->size() == 8) report.size = read_u64(*size);
  }
  const auto cursor = view.walk({}, std::nullopt);
  for (; cursor->valid(); cursor->next()) {
    const std::string_view key = cursor->key();
    ++report.rows;
    if (key.empty()) {
      fault(key, "an empty key");
      continue;
    }
    ++report.tables[static_cast<Table>(key.front())];
    const std::optional<KeyId> id = key_id_of(cursor->value());
    const Result<std::string> value = keyring.unseal(key, cursor->value());
    if (!value.ok()) {
      if (id && keyring.was_destroyed(*id)) {
        ++report.orphaned;
      } else if (cursor->unpromised_since() == report.size) {
        ++report.cut_off;
      } else {
        fault(key, value.status().detail());
      }
      continue;
    }
    if (!keyring.seals(*id)) ++report.outdated;
  }
  ENTENTE_TRY_VOID(cursor->status());
  return report;
}

}  // namespace entente::store
