#include "server/directory/formats/roster.h"

#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/directory/definitions/parse.h"
#include "server/directory/formats/csv.h"

namespace entente::directory {
namespace {

enum class Column {
  Party,
  Institution,
  Name,
  LatinName,
  Given,
  Family,
  Title,
  Process,
  Office,
  Capacity,
  Body,
  Topics,
  Email,
  Telephone,
  Mobile,
  Fax,
  Postal,
  Languages,
  TimeZone,
  Since,
  Until,
};

struct Spelling {
  std::string_view name;  // lower case, without blanks, `_`, `-` and `.`
  Column column;
};

// The first spelling of each column is the one that is exported.
constexpr auto spellings = std::to_array<Spelling>({
    {"party", Column::Party},
    {"country", Column::Party},
    {"state", Column::Party},
    {"pays", Column::Party},
    {"land", Column::Party},
    {"país", Column::Party},
    {"pais", Column::Party},
    {"страна", Column::Party},
    {"institution", Column::Institution},
    {"ministry", Column::Institution},
    {"organisation", Column::Institution},
    {"organization", Column::Institution},
    {"agency", Column::Institution},
    {"behörde", Column::Institution},
    {"institución", Column::Institution},
    {"учреждение", Column::Institution},
    {"name", Column::Name},
    {"fullname", Column::Name},
    {"displayname", Column::Name},
    {"nom", Column::Name},
    {"nombre", Column::Name},
    {"имя", Column::Name},
    {"latinname", Column::LatinName},
    {"nameinlatin", Column::LatinName},
    {"givenname", Column::Given},
    {"given", Column::Given},
    {"firstname", Column::Given},
    {"prénom", Column::Given},
    {"vorname", Column::Given},
    {"familyname", Column::Family},
    {"family", Column::Family},
    {"lastname", Column::Family},
    {"surname", Column::Family},
    {"nomdefamille", Column::Family},
    {"nachname", Column::Family},
    {"apellido", Column::Family},
    {"apellidos", Column::Family},
    {"title", Column::Title},
    {"position", Column::Title},
    {"jobtitle", Column::Title},
    {"fonction", Column::Title},
    {"funktion", Column::Title},
    {"cargo", Column::Title},
    {"process", Column::Process},
    {"processus", Column::Process},
    {"rcp", Column::Process},
    {"office", Column::Office},
    {"role", Column::Office},
    {"rôle", Column::Office},
    {"capacity", Column::Capacity},
    {"body", Column::Body},
    {"workinggroup", Column::Body},
    {"groupedetravail", Column::Body},
    {"arbeitsgruppe", Column::Body},
    {"topics", Column::Topics},
    {"topic", Column::Topics},
    {"thèmes", Column::Topics},
    {"email", Column::Email},
    {"emailaddress", Column::Email},
    {"mail", Column::Email},
    {"courriel", Column::Email},
    {"correo", Column::Email},
    {"telephone", Column::Telephone},
    {"phone", Column::Telephone},
    {"tel", Column::Telephone},
    {"téléphone", Column::Telephone},
    {"telefon", Column::Telephone},
    {"teléfono", Column::Telephone},
    {"телефон", Column::Telephone},
    {"mobile", Column::Mobile},
    {"mobilephone", Column::Mobile},
    {"cell", Column::Mobile},
    {"portable", Column::Mobile},
    {"mobil", Column::Mobile},
    {"móvil", Column::Mobile},
    {"fax", Column::Fax},
    {"postaladdress", Column::Postal},
    {"address", Column::Postal},
    {"adresse", Column::Postal},
    {"dirección", Column::Postal},
    {"languages", Column::Languages},
    {"language", Column::Languages},
    {"langues", Column::Languages},
    {"sprachen", Column::Languages},
    {"idiomas", Column::Languages},
    {"timezone", Column::TimeZone},
    {"since", Column::Since},
    {"from", Column::Since},
    {"depuis", Column::Since},
    {"seit", Column::Since},
    {"desde", Column::Since},
    {"until", Column::Until},
    {"to", Column::Until},
    {"bis", Column::Until},
    {"hasta", Column::Until},
});

constexpr auto export_columns = std::to_array<std::string_view>(
    {"party",     "institution", "name",   "latin name", "given name",     "family name",
     "title",     "process",     "office", "capacity",   "body",           "topics",
     "email",     "telephone",   "mobile", "fax",        "postal address", "languages",
     "time zone", "since",       "until"});

constexpr auto offices = std::to_array<std::string_view>(
    {"focal-point", "body-contact", "thematic-coordinator", "chair", "secretariat", "other"});
constexpr auto capacities =
    std::to_array<std::string_view>({"holder", "deputy", "acting", "duty-contact"});

struct OfficeSpelling {
  std::string_view name;
  std::string_view office;
};
constexpr auto office_spellings =
    std::to_array<OfficeSpelling>({{"nationalfocalpoint", "focal-point"},
                                   {"focalpoint", "focal-point"},
                                   {"nfp", "focal-point"},
                                   {"pointfocal", "focal-point"},
                                   {"puntofocal", "focal-point"},
                                   {"workinggroupcontact", "body-contact"},
                                   {"bodycontact", "body-contact"},
                                   {"thematiccoordinator", "thematic-coordinator"},
                                   {"chair", "chair"},
                                   {"secretariat", "secretariat"},
                                   {"secretariatstaff", "secretariat"},
                                   {"other", "other"}});

// Without case, and without what people put between words.
std::string fold(std::string_view text) {
  icu::UnicodeString letters = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  std::string without_case;
  letters.foldCase().toUTF8String(without_case);
  std::string folded;
  for (const char c : without_case) {
    if (c != ' ' && c != '_' && c != '-' && c != '.') folded += c;
  }
  return folded;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<Column> column_of(std::string_view header) {
  const std::string folded = fold(header);
  const auto found =
      std::find_if(spellings.begin(), spellings.end(),
                   [&](const Spelling& spelling) { return spelling.name == folded; });
  if (found == spellings.end()) return std::nullopt;
  return found->column;
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  constexpr std::string_view alphanumeric =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const std::string local_allowed = std::string(alphanumeric) + "!#$%&'*+/=?^_`{|}~.-";
  const std::string domain_allowed = std::string(alphanumeric) + ".-";
  const auto dotted = [](std::string_view part) {
    return !part.empty() && part.front() != '.' && part.back() != '.' &&
           part.find("..") == std::string_view::npos;
  };
  return dotted(local) && dotted(domain) && domain.find('.') != std::string_view::npos &&
         local.find_first_not_of(local_allowed) == std::string_view::npos &&
         domain.find_first_not_of(domain_allowed) == std::string_view::npos;
}

bool is_tag(std::string_view text) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return text.size() >= 2 && text.size() <= 35 && letter(text[0]) && letter(text[1]) &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
             std::string_view::npos;
}

std::vector<std::string> values_of(std::string_view cell) {
  std::vector<std::string> values;
  while (!cell.empty()) {
    const std::size_t bar = cell.find('|');
    const std::string_view value = trim(cell.substr(0, bar));
    if (!value.empty()) values.emplace_back(value);
    if (bar == std::string_view::npos) break;
    cell.remove_prefix(bar + 1);
  }
  return values;
}

// --- reading
// --------------------------------------------------------------------------------------

class RosterReader {
 public:
  RosterReader(std::string_view bytes, const RosterVocabulary& vocabulary)
      : text_(bytes), vocabulary_(vocabulary) {}

