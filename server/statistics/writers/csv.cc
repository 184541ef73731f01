// SDMX-CSV 1.0, 2.0 and 2.1.
#include <algorithm>

#include "proto/contract/formula.h"
#include "server/statistics/writers/table.h"

namespace entente::statistics {
namespace {

// Free text that a spreadsheet would take for a formula is made text, so that it reads as it was.
void append_cell(std::string& out, std::string_view text, bool free) {
  const bool quoted = free && wants_quote(text);
  if (!quoted && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += quoted ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class CsvWriter final : public DataWriter {
 public:
  explicit CsvWriter(Plan plan)
      : plan_(std::move(plan)),
        columns_(plan_),
        names_(*plan_.model, plan_.languages),
        periods_(plan_.form.normalized) {}

  void begin(std::string& out) override {
    const bool first = plan_.form.format == DataFormat::Csv1;
    out += first ? "DATAFLOW" : "STRUCTURE,STRUCTURE_ID";
    if (plan_.form.labels == Labels::Name) out += ",STRUCTURE_NAME";
    if (!first || plan_.changes) out += ",ACTION";
    if (wants_series_key()) out += ",SERIES_KEY";
    if (wants_observation_key()) out += ",OBS_KEY";
    const auto head = [&](const std::vector<std::string>& ids,
                          const std::vector<std::size_t>& owners) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        heading(ids[i], *plan_.topics[owners[i]].flow, out);
      }
    };
    head(columns_.dimensions, columns_.dimension_owner);
    if (plan_.observations) {
      heading(std::string(time_dimension), *plan_.topics[0].flow, out);
      head(columns_.measures, columns_.measure_owner);
      head(columns_.attributes, columns_.attribute_owner);
    }
    if (plan_.changes) out += ",VALID_FROM,VALID_TO";
    out += "\r\n";
  }

  void begin_set(const SetHead& head, const Texts& texts, std::string&) override {
    topic_ = &plan_.topics[head.topic];
    places_ = &columns_.places[head.topic];
    texts_ = texts;
    deletes_ = head.action == SetHead::Action::Delete;
    lead(head);
    tail_.clear();
    if (plan_.changes) {
      tail_ += ',';
      if (head.valid_from) tail_ += to_rfc3339(*head.valid_from);
      tail_ += ',';
      if (head.valid_to) tail_ += to_rfc3339(*head.valid_to);
    }
    tail_ += "\r\n";
    behind_.clear();
    codes_.clear();
    for (const auto& list : *texts.dimensions) codes_.emplace_back(list.size());
    values_.clear();
    for (const auto& list : *texts.attributes) values_.emplace_back(list.size());
    at_ = dimension_at(plan_.view, *topic_->flow);
  }

  void write(const Columns& columns, std::string& out) override {
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const auto key = columns.key(s);
      dimensions(key);
      if (!plan_.observations) {
        out += lead_;
        if (wants_series_key()) out += "," + joined(key, {});
        out += dimensions_;
        out += tail_;
        cell += columns.counts[s];
        continue;
      }
      start_ = lead_;
      const bool keyed = wants_series_key() || wants_observation_key();
      if (!keyed) start_ += dimensions_;
      start_ += keyed ? "" : ",";
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        const std::string& period = periods_.text({columns.frequency(s), columns.ordinals[cell]});
        out += start_;
        if (keyed) keys(key, period, out);
        out += period;
        row(columns, cell, out);
      }
    }
  }

  void end_set(std::string&) override {}
  void end(std::string&) override {}

 private:
  [[nodiscard]] bool wants_series_key() const {
    return plan_.form.keys == Keys::Series || plan_.form.keys == Keys::Both;
  }
  [[nodiscard]] bool wants_observation_key() const {
    return plan_.observations &&
           (plan_.form.keys == Keys::Observation || plan_.form.keys == Keys::Both);
  }

  void heading(const std::string& id, const Flow& flow, std::string& out) const {
    out += ',';
    if (plan_.form.labels == Labels::Id ||
        (plan_.form.format == DataFormat::Csv1 && id == flow.measure)) {
      out += id;
      return;
    }
    const std::string name = names_.component(flow, id);
    if (plan_.form.labels == Labels::Both) return append_cell(out, id + ": " + name, true);
    out += id;
    out += ',';
    append_cell(out, name, true);
  }

