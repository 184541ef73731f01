// Structure messages through the service: who may bring them, what they would orphan, what went
// before.
#include "server/statistics/structure_service.h"

#include "tests/statistics/files.h"
#include "tests/statistics/world.h"

namespace entente::statistics {
namespace {

using testing::StatisticsWorld;

struct StructureWorld : StatisticsWorld {
  StructureWorld()
      : messages({.service = service, .structures = structures_in_force, .clock = clock}) {}

  static v1::ImportStructuresRequest request(const std::string& content,
                                             const std::string& process = "") {
    v1::ImportStructuresRequest out;
    out.set_content(content);
    if (!process.empty()) out.set_process("processes/" + process);
    return out;
  }
  Result<v1::ImportStructuresReply> bring(const policy::Subject& subject,
                                          const v1::ImportStructuresRequest& request) {
    const auto transaction = store->begin();
    auto reply = messages.import_structures(subject, request, *transaction);
    if (!reply.ok()) return reply;
    REQUIRE(transaction->appended());
    const auto committed = transaction->commit();
    if (!committed.ok()) return committed.status();
    return reply;
  }
  Result<v1::ImportStructuresReply> try_out(const policy::Subject& subject,
                                            const v1::ImportStructuresRequest& request) {
    const auto snapshot = store->snapshot();
    return messages.check_structures(subject, request, *snapshot);
  }
  Result<v1::ExportStructuresReply> take(const policy::Subject& subject, const std::string& name,
                                         const std::string& version = "") {
    v1::ExportStructuresRequest out;
    out.set_name(name);
    out.set_version(version);
    out.set_format(v1::SDMX_ML_2_1);
    const auto snapshot = store->snapshot();
    return messages.export_structures(subject, out, *snapshot);
  }
  Result<v1::ListStructuresReply> list(const policy::Subject& subject,
                                       const v1::ListStructuresRequest& request) {
    const auto snapshot = store->snapshot();
    return messages.list_structures(subject, request, *snapshot);
  }
  StructureService messages;
};

// The codelist of areas with these codes only.
std::string areas(const std::string& version, const std::vector<std::string>& codes) {
  std::string out = R"({"data":{"codelists":[{"id":"CL_AREA","agencyID":"ENTENTE","version":")" +
                    version + R"(","name":"Areas","codes":[)";
  for (const std::string& code : codes) out += "\n{\"id\":\"" + code + "\",\"name\":\"x\"},";
  out.back() = ']';
  return out + "}]}}";
}

const std::vector<std::string> all_areas = {"AFG", "CHE", "ERI", "NOR", "SWE", "SYR"};

TEST_CASE("an import is tried first, and then is all or nothing", "[statistics][structures]") {
  StructureWorld world;
  auto with_more = all_areas;
  with_more.emplace_back("FIN");
  const auto request = StructureWorld::request(areas("1.1", with_more));
  const auto tried = world.try_out(world.secretariat(), request);
  INFO(testing::describe(tried.status()));
  REQUIRE(tried.ok());
  CHECK(tried->changed(0) == "codelists/ENTENTE.CL_AREA");
  const auto size_of = [&] {
    return world.structures_in_force.model()
        ->find_codelist("codelists/ENTENTE.CL_AREA")
        ->wire()
        .items_size();
  };
  CHECK(size_of() == 6);
  REQUIRE(world.bring(world.secretariat(), request).ok());
  CHECK(size_of() == 7);
  const auto again = world.bring(world.secretariat(), request);
  REQUIRE(again.ok());
  CHECK(again->changed_size() == 0);
  CHECK(again->same(0) == "codelists/ENTENTE.CL_AREA");
}

TEST_CASE("only a secretariat brings structures", "[statistics][structures]") {
  StructureWorld world;
  const auto request = StructureWorld::request(areas("2.0", all_areas));
  for (const auto& subject : {world.member("SWE"), world.observer(), world.stranger()}) {
    CHECK(world.bring(subject, request).status().code() == Code::PermissionDenied);
    CHECK(world.try_out(subject, request).status().code() == Code::PermissionDenied);
  }
}

TEST_CASE("an import that would orphan figures is refused with the list",
          "[statistics][structures]") {
  StructureWorld world;
  const std::string file =
      "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\n"
      "IGC:ASYLUM(1.0),A,SWE,SYR,2015,50909,A,F,\n"
      "IGC:ASYLUM(1.0),A,SWE,ERI,2015,7,A,F,\n";
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), file).ok());
  const auto request = StructureWorld::request(areas("2.0", {"AFG", "CHE", "NOR", "SWE"}));
  for (const Status& status : {world.try_out(world.secretariat(), request).status(),
                               world.bring(world.secretariat(), request).status()}) {
    CHECK(status.code() == Code::FailedPrecondition);
    CHECK(status.reason() == Reason::StillInUse);
    REQUIRE(status.violations().size() == 2);
    CHECK(status.violations()[0].rule == "has figures under `ERI`");
    CHECK(status.violations()[1].rule == "has figures under `SYR`");
  }
}

