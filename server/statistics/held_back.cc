#include "server/statistics/held_back.h"

#include <algorithm>
#include <set>

#include "proto/contract/comparison_limits.h"
#include "proto/contract/limits.h"
#include "server/statistics/hierarchy.h"
#include "server/statistics/service.h"
#include "server/statistics/weighing.h"

namespace entente::statistics {
namespace {

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

void name_parts(const Collected& collected, record::Upload& row) {
  row.clear_parts();
  for (const auto& part : collected.parts) {
    row.add_parts(part ? std::string(part->id.view()) : std::string());
  }
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

DayRange days_of(const Collected& added) {
  DayRange days{.first = INT32_MAX, .last = INT32_MIN};
  for (const auto& part : added.parts) {
    if (!part) continue;
    days.first = std::min(days.first, part->first_day);
    days.last = std::max(days.last, part->last_day);
  }
  return days;
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
    one.set_key(key_text(change.key));
    one.set_period(to_text(change.period));
    one.set_protects(change.protects);
  }
  for (const auto& [period, key] : protection.given_away) {
    if (static_cast<std::size_t>(report.given_away_size()) == limits::held_back_told_max) {
      report.set_given_away_more(report.given_away_more() + 1);
      continue;
    }
    v1::GivenAway& one = *report.add_given_away();
    one.set_key(key_text(key));
    one.set_period(to_text(period));
  }
}

Result<Protection> Service::find_protection(const Flow& flow, const Coming& upload,
                                            Snapshot& snapshot) {
  if (!flow.confidentiality) return Protection();
  const auto uploads = parts_.shelf.of(flow.wire.name());
  if (!has_secrets(*uploads, upload.party, upload.added)) return Protection();
  PartyLayers all;
  PartyLayers secrets;
  const auto take = [&](const auto& parts, const Origin& origin) {
    all.add(parts, origin);
    secrets.add({nullptr, parts[static_cast<std::size_t>(Circle::Confidential)]}, origin);
  };
  for (const auto& kept : uploads->all) {
    if (kept->row.party() != upload.party) continue;
    // What came back beside an upload that publishes was not in it.
    const bool holds = kept->row.action() == v1::SUPPRESSION;
    take(kept->parts,
         {.version = kept->row.number(),
          .embargo_us = kept->row.embargo_until_us(),
          .holds = holds,
          .publishes = kept->row.publishes() && !holds,
          .restores = kept->row.action() == v1::WITHDRAWAL,
          .withdrawn_by =
              kept->row.number() == upload.withdraws ? added_version : kept->withdrawn_by});
  }
  take(upload.added.parts, {.version = added_version,
                            .embargo_us = upload.embargo_until_us,
                            .publishes = upload.publishes,
                            .restores = upload.withdraws != 0});
  const bool holds_any = std::any_of(all.origins.begin(), all.origins.end(),
                                     [](const auto& one) { return one.second.holds; });
  if (!holds_any && !has_totals(flow, all)) return Protection();
  // Before that the audience sees nothing of it.
  std::set<std::int64_t> moments =
      all.moments(std::max(parts_.clock.now().time_since_epoch().count(), upload.embargo_until_us));
  return weigh({.flow = flow,
                .party = std::move(all),
                .secrets = std::move(secrets.layers),
                .moments = std::move(moments),
                .days = days_of(upload.added),
                .snapshot = snapshot,
                .cache = parts_.cache});
}

// What is held back of the upload itself was never free: its parts are made anew so, or the
// history would show it. They say what its party said; that it is held back says what stands
// beside it.
Result<Collected> Service::hide_own(const Flow& flow, const Collected& added,
                                    const Protection& protection, Snapshot& snapshot) {
  std::set<std::pair<std::vector<std::string>, Period>> own;
  for (const Protection::Change& change : protection.changes) {
    if (change.holds && change.own) own.insert({change.key, change.period});
  }
  if (own.empty()) return added;
  PartyLayers layers;
  layers.add(added.parts, {.version = added_version});
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
    const bool is_held = own.count({figure.key, figure.period}) != 0;
    return add(collector, figure,
               is_held ? Circle::Confidential : layers.origins.at(layer.part.get()).circle);
  }));
  ENTENTE_TRY(Collected anew, collector.finish());
  collector.release();
  return anew;
}

