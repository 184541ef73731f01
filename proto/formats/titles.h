// Items of codelists by their titles, for tables that have names where SDMX has codes: found alike
// on both sides of the line. ICU stops here. One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "entente/v1/statistics.pb.h"

namespace entente::statistics {

class Titles {
 public:
  // `list_of`: a component's codelist, which outlives this; null: it has none.
  using ListOf = std::function<const v1::Codelist*(std::string_view component)>;
  explicit Titles(ListOf list_of) : list_of_(std::move(list_of)) {}

  // The id of the item that has this title in some language, letters of either case being one;
  // empty: none has, or several.
  [[nodiscard]] std::string find(std::string_view component, std::string_view title);

 private:
  using ByTitle = std::map<std::string, std::string, std::less<>>;
  static ByTitle read(const v1::Codelist& list);

  ListOf list_of_;
  std::map<const v1::Codelist*, ByTitle> by_list_;  // of those that were asked for
};

}  // namespace entente::statistics
