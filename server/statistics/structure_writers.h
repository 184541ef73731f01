// Structures as messages of SDMX: SDMX-ML 2.1 (SDMXStructure.xsd) and SDMX-JSON 1.0 and 2.0. Pure;
// any thread. What is passed in is written, whole, and nothing else; what it refers to is named by
// its URN.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "proto/contract/clock.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

enum class StructureFormat { Xml21, Json1, Json2 };

// As `content-type` says it.
[[nodiscard]] const char* media_type_of(StructureFormat format);

// A content constraint. The model keeps those that limit a dataflow or provision within it; SDMX
// has them as structures of their own.
struct Constraint {
  std::string id;        // `ASYLUM_ALLOWED`
  std::string attached;  // the resource name of the dataflow or provision; its agency is this one's
  v1::Text title;
  bool is_actual = false;  // what there is, instead of what may be
  std::vector<v1::AllowedValues> region;
  std::optional<std::pair<std::string, std::string>> periods;  // the first and the last
  std::uint64_t observations = 0;                              // of what there is
  std::uint64_t series = 0;
};
// What a dataflow allows; empty: everything.
[[nodiscard]] std::optional<Constraint> allowed_by(const v1::Dataflow& flow);
// For which areas a provision is, where it is for others than the party's own. `dimension`: which
// of its dataflow's dimensions is the area.
[[nodiscard]] std::optional<Constraint> areas_of(const v1::Provision& provision,
                                                 const std::string& dimension);

// The id of the dimension that is the reference area; empty if there is none.
[[nodiscard]] std::string area_dimension_of(const Flow& flow);

struct StructureMessageOut {
  v1::StructureSet set;
  std::vector<Constraint> constraints;
  // Of these, by name (of constraints by id), only what they are called is written.
  std::set<std::string> stubs;
  bool stubs_described = false;
  std::set<std::string> partial;  // Of these only some items are here.
};

// `version_of`: the version of a structure that is referred to, by its resource name.
[[nodiscard]] std::string write_structures(
    StructureFormat format, const StructureMessageOut& message,
    const std::function<std::string(std::string_view name)>& version_of, Instant prepared);

}  // namespace entente::statistics
