// Secondary suppression: no hidden figure follows from what a reader sees. Random tables against an
// oracle that solves the sums in its own way; then through uploads.
#include "server/statistics/protect.h"

#include <cmath>
#include <functional>
#include <random>

#include "proto/contract/comparison_limits.h"
#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.
using State = TableCell::State;

// --- the oracle ---------------------------------------------------------------------------------

using Matrix = std::vector<std::vector<double>>;

std::size_t rank_of(Matrix rows) {
  std::size_t rank = 0;
  const std::size_t width = rows.empty() ? 0 : rows[0].size();
  for (std::size_t column = 0; column < width && rank < rows.size(); ++column) {
    std::size_t pivot = rank;
    for (std::size_t i = rank; i < rows.size(); ++i) {
      if (std::fabs(rows[i][column]) > std::fabs(rows[pivot][column])) pivot = i;
    }
    if (std::fabs(rows[pivot][column]) < 1e-9) continue;
    std::swap(rows[pivot], rows[rank]);
    for (std::size_t i = rank + 1; i < rows.size(); ++i) {
      const double factor = rows[i][column] / rows[rank][column];
      for (std::size_t j = column; j < width; ++j) rows[i][j] -= factor * rows[rank][j];
    }
    ++rank;
  }
  return rank;
}

// Codes 0 to 3 of two dimensions: 0 is the total; 1 holds 2 and 3 in the first of them only.
std::vector<std::uint32_t> parts_of(std::size_t dimension, std::uint32_t whole) {
  if (whole == 0)
    return dimension == 0 ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>{1, 2, 3};
  if (whole == 1 && dimension == 0) return {2, 3};
  return {};
}

// A total without its direct parts is the sum of their parts.
void add_parts(const std::map<std::vector<std::uint32_t>, std::size_t>& cells,
               std::vector<std::uint32_t> key, std::size_t dimension, std::uint32_t whole,
               std::vector<double>& row, bool& any) {
  for (const std::uint32_t part : parts_of(dimension, whole)) {
    key[dimension] = part;
    const auto found = cells.find(key);
    if (found != cells.end()) {
      row[found->second] -= 1;
      any = true;
    } else {
      add_parts(cells, key, dimension, part, row, any);
    }
  }
}

// Whether a figure was published before there was that secret.
bool is_older_word(const TableCell& cell, const TableCell& secret) {
  return cell.state == State::Published && cell.since < secret.since;
}

using Known = std::function<bool(const TableCell&)>;

bool is_derivable(const std::vector<TableCell>& cells, std::size_t secret, const Known& is_known) {
  std::map<std::vector<std::uint32_t>, std::size_t> places;
  for (std::size_t i = 0; i < cells.size(); ++i) places[cells[i].key] = i;
  Matrix sums;
  for (const auto& [key, place] : places) {
    for (std::size_t d = 0; d < 2; ++d) {
      std::vector<double> row(cells.size(), 0);
      bool any = false;
      row[place] = 1;
      add_parts(places, key, d, key[d], row, any);
      if (!any) continue;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (is_known(cells[i])) row[i] = 0;
      }
      sums.push_back(row);
    }
  }
  std::vector<double> alone(cells.size(), 0);
  alone[secret] = 1;
  const std::size_t rank = rank_of(sums);
  sums.push_back(alone);
  return rank_of(sums) == rank;
}

bool is_seen(const TableCell& cell) {
  return cell.state == State::Free || cell.state == State::Published;
}

// Whether a secret follows that nobody's word has given away: from figures that are not published
// or were before it; or from all, and did not when the newest word was given.
bool is_derivable(const std::vector<TableCell>& cells, std::size_t secret) {
  const bool without = is_derivable(cells, secret, [&](const TableCell& cell) {
    return cell.state == State::Free || is_older_word(cell, cells[secret]);
  });
  std::uint64_t newest = 0;
  for (const TableCell& cell : cells) {
    if (cell.state == State::Published) newest = std::max(newest, cell.since);
  }
  const bool then = is_derivable(cells, secret, [&](const TableCell& cell) {
    return is_seen(cell) && (cell.state == State::Published || cell.seen_since <= newest);
  });
  return without || (is_derivable(cells, secret, is_seen) && !then);
}

