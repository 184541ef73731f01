#include "server/meetings/caldav.h"

#include <utility>

#include "server/meetings/zones.h"

namespace entente::meetings {
namespace {

constexpr std::string_view space = "urn:ietf:params:xml:ns:caldav";

// `20270314T093000Z`; whatever is not there has no bound.
std::optional<Instant> read_time(std::string_view text, Instant without) {
  if (text.empty()) return without;
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::string local(text.substr(0, 4));
  local.append("-").append(text.substr(4, 2)).append("-").append(text.substr(6, 2));
  local.append("T").append(text.substr(9, 2)).append(":").append(text.substr(11, 2));
  const std::optional<LocalTime> read = parse_local(local);
  const std::string_view seconds = text.substr(13, 2);
  if (!read || seconds > "59" || seconds.find_first_not_of("0123456789") != seconds.npos) {
    return std::nullopt;
  }
  return Instant(read->time_since_epoch()) +
         std::chrono::seconds((seconds[0] - '0') * 10 + (seconds[1] - '0'));
}

dav::Flavour::Filter nothing() {
  return [](const dav::Member&) { return false; };
}

// RFC 4791 section 9.9, for what has a beginning and an end.
std::optional<dav::Flavour::Filter> overlap_of(const dav::XmlNode& node) {
  const auto from = read_time(node.attribute("start"), Instant::min());
  const auto until = read_time(node.attribute("end"), Instant::max());
  if (!from || !until) return std::nullopt;
  return [from = *from, until = *until](const dav::Member& meeting) {
    const bool begun = until > meeting.begins;
    return begun && (meeting.begins == meeting.ends ? from <= meeting.begins : from < meeting.ends);
  };
}

// What a `comp-filter` of the calendar's children lets through.
std::optional<dav::Flavour::Filter> of_component(const dav::XmlNode& node) {
  const bool is_event = node.attribute("name") == "VEVENT";
  dav::Flavour::Filter filter = is_event ? dav::Flavour::Filter() : nothing();
  for (const dav::XmlNode& child : node.children) {
    if (child.is(space, "is-not-defined")) {
      filter = is_event ? nothing() : dav::Flavour::Filter();
    } else if (child.is(space, "time-range")) {
      std::optional<dav::Flavour::Filter> overlap = overlap_of(child);
      if (!overlap) return std::nullopt;
      if (is_event) filter = *std::move(overlap);
    } else {
      return std::nullopt;
    }
  }
  return filter;
}

std::optional<std::string> property(const dav::Collection& /*calendar*/, const std::string& name) {
  if (name == "supported-calendar-component-set") return "<C:comp name=\"VEVENT\"/>";
  return std::nullopt;
}

}  // namespace

std::optional<dav::Flavour::Filter> calendar_filter(const dav::XmlNode& filter) {
  if (filter.children.size() != 1) return std::nullopt;
  const dav::XmlNode& calendar = filter.children.front();
  if (!calendar.is(space, "comp-filter") || calendar.attribute("name") != "VCALENDAR") {
    return std::nullopt;
  }
  std::vector<dav::Flavour::Filter> all;
  for (const dav::XmlNode& child : calendar.children) {
    if (!child.is(space, "comp-filter")) return std::nullopt;
    std::optional<dav::Flavour::Filter> one = of_component(child);
    if (!one) return std::nullopt;
    if (*one) all.push_back(*std::move(one));
  }
  if (all.empty()) return dav::Flavour::Filter();
  return [all = std::move(all)](const dav::Member& meeting) {
    for (const dav::Flavour::Filter& one : all) {
      if (!one(meeting)) return false;
    }
    return true;
  };
}

const dav::Flavour& caldav() {
  static const dav::Flavour flavour = {
      .root = "/caldav/",
      .home = "/caldav/calendars/",
      .well_known = "/.well-known/caldav",
      .extension = ".ics",
      .space = std::string(space),
      .header = "1, 3, calendar-access",
      .home_title = "Calendars",
      .collection = "calendar",
      .data = "calendar-data",
      .formats = {{.version = "2.0", .content_type = "text/calendar; charset=utf-8", .tag = ""}},
      .data_types = "<C:calendar-data content-type=\"text/calendar\" version=\"2.0\"/>",
      .property = property,
      .filter = calendar_filter};
  return flavour;
}

}  // namespace entente::meetings