  RosterFile read() {
    if (!check_bytes()) return std::move(file_);
    file_.separator = separator();
    CsvReader reader(text_, file_.separator);
    const std::optional<CsvRow> header = reader.next();
    if (!header || !read_header(*header)) {
      if (!header) problem("", "the file is empty", 0, 0);
      return std::move(file_);
    }
    while (const std::optional<CsvRow> row = reader.next()) read_row(*row);
    return std::move(file_);
  }

 private:
  void problem(std::string field, std::string rule, std::uint64_t line, std::uint64_t column) {
    ++file_.problems_count;
    if (file_.problems.size() < limits::import_problems_max) {
      file_.problems.push_back({std::move(field), std::move(rule), line, column});
    }
  }
  void cell_problem(Column column, std::string rule) {
    const auto at = columns_.find(column);
    const std::uint64_t number = at == columns_.end() ? 0 : at->second + 1;
    problem(at == columns_.end() ? "" : header_[at->second], std::move(rule), line_, number);
  }

  // Whether the bytes are text that can be read at all.
  bool check_bytes() {
    if (text_.size() > limits::import_bytes_max) {
      problem("", "the file is longer than a roster may be", 0, 0);
      return false;
    }
    if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff")) {
      problem("", "the file is UTF-16: save it as UTF-8", 0, 0);
      return false;
    }
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    std::uint64_t line = 1;
    for (std::string_view rest = text_; !rest.empty(); ++line) {
      const std::size_t end = rest.find('\n');
      const std::string_view one = rest.substr(0, end);
      if (one.find('\0') != std::string_view::npos) {
        problem("", "a NUL byte: this is no text file, or one in UTF-16", line, 0);
      } else if (!is_utf8(one)) {
        problem("", "bytes that are not UTF-8: the file may mix encodings", line, 0);
      }
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    return file_.problems_count == 0;
  }