std::vector<Hierarchy> hierarchies() {
  v1::Codelist list;
  for (const auto& [id, parent] : std::vector<std::pair<std::string, std::string>>{
           {"_T", ""}, {"a", "_T"}, {"b", "a"}, {"c", "a"}}) {
    v1::Item* item = list.add_items();
    item->set_id(id);
    item->set_parent(parent);
  }
  const Codelist parents(list);
  std::vector<Hierarchy> out;
  out.emplace_back(std::vector<std::string>{"_T", "a", "b", "c"}, &parents);
  out.emplace_back(std::vector<std::string>{"_T", "x", "y", "z"}, nullptr);
  return out;
}

TEST_CASE("no secret follows from what is left of a random table",
          "[statistics][protect][property]") {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): the same tables each time.
  const std::vector<Hierarchy> both = hierarchies();
  std::size_t at_risk = 0;
  for (int round = 0; round < 800; ++round) {
    const bool publishes = round % 2 != 0;
    std::vector<TableCell> cells;
    for (std::uint32_t a = 0; a < 4; ++a) {
      for (std::uint32_t b = 0; b < 4; ++b) {
        if (random() % 6 == 0) continue;
        const bool secret = random() % 4 == 0;
        const bool published = !secret && publishes && random() % 3 == 0;
        cells.push_back(
            {.key = {a, b},
             .state = secret ? State::Secret : (published ? State::Published : State::Free),
             .value = static_cast<double>(random() % 100),
             .since = publishes ? random() % 3 : 0,
             .seen_since = publishes ? random() % 4 : 0});
      }
    }
    TableGuard guard(cells, both);
    const auto derivable = guard.derivable();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].state != State::Secret) continue;
      const bool found = std::binary_search(derivable.begin(), derivable.end(), i);
      REQUIRE(found == is_derivable(cells, i));
      at_risk += found ? 1 : 0;
    }
    const auto held = guard.protect();
    REQUIRE(held.ok());
    if (derivable.empty()) REQUIRE(held->empty());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].state == State::Published) {
        REQUIRE(guard.cells()[i].state == State::Published);
      }
      // All hidden, each sum holds of itself: what follows then follows from no figure, or from one
      // that was published before.
      if (cells[i].state == State::Secret && is_derivable(guard.cells(), i)) {
        auto none = cells;
        for (TableCell& cell : none) {
          if (cell.state != State::Published) cell.state = State::Secret;
        }
        REQUIRE(is_derivable(none, i, is_seen));
      }
    }
  }
  CHECK(at_risk > 100);
}

