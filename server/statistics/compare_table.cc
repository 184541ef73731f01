#include "server/statistics/compare_table.h"

#include <algorithm>
#include <set>

#include "server/statistics/calendar.h"
#include "server/statistics/ratios.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

using Shown = v1::Comparison;

const char* words_of(Shown::Gap gap) {
  switch (gap) {
    case Shown::NOT_REPORTED:
      return "not reported";
    case Shown::WITHOUT_VALUE:
      return "reported without a value";
    case Shown::WITHDRAWN:
      return "withdrawn";
    case Shown::NOT_DUE_YET:
      return "not due yet";
    case Shown::LATE:
      return "late";
    case Shown::NO_DENOMINATOR:
      return "nothing to divide by";
    case Shown::NO_BASE:
      return "no figure of the base period";
    default:
      return "";
  }
}

// A note with the figures that it qualifies, made ready to be asked of each cell.
class ScopedNote {
 public:
  ScopedNote(const Flow& flow, const std::string& area, const v1::Note& note) : area_(area) {
    for (const v1::Selection& one : note.scope().selections()) {
      const auto dimension = flow.find_dimension(one.dimension());
      if (!dimension) continue;  // gone from the structure since: it restricts nothing any more
      wanted_.emplace_back(*dimension,
                           std::set<std::string>(one.values().begin(), one.values().end()));
    }
    if (const auto start = parse_period(note.scope().start_period())) {
      days_.first = first_day(*start);
    }
    if (const auto end = parse_period(note.scope().end_period())) days_.last = last_day(*end);
  }

  // A period that reaches into the note's is qualified, too: a break in March is one in the year.
  [[nodiscard]] bool qualifies(const Flow& flow, const RowKey& row, const std::string& area) const {
    if (area != area_) return false;
    if (last_day(row.period) < days_.first || first_day(row.period) > days_.last) return false;
    return std::all_of(wanted_.begin(), wanted_.end(), [&](const auto& one) {
      const std::size_t reference = *flow.reference_area;
      if (one.first == reference) return one.second.count(area) != 0;
      return one.second.count(row.key[one.first - (one.first > reference ? 1 : 0)]) != 0;
    });
  }

 private:
  const std::string area_;
  std::vector<std::pair<std::size_t, std::set<std::string>>> wanted_;
  DayRange days_;
};

class TableMaker {
 public:
  TableMaker(const TableWords& words, const std::set<std::string>& areas) : words_(words) {
    for (int d = 0; d < words_.flow.structure.dimensions_size(); ++d) {
      if (static_cast<std::size_t>(d) != *words_.flow.reference_area) {
        out_.add_dimensions(words_.flow.structure.dimensions(d).id());
      }
    }
    out_.set_view(words_.view);
    for (const std::string& code : areas) {
      out_.add_areas(code);
      add_notes(code);
    }
  }

  void add_row(const RowKey& key, const std::map<std::string, SeenFigure>& figures) {
    v1::Comparison::Row* row = out_.add_rows();
    for (const std::string& code : key.key) row->add_key(code);
    row->set_period(to_text(key.period));
    for (const std::string& area : out_.areas()) {
      v1::Comparison::Cell* cell = row->add_cells();
      const auto found = figures.find(area);
      const auto gap = found == figures.end() ? why_absent(area, key.period)
                                              : fill(key, area, found->second, *cell);
      cell->set_why(gap);
      cell->set_gap(words_of(gap));
      for (std::size_t n = 0; n < notes_.size(); ++n) {
        if (!notes_[n].qualifies(words_.flow, key, area)) continue;
        cell->add_notes(static_cast<std::uint32_t>(n) + 1);
        cited_.insert(n);
      }
    }
  }

  v1::Comparison finish(const std::map<std::string, Instant>& updated) && {
    for (v1::Comparison::AreaNotes& notes : *out_.mutable_notes()) {
      const auto at = updated.find(notes.area());
      if (at != updated.end()) set_time(*notes.mutable_updated_at(), at->second);
    }
    add_warnings();
    return std::move(out_);
  }

