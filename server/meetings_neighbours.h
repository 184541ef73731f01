// What meetings ask of the directory, of documents and of the service that says who can see what.
// Used by the daemon only.
//
// Threads: any. Ownership: everything is borrowed and outlives it; what is made after the rooms is
// given by the place where it will be.
#pragma once

#include <memory>

#include "proto/contract/clock.h"
#include "server/directory/catalog.h"
#include "server/directory/records.h"
#include "server/directory/service.h"
#include "server/documents/room.h"
#include "server/identity/access_service.h"
#include "server/meetings/neighbours.h"

namespace entente {

class MeetingsNeighbours final : public meetings::Neighbours {
 public:
  struct Parts {
    const directory::Records& records;
    directory::Catalog& catalog;
    const std::unique_ptr<directory::Service>& directory;
    const std::unique_ptr<documents::Room>& documents;
    const std::unique_ptr<identity::AccessService>& access;
    const Clock& clock;
  };
  explicit MeetingsNeighbours(Parts parts) : parts_(parts) {}

  Result<policy::AudienceId> intern(store::Transaction& transaction,
                                    const policy::Audience& audience) override;
  Result<std::optional<policy::Guard>> guard_of(store::Snapshot& snapshot,
                                                std::string_view name) const override;
  Result<std::vector<std::string>> unknown_in(const policy::Subject& subject,
                                              const policy::Audience& audience,
                                              store::Snapshot& snapshot) const override;
  Result<std::optional<Person>> person(const policy::Subject& subject, std::string_view name,
                                       store::Snapshot& snapshot) const override;
  Result<std::vector<std::string>> names_of_person(std::string_view name,
                                                   store::Snapshot& snapshot) const override;
  Result<std::vector<meetings::Named>> names_of_parties(store::Snapshot& snapshot) const override;
  Status change_seats(store::Transaction& transaction) override;
  void seat(const std::vector<meetings::Seating>& seatings, std::uint64_t changes) override;
  Result<std::vector<Process>> processes(const policy::Subject& subject,
                                         store::Snapshot& snapshot) const override;
  Result<std::optional<v1::Document>> document(const policy::Subject& subject,
                                               std::string_view name,
                                               store::Snapshot& snapshot) const override;

 private:
  const Parts parts_;
};

}  // namespace entente
