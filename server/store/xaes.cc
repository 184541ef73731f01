#include "server/store/xaes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <utility>

#include "proto/contract/status.h"

namespace entente::store {
namespace {

using Block = std::array<unsigned char, 16>;

struct CipherDeleter {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* octets(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* octets(std::string& bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return reinterpret_cast<unsigned char*>(bytes.data());
}

// libcrypto fails here only if it cannot allocate: nothing safe is left to do.
void must(int result) { ENTENTE_CHECK(result == 1); }

int as_int(std::size_t size) {
  ENTENTE_CHECK(size <= 0x7fffffff);
  return static_cast<int>(size);
}

}  // namespace

struct Xaes::Algorithms {
  // Fetching costs more than sealing; done once.
  std::unique_ptr<EVP_CIPHER, CipherDeleter> ecb{EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr)};
  std::unique_ptr<EVP_CIPHER, CipherDeleter> gcm{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
};

struct Xaes::Contexts {
  std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter> ecb{EVP_CIPHER_CTX_new()};
  std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter> gcm{EVP_CIPHER_CTX_new()};
};

// Contexts for the length of one call.
class Xaes::Lease {
 public:
  explicit Lease(const Xaes& xaes) : xaes_(xaes) {
    {
      const std::lock_guard lock(xaes_.mutex_);
      if (!xaes_.idle_.empty()) {
        contexts_ = std::move(xaes_.idle_.back());
        xaes_.idle_.pop_back();
      }
    }
    if (!contexts_) contexts_ = std::make_unique<Contexts>();
    ENTENTE_CHECK(contexts_->ecb && contexts_->gcm);
  }
  ~Lease() {
    const std::lock_guard lock(xaes_.mutex_);
    xaes_.idle_.push_back(std::move(contexts_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Keys the GCM context for this nonce. C2SP XAES-256-GCM, "Overview", steps 1 to 7.
  EVP_CIPHER_CTX* keyed(std::string_view key, std::string_view nonce, bool sealing) const {
    ENTENTE_CHECK(key.size() == xaes_key_bytes && nonce.size() == xaes_nonce_bytes);
    EVP_CIPHER_CTX* ecb = contexts_->ecb.get();
    must(EVP_EncryptInit_ex2(ecb, xaes_.algorithms_->ecb.get(), octets(key), nullptr, nullptr));
    EVP_CIPHER_CTX_set_padding(ecb, 0);

    Block k1{};
    encrypt_blocks(ecb, k1.data(), k1.size());
    const unsigned char msb = k1[0] >> 7;
    for (std::size_t i = 0; i + 1 < k1.size(); ++i) {
      k1[i] = static_cast<unsigned char>((k1[i] << 1) | (k1[i + 1] >> 7));
    }
    k1[15] = static_cast<unsigned char>((k1[15] << 1) ^ (msb * 0x87));

    std::array<unsigned char, 32> derived{};
    for (std::size_t half = 0; half < 2; ++half) {
      unsigned char* block = derived.data() + half * 16;
      block[1] = static_cast<unsigned char>(half + 1);
      block[2] = 'X';
      for (std::size_t i = 0; i < 12; ++i) block[4 + i] = octets(nonce)[i];
      for (std::size_t i = 0; i < 16; ++i) block[i] ^= k1[i];
    }
    encrypt_blocks(ecb, derived.data(), derived.size());

    EVP_CIPHER_CTX* gcm = contexts_->gcm.get();
    must(EVP_CipherInit_ex2(gcm, xaes_.algorithms_->gcm.get(), derived.data(), octets(nonce) + 12,
                            sealing ? 1 : 0, nullptr));
    OPENSSL_cleanse(derived.data(), derived.size());
    OPENSSL_cleanse(k1.data(), k1.size());
    return gcm;
  }

 private:
  static void encrypt_blocks(EVP_CIPHER_CTX* ecb, unsigned char* blocks, std::size_t bytes) {
    int written = 0;
    must(EVP_EncryptUpdate(ecb, blocks, &written, blocks, as_int(bytes)));
    ENTENTE_CHECK(written == as_int(bytes));
  }

  const Xaes& xaes_;
  std::unique_ptr<Contexts> contexts_;
};

Xaes::Xaes() : algorithms_(std::make_unique<const Algorithms>()) {
  ENTENTE_CHECK(algorithms_->ecb && algorithms_->gcm);
}
Xaes::~Xaes() = default;

void Xaes::seal(std::string_view key, std::string_view nonce, std::string_view aad,
                std::string_view plaintext, std::string& out) const {
  seal(key, nonce, aad, {plaintext}, out);
}

void Xaes::seal(std::string_view key, std::string_view nonce, std::string_view aad,
                std::initializer_list<std::string_view> plaintext, std::string& out) const {
  const Lease lease(*this);
  EVP_CIPHER_CTX* gcm = lease.keyed(key, nonce, true);
  int written = 0;
  if (!aad.empty()) {
    must(EVP_EncryptUpdate(gcm, nullptr, &written, octets(aad), as_int(aad.size())));
  }
  const std::size_t start = out.size();
  std::size_t bytes = 0;
  for (const std::string_view piece : plaintext) bytes += piece.size();
  out.resize(start + bytes + xaes_tag_bytes);
  unsigned char* at = octets(out) + start;
  for (const std::string_view piece : plaintext) {
    if (piece.empty()) continue;
    must(EVP_EncryptUpdate(gcm, at, &written, octets(piece), as_int(piece.size())));
    ENTENTE_CHECK(written == as_int(piece.size()));
    at += piece.size();
  }
  int rest = 0;
  must(EVP_EncryptFinal_ex(gcm, at, &rest));
  must(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, as_int(xaes_tag_bytes), at));
}

std::optional<std::string> Xaes::open(std::string_view key, std::string_view nonce,
                                      std::string_view aad, std::string_view sealed) const {
  return open(key, nonce, aad, sealed, {});
}

std::optional<std::string> Xaes::open(std::string_view key, std::string_view nonce,
                                      std::string_view aad, std::string_view sealed,
                                      std::span<unsigned char> head) const {
  if (sealed.size() < head.size() + xaes_tag_bytes) return std::nullopt;
  const std::string_view body = sealed.substr(0, sealed.size() - xaes_tag_bytes);
  std::array<unsigned char, xaes_tag_bytes> tag{};
  for (std::size_t i = 0; i < tag.size(); ++i) tag[i] = octets(sealed)[body.size() + i];

  const Lease lease(*this);
  EVP_CIPHER_CTX* gcm = lease.keyed(key, nonce, false);
  int written = 0;
  if (!aad.empty()) {
    must(EVP_DecryptUpdate(gcm, nullptr, &written, octets(aad), as_int(aad.size())));
  }
  if (!head.empty()) {
    must(EVP_DecryptUpdate(gcm, head.data(), &written, octets(body), as_int(head.size())));
  }
  const std::string_view behind = body.substr(head.size());
  std::string plaintext(behind.size(), '\0');
  if (!behind.empty()) {
    must(
        EVP_DecryptUpdate(gcm, octets(plaintext), &written, octets(behind), as_int(behind.size())));
  }
  must(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, as_int(tag.size()), tag.data()));
  int rest = 0;
  unsigned char none = 0;
  if (EVP_DecryptFinal_ex(gcm, &none, &rest) != 1) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    OPENSSL_cleanse(head.data(), head.size());
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace entente::store
