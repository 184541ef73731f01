// SDMX's web service, the structure half: what is found, how far it reaches, what there is, and
// that nothing of it tells what its reader may not see.
#include <algorithm>

#include "tests/statistics/rest_world.h"

namespace entente::statistics {
namespace {

using testing::Answered;
using testing::RestWorld;

const std::string kOld = "/sdmx/2.1/";
const std::string kNew = "/sdmx/3.0/structure/";

bool holds(const Answered& answer, const std::string& what) {
  return answer.body.find(what) != std::string::npos;
}

TEST_CASE("a hidden dataflow has no structure, as one that never was", "[statistics][rest]") {
  RestWorld world;
  for (const std::string type : {"dataflow", "structure", "contentconstraint"}) {
    const auto absent = world.get(world.member("CHE"), kOld + type + "/IGC/NONE");
    CHECK(absent.status == 404);
    CHECK(holds(absent, "code=\"100\""));
    CHECK(world.get(world.stranger(), kOld + type + "/IGC/ASYLUM/1.0") == absent);
  }
  CHECK(world.get(world.stranger(), kNew + "dataflow/IGC/ASYLUM/1.0").status == 204);
  // In a list it is not there either.
  CHECK(holds(world.get(world.member("CHE"), kOld + "dataflow/all"), "id=\"ASYLUM\""));
  CHECK_FALSE(holds(world.get(world.stranger(), kOld + "dataflow/all"), "ASYLUM"));
  // Nor by what refers to what it may see, nor by who keeps it.
  for (const std::string reference : {"parents", "parentsandsiblings", "ancestors", "all"}) {
    const auto seen = world.get(world.observer(), kOld + "datastructure/ENTENTE/ASYLUM",
                                "references=" + reference);
    CHECK(holds(seen, "id=\"STOCK\""));
    CHECK_FALSE(holds(seen, "Dataflow id=\"ASYLUM\""));
    CHECK_FALSE(holds(seen, "ASYLUM_SWE"));
  }
  CHECK(holds(world.get(world.observer(), kOld + "agencyscheme"), "id=\"IGC\""));
  CHECK_FALSE(holds(world.get(world.stranger(), kOld + "agencyscheme"), "id=\"IGC\""));
}

TEST_CASE("structures come alone, or with what they rest on, or what rests on them",
          "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto ask = [&](const std::string& path, const std::string& references) {
    return world.get(che, kOld + path, "references=" + references);
  };
  const auto alone = world.get(che, kOld + "dataflow/IGC/ASYLUM/latest");
  CHECK(alone.status == 200);
  CHECK(alone.type == "application/vnd.sdmx.structure+xml; version=2.1; charset=utf-8");
  CHECK_FALSE(holds(alone, "<str:DataStructure "));
  const auto children = ask("dataflow/IGC/ASYLUM/1.0", "children");
  CHECK(holds(children, "<str:DataStructure "));
  CHECK_FALSE(holds(children, "<str:Codelist "));
  const auto down = ask("dataflow/IGC/ASYLUM/1.0", "descendants");
  CHECK(holds(down, "<str:Codelist id=\"CL_AREA\""));
  CHECK(holds(down, "<str:TimeDimension id=\"TIME_PERIOD\""));
  CHECK_FALSE(holds(down, "<str:ProvisionAgreement "));
  const auto parents = ask("datastructure/ENTENTE/ASYLUM", "parents");
  CHECK(holds(parents, "Dataflow id=\"STOCK\""));
  CHECK_FALSE(holds(parents, "<str:ConceptScheme "));
  const auto up = ask("codelist/ENTENTE/CL_AREA", "ancestors");
  CHECK(holds(up, "ProvisionAgreement id=\"ASYLUM_SWE\""));
  CHECK_FALSE(holds(up, "CL_FREQ\" urn"));
  const auto siblings = ask("codelist/ENTENTE/CL_AREA", "parentsandsiblings");
  CHECK(holds(siblings, "<str:Codelist id=\"CL_FREQ\""));
  const auto whole = ask("dataflow/IGC/ASYLUM/1.0", "all");
  CHECK(holds(whole, "<str:Codelist id=\"CL_AREA\""));
  CHECK(holds(whole, "ProvisionAgreement id=\"ASYLUM_SWE\""));
  const auto lists = ask("dataflow/IGC/ASYLUM/1.0", "codelist");
  CHECK(holds(lists, "<str:Codelist id=\"CL_AREA\""));
  CHECK_FALSE(holds(lists, "<str:DataStructure "));
  CHECK(world.get(che, kOld + "dataflow/IGC/ASYLUM/2.0").status == 404);
  CHECK(world.get(che, kOld + "dataflow/IGC+OTHER/STOCK+ASYLUM/1.0").status == 200);
  CHECK(world.get(che, kNew + "dataflow/IGC,OTHER/STOCK,ASYLUM/+").status == 200);
}

TEST_CASE("stubs say what things are called, and items come alone", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto stubs =
      world.get(che, kOld + "dataflow/IGC/ASYLUM", "detail=allstubs&references=children");
  CHECK(holds(stubs, "isExternalReference=\"true\""));
  CHECK_FALSE(holds(stubs, "<str:Structure>"));
  const auto references =
      world.get(che, kOld + "dataflow/IGC/ASYLUM", "detail=referencestubs&references=children");
  CHECK(holds(references, "<str:Structure>"));
  CHECK_FALSE(holds(references, "<str:DataStructureComponents>"));
  const auto item = world.get(che, kOld + "codelist/ENTENTE/CL_AREA/1.0/SWE+NOR");
  CHECK(holds(item, "isPartial=\"true\""));
  CHECK(holds(item, "<str:Code id=\"SWE\">"));
  CHECK(holds(item, "<str:Code id=\"NOR\">"));
  CHECK_FALSE(holds(item, "<str:Code id=\"AFG\">"));
  CHECK(world.get(che, kOld + "codelist/ENTENTE/CL_AREA/1.0", "detail=nothing").status == 400);
}

TEST_CASE("each version and format of structures is answered in its own words",
          "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto type = [&](const std::string& path, const std::string& accept) {
    return world.get(che, path, "", accept).type;
  };
  const std::string json = "application/vnd.sdmx.structure+json";
  const std::string dsd = kOld + "datastructure/ENTENTE/ASYLUM";
  CHECK(type(dsd, "").find("structure+xml; version=2.1") != std::string::npos);
  CHECK(type(dsd, "application/xml").find("structure+xml") != std::string::npos);
  CHECK(type(dsd, json + ";version=1.0.0").find("version=1.0.0") != std::string::npos);
  CHECK(type(dsd, json + ";version=2.0.0").find("version=2.0.0") != std::string::npos);
  CHECK(type(kNew + "datastructure", "").find("version=2.0.0") != std::string::npos);
  CHECK(type(kNew + "datastructure", "application/vnd.sdmx.structure+xml;version=3.0.0, " + json)
            .find("version=2.0.0") != std::string::npos);
  CHECK(world.get(che, kNew + "dataflow", "", "application/vnd.sdmx.structure+xml;version=3.0.0")
            .status == 406);
  // By weight, as data; what is not wanted at all is not given.
  CHECK(type(dsd, json + ";version=1.0.0;q=0.5, application/xml;q=0.9").find("structure+xml") !=
        std::string::npos);
  CHECK(type(dsd, "application/xml;q=0.2, " + json + ";version=2+.0").find("version=2.0.0") !=
        std::string::npos);
  CHECK(type(dsd, json).find("version=1.0.0") != std::string::npos);
  CHECK(world.get(che, dsd, "", json + ";q=0").status == 406);
  CHECK(world.get(che, dsd, "", "image/png, text/html").status == 406);
  CHECK(world.get(che, dsd, "", json + ";version=2.1.0").status == 406);
  const std::string schema = kOld + "schema/dataflow/IGC/ASYLUM/1.0";
  CHECK(world.get(che, schema, "", "application/vnd.sdmx.schema+xml;version=2.1").status == 200);
  CHECK(world.get(che, schema, "", "application/xml;q=0").status == 406);
  // And compressed, as data.
  for (const auto& [asked, given] : {std::pair("gzip", "gzip"), std::pair("gzip, zstd", "zstd")}) {
    auto packed = world.get_with(che, dsd, "references=all", {{"accept-encoding", asked}});
    CHECK(packed.headers["content-encoding"] == given);
    CHECK(packed.body.size() * 2 < world.get(che, dsd, "references=all").body.size());
  }
  const auto first = world.get(che, dsd, "", json + ";version=1.0.0");
  CHECK(holds(first, "\"primaryMeasure\":{\"id\":\"OBS_VALUE\""));
  CHECK(holds(first, "\"timeDimensions\":["));
  CHECK(holds(world.get(che, kNew + "*"), "\"dataflows\":["));
}

