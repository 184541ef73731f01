// What makes structures of a message, as assemble.h says, each kind in a source of its own. One
// thread; once.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/statistics/messages/assemble.h"
#include "server/statistics/structure/names.h"

namespace entente::statistics {

// How what is left out is called: `codelist OECD:CL_AREA(1.2)`.
[[nodiscard]] std::string said(const std::string& kind, const Head& head);
// `codelists/X.Y.items[3]`
[[nodiscard]] std::string at(const std::string& name, const char* field, int index);

class Assembler {
 public:
  Assembler(StructureMessage message, const Model& model, const std::string& process,
            const MaySee& may_see)
      : message_(std::move(message)), model_(model), process_(process), may_see_(may_see) {
    out_.left_out = std::move(message_.left_out);
  }
  [[nodiscard]] Assembled assemble();

 private:
  // What is there, as far as the caller may know.
  [[nodiscard]] const record::Structure* find(const std::string& name) const;
  void leave_out(std::string what, std::string why, std::uint64_t line);
  // The name of what is referred to; empty if nothing is. A version that is not the one that would
  // be in force is said.
  std::string name_of_reference(const Reference& reference, const char* collection,
                                std::uint64_t line);
  std::string version_in_force(const std::string& name) const;
  void agencies();
  // Of several versions the newest, if it is not older than the one in force; of stubs none.
  template <typename Read>
  void keep_newest(std::vector<Read>& all, const char* collection, const char* kind);

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

  // assemble_structures.cc
  void codelist(const ReadScheme& read);
  void concept_scheme(const ReadScheme& read);
  // The codelist by which a component is coded: its own or, if it gives none, its concept's.
  std::string codelist_of(const ReadComponent& read);
  // As the model says it within a structure whose concepts are those of `scheme`.
  std::string concept_of(const ReadComponent& read, const std::string& scheme);
  // The scheme that most of a structure's concepts are of.
  std::string usual_scheme(const ReadStructure& read);
  void data_structure(const ReadStructure& read);
  void attributes(const ReadStructure& read, const std::string& name, const std::string& scheme,
                  v1::DataStructure& structure);
  void measure(const ReadStructure& read, const std::string& what, const std::string& scheme,
               v1::DataStructure& structure);

  // assemble_flows.cc
  void dataflow(const ReadFlow& read);
  void provision(const ReadProvision& read);
  bool is_kept(const std::string& flow) const;
  void constraint(const ReadConstraint& read);
  bool attach_to_flow(const ReadConstraint& read, const Reference& to);
  // Of a provision the areas are kept that it is for.
  bool attach_to_provision(const ReadConstraint& read, const Reference& to);
  // What the reference area is called in the structure of a provision's dataflow.
  std::string area_dimension(int provision) const;

  // assemble_arranged.cc
  void hierarchy(const ReadHierarchy& read);
  void category_scheme(const ReadScheme& read);
  // Of what is found under the category, and of the category, both must be here.
  void categorisation(const ReadCategorisation& read);

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

}  // namespace entente::statistics
