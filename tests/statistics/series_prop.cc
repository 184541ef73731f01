// Packed figures come back as they went in, and are found as a plain table would find them.
#include <rapidcheck.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "proto/contract/clock.h"
#include "server/statistics/series/collector.h"
#include "server/statistics/series/fold.h"
#include "server/statistics/series/group.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/series/sum.h"
#include "server/store/memory_store.h"

namespace entente::statistics {
namespace {

rc::Gen<std::int64_t> figure() {
  return rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 5),
                        rc::gen::inRange<std::int64_t>(0, 5000),
                        rc::gen::inRange<std::int64_t>(-999'999'999'999, 999'999'999'999),
                        rc::gen::just<std::int64_t>(999'999'999'999'999'999));
}

Decimal decimal() {
  const int exponent = *rc::gen::weightedOneOf<int>(
      {{8, rc::gen::just(0)}, {3, rc::gen::inRange(-4, 4)}, {1, rc::gen::inRange(-380, 380)}});
  return canonical(*figure(), exponent);
}

std::string packed(const Columns& columns) {
  std::string bytes;
  pack_group(columns, bytes);
  return bytes.append(bits_slack_bytes, '\xff');
}

Columns any_columns() {
  Columns out;
  out.width = *rc::gen::inRange<std::uint32_t>(1, 5);
  out.attributes = *rc::gen::inRange<std::uint32_t>(0, 3);
  std::set<std::vector<std::uint32_t>> keys;
  const auto count = *rc::gen::inRange<std::size_t>(1, group_series_max + 1);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::uint32_t> key;
    for (std::uint32_t d = 0; d < out.width; ++d)
      key.push_back(*rc::gen::inRange<std::uint32_t>(0, 7));
    keys.insert(std::move(key));
  }
  const bool sparse = *rc::gen::arbitrary<bool>();
  for (const auto& key : keys) {
    out.keys.insert(out.keys.end(), key.begin(), key.end());
    const auto held = *rc::gen::inRange<std::uint32_t>(1, 40);
    out.counts.push_back(held);
    std::int32_t ordinal = *rc::gen::inRange(-3000, 30'000);
    for (std::uint32_t i = 0; i < held; ++i) {
      out.ordinals.push_back(ordinal);
      ordinal += sparse ? *rc::gen::inRange(1, 500) : 1;
      const auto kind = *rc::gen::weightedElement<Kind>({{9, Kind::Value},
                                                         {1, Kind::Missing},
                                                         {1, Kind::Withdrawn},
                                                         {1, Kind::Hidden},
                                                         {1, Kind::Kept}});
      out.kinds.push_back(kind);
      out.values.push_back(kind == Kind::Value ? decimal() : Decimal{});
      for (std::uint32_t a = 0; a < out.attributes; ++a) {
        const auto code = *rc::gen::weightedElement<std::uint32_t>({{9, 0}, {1, 1}, {1, 200}});
        out.codes.push_back(has_attributes(kind) ? code : 0);
      }
    }
  }
  return out;
}

TEST_CASE("a group comes back as it went in", "[statistics][group][property]") {
  rc::prop("pack and unpack", [] {
    const Columns in = any_columns();
    const std::string bytes = packed(in);
    Columns out;
    out.width = in.width;
    out.attributes = in.attributes;
    RC_ASSERT(unpack_group(bytes, ~0ULL, out));
    RC_ASSERT(out == in);
  });
  rc::prop("those asked for, and no other", [] {
    const Columns in = any_columns();
    const auto wanted = *rc::gen::arbitrary<std::uint64_t>() &
                        ((in.series() == 64 ? 0 : std::uint64_t{1} << in.series()) - 1);
    const std::string bytes = packed(in);
    Columns out;
    out.width = in.width;
    out.attributes = in.attributes;
    RC_ASSERT(unpack_group(bytes, wanted, out));
    std::size_t from = 0;
    std::size_t got = 0;
    std::size_t cell = 0;
    for (std::size_t s = 0; s < in.series(); from += in.counts[s++]) {
      if ((wanted >> s & 1) == 0) continue;
      RC_ASSERT(std::ranges::equal(in.key(s), out.key(got)));
      RC_ASSERT(in.counts[s] == out.counts[got++]);
      for (std::uint32_t i = 0; i < in.counts[s]; ++i, ++cell) {
        RC_ASSERT(in.ordinals[from + i] == out.ordinals[cell]);
        RC_ASSERT(in.values[from + i] == out.values[cell]);
      }
    }
    RC_ASSERT(got == out.series());
  });
}

TEST_CASE("a group sums and cuts by period as its cells do", "[statistics][group][property]") {
  rc::prop("sums and cuts", [] {
    const Columns in = any_columns();
    const std::string bytes = packed(in);
    GroupView view;
    RC_ASSERT(view.open(std::string_view(bytes).substr(0, bytes.size() - bits_slack_bytes),
                        in.width, in.attributes));
    const std::int32_t first = *rc::gen::inRange(-3000, 30'000);
    const Ordinals range{.first = first, .last = first + *rc::gen::inRange(-1, 20'000)};
    std::size_t cell = 0;
    for (std::size_t s = 0; s < in.series(); ++s) {
      std::array<std::uint32_t, kind_count> kinds{};
      Total expected;
      std::vector<std::int32_t> within;
      for (std::uint32_t i = 0; i < in.counts[s]; ++i, ++cell) {
        ++kinds[static_cast<std::size_t>(in.kinds[cell])];
        expected.add(in.values[cell].mantissa, in.values[cell].exponent);
        if (range.first <= in.ordinals[cell] && in.ordinals[cell] <= range.last) {
          within.push_back(in.ordinals[cell]);
        }
      }
      RC_ASSERT(view.count_kinds(s) == kinds);
      Columns cut;
      RC_ASSERT(view.append(s, range, cut));
      RC_ASSERT(cut.ordinals == within);
      RC_ASSERT(cut.values.size() == within.size() && cut.codes.empty());
      if (!view.has_one_exponent()) continue;
      Total got;
      got.add(view.sum(s), view.exponent());
      RC_ASSERT(got.decimal() == expected.decimal());
    }
  });
}

TEST_CASE("no bytes make unpacking read astray", "[statistics][group][property]") {
  rc::prop("any bytes", [](const std::string& bytes, std::uint64_t wanted) {
    Columns out;
    out.width = 3;
    out.attributes = 1;
    (void)unpack_group(bytes, wanted, out);
  });
}

// --- the whole of it against a table ---

using Key = std::vector<std::string>;  // codes, then the frequency's
struct Version {
  std::uint64_t upload;
  Kind kind;
  Decimal value;
  std::string status;
  Circle circle;
};
using Table = std::map<Key, std::map<std::int32_t, std::vector<Version>>>;

struct World {
  SystemEntropy entropy;
  std::unique_ptr<store::Store> store = store::memory_store(entropy);
  std::vector<std::array<std::shared_ptr<const PartHeader>, circles>> uploads;
  Table table;
  IndexCache cache{1 << 20};
  // Whoever reads the same twice finds it folded the second time.
  Folds folds{*store, {.layers_min = 2, .asked_min = 1, .bytes_max = 1 << 20}};

  World() { cache.use(folds); }

  std::vector<Layer> layers(bool confidential, std::uint64_t as_of) const {
    std::vector<Layer> out;
    for (std::uint64_t u = 0; u < uploads.size() && u <= as_of; ++u) {
      for (std::size_t c = 0; c < (confidential ? circles : 1); ++c) {
        if (uploads[u][c]) out.push_back({.part = uploads[u][c], .version = u, .fresh = true});
      }
    }
    return out;
  }
};

const std::vector<std::vector<std::string>> kCodes = {
    {"AUS", "CHE", "SWE"}, {"AFG", "ERI", "SOM", "SYR", "UKR"}, {"F", "M", "_T"}};

// One upload of random rows; the table learns the same.
void upload(World& world) {
  const std::uint64_t number = world.uploads.size();
  Collector::Rules rules{.dimensions = 3, .attributes = 1};
  rules.rows_max = *rc::gen::element<std::size_t>(7, 50, 10'000);  // several runs, or one
  rules.series_max = *rc::gen::element<std::size_t>(5, 10'000);
  rules.runs_bytes_max = *rc::gen::element<std::size_t>(0, 200, 1 << 20);  // staged, or in memory
  std::size_t twice = 0;
  Collector collector(*world.store, world.entropy, rules,
                      [&](const Collector::Twice&) { ++twice; });
  const auto rows = *rc::gen::inRange(1, 300);
  std::size_t expected_twice = 0;
  std::set<std::pair<Key, std::int32_t>> here;
  for (int i = 0; i < rows; ++i) {
    Key key;
    for (const auto& codes : kCodes) key.push_back(*rc::gen::elementOf(codes));
    const bool monthly = *rc::gen::arbitrary<bool>();
    Observation one;
    one.period = monthly ? Period{Frequency::Month, *rc::gen::inRange(24'000, 24'040)}
                         : Period{Frequency::Annual, *rc::gen::inRange(2000, 2010)};
    key.emplace_back(code_of(one.period.frequency));
    one.line = static_cast<std::uint64_t>(i) + 2;
    one.kind = *rc::gen::weightedElement<Kind>(
        {{8, Kind::Value}, {1, Kind::Missing}, {1, Kind::Withdrawn}});
    one.value = one.kind == Kind::Value ? decimal() : Decimal{};
    one.circle =
        *rc::gen::weightedElement<Circle>({{4, Circle::Shared}, {1, Circle::Confidential}});
    const std::string status = *rc::gen::element<std::string>("A", "A", "A", "E", "");
    const bool repeated = here.count({key, one.period.ordinal}) != 0;
    if (repeated && *rc::gen::inRange(0, 4) != 0) continue;  // some only
    std::vector<std::uint32_t> codes;
    for (std::size_t d = 0; d < 3; ++d) codes.push_back(collector.code(d, key[d]));
    const std::vector<std::uint32_t> attributes = {collector.attribute(0, status)};
    RC_ASSERT(collector.add(codes, attributes, one).ok());
    if (repeated) {
      ++expected_twice;
      continue;
    }
    here.insert({key, one.period.ordinal});
    world.table[key][one.period.ordinal].push_back({.upload = number,
                                                    .kind = one.kind,
                                                    .value = one.value,
                                                    .status = status,
                                                    .circle = one.circle});
  }
  const auto collected = collector.finish();
  RC_ASSERT(collected.ok());
  RC_ASSERT(twice == expected_twice);
  RC_ASSERT(collected->observations == here.size());
  collector.release();
  world.uploads.push_back(collected->parts);
}

struct Question {
  Reading reading;
  bool confidential = false;
  std::uint64_t as_of = 0;
};

Question question(const World& world) {
  Question q;
  q.reading.codes.resize(3);
  for (std::size_t d = 0; d < 3; ++d) {
    if (*rc::gen::arbitrary<bool>()) continue;
    std::set<std::string> some;
    for (const std::string& code : kCodes[d]) {
      if (*rc::gen::inRange(0, 3) == 0) some.insert(code);
    }
    some.insert("ZZZ");  // nobody has it
    q.reading.codes[d].emplace(some.begin(), some.end());
  }
  if (*rc::gen::arbitrary<bool>()) {
    q.reading.days.first = first_day({Frequency::Month, *rc::gen::inRange(24'000, 24'040)});
  }
  if (*rc::gen::arbitrary<bool>()) {
    q.reading.days.last = last_day({Frequency::Month, *rc::gen::inRange(24'000, 24'060)});
  }
  q.reading.history = *rc::gen::inRange(0, 4) == 0;
  if (*rc::gen::inRange(0, 3) == 0) q.reading.first = *rc::gen::inRange<std::uint32_t>(1, 4);
  if (*rc::gen::inRange(0, 3) == 0) q.reading.last = *rc::gen::inRange<std::uint32_t>(1, 4);
  q.confidential = *rc::gen::arbitrary<bool>();
  q.as_of = *rc::gen::inRange<std::uint64_t>(0, world.uploads.size());
  return q;
}

using Found = std::vector<std::pair<
    Key, std::vector<std::tuple<std::int32_t, std::uint64_t, bool, std::string, std::string>>>>;

// What a table, walked from end to end, says.
Found by_table(const World& world, const Question& q) {
  Found found;
  for (const auto& [key, periods] : world.table) {
    bool fits = true;
    for (std::size_t d = 0; d < 3; ++d) {
      fits = fits && (!q.reading.codes[d] || std::binary_search(q.reading.codes[d]->begin(),
                                                                q.reading.codes[d]->end(), key[d]));
    }
    if (!fits) continue;
    Found::value_type series(key, {});
    for (const auto& [ordinal, versions] : periods) {
      const Period period{*frequency_of(key[3]), ordinal};
      if (!q.reading.days.holds(period)) continue;
      std::optional<Version> newest;
      for (Version version : versions) {
        if (version.upload > q.as_of) continue;
        // To an outsider what is confidential is a gap where something was.
        if (version.circle == Circle::Confidential && !q.confidential) version.kind = Kind::Hidden;
        const bool gone = is_gone(version.kind);
        if (q.reading.history && (!gone || (newest && !is_gone(newest->kind)))) {
          series.second.emplace_back(ordinal, version.upload, gone,
                                     gone ? "" : to_text(version.value),
                                     gone ? "" : version.status);
        }
        newest = version;
      }
      if (!q.reading.history && newest && !is_gone(newest->kind)) {
        series.second.emplace_back(ordinal, newest->upload, false, to_text(newest->value),
                                   newest->status);
      }
    }
    auto& cells = series.second;
    if (q.reading.first != 0 && cells.size() > q.reading.first) cells.resize(q.reading.first);
    if (q.reading.last != 0 && cells.size() > q.reading.last) {
      cells.erase(cells.begin(), cells.end() - q.reading.last);
    }
    if (!cells.empty()) found.push_back(std::move(series));
  }
  return found;
}

Found by_merge(World& world, const Question& q) {
  const auto snapshot = world.store->snapshot();
  auto merge =
      Merge::open(*snapshot, world.cache, world.layers(q.confidential, q.as_of), q.reading);
  RC_ASSERT(merge.ok());
  Found found;
  Merged out;
  for (;;) {
    RC_ASSERT((*merge)->next(out, 20).ok());
    const Columns& columns = out.columns;
    if (columns.series() == 0) return found;
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      Key key;
      for (std::size_t d = 0; d < 3; ++d) {
        key.push_back((*merge)->dimensions()[d][columns.key(s)[d]]);
      }
      key.emplace_back(code_of(columns.frequency(s)));
      Found::value_type series(key, {});
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        const bool gone = is_gone(columns.kinds[cell]);
        series.second.emplace_back(columns.ordinals[cell],
                                   (*merge)->layers()[out.layers[cell]].version, gone,
                                   gone ? "" : to_text(columns.values[cell]),
                                   gone ? "" : (*merge)->attributes()[0][columns.codes[cell]]);
      }
      found.push_back(std::move(series));
    }
  }
}

TEST_CASE("queries answer as a plain table would, at every time and for both circles",
          "[statistics][property]") {
  rc::prop("as a table", [] {
    World world;
    const auto uploads = *rc::gen::inRange(1, 5);
    for (int i = 0; i < uploads; ++i) upload(world);
    for (int i = 0; i < 10; ++i) {
      // What comes later stands beside what is folded by then.
      if (world.uploads.size() < 8 && *rc::gen::inRange(0, 4) == 0) upload(world);
      const Question q = question(world);
      Found expected = by_table(world, q);
      if (*rc::gen::arbitrary<bool>()) world.folds.work_off([] { return false; });
      Found got = by_merge(world, q);
      // The frequency is sorted by its number, not its letter.
      std::sort(expected.begin(), expected.end());
      std::sort(got.begin(), got.end());
      RC_ASSERT(got == expected);
    }
  });
}

using SumKey = std::pair<Key, std::optional<std::pair<int, std::int32_t>>>;
using SumTable = std::map<SumKey, std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, Total>>;

// What a table, walked from end to end, says: by the first `width` dimensions of `by`.
SumTable sums_by_table(const World& world, const Question& q, const SumQuestion& sum) {
  SumTable table;
  for (const auto& [key, periods] : world.table) {
    bool fits = true;
    for (std::size_t d = 0; d < 3; ++d) {
      fits = fits && (!sum.codes[d] ||
                      std::binary_search(sum.codes[d]->begin(), sum.codes[d]->end(), key[d]));
    }
    if (!fits) continue;
    SumKey to;
    for (const std::uint32_t d : sum.by) to.first.push_back(key[d]);
    for (const auto& [ordinal, versions] : periods) {
      const Period period{*frequency_of(key[3]), ordinal};
      if (!sum.days.holds(period)) continue;
      const Version* newest = nullptr;
      for (const Version& version : versions) {
        if (version.upload <= q.as_of) newest = &version;
      }
      if (newest == nullptr || newest->kind == Kind::Withdrawn) {
        // Withdrawn in confidence: to an outsider, hidden.
        if (newest == nullptr || newest->circle == Circle::Shared || q.confidential) continue;
      }
      to.second.reset();
      if (sum.periods == SumQuestion::Periods::Each) {
        to.second = {static_cast<int>(period.frequency), ordinal};
      }
      if (sum.periods == SumQuestion::Periods::Years) {
        const int year = period.frequency == Frequency::Annual ? ordinal : ordinal / 12;
        to.second = {static_cast<int>(Frequency::Annual), year};
      }
      auto& [figures, missing, hidden, total] = table[to];
      if (newest->circle == Circle::Confidential && !q.confidential) {
        ++hidden;
        continue;
      }
      figures += newest->kind == Kind::Value ? 1 : 0;
      missing += newest->kind == Kind::Missing ? 1 : 0;
      total.add(newest->value.mantissa, newest->value.exponent);
    }
  }
  return table;
}

TEST_CASE("sums are those of the newest versions that the reader sees", "[statistics][property]") {
  rc::prop("as a table", [] {
    World world;
    const auto uploads = *rc::gen::inRange(1, 4);
    for (int i = 0; i < uploads; ++i) upload(world);
    for (int i = 0; i < 10; ++i) {
      const Question q = question(world);
      SumQuestion sum;
      sum.codes = q.reading.codes;
      if (*rc::gen::arbitrary<bool>()) sum.days = q.reading.days;
      const std::vector<std::vector<std::uint32_t>> ways = {{}, {0}, {2}, {2, 1}, {0, 1, 2}};
      sum.by = *rc::gen::elementOf(ways);
      sum.periods = *rc::gen::element(SumQuestion::Periods::Together, SumQuestion::Periods::Each,
                                      SumQuestion::Periods::Years);
      if (*rc::gen::arbitrary<bool>()) world.folds.work_off([] { return false; });
      const auto snapshot = world.store->snapshot();
      const auto sums =
          sum_by(*snapshot, world.cache, make_layers(world.layers(q.confidential, q.as_of)), sum);
      RC_ASSERT(sums.ok());
      SumTable got;
      for (std::size_t c = 0; c < sums->cells.size(); ++c) {
        SumKey key;
        for (std::size_t d = 0; d < sum.by.size(); ++d) {
          key.first.push_back(sums->codes[d][sums->keys[c * sum.by.size() + d]]);
        }
        if (!sums->periods.empty()) {
          key.second = {static_cast<int>(sums->periods[c].frequency), sums->periods[c].ordinal};
        }
        const SumCell& cell = sums->cells[c];
        // A cell in which everything is withdrawn says nothing.
        if (cell.figures + cell.missing + cell.hidden == 0) continue;
        RC_ASSERT(got.count(key) == 0);
        got[key] = {cell.figures, cell.missing, cell.hidden, cell.total};
      }
      const SumTable expected = sums_by_table(world, q, sum);
      RC_ASSERT(got.size() == expected.size());
      for (const auto& [key, cell] : expected) {
        const auto found = got.find(key);
        RC_ASSERT(found != got.end());
        RC_ASSERT(std::get<0>(found->second) == std::get<0>(cell));
        RC_ASSERT(std::get<1>(found->second) == std::get<1>(cell));
        RC_ASSERT(std::get<2>(found->second) == std::get<2>(cell));
        RC_ASSERT(std::get<3>(found->second).decimal() == std::get<3>(cell).decimal());
      }
    }
  });
}

TEST_CASE("a sum of too many cells is refused, not made", "[statistics]") {
  SystemEntropy entropy;
  const auto store = store::memory_store(entropy);
  Collector collector(*store, entropy,
                      {.dimensions = 1, .attributes = 0, .rows_max = 100, .series_max = 100},
                      [](const auto&) {});
  for (std::uint32_t i = 0; i < 50; ++i) {
    const std::vector<std::uint32_t> code = {collector.code(0, std::to_string(i))};
    REQUIRE(collector.add(code, {}, {.period = {Frequency::Annual, 2015}, .value = {1, 0}}).ok());
  }
  const auto collected = collector.finish();
  REQUIRE(collected.ok());
  const auto snapshot = store->snapshot();
  IndexCache cache(0);
  SumQuestion question{.codes = {}, .days = {}, .by = {0}, .cells_max = 49};
  const std::vector<Layer> layers = {{.part = collected->parts[0], .version = 1}};
  CHECK(sum_by(*snapshot, cache, make_layers(layers), question).status().code() ==
        Code::ResourceExhausted);
  question.cells_max = 50;
  CHECK(sum_by(*snapshot, cache, make_layers(layers), question)->cells.size() == 50);
}

std::size_t rows_of(store::Store& store) {
  std::size_t rows = 0;
  const auto snapshot = store.snapshot();
  for (const auto table : {blocks_table, index_table}) {
    for (auto cursor = snapshot->scan(store::Key(table)); cursor->valid(); cursor->next()) ++rows;
  }
  return rows;
}

TEST_CASE("a collection that came to nothing leaves no row", "[statistics]") {
  SystemEntropy entropy;
  const auto store = store::memory_store(entropy);
  {
    Collector collector(*store, entropy,
                        {.dimensions = 1, .attributes = 0, .rows_max = 10, .series_max = 10},
                        [](const auto&) {});
    for (std::uint32_t i = 0; i < 100; ++i) {
      const std::vector<std::uint32_t> code = {collector.code(0, std::to_string(i))};
      REQUIRE(collector.add(code, {}, {.period = {Frequency::Annual, 2015}, .value = {1, 0}}).ok());
    }
    REQUIRE(collector.finish().ok());
    REQUIRE(rows_of(*store) > 0);
  }
  REQUIRE(rows_of(*store) == 0);
}

TEST_CASE("long series and many are found again through the index", "[statistics]") {
  SystemEntropy entropy;
  const auto store = store::memory_store(entropy);
  Collector collector(
      *store, entropy,
      {.dimensions = 2, .attributes = 0, .rows_max = 100'000, .series_max = 100'000},
      [](const auto&) { FAIL("nothing came twice"); });
  for (int s = 0; s < 500; ++s) {
    const std::vector<std::uint32_t> codes = {collector.code(0, std::to_string(s % 50)),
                                              collector.code(1, std::to_string(s / 50))};
    const int days = s == 7 ? 10'000 : 30;
    for (int day = 0; day < days; ++day) {
      REQUIRE(
          collector
              .add(codes, {}, {.period = {Frequency::Day, day}, .value = {s * 1000 + day % 30, 0}})
              .ok());
    }
  }
  const auto collected = collector.finish();
  REQUIRE(collected.ok());
  const auto part = collected->parts[0];
  REQUIRE(part->observations == 499 * 30 + 10'000);
  REQUIRE_FALSE(part->index_first.empty());
  const auto snapshot = store->snapshot();
  const auto again = read_header(*snapshot, part->id);
  REQUIRE(again.ok());
  REQUIRE((*again)->block_first == part->block_first);
  IndexCache cache(1 << 20);
  Reading reading;
  reading.codes = {std::vector<std::string>{"7"}, std::nullopt};
  auto merge = Merge::open(*snapshot, cache, {{.part = *again, .version = 0}}, reading);
  REQUIRE(merge.ok());
  Merged out;
  REQUIRE((*merge)->next(out, 100'000).ok());
  REQUIRE(out.columns.series() == 10);
  REQUIRE(out.columns.counts[0] == 10'000);
  REQUIRE(out.columns.values[9'999] == Decimal{7'000 + 9'999 % 30, 0});
}

}  // namespace
}  // namespace entente::statistics
