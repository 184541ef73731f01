#include "server/meetings/zones.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>

#include "proto/contract/bytes.h"
#include "proto/contract/limits_meetings.h"

namespace entente::meetings {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr sys_seconds kAlways{seconds(-100'000'000'000)};  // three thousand years ago
constexpr sys_seconds kNever{seconds(253'402'300'800)};    // behind the last year of four digits
// RFC 8536 section 3.2: no clock is further from UTC; section 3.3.1: no rule later than a week.
constexpr seconds kOffsetMax = std::chrono::hours(26);
constexpr seconds kRuleTimeMax = std::chrono::hours(167);
constexpr std::string_view kMagic = "TZif";
constexpr std::size_t kHeaderBytes = 44;

Status no_zone() { return {Code::InvalidArgument, Reason::FieldInvalid, "is no TZif file"}; }

// The six counts of a TZif header, and where the data behind it lies.
struct Counts {
  std::size_t utc = 0;
  std::size_t standard = 0;
  std::size_t leaps = 0;
  std::size_t times = 0;
  std::size_t types = 0;
  std::size_t chars = 0;

  [[nodiscard]] std::size_t bytes(std::size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) + standard + utc;
  }
};

std::optional<Counts> read_header(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  const auto count = [&](std::size_t n) -> std::size_t {
    return read_u32(bytes.substr(20 + 4 * n));
  };
  const Counts counts{.utc = count(0),
                      .standard = count(1),
                      .leaps = count(2),
                      .times = count(3),
                      .types = count(4),
                      .chars = count(5)};
  if (counts.types == 0 || counts.types > 256 || counts.chars == 0 ||
      counts.bytes(8) > limits::zone_file_bytes_max) {
    return std::nullopt;
  }
  return counts;
}

// The rule at the end of a file: POSIX's TZ, as RFC 8536 section 3.3.1 extends it.
class RuleReader {
 public:
  struct Day {
    char form = 'M';  // `M`: month, week, weekday; `J`: day of the year without 29 February; `0`
    int month = 0;
    int week = 0;
    int day = 0;
    seconds time = std::chrono::hours(2);
  };
  struct Rule {
    std::string standard_name;
    std::string daylight_name;  // empty: none
    seconds standard{};
    seconds daylight{};
    Day begins;
    Day ends;
  };

  explicit RuleReader(std::string_view text) : rest_(text) {}

  std::optional<Rule> read() {
    Rule rule;
    rule.standard_name = name();
    if (rule.standard_name.empty()) return std::nullopt;
    rule.standard = -time();
    if (rest_.empty()) return whole(rule);
    rule.daylight_name = name();
    if (rule.daylight_name.empty()) return std::nullopt;
    const bool given = !rest_.empty() && rest_.front() != ',';
    rule.daylight = given ? -time() : rule.standard + std::chrono::hours(1);
    rule.begins = day();
    rule.ends = day();
    return whole(rule);
  }

 private:
  std::optional<Rule> whole(const Rule& rule) const {
    const bool fits = std::chrono::abs(rule.standard) <= kOffsetMax &&
                      std::chrono::abs(rule.daylight) <= kOffsetMax &&
                      std::chrono::abs(rule.begins.time) <= kRuleTimeMax &&
                      std::chrono::abs(rule.ends.time) <= kRuleTimeMax;
    if (!good_ || !fits || !rest_.empty()) return std::nullopt;
    return rule;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string name() {
    const bool quoted = take('<');
    std::size_t length = 0;
    while (
        length < rest_.size() &&
        (quoted ? rest_[length] != '>' : std::isalpha(static_cast<unsigned char>(rest_[length])))) {
      ++length;
    }
    std::string out(rest_.substr(0, length));
    rest_.remove_prefix(length);
    if (quoted && !take('>')) good_ = false;
    return out;
  }
  int number() {
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) {
      good_ = false;
      rest_ = {};
      return 0;
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  seconds time() {
    const bool minus = take('-');
    if (!minus) take('+');
    seconds value = std::chrono::hours(number());
    if (take(':')) value += std::chrono::minutes(number());
    if (take(':')) value += seconds(number());
    return minus ? -value : value;
  }
  Day day() {
    Day out;
    if (!take(',')) good_ = false;
    if (take('M')) {
      out.month = number();
      good_ = take('.') && good_;
      out.week = number();
      good_ = take('.') && good_;
      out.day = number();
      good_ = good_ && out.month >= 1 && out.month <= 12 && out.week >= 1 && out.week <= 5 &&
              out.day >= 0 && out.day <= 6;
    } else {
      out.form = take('J') ? 'J' : '0';
      out.day = number();
      good_ = good_ && out.day >= 0 && out.day <= 366;
    }
    if (take('/')) out.time = time();
    return out;
  }

  std::string_view rest_;
  bool good_ = true;
};

// Midnight of the rule's day of the year, by the clock there.
seconds day_in(const RuleReader::Day& rule, year of) {
  using std::chrono::January;
  using std::chrono::weekday;
  const sys_days first(of / January / 1);
  if (rule.form == 'M') {
    const std::chrono::month month(static_cast<unsigned>(rule.month));
    const weekday on(static_cast<unsigned>(rule.day));
    const sys_days day = rule.week == 5
                             ? sys_days(of / month / on[std::chrono::last])
                             : sys_days(of / month / on[static_cast<unsigned>(rule.week)]);
    return day.time_since_epoch();
  }
  int n = rule.day;
  if (rule.form == 'J') {
    n -= 1;
    if (of.is_leap() && n >= 59) ++n;
  }
  return (first + days(n)).time_since_epoch();
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int number_of(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool is_zone_name(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '_' || c == '-' ||
           c == '+';
  });
  // Below `posix` and `right` the same zones lie again, with other leap seconds.
  return plain && !name.empty() && name.size() <= limits::zone_name_bytes_max &&
         std::isupper(static_cast<unsigned char>(name.front())) && name.back() != '/' &&
         name.find("//") == name.npos;
}

}  // namespace

Result<std::shared_ptr<const Zone>> Zone::parse(std::string name, std::string_view bytes) {
  if (bytes.size() > limits::zone_file_bytes_max) return no_zone();
  std::optional<Counts> counts = read_header(bytes);
  if (!counts || bytes[4] < '2') return no_zone();  // the first version ends in 2038
  const std::size_t skipped = kHeaderBytes + counts->bytes(4);
  if (bytes.size() < skipped) return no_zone();
  bytes.remove_prefix(skipped);
  counts = read_header(bytes);
  if (!counts || bytes.size() < kHeaderBytes + counts->bytes(8)) return no_zone();
  bytes.remove_prefix(kHeaderBytes);
  const std::string_view times = bytes.substr(0, counts->times * 8);
  const std::string_view indexes = bytes.substr(times.size(), counts->times);
  const std::string_view types = bytes.substr(times.size() + indexes.size(), counts->types * 6);
  const std::string_view chars =
      bytes.substr(times.size() + indexes.size() + types.size(), counts->chars);
  std::shared_ptr<Zone> zone(new Zone(std::move(name)));
  const auto observance = [&](std::size_t type, sys_seconds since) -> bool {
    if (type >= counts->types) return false;
    const std::string_view row = types.substr(type * 6, 6);
    const auto place = static_cast<unsigned char>(row[5]);
    if (place >= chars.size()) return false;
    const seconds offset(static_cast<std::int32_t>(read_u32(row)));
    if (std::chrono::abs(offset) > kOffsetMax) return false;
    const std::string_view rest = chars.substr(place);
    auto& all = zone->observances_;
    all.push_back({.since = since,
                   .from = all.empty() ? offset : all.back().offset,
                   .offset = offset,
                   .daylight = row[4] != 0,
                   .name = std::string(rest.substr(0, rest.find('\0')))});
    return true;
  };
  if (!observance(0, kAlways)) return no_zone();
  for (std::size_t i = 0; i < counts->times; ++i) {
    const auto at = static_cast<std::int64_t>(read_u64(times.substr(i * 8)));
    const sys_seconds since{seconds(at)};
    if (since <= zone->observances_.back().since) continue;
    if (since >= kNever) return no_zone();
    if (!observance(static_cast<unsigned char>(indexes[i]), since)) return no_zone();
  }
  std::string_view footer = bytes.substr(counts->bytes(8));
  if (footer.size() >= 2 && footer.front() == '\n') {
    footer.remove_prefix(1);
    zone->continue_by_rule(footer.substr(0, footer.find('\n')));
  }
  return std::shared_ptr<const Zone>(std::move(zone));
}

// What the file's last rule makes of the years behind its table, written out as far as meetings go.
void Zone::continue_by_rule(std::string_view text) {
  const auto rule = RuleReader(text).read();
  if (!rule || rule->daylight_name.empty()) return;
  const sys_seconds last = std::max(observances_.back().since, sys_seconds{});
  const year first = std::chrono::year_month_day(std::chrono::floor<days>(last)).year();
  for (year of = first; of <= year(limits::meeting_year_max + 1); ++of) {
    Observance summer{
        .since = sys_seconds(day_in(rule->begins, of) + rule->begins.time - rule->standard),
        .from = rule->standard,
        .offset = rule->daylight,
        .daylight = true,
        .name = rule->daylight_name};
    Observance winter{
        .since = sys_seconds(day_in(rule->ends, of) + rule->ends.time - rule->daylight),
        .from = rule->daylight,
        .offset = rule->standard,
        .daylight = false,
        .name = rule->standard_name};
    if (winter.since < summer.since) std::swap(summer, winter);
    for (Observance* next : {&summer, &winter}) {
      if (next->since <= observances_.back().since) continue;
      next->from = observances_.back().offset;
      observances_.push_back(std::move(*next));
    }
  }
}

const Zone::Observance& Zone::at(sys_seconds instant) const {
  const auto next =
      std::upper_bound(observances_.begin(), observances_.end(), instant,
                       [](sys_seconds when, const Observance& one) { return when < one.since; });
  return next == observances_.begin() ? observances_.front() : *std::prev(next);
}

std::optional<Instant> Zone::instant_of(LocalTime local) const {
  std::optional<sys_seconds> first;
  // What is in force a day before or after bears every offset that the time can be read with.
  const sys_seconds near(local.time_since_epoch());
  for (const sys_seconds day : {near - days(1), near, near + days(1)}) {
    const sys_seconds read(local.time_since_epoch() - at(day).offset);
    if (at(read).offset == at(day).offset && (!first || read < *first)) first = read;
  }
  if (!first) return std::nullopt;
  return Instant(*first);
}

LocalTime Zone::local_of(Instant instant) const {
  const sys_seconds second = std::chrono::floor<seconds>(instant);
  return LocalTime((second + at(second).offset).time_since_epoch());
}

std::vector<Zone::Observance> Zone::between(Instant from, Instant until) const {
  std::vector<Observance> found = {at(std::chrono::floor<seconds>(from))};
  for (const Observance& one : observances_) {
    if (one.since > from && one.since <= until) found.push_back(one);
  }
  return found;
}

Result<std::shared_ptr<const Zone>> Zones::find(const std::string& field,
                                                const std::string& name) const {
  const Status none = invalid_argument(
      field, "is no zone of the IANA time zone database, such as `Europe/Stockholm`");
  if (!is_zone_name(name)) return none;
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  std::error_code error;
  const std::filesystem::path path = folder_ / name;
  if (!std::filesystem::is_regular_file(path, error) ||
      std::filesystem::file_size(path, error) > limits::zone_file_bytes_max) {
    return none;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Result<std::shared_ptr<const Zone>> zone = Zone::parse(name, bytes);
  if (!zone.ok()) return none;
  if (known_.size() < limits::zones_kept_max) known_[name] = *zone;
  return zone;
}

bool is_day(std::string_view text) { return text.size() == 10; }

std::optional<LocalTime> parse_local(std::string_view text) {
  const bool timed = text.size() == 16 && text[10] == 'T' && text[13] == ':';
  if (!timed && !is_day(text)) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || !is_digits(text.substr(0, 4)) ||
      !is_digits(text.substr(5, 2)) || !is_digits(text.substr(8, 2))) {
    return std::nullopt;
  }
  const std::chrono::year_month_day day(
      year(number_of(text.substr(0, 4))),
      std::chrono::month(static_cast<unsigned>(number_of(text.substr(5, 2)))),
      std::chrono::day(static_cast<unsigned>(number_of(text.substr(8, 2)))));
  if (!day.ok() || day.year() < year(limits::meeting_year_min) ||
      day.year() > year(limits::meeting_year_max)) {
    return std::nullopt;
  }
  const LocalTime midnight = std::chrono::local_days(day);
  if (!timed) return midnight;
  const std::string_view hour = text.substr(11, 2);
  const std::string_view minute = text.substr(14, 2);
  if (!is_digits(hour) || !is_digits(minute) || number_of(hour) > 23 || number_of(minute) > 59) {
    return std::nullopt;
  }
  return midnight + std::chrono::hours(number_of(hour)) + std::chrono::minutes(number_of(minute));
}

std::string compact_day(LocalTime local) {
  // As if it were UTC: the digits are the same.
  const std::string text = to_rfc3339(Instant(local.time_since_epoch()));
  return text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 2);
}

std::string compact(LocalTime local) {
  const std::string text = to_rfc3339(Instant(local.time_since_epoch()));
  return compact_day(local) + "T" + text.substr(11, 2) + text.substr(14, 2) + text.substr(17, 2);
}

}  // namespace entente::meetings
