// How fast each format is written: a million observations of 12,500 series, with four attributes,
// one of them free text, as columns that lie ready. Nothing of the store, the line or a compressor
// is in it.
//
// bench_writers [OBSERVATIONS]; prints `name value unit` lines.
#include "server/statistics/writers.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace entente;
using namespace entente::statistics;

constexpr std::uint32_t kPerSeries = 80;
constexpr std::uint32_t kCodes = 250;

std::shared_ptr<const Codelist> codelist(std::uint32_t items) {
  v1::Codelist wire;
  for (std::uint32_t i = 0; i < items; ++i) {
    v1::Item* item = wire.add_items();
    item->set_id("C" + std::to_string(i));
    (*item->mutable_title()->mutable_by_language())["en"] = "Country " + std::to_string(i);
  }
  return std::make_shared<const Codelist>(std::move(wire));
}

struct Cube {
  std::shared_ptr<Flow> flow = std::make_shared<Flow>();
  std::vector<std::vector<std::string>> dimensions;
  std::vector<std::vector<std::string>> attributes;

  Cube() {
    flow->wire.set_name("dataflows/B.CUBE");
    flow->wire.set_version("1.0");
    flow->structure.set_name("data-structures/B.CUBE");
    flow->structure.set_version("1.0");
    flow->measure = "OBS_VALUE";
    for (const char* id : {"FREQ", "REF_AREA", "CITIZEN", "SEX", "AGE", "APPLICATION"}) {
      flow->structure.add_dimensions()->set_id(id);
      flow->dimension_lists.push_back(codelist(kCodes));
      auto& codes = dimensions.emplace_back();
      for (std::uint32_t i = 0; i < kCodes; ++i) codes.push_back("C" + std::to_string(i));
    }
    for (const char* id : {"OBS_STATUS", "CONF_STATUS", "UNIT", "NOTE"}) {
      flow->structure.add_attributes()->set_id(id);
      const bool free = std::string_view(id) == "NOTE";
      flow->attribute_lists.push_back(free ? nullptr : codelist(8));
      auto& texts = attributes.emplace_back(1);
      for (int i = 0; i < 8; ++i) {
        texts.push_back(free ? "a break in the series, see \"methods\"" : "C" + std::to_string(i));
      }
    }
  }

  // As a merge gives them: some 4,000 at a time.
  [[nodiscard]] std::vector<Columns> columns(std::uint32_t observations) const {
    std::vector<Columns> out;
    for (std::uint32_t s = 0; s < observations / kPerSeries; ++s) {
      if (s % 50 == 0) {
        out.emplace_back().width = static_cast<std::uint32_t>(dimensions.size()) + 1;
        out.back().attributes = static_cast<std::uint32_t>(attributes.size());
      }
      Columns& to = out.back();
      to.keys.insert(to.keys.end(), {0, s / kCodes % kCodes, s % kCodes, 1, 2, 3,
                                     static_cast<std::uint32_t>(Frequency::Quarter)});
      to.counts.push_back(kPerSeries);
      for (std::uint32_t i = 0; i < kPerSeries; ++i) {
        to.ordinals.push_back(static_cast<std::int32_t>(8'000 + i));
        to.kinds.push_back(Kind::Value);
        to.values.push_back({static_cast<std::int64_t>(s) * 31 % 100'000 + i,
                             static_cast<std::int16_t>(i % 10 == 0 ? -1 : 0)});
        to.codes.insert(to.codes.end(), {1 + i % 3, 1, 2, i % 20 == 0 ? 1U : 0U});
      }
    }
    return out;
  }
};

void measure(const char* name, DataFormat format, const Cube& cube,
             const std::vector<Columns>& columns) {
  Plan plan;
  plan.form.format = format;
  plan.topics.push_back({cube.flow, "", std::vector<bool>(cube.attributes.size(), true)});
  plan.model = std::make_shared<const Model>();
  plan.prepared = "2026-11-26T00:00:00Z";
  const auto begin = std::chrono::steady_clock::now();
  const auto writer = make_writer(std::move(plan));
  std::uint64_t bytes = 0;
  std::string out;
  const auto sent = [&] {
    bytes += out.size();
    out.clear();
  };
  writer->begin(out);
  writer->begin_set({}, {&cube.dimensions, &cube.attributes}, out);
  for (const Columns& some : columns) {
    writer->write(some, out);
    sent();
  }
  writer->end_set(out);
  writer->end(out);
  sent();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::size_t observations = 0;
  for (const Columns& some : columns) observations += some.observations();
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf("%-44s %14.1f MB/s\n", name, megabytes / took.count());
  std::printf("%-44s %14.2f M observations/s\n", name,
              static_cast<double>(observations) / 1e6 / took.count());
}

}  // namespace

int main(int argc, char** argv) {
  const Cube cube;
  const auto observations =
      static_cast<std::uint32_t>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000);
  const std::vector<Columns> columns = cube.columns(observations);
  measure("SDMX-CSV 1.0", DataFormat::Csv1, cube, columns);
  measure("SDMX-CSV 2.1", DataFormat::Csv21, cube, columns);
  measure("SDMX-JSON 1.0", DataFormat::Json1, cube, columns);
  measure("SDMX-JSON 2.1", DataFormat::Json21, cube, columns);
  measure("SDMX-ML generic", DataFormat::GenericXml, cube, columns);
  measure("SDMX-ML structure-specific", DataFormat::StructuredXml, cube, columns);
  measure("workbook", DataFormat::Workbook, cube, columns);
  return 0;
}
