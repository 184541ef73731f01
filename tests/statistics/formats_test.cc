// Readers of messages: what they make of a file, however it is cut, and what they refuse.
#include <catch2/catch.hpp>

#include "proto/formats/sdmx_json_reader.h"
#include "proto/formats/sdmx_ml_reader.h"
#include "tests/statistics/rows.h"

namespace entente::statistics {
namespace {

using testing::asylum_shape;
using testing::Found;
using testing::read_with;
using Lines = std::vector<std::string>;

template <typename MessageReader>
Found read(const std::string& file, std::size_t piece = 1 << 20) {
  return read_with<MessageReader>(asylum_shape(), file, piece);
}

const std::string kMl21 = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";

std::string ml(const std::string& root, const std::string& header, const std::string& rest) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>
<m:)" + root +
         " xmlns:m=\"" + kMl21 + "message\" xmlns:g=\"" + kMl21 + "data/generic\" xmlns:c=\"" +
         kMl21 + "common\" xmlns:ss=\"" + kMl21 + R"(data/structurespecific"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><m:Header><m:ID>x</m:ID>
<m:Sender id="SWE"/><m:Structure structureID="S" dimensionAtObservation=")" +
         header + R"("><c:StructureUsage><Ref agencyID="IGC" id="ASYLUM" version="1.0"/>
</c:StructureUsage></m:Structure></m:Header>
)" + rest +
         "</m:" + root + ">\n";
}

const std::string kGeneric = ml("GenericData", "TIME_PERIOD",
                                R"(<m:DataSet structureRef="S" action="Replace">
<g:Group type="Sibling"><g:GroupKey><g:Value id="CITIZEN" value="AFG"/></g:GroupKey>
<g:Attributes><g:Value id="NOTE" value="by group"/></g:Attributes></g:Group>
<g:Series><g:SeriesKey><g:Value id="FREQ" value="A"/><g:Value id="REF_AREA" value="SWE"/>
<g:Value id="CITIZEN" value="AFG"/></g:SeriesKey>
<g:Attributes><g:Value id="CONF_STATUS" value="F"/></g:Attributes>
<g:Obs><g:ObsDimension value="2015"/><g:ObsValue value="41281"/>
<g:Attributes><g:Value id="OBS_STATUS" value="A"/></g:Attributes></g:Obs>
<g:Obs><g:ObsDimension value="2016"/><g:ObsValue value="2144"/>
<g:Attributes><g:Value id="CONF_STATUS" value="C"/></g:Attributes></g:Obs></g:Series>
</m:DataSet>)");
const Lines kRows = {"A,SWE,AFG,2015,41281,A,F,by group,R", "A,SWE,AFG,2016,2144,,C,by group,R"};

TEST_CASE("generic data come with what holds for series and groups", "[statistics][sdmx-ml]") {
  for (const std::size_t piece : {1UL, 7UL, 1UL << 20}) {
    const Found found = read<SdmxMlReader>(kGeneric, piece);
    CHECK(found.refusal.empty());
    CHECK(found.rows == kRows);
    CHECK(found.told == Lines{"sent by SWE", "of dataflow IGC:ASYLUM(1.0)"});
    CHECK(found.lines == std::vector<std::uint64_t>{12, 14});
  }
}

