#include "proto/contract/appointment.h"

#include <initializer_list>

namespace entente {

namespace {

Result<std::string> lines(std::string_view first, std::initializer_list<std::string_view> rest) {
  std::string out(first);
  for (const std::string_view text : rest) {
    if (text.find('\n') != std::string_view::npos) {
      return Status(Code::InvalidArgument, Reason::SignatureInvalid,
                    "what is signed has a line feed in a name");
    }
    out += '\n';
    out += text;
  }
  return out;
}

}  // namespace

Result<std::string> appointment_message(const AppointmentWords& words) {
  const std::string kind = std::to_string(words.office_kind);
  const std::string capacity = std::to_string(words.capacity);
  return lines("entente/appointment/1",
               {words.origin, words.name, words.office, kind, words.party, words.process,
                words.body, words.person, capacity, words.since});
}

Result<std::string> appointment_end_message(const AppointmentEndWords& words) {
  return lines("entente/appointment-end/1",
               {words.origin, words.name, words.office, words.party, words.person, words.until});
}

}  // namespace entente
