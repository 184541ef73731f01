// The structure half of SDMX's web service: structures, what there is (`availableconstraint`,
// `availability`), and the schema of structure-specific data.
//
// One thread; made for one request.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/net/method_table.h"
#include "server/statistics/availability.h"
#include "server/statistics/service.h"
#include "server/statistics/structure_query.h"
#include "server/statistics/structure_writers.h"

namespace entente::statistics {

class RestStructures {
 public:
  struct Parts {
    Service& service;
    const Structures& structures;
    store::Store& store;
    const Clock& clock;
  };
  RestStructures(Parts parts, const policy::Subject& subject, const net::HttpRequest& request);

  // Of a path that does not begin with `data`. InvalidArgument (FieldInvalid), NotFound,
  // Unimplemented: what Rest says of them in SDMX's words.
  [[nodiscard]] Result<net::HttpResponse> answer();

 private:
  [[nodiscard]] Result<net::HttpResponse> structures();
  [[nodiscard]] Result<net::HttpResponse> availability();
  [[nodiscard]] Result<net::HttpResponse> schema();
  // What `availableconstraint` and `availability` ask of a dataflow.
  struct Available {
    std::shared_ptr<const Flow> flow;
    v1::QueryRequest query;
    std::set<std::string> parties;
    std::vector<std::size_t> dimensions;  // of which values are asked; the time's is none of them
    bool with_time = true;
    bool as_if_free = false;  // of each dimension what there would be without what is said of it
    StructureQuery references;
  };
  [[nodiscard]] Result<Available> available_of();
  void add_references(const Available& asked, const Availability& there,
                      StructureMessageOut& out) const;
  Status take_key(std::string_view key, Available& asked) const;
  Status take_parameters(Available& asked) const;
  Status take_components(std::string_view text, Available& asked) const;
  // The dataflow that an address of one means; NotFound as for one that is hidden.
  [[nodiscard]] Result<std::shared_ptr<const Flow>> flow_at(std::string_view agency,
                                                            std::string_view id,
                                                            std::string_view version) const;
  [[nodiscard]] Result<std::shared_ptr<const Flow>> flow_of_provision(
      std::string_view agency, std::string_view id, std::string_view version) const;
  [[nodiscard]] Result<net::HttpResponse> write(const StructureMessageOut& message) const;

  const Parts parts_;
  const policy::Subject& subject_;
  const net::HttpRequest& request_;
  const bool is_old_;
  std::vector<std::string_view> path_;  // behind `/sdmx/2.1/`
  const std::unique_ptr<store::Snapshot> snapshot_;
};

}  // namespace entente::statistics