TEST_CASE("what is not kept or is malformed is told in SDMX's words", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  for (const std::string type : {"metadatastructure", "structureset", "reportingtaxonomy"}) {
    const auto answer = world.get(che, kOld + type + "/all");
    CHECK(answer.status == 501);
    CHECK(holds(answer, "code=\"501\""));
  }
  CHECK(world.get(che, kNew + "valuelist").status == 501);
  for (const std::string& path :
       {kOld + "nonsense/all", kOld, kOld + "dataflow/a/b/c/d/e", std::string("/sdmx/3.0/what"),
        kOld + "schema/x", kOld + "schema/dataflow", std::string("/sdmx/3.0/availability/x"),
        // Lists of which a part would be asked for in vain, and nobody told.
        kOld + "dataflow/IGC+/all", kOld + "dataflow/IGC/ASYLUM+all", kNew + "dataflow/*/A,,B",
        kNew + "dataflow/*/*/1.0,latest", kNew + "dataflow/*/*/1.0,*", kNew + "dataflow,"}) {
    CAPTURE(path);
    CHECK(world.get(che, path).status == 400);
  }
  CHECK(world.get(che, kOld + "dataflow/all", "references=cousins").status == 400);
  CHECK(world.get(che, kOld + "dataflow/all", "refrences=all").status == 400);
  CHECK(world.get(che, kOld + "dataflow/all", "references=all&references=none").status == 400);
  CHECK(world.get(che, kOld + "schema/dataflow/IGC/ASYLUM/1.0", "detail=full").status == 400);
}

