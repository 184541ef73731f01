#include "server/statistics/messages/assemble.h"

#include <algorithm>
#include <array>
#include <set>

#include "server/statistics/structure/arranged.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure/references.h"

namespace entente::statistics {
namespace {

std::string said(const std::string& kind, const Head& head) {
  return kind + " " + head.agency + ":" + head.id + "(" + head.version + ")";
}

std::string at(const std::string& name, const char* field, int index) {
  return name + "." + field + "[" + std::to_string(index) + "]";
}

std::string_view collection_of_class(std::string_view klass) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kinds = {
      {{"Dataflow", "dataflows"},
       {"DataStructure", "data-structures"},
       {"Codelist", "codelists"},
       {"ConceptScheme", "concept-schemes"},
       {"CategoryScheme", "category-schemes"},
       {"Hierarchy", "hierarchies"}}};
  for (const auto& [called, collection] : kinds) {
    if (called == klass) return collection;
  }
  return {};
}

class Assembler {
 public:
  Assembler(StructureMessage message, const Model& model, const std::string& process,
            const MaySee& may_see)
      : message_(std::move(message)), model_(model), process_(process), may_see_(may_see) {
    out_.left_out = std::move(message_.left_out);
  }

  Assembled assemble() {
    agencies();
    keep_newest(message_.codelists, "codelists", "codelist");
    keep_newest(message_.concept_schemes, "concept-schemes", "concept scheme");
    keep_newest(message_.structures, "data-structures", "data structure");
    keep_newest(message_.flows, "dataflows", "dataflow");
    keep_newest(message_.hierarchies, "hierarchies", "hierarchy");
    keep_newest(message_.category_schemes, "category-schemes", "category scheme");
    keep_newest(message_.categorisations, "categorisations", "categorisation");
    for (const ReadScheme& one : message_.codelists) codelist(one);
    for (const ReadScheme& one : message_.concept_schemes) concept_scheme(one);
    for (const ReadStructure& one : message_.structures) data_structure(one);
    for (const ReadFlow& one : message_.flows) dataflow(one);
    for (const ReadProvision& one : message_.provisions) provision(one);
    for (const ReadConstraint& one : message_.constraints) constraint(one);
    for (const ReadHierarchy& one : message_.hierarchies) hierarchy(one);
    for (const ReadScheme& one : message_.category_schemes) category_scheme(one);
    for (const ReadCategorisation& one : message_.categorisations) categorisation(one);
    return std::move(out_);
  }

 private:
  // What is there, as far as the caller may know.
  [[nodiscard]] const record::Structure* find(const std::string& name) const {
    const record::Structure* there = model_.find(name);
    return there != nullptr && (!may_see_ || may_see_(*there)) ? there : nullptr;
  }
  void leave_out(std::string what, std::string why, std::uint64_t line) {
    out_.left_out.push_back({.what = std::move(what), .why = std::move(why), .line = line});
  }

