// The structures in force, ready to check and to describe figures with. Immutable once made; any
// thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "server/policy/policy.h"
#include "server/statistics/series/period.h"
#include "server/statistics/structure/record.pb.h"

namespace entente::statistics {

class Codelist {
 public:
  explicit Codelist(v1::Codelist wire);
  [[nodiscard]] const v1::Codelist& wire() const { return wire_; }
  // Null if there is none.
  [[nodiscard]] const v1::Item* find(std::string_view id) const;
  // The id that `text` most likely means: an item's title in any language, or an id that differs in
  // a letter or two; empty if none is near.
  [[nodiscard]] std::string nearest(std::string_view text) const;

 private:
  v1::Codelist wire_;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, int, Hash, std::equal_to<>> by_id_;
};

// A dataflow with all that it rests on.
struct Flow {
  v1::Dataflow wire;
  policy::Guard guard;
  v1::DataStructure structure;
  std::string measure;  // `OBS_VALUE`
  // As the structure's dimensions and attributes; null where there is no codelist.
  std::vector<std::shared_ptr<const Codelist>> dimension_lists;
  std::vector<std::shared_ptr<const Codelist>> attribute_lists;
  // Of each dimension the values that the constraint allows, sorted; empty: all.
  std::vector<std::vector<std::string>> allowed;
  std::optional<std::size_t> frequency;  // which dimension is it
  std::optional<std::size_t> reference_area;
  std::optional<std::size_t> status;  // which attribute is it
  std::optional<std::size_t> confidentiality;

  struct Provision {
    v1::Provision wire;
    // Who may see what the party marks as confidential.
    policy::AudienceId confidential = policy::AudienceId::Nobody;
    // Who may see the provision and what the party gives freely, of the dataflow's audience;
    // Nobody: all of that.
    policy::AudienceId shared = policy::AudienceId::Nobody;
  };
  std::map<std::string, Provision, std::less<>> provisions;  // by party code

  [[nodiscard]] std::optional<std::size_t> find_dimension(std::string_view id) const;
  [[nodiscard]] std::optional<std::size_t> find_attribute(std::string_view id) const;
};

class Model {
 public:
  // Null if there is none.
  [[nodiscard]] std::shared_ptr<const Flow> find_flow(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, std::shared_ptr<const Flow>, std::less<>>& flows()
      const {
    return flows_;
  }
  [[nodiscard]] std::shared_ptr<const Codelist> find_codelist(std::string_view name) const;
  [[nodiscard]] const record::Structure* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, record::Structure, std::less<>>& structures() const {
    return structures_;
  }

  // This model with these structures added or changed. Those that do not resolve are left out.
  [[nodiscard]] std::shared_ptr<const Model> with(std::vector<record::Structure> changed) const;

 private:
  void resolve(const std::string& name, const record::Structure& dataflow);
  std::map<std::string, record::Structure, std::less<>> structures_;
  std::map<std::string, std::shared_ptr<const Codelist>, std::less<>> codelists_;
  std::map<std::string, std::shared_ptr<const Flow>, std::less<>> flows_;
};

// The name of a structure, whichever it is, and its bytes without what the store adds.
[[nodiscard]] const std::string& name_of(const record::Structure& structure);
[[nodiscard]] std::string content_of(const record::Structure& structure);

// Each structure of a set as a row, in the order in which they rest on each other.
[[nodiscard]] std::vector<record::Structure> rows_of(const v1::StructureSet& set);

// What can be said of them by themselves: that they are not too many, and whose the provisions are.
// InvalidArgument (FieldInvalid).
[[nodiscard]] Status check_names(const std::vector<record::Structure>& changed);

// Whether these structures, put upon `model`, are sound: names and ids are well formed, references
// resolve, nothing refers to itself, roles occur once.
// InvalidArgument (FieldInvalid): with a violation for each fault, as `codelists/X.Y.items[3].id`.
[[nodiscard]] Status check_structures(const Model& model,
                                      const std::vector<record::Structure>& changed);

}  // namespace entente::statistics
