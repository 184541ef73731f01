#include "server/statistics/aggregate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "proto/contract/comparison_limits.h"
#include "proto/contract/limits.h"

namespace entente::statistics {
namespace {

// Where a table's key has the frequency and the period, behind the dimensions.
struct Places {
  explicit Places(std::size_t dimensions) : frequency(dimensions), ordinal(dimensions + 1) {}
  std::size_t frequency;
  std::size_t ordinal;
  [[nodiscard]] std::size_t width() const { return ordinal + 1; }
  [[nodiscard]] Period period(std::span<const std::uint32_t> key) const {
    return {static_cast<Frequency>(key[frequency]), static_cast<std::int32_t>(key[ordinal])};
  }
};

Status too_many() {
  return {Code::ResourceExhausted, Reason::LimitReached,
          "there would be more than " + std::to_string(limits::aggregate_rows_max) +
              " rows, or more than " + std::to_string(limits::aggregate_figures_max) +
              " figures to weigh against their totals; select less"};
}

class Aggregation {
 public:
  Aggregation(const AggregateInput& input, const Grouping& grouping)
      : input_(input), grouping_(grouping), places_(grouping.fates.size()) {}

  Result<std::vector<AggregateRow>> run() {
    TotalsTable table(places_.width());
    if (input_.quick && !may_have_parts()) {
      ENTENTE_TRY_VOID(read_quickly(table));
      return rows_of(table);
    }
    ENTENTE_TRY_VOID(read(/*whole=*/false, limits::aggregate_rows_max, table));
    // If totals stand beside their parts each figure must be weighed, and not only sums of them.
    if (has_parts()) {
      table = TotalsTable(places_.width());
      ENTENTE_TRY_VOID(read(/*whole=*/true, limits::aggregate_figures_max, table));
    }
    for (const std::size_t d : order()) {
      const Grouping::Fate& fate = grouping_.fates[d];
      if (fate.kept && fate.level == 0) continue;
      table = reduced(table, {d, &hierarchies_[d], fate.kept ? fate.level : 0});
    }
    if (table.size() > limits::aggregate_rows_max) return too_many();
    return rows_of(table);
  }

 private:
  [[nodiscard]] Hierarchy hierarchy_of(std::size_t dimension,
                                       std::vector<std::string> codes) const {
    const auto& arranged = grouping_.fates[dimension].arranged;
    if (arranged) return {std::move(codes), *arranged};
    return {std::move(codes), input_.flow.dimension_lists[dimension].get()};
  }

  // By the dictionaries: those of a part may hold codes that none of its figures bears.
  [[nodiscard]] bool may_have_parts() const {
    for (std::size_t d = 0; d < grouping_.fates.size(); ++d) {
      const Grouping::Fate& fate = grouping_.fates[d];
      if (fate.kept && fate.level != 0) return true;
      if (fate.kept) continue;
      std::set<std::string> codes;
      for (const Layer& layer : input_.quick->layers->all()) {
        const CodeLists::List some = layer.part->dimensions[d];
        codes.insert(some.begin(), some.end());
      }
      const std::size_t count = codes.size();
      const Hierarchy hierarchy = hierarchy_of(d, {codes.begin(), codes.end()});
      if (hierarchy.has_parts(std::vector<bool>(count, true))) return true;
    }
    return false;
  }

  // The engine's own loop: nothing is known of the figures but their sum.
  Status read_quickly(TotalsTable& table) {
    SumQuestion question;
    question.codes = input_.quick->reading.codes;
    question.days = input_.quick->reading.days;
    question.periods = SumQuestion::Periods::Each;
    question.cells_max = limits::aggregate_rows_max;
    for (std::uint32_t d = 0; d < grouping_.fates.size(); ++d) {
      if (grouping_.fates[d].kept) question.by.push_back(d);
    }
    ENTENTE_TRY(const Sums sums, sum_by(input_.quick->snapshot, input_.quick->cache,
                                        input_.quick->layers, question));
    hierarchies_.clear();
    used_.clear();
    for (std::size_t d = 0, at = 0; d < grouping_.fates.size(); ++d) {
      const bool kept = grouping_.fates[d].kept;
      hierarchies_.push_back(hierarchy_of(d, kept ? sums.codes[at++] : std::vector<std::string>()));
      used_.emplace_back(hierarchies_.back().codes().size(), true);
    }
    std::vector<std::uint32_t> key(places_.width());
    for (std::size_t cell = 0; cell < sums.cells.size(); ++cell) {
      if (sums.cells[cell].figures == 0) continue;
      for (std::size_t i = 0; i < question.by.size(); ++i) {
        key[question.by[i]] = sums.keys[cell * question.by.size() + i];
      }
      key[places_.frequency] = static_cast<std::uint32_t>(sums.periods[cell].frequency);
      key[places_.ordinal] = static_cast<std::uint32_t>(sums.periods[cell].ordinal);
      Totals& totals = table.at(key);
      totals.sum.add(sums.cells[cell].total);
      totals.figures += sums.cells[cell].figures;
    }
    return {};
  }

