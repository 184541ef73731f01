#include "server/statistics/protect.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "proto/contract/comparison_limits.h"

namespace entente::statistics {
namespace {

using State = TableCell::State;

// Words that published are told apart up to so many, each of which takes a look at everything: for
// the secrets older than that it is as if they had come after some that were given for them, too.
constexpr std::size_t kOutlooksMax = 8;

// Sums are solved in the integers modulo a prime: their coefficients are 1 and -1, and what is
// independent there is independent.
constexpr std::uint64_t kPrime = 2'147'483'647;
using Row = std::map<std::size_t, std::uint64_t>;  // by unknown; none is 0

std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t out = 1;
  for (; exponent != 0; exponent >>= 1U) {
    if ((exponent & 1U) != 0) out = out * base % kPrime;
    base = base * base % kPrime;
  }
  return out;
}

void subtract(Row& row, const Row& other, std::uint64_t factor) {
  for (const auto& [unknown, coefficient] : other) {
    std::uint64_t& at = row[unknown];
    at = (at + kPrime - factor * coefficient % kPrime) % kPrime;
    if (at == 0) row.erase(unknown);
  }
}

// Brings a row into a set of rows, each of which begins with 1 where no other has anything.
void reduce_into(Row row, std::map<std::size_t, Row>& rows) {
  for (const auto& [lead, other] : rows) {
    const auto found = row.find(lead);
    if (found != row.end()) subtract(row, other, found->second);
  }
  if (row.empty()) return;
  const std::size_t lead = row.begin()->first;
  const std::uint64_t inverse = power(row.begin()->second, kPrime - 2);
  for (auto& [unknown, coefficient] : row) coefficient = coefficient * inverse % kPrime;
  for (auto& [other_lead, other] : rows) {
    const auto found = other.find(lead);
    if (found != other.end()) subtract(other, row, found->second);
  }
  rows.emplace(lead, std::move(row));
}

Status too_many_together() {
  return {Code::ResourceExhausted, Reason::LimitReached,
          "more than " + std::to_string(limits::protected_together_max) +
              " confidential figures hang together through their totals; mark the totals as "
              "confidential, too"};
}

}  // namespace

TableGuard::TableGuard(std::vector<TableCell> cells, const std::vector<Hierarchy>& hierarchies)
    : cells_(std::move(cells)), of_cell_(cells_.size()) {
  for (std::size_t d = 0; d < hierarchies.size(); ++d) find_equations(d, hierarchies[d]);
  for (std::size_t e = 0; e < equations_.size(); ++e) {
    for (const std::size_t cell : equations_[e]) of_cell_[cell].push_back(e);
  }
}

// Of cells that are equal but for one dimension: each that covers others is the sum of those that
// nothing between them covers.
void TableGuard::find_equations(std::size_t dimension, const Hierarchy& hierarchy) {
  std::map<std::vector<std::uint32_t>, std::vector<std::size_t>> groups;
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    if (!cells_[cell].has_figure) continue;
    std::vector<std::uint32_t> key = cells_[cell].key;
    key[dimension] = 0;
    groups[std::move(key)].push_back(cell);
  }
  const auto code = [&](std::size_t cell) { return cells_[cell].key[dimension]; };
  const auto were_together = [&](std::size_t one, std::size_t other) {
    const auto outlives = [&](std::size_t gone, std::size_t stays) {
      return cells_[gone].gone_at == 0 || cells_[stays].since < cells_[gone].gone_at;
    };
    return outlives(one, other) && outlives(other, one);
  };
  for (const auto& [key, group] : groups) {
    if (group.size() < 2) continue;
    std::map<std::uint32_t, std::size_t> present;
    for (const std::size_t cell : group) present[code(cell)] = cell;
    std::map<std::size_t, Equation> sums;  // by whole
    for (const std::size_t part : group) {
      const auto above = hierarchy.above(code(part));
      for (const std::uint32_t whole : above) {
        const auto found = present.find(whole);
        if (found == present.end() || !were_together(part, found->second)) continue;
        const bool between = std::any_of(above.begin(), above.end(), [&](std::uint32_t one) {
          const auto middle = present.find(one);
          return middle != present.end() && hierarchy.covers(whole, one) &&
                 were_together(middle->second, found->second);
        });
        if (!between) sums[found->second].push_back(part);
      }
    }
    for (auto& [whole, parts] : sums) {
      parts.insert(parts.begin(), whole);
      equations_.push_back(std::move(parts));
    }
  }
}

