// Columns to bits.
#include <algorithm>
#include <limits>

#include "proto/contract/status.h"
#include "server/statistics/series/group.h"
#include "server/statistics/series/layout.h"

namespace entente::statistics {
namespace {

constexpr std::array<std::int64_t, 19> kPowers = [] {
  std::array<std::int64_t, 19> powers{};
  std::int64_t power = 1;
  for (auto& one : powers) {
    one = power;
    power = power < std::numeric_limits<std::int64_t>::max() / 10 ? power * 10 : power;
  }
  return powers;
}();

// The mantissas of a group with one exponent, if all fit so; else as they are.
struct Scaled {
  std::vector<std::int64_t> mantissas;
  std::vector<std::int16_t> exponents;
};

Scaled scale(const Columns& columns) {
  const std::size_t count = columns.observations();
  Scaled out;
  out.mantissas.resize(count);
  int least = 0;
  bool any = false;
  bool same = true;
  for (std::size_t i = 0; i < count; ++i) {
    if (columns.kinds[i] != Kind::Value || columns.values[i].mantissa == 0) continue;
    const int exponent = columns.values[i].exponent;
    same = same && (!any || exponent == least);
    least = any ? std::min(least, exponent) : exponent;
    any = true;
  }
  constexpr std::int64_t most = std::int64_t{1} << 61;
  bool fits = true;
  for (std::size_t i = 0; i < count && !same; ++i) {
    const Decimal& value = columns.values[i];
    if (columns.kinds[i] != Kind::Value || value.mantissa == 0) continue;
    const int raise = value.exponent - least;
    const std::int64_t bound = raise <= 18 ? most / kPowers[static_cast<std::size_t>(raise)] : 0;
    fits = fits && value.mantissa <= bound && value.mantissa >= -bound;
  }
  out.exponents.assign(fits ? 1 : count, static_cast<std::int16_t>(least));
  for (std::size_t i = 0; i < count; ++i) {
    if (columns.kinds[i] != Kind::Value) continue;
    const Decimal& value = columns.values[i];
    const int raise = fits && value.mantissa != 0 ? value.exponent - least : 0;
    out.mantissas[i] = value.mantissa * kPowers[static_cast<std::size_t>(raise)];
    if (!fits) out.exponents[i] = value.exponent;
  }
  return out;
}

struct Range {
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t most = 0;
  void add(std::uint64_t value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  [[nodiscard]] unsigned width() const { return most >= least ? bits_of(most - least) : 0; }
};

// Some numbers at one width: first their head, later the numbers.
class PackedColumn {
 public:
  PackedColumn(BitWriter& head, const std::vector<std::uint64_t>& values) : values_(values) {
    for (const std::uint64_t value : values_) range_.add(value);
    put_number(head, values_.empty() ? 0 : range_.least);
    head.put(range_.width(), 7);
  }
  void put(BitWriter& out) const {
    const unsigned width = range_.width();
    for (std::size_t i = 0; i < values_.size() && width > 0; ++i) {
      out.put(values_[i] - range_.least, width);
    }
  }

 private:
  std::vector<std::uint64_t> values_;
  Range range_;
};

// A column of one number an observation that mostly says the same.
class SparseColumn {
 public:
  SparseColumn(BitWriter& head, std::vector<std::uint64_t> values) : values_(std::move(values)) {
    Range range;
    for (const std::uint64_t value : values_) range.add(value);
    if (range.width() == 0) {
      head.put(0, 2);
      put_number(head, range.least);
      return;
    }
    const std::uint64_t usual = usual_of();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i] == usual) continue;
      places_.push_back(i);
      others_.push_back(values_[i]);
    }
    const std::size_t as_exceptions = places_.size() * (bits_of(values_.size()) + range.width());
    if (as_exceptions < values_.size() * range.width()) {
      head.put(1, 2);
      put_number(head, usual);
      put_number(head, places_.size());
      parts_.emplace_back(head, places_);
      parts_.emplace_back(head, others_);
      return;
    }
    head.put(2, 2);
    parts_.emplace_back(head, values_);
  }
  void put(BitWriter& out) const {
    for (const PackedColumn& one : parts_) one.put(out);
  }

 private:
  // The most frequent of the first few is near enough to the most frequent of all.
  [[nodiscard]] std::uint64_t usual_of() const {
    std::uint64_t usual = values_.front();
    std::ptrdiff_t best = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(values_.size(), 16); ++i) {
      const auto end = values_.begin() + std::min<std::ptrdiff_t>(std::ssize(values_), 64);
      const auto same = std::count(values_.begin(), end, values_[i]);
      if (same > best) usual = values_[i];
      best = std::max(best, same);
    }
    return usual;
  }
  std::vector<std::uint64_t> values_;
  std::vector<std::uint64_t> places_;
  std::vector<std::uint64_t> others_;
  std::vector<PackedColumn> parts_;
};

