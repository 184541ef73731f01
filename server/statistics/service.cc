// The rpcs that change nothing.
#include "server/statistics/service.h"

#include <algorithm>
#include <set>
#include <span>

#include "proto/contract/limits.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure/references.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

// What is seen of one upload: one layer of each of its circles.
using Circles = std::span<const SeenLayer>;

// Each upload of which anything is seen, the oldest first: `visit(circles, brought)`. `exact`, if
// any, says what each shows; of one that shows nothing that is nothing.
template <typename Visit>
void each_upload(const Sight& sight, const Tally* exact, const Visit& visit) {
  static const Brought nothing;
  const Circles all(sight.all);
  for (std::size_t i = 0; i < all.size();) {
    const std::size_t from = i;
    while (i < all.size() && all[i].kept == all[from].kept) ++i;
    // What holds figures back is part of the upload that it stands beside, and told with that.
    if (all[from].kept->row.action() == v1::SUPPRESSION) continue;
    const Brought* brought = nullptr;
    if (exact != nullptr) {
      const auto found = exact->uploads.find(all[from].layer.version);
      brought = found == exact->uploads.end() ? &nothing : &found->second;
    }
    visit(all.subspan(from, i - from), brought);
  }
}

Instant first_seen(Circles of) {
  Instant first = of.front().appeared;
  for (const SeenLayer& one : of) first = std::min(first, one.appeared);
  return first;
}

// Query's answer, made while it is sent.
class QuerySource final : public net::Source {
 public:
  QuerySource(Service::Who who, identity::SubjectPointer asked, std::shared_ptr<const Flow> flow,
              std::unique_ptr<store::Snapshot> snapshot, std::unique_ptr<Merge> merge,
              std::vector<std::int64_t> recorded_us)
      : who_(std::move(who)),
        asked_(std::move(asked)),
        flow_(std::move(flow)),
        snapshot_(std::move(snapshot)),
        merge_(std::move(merge)),
        recorded_us_(std::move(recorded_us)) {}

  Result<Next> next(net::Message& out) override {
    // What was opened was opened for who asked, as they were then.
    ENTENTE_TRY(const identity::SubjectPointer now, who_());
    if (now != asked_ && now->principals != asked_->principals) {
      return Status(Code::Aborted, Reason::Conflict, "your rights have changed; ask again");
    }
    ENTENTE_TRY_VOID(merge_->next(merged_, limits::answer_observations_max));
    if (merged_.columns.series() == 0) return Next::End;
    static_cast<v1::Observations&>(out) = to_wire(*flow_, *merge_, merged_, recorded_us_);
    return Next::Message;
  }

 private:
  Service::Who who_;
  identity::SubjectPointer asked_;
  std::shared_ptr<const Flow> flow_;
  std::unique_ptr<store::Snapshot> snapshot_;
  std::unique_ptr<Merge> merge_;
  std::vector<std::int64_t> recorded_us_;
  Merged merged_;
};

}  // namespace

void Service::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt) {
  const std::string service = "entente.v1.StatisticsService.";
  gate.reads(service + "ListDataflows", this, &Service::list_dataflows);
  gate.reads(service + "GetStructure", this, &Service::get_structure);
  gate.reads(service + "ListUploads", this, &Service::list_uploads);
  gate.reads(service + "CompareParties", this, &Service::compare_parties);
  gate.reads(service + "BeginUpload", this, &Service::begin_upload);
  gate.reads(service + "SendPiece", this, &Service::send_piece);
  gate.reads(service + "CheckUpload", this, &Service::check_upload);
  gate.acts(service + "DefineStructures", this, &Service::define_structures);
  gate.acts(service + "FinishUpload", this, &Service::finish_upload,
            [this, receipt = ledger::with_receipt(make_receipt)](store::CommitIndex index,
                                                                 v1::UploadReport& report) {
              finished(report.name());
              receipt(index, report);
            });
  gate.streams<v1::QueryRequest>(
      service + "Query", [this](const std::shared_ptr<identity::Receiver>& receiver,
                                const v1::QueryRequest& message, const net::Waker&) {
        return query([receiver] { return receiver->subject(); }, message);
      });
}

v1::Dataflow Service::shown(const Subject& subject, const Flow& flow) const {
  v1::Dataflow out = flow.wire;
  if (out.has_denominator() && !open_flow(subject, out.denominator().dataflow()).ok()) {
    out.clear_denominator();
  }
  return out;
}

bool Service::may_read(const Subject& subject, const Flow& flow) const {
  return policy::decide(subject, policy::Action::Read, flow.guard, parts_.clock.now()).permits();
}

