#include "server/notices/letter.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "proto/contract/bytes.h"
#include "proto/contract/status.h"

namespace entente::notices {
namespace {

constexpr std::size_t address_bytes_max = 254;
constexpr std::size_t base64_line = 76;  // RFC 2045, 6.8
// Octets of text: with its frame and `Subject: ` under 76 (RFC 2047, 2).
constexpr std::size_t encoded_word_max = 39;

bool is_address_char(char c) {
  constexpr std::string_view special = "()<>[]:;@\\,\" ";
  return c > 0x20 && c < 0x7f && special.find(c) == std::string_view::npos;
}

// RFC 2047's encoded words; never cut within a character.
std::string header_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t take = std::min(text.size(), encoded_word_max);
    while (take < text.size() && (static_cast<unsigned char>(text[take]) & 0xc0U) == 0x80U) --take;
    out += (out.empty() ? "" : "\r\n ") + ("=?UTF-8?B?" + to_base64(text.substr(0, take)) + "?=");
    text.remove_prefix(take);
  }
  return out;
}

// RFC 5322, 3.3.
std::string date(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto two = [](auto number) {
    const std::string text = std::to_string(number);
    return text.size() < 2 ? "0" + text : text;
  };
  return std::string(days[std::chrono::weekday(day).c_encoding()]) + ", " +
         std::to_string(static_cast<unsigned>(ymd.day())) + " " +
         std::string(months[static_cast<unsigned>(ymd.month()) - 1]) + " " +
         std::to_string(static_cast<int>(ymd.year())) + " " + two(time.hours().count()) + ":" +
         two(time.minutes().count()) + ":" + two(time.seconds().count()) + " +0000";
}

}  // namespace

bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  if (text.size() > address_bytes_max || text.front() == '-') return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  return std::ranges::all_of(local, is_address_char) &&
         std::ranges::all_of(domain, is_address_char);
}

std::string to_message(const Letter& letter) {
  ENTENTE_CHECK(is_address(letter.from) && is_address(letter.to));
  std::string out =
      "Date: " + date(letter.at) + "\r\nFrom: Entente <" + letter.from + ">\r\nTo: <" + letter.to +
      ">\r\nMessage-ID: <" + letter.id + letter.from.substr(letter.from.find('@')) +
      ">\r\nSubject: " + header_text(letter.text.subject) +
      // Nobody's holiday answers it (RFC 3834, 5).
      "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Language: " +
      letter.language +
      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  std::string lines;  // as text has them on its way (RFC 2045, 6.8)
  for (const char c : letter.text.body)
    lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const std::string body = to_base64(lines);
  for (std::size_t at = 0; at < body.size(); at += base64_line) {
    out += body.substr(at, base64_line) + "\r\n";
  }
  return out;
}

}  // namespace entente::notices