TEST_CASE("generic data need no series, nor the time at the observation", "[statistics][sdmx-ml]") {
  const std::string flat = ml("GenericData", "AllDimensions", R"(<m:DataSet structureRef="S">
<g:Obs><g:ObsKey><g:Value id="FREQ" value="A"/><g:Value id="REF_AREA" value="SWE"/>
<g:Value id="CITIZEN" value="ERI"/><g:Value id="TIME_PERIOD" value="2015"/></g:ObsKey>
<g:ObsValue value="7"/></g:Obs></m:DataSet>)");
  CHECK(read<SdmxMlReader>(flat).rows == Lines{"A,SWE,ERI,2015,7,,,,I"});
  const std::string across = ml("GenericData", "CITIZEN", R"(<m:DataSet structureRef="S">
<g:Series><g:SeriesKey><g:Value id="FREQ" value="A"/><g:Value id="REF_AREA" value="SWE"/>
<g:Value id="TIME_PERIOD" value="2015"/></g:SeriesKey>
<g:Obs><g:ObsDimension value="ERI"/><g:ObsValue value="7"/></g:Obs>
<g:Obs><g:ObsDimension value="SYR"/><g:ObsValue value="8"/></g:Obs></g:Series></m:DataSet>)");
  CHECK(read<SdmxMlReader>(across).rows == Lines{"A,SWE,ERI,2015,7,,,,I", "A,SWE,SYR,2015,8,,,,I"});
}

TEST_CASE("what holds for a series or a data set is never lost behind its figures",
          "[statistics][sdmx-ml]") {
  const std::string key = R"(<g:SeriesKey><g:Value id="FREQ" value="A"/>
<g:Value id="REF_AREA" value="SWE"/><g:Value id="CITIZEN" value="AFG"/></g:SeriesKey>)";
  const std::string confidential =
      R"(<g:Attributes><g:Value id="CONF_STATUS" value="C"/></g:Attributes>)";
  const std::string figure =
      R"(<g:Obs><g:ObsDimension value="2015"/><g:ObsValue value="7"/></g:Obs>)";
  const auto generic = [](const std::string& rest) {
    return read<SdmxMlReader>(ml("GenericData", "TIME_PERIOD",
                                 "<m:DataSet structureRef=\"S\">\n" + rest + "</m:DataSet>"),
                              7);
  };
  const auto series = [](const std::string& rest) { return "<g:Series>" + rest + "</g:Series>\n"; };
  const Lines rows = {"A,SWE,AFG,2015,7,,C,,I"};
  CHECK(generic(series(key + confidential + figure)).rows == rows);
  CHECK(generic(confidential + series(key + figure)).rows == rows);
  const Found late = generic(series(key + figure + confidential));
  CHECK(late.refusal.find("before the first `Obs`") != std::string::npos);
  CHECK(late.where.line == 8);
  CHECK(late.where.column > 100);
  // A series begins anew, a data set's figures stay behind it.
  CHECK(generic(series(key + figure) + series(key + confidential + figure)).refusal.empty());
  CHECK(generic(series(key + figure) + confidential)
            .refusal.find("before the first `Series` or `Obs`") != std::string::npos);
  CHECK_FALSE(generic(series(figure + key)).refusal.empty());
  const auto specific = [](const std::string& rest) {
    return read<SdmxMlReader>(
        ml("StructureSpecificData", "TIME_PERIOD",
           "<m:DataSet ss:structureRef=\"S\"><Series FREQ=\"A\" REF_AREA=\"SWE\" CITIZEN=\"AFG\">" +
               rest + "</m:DataSet>"));
  };
  const std::string obs = R"(<Obs TIME_PERIOD="2015" OBS_VALUE="7"/>)";
  const std::string component = R"(<Comp id="CONF_STATUS"><Value>C</Value></Comp>)";
  CHECK(specific(component + obs + "</Series>").rows == rows);
  CHECK_FALSE(specific(obs + component + "</Series>").refusal.empty());
  CHECK_FALSE(specific(obs + "</Series><Atts CONF_STATUS=\"C\"/>").refusal.empty());
}

