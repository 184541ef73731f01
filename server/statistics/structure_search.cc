#include "server/statistics/structure_search.h"

#include <algorithm>

#include "server/statistics/availability.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure/references.h"
#include "server/statistics/structure_words.h"

namespace entente::statistics {
namespace {

bool is_among(const std::vector<std::string>& wanted, std::string_view one) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), one) != wanted.end();
}

bool asks_for(const StructureQuery& query, std::string_view collection) {
  return std::find(query.collections.begin(), query.collections.end(), collection) !=
         query.collections.end();
}

std::string_view collection_of(std::string_view name) {
  if (name.find("/provisions/") != std::string_view::npos) return "provisions";
  return name.substr(0, name.find('/'));
}

// Agency and id, as SDMX has them.
std::pair<std::string, std::string> called(const std::string& name) {
  if (collection_of(name) == "provisions") {
    const Identity one =
        identity_of_provision(name, [](std::string_view) { return std::string("1.0"); });
    return {one.agency, one.id};
  }
  const auto parsed = parse_structure_name(name, collection_of(name));
  if (!parsed) return {};
  return {parsed->agency, parsed->id};
}

template <typename Items>
void keep_items(Items& items, const std::vector<std::string>& wanted) {
  Items kept;
  for (auto& item : items) {
    // A nested id (`A.B`) names its last part.
    const bool is_wanted = std::any_of(wanted.begin(), wanted.end(), [&](const std::string& one) {
      return one.substr(one.rfind('.') + 1) == item.id();
    });
    if (is_wanted) *kept.Add() = std::move(item);
  }
  items.Swap(&kept);
}

// Those that are wanted by their last part or the way to them, and what they are in.
void keep_categories(v1::CategoryScheme& scheme, const std::vector<std::string>& wanted) {
  std::set<std::string_view> ways;
  for (const v1::Item& item : scheme.categories()) {
    const std::string_view id = item.id();
    const bool is_wanted = std::any_of(wanted.begin(), wanted.end(), [&](const std::string& one) {
      return one == id || one == id.substr(id.rfind('.') + 1);
    });
    for (std::size_t end = id.size(); is_wanted && end != std::string_view::npos;
         end = id.rfind('.', end - 1)) {
      ways.insert(id.substr(0, end));
    }
  }
  google::protobuf::RepeatedPtrField<v1::Item> kept;
  for (const v1::Item& item : scheme.categories()) {
    if (ways.count(item.id()) != 0) *kept.Add() = item;
  }
  scheme.mutable_categories()->Swap(&kept);
}

}  // namespace

StructureSearch::StructureSearch(Service& service, const Structures& structures,
                                 const policy::Subject& subject, store::Snapshot& snapshot)
    : service_(service),
      structures_(structures),
      subject_(subject),
      snapshot_(snapshot),
      model_(structures.model()) {
  for (const auto& [name, row] : model_->structures()) {
    if (!service_.may_see(subject_, row)) continue;
    std::vector<std::string>& to = references_[name];
    for (std::string& one : references_of(row)) {
      const record::Structure* there = model_->find(one);
      if (there == nullptr || !service_.may_see(subject_, *there)) continue;
      referrers_[one].push_back(name);
      to.push_back(std::move(one));
    }
  }
}

void StructureSearch::reach(Reach reach, std::set<std::string>& names) const {
  const std::set<std::string> found = names;
  const auto add_next = [&](const auto& edges, const std::set<std::string>& from) {
    std::set<std::string> fresh;
    for (const std::string& name : from) {
      const auto next = edges.find(name);
      if (next == edges.end()) continue;
      for (const std::string& one : next->second) {
        if (names.insert(one).second) fresh.insert(one);
      }
    }
    return fresh;
  };
  const auto add_all = [&](const auto& edges) {
    for (std::set<std::string> from = found; !from.empty();) from = add_next(edges, from);
  };
  if (reach == Reach::Children) add_next(references_, found);
  if (reach == Reach::Parents) add_next(referrers_, found);
  if (reach == Reach::Ancestors) add_all(referrers_);
  if (reach == Reach::ParentsAndSiblings || reach == Reach::All) {
    std::set<std::string> parents = add_next(referrers_, found);
    add_next(references_, parents);
  }
  if (reach == Reach::Descendants || reach == Reach::All) {
    // What siblings brought in must not cut the way down short.
    std::set<std::string> down = found;
    std::set<std::string> from = found;
    while (!from.empty()) {
      std::set<std::string> fresh;
      for (const std::string& name : from) {
        const auto next = references_.find(name);
        if (next == references_.end()) continue;
        for (const std::string& one : next->second) {
          if (down.insert(one).second) fresh.insert(one);
        }
      }
      from = std::move(fresh);
    }
    names.insert(down.begin(), down.end());
  }
}

