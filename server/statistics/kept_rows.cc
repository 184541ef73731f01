#include "server/statistics/kept_rows.h"

#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/manifest.h"
#include "proto/contract/row_tree.h"
#include "server/statistics/compression.h"
#include "server/statistics/shelf.h"

namespace entente::statistics {
namespace {

// A value of the store, with room for what seals it.
constexpr std::size_t kPieceBytes = limits::store_value_bytes_max - 4'096;

store::Key piece_key(const store::Id& upload, std::uint64_t number) {
  return store::Key(upload_rows_table).id(upload).number(number);
}

}  // namespace

void put_rows(store::Transaction& transaction, const store::Id& upload,
              const std::vector<std::string>& rows) {
  record::UploadRows all;
  *all.mutable_rows() = {rows.begin(), rows.end()};
  const std::string bytes = packed(all.SerializeAsString());
  for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes) {
    transaction.put(piece_key(upload, at / kPieceBytes), bytes.substr(at, kPieceBytes));
  }
}

Result<std::vector<std::string>> read_rows(store::Snapshot& snapshot, const store::Id& upload) {
  std::string bytes;
  for (std::uint64_t number = 0;; ++number) {
    ENTENTE_TRY(const auto piece, snapshot.find(piece_key(upload, number)));
    if (!piece) break;
    bytes += *piece;
    if (piece->size() < kPieceBytes) break;
  }
  const auto plain = unpacked(bytes);
  record::UploadRows all;
  if (!plain || !all.ParseFromString(*plain)) {
    return Status(Code::DataLoss, Reason::None, "the rows of an upload do not read");
  }
  return std::vector<std::string>(all.rows().begin(), all.rows().end());
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
