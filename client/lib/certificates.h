// Certificates, proved instead of believed: that one has the bytes of its name, that it stands in
// the ledger that this client follows, and that it is its party's. One thread.
#pragma once

#include <map>
#include <string>

#include "client/lib/client.h"
#include "entente/v1/account.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

class CertificateReader {
 public:
  explicit CertificateReader(Client& client) : client_(client) {}

  // The certificate of that name (`certificates/<SHA-256 in hexadecimal>`), of a person or program
  // of the party (`parties/SWE`): under an anchor that this client relies on. DataLoss
  // (ProofInvalid): the server shows another one, the ledger does not hold it, or it is not the
  // party's; the message says if the server lists an anchor that this client does not know.
  // Otherwise every Code of GetCertificate, Client::anchors and the ledger's proofs.
  [[nodiscard]] Result<v1::Certificate> of_party(const std::string& name, const std::string& party);
  // The same of an office (`offices/<id>`) of the party, to be sealed to now.
  [[nodiscard]] Result<v1::Certificate> of_office(const std::string& name, const std::string& party,
                                                  const std::string& office);

 private:
  [[nodiscard]] Result<v1::Certificate> entered(const std::string& name);
  [[nodiscard]] Result<PartyAnchors> anchors(const std::string& party);

  Client& client_;
  std::map<std::string, v1::Certificate> known_;
  std::map<std::string, PartyAnchors> anchors_;
};

}  // namespace entente::client
