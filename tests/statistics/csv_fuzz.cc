// Any bytes, in two cuts: nothing is read astray, both cuts read the same rows, and what is told to
// be that of the row before is so.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/formats/csv_reader.h"

namespace {

std::vector<std::string> rows_of(std::string_view file, std::size_t piece, bool& whole) {
  std::vector<std::string> rows;
  std::vector<std::string> before;
  entente::statistics::CsvReader reader(
      [&](std::uint64_t line, std::span<const std::string_view> cells) {
        for (std::size_t i = 0; i < 64; ++i) {
          if ((reader.repeated() >> i & 1) == 0) continue;
          ENTENTE_CHECK(i < cells.size() && i < before.size() && cells[i] == before[i]);
        }
        before.assign(cells.begin(), cells.end());
        std::string row = std::to_string(line);
        for (const auto cell : cells) row += "|" + std::string(cell);
        rows.push_back(std::move(row));
        return entente::Status();
      });
  whole = true;
  for (std::size_t at = 0; whole && at < file.size(); at += piece) {
    whole = reader.feed(file.substr(at, piece)).ok();
  }
  whole = whole && reader.finish().ok();
  return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  bool by_seven = false;
  bool at_once = false;
  const auto first = rows_of(file, 7, by_seven);
  const auto second = rows_of(file, size + 1, at_once);
  ENTENTE_CHECK(by_seven == at_once && first == second);
  return 0;
}