std::vector<std::size_t> TableGuard::components() const {
  std::vector<std::size_t> root(cells_.size());
  std::iota(root.begin(), root.end(), std::size_t{0});
  const auto find = [&](std::size_t cell) {
    while (root[cell] != cell) cell = root[cell] = root[root[cell]];
    return cell;
  };
  for (const Equation& equation : equations_) {
    std::size_t first = cells_.size();
    for (const std::size_t cell : equation) {
      if (is_known(cell)) continue;
      if (first != cells_.size()) root[find(cell)] = find(first);
      first = cell;
    }
  }
  for (std::size_t cell = 0; cell < root.size(); ++cell) root[cell] = find(cell);
  return root;
}

std::vector<std::size_t> TableGuard::derivable_among(
    const std::vector<std::size_t>& equations) const {
  std::map<std::size_t, Row> rows;
  for (const std::size_t e : equations) {
    Row row;
    const Equation& equation = equations_[e];
    for (std::size_t i = 0; i < equation.size(); ++i) {
      if (!is_known(equation[i])) row[equation[i]] = i == 0 ? 1 : kPrime - 1;
    }
    reduce_into(std::move(row), rows);
  }
  std::vector<std::size_t> out;
  for (const auto& [lead, row] : rows) {
    if (row.size() == 1 && cells_[lead].state == State::Secret) out.push_back(lead);
  }
  return out;
}

std::map<std::size_t, TableGuard::Cells> TableGuard::unknown(const Cells& component) const {
  std::map<std::size_t, Cells> out;
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    if (!is_known(cell)) out[component[cell]].push_back(cell);
  }
  return out;
}

