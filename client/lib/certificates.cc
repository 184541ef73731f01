#include "client/lib/certificates.h"

#include <algorithm>

#include "client/lib/entered.h"
#include "client/lib/lie.h"
#include "client/lib/signature.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::client {
namespace {

Status not_held(std::string what, const PartyAnchors& anchors, const std::string& party) {
  const std::string more = anchors.words(party);
  return lie(more.empty() ? std::move(what) : std::move(what) + ": " + more);
}

}  // namespace

Result<v1::Certificate> CertificateReader::entered(const std::string& name) {
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  v1::GetCertificateRequest request;
  request.set_name(name);
  ENTENTE_TRY(v1::Certificate shown, client_.call<v1::Certificate>(
                                         "entente.v1.CertificateService.GetCertificate", request));
  if (shown.name() != name || "certificates/" + to_hex(as_view(sha256(shown.der()))) != name) {
    return lie("`" + name + "` is another one");
  }
  ENTENTE_TRY(const Entry entry, proven_entry(client_, shown.entry_index()));
  const std::vector<std::string>& touched = entry.act.touched;
  const bool is_entered = entry.act.kind == "identity.certificate.enter" &&
                          (entry.act.object == name ||
                           std::find(touched.begin(), touched.end(), name) != touched.end());
  if (!is_entered) return lie("`" + name + "` was not entered where the server says");
  return known_[name] = std::move(shown);
}

Result<PartyAnchors> CertificateReader::anchors(const std::string& party) {
  if (const auto known = anchors_.find(party); known != anchors_.end()) return known->second;
  ENTENTE_TRY(PartyAnchors shown, client_.anchors(party));
  return anchors_[party] = std::move(shown);
}

Result<v1::Certificate> CertificateReader::of_party(const std::string& name,
                                                    const std::string& party) {
  ENTENTE_TRY(v1::Certificate shown, entered(name));
  ENTENTE_TRY(const PartyAnchors held_to, anchors(party));
  if (is_of_party(shown.der(), party, held_to.known)) return shown;
  return not_held("the certificate of who signed is not of `" + party + "`", held_to, party);
}

Result<v1::Certificate> CertificateReader::of_office(const std::string& name,
                                                     const std::string& party,
                                                     const std::string& office) {
  ENTENTE_TRY(v1::Certificate shown, entered(name));
  ENTENTE_TRY(const PartyAnchors held_to, anchors(party));
  const bool holds = shown.office() == office && !shown.revoked() &&
                     is_of_office(shown.der(), party, office, held_to.known);
  if (holds) return shown;
  return not_held(
      "the certificate is not one that `" + party + "` has issued to it and that holds today",
      held_to, party);
}

}  // namespace entente::client
