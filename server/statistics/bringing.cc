// Uploads, begun and finished, and what leads up to them: each rpc validates, decides, acts,
// records and replies within one transaction.
#include <algorithm>

#include "proto/contract/digest.h"
#include "proto/contract/manifest.h"
#include "proto/contract/upload_limits.h"
#include "proto/formats/mapping.h"
#include "server/statistics/kept_rows.h"
#include "server/statistics/mappings.h"
#include "server/statistics/readers.h"
#include "server/statistics/service.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

using policy::Action;

constexpr std::string_view kRepeated = "statistics.upload.repeat";

Status unreadable() {
  return Status(Code::DataLoss, Reason::None, "an upload cannot be read")
      .with_detail("statistics upload row");
}

// The same with what the first time said.
v1::UploadReport report_of(const record::Upload& row) {
  v1::UploadReport report;
  report.set_name(upload_name(row.dataflow(), store::Id::from(row.id())));
  report.set_accepted(true);
  report.set_bytes(row.bytes());
  report.set_rows(row.rows());
  report.set_observations(row.observations());
  report.set_series(row.series());
  report.set_sha256(row.sha256());
  report.set_kept_bytes(row.kept_bytes());
  report.set_repeated(true);
  return report;
}

template <typename Row>
Result<std::optional<Row>> find_row(store::Snapshot& snapshot, const store::Key& key) {
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key));
  if (!bytes) return std::optional<Row>();
  Row row;
  if (!row.ParseFromString(*bytes)) return unreadable();
  return std::optional<Row>(std::move(row));
}

Status refused(const UploadSession& session) {
  std::vector<Violation> violations;
  for (const v1::Problem& problem : session.problems.kept()) {
    if (violations.size() == 100) break;
    violations.push_back({.field = problem.column_name(),
                          .rule = problem.text(),
                          .line = problem.line(),
                          .column = problem.column()});
  }
  return Status(Code::InvalidArgument, Reason::ImportRefused,
                "the file has " + std::to_string(session.problems.count()) +
                    " faults; nothing was kept")
      .with_violations(std::move(violations));
}

}  // namespace

// Who may bring figures: a party with a provision, in the audience.
Status Service::decide_upload(const Subject& subject, const Flow& flow) const {
  const auto provision = flow.provisions.find(subject.party);
  if (provision == flow.provisions.end() || subject.read_only) {
    return not_yours("parties/" + subject.party + " has no provision to report to it");
  }
  policy::Guard guard = flow.guard;
  guard.originator = subject.party;
  const policy::Decision decision =
      policy::decide(subject, Action::Originate, guard, parts_.clock.now());
  if (!decision.permits()) return not_yours("it is not yours to report to");
  return {};
}

Result<v1::UploadProgress> Service::begin_upload(const Subject& subject,
                                                 const v1::BeginUploadRequest& message,
                                                 Snapshot& snapshot) {
  if (!policy::is_id(message.upload_id())) {
    return invalid_argument("upload_id", "must be 1 to 64 of [A-Za-z0-9._-]");
  }
  // The others are what the server makes for itself.
  if (message.action() != v1::APPEND && message.action() != v1::REPLACE &&
      message.action() != v1::DELETE && message.action() != v1::MERGE) {
    return invalid_argument("action", "must be append, replace, delete or merge");
  }
  if (message.format() == v1::UPLOAD_FORMAT_UNSPECIFIED ||
      !v1::UploadFormat_IsValid(message.format())) {
    return invalid_argument("format", "must be SDMX-CSV, SDMX-ML, SDMX-JSON or a mapped CSV");
  }
  ENTENTE_TRY(std::shared_ptr<const Flow> flow, open_flow(subject, message.dataflow()));
  ENTENTE_TRY_VOID(decide_upload(subject, *flow));
  const store::Id id = upload_id(parts_.store, subject.account, message.upload_id());
  ENTENTE_TRY(const auto place,
              find_row<record::UploadPlace>(snapshot, store::Key(upload_ids_table).id(id)));
  if (place) {
    v1::UploadProgress progress;
    progress.set_already_there(true);
    return progress;
  }
  ENTENTE_TRY(std::string mapping, mapping_for(subject, *flow, message, snapshot));
  return parts_.uploads.begin(subject.account, subject.party, std::move(flow), message,
                              std::move(mapping));
}

