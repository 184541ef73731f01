// Observations on their way from a merge to a writer: chosen by conditions that no index knows,
// put in order, cut to a window. Everything here is done while the answer is sent.
//
// One thread each.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "proto/contract/limits.h"
#include "server/statistics/query/conditions.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/writers.h"

namespace entente::statistics {

// Whether whoever waits for the answer has gone. Any thread.
using Stopped = std::function<bool()>;

// What an observation must be, beside what the merge chose. Empty members ask nothing.
struct CellTest {
  // Of each dimension the codes that fit; one of these keys at least.
  std::vector<CodeSelection> keys;
  std::vector<std::optional<AnyOf>> attributes;
  std::optional<AnyOf> figure;
  std::optional<AnyOf> period;
  // Of a reading with its history: only what was there and is there no longer, taken away by a
  // layer that is fresh; it comes as it was taken away.
  bool taken_away = false;
  std::uint32_t first = 0;  // of each series, of those that fit; 0: all
  std::uint32_t last = 0;

  [[nodiscard]] bool asks_of_cells() const {
    return figure || period || taken_away || !attributes.empty();
  }
};

// By what observations are put in order.
struct OrderTerm {
  enum class By : std::uint8_t { Dimension, Time, Figure, Attribute };
  By by = By::Time;
  std::size_t index = 0;  // of the dimension or attribute
  bool descends = false;
};

// How many observations may be in memory to be put in order, by all answers together.
class SortingRoom {
 public:
  explicit SortingRoom(std::size_t answers_max) : left_(answers_max) {}
  class Place {
   public:
    explicit Place(SortingRoom& room) : room_(&room) {}
    Place(Place&& other) noexcept : room_(std::exchange(other.room_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

   private:
    SortingRoom* room_;
  };
  // Empty: there is none left.
  [[nodiscard]] std::optional<Place> enter();

 private:
  std::mutex mutex_;
  std::size_t left_;
};

class Rows {
 public:
  virtual ~Rows() = default;
  // The next observations, whole series if they come in the order of their keys; empty at the end.
  // Cancelled: whoever waits has gone. DataLoss, Unavailable: as the store.
  [[nodiscard]] virtual Status next(Columns& out) = 0;
};

// What the merge gives, tested. `merge` outlives it.
[[nodiscard]] std::unique_ptr<Rows> chosen_rows(Merge& merge, CellTest test, Stopped stopped);

// One observation of each series: its key counts.
[[nodiscard]] std::unique_ptr<Rows> keys_of(std::unique_ptr<Rows> rows);

// In the order of the terms, then as they came; what the view groups stands together, the groups in
// the order of their first. ResourceExhausted (LimitReached): more than `observations_max`, and how
// many; (Overloaded): too many answers at once.
struct Order {
  std::vector<OrderTerm> terms;
  View::At at = View::At::Time;
  std::optional<std::size_t> dimension;
  std::size_t observations_max = limits::answer_sorted_max;
};
[[nodiscard]] std::unique_ptr<Rows> ordered_rows(std::unique_ptr<Rows> rows, SortingRoom& room,
                                                 Order order);

// How many there are from here on. What next() returns.
[[nodiscard]] Result<std::uint64_t> count_rows(Rows& rows);

// Observations `skipped` after the first, and `limit` of them; shared by the data sets of an
// answer.
struct Window {
  std::uint64_t skipped = 0;
  std::uint64_t limit = UINT64_MAX;
};
[[nodiscard]] std::unique_ptr<Rows> windowed_rows(std::unique_ptr<Rows> rows, Window& window);

}  // namespace entente::statistics
