// Rows of CSV come back as they were written, however the file is cut.
#include <rapidcheck.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "proto/contract/formula.h"
#include "proto/formats/csv_reader.h"
#include "proto/formats/marks.h"

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
    RC_ASSERT(read(file, *rc::gen::inRange<std::size_t>(1, 300)) == rows);
  });
}

TEST_CASE("a text comes back from its cell whatever it begins with", "[statistics][csv]") {
  rc::prop("write and read", [] {
    static constexpr std::string_view kLikely = "''''=+-@\t\ra, ";
    std::string text;
    const auto size = *rc::gen::inRange<std::size_t>(0, 8);
    while (text.size() < size) text += kLikely[*rc::gen::inRange<std::size_t>(0, kLikely.size())];
    const std::string cell = wants_quote(text) ? "'" + text : text;
    RC_ASSERT_FALSE(looks_like_formula(cell));
    RC_ASSERT(without_quote(cell) == text);
  });
  // What another program wrote is as it wrote it, but for what it can only have quoted.
  for (const std::string_view text : {"'t is so", "'", "''", "' =1", "'a=1", "\"=1", " '=1"}) {
    CHECK(without_quote(text) == text);
  }
}

TEST_CASE("marks are found where they are, octet by octet or many at once", "[statistics][csv]") {
  rc::prop("by words, by more, one by one", [] {
    static constexpr std::string_view kLikely{"\",;\n\r\0a\x7f\x80\xff\x0b", 11};
    std::array<char, marks_bytes> text{};
    for (char& c : text) c = kLikely[*rc::gen::inRange<std::size_t>(0, kLikely.size())];
    const char separator = *rc::gen::element(',', ';', '\t');
    Marks expected;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const std::uint64_t bit = std::uint64_t{1} << i;
      if (c == separator || c == '\n') expected.ends |= bit;
      if (c == '"' || c == '\0' || static_cast<unsigned char>(c) >= 0x80) expected.special |= bit;
    }
    for (const Marks& got :
         {find_marks(text.data(), separator), find_marks_by_words(text.data(), separator)}) {
      RC_ASSERT(got.ends == expected.ends);
      RC_ASSERT(got.special == expected.special);
    }
  });
}

TEST_CASE("what is told to be that of the row before is so", "[statistics][csv]") {
  rc::prop("rows that are much alike", [] {
    static constexpr std::string_view kLikely = "aab,,\n\r\"";
    std::string file;
    for (int i = 0; i < 400; ++i) file += kLikely[*rc::gen::inRange<std::size_t>(0, 8)];
    std::vector<std::string> before;
    CsvReader reader([&](std::uint64_t, std::span<const std::string_view> cells) {
      for (std::size_t i = 0; i < 64; ++i) {
        if ((reader.repeated() >> i & 1) == 0) continue;
        RC_ASSERT((i < cells.size() && i < before.size()));
        RC_ASSERT(cells[i] == before[i]);
      }
      before.assign(cells.begin(), cells.end());
      return Status();
    });
    if (reader.feed(file).ok()) (void)reader.finish();
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
