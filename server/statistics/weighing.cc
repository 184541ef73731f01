#include "server/statistics/weighing.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "proto/contract/comparison_limits.h"
#include "server/statistics/protect.h"
#include "server/statistics/ratios.h"

namespace entente::statistics {
namespace {

std::vector<Origin> origins_of(const PartyLayers& party, const Merge& merge) {
  std::vector<Origin> out;
  for (const Layer& layer : merge.layers()) out.push_back(party.origins.at(layer.part.get()));
  return out;
}

// Of the versions of one observation, the oldest first, the place of the newest that the audience's
// time has come for; none: `end`. Whatever is hidden from it is hidden otherwise.
std::size_t seen_at(const std::vector<Origin>& origins, const Merged& all, std::size_t from,
                    std::size_t end, std::int64_t moment_us) {
  for (std::size_t i = end; i > from; --i) {
    if (origins[all.layers[i - 1]].embargo_us <= moment_us) return i - 1;
  }
  return end;
}

// Whether any version before `end` may have been a secret.
bool had_secret(const std::vector<Origin>& origins, const Merged& all, std::size_t from,
                std::size_t end) {
  for (std::size_t i = from; i < end; ++i) {
    const Origin& origin = origins[all.layers[i]];
    if (origin.circle == Circle::Confidential && !origin.holds) return true;
  }
  return false;
}

// The figures of one period, at one moment.
struct PeriodTable {
  std::vector<TableCell> cells;
  std::vector<Protection::Change> figures;  // of each cell, as its party sees it
  std::vector<bool> newest;                 // whether that is what the audience would see, too
  // Secrets in whose place no figure has been seen since.
  struct Lost {
    TableCell cell;
    Protection::Change figure;
    std::optional<std::size_t> place;  // the cell that is reported without a figure now
  };
  std::vector<Lost> lost;
};

Status too_many_moments() {
  return {Code::ResourceExhausted, Reason::LimitReached,
          "embargoes with more than " + std::to_string(limits::protected_moments_max) +
              " different ends stand over figures of these periods: too many to be weighed"};
}

// What is found at several moments. Held back is what has to be at any of them: who sees a figure
// today remembers it on the day on which it gives another away. Given again is what may be at all.
class Findings {
 public:
  void hold(Protection::Change change) {
    holds_.try_emplace({change.period, change.key}, std::move(change));
  }
  void give(Protection::Change change) {
    auto& [figure, times] = gives_[{change.period, change.key}];
    figure = std::move(change);
    ++times;
  }
  void give_away(const Protection::Change& secret) {
    given_away_.insert({secret.period, secret.key});
  }
  // `moments`: at how many it was looked.
  void take_into(Protection& out, std::size_t moments) && {
    for (auto& [place, given] : gives_) {
      if (given.second != moments || holds_.count(place) != 0) continue;
      out.changes.push_back(std::move(given.first));
    }
    for (auto& [place, held] : holds_) out.changes.push_back(std::move(held));
    out.given_away.merge(given_away_);
  }

 private:
  using Place = std::pair<Period, std::vector<std::string>>;
  std::map<Place, Protection::Change> holds_;
  std::set<Place> given_away_;
  std::map<Place, std::pair<Protection::Change, std::size_t>> gives_;
};

Status too_many(Period period) {
  return {Code::ResourceExhausted, Reason::LimitReached,
          to_text(period) + " has confidential figures among more than " +
              std::to_string(limits::protected_cells_max) + ": too many to be weighed"};
}

class Protecting {
 public:
  Protecting(const Flow& flow, const PartyLayers& party, const Merge& merge, std::int64_t moment_us)
      : flow_(flow), merge_(merge), moment_us_(moment_us), origins_(origins_of(party, merge)) {
    for (std::size_t d = 0; d < merge.dimensions().size(); ++d) {
      hierarchies_.emplace_back(merge.dimensions()[d], flow.dimension_lists[d].get());
    }
  }