 private:
  // Whose figures an area's are, with the notes that they gave.
  void add_notes(const std::string& area) {
    for (const auto& [party, provision] : words_.flow.provisions) {
      const auto& areas = provision.wire.reference_areas();
      if (std::find(areas.begin(), areas.end(), area) == areas.end()) continue;
      if (!words_.sees(provision)) continue;
      provided_.insert(area);
      v1::Comparison::AreaNotes* notes = out_.add_notes();
      notes->set_area(area);
      notes->set_party("parties/" + party);
      *notes->mutable_notes() = provision.wire.notes();
      for (const v1::Note& note : provision.wire.notes()) {
        notes_.emplace_back(words_.flow, area, note);
      }
    }
  }

  Shown::Gap why_absent(const std::string& area, Period period) const {
    const auto due = due_day(words_.flow, period);
    if (!due || words_.given == nullptr || provided_.count(area) == 0) return Shown::NOT_REPORTED;
    const auto given = words_.given->find({area, period});
    if (given != words_.given->end() && given->second.observations != 0) return Shown::NOT_REPORTED;
    return words_.today > *due ? Shown::LATE : Shown::NOT_DUE_YET;
  }

  Shown::Gap fill(const RowKey& key, const std::string& area, const SeenFigure& figure,
                  v1::Comparison::Cell& cell) const {
    if (is_gone(figure.kind)) return Shown::WITHDRAWN;
    cell.set_status(figure.status);
    if (figure.kind == Kind::Missing) return Shown::WITHOUT_VALUE;
    if (words_.view == v1::ComparePartiesRequest::FIGURES) {
      cell.set_value(to_text(figure.value));
      return Shown::GAP_UNSPECIFIED;
    }
    const Decimal* by = words_.divisor(key, area);
    const auto text = by == nullptr ? std::nullopt : ratio_text(figure.value, words_.scale, *by);
    if (text) cell.set_value(*text);
    if (text) return Shown::GAP_UNSPECIFIED;
    return words_.view == v1::ComparePartiesRequest::INDEX ? Shown::NO_BASE : Shown::NO_DENOMINATOR;
  }

  // On which concepts the notes of the cells shown do not say the same.
  void add_warnings() {
    std::map<std::string, std::map<std::string, std::set<std::string>>> said;  // concept, area
    std::map<std::string, std::string> numbers;
    std::size_t n = 0;
    for (const auto& notes : out_.notes()) {
      for (const v1::Note& note : notes.notes()) {
        if (cited_.count(n++) == 0) continue;
        const auto& texts = note.text().by_language();
        const std::map<std::string, std::string> sorted(texts.begin(), texts.end());
        std::string words;
        for (const auto& [language, text] : sorted) words += language + "\n" + text + "\n";
        said[note.concept_id()][notes.area()].insert(words);
        std::string& list = numbers[note.concept_id()];
        list += (list.empty() ? "" : ", ") + notes.area() + " [" + std::to_string(n) + "]";
      }
    }
    for (const auto& [concept_id, by_area] : said) {
      std::string silent;
      bool differ = false;
      for (const std::string& area : out_.areas()) {
        const auto found = by_area.find(area);
        if (found == by_area.end()) silent += (silent.empty() ? "" : ", ") + area;
        differ = differ || (found != by_area.end() && found->second != by_area.begin()->second);
      }
      if (!differ && silent.empty()) continue;
      out_.add_warnings("the figures differ in " + concept_id + ": " + numbers[concept_id] +
                        (silent.empty() ? "" : "; nothing is said of " + silent));
    }
  }

  const TableWords& words_;
  v1::Comparison out_;
  std::vector<ScopedNote> notes_;
  std::set<std::string> provided_;  // areas that somebody reports for
  std::set<std::size_t> cited_;
};

}  // namespace

v1::Comparison make_table(const TableWords& words, const std::set<std::string>& areas,
                          const FigureRows& rows) {
  TableMaker maker(words, areas);
  std::map<std::string, Instant> updated;
  for (const auto& [key, figures] : rows) {
    maker.add_row(key, figures);
    for (const auto& [area, figure] : figures) {
      if (!is_gone(figure.kind)) updated[area] = std::max(updated[area], figure.recorded);
    }
  }
  return std::move(maker).finish(updated);
}

}  // namespace entente::statistics
