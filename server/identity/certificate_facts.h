// What a certificate or a list says, and a signature made with its key: whether it may say so is
// another question (party_trust.h).
//
// Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/status.h"
#include "server/identity/certificate_uri.h"

namespace entente::identity {

// Attacks that these stop: keys stolen long ago, parsers fed with megabytes, chains that are long
// to check.
inline constexpr std::chrono::hours leaf_life_max{24 *
                                                  367};  // who signs in; a lost key ends by itself
inline constexpr std::size_t certificate_bytes_max = 16 * 1024;
inline constexpr std::size_t crl_bytes_max = 512 * 1024;
inline constexpr std::size_t chain_certificates_max = 4;
inline constexpr std::size_t anchors_per_party_max = 8;

// What a certificate is for. On disk: never renumber.
enum class Profile : std::uint8_t {
  Unspecified = 0,
  Auth = 1,     // a person: signs in, signs acts
  Program = 2,  // a ministry's program: signs in, signs acts
  Seal = 3,     // an office: is sealed to; opens no line
};

struct CertificateFacts {
  CertificateName name;
  Profile profile = Profile::Unspecified;
  Digest sha256{};
  Instant not_before;
  Instant not_after;
};

struct CrlFacts {
  std::uint64_t number = 0;
  Instant this_update;
  Instant next_update;
  std::uint32_t revoked = 0;
  Digest issuer_sha256{};  // of the issuer's name
};

// What a certificate of the network says, whether or not it holds. Unauthenticated, with the cause
// in detail(): not one of ours.
[[nodiscard]] Result<CertificateFacts> read_certificate(std::string_view der,
                                                        std::string_view network);

// Whether `signature` (DER, ECDSA with SHA-256) over `message` was made with the key of the
// certificate. InvalidArgument (SignatureInvalid) otherwise. Says nothing of the certificate.
[[nodiscard]] Status check_signature(std::string_view certificate_der, std::string_view message,
                                     std::string_view signature);

// The certificates of a PEM file, as DER, in its order; CRLs likewise. InvalidArgument if a block
// does not decode. Other blocks and text between are not looked at.
[[nodiscard]] Result<std::vector<std::string>> certificates_of_pem(std::string_view pem);
[[nodiscard]] Result<std::vector<std::string>> crls_of_pem(std::string_view pem);

// What whoever shakes hands is told; the cause is for the log (detail()).
[[nodiscard]] Status certificate_refused(std::string detail);
// What whoever shows one in a message is told: which field, and why.
[[nodiscard]] Status certificate_not_valid(std::string field, std::string why);

}  // namespace entente::identity
