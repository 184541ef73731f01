// A table as Eurostat publishes it, through the mapping that docs/examples has for it, into the
// structures that every process has. Where the folder of real data is not there, says so and
// passes.
#include <google/protobuf/text_format.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "proto/contract/manifest.h"
#include "tests/statistics/world.h"

namespace entente::statistics {
namespace {

const std::filesystem::path kTop = ENTENTE_SOURCE_DIR;

template <typename Message>
Message text_proto(const std::filesystem::path& path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  Message message;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

std::string unzipped(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  REQUIRE(file);
  std::string text;
  std::string buffer(1 << 16, '\0');
  for (int got; (got = gzread(file.get(), buffer.data(), 1 << 16)) > 0;) {
    text.append(buffer, 0, static_cast<std::size_t>(got));
  }
  return text;
}

TEST_CASE("Eurostat's asylum applicants of Sweden are read through a mapping",
          "[statistics][mapping][samples]") {
  const auto path = kTop /
                    "../shared/data/eurostat/"
                    "migr_asyappctza_2012-2016_first-time-by-citizenship.csv.gz";
  if (!std::filesystem::exists(path)) {
    std::cerr << "THE REAL DATA ARE NOT THERE (" << path << "): nothing was read\n";
    return;
  }
  testing::StatisticsWorld world;
  auto set = text_proto<v1::StructureSet>(kTop / "deploy/statistics/structures.textproto");
  set.MergeFrom(text_proto<v1::StructureSet>(kTop / "deploy/statistics/areas.textproto"));
  v1::Dataflow flow = testing::structures().dataflows(0);
  flow.set_name("dataflows/IGC.REAL");
  flow.set_data_structure("data-structures/ENTENTE.ASYLUM_APPLICATIONS");
  *set.add_dataflows() = flow;
  v1::Provision provision = testing::structures().provisions(0);
  provision.set_name("dataflows/IGC.REAL/provisions/SWE");
  *set.add_provisions() = provision;
  REQUIRE(define_structures(*world.store, world.structures_in_force, *world.ledger, set,
                            world.clock.now())
              .ok());

  const std::string all = unzipped(path);
  std::string file = all.substr(0, all.find('\n') + 1);
  for (std::size_t at = 0, end; (end = all.find('\n', at)) != std::string::npos; at = end + 1) {
    if (all.substr(at, end - at).find(",\"Sweden\",") == 6) file += all.substr(at, end + 1 - at);
  }
  v1::BeginUploadRequest begin = world.begin_request("real", v1::REPLACE, flow.name());
  begin.set_format(v1::MAPPED_CSV);
  begin.set_mapping(
      encoded(text_proto<v1::Mapping>(kTop / "docs/examples/eurostat-asylum.textproto")));
  const auto swe = world.member("SWE");
  // The whole table is of others, too: each of their rows is told, and nothing is kept.
  const auto whole = world.send(swe, begin, all);
  REQUIRE(whole.ok());
  CHECK_FALSE(whole->accepted());
  begin.set_upload_id("sweden");
  const auto report = world.upload(swe, begin, file);
  if (!report.ok()) {
    for (const auto& one : report.status().violations()) INFO(one.rule);
    FAIL(std::string(report.status().message()));
  }
  CHECK(report->observations() == 5 * (1'020 / 5 - 3));
  v1::QueryRequest query;
  query.set_dataflow(flow.name());
  const auto select = [&](const char* dimension, const char* value) {
    auto* one = query.add_selections();
    one->set_dimension(dimension);
    one->add_values(value);
  };
  select("CITIZEN", "ALB");
  query.set_start_period("2012");
  query.set_end_period("2012");
  CHECK(*world.query(swe, query) == std::vector<std::string>{"A.SWE.ALB._T._T.N 2012=1495/A"});
  query.mutable_selections(0)->set_values(0, "SSD");
  CHECK(*world.query(swe, query) == std::vector<std::string>{"A.SWE.SSD._T._T.N 2012=missing/A"});
}

}  // namespace
}  // namespace entente::statistics
