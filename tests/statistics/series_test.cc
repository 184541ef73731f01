// Periods, figures and bits, by example.
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "server/statistics/series/bits.h"
#include "server/statistics/series/code_lists.h"
#include "server/statistics/series/decimal.h"
#include "server/statistics/series/group.h"
#include "server/statistics/series/period.h"
#include "server/statistics/series/sum.h"

namespace entente::statistics {
namespace {

TEST_CASE("what is no period is not read", "[statistics][period]") {
  for (const char* text : {"",         "15",         "2015-13",
                           "2015-00",  "2015-02-31", "2015-Q5",
                           "2015-Q0",  "2015-S3",    "2015-W54",
                           "2014-W53", "2015-",      "2015-1",
                           "2015-Q",   "2015/03",    "20150331",
                           "0000",     "2015-03-3",  "2015-M",
                           "2015-M13", "2015-A2",    "2015-03-31T00:00:00",
                           " 2015",    "2015 ",      "-2015"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_period(text).has_value());
  }
}

TEST_CASE("periods read and print alike", "[statistics][period]") {
  for (const char* text :
       {"2015", "0001", "9999", "2015-S1", "2015-S2", "2015-Q1", "2015-Q4", "2015-01", "2015-12",
        "2015-W01", "2015-W53", "2020-W53", "2016-02-29", "1969-12-31", "1969-W52", "1601-01-01"}) {
    const auto period = parse_period(text);
    REQUIRE(period.has_value());
    CHECK(to_text(*period) == text);
  }
  CHECK(to_text(*parse_period("2015-M03")) == "2015-03");
  CHECK(to_text(*parse_period("2015-A1")) == "2015");
}

TEST_CASE("a period knows its days", "[statistics][period]") {
  const auto day = [](const char* text) { return parse_period(text)->ordinal; };
  CHECK(first_day(*parse_period("2015-Q2")) == day("2015-04-01"));
  CHECK(last_day(*parse_period("2016-02")) == day("2016-02-29"));
  CHECK(first_day(*parse_period("2015-W01")) == day("2014-12-29"));
  CHECK(last_day(*parse_period("2015")) == day("2015-12-31"));
}

TEST_CASE("a range of days holds the periods that lie wholly in it", "[statistics][period]") {
  const DayRange range{.first = first_day(*parse_period("2015-02")),
                       .last = last_day(*parse_period("2016-09"))};
  const auto quarters = ordinals_in(range, Frequency::Quarter);
  CHECK(to_text({Frequency::Quarter, quarters.first}) == "2015-Q2");
  CHECK(to_text({Frequency::Quarter, quarters.last}) == "2016-Q3");
  const auto years = ordinals_in(range, Frequency::Annual);
  CHECK(years.first > years.last);
  const auto days = ordinals_in(range, Frequency::Day);
  CHECK(days.first == range.first);
  CHECK(days.last == range.last);
  const auto all = ordinals_in({}, Frequency::Month);
  CHECK(all.first == INT32_MIN);
  CHECK(all.last == INT32_MAX);
}

TEST_CASE("what is no figure is not read", "[statistics][decimal]") {
  for (const char* text : {"",      "-",   ".",   "e3",    "1e",     "1e+",   "1,5",
                           "1 000", "NaN", "INF", "0x10",  "1e9999", "1e401", "1234567890123456789",
                           "1..2",  "--1", "1-",  "1e1e1", " 1",     "1e--2"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text).has_value());
  }
}

TEST_CASE("figures are kept as given, in one form", "[statistics][decimal]") {
  for (const auto& [given, kept] : std::vector<std::pair<std::string, std::string>>{
           {"0", "0"},
           {"-0.00", "0"},
           {"12.50", "12.5"},
           {"007", "7"},
           {".5", "0.5"},
           {"5.", "5"},
           {"+3", "3"},
           {"1e3", "1000"},
           {"1.5e3", "1500"},
           {"-0.001", "-0.001"},
           {"1e308", "1e308"},
           {"123456789012345678", "123456789012345678"},
           {"1000000000000000000000", "1e21"},
           {"0e999", "0"},
           {"1e-30", "1e-30"}}) {
    CAPTURE(given);
    const auto value = parse_decimal(given);
    REQUIRE(value.has_value());
    CHECK(to_text(*value) == kept);
    CHECK(parse_decimal(kept) == value);
  }
}

TEST_CASE("a sum of more digits than are exact is rounded, never another number",
          "[statistics][sum]") {
  const auto sum = [](const std::vector<std::string>& figures) {
    Total total;
    for (const std::string& one : figures) {
      const auto value = parse_decimal(one);
      total.add(value->mantissa, value->exponent);
    }
    return total;
  };
  CHECK(sum({"1e30", "1e-9"}).is_exact() == false);
  CHECK(sum({"1e18", "1e-19"}).is_exact());
  for (const auto& [figures, about] : std::vector<std::pair<std::vector<std::string>, double>>{
           {{"200000000", "1e-30"}, 2e8},
           {{"1e-30", "200000000"}, 2e8},
           {{"1e30", "1e-30"}, 1e30},
           {{"1e-30", "1e30", "-3", "1e30"}, 2e30},
           {{"-1e30", "1e-30", "5e29"}, -5e29},
           {{"5e-30", "1e30", "-1e30"}, 0}}) {
    const Total total = sum(figures);
    CHECK_FALSE(total.is_exact());
    CHECK_FALSE(total.decimal().has_value());
    CHECK(total.approximate() == Approx(about));
    // Added to another and taken from it, on either side.
    Total more = sum({"7"});
    more.add(total);
    CHECK(more.approximate() == Approx(about + 7));
    more.subtract(total);
    CHECK_FALSE(more.is_exact());
    Total less = sum({"7"});
    less.subtract(total);
    CHECK(less.approximate() == Approx(7 - about));
  }
}

TEST_CASE("a series of equal steps and figures costs nothing an observation",
          "[statistics][group]") {
  Columns columns{.width = 3,
                  .attributes = 2,
                  .keys = {0, 0, 4},
                  .counts = {480},
                  .ordinals = {},
                  .kinds = {},
                  .values = {},
                  .codes = {}};
  for (int i = 0; i < 480; ++i) {
    columns.ordinals.push_back(24'000 + i);
    columns.kinds.push_back(Kind::Value);
    columns.values.push_back({0, 0});
    columns.codes.insert(columns.codes.end(), {1, 0});
  }
  std::string bytes;
  pack_group(columns, bytes);
  CHECK(bytes.size() < 40);  // the column heads: what never changes costs nothing
}

TEST_CASE("bytes that are no group are refused, not read past", "[statistics][group]") {
  Columns columns{.width = 2,
                  .attributes = 1,
                  .keys = {7, 1},
                  .counts = {3},
                  .ordinals = {1, 2, 9},
                  .kinds = {Kind::Value, Kind::Missing, Kind::Value},
                  .values = {{-5, 0}, {}, {125, -2}},
                  .codes = {0, 1, 0}};
  std::string bytes;
  pack_group(columns, bytes);
  bytes.append(bits_slack_bytes, '\0');
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Columns out;
    out.width = 2;
    out.attributes = 1;
    // What lies behind a group is no part of it.
    CHECK_FALSE(unpack_group(std::string_view(bytes).substr(0, cut), ~0ULL, out));
  }
}

}  // namespace
TEST_CASE("codes that are packed are told as they were given", "[statistics][part]") {
  const std::vector<std::vector<std::string>> given{
      {"A", "M"}, {}, {"", "AFG", "AFGHANISTAN-NORTH", "ERI"}, {"", "", ""}, {"_T"}};
  const CodeLists lists(given);
  REQUIRE(lists.size() == given.size());
  for (std::size_t l = 0; l < given.size(); ++l) {
    const CodeLists::List list = lists[l];
    CHECK(std::vector<std::string>(list.begin(), list.end()) == given[l]);
    REQUIRE(list.size() == given[l].size());
    for (std::size_t i = 0; i < given[l].size(); ++i) CHECK(list[i] == given[l][i]);
  }
  CHECK(lists[0].find("M") == 1U);
  CHECK(lists[0].find("AFG") == std::nullopt);  // of another list
  CHECK(lists[1].find("A") == std::nullopt);
  CHECK(lists[2].find("AFGHANISTAN-NORTH") == 2U);
  CHECK(lists[2].find("AFGHANISTAN") == std::nullopt);
  CHECK(lists[2].find("ZZZ") == std::nullopt);
  CHECK(lists[4].find("_T") == 0U);
}

}  // namespace entente::statistics
