// Sums by dimensions and levels: against a simple oracle, and what they may not tell.
#include <random>

#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

struct SumWorld : ComparisonWorld {
  SumWorld() {
    // Continents above the countries, and a total above nothing.
    v1::DefineStructuresRequest request;
    v1::Codelist* list = request.mutable_structures()->add_codelists();
    *list = structures().codelists(1);
    for (const char* id : {"AFR", "ASI", "_T"}) add_item(*list, id, id);
    for (v1::Item& item : *list->mutable_items()) {
      if (item.id() == "ERI") item.set_parent("AFR");
      if (item.id() == "AFG" || item.id() == "SYR") item.set_parent("ASI");
    }
    REQUIRE(act(secretariat(), &Service::define_structures, request).ok());
  }
  Result<std::vector<v1::Aggregates::Row>> rows(const policy::Subject& subject,
                                                v1::AggregateRequest request) {
    request.set_dataflow("dataflows/IGC.ASYLUM");
    const auto snapshot = store->snapshot();
    return comparison.aggregate(subject, request, *snapshot);
  }
  // `AFG 2015: 12 of 2, 60 %, +2, #1` each.
  Lines sums(const policy::Subject& subject, const v1::AggregateRequest& request) {
    const auto found = rows(subject, request);
    REQUIRE(found.ok());
    Lines out;
    for (const auto& one : *found) {
      std::string line;
      for (int i = 1; i < one.key_size(); ++i) line += one.key(i) + " ";
      line += one.period() + ": " + one.value() + " of " + std::to_string(one.figures());
      if (!one.share().empty()) line += ", " + one.share() + " %";
      if (!one.previous().absolute().empty()) {
        line += ", " + one.previous().absolute() + " (" + one.previous().percent() + " %)";
      }
      line += ", #" + std::to_string(one.rank());
      if (one.confidential() != 0) line += " !" + std::to_string(one.confidential());
      out.push_back(line);
    }
    return out;
  }
};

v1::AggregateRequest by(const std::vector<std::pair<std::string, std::uint32_t>>& dimensions) {
  v1::AggregateRequest request;
  for (const auto& [id, level] : dimensions) {
    auto* one = request.add_by();
    one->set_dimension(id);
    one->set_level(level);
  }
  return request;
}

TEST_CASE("sums are of visible figures only, and say which must not be published",
          "[statistics][aggregate]") {
  SumWorld world;
  world.bring("SWE", "u1",
              row("A,SWE,AFG,2015,10,A,F") + row("A,SWE,SYR,2015,20.5,A,F") +
                  row("A,SWE,ERI,2015,7,A,C") + row("A,SWE,AFG,2016,12,A,F") +
                  row("A,SWE,SYR,2016,,A,F"));
  world.bring("CHE", "u1", row("A,CHE,AFG,2015,1,A,F"));
  CHECK(world.sums(world.member("NOR"), by({})) ==
        Lines{"2015: 31.5 of 3, 100 %, #1", "2016: 12 of 1, 100 %, -19.5 (-61.9 %), #1"});
  CHECK(world.sums(world.secretariat(), by({})) ==
        Lines{"2015: 38.5 of 4, 100 %, #1 !1", "2016: 12 of 1, 100 %, -26.5 (-68.83 %), #1"});
  CHECK(world.sums(world.member("NOR"), by({{"CITIZEN", 0}})) ==
        Lines{"AFG 2015: 11 of 2, 34.92 %, #2", "AFG 2016: 12 of 1, 100 %, 1 (9.09 %), #1",
              "SYR 2015: 20.5 of 1, 65.08 %, #1"});
  // The change of the first period asked for is on one that was not.
  auto only = by({});
  only.set_start_period("2016");
  CHECK(world.sums(world.member("NOR"), only) ==
        Lines{"2016: 12 of 1, 100 %, -19.5 (-61.9 %), #1"});
  auto top = by({{"CITIZEN", 0}});
  top.set_order(v1::AggregateRequest::RANK);
  top.set_top(1);
  CHECK(world.sums(world.member("NOR"), top) ==
        Lines{"AFG 2016: 12 of 1, 100 %, 1 (9.09 %), #1", "SYR 2015: 20.5 of 1, 65.08 %, #1"});
  CHECK(world.rows(world.observer(), by({})).status().code() == Code::NotFound);
  CHECK(world.rows(world.member("NOR"), by({{"NONE", 0}})).status().code() ==
        Code::InvalidArgument);
  CHECK(world.rows(world.member("NOR"), by({{"FREQ", 0}})).status().code() ==
        Code::InvalidArgument);
}

TEST_CASE("one party's tiny figure does not spoil the sums of all", "[statistics][aggregate]") {
  SumWorld world;
  world.bring("SWE", "u1",
              row("A,SWE,AFG,2015,200000000,A,F") + row("A,SWE,AFG,2016,300000000,A,F"));
  world.bring("CHE", "u1", row("A,CHE,SYR,2015,1e-30,A,F"));
  CHECK(world.sums(world.member("NOR"), by({})) ==
        Lines{"2015: 200000000 of 2, 100 %, #1",
              "2016: 300000000 of 1, 100 %, 100000000 (50 %), #1"});
  CHECK(world.sums(world.member("NOR"), by({{"CITIZEN", 0}})) ==
        Lines{"AFG 2015: 200000000 of 1, 100 %, #1",
              "AFG 2016: 300000000 of 1, 100 %, 100000000 (50 %), #1",
              "SYR 2015: 1e-30 of 1, 0 %, #2"});
}