TEST_CASE("many secrets that do not hang together are protected each by itself",
          "[statistics][protect]") {
  // A total with one free part and one secret, many times over: one dimension says which time. By
  // a pass over everything for each it takes a quarter of an hour, which CTest does not wait for.
  constexpr std::uint32_t kTimes = 20'000;
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < kTimes; ++i) ids.push_back("c" + std::to_string(100'000 + i));
  std::vector<Hierarchy> both;
  both.emplace_back(ids, nullptr);
  both.emplace_back(std::vector<std::string>{"_T", "x", "y"}, nullptr);
  std::vector<TableCell> cells;
  for (std::uint32_t i = 0; i < kTimes; ++i) {
    cells.push_back({.key = {i, 0}, .state = State::Free, .value = 30});
    cells.push_back({.key = {i, 1}, .state = State::Free, .value = 20});
    cells.push_back({.key = {i, 2}, .state = State::Secret, .value = 10});
  }
  TableGuard guard(std::move(cells), both);
  const auto held = guard.protect();
  REQUIRE(held.ok());
  CHECK(held->size() == kTimes);
  CHECK(guard.derivable().empty());
}

// --- through uploads ----------------------------------------------------------------------------

struct ProtectedWorld : TableWorld {
  ProtectedWorld() {
    v1::DefineStructuresRequest request;
    v1::Codelist* areas = request.mutable_structures()->add_codelists();
    *areas = structures().codelists(1);
    add_item(*areas, "_T", "Total");
    v1::Codelist* conf = request.mutable_structures()->add_codelists();
    *conf = structures().codelists(3);
    add_item(*conf, "S", "Secondary, of the receiver");
    REQUIRE(act(secretariat(), &Service::define_structures, request).ok());
  }
  v1::UploadReport give(const std::string& id, const std::string& rows, bool publish = false) {
    auto request = begin_request(id);
    request.set_publish_totals(publish);
    return give(id, rows, std::move(request));
  }
  void withdraw_newest() {
    v1::ListUploadsRequest list;
    list.set_dataflow("dataflows/IGC.ASYLUM");
    v1::WithdrawUploadRequest request;
    request.set_name(ask(member("SWE"), &Service::list_uploads, list)->uploads(0).name());
    const auto transaction = store->begin();
    REQUIRE(history.withdraw_upload(member("SWE"), request, *transaction).ok());
    REQUIRE(transaction->commit().ok());
    clock.pass(std::chrono::seconds(10));
  }
  v1::UploadReport give_under_embargo(const std::string& id, const std::string& rows,
                                      std::chrono::seconds time) {
    auto request = begin_request(id);
    request.mutable_embargo_until()->set_seconds(
        std::chrono::floor<std::chrono::seconds>(clock.now() + time).time_since_epoch().count());
    return give(id, rows, std::move(request));
  }
  v1::UploadReport give(const std::string& id, const std::string& rows,
                        v1::BeginUploadRequest request) {
    const auto dry = send(member("SWE"), request, kHeading + rows);
    REQUIRE(dry.ok());
    const auto report = finish(member("SWE"), id, dry->sha256());
    REQUIRE(report.ok());
    clock.pass(std::chrono::seconds(10));
    // The dry run said what the upload then did.
    REQUIRE(dry->held_back_size() == report->held_back_size());
    return *report;
  }
};

TEST_CASE("a total that gives a confidential part away is held back, and its originator is told",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  const auto report =
      world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                           row("A,SWE,SYR,2015,10,A,C") + row("A,SWE,_T,2016,5,A,F") +
                           row("A,SWE,AFG,2016,5,A,F"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
  CHECK(report.held_back(0).period() == "2015");
  CHECK(report.held_back(0).protects() == "A.SWE.SYR");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE.AFG 2016=5/A", "A.SWE._T 2016=5/A"});
  CHECK(world.all(world.member("SWE")).size() == 5);
  // Not for an instant was it free.
  v1::QueryRequest history;
  history.set_dataflow("dataflows/IGC.ASYLUM");
  history.set_include_history(true);
  CHECK(world.query(nor, history)->size() == 3);
  // Neither the list of uploads nor what is new tells of it.
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(world.ask(nor, &Service::list_uploads, list)->uploads_size() == 1);
  CHECK(world.ask(nor, &Service::list_uploads, list)->uploads(0).observations() == 3);
  CHECK(world.ask(world.member("SWE"), &Service::list_uploads, list)->uploads_size() == 1);
  // A later upload cannot bring it back by the way; on its originator's word it can.
  CHECK(world.give("u2", row("A,SWE,_T,2015,30,A,F")).held_back_size() == 1);
  CHECK(world.all(nor).size() == 3);
  CHECK(world.give("u3", row("A,SWE,_T,2015,30,A,F"), true).held_back_size() == 0);
  CHECK(world.all(nor).size() == 4);
}

TEST_CASE(
    "a total given before is held back when a part becomes confidential, and given again "
    "when it is free",
    "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  CHECK(world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F"))
            .held_back_size() == 0);
  CHECK(world.give("u2", row("A,SWE,SYR,2015,10,A,C")).held_back_size() == 1);
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  // Two hidden parts protect each other; what is held back stays so, or what was seen would tell.
  CHECK(world.give("u3", row("A,SWE,ERI,2015,0,A,C")).held_back_size() == 0);
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  world.give("u4", row("A,SWE,SYR,2015,10,A,F") + row("A,SWE,ERI,2015,0,A,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE.ERI 2015=0/A", "A.SWE.SYR 2015=10/A",
                                "A.SWE._T 2015=30/A"});
}