std::vector<std::size_t> TableGuard::equations_of(const Cells& cells) const {
  std::vector<std::size_t> out;
  for (const std::size_t cell : cells) {
    out.insert(out.end(), of_cell_[cell].begin(), of_cell_[cell].end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::map<std::uint64_t, TableGuard::Cells> TableGuard::outlooks() const {
  std::set<std::uint64_t> words;
  for (const TableCell& cell : cells_) {
    if (cell.state == State::Published) words.insert(cell.since);
  }
  std::map<std::uint64_t, Cells> out;
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    if (cells_[cell].state != State::Secret) continue;
    const auto later = words.lower_bound(cells_[cell].since);
    out[later == words.begin() ? 0 : *std::prev(later) + 1].push_back(cell);
  }
  while (out.size() > kOutlooksMax) {
    const auto oldest = out.extract(out.begin());
    Cells& next = out.begin()->second;
    next.insert(next.end(), oldest.mapped().begin(), oldest.mapped().end());
  }
  return out;
}

TableGuard::Cells TableGuard::derivable_of(const Cells& secrets) const {
  const std::set<std::size_t> asked(secrets.begin(), secrets.end());
  Cells out;
  for (const auto& [root, cells] : unknown(components())) {
    for (const std::size_t one : derivable_among(equations_of(cells))) {
      if (asked.count(one) != 0) out.push_back(one);
    }
  }
  return out;
}

TableGuard::Cells TableGuard::not_spoken_for() {
  std::optional<std::uint64_t> newest;
  for (const TableCell& cell : cells_) {
    if (cell.state == State::Published) newest = std::max(newest.value_or(0), cell.since);
  }
  Cells out;
  for (std::size_t cell = 0; newest && cell < cells_.size(); ++cell) {
    // What is younger is looked at with everything known already.
    const bool older = cells_[cell].since <= *newest;
    if (cells_[cell].state == State::Secret && older) out.push_back(cell);
  }
  all_known_ = true;
  seen_by_ = newest.value_or(0);
  const Cells spoken_for = derivable_of(out);
  seen_by_ = UINT64_MAX;
  const std::set<std::size_t> gone(spoken_for.begin(), spoken_for.end());
  std::erase_if(out, [&](std::size_t cell) { return gone.count(cell) != 0; });
  return out;
}

std::vector<std::size_t> TableGuard::derivable() {
  std::vector<std::size_t> out;
  all_known_ = false;
  for (const auto& [known_before, secrets] : outlooks()) {
    known_before_ = known_before;
    const Cells some = derivable_of(secrets);
    out.insert(out.end(), some.begin(), some.end());
  }
  const Cells more = derivable_of(not_spoken_for());
  out.insert(out.end(), more.begin(), more.end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// What follows where nothing is published follows from no figure.
std::vector<std::size_t> TableGuard::given_away() {
  const bool any = std::any_of(cells_.begin(), cells_.end(), [](const TableCell& cell) {
    return cell.state == State::Published;
  });
  return any ? derivable() : Cells();
}

// The free cell to hold back for a secret: a total that it is a part of, else the smallest figure
// beside it, else one of the sums that it hangs together with, `hanging` of them; none:
// cells_.size().
std::size_t TableGuard::choose(std::size_t secret, const Cells& hanging) const {
  std::size_t best = cells_.size();
  std::tuple<int, double, std::size_t> least(4, 0, 0);
  for (const std::size_t e : equations_of(hanging)) {
    const Equation& equation = equations_[e];
    const bool own = std::find(equation.begin(), equation.end(), secret) != equation.end();
    for (std::size_t i = 0; i < equation.size(); ++i) {
      if (cells_[equation[i]].state != State::Free) continue;
      const int kind = (own ? 0 : 2) + (i == 0 ? 0 : 1);
      const std::tuple rank(kind, std::fabs(cells_[equation[i]].value), equation[i]);
      if (best != cells_.size() && least <= rank) continue;
      least = rank;
      best = equation[i];
    }
  }
  return best;
}

// What is held back for some secrets makes no other one follow.
Result<std::vector<Held>> TableGuard::protect() {
  std::vector<Held> held;
  all_known_ = false;
  for (const auto& [known_before, secrets] : outlooks()) {
    known_before_ = known_before;
    ENTENTE_TRY_VOID(protect(secrets, held));
  }
  // What is held back for one is not among what the word for another was given over.
  for (std::size_t before = SIZE_MAX; before != held.size();) {
    before = held.size();
    ENTENTE_TRY_VOID(protect(not_spoken_for(), held));
  }
  return held;
}

// Only those that hang together with what was held back last are solved anew: all others follow
// from what they followed from before.
Status TableGuard::protect(const Cells& secrets, std::vector<Held>& held) {
  std::vector<bool> given_up(cells_.size(), true);  // or not asked for
  for (const std::size_t secret : secrets) given_up[secret] = false;
  Cells component = components();
  std::map<std::size_t, Cells> together = unknown(component);
  std::set<std::size_t> at_risk;
  const auto solve = [&](const Cells& cells) -> Status {
    if (cells.size() > limits::protected_together_max) return too_many_together();
    for (const std::size_t one : derivable_among(equations_of(cells))) {
      if (!given_up[one]) at_risk.insert(one);
    }
    return {};
  };
  for (const auto& [root, cells] : together) ENTENTE_TRY_VOID(solve(cells));
  while (!at_risk.empty()) {
    const std::size_t secret = *at_risk.begin();
    const std::size_t chosen = choose(secret, together.at(component[secret]));
    if (chosen == cells_.size()) {
      given_up[secret] = true;  // it follows from no figure: two codes that are one and the same
      at_risk.erase(secret);
      continue;
    }
    cells_[chosen].state = State::Held;
    held.push_back({.cell = chosen, .protects = secret});
    Cells joined{chosen};
    for (const std::size_t e : of_cell_[chosen]) {
      for (const std::size_t cell : equations_[e]) {
        const auto found = is_known(cell) ? together.end() : together.find(component[cell]);
        if (found == together.end()) continue;
        joined.insert(joined.end(), found->second.begin(), found->second.end());
        together.erase(found);
      }
    }
    for (const std::size_t cell : joined) {
      component[cell] = chosen;
      at_risk.erase(cell);
    }
    ENTENTE_TRY_VOID(solve(joined));
    together.emplace(chosen, std::move(joined));
  }
  return {};
}

std::vector<std::size_t> TableGuard::releasable() {
  known_before_ = 0;
  all_known_ = false;
  const auto component = components();
  std::vector<bool> has_secret(cells_.size(), false);
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    if (cells_[cell].state == State::Secret) has_secret[component[cell]] = true;
  }
  std::vector<std::size_t> out;
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    if (cells_[cell].state == State::Held && !has_secret[component[cell]]) out.push_back(cell);
  }
  return out;
}

}  // namespace entente::statistics
