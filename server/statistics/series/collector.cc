#include "server/statistics/series/collector.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace entente::statistics {
namespace {

constexpr std::size_t kManyRows = 1 << 16;

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

// As std::equal, without a call: they are a handful.
bool same(const std::uint32_t* a, const std::uint32_t* b, std::size_t width) {
  std::uint32_t differ = 0;
  for (std::size_t i = 0; i < width; ++i) differ |= a[i] ^ b[i];
  return differ == 0;
}

std::uint32_t hash_of(const std::uint32_t* tuple, std::size_t width) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < width; ++i) {
    hash = (hash ^ tuple[i]) * 0x9e37'79b9'7f4a'7c15ULL;
    hash ^= hash >> 32;
  }
  return static_cast<std::uint32_t>(hash);
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

void Collector::Tuples::grow() {
  const std::vector<Slot> old =
      std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(1'024, slots_.size() * 2)));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& one : old) {
    if (one.number == 0) continue;
    std::size_t at = one.hash & mask;
    while (slots_[at].number != 0) at = (at + 1) & mask;
    slots_[at] = one;
  }
}

std::uint32_t Collector::Tuples::number(const std::uint32_t* tuple) {
  if (size_ * 2 >= slots_.size()) grow();
  const std::uint32_t hash = hash_of(tuple, width_);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].number != 0; at = (at + 1) & mask) {
    const std::uint32_t number = slots_[at].number - 1;
    if (slots_[at].hash == hash && same(tuple, flat_.data() + number * width_, width_)) {
      return number;
    }
  }
  flat_.insert(flat_.end(), tuple, tuple + width_);
  slots_[at] = {.number = static_cast<std::uint32_t>(++size_), .hash = hash};
  return slots_[at].number - 1;
}

void Collector::Tuples::clear() {
  size_ = 0;
  flat_.clear();
  std::fill(slots_.begin(), slots_.end(), Slot());
}

Collector::Collector(store::Store& store, Entropy& entropy, Rules rules, OnTwice on_twice)
    : store_(store),
      entropy_(entropy),
      rules_(rules),
      on_twice_(std::move(on_twice)),
      stages_{Stage(store), Stage(store)},
      codes_(rules.dimensions),
      attributes_(rules.attributes),
      series_(rules.dimensions + 1),
      sets_(rules.attributes),
      key_(rules.dimensions + 1),
      attribute_set_(rules.attributes) {
  for (Columns& one : split_) {
    one.width = rules_.dimensions + 1;
    one.attributes = rules_.attributes;
  }
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
  if (rows_.size() >= rules_.rows_max || series_.size() >= rules_.series_max) {
    ENTENTE_TRY_VOID(flush(false));
  }
  // Rows of one series mostly come together, and those of one set of attributes.
  const bool again = !rows_.empty();
  const auto frequency = static_cast<std::uint32_t>(one.period.frequency);
  const bool same_series =
      again && key_.back() == frequency && same(codes.data(), key_.data(), codes.size());
  std::uint32_t series = same_series ? stretches_.back().series : 0;
  if (!same_series) {
    std::copy(codes.begin(), codes.end(), key_.begin());
    key_.back() = frequency;
    series = series_.number(key_.data());
  }
  if (!same_series || one.period.ordinal <= rows_.back().ordinal) {
    stretches_.push_back(
        {.series = series, .first = static_cast<std::uint32_t>(rows_.size()), .rows = 0});
  }
  ++stretches_.back().rows;
  std::uint32_t set = 0;
  if (!attributes.empty()) {
    if (again && same(attributes.data(), attribute_set_.data(), attributes.size())) {
      set = rows_.back().attributes;
    } else {
      std::copy(attributes.begin(), attributes.end(), attribute_set_.begin());
      set = sets_.number(attribute_set_.data());
    }
  }
  // What has grown so far will hold as many as it may: not by halves, each time copied.
  if (rows_.size() == kManyRows) rows_.reserve(rules_.rows_max);
  rows_.push_back({.mantissa = one.value.mantissa,
                   .line = one.line,
                   .ordinal = one.period.ordinal,
                   .attributes = set,
                   .exponent = one.value.exponent,
                   .kind = one.kind,
                   .circle = one.circle});
  return {};
}

