#include "proto/formats/csv_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/formats/marks.h"

namespace entente::statistics {
namespace {

bool is_ascii(std::string_view text) {
  std::uint64_t high = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    high |= word;
  }
  for (; at < text.size(); ++at) high |= static_cast<unsigned char>(text[at]);
  return (high & 0x8080808080808080ULL) == 0;
}

// How many octets both begin with.
std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, a.data() + at, 8);
    std::memcpy(&right, b.data() + at, 8);
    if (left != right) break;
  }
  while (at < size && a[at] == b[at]) ++at;
  return at;
}

}  // namespace

Status CsvReader::fault(std::size_t column, const char* rule) const {
  return Status(Code::InvalidArgument, Reason::ImportRefused, rule)
      .with_violation({.field = "", .rule = rule, .line = line_, .column = column});
}

std::size_t CsvReader::row_bytes(std::string_view text, bool last) {
  while (scanned_ < text.size()) {
    if (in_quotes_) {
      const std::size_t quote = text.find('"', scanned_);
      scanned_ = quote == std::string_view::npos ? text.size() : quote + 1;
      in_quotes_ = quote == std::string_view::npos;
      continue;
    }
    const std::size_t end = text.find('\n', scanned_);
    const std::size_t until = end == std::string_view::npos ? text.size() : end;
    const std::size_t quote = text.substr(0, until).find('"', scanned_);
    if (quote != std::string_view::npos) {
      // A quote opens at the beginning of a cell; elsewhere it is a letter like another, but for
      // the one that a quoted cell doubles.
      const char before = quote == 0 ? separator_ : text[quote - 1];
      in_quotes_ = before == separator_ || before == '"' || before == '\n';
      scanned_ = quote + 1;
      continue;
    }
    scanned_ = until;
    if (end != std::string_view::npos) return end + 1;
  }
  return last ? text.size() : 0;
}

Status CsvReader::take_plain_rows(std::string_view text, std::size_t& taken) {
  std::size_t row = 0;
  std::size_t cell = 0;
  std::string_view before;
  cells_.clear();
  for (std::size_t at = 0; at + marks_bytes <= text.size(); at += marks_bytes) {
    const Marks marks = find_marks(text.data() + at, separator_);
    // Bits below the first octet that is special: all, if there is none.
    std::uint64_t ends = marks.ends & (marks.special - 1) & ~marks.special;
    for (; ends != 0; ends &= ends - 1) {
      const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(ends));
      cells_.push_back(text.substr(cell, end - cell));
      cell = end + 1;
      if (text[end] != '\n') continue;
      const std::string_view whole = text.substr(row, cell - row);
      ENTENTE_TRY_VOID(end_plain_row(whole, before));
      before = whole;
      row = cell;
      taken = cell;
      cells_.clear();
    }
    if (marks.special != 0) break;
  }
  return {};
}

// Rows mostly begin as those before them: as far as both are the same with the separator behind,
// cells are.
std::uint64_t CsvReader::find_repeated(std::string_view row, std::string_view before) const {
  const std::size_t same = common_prefix(row, before);
  // The last is what is left of the line, which may end in several ways.
  const std::size_t count = cells_.size() - (row == before ? 0 : 1);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 64); ++i) {
    const auto end = static_cast<std::size_t>(cells_[i].data() + cells_[i].size() - row.data());
    if (end >= same) break;
    bits |= std::uint64_t{1} << i;
  }
  return bits;
}

// `row`: with its end; its cells are at hand.
Status CsvReader::end_plain_row(std::string_view row, std::string_view before) {
  if (row.size() > limits::upload_line_bytes_max) return fault(0, "the line is too long");
  std::string_view& last = cells_.back();
  if (!last.empty() && last.back() == '\r') last.remove_suffix(1);
  const bool is_empty = cells_.size() == 1 && last.empty();
  repeated_ = find_repeated(row, before);
  if (!is_empty) ENTENTE_TRY_VOID(on_row_(line_, cells_));
  ++line_;
  return {};
}

