#include "proto/contract/formula.h"

#include <algorithm>

namespace entente {

bool looks_like_formula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

bool wants_quote(std::string_view text) {
  return looks_like_formula(text.substr(std::min(text.find_first_not_of('\''), text.size())));
}

std::string_view without_quote(std::string_view cell) {
  const bool quoted = cell.starts_with('\'') && wants_quote(cell);
  return cell.substr(quoted ? 1 : 0);
}

}  // namespace entente
