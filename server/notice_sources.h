// What notices ask of the rooms beside them: the circulations, the directory and the accounts, each
// through the service that answers a caller. Made by the daemon only.
//
// Threads: any.
#pragma once

#include <memory>

#include "server/directory/catalog.h"
#include "server/directory/service.h"
#include "server/documents/room.h"
#include "server/identity/identity.h"
#include "server/notices/sources.h"

namespace entente {

class NoticeSources final : public notices::Sources {
 public:
  // Borrowed; outlive it.
  struct Parts {
    documents::Room& documents;
    const std::unique_ptr<directory::Service>& directory;  // made after the rooms
    const directory::Catalog& catalog;
    const identity::Identity& identity;
    const Clock& clock;
  };
  explicit NoticeSources(Parts parts) : parts_(parts) {}

  [[nodiscard]] std::vector<notices::Happening> happenings_after(std::uint64_t cursor,
                                                                 std::size_t max) const override;
  [[nodiscard]] std::uint64_t newest() const override;
  [[nodiscard]] Result<std::uint64_t> newest(store::Snapshot& snapshot) const override;
  [[nodiscard]] Result<std::optional<v1::Circulation>> circulation(
      const policy::Subject& subject, const std::string& name,
      store::Snapshot& snapshot) const override;
  [[nodiscard]] Result<std::optional<notices::Consent>> consent(
      const policy::Subject& subject, const std::string& name,
      store::Snapshot& snapshot) const override;
  [[nodiscard]] Result<std::optional<notices::Addressee>> addressee(
      const policy::Subject& subject, store::Snapshot& snapshot) const override;
  [[nodiscard]] Status each_person(
      store::Snapshot& snapshot,
      const std::function<void(const policy::Subject& subject)>& visit) const override;
  [[nodiscard]] std::shared_ptr<void> listen(std::function<void()> ring) override;

 private:
  Parts parts_;
};

}  // namespace entente