bool Service::may_see(const Subject& subject, const record::Structure& row) const {
  if (row.has_categorisation()) {
    const record::Structure* of = parts_.structures.model()->find(row.categorisation().structure());
    return of != nullptr && !of->has_categorisation() && may_see(subject, *of);
  }
  std::string flow_name;
  if (row.has_dataflow()) flow_name = row.dataflow().name();
  if (row.has_provision()) flow_name = parse_provision_name(row.provision().name())->dataflow;
  if (flow_name.empty()) return true;
  const auto flow = parts_.structures.model()->find_flow(flow_name);
  if (!flow || !may_read(subject, *flow)) return false;
  if (!row.has_provision()) return true;
  const auto provision = flow->provisions.find(party_code(row.provision().party()));
  return provision != flow->provisions.end() &&
         statistics::may_see(subject, *flow, provision->second, parts_.clock.now());
}

Result<std::shared_ptr<const Flow>> Service::open_flow(const Subject& subject,
                                                       std::string_view name) const {
  std::shared_ptr<const Flow> flow = parts_.structures.model()->find_flow(name);
  const policy::Guard guard = flow ? flow->guard : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, policy::Action::Read, guard, parts_.clock.now());
  if (!decision.permits()) return not_found(name);
  return flow;
}

SightPointer Service::whole_sight(const Subject& subject, const Flow& flow,
                                  std::optional<Instant> as_of,
                                  std::optional<Instant> updated_after) {
  const auto uploads = parts_.shelf.of(flow.wire.name());
  const Instant now = parts_.clock.now();
  if (!as_of && !updated_after) return sights_.find(subject, flow, uploads, now);
  return sight_of(subject, flow, *uploads, now, as_of, updated_after);
}

SightPointer Service::sight(const Subject& subject, const Flow& flow, std::optional<Instant> as_of,
                            std::optional<Instant> updated_after) {
  SightPointer whole = whole_sight(subject, flow, as_of, updated_after);
  if (!flow.wire.has_reciprocity()) return whole;
  const auto open = open_periods(subject, flow);
  const auto is_own = [&](const SeenLayer& one) { return one.kept->row.party() == subject.party; };
  // What cannot be read cannot be shown to have been given: then nothing is open.
  if (!open.ok()) return only(whole, is_own);
  if (*open == nullptr) return whole;
  std::vector<SeenLayer> seen = whole->all;
  for (SeenLayer& one : seen) {
    if (!is_own(one)) one.layer.open = *open;
  }
  return std::make_shared<const Sight>(std::move(seen));
}

// Null: headers tell it, for everything in the parts is seen and stands for something.
Result<std::shared_ptr<const Tally>> Service::exact_tally(const Flow& flow,
                                                          const SightPointer& seen,
                                                          Snapshot& snapshot) {
  const auto& over = seen->stood_over;
  const bool told = std::find(over.begin(), over.end(), true) == over.end() &&
                    std::all_of(seen->all.begin(), seen->all.end(), [](const SeenLayer& one) {
                      return one.layer.part->gone == 0 && !one.layer.open;
                    });
  if (told) return std::shared_ptr<const Tally>();
  return contributions_.read(snapshot, flow, seen);
}

Result<std::set<std::string>> Service::givers(const Flow& flow, const SightPointer& seen) {
  std::set<std::string> parties;
  std::set<std::string> doubtful;  // all of it may have been superseded before the reader's time
  for (std::size_t i = 0; i < seen->all.size(); ++i) {
    if (is_marks_only(seen->all[i])) continue;
    (seen->stood_over[i] ? doubtful : parties).insert(seen->all[i].kept->row.party());
  }
  if (std::includes(parties.begin(), parties.end(), doubtful.begin(), doubtful.end())) {
    return parties;
  }
  const auto snapshot = parts_.store.snapshot();
  ENTENTE_TRY(const std::shared_ptr<const Tally> exact, exact_tally(flow, seen, *snapshot));
  for (const SeenLayer& one : seen->all) {
    const std::string& party = one.kept->row.party();
    const bool shows = exact->uploads.count(one.layer.version) != 0;
    if (shows && doubtful.count(party) != 0) parties.insert(party);
  }
  return parties;
}

Result<v1::ListDataflowsReply> Service::list_dataflows(const Subject& subject,
                                                       const v1::ListDataflowsRequest& message,
                                                       Snapshot& snapshot) {
  v1::ListDataflowsReply reply;
  const auto model = parts_.structures.model();
  for (const auto& [name, flow] : model->flows()) {
    if (!message.process().empty() && flow->wire.process() != message.process()) continue;
    if (!may_read(subject, *flow)) continue;
    auto* row = reply.add_rows();
    *row->mutable_dataflow() = shown(subject, *flow);
    const SightPointer seen = sight(subject, *flow);
    ENTENTE_TRY(const std::shared_ptr<const Tally> exact, exact_tally(*flow, seen, snapshot));
    std::set<std::string_view> parties;
    std::uint64_t observations = 0;
    Instant newest{};
    each_upload(*seen, exact.get(), [&](Circles of, const Brought* brought) {
      if (brought != nullptr && !brought->shows()) return;
      if (brought != nullptr) observations += brought->observations;
      for (const SeenLayer& one : of) {
        if (brought == nullptr) observations += one.layer.part->observations;
      }
      parties.insert(of.front().kept->row.party());
      newest = std::max(newest, first_seen(of));
    });
    row->set_parties(static_cast<std::uint32_t>(parties.size()));
    row->set_observations(observations);
    if (!parties.empty()) set_time(*row->mutable_updated_at(), newest);
    row->set_may_report(decide_upload(subject, *flow).ok());
  }
  return reply;
}

