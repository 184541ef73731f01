// From a message as its provider wrote it to structures as we keep them: names instead of
// references, a concept's codelist where a dimension gives none of its own, constraints and
// providers put where the model has them. What has no place is said. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/statistics/messages/message.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

struct Assembled {
  v1::StructureSet set;
  std::vector<LeftOut> left_out;
  // Where each stands in the message: `codelists/X.Y`, `codelists/X.Y.items[3]`.
  std::map<std::string, std::uint64_t, std::less<>> lines;
};

using MaySee = std::function<bool(const record::Structure&)>;

// `process`: whose new dataflows become, `igc`; empty: they are left out. Whether what is assembled
// is sound is check_structures' to say. `may_see`: which of the structures that are there the
// caller may know of; to all else it is as if they were not. Empty: all.
[[nodiscard]] Assembled assemble(StructureMessage message, const Model& model,
                                 const std::string& process, const MaySee& may_see = {});

// The lines of what a Status of check_structures names.
[[nodiscard]] Status with_lines(const Status& status, const Assembled& assembled);

}  // namespace entente::statistics
