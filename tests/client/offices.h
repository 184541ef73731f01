// Offices with their keys, and a manifest: what the tests of sealing share.
#pragma once

#include <openssl/rand.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "client/lib/envelope.h"
#include "proto/contract/limits_sealing.h"

namespace entente::client::test {

// Keys and certificates as certs/ca makes them, by the program itself.
class Offices {
 public:
  Offices()
      : folder_(std::filesystem::temp_directory_path() / ("seal-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Offices() { std::filesystem::remove_all(folder_); }
  Offices(const Offices&) = delete;
  Offices& operator=(const Offices&) = delete;

  void run(const std::string& command) const {
    const std::string all = "cd " + folder_.string() + " && { " + command + "; } >log 2>&1";
    INFO(command);
    REQUIRE(std::system(all.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe): one thread
  }
  OfficeKey make(const std::string& id, const std::string& usage) const {
    run("mkdir -p offices/" + id +
        " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
        "-nodes -days 2 -subj /CN=" +
        id + " -addext keyUsage=critical," + usage +
        " -addext subjectKeyIdentifier=hash -keyout offices/" + id + "/key.pem -out offices/" + id +
        "/cert.pem && openssl x509 -in offices/" + id + "/cert.pem -outform DER -out " + id +
        ".der");
    const std::string at = (folder_ / "offices" / id).string();
    return {.certificate_path = at + "/cert.pem",
            .key_path = at + "/key.pem",
            .certificate_sha256 = {}};
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& name, std::string_view bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

// In place of libcrypto's entropy while it lives, by the old way, which needs no provider: gives
// what there is so many times, and then fails.
class NoEntropy {
 public:
  explicit NoEntropy(int askings) {
    left_ = askings;
    method_.bytes = [](unsigned char*, int) { return left_-- > 0 ? 1 : 0; };
    put(&method_);
  }
  ~NoEntropy() { put(before_); }
  NoEntropy(const NoEntropy&) = delete;
  NoEntropy& operator=(const NoEntropy&) = delete;

 private:
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  static const RAND_METHOD* now() { return RAND_get_rand_method(); }
  static void put(const RAND_METHOD* method) { RAND_set_rand_method(method); }
#pragma GCC diagnostic pop
  static inline int left_ = 0;
  RAND_METHOD method_{};
  const RAND_METHOD* const before_ = now();
};

inline v1::SealedManifest manifest() {
  v1::SealedManifest out;
  out.set_format("entente-sealed/1");
  out.set_document("documents/0123456789abcdef0123456789abcdef");
  out.set_originator("parties/SWE");
  (*out.mutable_title()->mutable_by_language())["en"] = "On returns";
  out.set_key(std::string(32, 'k'));
  out.set_nonce(std::string(7, 'n'));
  out.set_chunk_bytes(limits::sealed_chunk_bytes);
  out.set_bytes(3);
  out.set_sha256(std::string(32, 'a'));
  out.set_sealed_sha256(std::string(32, 'b'));
  out.set_roster_sha256(std::string(32, 'c'));
  out.set_sealed_by("parties/SWE/accounts/anna");
  return out;
}

inline std::string_view shown(const Secret& secret) { return secret.reveal(SecretAccess()); }

}  // namespace entente::client::test
