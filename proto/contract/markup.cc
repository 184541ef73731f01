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

bool is_noncharacter(std::string_view at) {  // U+FFFE, U+FFFF
  return at.starts_with("\xEF\xBF\xBE") || at.starts_with("\xEF\xBF\xBF");
}

}  // namespace

std::string markup_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (const std::string_view reference = reference_of(text[i]); !reference.empty()) {
      out += reference;
    } else if (is_noncharacter(text.substr(i))) {
      i += 2;
    } else if (byte >= 0x20 && byte != 0x7f) {
      out += text[i];
    }
  }
  return out;
}

}  // namespace entente
