// `Secret` holds bytes that must not be printed, copied or compared in variable time: passwords,
// keys, tokens. It is wiped when it dies. Reading it asks for a `SecretAccess`, so that a search
// for that word finds every place that looks.
//
// Movable, not copyable; owned by whoever holds it; one thread at a time.
#pragma once

#include <openssl/crypto.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace entente {

// Proof that a reader meant to look. Nothing more.
struct SecretAccess {};

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
      other.wipe();
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  [[nodiscard]] std::string_view reveal(SecretAccess) const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  // For where one secret is needed in two places; says so in the code that does it.
  [[nodiscard]] Secret duplicate() const { return Secret(bytes_); }

  // Time depends on the lengths only.
  [[nodiscard]] bool equals(const Secret& other) const {
    return bytes_.size() == other.bytes_.size() &&
           CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) == 0;
  }

 private:
  void wipe() noexcept {
    if (!bytes_.empty()) OPENSSL_cleanse(bytes_.data(), bytes_.size());
    bytes_.clear();
  }
  std::string bytes_;
};

}  // namespace entente
