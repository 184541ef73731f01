// What changed between two instants, per dataflow and party.
#include <algorithm>
#include <map>

#include "proto/contract/comparison_limits.h"
#include "proto/contract/limits.h"
#include "server/statistics/history.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

constexpr std::chrono::hours kSince{7 * 24};

// A version of one observation: where it stands in the columns.
struct VersionAt {
  const Merged* merged;
  std::size_t cell;
  [[nodiscard]] bool is_gone() const { return statistics::is_gone(merged->columns.kinds[cell]); }
  [[nodiscard]] bool same_as(const VersionAt& other) const {
    const Columns& columns = merged->columns;
    const auto codes = columns.codes_of(cell);
    const auto others = columns.codes_of(other.cell);
    return columns.kinds[cell] == columns.kinds[other.cell] &&
           columns.values[cell] == columns.values[other.cell] &&
           std::equal(codes.begin(), codes.end(), others.begin());
  }
  [[nodiscard]] std::string text() const {
    if (is_gone()) return "";
    if (merged->columns.kinds[cell] == Kind::Missing) return "-";
    return to_text(merged->columns.values[cell]);
  }
};

// Counts the changes of one dataflow, by party.
class Changed {
 public:
  // `merge` is over all that is seen.
  Changed(const Flow& flow, const Sight& seen, const Merge& merge, bool details, v1::Changes& out)
      : flow_(flow), seen_(seen), merge_(merge), details_(details), out_(out) {}

  // The versions of one observation, the oldest first: places `from` to `end`.
  void add(const Merged& merged, std::size_t series, std::size_t from, std::size_t end,
           Instant since) {
    std::optional<VersionAt> before;
    for (std::size_t cell = from; cell < end; ++cell) {
      if (seen_.all[merged.layers[cell]].appeared <= since) before = VersionAt{&merged, cell};
    }
    const VersionAt after{&merged, end - 1};
    const bool was = before && !before->is_gone();
    const bool is = !after.is_gone();
    if ((!was && !is) || (was && is && before->same_as(after))) return;
    const std::uint32_t layer = merged.layers[after.cell];
    v1::Changes::Row& row = row_of(seen_.all[layer]);
    if (!was) {
      row.set_added(row.added() + 1);
    } else if (!is) {
      row.set_withdrawn(row.withdrawn() + 1);
    } else {
      row.set_revised(row.revised() + 1);
    }
    if (details_) tell(merged, series, was ? before : std::nullopt, after);
  }

  void finish() && {
    for (auto& [party, one] : rows_) {
      one.row.set_uploads(static_cast<std::uint32_t>(one.uploads.size()));
      *out_.add_rows() = std::move(one.row);
    }
  }

 private:
  struct OfParty {
    v1::Changes::Row row;
    std::set<std::uint64_t> uploads;
    Instant first;
    Instant last;
  };

  v1::Changes::Row& row_of(const SeenLayer& by) {
    const std::string& party = by.kept->row.party();
    const auto [at, fresh] = rows_.try_emplace(party);
    OfParty& one = at->second;
    one.first = fresh ? by.appeared : std::min(one.first, by.appeared);
    one.last = fresh ? by.appeared : std::max(one.last, by.appeared);
    one.uploads.insert(by.layer.version);
    one.row.set_dataflow(flow_.wire.name());
    one.row.set_party("parties/" + party);
    set_time(*one.row.mutable_first_at(), one.first);
    set_time(*one.row.mutable_last_at(), one.last);
    return one.row;
  }

  void tell(const Merged& merged, std::size_t series, const std::optional<VersionAt>& before,
            const VersionAt& after) {
    if (static_cast<std::size_t>(out_.details_size()) == limits::changes_told_max) {
      out_.set_details_more(out_.details_more() + 1);
      return;
    }
    const Columns& columns = merged.columns;
    const SeenLayer& by = seen_.all[merged.layers[after.cell]];
    v1::Changes::Detail& one = *out_.add_details();
    one.set_dataflow(flow_.wire.name());
    one.set_party("parties/" + by.kept->row.party());
    const auto key = columns.key(series);
    for (std::size_t d = 0; d + 1 < columns.width; ++d) {
      one.add_key(merge_.dimensions()[d][key[d]]);
    }
    one.set_period(to_text({columns.frequency(series), columns.ordinals[after.cell]}));
    one.set_after(after.text());
    if (!after.is_gone()) one.set_status_after(status(columns, after.cell));
    if (before) one.set_before(before->text());
    if (before) one.set_status_before(status(columns, before->cell));
    set_time(*one.mutable_changed_at(), by.appeared);
  }

  [[nodiscard]] std::string status(const Columns& columns, std::size_t cell) const {
    if (!flow_.status) return "";
    return merge_.attributes()[*flow_.status][columns.codes_of(cell)[*flow_.status]];
  }

  const Flow& flow_;
  const Sight& seen_;
  const Merge& merge_;
  const bool details_;
  v1::Changes& out_;
  std::map<std::string, OfParty> rows_;
};

}  // namespace

Status HistoryService::add_changes(const Subject& subject, const Flow& flow,
                                   const v1::ListChangesRequest& message, Instant since,
                                   Instant until, Snapshot& snapshot, v1::Changes& out) {
  const std::string party = party_code(message.party());
  SightPointer sight = parts_.service.sight(subject, flow, until);
  if (!message.party().empty()) {
    sight = only(sight, [&](const SeenLayer& seen) { return seen.kept->row.party() == party; });
  }
  const auto is_new = [&](const SeenLayer& seen) { return seen.appeared > since; };
  if (std::none_of(sight->all.begin(), sight->all.end(), is_new)) return {};
  Reading reading;
  reading.codes.resize(flow.dimension_lists.size());
  reading.history = true;
  ENTENTE_TRY(const auto merge,
              Merge::open(snapshot, parts_.service.cache(), sight->layers, std::move(reading)));
  Changed changed(flow, *sight, *merge, message.details(), out);
  ENTENTE_TRY_VOID(each_observation(
      *merge, [&](const Merged& merged, std::size_t series, std::size_t from, std::size_t end) {
        changed.add(merged, series, from, end, since);
        return Status();
      }));
  std::move(changed).finish();
  return {};
}

Result<v1::Changes> HistoryService::list_changes(const Subject& subject,
                                                 const v1::ListChangesRequest& message,
                                                 Snapshot& snapshot) {
  const Instant now = parts_.clock.now();
  const Instant until = message.has_until() ? instant_of(message.until()) : now;
  const Instant since = message.has_since() ? instant_of(message.since()) : until - kSince;
  if (until < since) return invalid_argument("until", "is before `since`");
  if (!message.party().empty() && party_code(message.party()).empty()) {
    return invalid_argument("party", "must be like `parties/SWE`");
  }
  v1::Changes out;
  if (!message.dataflow().empty()) {
    ENTENTE_TRY(const auto flow, parts_.service.open_flow(subject, message.dataflow()));
    ENTENTE_TRY_VOID(add_changes(subject, *flow, message, since, until, snapshot, out));
    return out;
  }
  for (const auto& [name, unused] : parts_.structures.model()->flows()) {
    const auto flow = parts_.service.open_flow(subject, name);
    if (!flow.ok()) continue;
    if (!message.process().empty() && (*flow)->wire.process() != message.process()) continue;
    ENTENTE_TRY_VOID(add_changes(subject, **flow, message, since, until, snapshot, out));
  }
  return out;
}

}  // namespace entente::statistics
