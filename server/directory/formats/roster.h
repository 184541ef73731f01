// A roster: the table of a party's people and offices that ministries keep as a spreadsheet. Reads
// a file strictly and names every faulty row and column; writes the same columns, so that what was
// exported can be corrected and brought back. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/directory/formats/entry.h"

namespace entente::directory {

// What a row may name. What is not here is a fault of the row.
struct RosterVocabulary {
  std::set<std::string, std::less<>> parties;
  // Bodies by process.
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> processes;
};

// One row, as it was meant. Days are `YYYY-MM-DD` or less.
struct RosterRow {
  std::uint64_t line = 0;
  std::string party;
  std::string institution;
  std::string display;
  std::string display_latin;
  std::string given;
  std::string family;
  std::string title;
  std::string process;
  std::string office;    // `focal-point` ...: one of roster_offices()
  std::string capacity;  // `holder`, `deputy`, `acting`, `duty-contact`
  std::string body;
  std::vector<std::string> topics;
  std::vector<EntryContact> contacts;
  std::vector<std::string> languages;
  std::string time_zone;
  std::string since;
  std::string until;
};

struct RosterFile {
  std::vector<RosterRow> rows;  // those without a fault
  // `field` is the column's name in the file (or empty: the row), `line` and `column` are
  // one-based. At most limits::import_problems_max; the rest are counted.
  std::vector<Violation> problems;
  std::uint64_t problems_count = 0;
  std::uint64_t rows_count = 0;         // rows with content, the header not counted
  std::uint64_t faulty_rows_count = 0;  // rows with at least one problem
  char separator = ',';
  std::vector<std::string> columns_ignored;  // header names that mean nothing here

  // Ok, or InvalidArgument / ImportRefused with the problems.
  [[nodiscard]] Status status() const;
};

// Reads UTF-8, with or without a byte order mark; rows as csv.h says; columns separated by comma,
// semicolon or tab (whichever makes the header mean most). The first row names the columns, in any
// order and in several spellings and languages. Cells that hold several values separate them by
// `|`.
//
// Refused whole: more than limits::import_bytes_max, UTF-16, NUL bytes, bytes that are not UTF-8
// (each line named), no header, a column twice, a column missing that must be there (`party`,
// `name`). Refused by row: anything that is not in `vocabulary`, addresses, numbers, days and tags
// that are none, cells with control characters, the same person in the same office twice.
[[nodiscard]] RosterFile parse_roster(std::string_view bytes, const RosterVocabulary& vocabulary);

// The entries as a roster, one row an office (a person without office: one row). UTF-8 with a byte
// order mark, which spreadsheets need to see that it is UTF-8; CRLF.
[[nodiscard]] std::string export_roster(std::span<const Entry> entries);

// International form: a plus, then 7 to 15 digits (E.164) with what people put between them.
[[nodiscard]] bool is_telephone(std::string_view text);

// Offices and capacities that a row may name, in their canonical spelling.
[[nodiscard]] std::span<const std::string_view> roster_offices();
[[nodiscard]] std::span<const std::string_view> roster_capacities();

}  // namespace entente::directory
