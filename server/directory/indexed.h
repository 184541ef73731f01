// What the catalog knows of an object to find and to order it. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/directory/names.h"
#include "server/directory/records.h"
#include "server/policy/world.h"

namespace entente::directory {

// Names are resource names.
struct Indexed {
  std::string name;
  Kind kind = Kind::Process;
  policy::Guard guard;
  Instant recorded_at{};
  std::string party;     // code
  std::string process;   // id
  std::string sort_key;  // folded
  // of a person
  std::string display_key;  // the name as it is displayed, folded
  std::string institution;
  std::vector<std::string> languages;
  std::int64_t confirmed_at_us = 0;
  bool reachable = false;
  // of an office
  v1::OfficeKind office_kind = v1::OFFICE_KIND_UNSPECIFIED;
  std::string body;
  std::string topics;  // folded, one blank between words and before the first
  // of an appointment, a contact test
  std::string office;
  std::string person;
  v1::Capacity capacity = v1::CAPACITY_UNSPECIFIED;
  policy::Span span;  // an office has one too
  // of a contact test: when it was started, if nobody has answered it
  std::optional<Instant> unanswered_since;
};

[[nodiscard]] Indexed index_of(const Record& record);

}  // namespace entente::directory
