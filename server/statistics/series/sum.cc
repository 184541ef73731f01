#include "server/statistics/series/sum.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

#include "server/statistics/series/fold.h"

namespace entente::statistics {
namespace {

// Multiplies by 10 to the `places`; false: it does not fit.
bool raise(Int128& value, int places) {
  for (; places > 0 && value != 0; --places) {
    if (__builtin_mul_overflow(value, Int128{10}, &value)) return false;
  }
  return true;
}

long double scaled(Int128 mantissa, int exponent) {
  const long double power = std::pow(10.0L, static_cast<long double>(std::abs(exponent)));
  const auto value = static_cast<long double>(mantissa);
  return exponent < 0 ? value / power : value * power;  // 10^-n is no binary fraction
}

std::int32_t year_of(Period period) {
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(last_day(period)))};
  return static_cast<int>(date.year());
}

class Summing {
 public:
  static constexpr std::size_t dense_max = 1 << 18;
  Summing(Walk& walk, const SumQuestion& question)
      : walk_(walk), question_(question), ranges_(question.days) {
    for (const std::uint32_t d : question_.by) out_.codes.push_back(walk_.dimensions()[d]);
    std::uint64_t places = 1;
    for (const auto& codes : out_.codes) {
      full_ = full_ || __builtin_mul_overflow(places, std::uint64_t{codes.size()}, &places);
    }
    dense_.resize(std::min<std::uint64_t>(places, dense_max));
    const bool whole = question_.days.first == INT32_MIN && question_.days.last == INT32_MAX;
    blind_ = whole && question_.periods == SumQuestion::Periods::Together;
  }

  Status run() {
    if (full_) return too_many();  // not even their places can be counted
    while (walk_.front() != nullptr) {
      // One layer only: whole groups, and no key is made.
      if (walk_.tracks() == 1 && blind_) return sum_groups();
      Walk::Track& track = *walk_.front();
      ENTENTE_TRY_VOID(find_row(track.key));
      if (blind_ && walk_.alone() && track.group().has_one_exponent()) {
        add_series(track.group(), track.series(), only_cell());
        ENTENTE_TRY_VOID(walk_.step());
      } else {
        ENTENTE_TRY_VOID(sum_versions());
      }
      if (full_) return too_many();
    }
    return {};
  }
  [[nodiscard]] Sums take() { return std::move(out_); }

 private:
  static Status too_many() {
    return {Code::ResourceExhausted, Reason::LimitReached, "the sum has too many cells"};
  }

  // The row of cells (one a period) of the series at hand.
  Status find_row(const std::vector<std::uint32_t>& key) {
    std::uint64_t place = 0;
    for (std::size_t i = 0; i < question_.by.size(); ++i) {
      place = place * out_.codes[i].size() + key[question_.by[i]];
    }
    find_row(place);
    return full_ ? too_many() : Status();
  }
  void find_row(std::uint64_t place) {
    if (row_count_ != 0 && place == last_place_) return;
    last_place_ = place;
    std::uint32_t& row = place < dense_.size() ? dense_[place] : rows_[place];
    if (row == 0) row = ++row_count_;
    row_ = row - 1;
    full_ = full_ || row_count_ > question_.cells_max;
  }
  // Its only cell.
  SumCell& only_cell() {
    if (row_ >= only_.size()) only_.resize(row_ + 1, UINT32_MAX);
    if (only_[row_] == UINT32_MAX) {
      only_[row_] = static_cast<std::uint32_t>(out_.cells.size());
      begin_cell({});
    }
    return out_.cells[only_[row_]];
  }
  SumCell& cell_of(Period period) {
    if (question_.periods == SumQuestion::Periods::Years) {
      period = {Frequency::Annual, year_of(period)};
    }
    if (question_.periods == SumQuestion::Periods::Together) return only_cell();
    if (out_.cells.empty() || row_ != last_row_ || period != last_period_) {
      last_row_ = row_;
      last_period_ = period;
      const std::uint64_t place = std::uint64_t{static_cast<std::uint8_t>(period.frequency)} << 32 |
                                  static_cast<std::uint32_t>(period.ordinal);
      const auto [at, fresh] =
          places_[row_].emplace(place, static_cast<std::uint32_t>(out_.cells.size()));
      if (fresh) begin_cell(period);
      cell_ = at->second;
    }
    return out_.cells[cell_];
  }
  void begin_cell(Period period) {
    full_ = full_ || out_.cells.size() >= question_.cells_max;
    out_.cells.emplace_back();
    if (question_.periods != SumQuestion::Periods::Together) out_.periods.push_back(period);
    std::uint64_t place = last_place_;
    out_.keys.resize(out_.keys.size() + question_.by.size());
    for (std::size_t i = question_.by.size(); i-- > 0;) {
      const std::uint64_t codes = out_.codes[i].size();
      out_.keys[out_.keys.size() - question_.by.size() + i] =
          static_cast<std::uint32_t>(place % codes);
      place /= codes;
    }
  }

  static void add_series(const GroupView& group, std::size_t series, SumCell& cell) {
    const auto kinds = group.count_kinds(series);
    const std::uint32_t figures = kinds[static_cast<std::size_t>(Kind::Value)];
    if (figures != 0) cell.total.add(group.sum(series), group.exponent());
    cell.figures += figures;
    cell.missing += kinds[static_cast<std::size_t>(Kind::Missing)];
    cell.hidden += kinds[static_cast<std::size_t>(Kind::Hidden)];
  }

  Status sum_groups();
  Status sum_versions();

