// The codes of one dimension and how they are parts of each other, and the one rule by which sums
// are made of them: what is a part of another figure is not added to it. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/statistics/structure/model.h"
#include "server/statistics/totals.h"

namespace entente::statistics {

// By SDMX's convention the total of its dimension, whether the codelist says so or not.
inline constexpr std::string_view total_code = "_T";

// Who is above whom where a hierarchy says so that is kept by itself: of each code the one above
// it, of those at the top the empty text.
using Parents = std::map<std::string, std::string, std::less<>>;
// InvalidArgument (FieldInvalid): a code stands in it more than once, so that nobody knows of what
// it is a part.
[[nodiscard]] Result<Parents> parents_in(const v1::Hierarchy& hierarchy);

class Hierarchy {
 public:
  // `codes`: sorted. `list`: whose parents count; null: there are none.
  Hierarchy(std::vector<std::string> codes, const Codelist* list);
  // The same, as `parents` has it.
  Hierarchy(std::vector<std::string> codes, const Parents& parents);

  // Those given, then those above them that were not among them.
  [[nodiscard]] const std::vector<std::string>& codes() const { return codes_; }
  // Whether a figure of `whole` holds that of `part`: it is above it, or the total.
  [[nodiscard]] bool covers(std::uint32_t whole, std::uint32_t part) const;
  // All that cover it.
  [[nodiscard]] std::vector<std::uint32_t> above(std::uint32_t code) const;
  // 1 at the top.
  [[nodiscard]] std::uint32_t depth(std::uint32_t code) const;
  // Requires: depth(code) >= level.
  [[nodiscard]] std::uint32_t at_level(std::uint32_t code, std::uint32_t level) const;
  // Whether one of these covers another.
  [[nodiscard]] bool has_parts(const std::vector<bool>& used) const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  // `parent_of`: of a code the one above it; empty: none.
  template <typename ParentOf>
  void arrange(const ParentOf& parent_of);

  std::vector<std::string> codes_;
  std::vector<std::uint32_t> parents_;
  std::uint32_t total_ = none;
};

// What becomes of one dimension of a table.
struct Reduction {
  std::size_t dimension = 0;
  const Hierarchy* hierarchy = nullptr;
  std::uint32_t level = 0;  // 0: summed away, its number becomes 0; else that of its code there
};

// The table with one dimension summed or brought to a level. Of rows that are equal but for this
// dimension and go into one, one whose code is covered by another's does not count: the total
// stands for its parts. Those above the level do not count, either.
[[nodiscard]] TotalsTable reduced(const TotalsTable& table, const Reduction& reduction);

}  // namespace entente::statistics
