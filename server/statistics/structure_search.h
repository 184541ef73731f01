// Finds the structures that a query asks for, with what they refer to and what refers to them, as
// far as the subject may see: to all else it is as if it were not there.
//
// One thread; made for one request.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/statistics/service.h"
#include "server/statistics/structure_query.h"
#include "server/statistics/structure_writers.h"

namespace entente::statistics {

class StructureSearch {
 public:
  // What is passed in outlives the search.
  StructureSearch(Service& service, const Structures& structures, const policy::Subject& subject,
                  store::Snapshot& snapshot);

  // What fits, and what it reaches; nothing in it if nothing fits. DataLoss, Unavailable: as the
  // store.
  [[nodiscard]] Result<StructureMessageOut> find(const StructureQuery& query);

  // Codelists cut to what is used of them, with what stands above it in their hierarchy.
  static void cut(v1::Codelist& list, const std::set<std::string>& used);

  // What else there is that these structures reach. `names`: resource names; grows.
  void reach(Reach reach, std::set<std::string>& names) const;
  void add(const std::string& name, StructureMessageOut& out) const;

 private:
  [[nodiscard]] bool fits(const StructureQuery& query, const std::string& name,
                          const std::string& version) const;
  Status find_rows(const StructureQuery& query, StructureMessageOut& out,
                   std::set<std::string>& found);
  Status find_constraints(const StructureQuery& query, StructureMessageOut& out,
                          std::set<std::string>& found);
  void find_agencies(const StructureQuery& query, StructureMessageOut& out,
                     std::set<std::string>& found) const;
  Result<std::optional<Constraint>> actual_of(const Flow& flow);
  void add_limits(const std::set<std::string>& names, StructureMessageOut& out) const;
  void make_stubs(const StructureQuery& query, const std::set<std::string>& found,
                  StructureMessageOut& out) const;
  void make_partial(const std::set<std::string>& found, StructureMessageOut& out) const;

  Service& service_;
  const Structures& structures_;
  const policy::Subject& subject_;
  store::Snapshot& snapshot_;
  std::shared_ptr<const Model> model_;
  // Of what the subject may see: what it refers to, and what refers to it.
  std::map<std::string, std::vector<std::string>> references_;
  std::map<std::string, std::vector<std::string>> referrers_;
};

}  // namespace entente::statistics
