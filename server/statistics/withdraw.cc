// Takes an upload back: by an upload that makes each observation what it would be without it.
#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/manifest.h"
#include "server/statistics/history.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

// One version of an observation: its figure, or the marker that it left among the shared.
struct Version {
  std::uint64_t number = 0;
  std::size_t cell = 0;
  Circle circle = Circle::Shared;
};

// The newest of those that count; of one upload what stands for something outweighs its marker.
class Newest {
 public:
  explicit Newest(const Columns& columns) : columns_(columns) {}
  void offer(const Version& version) {
    const bool better = !any_ || version.number > best_.number ||
                        (version.number == best_.number && is_gone(columns_.kinds[best_.cell]));
    if (better) best_ = version;
    any_ = true;
  }
  // Null: none.
  [[nodiscard]] const Version* best() const { return any_ ? &best_ : nullptr; }

 private:
  const Columns& columns_;
  Version best_;
  bool any_ = false;
};

Status under_embargo() {
  return {Code::FailedPrecondition, Reason::None,
          "some of its observations your party has given under an embargo, too: take that upload "
          "back first, or wait for the embargo's end"};
}

class Restoring {
 public:
  // `withdrawn` is taken back at `now`, for all who see it from then on or from its embargo's end.
  // `confidentiality`: which attribute says it.
  Restoring(const KeptList& uploads, const Kept& withdrawn, Instant now, const Merge& merge,
            std::optional<std::size_t> confidentiality, Collector& collector)
      : number_(withdrawn.row.number()),
        confidentiality_(confidentiality),
        merge_(merge),
        collector_(collector) {
    const std::int64_t free_at_us =
        std::max(now.time_since_epoch().count(), withdrawn.row.embargo_until_us());
    for (const Layer& layer : merge.layers()) {
      const Kept& kept = *uploads.find(layer.version);
      numbers_.push_back(layer.version);
      circles_.push_back(kept.parts[0] == layer.part ? Circle::Shared : Circle::Confidential);
      counts_.push_back(layer.version != number_ && kept.withdrawn_by == 0 &&
                        kept.row.action() != v1::WITHDRAWAL &&
                        kept.row.action() != v1::SUPPRESSION);
      embargoed_.push_back(kept.row.embargo_until_us() > free_at_us);
      own_.push_back(kept.row.party() == withdrawn.row.party());
    }
  }

  // All versions of one observation: places `from` to `end`.
  Status restore(const Merged& all, std::size_t series, std::size_t from, std::size_t end) {
    Newest now(all.columns);
    Newest then(all.columns);
    Newest open_now(all.columns);  // the same for those who wait for an embargo's end
    Newest open_then(all.columns);
    bool touched = false;
    for (std::size_t cell = from; cell < end; ++cell) {
      const std::uint32_t layer = all.layers[cell];
      const Version version{numbers_[layer], cell, circles_[layer]};
      now.offer(version);
      // What another party has under an embargo is not for this one to learn.
      const bool counts = counts_[layer] && (own_[layer] || !embargoed_[layer]);
      if (counts) then.offer(version);
      if (!embargoed_[layer]) open_now.offer(version);
      if (!embargoed_[layer] && counts) open_then.offer(version);
      touched = touched || version.number == number_;
    }
    if (!touched) return {};
    // What was corrected since stays as it was corrected.
    const std::uint32_t newest = all.layers[now.best()->cell];
    if (embargoed_[newest] && !own_[newest]) return {};
    if (is_same(now, then) && is_same(open_now, open_then)) return {};
    // One upload cannot say two things: one now, and another at an embargo's end.
    const bool nothing = then.best() == nullptr && open_then.best() == nullptr;
    if (!nothing && !is_same(then, open_then)) return under_embargo();
    return put(all, series, now.best()->cell, then.best());
  }

 private:
  static bool is_same(const Newest& one, const Newest& other) {
    return one.best() != nullptr && other.best() != nullptr &&
           one.best()->number == other.best()->number;
  }
  Status put(const Merged& all, std::size_t series, std::size_t place, const Version* then) {
    const Columns& columns = all.columns;
    Observation one;
    one.period = {columns.frequency(series), columns.ordinals[place]};
    one.kind = Kind::Withdrawn;
    std::vector<std::uint32_t> codes;
    const auto key = columns.key(series);
    for (std::size_t d = 0; d + 1 < columns.width; ++d) {
      codes.push_back(collector_.code(d, merge_.dimensions()[d][key[d]]));
    }
    std::vector<std::uint32_t> attributes(columns.attributes, 0);
    if (then != nullptr && !is_gone(columns.kinds[then->cell])) {
      one.kind = columns.kinds[then->cell];
      one.value = columns.values[then->cell];
      one.circle = then->circle;
      const auto numbers = columns.codes_of(then->cell);
      for (std::size_t a = 0; a < attributes.size(); ++a) {
        attributes[a] = collector_.attribute(a, merge_.attributes()[a][numbers[a]]);
      }
      // What was held back beside it is weighed anew.
      if (confidentiality_) {
        one.circle = circle_of(merge_.attributes()[*confidentiality_][numbers[*confidentiality_]]);
      }
    }
    return collector_.add(codes, attributes, one);
  }

