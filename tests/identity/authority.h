// A party's certificate authority for tests, run by the openssl program: makes what a party would,
// and what none should.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace entente::identity::testing {

struct Leaf {
  std::string pem_path;
  std::string key_path;
  std::string der;
};

// What to put into a certificate; the defaults are a person's that holds.
struct Wish {
  std::string uri;             // of the subjectAltName, unless `alt_names` says all of it
  std::string alt_names = {};  // `URI:...,DNS:...`; `none` for no extension
  std::string key_usage = "critical,digitalSignature";
  std::string extended_key_usage = "clientAuth";
  std::string basic_constraints = "critical,CA:FALSE";
  std::string extra = {};     // further lines of the extension section
  std::string key = "P-256";  // P-256, P-384, P-521, rsa1024, rsa3072, ed25519
  std::string digest = "sha256";
  std::string start = {};  // YYYYMMDDHHMMSSZ; empty: an hour ago
  std::string end = {};    // empty: in 300 days
};

class Authority {
 public:
  // A root of its own, in a scratch directory that dies with it.
  explicit Authority(std::string name, std::string key = "P-256");
  // An issuing authority under `parent`, with these further extension lines (name constraints).
  Authority(std::string name, Authority& parent, std::string extra, std::string key = "P-256",
            std::string digest = "sha256");
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] Leaf issue(const Wish& wish);
  [[nodiscard]] Leaf issue(const std::string& uri);
  // As its own issuer: no authority at all.
  [[nodiscard]] static Leaf self_signed(const Wish& wish);
  void revoke(const Leaf& leaf);
  // DER. Lasts `hours` from now; each has the next number.
  [[nodiscard]] std::string crl(int hours = 24);
  [[nodiscard]] std::string crl_pem(int hours = 24);
  [[nodiscard]] const std::string& certificate_der() const { return der_; }
  [[nodiscard]] std::string certificate_pem() const;
  // The same authority (name, key) once more, as `parent` certifies it with that digest. DER.
  [[nodiscard]] std::string certified_by(Authority& parent, const std::string& digest) const;
  // A list (DER) that no authority of this network makes: with what the configuration of its
  // extensions and the further words for `openssl ca` say.
  [[nodiscard]] std::string odd_crl(const std::string& extensions, const std::string& words);

 private:
  void configure();
  std::filesystem::path dir_;
  std::string name_;
  std::string der_;
  int leaves_ = 0;
};

// Runs a shell command; a failure ends the test, with what it printed.
void run(const std::string& command);
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& bytes);
// A fresh scratch directory.
[[nodiscard]] std::filesystem::path scratch();

// ECDSA with SHA-256 (DER) over `message`.
[[nodiscard]] std::string sign(const Leaf& leaf, const std::string& message);

}  // namespace entente::identity::testing