  // The one of comma, semicolon and tab by which most names of the header mean something.
  char separator() const {
    char best = ',';
    std::size_t most = 0;
    for (const char candidate : {',', ';', '\t'}) {
      CsvReader reader(text_, candidate);
      const std::optional<CsvRow> header = reader.next();
      if (!header || !header->fault.empty()) continue;
      const auto known = static_cast<std::size_t>(
          std::count_if(header->fields.begin(), header->fields.end(),
                        [](const std::string& name) { return column_of(name).has_value(); }));
      if (known > most) {
        most = known;
        best = candidate;
      }
    }
    return best;
  }

  bool read_header(const CsvRow& row) {
    line_ = row.line;
    if (!row.fault.empty()) {
      problem("", row.fault, row.line, row.fault_column);
      return false;
    }
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      header_.emplace_back(trim(row.fields[i]));
      const std::optional<Column> column = column_of(header_[i]);
      if (!column) {
        if (!header_[i].empty()) file_.columns_ignored.push_back(header_[i]);
      } else if (!columns_.emplace(*column, i).second) {
        problem(header_[i], "the same column as `" + header_[columns_[*column]] + "`", line_,
                i + 1);
      }
    }
    if (!columns_.contains(Column::Party)) {
      problem("party", "the column is missing", line_, 0);
    }
    const bool parts = columns_.contains(Column::Given) && columns_.contains(Column::Family);
    if (!columns_.contains(Column::Name) && !parts) {
      problem("name", "the column is missing, and so are given and family name", line_, 0);
    }
    return file_.problems_count == 0;
  }

  // The cell's text; empty where there is no such column.
  std::string cell(const CsvRow& row, Column column) {
    const auto at = columns_.find(column);
    if (at == columns_.end()) return {};
    std::string text = csv_text(trim(row.fields[at->second]));
    const auto control = [&](unsigned char c) {
      return c == 0x7f || (c < 0x20 && !(column == Column::Postal && (c == '\n' || c == '\r')));
    };
    if (std::any_of(text.begin(), text.end(), control)) {
      cell_problem(column, "holds a control character or a line end");
      text.clear();
    } else if (text.size() > cell_bytes_max) {
      cell_problem(column, "is longer than a cell may be");
      text.clear();
    }
    return text;
  }

  void read_row(const CsvRow& csv) {
    line_ = csv.line;
    const bool blank = csv.fault.empty() &&
                       std::all_of(csv.fields.begin(), csv.fields.end(),
                                   [](const std::string& field) { return trim(field).empty(); });
    if (blank) return;
    ++file_.rows_count;
    const std::uint64_t before = file_.problems_count;
    if (!csv.fault.empty()) {
      problem("", csv.fault, csv.line, csv.fault_column);
    } else if (csv.fields.size() != header_.size()) {
      problem("",
              "has " + std::to_string(csv.fields.size()) + " fields where the header has " +
                  std::to_string(header_.size()),
              csv.line, 0);
    } else {
      RosterRow row;
      row.line = csv.line;
      read_person(csv, row);
      read_office(csv, row);
      read_contacts(csv, row);
      check_twice(row);
      if (file_.problems_count == before) file_.rows.push_back(std::move(row));
    }
    if (file_.problems_count != before) ++file_.faulty_rows_count;
  }

