#include "server/meetings/caldav.h"

#include <catch2/catch.hpp>

#include "server/meetings/calendars.h"
#include "tests/meetings/world.h"

namespace entente::meetings::testing {
namespace {

constexpr const char* calendar = "/caldav/calendars/igc/";

// One caller's calendars, asked as a calendar program asks.
struct Caller {
  Caller(MeetingsWorld& its_world, policy::Subject who) : world(its_world), subject(who) {}
  net::HttpResponse call(const std::string& method, const std::string& path,
                         const std::string& body = "", const std::string& depth = "1") {
    const auto snapshot = world.store->snapshot();
    const Secret key = world.store->purpose_key("test");
    const std::string network = "entente.example";
    CallerCalendars calendars({.service = world.service,
                               .neighbours = world.neighbours,
                               .zones = world.zones,
                               .seen = seen(),
                               .key = key,
                               .network = network},
                              subject, *snapshot, dav::collection_in(caldav(), path));
    net::HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers = {{"depth", depth}};
    return dav::serve(request, caldav(), calendars);
  }
  std::string query(const std::string& filter) {
    const auto answer = call("REPORT", calendar,
                             "<C:calendar-query xmlns='DAV:' "
                             "xmlns:C='urn:ietf:params:xml:ns:caldav'><prop><getetag/>"
                             "<C:calendar-data/></prop><C:filter>" +
                                 filter + "</C:filter></C:calendar-query>");
    return answer.status == 207 ? answer.body : std::to_string(answer.status);
  }
  std::string sync(const std::string& token) {
    const auto answer = call("REPORT", calendar,
                             "<sync-collection xmlns='DAV:'><sync-token>" + token +
                                 "</sync-token><sync-level>1</sync-level><prop><getetag/></prop>"
                                 "</sync-collection>");
    return answer.status == 207 ? answer.body : std::to_string(answer.status);
  }
  static dav::Seen& seen() {
    static dav::Seen one;
    return one;
  }
  MeetingsWorld& world;
  const policy::Subject subject;
};

std::string token_in(const std::string& answer) {
  const std::string open = "<D:sync-token>";
  const std::size_t at = answer.find(open) + open.size();
  return answer.substr(at, answer.find('<', at) - at);
}
std::size_t hrefs_in(const std::string& answer) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answer.find("<D:href>", at)) != std::string::npos; ++at) ++count;
  return count;
}
std::string path_of(const v1::Meeting& meeting) {
  return calendar + meeting.name().substr(meeting.name().rfind('/') + 1) + ".ics";
}

std::string component(const std::string& name, const std::string& inner) {
  return "<C:comp-filter name='" + name + "'>" + inner + "</C:comp-filter>";
}

}  // namespace

TEST_CASE("who has no part has no calendar, and a hidden meeting is as one that is not there",
          "[meetings][caldav]") {
  MeetingsWorld world;
  const v1::Meeting made = *world.create(world.helena(), world.draft());
  Caller stranger(world, world.stranger());
  CHECK(stranger.call("PROPFIND", "/caldav/calendars/").body.find("igc") == std::string::npos);
  CHECK(stranger.call("PROPFIND", calendar).status == 404);

  Caller observer(world, world.samira());
  const auto hidden = observer.call("GET", path_of(made));
  const auto absent = observer.call("GET", calendar + std::string(32, '0') + ".ics");
  CHECK(hidden.status == 404);
  CHECK(hidden.body == absent.body);
  CHECK(hidden.headers == absent.headers);
  CHECK(observer.call("PROPFIND", calendar).body.find(".ics") == std::string::npos);
  CHECK(hrefs_in(observer.sync("")) == 0);
  CHECK(hrefs_in(observer.query(component("VCALENDAR", component("VEVENT", "")))) == 0);
  CHECK(observer.call("PUT", path_of(made)).status == 403);
}

