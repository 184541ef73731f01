#include "server/statistics/writers/table.h"

#include <algorithm>

namespace entente::statistics {
namespace {

// The place of `id`, which is put at the end if it is new.
std::size_t place_of(std::vector<std::string>& ids, std::vector<std::size_t>& owners,
                     const std::string& id, std::size_t topic) {
  const auto found = std::find(ids.begin(), ids.end(), id);
  if (found != ids.end()) return static_cast<std::size_t>(found - ids.begin());
  ids.push_back(id);
  owners.push_back(topic);
  return ids.size() - 1;
}

template <typename Place>
void put(std::vector<Place>& places, std::size_t at, Place own) {
  if (places.size() <= at) places.resize(at + 1);
  places[at] = std::move(own);
}

}  // namespace

TableColumns::TableColumns(const Plan& plan) : places(plan.topics.size()) {
  using Own = std::optional<std::size_t>;
  for (std::size_t t = 0; t < plan.topics.size(); ++t) {
    const Topic& topic = plan.topics[t];
    const v1::DataStructure& structure = topic.flow->structure;
    for (int d = 0; d < structure.dimensions_size(); ++d) {
      const auto at = place_of(dimensions, dimension_owner, structure.dimensions(d).id(), t);
      put<Own>(places[t].dimensions, at, static_cast<std::size_t>(d));
    }
    if (!plan.observations) continue;
    if (plan.figures) {
      const auto at = place_of(measures, measure_owner, topic.flow->measure, t);
      if (places[t].measures.size() <= at) places[t].measures.resize(at + 1);
      places[t].measures[at] = true;
    }
    for (int a = 0; a < structure.attributes_size(); ++a) {
      if (!topic.attributes[static_cast<std::size_t>(a)]) continue;
      const auto at = place_of(attributes, attribute_owner, structure.attributes(a).id(), t);
      put<Own>(places[t].attributes, at, static_cast<std::size_t>(a));
    }
  }
  for (Places& one : places) {
    one.dimensions.resize(dimensions.size());
    one.measures.resize(measures.size());
    one.attributes.resize(attributes.size());
  }
}

}  // namespace entente::statistics
