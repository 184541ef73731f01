// Bits to columns. Everything is held against the size of the group when it is opened; what is read
// afterwards need not be.
#include "server/statistics/series/group.h"

#include <algorithm>

#include "proto/contract/status.h"
#include "server/statistics/series/layout.h"

namespace entente::statistics {
namespace {

std::int32_t wrapped(std::uint64_t value) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
}
std::size_t slot_of(std::uint64_t kind) {
  return static_cast<std::size_t>(packed_kinds[kind % kind_count]);
}
std::int64_t added(std::int64_t to, std::uint64_t more) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(to) + more);
}

}  // namespace

bool GroupView::read_packed(BitReader& in, Packed& out) {
  out.base = get_number(in);
  out.width = static_cast<unsigned>(in.get(7));
  return out.width <= 64;
}

bool GroupView::read_sparse(BitReader& in, Sparse& out) const {
  out = Sparse();
  const std::uint64_t mode = in.get(2);
  out.mode = static_cast<Sparse::Mode>(mode);
  if (mode == 0) {
    out.all.base = get_number(in);
    return true;
  }
  if (mode == 2) return read_packed(in, out.all);
  if (mode != 1) return false;
  out.all.base = get_number(in);
  const std::uint64_t count = get_number(in);
  if (count > std::uint64_t{group_series_max} * entry_observations_max) return false;
  out.exceptions = static_cast<std::uint32_t>(count);
  return read_packed(in, out.places) && read_packed(in, out.values);
}

bool GroupView::read_head(BitReader& in, std::uint32_t width, std::uint32_t attributes) {
  const std::uint64_t series = get_number(in);
  if (series == 0 || series > group_series_max) return false;
  series_ = static_cast<std::uint32_t>(series);
  keys_.resize(width);
  bool right = true;
  for (Packed& one : keys_) right = read_packed(in, one) && right;
  const std::uint64_t least = get_number(in);
  for (Packed* one : {&counts_, &starts_, &spans_, &modes_, &widths_}) {
    right = read_packed(in, *one) && right;
  }
  starts_.base += static_cast<std::uint64_t>(unzigzag(least));
  anchor_width_ = static_cast<unsigned>(in.get(7));
  right = anchor_width_ <= 64 && read_sparse(in, kinds_) && read_sparse(in, exponents_) && right;
  attributes_.resize(attributes);
  for (Sparse& one : attributes_) right = right && read_sparse(in, one);
  return right && !in.past_end();
}

void GroupView::place(Packed& column, std::size_t count, std::size_t& at) {
  column.at = at;
  at += column.width * count;
}

void GroupView::place(Sparse& column, std::size_t count, std::size_t& at) {
  if (column.mode == Sparse::Mode::Exceptions) {
    place(column.places, column.exceptions, at);
    place(column.values, column.exceptions, at);
  } else {
    place(column.all, count, at);
  }
}

// Where each series begins; `at`: the end of the columns of one number a series, which are there.
bool GroupView::place_series(std::size_t& at) {
  std::uint32_t ordinals = 0;
  std::uint32_t figures = 0;
  first_[0] = 0;
  for (std::size_t s = 0; s < series_; ++s) {
    const std::uint64_t count = counts_.get(bytes_, s) + 1;
    const std::uint64_t span = spans_.get(bytes_, s);
    const std::uint64_t mode = modes_.get(bytes_, s);
    const std::uint64_t width = widths_.get(bytes_, s);
    if (count == 0 || count > entry_observations_max || mode > 2 || width > 64 ||
        span > UINT32_MAX || span + 1 < count) {
      return false;
    }
    const auto held = static_cast<std::uint32_t>(count);
    const auto bits = static_cast<std::uint32_t>(width);
    mode_[s] = static_cast<std::uint8_t>(mode);
    width_[s] = static_cast<std::uint8_t>(width);
    first_[s + 1] = first_[s] + held;
    ordinals_at_[s] = ordinals;
    figures_at_[s] = figures;
    ordinals += OrdinalLayout(held, static_cast<std::uint32_t>(span)).bits();
    figures += bits * held;
    if (mode != 0) figures += anchor_width_;
    if (mode == 2) figures -= bits;
  }
  place(kinds_, observations(), at);
  place(exponents_, observations(), at);
  for (Sparse& one : attributes_) place(one, observations(), at);
  // From here on they count from the start of the group.
  const auto ordinals_from = static_cast<std::uint32_t>(at);
  const std::uint32_t figures_from = ordinals_from + ordinals;
  for (std::size_t s = 0; s < series_; ++s) {
    ordinals_at_[s] += ordinals_from;
    figures_at_[s] += figures_from;
  }
  ordinals_at_[series_] = figures_from;
  at += std::size_t{ordinals} + figures;
  return true;
}

