// Any bytes as an SDMX message in XML: refused or read, alike in any cut.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "proto/formats/sdmx_ml_reader.h"
#include "tests/statistics/cuts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::statistics;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  testing::read_in_two_cuts(
      [](RowSink& sink) { return std::make_unique<SdmxMlReader>(testing::asylum_shape(), sink); },
      file);
  return 0;
}
