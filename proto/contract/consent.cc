#include "proto/contract/consent.h"

namespace entente {

std::string consent_message(std::string_view digest) {
  return std::string("entente/consent/1\n").append(digest);
}

Digest participation_digest(const ParticipationWords& words) {
  const std::string revision = std::to_string(words.revision);
  return sha256({"entente/participation/1\n", words.process, "\n", words.party, "\n", words.status,
                 "\n", words.since, "\n", words.group, "\n", words.activities, "\n", words.note,
                 "\n", revision});
}

Digest exemption_digest(const ExemptionWords& words) {
  const std::string revision = std::to_string(words.revision);
  return sha256({"entente/exemption/1\n", words.dataflow, "\n", words.party, "\n", words.until,
                 "\n", words.reason, "\n", revision});
}

}  // namespace entente
