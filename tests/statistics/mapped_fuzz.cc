// Any bytes as a table, read by a mapping whose form they choose: refused or read, alike in any
// cut.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "proto/formats/mapped_reader.h"
#include "tests/statistics/cuts.h"

namespace {

entente::v1::Mapping mapping_for(std::uint8_t form) {
  using entente::v1::Mapping;
  static constexpr const char* kEncodings[] = {"", "utf-8", "iso-8859-1", "windows-1252", "utf-16"};
  static constexpr const char* kThousands[] = {"", " ", "'", "."};
  Mapping mapping;
  mapping.set_encoding(kEncodings[form % 5]);
  mapping.set_separator(form % 2 == 0 ? "," : ";");
  mapping.set_decimal(form % 3 == 0 ? "," : ".");
  mapping.set_thousands(form % 3 == 0 ? kThousands[form % 4] : "");
  mapping.add_missing(":");
  mapping.set_ignore_others(true);
  const auto column = [&](const char* heading, const char* component) {
    entente::v1::MappedColumn* one = mapping.add_columns();
    one->set_heading(heading);
    one->set_component(component);
    return one;
  };
  column("T", "TIME_PERIOD")->set_period(form % 7 == 0 ? "{Y}M{M}" : "{Y}");
  column("C", "CITIZEN")->set_by_title(true);
  entente::v1::MappedValue* fixed = column("W", "OBS_VALUE")->add_fixed();
  fixed->set_component("REF_AREA");
  fixed->set_value("SWE");
  *column("V", "OBS_VALUE")->add_fixed() = *fixed;
  return mapping;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::statistics;
  if (size == 0) return 0;
  static const std::vector<entente::v1::Mapping> mappings = [] {
    std::vector<entente::v1::Mapping> all;
    for (unsigned form = 0; form < 256; ++form) {
      all.push_back(mapping_for(static_cast<std::uint8_t>(form)));
    }
    return all;
  }();
  const entente::v1::Mapping& mapping = mappings[data[0]];
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  testing::read_in_two_cuts(
      [&](RowSink& sink) {
        return std::make_unique<MappedReader>(
            testing::asylum_shape(), mapping,
            [](std::string_view, std::string_view) { return std::string(); }, sink);
      },
      file);
  return 0;
}
