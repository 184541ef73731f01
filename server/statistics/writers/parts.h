// What the writers have in common: names, periods and figures as texts. Pure; one thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/statistics/series/columns.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/writers.h"

namespace entente::statistics {

void append_number(std::string& out, std::uint64_t number);
// As to_text says it.
void append_figure(std::string& out, const Decimal& value);

// Periods as texts; those lately written are remembered.
class PeriodTexts {
 public:
  explicit PeriodTexts(bool normalized = false) : normalized_(normalized), held_(kHeld) {}
  // Good until the next call.
  [[nodiscard]] const std::string& text(Period period);

 private:
  static constexpr std::size_t kHeld = 256;  // made anew for each answer
  struct Held {
    Period period;
    std::string text;
  };
  const bool normalized_;
  std::vector<Held> held_;
};

// Of some numbered codes the form in which a writer writes them, made once each.
class Rendered {
 public:
  explicit Rendered(std::size_t codes = 0) : texts_(codes), made_(codes) {}
  template <typename Make>
  const std::string& of(std::uint32_t code, const Make& make) {
    if (!made_[code]) {
      texts_[code] = make();
      made_[code] = true;
    }
    return texts_[code];
  }

 private:
  std::vector<std::string> texts_;
  std::vector<bool> made_;
};

// What people call things, in the language that they read best.
class Names {
 public:
  Names(const Model& model, const std::vector<std::string>& languages)
      : model_(model), languages_(languages) {}
  // Of a dimension, attribute or measure.
  [[nodiscard]] std::string component(const Flow& flow, std::string_view id) const;
  [[nodiscard]] std::string flow(const Flow& flow) const;
  // Of a code; empty if the list is null or has none.
  [[nodiscard]] std::string code(const Codelist* list, std::string_view code) const;

 private:
  const Model& model_;
  const std::vector<std::string>& languages_;
};

// Provisions have no versions of their own.
inline constexpr std::string_view provision_version = "1.0";
// Names as SDMX has them.
[[nodiscard]] StructureName flow_name_of(const Flow& flow);
[[nodiscard]] StructureName structure_name_of(const Flow& flow);
// `dataflow` and `IGC:ASYLUM(1.0)`, or `dataprovision` and `IGC:ASYLUM_SWE(1.0)`.
[[nodiscard]] std::pair<std::string, std::string> table_name_of(const Topic& topic);
[[nodiscard]] std::string urn_of(std::string_view artefact, const StructureName& name,
                                 const std::string& version);
// Which dimension stands with the observation; none: time or all.
[[nodiscard]] std::optional<std::size_t> dimension_at(const View& view, const Flow& flow);

[[nodiscard]] std::unique_ptr<DataWriter> make_csv_writer(Plan plan);
[[nodiscard]] std::unique_ptr<DataWriter> make_json_writer(Plan plan);
[[nodiscard]] std::unique_ptr<DataWriter> make_xml_writer(Plan plan);
[[nodiscard]] std::unique_ptr<DataWriter> make_workbook_writer(Plan plan);

}  // namespace entente::statistics