// --- what there is ------------------------------------------------------------------------------

const std::string kThere = kOld + "availableconstraint/IGC,ASYLUM";

// The values that an answer names of a dimension.
std::vector<std::string> values(const Answered& answer, const std::string& dimension) {
  std::vector<std::string> out;
  std::size_t at = answer.body.find("<com:KeyValue id=\"" + dimension + "\">");
  if (at == std::string::npos) return out;
  const std::size_t end = answer.body.find("</com:KeyValue>", at);
  const std::string open = "<com:Value>";
  while ((at = answer.body.find(open, at)) < end) {
    at += open.size();
    out.push_back(answer.body.substr(at, answer.body.find('<', at) - at));
  }
  return out;
}

using Values = std::vector<std::string>;

TEST_CASE("availability names what there is, and nothing that is hidden", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.get(world.member("CHE"), kThere);
  CHECK(che.status == 200);
  CHECK(values(che, "CITIZEN") == Values{"AFG", "SYR"});
  CHECK(holds(che, "type=\"Actual\""));
  CHECK(holds(che, "<com:StartPeriod isInclusive=\"true\">2015<"));
  CHECK(holds(che, "<com:EndPeriod isInclusive=\"true\">2016<"));
  CHECK(holds(che, "\"obs_count\"><com:AnnotationTitle>3<"));
  CHECK(holds(che, "\"series_count\"><com:AnnotationTitle>2<"));
  const auto swe = world.get(world.member("SWE"), kThere);
  CHECK(values(swe, "CITIZEN") == Values{"AFG", "ERI", "SYR"});
  CHECK(holds(swe, "\"obs_count\"><com:AnnotationTitle>4<"));
  const auto constraint =
      world.get(world.member("CHE"), kOld + "contentconstraint/IGC/ASYLUM_ACTUAL");
  CHECK(values(constraint, "CITIZEN") == Values{"AFG", "SYR"});
}

