#include "server/statistics/series/group.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "proto/contract/status.h"
#include "server/statistics/series/bits.h"

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
  int least = 0;
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (columns.kinds[i] != Kind::Value || columns.values[i].mantissa == 0) continue;
    least = any ? std::min<int>(least, columns.values[i].exponent) : columns.values[i].exponent;
    any = true;
  }
  constexpr std::int64_t most = std::int64_t{1} << 61;
  bool fits = true;
  for (std::size_t i = 0; i < count; ++i) {
    const Decimal& value = columns.values[i];
    if (columns.kinds[i] != Kind::Value || value.mantissa == 0) continue;
    const int raise = value.exponent - least;
    const std::int64_t bound = raise <= 18 ? most / kPowers[static_cast<std::size_t>(raise)] : 0;
    fits = fits && value.mantissa <= bound && value.mantissa >= -bound;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Decimal& value = columns.values[i];
    const bool is_value = columns.kinds[i] == Kind::Value;
    const int raise = fits && is_value && value.mantissa != 0 ? value.exponent - least : 0;
    out.mantissas.push_back(value.mantissa * kPowers[static_cast<std::size_t>(raise)]);
    out.exponents.push_back(static_cast<std::int16_t>(fits ? least : value.exponent));
  }
  return out;
}

// One column of a group: what it mostly says and whether it ever says else.
template <typename At>
RunsWriter begin_runs(BitWriter& out, std::size_t count, const At& at) {
  // The most frequent of the first few is near enough to the most frequent of all.
  std::uint64_t usual = at(0);
  std::size_t best = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 16); ++i) {
    std::size_t same = 0;
    for (std::size_t j = 0; j < std::min<std::size_t>(count, 64); ++j) same += at(j) == at(i);
    if (same > best) {
      best = same;
      usual = at(i);
    }
  }
  bool constant = true;
  for (std::size_t i = 0; i < count && constant; ++i) constant = at(i) == usual;
  return {out, usual, constant};
}

// What the numbers of a group are told by.
struct Codes {
  explicit Codes(std::uint32_t width) : step(width), plain(width) {}
  Adaptive shared;
  std::vector<Adaptive> step;   // from the last key's code, where the first difference is
  std::vector<Adaptive> plain;  // behind it
  Adaptive count;
  Adaptive start;
  Adaptive gap;
  Adaptive figure;
  Adaptive difference;
};

void put_key(BitWriter& out, Codes& codes, const Columns& columns, std::size_t series,
             bool is_first) {
  const auto key = columns.key(series);
  std::uint32_t shared = 0;
  if (!is_first) {
    const auto before = columns.key(series - 1);
    while (shared < columns.width && key[shared] == before[shared]) ++shared;
    codes.shared.put(out, columns.width - shared);
    if (shared < columns.width) {
      ENTENTE_CHECK(key[shared] > before[shared]);
      codes.step[shared].put(out, key[shared] - before[shared] - 1);
      ++shared;
    }
  }
  for (; shared < columns.width; ++shared) codes.plain[shared].put(out, key[shared]);
}

bool get_key(BitReader& in, Codes& codes, std::vector<std::uint32_t>& key, bool is_first) {
  std::size_t shared = 0;
  if (!is_first) {
    const std::uint64_t other = codes.shared.get(in);
    if (other > key.size()) return false;
    shared = key.size() - other;
    if (shared < key.size()) {
      key[shared] += static_cast<std::uint32_t>(codes.step[shared].get(in)) + 1;
      ++shared;
    }
  }
  for (; shared < key.size(); ++shared) {
    key[shared] = static_cast<std::uint32_t>(codes.plain[shared].get(in));
  }
  return true;
}

std::int32_t added(std::int32_t to, std::int64_t more) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(to) +
                                   static_cast<std::uint32_t>(more));
}

std::uint64_t wrapped(std::int64_t a, std::int64_t b) {
  return zigzag(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)));
}

// Whether the differences of the figures are shorter than the figures.
bool prefer_differences(const std::int64_t* figures, std::size_t count, bool positive) {
  std::uint64_t plain = 0;
  std::uint64_t different = 0;
  for (std::size_t i = 1; i < count; ++i) {
    plain += static_cast<std::uint64_t>(
        std::bit_width(positive ? static_cast<std::uint64_t>(figures[i]) : zigzag(figures[i])));
    different += static_cast<std::uint64_t>(std::bit_width(wrapped(figures[i], figures[i - 1])));
  }
  return different < plain;
}

void put_figures(BitWriter& out, Codes& codes, const std::int64_t* figures, std::size_t count,
                 bool positive) {
  const bool differences = prefer_differences(figures, count, positive);
  out.put(differences ? 1 : 0, 1);
  for (std::size_t i = 0; i < count; ++i) {
    if (differences && i > 0) {
      codes.difference.put(out, wrapped(figures[i], figures[i - 1]));
    } else {
      codes.figure.put(out, positive ? static_cast<std::uint64_t>(figures[i]) : zigzag(figures[i]));
    }
  }
}

}  // namespace

