// What an upload that merges comes to: its own observations laid over those that its party has
// given, figure by figure and attribute by attribute.
#include <algorithm>
#include <set>

#include "server/statistics/series/collector.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kMergedAtOnce = 16'384;
constexpr std::uint64_t kNew = UINT64_MAX;

// One observation as it was and as the upload has it: places in the merged columns.
struct Pair {
  std::optional<std::size_t> before;
  std::optional<std::size_t> given;
};

Pair pair_of(const Merge& merge, const Merged& all, std::size_t from, std::size_t end) {
  Pair pair;
  for (std::size_t i = from; i < end; ++i) {
    const bool is_new = merge.layers()[all.layers[i]].version == kNew;
    const Kind kind = all.columns.kinds[i];
    // A marker stands beside what it hides, which comes behind it.
    if (is_new && kind != Kind::Hidden) pair.given = i;
    if (!is_new) pair.before = is_gone(kind) ? std::nullopt : std::optional(i);
  }
  return pair;
}

// Only what the upload could touch is read: its codes, its days.
Reading reading_for(const Collected& upload) {
  Reading reading;
  reading.raw = true;
  reading.days = {.first = INT32_MAX, .last = INT32_MIN};
  std::vector<std::set<std::string>> codes;
  for (const auto& part : upload.parts) {
    if (!part) continue;
    reading.days.first = std::min(reading.days.first, part->first_day);
    reading.days.last = std::max(reading.days.last, part->last_day);
    codes.resize(part->dimensions.size());
    for (std::size_t d = 0; d < codes.size(); ++d) {
      codes[d].insert(part->dimensions[d].begin(), part->dimensions[d].end());
    }
  }
  for (const auto& some : codes) reading.codes.emplace_back(std::vector(some.begin(), some.end()));
  return reading;
}

}  // namespace

Status Collector::lay_series(const Overlay& overlay, const Merge& merge, const Merged& all,
                             std::size_t series, std::size_t from, Writers& writers) {
  const Columns& columns = all.columns;
  std::array<Columns, circles> split;
  for (Columns& one : split) {
    one.width = columns.width;
    one.attributes = columns.attributes;
  }
  const auto put = [&](Circle circle, std::int32_t ordinal, Kind kind, Decimal value,
                       std::span<const std::uint32_t> codes) {
    Columns& to = split[static_cast<std::size_t>(circle)];
    to.ordinals.push_back(ordinal);
    to.kinds.push_back(kind);
    to.values.push_back(value);
    to.codes.insert(to.codes.end(), codes.begin(), codes.end());
  };
  const std::vector<std::uint32_t> none(columns.attributes, 0);
  const std::size_t end = from + columns.counts[series];
  for (std::size_t i = from; i < end;) {
    const std::int32_t ordinal = columns.ordinals[i];
    std::size_t next = i;
    while (next < end && columns.ordinals[next] == ordinal) ++next;
    const Pair pair = pair_of(merge, all, i, next);
    i = next;
    if (!pair.given) continue;
    Kind kind = columns.kinds[*pair.given];
    Decimal value = columns.values[*pair.given];
    std::vector<std::uint32_t> codes(none);
    bool drawn = pair.before && kind == Kind::Kept;
    if (kind == Kind::Kept) {
      kind = pair.before ? columns.kinds[*pair.before] : Kind::Missing;
      value = pair.before ? columns.values[*pair.before] : Decimal{};
    }
    Circle circle = Circle::Shared;
    for (std::size_t a = 0; a < codes.size() && kind != Kind::Withdrawn; ++a) {
      codes[a] = columns.codes_of(*pair.given)[a];
      if (codes[a] == 0 && pair.before) {
        codes[a] = columns.codes_of(*pair.before)[a];
        drawn = drawn || codes[a] != 0;
      }
      if (codes[a] == 0 && overlay.mandatory[a]) {
        overlay.on_lack(
            describe(columns.key(series), {columns.frequency(series), ordinal}, merge.dimensions()),
            a);
      }
      const std::string& text = merge.attributes()[a][codes[a]];
      if (overlay.confidentiality == a) circle = circle_of(text);
    }
    if (drawn && overlay.embargoed.count(merge.layers()[all.layers[*pair.before]].version) != 0) {
      overlay.on_embargoed(
          describe(columns.key(series), {columns.frequency(series), ordinal}, merge.dimensions()));
    }
    put(circle, ordinal, kind, value, codes);
    if (circle == Circle::Confidential) put(Circle::Shared, ordinal, Kind::Hidden, {}, none);
  }
  for (std::size_t c = 0; c < circles; ++c) {
    if (split[c].ordinals.empty()) continue;
    const auto key = columns.key(series);
    split[c].keys.assign(key.begin(), key.end());
    split[c].counts.assign(1, static_cast<std::uint32_t>(split[c].ordinals.size()));
    ENTENTE_TRY_VOID(writers[c]->add(split[c], 0, 0));
  }
  return {};
}

Result<Collected> Collector::lay_over(const Collected& upload, Overlay overlay) {
  ENTENTE_CHECK(overlay.mandatory.size() == rules_.attributes);
  std::vector<Layer> layers = std::move(overlay.present);
  bool any = false;
  for (const auto& part : upload.parts) {
    if (!part) continue;
    layers.push_back({.part = part, .version = kNew, .fresh = true});
    any = true;
  }
  if (!any) return upload;
  const auto snapshot = store_.snapshot();
  IndexCache cache(0);
  ENTENTE_TRY(const std::unique_ptr<Merge> merge,
              Merge::open(*snapshot, cache, std::move(layers), reading_for(upload)));
  Writers writers = make_writers(merge->dimensions(), merge->attributes());
  Merged all;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(all, kMergedAtOnce));
    if (all.columns.series() == 0) break;
    std::size_t from = 0;
    for (std::size_t s = 0; s < all.columns.series(); from += all.columns.counts[s++]) {
      ENTENTE_TRY_VOID(lay_series(overlay, *merge, all, s, from, writers));
    }
  }
  Collected out = upload;
  out.parts = {};
  ENTENTE_TRY_VOID(close_writers(writers, out.parts));
  for (const auto& part : upload.parts) {
    if (part) ENTENTE_TRY_VOID(erase(part->id));
  }
  return out;
}

}  // namespace entente::statistics
