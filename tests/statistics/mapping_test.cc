// A ministry's own spreadsheet export, read by its mapping.
#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>

#include "proto/formats/mapped_reader.h"
#include "tests/statistics/rows.h"

namespace entente::statistics {
namespace {

using testing::asylum_shape;
using testing::Found;
using Lines = std::vector<std::string>;

v1::Mapping mapping_of(const std::string& text) {
  v1::Mapping mapping;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &mapping));
  return mapping;
}

std::string title(std::string_view component, std::string_view text) {
  if (component != "CITIZEN") return {};
  if (text == "Afganistán" || text == "Afghanistan") return "AFG";
  return text == "Érythrée" ? "ERI" : "";
}

Found read(const std::string& mapping, const std::string& file, std::size_t piece = 1 << 20) {
  const v1::Mapping read = mapping_of(mapping);
  CHECK(check_mapping(read, asylum_shape()).ok());
  return testing::read_in_pieces(
      [&](RowSink& sink) {
        return std::make_unique<MappedReader>(asylum_shape(), read, title, sink);
      },
      file, piece);
}

const std::string kMonthly = R"(
  separator: ";" decimal: "," thousands: " " missing: ":" missing: ".."
  heading_line: 3
  columns { heading: "Mois" component: "TIME_PERIOD" period: "{M}/{Y}" }
  columns { heading: "Nationalité" component: "CITIZEN" by_title: true skip: "Total"
            values { key: "Inconnue" value: "UNK" } }
  columns { heading: "Demandes" component: "OBS_VALUE" }
  columns { heading: "Remarque" component: "OBS_STATUS" values { key: "" value: "A" }
            values { key: "estimé" value: "E" } }
  columns { heading: "Interne" }
  constants { component: "FREQ" value: "M" }
  constants { component: "REF_AREA" value: "SWE" })";
const std::string kTable =
    "Demandes d'asile;;;;\r\n\r\nMois;Nationalité;Demandes;Remarque;Interne\r\n"
    "3/2015; Afganistán ;\"1\xc2\xa0"
    "234,50\";;x\r\n12/2015;Érythrée;:;estimé;\r\n"
    "12/2015;Total;9 999;;\r\n12/2015;Inconnue;-7;;\r\n12/2015;Nirgendwo;0;;\r\n";
const Lines kMapped = {"M,SWE,AFG,2015-03,1234.50,A", "M,SWE,ERI,2015-12,NaN,E",
                       "M,SWE,UNK,2015-12,-7,A", "M,SWE,Nirgendwo,2015-12,0,A"};

TEST_CASE("a spreadsheet's export is read as its mapping says", "[statistics][mapping]") {
  for (const std::size_t piece : {1UL, 3UL, 1UL << 20}) {
    const Found found = read(kMonthly, kTable, piece);
    CHECK(found.refusal.empty());
    CHECK(found.told.empty());
    CHECK(found.names ==
          Lines{"FREQ", "REF_AREA", "CITIZEN", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS"});
    CHECK(found.rows == kMapped);
    CHECK(found.lines == std::vector<std::uint64_t>{4, 5, 7, 8});
  }
}

// The text in UTF-16; only for what has no letters beyond it.
std::string utf16(const std::string& latin, bool big) {
  std::string out = big ? "\xfe\xff" : "\xff\xfe";
  for (const char c : latin) {
    if (big) out += '\0';
    out += c;
    if (!big) out += '\0';
  }
  return out;
}

TEST_CASE("encodings are read as the mapping says, or by the file's mark",
          "[statistics][mapping]") {
  const std::string mapping = R"(
    columns { heading: "T" component: "TIME_PERIOD" }
    columns { heading: "W" component: "OBS_VALUE" }
    columns { heading: "Land" component: "CITIZEN" by_title: true })";
  const std::string latin =
      "T,W,Land\n2015,1,Afganist\xe1n\n2016,2,\xc9rythr\xe9"
      "e\n";
  const Lines rows = {"AFG,2015,1", "ERI,2016,2"};
  CHECK(read(mapping + "encoding: \"iso-8859-1\"", latin).rows == rows);
  CHECK(read(mapping + "encoding: \"windows-1252\"", latin, 1).rows == rows);
  CHECK(read(mapping, utf16(latin, false), 1).rows == rows);
  CHECK(read(mapping, utf16(latin, true)).rows == rows);
  CHECK(read(mapping + "encoding: \"utf-16\"", utf16(latin, false).substr(2)).rows == rows);
  CHECK(read(mapping, "\xef\xbb\xbfT,W,Land\n2015,1,Afganist\xc3\xa1n\n").rows == Lines{rows[0]});
  CHECK(read(mapping, latin).refusal.find("not UTF-8") != std::string::npos);
  CHECK(read(mapping + "encoding: \"utf-16\"", utf16(latin, true) + "x").refusal.find("within a") !=
        std::string::npos);
  CHECK(read(mapping + "encoding: \"utf-16\"", std::string("\xff\xfe\0\xdc", 4))
            .refusal.find("not UTF-16") != std::string::npos);
  CHECK(
      read(mapping, utf16(latin + "2015,1", false) + std::string("\0\0", 2)).refusal.find("NUL") !=
      std::string::npos);
  // What stands before the octet that is wrong is read first, however the file is cut.
  const std::string half = utf16(latin, false) + std::string("\0\xdc", 2);
  for (const std::size_t piece : std::initializer_list<std::size_t>{1, 7, 1U << 20U}) {
    const Found found = read(mapping, half, piece);
    CHECK(found.rows == rows);
    CHECK(found.refusal.find("not UTF-16") != std::string::npos);
  }
}

TEST_CASE("columns of figures side by side become rows", "[statistics][mapping]") {
  const Found found = read(R"(
    columns { heading: "Jahr" component: "TIME_PERIOD" period: "{Y}" }
    columns { heading: "Quartal" component: "TIME_PERIOD" period: "Q{Q}" }
    columns { heading: "AFG" component: "OBS_VALUE" fixed { component: "CITIZEN" value: "AFG" } }
    columns { heading: "SYR" component: "OBS_VALUE" fixed { component: "CITIZEN" value: "SYR" } }
    missing: ":")",
                           "Jahr,Quartal,AFG,SYR\n2015,Q1,1,2\n2015,Q2,,:\n2015,Q3,x,4\n");
  CHECK(found.rows == Lines{"AFG,2015-Q1,1", "SYR,2015-Q1,2", "SYR,2015-Q2,NaN",
                            "AFG,2015-Q3,x!`x` is no figure as the mapping writes them: `.` before "
                            "decimals, nothing between thousands",
                            "SYR,2015-Q3,4"});
}

