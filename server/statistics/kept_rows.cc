#include "server/statistics/kept_rows.h"

#include <vector>

#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/manifest.h"
#include "server/statistics/compression.h"

namespace entente::statistics {
namespace {

// A value of the store, with room for what seals it.
constexpr std::size_t kPieceBytes = limits::store_value_bytes_max - 4'096;
constexpr std::uint64_t kPieces = 1 << 8;  // of one tree, at most
constexpr std::uint64_t kRoots = row_tree::trees_max * kPieces;

store::Key key_of(const store::Id& id, std::uint64_t number) {
  return store::Key(blocks_table).id(id).number(number);
}

Status unreadable() { return {Code::DataLoss, Reason::None, "the rows of an upload do not read"}; }

// All rows of a tree; nothing: it does not read.
std::optional<row_tree::Rows> rows_in(std::string_view columns) {
  row_tree::Rows rows;
  const bool whole = read_columns(columns, [&](std::string_view text) {
    rows.add(text);
    return true;
  });
  return whole && rows.size() <= row_tree::rows_max ? std::optional(std::move(rows)) : std::nullopt;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

Result<std::string> read_tree(store::Snapshot& snapshot, const store::Id& id,
                              std::uint64_t number) {
  std::string bytes;
  for (std::uint64_t piece = 0; piece < kPieces; ++piece) {
    ENTENTE_TRY(const auto read, snapshot.find(key_of(id, number * kPieces + piece)));
    if (!read) break;
    bytes += *read;
    if (read->size() < kPieceBytes) break;
  }
  auto plain = unpacked(bytes);
  if (!plain) return unreadable();
  return *std::move(plain);
}

Result<std::vector<Digest>> read_roots(store::Snapshot& snapshot, const store::Id& id) {
  ENTENTE_TRY(const auto bytes, snapshot.find(key_of(id, kRoots)));
  if (!bytes || bytes->size() % sizeof(Digest) != 0) return unreadable();
  std::vector<Digest> roots;
  for (std::size_t at = 0; at < bytes->size(); at += sizeof(Digest)) {
    roots.push_back(digest_from(std::string_view(*bytes).substr(at, sizeof(Digest))));
  }
  return roots;
}

}  // namespace

RowKeeper::RowKeeper(store::Store& store, Entropy& entropy)
    : stage_(store), id_(store::Id::from(entropy.bytes(sizeof(store::Id)))) {}

RowKeeper::~RowKeeper() {
  if (!released_ && closed_ != 0) (void)stage_.erase(id_);  // else at the next start
}

Status RowKeeper::add(const RowText& row) {
  if (too_many_) return {};
  if (row_tree::is_full(held_.rows(), bytes_, row.bytes)) {
    ENTENTE_TRY_VOID(close());
    held_.clear();
    bytes_ = 0;
    too_many_ = closed_ == row_tree::trees_max;
    if (too_many_) return stage_.erase(id_);
  }
  held_.add(row);
  bytes_ += row.bytes;
  return {};
}

Status RowKeeper::close() {
  const std::string bytes = packed(held_.finish());
  for (std::uint64_t piece = 0; piece * kPieceBytes < bytes.size(); ++piece) {
    ENTENTE_TRY_VOID(stage_.put(key_of(id_, closed_ * kPieces + piece),
                                bytes.substr(piece * kPieceBytes, kPieceBytes)));
  }
  ++closed_;
  return {};
}

Result<Digest> RowKeeper::commit(std::string_view seed, std::span<const std::string> roots) {
  if (!last_is_closed_) {
    ENTENTE_TRY_VOID(close());
    last_is_closed_ = true;
  }
  std::vector<Digest> all;
  if (closed_ == 1) {
    all.push_back(row_tree::Tree(seed, 0, *rows_in(joined(held_.finish()))).root());
  } else {
    for (const std::string& one : roots) {
      if (one.size() == sizeof(Digest)) all.push_back(digest_from(one));
    }
    if (all.size() != closed_) {
      return invalid_argument("roots", "must be one of each 65536 rows or 4 MiB of them");
    }
  }
  std::string bytes;
  for (const Digest& one : all) bytes += as_view(one);
  ENTENTE_TRY_VOID(stage_.put(key_of(id_, kRoots), std::move(bytes)));
  ENTENTE_TRY_VOID(stage_.flush());
  return row_tree::Forest(seed, all).root();
}

void RowKeeper::name_in(record::Upload& row) const {
  row.set_rows_id(std::string(id_.view()));
  row.set_rows_trees(closed_);
}

Result<std::optional<KeptRow>> find_kept_row(store::Snapshot& snapshot,
                                             const record::Upload& upload,
                                             const std::function<bool(std::string_view)>& is) {
  if (upload.rows_id().size() != sizeof(store::Id)) return unreadable();
  const store::Id id = store::Id::from(upload.rows_id());
  for (std::uint64_t number = 0; number < upload.rows_trees(); ++number) {
    ENTENTE_TRY(const std::string columns, read_tree(snapshot, id, number));
    std::size_t place = 0;
    std::optional<KeptRow> found;
    const bool reads = read_columns(columns, [&](std::string_view text) {
      if (is(text)) found.emplace().text = text;
      place += found ? 0 : 1;
      return !found;
    });
    if (!reads) return unreadable();
    if (!found) continue;
    ENTENTE_TRY(const std::vector<Digest> roots, read_roots(snapshot, id));
    const auto rows = rows_in(columns);
    if (!rows || roots.size() != upload.rows_trees()) return unreadable();
    const row_tree::Tree tree(upload.rows_seed(), number, *rows);
    found->proof = row_tree::Forest(upload.rows_seed(), roots).lifted(number, tree.prove(place));
    return found;
  }
  return std::optional<KeptRow>();
}

std::string file_words(const record::Upload& row) {
  return upload_manifest(
      {.dataflow = row.dataflow(),
       .action = v1::UploadAction_Name(static_cast<v1::UploadAction>(row.action())),
       .upload_id = row.upload_id(),
       .bytes = row.bytes(),
       .sha256 = row.sha256(),
       .mapping_sha256 = row.mapping_sha256()});
}

std::string rows_words(const record::Upload& row, const std::string& columns,
                       const std::string& root) {
  const Digest blind = row_tree::file_blind(row.rows_seed());
  const Digest file = sha256({as_view(blind), file_words(row)});
  return rows_manifest(
      {.dataflow = row.dataflow(),
       .action = v1::UploadAction_Name(static_cast<v1::UploadAction>(row.action())),
       .columns = columns,
       .root = root,
       .file_hash = std::string(as_view(file))});
}

}  // namespace entente::statistics
