#include "proto/formats/titles.h"

#include <unicode/unistr.h>

namespace entente::statistics {
namespace {

std::string folded(std::string_view text) {
  icu::UnicodeString wide = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  wide.foldCase();
  std::string out;
  return wide.toUTF8String(out);
}

}  // namespace

std::string Titles::find(std::string_view component, std::string_view title) {
  const v1::Codelist* list = list_of_(component);
  if (list == nullptr) return {};
  auto known = by_list_.find(list);
  if (known == by_list_.end()) known = by_list_.emplace(list, read(*list)).first;
  const auto found = known->second.find(folded(title));
  return found == known->second.end() ? std::string() : found->second;
}

Titles::ByTitle Titles::read(const v1::Codelist& list) {
  ByTitle by_title;
  for (const v1::Item& item : list.items()) {
    for (const auto& [language, title] : item.title().by_language()) {
      const auto [there, fresh] = by_title.emplace(folded(title), item.id());
      // A title that two items have, be it in two languages, means neither.
      if (!fresh && there->second != item.id()) there->second.clear();
    }
  }
  return by_title;
}

}  // namespace entente::statistics