void StructureSearch::add(const std::string& name, StructureMessageOut& out) const {
  const record::Structure* row = model_->find(name);
  if (row != nullptr && references_.count(name) != 0) add_to_set(*row, out.set);
}

bool StructureSearch::fits(const StructureQuery& query, const std::string& name,
                           const std::string& version) const {
  const auto [agency, id] = called(name);
  return !id.empty() && is_among(query.agencies, agency) && is_among(query.ids, id) &&
         (query.all_versions || is_among(query.versions, version));
}

Status StructureSearch::find_rows(const StructureQuery& query, StructureMessageOut& out,
                                  std::set<std::string>& found) {
  for (const auto& [name, references] : references_) {
    if (collection_of(name) == "agencies" || !asks_for(query, collection_of(name))) continue;
    const record::Structure& row = *model_->find(name);
    if (fits(query, name, version_of(row))) {
      add_to_set(row, out.set);
      found.insert(name);
    }
    for (const auto& earlier : row.earlier()) {
      const bool is_asked = query.all_versions || !query.versions.empty();
      if (!is_asked || !fits(query, name, earlier.version())) continue;
      ENTENTE_TRY(const std::optional<record::Structure> was,
                  structures_.find_version(snapshot_, name, earlier.version()));
      if (!was) continue;
      add_to_set(*was, out.set);
      found.insert(name);
    }
  }
  if (query.items.empty()) return {};
  for (v1::Codelist& list : *out.set.mutable_codelists()) {
    keep_items(*list.mutable_items(), query.items);
    out.partial.insert(list.name());
  }
  for (v1::CategoryScheme& scheme : *out.set.mutable_category_schemes()) {
    keep_categories(scheme, query.items);
    out.partial.insert(scheme.name());
  }
  for (v1::ConceptScheme& scheme : *out.set.mutable_concept_schemes()) {
    keep_items(*scheme.mutable_concepts(), query.items);
    out.partial.insert(scheme.name());
  }
  return {};
}

// Those that are kept, and those that only keep something that the subject may see.
void StructureSearch::find_agencies(const StructureQuery& query, StructureMessageOut& out,
                                    std::set<std::string>& found) const {
  if (!asks_for(query, "agencies")) return;
  std::set<std::string> ids;
  for (const auto& [name, references] : references_) {
    if (collection_of(name) == "agencies") ids.insert(name.substr(name.find('/') + 1));
    if (const std::string agency = called(name).first; !agency.empty()) ids.insert(agency);
  }
  for (const std::string& id : ids) {
    const std::size_t dot = id.rfind('.');
    const std::string parent = dot == std::string::npos ? "SDMX" : id.substr(0, dot);
    const std::string last = id.substr(dot == std::string::npos ? 0 : dot + 1);
    if (!is_among(query.agencies, parent) || !is_among(query.ids, "AGENCIES") ||
        !is_among(query.items, last) || !(query.all_versions || is_among(query.versions, "1.0"))) {
      continue;
    }
    const record::Structure* row = model_->find("agencies/" + id);
    v1::Agency* agency = out.set.add_agencies();
    if (row != nullptr) *agency = row->agency();
    agency->set_name("agencies/" + id);
    found.insert(agency->name());
  }
}

Result<std::optional<Constraint>> StructureSearch::actual_of(const Flow& flow) {
  v1::QueryRequest all;
  all.set_dataflow(flow.wire.name());
  ENTENTE_TRY(const Availability there,
              read_availability(service_, subject_, flow, all, {}, snapshot_));
  if (there.series == 0) return std::optional<Constraint>();
  return std::optional<Constraint>(actual_constraint(flow, there));
}

Status StructureSearch::find_constraints(const StructureQuery& query, StructureMessageOut& out,
                                         std::set<std::string>& found) {
  if (!asks_for(query, "constraints")) return {};
  for (const auto& [name, flow] : model_->flows()) {
    if (references_.count(name) == 0) continue;
    const auto [agency, id] = called(name);
    const bool version = query.all_versions || is_among(query.versions, flow->wire.version());
    if (!version || !is_among(query.agencies, agency)) continue;
    const auto keep = [&](Constraint constraint) {
      if (!is_among(query.ids, constraint.id)) return;
      found.insert(constraint.attached);
      out.constraints.push_back(std::move(constraint));
    };
    if (auto allowed = allowed_by(flow->wire)) keep(*std::move(allowed));
    for (const auto& [party, provision] : flow->provisions) {
      if (references_.count(provision.wire.name()) == 0) continue;
      if (auto areas = areas_of(provision.wire, area_dimension_of(*flow))) keep(*std::move(areas));
    }
    // Counting takes a while: only if it is asked for.
    if (!is_among(query.ids, id + "_ACTUAL")) continue;
    ENTENTE_TRY(auto actual, actual_of(*flow));
    if (actual) keep(*std::move(actual));
  }
  return {};
}

