// What makes structures sound.
#include <algorithm>
#include <map>
#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/comparison_limits.h"
#include "proto/contract/limits.h"
#include "server/statistics/series/period.h"
#include "server/statistics/structure/arranged.h"
#include "server/statistics/structure/model.h"
#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

class Check {
 public:
  explicit Check(const Model& model) : model_(model) {}

  void one(const record::Structure& structure) {
    name_ = name_of(structure);
    switch (structure.body_case()) {
      case record::Structure::kCodelist:
        return codelist(structure.codelist());
      case record::Structure::kConceptScheme:
        return concept_scheme(structure.concept_scheme());
      case record::Structure::kDataStructure:
        return data_structure(structure.data_structure());
      case record::Structure::kDataflow:
        return dataflow(structure.dataflow());
      case record::Structure::kProvision:
        return provision(structure.provision());
      case record::Structure::kAgency:
        return agency(structure.agency());
      case record::Structure::kCategoryScheme:
        return category_scheme(structure.category_scheme());
      case record::Structure::kCategorisation:
        return categorisation(structure.categorisation());
      case record::Structure::kHierarchy:
        return hierarchy(structure.hierarchy());
      case record::Structure::BODY_NOT_SET:
        return fault("", "is no structure");
    }
  }

  [[nodiscard]] Status status() && {
    if (faults_.empty()) return {};
    return Status(Code::InvalidArgument, Reason::FieldInvalid,
                  std::to_string(count_) + " faults in the structures")
        .with_violations(std::move(faults_));
  }

 private:
  void fault(const std::string& field, std::string rule) {
    ++count_;
    if (faults_.size() >= limits::import_problems_max) return;
    faults_.push_back({.field = name_ + (field.empty() ? "" : "." + field),
                       .rule = std::move(rule),
                       .line = 0,
                       .column = 0});
  }

  void head(std::string_view collection, const std::string& version, const v1::Text& title) {
    if (!parse_structure_name(name_, collection)) {
      fault("name", "must be `" + std::string(collection) + "/<agency>.<id>`");
    }
    if (!is_version(version)) fault("version", "must be like `1.0`");
    text("title", title);
  }

  void text(const std::string& field, const v1::Text& text) {
    if (static_cast<std::size_t>(text.by_language_size()) > limits::languages_max) {
      fault(field, "has too many languages");
    }
    for (const auto& [language, words] : text.by_language()) {
      if (words.size() > limits::text_bytes_max || !is_utf8(words)) fault(field, "is too long");
      if (language.empty() || language.size() > 35) fault(field, "has a language that is none");
    }
  }

  void items(const google::protobuf::RepeatedPtrField<v1::Item>& items, const char* field) {
    if (static_cast<std::size_t>(items.size()) > limits::codelist_items_max) {
      return fault(field, "are more than " + std::to_string(limits::codelist_items_max));
    }
    std::map<std::string, std::string> parents;
    for (int i = 0; i < items.size(); ++i) {
      const std::string at = std::string(field) + "[" + std::to_string(i) + "]";
      const v1::Item& item = items[i];
      if (!is_sdmx_id(item.id())) fault(at + ".id", "must be letters, digits, `_`, `-`, `$`, `@`");
      if (!parents.emplace(item.id(), item.parent()).second) fault(at + ".id", "occurs twice");
      text(at + ".title", item.title());
      text(at + ".description", item.description());
    }
    parents_lead_up(items, field, parents);
  }

  void category_scheme(const v1::CategoryScheme& scheme) {
    head("category-schemes", scheme.version(), scheme.title());
    text("description", scheme.description());
    std::vector<std::string_view> ways;
    for (int i = 0; i < scheme.categories_size(); ++i) {
      const std::string at = "categories[" + std::to_string(i) + "]";
      const v1::Item& category = scheme.categories(i);
      ways.emplace_back(category.id());
      text(at + ".title", category.title());
      text(at + ".description", category.description());
    }
    check_ways(ways, "categories", tell());
  }
  void categorisation(const v1::Categorisation& one) {
    head("categorisations", one.version(), one.title());
    text("description", one.description());
    check_categorisation(one, model_, tell());
  }
  void hierarchy(const v1::Hierarchy& hierarchy) {
    head("hierarchies", hierarchy.version(), hierarchy.title());
    text("description", hierarchy.description());
    for (int i = 0; i < hierarchy.levels_size(); ++i) {
      const std::string at = "levels[" + std::to_string(i) + "]";
      text(at + ".title", hierarchy.levels(i).title());
      text(at + ".description", hierarchy.levels(i).description());
    }
    check_places(hierarchy, model_, tell());
  }
  TellFault tell() {
    return [this](const std::string& field, std::string rule) { fault(field, std::move(rule)); };
  }

