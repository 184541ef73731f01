#include "proto/contract/process_consent.h"

#include <string>

namespace entente {

Digest process_status_digest(const ProcessStatusWords& words) {
  const std::string revision = std::to_string(words.revision);
  return sha256({"entente/process-status/1\n", words.process, "\n", words.status, "\n",
                 words.because, "\n", revision});
}

}  // namespace entente
