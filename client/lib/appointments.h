// Signs an appointment, and its end, by the key of the official's certificate, over the bytes that
// proto/contract/appointment.h makes; and checks what others have signed, so that whoever reads it
// need not believe the host: the signature, the certificate's place in the ledger, the party's
// anchor. docs/appointments.md. One thread.
#pragma once

#include <string>

#include "client/lib/certificates.h"
#include "client/lib/client.h"
#include "entente/v1/directory.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"

namespace entente::client {

struct SigningFiles {
  std::string certificate_path;  // PEM, leaf first
  std::string key_path;          // PEM
};

// Fill name, since or until (if empty: today) and signature of a request. InvalidArgument: a file
// cannot be read. FailedPrecondition: no ledger key is known, whose name says of which network it
// is. Otherwise every Code of GetOffice and GetAppointment.
[[nodiscard]] Status sign(Client& client, const SigningFiles& files, const Clock& clock,
                          Entropy& entropy, v1::AppointRequest& request);
[[nodiscard]] Status sign(Client& client, const SigningFiles& files, const Clock& clock,
                          Entropy& entropy, v1::HandOverRequest& request);
[[nodiscard]] Status sign(Client& client, const SigningFiles& files, const Clock& clock,
                          Entropy& entropy, v1::EndAppointmentRequest& request);

// Signs it and hands the office over; the entry of the receipt is proved to be of it. Answers also
// if the person held the office already by the party's signature, which is proved then. DataLoss
// (ProofInvalid): the server answers for another act than this. Otherwise every Code of `sign`, of
// HandOver, of AppointmentReader::check and of entry_of.
[[nodiscard]] Result<v1::HandOverReply> hand_over(Client& client, const SigningFiles& files,
                                                  const Clock& clock, Entropy& entropy,
                                                  v1::HandOverRequest request);

class AppointmentReader {
 public:
  explicit AppointmentReader(Client& client) : client_(client), certificates_(client) {}

  // The account that signed the appointment for its party; empty if nobody did: the operator
  // entered it when the network was made. DataLoss (ProofInvalid): a signature that does not hold,
  // of a key that is not the party's, or a certificate that the ledger does not hold. Otherwise
  // every Code of CertificateReader::of_party.
  [[nodiscard]] Result<std::string> check(const v1::Office& office,
                                          const v1::Appointment& appointment);

 private:
  // The certificate of this fingerprint, if it is of the party and stands in the ledger.
  Result<v1::Certificate> signer_of(const std::string& sha256, const std::string& party);

  Client& client_;
  CertificateReader certificates_;
};

}  // namespace entente::client
