#include "server/documents/content.h"

#include <algorithm>
#include <utility>

#include "proto/contract/limits_documents.h"
#include "proto/contract/running_digest.h"

namespace entente::documents {

Result<std::string> Copy::original(std::uint64_t offset, std::size_t bytes_max) {
  if (offset >= kept_.bytes()) return std::string();
  const std::uint64_t number = offset / limits::content_chunk_bytes;
  if (number != chunk_number_) {
    ENTENTE_TRY(
        std::optional<std::string> found,
        snapshot_->find(store::Key(chunks_table).id(store::Id::from(kept_.id())).number(number)));
    if (!found) {
      return Status(Code::DataLoss, Reason::None, "the content cannot be read")
          .with_detail("documents chunk is missing");
    }
    chunk_ = *std::move(found);
    chunk_number_ = number;
  }
  const std::size_t at = offset % limits::content_chunk_bytes;
  if (at >= chunk_.size()) {
    return Status(Code::DataLoss, Reason::None, "the content cannot be read")
        .with_detail("documents chunk is short");
  }
  if (at == 0 && bytes_max >= chunk_.size()) {  // given away whole, without a copy
    chunk_number_ = UINT64_MAX;
    return std::exchange(chunk_, std::string());
  }
  return chunk_.substr(at, bytes_max);
}

Result<std::string> Copy::read(std::uint64_t offset, std::size_t bytes_max) {
  if (sheet_) return sheet_->read(offset, bytes_max);
  if (offset < kept_.bytes()) return original(offset, bytes_max);
  const std::uint64_t at = offset - kept_.bytes();
  return at < trailer_.size() ? trailer_.substr(at, bytes_max) : std::string();
}

Status Copy::mark(Marker& marker, const std::string& mark) {
  if (!kept_.is_pdf()) {
    trailer_ = "\n" + mark + "\n";
    return {};
  }
  if (kept_.bytes() > limits::marked_pdf_bytes_max) {
    return {Code::FailedPrecondition, Reason::None, "this PDF cannot be marked: it is too large"};
  }
  ENTENTE_TRY(sheet_, marker.mark(mark, [this](Sheet& into) -> Status {
    for (std::uint64_t at = 0; at < kept_.bytes();) {
      ENTENTE_TRY(const std::string some, original(at, limits::content_chunk_bytes));
      ENTENTE_TRY_VOID(into.append(some));
      at += some.size();
    }
    return {};
  }));
  RunningDigest digest;
  for (std::uint64_t at = 0; at < sheet_->size();) {
    ENTENTE_TRY(const std::string some, sheet_->read(at, limits::content_chunk_bytes));
    if (some.empty()) break;
    digest.add(some);
    at += some.size();
  }
  sha256_ = digest.finish();
  return {};
}

}  // namespace entente::documents
