// What is sound of structures that arrange others: categories and what they hold, hierarchies of
// codes. Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/statistics/structure/model.h"

namespace entente::statistics {

// Told of each fault: `categories[3].id`, and what is wrong with it.
using TellFault = std::function<void(const std::string& field, std::string rule)>;

// `A.B.C` of each: ids with dots between them, none twice, each behind the one that it is in, so
// that nothing leads back to itself.
void check_ways(const std::vector<std::string_view>& ways, const char* field,
                const TellFault& fault);
void check_places(const v1::Hierarchy& hierarchy, const Model& model, const TellFault& fault);
void check_categorisation(const v1::Categorisation& one, const Model& model,
                          const TellFault& fault);

// Whether a structure of this collection can stand under a category.
[[nodiscard]] bool is_categorised(std::string_view collection);

}  // namespace entente::statistics