  // Each way up is gone once, whatever the shape: a chain of ten thousand must not take its square.
  void parents_lead_up(const google::protobuf::RepeatedPtrField<v1::Item>& items, const char* field,
                       const std::map<std::string, std::string>& parents) {
    std::map<std::string_view, bool> leads_up;  // or round in a circle
    for (int i = 0; i < items.size(); ++i) {
      const std::string at = std::string(field) + "[" + std::to_string(i) + "].parent";
      if (!items[i].parent().empty() && parents.count(items[i].parent()) == 0) {
        fault(at, "`" + items[i].parent() + "` is not in the list");
      }
      std::set<std::string_view> way;
      std::string_view up = items[i].id();
      bool sound = true;
      while (!up.empty()) {
        if (const auto known = leads_up.find(up); known != leads_up.end()) {
          sound = known->second;
          break;
        }
        if (!way.insert(up).second) {
          sound = false;
          break;
        }
        const auto parent = parents.find(std::string(up));
        up = parent == parents.end() ? std::string_view() : std::string_view(parent->second);
      }
      for (const std::string_view one : way) leads_up.emplace(one, sound);
      if (!sound) fault(at, "leads back to itself");
    }
  }

  void agency(const v1::Agency& agency) {
    constexpr std::string_view collection = "agencies/";
    if (!name_.starts_with(collection) ||
        !is_agency(std::string_view(name_).substr(collection.size()))) {
      fault("name", "must be `agencies/<agency>`");
    }
    text("title", agency.title());
    text("description", agency.description());
  }

  void codelist(const v1::Codelist& list) {
    head("codelists", list.version(), list.title());
    text("description", list.description());
    items(list.items(), "items");
  }

  void concept_scheme(const v1::ConceptScheme& scheme) {
    head("concept-schemes", scheme.version(), scheme.title());
    text("description", scheme.description());
    items(scheme.concepts(), "concepts");
  }

  void component(const std::string& at, const std::string& id, const std::string& concept_id,
                 const std::string& list, const v1::ConceptScheme* scheme,
                 std::set<std::string>& ids) {
    if (!is_sdmx_id(id)) fault(at + ".id", "must be letters, digits, `_`, `-`, `$`, `@`");
    if (!ids.insert(id).second) fault(at + ".id", "occurs twice");
    if (!list.empty() && !model_.find_codelist(list)) fault(at + ".codelist", "is not there");
    known_concept(at + ".concept_id", concept_id, scheme);
  }

  void known_concept(const std::string& at, std::string_view id, const v1::ConceptScheme* scheme) {
    if (const auto named = parse_concept_name(id)) {
      const record::Structure* row = model_.find(named->scheme);
      scheme = row != nullptr && row->has_concept_scheme() ? &row->concept_scheme() : nullptr;
      id = named->id;
    }
    const bool known =
        scheme != nullptr && std::any_of(scheme->concepts().begin(), scheme->concepts().end(),
                                         [&](const v1::Item& item) { return item.id() == id; });
    if (!known) fault(at, "`" + std::string(id) + "` is not in the concept scheme");
  }

  // What attributes are attached to must be there.
  void attachments(const v1::DataStructure& structure) {
    const auto is_dimension = [&](const std::string& id) {
      return id == time_dimension ||
             std::any_of(structure.dimensions().begin(), structure.dimensions().end(),
                         [&](const v1::Dimension& one) { return one.id() == id; });
    };
    std::set<std::string> groups;
    for (int i = 0; i < structure.groups_size(); ++i) {
      const std::string at = "groups[" + std::to_string(i) + "]";
      const v1::DimensionGroup& group = structure.groups(i);
      if (!is_sdmx_id(group.id())) fault(at + ".id", "must be letters, digits, `_`, `-`, `$`, `@`");
      if (!groups.insert(group.id()).second) fault(at + ".id", "occurs twice");
      for (const std::string& id : group.dimensions()) {
        if (!is_dimension(id)) fault(at + ".dimensions", "`" + id + "` is not of the structure");
      }
    }
    for (int i = 0; i < structure.attributes_size(); ++i) {
      const std::string at = "attributes[" + std::to_string(i) + "]";
      const v1::Attribute& one = structure.attributes(i);
      for (const std::string& id : one.attached_to()) {
        if (!is_dimension(id)) fault(at + ".attached_to", "`" + id + "` is not of the structure");
      }
      if (one.attachment() == v1::Attribute::GROUP && groups.count(one.group()) == 0) {
        fault(at + ".group", "is not of the structure");
      }
    }
  }

