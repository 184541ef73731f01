// What was known when, beside a plain table: random uploads of every action, free, confidential and
// under embargo, asked `as of`, `updated after` and with their history, as the party that gave them
// and as another.
#include <algorithm>
#include <map>
#include <random>

#include "tests/statistics/world.h"

namespace entente::statistics {
namespace {

using testing::StatisticsWorld;
using Lines = std::vector<std::string>;
using Cell = std::pair<std::string, std::string>;  // citizen, period

struct Version {
  std::string value;  // empty: taken back
  bool confidential = false;
};

struct Given {
  Instant recorded{};
  Instant free_at{};  // when others see it
  std::map<Cell, Version> cells;
};

class Table {
 public:
  std::vector<Given> uploads;

  // What the party itself has of a cell, to be merged with.
  [[nodiscard]] const Version* own(const Cell& cell) const {
    for (auto upload = uploads.rbegin(); upload != uploads.rend(); ++upload) {
      const auto found = upload->cells.find(cell);
      if (found != upload->cells.end())
        return found->second.value.empty() ? nullptr : &found->second;
    }
    return nullptr;
  }

  // The lines of a query. `own`: by whoever gave them.
  [[nodiscard]] Lines ask(bool own, std::optional<Instant> as_of, std::optional<Instant> after,
                          bool history) const {
    std::map<Cell, Lines> found;
    std::map<Cell, std::pair<std::string, bool>> newest;  // its line, and whether it is new
    for (auto of = uploads.begin(); of != uploads.end(); ++of) {
      const Given& upload = *of;
      const Instant appeared = own ? upload.recorded : upload.free_at;
      if (as_of && appeared > *as_of) continue;
      for (const auto& [cell, version] : upload.cells) {
        // What stood under something newer from its first moment on was never seen.
        const bool seen = std::none_of(of + 1, uploads.end(), [&](const Given& newer) {
          return newer.cells.count(cell) != 0 && (own ? newer.recorded : newer.free_at) <= appeared;
        });
        if (!seen) continue;
        const bool gone = version.value.empty() || (version.confidential && !own);
        const std::string line = "A.SWE." + cell.first + " " + cell.second + "=" +
                                 (gone ? "withdrawn" : version.value + "/A");
        auto& last = newest[cell];
        const bool had = !last.first.empty() && !last.first.ends_with("withdrawn");
        if (history && (!gone || had)) found[cell].push_back(line);
        last = {line, !after || appeared > *after};
      }
    }
    Lines lines;
    for (const auto& [cell, last] : newest) {
      if (history) lines.insert(lines.end(), found[cell].begin(), found[cell].end());
      if (!history && last.second && !last.first.ends_with("withdrawn"))
        lines.push_back(last.first);
    }
    return lines;
  }
};

class Play {
 public:
  explicit Play(unsigned seed) : random_(seed) {}

  void upload() {
    const v1::UploadAction action =
        std::array{v1::REPLACE, v1::MERGE, v1::DELETE}[static_cast<std::size_t>(pick(3))];
    v1::BeginUploadRequest begin =
        world_.begin_request("u" + std::to_string(table_.uploads.size()), action);
    Given given{.recorded = world_.clock.now(), .free_at = world_.clock.now(), .cells = {}};
    if (pick(4) == 0) {
      given.free_at = world_.clock.now() + std::chrono::seconds(15 + 10 * pick(3));
      begin.mutable_embargo_until()->set_seconds(
          std::chrono::duration_cast<std::chrono::seconds>(given.free_at.time_since_epoch())
              .count());
    }
    std::string file =
        "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";
    for (const char* citizen : {"AFG", "ERI", "NOR", "SYR"}) {
      for (const char* period : {"2015", "2016"}) {
        if (pick(2) == 0) file += row({citizen, period}, action, given);
      }
    }
    if (given.cells.empty()) return;
    const auto report = world_.upload(world_.member("SWE"), begin, file);
    REQUIRE(report.ok());
    table_.uploads.push_back(std::move(given));
  }

  void compare() {
    std::vector<std::optional<Instant>> times = {std::nullopt};
    for (const Given& one : table_.uploads) {
      times.emplace_back(one.recorded + std::chrono::seconds(pick(8)));
    }
    for (const bool own : {true, false}) {
      for (const auto& at : times) {
        CHECK(asked(own, at, {}, false) == table_.ask(own, at, {}, false));
        CHECK(asked(own, at, {}, true) == table_.ask(own, at, {}, true));
        CHECK(asked(own, {}, at, false) == table_.ask(own, {}, at, false));
      }
    }
  }

  // Every embargo has ended.
  void wait() { world_.clock.pass(std::chrono::seconds(100)); }

 private:
  int pick(int of) { return std::uniform_int_distribution<>(0, of - 1)(random_); }

  std::string row(const Cell& cell, v1::UploadAction action, Given& given) {
    const std::string key = "IGC:ASYLUM(1.0),A,SWE," + cell.first + "," + cell.second + ",";
    Version version;
    if (action == v1::DELETE) {
      given.cells[cell] = version;
      return key + ",,\n";
    }
    version.value = std::to_string(pick(1'000));
    version.confidential = pick(3) == 0;
    std::string value = version.value;
    std::string confidentiality = version.confidential ? "C" : "F";
    // Nothing is merged with what others do not see yet.
    const bool early =
        std::any_of(table_.uploads.begin(), table_.uploads.end(), [&](const Given& one) {
          return one.free_at > given.free_at && one.cells.count(cell) != 0;
        });
    const Version* before = action == v1::MERGE && !early ? table_.own(cell) : nullptr;
    if (before != nullptr && pick(2) == 0) {
      version.value = before->value;
      value.clear();
    }
    if (before != nullptr && pick(2) == 0) {
      version.confidential = before->confidential;
      confidentiality.clear();
    }
    given.cells[cell] = version;
    return key + value + ",A," + confidentiality + "\n";
  }

  Lines asked(bool own, std::optional<Instant> as_of, std::optional<Instant> after, bool history) {
    v1::QueryRequest request;
    request.set_dataflow("dataflows/IGC.ASYLUM");
    request.set_include_history(history);
    const auto set = [](google::protobuf::Timestamp& out, Instant at) {
      const auto us = at.time_since_epoch().count();
      out.set_seconds(us / 1'000'000);
      out.set_nanos(static_cast<std::int32_t>(us % 1'000'000) * 1'000);
    };
    if (as_of) set(*request.mutable_as_of(), *as_of);
    if (after) set(*request.mutable_updated_after(), *after);
    const auto found = world_.query(world_.member(own ? "SWE" : "CHE"), request);
    REQUIRE(found.ok());
    return *found;
  }

  std::mt19937 random_;
  StatisticsWorld world_{/*rows_max=*/3};
  Table table_;
};

TEST_CASE("what was known when is what a plain table says", "[statistics][oracle]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Play play(seed);
    for (int i = 0; i < 6; ++i) play.upload();
    play.wait();
    play.compare();
  }
}

}  // namespace
}  // namespace entente::statistics