Result<v1::StructureSet> Service::get_structure(const Subject& subject,
                                                const v1::GetStructureRequest& message, Snapshot&) {
  const auto model = parts_.structures.model();
  const record::Structure* row = model->find(message.name());
  if (row == nullptr) return not_found(message.name());
  if (!may_see(subject, *row)) return not_found(message.name());
  v1::StructureSet set;
  if (message.with_references()) {
    for (const record::Structure* one : with_references(*model, message.name())) {
      add_to_set(*one, set);
    }
  } else {
    add_to_set(*row, set);
  }
  for (v1::Dataflow& one : *set.mutable_dataflows()) {
    one = shown(subject, *model->find_flow(one.name()));
  }
  if (!row->has_dataflow() || !message.with_references()) return set;
  const auto flow = model->find_flow(message.name());
  for (const auto& [party, provision] : flow->provisions) {
    if (statistics::may_see(subject, *flow, provision, parts_.clock.now())) {
      *set.add_provisions() = provision.wire;
    }
  }
  return set;
}

// The uploads of which the subject may see anything, the oldest first, with what it sees of each:
// what is confidential in one is in no count of it. Its party and the secretariat see one that
// changed nothing, too.
Result<std::vector<SeenUpload>> Service::seen_uploads(const Subject& subject, const Flow& flow,
                                                      Snapshot& snapshot,
                                                      const std::set<std::uint64_t>& also) {
  const SightPointer seen = sight(subject, flow);
  ENTENTE_TRY(const std::shared_ptr<const Tally> exact, exact_tally(flow, seen, snapshot));
  const Instant now = parts_.clock.now();
  const auto sees_hidden = [&](const Kept& kept) {
    return policy::decide(subject, policy::Action::Read,
                          guard_of(flow, kept.row, Circle::Confidential), now)
        .permits();
  };
  const auto sees_all = [&](const Kept& kept) {
    // What is confidential in it is so whatever the structure says now.
    const bool may_hide = flow.confidentiality.has_value() ||
                          kept.parts[static_cast<std::size_t>(Circle::Confidential)] != nullptr;
    return !may_hide || sees_hidden(kept);
  };
  std::vector<SeenUpload> uploads;
  each_upload(*seen, exact.get(), [&](Circles of, const Brought* brought) {
    const std::shared_ptr<const Kept>& kept = of.front().kept;
    // What changed nothing was done all the same: to those from whom nothing of it is hidden.
    const bool is_told = sees_hidden(*kept) || also.count(kept->row.number()) != 0;
    if (brought != nullptr && !brought->shows() && !is_told) return;
    SeenUpload& one = uploads.emplace_back();
    one.kept = kept;
    one.appeared = first_seen(of);
    one.whole = sees_all(*kept);
    if (brought != nullptr) {
      one.brought = *brought;
      return;
    }
    for (const SeenLayer& layer : of) {
      const PartHeader& part = *layer.layer.part;
      one.brought.observations += part.observations;
      one.brought.series = std::max<std::uint64_t>(one.brought.series, part.series);
      const auto& areas = layer.circle == Circle::Shared ? kept->row.shared_reference_areas()
                                                         : kept->row.reference_areas();
      one.brought.areas.insert(areas.begin(), areas.end());
    }
  });
  // Also one that shows nothing by itself is named by what it takes back.
  const auto name_of = [&](std::uint64_t number) {
    const auto found = std::lower_bound(
        seen->all.begin(), seen->all.end(), number,
        [](const SeenLayer& one, std::uint64_t sought) { return one.layer.version < sought; });
    if (found == seen->all.end() || found->layer.version != number) return std::string();
    // Nor is one that was superseded as a whole before the subject's time for it came.
    const bool is_over = seen->stood_over[static_cast<std::size_t>(found - seen->all.begin())];
    if (is_over && exact->uploads.count(number) == 0) return std::string();
    return upload_name(flow.wire.name(), store::Id::from(found->kept->row.id()));
  };
  for (SeenUpload& one : uploads) {
    if (one.kept->row.withdraws() != 0) one.withdraws = name_of(one.kept->row.withdraws());
    if (one.kept->withdrawn_by != 0) one.withdrawn_by = name_of(one.kept->withdrawn_by);
  }
  return uploads;
}

