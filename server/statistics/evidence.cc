#include "server/statistics/evidence.h"

#include <algorithm>
#include <set>

#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/manifest.h"
#include "proto/contract/row_tree.h"
#include "server/ledger/tree_ledger.h"
#include "server/statistics/kept_rows.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

// Entries from the upload's time on, among which its own must be.
constexpr std::uint64_t kScannedMax = 4'096;

// What the signature is over; empty: what was kept does not tell.
std::string manifest_of(const record::Upload& row, const SeenUpload& seen) {
  if (!row.manifest().empty()) return row.manifest();
  if (row.action() == v1::WITHDRAWAL) return withdrawal_manifest(seen.withdraws);
  return row.upload_id().empty() ? std::string() : file_words(row);
}

Status without_rows() {
  return {Code::FailedPrecondition, Reason::None,
          "the upload that gave the figure was not signed row by row"};
}

// Whether a row is of this key and period.
class IsOf {
 public:
  IsOf(const v1::GetFigureRequest& message, Period period) : period_(period) {
    for (const std::string& code : message.key()) key_ += code + ",";
  }
  bool operator()(std::string_view row) const {
    // Before the key there is the row's action, behind it the time; neither has a comma.
    const std::size_t at = row.find(',');
    if (row.compare(at, key_.size(), key_) != 0) return false;
    const std::string_view rest = row.substr(at + key_.size());
    return parse_period(rest.substr(0, rest.find(','))) == period_;
  }

 private:
  std::string key_ = ",";
  Period period_;
};

}  // namespace

void EvidenceService::add_to(identity::Gate& gate) {
  gate.reads("entente.v1.EvidenceService.GetUpload", this, &EvidenceService::get_upload);
  gate.reads("entente.v1.EvidenceService.GetFigure", this, &EvidenceService::get_figure);
  gate.reads<v1::CommitRowsRequest, v1::CommittedRows>(
      "entente.v1.EvidenceService.CommitRows",
      [this](const policy::Subject& subject, const v1::CommitRowsRequest& message,
             store::Snapshot&) { return parts_.uploads.commit_rows(subject.account, message); });
}

