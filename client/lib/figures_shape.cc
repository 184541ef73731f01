#include "client/lib/figures_shape.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace entente::client {
namespace {

// Without codes all are the first of the dictionary.
bool reads(const v1::Observations::Column& column, int cells) {
  const auto words = static_cast<std::uint32_t>(column.dictionary_size());
  if (column.codes_size() == 0) return cells == 0 || words != 0;
  return column.codes_size() == cells &&
         std::all_of(column.codes().begin(), column.codes().end(),
                     [&](std::uint32_t code) { return code < words; });
}

}  // namespace

Status check_figures(const v1::Observations& some) {
  const int figures = some.values_size();
  const auto all = [](const auto& columns, int cells) {
    return std::all_of(columns.begin(), columns.end(),
                       [&](const auto& one) { return reads(one, cells); });
  };
  const auto fits = [&](int size) { return size == 0 || size == figures; };
  const std::uint64_t counted =
      std::accumulate(some.counts().begin(), some.counts().end(), std::uint64_t{0});
  if (counted == static_cast<std::uint64_t>(figures) &&
      all(some.dimensions(), some.counts_size()) && reads(some.periods(), figures) &&
      all(some.attributes(), figures) && fits(some.exponents_size()) &&
      fits(some.recorded_at_us_size())) {
    return Status();
  }
  return Status(Code::DataLoss, Reason::None, "the server's figures do not read");
}

}  // namespace entente::client
