#include "server/statistics/uploads.h"

#include <algorithm>
#include <vector>

#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

Status no_such_upload(const std::string& id) {
  return {Code::NotFound, Reason::None, "no upload `" + id + "` of yours is under way"};
}

v1::UploadProgress progress_of(const UploadSession& session) {
  v1::UploadProgress progress;
  progress.set_offset(session.offset);
  progress.set_rows(session.checker.rows());
  progress.set_problems(session.problems.count());
  progress.set_piece_bytes_max(limits::upload_piece_bytes_max);
  progress.set_mapping(session.mapping);
  progress.set_stopped(session.stopped);
  return progress;
}

v1::Mapping mapping_of(const std::string& bytes) {
  v1::Mapping mapping;
  ENTENTE_CHECK(mapping.ParseFromString(bytes));
  return mapping;
}

void add_failure(UploadSession& session, const Status& status) {
  session.problems.add(v1::Problem::MALFORMED, 0, 0, "", "", "",
                       "the upload could not be kept: " + std::string(status.message()));
}

// A reader's refusal becomes a problem; any other failure stays one.
Status take_refusal(UploadSession& session, const Status& status) {
  if (status.ok() || status.reason() != Reason::ImportRefused) return status;
  session.stopped = true;
  if (!status.violations().empty()) {
    const Violation& where = status.violations().front();
    session.problems.add(v1::Problem::MALFORMED, where.line, where.column, "", "", "",
                         where.rule + "; the rest of the file was not read");
  }
  return {};
}

}  // namespace

UploadSession::UploadSession(store::Store& store, Entropy& entropy,
                             std::shared_ptr<const Flow> its_flow, const std::string& its_party,
                             const v1::BeginUploadRequest& its_request, std::string its_mapping,
                             const Collector::Rules& rules)
    : flow(std::move(its_flow)),
      party(its_party),
      request(its_request),
      mapping(std::move(its_mapping)),
      collector(store, entropy, rules,
                [this](const Collector::Twice& twice) {
                  const std::string lines =
                      twice.exact ? "stands on line " + std::to_string(twice.first_line) + ", too"
                                  : "stands twice between line " +
                                        std::to_string(twice.first_line) + " and this";
                  problems.add(v1::Problem::DUPLICATE_KEY, twice.line, 0, "", twice.key, "",
                               "the observation `" + twice.key + "` " + lines);
                }),
      checker(flow, party, its_request.action(), collector, problems),
      rows(store, entropy),
      texts(
          shape_of(*flow), [this](const RowText& row) { return rows.add(row); }, &checker),
      reader(make_reader(flow, request.format(), mapping_of(mapping), texts)) {}

UploadSession::~UploadSession() {
  if (tried) release();  // what then belongs to no upload goes at the next start
}

void UploadSession::release() {
  collector.release();
  if (!rows_seed.empty()) rows.release();
}

Result<v1::UploadProgress> Uploads::begin(const std::string& account, const std::string& party,
                                          std::shared_ptr<const Flow> flow,
                                          const v1::BeginUploadRequest& request,
                                          std::string mapping) {
  sweep();
  const Place place(account, request.upload_id());
  std::shared_ptr<UploadSession> there;
  std::shared_ptr<UploadSession> gone;  // its rows are taken away outside the lock
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = sessions_.find(place); found != sessions_.end()) {
      there = found->second;
    } else {
      return add(place, party, std::move(flow), request, std::move(mapping), gone);
    }
  }
  if (there->request.SerializeAsString() != request.SerializeAsString()) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere,
                  "`upload_id` was begun for another dataflow or action");
  }
  // Whoever reads the file on or checks it holds this for long: nobody else waits for them.
  const std::lock_guard inside(there->mutex);
  return progress_of(*there);
}

// Under the lock.
Result<v1::UploadProgress> Uploads::add(const Place& place, const std::string& party,
                                        std::shared_ptr<const Flow> flow,
                                        const v1::BeginUploadRequest& request, std::string mapping,
                                        std::shared_ptr<UploadSession>& gone) {
  gone = make_room(place.first);
  if (is_full(place.first)) {
    return Status(Code::ResourceExhausted, Reason::Overloaded, "too many uploads are under way")
        .with_retry_after_ms(10'000);
  }
  Collector::Rules rules;
  rules.dimensions = static_cast<std::uint32_t>(flow->dimension_lists.size());
  rules.attributes = static_cast<std::uint32_t>(flow->attribute_lists.size());
  rules.rows_max = parts_.rows_max;
  rules.series_max = parts_.series_max;
  auto session = std::make_shared<UploadSession>(parts_.store, parts_.entropy, std::move(flow),
                                                 party, request, std::move(mapping), rules);
  session->used_at = parts_.clock.tick().count();
  const v1::UploadProgress progress = progress_of(*session);
  sessions_.emplace(place, std::move(session));
  return progress;
}

bool Uploads::is_full(const std::string& account) const {
  const auto own = std::count_if(sessions_.begin(), sessions_.end(),
                                 [&](const auto& one) { return one.first.first == account; });
  return sessions_.size() >= limits::uploads_max ||
         static_cast<std::size_t>(own) >= limits::uploads_per_account_max;
}

// A dry run that its account did not follow up makes room for the next, the one that was left alone
// for longest. Null: none had to go, or none could.
std::shared_ptr<UploadSession> Uploads::make_room(const std::string& account) {
  if (!is_full(account)) return nullptr;
  auto oldest = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (at->first.first != account) continue;
    const std::unique_lock inside(at->second->mutex, std::try_to_lock);
    if (!inside.owns_lock() || !at->second->ended) continue;
    const bool older = oldest == sessions_.end() || at->second->used_at < oldest->second->used_at;
    if (older) oldest = at;
  }
  if (oldest == sessions_.end()) return nullptr;
  std::shared_ptr<UploadSession> gone = std::move(oldest->second);
  sessions_.erase(oldest);
  return gone;
}