  // Of several versions the newest, if it is not older than the one in force; of stubs none.
  template <typename Read>
  void keep_newest(std::vector<Read>& all, const char* collection, const char* kind) {
    std::map<std::string, std::size_t> newest;
    std::vector<bool> keep(all.size(), false);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Head& head = all[i].head;
      const std::string name = structure_name(collection, head.agency, head.id);
      const record::Structure* there = find(name);
      if (head.stub) {
        leave_out(said(kind, head), "is only referred to: its content is elsewhere", head.line);
      } else if (there != nullptr && is_older(head.version, version_of(*there))) {
        leave_out(said(kind, head),
                  "is older than version " + version_of(*there) + ", which is here", head.line);
      } else if (const auto before = newest.find(name); before == newest.end()) {
        newest[name] = i;
        keep[i] = true;
      } else {
        const bool newer = is_older(all[before->second].head.version, head.version);
        const std::size_t loser = newer ? before->second : i;
        if (newer) {
          keep[before->second] = false;
          keep[i] = true;
          before->second = i;
        }
        leave_out(said(kind, all[loser].head), "is not the newest version in the message",
                  all[loser].head.line);
      }
    }
    std::vector<Read> kept;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (keep[i]) kept.push_back(std::move(all[i]));
    }
    all = std::move(kept);
  }

  // The name of what is referred to; empty if nothing is. A version that is not the one that would
  // be in force is said.
  std::string name_of_reference(const Reference& reference, const char* collection,
                                std::uint64_t line) {
    if (reference.empty()) return {};
    std::string name = structure_name(collection, reference.agency, reference.id);
    const std::string in_force = version_in_force(name);
    // 3.0 may ask for the newest of some: `1.0+`, `1+.0`.
    const bool is_open = reference.version.empty() ||
                         reference.version.find_first_of("+*~") != std::string::npos ||
                         reference.version == "latest";
    if (!in_force.empty() && !is_open &&
        (is_older(in_force, reference.version) || is_older(reference.version, in_force))) {
      if (said_.insert(name + " " + reference.version).second) {
        leave_out("the reference to version " + reference.version + " of " + name,
                  "version " + in_force + " is in force, and is what it means here", line);
      }
    }
    return name;
  }
  std::string version_in_force(const std::string& name) const {
    if (const auto found = versions_.find(name); found != versions_.end()) return found->second;
    const record::Structure* there = find(name);
    return there == nullptr ? std::string() : version_of(*there);
  }

  void agencies() {
    std::set<std::string> names;
    for (const ReadScheme& scheme : message_.agency_schemes) {
      for (const ReadItem& item : scheme.items) {
        // The agencies of `SDMX` stand at the top; those of others below them.
        const std::string id = scheme.head.agency == "SDMX" || scheme.head.agency.empty()
                                   ? item.item.id()
                                   : scheme.head.agency + "." + item.item.id();
        if (!names.insert(id).second) continue;
        v1::Agency* agency = out_.set.add_agencies();
        agency->set_name("agencies/" + id);
        if (item.item.has_title()) *agency->mutable_title() = item.item.title();
        if (item.item.has_description()) *agency->mutable_description() = item.item.description();
        out_.lines[agency->name()] = item.line;
      }
    }
  }

  template <typename To>
  std::string fill_head(const Head& head, const char* collection, To& to) {
    std::string name = structure_name(collection, head.agency, head.id);
    to.set_name(name);
    to.set_version(head.version);
    if (!head.title.by_language().empty()) *to.mutable_title() = head.title;
    if (!head.description.by_language().empty()) *to.mutable_description() = head.description;
    out_.lines[name] = head.line;
    versions_[name] = head.version;
    return name;
  }

  void codelist(const ReadScheme& read) {
    v1::Codelist* list = out_.set.add_codelists();
    const std::string name = fill_head(read.head, "codelists", *list);
    for (const ReadItem& item : read.items) {
      out_.lines[at(name, "items", list->items_size())] = item.line;
      *list->add_items() = item.item;
    }
    // Where a list comes from is no part of a message; what was said of it before stays.
    if (const record::Structure* there = find(name); there != nullptr) {
      list->set_source(there->codelist().source());
    }
  }

  void concept_scheme(const ReadScheme& read) {
    v1::ConceptScheme* scheme = out_.set.add_concept_schemes();
    const std::string name = fill_head(read.head, "concept-schemes", *scheme);
    for (const ReadItem& item : read.items) {
      out_.lines[at(name, "concepts", scheme->concepts_size())] = item.line;
      if (!item.representation.empty()) {
        representations_[read.head.agency + ":" + read.head.id + "." + item.item.id()] =
            &item.representation;
      }
      *scheme->add_concepts() = item.item;
    }
  }

  // The codelist by which a component is coded: its own or, if it gives none, its concept's.
  std::string codelist_of(const ReadComponent& read) {
    if (read.has_representation) return name_of_reference(read.codelist, "codelists", read.line);
    const Reference& wanted = read.concept_identity;
    const auto found = representations_.find(wanted.agency + ":" + wanted.id + "." + wanted.item);
    if (found == representations_.end()) return {};
    return name_of_reference(*found->second, "codelists", read.line);
  }

  // As the model says it within a structure whose concepts are those of `scheme`.
  std::string concept_of(const ReadComponent& read, const std::string& scheme) {
    const std::string named =
        name_of_reference(read.concept_identity, "concept-schemes", read.line);
    if (named == scheme || named.empty()) return read.concept_identity.item;
    return named + "/concepts/" + read.concept_identity.item;
  }

  // The scheme that most of a structure's concepts are of.
  std::string usual_scheme(const ReadStructure& read) {
    std::map<std::string, int> counts;
    for (const auto* list : {&read.dimensions, &read.attributes, &read.measures, &read.times}) {
      for (const ReadComponent& one : *list) {
        if (one.concept_identity.empty()) continue;
        ++counts[structure_name("concept-schemes", one.concept_identity.agency,
                                one.concept_identity.id)];
      }
    }
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    return most == counts.end() ? std::string() : most->first;
  }

  static bool is_for(const ReadComponent& read, const std::string& role) {
    return read.id == role ||
           std::find(read.roles.begin(), read.roles.end(), role) != read.roles.end();
  }

  void data_structure(const ReadStructure& read) {
    const std::string what = said("data structure", read.head);
    if (read.times.empty()) {
      return leave_out(what, "has no time dimension: figures here are of periods", read.head.line);
    }
    if (read.times.front().id != time_dimension) {
      return leave_out(what, "calls its time dimension `" + read.times.front().id + "`",
                       read.head.line);
    }
    v1::DataStructure* structure = out_.set.add_data_structures();
    const std::string name = fill_head(read.head, "data-structures", *structure);
    const std::string scheme = usual_scheme(read);
    structure->set_concept_scheme(scheme);
    std::set<int> roles;
    for (const ReadComponent& one : read.dimensions) {
      out_.lines[at(name, "dimensions", structure->dimensions_size())] = one.line;
      v1::Dimension* dimension = structure->add_dimensions();
      dimension->set_id(one.id);
      dimension->set_concept_id(concept_of(one, scheme));
      dimension->set_codelist(codelist_of(one));
      const auto role = is_for(one, "FREQ") ? v1::Dimension::FREQUENCY
                        : is_for(one, "REF_AREA") && !dimension->codelist().empty()
                            ? v1::Dimension::REFERENCE_AREA
                        : is_for(one, "COUNTERPART_AREA") ? v1::Dimension::COUNTERPART_AREA
                                                          : v1::Dimension::ROLE_UNSPECIFIED;
      if (role == v1::Dimension::ROLE_UNSPECIFIED || roles.insert(role).second) {
        dimension->set_role(role);
      }
    }
    attributes(read, name, scheme, *structure);
    for (const ReadGroup& one : read.groups) {
      v1::DimensionGroup* group = structure->add_groups();
      group->set_id(one.id);
      group->mutable_dimensions()->Assign(one.dimensions.begin(), one.dimensions.end());
    }
    const std::string time = concept_of(read.times.front(), scheme);
    if (time != time_dimension) structure->set_time_concept(time);
    measure(read, what, scheme, *structure);
  }

  void attributes(const ReadStructure& read, const std::string& name, const std::string& scheme,
                  v1::DataStructure& structure) {
    std::set<int> roles;
    for (const ReadComponent& one : read.attributes) {
      out_.lines[at(name, "attributes", structure.attributes_size())] = one.line;
      v1::Attribute* attribute = structure.add_attributes();
      attribute->set_id(one.id);
      attribute->set_concept_id(concept_of(one, scheme));
      attribute->set_codelist(codelist_of(one));
      attribute->set_mandatory(one.mandatory);
      attribute->set_attachment(one.attachment);
      attribute->mutable_attached_to()->Assign(one.attached_to.begin(), one.attached_to.end());
      attribute->set_group(one.group);
      const auto role = is_for(one, "OBS_STATUS")    ? v1::Attribute::STATUS
                        : is_for(one, "CONF_STATUS") ? v1::Attribute::CONFIDENTIALITY
                                                     : v1::Attribute::ROLE_UNSPECIFIED;
      if (role == v1::Attribute::ROLE_UNSPECIFIED || roles.insert(role).second) {
        attribute->set_role(role);
      }
    }
  }

  void measure(const ReadStructure& read, const std::string& what, const std::string& scheme,
               v1::DataStructure& structure) {
    if (read.measures.empty()) return;
    // Of several the one that is called as SDMX's older versions call it, or the first.
    const auto usual = std::find_if(read.measures.begin(), read.measures.end(),
                                    [](const auto& one) { return one.id == "OBS_VALUE"; });
    const ReadComponent& measure = usual == read.measures.end() ? read.measures.front() : *usual;
    for (const ReadComponent& one : read.measures) {
      if (&one == &measure) continue;
      leave_out("measure " + one.id + " of " + what, "an observation has one measure here",
                one.line);
    }
    if (measure.id != "OBS_VALUE") structure.set_measure(measure.id);
    const std::string concept_id = concept_of(measure, scheme);
    if (concept_id != measure.id) structure.set_measure_concept(concept_id);
    if (!measure.codelist.empty()) {
      leave_out("the codelist of measure " + measure.id + " of " + what,
                "a measure is a number here", measure.line);
    }
  }

  void dataflow(const ReadFlow& read) {
    const std::string name = structure_name("dataflows", read.head.agency, read.head.id);
    const record::Structure* there = find(name);
    if (there == nullptr && process_.empty()) {
      return leave_out(said("dataflow", read.head),
                       "no process is named whose collection it would be", read.head.line);
    }
    v1::Dataflow* flow = out_.set.add_dataflows();
    if (there != nullptr) {
      *flow = there->dataflow();
    } else {
      flow->set_process("processes/" + process_);
      auto* audience = flow->mutable_visibility()->mutable_audience();
      audience->add_any_of("process/" + process_ + "/members");
      audience->add_any_of("process/" + process_ + "/secretariat");
      flow->mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
    }
    flows_[name] = out_.set.dataflows_size() - 1;
    fill_head(read.head, "dataflows", *flow);
    flow->set_data_structure(name_of_reference(read.structure, "data-structures", read.head.line));
  }

  void provision(const ReadProvision& read) {
    const std::string what = said("provision agreement", read.head);
    const std::string flow = structure_name("dataflows", read.dataflow.agency, read.dataflow.id);
    if (!is_kept(flow)) return leave_out(what, "its dataflow is not here", read.head.line);
    if (!policy::is_id(read.provider.item)) {
      return leave_out(what, "names no party as its provider", read.head.line);
    }
    const std::string name = flow + "/provisions/" + read.provider.item;
    v1::Provision* provision = out_.set.add_provisions();
    if (const record::Structure* there = find(name)) *provision = there->provision();
    provision->set_name(name);
    provision->set_party("parties/" + read.provider.item);
    if (provision->reference_areas_size() == 0) provision->add_reference_areas(read.provider.item);
    out_.lines[name] = read.head.line;
    provisions_[read.head.agency + ":" + read.head.id] = out_.set.provisions_size() - 1;
  }

  bool is_kept(const std::string& flow) const {
    return flows_.count(flow) != 0 || find(flow) != nullptr;
  }

  void constraint(const ReadConstraint& read) {
    const std::string what = said("constraint", read.head);
    if (read.is_actual) {
      return leave_out(what, "says what its sender holds; what is held here is counted anew",
                       read.head.line);
    }
    for (const std::string& part : read.unread) {
      leave_out(part + " of " + what, "has no place in the model", read.head.line);
    }
    if (read.region.empty()) return;
    bool attached = false;
    for (const Reference& one : read.attached_to) {
      attached = attach_to_flow(read, one) || attach_to_provision(read, one) || attached;
    }
    if (!attached) {
      leave_out(what, "is attached to nothing that is in the message and kept here",
                read.head.line);
    }
  }
  bool attach_to_flow(const ReadConstraint& read, const Reference& to) {
    const std::string name = structure_name("dataflows", to.agency, to.id);
    if (to.klass != "Dataflow") return false;
    const auto found = flows_.find(name);
    if (found == flows_.end()) return false;
    out_.set.mutable_dataflows(found->second)
        ->mutable_constraint()
        ->Assign(read.region.begin(), read.region.end());
    return true;
  }
  // Of a provision the areas are kept that it is for.
  bool attach_to_provision(const ReadConstraint& read, const Reference& to) {
    const auto found = provisions_.find(to.agency + ":" + to.id);
    if (to.klass != "ProvisionAgreement" || found == provisions_.end()) return false;
    for (const v1::AllowedValues& one : read.region) {
      if (one.dimension() != area_dimension(found->second)) {
        leave_out("the values of `" + one.dimension() + "` of " + said("constraint", read.head),
                  "a provision is limited by its areas", read.head.line);
        continue;
      }
      *out_.set.mutable_provisions(found->second)->mutable_reference_areas() = one.values();
    }
    return true;
  }

  // What the reference area is called in the structure of a provision's dataflow.
  std::string area_dimension(int provision) const {
    const auto name = parse_provision_name(out_.set.provisions(provision).name());
    std::string structure;
    if (const auto in_message = flows_.find(name->dataflow); in_message != flows_.end()) {
      structure = out_.set.dataflows(in_message->second).data_structure();
    }
    const record::Structure* flow = find(name->dataflow);
    if (structure.empty() && flow != nullptr) structure = flow->dataflow().data_structure();
    const auto in = [](const v1::DataStructure& one) -> std::string {
      for (const v1::Dimension& dimension : one.dimensions()) {
        if (dimension.role() == v1::Dimension::REFERENCE_AREA) return dimension.id();
      }
      return "REF_AREA";
    };
    for (const v1::DataStructure& one : out_.set.data_structures()) {
      if (one.name() == structure) return in(one);
    }
    const record::Structure* there = find(structure);
    return there == nullptr ? "REF_AREA" : in(there->data_structure());
  }

  void hierarchy(const ReadHierarchy& read) {
    v1::Hierarchy* hierarchy = out_.set.add_hierarchies();
    const std::string name = fill_head(read.head, "hierarchies", *hierarchy);
    hierarchy->set_leveled(read.leveled);
    for (const ReadHierarchy::Place& one : read.places) {
      out_.lines[at(name, "places", hierarchy->places_size())] = one.line;
      v1::Hierarchy::Place* place = hierarchy->add_places();
      place->set_id(one.id);
      place->set_codelist(name_of_reference(one.code, "codelists", one.line));
      place->set_code(one.code.item);
    }
    *hierarchy->mutable_levels() = {read.levels.begin(), read.levels.end()};
  }

  void category_scheme(const ReadScheme& read) {
    v1::CategoryScheme* scheme = out_.set.add_category_schemes();
    const std::string name = fill_head(read.head, "category-schemes", *scheme);
    for (const ReadItem& item : read.items) {
      out_.lines[at(name, "categories", scheme->categories_size())] = item.line;
      *scheme->add_categories() = item.item;
    }
  }

  // Of what is found under the category, and of the category, both must be here.
  void categorisation(const ReadCategorisation& read) {
    const std::string what = said("categorisation", read.head);
    const std::string_view collection = collection_of_class(read.structure.klass);
    if (!is_categorised(collection)) {
      return leave_out(what, "is of a structure of a kind that is not found by categories here",
                       read.head.line);
    }
    const std::string structure =
        name_of_reference(read.structure, std::string(collection).c_str(), read.head.line);
    const std::string scheme = name_of_reference(read.category, "category-schemes", read.head.line);
    if (version_in_force(structure).empty() || version_in_force(scheme).empty()) {
      return leave_out(what, "what it is of, or its category, is not here", read.head.line);
    }
    v1::Categorisation* one = out_.set.add_categorisations();
    fill_head(read.head, "categorisations", *one);
    one->set_structure(structure);
    one->set_category(scheme + "/categories/" + read.category.item);
  }

  StructureMessage message_;
  const Model& model_;
  const std::string process_;
  const MaySee& may_see_;
  Assembled out_;
  std::map<std::string, std::string> versions_;              // of what the message brings
  std::map<std::string, const Reference*> representations_;  // `A:CS.SEX` -> its codelist
  std::map<std::string, int> flows_;                         // name -> where in the set
  std::map<std::string, int> provisions_;                    // agency and id -> where in the set
  std::set<std::string> said_;
};

}  // namespace

Assembled assemble(StructureMessage message, const Model& model, const std::string& process,
                   const MaySee& may_see) {
  return Assembler(std::move(message), model, process, may_see).assemble();
}

Status with_lines(const Status& status, const Assembled& assembled) {
  if (status.violations().empty()) return status;
  std::vector<Violation> violations = status.violations();
  for (Violation& one : violations) {
    // The nearest that is known: `codelists/X.Y.items[3]`, otherwise `codelists/X.Y`.
    auto nearest = assembled.lines.upper_bound(one.field);
    while (nearest != assembled.lines.begin()) {
      --nearest;
      if (one.field.starts_with(nearest->first)) {
        one.line = nearest->second;
        break;
      }
      if (nearest->first.substr(0, 4) != one.field.substr(0, 4)) break;
    }
  }
  return Status(status.code(), status.reason(), std::string(status.message()))
      .with_violations(std::move(violations));
}

}  // namespace entente::statistics
