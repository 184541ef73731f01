#include "client/lib/annotate.h"

#include <fstream>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/text_decoder.h"

namespace entente::client {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kRowBytesMax = 256 * 1024;  // a quote never closed ends here
constexpr std::string_view kHeading = "WHAT_IS_WRONG";

using Cells = std::vector<std::string>;
using ByLine = std::map<std::uint64_t, std::string>;

// Splits text into rows, whatever is wrong with it.
class Rows {
 public:
  using Visit = std::function<void(std::uint64_t line, const Cells& cells)>;
  Rows(char separator, Visit visit) : separator_(separator), visit_(std::move(visit)) {}

  void add(std::string_view text) {
    for (const char c : text) take(c);
  }
  void finish() {
    if (bytes_ != 0) end();
  }

 private:
  void take(char c) {
    if (bytes_ == 0) {
      begun_ = line_;
      cells_.assign(1, {});
    }
    ++bytes_;
    if (c == '\n') ++line_;
    if (c == '\n' && (!in_quotes_ || bytes_ > kRowBytesMax)) return end();
    if (bytes_ > kRowBytesMax) return;
    if (c == '"') {
      // Within quotes a second one stands for itself.
      if (!in_quotes_ && was_quote_) cells_.back() += '"';
      was_quote_ = in_quotes_;
      in_quotes_ = !in_quotes_;
      return;
    }
    was_quote_ = false;
    if (c == separator_ && !in_quotes_) {
      cells_.emplace_back();
    } else {
      cells_.back() += c;
    }
  }

  void end() {
    if (!cells_.back().empty() && cells_.back().back() == '\r') cells_.back().pop_back();
    visit_(begun_, cells_);
    bytes_ = 0;
    in_quotes_ = false;
    was_quote_ = false;
  }

  const char separator_;
  Visit visit_;
  Cells cells_;
  std::uint64_t line_ = 1;
  std::uint64_t begun_ = 1;
  std::size_t bytes_ = 0;  // of the row so far
  bool in_quotes_ = false;
  bool was_quote_ = false;
};

// A signed figure and nothing else: `-1+2` is a formula.
bool is_figure(std::string_view text) {
  return text.size() > 1 && (text[0] == '-' || text[0] == '+') &&
         text.find_first_not_of("0123456789.,", 1) == std::string_view::npos;
}

// What is wrong by line; 0: with the whole file.
ByLine by_line(const v1::UploadReport& report) {
  ByLine all;
  for (const v1::Problem& problem : report.problems()) {
    std::string& text = all[problem.line()];
    text += (text.empty() ? "" : "; ") + problem.text();
  }
  if (report.problems_more() != 0) {
    std::string& text = all[0];
    text += (text.empty() ? "" : "; ") + std::to_string(report.problems_more()) +
            " more are not listed; in all " + counts_text(report);
  }
  return all;
}

void write_row(std::ostream& out, const Cells& cells, char separator) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) out << separator;
    out << safe_cell(cells[i], separator);
  }
  out << "\r\n";
}

Status written(std::ostream& out) {
  return out.flush() ? Status() : invalid_argument("annotate", "the file cannot be written");
}

Result<std::ifstream> opened(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid_argument("file", "`" + path + "` cannot be read");
  return in;
}

}  // namespace

std::string counts_text(const v1::UploadReport& report) {
  std::string text;
  for (const auto& one : report.problem_counts()) {
    text += (text.empty() ? "" : ", ") + std::to_string(one.count()) + " x " +
            v1::Problem::Kind_Name(one.kind());
  }
  return text;
}

std::string safe_cell(std::string_view text, char separator) {
  const bool runs = !text.empty() &&
                    std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos &&
                    !is_figure(text);
  std::string cell = runs ? "'" + std::string(text) : std::string(text);
  if (!runs && cell.find_first_of("\"\r\n\t;,") == std::string::npos &&
      cell.find(separator) == std::string::npos) {
    return cell;
  }
  for (std::size_t at = 0; (at = cell.find('"', at)) != std::string::npos; at += 2) {
    cell.insert(at, 1, '"');
  }
  return "\"" + cell + "\"";
}

Status annotate_table(const std::string& path, const TableForm& form,
                      const v1::UploadReport& report, std::ostream& out) {
  ENTENTE_TRY(std::ifstream in, opened(path));
  ByLine wrong = by_line(report);
  const std::string whole = std::exchange(wrong[0], {});
  out << "\xef\xbb\xbf";
  bool heading = true;
  std::size_t width = 0;
  Rows rows(form.separator, [&](std::uint64_t line, const Cells& cells) {
    Cells more = cells;
    if (cells.size() == 1 && cells[0].empty()) more.clear();
    const auto found = wrong.find(line);
    std::string said = found == wrong.end() ? std::string() : found->second;
    if (heading) {
      width = cells.size();
      more.push_back(said.empty() ? std::string(kHeading) : std::string(kHeading) + ": " + said);
    } else {
      if (more.size() < width) more.resize(width);
      more.push_back(std::move(said));
    }
    heading = false;
    write_row(out, more, form.separator);
  });
  TextDecoder decoder(encoding_of(form.encoding).value_or(Encoding::Unsaid));
  std::string buffer(kReadBytes, '\0');
  std::string text;
  bool first = true;
  Status status;
  while (status.ok() && (in.read(buffer.data(), kReadBytes) || in.gcount() > 0)) {
    text.clear();
    status = decoder.decode(
        std::string_view(buffer).substr(0, static_cast<std::size_t>(in.gcount())), text);
    std::string_view some = text;
    if (std::exchange(first, false) && some.starts_with("\xef\xbb\xbf")) some.remove_prefix(3);
    rows.add(some);
  }
  rows.finish();
  // Where it cannot be read on, the report says so.
  if (!whole.empty()) {
    Cells last(width);
    last.push_back(whole);
    write_row(out, last, form.separator);
  }
  return written(out);
}

Status annotate_message(const std::string& path, const v1::UploadReport& report,
                        std::ostream& out) {
  constexpr std::size_t kShown = 500;
  ENTENTE_TRY(std::ifstream in, opened(path));
  std::map<std::uint64_t, std::string> lines;
  const auto note = [&](std::uint64_t number, std::string text) {
    for (int cut = 0; cut < 3 && !text.empty() && !is_utf8(text); ++cut) text.pop_back();
    const bool fit = is_utf8(text) && text.find('\0') == std::string::npos;
    if (const auto found = lines.find(number); fit && found != lines.end()) found->second = text;
  };
  for (const v1::Problem& problem : report.problems()) lines[problem.line()];
  std::uint64_t line = 1;
  std::string shown;
  for (char c; in.get(c);) {
    if (c != '\n') {
      if (shown.size() < kShown && c != '\r') shown += c;
      continue;
    }
    note(line, shown);
    shown.clear();
    ++line;
  }
  note(line, shown);
  out << "\xef\xbb\xbf";
  write_row(out, {"LINE", "COLUMN", "NAME", "VALUE", "NEAREST", std::string(kHeading), "TEXT"},
            ',');
  for (const v1::Problem& problem : report.problems()) {
    write_row(
        out,
        {std::to_string(problem.line()), std::to_string(problem.column()), problem.column_name(),
         problem.value(), problem.nearest(), problem.text(), lines[problem.line()]},
        ',');
  }
  if (report.problems_more() != 0) {
    write_row(out,
              {"", "", "", "", "",
               std::to_string(report.problems_more()) + " more are not listed; in all " +
                   counts_text(report),
               ""},
              ',');
  }
  return written(out);
}

}  // namespace entente::client