TEST_CASE("what was published before there was a secret is known, and the secret does not follow",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  CHECK(world.give("u1", row("A,SWE,AFG,2015,20,A,F"), true).held_back_size() == 0);
  const auto part = world.give("u2", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,SYR,2015,10,A,C"));
  REQUIRE(part.held_back_size() == 1);
  CHECK(part.held_back(0).key() == "A.SWE._T");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  // The total itself was published: it stays, and another part is back.
  world.give("u3", row("A,SWE,_T,2016,30,A,F"), true);
  const auto total = world.give("u4", row("A,SWE,AFG,2016,20,A,F") + row("A,SWE,SYR,2016,10,A,C"));
  REQUIRE(total.held_back_size() == 1);
  CHECK(total.held_back(0).key() == "A.SWE.AFG");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE._T 2016=30/A"});
  // The word that was given for a secret holds while it is one, corrected or not.
  world.give("u5", row("A,SWE,_T,2017,30,A,F") + row("A,SWE,AFG,2017,20,A,F") +
                       row("A,SWE,SYR,2017,10,A,C"));
  world.give("u6", row("A,SWE,_T,2017,30,A,F"), true);
  CHECK(world.give("u7", row("A,SWE,SYR,2017,11,A,C")).held_back_size() == 0);
  CHECK(world.give("u8", row("A,SWE,AFG,2017,19,A,F")).held_back_size() == 0);
  CHECK(world.all(nor).size() == 4);
  // A part that was published gave nothing away: no word was given for the total.
  world.give("u9", row("A,SWE,AFG,2018,20,A,F") + row("A,SWE,SYR,2018,10,A,C"), true);
  const auto later = world.give("u10", row("A,SWE,_T,2018,30,A,F"));
  REQUIRE(later.held_back_size() == 1);
  CHECK(later.held_back(0).key() == "A.SWE._T");
  CHECK(world.give("u11", row("A,SWE,_T,2018,30,A,F"), true).held_back_size() == 0);
  CHECK(world.all(nor).size() == 6);
  // Where nothing is left to be held back its originator is told.
  CHECK(later.given_away_size() == 0);
  world.give("u12", row("A,SWE,AFG,2019,20,A,F") + row("A,SWE,_T,2019,30,A,F"), true);
  const auto lost = world.give("u13", row("A,SWE,SYR,2019,10,A,C"));
  CHECK(lost.held_back_size() == 0);
  REQUIRE(lost.given_away_size() == 1);
  CHECK(lost.given_away(0).key() == "A.SWE.SYR");
  CHECK(lost.given_away(0).period() == "2019");
}

TEST_CASE("the mark of what is held back, brought in again, is not its party's word",
          "[statistics][protect]") {
  for (const std::string total : {"30", "31"}) {
    CAPTURE(total);
    ProtectedWorld world;
    const auto nor = world.member("NOR");
    const std::string rest = row("A,SWE,AFG,2015,20,A,F") + row("A,SWE,SYR,2015,10,A,C");
    world.give("u1", row("A,SWE,_T,2015,30,A,F") + rest);
    // Its own export, twice; of another value it is its word.
    world.give("u2", row("A,SWE,_T,2015," + total + ",A,S") + rest);
    world.give("u3", row("A,SWE,_T,2015," + total + ",A,S") + rest);
    CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
    world.give("u4", row("A,SWE,SYR,2015,10,A,F"));
    CHECK(world.all(nor).size() == (total == "30" ? 3 : 1));
  }
  // Where nothing was held back it is its word, too, and a part is back for it.
  ProtectedWorld world;
  world.give("u1", row("A,SWE,_T,2015,30,A,S") + row("A,SWE,AFG,2015,20,A,F") +
                       row("A,SWE,SYR,2015,10,A,C"));
  world.give("u2", row("A,SWE,SYR,2015,10,A,F"));
  CHECK(world.all(world.member("NOR")) == Lines{"A.SWE.AFG 2015=20/A"});
}

TEST_CASE("a secret that is taken away is not given away", "[statistics][protect]") {
  for (const std::string how : {"deleted", "withdrawn", "reported without a figure"}) {
    for (const std::string then : {"another total", "its originator's word", "a figure"}) {
      CAPTURE(how, then);
      ProtectedWorld world;
      const auto nor = world.member("NOR");
      world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F"));
      CHECK(world.give("u2", row("A,SWE,SYR,2015,10,A,C")).held_back_size() == 1);
      if (how == "deleted") {
        world.bring("SWE", "u3", row("A,SWE,SYR,2015,,,"), v1::DELETE);
      } else if (how == "withdrawn") {
        world.withdraw_newest();
      } else {
        world.give("u3", row("A,SWE,SYR,2015,NaN,A,F"));
      }
      const Lines left = how[0] == 'r' ? Lines{"A.SWE.AFG 2015=20/A", "A.SWE.SYR 2015=missing/A"}
                                       : Lines{"A.SWE.AFG 2015=20/A"};
      CHECK(world.all(nor) == left);
      // Neither does it come back by the way.
      CHECK(world.give("u4", row("A,SWE,_T,2015,30,P,F")).held_back_size() == 1);
      world.give("u5", row("A,SWE,AFG,2015,20,P,F"));
      CHECK(world.all(nor).size() == left.size());
      if (then == "another total") world.give("u6", row("A,SWE,_T,2015,20,A,F"));
      if (then == "its originator's word") world.give("u6", row("A,SWE,_T,2015,30,A,F"), true);
      if (then == "a figure") world.give("u6", row("A,SWE,SYR,2015,10,A,F"));
      const auto after = world.all(nor);
      CHECK(std::count_if(after.begin(), after.end(), [](const std::string& line) {
              return line.find("._T ") != std::string::npos;
            }) == 1);
    }
  }
}

TEST_CASE(
    "of two secrets that protect each other one is taken away, the other freed: it is not told",
    "[statistics][protect]") {
  ProtectedWorld world;
  CHECK(world
            .give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                            row("A,SWE,SYR,2015,4,A,C") + row("A,SWE,ERI,2015,6,A,C"))
            .held_back_size() == 0);
  const auto report = world.give("u2", row("A,SWE,SYR,2015,NaN,A,F") + row("A,SWE,ERI,2015,6,A,F"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
  CHECK(report.held_back(0).protects() == "A.SWE.SYR");
  // A total that came after it says nothing of it.
  CHECK(world.give("u3", row("A,SWE,_T,2015,26,A,F")).held_back_size() == 0);
  CHECK(world.all(world.member("NOR")).size() == 4);
}

TEST_CASE("a region that is gone is the sum of its parts to what stands since before alone",
          "[statistics][protect]") {
  const std::vector<Hierarchy> both = hierarchies();
  for (const std::uint64_t total_since : {1, 9}) {
    // The total, the region of `b` and `c` that was a secret until the fifth upload, `b`, `c`.
    std::vector<TableCell> cells;
    for (const std::uint32_t code : {0, 1, 2, 3}) {
      cells.push_back({.key = {code, 1}, .state = State::Free, .value = 9, .since = 7});
    }
    cells[0].since = total_since;
    cells[1] = {.key = {1, 1}, .state = State::Secret, .since = 1, .gone_at = 5};
    TableGuard guard(cells, both);
    CHECK(guard.derivable().empty() == (total_since == 9));
    const auto held = guard.protect();
    REQUIRE(held.ok());
    CHECK(held->size() == (total_since == 9 ? 0 : 1));
    // A part that is a secret now follows from the new total, which has no region between.
    cells[2].state = State::Secret;
    TableGuard parts(cells, both);
    CHECK(parts.derivable() ==
          (total_since == 9 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{1}));
  }
}

TEST_CASE("what is given again beside an upload that publishes is not published by it",
          "[statistics][protect]") {
  ProtectedWorld world;
  world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                       row("A,SWE,SYR,2015,10,A,C"));
  world.give("u2", row("A,SWE,SYR,2015,10,A,F"), true);
  CHECK(world.all(world.member("NOR")).size() == 3);
  const auto report = world.give("u3", row("A,SWE,SYR,2015,10,A,C"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
}

TEST_CASE("what a withdrawal restores stands as it was given, with the word that was given for it",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  const std::string parts = row("A,SWE,AFG,2015,20,A,F") + row("A,SWE,SYR,2015,10,A,C");
  world.give("u1", row("A,SWE,_T,2015,30,A,F") + parts, true);
  // Hidden by mistake, and taken away by mistake.
  for (const std::string how : {"hidden", "deleted"}) {
    CAPTURE(how);
    if (how == "hidden") world.give("u2", row("A,SWE,_T,2015,30,A,C"));
    if (how == "deleted") world.bring("SWE", "u2d", row("A,SWE,_T,2015,,,"), v1::DELETE);
    CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
    world.withdraw_newest();
    CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE._T 2015=30/A"});
  }
  // The word is the figure's, not of the upload that is taken back, and for no other figure.
  world.give("u3", row("A,SWE,_T,2016,30,A,F") + row("A,SWE,AFG,2016,20,A,F") +
                       row("A,SWE,SYR,2016,10,A,C"));
  world.give("u4", row("A,SWE,_T,2016,31,A,F") + row("A,SWE,_T,2015,32,A,F"), true);
  CHECK(world.all(nor).size() == 4);
  world.withdraw_newest();
  CHECK(world.all(nor) ==
        Lines{"A.SWE.AFG 2015=20/A", "A.SWE.AFG 2016=20/A", "A.SWE._T 2015=30/A"});
  // Nor for a secret that came after it.
  world.give("u5", row("A,SWE,_T,2017,30,A,F") + row("A,SWE,AFG,2017,20,A,F"), true);
  world.give("u6", row("A,SWE,SYR,2017,10,A,C") + row("A,SWE,ERI,2017,0,A,F"));
  world.give("u7", row("A,SWE,_T,2017,31,A,F"));
  world.withdraw_newest();
  const auto lines = world.all(nor);
  CHECK(std::count(lines.begin(), lines.end(), "A.SWE._T 2017=30/A") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "A.SWE.ERI 2017=0/A") == 0);
}

TEST_CASE("a total that a withdrawal restores tells of a secret that is gone as it did before",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                       row("A,SWE,SYR,2015,10,A,C"));
  world.bring("SWE", "u2", row("A,SWE,SYR,2015,,,"), v1::DELETE);
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  world.give("u3", row("A,SWE,_T,2015,20,A,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE._T 2015=20/A"});
  world.withdraw_newest();
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
}

TEST_CASE("what is reported without a figure protects nothing and is not held back",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,30,A,F"), true);
  const auto report =
      world.give("u2", row("A,SWE,AFG,2015,NaN,A,F") + row("A,SWE,ERI,2015,20,A,F") +
                           row("A,SWE,SYR,2015,10,A,C"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE.ERI");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=missing/A", "A.SWE._T 2015=30/A"});
  // A total without a figure tells of no part.
  CHECK(world
            .give("u3", row("A,SWE,_T,2016,NaN,A,F") + row("A,SWE,AFG,2016,20,A,F") +
                            row("A,SWE,SYR,2016,10,A,C"))
            .held_back_size() == 0);
  CHECK(world.all(nor).size() == 4);
}

TEST_CASE("what hides a part tomorrow only protects nothing today", "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,NOR,2015,60,A,C") + row("A,SWE,ERI,2015,40,A,F"));
  world.give_under_embargo("u2", row("A,SWE,ERI,2015,41,A,C"), std::chrono::hours(1));
  // To the audience Eritrea is free for an hour yet: the total would give Norway away.
  const auto report = world.give("u3", row("A,SWE,_T,2015,100,A,F"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/A"});
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.all(nor).empty());
  // Who saw Eritrea's figure needs the total only.
  world.give("u4", row("A,SWE,AFG,2016,1,A,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2016=1/A"});
}

