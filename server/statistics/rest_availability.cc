// What there is: `availableconstraint/IGC,ASYLUM,1.0/A.SWE../all/CITIZEN` and, from 2 on,
// `availability/dataflow/IGC/ASYLUM/1.0/A.SWE.*.*/CITIZEN`.
#include <algorithm>
#include <map>

#include "proto/contract/timestamp.h"
#include "server/statistics/availability.h"
#include "server/statistics/rest_structures.h"
#include "server/statistics/rest_words.h"
#include "server/statistics/structure_search.h"

namespace entente::statistics {
namespace {

// A copy without what is said of one dimension.
v1::QueryRequest without(const v1::QueryRequest& query, const std::string& dimension) {
  v1::QueryRequest out = query;
  out.clear_selections();
  for (const v1::Selection& one : query.selections()) {
    if (one.dimension() != dimension) *out.add_selections() = one;
  }
  return out;
}

}  // namespace

Status RestStructures::take_key(std::string_view key, Available& asked) const {
  if (is_any(key)) return {};
  const auto parts = split(key, '.');
  const auto& dimensions = asked.flow->structure.dimensions();
  if (parts.size() != static_cast<std::size_t>(dimensions.size())) {
    return bad_request("the key has " + std::to_string(parts.size()) + " parts instead of " +
                       std::to_string(dimensions.size()));
  }
  for (std::size_t d = 0; d < parts.size(); ++d) {
    if (parts[d].empty() || parts[d] == "*") continue;
    v1::Selection* selection = asked.query.add_selections();
    selection->set_dimension(dimensions[static_cast<int>(d)].id());
    for (const std::string_view code : split(parts[d], '+')) {
      selection->add_values(std::string(code));
    }
  }
  return {};
}

Status RestStructures::take_parameters(Available& asked) const {
  ENTENTE_TRY(const Parameters said,
              parse_parameters(request_.query, {"startPeriod", "endPeriod", "updatedAfter", "mode",
                                                "references", of_components}));
  for (const auto& [name, value] : said) {
    if (name == "startPeriod") asked.query.set_start_period(value);
    if (name == "endPeriod") asked.query.set_end_period(value);
    if (name == "updatedAfter") {
      const auto instant = parse_rfc3339(value);
      if (!instant) return bad_request("`updatedAfter` is no time");
      set_second(*asked.query.mutable_updated_after(), *instant);
    }
    if (name == "mode") {
      if (value != "exact" && value != "available") {
        return bad_request("`mode` is `exact` or `available`");
      }
      asked.as_if_free = value == "available";
    }
    if (name == "references") ENTENTE_TRY_VOID(take_references(value, asked.references));
    if (!name.starts_with("c[")) continue;
    const std::string component = name.substr(2, name.size() - 3);
    if (component == time_dimension) {
      for (const std::string_view one : split(value, '+')) {
        if (one.starts_with("ge:")) asked.query.set_start_period(std::string(one.substr(3)));
        if (one.starts_with("le:")) asked.query.set_end_period(std::string(one.substr(3)));
        if (!one.starts_with("ge:") && !one.starts_with("le:")) {
          return bad_request("`c[TIME_PERIOD]` takes `ge:` and `le:` here");
        }
      }
      continue;
    }
    v1::Selection* selection = asked.query.add_selections();
    selection->set_dimension(component);
    for (const std::string_view code : split(value, ',')) {
      selection->add_values(std::string(code.starts_with("eq:") ? code.substr(3) : code));
    }
  }
  return {};
}

Status RestStructures::take_components(std::string_view text, Available& asked) const {
  const auto count = static_cast<std::size_t>(asked.flow->structure.dimensions_size());
  if (is_any(text)) {
    for (std::size_t d = 0; d < count; ++d) asked.dimensions.push_back(d);
    return {};
  }
  asked.with_time = false;
  for (const std::string_view one : split(text, is_old_ ? '+' : ',')) {
    const auto dimension = asked.flow->find_dimension(one);
    if (one == time_dimension) {
      asked.with_time = true;
    } else if (!dimension) {
      return bad_request("`" + std::string(one) + "` is no dimension of the dataflow");
    } else {
      asked.dimensions.push_back(*dimension);
    }
  }
  return {};
}

Result<RestStructures::Available> RestStructures::available_of() {
  Available asked;
  std::string_view key;
  std::string_view component;
  if (is_old_) {
    if (path_.size() < 2 || path_[1].empty()) return bad_request("the path names no dataflow");
    path_.resize(5);
    auto parts = split(path_[1], ',');
    if (parts.size() == 1) parts.insert(parts.begin(), "all");
    parts.resize(3);
    ENTENTE_TRY(asked.flow, flow_at(parts[0], parts[1], parts[2]));
    key = path_[2];
    component = path_[4];
    if (!is_any(path_[3])) {
      for (const std::string_view one : split(path_[3], '+')) {
        asked.parties.insert(std::string(one.substr(one.find(',') + 1)));
      }
    }
  } else {
    if (path_.size() < 4 || path_[1] != "dataflow") {
      return bad_request("the path must be `availability/dataflow/<agency>/<id>/<version>/<key>`");
    }
    path_.resize(7);
    ENTENTE_TRY(asked.flow, flow_at(path_[2], path_[3], path_[4]));
    key = path_[5];
    component = path_[6];
  }
  asked.query.set_dataflow(asked.flow->wire.name());
  ENTENTE_TRY_VOID(take_key(key, asked));
  ENTENTE_TRY_VOID(take_parameters(asked));
  ENTENTE_TRY_VOID(take_components(component, asked));
  return asked;
}

Result<net::HttpResponse> RestStructures::availability() {
  ENTENTE_TRY(const Available asked, available_of());
  const Flow& flow = *asked.flow;
  const auto read = [&](const v1::QueryRequest& query) {
    return read_availability(parts_.service, subject_, flow, query, asked.parties, *snapshot_);
  };
  ENTENTE_TRY(Availability there, read(asked.query));
  if (asked.as_if_free) {
    for (const std::size_t d : asked.dimensions) {
      const std::string& id = flow.structure.dimensions(static_cast<int>(d)).id();
      const v1::QueryRequest freed = without(asked.query, id);
      if (freed.selections_size() == asked.query.selections_size()) continue;
      ENTENTE_TRY(Availability other, read(freed));
      there.values[d] = std::move(other.values[d]);
    }
  }
  const bool is_empty = std::all_of(asked.dimensions.begin(), asked.dimensions.end(),
                                    [&](std::size_t d) { return there.values[d].empty(); });
  if (there.series == 0 && is_empty) return nothing_found(is_old_);
  StructureMessageOut out;
  Constraint constraint = actual_constraint(flow, there);
  if (!asked.with_time) constraint.periods.reset();
  std::vector<v1::AllowedValues> region;
  region.reserve(asked.dimensions.size());
  for (const std::size_t d : asked.dimensions) region.push_back(constraint.region[d]);
  constraint.region = std::move(region);
  out.constraints.push_back(std::move(constraint));
  if (asked.references.reach != Reach::None) add_references(asked, there, out);
  return write(out);
}

// The dataflow and all that it rests on; of codelists what there is of them.
void RestStructures::add_references(const Available& asked, const Availability& there,
                                    StructureMessageOut& out) const {
  const Flow& flow = *asked.flow;
  const StructureSearch search(parts_.service, parts_.structures, subject_, *snapshot_);
  std::set<std::string> names = {flow.wire.name()};
  search.reach(Reach::Descendants, names);
  for (const std::string& name : names) {
    const bool is_wanted =
        asked.references.only.empty() || name.starts_with(std::string(asked.references.only) + "/");
    if (is_wanted) search.add(name, out);
  }
  std::map<std::string, std::set<std::string>> used;
  for (std::size_t d = 0; d < there.values.size(); ++d) {
    const std::string& list = flow.structure.dimensions(static_cast<int>(d)).codelist();
    used[list].insert(there.values[d].begin(), there.values[d].end());
  }
  for (v1::Codelist& list : *out.set.mutable_codelists()) {
    const auto codes = used.find(list.name());
    if (codes == used.end()) continue;
    StructureSearch::cut(list, codes->second);
    out.partial.insert(list.name());
  }
}

}  // namespace entente::statistics
