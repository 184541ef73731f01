#include "server/statistics/rows.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "proto/contract/limits.h"

namespace entente::statistics {
namespace {

void copy_cell(const Columns& from, std::size_t cell, Columns& to) {
  to.ordinals.push_back(from.ordinals[cell]);
  to.kinds.push_back(from.kinds[cell]);
  to.values.push_back(from.values[cell]);
  const auto codes = from.codes_of(cell);
  to.codes.insert(to.codes.end(), codes.begin(), codes.end());
}

void shape_like(const Columns& from, Columns& to) {
  to.width = from.width;
  to.attributes = from.attributes;
}

// --- chosen -------------------------------------------------------------------------------------

// Of each code whether it fits: asked once each.
using Fitting = std::vector<bool>;

class ChosenRows final : public Rows {
 public:
  ChosenRows(Merge& merge, CellTest test, Stopped stopped)
      : merge_(merge), test_(std::move(test)), stopped_(std::move(stopped)) {
    learn_keys();
    for (std::size_t a = 0; a < test_.attributes.size() && a < merge_.attributes().size(); ++a) {
      Fitting& fitting = attributes_.emplace_back();
      if (!test_.attributes[a]) continue;
      for (const std::string& text : merge_.attributes()[a]) {
        fitting.push_back(fits(*test_.attributes[a], text));
      }
    }
    tests_cells_ = test_.asks_of_cells();
  }

  Status next(Columns& out) override {
    do {
      if (stopped_ && stopped_())
        return Status(Code::Cancelled, Reason::None, "the reader has gone");
      ENTENTE_TRY_VOID(merge_.next(merged_, limits::answer_observations_max));
      const bool is_end = merged_.columns.series() == 0;
      if (!tests_cells_ && keys_.empty()) {
        std::swap(out, merged_.columns);
        return {};
      }
      out.clear();
      if (is_end) return {};
      choose(out);
    } while (out.series() == 0);
    return {};
  }

 private:
  void learn_keys() {
    for (const CodeSelection& key : test_.keys) {
      auto& fitting = keys_.emplace_back();
      for (std::size_t d = 0; d < key.size() && d < merge_.dimensions().size(); ++d) {
        Fitting& of_dimension = fitting.emplace_back();
        if (!key[d]) continue;
        for (const std::string& code : merge_.dimensions()[d]) {
          of_dimension.push_back(std::binary_search(key[d]->begin(), key[d]->end(), code));
        }
      }
    }
  }

  [[nodiscard]] bool key_fits(std::span<const std::uint32_t> key) const {
    return keys_.empty() ||
           std::any_of(keys_.begin(), keys_.end(), [&](const std::vector<Fitting>& one) {
             for (std::size_t d = 0; d < one.size(); ++d) {
               if (!one[d].empty() && !one[d][key[d]]) return false;
             }
             return true;
           });
  }

  [[nodiscard]] bool cell_fits(Frequency frequency, std::size_t cell) const {
    const Columns& columns = merged_.columns;
    const auto codes = columns.codes_of(cell);
    for (std::size_t a = 0; a < attributes_.size(); ++a) {
      if (!attributes_[a].empty() && !attributes_[a][codes[a]]) return false;
    }
    if (test_.figure &&
        (columns.kinds[cell] != Kind::Value || !fits(*test_.figure, columns.values[cell]))) {
      return false;
    }
    return !test_.period || fits(*test_.period, Period{frequency, columns.ordinals[cell]});
  }

  // Of the versions of one observation, the oldest first: whether the newest took away, freshly,
  // what had been there before.
  [[nodiscard]] bool is_taken_away(std::size_t from, std::size_t end) const {
    const auto is_fresh = [&](std::size_t cell) {
      return merge_.layers()[merged_.layers[cell]].fresh;
    };
    if (!is_gone(merged_.columns.kinds[end - 1]) || !is_fresh(end - 1)) return false;
    // Under an embargo an older version is the fresher one: those that are not may stand anywhere.
    bool was_there = false;
    for (std::size_t cell = from; cell < end; ++cell) {
      if (!is_fresh(cell)) was_there = !is_gone(merged_.columns.kinds[cell]);
    }
    return was_there;
  }

