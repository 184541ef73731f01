#include "proto/contract/markup.h"

namespace entente {
namespace {

// How the character is written; empty: as it is.
std::string_view reference_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\r':
      return "&#13;";
    case '\n':
      return "&#10;";
    case '\t':
      return "&#9;";
    default:
      return {};
  }
}

// What XML cannot hold of what `at` begins with; nothing: it can.
std::optional<char32_t> left_out_at(std::string_view at) {
  const auto byte = static_cast<unsigned char>(at.front());
  if (byte == 0x7f || (byte < 0x20 && reference_of(at.front()).empty())) return byte;
  if (at.starts_with("\xEF\xBF\xBE")) return 0xFFFE;
  if (at.starts_with("\xEF\xBF\xBF")) return 0xFFFF;
  return std::nullopt;
}

}  // namespace

std::string markup_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::string_view reference = reference_of(text[i]); !reference.empty()) {
      out += reference;
    } else if (const auto left_out = left_out_at(text.substr(i)); !left_out) {
      out += text[i];
    } else if (*left_out > 0x7f) {
      i += 2;  // all of its octets
    }
  }
  return out;
}

std::optional<char32_t> left_out_of_markup(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto left_out = left_out_at(text.substr(i))) return left_out;
  }
  return std::nullopt;
}

}  // namespace entente
