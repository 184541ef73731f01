// Two provisions of one dataflow, each with an audience of its own: to a reader of the one the
// other is, in every door, what it is in a world without it.
#include "tests/statistics/doors_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

// Sweden's provision for Norway's eyes, Switzerland's for Finland's; or only one of them.
v1::StructureSet with_provisions(const std::string& parties) {
  v1::StructureSet set = structures();
  google::protobuf::RepeatedPtrField<v1::Provision> kept;
  for (v1::Provision& one : *set.mutable_provisions()) {
    const std::string party = one.party().substr(8);
    if (parties.find(party) == std::string::npos) continue;
    one.mutable_audience()->add_any_of(party == "SWE" ? "party/NOR" : "party/FIN");
    *one.add_notes() = note("COVERAGE", "of " + party);
    *kept.Add() = std::move(one);
  }
  set.mutable_provisions()->Swap(&kept);
  for (v1::Dataflow& flow : *set.mutable_dataflows()) {
    flow.mutable_reporting()->set_frequency("A");
    flow.mutable_reporting()->set_due_days(120);
    flow.mutable_reporting()->set_since("2023");
  }
  return set;
}

// Each party's figures, if it has a provision; otherwise as much time passes.
struct TwoProvisions : DoorsWorld {
  explicit TwoProvisions(const std::string& parties, bool is_reciprocal = false)
      : DoorsWorld(reciprocal(with_provisions(parties), is_reciprocal)) {
    for (const std::string party : {"SWE", "CHE"}) {
      if (parties.find(party) == std::string::npos) {
        clock.pass(std::chrono::seconds(30));
        continue;
      }
      bring(party, "u1",
            row("A," + party + ",AFG,2023,5,A,F") + row("A," + party + ",SYR,2024,6,A,F"));
      bring(party, "u2", row("A," + party + ",ERI,2025,7,A,F"));
      bring(party, "u3", row("A," + party + ",AFG,2023,,,"), v1::DELETE);
    }
  }
  static v1::StructureSet reciprocal(v1::StructureSet set, bool is_reciprocal) {
    for (v1::Dataflow& flow : *set.mutable_dataflows()) {
      if (is_reciprocal) flow.mutable_reciprocity()->set_grace_days(30);
    }
    return set;
  }
};

void check_alike(const std::map<std::string, std::string>& one,
                 const std::map<std::string, std::string>& other) {
  REQUIRE(one.size() == other.size());
  CHECK(one.size() > 150);
  for (const auto& [what, said] : one) {
    INFO(what);
    CHECK(said == other.at(what));
  }
}

TEST_CASE("of two provisions that are for different eyes each is absent to the other's readers",
          "[statistics][twins]") {
  for (const bool is_reciprocal : {false, true}) {
    TwoProvisions both("SWE CHE", is_reciprocal);
    TwoProvisions only_swe("SWE", is_reciprocal);
    TwoProvisions only_che("CHE", is_reciprocal);
    for (const std::string party : {"NOR", "SWE"}) {
      INFO(party);
      check_alike(both.doors(both.member(party)), only_swe.doors(only_swe.member(party)));
    }
    for (const std::string party : {"FIN", "CHE"}) {
      INFO(party);
      check_alike(both.doors(both.member(party)), only_che.doors(only_che.member(party)));
    }
    // Of a third it is neither's, and what the secretariat sees is more.
    TwoProvisions none("", is_reciprocal);
    check_alike(both.doors(both.member("AUS")), none.doors(none.member("AUS")));
    CHECK(both.doors(both.secretariat()) != only_che.doors(only_che.secretariat()));
    CHECK(both.doors(both.member("NOR")) != none.doors(none.member("NOR")));
  }
}

TEST_CASE("what is wrong with structures upon a hidden dataflow is not told, as if it never was",
          "[statistics][twins]") {
  StatisticsWorld world;
  const auto said = [&](const std::string& flow, const auto& change) {
    v1::DefineStructuresRequest request;
    change(*request.mutable_structures(), flow);
    const auto transaction = world.store->begin();
    const auto reply = world.service.define_structures(world.stranger(), request, *transaction);
    REQUIRE_FALSE(reply.ok());
    std::string text = fault_text(reply.status());
    for (std::size_t at; (at = text.find(flow)) != std::string::npos;) text.erase(at, flow.size());
    return text;
  };
  const auto provision = [](const std::string& area) {
    return [area](v1::StructureSet& set, const std::string& flow) {
      v1::Provision* one = set.add_provisions();
      one->set_name("dataflows/" + flow + "/provisions/USA");
      one->set_party("parties/USA");
      one->add_reference_areas(area);
    };
  };
  const auto dataflow = [](const std::string& structure, const std::string& by) {
    return [=](v1::StructureSet& set, const std::string& flow) {
      v1::Dataflow* one = set.add_dataflows();
      one->set_name("dataflows/" + flow);
      one->set_version("1.0");
      one->set_process("processes/igc");
      one->set_data_structure(structure);
      one->mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
      if (!by.empty()) one->mutable_denominator()->set_dataflow(by);
    };
  };
  const std::string known = "data-structures/ENTENTE.ASYLUM";
  for (const auto& change : std::vector<std::function<void(v1::StructureSet&, const std::string&)>>{
           provision("SWE"), provision("XXX"), dataflow(known, ""), dataflow("none", ""),
           dataflow(known, "dataflows/IGC.STOCK"), dataflow(known, "dataflows/IGC.NONE")}) {
    const std::string hidden = said("IGC.ASYLUM", change);
    CHECK(hidden == said("IGC.NEVER", change));
    CHECK(hidden.find("was not found") != std::string::npos);
  }
}

}  // namespace
}  // namespace entente::statistics
