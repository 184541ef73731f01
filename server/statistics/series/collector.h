// Takes observations in any order and makes parts of them, in bounded memory: sorts as many as fit,
// packs them as a *run*, and reads the runs as one in the end. Runs stay in memory while they are
// few, and are staged in the store when they are many. Finds observations given twice. A
// confidential one leaves a marker among the shared, so that an earlier free version is seen no
// more (and always, or the size of what is kept told whether there was one).
//
// One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/statistics/series/merge.h"
#include "server/statistics/series/part.h"

namespace entente::statistics {

// Texts and their numbers, in the order in which they came.
class Interner {
 public:
  [[nodiscard]] std::uint32_t number(std::string_view text);
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string> texts_;
};

// Which of an upload's observations the dataflow's audience may see, and which its originator and
// the secretariat alone. They are kept in parts of their own, so that nothing is unpacked for who
// may not see it. On disk: never renumber.
enum class Circle : std::uint8_t { Shared = 0, Confidential = 1 };
inline constexpr std::size_t circles = 2;

// Whose a figure is by the word of its CONF_STATUS: anything but `F` hides it.
[[nodiscard]] inline Circle circle_of(std::string_view confidentiality) {
  return confidentiality.empty() || confidentiality == "F" ? Circle::Shared : Circle::Confidential;
}

struct Observation {
  Period period;
  Kind kind = Kind::Value;
  Decimal value;
  Circle circle = Circle::Shared;
  std::uint64_t line = 0;
};

struct Collected {
  // By circle; null if there is nothing of it.
  std::array<std::shared_ptr<const PartHeader>, circles> parts;
  std::uint64_t observations = 0;  // as they came, markers not counted
  std::uint64_t series = 0;
};

class Collector {
 public:
  struct Rules {
    std::uint32_t dimensions = 0;
    std::uint32_t attributes = 0;
    std::size_t rows_max = 0;  // sorted at a time
    std::size_t series_max = 0;
    std::size_t runs_bytes_max = 24 << 20;  // packed runs kept in memory; more are staged
  };
  // Of an observation that came twice the lines: exactly, or within which both are.
  struct Twice {
    std::uint64_t line = 0;
    std::uint64_t first_line = 0;
    bool exact = true;
    std::string key;  // `M.SWE.AFG 2015-03`
  };
  using OnTwice = std::function<void(const Twice&)>;

  Collector(store::Store& store, Entropy& entropy, Rules rules, OnTwice on_twice);
  // Takes away what it staged, unless `release` was called.
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Numbers for `add`. A dimension's or attribute's texts; of attributes 0 is the empty text.
  [[nodiscard]] std::uint32_t code(std::size_t dimension, std::string_view text) {
    return codes_[dimension].number(text);
  }
  [[nodiscard]] std::uint32_t attribute(std::size_t attribute, std::string_view text) {
    return attributes_[attribute].number(text);
  }

  // What Store::stage returns; ResourceExhausted (LimitReached): too many series or codes.
  [[nodiscard]] Status add(std::span<const std::uint32_t> codes,
                           std::span<const std::uint32_t> attributes, const Observation& one);

  // Everything sorted and staged, durably. Call once.
  [[nodiscard]] Result<Collected> finish();

  // What an upload that only merges is laid over.
  struct Overlay {
    std::vector<Layer> present;                  // what its party has given
    std::optional<std::size_t> confidentiality;  // which attribute says it
    std::vector<bool> mandatory;                 // by attribute
    // Versions of `present` that are under an embargo which the upload does not keep to: what they
    // have must not come out with it.
    std::set<std::uint64_t> embargoed;
    std::function<void(const std::string& key)> on_embargoed;
    // An observation would be without an attribute that it must have.
    std::function<void(const std::string& key, std::size_t attribute)> on_lack;
  };
  // Of each observation of `upload`, which finish() made: what it does not give stays as it is.
  // What Store::stage returns; DataLoss: a part does not read.
  [[nodiscard]] Result<Collected> lay_over(const Collected& upload, Overlay overlay);
  // What finish() or lay_over() made is somebody else's now.
  void release() { released_ = true; }

