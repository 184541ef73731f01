// Who supplied a figure: of files of any length, of figures that were corrected or taken back, and
// what is kept for it.
#include "server/statistics/evidence.h"

#include <random>

#include "proto/contract/digest.h"
#include "proto/contract/manifest.h"
#include "proto/contract/row_tree.h"
#include "proto/formats/row_texts.h"
#include "proto/formats/sdmx_csv_reader.h"
#include "server/statistics/cell_column.h"
#include "server/statistics/compression.h"
#include "server/statistics/row_columns.h"
#include "server/statistics/series/part.h"
#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

const std::string kSeed(row_tree::seed_bytes, 's');

struct EvidenceWorld : ComparisonWorld {
  EvidenceService evidence{
      {.store = *store, .service = service, .uploads = uploads, .ledger = *ledger}};

  Shape shape() const {
    return shape_of(*structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM"));
  }
  // The roots of a file's trees, as the client finds them.
  std::vector<std::string> roots(const std::string& file) const {
    std::vector<std::string> out;
    row_tree::Rows rows;
    const auto close = [&] {
      out.emplace_back(as_view(row_tree::Tree(kSeed, out.size(), rows).root()));
      rows.clear();
    };
    RowTexts texts(shape(), [&](const RowText& row) -> Status {
      if (row_tree::is_full(rows.size(), rows.bytes(), row.bytes)) close();
      std::string text;
      row.append_to(text);
      rows.add(text);
      return {};
    });
    SdmxCsvReader reader(shape(), texts);
    REQUIRE(reader.feed(file).ok());
    REQUIRE(reader.finish().ok());
    close();
    return out;
  }
  Result<v1::CommittedRows> commit(const policy::Subject& subject, const std::string& id,
                                   const std::vector<std::string>& roots) {
    v1::CommitRowsRequest request;
    request.set_upload_id(id);
    request.set_seed(kSeed);
    *request.mutable_roots() = {roots.begin(), roots.end()};
    return uploads.commit_rows(subject.account, request);
  }
  // Brings rows as the client library does; the upload's name.
  std::string bring_signed(const policy::Subject& subject, const std::string& id,
                           const std::string& rows, v1::UploadAction action = v1::REPLACE,
                           std::int64_t embargo_until = 0) {
    const std::string file = kHeading + rows;
    v1::BeginUploadRequest begin = begin_request(id, action);
    if (embargo_until != 0) begin.mutable_embargo_until()->set_seconds(embargo_until);
    const auto weighed = send(subject, begin, file);
    REQUIRE(weighed.ok());
    REQUIRE(weighed->accepted());
    const auto committed = commit(subject, id, roots(file));
    REQUIRE(committed.ok());
    REQUIRE_FALSE(committed->too_many());
    const auto report = finish(subject, id, weighed->sha256());
    REQUIRE(report.ok());
    clock.pass(std::chrono::seconds(10));
    return report->name();
  }
  Result<v1::FigureEvidence> figure(const policy::Subject& subject, const std::string& frequency,
                                    const std::string& citizen, const std::string& period,
                                    std::optional<std::int64_t> as_of = {}) {
    v1::GetFigureRequest request;
    request.set_dataflow("dataflows/IGC.ASYLUM");
    for (const std::string& code : {frequency, std::string("SWE"), citizen}) request.add_key(code);
    request.set_period(period);
    if (as_of) request.mutable_as_of()->set_seconds(*as_of);
    return evidence.get_figure(subject, request, *store->snapshot());
  }
  // The row of a figure, if what it came with proves it; its upload.
  std::pair<std::string, std::string> proven(const Result<v1::FigureEvidence>& shown) const {
    REQUIRE(shown.ok());
    const auto words = parse_rows_manifest(shown->evidence().manifest());
    REQUIRE(words);
    row_tree::Proof proof{.salt = shown->salt(), .index = shown->index(), .path = {}};
    for (const std::string& one : shown->path()) proof.path.push_back(digest_from(one));
    REQUIRE(row_tree::holds(shown->row(), proof, digest_from(words->root)));
    return {shown->row(), shown->evidence().upload().name()};
  }
  // Some time after what came last, and before what comes next.
  std::int64_t seconds() const {
    return std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count() - 1;
  }
  // How many rows of the store parts and rows of files take.
  std::size_t kept() const {
    const auto snapshot = store->snapshot();
    const auto cursor = snapshot->scan(store::Key(blocks_table));
    std::size_t count = 0;
    for (; cursor->valid(); cursor->next()) ++count;
    return count;
  }
};

// Monthly figures of three citizenships, some months more than one tree has leaves.
std::string many_rows() {
  constexpr std::size_t months = row_tree::rows_max / 3 + 500;
  std::string out;
  for (const char* citizen : {"AFG", "ERI", "SYR"}) {
    for (std::size_t m = 0; m < months; ++m) {
      const std::string month = std::to_string(m % 12 + 1);
      out += row("M,SWE," + std::string(citizen) + "," + std::to_string(1000 + m / 12) +
                 (month.size() == 1 ? "-0" : "-") + month + "," + std::to_string(m) + ",A,F");
    }
  }
  return out;
}

TEST_CASE("a figure of a file of several trees is proven by its row as any other",
          "[statistics][evidence]") {
  EvidenceWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  const std::string rows = many_rows();
  REQUIRE(world.roots(kHeading + rows).size() == 2);
  const std::string large = world.bring_signed(swe, "large", rows);
  const std::string small = world.bring_signed(swe, "small", row("A,SWE,AFG,2015,7,A,F"));
  // Of the first tree and of the second; by paths of the same length as of a file of one row.
  const auto first = world.figure(che, "M", "AFG", "1000-01");
  const auto last = world.figure(che, "M", "SYR", "2800-12");
  const auto only = world.figure(che, "A", "AFG", "2015");
  CHECK(world.proven(first) ==
        std::pair<std::string, std::string>(",M,SWE,AFG,1000-01,0,A,F,", large));
  CHECK(world.proven(last) ==
        std::pair<std::string, std::string>(",M,SWE,SYR,2800-12,21611,A,F,", large));
  CHECK(world.proven(only).second == small);
  CHECK(first->path_size() == 28);
  CHECK(last->path_size() == first->path_size());
  CHECK(only->path_size() == first->path_size());
  // They are there when the daemon comes again, and nobody takes them for what a crash left.
  const std::size_t before = world.kept();
  Shelf again(*world.store);
  REQUIRE(again.load().ok());
  CHECK(world.kept() == before);
  CHECK(world.proven(world.figure(che, "M", "SYR", "2800-12")).second == large);
}

TEST_CASE("roots that are not of the file's trees are refused; what came to nothing goes",
          "[statistics][evidence]") {
  EvidenceWorld world;
  const auto swe = world.member("SWE");
  world.bring_signed(swe, "u1", row("A,SWE,AFG,2015,7,A,F"));
  const std::size_t before = world.kept();
  const std::string file = kHeading + many_rows();
  REQUIRE(world.send(swe, world.begin_request("u2"), file)->accepted());
  CHECK(world.kept() > before);
  std::vector<std::string> roots = world.roots(file);
  roots.pop_back();
  CHECK(world.commit(swe, "u2", roots).status().code() == Code::InvalidArgument);
  CHECK(world.commit(swe, "u2", {}).status().code() == Code::InvalidArgument);
  CHECK(world.commit(swe, "u2", {"short", "short"}).status().code() == Code::InvalidArgument);
  world.clock.pass(std::chrono::minutes(11));
  world.uploads.sweep();
  CHECK(world.kept() == before);
}

TEST_CASE("a figure that was corrected or taken back is proven as it was known then",
          "[statistics][evidence]") {
  EvidenceWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  const auto row_of = [&](std::optional<std::int64_t> as_of) {
    return world.proven(world.figure(che, "A", "AFG", "2015", as_of));
  };
  const std::string first = world.bring_signed(swe, "u1", row("A,SWE,AFG,2015,10,A,F"));
  const std::int64_t then = world.seconds();
  const std::string second = world.bring_signed(swe, "u2", row("A,SWE,AFG,2015,12,A,F"));
  const std::int64_t later = world.seconds();
  CHECK(row_of({}).second == second);
  CHECK(row_of(then).second == first);
  // The second is taken back: what stands is what the first gave, and the first's is the proof.
  v1::WithdrawUploadRequest withdraw;
  withdraw.set_name(second);
  const auto transaction = world.store->begin();
  REQUIRE(world.history.withdraw_upload(swe, withdraw, *transaction).ok());
  REQUIRE(transaction->commit().ok());
  world.clock.pass(std::chrono::seconds(10));
  CHECK(row_of({}) == std::pair<std::string, std::string>(",A,SWE,AFG,2015,10,A,F,", first));
  CHECK(row_of(later) == std::pair<std::string, std::string>(",A,SWE,AFG,2015,12,A,F,", second));
  // Withdrawn altogether: there is no such figure, and there was one.
  const std::int64_t last = world.seconds();
  world.bring_signed(swe, "u3", row("A,SWE,AFG,2015,,,"), v1::DELETE);
  CHECK(world.figure(che, "A", "AFG", "2015").status().code() == Code::NotFound);
  CHECK(row_of(last).second == first);
  // Before anything came there is none, as for one that is hidden.
  CHECK(world.figure(che, "A", "AFG", "2015", then - 1'000).status().code() == Code::NotFound);
}

TEST_CASE("what was given under an embargo is proven though a correction of it came and went",
          "[statistics][evidence]") {
  EvidenceWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  const std::int64_t hour = world.seconds() + 100;
  const std::string rows = row("A,SWE,AFG,2015,10,A,F");
  const std::string first = world.bring_signed(swe, "u1", rows, v1::REPLACE, hour);
  v1::WithdrawUploadRequest withdraw;
  withdraw.set_name(world.bring_signed(swe, "u2", row("A,SWE,AFG,2015,12,A,F"), v1::REPLACE, hour));
  const auto transaction = world.store->begin();
  REQUIRE(world.history.withdraw_upload(swe, withdraw, *transaction).ok());
  REQUIRE(transaction->commit().ok());
  CHECK(world.figure(che, "A", "AFG", "2015").status().code() == Code::NotFound);
  world.clock.pass(std::chrono::seconds(200));
  CHECK(world.proven(world.figure(che, "A", "AFG", "2015")) ==
        std::pair<std::string, std::string>(",A,SWE,AFG,2015,10,A,F,", first));
  // Of what was corrected and taken back no word.
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  const auto uploads = world.ask(che, &Service::list_uploads, list);
  REQUIRE(uploads.ok());
  for (const v1::Upload& one : uploads->uploads()) {
    CHECK(one.ShortDebugString().find(withdraw.name().substr(withdraw.name().size() - 32)) ==
          std::string::npos);
  }
}

TEST_CASE("rows come back from their columns as they were, and no other bytes are read",
          "[statistics][evidence]") {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same rows each time.
  const std::vector<std::string> some = {"", "A", "SWE", "2015-01", "\"a, \"\"b\"\"\n\"", "1"};
  for (std::size_t cells = 1; cells < 20; ++cells) {
    std::vector<std::string> texts;
    ColumnWriter writer;
    std::vector<std::string> row(cells);
    std::vector<RowText::Cell> told(cells);
    for (int i = 0; i < 50; ++i) {
      for (std::size_t c = 0; c < cells; ++c) {
        const std::string before = row[c];
        if (random() % 3 == 0) row[c] = some[random() % some.size()];
        told[c] = {.text = row[c], .differs = row[c] != before};
      }
      const RowText text{.cells = told, .bytes = 0};
      writer.add(text);
      text.append_to(texts.emplace_back());
    }
    std::string bytes;
    for (const std::string& part : writer.finish()) bytes += part;
    std::vector<std::string> back;
    CHECK(read_columns(bytes, [&](std::string_view text) {
      back.emplace_back(text);
      return true;
    }));
    CHECK(back == texts);
    for (const std::size_t size : {bytes.size() / 2, bytes.size() - 1, std::size_t{1}}) {
      const auto nobody = [](std::string_view) { return true; };
      CHECK_FALSE(read_columns(std::string_view(bytes).substr(0, size), nobody));
    }
  }
}

TEST_CASE("a column comes back, however many cells differ and however long they are",
          "[statistics][evidence]") {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): the same cells each time.
  const auto some = [&random](std::size_t most) { return random() % most; };
  // How many differ: told by one byte, by two, and too many. How long: words of eight bytes, more.
  const auto differ = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{256}, std::size_t{257},
                               std::size_t{4'096}, std::size_t{4'097});
  const auto long_one = GENERATE(false, true);
  std::vector<std::string> cells;
  std::string column;
  for (std::size_t i = 0; i < 3 * differ; ++i) {
    cells.push_back(std::to_string(i < differ ? i : some(differ)));
  }
  cells.insert(cells.end(),
               {"", "12345678", std::string("\0a", 2), "\xff\xff\xff\xff\xff\xff\xff\xff"});
  if (long_one)
    cells.insert(cells.end(), {"123456789", std::string("a\0", 2), std::string(300, 'x')});
  for (const std::string& cell : cells) {
    append_varint(column, cell.size());
    column += cell;
  }
  std::vector<std::string> parts;
  append_cells(column, parts);
  std::string bytes;
  for (const std::string& part : parts) bytes += part;
  const std::size_t whole = bytes.size();
  bytes += "next";
  std::string_view rest = bytes;
  auto reader = CellReader::take(rest);
  REQUIRE(reader);
  CHECK(rest == "next");
  for (const std::string& cell : cells) CHECK(reader->next() == cell);
  CHECK_FALSE(reader->next());
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, whole / 2, whole - 1}) {
    std::string_view cut = std::string_view(bytes).substr(0, size);
    CHECK_FALSE(CellReader::take(cut));
  }
}