v1::Upload to_wire(const SeenUpload& seen) {
  v1::Upload out = to_wire(seen.kept->row);
  out.set_withdraws(seen.withdraws);
  out.set_withdrawn_by(seen.withdrawn_by);
  out.set_observations(seen.brought.observations + seen.brought.withdrawn);
  out.set_series(seen.brought.series);
  *out.mutable_reference_areas() = {seen.brought.areas.begin(), seen.brought.areas.end()};
  // The digest of a file with a hidden figure tells it to whoever tries them all; and whether there
  // is one must not be told, either.
  if (!seen.whole) {
    out.clear_sha256();
    if (!seen.kept->row.manifest().empty()) return out;  // what was signed hides it
    out.clear_signature();
    out.clear_signer_certificate_sha256();
  }
  return out;
}

Result<v1::ListUploadsReply> Service::list_uploads(const Subject& subject,
                                                   const v1::ListUploadsRequest& message,
                                                   Snapshot& snapshot) {
  ENTENTE_TRY(const std::shared_ptr<const Flow> flow, open_flow(subject, message.dataflow()));
  ENTENTE_TRY(std::vector<SeenUpload> uploads, seen_uploads(subject, *flow, snapshot));
  std::reverse(uploads.begin(), uploads.end());
  const std::uint32_t size = message.page_size() == 0
                                 ? limits::page_size_default
                                 : std::min(message.page_size(), limits::page_size_max);
  v1::ListUploadsReply reply;
  bool begun = message.page_token().empty();
  for (const SeenUpload& one : uploads) {
    if (!message.party().empty() && message.party() != "parties/" + one.kept->row.party()) continue;
    v1::Upload upload = to_wire(one);
    if (!begun) {
      begun = upload.name() == message.page_token();
      continue;
    }
    if (static_cast<std::uint32_t>(reply.uploads_size()) == size) {
      reply.set_next_page_token(reply.uploads(reply.uploads_size() - 1).name());
      break;
    }
    *reply.add_uploads() = std::move(upload);
  }
  if (!begun) {
    return Status(Code::InvalidArgument, Reason::PageTokenInvalid,
                  "`page_token` is not one that this query gave you");
  }
  return reply;
}

Result<std::unique_ptr<net::Source>> Service::query(const Who& who,
                                                    const v1::QueryRequest& request) {
  ENTENTE_TRY(const identity::SubjectPointer subject, who());
  ENTENTE_TRY(std::shared_ptr<const Flow> flow, open_flow(*subject, request.dataflow()));
  ENTENTE_TRY(Reading reading, reading_of(*flow, request));
  std::optional<Instant> as_of;
  std::optional<Instant> after;
  if (request.has_as_of()) as_of = instant_of(request.as_of());
  if (request.has_updated_after()) after = instant_of(request.updated_after());
  const SightPointer seen = sight(*subject, *flow, as_of, after);
  std::vector<std::int64_t> recorded_us;
  if (request.include_history()) {
    for (const SeenLayer& one : seen->all) recorded_us.push_back(one.kept->row.recorded_at_us());
  }
  // Behind the layers: it has all that they name.
  std::unique_ptr<Snapshot> snapshot = parts_.store.snapshot();
  ENTENTE_TRY(std::unique_ptr<Merge> merge,
              Merge::open(*snapshot, parts_.cache, seen->layers, std::move(reading)));
  return std::unique_ptr<net::Source>(
      std::make_unique<QuerySource>(who, subject, std::move(flow), std::move(snapshot),
                                    std::move(merge), std::move(recorded_us)));
}

Result<v1::UploadProgress> Service::send_piece(const Subject& subject,
                                               const v1::SendPieceRequest& message, Snapshot&) {
  return parts_.uploads.piece(subject.account, message);
}

Result<v1::UploadReport> Service::check_upload(const Subject& subject,
                                               const v1::CheckUploadRequest& message, Snapshot&) {
  ENTENTE_TRY(v1::UploadReport report, parts_.uploads.check(subject.account, message.upload_id()));
  const auto session = parts_.uploads.find(subject.account, message.upload_id());
  if (!session || !report.accepted()) return report;
  const std::lock_guard lock(session->mutex);
  const auto staged = parts_.store.snapshot();  // what the call's own was taken before
  const v1::BeginUploadRequest& begun = session->request;
  const Coming upload{.party = session->party,
                      .added = session->collected,
                      .publishes = begun.publish_totals(),
                      .embargo_until_us = embargo_us_of(begun)};
  ENTENTE_TRY(const Protection protection, find_protection(*session->flow, upload, *staged));
  tell(protection, report);
  return report;
}

}  // namespace entente::statistics