TEST_CASE("several values of one component are one text, and what is no text is refused",
          "[statistics][sdmx-ml]") {
  const auto with = [](const std::string& component) {
    return read<SdmxMlReader>(
        ml("StructureSpecificData", "TIME_PERIOD",
           "<m:DataSet ss:structureRef=\"S\"><Series FREQ=\"A\" REF_AREA=\"SWE\" CITIZEN=\"AFG\">" +
               component + R"(<Obs TIME_PERIOD="2015" OBS_VALUE="7"/></Series></m:DataSet>)"),
        7);
  };
  const auto note = [](const std::string& values) {
    return "<Comp id=\"NOTE\">" + values + "</Comp>";
  };
  CHECK(with(note("<Value>one</Value><Value>other</Value>")).rows ==
        Lines{"A,SWE,AFG,2015,7,,,one; other,I"});
  CHECK(
      with(note("<Value>one</Value>") + "<Comp id=\"CONF_STATUS\"><Value>C</Value></Comp>").rows ==
      Lines{"A,SWE,AFG,2015,7,,C,one,I"});
  CHECK(with(note("")).rows == Lines{"A,SWE,AFG,2015,7,,,,I"});
  const Found tagged = with(note("\n<Value><Text lang=\"en\">one</Text></Value>"));
  CHECK(tagged.refusal.find("the `Value` of `NOTE` has elements inside") != std::string::npos);
  CHECK(tagged.where.line == 7);
}

TEST_CASE("a header behind the figures is refused, and not read without it",
          "[statistics][sdmx-ml]") {
  const auto message = [](const std::string& before, const std::string& behind) {
    const std::string header = "<m:Header><m:DataSetAction>Delete</m:DataSetAction></m:Header>\n";
    std::string file = ml("StructureSpecificData", "TIME_PERIOD",
                          R"(<m:DataSet ss:structureRef="S"><Obs FREQ="A" REF_AREA="SWE"
CITIZEN="AFG" TIME_PERIOD="2015" OBS_VALUE="7"/></m:DataSet>
)");
    if (!before.empty()) file.insert(file.find("<m:DataSet "), header);
    if (!behind.empty()) file.insert(file.rfind("</"), header);
    return read<SdmxMlReader>(file, 7);
  };
  CHECK(message("", "").refusal.empty());
  CHECK(message("before", "").rows == Lines{"A,SWE,AFG,2015,7,,,,D"});
  const Found late = message("", "behind");
  CHECK(late.refusal.find("put it before the first `DataSet`") != std::string::npos);
  CHECK(late.where.line == 8);
}

TEST_CASE("structure-specific data are read in 2.1 and 3.0", "[statistics][sdmx-ml]") {
  std::string file = ml("StructureSpecificData", "TIME_PERIOD",
                        R"(<m:DataSet ss:structureRef="S" xsi:type="x:DataSetType" action="Delete">
<Group xsi:type="x:Sibling" CITIZEN="AFG" NOTE="by group"/>
<Series FREQ="A" REF_AREA="SWE" CITIZEN="AFG" CONF_STATUS="F">
<Obs TIME_PERIOD="2015" OBS_VALUE="41281" OBS_STATUS="A"/></Series>
<Series FREQ="A" REF_AREA="SWE" CITIZEN="ERI"><Obs TIME_PERIOD="2015" OBS_VALUE="7">
<Comp id="NOTE"><Value>own</Value></Comp></Obs></Series></m:DataSet>)");
  const Lines rows = {"A,SWE,AFG,2015,41281,A,F,by group,D", "A,SWE,ERI,2015,7,,,own,D"};
  CHECK(read<SdmxMlReader>(file, 3).rows == rows);
  for (std::size_t at; (at = file.find("v2_1")) != std::string::npos;) file.replace(at, 4, "v3_0");
  CHECK(read<SdmxMlReader>(file).rows == rows);
}

