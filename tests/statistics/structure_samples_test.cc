// Other people's structure messages: every sample that the manifest lists, and our own round trip.
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "server/statistics/definitions.h"
#include "server/statistics/messages/assemble.h"
#include "server/statistics/structure/references.h"
#include "server/statistics/structure_writers.h"
#include "tests/statistics/files.h"

namespace entente::statistics {
namespace {

struct Sample {
  std::string path;
  std::string version;
  std::string check;
};

// The lists of structures in the manifest. A cell may be quoted; no quote in it.
std::vector<Sample> structure_samples(const std::filesystem::path& folder) {
  std::vector<Sample> out;
  std::istringstream manifest(testing::read_file(folder / "manifest.csv"));
  std::string line;
  while (std::getline(manifest, line)) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    const bool is_message = cells[0].ends_with(".xml") || cells[0].ends_with(".json");
    if (cells.size() < 6 || cells[3] != "structure" || !is_message) continue;
    out.push_back({.path = cells[0], .version = cells[1] + " " + cells[2], .check = cells[5]});
  }
  return out;
}

const Violation& only_fault(const Status& status) {
  REQUIRE(status.code() == Code::InvalidArgument);
  REQUIRE(status.violations().size() == 1);
  return status.violations().front();
}

TEST_CASE("every structure sample reads as its manifest says", "[statistics][structures]") {
  const auto folder = testing::sdmx_folder();
  if (!folder) {
    WARN("SKIPPED: no structure sample was read, for the real data is not there (ENTENTE_DATA)");
    return;
  }
  std::size_t read = 0;
  std::size_t figures = 0;
  for (const Sample& sample : structure_samples(*folder)) {
    CAPTURE(sample.path, sample.check);
    const std::string text = testing::read_file(*folder / sample.path);
    const auto message = read_structure_message(text);
    if (sample.version == "SDMX-ML 2.0") {
      CHECK(only_fault(message.status()).rule.find("2.0") != std::string::npos);
      continue;
    }
    // Some that the manifest counts among the structures hold figures.
    if (!message.ok() && text.find("Structures>") == std::string::npos) {
      CHECK(only_fault(message.status()).rule.find("without structures") != std::string::npos);
      ++figures;
      continue;
    }
    INFO(testing::describe(message.status()));
    REQUIRE(message.ok());  // those that are invalid by their provider's fault, too
    // Whatever it holds, it is put together without harm, and what is wrong with it is told with
    // its line.
    const Assembled assembled = assemble(*message, Model(), "igc");
    const auto rows = rows_of(assembled.set);
    const Status sound = with_lines(check_structures(Model(), rows), assembled);
    for (const Violation& fault : sound.violations()) CHECK(fault.line > 0);
    if (rows.size() + assembled.left_out.size() > 0) ++read;
  }
  CHECK(read > 120);
  CHECK(figures == 8);
}

Assembled oecd(const std::filesystem::path& folder) {
  auto message =
      read_structure_message(testing::read_file(folder / "oecd-mig/DSD_MIG_dataflow_metadata.xml"));
  INFO(testing::describe(message.status()));
  REQUIRE(message.ok());
  return assemble(*std::move(message), Model(), "igc");
}

TEST_CASE("the OECD's migration database reads whole", "[statistics][structures]") {
  const auto folder = testing::sdmx_folder();
  if (!folder) {
    WARN("SKIPPED: the OECD's structures were not read, for the real data is not there");
    return;
  }
  const Assembled assembled = oecd(*folder);
  const Status sound = check_structures(Model(), rows_of(assembled.set));
  INFO(testing::describe(sound));
  CHECK(sound.ok());
  CHECK(assembled.set.codelists_size() == 11);
  const auto model = Model().with(rows_of(assembled.set));
  const auto areas = model->find_codelist("codelists/OECD.CL_AREA");
  REQUIRE(areas);
  CHECK(areas->wire().items_size() == 505);
  CHECK(areas->wire().version() == "1.3");
  const v1::Item* sweden = areas->find("SWE");
  REQUIRE(sweden != nullptr);
  CHECK(sweden->title().by_language().at("fr") == "Suède");
  const auto flow = model->find_flow("dataflows/OECD.ELS.IMD.DSD_MIG@DF_MIG");
  REQUIRE(flow);
  CHECK(flow->structure.dimensions_size() == 8);
  CHECK(flow->structure.dimensions(static_cast<int>(*flow->frequency)).id() == "FREQ");
  CHECK(flow->structure.dimensions(static_cast<int>(*flow->reference_area)).id() == "REF_AREA");
  CHECK(flow->wire.constraint_size() > 0);
  CHECK(flow->wire.visibility().handling() == v1::HANDLING_LIMITED);
  const auto left = [&](const std::string& what) {
    return std::any_of(assembled.left_out.begin(), assembled.left_out.end(),
                       [&](const LeftOut& one) { return one.what.starts_with(what); });
  };
  CHECK(model->find("category-schemes/OECD.OECDCS1") != nullptr);
  CHECK(assembled.set.categorisations_size() > 0);
  CHECK(left("constraint OECD.ELS.IMD:CR_B_DSD_MIG@DF_MIG(1.0)"));
  CHECK(left("annotations"));
}

// Written in a format and read again, it is what it was.
void check_round_trip(StructureFormat format, const v1::StructureSet& set) {
  StructureMessageOut out;
  out.set = set;
  const auto model = Model().with(rows_of(set));
  for (const v1::Dataflow& flow : set.dataflows()) {
    if (auto allowed = allowed_by(flow)) out.constraints.push_back(*std::move(allowed));
  }
  const std::string text = write_structures(
      format, out,
      [&](std::string_view name) {
        const record::Structure* row = model->find(name);
        return row == nullptr ? std::string("1.0") : version_of(*row);
      },
      Instant());
  auto message = read_structure_message(text);
  INFO(testing::describe(message.status()));
  REQUIRE(message.ok());
  const Assembled again = assemble(*std::move(message), Model(), "igc");
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_repeated_field_comparison(google::protobuf::util::MessageDifferencer::AS_LIST);
  std::string report;
  differencer.ReportDifferencesToString(&report);
  const bool equal = differencer.Compare(set, again.set);
  INFO(report.substr(0, 2'000));
  CHECK(equal);
}

// What no message of SDMX has a place for is not expected back.
v1::StructureSet plain(v1::StructureSet set) {
  for (v1::Codelist& list : *set.mutable_codelists()) list.clear_source();
  for (v1::Dataflow& flow : *set.mutable_dataflows()) {
    flow.clear_reporting();
    flow.clear_reciprocity();
  }
  set.clear_provisions();
  return set;
}

constexpr auto formats = {StructureFormat::Xml21, StructureFormat::Json1, StructureFormat::Json2};

TEST_CASE("what a party says of its figures stands in its own provision, or nowhere",
          "[statistics]") {
  v1::StructureSet all;
  all.add_provisions()->set_name("dataflows/IGC.ASYLUM/provisions/CHE");
  all.add_provisions()->set_name("dataflows/IGC.ASYLUM/provisions/SWE");
  v1::StructureSet said;
  v1::Provision* own = said.add_provisions();
  own->set_name("dataflows/IGC.ASYLUM/provisions/SWE");
  own->add_notes()->set_concept_id("COVERAGE");
  REQUIRE(take_notes(said, all).ok());
  CHECK(all.provisions(0).notes_size() == 0);
  REQUIRE(all.provisions(1).notes_size() == 1);
  CHECK(all.provisions(1).notes(0).concept_id() == "COVERAGE");
  own->set_name("dataflows/IGC.ASYLUM/provisions/NOR");
  CHECK(take_notes(said, all).code() == Code::InvalidArgument);
}

TEST_CASE("our structures come back as they went, in each format", "[statistics][structures]") {
  const auto folder = testing::source_folder() / "deploy/statistics";
  const auto parse = [&](const char* name) {
    auto set = parse_structures(name, testing::read_file(folder / name));
    INFO(testing::describe(set.status()));
    REQUIRE(set.ok());
    return *std::move(set);
  };
  v1::StructureSet set = parse("areas.textproto");
  set.MergeFrom(parse("structures.textproto"));
  set.MergeFrom(
      dataflows_for(parse("dataflows.textproto"), set, {{.process = "igc", .parties = {}}}));
  set = plain(std::move(set));
  // All of them as the members' that an import makes of them.
  for (v1::Dataflow& flow : *set.mutable_dataflows()) {
    auto* audience = flow.mutable_visibility()->mutable_audience();
    audience->clear_any_of();
    audience->add_any_of("process/igc/members");
    audience->add_any_of("process/igc/secretariat");
  }
  v1::Agency* agency = set.add_agencies();
  agency->set_name("agencies/IGC.DATA");
  (*agency->mutable_title()->mutable_by_language())["en"] = "Data group";
  CHECK(check_structures(Model(), rows_of(set)).ok());
  for (const StructureFormat format : formats) check_round_trip(format, set);
}

TEST_CASE("the OECD's structures come back as they went, in each format",
          "[statistics][structures]") {
  const auto folder = testing::sdmx_folder();
  if (!folder) {
    WARN("SKIPPED: the OECD's structures were not read, for the real data is not there");
    return;
  }
  const v1::StructureSet set = plain(oecd(*folder).set);
  for (const StructureFormat format : formats) check_round_trip(format, set);
}

}  // namespace
}  // namespace entente::statistics
