// The envelope of a confidential document: its manifest, signed (CMS SignedData, CAdES-BES) by who
// seals, and sealed (CMS AuthEnvelopedData, RFC 5083) to the certificates of offices. What it is,
// to the byte, is in docs/sealing.md; stock `openssl cms` opens it. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/sealing.pb.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::client {

// Where an office's certificate and its key are (PEM).
struct OfficeKey {
  std::string certificate_path;
  std::string key_path;
  std::string certificate_sha256;  // of its first certificate, in hexadecimal
};

// Every folder under `folder` that holds cert.pem and key.pem; empty if there is none.
[[nodiscard]] std::vector<OfficeKey> office_keys_in(const std::string& folder);

// Its certificate (DER), to be sealed to. InvalidArgument: it cannot be read.
[[nodiscard]] Result<std::string> certificate_der(const OfficeKey& office);

// --- the manifest ---

// InvalidArgument: it would be longer than sealed_manifest_bytes_max, or says what is no text.
[[nodiscard]] Result<Secret> manifest_json(const v1::SealedManifest& manifest);
// DataLoss (ProofInvalid): it is none, or one of another format.
[[nodiscard]] Result<v1::SealedManifest> parse_manifest(std::string_view json);

// Signs `content` by an account's key: SignedData (DER) with content and certificate inside.
// InvalidArgument: a file cannot be read, or the key is not the certificate's.
[[nodiscard]] Result<std::string> sign_enclosed(const std::string& certificate_path,
                                                const std::string& key_path,
                                                std::string_view content);
struct Enclosed {
  Secret content;
  std::string signer_der;
};
// Checks that its one signer, whose certificate is in it, signed the content. Says nothing of the
// certificate. DataLoss (ProofInvalid): it does not hold.
[[nodiscard]] Result<Enclosed> open_enclosed(std::string_view signed_data);

// --- the envelope ---

// Seals to certificates (DER) of P-256 or P-384 keys. InvalidArgument: none, too many, or one that
// cannot be sealed to.
[[nodiscard]] Result<std::string> seal_envelope(std::string_view content,
                                                const std::vector<std::string>& certificates_der);
// Whether it is an AuthEnvelopedData as docs/sealing.md has it: AES-256-GCM with a nonce of 12 and
// a tag of 16 bytes (OpenSSL 3.0 itself would take a tag of four), every key agreed by ECDH with
// SHA-256 or SHA-384 and wrapped by AES-256. DataLoss (ProofInvalid) otherwise.
[[nodiscard]] Status check_envelope(std::string_view der);
// check_envelope, then opens it. FailedPrecondition: it is not sealed to this office.
// InvalidArgument: a file cannot be read. DataLoss (ProofInvalid): it does not open.
[[nodiscard]] Result<Secret> open_envelope(std::string_view der, const OfficeKey& key);

// How many there are to whom it is sealed. Requires: check_envelope.
[[nodiscard]] std::size_t recipients_of(std::string_view der);

}  // namespace entente::client
