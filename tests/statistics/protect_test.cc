// Secondary suppression in a table: no hidden figure follows from what is left. Random tables
// against an oracle that solves the sums in its own way. Through uploads: held_back_test.cc.
#include "server/statistics/protect.h"

#include <cmath>
#include <functional>
#include <random>

#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.
using State = TableCell::State;

// --- the oracle ---------------------------------------------------------------------------------

using Matrix = std::vector<std::vector<double>>;

std::size_t rank_of(Matrix rows) {
  std::size_t rank = 0;
  const std::size_t width = rows.empty() ? 0 : rows[0].size();
  for (std::size_t column = 0; column < width && rank < rows.size(); ++column) {
    std::size_t pivot = rank;
    for (std::size_t i = rank; i < rows.size(); ++i) {
      if (std::fabs(rows[i][column]) > std::fabs(rows[pivot][column])) pivot = i;
    }
    if (std::fabs(rows[pivot][column]) < 1e-9) continue;
    std::swap(rows[pivot], rows[rank]);
    for (std::size_t i = rank + 1; i < rows.size(); ++i) {
      const double factor = rows[i][column] / rows[rank][column];
      for (std::size_t j = column; j < width; ++j) rows[i][j] -= factor * rows[rank][j];
    }
    ++rank;
  }
  return rank;
}

// Codes 0 to 3 of two dimensions: 0 is the total; 1 holds 2 and 3 in the first of them only.
std::vector<std::uint32_t> parts_of(std::size_t dimension, std::uint32_t whole) {
  if (whole == 0)
    return dimension == 0 ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>{1, 2, 3};
  if (whole == 1 && dimension == 0) return {2, 3};
  return {};
}

// A total without its direct parts is the sum of their parts.
void add_parts(const std::map<std::vector<std::uint32_t>, std::size_t>& cells,
               std::vector<std::uint32_t> key, std::size_t dimension, std::uint32_t whole,
               std::vector<double>& row, bool& any) {
  for (const std::uint32_t part : parts_of(dimension, whole)) {
    key[dimension] = part;
    const auto found = cells.find(key);
    if (found != cells.end()) {
      row[found->second] -= 1;
      any = true;
    } else {
      add_parts(cells, key, dimension, part, row, any);
    }
  }
}

// Whether a figure was published before there was that secret.
bool is_older_word(const TableCell& cell, const TableCell& secret) {
  return cell.state == State::Published && cell.since < secret.since;
}

using Known = std::function<bool(const TableCell&)>;

bool is_derivable(const std::vector<TableCell>& cells, std::size_t secret, const Known& is_known) {
  std::map<std::vector<std::uint32_t>, std::size_t> places;
  for (std::size_t i = 0; i < cells.size(); ++i) places[cells[i].key] = i;
  Matrix sums;
  for (const auto& [key, place] : places) {
    for (std::size_t d = 0; d < 2; ++d) {
      std::vector<double> row(cells.size(), 0);
      bool any = false;
      row[place] = 1;
      add_parts(places, key, d, key[d], row, any);
      if (!any) continue;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (is_known(cells[i])) row[i] = 0;
      }
      sums.push_back(row);
    }
  }
  std::vector<double> alone(cells.size(), 0);
  alone[secret] = 1;
  const std::size_t rank = rank_of(sums);
  sums.push_back(alone);
  return rank_of(sums) == rank;
}

bool is_seen(const TableCell& cell) {
  return cell.state == State::Free || cell.state == State::Published;
}

// Whether a secret follows that nobody's word has given away: from figures that are not published
// or were before it; or from all, and did not when the newest word was given.
bool is_derivable(const std::vector<TableCell>& cells, std::size_t secret) {
  const bool without = is_derivable(cells, secret, [&](const TableCell& cell) {
    return cell.state == State::Free || is_older_word(cell, cells[secret]);
  });
  std::uint64_t newest = 0;
  for (const TableCell& cell : cells) {
    if (cell.state == State::Published) newest = std::max(newest, cell.since);
  }
  const bool then = is_derivable(cells, secret, [&](const TableCell& cell) {
    return is_seen(cell) && (cell.state == State::Published || cell.seen_since <= newest);
  });
  return without || (is_derivable(cells, secret, is_seen) && !then);
}

