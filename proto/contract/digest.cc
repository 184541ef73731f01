#include "proto/contract/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "proto/contract/status.h"

namespace entente {

Digest sha256(std::string_view bytes) { return sha256({bytes}); }

Digest sha256(std::initializer_list<std::string_view> parts) {
  // Fetching the algorithm and the context anew costs more than a short hash does.
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Digest digest{};
  unsigned size = 0;
  bool good = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1;
  for (const std::string_view part : parts) {
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  good = good && EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
  ENTENTE_CHECK(good && size == digest.size());
  return digest;
}

// RFC 2104 over the kept SHA-256 context: OpenSSL 3's own HMAC() fetches its algorithm anew at each
// call, which costs five times the hashing of a short message.
Digest hmac_sha256(const Secret& key, std::string_view message) {
  constexpr std::size_t block_bytes = 64;
  constexpr unsigned char inner = 0x36;
  constexpr unsigned char outer = 0x5c;
  const std::string_view bytes = key.reveal(SecretAccess{});
  std::array<char, block_bytes> pad{};
  if (bytes.size() > block_bytes) {
    const Digest shorter = sha256(bytes);
    std::copy(shorter.begin(), shorter.end(), pad.begin());
  } else {
    std::copy(bytes.begin(), bytes.end(), pad.begin());
  }
  for (char& byte : pad) byte = static_cast<char>(byte ^ inner);
  const Digest first = sha256({std::string_view(pad.data(), pad.size()), message});
  for (char& byte : pad) byte = static_cast<char>(byte ^ inner ^ outer);
  const Digest mac = sha256({std::string_view(pad.data(), pad.size()), as_view(first)});
  OPENSSL_cleanse(pad.data(), pad.size());
  return mac;
}

Secret hkdf_sha256(const Secret& key, std::string_view salt, std::string_view info,
                   std::size_t bytes) {
  ENTENTE_CHECK(bytes >= 1 && bytes <= 255 * 32);
  const Digest extracted =
      hmac_sha256(Secret(std::string(salt.empty() ? std::string(32, '\0') : std::string(salt))),
                  key.reveal(SecretAccess{}));
  const Secret pseudorandom{std::string(as_view(extracted))};
  std::string out;
  std::string previous;
  for (std::uint8_t round = 1; out.size() < bytes; ++round) {
    std::string block = previous;
    block.append(info);
    block.push_back(static_cast<char>(round));
    previous = as_view(hmac_sha256(pseudorandom, block));
    out.append(previous);
  }
  OPENSSL_cleanse(out.data() + bytes, out.size() - bytes);
  out.resize(bytes);
  return Secret(std::move(out));
}

Digest digest_from(std::string_view bytes) {
  Digest digest{};
  ENTENTE_CHECK(bytes.size() == digest.size());
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace entente
