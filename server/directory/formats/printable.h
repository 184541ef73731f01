// The list of a process on paper: who to call, a party after another. Pure; any thread.
#pragma once

#include <span>
#include <string>

#include "server/directory/formats/entry.h"

namespace entente::directory {

struct ListHeading {
  std::string process_name;  // `IGC`
  std::string long_name;
  Instant printed_at{};
  std::string printed_for;  // the reader, who is named on every sheet
};

// One HTML page of its own (no script, no other file, nothing fetched), laid out for A4: parties in
// order of their names, each not torn between sheets. Every text is escaped.
[[nodiscard]] std::string to_html(const ListHeading& heading, std::span<const Entry> entries);

// The same as plain text, no line longer than it must be.
[[nodiscard]] std::string to_text(const ListHeading& heading, std::span<const Entry> entries);

}  // namespace entente::directory