  void read_person(const CsvRow& csv, RosterRow& row) {
    row.party = cell(csv, Column::Party);
    if (row.party.empty()) {
      cell_problem(Column::Party, "is empty");
    } else if (!vocabulary_.parties.contains(row.party)) {
      cell_problem(Column::Party, "names no party; codes are as in `SWE`");
    }
    row.institution = cell(csv, Column::Institution);
    row.display = cell(csv, Column::Name);
    row.display_latin = cell(csv, Column::LatinName);
    row.given = cell(csv, Column::Given);
    row.family = cell(csv, Column::Family);
    row.title = cell(csv, Column::Title);
    if (row.display.empty() && !row.given.empty() && !row.family.empty()) {
      row.display = row.given + ' ' + row.family;
    }
    if (row.display.empty()) {
      cell_problem(columns_.contains(Column::Name) ? Column::Name : Column::Family, "is empty");
    }
    for (std::string& tag : values_of(cell(csv, Column::Languages))) {
      if (!is_tag(tag)) cell_problem(Column::Languages, "is no BCP 47 tag such as `sv`");
      row.languages.push_back(std::move(tag));
    }
    row.time_zone = cell(csv, Column::TimeZone);
    if (!row.time_zone.empty() && row.time_zone != "UTC" &&
        row.time_zone.find('/') == std::string::npos) {
      cell_problem(Column::TimeZone, "is no zone such as `Europe/Stockholm`");
    }
  }

  void read_office(const CsvRow& csv, RosterRow& row) {
    row.process = cell(csv, Column::Process);
    const auto process = vocabulary_.processes.find(row.process);
    if (!row.process.empty() && process == vocabulary_.processes.end()) {
      cell_problem(Column::Process, "names no process; ids are as in `igc`");
    }
    row.body = cell(csv, Column::Body);
    if (!row.body.empty() &&
        (process == vocabulary_.processes.end() || !process->second.contains(row.body))) {
      cell_problem(Column::Body, "names no body of the process");
    }
    const std::string office = cell(csv, Column::Office);
    const auto known = std::find_if(office_spellings.begin(), office_spellings.end(),
                                    [folded = fold(office)](const OfficeSpelling& spelling) {
                                      return spelling.name == folded;
                                    });
    if (known != office_spellings.end()) {
      row.office = known->office;
    } else if (!office.empty()) {
      cell_problem(Column::Office, "is no office; `focal point` is one");
    }
    if (row.office == "body-contact" && row.body.empty()) {
      cell_problem(Column::Body, "is empty, though the office is of a body");
    }
    const std::string capacity = fold(cell(csv, Column::Capacity));
    for (const std::string_view one : capacities) {
      if (fold(one) == capacity) row.capacity = one;
    }
    if (row.capacity.empty() && !capacity.empty()) {
      cell_problem(Column::Capacity, "is not holder, deputy, acting or duty contact");
    }
    if (row.capacity.empty() && !row.office.empty()) row.capacity = "holder";
    row.topics = values_of(cell(csv, Column::Topics));
    row.since = day(csv, Column::Since);
    row.until = day(csv, Column::Until);
    if (!row.since.empty() && !row.until.empty() &&
        *first_day_of(row.until) <= *first_day_of(row.since)) {
      cell_problem(Column::Until, "is not after the day since when");
    }
  }

  std::string day(const CsvRow& csv, Column column) {
    std::string text = cell(csv, column);
    if (!text.empty() && !first_day_of(text)) {
      cell_problem(column, "is no day such as `2026-11-23`");
      text.clear();
    }
    return text;
  }

