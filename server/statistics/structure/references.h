// What a structure refers to, and how it is called whichever it is. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "server/statistics/structure/model.h"

namespace entente::statistics {

// The names of the structures that this one refers to, each once, in the order in which it does;
// those that a provision belongs to included. Whether they are there is another question.
[[nodiscard]] std::vector<std::string> references_of(const record::Structure& structure);
// All that the one of this name rests on, each once, each behind those that it refers to itself; it
// is the last. Empty: there is none.
[[nodiscard]] std::vector<const record::Structure*> with_references(const Model& model,
                                                                    const std::string& name);

// `1.0`; of what has no version of its own (agencies, provisions) `1.0`.
[[nodiscard]] const std::string& version_of(const record::Structure& structure);
[[nodiscard]] const v1::Text& title_of(const record::Structure& structure);

// Puts it among its kind; in the place of the one of its name.
void add_to_set(const record::Structure& structure, v1::StructureSet& set);
void replace_in_set(const record::Structure& structure, v1::StructureSet& set);

}  // namespace entente::statistics