 private:
  struct Row {
    std::int64_t mantissa;
    std::uint64_t line;
    std::int32_t ordinal;
    std::uint32_t attributes;  // a set of them, interned
    std::int16_t exponent;
    Kind kind;
    Circle circle;
  };
  // Rows that came one behind the other: of one series, their periods ascending.
  struct Stretch {
    std::uint32_t series;
    std::uint32_t first;
    std::uint32_t rows;
  };
  struct Run {
    std::array<std::shared_ptr<const PartHeader>, circles> parts;
    std::uint64_t first_line = 0;
    std::uint64_t last_line = 0;
  };
  // Tuples of numbers, all of one width, numbered in the order in which they came.
  class Tuples {
   public:
    explicit Tuples(std::size_t width) : width_(width) {}
    [[nodiscard]] std::uint32_t number(const std::uint32_t* tuple);
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<const std::uint32_t> of(std::size_t number) const {
      return std::span(flat_).subspan(number * width_, width_);
    }
    [[nodiscard]] std::vector<std::uint32_t>& flat() { return flat_; }
    void clear();

   private:
    void grow();
    struct Slot {
      std::uint32_t number = 0;  // of the tuple, and 1; 0: it is free
      std::uint32_t hash = 0;    // the tuple's: others are seldom looked at
    };
    std::size_t width_;
    std::size_t size_ = 0;
    std::vector<std::uint32_t> flat_;
    std::vector<Slot> slots_;  // a power of two
  };

  // `last`: no more will come.
  Status flush(bool last);
  // The place of each series among those of the run.
  [[nodiscard]] std::vector<std::uint32_t> rank_series();
  [[nodiscard]] std::vector<std::uint32_t> sort_series() const;
  void rank_codes();
  [[nodiscard]] std::vector<std::uint32_t> order_stretches(
      const std::vector<std::uint32_t>& places) const;
  // The rows of the series whose stretches begin at `at`, by period, each period once.
  void gather(const std::vector<std::uint32_t>& order, std::size_t& at);
  void say_twice(const Row& row, const Row& first, std::uint32_t series) const;
  [[nodiscard]] std::string describe(std::span<const std::uint32_t> key, Period period,
                                     const std::vector<std::vector<std::string>>& codes) const;
  using Writers = std::array<std::unique_ptr<PartWriter>, circles>;
  [[nodiscard]] Writers make_writers(const std::vector<std::vector<std::string>>& dimensions,
                                     const std::vector<std::vector<std::string>>& attributes,
                                     bool in_memory = false);
  Status close_writers(Writers& writers,
                       std::array<std::shared_ptr<const PartHeader>, circles>& parts);
  void put_row(const Row& row);
  void put_cell(Circle circle, const Versions& versions, std::uint32_t cell, bool marker);
  void begin_series();
  // Hands what was put since begin_series() on.
  Status end_series(std::span<const std::uint32_t> key, Writers& writers);
  Status merge_runs(Collected& out);
  void merge_series(const Walk& walk, const std::vector<std::uint32_t>& key,
                    const Versions& versions);
  Status lay_series(const Overlay& overlay, const Merge& merge, const Merged& all,
                    std::size_t series, std::size_t from, Writers& writers);
  [[nodiscard]] store::Id new_part();
  Status erase(const store::Id& part);

  store::Store& store_;
  Entropy& entropy_;
  const Rules rules_;
  OnTwice on_twice_;
  std::array<Stage, circles> stages_;
  std::vector<Interner> codes_;
  std::vector<Interner> attributes_;
  // The run under way.
  Tuples series_;
  Tuples sets_;
  std::vector<Row> rows_;
  std::vector<Stretch> stretches_;
  std::vector<std::uint32_t> key_;            // of the last row
  std::vector<std::uint32_t> attribute_set_;  // of the last row
  std::vector<std::uint32_t> gathered_;       // rows of the series at hand
  std::array<Columns, circles> split_;        // the series at hand, by circle
  // Of the codes that the run uses: from number to rank among them, and the texts by rank.
  std::vector<std::vector<std::uint32_t>> ranks_;
  std::vector<std::vector<std::uint32_t>> attribute_ranks_;
  std::vector<std::vector<std::string>> used_;
  std::vector<std::vector<std::string>> attributes_used_;

  std::vector<Run> runs_;
  std::vector<store::Id> parts_;  // staged, not yet anybody's
  std::size_t runs_bytes_ = 0;    // packed, in memory
  std::uint64_t observations_ = 0;
  bool released_ = false;
};

}  // namespace entente::statistics
