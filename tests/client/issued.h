// What a party's authority issues, and a server that shows it: what the tests share in which the
// client holds something to a certificate.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "client/lib/appointments.h"
#include "client/lib/signature.h"
#include "client/lib/state_files.h"
#include "entente/v1/account.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "tests/client/fake_server.h"
#include "tests/support/certificates.h"

namespace entente::client::test {

inline const std::string sweden = "parties/SWE";
inline const std::string focal_point = "offices/swe.alpha.focal-point";
inline const std::string deputy = "offices/swe.alpha.deputy";
inline const std::string document_name = "documents/0123456789abcdef0123456789abcdef";
inline const std::string another_document = "documents/fedcba9876543210fedcba9876543210";
inline const std::string another_digest(32, 'd');
inline const std::string long_ago = "2020-01-01";
inline const std::string anna_uri = "entente://swe.demo/person/anna";

// Of certificates, in DER.
class Issued {
 public:
  explicit Issued(const testing::Certificates& certificates) : certificates_(certificates) {}

  [[nodiscard]] std::string anchor(const std::string& name) const {
    return make(name, "client-root", "CA:TRUE", "keyCertSign,cRLSign", {});
  }
  [[nodiscard]] std::string leaf(const std::string& by, const std::string& usage,
                                 const std::vector<std::string>& uris,
                                 const std::string& name = "leaf") const {
    return make(name, by, "CA:FALSE", usage, uris);
  }
  // Of the last one of that name.
  [[nodiscard]] SigningFiles files(const std::string& name) const {
    return {.certificate_path = certificates_.path(name + ".pem"),
            .key_path = certificates_.path(name + ".key")};
  }

 private:
  [[nodiscard]] std::string make(const std::string& name, const std::string& by,
                                 const std::string& constraints, const std::string& usage,
                                 const std::vector<std::string>& uris) const {
    std::string names;
    for (const std::string& uri : uris) {
      names += (names.empty() ? "subjectAltName=URI:" : ",URI:") + uri;
    }
    certificates_.leaf(name, by,
                       "basicConstraints=critical," + constraints + "\nkeyUsage=critical," + usage +
                           "\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" + names +
                           "\n");
    std::istringstream pem(read_whole(certificates_.path(name + ".pem")));
    std::string text;
    for (std::string line; std::getline(pem, line);) {
      if (!line.starts_with("-----")) text += line;
    }
    return *from_base64(text);
  }
  const testing::Certificates& certificates_;
};

inline std::string name_of(const std::string& der) {
  return "certificates/" + to_hex(as_view(sha256(der)));
}

// A server that shows what one anchor has issued, as the ledger has it.
struct Certified : entente::test::FakeServer {
  Certified() {
    on<v1::ListAnchorsRequest, v1::ListAnchorsReply>("CertificateService.ListAnchors",
                                                     [this](net::Call&, const auto&, auto& out) {
                                                       out.add_anchors()->set_der(anchor);
                                                       return Status();
                                                     });
    on<v1::GetCertificateRequest, v1::Certificate>(
        "CertificateService.GetCertificate", [this](net::Call&, const auto& in, auto& out) {
          const auto found = shown.find(in.name());
          if (found == shown.end()) return Status(Code::NotFound, Reason::None, "not found");
          out = found->second;
          return Status();
        });
  }
  // Issues one and enters it; its files are called `name`. Answers its DER.
  std::string enter(const std::string& name, const std::string& usage, const std::string& uri,
                    const std::string& office = {}) {
    const std::string der = issued.leaf("anchor", usage, {uri}, name);
    v1::Certificate& one = shown[name_of(der)];
    one.set_name(name_of(der));
    one.set_der(der);
    one.set_account(account_of(der));
    one.set_office(office);
    one.set_entry_index(ledger.enter("identity.certificate.enter", {.binding = "x"}, name_of(der)));
    return der;
  }
  std::unique_ptr<Client> client() const {
    Result<std::unique_ptr<Client>> made = Client::open(options());
    ENTENTE_CHECK(made.ok());
    return *std::move(made);
  }

  Issued issued{certificates};
  const std::string anchor = issued.anchor("anchor");
  std::map<std::string, v1::Certificate> shown;  // by name
};

inline bool is_disproved(const Status& status) {
  return status.code() == Code::DataLoss && status.reason() == Reason::ProofInvalid;
}

}  // namespace entente::client::test