  Walk& walk_;
  const SumQuestion& question_;
  const OrdinalRanges ranges_;
  bool blind_ = false;  // periods do not matter
  bool full_ = false;
  Sums out_;
  // From a combination of codes to its row + 1; those beyond the first, in the map.
  std::vector<std::uint32_t> dense_;
  std::unordered_map<std::uint64_t, std::uint32_t> rows_;
  std::uint32_t row_count_ = 0;
  std::vector<std::uint32_t> only_;  // of each row its cell, if periods do not matter
  std::unordered_map<std::uint32_t, std::unordered_map<std::uint64_t, std::uint32_t>> places_;
  std::uint64_t last_place_ = 0;
  std::uint32_t row_ = 0;
  std::uint32_t last_row_ = 0;
  Period last_period_;
  std::uint32_t cell_ = 0;
  Versions versions_;
  std::vector<std::uint32_t> key_;
};

Status Summing::sum_groups() {
  Walk::Track& track = *walk_.front();
  PartCursor& cursor = track.cursor;
  while (walk_.front() != nullptr) {
    const GroupView& group = cursor.group();
    if (!group.has_one_exponent()) {
      // Rare: as if there were more layers.
      ENTENTE_TRY_VOID(find_row(track.key));
      ENTENTE_TRY_VOID(sum_versions());
      continue;
    }
    for (std::uint64_t left = cursor.pending(); left != 0; left &= left - 1) {
      const auto series = static_cast<std::size_t>(std::countr_zero(left));
      if (!track.fits(series)) continue;
      std::uint64_t place = 0;
      for (std::size_t i = 0; i < question_.by.size(); ++i) {
        const std::uint32_t code = group.code(series, question_.by[i]);
        place = place * out_.codes[i].size() +
                (track.dimensions.empty() ? code : track.dimensions[question_.by[i]][code]);
      }
      find_row(place);
      add_series(group, series, only_cell());
      if (full_) return too_many();
    }
    ENTENTE_TRY_VOID(walk_.step_group());
  }
  return {};
}

// One key, its observations one by one: the newest version of each.
Status Summing::sum_versions() {
  versions_.clear();
  key_ = walk_.front()->key;
  const auto frequency = static_cast<Frequency>(key_.back());
  while (walk_.front() != nullptr && walk_.front()->key == key_) {
    ENTENTE_TRY_VOID(versions_.add_newest(*walk_.front(), ranges_.of(frequency), walk_.layers()));
    ENTENTE_TRY_VOID(walk_.step());
  }
  const Columns& cells = versions_.cells;
  for (std::size_t at = 0; at < cells.observations(); ++at) {
    if (cells.kinds[at] == Kind::Withdrawn) continue;
    SumCell& cell = cell_of({frequency, cells.ordinals[at]});
    if (full_) return too_many();
    cell.figures += cells.kinds[at] == Kind::Value ? 1 : 0;
    cell.missing += cells.kinds[at] == Kind::Missing ? 1 : 0;
    cell.hidden += cells.kinds[at] == Kind::Hidden ? 1 : 0;
    cell.total.add(cells.values[at].mantissa, cells.values[at].exponent);
  }
  return {};
}

}  // namespace

void Total::add(Int128 mantissa, int exponent) {
  if (mantissa == 0) return;
  if (!exact_) return add(scaled(mantissa, exponent));
  const int least = mantissa_ == 0 ? exponent : std::min(exponent_, exponent);
  Int128 own = mantissa_;
  Int128 other = mantissa;
  if (raise(own, exponent_ - least) && raise(other, exponent - least) &&
      !__builtin_add_overflow(own, other, &own)) {
    mantissa_ = own;
    exponent_ = least;
    return;
  }
  add(scaled(mantissa, exponent));
}

// From here on it is not exact.
void Total::add(long double value) {
  rounded_ = rounded() + value;
  exact_ = false;
  mantissa_ = 0;
  exponent_ = 0;
}

void Total::add(const Total& other) {
  if (!other.exact_) return add(other.rounded_);
  add(other.mantissa_, other.exponent_);
}

void Total::subtract(const Total& other) {
  if (!other.exact_) return add(-other.rounded_);
  add(-other.mantissa_, other.exponent_);
}

std::optional<Decimal> Total::decimal() const {
  Int128 mantissa = mantissa_;
  int exponent = exponent_;
  constexpr std::int64_t most = 999'999'999'999'999'999;
  for (; (mantissa > most || mantissa < -most) && mantissa % 10 == 0; ++exponent) mantissa /= 10;
  if (!exact_ || mantissa > most || mantissa < -most) return std::nullopt;
  return canonical(static_cast<std::int64_t>(mantissa), exponent);
}

long double Total::rounded() const { return exact_ ? scaled(mantissa_, exponent_) : rounded_; }

Result<Sums> sum_by(store::Snapshot& snapshot, IndexCache& cache, LayersPointer layers,
                    const SumQuestion& question) {
  for (const Layer& layer : layers->all()) ENTENTE_CHECK(layer.open == nullptr);
  std::shared_ptr<const Fold> fold;
  if (cache.folds() != nullptr) fold = cache.folds()->find(layers);
  ENTENTE_TRY(const std::unique_ptr<Walk> walk,
              Walk::open(snapshot, cache, std::move(layers), question.codes, question.days,
                         std::move(fold)));
  if (walk->dimensions().empty()) {
    Sums nothing;
    nothing.codes.resize(question.by.size());
    return nothing;
  }
  Summing summing(*walk, question);
  ENTENTE_TRY_VOID(summing.run());
  return summing.take();
}

}  // namespace entente::statistics