  void data_structure(const v1::DataStructure& structure) {
    head("data-structures", structure.version(), structure.title());
    const record::Structure* row = model_.find(structure.concept_scheme());
    const v1::ConceptScheme* scheme =
        row != nullptr && row->has_concept_scheme() ? &row->concept_scheme() : nullptr;
    if (scheme == nullptr) fault("concept_scheme", "is not there");
    text("description", structure.description());
    if (!structure.time_concept().empty()) {
      known_concept("time_concept", structure.time_concept(), scheme);
    }
    if (!structure.measure_concept().empty()) {
      known_concept("measure_concept", structure.measure_concept(), scheme);
    }
    if (static_cast<std::size_t>(structure.groups_size()) > limits::attributes_max) {
      fault("groups", "are more than " + std::to_string(limits::attributes_max));
    }
    attachments(structure);
    const auto dimensions = static_cast<std::size_t>(structure.dimensions_size());
    if (dimensions == 0 || dimensions > limits::dimensions_max) {
      fault("dimensions", "must be 1 to " + std::to_string(limits::dimensions_max));
    }
    if (static_cast<std::size_t>(structure.attributes_size()) > limits::attributes_max) {
      fault("attributes", "are more than " + std::to_string(limits::attributes_max));
    }
    const std::string measure = structure.measure().empty() ? "OBS_VALUE" : structure.measure();
    std::set<std::string> ids = {std::string(time_dimension), measure};
    std::map<int, int> roles;
    for (int i = 0; i < structure.dimensions_size(); ++i) {
      const auto& one = structure.dimensions(i);
      const std::string at = "dimensions[" + std::to_string(i) + "]";
      component(at, one.id(), one.concept_id(), one.codelist(), scheme, ids);
      if (one.role() != v1::Dimension::ROLE_UNSPECIFIED && ++roles[one.role()] > 1) {
        fault(at + ".role", "occurs twice");
      }
      if (one.role() == v1::Dimension::REFERENCE_AREA && one.codelist().empty()) {
        fault(at + ".codelist", "is missing: provisions are given by its items");
      }
    }
    std::map<int, int> attribute_roles;
    for (int i = 0; i < structure.attributes_size(); ++i) {
      const auto& one = structure.attributes(i);
      const std::string at = "attributes[" + std::to_string(i) + "]";
      component(at, one.id(), one.concept_id(), one.codelist(), scheme, ids);
      if (one.role() != v1::Attribute::ROLE_UNSPECIFIED && ++attribute_roles[one.role()] > 1) {
        fault(at + ".role", "occurs twice");
      }
    }
  }

  void dataflow(const v1::Dataflow& dataflow) {
    head("dataflows", dataflow.version(), dataflow.title());
    text("description", dataflow.description());
    if (dataflow.process().substr(0, 10) != "processes/" ||
        !policy::is_id(std::string_view(dataflow.process())
                           .substr(std::min<std::size_t>(10, dataflow.process().size())))) {
      fault("process", "must be a name such as `processes/igc`");
    }
    const auto handling = dataflow.visibility().handling();
    if (handling != v1::HANDLING_OPEN && handling != v1::HANDLING_LIMITED) {
      fault("visibility.handling", "must be open or limited: figures are read without a receipt");
    }
    if (dataflow.visibility().has_embargo_until() || dataflow.visibility().has_expires_at()) {
      fault("visibility", "has a time: uploads have theirs, a dataflow has none");
    }
    reporting(dataflow);
    denominator(dataflow);
    if (dataflow.reciprocity().grace_days() > limits::due_days_max) {
      fault("reciprocity.grace_days", "must be at most " + std::to_string(limits::due_days_max));
    }
    const auto flow = model_.find_flow(name_);
    if (!flow) return fault("data_structure", "is not there");
    for (int i = 0; i < dataflow.constraint_size(); ++i) {
      const std::string at = "constraint[" + std::to_string(i) + "]";
      const auto dimension = flow->find_dimension(dataflow.constraint(i).dimension());
      if (!dimension) {
        fault(at + ".dimension", "is not of the structure");
        continue;
      }
      const auto& list = flow->dimension_lists[*dimension];
      for (const std::string& value : dataflow.constraint(i).values()) {
        if (list && list->find(value) == nullptr) {
          fault(at + ".values", "`" + value + "` is not in the codelist");
        }
      }
    }
  }

