// Finds persons by how their words begin, in the order of their names. What one may not see costs
// no visit.
//
// Words of a person: names, title, institution, and all names of the party; nothing that another
// guard stands over, so that a match gives nothing away.
//
// Threads: as its owner, which keeps what it refers to.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/directory/indexed.h"
#include "server/policy/policy.h"

namespace entente::directory {

class WordIndex {
 public:
  using Slot = std::uint32_t;  // a place in `slots`
  using Visit = std::function<bool(const Indexed&)>;

  // Borrowed, and outlives it.
  explicit WordIndex(const std::vector<Indexed>& slots) : slots_(slots) {}

  // The names of a party are words of those persons of it that are put behind it.
  void name_party(const Record& record);
  // A person, come or changed, who is in the slot by now; `moves`: or whose name is another.
  // Until put_in_order() nobody who moves is found there.
  void put(const Record& record, Slot slot, bool moves);
  void put_in_order();

  // As Catalog::search.
  void search(std::string_view query, std::string_view after_sort_key, const policy::Sight& sight,
              std::string_view own_person, const Visit& visit) const;

 private:
  // A bit a rank.
  using Ranks = std::vector<std::uint64_t>;
  [[nodiscard]] Ranks match(std::string_view word) const;
  void visit_ranks(std::size_t first, const Ranks* found, const policy::Sight& sight,
                   std::string_view own_person, const Visit& visit) const;
  [[nodiscard]] bool is_before(Slot a, Slot b) const;

  const std::vector<Indexed>& slots_;
  std::map<std::string, std::vector<Slot>, std::less<>> words_;  // sorted slots
  std::unordered_map<Slot, std::vector<std::string>> words_of_slot_;
  std::map<std::string, std::vector<std::string>, std::less<>> party_words_;
  std::map<std::string, std::string, std::less<>> institution_words_;
  // Persons by sort key and name; where each stands there; those that must be put in their place.
  std::vector<Slot> order_;
  std::vector<std::uint32_t> ranks_;
  std::vector<Slot> unplaced_;
  std::vector<policy::AudienceId>
      audience_of_slot_;  // beside each other: most are only passed over
};

}  // namespace entente::directory