TEST_CASE("a total is held back at once for what comes at an embargo's end",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give_under_embargo("u1", row("A,SWE,NOR,2015,60,A,C") + row("A,SWE,ERI,2015,40,A,F"),
                           std::chrono::hours(1));
  CHECK(world.give("u2", row("A,SWE,_T,2015,100,A,F")).held_back_size() == 1);
  CHECK(world.all(nor).empty());
  CHECK(world.all(world.member("SWE")).size() == 3);
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/A"});
}

TEST_CASE("nothing is given again that is needed before an embargo's end or after it",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,100,A,F") + row("A,SWE,NOR,2015,60,A,C") +
                       row("A,SWE,ERI,2015,40,A,F"));
  // At the hour Norway is free, and with it the total; until then it is not.
  world.give_under_embargo("u2", row("A,SWE,NOR,2015,60,A,F"), std::chrono::hours(1));
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/A"});
  world.give("u3", row("A,SWE,ERI,2015,40,P,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/P"});
  // A figure that waits for its hour does not come out with one that is given again.
  world.give_under_embargo("u4", row("A,SWE,_T,2015,101,A,F"), std::chrono::hours(1));
  world.give("u5", row("A,SWE,NOR,2015,60,A,F"));
  for (const std::string& line : world.all(nor)) CHECK(line.find("=101") == std::string::npos);
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.all(world.member("SWE")).size() == 3);
}

