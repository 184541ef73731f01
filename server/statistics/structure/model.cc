#include "server/statistics/structure/model.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <array>

#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// How many letters must change to make one of the other; `most` + 1 if more than `most`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most) return most + 1;
  std::vector<std::size_t> row(a.size() + 1);
  for (std::size_t i = 0; i <= a.size(); ++i) row[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::size_t corner = row[0];
    row[0] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t change = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[i];
      row[i] = std::min({row[i] + 1, row[i - 1] + 1, change});
    }
  }
  return row[a.size()];
}

}  // namespace

Codelist::Codelist(v1::Codelist wire) : wire_(std::move(wire)) {
  for (int i = 0; i < wire_.items_size(); ++i) by_id_.emplace(wire_.items(i).id(), i);
}

const v1::Item* Codelist::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &wire_.items(found->second);
}

std::string Codelist::nearest(std::string_view text) const {
  const std::string wanted = lower(text.substr(0, 64));
  if (wanted.empty()) return {};
  const std::size_t most = wanted.size() <= 2 ? 1 : 2;
  std::string best;
  std::size_t least = most + 1;
  for (const v1::Item& item : wire_.items()) {
    const std::size_t of_id = distance(wanted, lower(item.id()), most);
    if (of_id < least) {
      least = of_id;
      best = item.id();
    }
    for (const auto& [language, title] : item.title().by_language()) {
      const std::size_t of_title = distance(wanted, lower(title), most);
      // A title that is nearly right outweighs an id that is as near by chance.
      if (of_title <= most && of_title <= least) {
        least = of_title;
        best = item.id();
      }
    }
  }
  return best;
}

std::optional<std::size_t> Flow::find_dimension(std::string_view id) const {
  for (int i = 0; i < structure.dimensions_size(); ++i) {
    if (structure.dimensions(i).id() == id) return static_cast<std::size_t>(i);
  }
  return std::nullopt;
}

std::optional<std::size_t> Flow::find_attribute(std::string_view id) const {
  for (int i = 0; i < structure.attributes_size(); ++i) {
    if (structure.attributes(i).id() == id) return static_cast<std::size_t>(i);
  }
  return std::nullopt;
}

std::shared_ptr<const Flow> Model::find_flow(std::string_view name) const {
  const auto found = flows_.find(name);
  return found == flows_.end() ? nullptr : found->second;
}

std::shared_ptr<const Codelist> Model::find_codelist(std::string_view name) const {
  const auto found = codelists_.find(name);
  return found == codelists_.end() ? nullptr : found->second;
}

const record::Structure* Model::find(std::string_view name) const {
  const auto found = structures_.find(name);
  return found == structures_.end() ? nullptr : &found->second;
}

std::shared_ptr<const Model> Model::with(std::vector<record::Structure> changed) const {
  auto next = std::make_shared<Model>(*this);
  for (record::Structure& one : changed) {
    const std::string name = name_of(one);
    if (one.has_codelist()) {
      next->codelists_[name] = std::make_shared<const Codelist>(one.codelist());
    }
    next->structures_[name] = std::move(one);
  }
  next->flows_.clear();
  for (const auto& [name, structure] : next->structures_) {
    if (structure.has_dataflow()) next->resolve(name, structure);
  }
  return next;
}

