#include "server/documents/extract/plain.h"

#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace entente::extract {
namespace {

constexpr int kSureEnough = 25;  // of a hundred, as ICU reckons
constexpr std::size_t kEntityMax = 10;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return a == lower(b); });
}

// Well-formed UTF-8 without zeros.
bool is_text(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte == 0) return false;
    const int more = byte < 0x80 ? 0 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : -1;
    if (more < 0 || byte > 0xf4) return false;
    for (int k = 0; k < more; ++k) {
      if (++i >= bytes.size() || (static_cast<unsigned char>(bytes[i]) & 0xc0U) != 0x80) {
        return false;
      }
    }
  }
  return true;
}

struct CloseDetector {
  void operator()(UCharsetDetector* one) const { ::ucsdet_close(one); }
};
struct CloseConverter {
  void operator()(UConverter* one) const { ::ucnv_close(one); }
};

// The encoding of bytes that are no UTF-8; empty: none that is known.
std::string encoding_of(std::string_view bytes) {
  if (is_utf16(bytes)) return "UTF-16";
  if (looks_binary(bytes)) return {};
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, CloseDetector> detector(::ucsdet_open(&error));
  if (U_FAILURE(error)) return {};
  const auto some = static_cast<std::int32_t>(std::min(bytes.size(), looked_at_bytes));
  ::ucsdet_setText(detector.get(), bytes.data(), some, &error);
  const UCharsetMatch* match = ::ucsdet_detect(detector.get(), &error);
  if (U_FAILURE(error) || match == nullptr) return {};
  if (::ucsdet_getConfidence(match, &error) < kSureEnough) return {};
  const char* name = ::ucsdet_getName(match, &error);
  return U_SUCCESS(error) && name != nullptr ? name : std::string();
}

// In steps, so that no more is made than is taken.
bool convert(std::string_view bytes, const std::string& encoding, std::string& out) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, CloseConverter> from(::ucnv_open(encoding.c_str(), &error));
  const std::unique_ptr<UConverter, CloseConverter> to(::ucnv_open("UTF-8", &error));
  if (U_FAILURE(error)) return false;
  std::array<UChar, 1024> pivot{};
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  std::array<char, 16 << 10> made{};
  const char* source = bytes.data();
  const char* const end = source + bytes.size();
  for (bool first = true; out.size() < limits::extracted_bytes_max; first = false) {
    char* target = made.data();
    error = U_ZERO_ERROR;
    ::ucnv_convertEx(to.get(), from.get(), &target, made.data() + made.size(), &source, end,
                     pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(),
                     first ? 1 : 0, 1, &error);
    out.append(made.data(), static_cast<std::size_t>(target - made.data()));
    if (error != U_BUFFER_OVERFLOW_ERROR) break;
  }
  return U_SUCCESS(error) || error == U_BUFFER_OVERFLOW_ERROR;
}

// --- HTML ---------------------------------------------------------------------------------------