TEST_CASE("what is held back is given again when every moment allows it, and as it is seen by then",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,100,A,F") + row("A,SWE,NOR,2015,60,A,C") +
                       row("A,SWE,ERI,2015,40,A,F"));
  SECTION("not while a part is secret for an hour yet") {
    world.give_under_embargo("u2", row("A,SWE,NOR,2015,60,A,F"), std::chrono::hours(1));
    CHECK(world.give("u3", row("A,SWE,_T,2015,100,A,F")).held_back_size() == 1);
    world.give("u4", row("A,SWE,ERI,2015,40,P,F"));
    CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/P"});
    world.clock.pass(std::chrono::hours(2));
    world.give("u5", row("A,SWE,ERI,2015,40,A,F"));
    CHECK(world.all(nor) ==
          Lines{"A.SWE.ERI 2015=40/A", "A.SWE.NOR 2015=60/A", "A.SWE._T 2015=100/A"});
  }
  SECTION("not the figure that waits for its hour") {
    world.give_under_embargo("u2", row("A,SWE,_T,2015,101,A,F"), std::chrono::hours(1));
    world.give("u3", row("A,SWE,NOR,2015,60,A,F"));
    for (const std::string& line : world.all(nor)) CHECK(line.find("=101") == std::string::npos);
    world.clock.pass(std::chrono::hours(2));
    world.give("u4", row("A,SWE,ERI,2015,40,P,F"));
    CHECK(world.all(nor) ==
          Lines{"A.SWE.ERI 2015=40/P", "A.SWE.NOR 2015=60/A", "A.SWE._T 2015=101/A"});
  }
}

