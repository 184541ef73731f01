// The same series of several areas side by side.
#include <algorithm>
#include <map>

#include "proto/contract/limits.h"
#include "server/statistics/service.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

// One row of the table: a key without the reference area, and a period.
struct RowKey {
  std::vector<std::string> key;
  Period period;
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

v1::Comparison::Cell cell_of(const Flow& flow, const Merge& merge, const Columns& columns,
                             std::size_t cell) {
  v1::Comparison::Cell out;
  if (columns.kinds[cell] == Kind::Value) {
    out.set_value(to_text(columns.values[cell]));
  } else {
    out.set_gap("reported without a value");
  }
  if (flow.status) {
    out.set_status(merge.attributes()[*flow.status][columns.codes_of(cell)[*flow.status]]);
  }
  return out;
}

// Whose figures an area's are, with the notes that they gave, and when they were last updated.
void add_notes(const Flow& flow, const std::string& area,
               const std::map<std::string, Instant>& updated, v1::Comparison& out) {
  for (const auto& [party, provision] : flow.provisions) {
    const auto& areas = provision.wire.reference_areas();
    if (std::find(areas.begin(), areas.end(), area) == areas.end()) continue;
    v1::Comparison::AreaNotes* notes = out.add_notes();
    notes->set_area(area);
    notes->set_party("parties/" + party);
    *notes->mutable_notes() = provision.wire.notes();
    if (const auto at = updated.find(area); at != updated.end()) {
      set_time(*notes->mutable_updated_at(), at->second);
    }
  }
}

// On which concepts the areas' notes do not say the same.
void add_warnings(v1::Comparison& out) {
  std::map<std::string, std::set<std::string>> said;
  std::map<std::string, std::size_t> by_how_many;
  for (const auto& notes : out.notes()) {
    for (const v1::Note& note : notes.notes()) {
      std::string words;
      const auto& texts = note.text().by_language();
      const std::map<std::string, std::string> sorted(texts.begin(), texts.end());
      for (const auto& [language, text] : sorted) words += language + "\n" + text + "\n";
      said[note.concept_id()].insert(words);
      ++by_how_many[note.concept_id()];
    }
  }
  for (const auto& [concept_id, texts] : said) {
    const bool some_silent = by_how_many[concept_id] < static_cast<std::size_t>(out.notes_size());
    if (texts.size() > 1 || (some_silent && out.notes_size() > 1)) {
      out.add_warnings("the figures differ in " + concept_id + ": read the notes");
    }
  }
}

// The series of the parties compared, as a query.
v1::QueryRequest query_of(const Flow& flow, const v1::ComparePartiesRequest& message) {
  v1::QueryRequest query;
  *query.mutable_selections() = message.selections();
  query.set_start_period(message.start_period());
  query.set_end_period(message.end_period());
  if (message.areas_size() > 0) {
    auto* selection = query.add_selections();
    selection->set_dimension(
        flow.structure.dimensions(static_cast<int>(*flow.reference_area)).id());
    *selection->mutable_values() = message.areas();
  }
  return query;
}

using Rows = std::map<RowKey, std::map<std::string, v1::Comparison::Cell>>;

// The table: a column a party, with its notes; a row a key and period.
v1::Comparison table_of(const Flow& flow, const std::set<std::string>& areas,
                        const std::map<std::string, Instant>& updated, Rows& rows) {
  v1::Comparison out;
  for (int d = 0; d < flow.structure.dimensions_size(); ++d) {
    if (static_cast<std::size_t>(d) != *flow.reference_area) {
      out.add_dimensions(flow.structure.dimensions(d).id());
    }
  }
  for (const std::string& code : areas) {
    out.add_areas(code);
    add_notes(flow, code, updated, out);
  }
  for (auto& [key, cells] : rows) {
    v1::Comparison::Row* row = out.add_rows();
    for (const std::string& code : key.key) row->add_key(code);
    row->set_period(to_text(key.period));
    for (const std::string& code : areas) {
      v1::Comparison::Cell* cell = row->add_cells();
      const auto found = cells.find(code);
      if (found != cells.end()) {
        *cell = std::move(found->second);
      } else {
        cell->set_gap("not reported");
      }
    }
  }
  add_warnings(out);
  return out;
}

}  // namespace

Result<v1::Comparison> Service::compare_parties(const Subject& subject,
                                                const v1::ComparePartiesRequest& message,
                                                Snapshot& snapshot) {
  ENTENTE_TRY(const std::shared_ptr<const Flow> flow, open_flow(subject, message.dataflow()));
  if (!flow->reference_area) {
    return invalid_argument("dataflow", "has no reference area to compare by");
  }
  if (static_cast<std::size_t>(message.areas_size()) > limits::query_parties_max) {
    return invalid_argument("areas", "are more than " + std::to_string(limits::query_parties_max));
  }
  const std::size_t area = *flow->reference_area;
  ENTENTE_TRY(Reading reading, reading_of(*flow, query_of(*flow, message)));
  std::optional<Instant> as_of;
  if (message.has_as_of()) as_of = instant_of(message.as_of());
  std::vector<Layer> chosen;
  std::map<std::uint64_t, Instant> recorded;
  for (SeenLayer& seen : layers(subject, *flow, as_of)) {
    recorded[seen.layer.version] = recorded_at(seen.kept->row);
    chosen.push_back(std::move(seen.layer));
  }
  ENTENTE_TRY(const std::unique_ptr<Merge> merge,
              Merge::open(snapshot, parts_.cache, std::move(chosen), std::move(reading)));

  Rows rows;
  std::set<std::string> areas(message.areas().begin(), message.areas().end());
  std::map<std::string, Instant> updated;
  Merged merged;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(merged, limits::answer_observations_max));
    const Columns& columns = merged.columns;
    if (columns.series() == 0) break;
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const auto key = columns.key(s);
      RowKey row;
      for (std::size_t d = 0; d + 1 < columns.width; ++d) {
        if (d != area) row.key.push_back(merge->dimensions()[d][key[d]]);
      }
      const std::string& code = merge->dimensions()[area][key[area]];
      areas.insert(code);
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        row.period = {columns.frequency(s), columns.ordinals[cell]};
        rows[row][code] = cell_of(*flow, *merge, columns, cell);
        Instant& newest = updated[code];
        newest = std::max(newest, recorded[merge->layers()[merged.layers[cell]].version]);
      }
      if (rows.size() > limits::comparison_rows_max || areas.size() > limits::query_parties_max) {
        return Status(Code::ResourceExhausted, Reason::LimitReached,
                      "the table would have more than " +
                          std::to_string(limits::comparison_rows_max) + " rows or " +
                          std::to_string(limits::query_parties_max) + " columns; select less");
      }
    }
  }

  return table_of(*flow, areas, updated, rows);
}

}  // namespace entente::statistics
