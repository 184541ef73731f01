#include "proto/contract/witness.h"

#include <algorithm>
#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/merkle.h"

namespace entente::witness {
namespace {

// "The client MUST NOT send more than 63 consistency proof lines."
constexpr std::size_t proof_lines_max = 63;

Answer refuse(int http_status, std::string why) {
  return {.http_status = http_status, .content_type = "text/plain", .body = std::move(why) + "\n"};
}

std::int64_t seconds_of(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

Status malformed(std::string message) {
  return {Code::InvalidArgument, Reason::ProofInvalid, std::move(message)};
}

// Takes the next line off `rest`, without its newline; nothing if there is none.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

Result<AddCheckpoint> AddCheckpoint::parse(std::string_view body) {
  constexpr std::string_view old = "old ";
  AddCheckpoint request;
  const std::optional<std::string_view> first = take_line(body);
  if (!first || !first->starts_with(old)) return malformed("the first line is not `old <size>`");
  const std::optional<std::uint64_t> size = note::parse_decimal(first->substr(old.size()));
  if (!size) return malformed("the old size is not a number");
  request.old_size = *size;
  for (;;) {
    const std::optional<std::string_view> line = take_line(body);
    if (!line) return malformed("there is no empty line before the checkpoint");
    if (line->empty()) break;
    const std::optional<std::string> hash = from_base64(*line);
    if (!hash || hash->size() != sizeof(Digest)) return malformed("a proof line is not a hash");
    if (request.proof.size() == proof_lines_max) return malformed("the proof is too long");
    request.proof.push_back(digest_from(*hash));
  }
  if (body.size() > limits::note_bytes_max) return malformed("the checkpoint is too long");
  request.note = body;
  return request;
}

std::string AddCheckpoint::format() const {
  std::string body = "old " + std::to_string(old_size) + "\n";
  for (const Digest& hash : proof) body += to_base64(as_view(hash)) + "\n";
  return body + "\n" + note;
}

Result<std::unique_ptr<Witness>> Witness::open(note::SigningKey key,
                                               std::vector<note::VerifierKey> logs,
                                               std::span<const std::string> kept, Keep keep) {
  const auto lost = [] {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "what this witness kept is not what it had signed");
  };
  std::unique_ptr<Witness> witness(new Witness(std::move(key), std::move(logs), std::move(keep)));
  for (const std::string& text : kept) {
    const Result<note::Note> note = note::Note::parse(text);
    if (!note.ok() || !verify_cosignature(*note, witness->key())) return lost();
    const Result<note::Checkpoint> checkpoint = note::Checkpoint::parse(note->text);
    if (!checkpoint.ok()) return lost();
    Seen& seen = witness->seen_[checkpoint->origin];
    if (!seen.note.empty() && seen.checkpoint.size > checkpoint->size) continue;
    seen = {.checkpoint = *checkpoint, .note = text};
  }
  return witness;
}

std::optional<Answer> Witness::refuse_signatures(const note::Note& note,
                                                 const std::string& origin) const {
  bool known = false;
  bool vouched = false;
  for (const note::VerifierKey& log : logs_) {
    if (log.name() != origin) continue;
    known = true;
    if (note.find(log) == nullptr) continue;
    if (!verify(note, log)) return refuse(403, "a signature of this ledger does not hold");
    vouched = true;
  }
  if (!known) return refuse(404, "this ledger is not known here");
  if (!vouched) return refuse(403, "no key of this ledger has signed the checkpoint");
  return std::nullopt;
}

std::optional<Answer> Witness::refuse_growth(const AddCheckpoint& request,
                                             const note::Checkpoint& checkpoint) const {
  if (request.old_size > checkpoint.size) return refuse(400, "the old size is the greater one");
  const auto seen = seen_.find(checkpoint.origin);
  const std::uint64_t size = seen == seen_.end() ? 0 : seen->second.checkpoint.size;
  const Digest root = seen == seen_.end() ? merkle::empty_root() : seen->second.checkpoint.root;
  if (request.old_size != size) {
    return Answer{.http_status = 409,
                  .content_type = "text/x.tlog.size",
                  .body = std::to_string(size) + "\n"};
  }
  if (!merkle::verify_consistency(size, checkpoint.size, root, checkpoint.root, request.proof)) {
    return refuse(422, "the checkpoint is not shown to continue the last one");
  }
  return std::nullopt;
}

Answer Witness::add_checkpoint(std::string_view body, Instant now) {
  const Result<AddCheckpoint> request = AddCheckpoint::parse(body);
  if (!request.ok()) return refuse(400, std::string(request.status().message()));
  Result<note::Note> note = note::Note::parse(request->note);
  if (!note.ok()) return refuse(400, std::string(note.status().message()));
  const Result<note::Checkpoint> checkpoint = note::Checkpoint::parse(note->text);
  if (!checkpoint.ok()) return refuse(400, std::string(checkpoint.status().message()));
  if (auto refused = refuse_signatures(*note, checkpoint->origin)) return *std::move(refused);

  // From the check to what is kept nobody else may come between: a rollback would be co-signed.
  const std::lock_guard lock(mutex_);
  if (auto refused = refuse_growth(*request, *checkpoint)) return *std::move(refused);
  const note::Signature cosignature = key_.cosign(note->text, seconds_of(now));
  note::Note kept;
  kept.text = note->text;
  for (const note::VerifierKey& log : logs_) {
    if (log.name() != checkpoint->origin) continue;
    if (const note::Signature* signature = note->find(log)) kept.signatures.push_back(*signature);
  }
  kept.signatures.push_back(cosignature);
  std::string text = kept.format();
  if (const Status status = keep_(checkpoint->origin, text); !status.ok()) {
    return refuse(500, "the checkpoint could not be kept");
  }
  seen_[checkpoint->origin] = {.checkpoint = *checkpoint, .note = std::move(text)};
  return {.http_status = 200, .content_type = "text/plain", .body = cosignature.line()};
}

Answer Witness::checkpoint(std::string_view origin_hash) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [origin, seen] : seen_) {
    if (to_hex(as_view(sha256(origin))) == origin_hash) {
      return {.http_status = 200, .content_type = "text/plain", .body = seen.note};
    }
  }
  return refuse(404, "no checkpoint of this ledger was co-signed here");
}

