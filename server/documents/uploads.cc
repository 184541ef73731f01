#include "server/documents/uploads.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "server/documents/extract/text.h"
#include "server/documents/search/texts.h"

namespace entente::documents {
namespace {

// By which a PDF is known, and what has no text.
constexpr std::size_t kHeadBytes = extract::looked_at_bytes;

// `parties/SWE` of `parties/SWE/accounts/anna`.
std::string_view party_in(std::string_view account) {
  return account.substr(0, account.find("/accounts/"));
}

Status no_such_upload(const std::string& id) {
  return {Code::NotFound, Reason::None,
          "no upload `" + id.substr(0, 64) + "` of yours is under way"};
}

}  // namespace

Status UploadSession::take_away() {
  if (kept || tried) return {};  // what then belongs to no document goes at the next start
  std::vector<store::StagedRow> gone;
  for (std::uint64_t n = 0; n < chunks_tried; ++n) {
    gone.push_back({.key = store::Key(chunks_table).id(content).number(n),
                    .value = std::nullopt,
                    .seal = seal_of(document)});
  }
  if (!gone.empty()) {
    gone.push_back({.key = search::Texts::key_of(content, 0),
                    .value = std::nullopt,
                    .seal = seal_of(document)});
    ENTENTE_TRY_VOID(store.stage(gone));
  }
  if (is_new) {
    const Status destroyed = store.destroy_seal(seal_of(document));
    if (!destroyed.ok() && destroyed.code() != Code::NotFound) return destroyed;
  }
  kept = true;
  return {};
}

Status UploadSession::add(std::string_view bytes, bool last) {
  std::vector<store::StagedRow> rows;
  const auto seal = [&](std::string value) {
    rows.push_back({.key = store::Key(chunks_table).id(content).number(chunks + rows.size()),
                    .value = std::move(value),
                    .seal = seal_of(document)});
  };
  std::string chunk = rest;
  std::string_view left = bytes;
  while (chunk.size() + left.size() >= limits::content_chunk_bytes) {
    const std::size_t take = limits::content_chunk_bytes - chunk.size();
    chunk.append(left.substr(0, take));
    left.remove_prefix(take);
    seal(std::exchange(chunk, std::string()));
  }
  chunk.append(left);
  if (last && !chunk.empty()) seal(std::exchange(chunk, std::string()));
  const std::uint64_t then = chunks + rows.size();
  chunks_tried = std::max(chunks_tried, then);
  std::string begins = head;
  if (head.size() < kHeadBytes) begins.append(bytes.substr(0, kHeadBytes - head.size()));
  if (last && !rows.empty() && !extract::may_have_text(begins)) {
    rows.push_back(search::Texts::none_of(content, document));
  }
  if (!rows.empty()) ENTENTE_TRY_VOID(store.stage(rows));
  chunks = then;
  rest = std::move(chunk);
  digest.add(bytes);
  offset += bytes.size();
  head = std::move(begins);
  return {};
}

Result<std::shared_ptr<UploadSession>> Uploads::find(const std::string& account,
                                                     const v1::BeginContentRequest& request) {
  sweep();
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find({account, request.upload_id()});
  if (found == sessions_.end()) return std::shared_ptr<UploadSession>();
  using google::protobuf::util::MessageDifferencer;
  if (!MessageDifferencer::Equals(found->second->request, request)) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere,
                  "`upload_id` was begun for another document or content");
  }
  found->second->used_at = parts_.clock.tick().count();
  return found->second;
}

Result<std::shared_ptr<UploadSession>> Uploads::get(const std::string& account,
                                                    const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find({account, id});
  if (found == sessions_.end()) return no_such_upload(id);
  found->second->used_at = parts_.clock.tick().count();
  return found->second;
}

