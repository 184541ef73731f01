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
const std::vector<std::string> kRows = {",A,SWE,AFG,2015,41281,A,F,", ",A,SWE,ERI,2015,7,A,C,",
                                        ",A,SWE,SYR,2015,50909,A,F,"};

TEST_CASE("each row is proven by itself, and nothing else by its proof", "[statistics][rows]") {
  const row_tree::Tree tree(kSeed, kRows);
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    row_tree::Proof proof = tree.prove(i);
    CHECK(row_tree::holds(kRows[i], proof, tree.root()));
    CHECK(proof.path.size() == 16);
    CHECK_FALSE(row_tree::holds(kRows[(i + 1) % 3], proof, tree.root()));
    CHECK_FALSE(row_tree::holds(kRows[i] + " ", proof, tree.root()));
    const row_tree::Proof whole = proof;
    proof.salt[0] = static_cast<char>(proof.salt[0] ^ 1);
    CHECK_FALSE(row_tree::holds(kRows[i], proof, tree.root()));
    proof = whole;
    proof.index ^= 1;
    CHECK_FALSE(row_tree::holds(kRows[i], proof, tree.root()));
    proof = whole;
    proof.path[3][0] ^= 1;
    CHECK_FALSE(row_tree::holds(kRows[i], proof, tree.root()));
    proof = whole;
    proof.path.pop_back();
    CHECK_FALSE(row_tree::holds(kRows[i], proof, tree.root()));
    // The salt moved into the row is another row.
    proof = whole;
    const std::string tail = proof.salt.substr(31);
    proof.salt.pop_back();
    CHECK_FALSE(row_tree::holds(tail + kRows[i], proof, tree.root()));
  }
}

TEST_CASE("neither a root nor a path tells of other rows", "[statistics][rows]") {
  const row_tree::Tree three(kSeed, kRows);
  const row_tree::Tree again(std::string(row_tree::seed_bytes, 't'), kRows);
  CHECK(three.root() != again.root());
  CHECK(three.prove(0).salt != three.prove(1).salt);
  // The same row among three, and among one: paths of one length, places anywhere.
  const row_tree::Tree one(kSeed, std::span(kRows).first(1));
  CHECK(one.prove(0).path.size() == three.prove(0).path.size());
  CHECK(one.prove(0).salt == three.prove(0).salt);
  const std::vector<std::string> none;
  CHECK(row_tree::Tree(kSeed, none).root() != one.root());
  CHECK(row_tree::file_blind(kSeed) != row_tree::file_blind(std::string(32, 't')));
}

std::vector<std::string> texts_of(const std::string& file) {
  RowTexts texts(testing::asylum_shape());
  SdmxCsvReader reader(texts);
  REQUIRE(reader.feed(file).ok());
  REQUIRE(reader.finish().ok());
  return texts.rows() == nullptr ? std::vector<std::string>() : *texts.rows();
}

TEST_CASE("a row's text is its cells in the structure's order, without labels",
          "[statistics][rows]") {
  CHECK(columns_of(testing::asylum_shape()) ==
        "ACTION,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE");
  const std::string file =
      "DATAFLOW,CITIZEN: Citizenship,FREQ,REF_AREA,NOTE,TIME_PERIOD,OBS_VALUE,OTHER\n"
      "IGC:ASYLUM(1.0),AFG: Afghanistan,A,SWE,\"a \"\"b\"\", c\",2015,1,x\n";
  const auto texts = texts_of(file);
  REQUIRE(texts.size() == 1);
  CHECK(texts[0] == ",A,SWE,AFG,2015,1,,,\"a \"\"b\"\", c\"");
  CHECK(cells_of(texts[0])->back() == "a \"b\", c");
  CHECK_FALSE(cells_of("a,\"b"));
  CHECK_FALSE(cells_of(""));
  // Of a file of more rows than are signed one by one nothing is held.
  std::string many = "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE\n";
  for (std::size_t i = 0; i <= row_tree::rows_max; ++i) many += "d,A,SWE,AFG,2015,1\n";
  CHECK(texts_of(many).empty());
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
