// GHASH, which is nearly universal, is what AES-GCM authenticates with when there is nothing to
// encrypt; its value is told to nobody but as AES makes another block of it (Wegman and Carter).
#include "server/statistics/fingerprint.h"

#include <openssl/evp.h>

#include "proto/contract/bytes.h"
#include "proto/contract/status.h"

namespace entente::statistics {
namespace {

void must(int done) { ENTENTE_CHECK(done == 1); }

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

}  // namespace

void Fingerprint::Free::operator()(evp_cipher_st* cipher) const { EVP_CIPHER_free(cipher); }

Fingerprint::Fingerprint(std::string_view hashing, std::string_view naming)
    : gcm_(EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr)),
      ecb_(EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr)) {
  ENTENTE_CHECK(gcm_ && ecb_ && hashing.size() == 16 && naming.size() == 16);
  std::copy(hashing.begin(), hashing.end(), hashing_.begin());
  std::copy(naming.begin(), naming.end(), naming_.begin());
}

std::string Fingerprint::of(std::string_view first, std::string_view second) const {
  const Context context(EVP_CIPHER_CTX_new());
  const std::array<unsigned char, 12> nonce{};
  int size = 0;
  Block hash{};
  must(EVP_EncryptInit_ex2(context.get(), gcm_.get(), hashing_.data(), nonce.data(), nullptr));
  for (const std::string_view part : {first, second}) {
    must(EVP_EncryptUpdate(context.get(), nullptr, &size, octets(part),
                           static_cast<int>(part.size())));
  }
  must(EVP_EncryptFinal_ex(context.get(), hash.data(), &size));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(hash.size()),
                           hash.data()));
  Block name{};
  must(EVP_EncryptInit_ex2(context.get(), ecb_.get(), naming_.data(), nullptr, nullptr));
  must(EVP_EncryptUpdate(context.get(), name.data(), &size, hash.data(),
                         static_cast<int>(hash.size())));
  return to_hex({reinterpret_cast<const char*>(name.data()), name.size()});
}

}  // namespace entente::statistics