std::vector<Hierarchy> hierarchies() {
  v1::Codelist list;
  for (const auto& [id, parent] : std::vector<std::pair<std::string, std::string>>{
           {"_T", ""}, {"a", "_T"}, {"b", "a"}, {"c", "a"}}) {
    v1::Item* item = list.add_items();
    item->set_id(id);
    item->set_parent(parent);
  }
  const Codelist parents(list);
  std::vector<Hierarchy> out;
  out.emplace_back(std::vector<std::string>{"_T", "a", "b", "c"}, &parents);
  out.emplace_back(std::vector<std::string>{"_T", "x", "y", "z"}, nullptr);
  return out;
}

TEST_CASE("no secret follows from what is left of a random table",
          "[statistics][protect][property]") {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): the same tables each time.
  const std::vector<Hierarchy> both = hierarchies();
  std::size_t at_risk = 0;
  for (int round = 0; round < 800; ++round) {
    const bool publishes = round % 2 != 0;
    std::vector<TableCell> cells;
    for (std::uint32_t a = 0; a < 4; ++a) {
      for (std::uint32_t b = 0; b < 4; ++b) {
        if (random() % 6 == 0) continue;
        const bool secret = random() % 4 == 0;
        const bool published = !secret && publishes && random() % 3 == 0;
        cells.push_back(
            {.key = {a, b},
             .state = secret ? State::Secret : (published ? State::Published : State::Free),
             .value = static_cast<double>(random() % 100),
             .since = publishes ? random() % 3 : 0,
             .seen_since = publishes ? random() % 4 : 0});
      }
    }
    TableGuard guard(cells, both);
    const auto derivable = guard.derivable();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].state != State::Secret) continue;
      const bool found = std::binary_search(derivable.begin(), derivable.end(), i);
      REQUIRE(found == is_derivable(cells, i));
      at_risk += found ? 1 : 0;
    }
    const auto held = guard.protect();
    REQUIRE(held.ok());
    if (derivable.empty()) REQUIRE(held->empty());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].state == State::Published) {
        REQUIRE(guard.cells()[i].state == State::Published);
      }
      // All hidden, each sum holds of itself: what follows then follows from no figure, or from one
      // that was published before.
      if (cells[i].state == State::Secret && is_derivable(guard.cells(), i)) {
        auto none = cells;
        for (TableCell& cell : none) {
          if (cell.state != State::Published) cell.state = State::Secret;
        }
        REQUIRE(is_derivable(none, i, is_seen));
      }
    }
  }
  CHECK(at_risk > 100);
}

TEST_CASE("many secrets that do not hang together are protected each by itself",
          "[statistics][protect]") {
  // A total with one free part and one secret, many times over: one dimension says which time. By
  // a pass over everything for each it takes a quarter of an hour, which CTest does not wait for.
  constexpr std::uint32_t kTimes = 20'000;
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < kTimes; ++i) ids.push_back("c" + std::to_string(100'000 + i));
  std::vector<Hierarchy> both;
  both.emplace_back(ids, nullptr);
  both.emplace_back(std::vector<std::string>{"_T", "x", "y"}, nullptr);
  std::vector<TableCell> cells;
  for (std::uint32_t i = 0; i < kTimes; ++i) {
    cells.push_back({.key = {i, 0}, .state = State::Free, .value = 30});
    cells.push_back({.key = {i, 1}, .state = State::Free, .value = 20});
    cells.push_back({.key = {i, 2}, .state = State::Secret, .value = 10});
  }
  TableGuard guard(std::move(cells), both);
  const auto held = guard.protect();
  REQUIRE(held.ok());
  CHECK(held->size() == kTimes);
  CHECK(guard.derivable().empty());
}

TEST_CASE("a region that is gone is the sum of its parts to what stands since before alone",
          "[statistics][protect]") {
  const std::vector<Hierarchy> both = hierarchies();
  for (const std::uint64_t total_since : {1, 9}) {
    // The total, the region of `b` and `c` that was a secret until the fifth upload, `b`, `c`.
    std::vector<TableCell> cells;
    for (const std::uint32_t code : {0, 1, 2, 3}) {
      cells.push_back({.key = {code, 1}, .state = State::Free, .value = 9, .since = 7});
    }
    cells[0].since = total_since;
    cells[1] = {.key = {1, 1}, .state = State::Secret, .since = 1, .gone_at = 5};
    TableGuard guard(cells, both);
    CHECK(guard.derivable().empty() == (total_since == 9));
    const auto held = guard.protect();
    REQUIRE(held.ok());
    CHECK(held->size() == (total_since == 9 ? 0 : 1));
    // A part that is a secret now follows from the new total, which has no region between.
    cells[2].state = State::Secret;
    TableGuard parts(cells, both);
    CHECK(parts.derivable() ==
          (total_since == 9 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{1}));
  }
}

}  // namespace
}  // namespace entente::statistics