  // What each row of a data set begins with.
  void lead(const SetHead& head) {
    const auto [kind, id] = table_name_of(*topic_);
    const bool first = plan_.form.format == DataFormat::Csv1;
    lead_ = first ? "" : kind + ",";
    const std::string name =
        plan_.form.labels == Labels::Id ? std::string() : names_.flow(*topic_->flow);
    append_cell(lead_, plan_.form.labels == Labels::Both ? id + ": " + name : id, false);
    if (plan_.form.labels == Labels::Name) {
      lead_ += ',';
      append_cell(lead_, name, true);
    }
    if (first && !plan_.changes) return;
    const bool newest = plan_.form.format == DataFormat::Csv21;
    const char* plain = newest ? ",M" : ",I";
    lead_ += head.action == SetHead::Action::Delete    ? ",D"
             : head.action == SetHead::Action::Replace ? ",R"
                                                       : plain;
  }

  // A code or free text, with its name if names are wanted.
  std::string cell_of(const Codelist* list, const std::string& text, bool free) const {
    std::string out;
    if (plan_.form.labels == Labels::Id) {
      append_cell(out, text, free);
      return out;
    }
    const std::string name = names_.code(list, text);
    if (plan_.form.labels == Labels::Both) {
      append_cell(out, name.empty() ? text : text + ": " + name, free);
      return out;
    }
    append_cell(out, text, free);
    out += ',';
    append_cell(out, name, true);
    return out;
  }

  void dimensions(std::span<const std::uint32_t> key) {
    dimensions_.clear();
    for (const auto& own : places_->dimensions) {
      dimensions_ += ',';
      if (!own) {
        if (plan_.form.labels == Labels::Name) dimensions_ += ',';
        continue;
      }
      const std::uint32_t code = key[*own];
      dimensions_ += codes_[*own].of(code, [&] {
        return cell_of(topic_->flow->dimension_lists[*own].get(), (*texts_.dimensions)[*own][code],
                       false);
      });
    }
  }

  // `A.SWE.AFG`, without the dimension that stands with the observation.
  std::string joined(std::span<const std::uint32_t> key, std::optional<std::size_t> without) const {
    std::string out;
    for (std::size_t d = 0; d + 1 < key.size(); ++d) {
      if (without == d) continue;
      if (!out.empty()) out += '.';
      out += (*texts_.dimensions)[d][key[d]];
    }
    return out;
  }

  void keys(std::span<const std::uint32_t> key, const std::string& period, std::string& out) const {
    if (wants_series_key()) {
      out += "," + joined(key, at_);
      if (plan_.view.at != View::At::Time) out += "." + period;
    }
    if (wants_observation_key()) out += "," + joined(key, {}) + "." + period;
    out += dimensions_;
    out += ',';
  }

  void row(const Columns& columns, std::size_t cell, std::string& out) {
    const bool named = plan_.form.labels == Labels::Name;
    if (named) out += ',';  // periods and figures have no names
    for (const bool own : places_->measures) {
      out += ',';
      if (own && columns.kinds[cell] == Kind::Value && !deletes_) {
        append_figure(out, columns.values[cell]);
      }
      if (named) out += ',';
    }
    // Neighbours mostly have the same attributes.
    const auto codes = columns.codes_of(cell);
    if (behind_.empty() || !std::equal(codes.begin(), codes.end(), behind_codes_.begin())) {
      behind_codes_.assign(codes.begin(), codes.end());
      behind_.clear();
      attributes(codes, behind_);
      behind_ += tail_;
    }
    out += behind_;
  }

  void attributes(std::span<const std::uint32_t> codes, std::string& out) {
    for (const auto& own : places_->attributes) {
      out += ',';
      const std::uint32_t code = own && !deletes_ ? codes[*own] : 0;
      if (code != 0) {
        attribute(*own, code, out);
      } else if (plan_.form.labels == Labels::Name) {
        out += ',';
      }
    }
  }

  void attribute(std::size_t own, std::uint32_t code, std::string& out) {
    const Codelist* list = topic_->flow->attribute_lists[own].get();
    const std::string& text = (*texts_.attributes)[own][code];
    if (list == nullptr && plan_.form.labels != Labels::Name) return append_cell(out, text, true);
    out += values_[own].of(code, [&] { return cell_of(list, text, list == nullptr); });
  }

  const Plan plan_;
  const TableColumns columns_;
  const Names names_;
  PeriodTexts periods_;
  const Topic* topic_ = nullptr;
  const TableColumns::Places* places_ = nullptr;
  Texts texts_;
  bool deletes_ = false;
  std::optional<std::size_t> at_;
  std::string lead_;
  std::string tail_;
  std::string start_;
  std::string dimensions_;
  std::string behind_;  // the figure, of these codes
  std::vector<std::uint32_t> behind_codes_;
  std::vector<Rendered> codes_;
  std::vector<Rendered> values_;
};

}  // namespace

std::unique_ptr<DataWriter> make_csv_writer(Plan plan) {
  return std::make_unique<CsvWriter>(std::move(plan));
}

}  // namespace entente::statistics
