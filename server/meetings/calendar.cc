#include "server/meetings/calendar.h"

#include <cctype>
#include <map>

#include "proto/contract/content_line.h"
#include "server/meetings/model.h"

namespace entente::meetings {
namespace {

using content_line::escaped;
using content_line::stamp;

// In English, or in the first language that there is.
std::pair<std::string, std::string> said(const v1::Text& text) {
  const auto& all = text.by_language();
  if (const auto english = all.find("en"); english != all.end()) return {"en", english->second};
  const std::map<std::string, std::string> sorted(all.begin(), all.end());
  if (sorted.empty()) return {};
  return *sorted.begin();
}

std::string offset_text(std::chrono::seconds offset) {
  const bool west = offset.count() < 0;
  const std::chrono::hh_mm_ss parts(west ? -offset : offset);
  const auto two = [](auto count) {
    const std::string digits = std::to_string(count);
    return digits.size() < 2 ? "0" + digits : digits;
  };
  std::string text = (west ? "-" : "+") + two(parts.hours().count()) + two(parts.minutes().count());
  if (parts.seconds().count() != 0) text += two(parts.seconds().count());
  return text;
}

bool is_utc(const std::string& zone) {
  return zone == "UTC" || zone == "Etc/UTC" || zone == "Etc/UCT" || zone == "Zulu";
}

// What a zone does from the first meeting in it to the last.
struct Span {
  Instant from = Instant::max();
  Instant until = Instant::min();
};

void add_zone(const Zone& zone, const Span& span, std::string& out) {
  const auto add = [&](const std::string& line) { content_line::add(out, line); };
  // Long before there were offsets of this kind; what was always is said to be since then.
  const std::chrono::sys_seconds epoch{};
  add("BEGIN:VTIMEZONE");
  add("TZID:" + zone.name());
  for (const Zone::Observance& one : zone.between(span.from, span.until)) {
    const std::string kind = one.daylight ? "DAYLIGHT" : "STANDARD";
    const bool always = one.since < epoch;
    add("BEGIN:" + kind);
    // The clock there as it was before the change (section 3.8.2.4 and 3.6.5).
    add("DTSTART:" + compact(LocalTime(always ? epoch.time_since_epoch()
                                              : one.since.time_since_epoch() + one.from)));
    add("TZOFFSETFROM:" + offset_text(always ? one.offset : one.from));
    add("TZOFFSETTO:" + offset_text(one.offset));
    add("TZNAME:" + escaped(one.name));
    add("END:" + kind);
  }
  add("END:VTIMEZONE");
}

class Writer {
 public:
  Writer(std::string_view network, LeftOut& left_out) : network_(network), left_out_(left_out) {}

  void add_meeting(const v1::Meeting& meeting) {
    add("BEGIN:VEVENT");
    add("UID:" + meeting.name().substr(meeting.name().rfind('/') + 1) + "@" + network_);
    add("DTSTAMP:" + stamp(instant_of(meeting.recorded_at())));
    add("LAST-MODIFIED:" + stamp(instant_of(meeting.recorded_at())));
    add("SEQUENCE:" + std::to_string(meeting.sequence()));
    add_time("DTSTART", meeting.starts_local(), meeting, 0);
    add_time("DTEND", meeting.ends_local(), meeting, 1);
    add(std::string("STATUS:") + (meeting.state() == v1::Meeting::CANCELLED   ? "CANCELLED"
                                  : meeting.state() == v1::Meeting::TENTATIVE ? "TENTATIVE"
                                                                              : "CONFIRMED"));
    add("CLASS:PRIVATE");
    add(meeting.state() == v1::Meeting::CANCELLED ? "TRANSP:TRANSPARENT" : "TRANSP:OPAQUE");
    if (meeting.discreet()) {
      ++left_out_.meetings;
      left_out_.items += static_cast<std::uint32_t>(meeting.agenda_size());
      add("SUMMARY:Meeting");
      add("DESCRIPTION:" + escaped("Title, place and agenda are left out of calendars; they are in "
                                   "Entente: " +
                                   meeting.name()));
    } else {
      add_words(meeting);
    }
    add("END:VEVENT");
  }