Status CsvReader::take_rows(std::string_view text, bool last, std::size_t& taken) {
  taken = 0;
  for (;;) {
    if (scanned_ == 0) {
      std::size_t plain = 0;
      ENTENTE_TRY_VOID(take_plain_rows(text.substr(taken), plain));
      taken += plain;
    }
    const std::string_view rest = text.substr(taken);
    const std::size_t size = row_bytes(rest, last);
    if (size == 0 && rest.size() > limits::upload_line_bytes_max) {
      return fault(0, in_quotes_ ? "a quote is opened and not closed" : "the line is too long");
    }
    if (size == 0) return {};
    if (size > limits::upload_line_bytes_max) return fault(0, "the line is too long");
    if (in_quotes_) return fault(0, "a quote is opened and not closed");
    ENTENTE_TRY_VOID(take_row(rest.substr(0, size)));
    taken += size;
    scanned_ = 0;
  }
}

Status CsvReader::feed(std::string_view bytes) {
  if (!begun_) {
    pending_.append(bytes);
    if (pending_.size() < 4) return {};
    begun_ = true;
    const std::string_view start = pending_;
    if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) {
      return fault(0, "the file is in UTF-16; save it as UTF-8");
    }
    if (start.starts_with("PK\x03\x04")) {
      return fault(0, "the file is a workbook or an archive; save it as CSV");
    }
    if (start.starts_with("\xef\xbb\xbf")) pending_.erase(0, 3);
    bytes = {};
  }
  std::size_t taken = 0;
  if (pending_.empty()) {
    ENTENTE_TRY_VOID(take_rows(bytes, false, taken));
    pending_.assign(bytes.substr(taken));
    return {};
  }
  pending_.append(bytes);
  ENTENTE_TRY_VOID(take_rows(pending_, false, taken));
  pending_.erase(0, taken);
  return {};
}

Status CsvReader::finish() {
  if (!begun_ && pending_.starts_with("\xef\xbb\xbf")) pending_.erase(0, 3);
  begun_ = true;
  std::size_t taken = 0;
  return take_rows(std::exchange(pending_, {}), true, taken);
}

Status CsvReader::take_row(std::string_view row) {
  const auto lines = static_cast<std::uint64_t>(std::count(row.begin(), row.end(), '\n'));
  if (!row.empty() && row.back() == '\n') row.remove_suffix(1);
  if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
  cells_.clear();
  repeated_ = 0;
  if (!row.empty()) {
    if (row.find('\0') != std::string_view::npos) return fault(0, "there is a NUL byte");
    if (!is_ascii(row) && !is_utf8(row)) {
      return fault(0, "the text is not UTF-8; save the file as UTF-8");
    }
    if (row.find('"') != std::string_view::npos) {
      ENTENTE_TRY_VOID(split_quoted(row));
    } else {
      for (std::size_t at = 0;;) {
        const std::size_t comma = row.find(separator_, at);
        cells_.push_back(row.substr(at, comma - at));
        if (comma == std::string_view::npos) break;
        at = comma + 1;
      }
    }
    ENTENTE_TRY_VOID(on_row_(line_, cells_));
  }
  line_ += lines;
  return {};
}

Status CsvReader::split_quoted(std::string_view row) {
  unquoted_.clear();
  unquoted_.reserve(static_cast<std::size_t>(std::count(row.begin(), row.end(), separator_)) + 1);
  for (std::size_t at = 0; at <= row.size();) {
    if (at == row.size() || row[at] != '"') {
      const std::size_t comma = std::min(row.find(separator_, at), row.size());
      cells_.push_back(row.substr(at, comma - at));
      at = comma + 1;
      continue;
    }
    std::string& text = unquoted_.emplace_back();
    for (++at;; ++at) {
      const std::size_t quote = row.find('"', at);
      if (quote == std::string_view::npos) {
        return fault(cells_.size() + 1, "a quote is opened and not closed");
      }
      text.append(row.substr(at, quote - at));
      at = quote + 1;
      if (at == row.size() || row[at] != '"') break;
      text.push_back('"');
    }
    if (at < row.size() && row[at] != separator_) {
      return fault(cells_.size() + 1, "there is text behind a closing quote");
    }
    cells_.push_back(text);
    ++at;
  }
  return {};
}

}  // namespace entente::statistics
