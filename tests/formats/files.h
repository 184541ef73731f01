// What the tests of definitions and formats read: the repository's own files, and the real data
// beside it where that is there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "server/directory/definitions/parse.h"

namespace entente::directory::testing {

inline std::filesystem::path source_folder() { return ENTENTE_SOURCE_DIR; }

inline std::optional<std::string> read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Empty where the real data is not there.
inline std::optional<std::filesystem::path> data_folder() {
  const char* named = std::getenv("ENTENTE_DATA");
  const std::filesystem::path folder =
      named != nullptr ? std::filesystem::path(named) : source_folder() / "../shared/data";
  if (!std::filesystem::is_directory(folder)) return std::nullopt;
  return folder;
}

inline std::vector<DefinitionFile> definition_files() {
  std::vector<DefinitionFile> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_folder() / "deploy/processes")) {
    if (entry.path().extension() != ".textproto") continue;
    files.push_back({entry.path().filename().string(), read(entry.path()).value()});
  }
  return files;
}

inline Network network() { return *parse_network(definition_files()); }

// `field line: rule` of each violation, for a failing test's message.
inline std::string describe(const Status& status) {
  std::string text(status.message());
  for (const Violation& violation : status.violations()) {
    text += "\n  " + violation.field + " (" + std::to_string(violation.line) + ":" +
            std::to_string(violation.column) + "): " + violation.rule;
  }
  return text;
}

}  // namespace entente::directory::testing