TEST_CASE("a structure keeps its versions, and older ones can be asked for",
          "[statistics][structures]") {
  StructureWorld world;
  auto more = all_areas;
  for (const auto& [version, code] :
       {std::pair("1.1", "FIN"), std::pair("1.2", "DNK"), std::pair("1.2", "ISL")}) {
    more.emplace_back(code);
    REQUIRE(world.bring(world.secretariat(), StructureWorld::request(areas(version, more))).ok());
  }
  v1::ListStructuresRequest request;
  request.set_collection("codelists");
  const auto listed = world.list(world.stranger(), request);
  REQUIRE(listed.ok());
  REQUIRE(listed->rows(0).name() == "codelists/ENTENTE.CL_AREA");
  CHECK(listed->rows(0).items() == 9);
  CHECK(std::vector<std::string>(listed->rows(0).versions().begin(),
                                 listed->rows(0).versions().end()) ==
        std::vector<std::string>{"1.2", "1.1", "1.0"});
  const auto holds = [&](const std::string& version, const std::string& code) {
    const auto taken = world.take(world.stranger(), "codelists/ENTENTE.CL_AREA", version);
    REQUIRE(taken.ok());
    return taken->content().find("id=\"" + code + "\"") != std::string::npos;
  };
  CHECK(holds("", "ISL"));
  CHECK(holds("1.1", "FIN"));
  CHECK_FALSE(holds("1.1", "DNK"));
  CHECK_FALSE(holds("1.0", "FIN"));
  CHECK(world.take(world.stranger(), "codelists/ENTENTE.CL_AREA", "7.0").status().code() ==
        Code::NotFound);
}

TEST_CASE("a hidden dataflow is neither listed nor exported, as one that never was",
          "[statistics][structures]") {
  StructureWorld world;
  for (const auto& version : {"", "1.0", "0.9"}) {
    const auto hidden = world.take(world.stranger(), "dataflows/IGC.ASYLUM", version);
    const auto absent = world.take(world.stranger(), "dataflows/IGC.NEVER", version);
    CHECK(hidden.status().code() == Code::NotFound);
    CHECK(absent.status().code() == Code::NotFound);
    const auto without_name = [](const Status& status, const std::string& name) {
      std::string text(status.message());
      return text.replace(text.find(name), name.size(), "");
    };
    CHECK(without_name(hidden.status(), "ASYLUM") == without_name(absent.status(), "NEVER"));
  }
  const auto rows = [&](const policy::Subject& subject, const std::string& collection) {
    v1::ListStructuresRequest request;
    request.set_collection(collection);
    return world.list(subject, request)->rows_size();
  };
  CHECK(rows(world.member("CHE"), "dataflows") == 2);
  CHECK(rows(world.observer(), "dataflows") == 1);
  CHECK(rows(world.stranger(), "dataflows") == 0);
  CHECK(rows(world.stranger(), "provisions") == 0);
  CHECK(rows(world.member("CHE"), "provisions") == 4);
}

TEST_CASE("what is exported comes back as the same", "[statistics][structures]") {
  StructureWorld world;
  v1::ExportStructuresRequest request;
  request.set_name("dataflows/IGC.ASYLUM");
  request.set_with_references(true);
  for (const auto format : {v1::SDMX_ML_2_1, v1::SDMX_JSON_1_0, v1::SDMX_JSON_2_0}) {
    request.set_format(format);
    const auto snapshot = world.store->snapshot();
    const auto taken = world.messages.export_structures(world.secretariat(), request, *snapshot);
    REQUIRE(taken.ok());
    const auto again =
        world.try_out(world.secretariat(), StructureWorld::request(taken->content(), "igc"));
    INFO(testing::describe(again.status()));
    REQUIRE(again.ok());
    // The dataflow and its two provisions are as they were; titles that were not there are now.
    const std::vector<std::string> same(again->same().begin(), again->same().end());
    CHECK(std::count(same.begin(), same.end(), "dataflows/IGC.ASYLUM/provisions/SWE") == 1);
    CHECK(std::count(same.begin(), same.end(), "data-structures/ENTENTE.ASYLUM") == 0);
  }
}

}  // namespace
}  // namespace entente::statistics