TEST_CASE("a total stands for its parts, which are not added to it", "[statistics][aggregate]") {
  SumWorld world;
  world.bring(
      "SWE", "u1",
      row("A,SWE,_T,2015,50,A,F") + row("A,SWE,AFG,2015,10,A,F") + row("A,SWE,ERI,2015,20,A,F"));
  world.bring(
      "CHE", "u1",
      row("A,CHE,ASI,2015,8,A,F") + row("A,CHE,SYR,2015,3,A,F") + row("A,CHE,ERI,2015,1,A,F"));
  // Sweden's total counts, Switzerland's continent and its one country of another.
  CHECK(world.sums(world.member("NOR"), by({{"REF_AREA", 0}})) ==
        Lines{"CHE 2015: 9 of 2, 15.25 %, #2", "SWE 2015: 50 of 1, 84.75 %, #1"});
  // By continent: what is no part of one stands at the top by itself; a total has no rank.
  CHECK(world.sums(world.member("NOR"), by({{"CITIZEN", 1}})) ==
        Lines{"AFR 2015: 21 of 2, 42 %, #1", "ASI 2015: 18 of 2, 36 %, #2",
              "_T 2015: 50 of 1, 100 %, #0"});
  CHECK(world.sums(world.member("NOR"), by({{"CITIZEN", 2}})) ==
        Lines{"AFG 2015: 10 of 1, 29.41 %, #2", "ERI 2015: 21 of 2, 61.76 %, #1",
              "SYR 2015: 3 of 1, 8.82 %, #3"});
  // What is hidden covers nothing: who does not see the total gets the sum of the parts that it
  // sees, and not of all of them, for that would be the total.
  world.bring("SWE", "u2", row("A,SWE,_T,2015,51,A,C"));
  CHECK(world.sums(world.member("NOR"), by({})) == Lines{"2015: 29 of 3, 100 %, #1"});
  CHECK(world.sums(world.member("SWE"), by({})) == Lines{"2015: 60 of 3, 100 %, #1 !1"});
}

TEST_CASE("sums are by the levels of a kept hierarchy, too", "[statistics][aggregate]") {
  SumWorld world;
  // Regions of a codelist of their own above the countries, otherwise than the codelist has them.
  v1::DefineStructuresRequest request;
  v1::Codelist* regions = request.mutable_structures()->add_codelists();
  regions->set_name("codelists/IGC.CL_REGION");
  regions->set_version("1.0");
  for (const char* id : {"NEAR", "FAR"}) add_item(*regions, id, id);
  v1::Hierarchy* hierarchy = request.mutable_structures()->add_hierarchies();
  hierarchy->set_name("hierarchies/IGC.REGIONS");
  hierarchy->set_version("1.0");
  const std::string countries = structures().codelists(1).name();
  const auto place = [](v1::Hierarchy& in, const std::string& id, const std::string& list,
                        const std::string& code) {
    auto* one = in.add_places();
    one->set_id(id);
    one->set_codelist(list);
    one->set_code(code);
  };
  place(*hierarchy, "N", regions->name(), "NEAR");
  place(*hierarchy, "N.S", countries, "SYR");
  place(*hierarchy, "N.E", countries, "ERI");
  place(*hierarchy, "F", regions->name(), "FAR");
  place(*hierarchy, "F.A", countries, "AFG");
  v1::Hierarchy* twice = request.mutable_structures()->add_hierarchies();
  *twice = *hierarchy;
  twice->set_name("hierarchies/IGC.TWICE");
  place(*twice, "F.S", countries, "SYR");
  v1::Hierarchy* other = request.mutable_structures()->add_hierarchies();
  other->set_name("hierarchies/IGC.OTHER");
  other->set_version("1.0");
  place(*other, "N", regions->name(), "NEAR");
  REQUIRE(world.act(world.secretariat(), &Service::define_structures, request).ok());
  world.bring("SWE", "u1", row("A,SWE,AFG,2015,10,A,F") + row("A,SWE,SYR,2015,20,A,F"));
  world.bring("CHE", "u1", row("A,CHE,ERI,2015,30,A,F") + row("A,CHE,_T,2015,100,A,F"));
  const auto named = [](std::uint32_t level, const std::string& name) {
    auto sums = by({{"CITIZEN", level}});
    sums.mutable_by(0)->set_hierarchy("hierarchies/IGC." + name);
    return sums;
  };
  CHECK(world.sums(world.member("NOR"), named(1, "REGIONS")) ==
        Lines{"FAR 2015: 10 of 1, 10 %, #2", "NEAR 2015: 50 of 2, 50 %, #1",
              "_T 2015: 100 of 1, 100 %, #0"});
  CHECK(world.sums(world.member("NOR"), named(2, "REGIONS")) ==
        Lines{"AFG 2015: 10 of 1, 16.67 %, #3", "ERI 2015: 30 of 1, 50 %, #1",
              "SYR 2015: 20 of 1, 33.33 %, #2"});
  // By the codelist's own parents it is otherwise.
  CHECK(world.sums(world.member("NOR"), by({{"CITIZEN", 1}})).front().starts_with("AFR 2015: 30"));
  CHECK(world.rows(world.member("NOR"), named(1, "NONE")).status().code() == Code::NotFound);
  CHECK(world.rows(world.member("NOR"), named(1, "TWICE")).status().code() ==
        Code::InvalidArgument);
  CHECK(world.rows(world.member("NOR"), named(1, "OTHER")).status().code() ==
        Code::InvalidArgument);
}