TEST_CASE("what was held back once is not its party's word: it is free when nothing needs it",
          "[statistics][protect]") {
  const Lines whole = {"A.SWE.ERI 2015=40/A", "A.SWE.NOR 2015=60/A", "A.SWE._T 2015=100/P"};
  for (const bool takes_back : {false, true}) {
    ProtectedWorld world;
    world.give("u1", row("A,SWE,_T,2015,100,P,F") + row("A,SWE,NOR,2015,60,A,C") +
                         row("A,SWE,ERI,2015,40,A,F"));
    if (takes_back) {
      world.give("u2", row("A,SWE,_T,2015,101,A,F"));
      world.withdraw_newest();
    } else {
      world.bring("SWE", "u2", row("A,SWE,_T,2015,,P,"), v1::MERGE);
    }
    CHECK(world.all(world.member("NOR")) == Lines{"A.SWE.ERI 2015=40/A"});
    CHECK(world.give("u3", row("A,SWE,NOR,2015,60,A,F")).held_back_size() == 0);
    CHECK(world.all(world.member("NOR")) == whole);
  }
}

TEST_CASE("an upload that is hidden as a whole names its party to nobody",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto shows = [&] {
    const auto flow = world.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM");
    const SightPointer seen = world.service.sight(world.member("NOR"), *flow);
    return !std::all_of(seen->all.begin(), seen->all.end(), is_marks_only);
  };
  world.give("u1", row("A,SWE,_T,2015,10,A,F") + row("A,SWE,SYR,2015,10,A,C"));
  CHECK(world.all(world.member("NOR")).empty());
  CHECK_FALSE(shows());
  world.give("u2", row("A,SWE,SYR,2015,10,A,F"));
  CHECK(shows());
}

