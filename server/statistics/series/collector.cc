#include "server/statistics/series/collector.h"

#include <algorithm>
#include <numeric>

namespace entente::statistics {
namespace {

constexpr std::size_t kMergedAtOnce = 16'384;

// The used among `texts`, sorted, and from each one's number to its place there.
void rank(const std::vector<std::string>& texts, const std::vector<bool>& is_used,
          std::vector<std::string>& used, std::vector<std::uint32_t>& ranks) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    if (is_used[i]) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return texts[a] < texts[b]; });
  ranks.assign(texts.size(), 0);
  used.clear();
  for (const std::uint32_t number : order) {
    ranks[number] = static_cast<std::uint32_t>(used.size());
    used.push_back(texts[number]);
  }
}

void begin_series(Columns& columns, std::uint32_t width, std::uint32_t attributes) {
  columns.clear();
  columns.width = width;
  columns.attributes = attributes;
}

}  // namespace

std::uint32_t Interner::number(std::string_view text) {
  const auto found = numbers_.find(text);
  if (found != numbers_.end()) return found->second;
  const auto next = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  numbers_.emplace(std::string(text), next);
  return next;
}

std::uint32_t Collector::Tuples::number(std::span<const std::uint32_t> tuple) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  std::string bytes(reinterpret_cast<const char*>(tuple.data()), tuple.size_bytes());
  const auto [at, fresh] =
      numbers.emplace(std::move(bytes), static_cast<std::uint32_t>(numbers.size()));
  if (fresh) flat.insert(flat.end(), tuple.begin(), tuple.end());
  return at->second;
}

Collector::Collector(store::Store& store, Entropy& entropy, Rules rules, OnTwice on_twice)
    : store_(store),
      entropy_(entropy),
      rules_(rules),
      on_twice_(std::move(on_twice)),
      stages_{Stage(store), Stage(store)},
      codes_(rules.dimensions),
      attributes_(rules.attributes) {
  for (Interner& one : attributes_) (void)one.number("");
}

Collector::~Collector() {
  if (released_) return;
  for (const store::Id& part : parts_) (void)Stage(store_).erase(part);  // else at the next start
}

store::Id Collector::new_part() {
  const store::Id id = store::Id::from(entropy_.bytes(sizeof(store::Id)));
  parts_.push_back(id);
  return id;
}

Status Collector::erase(const store::Id& part) {
  ENTENTE_TRY_VOID(stages_[0].erase(part));
  parts_.erase(std::find(parts_.begin(), parts_.end(), part));
  return {};
}

Status Collector::add(std::span<const std::uint32_t> codes,
                      std::span<const std::uint32_t> attributes, const Observation& one) {
  ENTENTE_CHECK(codes.size() == rules_.dimensions && attributes.size() == rules_.attributes);
  if (rows_.size() >= rules_.rows_max || series_.numbers.size() >= rules_.series_max) {
    ENTENTE_TRY_VOID(flush());
  }
  // Rows of one series mostly come together.
  const auto same = [](const Tuples& tuples, std::uint32_t number,
                       std::span<const std::uint32_t> tuple) {
    return (number + 1) * tuple.size() <= tuples.flat.size() &&
           std::equal(tuple.begin(), tuple.end(),
                      tuples.flat.begin() + static_cast<std::ptrdiff_t>(number * tuple.size()));
  };
  std::vector<std::uint32_t> key(codes.begin(), codes.end());
  key.push_back(static_cast<std::uint32_t>(one.period.frequency));
  const bool again = !rows_.empty();
  Row row{};
  row.series =
      again && same(series_, rows_.back().series, key) ? rows_.back().series : series_.number(key);
  row.attributes = attributes.empty() ? 0
                   : again && same(sets_, rows_.back().attributes, attributes)
                       ? rows_.back().attributes
                       : sets_.number(attributes);
  row.ordinal = one.period.ordinal;
  row.mantissa = one.value.mantissa;
  row.exponent = one.value.exponent;
  row.kind = one.kind;
  row.circle = one.circle;
  row.line = one.line;
  rows_.push_back(row);
  return {};
}

