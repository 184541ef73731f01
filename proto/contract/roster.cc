#include "proto/contract/roster.h"

#include <algorithm>

#include "proto/contract/limits_sealing.h"

namespace entente {
namespace {

// What stands in `text` before the next slash; `text` goes on behind it.
std::string_view next_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('/'));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

bool is_named(std::string_view resource, std::string_view collection, std::string_view id) {
  return resource.starts_with(collection) && resource.substr(collection.size()) == id;
}

}  // namespace

Result<Digest> roster_digest(std::string_view origin, std::vector<RosterEntry> entries) {
  if (entries.empty() || entries.size() > limits::envelope_recipients_max) {
    return invalid_argument("recipients", "must be 1 to 500");
  }
  std::sort(entries.begin(), entries.end());
  std::string words = "entente/roster/1\n" + std::string(origin);
  std::string_view before;
  for (const RosterEntry& entry : entries) {
    const auto plain = [](std::string_view name, std::string_view collection) {
      return name.starts_with(collection) && name.find_first_of(" \n") == name.npos;
    };
    if (!plain(entry.office, "offices/") || !plain(entry.certificate, "certificates/") ||
        entry.certificate == before) {
      return invalid_argument("recipients", "must be offices, each certificate once");
    }
    before = entry.certificate;
    words += "\n" + entry.office + " " + entry.certificate;
  }
  return sha256(words);
}

bool may_answer(std::string_view principal, const OfficeOfRoster& office) {
  const std::string_view kind = next_part(principal);
  if (kind == "person") {
    return std::any_of(office.persons.begin(), office.persons.end(), [&](std::string_view person) {
      return is_named(person, "persons/", principal);
    });
  }
  if (kind == "party" || kind == "institution" || kind == "account") {
    return is_named(office.party, "parties/", next_part(principal));
  }
  if (kind == "contributors") return true;
  if (kind != "process") return false;
  const bool of_process = is_named(office.process, "processes/", next_part(principal));
  if (principal == "secretariat") return office.is_secretariat && of_process;
  return of_process || office.process.empty();
}

}  // namespace entente