TEST_CASE("the rows of a cube are kept in a byte and a quarter each", "[statistics][evidence]") {
  // As a ministry's file has them: series by series, months with gaps, small figures, a mark now
  // and then. What must be told of a row is some ten bits: which month, which figure, which marks.
  std::mt19937 random(3);  // NOLINT(cert-msc51-cpp): the same rows each time.
  const auto one_in = [&random](std::size_t n) { return random() % n == 0; };
  ColumnWriter writer;
  std::size_t bytes = 0;
  std::vector<std::string> row(7);
  std::vector<RowText::Cell> told(row.size());
  std::size_t month = 400;
  for (std::size_t i = 0; i < row_tree::rows_max; ++i) {
    const std::vector<std::string> before = row;
    month += 1 + (one_in(2) ? random() % 8 : 0);
    if (month >= 300) {
      month = random() % 12;
      row[0] = "SWE";
      row[1] = "C" + std::to_string(random() % 200);
      row[2] = one_in(2) ? "F" : "M";
    }
    row[3] = std::to_string(2000 + month / 12) + (month % 12 < 9 ? "-0" : "-") +
             std::to_string(month % 12 + 1);
    row[4] = std::to_string(one_in(2) ? 1 : random() % 30);
    row[5] = one_in(40) ? "E" : "A";
    row[6] = one_in(20) ? "C" : "F";
    for (std::size_t c = 0; c < row.size(); ++c) {
      told[c] = {.text = row[c], .differs = i == 0 || row[c] != before[c]};
      bytes += row[c].size() + 1;
    }
    writer.add({.cells = told, .bytes = 0});
  }
  const std::string kept = packed(writer.finish());
  INFO(kept.size() << " of " << bytes);
  CHECK(kept.size() < row_tree::rows_max * 5 / 4);
  CHECK(unpacked(kept));
}

TEST_CASE("a row is told with which of its cells differ from the row before",
          "[statistics][evidence]") {
  EvidenceWorld world;
  Lines told;
  RowTexts texts(world.shape(), [&](const RowText& row) -> Status {
    std::string line;
    for (const RowText::Cell& cell : row.cells) {
      if (cell.differs) line += std::string(cell.text) + ";";
    }
    told.push_back(line);
    return {};
  });
  SdmxCsvReader reader(world.shape(), texts);
  REQUIRE(reader
              .feed(kHeading + row("A,SWE,AFG,2015,1,A,F") + row("A,SWE,AFG,2015,1,A,F") +
                    row("A,SWE,AFG,2016,\"1,5\",A,F") + row("A,SWE,ERI,2016,,,") +
                    row("M,SWE,ERI,2016,,,"))
              .ok());
  REQUIRE(reader.finish().ok());
  CHECK(told == Lines{";A;SWE;AFG;2015;1;A;F;;", "", "2016;\"1,5\";", "ERI;;;;", "M;"});
}

}  // namespace
}  // namespace entente::statistics