  // Sums what is summed at once, or keeps each series apart (`whole`).
  Status read(bool whole, std::size_t rows_max, TotalsTable& table) {
    ENTENTE_TRY(const std::unique_ptr<Merge> merge, input_.open());
    prepare(*merge);
    Merged merged;
    std::vector<std::uint32_t> key(places_.width());
    for (;;) {
      ENTENTE_TRY_VOID(merge->next(merged, limits::answer_observations_max));
      const Columns& columns = merged.columns;
      if (columns.series() == 0) return {};
      std::size_t cell = 0;
      for (std::size_t s = 0; s < columns.series(); ++s) {
        const auto codes = columns.key(s);
        for (std::size_t d = 0; d < grouping_.fates.size(); ++d) {
          key[d] = whole || grouping_.fates[d].kept ? codes[d] : 0;
        }
        key[places_.frequency] = codes[places_.frequency];
        bool is_used = false;
        for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
          if (columns.kinds[cell] != Kind::Value) continue;
          is_used = true;
          key[places_.ordinal] = static_cast<std::uint32_t>(columns.ordinals[cell]);
          Totals& totals = table.at(key);
          totals.sum.add(columns.values[cell].mantissa, columns.values[cell].exponent);
          ++totals.figures;
          totals.narrow += narrow_[merged.layers[cell]] ? 1 : 0;
          totals.updated = std::max(totals.updated, recorded_[merged.layers[cell]]);
        }
        for (std::size_t d = 0; is_used && d < used_.size(); ++d) used_[d][codes[d]] = true;
      }
      if (table.size() > rows_max) return too_many();
    }
  }

  void prepare(const Merge& merge) {
    used_.clear();
    hierarchies_.clear();
    narrow_.clear();
    recorded_.clear();
    for (std::size_t d = 0; d < grouping_.fates.size(); ++d) {
      const bool any = d < merge.dimensions().size();
      std::vector<std::string> codes = any ? merge.dimensions()[d] : std::vector<std::string>();
      used_.emplace_back(codes.size(), false);
      hierarchies_.push_back(hierarchy_of(d, std::move(codes)));
    }
    for (const Layer& layer : merge.layers()) {
      narrow_.push_back(input_.is_narrow(layer));
      recorded_.push_back(input_.recorded(layer));
    }
  }

  // Those first in which totals stand beside their parts: one state's total says nothing of
  // another's parts.
  [[nodiscard]] std::vector<std::size_t> order() const {
    std::vector<std::size_t> order;
    for (const bool parts : {true, false}) {
      for (std::size_t d = 0; d < grouping_.fates.size(); ++d) {
        if (hierarchies_[d].has_parts(used_[d]) == parts) order.push_back(d);
      }
    }
    return order;
  }

  [[nodiscard]] bool has_parts() const {
    for (std::size_t d = 0; d < grouping_.fates.size(); ++d) {
      const Grouping::Fate& fate = grouping_.fates[d];
      if (fate.kept && fate.level == 0) continue;
      if (hierarchies_[d].has_parts(used_[d])) return true;
    }
    return false;
  }

  // The sum of all rows of each period, parts not counted beside their totals.
  [[nodiscard]] TotalsTable period_totals(const TotalsTable& table) const {
    TotalsTable all = table;
    for (const std::size_t d : order()) {
      if (input_.flow.frequency == d) continue;
      if (grouping_.fates[d].kept) all = reduced(all, {d, &hierarchies_[d], 0});
    }
    return all;
  }

  // Which rows are totals of others of the same period.
  [[nodiscard]] std::vector<bool> totals_among(const TotalsTable& table) const {
    std::vector<std::size_t> kept;
    for (std::size_t d = 0; d < grouping_.fates.size(); ++d) {
      if (grouping_.fates[d].kept && input_.flow.frequency != d) kept.push_back(d);
    }
    std::vector<bool> is_total(table.size(), false);
    std::map<std::vector<std::uint32_t>, std::size_t> places;
    for (std::size_t row = 0; row < table.size(); ++row) {
      places.emplace(std::vector<std::uint32_t>(table.key(row).begin(), table.key(row).end()), row);
    }
    std::vector<std::uint32_t> key;
    for (std::size_t row = 0; row < table.size(); ++row) {
      key.assign(table.key(row).begin(), table.key(row).end());
      mark_above(kept, 0, false, key, places, is_total);
    }
    return is_total;
  }