  const std::uint64_t number_;
  const std::optional<std::size_t> confidentiality_;
  const Merge& merge_;
  Collector& collector_;
  std::vector<std::uint64_t> numbers_;  // by layer
  std::vector<Circle> circles_;
  std::vector<bool> counts_;     // whether it would count without that upload
  std::vector<bool> embargoed_;  // for longer than that upload
  std::vector<bool> own_;        // of the party that takes back
};

Status unwritable() {
  return {Code::Internal, Reason::None, "an observation stands twice in one dataflow"};
}

}  // namespace

// Everything that any party gave is read, so that what another has corrected since stays.
Result<Collected> HistoryService::restore(const Flow& flow, const Kept& kept, Snapshot& snapshot) {
  const auto uploads = parts_.shelf.of(flow.wire.name());
  // What is durable and not followed yet would be taken for not given, and be hidden.
  ENTENTE_TRY(const auto bytes,
              snapshot.find(
                  store::Key(heads_table).id(parts_.store.blind("statistics", flow.wire.name()))));
  record::Head head;
  if (!bytes || !head.ParseFromString(*bytes) || uploads->all.empty() ||
      uploads->last() != head.number()) {
    return Status(Code::Aborted, Reason::Conflict, "another upload came meanwhile");
  }
  std::vector<Layer> layers;
  for (const auto& one : uploads->all) {
    for (const auto& part : one->parts) {
      if (part) layers.push_back({.part = part, .version = one->row.number()});
    }
  }
  Reading reading;
  reading.codes.resize(flow.dimension_lists.size());
  if (flow.reference_area) {
    const auto& areas = kept.row.reference_areas();
    reading.codes[*flow.reference_area].emplace(areas.begin(), areas.end());
  }
  reading.raw = true;
  ENTENTE_TRY(const auto merge,
              Merge::open(snapshot, parts_.service.cache(), std::move(layers), std::move(reading)));
  Collector::Rules rules;
  rules.dimensions = static_cast<std::uint32_t>(flow.dimension_lists.size());
  rules.attributes = static_cast<std::uint32_t>(flow.attribute_lists.size());
  rules.rows_max = limits::upload_rows_buffered_max;
  rules.series_max = limits::upload_series_buffered_max;
  bool twice = false;
  Collector collector(parts_.store, parts_.entropy, rules,
                      [&twice](const Collector::Twice&) { twice = true; });
  Restoring restoring(*uploads, kept, parts_.clock.now(), *merge, flow.confidentiality, collector);
  ENTENTE_TRY_VOID(each_observation(
      *merge, [&](const Merged& all, std::size_t series, std::size_t from, std::size_t end) {
        return restoring.restore(all, series, from, end);
      }));
  ENTENTE_TRY(Collected collected, collector.finish());
  if (twice) return unwritable();
  collector.release();  // what then belongs to no upload goes at the next start
  return collected;
}

Result<v1::UploadReport> HistoryService::withdraw_upload(const Subject& subject,
                                                         const v1::WithdrawUploadRequest& message,
                                                         Transaction& transaction) {
  if (message.signature().size() > limits::signature_bytes_max ||
      message.signer_certificate_sha256().size() > sizeof(Digest)) {
    return invalid_argument("signature", "is too long");
  }
  const std::size_t at = message.name().find("/uploads/");
  const auto id = at == std::string::npos ? std::nullopt : from_hex(message.name().substr(at + 9));
  if (!id || id->size() != sizeof(store::Id)) return not_found(message.name());
  const auto opened = parts_.service.open_flow(subject, message.name().substr(0, at));
  if (!opened.ok()) return not_found(message.name());
  const Flow& flow = **opened;
  const auto kept = parts_.shelf.find(flow.wire.name(), store::Id::from(*id));
  ENTENTE_TRY(const auto seen, parts_.service.seen_uploads(subject, flow, transaction));
  const bool is_seen = std::any_of(seen.begin(), seen.end(), [&](const SeenUpload& one) {
    return kept && one.kept->row.number() == kept->row.number();
  });
  if (!kept || !is_seen) return not_found(message.name());
  ENTENTE_TRY_VOID(parts_.service.decide_withdraw(subject, flow, *kept));
  record::Upload row;
  row.set_id(
      std::string(upload_id(parts_.store, subject.account, "/withdraws/" + message.name()).view()));
  row.set_dataflow(flow.wire.name());
  row.set_party(subject.party);
  row.set_account(subject.account);
  row.set_action(v1::WITHDRAWAL);
  row.set_withdraws(kept->row.number());
  // The same embargo, or who is not to see the upload yet would learn of it by what it hides.
  row.set_embargo_until_us(kept->row.embargo_until_us());
  row.set_manifest(withdrawal_manifest(message.name()));
  row.set_sha256(std::string(as_view(sha256(row.manifest()))));
  row.set_signature(message.signature());
  row.set_signer_certificate_sha256(message.signer_certificate_sha256());
  ENTENTE_TRY(const Collected collected, restore(flow, *kept, transaction));
  row.set_observations(collected.observations);
  row.set_series(collected.series);
  *row.mutable_reference_areas() = kept->row.reference_areas();
  *row.mutable_shared_reference_areas() = kept->row.shared_reference_areas();
  std::uint64_t bytes = 0;
  for (const auto& part : collected.parts) bytes += part ? part->bytes : 0;
  row.set_kept_bytes(bytes);
  return parts_.service.keep_withdrawal(subject, flow, collected, std::move(row), transaction);
}

}  // namespace entente::statistics
