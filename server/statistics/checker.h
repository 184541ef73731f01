// Weighs each row of an upload against its dataflow and hands what is right to the collector; what
// is not, to the problems. Knows no format: readers bring rows of cells under headings.
//
// One thread; what is passed in outlives it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/formats/reader.h"
#include "server/statistics/problems.h"
#include "server/statistics/series/collector.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

class Checker final : public RowSink {
 public:
  // `party`: who uploads. Requires: it has a provision of the flow.
  Checker(std::shared_ptr<const Flow> flow, std::string party, v1::UploadAction action,
          Collector& collector, Problems& problems);

  // The columns: of SDMX-CSV 1.0 or 2.x (the first column says which), or, if the message has
  // `told` what it is of, those of any other format.
  // InvalidArgument (ImportRefused): without these columns no row can be read.
  [[nodiscard]] Status heading(std::uint64_t line, std::span<const std::string_view> cells,
                               bool told) override;
  // What Collector::add returns. A faulty row is a problem, not a failure.
  [[nodiscard]] Status row(const Row& row) override;
  void refers_to(Referent what, std::string_view reference, Place place) override;
  void sent_by(std::string_view id, Place place) override;
  void no_such_column(std::string_view id, Place place) override;
  void malformed(std::string_view text, Place place, std::string_view rule) override;

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // The reference areas met, by circle; sorted.
  [[nodiscard]] const std::set<std::string>& areas(Circle circle) const {
    return areas_[static_cast<std::size_t>(circle)];
  }

 private:
  enum class Role {
    Ignored,
    Structure,
    StructureKind,
    Action,
    Dimension,
    Time,
    Measure,
    Attribute
  };
  struct Column {
    Role role = Role::Ignored;
    std::size_t index = 0;  // which dimension or attribute
    std::string name;
    bool labelled = false;  // `SWE: Sweden`
    // The last cell that was right, and what it came to. `known`: it is that of the row before.
    std::string last;
    std::uint32_t number = 0;
    bool known = false;
    // Others lately met, by their text: none is weighed twice.
    struct Met {
      std::string text;
      std::uint32_t number = 0;
    };
    std::vector<Met> met;
    // Whether it was met; it is the last, then.
    bool recall(std::string_view cell);
    void remember();
  };

  [[nodiscard]] Column column_of(std::string_view heading) const;
  void check_columns(std::uint64_t line, const std::set<std::string, std::less<>>& seen, bool told,
                     bool& whole);
  bool check_structure(std::size_t at, std::string_view cell);
  bool check_action(std::size_t at, std::string_view cell);
  bool check_dimension(std::size_t at, std::string_view cell);
  bool check_attribute(std::size_t at, std::string_view cell);
  bool check_time(std::size_t at, std::string_view cell);
  bool check_measure(std::size_t at, std::string_view cell);
  bool check_cell(std::size_t at, std::string_view cell);
  bool check_area(std::size_t at, std::string_view cell);
  bool check_frequency();
  bool check_fault(std::size_t at, std::string_view rule);
  [[nodiscard]] std::string_view other_party_for(std::string_view area) const;
  [[nodiscard]] bool is_ours(Referent what, std::string_view reference) const;
  void meet_area();
  void say(v1::Problem::Kind kind, std::size_t at, std::string_view value, std::string_view nearest,
           std::string_view text);

  std::shared_ptr<const Flow> flow_;
  const std::string party_;
  const v1::UploadAction action_;
  Collector& collector_;
  Problems& problems_;
  std::set<std::string, std::less<>> provided_;  // reference areas
  std::vector<Column> columns_;
  std::optional<std::size_t> time_column_;
  std::optional<std::size_t> action_column_;
  std::optional<std::size_t> frequency_column_;
  std::optional<std::size_t> area_column_;
  std::optional<std::size_t> confidentiality_column_;
  std::array<std::set<std::string>, circles> areas_;
  std::array<std::optional<std::uint32_t>, circles> last_area_;
  std::uint64_t rows_ = 0;
  // The row at hand.
  const Row* row_ = nullptr;
  Referent of_ = Referent::Dataflow;  // what its first columns refer to
  std::vector<std::uint32_t> codes_;
  std::vector<std::uint32_t> attributes_;
  Observation one_;
  std::optional<Frequency> frequency_;
  bool withdraws_ = false;
};

}  // namespace entente::statistics