Result<v1::CommittedRows> Uploads::commit_rows(const std::string& account,
                                               const v1::CommitRowsRequest& request) {
  if (request.seed().size() != row_tree::seed_bytes) {
    return invalid_argument("seed", "must be 32 octets");
  }
  const std::shared_ptr<UploadSession> session = find(account, request.upload_id());
  if (!session) return no_such_upload(request.upload_id());
  const std::lock_guard lock(session->mutex);
  if (!session->ended || session->problems.count() != 0) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "the upload was not checked yet, or has faults");
  }
  v1::CommittedRows reply;
  reply.set_too_many(session->rows.too_many());
  if (session->rows.too_many()) return reply;
  const std::vector<std::string> roots(request.roots().begin(), request.roots().end());
  ENTENTE_TRY(const Digest root, session->rows.commit(request.seed(), roots));
  session->rows_seed = request.seed();
  session->rows_root = as_view(root);
  reply.set_root(session->rows_root);
  reply.set_columns(columns_of(shape_of(*session->flow)));
  return reply;
}

std::shared_ptr<UploadSession> Uploads::find(const std::string& account, const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find({account, id});
  if (found == sessions_.end()) return nullptr;
  found->second->used_at = parts_.clock.tick().count();
  return found->second;
}

Result<v1::UploadProgress> Uploads::piece(const std::string& account,
                                          const v1::SendPieceRequest& request) {
  const auto session = find(account, request.upload_id());
  if (!session) return no_such_upload(request.upload_id());
  if (request.content().size() > limits::upload_piece_bytes_max) {
    return invalid_argument("content", "is larger than `piece_bytes_max`");
  }
  const std::lock_guard lock(session->mutex);
  if (session->offset != request.offset() || session->ended) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "the upload stands at byte " + std::to_string(session->offset));
  }
  session->offset += request.content().size();
  session->digest.add(request.content());
  if (!session->stopped) {
    const Status read = take_refusal(*session, session->reader->feed(request.content()));
    if (!read.ok()) {
      session->stopped = true;
      add_failure(*session, read);
      return read;
    }
  }
  return progress_of(*session);
}

Status Uploads::end(UploadSession& session) {
  if (session.ended) return {};
  session.ended = true;
  session.sha256 = session.digest.finish();
  const Status status = weigh(session);
  // What was read is lost or half done: the upload cannot succeed any more.
  if (!status.ok()) add_failure(session, status);
  return status;
}

// Reads the rest, and weighs it against what is there.
Status Uploads::weigh(UploadSession& session) {
  if (!session.stopped) {
    ENTENTE_TRY_VOID(take_refusal(session, session.reader->finish()));
  }
  if (!session.stopped && session.checker.rows() == 0) {
    session.problems.add(v1::Problem::MALFORMED, 0, 0, "", "", "", "the file has no observations");
  }
  ENTENTE_TRY(session.collected, session.collector.finish());
  if (session.problems.count() != 0) return {};
  if (session.request.action() == v1::APPEND) return find_present(session);
  if (session.request.action() == v1::MERGE) return lay_over(session);
  return {};
}

// What the upload's party has given, in both circles.
std::vector<Layer> Uploads::own_layers(UploadSession& session) const {
  std::vector<Layer> layers;
  const auto uploads = parts_.shelf.of(session.flow->wire.name());
  for (const auto& kept : uploads->all) {
    session.weighed_against = std::max(session.weighed_against, kept->row.number());
    // What is held back is so until it is weighed anew, which each upload does.
    if (kept->row.party() != session.party || kept->row.action() == v1::SUPPRESSION) continue;
    for (const auto& part : kept->parts) {
      if (part) layers.push_back({.part = part, .version = kept->row.number(), .fresh = true});
    }
  }
  return layers;
}

