// What documents ask of the directory, of the certificates, and of the service that says who can
// see what. Threads: any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/directory/catalog.h"
#include "server/directory/records.h"
#include "server/directory/signers.h"
#include "server/documents/neighbours.h"
#include "server/identity/access_service.h"
#include "server/identity/certificates.h"
#include "server/identity/register.h"

namespace entente {

class DocumentsNeighbours final : public documents::Neighbours {
 public:
  struct Parts {
    const directory::Records& records;
    const directory::Catalog& catalog;
    const identity::Register& rows;
    const identity::CertificateStore& certificates;
    const std::unique_ptr<identity::AccessService>& access;     // made after the rooms
    const std::unique_ptr<directory::SessionSigners>& signers;  // likewise
    const Clock& clock;
  };
  explicit DocumentsNeighbours(Parts parts) : parts_(parts) {}

  Result<policy::AudienceId> intern(store::Transaction& transaction,
                                    const policy::Audience& audience) override;
  std::shared_ptr<const policy::AudienceTable> audiences() const override {
    return parts_.catalog.audiences();
  }
  Result<std::string> latin_name(const policy::Subject& subject,
                                 store::Snapshot& snapshot) const override;
  Result<v1::WhoCanSeeReply> who_can_see(const policy::Subject& subject,
                                         const v1::WhoCanSeeRequest& message,
                                         store::Snapshot& snapshot) const override;
  Result<documents::Life> life_of(const policy::Subject& subject, const std::string& process,
                                  store::Snapshot& snapshot) const override;
  Result<std::vector<documents::AudienceOffice>> offices_of(
      const policy::Audience& audience, store::Snapshot& snapshot) const override;
  Result<documents::OwnCertificates> own_certificates(const policy::Subject& subject,
                                                      store::Snapshot& snapshot) const override;

  Result<std::string> check_signature(const policy::Subject& subject, store::Snapshot& snapshot,
                                      std::string_view message,
                                      std::string_view signature) const override;
  Result<std::optional<policy::Subject>> subject_now(store::Snapshot& snapshot,
                                                     const std::string& account,
                                                     const std::string& party,
                                                     const std::string& person) const override;

 private:
  // The principals of the audience by which somebody in the office belongs to it.
  [[nodiscard]] std::vector<std::string> through(const directory::Indexed& office,
                                                 const policy::Audience& audience,
                                                 Instant now) const;
  [[nodiscard]] bool seals_today(const identity::record::Certificate& row, Instant now) const;

  Parts parts_;
};

}  // namespace entente