std::optional<note::Checkpoint> Witness::last(std::string_view origin) const {
  const std::lock_guard lock(mutex_);
  const auto seen = seen_.find(origin);
  if (seen == seen_.end()) return std::nullopt;
  return seen->second.checkpoint;
}

std::optional<std::string> Witness::last_note(std::string_view origin) const {
  const std::lock_guard lock(mutex_);
  const auto seen = seen_.find(origin);
  if (seen == seen_.end()) return std::nullopt;
  return seen->second.note;
}

Continuity compare(const note::Checkpoint& last, const note::Checkpoint& shown,
                   std::span<const Digest> path) {
  if (last.origin != shown.origin) return Continuity::Forked;
  if (last.size == shown.size) {
    return last.root == shown.root ? Continuity::Same : Continuity::Forked;
  }
  const bool grown = last.size < shown.size;
  const note::Checkpoint& small = grown ? last : shown;
  const note::Checkpoint& large = grown ? shown : last;
  if (!merkle::verify_consistency(small.size, large.size, small.root, large.root, path)) {
    return Continuity::Forked;
  }
  return grown ? Continuity::Grown : Continuity::Behind;
}

std::vector<Look> looks(std::span<const std::string> cosigned_notes, const note::VerifierKey& log,
                        std::span<const Trusted> trusted, Instant now,
                        const std::function<bool(const note::Checkpoint&)>& is_beginning) {
  constexpr std::int64_t ahead_s_max = 300;
  std::vector<Look> out;
  for (const Trusted& witness : trusted) out.push_back({.witness = witness});
  for (const std::string& text : cosigned_notes) {
    const Result<note::SignedCheckpoint> opened = note::open_checkpoint(text, log);
    if (!opened.ok()) continue;
    std::optional<bool> beginning;  // asked once a note, and only if somebody vouches for it
    for (Look& look : out) {
      const std::optional<std::int64_t> time_s = verify_cosignature(opened->note, look.witness.key);
      if (!time_s || *time_s <= look.time_s || *time_s > seconds_of(now) + ahead_s_max) continue;
      if (!beginning) beginning = is_beginning(opened->checkpoint);
      if (!*beginning) break;
      look.time_s = *time_s;
      look.size = opened->checkpoint.size;
    }
  }
  return out;
}

Assurance assess(std::span<const Look> looks, std::string_view own_party, Instant now) {
  using std::chrono::hours;
  std::set<std::string> within_day;
  std::set<std::string> within_week;
  const auto is_within = [now](const Look& look, hours most) {
    return look.time_s != 0 && seconds_of(now) - look.time_s <= std::chrono::seconds(most).count();
  };
  for (const Look& look : looks) {
    if (look.witness.party == own_party) continue;
    if (is_within(look, hours(24 * 7))) within_week.insert(look.witness.party);
    if (is_within(look, hours(24))) within_day.insert(look.witness.party);
  }
  return {.within_day = {within_day.begin(), within_day.end()},
          .within_week = {within_week.begin(), within_week.end()}};
}

}  // namespace entente::witness
