#include "client/cli/directory_words.h"

#include <map>

namespace entente::cli {

std::string in(const char* collection, const std::string& text) {
  return text.empty() || text.find('/') != std::string::npos ? text
                                                             : std::string(collection) + "/" + text;
}

std::string last(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string shown_name(const v1::Person& person) {
  return person.latin_name().empty() ? person.display_name()
                                     : person.display_name() + " (" + person.latin_name() + ")";
}

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

std::string capacity_word(v1::Capacity capacity) {
  switch (capacity) {
    case v1::HOLDER:
      return "holder";
    case v1::ACTING:
      return "acting";
    case v1::DEPUTY:
      return "deputy";
    case v1::DUTY_CONTACT:
      return "duty contact";
    default:
      return "";
  }
}

v1::OfficeKind office_named(const std::string& word) {
  static const std::map<std::string, v1::OfficeKind> kinds = {
      {"focal-point", v1::FOCAL_POINT},
      {"body-contact", v1::BODY_CONTACT},
      {"coordinator", v1::THEMATIC_COORDINATOR},
      {"chair", v1::CHAIR},
      {"secretariat", v1::SECRETARIAT_STAFF},
      {"security-officer", v1::SECURITY_OFFICER},
      {"certificate-officer", v1::CERTIFICATE_OFFICER},
      {"other", v1::OTHER_OFFICE}};
  const auto found = kinds.find(word);
  return found == kinds.end() ? v1::OFFICE_KIND_UNSPECIFIED : found->second;
}

std::string no_office(const std::string& word) {
  if (office_named(word) != v1::OFFICE_KIND_UNSPECIFIED) return std::string();
  return "`" + safe(word) + "` is none of " + office_words;
}

Result<std::string> appointed_by(client::AppointmentReader& reader, const v1::Answer& answer) {
  if (answer.appointment().person() != answer.person().name()) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "the server shows another person than was appointed");
  }
  const Result<std::string> account = reader.check(answer.office(), answer.appointment());
  if (account.ok()) return account->empty() ? std::string("the operator") : *account;
  // Without a ledger key nothing can be checked: that is said, and nothing else is claimed.
  if (account.status().code() == Code::FailedPrecondition) return std::string("not checked");
  return account.status();
}

Result<client::SigningFiles> signing_files(Context& context) {
  ENTENTE_TRY(client::Options options, context.profiles().options());
  return client::SigningFiles{.certificate_path = std::move(options.certificate_path),
                              .key_path = std::move(options.key_path)};
}

}  // namespace entente::cli
