// entente.v1.NoticeService: how each person wants to be told.
//
// Threads: any. Owned by the room.
#pragma once

#include <optional>
#include <string_view>

#include "entente/v1/notices.pb.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/notices/record.pb.h"
#include "server/notices/sources.h"

namespace entente::notices {

// On disk: never renumber. The shape is in docs/key-layout.md.
inline constexpr store::Table settings_table{0xd0};  // account -> Settings

// What somebody has chosen. Whatever comes is told as was chosen when it came, so that who changes
// it is told of each thing by one of the two, once.
struct Chosen {
  v1::NoticeSettings settings;
  record::Settings kept;

  // Of the happening of that number. Who wants none now gets none, whenever it came.
  [[nodiscard]] v1::NoticeSettings::Delivery delivery_of(std::uint64_t happening) const;
};

class Service {
 public:
  struct Parts {
    store::Store& store;
    ledger::Ledger& ledger;
    const Sources& sources;
    bool sends = false;  // whether this network sends mail
  };
  explicit Service(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  // What holds for the subject. DataLoss, Unavailable: as the store.
  [[nodiscard]] Result<v1::NoticeSettings> settings_of(const policy::Subject& subject,
                                                       store::Snapshot& snapshot) const;
  [[nodiscard]] Result<Chosen> chosen_by(const policy::Subject& subject,
                                         store::Snapshot& snapshot) const;
  // As notices.proto says, errors and all.
  Result<v1::NoticeSettings> set(const policy::Subject& subject,
                                 const v1::SetNoticeSettingsRequest& message,
                                 store::Transaction& transaction);

 private:
  [[nodiscard]] store::Key key_of(std::string_view account) const;
  Parts parts_;
};

}  // namespace entente::notices