TEST_CASE("what Atts says holds for the keys that it names, and for no others",
          "[statistics][sdmx-ml]") {
  const auto rows = [](const std::string& attributes) {
    return read<SdmxMlReader>(ml("StructureSpecificData", "TIME_PERIOD",
                                 "<m:DataSet ss:structureRef=\"S\">" + attributes +
                                     R"(<Series FREQ="A" REF_AREA="SWE" CITIZEN="AFG">
<Obs TIME_PERIOD="2015" OBS_VALUE="7"/></Series><Series FREQ="A" REF_AREA="SWE" CITIZEN="ERI">
<Obs TIME_PERIOD="2015" OBS_VALUE="8"/></Series></m:DataSet>)"))
        .rows;
  };
  CHECK(rows(R"(<Atts CITIZEN="AFG" CONF_STATUS="C"/><Atts CITIZEN="ERI" CONF_STATUS="F"/>)") ==
        Lines{"A,SWE,AFG,2015,7,,C,,I", "A,SWE,ERI,2015,8,,F,,I"});
  // Without a dimension for all, whatever the order; and a component that is no XML attribute.
  CHECK(rows(R"(<Atts CITIZEN="AFG"><Comp id="CONF_STATUS"><Value>C</Value></Comp></Atts>
<Atts CONF_STATUS="F"><Comp id="NOTE"><Value>all</Value></Comp></Atts>)") ==
        Lines{"A,SWE,AFG,2015,7,,C,all,I", "A,SWE,ERI,2015,8,,F,all,I"});
}

TEST_CASE("a name that the structure has not is told once, with its place",
          "[statistics][sdmx-ml]") {
  const Found found = read<SdmxMlReader>(
      ml("StructureSpecificData", "TIME_PERIOD", R"(<m:DataSet ss:structureRef="S">
<Series FREQ="A" REF_AREA="SWE" CITIZEN="AFG" UNIT="P"><Obs TIME_PERIOD="2015"/></Series>
<Series FREQ="A" REF_AREA="SWE" CITIZEN="ERI" UNIT="P"><Obs TIME_PERIOD="2015"/></Series>
</m:DataSet>)"));
  CHECK(found.rows.size() == 2);
  REQUIRE(found.told.size() == 3);
  CHECK(found.told[2] == "no column UNIT at 7:1");
}

TEST_CASE("hostile and broken XML is refused where it stands", "[statistics][sdmx-ml][hostile]") {
  const std::string open = "<?xml version=\"1.0\"?>\n";
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  const std::string long_tag = kGeneric.substr(0, kGeneric.find("<m:DataSet")) + "<m:DataSet a=\"";
  for (const auto& [file, words] : std::vector<std::pair<std::string, std::string>>{
           {"", "not well-formed"},
           {kGeneric.substr(0, 900), "not well-formed"},
           {open + "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">"
                   "<!ENTITY c \"&b;&b;&b;&b;&b;\">]><x>&c;</x>",
            "document type"},
           {open + "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>", "document type"},
           {open + "<x>&other;</x>", "no SDMX message"},
           {open + "<x xmlns=\"" + kMl21 + "message\"/>", "which has no figures"},
           {open + "<GenericData xmlns=\"http://www.SDMX.org/resources/SDMXML/schemas/v2_0/"
                   "message\"/>",
            "2.1, 3.0 and 3.1"},
           {ml("GenericData", "TIME_PERIOD", ""), "no data set"},
           {ml("GenericData", "TIME_PERIOD", deep), "nested too deep"},
           {long_tag + std::string(400'000, 'x'), "too long"},
           {kGeneric.substr(0, 700) + std::string(1, '\0'), "not well-formed"},
           {kGeneric.substr(0, 700) + "\xe9", "not well-formed"},
           {ml("GenericData", "TIME_PERIOD", "<m:DataSet>&lol;</m:DataSet>"), "entity"}}) {
    for (const std::size_t piece : {11UL, 1UL << 20}) {
      CAPTURE(words, file.substr(0, 60));
      const Found found = read<SdmxMlReader>(file, piece);
      CHECK(found.refusal.find(words) != std::string::npos);
      CHECK((found.where.line != 0 || words == "no data set"));
    }
  }
  // A file in another encoding that says so is read.
  std::string latin = kGeneric;
  latin.replace(latin.find("UTF-8"), 5, "ISO-8859-1");
  latin.replace(latin.find("by group"), 8, "b\xe4r");
  CHECK(read<SdmxMlReader>(latin).rows[0] == "A,SWE,AFG,2015,41281,A,F,b\xc3\xa4r,R");
}

TEST_CASE("what stands outside the document's element is refused alike in any cut",
          "[statistics][sdmx-ml][hostile]") {
  const std::string whole = ml("GenericData", "TIME_PERIOD", "<m:DataSet/>");
  for (const auto& [file, words] : std::vector<std::pair<std::string, std::string>>{
           {whole + "ctureS\" NOTE=\"n\"/>", "after the end of the document"},
           {whole + "<a/>", "after the end of the document"},
           {whole + "&lt;", "after the end of the document"},
           {"ctureS\" NOTE" + whole, "before the first element"},
           {"  ]]>" + whole, "before the first element"}}) {
    const std::string refusal = read<SdmxMlReader>(file).refusal;
    CHECK(refusal.find(words) != std::string::npos);
    for (std::size_t piece = 1; piece < 32; ++piece) {
      CAPTURE(words, piece);
      CHECK(read<SdmxMlReader>(file, piece).refusal == refusal);
    }
  }
}

const std::string kStructure = R"j("structure": {"links": [{"rel": "dataflow",
"urn": "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=IGC:ASYLUM(1.0)"}],
"dimensions": {"dataSet": [{"id": "FREQ", "values": [{"id": "A", "name": "Annual"}]}],
"series": [{"id": "REF_AREA", "values": [{"name": "Sweden", "id": "SWE"}]},
{"id": "CITIZEN", "values": [{"id": "AFG"}, {"id": "ERI"}]}],
"observation": [{"id": "TIME_PERIOD", "values": [{"id": "2015"}, {"id": "2016"}]}]},
"attributes": {"dataSet": [], "series": [{"id": "CONF_STATUS", "values": [{"id": "F"},
{"id": "C"}]}], "observation": [{"id": "OBS_STATUS", "values": [null, {"id": "A"}]},
{"id": "NOTE", "values": []}]}, "annotations": [{"title": "by hand"}]})j";
const std::string kDataSets = R"j("dataSets": [{"action": "Replace", "series": {
"0:0": {"attributes": [0], "observations": {"0": [41281, 1, null], "1": [2.144e3, 0, "own"]}},
"0:1": {"attributes": [1], "observations": {"0": [null], "1": ["NaN", 1, ["a", "b"], 0]}}}}])j";
const Lines kJsonRows = {"A,SWE,AFG,2015,41281,A,F,,R", "A,SWE,AFG,2016,2.144e3,,F,own,R",
                         "A,SWE,ERI,2015,,,C,,R", "A,SWE,ERI,2016,NaN,A,C,a; b,R"};

