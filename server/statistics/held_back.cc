#include "server/statistics/held_back.h"

#include <algorithm>
#include <map>
#include <set>

#include "proto/contract/comparison_limits.h"
#include "proto/contract/limits.h"
#include "server/statistics/protect.h"
#include "server/statistics/ratios.h"
#include "server/statistics/service.h"

namespace entente::statistics {
namespace {

constexpr std::uint64_t kAdded = UINT64_MAX;  // the upload's place, which it does not have yet

// What stands over one layer.
struct Origin {
  std::uint64_t version = 0;
  Circle circle = Circle::Shared;
  bool holds = false;
  bool publishes = false;
};

// A party's figures, those of an upload that does not count yet among them.
struct PartyLayers {
  std::vector<Layer> layers;
  std::map<const PartHeader*, Origin> origins;

  void add(const std::array<std::shared_ptr<const PartHeader>, circles>& parts, Origin origin) {
    for (std::size_t c = 0; c < circles; ++c) {
      if (!parts[c]) continue;
      origin.circle = static_cast<Circle>(c);
      origins[parts[c].get()] = origin;
      layers.push_back({.part = parts[c], .version = origin.version});
    }
  }
};

// Whether a party has given anything confidential, or gives it now: mostly there is nothing.
bool has_secrets(const KeptList& uploads, const std::string& party, const Collected& added) {
  const auto has_secret = [](const auto& parts) {
    return parts[static_cast<std::size_t>(Circle::Confidential)] != nullptr;
  };
  return has_secret(added.parts) ||
         std::any_of(uploads.all.begin(), uploads.all.end(), [&](const auto& kept) {
           return has_secret(kept->parts) && kept->row.party() == party;
         });
}

std::string join(const std::vector<std::string>& key) {
  std::string out;
  for (const std::string& code : key) out += (out.empty() ? "" : ".") + code;
  return out;
}

// One observation as it stands in the columns.
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

Collector::Rules rules_of(const Flow& flow) {
  Collector::Rules rules;
  rules.dimensions = static_cast<std::uint32_t>(flow.dimension_lists.size());
  rules.attributes = static_cast<std::uint32_t>(flow.attribute_lists.size());
  rules.rows_max = limits::upload_rows_buffered_max;
  rules.series_max = limits::upload_series_buffered_max;
  return rules;
}

Status add(Collector& collector, const Protection::Change& figure, Circle circle) {
  const Observation one{
      .period = figure.period, .kind = figure.kind, .value = figure.value, .circle = circle};
  std::vector<std::uint32_t> codes;
  std::vector<std::uint32_t> attributes;
  for (std::size_t d = 0; d < figure.key.size(); ++d) {
    codes.push_back(collector.code(d, figure.key[d]));
  }
  for (std::size_t a = 0; a < figure.attributes.size(); ++a) {
    attributes.push_back(collector.attribute(a, figure.attributes[a]));
  }
  return collector.add(codes, attributes, one);
}

// The figures of one period.
struct PeriodTable {
  std::vector<TableCell> cells;
  std::vector<Protection::Change> figures;  // of each cell, as it stands
};

Status too_many(Period period) {
  return {Code::ResourceExhausted, Reason::LimitReached,
          to_text(period) + " has confidential figures among more than " +
              std::to_string(limits::protected_cells_max) + ": too many to be weighed"};
}

class Protecting {
 public:
  Protecting(const Flow& flow, const PartyLayers& party, const Merge& merge)
      : flow_(flow), merge_(merge) {
    for (const Layer& layer : merge.layers())
      origins_.push_back(party.origins.at(layer.part.get()));
    for (std::size_t d = 0; d < merge.dimensions().size(); ++d) {
      hierarchies_.emplace_back(merge.dimensions()[d], flow.dimension_lists[d].get());
    }
  }

  // All versions of one observation, the oldest first: the newest is what stands.
  void add(const Merged& all, std::size_t series, std::size_t newest, PeriodTable& table) const {
    const Columns& columns = all.columns;
    if (is_gone(columns.kinds[newest])) return;
    const Origin& origin = origins_[all.layers[newest]];
    TableCell cell;
    const auto key = columns.key(series);
    cell.key.assign(key.begin(), key.end() - 1);
    cell.value = approximate(columns.values[newest]);
    const bool is_hidden = origin.circle == Circle::Confidential;
    cell.state = !is_hidden
                     ? (origin.publishes ? TableCell::State::Published : TableCell::State::Free)
                 : origin.holds ? TableCell::State::Held
                                : TableCell::State::Secret;
    Protection::Change figure = figure_of(merge_, all, series, newest);
    figure.own = origin.version == kAdded;
    table.cells.push_back(std::move(cell));
    table.figures.push_back(std::move(figure));
  }