void append_point(std::string& out, std::uint32_t point) {
  if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return;
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned, 4> lead = {0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(lead[static_cast<std::size_t>(more)] | point >> (6 * more));
  for (int k = more - 1; k >= 0; --k) out += static_cast<char>(0x80 | (point >> (6 * k) & 0x3f));
}

// What stands for a character at `at`, where an ampersand is; moves behind it.
void read_entity(std::string_view html, std::size_t& at, std::string& out) {
  static constexpr auto named = std::to_array<std::pair<std::string_view, std::uint32_t>>({
      {"amp", '&'},      {"lt", '<'},       {"gt", '>'},        {"quot", '"'},
      {"apos", '\''},    {"nbsp", ' '},     {"shy", 0xad},      {"eacute", 0xe9},
      {"egrave", 0xe8},  {"agrave", 0xe0},  {"ccedil", 0xe7},   {"auml", 0xe4},
      {"ouml", 0xf6},    {"uuml", 0xfc},    {"szlig", 0xdf},    {"ntilde", 0xf1},
      {"aacute", 0xe1},  {"iacute", 0xed},  {"oacute", 0xf3},   {"uacute", 0xfa},
      {"ecirc", 0xea},   {"acirc", 0xe2},   {"ocirc", 0xf4},    {"icirc", 0xee},
      {"rsquo", 0x2019}, {"lsquo", 0x2018}, {"ldquo", 0x201c},  {"rdquo", 0x201d},
      {"ndash", 0x2013}, {"mdash", 0x2014}, {"hellip", 0x2026}, {"laquo", 0xab},
      {"raquo", 0xbb},
  });
  const std::size_t end = html.substr(at, kEntityMax + 2).find(';');
  if (end == std::string_view::npos) {
    out += html[at++];
    return;
  }
  std::string_view name = html.substr(at + 1, end - 1);
  at += end + 1;
  if (!name.starts_with('#')) {
    const auto known = std::find_if(named.begin(), named.end(),
                                    [&](const auto& one) { return one.first == name; });
    if (known != named.end())
      append_point(out, known->second);
    else
      out += ' ';
    return;
  }
  name.remove_prefix(1);
  const bool hex = !name.empty() && lower(name.front()) == 'x';
  if (hex) name.remove_prefix(1);
  std::uint32_t point = 0;
  for (const char c : name) {
    const char digit = lower(c);
    const bool letter = hex && digit >= 'a' && digit <= 'f';
    if (!letter && (digit < '0' || digit > '9')) return;
    point = point * (hex ? 16 : 10) +
            static_cast<std::uint32_t>(letter ? digit - 'a' + 10 : digit - '0');
    if (point > 0x10ffff) return;
  }
  append_point(out, point);
}

// Elements between whose tags no text stands, or whose tags stand within a word.
constexpr auto kHidden = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"<script", "</script"}, {"<style", "</style"}, {"<template", "</template"}});
constexpr auto kInline = std::to_array<std::string_view>(
    {"b", "i", "u", "em", "strong", "span", "a", "font", "sub", "sup", "small", "wbr"});

bool is_inline(std::string_view tag) {
  tag.remove_prefix(tag.starts_with("</") ? 2 : 1);
  std::size_t end = 0;
  while (end < tag.size() && ((lower(tag[end]) >= 'a' && lower(tag[end]) <= 'z'))) ++end;
  const std::string_view name = tag.substr(0, end);
  return std::any_of(kInline.begin(), kInline.end(), [&](std::string_view one) {
    return one.size() == name.size() && starts(name, one);
  });
}

std::size_t find_closing(std::string_view html, std::size_t at, std::string_view closing) {
  while ((at = html.find("</", at)) != std::string_view::npos) {
    if (starts(html.substr(at), closing)) return at;
    at += 2;
  }
  return html.size();
}

void read_html(std::string_view html, Text& out) {
  std::string text;
  for (std::size_t at = 0; at < html.size() && !out.full();) {
    if (text.size() >= 4096) {
      out.add(text);
      text.clear();
    }
    if (html[at] == '&') {
      read_entity(html, at, text);
      continue;
    }
    if (html[at] != '<') {
      text += html[at++];
      continue;
    }
    const std::string_view rest = html.substr(at);
    if (!is_inline(rest.substr(0, 16))) text += '\n';
    for (const auto& [opening, closing] : kHidden) {
      if (starts(rest, opening)) at = find_closing(html, at, closing);
    }
    if (starts(rest, "<!--")) at = std::min(html.find("-->", at), html.size());
    at = at >= html.size() ? html.size() : std::min(html.find('>', at), html.size() - 1) + 1;
  }
  out.add(text);
}

}  // namespace

End read_plain(std::string_view bytes, Text& out) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  std::string converted;
  if (!is_text(bytes)) {
    const std::string encoding = encoding_of(bytes);
    if (encoding.empty() || !convert(bytes, encoding, converted)) return End::Unknown;
    bytes = converted;
  } else if (looks_binary(bytes)) {
    return End::Unknown;
  }
  const std::size_t first = std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size());
  const std::string_view begin = bytes.substr(first);
  const bool html = starts(begin, "<!doctype html") || starts(begin, "<html") ||
                    starts(begin, "<head") || starts(begin, "<body");
  if (html)
    read_html(bytes, out);
  else
    out.add(bytes);
  return out.is_blank() ? End::Empty : End::Read;
}

}  // namespace entente::extract
