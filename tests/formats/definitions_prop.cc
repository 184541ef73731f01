#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "tests/formats/files.h"

namespace entente::directory {
namespace {

const std::string& igc() {
  static const std::string text =
      *testing::read(testing::source_folder() / "deploy/processes/igc.textproto");
  return text;
}

TEST_CASE("a day is one, or none, of the calendar", "[definitions][property]") {
  rc::prop("what is read is what was written", [] {
    const auto day = std::chrono::sys_days(std::chrono::days(*rc::gen::inRange(-60'000, 80'000)));
    const std::chrono::year_month_day date(day);
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    RC_ASSERT(first_day_of(text) == day);
    RC_ASSERT(first_day_of(std::string(text, 7)) ==
              std::chrono::sys_days(date.year() / date.month() / 1));
    RC_ASSERT(first_day_of(std::string(text, 4)) ==
              std::chrono::sys_days(date.year() / std::chrono::January / 1));
  });
  for (const char* none : {"", "2", "20010", "2001-", "2001-13", "2001-00", "2001-2-03",
                           "2001-02-29", "1900-02-29", "2001/02/03", "20a1", "-001", "1500"}) {
    CHECK_FALSE(first_day_of(none));
  }
}

TEST_CASE("a damaged definition is refused with a place, or means what it says",
          "[definitions][property]") {
  const Network network = testing::network();
  rc::prop("never a crash, never a fault without a rule", [&] {
    std::string text = igc();
    const int cuts = *rc::gen::inRange(1, 4);
    for (int i = 0; i < cuts; ++i) {
      const auto from = *rc::gen::inRange<std::size_t>(0, text.size());
      const auto count = *rc::gen::inRange<std::size_t>(0, 40);
      text.replace(from, count, *rc::gen::string<std::string>());
    }
    const auto parsed = parse_process(text, network.parties);
    if (!parsed.ok()) {
      RC_ASSERT(!parsed.status().violations().empty());
      for (const Violation& violation : parsed.status().violations()) {
        RC_ASSERT(!violation.rule.empty());
      }
      return;
    }
    // What was accepted survives a round trip, and is accepted again.
    std::string written;
    RC_ASSERT(google::protobuf::TextFormat::PrintToString(*parsed, &written));
    const auto again = parse_process(written, network.parties);
    RC_ASSERT(again.ok());
    RC_ASSERT(google::protobuf::util::MessageDifferencer::Equals(*parsed, *again));
  });
}

TEST_CASE("a party takes part at most once at a time", "[definitions][property]") {
  const Network network = testing::network();
  rc::prop("two spans of one party are refused exactly if they share a day", [&] {
    const auto day = rc::gen::inRange(1980, 1990);
    const int a = *day;
    const int b = *day;
    const int length_a = *rc::gen::inRange(1, 5);
    const int length_b = *rc::gen::inRange(1, 5);
    const auto entry = [](int since, int length) {
      return "participation { party: \"BRA\" status: INVITED span { since: \"" +
             std::to_string(since) + "\" until: \"" + std::to_string(since + length) + "\" } }\n";
    };
    const bool overlap = a < b + length_b && b < a + length_a;
    const auto parsed =
        parse_process(igc() + entry(a, length_a) + entry(b, length_b), network.parties);
    RC_ASSERT(parsed.ok() == !overlap);
  });
}

}  // namespace
}  // namespace entente::directory