// Whether the audience sees anything of an upload: a figure, or that one which it saw is gone. If
// not, that there was one is not for it, whatever the file said.
Result<bool> Service::shows(const Flow& flow, const Collected& kept, const record::Upload& row) {
  const auto& part = kept.parts[static_cast<std::size_t>(Circle::Shared)];
  if (!part) return false;
  if (part->gone < part->observations) return true;
  const std::int64_t from_us =
      std::max(parts_.clock.now().time_since_epoch().count(), row.embargo_until_us());
  const auto seen_from = [](const record::Upload& upload) {
    return std::max(recorded_at(upload),
                    Instant(std::chrono::microseconds(upload.embargo_until_us())));
  };
  std::vector<Layer> layers{{.part = part, .version = added_version, .appeared = seen_from(row)}};
  const auto uploads = parts_.shelf.of(flow.wire.name());
  for (const auto& one : uploads->all) {
    const auto& shared = one->parts[static_cast<std::size_t>(Circle::Shared)];
    const bool is_own = one->row.party() == row.party();
    if (!shared || !is_own || one->row.embargo_until_us() > from_us) continue;
    layers.push_back(
        {.part = shared, .version = one->row.number(), .appeared = seen_from(one->row)});
  }
  Reading reading;
  for (std::size_t d = 0; d < part->dimensions.size(); ++d) {
    const CodeLists::List codes = part->dimensions[d];
    reading.codes.emplace_back(std::vector<std::string>(codes.begin(), codes.end()));
  }
  reading.days = {.first = part->first_day, .last = part->last_day};
  reading.history = true;
  const auto staged = parts_.store.snapshot();
  ENTENTE_TRY(const auto merge,
              Merge::open(*staged, parts_.cache, std::move(layers), std::move(reading)));
  bool shown = false;
  ENTENTE_TRY_VOID(each_observation(
      *merge, [&](const Merged& all, std::size_t, std::size_t from, std::size_t end) {
        for (std::size_t i = from; i < end; ++i) {
          shown = shown || merge->layers()[all.layers[i]].version == added_version;
        }
        return Status();
      }));
  return shown;
}

Status Service::hold_back(const Flow& flow, const Collected& added, const record::Head& head,
                          record::Upload& row, v1::UploadReport& report, Transaction& transaction) {
  const auto uploads = parts_.shelf.of(flow.wire.name());
  if (flow.confidentiality && uploads->last() + 1 != head.number()) {
    return {Code::Aborted, Reason::Conflict, "another upload came meanwhile"};
  }
  const auto staged = parts_.store.snapshot();  // parts staged since the transaction began
  const Coming upload{.party = row.party(),
                      .added = added,
                      .publishes = row.publishes(),
                      .embargo_until_us = row.embargo_until_us(),
                      .withdraws = row.withdraws()};
  ENTENTE_TRY(const Protection protection, find_protection(flow, upload, *staged));
  tell(protection, report);
  ENTENTE_TRY(const Collected kept, hide_own(flow, added, protection, *staged));
  name_parts(kept, row);
  ENTENTE_TRY(const bool is_shown, shows(flow, kept, row));
  if (!is_shown) row.clear_shared_reference_areas();
  if (protection.changes.empty()) return {};
  Collector collector(parts_.store, parts_.uploads.entropy(), rules_of(flow),
                      [](const Collector::Twice&) {});
  for (const Protection::Change& change : protection.changes) {
    // What its party has taken away under an embargo already is not hidden but gone.
    const bool hides = change.holds && !is_gone(change.kind);
    ENTENTE_TRY_VOID(add(collector, change, hides ? Circle::Confidential : Circle::Shared));
  }
  ENTENTE_TRY(const Collected collected, collector.finish());
  collector.release();  // what then belongs to no upload goes at the next start
  row.set_companion(head.number() + 1);
  record::Upload beside = row;
  beside.set_number(row.companion());
  beside.clear_companion();
  beside.clear_withdraws();
  beside.clear_signature();
  beside.clear_signer_certificate_sha256();
  name_parts(collected, beside);
  const bool gives = std::any_of(protection.changes.begin(), protection.changes.end(),
                                 [](const Protection::Change& one) { return !one.holds; });
  if (gives) *beside.mutable_shared_reference_areas() = row.reference_areas();
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