  // All versions of one observation, the oldest first.
  void add(const Merged& all, std::size_t series, std::size_t from, std::size_t end,
           PeriodTable& table) const {
    const Columns& columns = all.columns;
    const std::size_t seen = seen_at(origins_, all, from, end, moment_us_);
    if (seen == end) return;
    const Origin& origin = origins_[all.layers[seen]];
    TableCell cell;
    const auto key = columns.key(series);
    cell.key.assign(key.begin(), key.end() - 1);
    // Its party sees what is under an embargo, too: that is what goes on standing for it.
    Protection::Change figure = figure_of(merge_, all, series, end - 1);
    figure.own = origin.version == added_version;
    if (const auto secret = find_lost(all, from, seen)) {
      PeriodTable::Lost lost{.cell = cell, .figure = figure, .place = {}};
      lost.cell.state = TableCell::State::Secret;
      lost.cell.since = secret_since(all, from, *secret);
      lost.cell.gone_at = origins_[all.layers[*secret + 1]].version;
      if (!is_gone(columns.kinds[seen])) lost.place = table.cells.size();
      table.lost.push_back(std::move(lost));
    }
    if (is_gone(columns.kinds[seen])) return;
    cell.value = approximate(columns.values[seen]);
    const bool is_hidden = origin.circle == Circle::Confidential;
    const Origin& giver = origins_[all.layers[giver_of(all, from, seen)]];
    cell.state = !is_hidden
                     ? (giver.publishes ? TableCell::State::Published : TableCell::State::Free)
                 : is_secret(all, from, seen) ? TableCell::State::Secret
                                              : TableCell::State::Held;
    cell.since = cell.state == TableCell::State::Secret      ? secret_since(all, from, seen)
                 : cell.state == TableCell::State::Published ? giver.version
                                                             : stands_since(all, from, seen);
    cell.seen_since = seen_since(all, from, seen);
    cell.has_figure = columns.kinds[seen] == Kind::Value || cell.state == TableCell::State::Secret;
    table.cells.push_back(std::move(cell));
    table.figures.push_back(std::move(figure));
    table.newest.push_back(seen + 1 == end);
  }

  Status protect(PeriodTable table, Findings& out) const {
    TableGuard guard(std::move(table.cells), hierarchies_);
    ENTENTE_TRY(std::vector<Held> held, guard.protect());
    for (const std::size_t cell : guard.given_away()) out.give_away(table.figures[cell]);
    std::vector<std::size_t> releasable = guard.releasable();
    if (!table.lost.empty()) {
      ENTENTE_TRY_VOID(protect_lost(guard.cells(), table, held, releasable));
    }
    for (const Held& one : held) {
      Protection::Change change = table.figures[one.cell];
      change.protects = key_text(table.figures[one.protects].key);
      if (!is_gone(change.kind)) mark(change, {"S", "D"});
      out.hold(std::move(change));
    }
    for (const std::size_t cell : releasable) {
      if (!table.newest[cell]) continue;  // another figure waits for its hour
      Protection::Change change = table.figures[cell];
      change.holds = false;
      mark(change, {"F"});
      out.give(std::move(change));
    }
    return {};
  }