// What a mapped file is read by, encoded: what came, or what is kept under the name.
Result<std::string> Service::mapping_for(const Subject& subject, const Flow& flow,
                                         const v1::BeginUploadRequest& message,
                                         Snapshot& snapshot) const {
  const bool given = !message.mapping().empty();
  if (message.format() != v1::MAPPED_CSV) {
    if (!given && message.mapping_name().empty()) return std::string();
    return invalid_argument("mapping", "is for mapped files only");
  }
  if (given != message.mapping_name().empty()) {
    return invalid_argument("mapping", "give either the mapping or its name");
  }
  if (message.mapping().size() > limits::mapping_bytes_max) {
    return invalid_argument("mapping", "is too large");
  }
  v1::Mapping mapping;
  if (!given) {
    if (!message.mapping_name().starts_with(flow.wire.name() + "/mappings/")) {
      return invalid_argument("mapping_name", "is not of this dataflow");
    }
    ENTENTE_TRY(mapping, find_mapping(subject, message.mapping_name(), parts_.store, snapshot));
  } else if (!mapping.ParseFromString(message.mapping())) {
    return invalid_argument("mapping", "does not decode");
  }
  ENTENTE_TRY_VOID(check_mapping(mapping, shape_of(flow)));
  return given ? message.mapping() : encoded(mapping);
}

// What was weighed against the party's figures must still be weighed against the same. How many
// uploads others have brought meanwhile, and may be seen by nobody yet, does not matter.
Status Service::check_weighed(const UploadSession& session, const store::Id& flow_id,
                              std::uint64_t newest, Transaction& transaction) const {
  const auto action = session.request.action();
  if (action != v1::APPEND && action != v1::MERGE) return {};
  const auto uploads = parts_.shelf.of(session.flow->wire.name());
  bool stale = std::any_of(uploads->all.begin(), uploads->all.end(), [&](const auto& kept) {
    return kept->row.number() > session.weighed_against && kept->row.party() == session.party;
  });
  // Those that the shelf has not followed yet.
  const std::uint64_t followed = std::max(session.weighed_against, uploads->last());
  for (std::uint64_t n = followed + 1; n <= newest && !stale; ++n) {
    ENTENTE_TRY(const auto row, find_row<record::Upload>(
                                    transaction, store::Key(uploads_table).id(flow_id).number(n)));
    stale = row && row->party() == session.party;
  }
  if (!stale) return {};
  return {Code::Aborted, Reason::Conflict,
          "another upload of your party came meanwhile; begin with a new upload id"};
}

// The dataflow's next place and time.
Result<record::Head> Service::next_head(const store::Id& flow_id, Transaction& transaction) const {
  const store::Key head_key = store::Key(heads_table).id(flow_id);
  ENTENTE_TRY(const auto found, find_row<record::Head>(transaction, head_key));
  record::Head head = found.value_or(record::Head());
  head.set_number(head.number() + 1);
  head.set_recorded_at_us(
      std::max(parts_.clock.now().time_since_epoch().count(), head.recorded_at_us() + 1));
  transaction.put(head_key, head.SerializeAsString());
  return head;
}

void Service::put_row(const store::Id& flow_id, const record::Upload& row,
                      Transaction& transaction) {
  transaction.put(store::Key(uploads_table).id(flow_id).number(row.number()),
                  row.SerializeAsString());
  record::UploadPlace place;
  place.set_dataflow(row.dataflow());
  place.set_number(row.number());
  transaction.put(store::Key(upload_ids_table).id(store::Id::from(row.id())),
                  place.SerializeAsString());
}