// From the numbers of codes, in the order in which they came, to their ranks among those used.
void Collector::rank_codes() {
  const std::uint32_t width = rules_.dimensions + 1;
  std::vector<std::uint32_t>& keys = series_.flat();
  std::vector<std::uint32_t>& sets = sets_.flat();
  ranks_.resize(rules_.dimensions);
  used_.resize(rules_.dimensions);
  for (std::uint32_t d = 0; d < rules_.dimensions; ++d) {
    std::vector<bool> is_used(codes_[d].texts().size());
    for (std::size_t i = d; i < keys.size(); i += width) is_used[keys[i]] = true;
    rank(codes_[d].texts(), is_used, used_[d], ranks_[d]);
    for (std::size_t i = d; i < keys.size(); i += width) keys[i] = ranks_[d][keys[i]];
  }
  attribute_ranks_.resize(rules_.attributes);
  attributes_used_.resize(rules_.attributes);
  for (std::uint32_t a = 0; a < rules_.attributes; ++a) {
    std::vector<bool> is_used(attributes_[a].texts().size());
    is_used[0] = true;  // the empty text is the first, always
    for (std::size_t i = a; i < sets.size(); i += rules_.attributes) is_used[sets[i]] = true;
    rank(attributes_[a].texts(), is_used, attributes_used_[a], attribute_ranks_[a]);
    for (std::size_t i = a; i < sets.size(); i += rules_.attributes) {
      sets[i] = attribute_ranks_[a][sets[i]];
    }
  }
}

std::vector<std::uint32_t> Collector::sort_series() const {
  unsigned bits = bits_of(frequencies);
  for (const auto& codes : used_) bits += bits_of(codes.size());
  std::vector<std::uint32_t> order(series_.size());
  if (bits > 64) {
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const auto of_a = series_.of(a);
      const auto of_b = series_.of(b);
      return std::lexicographical_compare(of_a.begin(), of_a.end(), of_b.begin(), of_b.end());
    });
    return order;
  }
  // A key in one word: the same order, and no look elsewhere to compare.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> words(series_.size());
  for (std::uint32_t i = 0; i < words.size(); ++i) {
    const auto key = series_.of(i);
    std::uint64_t word = 0;
    for (std::size_t d = 0; d < used_.size(); ++d) word = word << bits_of(used_[d].size()) | key[d];
    words[i] = {word << bits_of(frequencies) | key.back(), i};
  }
  std::sort(words.begin(), words.end());
  for (std::size_t i = 0; i < words.size(); ++i) order[i] = words[i].second;
  return order;
}

std::vector<std::uint32_t> Collector::rank_series() {
  rank_codes();
  const std::vector<std::uint32_t> order = sort_series();
  std::vector<std::uint32_t> places(order.size());
  for (std::uint32_t place = 0; place < order.size(); ++place) places[order[place]] = place;
  return places;
}