TEST_CASE("a party whose figures became confidential before their hour is no source of any",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto sources = [&] {
    const auto flow = world.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM");
    return *world.service.givers(*flow, world.service.sight(world.member("NOR"), *flow));
  };
  world.give_under_embargo("u1", row("A,SWE,AFG,2015,10,A,F") + row("A,SWE,SYR,2015,10,A,F"),
                           std::chrono::seconds(100));
  world.give_under_embargo("u2", row("A,SWE,AFG,2015,10,A,C"), std::chrono::seconds(90));
  world.clock.pass(std::chrono::seconds(200));
  CHECK(sources() == std::set<std::string>{"SWE"});
  world.bring("SWE", "u3", row("A,SWE,SYR,2015,,,"), v1::DELETE);
  CHECK(sources() == std::set<std::string>{"SWE"});
  ProtectedWorld other;
  const auto flow = other.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM");
  other.give_under_embargo("u1", row("A,SWE,AFG,2015,10,A,F"), std::chrono::seconds(100));
  other.give_under_embargo("u2", row("A,SWE,AFG,2015,10,A,C"), std::chrono::seconds(90));
  other.clock.pass(std::chrono::seconds(200));
  CHECK(other.service.givers(*flow, other.service.sight(other.member("NOR"), *flow))->empty());
  CHECK(other.service.givers(*flow, other.service.sight(other.member("SWE"), *flow))->size() == 1);
}

TEST_CASE("a file of more figures than are weighed at once is weighed a batch of periods at a time",
          "[statistics][protect]") {
  ProtectedWorld world;
  std::string rows;
  std::size_t months = 0;
  for (std::size_t figures = 0; figures <= limits::protected_cells_max; ++months) {
    const std::string period = std::to_string(1'000 + months / 12) +
                               (months % 12 < 9 ? "-0" : "-") + std::to_string(months % 12 + 1);
    for (const char* citizen : {"AFG", "CHE", "ERI", "NOR", "SYR", "_T"}) {
      rows += row(std::string("M,SWE,") + citizen + "," + period + "," +
                  (citizen[0] == '_' ? "15" : "3") + ",A," + (citizen[0] == 'S' ? "C" : "F"));
      ++figures;
    }
  }
  const auto report = world.give("u1", rows);
  CHECK(static_cast<std::size_t>(report.held_back_size()) + report.held_back_more() == months);
  // Of each period the total is back, of the last as of the first.
  v1::QueryRequest query;
  query.set_dataflow("dataflows/IGC.ASYLUM");
  v1::Selection* totals = query.add_selections();
  totals->set_dimension("CITIZEN");
  totals->add_values("_T");
  totals->add_values("SYR");
  CHECK(world.query(world.member("NOR"), query)->empty());
  CHECK(world.query(world.member("SWE"), query)->size() == 2 * months);
}

TEST_CASE("two worlds whose hidden parts differ leave the same figures", "[statistics][protect]") {
  std::vector<Lines> seen;
  for (const char* hidden : {"10", "11", "999"}) {
    ProtectedWorld world;
    world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                         row("A,SWE,SYR,2015," + std::string(hidden) + ",A,C"));
    seen.push_back(world.all(world.member("NOR")));
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[1] == seen[2]);
}

}  // namespace
}  // namespace entente::statistics
