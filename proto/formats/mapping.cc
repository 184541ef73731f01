#include "proto/formats/mapping.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "proto/contract/text_decoder.h"
#include "proto/contract/upload_limits.h"

namespace entente::statistics {
namespace {

// Blanks of every kind that programs put between thousands: plain, no-break, thin, narrow.
constexpr std::array<std::string_view, 5> kBlanks = {" ", "\t", "\xc2\xa0", "\xe2\x80\x89",
                                                     "\xe2\x80\xaf"};
constexpr std::array<std::string_view, 2> kApostrophes = {"'", "\xe2\x80\x99"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How many bytes of `text` are one separator of thousands; 0: it does not begin with one.
std::size_t thousands_at(std::string_view separator, std::string_view text) {
  if (separator == " ") {
    for (const std::string_view blank : kBlanks) {
      if (text.starts_with(blank)) return blank.size();
    }
    return 0;
  }
  if (separator == "'") {
    for (const std::string_view one : kApostrophes) {
      if (text.starts_with(one)) return one.size();
    }
    return 0;
  }
  return !separator.empty() && text.starts_with(separator) ? separator.size() : 0;
}

int* part_of(PeriodParts& parts, char letter) {
  switch (letter) {
    case 'Y':
      return &parts.year;
    case 'S':
      return &parts.half;
    case 'Q':
      return &parts.quarter;
    case 'M':
      return &parts.month;
    case 'W':
      return &parts.week;
    case 'D':
      return &parts.day;
    default:
      return nullptr;
  }
}

class Check {
 public:
  Check(const v1::Mapping& mapping, const Shape& shape) : mapping_(mapping), shape_(shape) {
    components_.insert(shape.dimensions.begin(), shape.dimensions.end());
    components_.insert(shape.attributes.begin(), shape.attributes.end());
    components_.insert(shape.time);
  }

  Status run() {
    form();
    std::map<std::string, std::string> supplied;  // component -> by what
    if (mapping_.columns_size() == 0) fault("columns", "are none");
    if (static_cast<std::size_t>(mapping_.columns_size()) > limits::mapping_columns_max) {
      fault("columns", "are more than " + std::to_string(limits::mapping_columns_max));
      return std::move(*this).status();
    }
    std::set<std::string> headings;
    std::size_t values = 0;
    for (int i = 0; i < mapping_.columns_size(); ++i) {
      const auto& column = mapping_.columns(i);
      const std::string at = "columns[" + std::to_string(i) + "]";
      values += static_cast<std::size_t>(column.values_size() + column.skip_size());
      if (!headings.insert(std::string(trimmed(column.heading()))).second) {
        fault(at + ".heading", "occurs twice");
      }
      this->column(at, column, supplied);
    }
    if (values > limits::mapping_values_max) {
      fault("columns", "translate more than " + std::to_string(limits::mapping_values_max));
    }
    for (const std::string& name : fixed_.value_or(std::set<std::string>())) {
      if (!supplied.emplace(name, "fixed").second)
        fault("columns", "`" + name + "` is there twice");
    }
    fixed("constants", mapping_.constants(), supplied);
    return std::move(*this).status();
  }

 private:
  void fault(const std::string& field, std::string rule) {
    if (faults_.size() >= 100) return;
    faults_.push_back(
        {.field = "mapping." + field, .rule = std::move(rule), .line = 0, .column = 0});
  }

  void form() {
    if (!encoding_of(mapping_.encoding())) {
      fault("encoding", "must be `utf-8`, `iso-8859-1`, `windows-1252` or `utf-16`");
    }
    const std::string& separator = mapping_.separator();
    if (separator.size() > 1 || separator.find_first_of("\"\r\n.0123456789") != std::string::npos ||
        (!separator.empty() && static_cast<unsigned char>(separator[0]) > 0x7e)) {
      fault("separator", "must be one character, such as `;`");
    }
    const std::string decimal = mapping_.decimal().empty() ? "." : mapping_.decimal();
    if (decimal != "." && decimal != ",") fault("decimal", "must be `.` or `,`");
    const std::string& thousands = mapping_.thousands();
    const bool known = thousands.empty() || thousands == "," || thousands == "." ||
                       thousands == "'" || thousands == " ";
    if (!known || thousands == decimal) {
      fault("thousands", "must be `,`, `.`, `'` or a blank, and not what `decimal` is");
    }
    if (mapping_.heading_line() > 1'000) fault("heading_line", "must be at most 1000");
  }

  void column(const std::string& at, const v1::MappedColumn& column,
              std::map<std::string, std::string>& supplied) {
    const std::string& component = column.component();
    if (trimmed(column.heading()).empty()) fault(at + ".heading", "is missing");
    const bool figure = component == shape_.measure;
    const bool time = component == shape_.time;
    if (!component.empty() && !figure && components_.count(component) == 0) {
      fault(at + ".component", "`" + component + "` is not of the dataflow's structure");
    }
    if (!column.period().empty() && (!time || !is_period_pattern(column.period()))) {
      fault(at + ".period", "must be such as `{Y} Q{Q}`, and of the period's column");
    }
    if (column.fixed_size() != 0 && !figure) {
      fault(at + ".fixed", "is for columns of figures");
    }
    // Several columns may be of figures, or make one period; of all else there is one.
    const bool several = (figure && column.fixed_size() != 0) || (time && !column.period().empty());
    const auto [there, fresh] = supplied.emplace(component, several ? "several" : at);
    if (!component.empty() && !fresh && (!several || there->second != "several")) {
      fault(at + ".component", "`" + component + "` is there twice");
    }
    if (!figure) return;
    std::map<std::string, std::string> own;
    fixed(at + ".fixed", column.fixed(), own);
    std::set<std::string> names;
    for (const auto& one : own) names.insert(one.first);
    if (fixed_.value_or(names) != names) fault(at + ".fixed", "is of other components than before");
    fixed_ = names;
  }

  void fixed(const std::string& field,
             const google::protobuf::RepeatedPtrField<v1::MappedValue>& values,
             std::map<std::string, std::string>& supplied) {
    for (int i = 0; i < values.size(); ++i) {
      const std::string at = field + "[" + std::to_string(i) + "]";
      const std::string& component = values[i].component();
      if (components_.count(component) == 0) {
        fault(at + ".component", "`" + component + "` is not of the dataflow's structure");
      }
      if (!supplied.emplace(component, at).second) {
        fault(at + ".component", "`" + component + "` is there twice");
      }
    }
  }

  Status status() && {
    if (faults_.empty()) return {};
    return Status(Code::InvalidArgument, Reason::FieldInvalid, "the mapping has faults")
        .with_violations(std::move(faults_));
  }

  const v1::Mapping& mapping_;
  const Shape& shape_;
  std::set<std::string, std::less<>> components_;
  std::optional<std::set<std::string>> fixed_;  // by each column of figures
  std::vector<Violation> faults_;
};

}  // namespace

Status check_mapping(const v1::Mapping& mapping, const Shape& shape) {
  return Check(mapping, shape).run();
}

std::string_view trimmed(std::string_view text) {
  const auto cut = [&](bool front) {
    for (const std::string_view blank : kBlanks) {
      if (front ? !text.starts_with(blank) : !text.ends_with(blank)) continue;
      front ? text.remove_prefix(blank.size()) : text.remove_suffix(blank.size());
      return true;
    }
    return false;
  };
  while (cut(true)) continue;
  while (cut(false)) continue;
  return text;
}

std::optional<std::string> mapped_figure(const v1::Mapping& mapping, std::string_view text) {
  const char decimal = mapping.decimal() == "," ? ',' : '.';
  std::string out;
  std::size_t at = 0;
  if (text.starts_with("\xe2\x88\x92")) {  // the minus sign proper
    out = "-";
    at = 3;
  } else if (text.starts_with('-') || text.starts_with('+')) {
    if (text[0] == '-') out = "-";
    at = 1;
  }
  std::size_t group = 0;  // digits since the last separator
  std::size_t groups = 0;
  for (; at < text.size(); ++at) {
    if (is_digit(text[at])) {
      out += text[at];
      ++group;
      continue;
    }
    const std::size_t separator = thousands_at(mapping.thousands(), text.substr(at));
    if (separator == 0) break;
    if (group == 0 || group > 3 || (groups != 0 && group != 3)) return std::nullopt;
    ++groups;
    group = 0;
    at += separator - 1;
  }
  if (groups != 0 && group != 3) return std::nullopt;
  if (at < text.size() && text[at] == decimal) {
    out += '.';
    for (++at; at < text.size() && is_digit(text[at]); ++at) out += text[at];
  }
  const std::string_view rest = text.substr(at);
  if (!rest.empty() && rest[0] != 'e' && rest[0] != 'E') return std::nullopt;
  if (rest.find_first_of(".,") != std::string_view::npos) return std::nullopt;
  return out.append(rest);
}

bool is_period_pattern(std::string_view pattern) {
  PeriodParts parts;
  bool any = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '}') return false;
    if (pattern[at] != '{') continue;
    if (at + 2 >= pattern.size() || pattern[at + 2] != '}') return false;
    int* part = part_of(parts, pattern[at + 1]);
    if (part == nullptr || *part != 0) return false;
    *part = 1;
    any = true;
    at += 2;
  }
  return any && pattern.size() <= 64;
}

bool read_period(std::string_view pattern, std::string_view text, PeriodParts& parts) {
  std::size_t read = 0;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '{') {
      if (read >= text.size() || text[read++] != pattern[at]) return false;
      continue;
    }
    const char letter = pattern[at + 1];
    at += 2;
    const std::size_t most = letter == 'Y' ? 4 : letter == 'Q' || letter == 'S' ? 1 : 2;
    int number = 0;
    std::size_t digits = 0;
    for (; digits < most && read < text.size() && is_digit(text[read]); ++digits) {
      number = number * 10 + (text[read++] - '0');
    }
    if (digits == 0 || number == 0 || (letter == 'Y' && digits != 4)) return false;
    *part_of(parts, letter) = number;
  }
  return read == text.size();
}

std::string period_text(const PeriodParts& parts) {
  if (parts.year == 0) return {};
  const auto digits = [](int number, std::size_t width) {
    std::string text = std::to_string(number);
    if (text.size() < width) text.insert(0, width - text.size(), '0');
    return text;
  };
  std::string text = digits(parts.year, 4);
  if (parts.week != 0) return text + "-W" + digits(parts.week, 2);
  if (parts.month != 0) {
    text += "-" + digits(parts.month, 2);
    return parts.day == 0 ? text : text + "-" + digits(parts.day, 2);
  }
  if (parts.quarter != 0) return text + "-Q" + std::to_string(parts.quarter);
  if (parts.half != 0) return text + "-S" + std::to_string(parts.half);
  return text;
}

}  // namespace entente::statistics
