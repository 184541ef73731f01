// The rows of an upload as its file had them, kept so that each can be proven by itself
// (proto/contract/row_tree.h); and the texts that its party signed.
//
// A tree's rows are one value, column by column (row_columns.h) and compressed, in pieces. They are
// staged as they come.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/row_tree.h"
#include "server/statistics/row_columns.h"
#include "server/statistics/series/part.h"
#include "server/statistics/structure/record.pb.h"
#include "server/store/store.h"

namespace entente::statistics {

// One thread.
class RowKeeper {
 public:
  RowKeeper(store::Store& store, Entropy& entropy);
  // Takes away what it staged, unless `release` was called.
  ~RowKeeper();
  RowKeeper(const RowKeeper&) = delete;
  RowKeeper& operator=(const RowKeeper&) = delete;

  // The next row. What Store::stage returns.
  [[nodiscard]] Status add(const RowText& row);
  // There are more than trees_max trees: none is kept.
  [[nodiscard]] bool too_many() const { return too_many_; }

  // Stages what is left and answers the root that is to be signed; again, with another seed,
  // another. `roots`: of each tree as the party's client finds it; of a single one it is reckoned
  // here. Requires: !too_many(), no more is added. InvalidArgument: there are as many roots as
  // trees. What Store::stage returns.
  [[nodiscard]] Result<Digest> commit(std::string_view seed, std::span<const std::string> roots);
  // What names the rows that were committed.
  void name_in(record::Upload& row) const;
  // They are somebody else's now.
  void release() { released_ = true; }

 private:
  Status close();
  Stage stage_;
  const store::Id id_;
  ColumnWriter held_;         // the tree under way
  std::size_t bytes_ = 0;     // of its rows' texts
  std::uint64_t closed_ = 0;  // trees
  bool last_is_closed_ = false;
  bool too_many_ = false;
  bool released_ = false;
};

struct KeptRow {
  std::string text;
  row_tree::Proof proof;
};
// The first row of an upload for which `is` holds, with what proves it under the root that was
// signed. Nothing: there is none. DataLoss: they do not read. Otherwise as the store.
[[nodiscard]] Result<std::optional<KeptRow>> find_kept_row(
    store::Snapshot& snapshot, const record::Upload& upload,
    const std::function<bool(std::string_view)>& is);

// What is signed of the file as a whole, or hidden in what is signed of its rows. Requires: the
// row has an upload id.
[[nodiscard]] std::string file_words(const record::Upload& row);
// What is signed of a file whose rows were committed. Requires: the row has a seed.
[[nodiscard]] std::string rows_words(const record::Upload& row, const std::string& columns,
                                     const std::string& root);

}  // namespace entente::statistics