  void pick_taken_away(Frequency frequency, std::size_t from, std::size_t end) {
    const Columns& columns = merged_.columns;
    while (from < end) {
      std::size_t next = from + 1;
      while (next < end && columns.ordinals[next] == columns.ordinals[from]) ++next;
      if (is_taken_away(from, next) && cell_fits(frequency, next - 1)) picked_.push_back(next - 1);
      from = next;
    }
  }

  void pick(Frequency frequency, std::size_t from, std::size_t end) {
    picked_.clear();
    if (test_.taken_away) {
      pick_taken_away(frequency, from, end);
    } else {
      for (std::size_t i = from; i < end; ++i) {
        if (!tests_cells_ || cell_fits(frequency, i)) picked_.push_back(i);
      }
    }
    if (test_.first != 0 && picked_.size() > test_.first) picked_.resize(test_.first);
    if (test_.last != 0 && picked_.size() > test_.last) {
      picked_.erase(picked_.begin(), picked_.end() - test_.last);
    }
  }

  void choose(Columns& out) {
    const Columns& columns = merged_.columns;
    shape_like(columns, out);
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const std::size_t from = cell;
      cell += columns.counts[s];
      const auto key = columns.key(s);
      if (!key_fits(key)) continue;
      pick(columns.frequency(s), from, cell);
      if (picked_.empty()) continue;
      for (const std::size_t i : picked_) copy_cell(columns, i, out);
      out.keys.insert(out.keys.end(), key.begin(), key.end());
      out.counts.push_back(static_cast<std::uint32_t>(picked_.size()));
    }
  }

  Merge& merge_;
  const CellTest test_;
  const Stopped stopped_;
  std::vector<std::vector<Fitting>> keys_;
  std::vector<Fitting> attributes_;
  bool tests_cells_ = false;
  std::vector<std::size_t> picked_;
  Merged merged_;
};

// --- keys ---------------------------------------------------------------------------------------

class KeyRows final : public Rows {
 public:
  explicit KeyRows(std::unique_ptr<Rows> rows) : rows_(std::move(rows)) {}
  Status next(Columns& out) override {
    ENTENTE_TRY_VOID(rows_->next(all_));
    out.clear();
    shape_like(all_, out);
    out.keys = all_.keys;
    out.counts.assign(all_.series(), 1);
    std::size_t cell = 0;
    for (std::size_t s = 0; s < all_.series(); ++s) {
      copy_cell(all_, cell, out);
      cell += all_.counts[s];
    }
    return {};
  }

 private:
  std::unique_ptr<Rows> rows_;
  Columns all_;
};

// --- order --------------------------------------------------------------------------------------

int order_of(std::int64_t a, std::int64_t b) { return a < b ? -1 : a > b ? 1 : 0; }

class OrderedRows final : public Rows {
 public:
  OrderedRows(std::unique_ptr<Rows> rows, SortingRoom& room, Order order)
      : rows_(std::move(rows)),
        room_(room),
        terms_(std::move(order.terms)),
        at_(order.at),
        dimension_(order.dimension),
        observations_max_(order.observations_max) {}

  Status next(Columns& out) override {
    if (rows_) {
      ENTENTE_TRY_VOID(gather());
      sort();
      rows_.reset();
    }
    out.clear();
    shape_like(all_, out);
    std::optional<std::uint32_t> last;
    while (sent_ < order_.size() && out.observations() < limits::answer_observations_max) {
      const std::uint32_t cell = order_[sent_++];
      const std::uint32_t series = series_[cell];
      if (at_ == View::At::Time && last == series) {
        ++out.counts.back();
      } else {
        const auto key = all_.key(series);
        out.keys.insert(out.keys.end(), key.begin(), key.end());
        out.counts.push_back(1);
      }
      last = series;
      copy_cell(all_, cell, out);
      // A series is one group: it is not cut in two.
      if (at_ == View::At::Time && out.observations() >= limits::answer_observations_max) {
        while (sent_ < order_.size() && series_[order_[sent_]] == series) {
          copy_cell(all_, order_[sent_++], out);
          ++out.counts.back();
        }
      }
    }
    if (sent_ == order_.size()) place_.reset();
    return {};
  }

