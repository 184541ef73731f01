// What a list, a card or a printed page shows of one person: exactly what its reader may see. The
// directory fills it from decided objects; the formats know nothing of audiences and show all of
// it. Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/contract/clock.h"

namespace entente::directory {

enum class ContactKind { Email, Telephone, Mobile, Fax, Postal };

struct EntryContact {
  ContactKind kind = ContactKind::Email;
  std::string value;
};

struct EntryOffice {
  std::string process;       // `igc`
  std::string process_name;  // `IGC`
  std::string office;        // `national focal point`
  std::string capacity;      // `holder`, `deputy`, `acting`, `duty contact`
  std::string body;          // `wg-data`
  std::vector<std::string> topics;
  std::string since;  // days, as far as known
  std::string until;
};

struct Entry {
  std::string uid;  // stable for the life of the person's entry: `persons/<id>`
  std::string display;
  std::string display_latin;  // empty where `display` is Latin
  std::string given;
  std::string family;
  std::string party;       // `SWE`
  std::string party_name;  // `Sweden`
  std::string institution;
  std::string title;
  std::vector<EntryOffice> offices;
  std::vector<EntryContact> contacts;
  std::vector<std::string> languages;  // BCP 47, preferred first
  std::string time_zone;               // IANA
  Instant revised{};
  std::optional<Instant> confirmed;  // by the holder
};

}  // namespace entente::directory
