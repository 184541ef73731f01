// Reading structure messages: what providers bend, what is left out and said, and what is refused.
#include <algorithm>
#include <catch2/catch.hpp>

#include "proto/contract/limits.h"
#include "proto/contract/limits_structures.h"
#include "server/statistics/messages/assemble.h"
#include "server/statistics/messages/languages.h"
#include "server/statistics/structure/names.h"
#include "tests/statistics/files.h"

namespace entente::statistics {
namespace {

std::string ml(const std::string& structures) {
  const std::string ns = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";
  return "<m:Structure xmlns:m=\"" + ns + "message\" xmlns:s=\"" + ns + "structure\" xmlns:c=\"" +
         ns + "common\">\n<m:Header/>\n<m:Structures>\n" + structures +
         "</m:Structures></m:Structure>";
}

Assembled read(const std::string& text, const Model& model = Model(),
               const std::string& process = "") {
  auto message = read_structure_message(text);
  INFO(testing::describe(message.status()));
  REQUIRE(message.ok());
  return assemble(*std::move(message), model, process);
}

Violation refusal(const std::string& text) {
  const auto message = read_structure_message(text);
  REQUIRE(message.status().code() == Code::InvalidArgument);
  REQUIRE(message.status().violations().size() == 1);
  return message.status().violations().front();
}

// The faults of a message that reads, with their lines.
std::vector<Violation> faults(const std::string& text) {
  const Assembled assembled = read(text, Model(), "igc");
  return with_lines(check_structures(Model(), rows_of(assembled.set)), assembled).violations();
}

bool left_out(const Assembled& assembled, const std::string& what) {
  return std::any_of(assembled.left_out.begin(), assembled.left_out.end(),
                     [&](const LeftOut& one) { return one.what.starts_with(what); });
}

const std::string codes =
    "<s:Codelists><s:Codelist id='CL' agencyID='A.B' version='2.1'>\n"
    "<c:Name xml:lang='en-us'>List</c:Name><c:Name>Anon</c:Name>\n"
    "<s:Code id='T'><c:Name xml:lang='FR'>Tout</c:Name></s:Code>\n"
    "<s:Code id='X'><s:Parent><Ref id='T'/></s:Parent></s:Code>\n"
    "</s:Codelist></s:Codelists>";

TEST_CASE("a codelist keeps its hierarchy, its languages and its lines",
          "[statistics][structures]") {
  const Assembled assembled = read(ml(codes));
  REQUIRE(assembled.set.codelists_size() == 1);
  const v1::Codelist& list = assembled.set.codelists(0);
  CHECK(list.name() == "codelists/A.B.CL");
  CHECK(list.version() == "2.1");
  CHECK(list.title().by_language().at("en-US") == "List");
  CHECK(list.items(0).title().by_language().at("fr") == "Tout");
  CHECK(list.items(1).parent() == "T");
  CHECK(assembled.lines.at("codelists/A.B.CL.items[1]") == 7);
}

TEST_CASE("tags of languages are one, however they are written", "[statistics][structures]") {
  CHECK(canonical_language("EN-us") == "en-US");
  CHECK(canonical_language("zh-hant-tw") == "zh-Hant-TW");
  CHECK(canonical_language("pt_BR") == "pt-BR");
  CHECK(canonical_language("fr") == "fr");
  CHECK(canonical_language("de-x-ab") == "de-x-ab");
}

TEST_CASE("versions compare by their numbers", "[statistics][structures]") {
  CHECK(is_older("1.9", "1.10"));
  CHECK_FALSE(is_older("1.0.0", "1.0"));
  CHECK_FALSE(is_older("1.0", "1.0.0"));
  CHECK(is_older("1.0.0-draft", "1.0.0"));
  CHECK(is_older("5", "5.1"));
  for (const char* good : {"1", "1.0", "1.0.0", "5.4", "1.2.3-draft.1"}) CHECK(is_version(good));
  for (const char* bad : {"", ".", "1.", "1..0", "a", "1.0-", "1.0+", "latest"}) {
    CHECK_FALSE(is_version(bad));
  }
}

TEST_CASE("what has no place in the model is said", "[statistics][structures]") {
  const std::string metadata =
      "<s:MetadataStructures><s:MetadataStructure id='M' agencyID='A'/></s:MetadataStructures>";
  CHECK(left_out(read(ml(metadata)), "MetadataStructure A:M(1.0)"));
  CHECK(left_out(read("{\"data\":{\"valueLists\":[{\"id\":\"V\",\"agencyID\":\"A\"}]}}"),
                 "valueLists A:V(1.0)"));
  const std::string flow =
      "<s:Dataflows><s:Dataflow id='F' agencyID='A'><s:Structure><URN>urn:sdmx:org.sdmx.infomodel."
      "datastructure.DataStructure=A:D(1.0)</URN></s:Structure></s:Dataflow></s:Dataflows>";
  CHECK(left_out(read(ml(flow)), "dataflow A:F(1.0)"));
  CHECK(read(ml(flow), Model(), "igc").set.dataflows_size() == 1);
  const std::string stub =
      "<s:Codelists><s:Codelist id='CL' agencyID='A' isExternalReference='true'/>"
      "</s:Codelists>";
  CHECK(left_out(read(ml(stub)), "codelist A:CL(1.0)"));
}

TEST_CASE("of several versions the newest counts, and none older than what is there",
          "[statistics][structures]") {
  const auto list = [](const std::string& version) {
    return "<s:Codelist id='CL' agencyID='A' version='" + version + "'><s:Code id='V" +
           std::to_string(version.size()) + "'/></s:Codelist>";
  };
  const Assembled two = read(ml("<s:Codelists>" + list("1.9") + list("1.10") + "</s:Codelists>"));
  REQUIRE(two.set.codelists_size() == 1);
  CHECK(two.set.codelists(0).version() == "1.10");
  CHECK(left_out(two, "codelist A:CL(1.9)"));
  const auto model = Model().with(rows_of(two.set));
  const Assembled older = read(ml("<s:Codelists>" + list("1.2") + "</s:Codelists>"), *model);
  CHECK(older.set.codelists_size() == 0);
  CHECK(left_out(older, "codelist A:CL(1.2)"));
}

TEST_CASE("a list that leads back to itself is refused with its line", "[statistics][structures]") {
  const auto found = faults(
      ml("<s:Codelists><s:Codelist id='CL' agencyID='A'>\n"
         "<s:Code id='X'><s:Parent><Ref id='Y'/></s:Parent></s:Code>\n"
         "<s:Code id='Y'><s:Parent><Ref id='X'/></s:Parent></s:Code>\n"
         "<s:Code id='Z'><s:Parent><Ref id='Z'/></s:Parent></s:Code></s:Codelist></s:Codelists>"));
  REQUIRE(found.size() == 3);
  CHECK(found[0].field == "codelists/A.CL.items[0].parent");
  CHECK(found[0].line == 5);
  CHECK(found[2].line == 7);
}

std::string structure_of(const std::string& dimensions) {
  return ml(
      "<s:DataStructures><s:DataStructure id='D' agencyID='A'>"
      "<s:DataStructureComponents><s:DimensionList>\n" +
      dimensions +
      "<s:TimeDimension id='TIME_PERIOD'/></s:DimensionList></s:DataStructureComponents>"
      "</s:DataStructure></s:DataStructures>");
}

TEST_CASE("a structure that refers to itself, or has 200 dimensions, is refused",
          "[statistics][structures]") {
  const auto self = faults(structure_of(
      "<s:Dimension id='X'><s:LocalRepresentation><s:Enumeration><URN>urn:sdmx:org.sdmx.infomodel."
      "datastructure.DataStructure=A:D(1.0)</URN></s:Enumeration></s:LocalRepresentation>"
      "</s:Dimension>\n"));
  CHECK(std::any_of(self.begin(), self.end(), [](const Violation& one) {
    return one.field == "data-structures/A.D.dimensions[0].codelist" && one.line == 5;
  }));
  std::string many;
  for (int i = 0; i < 200; ++i) many += "<s:Dimension id='D" + std::to_string(i) + "'/>";
  const auto found = faults(structure_of(many));
  CHECK(std::any_of(found.begin(), found.end(), [](const Violation& one) {
    return one.field == "data-structures/A.D.dimensions" && one.line == 4;
  }));
}

TEST_CASE("attributes keep what they are attached to", "[statistics][structures]") {
  const std::string text =
      R"({"data":{"dataStructures":[{"id":"D","agencyID":"A","dataStructureComponents":{
      "dimensionList":{"dimensions":[{"id":"FREQ","conceptIdentity":"urn:x.Concept=A:C(1.0).FREQ"}],
        "timeDimension":{"id":"TIME_PERIOD","conceptIdentity":"urn:x.Concept=A:C(1.0).TIME"}},
      "groups":[{"id":"G","groupDimensions":["FREQ"]}],
      "attributeList":{"attributes":[
        {"id":"S","attributeRelationship":{"dimensions":["FREQ"]}},
        {"id":"P","attributeRelationship":{"group":"G"},"usage":"mandatory"},
        {"id":"N","attributeRelationship":{"dataflow":{}}},
        {"id":"O","attributeRelationship":{"observation":{}},
         "conceptIdentity":"urn:x.Concept=B:OTHER(1.0).O"}]},
      "measureList":{"measures":[{"id":"OBS_VALUE"},{"id":"SECOND"}]}}}]}})";
  const Assembled assembled = read(text);
  REQUIRE(assembled.set.data_structures_size() == 1);
  const v1::DataStructure& structure = assembled.set.data_structures(0);
  CHECK(structure.concept_scheme() == "concept-schemes/A.C");
  CHECK(structure.time_concept() == "TIME");
  CHECK(structure.attributes(0).attachment() == v1::Attribute::SERIES);
  CHECK(structure.attributes(1).group() == "G");
  CHECK(structure.attributes(1).mandatory());
  CHECK(structure.attributes(2).attachment() == v1::Attribute::DATASET);
  CHECK(structure.attributes(3).concept_id() == "concept-schemes/B.OTHER/concepts/O");
  CHECK(left_out(assembled, "measure SECOND"));
}