 private:
  // The same with the secrets that are gone: what was given while they were there tells of them as
  // before. Weighed apart, for who takes back a figure that never was a part of a total leaves the
  // total right, and then the others are all that it is the sum of.
  Status protect_lost(std::vector<TableCell> cells, PeriodTable& table, std::vector<Held>& held,
                      std::vector<std::size_t>& releasable) const {
    for (PeriodTable::Lost& one : table.lost) {
      if (one.place) {
        cells[*one.place] = std::move(one.cell);
      } else {
        cells.push_back(std::move(one.cell));
        table.figures.push_back(std::move(one.figure));
      }
    }
    TableGuard guard(std::move(cells), hierarchies_);
    ENTENTE_TRY(const std::vector<Held> more, guard.protect());
    held.insert(held.end(), more.begin(), more.end());
    const std::vector<std::size_t> free = guard.releasable();
    std::erase_if(releasable, [&](std::size_t cell) {
      return !std::binary_search(free.begin(), free.end(), cell);
    });
    return {};
  }
  // Where nothing is seen now that has a figure: the newest secret, unless another figure was seen
  // in its place since.
  [[nodiscard]] std::optional<std::size_t> find_lost(const Merged& all, std::size_t from,
                                                     std::size_t seen) const {
    if (all.columns.kinds[seen] == Kind::Value) return std::nullopt;
    for (std::size_t i = seen; i > from; --i) {
      if (all.columns.kinds[i - 1] != Kind::Value) continue;
      if (is_secret(all, from, i - 1)) return i - 1;
      const Origin& origin = origins_[all.layers[i - 1]];
      const bool was_seen = origin.circle == Circle::Shared && origin.embargo_us <= moment_us_;
      if (was_seen) return std::nullopt;
    }
    return std::nullopt;
  }
  // The place of the version that a figure was given by: what was restored when an upload was taken
  // back stands again as it had been given, with the word that was given for it.
  [[nodiscard]] std::size_t giver_of(const Merged& all, std::size_t from, std::size_t place) const {
    const Columns& columns = all.columns;
    const Origin& origin = origins_[all.layers[place]];
    if (!origin.restores || is_gone(columns.kinds[place])) return place;
    for (std::size_t i = place; i > from; --i) {
      const Origin& older = origins_[all.layers[i - 1]];
      const bool was_back = older.withdrawn_by != 0 && older.withdrawn_by <= origin.version;
      if (older.version == origin.version || older.holds || older.restores || was_back) continue;
      const bool same = columns.kinds[i - 1] == columns.kinds[place] &&
                        columns.values[i - 1] == columns.values[place];
      return same ? i - 1 : place;
    }
    return place;
  }
  // The upload since which a figure is seen there, this one or others before it.
  [[nodiscard]] std::uint64_t seen_since(const Merged& all, std::size_t from,
                                         std::size_t seen) const {
    std::uint64_t since = origins_[all.layers[seen]].version;
    for (std::size_t i = seen; i > from && !is_gone(all.columns.kinds[i - 1]); --i) {
      const Origin& origin = origins_[all.layers[i - 1]];
      if (origin.circle != Circle::Shared || origin.embargo_us > moment_us_) break;
      since = origin.version;
    }
    return since;
  }
  // The upload since which a figure is what it is, hidden or not.
  [[nodiscard]] std::uint64_t stands_since(const Merged& all, std::size_t from,
                                           std::size_t seen) const {
    const Columns& columns = all.columns;
    const std::size_t given = giver_of(all, from, seen);
    std::uint64_t since = origins_[all.layers[given]].version;
    for (std::size_t i = given; i > from; --i) {
      if (is_gone(columns.kinds[i - 1])) continue;
      const bool same = columns.kinds[i - 1] == columns.kinds[seen] &&
                        columns.values[i - 1] == columns.values[seen];
      if (!same) break;
      since = origins_[all.layers[i - 1]].version;
    }
    return since;
  }
  [[nodiscard]] const std::string& confidentiality_of(const Merged& all, std::size_t place) const {
    const std::size_t attribute = *flow_.confidentiality;
    return merge_.attributes()[attribute][all.columns.codes_of(place)[attribute]];
  }
  // Whether a version is confidential on its party's word.
  [[nodiscard]] bool is_secret(const Merged& all, std::size_t from, std::size_t place) const {
    const Origin& origin = origins_[all.layers[place]];
    if (origin.circle != Circle::Confidential || origin.holds) return false;
    return circle_of(confidentiality_of(all, place)) == Circle::Confidential &&
           !is_echo(all, from, place);
  }
  // What is held back is shown to its party with a mark. A file that brings it in again as it was
  // shown says nothing by that.
  [[nodiscard]] bool is_echo(const Merged& all, std::size_t from, std::size_t place) const {
    const Columns& columns = all.columns;
    const std::string& mark = confidentiality_of(all, place);
    if (mark != "S" && mark != "D") return false;
    for (std::size_t i = place; i > from; --i) {
      if (columns.kinds[i - 1] == Kind::Hidden) continue;  // the marker beside it
      const bool same = columns.kinds[i - 1] == columns.kinds[place] &&
                        columns.values[i - 1] == columns.values[place] &&
                        confidentiality_of(all, i - 1) == mark;
      if (!same) return false;
      if (origins_[all.layers[i - 1]].holds) return true;
    }
    return false;
  }
  // The upload since which a secret is one without a break.
  [[nodiscard]] std::uint64_t secret_since(const Merged& all, std::size_t from,
                                           std::size_t secret) const {
    const std::size_t given = giver_of(all, from, secret);
    std::uint64_t since = origins_[all.layers[given]].version;
    for (std::size_t i = given; i > from; --i) {
      if (all.columns.kinds[i - 1] == Kind::Hidden) continue;  // the marker beside it
      if (!is_secret(all, from, i - 1)) break;
      since = origins_[all.layers[i - 1]].version;
    }
    return since;
  }
  // Says in CONF_STATUS what became of it, with the first of these codes that the list has.
  void mark(Protection::Change& change, const std::vector<std::string>& codes) const {
    const std::size_t attribute = *flow_.confidentiality;
    const auto& list = flow_.attribute_lists[attribute];
    for (const std::string& code : codes) {
      if (list && list->find(code) == nullptr) continue;
      change.attributes[attribute] = code;
      return;
    }
  }

