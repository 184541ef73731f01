#include "tests/identity/authority.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace entente::identity::testing {
namespace {

void make_key(const std::filesystem::path& path, const std::string& key) {
  std::string algorithm = "-algorithm EC -pkeyopt ec_paramgen_curve:" + key;
  if (key.starts_with("rsa"))
    algorithm = "-algorithm RSA -pkeyopt rsa_keygen_bits:" + key.substr(3);
  if (key == "ed25519") algorithm = "-algorithm ED25519";
  run("openssl genpkey " + algorithm + " -out " + path.string());
}

std::string section(const Wish& wish) {
  const std::string names = wish.alt_names.empty() ? "URI:" + wish.uri : wish.alt_names;
  std::string out = "[leaf]\n";
  if (!wish.basic_constraints.empty()) out += "basicConstraints=" + wish.basic_constraints + "\n";
  if (!wish.key_usage.empty()) out += "keyUsage=" + wish.key_usage + "\n";
  if (!wish.extended_key_usage.empty()) {
    out += "extendedKeyUsage=" + wish.extended_key_usage + "\n";
  }
  if (names != "none") out += "subjectAltName=" + names + "\n";
  return out + "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" + wish.extra + "\n";
}

constexpr const char* authority_section =
    "[authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
    "subjectKeyIdentifier=hash\n";

std::string at(std::chrono::hours from_now) {
  const std::time_t time =
      std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  std::tm tm{};
  gmtime_r(&time, &tm);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
  return text;
}

}  // namespace