 private:
  Status gather() {
    std::optional<SortingRoom::Place> place = room_.enter();
    if (!place) {
      return {Code::ResourceExhausted, Reason::Overloaded,
              "too many answers are being put in order; try again"};
    }
    place_.emplace(*std::move(place));
    Columns some;
    for (;;) {
      ENTENTE_TRY_VOID(rows_->next(some));
      if (some.series() == 0) return {};
      shape_like(some, all_);
      const auto first = static_cast<std::uint32_t>(all_.series());
      all_.keys.insert(all_.keys.end(), some.keys.begin(), some.keys.end());
      all_.counts.insert(all_.counts.end(), some.counts.begin(), some.counts.end());
      all_.ordinals.insert(all_.ordinals.end(), some.ordinals.begin(), some.ordinals.end());
      all_.kinds.insert(all_.kinds.end(), some.kinds.begin(), some.kinds.end());
      all_.values.insert(all_.values.end(), some.values.begin(), some.values.end());
      all_.codes.insert(all_.codes.end(), some.codes.begin(), some.codes.end());
      for (std::uint32_t s = 0; s < some.series(); ++s) {
        series_.insert(series_.end(), some.counts[s], first + s);
      }
      if (all_.observations() > observations_max_) return refuse();
    }
  }

  // How many they would be is counted, and no more of them held.
  Status refuse() {
    const std::uint64_t held = all_.observations();
    all_ = Columns();
    series_ = {};
    ENTENTE_TRY(const std::uint64_t more, count_rows(*rows_));
    return {Code::ResourceExhausted, Reason::LimitReached,
            "the answer would have " + std::to_string(held + more) + " observations, and at most " +
                std::to_string(observations_max_) +
                " are put in another order than that of their keys: narrow the query"};
  }

  [[nodiscard]] int compare_cells(const OrderTerm& term, std::uint32_t a, std::uint32_t b) const {
    switch (term.by) {
      case OrderTerm::By::Dimension:
        return order_of(all_.key(series_[a])[term.index], all_.key(series_[b])[term.index]);
      case OrderTerm::By::Attribute:
        return order_of(all_.codes_of(a)[term.index], all_.codes_of(b)[term.index]);
      case OrderTerm::By::Figure: {
        const bool has_a = all_.kinds[a] == Kind::Value;
        const bool has_b = all_.kinds[b] == Kind::Value;
        return has_a && has_b ? compare(all_.values[a], all_.values[b])
                              : order_of(has_a ? 1 : 0, has_b ? 1 : 0);
      }
      case OrderTerm::By::Time:
        break;
    }
    const Frequency of_a = all_.frequency(series_[a]);
    const Frequency of_b = all_.frequency(series_[b]);
    if (of_a == of_b) return order_of(all_.ordinals[a], all_.ordinals[b]);
    const int begins =
        order_of(first_day({of_a, all_.ordinals[a]}), first_day({of_b, all_.ordinals[b]}));
    return begins != 0
               ? begins
               : order_of(last_day({of_a, all_.ordinals[a]}), last_day({of_b, all_.ordinals[b]}));
  }