std::uint64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}
std::uint64_t step_of(std::int64_t from, std::int64_t to) {
  return zigzag(static_cast<std::int64_t>(difference(to, from)));
}

// How one series' figures are told: as they are, over their least, or by their steps.
struct FigurePlan {
  FigureMode mode = FigureMode::Plain;
  unsigned width = 0;
  std::int64_t anchor = 0;
};

FigurePlan plan_figures(const std::int64_t* figures, std::size_t count) {
  std::int64_t least = figures[0];
  std::int64_t most = figures[0];
  std::uint64_t steps = 0;
  for (std::size_t i = 1; i < count; ++i) {
    least = std::min(least, figures[i]);
    most = std::max(most, figures[i]);
    steps |= step_of(figures[i - 1], figures[i]);
  }
  const unsigned plain = least < 0 ? 65 : bits_of(static_cast<std::uint64_t>(most));
  const unsigned based = bits_of(difference(most, least));
  const unsigned stepped = bits_of(steps);
  const auto cost = [&](unsigned width, std::size_t of, std::int64_t anchor) {
    return width * of + bits_of(zigzag(anchor)) + 8;
  };
  const std::size_t as_based = cost(based, count, least);
  const std::size_t as_steps = cost(stepped, count - 1, figures[0]);
  if (plain <= 64 && plain * count <= std::min(as_based, as_steps)) {
    return {.mode = FigureMode::Plain, .width = plain, .anchor = 0};
  }
  if (as_based <= as_steps) return {.mode = FigureMode::Based, .width = based, .anchor = least};
  return {.mode = FigureMode::Steps, .width = stepped, .anchor = figures[0]};
}

// Periods between the first and the last, which are told elsewhere: how far each is beyond the
// least that it can be, as Elias and Fano have it: low bits plainly, high bits by the place of a
// one.
void put_ordinals(BitWriter& out, const std::int32_t* ordinals, std::uint32_t count) {
  const auto span =
      static_cast<std::uint32_t>(ordinals[count - 1]) - static_cast<std::uint32_t>(ordinals[0]);
  const OrdinalLayout layout(count, span);
  const auto slack = [&](std::uint32_t i) {
    return static_cast<std::uint32_t>(ordinals[i]) - static_cast<std::uint32_t>(ordinals[0]) - i;
  };
  for (std::uint32_t i = 1; i <= layout.inner; ++i) out.put(slack(i), layout.low_width);
  std::uint32_t at = 0;
  for (std::uint32_t i = 1; i <= layout.inner; ++i) {
    const std::uint32_t place = (slack(i) >> layout.low_width) + i - 1;
    for (; place - at >= 32; at += 32) out.put(0, 32);
    out.put(std::uint64_t{1} << (place - at), place - at + 1);
    at = place + 1;
  }
  for (; layout.high_bits - at >= 32; at += 32) out.put(0, 32);
  out.put(0, layout.high_bits - at);
}

