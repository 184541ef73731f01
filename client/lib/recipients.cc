#include "client/lib/recipients.h"

#include <algorithm>

#include "entente/v1/ledger.pb.h"
#include "proto/contract/merkle.h"
#include "proto/contract/roster.h"

namespace entente::client {
namespace {

Status ghost(const std::string& office, const std::string& why) {
  return Status(Code::DataLoss, Reason::ProofInvalid,
                "the server names `" + office +
                    "` among those that it is to be sealed to, and that is not so: " + why +
                    ". Nothing was sealed or sent");
}

bool holds(const v1::Span& span, const std::string& today) {
  return span.since() <= today && (span.until().empty() || today < span.until());
}

// Which standing a principal of a process asks for; unspecified: none.
v1::Participation::Status standing_of(const std::string& principal) {
  const std::string_view last = std::string_view(principal).substr(principal.rfind('/') + 1);
  if (last == "members") return v1::Participation::MEMBER;
  if (last == "observers") return v1::Participation::OBSERVER;
  if (last == "partners") return v1::Participation::PARTNER;
  return v1::Participation::STATUS_UNSPECIFIED;
}

class Prover {
 public:
  Prover(Client& client, std::string today, const v1::Audience& audience)
      : client_(client),
        today_(std::move(today)),
        audience_(audience),
        appointments_(client),
        certificates_(client) {}

  // The certificate (DER), if all of it holds.
  Result<std::string> prove(const v1::SealRecipient& named) {
    const auto found = history_of(named.office());
    if (found.status().code() == Code::NotFound) {
      return ghost(named.office(), "it shows you no such office");
    }
    if (!found.ok()) return found.status();
    const v1::GetOfficeHistoryReply& history = *found;
    const v1::Office& office = history.office();
    if (office.name() != named.office() || office.party() != named.party()) {
      return ghost(named.office(), "it is another party's");
    }
    ENTENTE_TRY_VOID(check_meant(office, holders(history)));
    ENTENTE_TRY(const bool is_signed, is_signed_by_party(history));
    if (!is_signed) {
      return Status(Code::FailedPrecondition, Reason::SignatureInvalid,
                    "nobody of `" + office.party() + "` has signed who holds `" + office.name() +
                        "`: the operator entered it. Ask them to sign it (`entente office "
                        "confirm`), or leave it out (`--without`)");
    }
    const Result<v1::Certificate> certificate =
        certificates_.of_office(named.certificate(), office.party(), office.name());
    if (certificate.status().reason() == Reason::ProofInvalid) {
      return ghost(office.name(), std::string(certificate.status().message()));
    }
    if (!certificate.ok()) return certificate.status();
    return certificate->der();
  }

 private:
  Result<v1::GetOfficeHistoryReply> history_of(const std::string& office) {
    v1::GetOfficeHistoryRequest request;
    request.set_name(office);
    return client_.call<v1::GetOfficeHistoryReply>("entente.v1.DirectoryService.GetOfficeHistory",
                                                   request);
  }

  [[nodiscard]] std::vector<std::string> holders(const v1::GetOfficeHistoryReply& history) const {
    std::vector<std::string> persons;
    for (const v1::Answer& one : history.holders()) {
      if (holds(one.appointment().span(), today_)) persons.push_back(one.appointment().person());
    }
    return persons;
  }

  // Whether its party has signed what the office is, in an appointment that holds today.
  Result<bool> is_signed_by_party(const v1::GetOfficeHistoryReply& history) {
    bool found = false;
    for (const v1::Answer& one : history.holders()) {
      if (!holds(one.appointment().span(), today_)) continue;
      ENTENTE_TRY(const std::string by, appointments_.check(history.office(), one.appointment()));
      found = found || !by.empty();
    }
    return found;
  }

  // Whether the audience as its sender wrote it means this office.
  Status check_meant(const v1::Office& office, const std::vector<std::string>& persons) {
    const OfficeOfRoster words{.name = office.name(),
                               .is_secretariat = office.kind() == v1::SECRETARIAT_STAFF,
                               .party = office.party(),
                               .process = office.process(),
                               .persons = {persons.begin(), persons.end()}};
    for (const std::string& principal : audience_.none_of()) {
      if (!principal.starts_with("process/") && may_answer(principal, words)) {
        return ghost(office.name(), "you have excluded `" + principal + "`");
      }
    }
    for (const std::string& principal : audience_.any_of()) {
      if (!may_answer(principal, words)) continue;
      ENTENTE_TRY(const bool stands, has_standing(principal, office.party()));
      if (stands) return Status();
    }
    return ghost(office.name(), "you have named nobody that it answers to");
  }

  Result<bool> has_standing(const std::string& principal, const std::string& party) {
    const v1::Participation::Status wanted = standing_of(principal);
    if (!principal.starts_with("process/") || wanted == v1::Participation::STATUS_UNSPECIFIED) {
      return true;
    }
    v1::GetParticipationRequest request;
    const std::string process = principal.substr(0, principal.rfind('/'));
    request.set_name("processes/" + process.substr(process.find('/') + 1) + "/participations/" +
                     party.substr(party.find('/') + 1));
    const auto found =
        client_.call<v1::Participation>("entente.v1.DirectoryService.GetParticipation", request);
    if (found.status().code() == Code::NotFound) return false;
    if (!found.ok()) return found.status();
    return std::any_of(found->standings().begin(), found->standings().end(), [&](const auto& one) {
      return one.status() == wanted && holds(one.span(), today_);
    });
  }

  Client& client_;
  const std::string today_;
  const v1::Audience& audience_;
  AppointmentReader appointments_;
  CertificateReader certificates_;
};

}  // namespace

Result<Recipients> prove_recipients(Client& client, const Clock& clock,
                                    const v1::GetRosterRequest& request,
                                    const v1::Audience& audience,
                                    const std::set<std::string>& without) {
  Recipients out;
  ENTENTE_TRY(const note::Checkpoint checkpoint, client.checkpoint());
  out.origin = checkpoint.origin;
  ENTENTE_TRY(out.shown, client.call<v1::Roster>("entente.v1.SealingService.GetRoster", request));
  Prover prover(client, to_rfc3339(clock.now()).substr(0, 10), audience);
  std::vector<RosterEntry> entries;
  for (const v1::SealRecipient& named : out.shown.recipients()) {
    if (without.count(named.office()) + without.count(named.certificate()) != 0) continue;
    ENTENTE_TRY(std::string der, prover.prove(named));
    entries.push_back({.office = named.office(), .certificate = named.certificate()});
    out.offices.push_back(named);
    out.certificates_der.push_back(std::move(der));
  }
  if (out.offices.empty() && !without.empty()) return out;
  if (out.offices.empty()) {
    return Status(
        Code::FailedPrecondition, Reason::None,
        "no office of the audience has a certificate that it could be sealed to; a party's "
        "certificate officer makes one (`ca issue ... office`)");
  }
  ENTENTE_TRY(out.digest, roster_digest(out.origin, std::move(entries)));
  return out;
}

}  // namespace entente::client