  void reporting(const v1::Dataflow& dataflow) {
    if (!dataflow.has_reporting()) return;
    const auto frequency = frequency_of(dataflow.reporting().frequency());
    const auto since = parse_period(dataflow.reporting().since());
    if (!frequency) fault("reporting.frequency", "must be one such as `A`, `Q`, `M`");
    if (!since || since->frequency != frequency) {
      fault("reporting.since", "must be a period of the frequency");
    }
    if (dataflow.reporting().due_days() > limits::due_days_max) {
      fault("reporting.due_days", "must be at most " + std::to_string(limits::due_days_max));
    }
  }

  void provision(const v1::Provision& provision) {
    const auto name = parse_provision_name(name_);
    if (!name) return fault("name", "must be `dataflows/<dataflow>/provisions/<party>`");
    if (provision.party() != "parties/" + name->party) fault("party", "is not the name's");
    const auto flow = model_.find_flow(name->dataflow);
    if (!flow) return fault("name", "its dataflow is not there");
    for (const std::string& area : provision.reference_areas()) {
      const auto list =
          flow->reference_area ? flow->dimension_lists[*flow->reference_area] : nullptr;
      if (!list || list->find(area) == nullptr) {
        fault("reference_areas", "`" + area + "` is not an item of the reference area's codelist");
      }
    }
    if (static_cast<std::size_t>(provision.notes_size()) > limits::notes_max) {
      fault("notes", "are more than " + std::to_string(limits::notes_max));
    }
    for (int i = 0; i < provision.notes_size(); ++i) {
      note("notes[" + std::to_string(i) + "]", provision.notes(i), *flow);
    }
  }

  void note(const std::string& at, const v1::Note& note, const Flow& flow) {
    if (!is_sdmx_id(note.concept_id())) fault(at + ".concept_id", "is none");
    text(at + ".text", note.text());
    for (const v1::Selection& one : note.scope().selections()) {
      const auto dimension = flow.find_dimension(one.dimension());
      if (!dimension) {
        fault(at + ".scope.selections", "`" + one.dimension().substr(0, 64) + "` is no dimension");
        continue;
      }
      const auto& list = flow.dimension_lists[*dimension];
      for (const std::string& value : one.values()) {
        if (list && list->find(value) == nullptr) {
          fault(at + ".scope.selections",
                "`" + value.substr(0, 64) + "` is not in the codelist of " + one.dimension());
        }
      }
    }
    for (const std::string* period : {&note.scope().start_period(), &note.scope().end_period()}) {
      if (!period->empty() && !parse_period(*period)) {
        fault(at + ".scope", "`" + period->substr(0, 64) + "` is no period");
      }
    }
  }

  void denominator(const v1::Dataflow& dataflow) {
    if (!dataflow.has_denominator()) return;
    const auto flow = model_.find_flow(dataflow.denominator().dataflow());
    if (!flow || !flow->reference_area || flow->wire.process() != dataflow.process()) {
      return fault("denominator.dataflow",
                   "must be a dataflow of the same process that has a reference area");
    }
    for (const v1::Selection& one : dataflow.denominator().selections()) {
      if (!flow->find_dimension(one.dimension()) || one.values_size() != 1) {
        fault("denominator.selections", "must give one value of one of its dimensions each");
      }
    }
  }

  const Model& model_;
  std::string name_;
  std::vector<Violation> faults_;
  std::size_t count_ = 0;
};

}  // namespace

Status check_names(const std::vector<record::Structure>& changed) {
  if (changed.size() > limits::structures_max) {
    return invalid_argument("structures",
                            "are more than " + std::to_string(limits::structures_max));
  }
  for (const record::Structure& one : changed) {
    if (!one.has_provision() || parse_provision_name(name_of(one))) continue;
    return invalid_argument("name", "must be `dataflows/<dataflow>/provisions/<party>`");
  }
  return {};
}

Status check_structures(const Model& model, const std::vector<record::Structure>& changed) {
  ENTENTE_TRY_VOID(check_names(changed));
  const std::shared_ptr<const Model> next = model.with(changed);
  Check check(*next);
  for (const record::Structure& one : changed) check.one(one);
  return std::move(check).status();
}

}  // namespace entente::statistics
