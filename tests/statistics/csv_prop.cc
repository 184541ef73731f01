// Rows of CSV come back as they were written, however the file is cut.
#include <rapidcheck.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "server/statistics/formats/csv_reader.h"

namespace entente::statistics {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// The rows, or nothing if the file was refused.
std::optional<Rows> read(const std::string& file, std::size_t piece) {
  Rows rows;
  CsvReader reader([&](std::uint64_t, std::span<const std::string_view> cells) {
    rows.emplace_back(cells.begin(), cells.end());
    return Status();
  });
  for (std::size_t at = 0; at < file.size(); at += piece) {
    if (!reader.feed(std::string_view(file).substr(at, piece)).ok()) return std::nullopt;
  }
  if (!reader.finish().ok()) return std::nullopt;
  return rows;
}

TEST_CASE("rows come back whatever is in them and however they are cut", "[statistics][csv]") {
  rc::prop("write and read", [](const std::vector<std::vector<std::uint8_t>>& shape) {
    static const std::vector<std::string> kTexts = {"a", "",      "b,c", "say \"x\"", "two\nlines",
                                                    "ä", "x\r\n", "\"",  "SWE",       " "};
    Rows rows;
    std::string file = *rc::gen::arbitrary<bool>() ? "\xef\xbb\xbf" : "";
    const bool crlf = *rc::gen::arbitrary<bool>();
    for (const auto& codes : shape) {
      std::vector<std::string> row = {"first"};
      for (const auto code : codes) row.push_back(kTexts[code % kTexts.size()]);
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i != 0) file += ',';
        const bool quotes = row[i].find_first_of(",\"\r\n") != std::string::npos;
        if (quotes) file += '"';
        for (const char c : row[i]) file += c == '"' ? std::string("\"\"") : std::string(1, c);
        if (quotes) file += '"';
      }
      file += crlf ? "\r\n" : "\n";
      rows.push_back(std::move(row));
    }
    RC_ASSERT(read(file, *rc::gen::inRange<std::size_t>(1, 40)) == rows);
  });
}

TEST_CASE("how a file is cut changes nothing, sound or not", "[statistics][csv]") {
  rc::prop("any bytes", [](std::string file) {
    for (char& c : file) {
      static constexpr std::string_view kLikely = "\",\n\r a\xc3";
      const auto byte = static_cast<unsigned char>(c);
      if (byte % 2 == 0) c = kLikely[byte / 2 % kLikely.size()];
    }
    RC_ASSERT(read(file, 1) == read(file, 1'000'000));
  });
}

}  // namespace
}  // namespace entente::statistics