  const Flow& flow_;
  const Merge& merge_;
  const std::int64_t moment_us_;
  const std::vector<Origin> origins_;  // by layer
  std::vector<Hierarchy> hierarchies_;
};

// Periods that are weighed together: as many as fit in memory at once.
struct Batch {
  DayRange days{.first = INT32_MAX, .last = INT32_MIN};
  std::set<Period> periods;
};

// ResourceExhausted (LimitReached): one of them has too many figures by itself.
Result<std::vector<Batch>> batches_of(const std::map<Period, std::size_t>& figures) {
  std::vector<std::pair<Period, std::size_t>> sorted(figures.begin(), figures.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return last_day(a.first) < last_day(b.first); });
  std::vector<Batch> out;
  std::size_t held = 0;
  for (const auto& [period, count] : sorted) {
    if (count > limits::protected_cells_max) return too_many(period);
    if (out.empty() || held + count > limits::protected_cells_max) {
      out.emplace_back();
      held = 0;
    }
    held += count;
    out.back().periods.insert(period);
    out.back().days.first = std::min(out.back().days.first, first_day(period));
    out.back().days.last = std::max(out.back().days.last, last_day(period));
  }
  return out;
}

Result<std::unique_ptr<Merge>> open(const Weighing& what, std::vector<Layer> layers,
                                    DayRange days) {
  Reading reading;
  reading.codes.resize(what.flow.dimension_lists.size());
  reading.days = days;
  reading.raw = true;
  return Merge::open(what.snapshot, what.cache, std::move(layers), std::move(reading));
}

// Only periods in which something is or was confidential are looked at: how many figures each
// has at most.
Result<std::map<Period, std::size_t>> count(const Weighing& what) {
  std::map<Period, std::size_t> figures;
  ENTENTE_TRY(const auto hidden, open(what, what.secrets, what.days));
  ENTENTE_TRY_VOID(each_newest(*hidden, [&](const Merged& some, std::size_t s, std::size_t at) {
    figures.try_emplace({some.columns.frequency(s), some.columns.ordinals[at]});
    return Status();
  }));
  if (figures.empty()) return figures;
  ENTENTE_TRY(const auto counted, open(what, what.party.layers, what.days));
  const std::vector<Origin> origins = origins_of(what.party, *counted);
  ENTENTE_TRY_VOID(each_observation(
      *counted, [&](const Merged& some, std::size_t s, std::size_t from, std::size_t end) {
        const auto found = figures.find({some.columns.frequency(s), some.columns.ordinals[from]});
        const bool stands =
            std::any_of(what.moments.begin(), what.moments.end(), [&](std::int64_t moment) {
              const std::size_t seen = seen_at(origins, some, from, end, moment);
              if (seen == end) return false;
              return !is_gone(some.columns.kinds[seen]) || had_secret(origins, some, from, seen);
            });
        if (found != figures.end() && stands) ++found->second;
        return Status();
      }));
  return figures;
}

Status weigh(const Weighing& what, const Batch& batch, Protection& out) {
  Findings findings;
  std::size_t weighed = 0;
  for (const std::int64_t moment : what.moments) {
    if (weighed != 0 && !what.party.brings(moment, batch.days)) continue;  // as at the one before
    if (++weighed > limits::protected_moments_max) return too_many_moments();
    ENTENTE_TRY(const auto merge, open(what, what.party.layers, batch.days));
    const Protecting protecting(what.flow, what.party, *merge, moment);
    std::map<Period, PeriodTable> tables;
    ENTENTE_TRY_VOID(each_observation(
        *merge, [&](const Merged& some, std::size_t s, std::size_t from, std::size_t end) {
          const Period period{some.columns.frequency(s), some.columns.ordinals[from]};
          if (batch.periods.count(period) != 0) {
            protecting.add(some, s, from, end, tables[period]);
          }
          return Status();
        }));
    for (auto& [period, table] : tables) {
      ENTENTE_TRY_VOID(protecting.protect(std::move(table), findings));
    }
  }
  std::move(findings).take_into(out, weighed);
  return {};
}

}  // namespace

