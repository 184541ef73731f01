// What a party signs when it appoints somebody, and when that ends: canonical bytes that say who
// holds what, from when or until when, in which network. docs/appointments.md gives an example that
// `openssl` checks. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente {

// As they stand in the contract's messages. Numbers are the enumerators'.
struct AppointmentWords {
  std::string_view origin;  // the ledger's: `demo.example/ledger`
  std::string_view name;    // `appointments/<id>`
  std::string_view office;
  int office_kind = 0;
  std::string_view party;    // whose office it is
  std::string_view process;  // empty: of the whole party
  std::string_view body;     // empty: of none
  std::string_view person;
  int capacity = 0;
  std::string_view since;  // `2026-11-23`
};

struct AppointmentEndWords {
  std::string_view origin;
  std::string_view name;
  std::string_view office;
  std::string_view party;
  std::string_view person;
  std::string_view until;  // the first day on which it no longer holds
};

// InvalidArgument (SignatureInvalid): a text has a line feed, as no name and no day has.
[[nodiscard]] Result<std::string> appointment_message(const AppointmentWords& words);
[[nodiscard]] Result<std::string> appointment_end_message(const AppointmentEndWords& words);

}  // namespace entente