  // Marks each row that is above `key` in some dimensions from `at` on, and below it in none.
  // NOLINTNEXTLINE(misc-no-recursion): as deep as there are dimensions.
  void mark_above(const std::vector<std::size_t>& kept, std::size_t at, bool moved,
                  std::vector<std::uint32_t>& key,
                  const std::map<std::vector<std::uint32_t>, std::size_t>& places,
                  std::vector<bool>& is_total) const {
    if (at == kept.size()) {
      const auto found = moved ? places.find(key) : places.end();
      if (found != places.end()) is_total[found->second] = true;
      return;
    }
    mark_above(kept, at + 1, moved, key, places, is_total);
    const std::uint32_t code = key[kept[at]];
    for (const std::uint32_t whole : hierarchies_[kept[at]].above(code)) {
      key[kept[at]] = whole;
      mark_above(kept, at + 1, true, key, places, is_total);
    }
    key[kept[at]] = code;
  }

  [[nodiscard]] AggregateRow::Change change(const TotalsTable& table,
                                            std::vector<std::uint32_t> key,
                                            std::optional<Period> then) const {
    AggregateRow::Change out;
    if (!then) return out;
    const Totals* now = table.find(key);
    key[places_.ordinal] = static_cast<std::uint32_t>(then->ordinal);
    const Totals* before = table.find(key);
    if (before == nullptr) return out;
    Total difference = now->sum;
    difference.subtract(before->sum);
    out.absolute = difference;
    const double base = std::fabs(before->sum.approximate());
    if (base != 0) out.percent = difference.approximate() * 100 / base;
    return out;
  }

  [[nodiscard]] std::vector<AggregateRow> rows_of(const TotalsTable& table) const {
    const TotalsTable all = period_totals(table);
    const std::vector<bool> is_total = totals_among(table);
    std::vector<AggregateRow> rows;
    std::vector<std::uint32_t> key;
    std::vector<std::pair<double, std::size_t>> ranked;
    for (std::size_t place = 0; place < table.size(); ++place) {
      key.assign(table.key(place).begin(), table.key(place).end());
      AggregateRow row;
      row.period = places_.period(key);
      if (!grouping_.days.holds(row.period)) continue;
      row.totals = table.totals(place);
      Period previous = row.period;
      --previous.ordinal;
      row.previous = change(table, key, previous);
      row.year = change(table, key, year_before(row.period));
      for (std::size_t d = 0; d < grouping_.fates.size(); ++d) {
        if (!grouping_.fates[d].kept) continue;
        row.key.push_back(hierarchies_[d].codes()[key[d]]);
        if (input_.flow.frequency != d) key[d] = 0;
      }
      const Totals* whole = all.find(key);
      const double base = whole == nullptr ? 0 : whole->sum.approximate();
      if (base != 0) row.share = row.totals.sum.approximate() * 100 / base;
      if (!is_total[place]) ranked.emplace_back(row.totals.sum.approximate(), rows.size());
      rows.push_back(std::move(row));
    }
    rank(ranked, rows);
    std::sort(rows.begin(), rows.end(), [](const AggregateRow& a, const AggregateRow& b) {
      return std::tie(a.key, a.period) < std::tie(b.key, b.period);
    });
    return rows;
  }

  // In each period the largest is 1; equal ones have one rank.
  static void rank(std::vector<std::pair<double, std::size_t>>& ranked,
                   std::vector<AggregateRow>& rows) {
    std::sort(ranked.begin(), ranked.end(), [&](const auto& a, const auto& b) {
      return std::pair(rows[a.second].period, -a.first) <
             std::pair(rows[b.second].period, -b.first);
    });
    for (std::size_t i = 0, first = 0; i < ranked.size(); ++i) {
      const bool same = rows[ranked[i].second].period == rows[ranked[first].second].period;
      if (!same) first = i;
      const bool equal = i > first && ranked[i].first == ranked[i - 1].first;
      rows[ranked[i].second].rank =
          equal ? rows[ranked[i - 1].second].rank : static_cast<std::uint32_t>(i - first + 1);
    }
  }

  const AggregateInput& input_;
  const Grouping& grouping_;
  const Places places_;
  std::vector<Hierarchy> hierarchies_;
  std::vector<std::vector<bool>> used_;
  std::vector<bool> narrow_;
  std::vector<Instant> recorded_;
};

}  // namespace

std::optional<Period> year_before(Period period) {
  std::string text = to_text(period);
  const int year = std::stoi(text.substr(0, 4)) - 1;
  if (year < 1) return std::nullopt;
  std::string digits = std::to_string(year);
  return parse_period(text.replace(0, 4, digits.insert(0, 4 - digits.size(), '0')));
}

Result<std::vector<AggregateRow>> aggregate(const AggregateInput& input, const Grouping& grouping) {
  return Aggregation(input, grouping).run();
}

}  // namespace entente::statistics
