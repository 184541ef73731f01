// The texts of contents: read once by a helper that is shut in, and kept sealed under the
// document's key, in pieces of limits::text_piece_words words, so that a passage is read from one.
// Rows of `texts_table`: number 0 is a Text, the others are its pieces. They go with their content.
//
// Threads: any; the helper's turn is one's.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "proto/helpers/helper.h"
#include "server/documents/rows.h"
#include "server/documents/search/record.pb.h"

namespace entente::documents::search {

using helpers::Helper;
using helpers::Sheet;

class Texts {
 public:
  Texts(store::Store& store, Helper& helper) : store_(store), helper_(helper) {}

  [[nodiscard]] static store::Key key_of(const store::Id& content, std::uint64_t number);
  // What read() would keep of a content that begins as nothing with a text does: known when it
  // comes, it is not read once more.
  [[nodiscard]] static store::StagedRow none_of(const store::Id& content,
                                                const store::Id& document);

  // Nothing: it has not been read yet.
  [[nodiscard]] Result<std::optional<record::Text>> find(store::Snapshot& snapshot,
                                                         const store::Id& content) const;
  // Has a content read, and keeps what came of it, also if nothing did. Unavailable,
  // ResourceExhausted, Cancelled: as Helper::run: it is to be tried again. Aborted: its document
  // was destroyed.
  [[nodiscard]] Result<record::Text> read(const documents::record::Kept& kept,
                                          const store::Id& document,
                                          const std::stop_token& stop) const;
  // Piece `n` of its text, from 0; empty: there is none.
  [[nodiscard]] Result<std::string> piece(store::Snapshot& snapshot, const store::Id& content,
                                          std::uint32_t n) const;
  [[nodiscard]] Result<std::string> whole(store::Snapshot& snapshot,
                                          const store::Id& content) const;

 private:
  store::Store& store_;
  Helper& helper_;
};

// Why no text was read, in words; empty if one was.
[[nodiscard]] std::string why_not(const record::Text& text);

}  // namespace entente::documents::search