void run(const std::string& command) {
  const std::filesystem::path log = scratch() / "log";
  const int status = std::system((command + " >" + log.string() + " 2>&1").c_str());
  INFO(command);
  INFO(read_file(log));
  std::filesystem::remove_all(log.parent_path());
  REQUIRE(status == 0);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::filesystem::path scratch() {
  std::string pattern = std::filesystem::temp_directory_path() / "entente-XXXXXX";
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

Authority::Authority(std::string name, std::string key) : dir_(scratch()), name_(std::move(name)) {
  make_key(dir_ / "ca.key", key);
  write_file(dir_ / "root.cnf",
             std::string("[req]\ndistinguished_name=dn\n[dn]\n") + authority_section);
  run("openssl req -x509 -new -sha256 -days 3650 -config " + (dir_ / "root.cnf").string() +
      " -extensions authority -subj '/O=" + name_ + "/CN=root' -key " + (dir_ / "ca.key").string() +
      " -out " + (dir_ / "ca.pem").string());
  configure();
}

Authority::Authority(std::string name, Authority& parent, std::string extra, std::string key,
                     std::string digest)
    : dir_(scratch()), name_(std::move(name)) {
  make_key(dir_ / "ca.key", key);
  write_file(dir_ / "sub.cnf",
             authority_section + std::string("authorityKeyIdentifier=keyid\n") + extra + "\n");
  run("openssl req -new -key " + (dir_ / "ca.key").string() + " -subj '/O=" + name_ +
      "/CN=issuing' -out " + (dir_ / "ca.csr").string());
  run("openssl ca -batch -notext -config " + (parent.dir_ / "ca.cnf").string() + " -extfile " +
      (dir_ / "sub.cnf").string() + " -extensions authority -days 1800 -md " + digest + " -in " +
      (dir_ / "ca.csr").string() + " -out " + (dir_ / "ca.pem").string());
  configure();
}

Authority::~Authority() { std::filesystem::remove_all(dir_); }

void Authority::configure() {
  write_file(dir_ / "index.txt", "");
  write_file(dir_ / "crlnumber", "01\n");
  std::filesystem::create_directory(dir_ / "new");
  write_file(dir_ / "ca.cnf",
             "[ca]\ndefault_ca=it\n[it]\ndir=" + dir_.string() +
                 "\ndatabase=$dir/index.txt\ncrlnumber=$dir/crlnumber\n"
                 "new_certs_dir=$dir/new\ncertificate=$dir/ca.pem\n"
                 "private_key=$dir/ca.key\nrand_serial=yes\nunique_subject=no\n"
                 "default_md=sha256\npolicy=any\n[any]\norganizationName=optional\n"
                 "commonName=optional\n[crl]\nauthorityKeyIdentifier=keyid\n");
  run("openssl x509 -in " + (dir_ / "ca.pem").string() + " -outform DER -out " +
      (dir_ / "ca.der").string());
  der_ = read_file(dir_ / "ca.der");
}

Leaf Authority::issue(const std::string& uri) { return issue(Wish{.uri = uri}); }

Leaf Authority::issue(const Wish& wish) {
  const std::string stem = (dir_ / ("leaf" + std::to_string(leaves_++))).string();
  make_key(stem + ".key", wish.key);
  write_file(stem + ".cnf", section(wish));
  run("openssl req -new -key " + stem + ".key -subj '/O=" + name_ + "/CN=somebody' -out " + stem +
      ".csr");
  run("openssl ca -batch -notext -config " + (dir_ / "ca.cnf").string() + " -extfile " + stem +
      ".cnf -extensions leaf -md " + wish.digest + " -startdate " +
      (wish.start.empty() ? at(std::chrono::hours(-1)) : wish.start) + " -enddate " +
      (wish.end.empty() ? at(std::chrono::hours(300 * 24)) : wish.end) + " -in " + stem +
      ".csr -out " + stem + ".pem");
  run("openssl x509 -in " + stem + ".pem -outform DER -out " + stem + ".der");
  return Leaf{
      .pem_path = stem + ".pem", .key_path = stem + ".key", .der = read_file(stem + ".der")};
}

Leaf Authority::self_signed(const Wish& wish) {
  const std::filesystem::path dir = scratch();
  const std::string stem = (dir / "self").string();
  make_key(stem + ".key", wish.key);
  write_file(stem + ".cnf", "[req]\ndistinguished_name=dn\n[dn]\n" + section(wish));
  run("openssl req -x509 -new -sha256 -days 30 -config " + stem + ".cnf -extensions leaf " +
      "-subj /CN=somebody -key " + stem + ".key -outform DER -out " + stem + ".der");
  Leaf leaf{.pem_path = {}, .key_path = {}, .der = read_file(stem + ".der")};
  std::filesystem::remove_all(dir);
  return leaf;
}

void Authority::revoke(const Leaf& leaf) {
  run("openssl ca -batch -config " + (dir_ / "ca.cnf").string() + " -revoke " + leaf.pem_path);
}

std::string Authority::crl_pem(int hours) {
  run("openssl ca -gencrl -crlexts crl -crlhours " + std::to_string(hours) + " -config " +
      (dir_ / "ca.cnf").string() + " -out " + (dir_ / "crl.pem").string());
  return read_file(dir_ / "crl.pem");
}

std::string Authority::crl(int hours) {
  static_cast<void>(crl_pem(hours));
  run("openssl crl -in " + (dir_ / "crl.pem").string() + " -outform DER -out " +
      (dir_ / "crl.der").string());
  return read_file(dir_ / "crl.der");
}

std::string Authority::odd_crl(const std::string& extensions, const std::string& words) {
  write_file(dir_ / "odd.cnf", "[ca]\ndefault_ca=it\n[it]\ndatabase=" +
                                   (dir_ / "index.txt").string() + "\n" + extensions);
  run("openssl ca -gencrl -config " + (dir_ / "odd.cnf").string() + " -cert " +
      (dir_ / "ca.pem").string() + " -keyfile " + (dir_ / "ca.key").string() + " " + words +
      " -out " + (dir_ / "odd.pem").string() + " && openssl crl -in " +
      (dir_ / "odd.pem").string() + " -outform DER -out " + (dir_ / "odd.der").string());
  return read_file(dir_ / "odd.der");
}

std::string Authority::certified_by(Authority& parent, const std::string& digest) const {
  run("openssl ca -batch -notext -config " + (parent.dir_ / "ca.cnf").string() + " -extfile " +
      (dir_ / "sub.cnf").string() + " -extensions authority -days 1800 -md " + digest + " -in " +
      (dir_ / "ca.csr").string() + " -out " + (dir_ / "again.pem").string() +
      " && openssl x509 -in " + (dir_ / "again.pem").string() + " -outform DER -out " +
      (dir_ / "again.der").string());
  return read_file(dir_ / "again.der");
}

std::string Authority::certificate_pem() const { return read_file(dir_ / "ca.pem"); }

std::string sign(const Leaf& leaf, const std::string& message) {
  const std::filesystem::path dir = scratch();
  write_file(dir / "message", message);
  run("openssl dgst -sha256 -sign " + leaf.key_path + " -out " + (dir / "signature").string() +
      " " + (dir / "message").string());
  std::string signature = read_file(dir / "signature");
  std::filesystem::remove_all(dir);
  return signature;
}

}  // namespace entente::identity::testing
