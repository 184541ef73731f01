// Older versions folded: what a reader's layers come to, as one part, so that a reading costs what
// it answers and not what was corrected before.
//
// A fold is made of exactly the layers that a reader saw, in their order, and is read for no
// others: for who sees one layer more or less among them (an embargo that ended, a right that was
// lost) it is not there. What came after them is read beside it. It is kept in memory and only
// there, for parts never change, and is gone when the daemon is.
//
// Threads: any; one at a time makes folds.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "proto/contract/fold_limits.h"
#include "server/statistics/series/walk.h"

namespace entente::statistics {

// The newest versions of `layers`, of which the first may be folded already. Null: it would be
// larger than `bytes_max`, or there is nothing, or `stopped` said so. DataLoss, Unavailable: as the
// store.
[[nodiscard]] Result<std::shared_ptr<const Fold>> make_fold(store::Snapshot& snapshot,
                                                            LayersPointer layers,
                                                            std::shared_ptr<const Fold> begun,
                                                            std::size_t bytes_max,
                                                            const std::function<bool()>& stopped);

class Folds {
 public:
  struct Rules {
    std::size_t layers_min = limits::folded_layers_min;
    std::uint32_t asked_min = limits::fold_asked_min;
    std::size_t bytes_max = limits::folds_bytes_max;
  };
  explicit Folds(store::Store& store) : Folds(store, Rules()) {}
  Folds(store::Store& store, const Rules& rules) : store_(store), rules_(rules) {}

  // The fold of the first of `layers`, or null; and asks for one where it would be worth its while.
  [[nodiscard]] std::shared_ptr<const Fold> find(const LayersPointer& layers);

  // Makes all that is asked for by now. What cannot be made is not asked for again.
  void work_off(const std::function<bool()>& stopped);
  // Makes what is asked for, as it comes, until `stop`. A thread of its own calls it.
  void serve(const std::stop_token& stop);

  // What the folds take, and the names of what they are made of.
  [[nodiscard]] std::size_t bytes() const;

 private:
  using Ids = std::vector<store::Id>;
  struct Kept {
    Ids ids;
    std::shared_ptr<const Fold> fold;
  };
  [[nodiscard]] std::shared_ptr<const Fold> longest(const Layers& layers);
  void ask(const LayersPointer& layers);
  void keep(const Ids& ids, std::shared_ptr<const Fold> fold, const Fold* begun);
  [[nodiscard]] static std::size_t bytes_of(const Kept& one);
  void drop(std::list<Kept>::iterator one);
  bool work_one(const std::function<bool()>& stopped);

  store::Store& store_;
  const Rules rules_;
  mutable std::mutex mutex_;
  std::condition_variable_any asked_;
  std::list<Kept> kept_;  // lately used first
  std::size_t bytes_ = 0;
  // How often what has no fold was asked for, by its mark: of two with the same, one is folded a
  // little sooner.
  std::map<std::uint64_t, std::uint32_t> times_;
  std::deque<LayersPointer> waiting_;
};

}  // namespace entente::statistics
