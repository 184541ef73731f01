// A request for data held against the structures in force and what its subject may see: which data
// sets the answer has, and how each is read. Whoever may not see a dataflow gets the plan that
// there would be if there were none.
//
// Pure but for the clock and the policy behind Service; any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/statistics/query/data_request.h"
#include "server/statistics/rows.h"
#include "server/statistics/service.h"
#include "server/statistics/writers.h"

namespace entente::statistics {

// How one data set is read.
struct SetPlan {
  SetHead head;
  LayersPointer layers;
  Reading reading;
  CellTest test;
};

// A data set that is planned when its turn comes: a history has one or two for each upload, each
// over all uploads before it.
struct SetToCome {
  std::function<SetPlan()> plan;
  // As many observations as there could be of it, if that is known without.
  std::optional<std::uint64_t> at_most = {};
};

struct DataPlan {
  Plan writing;
  std::vector<SetToCome> sets;
  bool keys_only = false;
  bool is_sorted = false;                     // by `order`; else as the keys are
  std::vector<std::vector<OrderTerm>> order;  // by topic
  Window window;
  // Of what was asked for as of a moment: what the answer rests on. The same request with the same
  // mark has the same answer. It takes a walk over all layers, which other requests do without.
  std::string mark;
};

struct Asking {
  const policy::Subject& subject;
  const DataRequest& request;
  const Form& form;
  const std::vector<std::string>& languages;
  Instant now;
};

// No set: there is nothing that the subject may see. InvalidArgument (FieldInvalid): the request
// does not fit the structure. Unimplemented: the format cannot carry it.
[[nodiscard]] Result<DataPlan> plan_data(Service& service, std::shared_ptr<const Model> model,
                                         const Asking& asking);

}  // namespace entente::statistics
