// A refused file with what is wrong beside each row: to hand on, and never to run.
#include "client/lib/annotate.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace entente::client {
namespace {

// A file that is gone with the test.
class File {
 public:
  explicit File(const std::string& content)
      : path_(std::filesystem::temp_directory_path() /
              ("entente-annotate-" + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~File() { std::filesystem::remove(path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

v1::UploadReport report() {
  v1::UploadReport report;
  const auto add = [&](std::uint64_t line, const std::string& text) {
    v1::Problem* one = report.add_problems();
    one->set_line(line);
    one->set_column(2);
    one->set_kind(v1::Problem::UNKNOWN_CODE);
    one->set_value("=1");
    one->set_text(text);
  };
  add(2, "line 2: `=1` is no item");
  add(4, "line 4: first");
  add(4, "line 4: second, \"quoted\"");
  report.set_problems_more(5);
  v1::ProblemCount* count = report.add_problem_counts();
  count->set_kind(v1::Problem::UNKNOWN_CODE);
  count->set_count(8);
  return report;
}

TEST_CASE("a table comes back row by row with what is wrong beside each", "[client][annotate]") {
  const File file(
      "\xef\xbb\xbf"
      "A,B\r\n=1,\"two\nlines\"\r\n-5,@sum\r\nlast\r\n");
  std::ostringstream out;
  REQUIRE(annotate_table(file.path(), {}, report(), out).ok());
  CHECK(out.str() ==
        "\xef\xbb\xbf"
        "A,B,WHAT_IS_WRONG\r\n"
        "\"'=1\",\"two\nlines\",line 2: `=1` is no item\r\n"
        "-5,\"'@sum\",\"line 4: first; line 4: second, \"\"quoted\"\"\"\r\n"
        "last,,\r\n"
        ",,\"5 more are not listed; in all 8 x UNKNOWN_CODE\"\r\n");
}

TEST_CASE("other separators and encodings come back in UTF-8", "[client][annotate]") {
  const File file("A;B\n\xe9;+x\n");
  std::ostringstream out;
  REQUIRE(annotate_table(file.path(), {.separator = ';', .encoding = "iso-8859-1"},
                         v1::UploadReport(), out)
              .ok());
  CHECK(out.str() ==
        "\xef\xbb\xbf"
        "A;B;WHAT_IS_WRONG\r\n\xc3\xa9;\"'+x\";\r\n");
}

TEST_CASE("a message's faults come as a table, each with its line", "[client][annotate]") {
  const File file("<a>\n<b c=\"=1\"/>\n\n=x</a>");
  std::ostringstream out;
  REQUIRE(annotate_message(file.path(), report(), out).ok());
  CHECK(out.str().find("2,2,,\"'=1\",,line 2: `=1` is no item,\"<b c=\"\"=1\"\"/>\"\r\n") !=
        std::string::npos);
  CHECK(out.str().find(",\"'=x</a>\"\r\n") != std::string::npos);
}

TEST_CASE("a figure is no formula, and a file that is not there is said so", "[client][annotate]") {
  CHECK(safe_cell("-1,5", ';') == "\"-1,5\"");
  CHECK(safe_cell("-1+cmd", ',') == "\"'-1+cmd\"");
  CHECK(safe_cell("=HYPERLINK(1)", ',') == "\"'=HYPERLINK(1)\"");
  CHECK(safe_cell("-", ',') == "\"'-\"");
  std::ostringstream out;
  CHECK(annotate_table("/nowhere/at/all", {}, report(), out).code() == Code::InvalidArgument);
}

}  // namespace
}  // namespace entente::client
