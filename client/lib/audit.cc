#include "client/lib/audit.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "client/lib/lie.h"
#include "client/lib/state_files.h"
#include "proto/contract/bytes.h"
#include "proto/contract/entry.h"
#include "proto/contract/entry_message.h"
#include "proto/contract/merkle.h"

namespace entente::client {
namespace {

constexpr std::uint32_t kPageSize = 1000;

std::string path_of(const Client& client) { return client.state_dir() + "/audited"; }

// How far the last audit came: the size, then the peaks in hexadecimal, a line each.
merkle::CompactRange load(const Client& client) {
  std::istringstream in(client.state_dir().empty() ? "" : read_whole(path_of(client)));
  std::uint64_t size = 0;
  std::vector<Digest> peaks;
  in >> size;
  for (std::string hex; in >> hex;) {
    const auto bytes = from_hex(hex);
    if (!bytes || bytes->size() != sizeof(Digest)) return {};
    peaks.push_back(digest_from(*bytes));
  }
  // A file that does not add up is as good as none: the audit begins anew.
  if (static_cast<int>(peaks.size()) != __builtin_popcountll(size)) return {};
  return merkle::CompactRange(size, std::move(peaks));
}

Status save(const Client& client, const merkle::CompactRange& range) {
  if (client.state_dir().empty()) return Status();
  std::string text = std::to_string(range.size()) + "\n";
  for (const Digest& peak : range.peaks()) text += to_hex(as_view(peak)) + "\n";
  return write_whole(path_of(client), text);
}

// What the row's bytes say, if they are open to this account.
Result<std::optional<Entry>> check_row(const v1::LedgerRow& row, std::uint64_t index) {
  const std::string entry = "entry " + std::to_string(index);
  if (row.index() != index || row.leaf_hash().size() != sizeof(Digest)) {
    return lie("the server left out or misplaced " + entry);
  }
  if (row.canonical().empty()) return std::optional<Entry>();
  const bool same = row.blinding().size() == blinding_bytes &&
                    entry_leaf(row.blinding(), row.canonical()) == digest_from(row.leaf_hash());
  if (!same) return lie("the server shows another content for " + entry + " than the ledger holds");
  Result<Entry> decoded = decode_entry(row.canonical());
  if (!decoded.ok() || decoded->index != index) return lie(entry + " is not what it says it is");
  return std::optional<Entry>(*std::move(decoded));
}

// Rows from `range.size()` on, each checked and appended, until it has `size`.
Status read_rows(Client& client, merkle::CompactRange& range, std::uint64_t size,
                 const std::function<void(v1::LedgerRow& row, const std::optional<Entry>&)>& each,
                 const std::function<void()>& after_page) {
  while (range.size() < size) {
    v1::ListEntriesRequest request;
    request.set_from(range.size());
    request.set_to(size);
    request.set_page_size(kPageSize);
    ENTENTE_TRY(v1::ListEntriesReply page,
                client.call<v1::ListEntriesReply>("entente.v1.LedgerService.ListEntries", request));
    if (page.rows().empty())
      return lie("the server left out entry " + std::to_string(range.size()));
    for (v1::LedgerRow& row : *page.mutable_rows()) {
      ENTENTE_TRY(const std::optional<Entry> entry, check_row(row, range.size()));
      range.append(digest_from(row.leaf_hash()));
      each(row, entry);
    }
    after_page();
  }
  return Status();
}

Status check_root(const merkle::CompactRange& range, const note::Checkpoint& checkpoint) {
  if (range.size() == checkpoint.size && range.root() == checkpoint.root) return Status();
  return lie("the entries do not make the root that the checkpoint of " +
             std::to_string(checkpoint.size) + " entries signs");
}

// What stands before entry `index`: of the path from it to the root, the hashes on the left are the
// peaks of the tree of `index` leaves. Whether they are true, the root will tell.
Result<merkle::CompactRange> before(Client& client, std::uint64_t index, std::uint64_t size) {
  if (index == 0) return merkle::CompactRange();
  v1::ProveInclusionRequest request;
  request.set_index(index);
  request.set_size(size);
  ENTENTE_TRY(const auto proof,
              client.call<v1::InclusionProof>("entente.v1.LedgerService.ProveInclusion", request));
  std::vector<Digest> peaks;
  std::uint64_t at = index;  // RFC 9162, section 2.1.3.2
  std::uint64_t last = size - 1;
  for (const std::string& hash : proof.path()) {
    if (hash.size() != sizeof(Digest)) return lie("a proof is malformed");
    if ((at & 1) != 0 || at == last) {
      peaks.push_back(digest_from(hash));
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    }
    at >>= 1;
    last >>= 1;
  }
  if (static_cast<int>(peaks.size()) != __builtin_popcountll(index)) {
    return lie("a proof is malformed");
  }
  std::reverse(peaks.begin(), peaks.end());
  return merkle::CompactRange(index, std::move(peaks));
}

}  // namespace

Result<AuditReport> audit(Client& client, bool whole,
                          const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  AuditReport report;
  ENTENTE_TRY(report.checkpoint, client.checkpoint());
  merkle::CompactRange range = whole ? merkle::CompactRange() : load(client);
  if (range.size() > report.checkpoint.size) {
    return lie("the server's ledger has " + std::to_string(report.checkpoint.size) + " entries; " +
               std::to_string(range.size()) + " were audited before");
  }
  report.from = range.size();
  ENTENTE_TRY_VOID(read_rows(
      client, range, report.checkpoint.size,
      [&report](v1::LedgerRow&, const std::optional<Entry>& entry) {
        ++report.read;
        if (entry) ++report.seen;
      },
      [&] { progress(range.size(), report.checkpoint.size); }));
  ENTENTE_TRY_VOID(check_root(range, report.checkpoint));
  ENTENTE_TRY_VOID(save(client, range));
  return report;
}

Result<v1::ListEntriesReply> newest_rows(Client& client, std::uint64_t count) {
  ENTENTE_TRY(const note::Checkpoint checkpoint, client.checkpoint());
  const std::uint64_t from = checkpoint.size > count ? checkpoint.size - count : 0;
  if (from == checkpoint.size) return v1::ListEntriesReply();
  ENTENTE_TRY(merkle::CompactRange range, before(client, from, checkpoint.size));
  v1::ListEntriesReply out;
  ENTENTE_TRY_VOID(read_rows(
      client, range, checkpoint.size,
      [&out](v1::LedgerRow& row, const std::optional<Entry>& entry) {
        row.clear_entry();
        if (entry) *row.mutable_entry() = message_of(*entry);
        out.mutable_rows()->Add(std::move(row));
      },
      [] {}));
  ENTENTE_TRY_VOID(check_root(range, checkpoint));
  out.set_next(checkpoint.size);
  return out;
}

}  // namespace entente::client