Status Service::decide_withdraw(const Subject& subject, const Flow& flow, const Kept& kept) const {
  if (kept.row.party() != subject.party) return not_yours("what another party gave is its own");
  ENTENTE_TRY_VOID(decide_upload(subject, flow));
  if (kept.withdrawn_by != 0 || kept.row.action() == v1::WITHDRAWAL) {
    return {Code::FailedPrecondition, Reason::None,
            kept.withdrawn_by != 0 ? "it was taken back already"
                                   : "it takes another back; bring the figures anew"};
  }
  return {};
}

Result<v1::UploadReport> Service::keep_withdrawal(const Subject& subject, const Flow& flow,
                                                  const Collected& collected, record::Upload row,
                                                  Transaction& transaction) {
  const auto uploads = parts_.shelf.of(flow.wire.name());
  const store::Id flow_id = parts_.store.blind("statistics", flow.wire.name());
  ENTENTE_TRY(const record::Head head, next_head(flow_id, transaction));
  if (uploads->all.empty() || uploads->last() + 1 != head.number()) {
    return Status(Code::Aborted, Reason::Conflict, "another upload came meanwhile");
  }
  row.set_number(head.number());
  row.set_recorded_at_us(head.recorded_at_us());
  v1::UploadReport report = report_of(row);
  report.set_repeated(false);
  ENTENTE_TRY_VOID(hold_back(flow, collected, head, row, report, transaction));
  put_row(flow_id, row, transaction);
  record_act(subject, transaction, acts::upload, row, flow);
  return report;
}

// The upload's row, at its place behind the dataflow's last.
Result<record::Upload> Service::make_row(const Subject& subject, UploadSession& session,
                                         const v1::FinishUploadRequest& message,
                                         const store::Id& id, v1::UploadReport& report,
                                         Transaction& transaction) {
  const store::Id flow_id = parts_.store.blind("statistics", session.flow->wire.name());
  ENTENTE_TRY(const record::Head head, next_head(flow_id, transaction));
  ENTENTE_TRY_VOID(check_weighed(session, flow_id, head.number() - 1, transaction));
  record::Upload row;
  row.set_number(head.number());
  row.set_id(std::string(id.view()));
  row.set_dataflow(session.flow->wire.name());
  row.set_party(subject.party);
  row.set_account(subject.account);
  row.set_recorded_at_us(head.recorded_at_us());
  row.set_embargo_until_us(embargo_us_of(session.request));
  row.set_action(static_cast<std::uint32_t>(session.request.action()));
  row.set_bytes(report.bytes());
  row.set_rows(report.rows());
  row.set_observations(report.observations());
  row.set_series(report.series());
  row.set_kept_bytes(report.kept_bytes());
  row.set_sha256(report.sha256());
  row.set_upload_id(session.request.upload_id());
  if (!session.mapping.empty()) {
    row.set_mapping_sha256(std::string(as_view(sha256(session.mapping))));
    transaction.put(store::Key(upload_mappings_table).id(id), session.mapping);
  }
  row.set_signature(message.signature());
  row.set_signer_certificate_sha256(message.signer_certificate_sha256());
  const auto& shared = session.checker.areas(Circle::Shared);
  std::set<std::string> all = session.checker.areas(Circle::Confidential);
  all.insert(shared.begin(), shared.end());
  *row.mutable_reference_areas() = {all.begin(), all.end()};
  *row.mutable_shared_reference_areas() = {shared.begin(), shared.end()};
  row.set_publishes(session.request.publish_totals());
  if (!session.rows_seed.empty()) {
    row.set_rows_seed(session.rows_seed);
    session.rows.name_in(row);
    row.set_manifest(rows_words(row, columns_of(shape_of(*session.flow)), session.rows_root));
  }
  ENTENTE_TRY_VOID(hold_back(*session.flow, session.collected, head, row, report, transaction));
  put_row(flow_id, row, transaction);
  return row;
}

