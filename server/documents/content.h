// The bytes of a document as they are released: the original, read chunk by chunk as it lies; or a
// copy that bears its reader's name. Whoever makes one has decided.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "server/documents/marker.h"
#include "server/documents/rows.h"

namespace entente::documents {

class Copy {
 public:
  // The original.
  Copy(store::Store& store, record::Kept kept)
      : snapshot_(store.snapshot()), kept_(std::move(kept)), sha256_(kept_.sha256()) {}

  // Turns it into one that bears `mark`: on every page of a PDF, behind the end of all else. What
  // Marker::mark and read return.
  [[nodiscard]] Status mark(Marker& marker, const std::string& mark);

  // Up to `bytes_max` from `offset` on; empty at the end. DataLoss: a chunk does not authenticate,
  // or its key is gone.
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t bytes_max);

  [[nodiscard]] std::uint64_t size() const {
    return sheet_ ? sheet_->size() : kept_.bytes() + trailer_.size();
  }
  // Of the whole without its trailer.
  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  [[nodiscard]] std::size_t trailer_bytes() const { return trailer_.size(); }

 private:
  [[nodiscard]] Result<std::string> original(std::uint64_t offset, std::size_t bytes_max);

  std::unique_ptr<store::Snapshot> snapshot_;
  record::Kept kept_;
  std::unique_ptr<Sheet> sheet_;
  std::string trailer_;
  std::string sha256_;
  std::string chunk_;  // the one read last
  std::uint64_t chunk_number_ = UINT64_MAX;
};

}  // namespace entente::documents
