// Zones, held against what the system's own functions say of the same files.
#include "server/meetings/zones.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "proto/contract/bytes.h"

namespace entente::meetings::testing {
namespace {

std::shared_ptr<const Zone> zone(const std::string& name) {
  static const Zones zones;
  auto found = zones.find("zone", name);
  REQUIRE(found.ok());
  return *found;
}

Instant at(std::int64_t seconds) { return Instant(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("the clock there says what the system says, over a century", "[meetings][zones]") {
  for (const char* name : {"Europe/Zurich", "Asia/Almaty", "America/New_York", "Asia/Kathmandu",
                           "Australia/Sydney", "Africa/Casablanca", "Asia/Gaza", "UTC",
                           "America/Santiago", "Europe/Dublin", "Pacific/Apia"}) {
    ::setenv("TZ", name, 1);  // NOLINT(concurrency-mt-unsafe): one thread
    ::tzset();
    for (std::int64_t when = 473'385'600; when < 4'000'000'000; when += 7 * 86'400 + 3'601) {
      const std::time_t seconds = when;
      std::tm there{};
      ::localtime_r(&seconds, &there);
      const auto& here = zone(name)->at(std::chrono::sys_seconds(std::chrono::seconds(when)));
      INFO(name << " at " << when);
      REQUIRE(here.offset.count() == there.tm_gmtoff);
      REQUIRE(here.name == there.tm_zone);
    }
  }
  ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): one thread
}

TEST_CASE("a time that comes twice is the first; one that is skipped is none",
          "[meetings][zones]") {
  const auto zurich = zone("Europe/Zurich");
  REQUIRE(zurich->instant_of(*parse_local("2027-10-31T02:30")) ==
          parse_rfc3339("2027-10-31T00:30:00Z"));
  REQUIRE_FALSE(zurich->instant_of(*parse_local("2027-03-28T02:30")));
  // A whole day that never was.
  REQUIRE_FALSE(zone("Pacific/Apia")->instant_of(*parse_local("2011-12-30T12:00")));
  for (std::int64_t when = 473'385'600; when < 4'000'000'000; when += 12'345'678) {
    const LocalTime local = zurich->local_of(at(when));
    REQUIRE(zurich->local_of(*zurich->instant_of(local)) == local);
  }
}

TEST_CASE("a calendar is told of each change of the clocks in its span", "[meetings][zones]") {
  const auto found =
      zone("Europe/Zurich")->between(*parse_rfc3339("2027-03-01"), *parse_rfc3339("2027-12-01"));
  REQUIRE(found.size() == 3);
  REQUIRE(found[1].daylight);
  REQUIRE(found[1].name == "CEST");
  REQUIRE(found[2].from == std::chrono::hours(2));
  REQUIRE(zone("UTC")->between(at(0), at(4'000'000'000)).size() == 1);
}

TEST_CASE("every zone that the system lists is one", "[meetings][zones]") {
  const Zones zones;
  std::ifstream list("/usr/share/zoneinfo/tzdata.zi");
  std::size_t found = 0;
  for (std::string line; std::getline(list, line);) {
    if (!line.starts_with("Z ")) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    INFO(name);
    if (name == "Factory" || name.find('/') == std::string::npos) continue;
    CHECK(zones.find("zone", name).ok());
    ++found;
  }
  CHECK(found > 250);
}

TEST_CASE("what is no zone's file is refused whole", "[meetings][zones]") {
  std::string file = "TZif2" + std::string(15, '\0');
  for (const std::uint32_t count : {0U, 0U, 0U, 0U, 1U, 4U}) append_u32(file, count);
  const std::string head = file;
  file += std::string(6, '\0') + std::string("UTC\0", 4);
  std::string second = head + std::string(6, '\0') + std::string("UTC\0", 4) + "\n<+03>-3\n";
  REQUIRE(Zone::parse("good", file + second).ok());
  for (std::size_t length = 0; length < file.size() + head.size() + 10; ++length) {
    REQUIRE_FALSE(Zone::parse("short", (file + second).substr(0, length)).ok());
  }
  // 27 hours from UTC: no clock on Earth.
  std::string far = file + second;
  far.replace(file.size() + head.size(), 4, std::string("\0\x01\x7b\xb0", 4));
  REQUIRE_FALSE(Zone::parse("far", far).ok());
  for (std::size_t place = 0; place < file.size() + second.size(); ++place) {
    std::string bent = file + second;
    bent[place] = '\xff';
    static_cast<void>(Zone::parse("bent", bent).ok());  // an answer, whichever
  }
}

}  // namespace entente::meetings::testing