// Entries are in the order of their times, and the upload's is not older than its row.
Result<std::optional<std::uint64_t>> EvidenceService::entry_of(store::Snapshot& snapshot,
                                                               const record::Upload& row) const {
  const std::string name = upload_name(row.dataflow(), store::Id::from(row.id()));
  // Two uploads of one microsecond have rows a microsecond apart.
  const Instant from = recorded_at(row) - std::chrono::milliseconds(1);
  std::uint64_t low = 0;
  // What this snapshot has: the ledger may have grown since it was taken.
  std::uint64_t size = parts_.ledger.size();
  for (std::uint64_t high = size; low < high;) {
    const std::uint64_t middle = low + (high - low) / 2;
    const Result<ledger::StoredEntry> read = ledger::read_entry(snapshot, middle);
    if (!read.ok() && read.status().code() != Code::NotFound) return read.status();
    if (!read.ok()) size = middle;
    if (read.ok() && read->entry.time < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (std::uint64_t index = low; index < std::min(size, low + kScannedMax); ++index) {
    const Result<ledger::StoredEntry> read = ledger::read_entry(snapshot, index);
    if (!read.ok() && read.status().code() == Code::NotFound) break;
    if (!read.ok()) return read.status();
    if (read->entry.act.kind == acts::upload && read->entry.act.object == name) {
      return std::optional(index);
    }
  }
  return std::optional<std::uint64_t>();
}

Result<v1::UploadEvidence> EvidenceService::evidence_of(const SeenUpload& seen,
                                                        store::Snapshot& snapshot) const {
  const record::Upload& row = seen.kept->row;
  v1::UploadEvidence evidence;
  *evidence.mutable_upload() = to_wire(seen);
  // By the digest of a file with a hidden figure that figure is found by trying.
  if (!seen.whole && row.manifest().empty()) return evidence;
  // Nor is an upload named that the reader does not see.
  const bool names_another = row.action() == v1::WITHDRAWAL && seen.withdraws.empty();
  if (!seen.whole && names_another) return evidence;
  evidence.set_manifest(manifest_of(row, seen));
  if (seen.whole && !row.rows_seed().empty()) {
    evidence.set_file_words(file_words(row));
    evidence.set_file_blind(std::string(as_view(row_tree::file_blind(row.rows_seed()))));
  }
  if (seen.whole && !row.mapping_sha256().empty()) {
    ENTENTE_TRY(const auto mapping,
                snapshot.find(store::Key(upload_mappings_table).id(store::Id::from(row.id()))));
    evidence.set_mapping(mapping.value_or(""));
  }
  ENTENTE_TRY(const auto index, entry_of(snapshot, row));
  evidence.set_has_entry(index.has_value());
  evidence.set_entry_index(index.value_or(0));
  return evidence;
}

Result<v1::UploadEvidence> EvidenceService::get_upload(const policy::Subject& subject,
                                                       const v1::GetUploadRequest& message,
                                                       store::Snapshot& snapshot) {
  const std::string& name = message.name();
  const auto absent = not_found(std::string_view(name).substr(0, 256));
  const auto flow =
      parts_.service.open_flow(subject, std::string_view(name).substr(0, name.find("/uploads/")));
  if (!flow.ok()) return absent;
  ENTENTE_TRY(const auto uploads, parts_.service.seen_uploads(subject, **flow, snapshot));
  for (const SeenUpload& seen : uploads) {
    const record::Upload& row = seen.kept->row;
    if (upload_name(row.dataflow(), store::Id::from(row.id())) != name) continue;
    return evidence_of(seen, snapshot);
  }
  return absent;
}

// The upload that gave the one observation as the subject sees it. What takes another back gives
// nothing itself: what it left is what an older one gave.
Result<SeenUpload> EvidenceService::find_giver(const policy::Subject& subject, const Flow& flow,
                                               const v1::GetFigureRequest& message,
                                               store::Snapshot& snapshot) const {
  v1::QueryRequest query;
  query.set_dataflow(message.dataflow());
  query.set_start_period(message.period());
  query.set_end_period(message.period());
  query.set_include_history(true);
  for (int d = 0; d < message.key_size(); ++d) {
    v1::Selection* selection = query.add_selections();
    selection->set_dimension(flow.structure.dimensions(d).id());
    selection->add_values(message.key(d));
  }
  ENTENTE_TRY(Reading reading, reading_of(flow, query));
  std::optional<Instant> as_of;
  if (message.has_as_of()) as_of = instant_of(message.as_of());
  const SightPointer sight = parts_.service.sight(subject, flow, as_of);
  IndexCache unfolded(0);  // so that each version is one upload's
  // What is shown may be what an upload gave that was corrected before its hour, and the correction
  // taken back: it is its row that proves the figure.
  std::vector<Layer> layers = sight->layers->all();
  for (Layer& layer : layers) layer.appeared.reset();
  ENTENTE_TRY(const auto merge,
              Merge::open(snapshot, unfolded, std::move(layers), std::move(reading)));
  Merged found;
  ENTENTE_TRY_VOID(merge->next(found, limits::answer_observations_max));
  if (found.columns.series() != 1 || is_gone(found.columns.kinds.back())) {
    return not_found("figure");
  }
  std::set<std::uint64_t> versions;
  for (const auto layer : found.layers) versions.insert(merge->layers()[layer].version);
  ENTENTE_TRY(const auto uploads, parts_.service.seen_uploads(subject, flow, snapshot, versions));
  for (auto number = versions.rbegin(); number != versions.rend(); ++number) {
    const auto seen = std::find_if(uploads.begin(), uploads.end(), [&](const SeenUpload& one) {
      return one.kept->row.number() == *number;
    });
    // What holds back what another gave is no upload of anybody's.
    if (seen == uploads.end() || seen->kept->row.action() == v1::SUPPRESSION) continue;
    if (seen->kept->row.action() == v1::WITHDRAWAL) continue;
    if (versions.count(seen->kept->withdrawn_by) == 0) return *seen;
  }
  return Status(Code::FailedPrecondition, Reason::None,
                "no upload that you may see gave the figure as it stands; ask its party, which can "
                "prove it or bring it in anew");
}

Result<v1::FigureEvidence> EvidenceService::get_figure(const policy::Subject& subject,
                                                       const v1::GetFigureRequest& message,
                                                       store::Snapshot& snapshot) {
  const auto period = parse_period(message.period());
  if (!period) {
    return invalid_argument("period", "must be a period such as `2015`, `2015-Q1`, `2015-03`");
  }
  ENTENTE_TRY(const auto flow, parts_.service.open_flow(subject, message.dataflow()));
  if (message.key_size() != flow->structure.dimensions_size()) {
    return invalid_argument("key", "must have a code of each dimension");
  }
  ENTENTE_TRY(const SeenUpload seen, find_giver(subject, *flow, message, snapshot));
  const record::Upload& row = seen.kept->row;
  if (row.rows_seed().empty()) return without_rows();
  ENTENTE_TRY(const auto kept, find_kept_row(snapshot, row, IsOf(message, *period)));
  if (!kept) return without_rows();
  const row_tree::Proof& proof = kept->proof;
  v1::FigureEvidence figure;
  ENTENTE_TRY(*figure.mutable_evidence(), evidence_of(seen, snapshot));
  figure.set_row(kept->text);
  figure.set_salt(proof.salt);
  figure.set_index(proof.index);
  for (const Digest& one : proof.path) figure.add_path(std::string(as_view(one)));
  return figure;
}

}  // namespace entente::statistics
