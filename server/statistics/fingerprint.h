// Short names for long answers: equal bytes have equal names, and who does not know the key cannot
// make other bytes that have the same. Eight times as fast as SHA-256, which took a fifth of what a
// slice costs.
//
// Any thread.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_cipher_st;

namespace entente::statistics {

class Fingerprint {
 public:
  // Each of 16 bytes, secret, and not the same.
  Fingerprint(std::string_view hashing, std::string_view naming);
  // In hexadecimal, of both as if they were one.
  [[nodiscard]] std::string of(std::string_view first, std::string_view second) const;

 private:
  using Block = std::array<unsigned char, 16>;
  struct Free {
    void operator()(evp_cipher_st* cipher) const;
  };
  std::unique_ptr<evp_cipher_st, Free> gcm_;
  std::unique_ptr<evp_cipher_st, Free> ecb_;
  Block hashing_{};
  Block naming_{};
};

}  // namespace entente::statistics