void put_figures(BitWriter& out, const FigurePlan& plan, unsigned anchor_width,
                 const std::int64_t* figures, std::size_t count) {
  if (plan.mode != FigureMode::Plain) out.put(zigzag(plan.anchor), anchor_width);
  if (plan.mode == FigureMode::Steps) {
    for (std::size_t i = 1; i < count; ++i) {
      out.put(step_of(figures[i - 1], figures[i]), plan.width);
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    out.put(difference(figures[i], plan.anchor), plan.width);
  }
}

// What has no figure is 0 where figures are told as they are; elsewhere what is cheap, and whoever
// reads minds the kind.
FigurePlan plan_with_gaps(const Columns& columns, std::size_t from, std::size_t count,
                          std::int64_t* figures) {
  const bool whole = std::all_of(columns.kinds.begin() + static_cast<std::ptrdiff_t>(from),
                                 columns.kinds.begin() + static_cast<std::ptrdiff_t>(from + count),
                                 [](Kind kind) { return kind == Kind::Value; });
  const FigurePlan plain = plan_figures(figures, count);
  if (whole || plain.mode == FigureMode::Plain) return plain;
  std::int64_t filler = 0;
  for (std::size_t i = count; i-- > 0;) {
    if (columns.kinds[from + i] == Kind::Value) filler = figures[i];
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (columns.kinds[from + i] == Kind::Value) filler = figures[i];
    figures[i] = filler;
  }
  FigurePlan plan = plan_figures(figures, count);
  if (plan.mode == FigureMode::Plain) {  // which would promise zeros
    plan.mode = FigureMode::Based;
    plan.anchor = 0;
  }
  return plan;
}

struct SeriesColumns {
  std::vector<std::uint64_t> counts, starts, spans, modes, widths;
  std::vector<FigurePlan> plans;
  unsigned anchor_width = 0;
};

SeriesColumns plan_series(const Columns& columns, std::vector<std::int64_t>& figures) {
  SeriesColumns out;
  std::int32_t least = std::numeric_limits<std::int32_t>::max();
  std::size_t from = 0;
  for (const std::uint32_t count : columns.counts) {
    ENTENTE_CHECK(count > 0 && count <= entry_observations_max);
    least = std::min(least, columns.ordinals[from]);
    from += count;
  }
  from = 0;
  for (const std::uint32_t count : columns.counts) {
    const std::int32_t* ordinals = columns.ordinals.data() + from;
    for (std::uint32_t i = 1; i < count; ++i) ENTENTE_CHECK(ordinals[i] > ordinals[i - 1]);
    const FigurePlan plan = plan_with_gaps(columns, from, count, figures.data() + from);
    out.counts.push_back(count - 1);
    out.starts.push_back(static_cast<std::uint32_t>(ordinals[0]) -
                         static_cast<std::uint32_t>(least));
    out.spans.push_back(static_cast<std::uint32_t>(ordinals[count - 1]) -
                        static_cast<std::uint32_t>(ordinals[0]));
    out.modes.push_back(static_cast<std::uint64_t>(plan.mode));
    out.widths.push_back(plan.width);
    if (plan.mode != FigureMode::Plain) {
      out.anchor_width = std::max(out.anchor_width, bits_of(zigzag(plan.anchor)));
    }
    out.plans.push_back(plan);
    from += count;
  }
  return out;
}

std::vector<SparseColumn> attribute_columns(BitWriter& head, const Columns& columns) {
  std::vector<SparseColumn> out;
  const std::size_t count = columns.observations();
  for (std::uint32_t a = 0; a < columns.attributes; ++a) {
    std::vector<std::uint64_t> values(count);
    std::uint64_t last = 0;
    for (std::size_t i = count; i-- > 0;) {
      if (has_attributes(columns.kinds[i])) last = columns.codes[i * columns.attributes + a];
    }
    // What has none says what costs nothing.
    for (std::size_t i = 0; i < count; ++i) {
      if (has_attributes(columns.kinds[i])) last = columns.codes[i * columns.attributes + a];
      values[i] = last;
    }
    out.emplace_back(head, std::move(values));
  }
  return out;
}

}  // namespace

void pack_group(const Columns& columns, std::string& out) {
  ENTENTE_CHECK(columns.series() > 0 && columns.series() <= group_series_max);
  const std::size_t count = columns.observations();
  Scaled scaled = scale(columns);
  const SeriesColumns series = plan_series(columns, scaled.mantissas);

  BitWriter bits(out);
  put_number(bits, columns.series());
  std::vector<PackedColumn> packed;
  std::vector<std::uint64_t> codes(columns.series());
  for (std::uint32_t d = 0; d < columns.width; ++d) {
    for (std::size_t s = 0; s < codes.size(); ++s) codes[s] = columns.keys[s * columns.width + d];
    packed.emplace_back(bits, codes);
  }
  std::size_t from = 0;
  std::int32_t least = std::numeric_limits<std::int32_t>::max();
  for (const std::uint32_t held : columns.counts) {
    least = std::min(least, columns.ordinals[from]);
    from += held;
  }
  put_number(bits, zigzag(least));
  for (const auto* one :
       {&series.counts, &series.starts, &series.spans, &series.modes, &series.widths}) {
    packed.emplace_back(bits, *one);
  }
  bits.put(series.anchor_width, 7);

  std::vector<std::uint64_t> kinds(count);
  for (std::size_t i = 0; i < count; ++i) kinds[i] = packed_kind(columns.kinds[i]);
  std::vector<std::uint64_t> exponents;
  for (const std::int16_t one : scaled.exponents) exponents.push_back(zigzag(one));
  const SparseColumn of_kinds(bits, std::move(kinds));
  const SparseColumn of_exponents(bits, std::move(exponents));
  const std::vector<SparseColumn> attributes = attribute_columns(bits, columns);

  for (const PackedColumn& one : packed) one.put(bits);
  of_kinds.put(bits);
  of_exponents.put(bits);
  for (const SparseColumn& one : attributes) one.put(bits);
  from = 0;
  for (const std::uint32_t held : columns.counts) {
    put_ordinals(bits, columns.ordinals.data() + from, held);
    from += held;
  }
  from = 0;
  for (std::size_t s = 0; s < columns.series(); from += columns.counts[s++]) {
    put_figures(bits, series.plans[s], series.anchor_width, scaled.mantissas.data() + from,
                columns.counts[s]);
  }
  bits.finish();
}

}  // namespace entente::statistics
