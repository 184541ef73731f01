// XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the first half of a 192-bit random
// nonce, so that nobody has to count how often a key sealed. By libcrypto.
//
// Threads: any. Ownership: a Xaes keeps contexts for reuse and is shared by all who seal.
#pragma once

#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace entente::store {

inline constexpr std::size_t xaes_key_bytes = 32;
inline constexpr std::size_t xaes_nonce_bytes = 24;
inline constexpr std::size_t xaes_tag_bytes = 16;

class Xaes {
 public:
  Xaes();
  ~Xaes();
  Xaes(const Xaes&) = delete;
  Xaes& operator=(const Xaes&) = delete;

  // Appends ciphertext and tag to `out`. Requires: key and nonce have their widths.
  void seal(std::string_view key, std::string_view nonce, std::string_view aad,
            std::string_view plaintext, std::string& out) const;

  // The same of pieces, one after the other.
  void seal(std::string_view key, std::string_view nonce, std::string_view aad,
            std::initializer_list<std::string_view> plaintext, std::string& out) const;

  // The plaintext, or nothing if it does not authenticate; its first octets, as many as `head` has
  // room for, go there instead. Requires: as seal.
  [[nodiscard]] std::optional<std::string> open(std::string_view key, std::string_view nonce,
                                                std::string_view aad, std::string_view sealed,
                                                std::span<unsigned char> head) const;
  // The plaintext, or nothing if it does not authenticate. Requires: as seal.
  [[nodiscard]] std::optional<std::string> open(std::string_view key, std::string_view nonce,
                                                std::string_view aad,
                                                std::string_view sealed) const;

 private:
  struct Contexts;
  struct Algorithms;
  class Lease;

  std::unique_ptr<const Algorithms> algorithms_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Contexts>> idle_;
};

}  // namespace entente::store