  void read_contacts(const CsvRow& csv, RosterRow& row) {
    const auto add = [&](Column column, ContactKind kind, bool (*fits)(std::string_view),
                         const char* rule) {
      for (std::string& value : values_of(cell(csv, column))) {
        if (!fits(value)) cell_problem(column, rule);
        row.contacts.push_back({kind, std::move(value)});
      }
    };
    const char* const number = "is no number in international form such as `+46 8 465 004 00`";
    add(Column::Email, ContactKind::Email, is_email, "is no e-mail address");
    add(Column::Telephone, ContactKind::Telephone, is_telephone, number);
    add(Column::Mobile, ContactKind::Mobile, is_telephone, number);
    add(Column::Fax, ContactKind::Fax, is_telephone, number);
    if (std::string postal = cell(csv, Column::Postal); !postal.empty()) {
      row.contacts.push_back({ContactKind::Postal, std::move(postal)});
    }
    if (row.contacts.size() > limits::contacts_max) {
      cell_problem(Column::Email, "has more addresses and numbers than a person may have");
    }
  }

  void check_twice(const RosterRow& row) {
    std::string key;
    for (const std::string* part :
         {&row.party, &row.display, &row.process, &row.office, &row.body, &row.since}) {
      key += *part + '\x1f';
    }
    const auto [first, fresh] = seen_.emplace(std::move(key), row.line);
    if (!fresh) problem("", "says the same as line " + std::to_string(first->second), row.line, 0);
  }

  static constexpr std::size_t cell_bytes_max = 2'000;

  std::string_view text_;
  const RosterVocabulary& vocabulary_;
  RosterFile file_;
  std::vector<std::string> header_;
  std::map<Column, std::size_t> columns_;
  std::map<std::string, std::uint64_t> seen_;
  std::uint64_t line_ = 0;
};

// --- writing
// --------------------------------------------------------------------------------------

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : "|") + value;
  return text;
}

std::string contacts_of(const Entry& entry, ContactKind kind) {
  std::vector<std::string> values;
  for (const EntryContact& contact : entry.contacts) {
    if (contact.kind == kind) values.push_back(contact.value);
  }
  return joined(values);
}

std::string export_row(const Entry& entry, const EntryOffice& office) {
  return csv_row({entry.party,
                  entry.institution,
                  entry.display,
                  entry.display_latin,
                  entry.given,
                  entry.family,
                  entry.title,
                  office.process,
                  office.office,
                  office.capacity,
                  office.body,
                  joined(office.topics),
                  contacts_of(entry, ContactKind::Email),
                  contacts_of(entry, ContactKind::Telephone),
                  contacts_of(entry, ContactKind::Mobile),
                  contacts_of(entry, ContactKind::Fax),
                  contacts_of(entry, ContactKind::Postal),
                  joined(entry.languages),
                  entry.time_zone,
                  office.since,
                  office.until});
}

}  // namespace

bool is_telephone(std::string_view text) {
  if (text.empty() || text.front() != '+' || text.size() > 40) return false;
  if (text.substr(1).find_first_not_of("0123456789 ()-./") != std::string_view::npos) return false;
  const auto count =
      std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return count >= 7 && count <= 15;
}

Status RosterFile::status() const {
  if (problems_count == 0) return {};
  std::string message =
      std::to_string(problems_count) + (problems_count == 1 ? " problem in " : " problems in ") +
      std::to_string(faulty_rows_count) + " of " + std::to_string(rows_count) + " rows";
  if (problems_count > problems.size()) {
    message += "; " + std::to_string(problems_count - problems.size()) + " are not listed";
  }
  return Status(Code::InvalidArgument, Reason::ImportRefused, std::move(message))
      .with_violations(problems);
}

RosterFile parse_roster(std::string_view bytes, const RosterVocabulary& vocabulary) {
  return RosterReader(bytes, vocabulary).read();
}

std::string export_roster(std::span<const Entry> entries) {
  std::string text = "\xef\xbb\xbf";
  text += csv_row({export_columns.begin(), export_columns.end()});
  for (const Entry& entry : entries) {
    if (entry.offices.empty()) text += export_row(entry, {});
    for (const EntryOffice& office : entry.offices) text += export_row(entry, office);
  }
  return text;
}

std::span<const std::string_view> roster_offices() { return offices; }
std::span<const std::string_view> roster_capacities() { return capacities; }

}  // namespace entente::directory
