// Certificates, proved instead of believed: that one has the bytes of its name, and that it stands
// in the ledger that this client follows. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "entente/v1/account.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

class CertificateReader {
 public:
  explicit CertificateReader(Client& client) : client_(client) {}

  // The certificate of that name (`certificates/<SHA-256 in hexadecimal>`). DataLoss
  // (ProofInvalid): the server shows another one, or the ledger does not hold it. Otherwise every
  // Code of GetCertificate and the ledger's proofs.
  [[nodiscard]] Result<v1::Certificate> entered(const std::string& name);
  // The anchors (DER) of a party (`parties/SWE`). Every Code of ListAnchors.
  [[nodiscard]] Result<std::vector<std::string>> anchors(const std::string& party);

 private:
  Client& client_;
  std::map<std::string, v1::Certificate> known_;
  std::map<std::string, std::vector<std::string>> anchors_;
};

}  // namespace entente::client
