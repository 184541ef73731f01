// SHA-256 of bytes as they come. One thread.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente {

class RunningDigest {
 public:
  RunningDigest() : context_(EVP_MD_CTX_new()) {
    ENTENTE_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(std::string_view bytes) {
    ENTENTE_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  // Once, last: 32 bytes.
  [[nodiscard]] std::string finish() {
    std::string digest(32, '\0');
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    auto* out = reinterpret_cast<unsigned char*>(digest.data());
    ENTENTE_CHECK(EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1);
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace entente
