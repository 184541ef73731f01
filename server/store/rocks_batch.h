// One write to the database as it is made of rows: what is small goes into it, what is large beside
// it, and what its rows referred to before is free once they do not.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <vector>

#include "server/store/engine.h"
#include "server/store/large_values.h"

namespace entente::store {

struct RocksBatch {
  explicit RocksBatch(std::size_t bytes) : batch(bytes) {}
  rocksdb::WriteBatch batch;
  std::vector<std::shared_ptr<LargeValues::Laid>> laid;  // of which the batch has references
  std::vector<Extent> freed;
};
// Unavailable: a large value could not be laid down.
[[nodiscard]] Result<RocksBatch> make_batch(rocksdb::DB& db,
                                            const std::shared_ptr<LargeValues>& large,
                                            const std::vector<EngineRow>& rows);

// What the row's value is, whether it lies in the database or beside it.
// DataLoss, Unavailable: as LargeValues::read.
[[nodiscard]] Status show_value(const LargeValues& large, std::string_view stored,
                                const EngineView::Take& take);

// Lays down what is large of the rows, and lets them have it. What cannot be laid down now stays
// for make_batch.
void lay_rows(const std::shared_ptr<LargeValues>& large, std::vector<EngineRow>& rows);

}  // namespace entente::store