bool GroupView::open(std::string_view bytes, std::uint32_t width, std::uint32_t attributes) {
  constexpr std::size_t most = std::size_t{1} << 28;  // far beyond: bits are counted in 32 bits
  if (bytes.size() > most) return false;
  bytes_ = bytes.data();
  BitReader in(bytes);
  if (!read_head(in, width, attributes)) return false;
  std::size_t at = in.at();
  for (Packed& one : keys_) place(one, series_, at);
  for (Packed* one : {&counts_, &starts_, &spans_, &modes_, &widths_}) place(*one, series_, at);
  if (at > bytes.size() * 8) return false;
  return place_series(at) && (at + 7) / 8 == bytes.size();
}

std::int32_t GroupView::first_ordinal(std::size_t series) const {
  return wrapped(starts_.get(bytes_, series));
}

std::int32_t GroupView::last_ordinal(std::size_t series) const {
  return wrapped(starts_.get(bytes_, series) + spans_.get(bytes_, series));
}

bool GroupView::read_ordinals(std::size_t series, std::int32_t* out) const {
  const std::uint32_t held = count(series);
  const std::int32_t first = first_ordinal(series);
  const auto span = static_cast<std::uint32_t>(spans_.get(bytes_, series));
  const OrdinalLayout layout(held, span);
  const auto start = static_cast<std::uint32_t>(first);
  out[0] = first;
  out[held - 1] = wrapped(std::uint64_t{start} + span);
  if (layout.inner == 0) {
    for (std::uint32_t i = 1; i + 1 < held; ++i) out[i] = wrapped(std::uint64_t{start} + i);
    return true;
  }
  std::size_t low = ordinals_at_[series];
  std::size_t high = low + std::size_t{layout.inner} * layout.low_width;
  const std::size_t end = high + layout.high_bits;
  std::uint32_t zeros = 0;
  std::uint32_t i = 1;
  while (i <= layout.inner) {
    if (high >= end) return false;
    const auto width = static_cast<unsigned>(std::min<std::size_t>(57, end - high));
    std::uint64_t word = bits_at(bytes_, high, width);
    unsigned used = 0;
    for (; word != 0 && i <= layout.inner; ++i) {
      const auto run = static_cast<unsigned>(std::countr_zero(word));
      zeros += run;
      used += run + 1;
      word = word >> run >> 1;
      const std::uint64_t slack =
          (std::uint64_t{zeros} << layout.low_width) | bits_at(bytes_, low, layout.low_width);
      low += layout.low_width;
      out[i] = wrapped(start + slack + i);
    }
    zeros += width - used;
    high += width;
  }
  return true;
}

void GroupView::read_figures(std::size_t series, std::size_t from, std::size_t to,
                             std::int64_t* out) const {
  const unsigned width = width_[series];
  std::size_t at = figures_at_[series];
  const auto mode = static_cast<FigureMode>(mode_[series]);
  std::int64_t anchor = 0;
  if (mode != FigureMode::Plain) {
    anchor = unzigzag(bits_at(bytes_, at, anchor_width_));
    at += anchor_width_;
  }
  if (mode != FigureMode::Steps) {
    at += from * width;
    for (std::size_t i = from; i < to; ++i, at += width) {
      *out++ = added(anchor, bits_at(bytes_, at, width));
    }
    return;
  }
  for (std::size_t i = 0; i < to; ++i) {
    if (i > 0) {
      anchor = added(anchor, static_cast<std::uint64_t>(unzigzag(bits_at(bytes_, at, width))));
      at += width;
    }
    if (i >= from) *out++ = anchor;
  }
}