Result<std::shared_ptr<UploadSession>> Uploads::begin(const std::string& account,
                                                      const v1::BeginContentRequest& request,
                                                      const std::string& process,
                                                      const std::optional<store::Id>& document) {
  {
    const std::lock_guard lock(mutex_);
    std::size_t own = 0;
    std::size_t party = 0;
    for (const auto& [place, session] : sessions_) {
      if (place.first == account) ++own;
      if (party_in(place.first) == party_in(account)) ++party;
    }
    if (sessions_.size() >= limits::contents_under_way_max ||
        party >= limits::contents_per_party_max || own >= limits::contents_per_account_max) {
      return Status(Code::ResourceExhausted, Reason::Overloaded, "too many uploads are under way")
          .with_retry_after_ms(10'000);
    }
  }
  const store::Id id = document.value_or(store::Id::from(parts_.entropy.bytes(16)));
  const store::SealName of_process = parts_.rows.process_seal(process);
  ENTENTE_TRY_VOID(parts_.rows.store().ensure_seal(of_process));
  ENTENTE_TRY_VOID(parts_.rows.store().ensure_seal(seal_of(id), of_process.id));
  auto session = std::make_shared<UploadSession>(parts_.rows.store(), request, id,
                                                 store::Id::from(parts_.entropy.bytes(16)),
                                                 /*makes_document=*/!document);
  session->used_at = parts_.clock.tick().count();
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = sessions_.emplace(Place(account, request.upload_id()), session);
  return at->second;  // of two that begin the same at once, the first
}

Status Uploads::piece(UploadSession& session, std::uint64_t offset, std::string_view content) {
  if (content.size() > limits::content_piece_bytes_max) {
    return invalid_argument("content", "is larger than `piece_bytes_max`");
  }
  const std::lock_guard lock(session.mutex);
  if (session.offset != offset || !session.sha256.empty()) {
    return {Code::FailedPrecondition, Reason::None,
            "the upload stands at byte " + std::to_string(session.offset)};
  }
  if (content.size() > session.request.content().bytes() - offset) {
    return invalid_argument("content", "is more than `content.bytes` said");
  }
  // The rest is sealed with the last piece: each write waits its turn behind others' commits.
  const bool last = offset + content.size() == session.request.content().bytes();
  return session.add(content, last);
}

Status Uploads::end(UploadSession& session) {
  if (!session.sha256.empty()) return {};
  if (session.offset != session.request.content().bytes()) {
    return invalid_argument("content.bytes", "is not how many came: the upload stands at byte " +
                                                 std::to_string(session.offset));
  }
  ENTENTE_TRY_VOID(session.add({}, /*last=*/true));
  session.sha256 = session.digest.finish();
  return {};
}

void Uploads::settle(const store::Id& document) {
  std::vector<Place> under_way;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [place, session] : sessions_) {
      if (session->document == document) under_way.push_back(place);
    }
  }
  const auto snapshot = parts_.rows.store().snapshot();
  for (const Place& place : under_way) {
    const auto found =
        parts_.rows.find_place(*snapshot, parts_.rows.upload_id(place.first, place.second));
    if (found.ok() && *found) done(place);
  }
}

void Uploads::done(const Place& place) {
  std::shared_ptr<UploadSession> session;  // goes outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(place);
  if (found == sessions_.end()) return;
  session = std::move(found->second);
  // Of bytes that the document had already, the rows that were there stay, and these go.
  session->kept = session->tried;
  sessions_.erase(found);
}

void Uploads::sweep() {
  std::vector<std::shared_ptr<UploadSession>> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.swap(forgotten_);
    const Tick now = parts_.clock.tick();
    for (auto at = sessions_.begin(); at != sessions_.end();) {
      const Tick used(at->second->used_at.load());
      if (now - used > std::chrono::milliseconds(limits::content_idle_ms_max)) {
        gone.push_back(std::move(at->second));
        at = sessions_.erase(at);
      } else {
        ++at;
      }
    }
  }
  const auto taken_away = [](const std::shared_ptr<UploadSession>& session) {
    const std::lock_guard lock(session->mutex);
    return session->take_away().ok();
  };
  gone.erase(std::remove_if(gone.begin(), gone.end(), taken_away), gone.end());
  if (gone.empty()) return;
  const std::lock_guard lock(mutex_);
  forgotten_.insert(forgotten_.end(), gone.begin(), gone.end());
}

}  // namespace entente::documents
