// What the tests of structures read: the repository's own files, and the real data beside it where
// that is there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "proto/contract/status.h"

namespace entente::statistics::testing {

inline std::filesystem::path source_folder() { return ENTENTE_SOURCE_DIR; }

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// SDMX's samples and schemas; empty where they are not there.
inline std::optional<std::filesystem::path> sdmx_folder() {
  const char* named = std::getenv("ENTENTE_DATA");
  const std::filesystem::path folder =
      (named != nullptr ? std::filesystem::path(named) : source_folder() / "../shared/data") /
      "sdmx";
  if (!std::filesystem::is_directory(folder)) return std::nullopt;
  return folder;
}

// `field line: rule` of each violation, for a failing test's message.
inline std::string describe(const Status& status) {
  std::string text(status.message());
  for (const Violation& violation : status.violations()) {
    text += "\n  " + violation.field + " (" + std::to_string(violation.line) + ":" +
            std::to_string(violation.column) + "): " + violation.rule;
  }
  return text;
}

}  // namespace entente::statistics::testing
