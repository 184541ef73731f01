#include "proto/contract/clock.h"

#include <openssl/rand.h>

#include <cstdio>

#include "proto/contract/status.h"

namespace entente {
namespace {

// `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Tick SystemClock::tick() const {
  return std::chrono::duration_cast<Tick>(std::chrono::steady_clock::now().time_since_epoch());
}

std::string SystemEntropy::bytes(std::size_t count) {
  std::string out(count, '\0');
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  auto* data = reinterpret_cast<unsigned char*>(out.data());
  ENTENTE_CHECK(RAND_bytes(data, static_cast<int>(count)) == 1);
  return out;
}

std::string to_rfc3339(Instant instant) {
  using namespace std::chrono;
  const auto day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss time{instant - day};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  std::string out = text;
  if (time.subseconds().count() != 0) {
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(time.subseconds().count()));
    out += text;
    while (out.back() == '0') out.pop_back();
  }
  return out + "Z";
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const int y = digits(text, 0, 4);
  const int m = digits(text, 5, 2);
  const int d = digits(text, 8, 2);
  if (y < 1 || m < 1 || d < 1 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  Instant out = sys_days{date};
  if (text.size() == 10) return out;
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  if ((text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  out += hours{hour} + minutes{minute} + seconds{second};
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    ++at;
    int unit = 100000;
    const std::size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
      out += microseconds{(text[at] - '0') * unit};
    }
    if (at == first) return std::nullopt;
  }
  if (at >= text.size()) return std::nullopt;
  if (text[at] == 'Z' || text[at] == 'z')
    return at + 1 == text.size() ? std::optional(out) : std::nullopt;
  const int offset_hours = digits(text, at + 1, 2);
  const int offset_minutes = digits(text, at + 4, 2);
  if ((text[at] != '+' && text[at] != '-') || text.size() != at + 6 || text[at + 3] != ':' ||
      offset_hours < 0 || offset_hours > 23 || offset_minutes < 0 || offset_minutes > 59) {
    return std::nullopt;
  }
  const auto offset = hours{offset_hours} + minutes{offset_minutes};
  return text[at] == '+' ? out - offset : out + offset;
}

}  // namespace entente