TEST_CASE("SDMX-JSON is read, with its structure before its figures or behind them",
          "[statistics][sdmx-json]") {
  for (const std::string& file : {"{\"meta\": {\"sender\": {\"id\": \"SWE\"}}, \"data\": {" +
                                      kStructure + ", " + kDataSets + "}}",
                                  "{\"data\": {" + kDataSets + ", " + kStructure +
                                      "}, \"meta\": {\"sender\": {\"id\": \"SWE\"}}}",
                                  "\xef\xbb\xbf{\"header\": {\"sender\": {\"id\": \"SWE\"}}, " +
                                      kDataSets + ", " + kStructure + "}"}) {
    for (const std::size_t piece : {1UL, 5UL, 1UL << 20}) {
      const Found found = read<SdmxJsonReader>(file, piece);
      CHECK(found.refusal.empty());
      CHECK(found.rows == kJsonRows);
      CHECK(found.told.size() == 2);
    }
  }
}

TEST_CASE("attributes of SDMX-JSON are never lost behind the figures that they hold for",
          "[statistics][sdmx-json]") {
  std::string structure = kStructure;
  structure.replace(structure.find("\"dataSet\": []"), 13,
                    R"("dataSet": [{"id": "NOTE", "values": []}])");
  const auto message = [&](const std::string& set) {
    return read<SdmxJsonReader>("{\"data\": {" + structure + ",\n\"dataSets\": [{" + set + "}]}}",
                                7);
  };
  const std::string series =
      R"("series": {"0:0": {"attributes": [1], "observations": {"0": [7]}}})";
  CHECK(message(R"("attributes": ["all"], )" + series).rows == Lines{"A,SWE,AFG,2015,7,,C,all,I"});
  const Found late = message(
      R"("series": {"0:0": {"attributes": [0], "observations": {"0": [7]}},
"0:1": {"observations": {"0": [8], "1": [9]}, "attributes": [1]}})");
  CHECK(late.refusal.find("put them before `observations`") != std::string::npos);
  CHECK(late.where.line == 11);
  CHECK(late.where.column == 62);
  CHECK(message(series + R"(, "attributes": ["all"])")
            .refusal.find("put them before `series` and `observations`") != std::string::npos);
  // What says nothing is missed by nobody.
  CHECK(message(series + R"(, "attributes": [null])").refusal.empty());
  CHECK(message(R"("series": {"0:0": {"observations": {}, "attributes": [1]}})").refusal.empty());
  // A text by languages is a value like another.
  CHECK_FALSE(message(series + R"(, "attributes": [{"en": "all"}])").refusal.empty());
}

