// Signs what an account answers for: a detached CMS signature (RFC 5652) by the key of its
// certificate, which anyone checks with `openssl cms -verify`. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::client {

struct Signature {
  std::string der;
  std::string certificate_sha256;  // 32 bytes
};

// InvalidArgument: a file cannot be read, or the key is not the certificate's.
[[nodiscard]] Result<Signature> sign_detached(const std::string& certificate_path,
                                              const std::string& key_path,
                                              std::string_view content);

}  // namespace entente::client
