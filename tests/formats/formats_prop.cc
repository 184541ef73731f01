#include <rapidcheck/catch.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "proto/contract/bytes.h"
#include "server/directory/formats/csv.h"
#include "server/directory/formats/printable.h"
#include "server/directory/formats/roster.h"
#include "server/directory/formats/vcard.h"
#include "tests/formats/samples.h"

namespace entente::directory {
namespace {

// Texts made of what formats trip over.
rc::Gen<std::string> hostile() {
  return rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("\"\"',;|\t\r\n=+-@\\^<>&:aB \xc3\xa9")));
}
rc::Gen<std::string> hostile_utf8() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                          "\"", "'", ",", ";", "\t", "\r", "\n", "=", "+", "-", "@", "\\", "^", "<",
                          ">", "&", "a", " ", "é", "Ж", "ع", "漢", "\xf0\x9f\x98\x80",
                          "BEGIN:VCARD", "\r\nEND:VCARD", "<script>")),
                      [](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const std::string& part : parts) text += part;
                        return text;
                      });
}

TEST_CASE("no exported cell begins a formula, and each reads back", "[csv][property]") {
  rc::prop("cell", [] {
    const auto texts = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(hostile()));
    const std::vector<std::string> some(
        texts.begin(), texts.begin() + std::min<long>(60, texts.end() - texts.begin()));
    const std::string row = csv_row(some);
    CsvReader again(row, ',');
    const auto read = again.next();
    if (!read) {  // a single empty cell is an empty line
      RC_ASSERT(some.size() == 1 && some[0].empty());
      return;
    }
    RC_ASSERT(read->fault.empty());
    RC_ASSERT(read->fields.size() == some.size());
    for (std::size_t i = 0; i < some.size(); ++i) {
      const std::string& cell = read->fields[i];
      RC_ASSERT(cell.empty() || std::string("=+-@\t\r").find(cell.front()) == std::string::npos);
      RC_ASSERT(csv_text(cell) == some[i]);
    }
    RC_ASSERT(!again.next());
  });
}

TEST_CASE("a damaged roster yields rows or problems, and counts them", "[roster][property]") {
  const RosterVocabulary vocabulary{.parties = {"SWE"}, .processes = {{"igc", {"wg-data"}}}};
  rc::prop("counts agree", [&] {
    std::string text = "party,name,process,office,email,since\n";
    const int rows = *rc::gen::inRange(0, 20);
    for (int i = 0; i < rows; ++i) text += "SWE,Anna,igc,NFP,a@x.org,2024\n";
    for (int i = 0; i < 3; ++i) {
      text.insert(*rc::gen::inRange<std::size_t>(0, text.size() + 1), *hostile());
    }
    const RosterFile file = parse_roster(text, vocabulary);
    RC_ASSERT(file.problems.size() == file.problems_count);
    RC_ASSERT(file.rows.size() + file.faulty_rows_count == file.rows_count);
    RC_ASSERT(file.status().ok() == file.problems.empty());
    for (const RosterRow& row : file.rows) {
      RC_ASSERT(row.party == "SWE");
      RC_ASSERT(!row.display.empty());
    }
  });
}

TEST_CASE("no text of a person begins a line of its own on a card", "[vcard][property]") {
  rc::prop("one card, of the lines that we wrote", [] {
    const std::string text = *hostile_utf8();
    for (const VcardVersion version : {VcardVersion::V4, VcardVersion::V3}) {
      const std::string card = to_vcard(testing::hostile_entry(text), version);
      RC_ASSERT(is_utf8(card));
      std::size_t begins = 0;
      std::size_t from = 0;
      while (from < card.size()) {
        const std::size_t end = card.find("\r\n", from);
        RC_ASSERT(end != std::string::npos);
        const std::string line = card.substr(from, end - from);
        RC_ASSERT(line.size() <= 75);
        RC_ASSERT(is_utf8(line));  // no character is torn by folding
        RC_ASSERT(line.find_first_of("\r\n\t") == std::string::npos);
        if (line == "BEGIN:VCARD") ++begins;
        from = end + 2;
      }
      RC_ASSERT(begins == 1);
    }
  });
}

TEST_CASE("no text of a person becomes markup on a printed page", "[printable][property]") {
  rc::prop("as many tags as without it", [] {
    const ListHeading heading{"IGC", "Consultations", testing::revised_at(), "Anna Lindqvist"};
    const auto tags = [&](const std::string& text) {
      const std::vector<Entry> entries = {testing::hostile_entry(text)};
      const std::string page = to_html(heading, entries);
      return std::pair(std::count(page.begin(), page.end(), '<'),
                       std::count(page.begin(), page.end(), '>'));
    };
    RC_ASSERT(tags(*hostile_utf8()) == tags("plain"));
  });
}

}  // namespace
}  // namespace entente::directory