// A group is: its count of series; one bit, whether no figure is negative; the heads of the runs of
// kinds, exponents and each attribute; then each series with its key, count, periods, kinds,
// exponents, attributes, and the figures of those that have one.
void pack_group(const Columns& columns, std::string& out) {
  ENTENTE_CHECK(columns.series() > 0 && columns.series() <= 64);
  const std::size_t count = columns.observations();
  ENTENTE_CHECK(count > 0);

  BitWriter bits(out);
  Adaptive().put(bits, columns.series() - 1);
  const Scaled scaled = scale(columns);
  const bool positive = std::all_of(scaled.mantissas.begin(), scaled.mantissas.end(),
                                    [](std::int64_t m) { return m >= 0; });
  bits.put(positive ? 1 : 0, 1);
  const auto kind_at = [&](std::size_t i) { return static_cast<std::uint64_t>(columns.kinds[i]); };
  const auto exponent_at = [&](std::size_t i) { return zigzag(scaled.exponents[i]); };
  RunsWriter kinds = begin_runs(bits, count, kind_at);
  RunsWriter exponents = begin_runs(bits, count, exponent_at);
  const auto attribute_at = [&](std::uint32_t a) {
    return [&columns, a](std::size_t i) -> std::uint64_t {
      return columns.codes[i * columns.attributes + a];
    };
  };
  std::vector<RunsWriter> attributes;
  for (std::uint32_t a = 0; a < columns.attributes; ++a) {
    attributes.push_back(begin_runs(bits, count, attribute_at(a)));
  }

  Codes codes(columns.width);
  std::int32_t last_start = 0;
  std::vector<std::int64_t> figures;
  std::size_t at = 0;
  for (std::size_t series = 0; series < columns.series(); ++series) {
    const std::uint32_t held = columns.counts[series];
    ENTENTE_CHECK(held > 0);
    put_key(bits, codes, columns, series, series == 0);
    codes.count.put(bits, held - 1);
    figures.clear();
    for (std::uint32_t i = 0; i < held; ++i, ++at) {
      const std::int32_t ordinal = columns.ordinals[at];
      if (i == 0) {
        codes.start.put(bits, zigzag(std::int64_t{ordinal} - last_start));
        last_start = ordinal;
      } else {
        const std::int64_t gap = std::int64_t{ordinal} - columns.ordinals[at - 1];
        ENTENTE_CHECK(gap > 0);
        codes.gap.put(bits, static_cast<std::uint64_t>(gap - 1));
      }
      kinds.put(at, count, kind_at);
      exponents.put(at, count, exponent_at);
      for (std::uint32_t a = 0; a < columns.attributes; ++a) {
        attributes[a].put(at, count, attribute_at(a));
      }
      if (columns.kinds[at] == Kind::Value) figures.push_back(scaled.mantissas[at]);
    }
    put_figures(bits, codes, figures.data(), figures.size(), positive);
  }
  bits.finish();
}

bool unpack_group(std::string_view bytes, std::uint64_t wanted, Columns& out) {
  BitReader in(bytes);
  const std::uint64_t series = Adaptive().get(in) + 1;
  if (series > 64) return false;
  const bool positive = in.get(1) != 0;
  RunsReader kinds(in);
  RunsReader exponents(in);
  std::vector<RunsReader> attributes;
  attributes.reserve(out.attributes);
  for (std::uint32_t a = 0; a < out.attributes; ++a) attributes.emplace_back(in);

  Codes codes(out.width);
  std::vector<std::uint32_t> key(out.width);
  std::int32_t last_start = 0;
  for (std::uint64_t s = 0; s < series; ++s) {
    if (wanted >> s == 0) return !in.past_end();  // nobody asks for the rest
    if (!get_key(in, codes, key, s == 0)) return false;
    const std::uint64_t held = codes.count.get(in) + 1;
    if (held > entry_observations_max || in.past_end()) return false;
    const bool keep = (wanted >> s & 1) != 0;
    const std::size_t base = out.ordinals.size();
    std::int32_t ordinal = 0;
    for (std::uint64_t i = 0; i < held; ++i) {
      if (i == 0) {
        ordinal = added(last_start, unzigzag(codes.start.get(in)));
        last_start = ordinal;
      } else {
        ordinal = added(ordinal, static_cast<std::int64_t>(codes.gap.get(in) + 1));
      }
      const std::uint64_t kind = kinds.get(in);
      if (kind > static_cast<std::uint64_t>(Kind::Hidden)) return false;
      out.ordinals.push_back(ordinal);
      out.kinds.push_back(static_cast<Kind>(kind));
      out.values.push_back({0, static_cast<std::int16_t>(unzigzag(exponents.get(in)))});
      for (RunsReader& one : attributes) {
        out.codes.push_back(static_cast<std::uint32_t>(one.get(in)));
      }
    }
    const bool differences = in.get(1) != 0;
    std::int64_t figure = 0;
    bool is_first = true;
    for (std::size_t i = base; i < out.ordinals.size(); ++i) {
      if (out.kinds[i] != Kind::Value) {
        out.values[i] = {};
        continue;
      }
      if (differences && !is_first) {
        figure = static_cast<std::int64_t>(
            static_cast<std::uint64_t>(figure) +
            static_cast<std::uint64_t>(unzigzag(codes.difference.get(in))));
      } else {
        const std::uint64_t plain = codes.figure.get(in);
        figure = positive ? static_cast<std::int64_t>(plain) : unzigzag(plain);
      }
      is_first = false;
      const int exponent = out.values[i].exponent;
      if (exponent > 1'000 || exponent < -1'000) return false;
      out.values[i] = exponent == 0 ? Decimal{figure, 0} : canonical(figure, exponent);
    }
    if (keep) {
      out.keys.insert(out.keys.end(), key.begin(), key.end());
      out.counts.push_back(static_cast<std::uint32_t>(held));
    } else {
      out.ordinals.resize(base);
      out.kinds.resize(base);
      out.values.resize(base);
      out.codes.resize(base * out.attributes);
    }
  }
  return !in.past_end();
}

}  // namespace entente::statistics