TEST_CASE("a heading that is not the mapping's is told column by column", "[statistics][mapping]") {
  const std::string columns = R"(
    columns { heading: "T" component: "TIME_PERIOD" }
    columns { heading: "W" component: "OBS_VALUE" })";
  CHECK(read(columns, "T,W,X\n2015,1,2\n").told ==
        Lines{"the mapping says nothing of this column at 1:3"});
  CHECK(read(columns + "ignore_others: true", "T,W,X\n2015,1,2\n").told.empty());
  const Found absent = read(columns, "T,V\n2015,1\n");
  CHECK(absent.told == Lines{"the mapping says nothing of this column at 1:2",
                             "there is no column `W`, which the mapping names at 1:0"});
  CHECK(absent.refusal == "the heading is not the mapping's");
  CHECK(read(columns, "T,W,W\n").told == Lines{"the column is there twice at 1:3"});
  CHECK(read(columns, "T,W\n2015\n2016,1\n").told ==
        Lines{"there are 1 cells under 2 headings at 2:0"});
}

TEST_CASE("figures are read strictly as the mapping writes them", "[statistics][mapping]") {
  const auto figure = [](const std::string& form, const std::string& text) {
    return mapped_figure(mapping_of(form), text).value_or("none");
  };
  const std::string english = "thousands: \",\"";
  CHECK(figure(english, "1,234,567.89") == "1234567.89");
  CHECK(figure(english, "213,925") == "213925");
  CHECK(figure(english, "1,23") == "none");
  CHECK(figure(english, "1234,567") == "none");
  CHECK(figure(english, ",123") == "none");
  const std::string german = "decimal: \",\" thousands: \".\"";
  CHECK(figure(german, "-1.234,5") == "-1234.5");
  CHECK(figure(german, "1.5") == "none");
  CHECK(figure("decimal: \",\"", "1.234") == "none");
  CHECK(figure("thousands: \"'\"",
               "1\xe2\x80\x99"
               "234") == "1234");
  CHECK(figure("",
               "\xe2\x88\x92"
               "5") == "-5");
  CHECK(figure("", "1e3") == "1e3");
  CHECK(figure("", "5%") == "none");
}

TEST_CASE("periods are read by their pattern", "[statistics][mapping]") {
  const auto period = [](const char* pattern, const char* text) {
    PeriodParts parts;
    return read_period(pattern, text, parts) ? period_text(parts) : "none";
  };
  CHECK(period("{Y} Q{Q}", "2001 Q1") == "2001-Q1");
  CHECK(period("{D}.{M}.{Y}", "31.3.2001") == "2001-03-31");
  CHECK(period("{Y}M{M}", "2001M12") == "2001-12");
  CHECK(period("{Y}/{W}", "2001/5") == "2001-W05");
  CHECK(period("{S}. semester {Y}", "2. semester 2001") == "2001-S2");
  CHECK(period("{Y}", "201") == "none");
  CHECK(period("{Y}", "2001 (p)") == "none");
  CHECK_FALSE(is_period_pattern("{X}"));
  CHECK_FALSE(is_period_pattern("{Y"));
  CHECK_FALSE(is_period_pattern("{Y}{Y}"));
  CHECK_FALSE(is_period_pattern("year"));
}

TEST_CASE("a mapping that does not hold is refused, each fault by its place",
          "[statistics][mapping]") {
  const auto faults = [](const std::string& text) {
    Lines fields;
    const Status status = check_mapping(mapping_of(text), asylum_shape());
    for (const auto& one : status.violations()) fields.push_back(one.field);
    return fields;
  };
  CHECK(faults("") == Lines{"mapping.columns"});
  CHECK(faults(R"(encoding: "ebcdic" separator: ";;" decimal: "'" thousands: "_"
                  columns { heading: "a" component: "NONE" }
                  columns { heading: "a" component: "CITIZEN" period: "{Y}" }
                  columns { heading: "b" component: "CITIZEN" }
                  columns { heading: " " component: "OBS_VALUE"
                            fixed { component: "CITIZEN" value: "AFG" } }
                  columns { heading: "c" component: "OBS_VALUE" }
                  constants { component: "OBS_VALUE" value: "1" })") ==
        Lines{"mapping.encoding", "mapping.separator", "mapping.decimal", "mapping.thousands",
              "mapping.columns[0].component", "mapping.columns[1].heading",
              "mapping.columns[1].period", "mapping.columns[2].component",
              "mapping.columns[3].heading", "mapping.columns[4].component",
              "mapping.columns[4].fixed", "mapping.constants[0].component",
              "mapping.constants[0].component"});
}

}  // namespace
}  // namespace entente::statistics