TEST_CASE("a world in which hidden figures never were answers the same, byte for byte",
          "[statistics][rest]") {
  RestWorld world;
  RestWorld twin;
  const std::string more =
      "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\n"
      "IGC:ASYLUM(1.0),A,CHE,NOR,2031,5,A,C,\n"
      "IGC:ASYLUM(1.0),A,CHE,ERI,1999,5,A,N,\n";
  REQUIRE(world.upload(world.member("CHE"), world.begin_request("hidden"), more).ok());
  // Of an upload that is under embargo nothing is there, either.
  auto embargoed = world.begin_request("later");
  embargoed.mutable_embargo_until()->set_seconds(4'000'000'000);
  const std::string later =
      "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\n"
      "IGC:ASYLUM(1.0),A,CHE,NOR,2032,5,A,F,\n";
  REQUIRE(world.upload(world.member("CHE"), embargoed, later).ok());
  twin.clock.pass(std::chrono::seconds(20));
  const auto swe = world.member("SWE");
  const auto twin_swe = twin.member("SWE");
  for (const auto& [path, query] : std::vector<std::pair<std::string, std::string>>{
           {kThere, ""},
           {kThere + "/A.CHE./all/all", ""},
           {kThere + "/..ERI/all/all", "mode=available"},
           {kThere + "/all/CHE", ""},
           {kThere, "references=codelist"},
           {kThere, "startPeriod=2030"},
           {"/sdmx/3.0/availability/dataflow/IGC/ASYLUM/1.0/*/REF_AREA", ""},
           {kOld + "contentconstraint/IGC", ""},
           {kOld + "structure/all", "references=all"}}) {
    CAPTURE(path, query);
    const auto found = world.get(swe, path, query);
    CHECK(found == twin.get(twin_swe, path, query));
    CHECK_FALSE(holds(found, "2031"));
  }
}

TEST_CASE("availability of a hidden dataflow is that of one that never was", "[statistics][rest]") {
  RestWorld world;
  const auto absent = world.get(world.member("CHE"), kOld + "availableconstraint/IGC,NONE");
  CHECK(absent.status == 404);
  CHECK(world.get(world.stranger(), kThere) == absent);
  CHECK(world.get(world.observer(), kThere + "/A.SWE./all/CITIZEN") == absent);
  CHECK(world.get(world.stranger(), kOld + "schema/dataflow/IGC/ASYLUM/1.0") == absent);
  CHECK(world.get(world.stranger(), "/sdmx/3.0/availability/dataflow/IGC/ASYLUM").status == 204);
}

TEST_CASE("of several dataflows of one name that its reader sees the agency must be told",
          "[statistics][rest]") {
  RestWorld world;
  const std::string path = kOld + "availableconstraint/ASYLUM";
  const auto define = [&](const std::string& name, const std::string& audience) {
    v1::DefineStructuresRequest request;
    v1::Dataflow* flow = request.mutable_structures()->add_dataflows();
    *flow = world.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM")->wire;
    flow->set_name(name);
    auto* who = flow->mutable_visibility()->mutable_audience();
    who->clear_any_of();
    who->add_any_of(audience);
    REQUIRE(world.act(world.secretariat(), &Service::define_structures, request).ok());
  };
  const auto alone = world.get(world.member("CHE"), path);
  define("dataflows/ALPHA.ASYLUM", "party/SWE");
  CHECK(world.get(world.member("CHE"), path) == alone);
  CHECK(world.get(world.member("SWE"), path).status == 400);
  CHECK(world.get(world.member("SWE"), kThere).status == 200);
}

TEST_CASE("availability is of what a key, a period and a provider leave", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  CHECK(values(world.get(che, kThere + "/A.SWE.AFG"), "CITIZEN") == Values{"AFG"});
  CHECK(values(world.get(che, kThere + "/A.SWE.AFG", "mode=available"), "CITIZEN") ==
        Values{"AFG", "SYR"});
  const auto one = world.get(che, kThere + "/all/all/CITIZEN");
  CHECK(values(one, "CITIZEN") == Values{"AFG", "SYR"});
  CHECK(values(one, "FREQ").empty());
  CHECK_FALSE(holds(one, "TIME_PERIOD"));
  CHECK(values(world.get(che, kThere, "startPeriod=2016"), "CITIZEN") == Values{"AFG"});
  CHECK(world.get(che, kThere + "/all/CHE").status == 404);
  CHECK(world.get(che, kThere + "/all/SWE").status == 200);
  CHECK(world.get(che, kThere + "/A.SWE.NOR").status == 404);
  CHECK(world.get(che, kThere + "/A.SWE").status == 400);
  CHECK(world.get(che, kThere + "/all/all/NONE").status == 400);
  CHECK(world.get(che, kThere, "limit=3").status == 400);
  CHECK(world.get(che, kOld + "availableconstraint/ASYLUM").status == 200);
  CHECK(world.get(che, kThere, "mode=both").status == 400);
  const auto partial = world.get(che, kThere, "references=all");
  CHECK(holds(partial, "<str:Code id=\"SYR\">"));
  CHECK_FALSE(holds(partial, "<str:Code id=\"NOR\">"));
  const auto json = world.get(che, "/sdmx/3.0/availability/dataflow/IGC/ASYLUM/1.0/*/CITIZEN",
                              "c[CITIZEN]=AFG,NOR");
  CHECK(holds(json, "\"role\":\"Actual\""));
  CHECK(holds(json, "\"values\":[{\"value\":\"AFG\"}]"));
}

TEST_CASE("the schema of a dataflow names its own codes", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto schema = world.get(che, kOld + "schema/dataflow/IGC/ASYLUM/1.0");
  CHECK(schema.status == 200);
  CHECK(schema.type == "application/vnd.sdmx.schema+xml; version=2.1; charset=utf-8");
  CHECK(holds(schema, "DataStructure=ENTENTE:ASYLUM(1.0):ObsLevelDim:TIME_PERIOD"));
  CHECK(holds(schema, "<xs:simpleType name=\"CITIZEN.values\">"));
  CHECK(holds(schema, "<xs:enumeration value=\"SYR\"/>"));
  // Of a provision it is that of its dataflow, for who sees it.
  const std::string provision = kOld + "schema/provisionagreement/IGC/ASYLUM_SWE/1.0";
  CHECK(world.get(che, provision) == schema);
  CHECK(world.get(world.stranger(), provision) ==
        world.get(che, kOld + "schema/provisionagreement/IGC/ASYLUM_NONE/1.0"));
  const auto flat = world.get(che, "/sdmx/3.0/schema/datastructure/ENTENTE/ASYLUM/1.0",
                              "dimensionAtObservation=AllDimensions");
  CHECK(flat.status == 200);
  CHECK_FALSE(holds(flat, "SeriesType\""));
  CHECK(world.get(che, kOld + "schema/dataflow/IGC/ASYLUM", "dimensionAtObservation=NO").status ==
        400);
}

}  // namespace
}  // namespace entente::statistics
