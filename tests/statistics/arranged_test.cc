// Categories, what is found under them, and hierarchies of codes: read, kept, given out, and hidden
// with what they would give away.
#include "server/statistics/structure/arranged.h"

#include <algorithm>

#include "server/statistics/messages/assemble.h"
#include "server/statistics/structure_service.h"
#include "tests/statistics/files.h"
#include "tests/statistics/rest_world.h"

namespace entente::statistics {
namespace {

using testing::RestWorld;

const std::string ns = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";

std::string ml(const std::string& structures) {
  return "<m:Structure xmlns:m='" + ns + "message' xmlns:s='" + ns + "structure' xmlns:c='" + ns +
         "common'><m:Structures>\n" + structures + "</m:Structures></m:Structure>";
}

// Two categories are called alike, in different ones.
const std::string topics =
    "<s:CategorySchemes><s:CategoryScheme id='TOPICS' agencyID='IGC' version='1.2'>"
    "<c:Name xml:lang='en'>Topics</c:Name>\n"
    "<s:Category id='IN'><c:Name xml:lang='en'>In</c:Name>\n"
    "<s:Category id='ASYLUM'><c:Name xml:lang='en'>Asked for</c:Name></s:Category></s:Category>\n"
    "<s:Category id='OUT'><c:Name xml:lang='en'>Out</c:Name>"
    "<s:Category id='ASYLUM'><c:Name xml:lang='en'>Refused</c:Name></s:Category></s:Category>"
    "</s:CategoryScheme></s:CategorySchemes>";

std::string under(const std::string& id, const std::string& flow, const std::string& category) {
  return "<s:Categorisation id='" + id +
         "' agencyID='IGC' version='1.0'><c:Name xml:lang='en'>x</c:Name><s:Source><Ref id='" +
         flow +
         "' agencyID='IGC' version='1.0' package='datastructure' class='Dataflow'/></s:Source>"
         "<s:Target><URN>urn:sdmx:org.sdmx.infomodel.categoryscheme.Category=IGC:TOPICS(1.2)." +
         category + "</URN></s:Target></s:Categorisation>";
}
const std::string found = topics + "<s:Categorisations>" + under("A", "ASYLUM", "IN.ASYLUM") +
                          under("S", "STOCK", "OUT") + "</s:Categorisations>";

std::string place(const std::string& id, const std::string& code, const std::string& within = "") {
  return "<s:HierarchicalCode id='" + id + "'><s:Code><Ref id='" + code +
         "' maintainableParentID='CL_AREA' maintainableParentVersion='1.0' agencyID='ENTENTE' "
         "package='codelist' class='Code'/></s:Code>" +
         within + "</s:HierarchicalCode>\n";
}
std::string hierarchy(const std::string& id, const std::string& places) {
  return "<s:Hierarchy id='" + id + "' leveled='true'><c:Name xml:lang='en'>By region</c:Name>\n" +
         places +
         "<s:Level id='REGION'><c:Name xml:lang='en'>Region</c:Name><s:Level id='STATE'>"
         "<c:Name xml:lang='en'>State</c:Name></s:Level></s:Level></s:Hierarchy>";
}
std::string hierarchies(const std::string& within) {
  return "<s:HierarchicalCodelists><s:HierarchicalCodelist id='REGIONS' agencyID='IGC' "
         "version='1.0'><c:Name xml:lang='en'>Regions</c:Name>" +
         within + "</s:HierarchicalCodelist></s:HierarchicalCodelists>";
}
// Sweden stands in two regions.
const std::string regions = hierarchies(
    hierarchy("H", place("NORTH", "NOR", place("SWE", "SWE")) +
                       place("EAST", "SYR", place("SWE", "SWE") + place("AFG", "AFG"))));

struct ArrangedWorld : RestWorld {
  ArrangedWorld()
      : messages({.service = service, .structures = structures_in_force, .clock = clock}) {}
  Result<v1::ImportStructuresReply> bring(const policy::Subject& subject, const std::string& text) {
    v1::ImportStructuresRequest request;
    request.set_content(text);
    const auto transaction = store->begin();
    auto reply = messages.import_structures(subject, request, *transaction);
    if (!reply.ok()) return reply;
    const auto committed = transaction->commit();
    if (!committed.ok()) return committed.status();
    return reply;
  }
  // The secretariat of another process, which sees what observers of this one see.
  policy::Subject elsewhere() const {
    policy::Subject subject = as("BALI", {"process/igc/observers"});
    subject.duties.push_back(
        {.duty = policy::Duty::Secretariat, .party = "BALI", .process = "bali"});
    return subject;
  }
  StructureService messages;
};

bool holds(const testing::Answered& answer, const std::string& what) {
  return answer.body.find(what) != std::string::npos;
}

TEST_CASE("categories and hierarchies come back as they came, in each format",
          "[statistics][structures]") {
  ArrangedWorld world;
  const auto brought = world.bring(world.secretariat(), ml(found + regions));
  INFO(testing::describe(brought.status()));
  REQUIRE(brought.ok());
  CHECK(brought->changed_size() == 4);
  CHECK(brought->left_out_size() == 0);
  const auto che = world.member("CHE");
  const std::string json = "application/vnd.sdmx.structure+json;version=";
  const std::string all = "/sdmx/2.1/structure/IGC";
  for (const std::string& accept : {std::string(), json + "1.0.0", json + "2.0.0"}) {
    CAPTURE(accept);
    const auto out = world.get(che, all, "", accept);
    REQUIRE(out.status == 200);
    INFO(out.body);
    // What it is again is what it was.
    const auto again = world.bring(world.secretariat(), out.body);
    INFO(testing::describe(again.status()));
    REQUIRE(again.ok());
    for (const char* name : {"category-schemes/IGC.TOPICS", "categorisations/IGC.A",
                             "categorisations/IGC.S", "hierarchies/IGC.REGIONS"}) {
      CAPTURE(name);
      CHECK(std::count(again->same().begin(), again->same().end(), name) == 1);
    }
  }
  const auto kept = world.structures_in_force.model()->find("hierarchies/IGC.REGIONS");
  REQUIRE(kept != nullptr);
  CHECK(kept->hierarchy().leveled());
  REQUIRE(kept->hierarchy().places_size() == 5);
  CHECK(kept->hierarchy().places(3).id() == "EAST.SWE");
  CHECK(kept->hierarchy().places(3).code() == "SWE");
  CHECK(kept->hierarchy().levels(1).id() == "STATE");
}

TEST_CASE("SDMX 3.0 has a hierarchy by itself, and 2.1 may name lists by an alias",
          "[statistics][structures]") {
  ArrangedWorld world;
  std::string third =
      ml("<s:Hierarchies><s:Hierarchy id='R3' agencyID='IGC' version='1.0' "
         "hasFormalLevels='true'><c:Name>R</c:Name><s:HierarchicalCode id='X'>"
         "<s:Code>urn:sdmx:org.sdmx.infomodel.codelist.Code=ENTENTE:CL_AREA(1.0)."
         "SWE</s:Code></s:HierarchicalCode></s:Hierarchy></s:Hierarchies>");
  for (std::size_t at; (at = third.find("/v2_1/")) != std::string::npos;) {
    third.replace(at, 6, "/v3_0/");
  }
  REQUIRE(world.bring(world.secretariat(), third).ok());
  const std::string by_alias = hierarchies(
      "<s:IncludedCodelist alias='L'><URN>urn:sdmx:org.sdmx.infomodel.codelist.Codelist="
      "ENTENTE:CL_AREA(1.0)</URN></s:IncludedCodelist>" +
      hierarchy("ONE",
                "<s:HierarchicalCode id='Y'><s:CodelistAliasRef>L</s:CodelistAliasRef>"
                "<s:CodeID><Ref id='NOR'/></s:CodeID></s:HierarchicalCode>") +
      hierarchy("TWO", place("Z", "CHE")));
  REQUIRE(world.bring(world.secretariat(), ml(by_alias)).ok());
  const auto model = world.structures_in_force.model();
  const auto code = [&](const char* name) {
    const record::Structure* row = model->find(name);
    return row == nullptr ? std::string("none") : row->hierarchy().places(0).code();
  };
  CHECK(code("hierarchies/IGC.R3") == "SWE");
  // Of several in one, each is called by both.
  CHECK(code("hierarchies/IGC.REGIONS_ONE") == "NOR");
  CHECK(code("hierarchies/IGC.REGIONS_TWO") == "CHE");
}

TEST_CASE("what is unsound of them is refused with its line", "[statistics][structures]") {
  ArrangedWorld world;
  const auto line_of = [&](const std::string& text, const std::string& field) {
    const auto refused = world.bring(world.secretariat(), ml(text)).status();
    CHECK(refused.code() == Code::InvalidArgument);
    for (const Violation& one : refused.violations()) {
      if (one.field == field) return one.line;
    }
    return std::uint64_t{0};
  };
  CHECK(line_of(hierarchies(hierarchy("H", place("A", "SWE") + place("B", "XXX"))),
                "hierarchies/IGC.REGIONS.places[1].code") == 4);
  CHECK(line_of(hierarchies(hierarchy("H", place("A", "SWE") + place("A", "NOR"))),
                "hierarchies/IGC.REGIONS.places[1].id") == 4);
  CHECK(line_of("<s:Categorisations>\n" + under("A", "ASYLUM", "NONE") + "</s:Categorisations>" +
                    topics,
                "categorisations/IGC.A.category") == 3);
  // A way must lead over what is there before it.
  std::vector<std::string> told;
  const auto tell = [&](const std::string& field, const std::string&) { told.push_back(field); };
  check_ways({"A", "A.B", "C.D", "A..B", "A"}, "x", tell);
  CHECK(told == std::vector<std::string>{"x[2].id", "x[3].id", "x[4].id"});
}

TEST_CASE("what a hidden dataflow is found under is hidden with it", "[statistics][structures]") {
  ArrangedWorld world;
  REQUIRE(world.bring(world.secretariat(), ml(found)).ok());
  const auto list = [&](const policy::Subject& subject) {
    return world.get(subject, "/sdmx/2.1/categorisation/IGC");
  };
  CHECK(holds(list(world.member("CHE")), "Categorisation=IGC:A(1.0)"));
  CHECK(holds(list(world.observer()), "Categorisation=IGC:S(1.0)"));
  CHECK_FALSE(holds(list(world.observer()), "Categorisation=IGC:A(1.0)"));
  CHECK(list(world.stranger()) == world.get(world.stranger(), "/sdmx/2.1/categorisation/NONE"));
  for (const char* path : {"categoryscheme/IGC/TOPICS", "structure/IGC"}) {
    const auto seen =
        world.get(world.observer(), std::string("/sdmx/2.1/") + path, "references=all");
    CHECK(holds(seen, "Category id=\"ASYLUM\""));
    CHECK_FALSE(holds(seen, "IGC:A(1.0)"));
  }
  v1::GetStructureRequest get;
  get.set_name("categorisations/IGC.A");
  CHECK(world.ask(world.observer(), &Service::get_structure, get).status().code() ==
        Code::NotFound);
  // Nor can who keeps another process learn of it, or take its place.
  const std::string only = topics + "<s:Categorisations>";
  const auto absent =
      world.bring(world.elsewhere(), ml(only + under("N", "NONE", "OUT") + "</s:Categorisations>"));
  const auto hidden = world.bring(world.elsewhere(),
                                  ml(only + under("N", "ASYLUM", "OUT") + "</s:Categorisations>"));
  REQUIRE(absent.ok());
  REQUIRE(hidden.ok());
  CHECK(absent->SerializeAsString() == hidden->SerializeAsString());
  const auto define = [&](const std::string& name, const std::string& of) {
    v1::DefineStructuresRequest request;
    v1::Categorisation* one = request.mutable_structures()->add_categorisations();
    one->set_name(name);
    one->set_version("1.0");
    one->set_category("category-schemes/IGC.TOPICS/categories/OUT");
    one->set_structure(of);
    return world.act(world.elsewhere(), &Service::define_structures, request).status();
  };
  CHECK(define("categorisations/IGC.N", "dataflows/IGC.ASYLUM").code() == Code::NotFound);
  CHECK(define("categorisations/IGC.N", "dataflows/IGC.NONEXX").code() == Code::NotFound);
  CHECK(define("categorisations/IGC.A", "dataflows/IGC.STOCK").code() == Code::NotFound);
  CHECK(define("categorisations/BALI.S", "dataflows/IGC.STOCK").ok());
}

TEST_CASE("one category is asked for by its name or the way to it", "[statistics][rest]") {
  ArrangedWorld world;
  REQUIRE(world.bring(world.secretariat(), ml(found + regions)).ok());
  const auto che = world.member("CHE");
  const auto one = world.get(che, "/sdmx/2.1/categoryscheme/IGC/TOPICS/1.2/OUT.ASYLUM");
  CHECK(holds(one, "isPartial=\"true\""));
  CHECK(holds(one, "Refused"));
  CHECK_FALSE(holds(one, "Asked for"));
  // A codelist is referred to by the hierarchy of its codes, a dataflow by what it is found under.
  CHECK(holds(world.get(che, "/sdmx/2.1/codelist/ENTENTE/CL_AREA", "references=parents"),
              "HierarchicalCodelist id=\"REGIONS\""));
  CHECK(holds(world.get(che, "/sdmx/2.1/dataflow/IGC/ASYLUM", "references=categorisation"),
              "Categorisation id=\"A\""));
  CHECK(holds(world.get(che, "/sdmx/3.0/structure/hierarchy/IGC/REGIONS"),
              "\"hierarchies\":[{\"id\":\"REGIONS\""));
  CHECK(holds(world.get(che, "/sdmx/2.1/hierarchicalcodelist/IGC", "detail=allstubs"),
              "isExternalReference=\"true\""));
}

}  // namespace
}  // namespace entente::statistics