  std::string text;

 private:
  void add(const std::string& line) { content_line::add(text, line); }

  // A text with its language; nothing if it has no words.
  void add_text(const std::string& name, const v1::Text& all) {
    const auto [language, words] = said(all);
    if (words.empty()) return;
    add(name + (language == "en" ? "" : ";LANGUAGE=" + language) + ":" + escaped(words));
  }

  void add_time(const std::string& name, const std::string& local, const v1::Meeting& meeting,
                int more_days) {
    const LocalTime time = parse_local(local).value_or(LocalTime());
    if (is_day(local)) {  // The day behind the last (section 3.6.1).
      add(name + ";VALUE=DATE:" + compact_day(time + std::chrono::days(more_days)));
    } else if (is_utc(meeting.time_zone())) {
      add(name + ":" + compact(time) + "Z");
    } else {
      add(name + ";TZID=" + meeting.time_zone() + ":" + compact(time));
    }
  }

  void add_words(const v1::Meeting& meeting) {
    add_text("SUMMARY", meeting.title());
    add_text("LOCATION", meeting.place());
    std::string level = v1::Meeting::Level_Name(meeting.level());
    for (char& c : level) c = c == '_' ? ' ' : static_cast<char>(std::tolower(c));
    add("CATEGORIES:" + escaped(meeting.process().substr(meeting.process().rfind('/') + 1)) + "," +
        escaped(level));
    std::string agenda;
    std::uint32_t discreet = 0;
    for (const v1::AgendaItem& item : meeting.agenda()) {
      if (item.discreet()) {
        ++discreet;
        continue;
      }
      if (item.number() != 0) agenda += std::to_string(item.number()) + ". ";
      agenda += said(item.title()).second;
      if (!item.starts_local().empty()) {
        const std::string day = item.starts_local().substr(0, 10);
        const bool first = meeting.starts_local().starts_with(day);
        agenda += " (" + (first ? "" : day + " ") + item.starts_local().substr(11) + ")";
      }
      agenda += '\n';
    }
    left_out_.items += discreet;
    if (discreet != 0) {
      agenda += std::to_string(discreet) + (discreet == 1 ? " item is" : " items are") +
                " left out of calendars.\n";
    }
    add("DESCRIPTION:" +
        escaped(agenda + "Papers, participants and record are in Entente: " + meeting.name()));
  }

  const std::string network_;
  LeftOut& left_out_;
};

}  // namespace

Result<std::string> to_ical(const std::vector<v1::Meeting>& meetings, const Zones& zones,
                            std::string_view network, LeftOut& left_out) {
  std::map<std::string, Span> spans;
  for (const v1::Meeting& one : meetings) {
    if (is_day(one.starts_local()) || is_utc(one.time_zone())) continue;
    Span& span = spans[one.time_zone()];
    span.from = std::min(span.from, instant_of(one.starts_at()));
    span.until = std::max(span.until, instant_of(one.ends_at()));
  }
  std::string out;
  const auto add = [&](const std::string& line) { content_line::add(out, line); };
  add("BEGIN:VCALENDAR");
  add("VERSION:2.0");
  add("PRODID:-//Entente//Meetings//EN");
  add("CALSCALE:GREGORIAN");
  for (const auto& [name, span] : spans) {
    ENTENTE_TRY(const std::shared_ptr<const Zone> zone, zones.find("time_zone", name));
    add_zone(*zone, span, out);
  }
  Writer writer(network, left_out);
  for (const v1::Meeting& one : meetings) writer.add_meeting(one);
  out += writer.text;
  add("END:VCALENDAR");
  return out;
}

std::string in_words(const LeftOut& left_out) {
  std::string words = "participants, papers, descriptions, records and comments";
  if (left_out.items != 0) {
    words = "the titles of " + std::to_string(left_out.items) +
            (left_out.items == 1 ? " discreet item, " : " discreet items, ") + words;
  }
  if (left_out.meetings != 0) {
    words = "the words of " + std::to_string(left_out.meetings) +
            (left_out.meetings == 1 ? " discreet meeting, " : " discreet meetings, ") + words;
  }
  return words;
}

}  // namespace entente::meetings