TEST_CASE("a data set of SDMX-JSON has its figures in series or by themselves, never in both",
          "[statistics][sdmx-json]") {
  const auto message = [](const std::string& sets) {
    return read<SdmxJsonReader>("{\"data\": {" + kStructure + ",\n\"dataSets\": [" + sets + "]}}",
                                7);
  };
  const std::string series = R"("series": {"0:0": {"observations": {"0": [7]}}})";
  const std::string flat = R"("observations": {"1": [8]})";
  for (const std::string& both : {series + ",\n" + flat, flat + ",\n" + series}) {
    const Found found = message("{" + both + "}");
    CHECK(found.refusal.find("put them all in the one or the other") != std::string::npos);
    CHECK(found.where.line == 11);
  }
  // One that is empty is nothing; and each data set is by itself.
  CHECK(message("{" + series + R"(, "observations": {}})").refusal.empty());
  CHECK(message(R"({"series": {}, )" + flat + "}, {" + series + "}").refusal.empty());
}

TEST_CASE("an attribute's default holds where nothing else is given", "[statistics][sdmx-json]") {
  const auto message = [](const std::string& confidentiality, const std::string& status,
                          const std::string& sets) {
    std::string structure = kStructure;
    structure.insert(structure.find("\"CONF_STATUS\"") + 13, confidentiality);
    structure.insert(structure.find("\"OBS_STATUS\"") + 12, status);
    return read<SdmxJsonReader>("{\"data\": {" + structure + ",\n\"dataSets\": [" + sets + "]}}",
                                7);
  };
  const std::string c = R"(, "default": "C")";
  const std::string a = R"(, "default": "A")";
  // Left out, null, an index to nothing, or an empty text: none of them is a value.
  CHECK(message(c, a, R"({"series": {"0:0": {"observations": {"0": [7], "1": [8, null]}},
"0:1": {"attributes": [null], "observations": {"0": [9, 0], "1": [10, "E"]}}}})")
            .rows == Lines{"A,SWE,AFG,2015,7,A,C,,I", "A,SWE,AFG,2016,8,A,C,,I",
                           "A,SWE,ERI,2015,9,A,C,,I", "A,SWE,ERI,2016,10,E,C,,I"});
  CHECK(message(c, a, R"({"series": {"0:0": {"attributes": [""], "observations": {"0": [7]}},
"0:1": {"attributes": [0], "observations": {"0": [9]}}}})")
            .rows == Lines{"A,SWE,AFG,2015,7,A,C,,I", "A,SWE,ERI,2015,9,A,F,,I"});
  // What is deleted has no attributes; null is no default.
  CHECK(message(c, R"(, "default": null)",
                R"({"action": "Delete", "series": {"0:0": {"observations": {"0": []}}}},
{"series": {"0:0": {"observations": {"0": [7]}}}})")
            .rows == Lines{"A,SWE,AFG,2015,,,,,D", "A,SWE,AFG,2015,7,,C,,I"});
  // A default that could be read in two ways is not read at all.
  const std::string one = R"({"series": {"0:0": {"observations": {"0": [7]}}}})";
  CHECK(message(R"(, "default": 1)", a, one).refusal.find("must be a text") != std::string::npos);
  CHECK(message(R"(, "default": {"en": "C"})", a, one).refusal.find("must be a text") !=
        std::string::npos);
  const Found twice = message(c, R"(}, {"id": "CONF_STATUS")", one);
  CHECK(twice.refusal.find("`CONF_STATUS` has a `default` and stands more than once") !=
        std::string::npos);
  CHECK(twice.where.line == 7);
  // Of an attribute that the dataflow has not a default is told as a value would be.
  CHECK(message("", R"(}, {"id": "CONF_STAT", "default": "C")", one)
            .told.back()
            .find("no column CONF_STAT") == 0);
}

