#include "proto/contract/content_line.h"

#include <chrono>
#include <cstdio>

namespace entente::content_line {
namespace {

constexpr std::size_t line_octets_max = 75;

}  // namespace

// RFC 6350 section 3.4 (and RFC 2426 section 4): backslash, comma, semicolon and line ends.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ',' || c == ';') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
    }
  }
  return out;
}

// RFC 6868: within a quoted parameter.
std::string parameter(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') {
      out += "^'";
    } else if (c == '^') {
      out += "^^";
    } else if (c == '\n') {
      out += "^n";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
    }
  }
  return out + '"';
}

// RFC 6350 section 3.2: "the line SHOULD be folded"; "Multi-octet characters MUST remain
// contiguous."
void add(std::string& out, std::string_view line) {
  std::size_t room = line_octets_max;
  while (line.size() > room) {
    std::size_t cut = room;
    while (cut > 1 && (static_cast<unsigned char>(line[cut]) & 0xc0U) == 0x80U) --cut;
    out.append(line.substr(0, cut));
    out += "\r\n ";
    line.remove_prefix(cut);
    room = line_octets_max - 1;
  }
  out.append(line);
  out += "\r\n";
}

std::string stamp(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

}  // namespace entente::content_line