  void sort() {
    order_.resize(all_.observations());
    std::iota(order_.begin(), order_.end(), 0U);
    std::stable_sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      for (const OrderTerm& term : terms_) {
        const int order = compare_cells(term, a, b);
        if (order != 0) return term.descends ? order > 0 : order < 0;
      }
      return false;
    });
    if (at_ == View::At::All) return;
    // What belongs together, behind the first of it.
    std::map<std::vector<std::uint32_t>, std::uint32_t> groups;
    std::vector<std::uint32_t> group_of(order_.size());
    for (const std::uint32_t cell : order_) {
      const auto key = all_.key(series_[cell]);
      std::vector<std::uint32_t> group(key.begin(), key.end());
      if (dimension_) {
        group[*dimension_] = 0;
        group.push_back(static_cast<std::uint32_t>(all_.ordinals[cell]));
      }
      group_of[cell] =
          groups.emplace(std::move(group), static_cast<std::uint32_t>(groups.size())).first->second;
    }
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return group_of[a] < group_of[b]; });
  }

  std::unique_ptr<Rows> rows_;
  SortingRoom& room_;
  const std::vector<OrderTerm> terms_;
  const View::At at_;
  const std::optional<std::size_t> dimension_;
  const std::size_t observations_max_;
  std::optional<SortingRoom::Place> place_;
  Columns all_;
  std::vector<std::uint32_t> series_;  // of each observation
  std::vector<std::uint32_t> order_;
  std::size_t sent_ = 0;
};

// --- window -------------------------------------------------------------------------------------

class WindowedRows final : public Rows {
 public:
  WindowedRows(std::unique_ptr<Rows> rows, Window& window)
      : rows_(std::move(rows)), window_(window) {}

  Status next(Columns& out) override {
    out.clear();
    while (window_.limit != 0) {
      ENTENTE_TRY_VOID(rows_->next(all_));
      if (all_.series() == 0) return {};
      if (window_.skipped >= all_.observations()) {
        window_.skipped -= all_.observations();
        continue;
      }
      cut(out);
      return {};
    }
    return {};
  }

 private:
  void cut(Columns& out) {
    shape_like(all_, out);
    std::size_t cell = 0;
    for (std::size_t s = 0; s < all_.series() && window_.limit != 0; ++s) {
      std::uint32_t kept = 0;
      for (std::uint32_t i = 0; i < all_.counts[s]; ++i, ++cell) {
        if (window_.skipped != 0) {
          --window_.skipped;
        } else if (window_.limit != 0) {
          --window_.limit;
          copy_cell(all_, cell, out);
          ++kept;
        }
      }
      if (kept == 0) continue;
      const auto key = all_.key(s);
      out.keys.insert(out.keys.end(), key.begin(), key.end());
      out.counts.push_back(kept);
    }
  }

  std::unique_ptr<Rows> rows_;
  Window& window_;
  Columns all_;
};

}  // namespace

std::optional<SortingRoom::Place> SortingRoom::enter() {
  const std::lock_guard lock(mutex_);
  if (left_ == 0) return std::nullopt;
  --left_;
  return Place(*this);
}

SortingRoom::Place::~Place() {
  if (room_ == nullptr) return;
  const std::lock_guard lock(room_->mutex_);
  ++room_->left_;
}

std::unique_ptr<Rows> chosen_rows(Merge& merge, CellTest test, Stopped stopped) {
  return std::make_unique<ChosenRows>(merge, std::move(test), std::move(stopped));
}

std::unique_ptr<Rows> keys_of(std::unique_ptr<Rows> rows) {
  return std::make_unique<KeyRows>(std::move(rows));
}

std::unique_ptr<Rows> ordered_rows(std::unique_ptr<Rows> rows, SortingRoom& room, Order order) {
  return std::make_unique<OrderedRows>(std::move(rows), room, std::move(order));
}

Result<std::uint64_t> count_rows(Rows& rows) {
  std::uint64_t count = 0;
  Columns some;
  for (;;) {
    ENTENTE_TRY_VOID(rows.next(some));
    if (some.series() == 0) return count;
    count += some.observations();
  }
}

std::unique_ptr<Rows> windowed_rows(std::unique_ptr<Rows> rows, Window& window) {
  return std::make_unique<WindowedRows>(std::move(rows), window);
}

}  // namespace entente::statistics
