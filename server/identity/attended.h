// A snapshot that is read for somebody: when they have gone, it reads no further, so that whatever
// was being looked for stops at the next row.
//
// One thread, as the snapshot within, which outlives it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/store/store.h"

namespace entente::identity {

class Attended final : public store::Snapshot {
 public:
  Attended(store::Snapshot& within, std::function<bool()> gone)
      : within_(within), gone_(std::move(gone)) {}

  // As the snapshot within; Cancelled: they have gone.
  Result<std::optional<std::string>> find(const store::Key& key) override;
  Result<store::Decoded> find_decoded(const store::Key& key, const Decode& decode) override;
  std::unique_ptr<store::Cursor> scan(const store::Key& prefix,
                                      const std::optional<store::Key>& from) override;

 private:
  store::Snapshot& within_;
  const std::function<bool()> gone_;
};

}  // namespace entente::identity