Status Uploads::lay_over(UploadSession& session) {
  const v1::DataStructure& structure = session.flow->structure;
  Collector::Overlay overlay;
  overlay.present = own_layers(session);
  overlay.confidentiality = session.flow->confidentiality;
  for (const auto& one : structure.attributes()) overlay.mandatory.push_back(one.mandatory());
  const std::int64_t free_at_us =
      std::max(parts_.clock.now().time_since_epoch().count(), embargo_us_of(session.request));
  const auto uploads = parts_.shelf.of(session.flow->wire.name());
  for (const auto& kept : uploads->all) {
    if (kept->row.embargo_until_us() > free_at_us) overlay.embargoed.insert(kept->row.number());
  }
  overlay.on_embargoed = [&](const std::string& key) {
    session.problems.add(v1::Problem::NOT_ALLOWED, 0, 0, "", key, "",
                         "the observation `" + key +
                             "` is under an embargo: merge under the same one, or replace it");
  };
  overlay.on_lack = [&](const std::string& key, std::size_t attribute) {
    const std::string& id = structure.attributes(static_cast<int>(attribute)).id();
    session.problems.add(v1::Problem::MISSING_VALUE, 0, 0, id, key, "",
                         "the observation `" + key + "` is new: a value must be given");
  };
  ENTENTE_TRY(session.collected, session.collector.lay_over(session.collected, std::move(overlay)));
  return {};
}

// What an upload that only appends may not bring: observations that its party has given already.
Status Uploads::find_present(UploadSession& session) {
  std::vector<Layer> layers = own_layers(session);
  if (layers.empty()) return {};
  for (const auto& part : session.collected.parts) {
    if (part) layers.push_back({.part = part, .version = UINT64_MAX, .fresh = true});
  }
  const auto snapshot = parts_.store.snapshot();
  IndexCache cache(0);
  Reading reading;
  reading.history = true;
  // Only the areas of this upload: nothing is learnt of what others gave.
  if (session.flow->reference_area) {
    reading.codes.resize(session.flow->dimension_lists.size());
    std::set<std::string> areas = session.checker.areas(Circle::Shared);
    areas.insert(session.checker.areas(Circle::Confidential).begin(),
                 session.checker.areas(Circle::Confidential).end());
    reading.codes[*session.flow->reference_area].emplace(areas.begin(), areas.end());
  }
  ENTENTE_TRY(const auto merge,
              Merge::open(*snapshot, cache, std::move(layers), std::move(reading)));
  Merged all;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(all, limits::answer_observations_max));
    if (all.columns.series() == 0) return {};
    std::size_t cell = 0;
    for (std::size_t s = 0; s < all.columns.series(); ++s) {
      for (std::uint32_t i = 0; i < all.columns.counts[s]; ++i, ++cell) {
        if (i == 0 || merge->layers()[all.layers[cell]].version != UINT64_MAX ||
            all.columns.ordinals[cell] != all.columns.ordinals[cell - 1] ||
            is_gone(all.columns.kinds[cell - 1])) {
          continue;
        }
        std::string key;
        for (std::size_t d = 0; d + 1 < all.columns.width; ++d) {
          key += (d == 0 ? "" : ".") + merge->dimensions()[d][all.columns.key(s)[d]];
        }
        key += " " + to_text({all.columns.frequency(s), all.columns.ordinals[cell]});
        session.problems.add(v1::Problem::ALREADY_THERE, 0, 0, "", key, "",
                             "the observation `" + key + "` is there already");
      }
    }
  }
}

Result<v1::UploadReport> Uploads::check(const std::string& account, const std::string& id) {
  const auto session = find(account, id);
  if (!session) return no_such_upload(id);
  const std::lock_guard lock(session->mutex);
  ENTENTE_TRY_VOID(end(*session));
  return report_of(*session);
}

void Uploads::done(const std::string& account, const std::string& id) {
  std::shared_ptr<UploadSession> session;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find({account, id});
    if (found == sessions_.end()) return;
    session = std::move(found->second);
    sessions_.erase(found);
  }
  const std::lock_guard lock(session->mutex);
  session->release();
}

void Uploads::sweep() {
  std::vector<std::shared_ptr<UploadSession>> gone;  // their rows are taken away outside the lock
  const std::lock_guard lock(mutex_);
  const Tick now = parts_.clock.tick();
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    const Tick used(at->second->used_at.load());
    if (now - used > std::chrono::milliseconds(limits::upload_idle_ms_max)) {
      gone.push_back(std::move(at->second));
      at = sessions_.erase(at);
    } else {
      ++at;
    }
  }
}

std::int64_t embargo_us_of(const v1::BeginUploadRequest& request) {
  if (!request.has_embargo_until()) return 0;
  return instant_of(request.embargo_until()).time_since_epoch().count();
}

v1::UploadReport report_of(const UploadSession& session) {
  v1::UploadReport report;
  report.set_accepted(session.problems.count() == 0);
  report.set_bytes(session.offset);
  report.set_rows(session.checker.rows());
  report.set_observations(session.collected.observations);
  report.set_series(session.collected.series);
  for (const v1::Problem& problem : session.problems.kept()) *report.add_problems() = problem;
  report.set_problems_more(session.problems.count() - session.problems.kept().size());
  for (const auto& [kind, count] : session.problems.by_kind()) {
    v1::ProblemCount* counted = report.add_problem_counts();
    counted->set_kind(kind);
    counted->set_count(count);
  }
  report.set_sha256(session.sha256);
  std::uint64_t bytes = 0;
  for (const auto& part : session.collected.parts) bytes += part ? part->bytes : 0;
  report.set_kept_bytes(bytes);
  return report;
}

}  // namespace entente::statistics
