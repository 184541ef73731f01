// Real messages, as providers and the standard's own authors write them, through the readers. Where
// the folder of real data is not beside the project, these say so and pass.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>
#include <set>

#include "proto/formats/sdmx_csv_reader.h"
#include "proto/formats/sdmx_json_reader.h"
#include "proto/formats/sdmx_ml_reader.h"
#include "tests/statistics/rows.h"

namespace entente::statistics {
namespace {

using testing::Found;

const std::filesystem::path kData = std::filesystem::path(ENTENTE_SOURCE_DIR) / "../shared/data";

bool is_there() {
  if (std::filesystem::exists(kData / "sdmx/manifest.csv")) return true;
  std::cerr << "THE REAL DATA ARE NOT THERE (" << kData << "): nothing was read\n";
  return false;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Found read(const std::string& format, const std::string& text, const Shape& shape) {
  return testing::read_in_pieces(
      [&](RowSink& sink) -> std::unique_ptr<Reader> {
        if (format == "SDMX-ML") return std::make_unique<SdmxMlReader>(shape, sink);
        if (format == "SDMX-JSON") return std::make_unique<SdmxJsonReader>(shape, sink);
        return std::make_unique<SdmxCsvReader>(shape, sink);
      },
      text, 4'096);
}

// All names that the message itself uses, as dimensions: its structure is not at hand.
Shape shape_in(const std::string& format, const std::string& text) {
  Shape shape;
  for (const std::string& told : read(format, text, Shape()).told) {
    constexpr std::string_view kNo = "no column ";
    if (told.starts_with(kNo)) {
      shape.dimensions.push_back(told.substr(kNo.size(), told.find(" at ") - kNo.size()));
    }
  }
  return shape;
}

struct Sample {
  std::string path;
  std::string format;
  std::string version;
};

std::vector<Sample> samples() {
  std::vector<Sample> all;
  CsvReader manifest([&](std::uint64_t, std::span<const std::string_view> cells) {
    const bool data = cells[3].find("data") != std::string_view::npos &&
                      cells[3].find("metadata") == std::string_view::npos;
    if (data && !cells[0].starts_with("schemas/") && !cells[0].ends_with(".xsd")) {
      all.push_back({std::string(cells[0]), std::string(cells[1]), std::string(cells[2])});
    }
    return Status();
  });
  REQUIRE(manifest.feed(text_of(kData / "sdmx/manifest.csv")).ok());
  REQUIRE(manifest.finish().ok());
  return all;
}

// What is wrong with the samples themselves, by their own structures: it is told, not read over.
std::string fault_of(const Sample& sample) {
  static const std::map<std::string, std::string> faults = {
      {"samples/json-2.0/twg/data-generated-sample.json", "no index into the values"},
      {"samples/json-2.0/twg/exr-action-delete.json", "no index into the values of `OBS_STATUS`"},
      {"samples/json-2.1/twg/exr-action-delete.json", "no index into the values of `OBS_STATUS`"},
      {"samples/json-2.1/twg/data-constructed-sample-full.json", "has 2 parts, not 1"},
      {"samples/ml-2.1/providers/ESTAT_footer.xml", "no data set"}};
  if (sample.format == "SDMX-ML" && sample.version == "2.0") return "2.1, 3.0 and 3.1";
  const auto found = faults.find(sample.path);
  return found == faults.end() ? "" : found->second;
}

TEST_CASE("every data message among the samples is read, or refused in words",
          "[statistics][samples]") {
  if (!is_there()) return;
  std::map<std::string, int> read_of;
  for (const Sample& sample : samples()) {
    CAPTURE(sample.path);
    const std::string text = text_of(kData / "sdmx" / sample.path);
    const Found found = read(sample.format, text, shape_in(sample.format, text));
    if (const std::string fault = fault_of(sample); !fault.empty()) {
      CHECK(found.refusal.find(fault) != std::string::npos);
      continue;
    }
    CHECK(found.refusal == "");
    if (sample.format == "SDMX-ML") {
      const std::regex observation("<([A-Za-z0-9]+:)?Obs[ />\r\n]");
      const auto observations =
          std::distance(std::sregex_iterator(text.begin(), text.end(), observation), {});
      CHECK(found.rows.size() == static_cast<std::size_t>(observations));
    }
    read_of[sample.format + " " + sample.version] += static_cast<int>(found.rows.size());
  }
  for (const char* which : {"SDMX-ML 2.1", "SDMX-ML 3.0", "SDMX-ML 3.1", "SDMX-JSON 1.0",
                            "SDMX-JSON 2.0.0", "SDMX-JSON 2.1.0", "SDMX-CSV 1.0", "SDMX-CSV 2.0"}) {
    CAPTURE(which);
    CHECK(read_of[which] > 0);
  }
}

Shape exchange_rates(const char* suffix, const char* confidentiality) {
  return {.dimensions = {"FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", suffix},
          .attributes = {"OBS_STATUS", confidentiality, "DECIMALS", "UNIT_MEASURE", "UNIT_MULT",
                         "COLL_METHOD", "TITLE"}};
}

std::set<std::string> rows_of(const std::filesystem::path& path, const Shape& shape) {
  CAPTURE(path);
  std::string text = text_of(path);
  // Three slips of the samples: a figure, the name of a dimension, and August once for October.
  text = std::regex_replace(text, std::regex("1\\.3809"), "1.3089");
  text = std::regex_replace(text, std::regex("\"CURRENY\""), "\"CURRENCY\"");
  if (path.filename() == "ecb_exr_sg_xs.xml") text.replace(text.rfind("2010-08"), 7, "2010-10");
  const Found found = read("SDMX-ML", text, shape);
  CHECK(found.refusal == "");
  return {found.rows.begin(), found.rows.end()};
}

TEST_CASE("the same exchange rates in eight forms of SDMX-ML are the same rows",
          "[statistics][samples]") {
  if (!is_there()) return;
  for (const std::string structure : {"ecb_exr_ng", "ecb_exr_sg"}) {
    const auto folder = kData / "sdmx/samples/ml-2.1/twg/exr" / structure;
    const Shape shape = exchange_rates("EXR_VAR", "CONF_STATUS_OBS");
    const auto wanted = rows_of(folder / "generic" / (structure + "_ts.xml"), shape);
    CHECK(wanted.size() == 12);
    for (const char* kind : {"generic", "structured"}) {
      for (const char* form : {"_flat", "_ts", "_ts_gf", "_xs"}) {
        const auto path = folder / kind / (structure + form + ".xml");
        if (std::filesystem::exists(path)) CHECK(rows_of(path, shape) == wanted);
      }
    }
  }
}

TEST_CASE("the OECD's migrants come with their areas, years and states, figures first",
          "[statistics][samples]") {
  if (!is_there()) return;
  const Shape shape = {.dimensions = {"REF_AREA", "BIRTH_COUNTRY", "FREQ", "MEASURE", "SEX",
                                      "BIRTH_PLACE", "EDUCATION_LEV", "UNIT_MEASURE"},
                       .attributes = {"OBS_STATUS", "UNIT_MULT", "DECIMALS"}};
  const Found found = read("SDMX-JSON", text_of(kData / "sdmx/oecd-mig/AUS_B14.json"), shape);
  CHECK(found.refusal == "");
  REQUIRE(found.rows.size() == 13);
  CHECK(found.rows[0] == "AUS,W,A,B14,_T,_Z,_Z,PS,2013,6408740,A,0,0,I");
  CHECK(found.told == std::vector<std::string>{"sent by Disseminate_Final_DMZ"});
}

}  // namespace
}  // namespace entente::statistics