// What a column says of some observations; of one, perhaps, first what is usual.
template <typename Put>
void GroupView::each(const Sparse& column, std::size_t from, std::size_t to, const Put& put) const {
  if (column.mode == Sparse::Mode::Packed) {
    for (std::size_t i = from; i < to; ++i) put(i - from, column.all.get(bytes_, i));
    return;
  }
  for (std::size_t i = 0; i < to - from; ++i) put(i, column.all.base);
  if (column.mode == Sparse::Mode::Constant) return;
  std::size_t low = 0;
  std::size_t high = column.exceptions;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    column.places.get(bytes_, middle) < from ? low = middle + 1 : high = middle;
  }
  for (; low < column.exceptions; ++low) {
    const std::uint64_t place = column.places.get(bytes_, low);
    if (place >= to) return;
    if (place >= from) put(place - from, column.values.get(bytes_, low));
  }
}

bool GroupView::cut(std::size_t series, const Ordinals& range, std::vector<std::int32_t>& out,
                    std::size_t& from, std::size_t& to) const {
  from = to = 0;
  const std::int32_t first = first_ordinal(series);
  const std::int32_t last = last_ordinal(series);
  if (first > range.last || last < range.first || range.first > range.last) return true;
  const std::uint32_t held = count(series);
  const std::size_t base = out.size();
  out.resize(base + held);
  if (!read_ordinals(series, out.data() + base)) return false;
  to = held;
  const auto begin = out.begin() + static_cast<std::ptrdiff_t>(base);
  if (last > range.last) {
    to = static_cast<std::size_t>(std::upper_bound(begin, out.end(), range.last) - begin);
    out.resize(base + to);
  }
  if (first < range.first) {
    from = static_cast<std::size_t>(std::lower_bound(begin, out.end(), range.first) - begin);
    out.erase(begin, begin + static_cast<std::ptrdiff_t>(from));
  }
  return true;
}

bool GroupView::append_ordinals(std::size_t series, const Ordinals& range,
                                std::vector<std::int32_t>& out) const {
  std::size_t from = 0;
  std::size_t to = 0;
  return cut(series, range, out, from, to);
}

bool GroupView::append(std::size_t series, const Ordinals& range, Columns& out,
                       std::vector<std::uint32_t>* behind) const {
  const std::size_t base = out.ordinals.size();
  std::size_t from = 0;
  std::size_t to = 0;
  if (!cut(series, range, out.ordinals, from, to)) return false;
  if (from >= to) return true;
  const std::size_t start = first_[series] + from;
  const std::size_t end = first_[series] + to;
  const std::size_t more = to - from;

  out.kinds.resize(base + more);
  each(kinds_, start, end, [&](std::size_t i, std::uint64_t kind) {
    out.kinds[base + i] = static_cast<Kind>(slot_of(kind));
  });
  std::array<std::int64_t, 64> figures{};
  out.values.resize(base + more);
  if (more <= figures.size() && has_one_exponent() && exponent() == 0) {
    read_figures(series, from, to, figures.data());
    for (std::size_t i = 0; i < more; ++i) {
      out.values[base + i] = {out.kinds[base + i] == Kind::Value ? figures[i] : 0, 0};
    }
  } else if (!append_values(series, from, to, out)) {
    return false;
  }
  const std::size_t attributes = out.attributes;
  out.codes.resize((base + more) * attributes);
  for (std::size_t a = 0; a < attributes; ++a) {
    each(attributes_[a], start, end, [&](std::size_t i, std::uint64_t code) {
      out.codes[(base + i) * attributes + a] =
          has_attributes(out.kinds[base + i]) ? static_cast<std::uint32_t>(code) : 0;
    });
  }
  if (behind == nullptr) return true;
  behind->resize(base + more);
  each(attributes_[attributes], start, end, [&](std::size_t i, std::uint64_t code) {
    (*behind)[base + i] =
        has_attributes(out.kinds[base + i]) ? static_cast<std::uint32_t>(code) : 0;
  });
  return true;
}

