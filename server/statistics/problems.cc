#include "server/statistics/problems.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kValueBytes = 64;

// Cut at a letter's beginning.
std::string cut(std::string_view text) {
  if (text.size() <= kValueBytes) return std::string(text);
  std::size_t end = kValueBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

void Problems::add(v1::Problem::Kind kind, std::uint64_t line, std::size_t column,
                   std::string_view name, std::string_view value, std::string_view nearest,
                   std::string_view text) {
  ++count_;
  ++by_kind_[kind];
  if (!keeps()) return;
  v1::Problem& problem = kept_.emplace_back();
  problem.set_kind(kind);
  problem.set_line(line);
  problem.set_column(static_cast<std::uint32_t>(column));
  problem.set_column_name(cut(name));
  problem.set_value(cut(value));
  problem.set_nearest(std::string(nearest));
  std::string words;
  if (line != 0) words += "line " + std::to_string(line);
  if (column != 0) words += ", column " + std::to_string(column);
  if (!name.empty()) words += " (" + cut(name) + ")";
  if (!words.empty()) words += ": ";
  words += text;
  if (!nearest.empty()) words += "; did you mean `" + std::string(nearest) + "`?";
  problem.set_text(words);
}

}  // namespace entente::statistics
