#include "server/statistics/messages/languages.h"

#include <algorithm>

namespace entente::statistics {
namespace {

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char large(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::string canonical_language(std::string_view tag) {
  std::string out(tag);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c == '_' ? '-' : small(c); });
  std::size_t begin = out.find('-');
  while (begin != std::string::npos) {
    ++begin;
    const std::size_t end = std::min(out.find('-', begin), out.size());
    if (end - begin == 1) break;  // what follows a singleton is as it is
    if (end - begin == 2) {
      out[begin] = large(out[begin]);
      out[begin + 1] = large(out[begin + 1]);
    } else if (end - begin == 4) {
      out[begin] = large(out[begin]);
    }
    begin = out.find('-', end);
  }
  return out;
}

std::string unindented(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool after_line = !out.empty() && out.back() == '\n';
    if (c == '\r' || ((c == ' ' || c == '\t') && after_line)) continue;
    while (c == '\n' && !out.empty() && out.back() == ' ') out.pop_back();
    out += c == '\t' ? ' ' : c;
  }
  return out;
}

}  // namespace entente::statistics