TEST_CASE("a member finds the way from the principal to each meeting", "[meetings][caldav]") {
  MeetingsWorld world;
  const v1::Meeting made = *world.create(world.helena(), world.draft());
  Caller member(world, world.anna());
  const auto asks = [](const std::string& property) {
    return "<propfind xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><prop>" + property +
           "</prop></propfind>";
  };
  CHECK(member.call("PROPFIND", "/.well-known/caldav").status == 301);
  CHECK(member.call("PROPFIND", "/caldav/", asks("<C:calendar-home-set/>"), "0")
            .body.find("<D:href>/caldav/calendars/</D:href>") != std::string::npos);
  const std::string calendars =
      member
          .call("PROPFIND", "/caldav/calendars/",
                asks("<resourcetype/><displayname/><C:supported-calendar-component-set/>"))
          .body;
  CHECK(calendars.find("<C:calendar/>") != std::string::npos);
  CHECK(calendars.find("<C:comp name=\"VEVENT\"/>") != std::string::npos);
  CHECK(calendars.find(">IGC<") != std::string::npos);
  const auto got = member.call("GET", path_of(made));
  CHECK(got.status == 200);
  CHECK(got.body.find("TZID:Europe/Zurich\r\n") != std::string::npos);
  CHECK(got.body.find("SUMMARY:Working Group on Data\r\n") != std::string::npos);
  CHECK(member.call("OPTIONS", "/caldav/").headers.back() ==
        std::pair<std::string, std::string>("allow", "OPTIONS, GET, HEAD, PROPFIND, REPORT"));
}

TEST_CASE("a calendar query finds what overlaps a time, and nothing of other kinds",
          "[meetings][caldav]") {
  MeetingsWorld world;
  REQUIRE(world.create(world.helena(), world.draft()).ok());  // 14 March 08:30Z to 15 March 12:00Z
  Caller member(world, world.anna());
  const auto between = [&](const std::string& from, const std::string& until) {
    std::string range = "<C:time-range";
    if (!from.empty()) range += " start='" + from + "'";
    if (!until.empty()) range += " end='" + until + "'";
    return component("VCALENDAR", component("VEVENT", range + "/>"));
  };
  CHECK(hrefs_in(member.query(component("VCALENDAR", ""))) == 1);
  CHECK(hrefs_in(member.query(between("20270315T115959Z", "20270401T000000Z"))) == 1);
  CHECK(hrefs_in(member.query(between("20270315T120000Z", "20270401T000000Z"))) == 0);
  CHECK(hrefs_in(member.query(between("", "20270314T083000Z"))) == 0);
  CHECK(hrefs_in(member.query(between("", "20270314T083001Z"))) == 1);
  CHECK(hrefs_in(member.query(component("VCALENDAR", component("VTODO", "")))) == 0);
  CHECK(hrefs_in(member.query(component("VCALENDAR", component("VTODO", "<C:is-not-defined/>")))) ==
        1);
  CHECK(member.query(between("20271301T000000Z", "")) == "403");
  CHECK(member.query(between("soon", "")) == "403");
  CHECK(member.query(component("VTODO", "")) == "403");
  CHECK(member.query(component("VCALENDAR", "<C:prop-filter name='UID'/>")) == "403");
}

TEST_CASE("a synchronisation names what came, changed and went, for its caller alone",
          "[meetings][caldav]") {
  MeetingsWorld world;
  v1::Meeting made = *world.create(world.helena(), world.draft());
  Caller member(world, world.anna());
  const std::string first = member.sync("");
  CHECK(hrefs_in(first) == 1);
  const std::string token = token_in(first);
  CHECK(hrefs_in(member.sync(token)) == 0);
  CHECK(Caller(world, world.reto()).sync(token) == "403");
  CHECK(member.sync("data:,0123") == "403");

  // A paper, a participant and a description change nothing there.
  *made.mutable_description() = english("secret");
  made = *world.update(world.helena(), made);
  made.set_starts_local("2027-03-14T10:00");
  made = *world.update(world.helena(), made);
  const std::string moved = member.sync(token);
  CHECK(moved.find(path_of(made)) != std::string::npos);
  CHECK(member.call("GET", path_of(made)).body.find("secret") == std::string::npos);

  // Only for the chair from now on: gone for everybody else, with a word for those who had it.
  made.mutable_visibility()->mutable_audience()->clear_any_of();
  made.mutable_visibility()->mutable_audience()->add_any_of("process/igc/chair");
  made.clear_chairs();
  made = *world.update(world.helena(), made);
  Caller before(world, world.reto());
  Caller after(world, world.anna());
  const std::string gone = after.sync(token_in(moved));
  CHECK(gone.find(path_of(made) + "</D:href><D:status>HTTP/1.1 404") != std::string::npos);
  CHECK(hrefs_in(before.sync("")) == 0);
}

}  // namespace entente::meetings::testing