void Model::resolve(const std::string& name, const record::Structure& dataflow) {
  const record::Structure* structure = find(dataflow.dataflow().data_structure());
  if (structure == nullptr || !structure->has_data_structure()) return;
  auto flow = std::make_shared<Flow>();
  flow->wire = dataflow.dataflow();
  flow->guard.audience = static_cast<policy::AudienceId>(dataflow.audience());
  flow->guard.handling = static_cast<policy::Handling>(dataflow.dataflow().visibility().handling());
  flow->guard.process = flow->wire.process().substr(flow->wire.process().find('/') + 1);
  flow->structure = structure->data_structure();
  flow->measure = flow->structure.measure().empty() ? "OBS_VALUE" : flow->structure.measure();
  flow->allowed.resize(static_cast<std::size_t>(flow->structure.dimensions_size()));
  for (std::size_t d = 0; d < flow->allowed.size(); ++d) {
    const v1::Dimension& dimension = flow->structure.dimensions(static_cast<int>(d));
    flow->dimension_lists.push_back(find_codelist(dimension.codelist()));
    if (dimension.role() == v1::Dimension::FREQUENCY) flow->frequency = d;
    if (dimension.role() == v1::Dimension::REFERENCE_AREA) flow->reference_area = d;
  }
  for (std::size_t a = 0; a < static_cast<std::size_t>(flow->structure.attributes_size()); ++a) {
    const v1::Attribute& attribute = flow->structure.attributes(static_cast<int>(a));
    flow->attribute_lists.push_back(find_codelist(attribute.codelist()));
    if (attribute.role() == v1::Attribute::STATUS) flow->status = a;
    if (attribute.role() == v1::Attribute::CONFIDENTIALITY) flow->confidentiality = a;
  }
  for (const v1::AllowedValues& one : flow->wire.constraint()) {
    const auto dimension = flow->find_dimension(one.dimension());
    if (!dimension) continue;
    flow->allowed[*dimension].assign(one.values().begin(), one.values().end());
    std::sort(flow->allowed[*dimension].begin(), flow->allowed[*dimension].end());
  }
  const std::string prefix = name + "/provisions/";
  for (auto at = structures_.lower_bound(prefix);
       at != structures_.end() && at->first.starts_with(prefix); ++at) {
    flow->provisions[party_code(at->second.provision().party())] = {
        .wire = at->second.provision(),
        .confidential = static_cast<policy::AudienceId>(at->second.audience()),
        .shared = static_cast<policy::AudienceId>(at->second.provision_audience())};
  }
  flows_[name] = std::move(flow);
}

const std::string& name_of(const record::Structure& structure) {
  switch (structure.body_case()) {
    case record::Structure::kCodelist:
      return structure.codelist().name();
    case record::Structure::kConceptScheme:
      return structure.concept_scheme().name();
    case record::Structure::kDataStructure:
      return structure.data_structure().name();
    case record::Structure::kDataflow:
      return structure.dataflow().name();
    case record::Structure::kProvision:
      return structure.provision().name();
    case record::Structure::kAgency:
      return structure.agency().name();
    case record::Structure::kCategoryScheme:
      return structure.category_scheme().name();
    case record::Structure::kCategorisation:
      return structure.categorisation().name();
    case record::Structure::kHierarchy:
      return structure.hierarchy().name();
    case record::Structure::BODY_NOT_SET:
      break;
  }
  return structure.name();
}

std::string content_of(const record::Structure& structure) {
  record::Structure bare = structure;
  bare.clear_name();
  bare.clear_revision();
  bare.clear_recorded_at_us();
  bare.clear_audience();
  bare.clear_earlier();
  bare.clear_provision_audience();
  std::string bytes;
  // Maps in one order, so that equal contents are equal bytes.
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    bare.SerializeToCodedStream(&out);
  }
  return bytes;
}

std::vector<record::Structure> rows_of(const v1::StructureSet& set) {
  std::vector<record::Structure> rows;
  for (const auto& one : set.agencies()) *rows.emplace_back().mutable_agency() = one;
  for (const auto& one : set.codelists()) *rows.emplace_back().mutable_codelist() = one;
  for (const auto& one : set.concept_schemes()) *rows.emplace_back().mutable_concept_scheme() = one;
  for (const auto& one : set.data_structures()) *rows.emplace_back().mutable_data_structure() = one;
  for (const auto& one : set.dataflows()) *rows.emplace_back().mutable_dataflow() = one;
  for (const auto& one : set.provisions()) *rows.emplace_back().mutable_provision() = one;
  for (const auto& one : set.hierarchies()) *rows.emplace_back().mutable_hierarchy() = one;
  for (const auto& one : set.category_schemes()) {
    *rows.emplace_back().mutable_category_scheme() = one;
  }
  for (const auto& one : set.categorisations()) *rows.emplace_back().mutable_categorisation() = one;
  return rows;
}

}  // namespace entente::statistics