std::vector<std::uint32_t> Collector::rank_series() {
  const std::uint32_t width = rules_.dimensions + 1;
  ranks_.resize(rules_.dimensions);
  used_.resize(rules_.dimensions);
  for (std::uint32_t d = 0; d < rules_.dimensions; ++d) {
    std::vector<bool> is_used(codes_[d].texts().size());
    for (std::size_t i = d; i < series_.flat.size(); i += width) is_used[series_.flat[i]] = true;
    rank(codes_[d].texts(), is_used, used_[d], ranks_[d]);
  }
  attribute_ranks_.resize(rules_.attributes);
  attributes_used_.resize(rules_.attributes);
  for (std::uint32_t a = 0; a < rules_.attributes; ++a) {
    std::vector<bool> is_used(attributes_[a].texts().size());
    is_used[0] = true;  // the empty text is the first, always
    for (std::size_t i = a; i < sets_.flat.size(); i += rules_.attributes) {
      is_used[sets_.flat[i]] = true;
    }
    rank(attributes_[a].texts(), is_used, attributes_used_[a], attribute_ranks_[a]);
  }
  for (std::size_t i = 0; i < series_.flat.size(); ++i) {
    const std::size_t d = i % width;
    if (d < rules_.dimensions) series_.flat[i] = ranks_[d][series_.flat[i]];
  }
  for (std::size_t i = 0; i < sets_.flat.size(); ++i) {
    sets_.flat[i] = attribute_ranks_[i % rules_.attributes][sets_.flat[i]];
  }
  std::vector<std::uint32_t> order(series_.numbers.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto key = [&](std::uint32_t series) {
    return std::span(series_.flat).subspan(std::size_t{series} * width, width);
  };
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto of_a = key(a);
    const auto of_b = key(b);
    return std::lexicographical_compare(of_a.begin(), of_a.end(), of_b.begin(), of_b.end());
  });
  std::vector<std::uint32_t> places(order.size());
  for (std::uint32_t place = 0; place < order.size(); ++place) places[order[place]] = place;
  return places;
}

Status Collector::flush() {
  if (rows_.empty()) return {};
  const std::vector<std::uint32_t> places = rank_series();
  const auto place = [&](const Row& row) {
    return std::uint64_t{places[row.series]} << 32 |
           (static_cast<std::uint32_t>(row.ordinal) ^ 0x8000'0000U);
  };
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(rows_.size());
  Run run;
  run.first_line = UINT64_MAX;
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    order.emplace_back(place(rows_[i]), i);
    run.first_line = std::min(run.first_line, rows_[i].line);
    run.last_line = std::max(run.last_line, rows_[i].line);
  }
  if (!std::is_sorted(order.begin(), order.end())) std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> rows;
  rows.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || order[i].first != order[i - 1].first) {
      rows.push_back(order[i].second);
      continue;
    }
    const Row& second = rows_[order[i].second];
    const std::uint32_t width = rules_.dimensions + 1;
    const auto key = std::span(series_.flat).subspan(std::size_t{second.series} * width, width);
    on_twice_(
        {.line = second.line,
         .first_line = rows_[rows.back()].line,
         .exact = true,
         .key = describe(key, {static_cast<Frequency>(key[width - 1]), second.ordinal}, used_)});
  }
  observations_ += rows.size();
  ENTENTE_TRY_VOID(write_run(rows, run));
  runs_.push_back(std::move(run));
  rows_.clear();
  series_ = {};
  sets_ = {};
  return {};
}

std::string Collector::describe(std::span<const std::uint32_t> key, Period period,
                                const std::vector<std::vector<std::string>>& codes) const {
  std::string text;
  for (std::uint32_t d = 0; d < rules_.dimensions; ++d) {
    text += (d == 0 ? "" : ".") + codes[d][key[d]];
  }
  return text + " " + to_text(period);
}

Collector::Writers Collector::make_writers(
    const std::vector<std::vector<std::string>>& dimensions,
    const std::vector<std::vector<std::string>>& attributes) {
  Writers writers;
  for (std::size_t c = 0; c < circles; ++c) {
    writers[c] = std::make_unique<PartWriter>(&stages_[c], new_part(), dimensions, attributes);
  }
  return writers;
}

Status Collector::close_writers(Writers& writers,
                                std::array<std::shared_ptr<const PartHeader>, circles>& parts) {
  for (std::size_t c = 0; c < circles; ++c) {
    if (writers[c]->empty()) continue;
    ENTENTE_TRY(PartHeader part, writers[c]->finish());
    parts[c] = std::make_shared<const PartHeader>(std::move(part));
    ENTENTE_TRY_VOID(stages_[c].flush());
  }
  return {};
}

void Collector::put_row(const Row& row, std::array<Columns, circles>& series) const {
  const auto put = [&](Columns& to, Kind kind) {
    to.ordinals.push_back(row.ordinal);
    to.kinds.push_back(kind);
    const bool has_value = kind == Kind::Value;
    to.values.push_back(has_value ? Decimal{row.mantissa, row.exponent} : Decimal{});
    for (std::uint32_t a = 0; a < rules_.attributes; ++a) {
      const std::size_t at = std::size_t{row.attributes} * rules_.attributes + a;
      to.codes.push_back(kind == Kind::Hidden ? 0 : sets_.flat[at]);
    }
  };
  put(series[static_cast<std::size_t>(row.circle)], row.kind);
  if (row.circle == Circle::Confidential && rules_.mark_hidden) put(series[0], Kind::Hidden);
}

