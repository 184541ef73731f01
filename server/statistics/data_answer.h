// An answer of figures, made while it is sent: the data sets of a plan read one after the other,
// those with nothing in them left out, and written.
//
// One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/net/method_table.h"
#include "server/statistics/data_plan.h"
#include "server/statistics/rows.h"
#include "server/statistics/writers.h"

namespace entente::statistics {

struct AnswerLimits {
  std::uint64_t observations_max = limits::answer_size_max;  // sent without `limit`
  std::size_t sorted_max = limits::answer_sorted_max;
};

class DataAnswer final : public net::ByteSource {
 public:
  struct Parts {
    store::Store& store;
    IndexCache& cache;
    SortingRoom& sorting;
    Stopped stopped;
    AnswerLimits at_most = {};
  };
  // `parts` outlive it.
  DataAnswer(DataPlan plan, Parts parts);

  // Reads on to the first observation; false: there is none. Call once, first. ResourceExhausted
  // (LimitReached): the answer would be larger than `at_most` says; how large is counted, for
  // whatever tells it otherwise tells of what is hidden. (Overloaded): too many are being put in
  // order. Cancelled: whoever waits has gone. DataLoss, Unavailable: as the store.
  [[nodiscard]] Result<bool> start();

  // Makes as much as there is up to `bytes`; true if that is all. What read() gives comes of it.
  [[nodiscard]] Result<bool> make(std::size_t bytes);
  // All that is made, of which nothing was read.
  [[nodiscard]] std::string take_made() { return std::exchange(ready_, {}); }

  Result<std::string> read(std::size_t bytes_max) override;

 private:
  struct Open {
    SetHead head;
    std::unique_ptr<Merge> merge;
    std::unique_ptr<Rows> rows;
  };
  Status check_size();
  // As it is read, and as it is told.
  Result<std::unique_ptr<Open>> read_set(SetPlan set);
  Result<std::unique_ptr<Open>> open(SetPlan set);
  // Goes on to the next data set that has anything; leaves set_ null at the end.
  Status advance();
  void begin_set();

  DataPlan plan_;
  Parts parts_;
  std::unique_ptr<store::Snapshot> snapshot_;
  std::unique_ptr<DataWriter> writer_;
  std::size_t next_set_ = 0;
  std::unique_ptr<Open> set_;
  Columns some_;
  std::string ready_;
  std::size_t sent_ = 0;  // of ready_
};

}  // namespace entente::statistics