void StructureSearch::add_limits(const std::set<std::string>& names,
                                 StructureMessageOut& out) const {
  const auto is_there = [&](const std::string& id) {
    return std::any_of(out.constraints.begin(), out.constraints.end(),
                       [&](const Constraint& one) { return one.id == id; });
  };
  for (const std::string& name : names) {
    const auto flow = model_->find_flow(name);
    if (!flow || references_.count(name) == 0) continue;
    if (auto allowed = allowed_by(flow->wire); allowed && !is_there(allowed->id)) {
      out.constraints.push_back(*std::move(allowed));
    }
  }
}

void StructureSearch::cut(v1::Codelist& list, const std::set<std::string>& used) {
  std::map<std::string, std::string> parents;
  for (const v1::Item& item : list.items()) parents[item.id()] = item.parent();
  std::set<std::string> wanted;
  for (std::string id : used) {
    while (!id.empty() && wanted.insert(id).second) id = parents[id];
  }
  google::protobuf::RepeatedPtrField<v1::Item> kept;
  for (v1::Item& item : *list.mutable_items()) {
    if (wanted.count(item.id()) != 0) *kept.Add() = std::move(item);
  }
  list.mutable_items()->Swap(&kept);
}

// Of codelists that were only reached what the dataflows found allow of them, of concept schemes
// what the data structures in the answer use.
void StructureSearch::make_partial(const std::set<std::string>& found,
                                   StructureMessageOut& out) const {
  std::map<std::string, std::set<std::string>> used;
  std::set<std::string> whole;
  for (const v1::Dataflow& wire : out.set.dataflows()) {
    const auto flow = found.count(wire.name()) != 0 ? model_->find_flow(wire.name()) : nullptr;
    if (!flow) continue;
    for (std::size_t d = 0; d < flow->allowed.size(); ++d) {
      const std::string& list = flow->structure.dimensions(static_cast<int>(d)).codelist();
      if (flow->allowed[d].empty()) whole.insert(list);
      used[list].insert(flow->allowed[d].begin(), flow->allowed[d].end());
    }
    for (const auto& attribute : flow->structure.attributes()) whole.insert(attribute.codelist());
  }
  for (v1::Codelist& list : *out.set.mutable_codelists()) {
    const auto codes = used.find(list.name());
    if (found.count(list.name()) != 0 || whole.count(list.name()) != 0 || codes == used.end()) {
      continue;
    }
    cut(list, codes->second);
    out.partial.insert(list.name());
  }
}

void StructureSearch::make_stubs(const StructureQuery& query, const std::set<std::string>& found,
                                 StructureMessageOut& out) const {
  using Detail = StructureDetail;
  const bool all = query.detail == Detail::AllStubs || query.detail == Detail::AllCompleteStubs;
  const bool references =
      query.detail == Detail::ReferenceStubs || query.detail == Detail::ReferenceCompleteStubs;
  out.stubs_described =
      query.detail == Detail::AllCompleteStubs || query.detail == Detail::ReferenceCompleteStubs;
  if (!all && !references) return;
  const auto stub = [&](const auto& list) {
    for (const auto& one : list) {
      if (all || found.count(one.name()) == 0) out.stubs.insert(one.name());
    }
  };
  stub(out.set.codelists());
  stub(out.set.concept_schemes());
  stub(out.set.data_structures());
  stub(out.set.dataflows());
  stub(out.set.provisions());
  stub(out.set.category_schemes());
  stub(out.set.categorisations());
  stub(out.set.hierarchies());
  for (const Constraint& one : out.constraints) {
    if (all || !asks_for(query, "constraints")) out.stubs.insert(one.id);
  }
}

Result<StructureMessageOut> StructureSearch::find(const StructureQuery& query) {
  StructureMessageOut out;
  std::set<std::string> found;
  ENTENTE_TRY_VOID(find_rows(query, out, found));
  find_agencies(query, out, found);
  const std::set<std::string> rows = found;
  ENTENTE_TRY_VOID(find_constraints(query, out, found));
  if (query.reach == Reach::None || found.empty()) {
    make_stubs(query, rows, out);
    return out;
  }
  std::set<std::string> names = found;
  // A constraint's children are what it is attached to, which is found already.
  if (query.reach != Reach::Children || !rows.empty()) reach(query.reach, names);
  const auto is_wanted = [&](std::string_view collection) {
    return query.only.empty() || query.only == collection;
  };
  for (const std::string& name : names) {
    if (rows.count(name) == 0 && is_wanted(collection_of(name))) add(name, out);
  }
  const bool upwards = query.reach == Reach::Parents || query.reach == Reach::Ancestors ||
                       query.reach == Reach::ParentsAndSiblings || query.reach == Reach::All;
  if (upwards && is_wanted("constraints")) add_limits(names, out);
  if (query.detail == StructureDetail::ReferencePartial) make_partial(rows, out);
  make_stubs(query, rows, out);
  return out;
}

}  // namespace entente::statistics