void PartyLayers::add(const std::array<std::shared_ptr<const PartHeader>, circles>& parts,
                      Origin origin) {
  for (std::size_t c = 0; c < circles; ++c) {
    if (!parts[c]) continue;
    origin.circle = static_cast<Circle>(c);
    origins[parts[c].get()] = origin;
    layers.push_back({.part = parts[c], .version = origin.version});
  }
}

std::set<std::int64_t> PartyLayers::moments(std::int64_t first_us) const {
  std::set<std::int64_t> out{first_us};
  for (const auto& [part, origin] : origins) out.insert(std::max(first_us, origin.embargo_us));
  return out;
}

bool PartyLayers::brings(std::int64_t moment_us, const DayRange& days) const {
  return std::any_of(origins.begin(), origins.end(), [&](const auto& one) {
    return one.second.embargo_us == moment_us && one.first->first_day <= days.last &&
           one.first->last_day >= days.first;
  });
}

Protection::Change figure_of(const Merge& merge, const Merged& some, std::size_t series,
                             std::size_t at) {
  const Columns& columns = some.columns;
  Protection::Change figure;
  const auto key = columns.key(series);
  for (std::size_t d = 0; d + 1 < columns.width; ++d) {
    figure.key.push_back(merge.dimensions()[d][key[d]]);
  }
  figure.period = {columns.frequency(series), columns.ordinals[at]};
  figure.kind = columns.kinds[at];
  figure.value = columns.values[at];
  const auto codes = columns.codes_of(at);
  for (std::size_t a = 0; a < codes.size(); ++a) {
    figure.attributes.push_back(merge.attributes()[a][codes[a]]);
  }
  return figure;
}

std::string key_text(const std::vector<std::string>& key) {
  std::string out;
  for (const std::string& code : key) out += (out.empty() ? "" : ".") + code;
  return out;
}

Result<Protection> weigh(const Weighing& what) {
  Protection out;
  ENTENTE_TRY(const auto figures, count(what));
  ENTENTE_TRY(const std::vector<Batch> batches, batches_of(figures));
  for (const Batch& batch : batches) ENTENTE_TRY_VOID(weigh(what, batch, out));
  return out;
}

}  // namespace entente::statistics