// By series and first period; those that begin alike, as they came. Their series are counted out,
// not sorted: mostly few stretches are of one, and these stand in order.
std::vector<std::uint32_t> Collector::order_stretches(
    const std::vector<std::uint32_t>& places) const {
  std::vector<std::uint32_t> ends(places.size() + 1, 0);
  for (const Stretch& one : stretches_) ++ends[places[one.series] + 1];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<std::uint32_t> order(stretches_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[ends[places[stretches_[i].series]]++] = i;
  const auto begins_before = [&](std::uint32_t a, std::uint32_t b) {
    return rows_[stretches_[a].first].ordinal < rows_[stretches_[b].first].ordinal;
  };
  for (auto from = order.begin(); from != order.end();) {
    const auto end = order.begin() + ends[places[stretches_[*from].series]];
    if (!std::is_sorted(from, end, begins_before)) std::stable_sort(from, end, begins_before);
    from = end;
  }
  return order;
}

void Collector::gather(const std::vector<std::uint32_t>& order, std::size_t& at) {
  gathered_.clear();
  const std::uint32_t series = stretches_[order[at]].series;
  bool ascends = true;
  for (; at < order.size() && stretches_[order[at]].series == series; ++at) {
    const Stretch& one = stretches_[order[at]];
    ascends = ascends &&
              (gathered_.empty() || rows_[gathered_.back()].ordinal < rows_[one.first].ordinal);
    for (std::uint32_t i = 0; i < one.rows; ++i) gathered_.push_back(one.first + i);
  }
  if (ascends) return;
  std::sort(gathered_.begin(), gathered_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return rows_[a].ordinal != rows_[b].ordinal ? rows_[a].ordinal < rows_[b].ordinal : a < b;
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < gathered_.size(); ++i) {
    const Row& row = rows_[gathered_[i]];
    if (kept > 0 && rows_[gathered_[kept - 1]].ordinal == row.ordinal) {
      say_twice(row, rows_[gathered_[kept - 1]], series);
    } else {
      gathered_[kept++] = gathered_[i];
    }
  }
  gathered_.resize(kept);
}

void Collector::say_twice(const Row& row, const Row& first, std::uint32_t series) const {
  const auto key = series_.of(series);
  on_twice_({.line = row.line,
             .first_line = first.line,
             .exact = true,
             .key = describe(key, {static_cast<Frequency>(key.back()), row.ordinal}, used_)});
}

Status Collector::flush(bool last) {
  if (rows_.empty()) return {};
  const std::vector<std::uint32_t> order = order_stretches(rank_series());
  Run run;
  run.first_line = UINT64_MAX;
  for (const Row& row : rows_) {
    run.first_line = std::min(run.first_line, row.line);
    run.last_line = std::max(run.last_line, row.line);
  }
  // The only run is the part itself.
  const bool is_only = last && runs_.empty();
  const bool in_memory = !is_only && runs_bytes_ < rules_.runs_bytes_max;
  Writers writers = make_writers(used_, attributes_used_, in_memory);
  for (std::size_t at = 0; at < order.size();) {
    const std::uint32_t series = stretches_[order[at]].series;
    gather(order, at);
    observations_ += gathered_.size();
    begin_series();
    for (const std::uint32_t row : gathered_) put_row(rows_[row]);
    ENTENTE_TRY_VOID(end_series(series_.of(series), writers));
  }
  ENTENTE_TRY_VOID(close_writers(writers, run.parts));
  for (const auto& part : run.parts) {
    if (part && in_memory) runs_bytes_ += part->bytes;
  }
  runs_.push_back(std::move(run));
  rows_.clear();
  stretches_.clear();
  series_.clear();
  sets_.clear();
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

Collector::Writers Collector::make_writers(const std::vector<std::vector<std::string>>& dimensions,
                                           const std::vector<std::vector<std::string>>& attributes,
                                           bool in_memory) {
  Writers writers;
  for (std::size_t c = 0; c < circles; ++c) {
    writers[c] =
        std::make_unique<PartWriter>(in_memory ? nullptr : &stages_[c],
                                     in_memory ? store::Id() : new_part(), dimensions, attributes);
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

void Collector::begin_series() {
  for (Columns& one : split_) one.clear();
}

Status Collector::end_series(std::span<const std::uint32_t> key, Writers& writers) {
  for (std::size_t c = 0; c < circles; ++c) {
    Columns& one = split_[c];
    if (one.ordinals.empty()) continue;
    one.keys.assign(key.begin(), key.end());
    one.counts.assign(1, static_cast<std::uint32_t>(one.ordinals.size()));
    ENTENTE_TRY_VOID(writers[c]->add(one, 0, 0));
  }
  return {};
}

void Collector::put_row(const Row& row) {
  const auto put = [&](Columns& to, Kind kind) {
    to.ordinals.push_back(row.ordinal);
    to.kinds.push_back(kind);
    const bool has_value = kind == Kind::Value;
    to.values.push_back(has_value ? Decimal{row.mantissa, row.exponent} : Decimal{});
    for (std::uint32_t a = 0; a < rules_.attributes; ++a) {
      to.codes.push_back(has_attributes(kind) ? sets_.of(row.attributes)[a] : 0);
    }
  };
  put(split_[static_cast<std::size_t>(row.circle)], row.kind);
  if (row.circle == Circle::Confidential) put(split_[0], Kind::Hidden);
}

void Collector::put_cell(Circle circle, const Versions& versions, std::uint32_t cell, bool marker) {
  Columns& to = split_[static_cast<std::size_t>(circle)];
  const Columns& from = versions.cells;
  to.ordinals.push_back(from.ordinals[cell]);
  to.kinds.push_back(marker ? Kind::Hidden : from.kinds[cell]);
  to.values.push_back(marker ? Decimal{} : from.values[cell]);
  for (const std::uint32_t code : from.codes_of(cell)) to.codes.push_back(marker ? 0 : code);
}

// One series of all runs: its observations to their circles; one that two runs have came twice.
void Collector::merge_series(const Walk& walk, const std::vector<std::uint32_t>& key,
                             const Versions& versions) {
  const Columns& cells = versions.cells;
  const auto version = [&](std::uint32_t cell) {
    return walk.layers()[versions.layers[cell]].version;
  };
  for (std::size_t i = 0; i < versions.order.size();) {
    const std::int32_t ordinal = cells.ordinals[versions.order[i]];
    std::optional<std::uint32_t> given;
    bool hidden = false;
    for (; i < versions.order.size() && cells.ordinals[versions.order[i]] == ordinal; ++i) {
      const std::uint32_t cell = versions.order[i];
      if (cells.kinds[cell] == Kind::Hidden) {
        hidden = true;
      } else if (!given) {
        given = cell;
      } else {
        --observations_;
        const Period period{static_cast<Frequency>(key.back()), ordinal};
        on_twice_({.line = runs_[version(cell) / circles].last_line,
                   .first_line = runs_[version(*given) / circles].first_line,
                   .exact = false,
                   .key = describe(key, period, walk.dimensions())});
      }
    }
    ENTENTE_CHECK(given.has_value());
    const auto circle = static_cast<Circle>(version(*given) % circles);
    put_cell(circle, versions, *given, false);
    if (hidden && circle == Circle::Confidential) {
      put_cell(Circle::Shared, versions, *given, true);
    }
  }
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
  ENTENTE_TRY(const std::unique_ptr<Walk> walk,
              Walk::open(*snapshot, cache, make_layers(std::move(layers)), {}, {}));
  Writers writers = make_writers(walk->dimensions(), walk->attributes(), false);
  Versions versions;
  versions.cells.attributes = rules_.attributes;
  std::vector<std::uint32_t> key;
  while (walk->front() != nullptr) {
    versions.clear();
    key = walk->front()->key;
    while (walk->front() != nullptr && walk->front()->key == key) {
      ENTENTE_TRY_VOID(versions.add(*walk->front(), {}));
      ENTENTE_TRY_VOID(walk->step());
    }
    versions.settle(walk->layers());
    ++out.series;
    begin_series();
    merge_series(*walk, key, versions);
    ENTENTE_TRY_VOID(end_series(key, writers));
  }
  ENTENTE_TRY_VOID(close_writers(writers, out.parts));
  for (const Run& run : runs_) {
    for (const auto& part : run.parts) {
      if (part && part->in_memory.empty()) ENTENTE_TRY_VOID(erase(part->id));
    }
  }
  runs_.clear();
  return {};
}

Result<Collected> Collector::finish() {
  Collected out;
  out.series = series_.size();
  ENTENTE_TRY_VOID(flush(true));
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
