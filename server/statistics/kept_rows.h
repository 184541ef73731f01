// The rows of an upload as its file had them, kept so that each can be proven by itself
// (proto/contract/row_tree.h); and the texts that its party signed. Any thread.
#pragma once

#include <string>
#include <vector>

#include "server/statistics/structure/record.pb.h"
#include "server/store/store.h"

namespace entente::statistics {

void put_rows(store::Transaction& transaction, const store::Id& upload,
              const std::vector<std::string>& rows);
// As they were put. DataLoss: they do not read. Otherwise as the store.
[[nodiscard]] Result<std::vector<std::string>> read_rows(store::Snapshot& snapshot,
                                                         const store::Id& upload);

// What is signed of the file as a whole, or hidden in what is signed of its rows. Requires: the
// row has an upload id.
[[nodiscard]] std::string file_words(const record::Upload& row);
// What is signed of a file whose rows were committed. Requires: the row has a seed.
[[nodiscard]] std::string rows_words(const record::Upload& row, const std::string& columns,
                                     const std::string& root);

}  // namespace entente::statistics
