// SDMX's own web service, as the tools of the trade ask it.
#include "tests/statistics/rest_world.h"

namespace entente::statistics {
namespace {

using testing::Answered;
using testing::RestWorld;

// Not the one in TIME_PERIOD.
bool names_eritrea(const std::string& body) {
  return body.find("\"ERI\"") != std::string::npos || body.find(",ERI,") != std::string::npos;
}

const std::string kOld = "/sdmx/2.1/data/";
const std::string kNew = "/sdmx/3.0/data/dataflow/IGC/";

TEST_CASE("hidden, absent and empty are one answer, byte for byte", "[statistics][rest]") {
  RestWorld world;
  const auto absent = world.get(world.member("CHE"), kOld + "IGC,NONE/all");
  CHECK(absent.status == 404);
  CHECK(absent.body.find("code=\"100\"") != std::string::npos);
  for (const Answered& other : {world.get(world.observer(), kOld + "IGC,ASYLUM/all"),
                                world.get(world.stranger(), kOld + "IGC,ASYLUM/A.SWE.SYR"),
                                world.get(world.member("CHE"), kOld + "IGC,ASYLUM/A.SWE.ERI"),
                                world.get(world.member("CHE"), kOld + "IGC,ASYLUM/A.SWE.NOR")}) {
    CHECK(other.status == absent.status);
    CHECK(other.body == absent.body);
  }
  for (const Answered& other : {world.get(world.observer(), kNew + "ASYLUM/1.0/*"),
                                world.get(world.member("CHE"), kNew + "NONE/1.0/*"),
                                world.get(world.member("CHE"), kNew + "ASYLUM/1.0/A.SWE.ERI")}) {
    CHECK(other.status == 204);
    CHECK(other.body.empty());
  }
}

TEST_CASE("each version has its default, and each format its words", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  CHECK(world.get(che, kOld + "IGC,ASYLUM/all").type.find("genericdata+xml") != std::string::npos);
  CHECK(world.get(che, kOld + "ASYLUM/all", "", "application/xml").type.find("genericdata+xml") !=
        std::string::npos);
  CHECK(world.get(che, kNew + "ASYLUM/1.0/*").type.find("data+json; version=2.1.0") !=
        std::string::npos);
  CHECK(world.get(che, kOld + "IGC,ASYLUM/all", "", "image/png").status == 406);
  const auto csv = world.get(che, kOld + "IGC,ASYLUM/A.SWE.AFG", "",
                             "application/vnd.sdmx.data+csv;version=1.0.0");
  // Free text that a spreadsheet would compute is made text.
  CHECK(csv.body ==
        "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\r\n"
        "IGC:ASYLUM(1.0),A,SWE,AFG,2015,41281.5,A,F,\"'=1+1 <&> \"\"x\"\"\"\r\n"
        "IGC:ASYLUM(1.0),A,SWE,AFG,2016,,E,F,\r\n");
  const auto xml = world.get(che, kOld + "IGC,ASYLUM/A.SWE.AFG");
  CHECK(xml.body.find("<gen:ObsValue value=\"41281.5\"/>") != std::string::npos);
  CHECK(xml.body.find("=1+1 &lt;&amp;&gt; &quot;x&quot;") != std::string::npos);
  CHECK_FALSE(names_eritrea(xml.body));
}

TEST_CASE("no format names a code whose figures the reader may not see", "[statistics][rest]") {
  RestWorld world;
  for (const char* accept :
       {"application/vnd.sdmx.data+json;version=2.0.0",
        "application/vnd.sdmx.data+json;version=1.0.0",
        "application/vnd.sdmx.data+csv;version=2.0.0", "application/vnd.sdmx.genericdata+xml",
        "application/vnd.sdmx.structurespecificdata+xml"}) {
    CAPTURE(accept);
    const auto che = world.get(world.member("CHE"), kOld + "IGC,ASYLUM/all", "", accept);
    CHECK(che.status == 200);
    CHECK_FALSE(names_eritrea(che.body));
    CHECK(che.body.find("SYR") != std::string::npos);
    const auto swe = world.get(world.member("SWE"), kOld + "IGC,ASYLUM/all", "", accept);
    CHECK(names_eritrea(swe.body));
  }
}

TEST_CASE("keys, periods and components select; what is malformed is told", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto rows = [&](const std::string& path, const std::string& query) {
    const auto answer = world.get(che, path, query, "text/csv");
    return std::count(answer.body.begin(), answer.body.end(), '\n') - 1;
  };
  CHECK(rows(kOld + "IGC,ASYLUM,1.0/A.SWE.AFG+SYR", "") == 3);
  CHECK(rows(kOld + "IGC,ASYLUM/A..", "endPeriod=2015") == 2);
  CHECK(rows(kNew + "ASYLUM/1.0/*", "c%5BCITIZEN%5D=AFG,NOR&c[TIME_PERIOD]=ge:2016") == 1);
  CHECK(rows(kOld + "IGC,ASYLUM/all", "lastNObservations=1") == 2);
  for (const auto& [path, query] : std::vector<std::pair<std::string, std::string>>{
           {kOld + "IGC,ASYLUM/A.SWE", ""},
           {kOld + "IGC,ASYLUM/all", "startPeriod=31-02"},
           {kOld + "IGC,ASYLUM/all", "updatedAfter=x"},
           {kOld + "IGC,ASYLUM/all", "lastNObservations=0"},
           {kOld + "IGC,ASYLUM/all", "startPeriod=%zz"},
           {kOld + "IGC,ASYLUM/all", "dimensionAtObservation=SEX"},
           {"/sdmx/2.1/", ""},
           {kNew + "ASYLUM/1.0/A.SWE.AFG.X", ""},
           {"/sdmx/3.0/data/codelist/IGC/ASYLUM", ""},
           {kNew + "ASYLUM/1.0/*", "c[NONE]=1"}}) {
    CAPTURE(path, query);
    CHECK(world.get(che, path, query).status == 400);
  }
}

TEST_CASE("an answer's name is of all its bytes, however they are cut, and of the keys",
          "[statistics][rest]") {
  const Fingerprint names(std::string(16, 'a'), std::string(16, 'b'));
  std::string body;
  for (int i = 0; i < 70'000; ++i) body += static_cast<char>('0' + i * i % 10);
  const std::string name = names.of(body, "");
  CHECK(name.size() == 32);
  for (const std::size_t cut : {0UL, 1UL, 15UL, 16UL, 17UL, 4'097UL, body.size()}) {
    CHECK(names.of(body.substr(0, cut), body.substr(cut)) == name);
  }
  for (const std::size_t at : {0UL, 15UL, 16UL, 35'000UL, body.size() - 1}) {
    std::string other = body;
    other[at] = static_cast<char>(other[at] ^ 1);
    CHECK(names.of(other, "") != name);
  }
  // Of nothing but zeros, too, whatever their number.
  CHECK(names.of(std::string(16, '\0'), "") != names.of(std::string(32, '\0'), ""));
  CHECK(names.of("", "") != names.of(std::string(1, '\0'), ""));
  CHECK(Fingerprint(std::string(16, 'x'), std::string(16, 'b')).of(body, "") != name);
  CHECK(Fingerprint(std::string(16, 'a'), std::string(16, 'x')).of(body, "") != name);
}

}  // namespace
}  // namespace entente::statistics
