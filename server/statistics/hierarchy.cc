#include "server/statistics/hierarchy.h"

#include <algorithm>
#include <numeric>

namespace entente::statistics {

Result<Parents> parents_in(const v1::Hierarchy& hierarchy) {
  std::map<std::string, std::string> codes;  // by place
  Parents parents;
  for (const v1::Hierarchy::Place& place : hierarchy.places()) {
    codes[place.id()] = place.code();
    const std::size_t dot = place.id().rfind('.');
    const std::string above = dot == std::string::npos ? "" : codes[place.id().substr(0, dot)];
    if (!parents.emplace(place.code(), above).second) {
      return invalid_argument("hierarchy", "`" + place.code() + "` stands in it more than once");
    }
  }
  return parents;
}

Hierarchy::Hierarchy(std::vector<std::string> codes, const Codelist* list)
    : codes_(std::move(codes)) {
  arrange([list](const std::string& code) -> std::string {
    const v1::Item* item = list == nullptr ? nullptr : list->find(code);
    return item == nullptr ? std::string() : item->parent();
  });
}

Hierarchy::Hierarchy(std::vector<std::string> codes, const Parents& parents)
    : codes_(std::move(codes)) {
  arrange([&](const std::string& code) -> std::string {
    const auto found = parents.find(code);
    return found == parents.end() ? std::string() : found->second;
  });
}

template <typename ParentOf>
void Hierarchy::arrange(const ParentOf& parent_of) {
  std::unordered_map<std::string, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < codes_.size(); ++i) numbers.emplace(codes_[i], i);
  for (std::uint32_t i = 0; i < codes_.size(); ++i) {
    const std::string parent = parent_of(codes_[i]);
    if (parent.empty()) {
      parents_.push_back(none);
      continue;
    }
    const auto [at, fresh] = numbers.emplace(parent, static_cast<std::uint32_t>(codes_.size()));
    if (fresh) codes_.push_back(parent);
    parents_.push_back(at->second);
  }
  const auto total = numbers.find(std::string(total_code));
  if (total != numbers.end()) total_ = total->second;
}

bool Hierarchy::covers(std::uint32_t whole, std::uint32_t part) const {
  if (whole == part) return false;
  if (whole == total_) return true;
  for (std::uint32_t up = parents_[part]; up != none; up = parents_[up]) {
    if (up == whole) return true;
  }
  return false;
}

std::vector<std::uint32_t> Hierarchy::above(std::uint32_t code) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t up = parents_[code]; up != none; up = parents_[up]) out.push_back(up);
  const bool has_total = std::find(out.begin(), out.end(), total_) != out.end();
  if (total_ != none && code != total_ && !has_total) out.push_back(total_);
  return out;
}

std::uint32_t Hierarchy::depth(std::uint32_t code) const {
  std::uint32_t depth = 1;
  for (std::uint32_t up = parents_[code]; up != none; up = parents_[up]) ++depth;
  return depth;
}

std::uint32_t Hierarchy::at_level(std::uint32_t code, std::uint32_t level) const {
  for (std::uint32_t deep = depth(code); deep > level; --deep) code = parents_[code];
  return code;
}

bool Hierarchy::has_parts(const std::vector<bool>& used) const {
  for (std::uint32_t code = 0; code < used.size(); ++code) {
    if (!used[code]) continue;
    for (const std::uint32_t whole : above(code)) {
      if (whole < used.size() && used[whole]) return true;
    }
  }
  return false;
}

TotalsTable reduced(const TotalsTable& table, const Reduction& reduction) {
  const std::size_t d = reduction.dimension;
  const Hierarchy& hierarchy = *reduction.hierarchy;
  std::vector<std::uint32_t> order(table.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto less_but_for = [&](std::uint32_t a, std::uint32_t b) {
    const auto of_a = table.key(a);
    const auto of_b = table.key(b);
    for (std::size_t i = 0; i < table.width(); ++i) {
      if (i != d && of_a[i] != of_b[i]) return of_a[i] < of_b[i];
    }
    return false;
  };
  std::stable_sort(order.begin(), order.end(), less_but_for);
  const auto target = [&](std::uint32_t code) {
    return reduction.level == 0 ? 0 : hierarchy.at_level(code, reduction.level);
  };
  TotalsTable out(table.width());
  std::vector<std::uint32_t> key;
  std::vector<std::uint32_t> codes;
  for (std::size_t from = 0; from < order.size();) {
    std::size_t end = from;
    codes.clear();
    while (end < order.size() && !less_but_for(order[from], order[end])) {
      const std::uint32_t code = table.key(order[end++])[d];
      if (reduction.level == 0 || hierarchy.depth(code) >= reduction.level) codes.push_back(code);
    }
    std::sort(codes.begin(), codes.end());
    for (; from < end; ++from) {
      const auto row = table.key(order[from]);
      if (reduction.level != 0 && hierarchy.depth(row[d]) < reduction.level) continue;
      const std::uint32_t into = target(row[d]);
      const auto above = hierarchy.above(row[d]);
      const bool covered = std::any_of(above.begin(), above.end(), [&](std::uint32_t whole) {
        return std::binary_search(codes.begin(), codes.end(), whole) && target(whole) == into;
      });
      if (covered) continue;
      key.assign(row.begin(), row.end());
      key[d] = into;
      out.at(key).add(table.totals(order[from]));
    }
  }
  return out;
}

}  // namespace entente::statistics
