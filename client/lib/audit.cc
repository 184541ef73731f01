#include "client/lib/audit.h"

#include <sstream>

#include "client/lib/kept_files.h"
#include "client/lib/lie.h"
#include "entente/v1/ledger.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/entry.h"
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

Status check_row(const v1::LedgerRow& row, std::uint64_t index, AuditReport& report) {
  const std::string entry = "entry " + std::to_string(index);
  if (row.index() != index || row.leaf_hash().size() != sizeof(Digest)) {
    return lie("the server left out or misplaced " + entry);
  }
  ++report.read;
  if (row.canonical().empty()) return Status();
  const bool same = row.blinding().size() == blinding_bytes &&
                    entry_leaf(row.blinding(), row.canonical()) == digest_from(row.leaf_hash());
  if (!same) return lie("the server shows another content for " + entry + " than the ledger holds");
  const Result<Entry> decoded = decode_entry(row.canonical());
  if (!decoded.ok() || decoded->index != index) return lie(entry + " is not what it says it is");
  ++report.seen;
  return Status();
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
  while (range.size() < report.checkpoint.size) {
    v1::ListEntriesRequest request;
    request.set_from(range.size());
    request.set_to(report.checkpoint.size);
    request.set_page_size(kPageSize);
    ENTENTE_TRY(const v1::ListEntriesReply page,
                client.call<v1::ListEntriesReply>("entente.v1.LedgerService.ListEntries", request));
    if (page.rows().empty())
      return lie("the server left out entry " + std::to_string(range.size()));
    for (const v1::LedgerRow& row : page.rows()) {
      ENTENTE_TRY_VOID(check_row(row, range.size(), report));
      range.append(digest_from(row.leaf_hash()));
    }
    progress(range.size(), report.checkpoint.size);
  }
  if (range.size() != report.checkpoint.size || range.root() != report.checkpoint.root) {
    return lie("the entries do not make the root that the checkpoint of " +
               std::to_string(report.checkpoint.size) + " entries signs");
  }
  ENTENTE_TRY_VOID(save(client, range));
  return report;
}

}  // namespace entente::client