// Values of many observations, or with exponents.
bool GroupView::append_values(std::size_t series, std::size_t from, std::size_t to,
                              Columns& out) const {
  std::vector<std::int64_t> figures(to - from);
  read_figures(series, from, to, figures.data());
  const std::size_t base = out.values.size() - figures.size();
  bool right = true;
  const std::size_t start = first_[series] + from;
  each(exponents_, start, start + figures.size(), [&](std::size_t i, std::uint64_t exponent) {
    const std::int64_t one = unzigzag(exponent);
    if (out.kinds[base + i] != Kind::Value) {
      out.values[base + i] = {};
    } else if (one == 0) {
      out.values[base + i] = {figures[i], 0};
    } else if (one > 1'000 || one < -1'000) {
      right = false;
    } else {
      out.values[base + i] = canonical(figures[i], static_cast<int>(one));
    }
  });
  return right;
}

std::array<std::uint32_t, kind_count> GroupView::count_kinds(std::size_t series) const {
  std::array<std::uint32_t, kind_count> counts{};
  const std::size_t from = first_[series];
  const std::size_t to = first_[series + 1];
  const auto held = static_cast<std::uint32_t>(to - from);
  if (kinds_.mode == Sparse::Mode::Constant) {
    counts[slot_of(kinds_.all.base)] = held;
  } else if (kinds_.mode == Sparse::Mode::Packed && kinds_.all.width == 1) {
    std::uint32_t ones = 0;
    for (std::size_t at = from; at < to; at += 56) {
      const auto width = static_cast<unsigned>(std::min<std::size_t>(56, to - at));
      ones += static_cast<std::uint32_t>(std::popcount(bits_at(bytes_, kinds_.all.at + at, width)));
    }
    counts[slot_of(kinds_.all.base)] += held - ones;
    counts[slot_of(kinds_.all.base + 1)] += ones;
  } else {
    std::array<std::uint8_t, entry_observations_max> slots;
    read_slots(series, slots.data());
    for (std::size_t i = 0; i < held; ++i) ++counts[slots[i]];
  }
  return counts;
}

void GroupView::read_slots(std::size_t series, std::uint8_t* out) const {
  each(kinds_, first_[series], first_[series + 1], [&](std::size_t i, std::uint64_t kind) {
    out[i] = static_cast<std::uint8_t>(slot_of(kind));
  });
}

Int128 GroupView::sum(std::size_t series) const {
  const std::uint32_t held = count(series);
  const unsigned width = width_[series];
  if (static_cast<FigureMode>(mode_[series]) == FigureMode::Plain && width + bits_of(held) < 64) {
    std::uint64_t total = 0;  // what has no figure is 0
    std::size_t at = figures_at_[series];
    for (std::uint32_t i = 0; width > 0 && i < held; ++i, at += width) {
      total += bits_at(bytes_, at, width);
    }
    return total;
  }
  std::array<std::int64_t, entry_observations_max> figures;
  std::array<std::uint8_t, entry_observations_max> slots;
  read_figures(series, 0, held, figures.data());
  read_slots(series, slots.data());
  Int128 total = 0;
  for (std::uint32_t i = 0; i < held; ++i) {
    if (slots[i] == static_cast<std::uint8_t>(Kind::Value)) total += figures[i];
  }
  return total;
}

bool unpack_group(std::string_view bytes, std::uint64_t wanted, Columns& out) {
  if (bytes.size() < bits_slack_bytes) return false;
  GroupView view;
  bytes.remove_suffix(bits_slack_bytes);
  if (!view.open(bytes, out.width, out.attributes)) return false;
  for (std::size_t s = 0; s < view.series(); ++s) {
    if ((wanted >> s & 1) == 0) continue;
    for (std::size_t d = 0; d < out.width; ++d) out.keys.push_back(view.code(s, d));
    out.counts.push_back(view.count(s));
    if (!view.append(s, {}, out)) return false;
  }
  return true;
}

}  // namespace entente::statistics
