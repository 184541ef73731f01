// Certificates for tests, made by the openssl program at test time: none is kept in the repository.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace entente::testing {

// A folder with a server root, a server certificate for localhost, a client root and one client
// certificate; gone when it is destroyed.
class Certificates {
 public:
  explicit Certificates(const std::string& uri = "entente://swe.test.example/person/anna") {
    std::string pattern = (std::filesystem::temp_directory_path() / "entente-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    authority("server-root");
    authority("client-root");
    leaf("server", "server-root",
         "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
    leaf("client", "client-root", "subjectAltName=URI:" + uri + "\nextendedKeyUsage=clientAuth\n");
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

  // `NAME.pem` and `NAME.key`, self-signed, CA.
  void authority(const std::string& name) const {
    run("openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "
        "/CN=" +
        name + " -keyout " + path(name + ".key") + " -out " + path(name + ".pem"));
  }
  // `NAME.pem` and `NAME.key` under `issuer`, with these extensions.
  void leaf(const std::string& name, const std::string& issuer,
            const std::string& extensions) const {
    std::ofstream(path(name + ".ext")) << extensions;
    run("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
        " -keyout " + path(name + ".key") + " -out " + path(name + ".csr"));
    run("openssl x509 -req -days 7 -in " + path(name + ".csr") + " -CA " + path(issuer + ".pem") +
        " -CAkey " + path(issuer + ".key") + " -CAcreateserial -extfile " + path(name + ".ext") +
        " -out " + path(name + ".pem"));
  }

 private:
  static void run(const std::string& command) {
    if (std::system((command + " 2>/dev/null").c_str()) != 0)
      std::abort();  // NOLINT: a test's tool
  }
  std::string folder_;
};

}  // namespace entente::testing