  Status protect(PeriodTable table, Protection& out) const {
    TableGuard guard(std::move(table.cells), hierarchies_);
    ENTENTE_TRY(const std::vector<Held> held, guard.protect());
    for (const Held& one : held) {
      Protection::Change change = table.figures[one.cell];
      change.protects = join(table.figures[one.protects].key);
      mark(change, {"S", "D"});
      out.changes.push_back(std::move(change));
    }
    for (const std::size_t cell : guard.releasable()) {
      Protection::Change change = table.figures[cell];
      change.holds = false;
      mark(change, {"F"});
      out.changes.push_back(std::move(change));
    }
    return {};
  }

 private:
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
  std::vector<Origin> origins_;  // by layer
  std::vector<Hierarchy> hierarchies_;
};

// Whether anything can be a part of something: where nothing is, nothing is told by a total.
bool has_totals(const Flow& flow, const PartyLayers& party) {
  for (std::size_t d = 0; d < flow.dimension_lists.size(); ++d) {
    std::set<std::string> codes;
    for (const Layer& layer : party.layers) {
      const CodeLists::List some = layer.part->dimensions[d];
      codes.insert(some.begin(), some.end());
    }
    const Hierarchy hierarchy({codes.begin(), codes.end()}, flow.dimension_lists[d].get());
    if (hierarchy.has_parts(std::vector<bool>(codes.size(), true))) return true;
  }
  return false;
}

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

// `visit(merged, series, place)`: the newest version of each observation.
template <typename Visit>
Status each_newest(Merge& merge, const Visit& visit) {
  return each_observation(merge, [&](const Merged& all, std::size_t series, std::size_t,
                                     std::size_t end) { return visit(all, series, end - 1); });
}

}  // namespace

void tell(const Protection& protection, v1::UploadReport& report) {
  for (const Protection::Change& change : protection.changes) {
    if (!change.holds) continue;
    if (static_cast<std::size_t>(report.held_back_size()) == limits::held_back_told_max) {
      report.set_held_back_more(report.held_back_more() + 1);
      continue;
    }
    v1::HeldBack& one = *report.add_held_back();
    one.set_key(join(change.key));
    one.set_period(to_text(change.period));
    one.set_protects(change.protects);
  }
}

Result<Protection> Service::find_protection(const Flow& flow, const std::string& party,
                                            const Collected& added, bool publishes,
                                            Snapshot& snapshot) {
  Protection out;
  if (!flow.confidentiality) return out;
  PartyLayers all;
  PartyLayers secrets;
  DayRange days{.first = INT32_MAX, .last = INT32_MIN};
  for (const auto& part : added.parts) {
    if (!part) continue;
    days.first = std::min(days.first, part->first_day);
    days.last = std::max(days.last, part->last_day);
  }
  const auto uploads = parts_.shelf.of(flow.wire.name());
  if (!has_secrets(*uploads, party, added)) return out;
  const auto take = [&](const auto& parts, const Origin& origin) {
    all.add(parts, origin);
    secrets.add({nullptr, parts[static_cast<std::size_t>(Circle::Confidential)]}, origin);
  };
  for (const auto& kept : uploads->all) {
    if (kept->row.party() != party) continue;
    take(kept->parts, {.version = kept->row.number(),
                       .holds = kept->row.action() == v1::SUPPRESSION,
                       .publishes = kept->row.publishes()});
  }
  take(added.parts, {.version = kAdded, .publishes = publishes});
  const bool holds_any = std::any_of(all.origins.begin(), all.origins.end(),
                                     [](const auto& one) { return one.second.holds; });
  if (!holds_any && !has_totals(flow, all)) return out;
  Reading reading;
  reading.codes.resize(flow.dimension_lists.size());
  reading.days = days;
  reading.raw = true;
  // Only periods in which something is or was confidential are looked at; first it is counted how
  // many figures each has.
  std::map<Period, std::size_t> figures;
  ENTENTE_TRY(const auto hidden,
              Merge::open(snapshot, parts_.cache, std::move(secrets.layers), reading));
  ENTENTE_TRY_VOID(each_newest(*hidden, [&](const Merged& some, std::size_t s, std::size_t at) {
    figures.try_emplace({some.columns.frequency(s), some.columns.ordinals[at]});
    return Status();
  }));
  if (figures.empty()) return out;
  ENTENTE_TRY(const auto counted, Merge::open(snapshot, parts_.cache, all.layers, reading));
  ENTENTE_TRY_VOID(each_newest(*counted, [&](const Merged& some, std::size_t s, std::size_t at) {
    const auto found = figures.find({some.columns.frequency(s), some.columns.ordinals[at]});
    if (found != figures.end() && !is_gone(some.columns.kinds[at])) ++found->second;
    return Status();
  }));
  ENTENTE_TRY(const std::vector<Batch> batches, batches_of(figures));
  for (const Batch& batch : batches) {
    reading.days = batch.days;
    ENTENTE_TRY(const auto merge, Merge::open(snapshot, parts_.cache, all.layers, reading));
    const Protecting protecting(flow, all, *merge);
    std::map<Period, PeriodTable> tables;
    ENTENTE_TRY_VOID(each_newest(*merge, [&](const Merged& some, std::size_t s, std::size_t at) {
      const Period period{some.columns.frequency(s), some.columns.ordinals[at]};
      if (batch.periods.count(period) != 0) protecting.add(some, s, at, tables[period]);
      return Status();
    }));
    for (auto& [period, table] : tables) {
      ENTENTE_TRY_VOID(protecting.protect(std::move(table), out));
    }
  }
  return out;
}

// What is held back of the upload itself was never free: its parts are made anew so, or the
// history would show it.
Status Service::hide_own(const Flow& flow, const Collected& added, const Protection& protection,
                         record::Upload& row, Snapshot& snapshot) {
  std::map<std::pair<std::vector<std::string>, Period>, const Protection::Change*> own;
  for (const Protection::Change& change : protection.changes) {
    if (change.holds && change.own) own[{change.key, change.period}] = &change;
  }
  if (own.empty()) return {};
  PartyLayers layers;
  layers.add(added.parts, {.version = kAdded});
  Reading reading;
  reading.codes.resize(flow.dimension_lists.size());
  reading.raw = true;
  ENTENTE_TRY(const auto merge,
              Merge::open(snapshot, parts_.cache, layers.layers, std::move(reading)));
  Collector collector(parts_.store, parts_.uploads.entropy(), rules_of(flow),
                      [](const Collector::Twice&) {});
  ENTENTE_TRY_VOID(each_newest(*merge, [&](const Merged& some, std::size_t s, std::size_t at) {
    const Layer& layer = merge->layers()[some.layers[at]];
    const Protection::Change figure = figure_of(*merge, some, s, at);
    const auto found = own.find({figure.key, figure.period});
    if (found != own.end()) return add(collector, *found->second, Circle::Confidential);
    return add(collector, figure, layers.origins.at(layer.part.get()).circle);
  }));
  ENTENTE_TRY(const Collected anew, collector.finish());
  collector.release();
  row.clear_parts();
  for (const auto& part : anew.parts) {
    row.add_parts(part ? std::string(part->id.view()) : std::string());
  }
  return {};
}

Status Service::hold_back(const Flow& flow, const Collected& added, const record::Head& head,
                          record::Upload& row, v1::UploadReport& report, Transaction& transaction) {
  const auto uploads = parts_.shelf.of(flow.wire.name());
  if (flow.confidentiality && uploads->last() + 1 != head.number()) {
    return {Code::Aborted, Reason::Conflict, "another upload came meanwhile"};
  }
  const auto staged = parts_.store.snapshot();  // parts staged since the transaction began
  ENTENTE_TRY(const Protection protection,
              find_protection(flow, row.party(), added, row.publishes(), *staged));
  tell(protection, report);
  if (protection.changes.empty()) return {};
  Collector collector(parts_.store, parts_.uploads.entropy(), rules_of(flow),
                      [](const Collector::Twice&) {});
  for (const Protection::Change& change : protection.changes) {
    ENTENTE_TRY_VOID(add(collector, change, change.holds ? Circle::Confidential : Circle::Shared));
  }
  ENTENTE_TRY(const Collected collected, collector.finish());
  collector.release();  // what then belongs to no upload goes at the next start
  ENTENTE_TRY_VOID(hide_own(flow, added, protection, row, *staged));
  row.set_companion(head.number() + 1);
  record::Upload beside = row;
  beside.set_number(row.companion());
  beside.clear_companion();
  beside.clear_withdraws();
  beside.clear_signature();
  beside.clear_signer_certificate_sha256();
  beside.clear_parts();
  for (const auto& part : collected.parts) {
    beside.add_parts(part ? std::string(part->id.view()) : std::string());
  }
  beside.set_action(v1::SUPPRESSION);
  beside.set_recorded_at_us(row.recorded_at_us() + 1);
  const std::string name = upload_name(row.dataflow(), store::Id::from(row.id()));
  beside.set_id(std::string(upload_id(parts_.store, row.account(), "/beside/" + name).view()));
  record::Head next = head;
  next.set_number(beside.number());
  next.set_recorded_at_us(beside.recorded_at_us());
  const store::Id flow_id = parts_.store.blind("statistics", row.dataflow());
  transaction.put(store::Key(heads_table).id(flow_id), next.SerializeAsString());
  put_row(flow_id, beside, transaction);
  return {};
}

}  // namespace entente::statistics
