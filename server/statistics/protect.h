// Secondary suppression: which free figures of a table must be held back, too, lest a confidential
// one be learnt from them by subtraction. Pure; any thread.
//
// What is assumed of the reader: it knows which figures there are, that a figure is the sum of
// those that it covers (docs/comparison.md), and nothing of what it does not see. Then a hidden
// figure can be derived if and only if it alone is unknown in some combination of those sums.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "proto/contract/status.h"
#include "server/statistics/hierarchy.h"

namespace entente::statistics {

struct TableCell {
  std::vector<std::uint32_t> key;  // a code of each dimension
  enum class State : std::uint8_t {
    Free,       // seen, and may be held back
    Secret,     // confidential: not to be derived
    Held,       // held back already
    Published,  // free on its originator's word, whatever it gives away: never held back
  };
  State state = State::Free;
  // Whether there is a figure, or may be to who does not see it. What is reported without one, for
  // all to see, is no part of a sum and none itself, and to hold it back would protect nothing.
  bool has_figure = true;
  double value = 0;
  // Of a secret, the upload since which it is one; of what is published, the one that did; of any
  // other, the one since which this very figure stands. The word that publishes was given for the
  // secrets that there were, and that followed with it from what was seen: to all others the figure
  // is known like any other.
  std::uint64_t since = 0;
  // Of what is free, the upload since which a figure is seen there.
  std::uint64_t seen_since = 0;
  // Of a secret that is there no longer, the upload that took it away: it is a part of those
  // wholes, and the whole of those parts, that stand since before. 0: it is there.
  std::uint64_t gone_at = 0;
};

struct Held {
  std::size_t cell = 0;
  std::size_t protects = 0;  // the secret that it would give away
};

class TableGuard {
 public:
  // The cells of one party and period. `hierarchies`: one a dimension; outlive it.
  TableGuard(std::vector<TableCell> cells, const std::vector<Hierarchy>& hierarchies);

  // The places of the secrets that a reader can derive now.
  [[nodiscard]] std::vector<std::size_t> derivable();
  // Holds free cells back until no secret can be derived that could be protected: totals before
  // parts, small before large.
  // ResourceExhausted (LimitReached): too many hidden figures hang together.
  [[nodiscard]] Result<std::vector<Held>> protect();
  // The secrets that follow from what is published, behind protect(): nothing was left to hold
  // back.
  [[nodiscard]] std::vector<std::size_t> given_away();
  // Those held back that no secret hangs together with any longer.
  [[nodiscard]] std::vector<std::size_t> releasable();

  [[nodiscard]] const std::vector<TableCell>& cells() const { return cells_; }

 private:
  // One sum: the first is the whole, the others its parts.
  using Equation = std::vector<std::size_t>;
  using Cells = std::vector<std::size_t>;
  void find_equations(std::size_t dimension, const Hierarchy& hierarchy);
  [[nodiscard]] bool is_known(std::size_t cell) const {
    const TableCell& one = cells_[cell];
    if (one.state == TableCell::State::Free) return one.seen_since <= seen_by_;
    return one.state == TableCell::State::Published && (all_known_ || one.since < known_before_);
  }
  // The secrets by the `known_before_` that they are looked at with.
  [[nodiscard]] std::map<std::uint64_t, Cells> outlooks() const;
  // Those older than the newest word that publishes which did not follow from what it was given
  // over. Looks at everything that is published from then on.
  [[nodiscard]] Cells not_spoken_for();
  [[nodiscard]] Cells derivable_of(const Cells& secrets) const;
  [[nodiscard]] Status protect(const Cells& secrets, std::vector<Held>& held);
  // Numbers of the unknown cells that hang together through sums, by cell.
  [[nodiscard]] std::vector<std::size_t> components() const;
  // The unknown cells by their component's number.
  [[nodiscard]] std::map<std::size_t, Cells> unknown(const Cells& component) const;
  [[nodiscard]] std::vector<std::size_t> equations_of(const Cells& cells) const;
  [[nodiscard]] std::vector<std::size_t> derivable_among(
      const std::vector<std::size_t>& equations) const;
  [[nodiscard]] std::size_t choose(std::size_t secret, const Cells& hanging) const;

  std::vector<TableCell> cells_;
  std::vector<Equation> equations_;
  std::vector<std::vector<std::size_t>> of_cell_;  // the equations that each cell is in
  // The outlook: what is known of what is published, that of before this upload or all, and of what
  // is free.
  std::uint64_t known_before_ = 0;
  bool all_known_ = false;
  std::uint64_t seen_by_ = UINT64_MAX;
};

}  // namespace entente::statistics
