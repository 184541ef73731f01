// What an SDMX-JSON data message says of its structure: which component stands where in keys and
// arrays, and what its indexes mean. Values; one thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/formats/reader.h"

namespace entente::statistics {

// Where a component is attached.
enum class Attached : std::uint8_t { DataSet = 0, Group = 1, Series = 2, Observation = 3 };
inline constexpr std::size_t attachments = 4;

struct JsonComponent {
  std::string id;
  // What its indexes mean; empty: it is given as it is.
  std::vector<std::string> values;
  // Of an attribute: what holds where no value is given; empty: nothing does.
  std::string by_default;
  Place by_default_place;
};
using JsonComponents = std::vector<JsonComponent>;

struct JsonStructure {
  std::array<JsonComponents, attachments> dimensions;
  std::array<JsonComponents, attachments> attributes;
  JsonComponents measures;
  std::size_t annotations = 0;
  // As its links say.
  std::string dataflow;
  std::string data_structure;
  Place place;
};

// The parts of a key, `0:2:1`.
[[nodiscard]] std::vector<std::string_view> key_parts(std::string_view key);
// Empty: it is no index into a list of so many.
[[nodiscard]] std::optional<std::size_t> index_below(std::size_t count, std::string_view text);
// Empty: it is no index into `values`.
[[nodiscard]] std::optional<std::size_t> index_into(const std::vector<std::string>& values,
                                                    std::string_view text);

}  // namespace entente::statistics
