// What is signed row by row: one row proves itself, says nothing of the others, and no other row
// passes for it; and the rows' texts are the same of every format.
#include "proto/contract/row_tree.h"

#include <catch2/catch.hpp>

#include "proto/contract/bytes.h"
#include "proto/contract/manifest.h"
#include "proto/formats/row_texts.h"
#include "proto/formats/sdmx_csv_reader.h"
#include "tests/statistics/rows.h"

namespace entente::statistics {
namespace {

const std::string kSeed(row_tree::seed_bytes, 's');
const std::vector<std::string> kTexts = {",A,SWE,AFG,2015,41281,A,F,", ",A,SWE,ERI,2015,7,A,C,",
                                         ",A,SWE,SYR,2015,50909,A,F,"};

row_tree::Rows rows_of(std::size_t count) {
  row_tree::Rows rows;
  for (std::size_t i = 0; i < count; ++i) rows.add(kTexts[i]);
  return rows;
}

// A file of one tree, as far as a row is proven by what is signed.
struct Signed {
  explicit Signed(const std::string& seed, std::size_t count = 3, std::uint64_t number = 0)
      : tree(seed, number, rows_of(count)) {
    // Before it stand trees of which nothing is known here but their roots.
    for (std::uint64_t i = 0; i < number; ++i) roots.push_back(sha256("tree " + std::to_string(i)));
    roots.push_back(tree.root());
    forest.emplace(seed, roots);
  }
  [[nodiscard]] row_tree::Proof prove(std::size_t row) const {
    return forest->lifted(roots.size() - 1, tree.prove(row));
  }
  [[nodiscard]] const Digest& root() const { return forest->root(); }
  row_tree::Tree tree;
  std::vector<Digest> roots;
  std::optional<row_tree::Forest> forest;
};

TEST_CASE("each row is proven by itself, and nothing else by its proof", "[statistics][rows]") {
  const auto number = GENERATE(as<std::uint64_t>{}, 0, 1, 4'095);
  const Signed tree(kSeed, 3, number);
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    row_tree::Proof proof = tree.prove(i);
    CHECK(row_tree::holds(kTexts[i], proof, tree.root()));
    CHECK(proof.path.size() == 28);
    CHECK_FALSE(row_tree::holds(kTexts[(i + 1) % 3], proof, tree.root()));
    CHECK_FALSE(row_tree::holds(kTexts[i] + " ", proof, tree.root()));
    const row_tree::Proof whole = proof;
    proof.salt[0] = static_cast<char>(proof.salt[0] ^ 1);
    CHECK_FALSE(row_tree::holds(kTexts[i], proof, tree.root()));
    proof = whole;
    proof.index ^= 1;
    CHECK_FALSE(row_tree::holds(kTexts[i], proof, tree.root()));
    proof = whole;
    proof.path[3][0] ^= 1;
    CHECK_FALSE(row_tree::holds(kTexts[i], proof, tree.root()));
    proof = whole;
    proof.path[20][0] ^= 1;
    CHECK_FALSE(row_tree::holds(kTexts[i], proof, tree.root()));
    // What holds within its tree only is under no root that was signed.
    CHECK_FALSE(row_tree::holds(kTexts[i], tree.tree.prove(i), tree.tree.root()));
    proof = whole;
    proof.path.pop_back();
    CHECK_FALSE(row_tree::holds(kTexts[i], proof, tree.root()));
    // The salt moved into the row is another row.
    proof = whole;
    const std::string tail = proof.salt.substr(31);
    proof.salt.pop_back();
    CHECK_FALSE(row_tree::holds(tail + kTexts[i], proof, tree.root()));
  }
}

TEST_CASE("neither a root nor a path tells of other rows", "[statistics][rows]") {
  const Signed three(kSeed);
  CHECK(three.root() != Signed(std::string(row_tree::seed_bytes, 't')).root());
  CHECK(three.prove(0).salt != three.prove(1).salt);
  // The same row among three, and among one: paths of one length, places anywhere.
  const Signed one(kSeed, 1);
  CHECK(one.prove(0).path.size() == three.prove(0).path.size());
  CHECK(one.prove(0).salt == three.prove(0).salt);
  CHECK(Signed(kSeed, 0).root() != one.root());
  // Two trees have no salt in common.
  CHECK(Signed(kSeed, 1, 1).prove(0).salt != one.prove(0).salt);
  CHECK(row_tree::file_blind(kSeed) != row_tree::file_blind(std::string(32, 't')));
}

TEST_CASE("both sides cut a file into trees alike", "[statistics][rows]") {
  CHECK_FALSE(row_tree::is_full(0, 0, row_tree::bytes_max + 1));  // a row stands somewhere
  CHECK_FALSE(row_tree::is_full(row_tree::rows_max - 1, 0, 1));
  CHECK(row_tree::is_full(row_tree::rows_max, 0, 1));
  CHECK_FALSE(row_tree::is_full(1, row_tree::bytes_max - 1, 1));
  CHECK(row_tree::is_full(1, row_tree::bytes_max, 1));
}

std::vector<std::string> texts_of(const std::string& file) {
  std::vector<std::string> out;
  RowTexts texts(testing::asylum_shape(), [&](const RowText& row) -> Status {
    row.append_to(out.emplace_back());
    CHECK(out.back().size() == row.bytes);
    return {};
  });
  SdmxCsvReader reader(testing::asylum_shape(), texts);
  REQUIRE(reader.feed(file).ok());
  REQUIRE(reader.finish().ok());
  return out;
}

TEST_CASE("a row's text is its cells in the structure's order, codes without labels",
          "[statistics][rows]") {
  CHECK(columns_of(testing::asylum_shape()) ==
        "ACTION,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE");
  const std::string file =
      "DATAFLOW,CITIZEN: Citizenship,FREQ,REF_AREA,NOTE: Note,TIME_PERIOD,OBS_VALUE,OTHER\n"
      "IGC:ASYLUM(1.0),AFG: Afghanistan,A,SWE,\"so: a \"\"b\"\", c\",2015,1,x\n";
  const auto texts = texts_of(file);
  REQUIRE(texts.size() == 1);
  CHECK(texts[0] == ",A,SWE,AFG,2015,1,,,\"so: a \"\"b\"\", c\"");
  CHECK(cells_of(texts[0])->back() == "so: a \"b\", c");
  CHECK_FALSE(cells_of("a,\"b"));
  CHECK_FALSE(cells_of(""));
}

TEST_CASE("a quote that keeps a text from being run is no part of it, and is none elsewhere",
          "[statistics][rows]") {
  const std::string file =
      "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,NOTE: Note,CONF_STATUS\n"
      "IGC:ASYLUM(1.0),A,SWE,AFG,2015,1,'-x,'-x,C\n"
      "IGC:ASYLUM(1.0),A,SWE,AFG,2016,2,,\"''=1\"\n"
      "IGC:ASYLUM(1.0),A,SWE,AFG,2017,3,,'x,C\n"
      "IGC:ASYLUM(1.0),A,SWE,AFG\n";
  const auto texts = texts_of(file);
  REQUIRE(texts.size() == 4);
  CHECK(texts[0] == ",A,SWE,AFG,2015,1,'-x,C,-x");
  CHECK(texts[1] == ",A,SWE,AFG,2016,2,,,'=1");
  CHECK(texts[2] == ",A,SWE,AFG,2017,3,,C,'x");
}

TEST_CASE("a manifest of rows is read as it was written, and nothing else is",
          "[statistics][rows]") {
  const std::string digest(32, 'x');
  const std::string text = rows_manifest({.dataflow = "dataflows/IGC.ASYLUM",
                                          .action = "REPLACE",
                                          .columns = "ACTION,FREQ",
                                          .root = digest,
                                          .file_hash = std::string(32, 'y')});
  const auto words = parse_rows_manifest(text);
  REQUIRE(words);
  CHECK(words->dataflow == "dataflows/IGC.ASYLUM");
  CHECK(words->columns == "ACTION,FREQ");
  CHECK(words->root == digest);
  for (const std::string& other :
       {text + "\n", text.substr(1), text.substr(0, text.size() - 1), std::string(),
        "entente-upload/1\n" + text.substr(17), text.substr(0, text.size() - 3) + "\n"}) {
    CHECK_FALSE(parse_rows_manifest(other));
  }
}

}  // namespace
}  // namespace entente::statistics