TEST_CASE("sums agree with a simple oracle over random figures",
          "[statistics][aggregate][property]") {
  std::mt19937 random(20261126);  // NOLINT(cert-msc51-cpp): the same figures each time.
  const std::vector<std::string> origins = {"AFG", "ERI", "SYR"};
  for (int round = 0; round < 6; ++round) {
    SumWorld world;
    std::map<std::string, std::int64_t> all;
    std::map<std::string, std::int64_t> of_origin;
    for (const std::string& party : {std::string("SWE"), std::string("CHE")}) {
      std::string file;
      for (const auto& origin : origins) {
        for (int year = 2010; year < 2014; ++year) {
          if (random() % 4 == 0) continue;
          const auto value = static_cast<std::int64_t>(random() % 2'000) - 500;
          const bool hidden = random() % 5 == 0;
          file += row("A," + party + "," + origin + "," + std::to_string(year) + "," +
                      to_text(canonical(value, -2)) + ",A," + (hidden ? "C" : "F"));
          if (hidden) continue;
          all[std::to_string(year)] += value;
          of_origin[origin + " " + std::to_string(year)] += value;
        }
      }
      if (!file.empty()) world.bring(party, "u1", file);
    }
    const auto compare = [&](const v1::AggregateRequest& request, const auto& wanted) {
      const auto found = world.rows(world.member("NOR"), request);
      REQUIRE(found.ok());
      REQUIRE(found->size() == wanted.size());
      for (const auto& one : *found) {
        const std::string key = (one.key_size() > 1 ? one.key(1) + " " : "") + one.period();
        REQUIRE(wanted.count(key) == 1);
        CHECK(one.value() == to_text(canonical(wanted.at(key), -2)));
      }
    };
    compare(by({}), all);
    compare(by({{"CITIZEN", 0}}), of_origin);
  }
}

TEST_CASE("one page tells all that a process holds on a state", "[statistics][profile]") {
  SumWorld world;
  REQUIRE(world.define_reporting("A", 120, "2014").ok());
  world.bring("SWE", "u1",
              row("A,SWE,AFG,2014,8,A,F") + row("A,SWE,AFG,2015,10,A,F") +
                  row("A,SWE,SYR,2015,30,A,F") + row("A,SWE,ERI,2015,60,A,C"));
  world.bring("CHE", "u1", row("A,CHE,SYR,2015,5,A,F"));
  v1::GetProfileRequest request;
  request.set_process("processes/igc");
  request.set_area("SWE");
  const auto page = world.compare(world.member("NOR"), &ComparisonService::get_profile, request);
  REQUIRE(page.ok());
  REQUIRE(page->sections_size() == 1);
  const auto& own = page->sections(0);
  CHECK(own.role() == v1::Profile::REPORTS);
  CHECK(own.observations() == 3);
  CHECK(own.first_period() == "2014");
  CHECK(own.last_period() == "2015");
  CHECK(own.total().value() == "40");
  CHECK(own.total().previous().absolute() == "32");
  CHECK(own.total().period_age_days() == 3'980);
  CHECK(own.breakdown() == "CITIZEN");
  REQUIRE(own.largest_size() == 2);
  CHECK(own.largest(0).code() == "SYR");
  CHECK(own.largest(0).share() == "75");
  CHECK(own.late() == 10);
  CHECK(own.next_due() == "2027-04-30");
  // Sweden sees what it hides, marked as not for all.
  const auto seen = world.compare(world.member("SWE"), &ComparisonService::get_profile, request);
  CHECK(seen->sections(0).total().value() == "100");
  CHECK(seen->sections(0).total().confidential() == 1);
  request.set_area("SYR");
  const auto origin = world.compare(world.member("NOR"), &ComparisonService::get_profile, request);
  REQUIRE(origin->sections_size() == 1);
  CHECK(origin->sections(0).role() == v1::Profile::REPORTED_ON);
  CHECK(origin->sections(0).total().value() == "35");
  CHECK(origin->sections(0).largest(0).code() == "SWE");
  CHECK(
      world.compare(world.stranger(), &ComparisonService::get_profile, request)->sections_size() ==
      0);
}

}  // namespace
}  // namespace entente::statistics