TEST_CASE("SDMX-JSON 2 has measures, groups, several structures, and keys without series",
          "[statistics][sdmx-json]") {
  std::string structure = kStructure.substr(kStructure.find('{'));
  const std::size_t end = structure.rfind('}');
  structure.insert(end, R"(, "measures": {"observation": [{"id": "OBS_VALUE"}]})");
  structure.replace(structure.find("\"dataSet\": []"), 13, R"("dimensionGroup": [{"id": "NOTE"}])");
  structure.replace(structure.find("\"id\": \"NOTE\", \"values\""), 12, "\"id\": \"OBS_STATUS\"");
  const std::string file = "{\"data\": {\"structures\": [" + structure + R"(], "dataSets": [
{"structure": 0, "action": "Merge", "dimensionGroupAttributes": {":~:1:": [{"en": "by group"}]},
"series": {"0:0": {"observations": {"0": [5]}}, "0:1": {"observations": {"1": [6, 1]}}}},
{"structure": 0, "action": "Delete", "series": {"0:0": {"observations": {"1": []}}}}]}})";
  CHECK(read<SdmxJsonReader>(file, 3).rows ==
        Lines{"A,SWE,AFG,2015,5,,,,M", "A,SWE,ERI,2016,6,A,,by group,M", "A,SWE,AFG,2016,,,,,D"});
}