void Service::record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                         const record::Upload& row, const Flow& flow) const {
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = upload_name(row.dataflow(), store::Id::from(row.id()));
  // Of what says nothing of what it hides, if that is what was signed.
  const bool hides = !row.manifest().empty();
  act.object_digest = hides ? std::string(as_view(sha256(row.manifest()))) : row.sha256();
  act.signature = row.signature();
  act.signer_certificate_sha256 = row.signer_certificate_sha256();
  // The entry is for who may see the figures: while there is an embargo, not for the audience.
  // Where figures may be confidential it is for who may see all of the file, unless the digest
  // hides: by that of a file with a hidden figure the figure is found by trying.
  const bool all_hidden =
      row.parts(0).empty() || row.companion() != 0 || row.shared_reference_areas().empty();
  const bool narrow = row.embargo_until_us() != 0 || row.parts(0).empty() ||
                      (flow.confidentiality.has_value() && (!hides || all_hidden));
  act.audience = static_cast<std::uint32_t>(
      guard_of(flow, row, narrow ? Circle::Confidential : Circle::Shared).audience);
  parts_.ledger.record(transaction, act);
}

Result<v1::UploadReport> Service::finish_upload(const Subject& subject,
                                                const v1::FinishUploadRequest& message,
                                                Transaction& transaction) {
  if (message.signature().size() > limits::signature_bytes_max ||
      message.signer_certificate_sha256().size() > 32) {
    return invalid_argument("signature", "is too long");
  }
  const store::Id id = upload_id(parts_.store, subject.account, message.upload_id());
  ENTENTE_TRY(const auto place,
              find_row<record::UploadPlace>(transaction, store::Key(upload_ids_table).id(id)));
  if (place) {
    ENTENTE_TRY(const auto row,
                find_row<record::Upload>(
                    transaction, store::Key(uploads_table)
                                     .id(parts_.store.blind("statistics", place->dataflow()))
                                     .number(place->number())));
    if (!row) return unreadable();
    ENTENTE_TRY(const std::shared_ptr<const Flow> flow, open_flow(subject, row->dataflow()));
    record_act(subject, transaction, kRepeated, *row, *flow);
    return report_of(*row);
  }
  const std::shared_ptr<UploadSession> session =
      parts_.uploads.find(subject.account, message.upload_id());
  if (!session) return not_found("upload " + message.upload_id().substr(0, 64));
  ENTENTE_TRY_VOID(parts_.uploads.check(subject.account, message.upload_id()).status());
  const std::lock_guard lock(session->mutex);
  // Again, for much may have changed since the first piece.
  ENTENTE_TRY(const std::shared_ptr<const Flow> flow,
              open_flow(subject, session->flow->wire.name()));
  ENTENTE_TRY_VOID(decide_upload(subject, *flow));
  if (flow != session->flow &&
      content_of(*parts_.structures.model()->find(flow->wire.data_structure())) != "" &&
      flow->structure.SerializeAsString() != session->flow->structure.SerializeAsString()) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "the dataflow's structure has changed meanwhile; begin again");
  }
  if (session->problems.count() != 0) return refused(*session);
  if (message.sha256() != session->sha256) {
    return invalid_argument("sha256", "is not that of the bytes that came");
  }
  session->tried = true;
  v1::UploadReport report = statistics::report_of(*session);
  ENTENTE_TRY(const record::Upload row,
              make_row(subject, *session, message, id, report, transaction));
  record_act(subject, transaction, acts::upload, row, *flow);
  report.set_name(upload_name(row.dataflow(), id));
  const std::lock_guard names(mutex_);
  finishing_[report.name()] = {subject.account, message.upload_id()};
  return report;
}

void Service::finished(const std::string& upload_name) {
  std::pair<std::string, std::string> place;
  {
    const std::lock_guard lock(mutex_);
    const auto found = finishing_.find(upload_name);
    if (found == finishing_.end()) return;
    place = std::move(found->second);
    finishing_.erase(found);
  }
  parts_.uploads.done(place.first, place.second);
}

}  // namespace entente::statistics
