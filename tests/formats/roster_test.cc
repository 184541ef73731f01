#include "server/directory/formats/roster.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/directory/formats/csv.h"
#include "tests/formats/samples.h"

namespace entente::directory {
namespace {

RosterVocabulary vocabulary() {
  return {.parties = {"SWE", "NOR", "IOM"}, .processes = {{"igc", {"wg-data"}}, {"apc", {}}}};
}

RosterFile parse(const std::string& text) { return parse_roster(text, vocabulary()); }

// --- what must be refused
// -------------------------------------------------------------------------

TEST_CASE("each faulty cell is named by its column and line", "[roster]") {
  struct Case {
    const char* column;
    const char* value;
    const char* rule;
  };
  const auto given = GENERATE(
      Case{"party", "", "is empty"}, Case{"party", "XYZ", "names no party; codes are as in `SWE`"},
      Case{"name", "", "is empty"},
      Case{"process", "none", "names no process; ids are as in `igc`"},
      Case{"office", "king", "is no office; `focal point` is one"},
      Case{"capacity", "vice", "is not holder, deputy, acting or duty contact"},
      Case{"body", "wg-none", "names no body of the process"},
      Case{"email", "anna@", "is no e-mail address"},
      Case{"email", "anna@x.org|b c@x.org", "is no e-mail address"},
      Case{"telephone", "08 465 004",
           "is no number in international form such as `+46 8 465 004 00`"},
      Case{"mobile", "+46 call me",
           "is no number in international form such as `+46 8 465 004 00`"},
      Case{"languages", "Swedish", "is no BCP 47 tag such as `sv`"},
      Case{"time zone", "CET", "is no zone such as `Europe/Stockholm`"},
      Case{"since", "31.12.2026", "is no day such as `2026-11-23`"},
      Case{"until", "2020", "is not after the day since when"},
      Case{"title", "a\tb", "holds a control character or a line end"});
  const std::vector<std::string> columns = {
      "party",     "name",   "process",   "office",    "capacity", "body",  "email",
      "telephone", "mobile", "languages", "time zone", "since",    "until", "title"};
  std::vector<std::string> cells = {"SWE",
                                    "Anna",
                                    "igc",
                                    "focal point",
                                    "holder",
                                    "",
                                    "a@x.org",
                                    "+46 8 465 004 21",
                                    "",
                                    "sv|en",
                                    "Europe/Stockholm",
                                    "2024",
                                    "",
                                    "Adviser"};
  const std::string good = csv_row(columns) + csv_row(cells);
  REQUIRE(parse(good).status().ok());
  const auto at = static_cast<std::size_t>(std::find(columns.begin(), columns.end(), given.column) -
                                           columns.begin());
  cells[1] = "Berit";
  cells[at] = given.value;
  const RosterFile file = parse(good + csv_row(cells));
  REQUIRE(file.problems.size() == 1);
  CHECK(file.problems[0].field == given.column);
  CHECK(file.problems[0].rule == given.rule);
  CHECK(file.problems[0].line == 3);
  CHECK(file.problems[0].column == at + 1);
  CHECK(file.rows.size() == 1);
  CHECK(file.rows_count == 2);
  CHECK(file.faulty_rows_count == 1);
  CHECK(file.status().reason() == Reason::ImportRefused);
}

TEST_CASE("a file that is no text in UTF-8 is refused whole, and the line named", "[roster]") {
  const auto only_problem = [](const std::string& text) {
    const RosterFile file = parse(text);
    REQUIRE(file.problems.size() == 1);
    CHECK(file.rows.empty());
    return file.problems[0];
  };
  CHECK(only_problem(std::string("\xff\xfep\0a\0", 6)).rule.find("UTF-16") != std::string::npos);
  CHECK(only_problem(std::string("party,name\nSWE,A\0nna\n", 21)).line == 2);
  // One row saved by another program: UTF-8 above, Latin-1 below.
  const Violation mixed = only_problem("party,name\nSWE,S\xc3\xb6ren\nSWE,S\xf6ren\n");
  CHECK(mixed.line == 3);
  CHECK(mixed.rule == "bytes that are not UTF-8: the file may mix encodings");
  CHECK(only_problem(std::string(limits::import_bytes_max + 1, 'a')).rule ==
        "the file is longer than a roster may be");
  CHECK(only_problem("").rule == "the file is empty");
}

TEST_CASE("a header that leaves out or repeats a column is refused", "[roster]") {
  const auto rule = [](const std::string& header) {
    const RosterFile file = parse(header + "\nSWE,Anna\n");
    REQUIRE_FALSE(file.problems.empty());
    return file.problems[0].rule;
  };
  CHECK(rule("name,title") == "the column is missing");
  CHECK(rule("party,title") == "the column is missing, and so are given and family name");
  CHECK(rule("party,name,Country") == "the same column as `party`");
  CHECK(rule("\"party,name") == "a quote that is not closed");
}

TEST_CASE("rows that break RFC 4180 are named, and the rows after them still read", "[roster]") {
  struct Case {
    const char* row;
    const char* rule;
  };
  const auto given = GENERATE(Case{"SWE,An\"na", "a quote within a field that is not quoted"},
                              Case{"SWE,\"Anna\" B", "text after the closing quote"},
                              Case{"SWE,Anna,more", "has 3 fields where the header has 2"},
                              Case{"SWE", "has 1 fields where the header has 2"},
                              Case{"SWE,An\rna", "a carriage return without a line feed"});
  const RosterFile file = parse(std::string("party,name\n") + given.row + "\nNOR,Kari\n");
  REQUIRE(file.problems.size() == 1);
  CHECK(file.problems[0].rule == given.rule);
  CHECK(file.problems[0].line == 2);
  REQUIRE(file.rows.size() == 1);
  CHECK(file.rows[0].display == "Kari");
}

TEST_CASE("a quote that is never closed costs its own row and no other", "[roster]") {
  std::string text = "party,name\nSWE,\"Anna\n";
  for (int i = 0; i < 10'000; ++i) text += "NOR,Kari " + std::to_string(i) + "\n";
  const RosterFile file = parse(text);
  REQUIRE(file.problems.size() == 1);
  CHECK(file.problems[0].rule == "a quote that is not closed");
  CHECK(file.problems[0].line == 2);
  CHECK(file.rows.size() == 10'000);
}

TEST_CASE("a thousand problems are listed and the rest counted", "[roster]") {
  std::string text = "party,name\n";
  for (int i = 0; i < 1'500; ++i) text += "XYZ,Anna " + std::to_string(i) + "\n";
  const RosterFile file = parse(text);
  CHECK(file.problems.size() == limits::import_problems_max);
  CHECK(file.problems_count == 1'500);
  CHECK(file.faulty_rows_count == 1'500);
  CHECK(std::string(file.status().message()).find("500 are not listed") != std::string::npos);
}

TEST_CASE("the same person in the same office twice is a problem of the second row", "[roster]") {
  const RosterFile file =
      parse("party,name,process,office\nSWE,Anna,igc,NFP\nSWE,Anna,apc,NFP\nSWE,Anna,igc,NFP\n");
  REQUIRE(file.problems.size() == 1);
  CHECK(file.problems[0].line == 4);
  CHECK(file.problems[0].rule == "says the same as line 2");
}

// --- what must be read
// ----------------------------------------------------------------------------

TEST_CASE("commas, semicolons and tabs, with and without byte order mark, read alike", "[roster]") {
  const std::string mark = GENERATE("", "\xef\xbb\xbf");
  const char separator = GENERATE(',', ';', '\t');
  const std::string end = GENERATE("\n", "\r\n");
  std::string text = mark + "Country|First name|LAST_NAME|E-Mail|Phone|unheard of" + end +
                     "SWE|Anna|Lindqvist|anna@x.org|+46 8 465 004 21|x" + end;
  std::replace(text.begin(), text.end(), '|', separator);
  const RosterFile file = parse(text);
  INFO(testing::describe(file.status()));
  REQUIRE(file.status().ok());
  CHECK(file.separator == separator);
  CHECK(file.columns_ignored == std::vector<std::string>{"unheard of"});
  REQUIRE(file.rows.size() == 1);
  CHECK(file.rows[0].party == "SWE");
  CHECK(file.rows[0].display == "Anna Lindqvist");
  REQUIRE(file.rows[0].contacts.size() == 2);
  CHECK(file.rows[0].contacts[1].value == "+46 8 465 004 21");
}

TEST_CASE("headers in French, German, Spanish and Russian are understood", "[roster]") {
  CHECK(parse("Pays;Prénom;Nom de famille;Fonction\nSWE;Anna;L;Conseillère\n").rows.size() == 1);
  CHECK(parse("Land;Vorname;Nachname;Telefon\nSWE;Anna;L;+46846500421\n").rows.size() == 1);
  CHECK(parse("País;Nombre;Cargo\nSWE;Anna;Asesora\n").rows.size() == 1);
  CHECK(parse("Страна;Имя;телефон\nSWE;Анна;+46846500421\n").rows.size() == 1);
}

TEST_CASE("what was exported comes back as it was", "[roster]") {
  const Network network = testing::network();
  RosterVocabulary all;
  for (const auto& party : network.parties.table().party()) all.parties.insert(party.code());
  for (const auto& process : network.processes) {
    auto& bodies = all.processes[process.id()];
    for (const auto& body : process.body()) bodies.insert(body.id());
  }
  const std::vector<Entry> entries = testing::demo_entries(network);
  REQUIRE(entries.size() > 500);
  const RosterFile file = parse_roster(export_roster(entries), all);
  INFO(testing::describe(file.status()));
  REQUIRE(file.status().ok());
  std::size_t at = 0;
  for (const Entry& entry : entries) {
    for (const EntryOffice& office : entry.offices) {
      REQUIRE(at < file.rows.size());
      const RosterRow& row = file.rows[at++];
      CHECK(row.display == entry.display);
      CHECK(row.display_latin == entry.display_latin);
      CHECK(row.process == office.process);
      CHECK(row.office == office.office);
      CHECK(row.topics == office.topics);
      CHECK(row.languages == entry.languages);
      REQUIRE(row.contacts.size() == entry.contacts.size());
    }
  }
  CHECK(at == file.rows.size());
}

}  // namespace
}  // namespace entente::directory