TEST_CASE("hostile and broken JSON is refused where it stands",
          "[statistics][sdmx-json][hostile]") {
  const std::string whole = "{\"data\": {" + kStructure + ", " + kDataSets + "}}";
  const std::string keys = "{\"data\": {" + kStructure + ", \"dataSets\": [{\"series\": ";
  for (const auto& [file, words] : std::vector<std::pair<std::string, std::string>>{
           {"", "before it is whole"},
           {whole.substr(0, 500), "before it is whole"},
           {"[1]", "no SDMX message"},
           {"7", "no SDMX message"},
           {"{}", "no data set"},
           {"{\"a\": 1,}", "`}` is not expected"},
           {"{\"a\": 01}", "`01` is no value"},
           {"{\"a\": NaN}", "`NaN` is no value"},
           {"{\"a\" 1}", "`1` is not expected"},
           {whole + "x", "not expected"},
           {std::string("{\"a\0\": 1}", 9), "NUL"},
           {"{\"\\u0000\": 1}", "NUL"},
           {"{\"\\ud800\": 1}", "surrogates"},
           {"{\"\xe9\": 1}", "not UTF-8"},
           {std::string("\xff\xfe{\0\"\0", 6), "UTF-16"},
           {std::string(100, '[') + "x", "no SDMX message"},
           {"{\"a\":" + std::string(100, '[') + "x", "nested too deep"},
           {"{\"" + std::string(100'000, 'x'), "too long"},
           {"{\"data\": {" + kDataSets + "}}", "no structure"},
           {"{\"data\": {" + kStructure + ", " + kStructure + "}}", "twice"},
           {keys + "{\"0:0:0\": {\"observations\": {}}}}]}}", "3 parts, not 2"},
           {keys + "{\"0:7\": {\"observations\": {}}}}]}}",
            "no index into the values of `CITIZEN`"},
           {keys + "{\"0:-1\": {}}}]}}", "no index"},
           {keys + "{\"0:0\": {\"observations\": {\"0\": [1, 9]}}}}]}}", "`9` is no index"},
           {keys + "{\"0:0\": {\"observations\": {\"0\": [1, 0, null, 1]}}}}]}}",
            "no index into its"},
           {keys + "{\"0:0\": {\"observations\": {\"0\": [1, 0, null, \"0\"]}}}}]}}",
            "more values"},
           {keys + "{\"0:0\": {\"observations\": {\"0\": [1, 0, null, [0]]}}}}]}}", "more values"},
           {keys + "{\"0:0\": {\"attributes\": [0, 0]}}}]}}",
            "more values here than the structure"},
           {"{\"data\": {" + kStructure + ", \"dataSets\": [{\"attributes\": [0]}]}}",
            "more values"},
           {keys + "{\"0:0\": {\"observations\": {\"0\": {\"x\": 9}}}}}]}}",
            "an array is expected"},
           {keys + "{\"0:0\": {}}, \"action\": \"Delete\"}]}}", "must stand before"}}) {
    for (const std::size_t piece : {3UL, 1UL << 20}) {
      CAPTURE(words, file.substr(0, 60));
      const Found found = read<SdmxJsonReader>(file, piece);
      CHECK(found.refusal.find(words) != std::string::npos);
    }
  }
  const Found found = read<SdmxJsonReader>("{\n  \"a\": tru }");
  CHECK(found.where.line == 2);
  CHECK(found.where.column == 8);
}

// What an endless file costs: it is refused after a bounded stretch, with nothing kept of it.
template <typename MessageReader>
std::size_t swallowed(const std::string& start, const std::string& more) {
  Found found;
  testing::RowList sink(found);
  MessageReader reader(asylum_shape(), sink);
  REQUIRE(reader.feed(start).ok());
  for (std::size_t bytes = 0; bytes < (1ULL << 30); bytes += more.size()) {
    if (!reader.feed(more).ok()) return bytes;
  }
  return SIZE_MAX;
}

TEST_CASE("a file without end is refused within what is held of it", "[statistics][hostile]") {
  const std::string xml = kGeneric.substr(0, kGeneric.find("<m:DataSet"));
  const std::string blanks(10'000, 'x');
  CHECK(swallowed<SdmxMlReader>(xml + "<m:DataSet a=\"", blanks) < 1'000'000);
  CHECK(swallowed<SdmxMlReader>(xml + "<!--", blanks) < 1'000'000);
  CHECK(swallowed<SdmxJsonReader>("{\"data\": \"", blanks) < 1'000'000);
  CHECK(swallowed<SdmxJsonReader>("{\"dataSets\": [", "{\"observations\": {\"0:0:0:0\": [1]}},") <
        2 * limits::upload_held_bytes_max);
  CHECK(swallowed<SdmxJsonReader>(
            "{\"structure\": {\"dimensions\": {\"series\": [{\"id\": \"A\", \"values\": [",
            "{\"id\": \"SOMETHING\"},") < 2 * limits::upload_held_bytes_max);
  CHECK(
      swallowed<SdmxMlReader>(
          xml + "<m:DataSet>",
          "<g:Group><g:GroupKey><g:Value id=\"CITIZEN\" value=\"AFG\"/></g:GroupKey><g:Attributes>"
          "<g:Value id=\"NOTE\" value=\"x\"/></g:Attributes></g:Group>") < 64'000'000);
}

}  // namespace
}  // namespace entente::statistics