Status Collector::write_run(const std::vector<std::uint32_t>& order, Run& run) {
  const std::uint32_t width = rules_.dimensions + 1;
  Writers writers = make_writers(used_, attributes_used_);
  std::array<Columns, circles> series;
  for (std::size_t i = 0; i < order.size();) {
    const std::uint32_t number = rows_[order[i]].series;
    for (Columns& one : series) begin_series(one, width, rules_.attributes);
    for (; i < order.size() && rows_[order[i]].series == number; ++i) {
      put_row(rows_[order[i]], series);
    }
    for (std::size_t c = 0; c < circles; ++c) {
      if (series[c].ordinals.empty()) continue;
      const auto key = std::span(series_.flat).subspan(std::size_t{number} * width, width);
      series[c].keys.assign(key.begin(), key.end());
      series[c].counts.assign(1, static_cast<std::uint32_t>(series[c].ordinals.size()));
      ENTENTE_TRY_VOID(writers[c]->add(series[c], 0, 0));
    }
  }
  return close_writers(writers, run.parts);
}

// One series of all runs: its observations to their circles; one that two runs have came twice.
Status Collector::merge_series(const Merge& merge, const Merged& all, std::size_t series,
                               std::size_t from, Writers& writers) {
  const Columns& columns = all.columns;
  const auto key = columns.key(series);
  std::array<Columns, circles> split;
  for (Columns& one : split) begin_series(one, columns.width, columns.attributes);
  const std::size_t end = from + columns.counts[series];
  for (std::size_t i = from; i < end;) {
    const std::int32_t ordinal = columns.ordinals[i];
    std::optional<std::size_t> given;
    bool hidden = false;
    for (; i < end && columns.ordinals[i] == ordinal; ++i) {
      hidden = hidden || columns.kinds[i] == Kind::Hidden;
      if (columns.kinds[i] == Kind::Hidden) continue;
      if (given) {
        const auto run_of = [&](std::size_t cell) -> const Run& {
          return runs_[merge.layers()[all.layers[cell]].version / circles];
        };
        --observations_;
        on_twice_({.line = run_of(i).last_line,
                   .first_line = run_of(*given).first_line,
                   .exact = false,
                   .key = describe(key, {columns.frequency(series), ordinal}, merge.dimensions())});
        continue;
      }
      given = i;
    }
    const auto put = [&](Circle circle, std::size_t cell, bool marker) {
      Columns& to = split[static_cast<std::size_t>(circle)];
      to.ordinals.push_back(ordinal);
      to.kinds.push_back(marker ? Kind::Hidden : columns.kinds[cell]);
      to.values.push_back(marker ? Decimal{} : columns.values[cell]);
      for (const std::uint32_t code : columns.codes_of(cell)) {
        to.codes.push_back(marker ? 0 : code);
      }
    };
    ENTENTE_CHECK(given.has_value());
    const std::uint64_t version = merge.layers()[all.layers[*given]].version;
    const auto circle = static_cast<Circle>(version % circles);
    put(circle, *given, false);
    if (hidden && circle == Circle::Confidential) put(Circle::Shared, *given, true);
  }
  for (std::size_t c = 0; c < circles; ++c) {
    if (split[c].ordinals.empty()) continue;
    split[c].keys.assign(key.begin(), key.end());
    split[c].counts.assign(1, static_cast<std::uint32_t>(split[c].ordinals.size()));
    ENTENTE_TRY_VOID(writers[c]->add(split[c], 0, 0));
  }
  return {};
}

Status Collector::merge_runs(Collected& out) {
  std::vector<Layer> layers;
  for (std::size_t r = 0; r < runs_.size(); ++r) {
    for (std::size_t c = 0; c < circles; ++c) {
      if (!runs_[r].parts[c]) continue;
      layers.push_back({.part = runs_[r].parts[c], .version = r * circles + c, .fresh = true});
    }
  }
  const auto snapshot = store_.snapshot();
  IndexCache cache(0);
  Reading reading;
  reading.raw = true;
  ENTENTE_TRY(const std::unique_ptr<Merge> merge,
              Merge::open(*snapshot, cache, std::move(layers), reading));
  Writers writers = make_writers(merge->dimensions(), merge->attributes());
  Merged all;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(all, kMergedAtOnce));
    if (all.columns.series() == 0) break;
    std::size_t from = 0;
    for (std::size_t s = 0; s < all.columns.series(); from += all.columns.counts[s++]) {
      ++out.series;
      ENTENTE_TRY_VOID(merge_series(*merge, all, s, from, writers));
    }
  }
  ENTENTE_TRY_VOID(close_writers(writers, out.parts));
  for (const Run& run : runs_) {
    for (const auto& part : run.parts) {
      if (part) ENTENTE_TRY_VOID(erase(part->id));
    }
  }
  return {};
}

Result<Collected> Collector::finish() {
  Collected out;
  out.series = series_.numbers.size();
  ENTENTE_TRY_VOID(flush());
  if (runs_.size() == 1) {
    out.parts = runs_.front().parts;
  } else if (!runs_.empty()) {
    out.series = 0;
    ENTENTE_TRY_VOID(merge_runs(out));
  }
  out.observations = observations_;
  return out;
}

}  // namespace entente::statistics
