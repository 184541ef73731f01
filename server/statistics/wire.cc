#include "server/statistics/wire.h"

#include <algorithm>
#include <unordered_map>

#include "proto/contract/limits.h"
#include "server/store/key.h"

namespace entente::statistics {
namespace {

// A column of one message: codes numbered anew, for the message's own dictionary.
class ColumnMaker {
 public:
  ColumnMaker(v1::Observations::Column& column, std::string id, std::size_t codes)
      : column_(column), numbers_(codes, UINT32_MAX) {
    column_.set_id(std::move(id));
  }
  void add(std::uint32_t code, const std::vector<std::string>& texts) {
    std::uint32_t& number = numbers_[code];
    if (number == UINT32_MAX) {
      number = static_cast<std::uint32_t>(column_.dictionary_size());
      column_.add_dictionary(texts[code]);
    }
    only_first_ = only_first_ && number == 0;
    column_.add_codes(number);
  }
  // A column that says the same throughout need not say so often.
  void shorten() {
    if (only_first_) column_.clear_codes();
  }

 private:
  v1::Observations::Column& column_;
  std::vector<std::uint32_t> numbers_;
  bool only_first_ = true;
};

class PeriodMaker {
 public:
  explicit PeriodMaker(v1::Observations::Column& column) : column_(column) {
    column_.set_id(std::string(time_dimension));
  }
  void add(Period period) {
    const std::uint64_t place = std::uint64_t{static_cast<std::uint8_t>(period.frequency)} << 32 |
                                static_cast<std::uint32_t>(period.ordinal);
    const auto [at, fresh] =
        numbers_.emplace(place, static_cast<std::uint32_t>(column_.dictionary_size()));
    if (fresh) column_.add_dictionary(to_text(period));
    column_.add_codes(at->second);
  }

 private:
  v1::Observations::Column& column_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
};

}  // namespace

v1::Observations to_wire(const Flow& flow, const Merge& merge, const Merged& merged,
                         const std::vector<std::int64_t>& recorded_us) {
  v1::Observations out;
  const Columns& columns = merged.columns;
  const auto& dimensions = flow.structure.dimensions();
  for (int d = 0; d < dimensions.size(); ++d) {
    const auto at = static_cast<std::size_t>(d);
    const auto& texts = merge.dimensions()[at];
    ColumnMaker maker(*out.add_dimensions(), dimensions[d].id(), texts.size());
    for (std::size_t s = 0; s < columns.series(); ++s) maker.add(columns.key(s)[at], texts);
  }
  PeriodMaker periods(*out.mutable_periods());
  bool exponents = false;
  std::size_t cell = 0;
  for (std::size_t s = 0; s < columns.series(); ++s) {
    out.add_counts(columns.counts[s]);
    for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
      periods.add({columns.frequency(s), columns.ordinals[cell]});
      const auto place = static_cast<std::uint32_t>(cell);
      if (columns.kinds[cell] == Kind::Missing) out.add_missing(place);
      if (is_gone(columns.kinds[cell])) out.add_withdrawn(place);
      out.add_values(columns.values[cell].mantissa);
      exponents = exponents || columns.values[cell].exponent != 0;
      if (!recorded_us.empty()) out.add_recorded_at_us(recorded_us[merged.layers[cell]]);
    }
  }
  for (std::size_t i = 0; exponents && i < cell; ++i) {
    out.add_exponents(columns.values[i].exponent);
  }
  const auto& attributes = flow.structure.attributes();
  for (int a = 0; a < attributes.size(); ++a) {
    const auto at = static_cast<std::size_t>(a);
    const auto& texts = merge.attributes()[at];
    ColumnMaker maker(*out.add_attributes(), attributes[a].id(), texts.size());
    for (std::size_t i = 0; i < cell; ++i) maker.add(columns.codes_of(i)[at], texts);
    maker.shorten();
  }
  return out;
}

v1::Upload to_wire(const record::Upload& row) {
  v1::Upload out;
  out.set_name(upload_name(row.dataflow(), store::Id::from(row.id())));
  out.set_party("parties/" + row.party());
  out.set_account(row.account());
  set_time(*out.mutable_recorded_at(), recorded_at(row));
  out.set_action(static_cast<v1::UploadAction>(row.action()));
  out.set_observations(row.observations());
  out.set_series(row.series());
  out.set_sha256(row.sha256());
  out.set_signature(row.signature());
  out.set_signer_certificate_sha256(row.signer_certificate_sha256());
  *out.mutable_reference_areas() = row.reference_areas();
  if (row.embargo_until_us() != 0) {
    set_time(*out.mutable_embargo_until(),
             Instant(std::chrono::microseconds(row.embargo_until_us())));
  }
  return out;
}

Result<Reading> reading_of(const Flow& flow, const v1::QueryRequest& request) {
  Reading reading;
  reading.codes.resize(flow.dimension_lists.size());
  for (const v1::Selection& selection : request.selections()) {
    const auto dimension = flow.find_dimension(selection.dimension());
    if (!dimension) {
      return invalid_argument("selections", "the dataflow has no dimension `" +
                                                selection.dimension().substr(0, 64) + "`");
    }
    if (static_cast<std::size_t>(selection.values_size()) > limits::selection_values_max) {
      return invalid_argument("selections",
                              "name too many values of `" + selection.dimension() + "`");
    }
    auto& codes = reading.codes[*dimension];
    if (codes) {
      return invalid_argument("selections", "name `" + selection.dimension() + "` twice");
    }
    codes.emplace(selection.values().begin(), selection.values().end());
    std::sort(codes->begin(), codes->end());
    codes->erase(std::unique(codes->begin(), codes->end()), codes->end());
  }
  for (const auto& [field, text] : {std::pair("start_period", &request.start_period()),
                                    std::pair("end_period", &request.end_period())}) {
    if (text->empty()) continue;
    const auto period = parse_period(*text);
    if (!period) {
      return invalid_argument(field, "must be a period such as `2015`, `2015-Q1`, `2015-03`");
    }
    const bool is_start = field == std::string_view("start_period");
    if (is_start) reading.days.first = first_day(*period);
    if (!is_start) reading.days.last = last_day(*period);
  }
  reading.history = request.include_history();
  reading.fresh_only = request.has_updated_after() && !request.include_history();
  reading.first = request.first_observations();
  reading.last = request.last_observations();
  return reading;
}

}  // namespace entente::statistics