TEST_CASE("what is broken is refused where it breaks", "[statistics][structures]") {
  CHECK(refusal("").rule == "is empty");
  CHECK(refusal("hello").rule.find("neither") != std::string::npos);
  const std::string whole = ml(codes);
  const Violation cut = refusal(whole.substr(0, whole.size() - 40));
  CHECK(cut.line == 8);
  CHECK(refusal("<a xmlns='http://www.sdmx.org/resources/sdmxml/schemas/v2_0/message'/>")
            .rule.find("2.0") != std::string::npos);
  CHECK(refusal("{\"data\":{\"codelists\":[\n{\"id\":\"X\"").line == 2);
  CHECK(refusal("{\"data\":{\"codelists\":[\n{\"id\":\"X\"}]}}}").line == 2);
  const Violation laughs = refusal(
      "<!DOCTYPE lolz [<!ENTITY lol \"lol\">\n<!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">]>\n"
      "<lolz>&lol2;</lolz>");
  CHECK(laughs.line > 0);
}

TEST_CASE("what is huge is refused before it fills the memory", "[statistics][structures]") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  CHECK_FALSE(read_structure_message(deep).ok());
  CHECK_FALSE(read_structure_message("{\"a\":" + std::string(100'000, '[')).ok());
  std::string many = "{\"a\":[0";
  while (many.size() < limits::structure_message_bytes_max - 16) many += ",0";
  CHECK(refusal(many + "]}").rule.find("too many") != std::string::npos);
  CHECK(refusal("<a>" + std::string(limits::structure_message_bytes_max, 'x') + "</a>")
            .rule.find("longer than") != std::string::npos);
}

TEST_CASE("a provision agreement becomes its party's, for the areas of its constraint",
          "[statistics][structures]") {
  const std::string flow =
      "<s:Dataflows><s:Dataflow id='F' agencyID='A'><s:Structure><URN>urn:sdmx:org.sdmx.infomodel."
      "datastructure.DataStructure=A:D(1.0)</URN></s:Structure></s:Dataflow></s:Dataflows>";
  const std::string agreement =
      "<s:ProvisionAgreements><s:ProvisionAgreement id='F_SWE' agencyID='A'><s:StructureUsage>"
      "<URN>urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=A:F(1.0)</URN></s:StructureUsage>"
      "<s:DataProvider><Ref id='SWE' maintainableParentID='DATA_PROVIDERS' "
      "maintainableParentVersion='1.0' agencyID='A'/></s:DataProvider></s:ProvisionAgreement>"
      "</s:ProvisionAgreements>";
  const std::string areas =
      "<s:Constraints><s:ContentConstraint id='C' agencyID='A' type='Allowed'>"
      "<s:ConstraintAttachment><s:ProvisionAgreement><Ref id='F_SWE' agencyID='A' version='1.0' "
      "class='ProvisionAgreement'/></s:ProvisionAgreement></s:ConstraintAttachment>"
      "<s:CubeRegion include='true'><c:KeyValue id='REF_AREA'><c:Value>SWE</c:Value>"
      "<c:Value>ALA</c:Value></c:KeyValue></s:CubeRegion></s:ContentConstraint></s:Constraints>";
  const Assembled own = read(ml(flow + agreement), Model(), "igc");
  REQUIRE(own.set.provisions_size() == 1);
  CHECK(own.set.provisions(0).name() == "dataflows/A.F/provisions/SWE");
  CHECK(own.set.provisions(0).party() == "parties/SWE");
  CHECK(own.set.provisions(0).reference_areas(0) == "SWE");
  const Assembled two = read(ml(flow + areas + agreement), Model(), "igc");
  CHECK(two.set.provisions(0).reference_areas_size() == 2);
}

}  // namespace
}  // namespace entente::statistics
