// `entente stats get`: figures as a table, or as a file of any format that the server writes.
#include <array>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "client/cli/screen.h"
#include "client/cli/services.h"
#include "client/cli/stats_words.h"
#include "client/lib/figures_shape.h"
#include "client/lib/kept_file.h"
#include "client/lib/rows.h"
#include "entente/v1/statistics.pb.h"
#include "proto/contract/formula.h"

namespace entente::cli {
namespace {

// --- as a table ---------------------------------------------------------------------------------

// Free text that a spreadsheet would take for a formula is made text, so that it reads as it was;
// of a text alone the quote is taken off again where the file is read.
void print_csv_cell(std::string_view text, bool free) {
  const bool quoted = free && wants_quote(text);
  if (!quoted && text.find_first_of(",\"\n\r") == std::string_view::npos) {
    std::cout << text;
    return;
  }
  std::cout << (quoted ? "\"'" : "\"");
  for (const char c : text) std::cout << (c == '"' ? "\"\"" : std::string(1, c));
  std::cout << '"';
}

// `125` and -2 is `1.25`.
std::string decimal_text(std::int64_t mantissa, std::int32_t exponent) {
  std::string digits = std::to_string(mantissa);
  if (exponent == 0) return digits;
  if (exponent > 0 || exponent < -20) return digits + "e" + std::to_string(exponent);
  const std::string sign = mantissa < 0 ? "-" : "";
  if (!sign.empty()) digits.erase(0, 1);
  const auto places = static_cast<std::size_t>(-exponent);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  return sign + digits.insert(digits.size() - places, ".");
}

using Cells = std::vector<std::string>;

Cells heading_of(const v1::Observations& some, bool history) {
  Cells cells;
  for (const auto& column : some.dimensions()) cells.push_back(column.id());
  cells.insert(cells.end(), {"TIME_PERIOD", "OBS_VALUE"});
  for (const auto& column : some.attributes()) cells.push_back(column.id());
  if (history) cells.emplace_back("RECORDED");
  return cells;
}

// Every observation of a message, as cells.
void each_row(const v1::Observations& some, const std::function<void(Cells)>& visit) {
  const std::set<std::uint32_t> missing(some.missing().begin(), some.missing().end());
  const std::set<std::uint32_t> withdrawn(some.withdrawn().begin(), some.withdrawn().end());
  const auto text = [](const v1::Observations::Column& column, int at) {
    return column.dictionary(column.codes_size() == 0 ? 0 : static_cast<int>(column.codes(at)));
  };
  int cell = 0;
  for (int s = 0; s < some.counts_size(); ++s) {
    for (std::uint32_t i = 0; i < some.counts(s); ++i, ++cell) {
      const auto at = static_cast<std::uint32_t>(cell);
      Cells cells;
      for (const auto& column : some.dimensions()) cells.push_back(text(column, s));
      cells.push_back(text(some.periods(), cell));
      const std::int32_t exponent = some.exponents_size() == 0 ? 0 : some.exponents(cell);
      cells.push_back(withdrawn.count(at) != 0 ? "withdrawn"
                      : missing.count(at) != 0 ? ""
                                               : decimal_text(some.values(cell), exponent));
      for (const auto& column : some.attributes()) cells.push_back(text(column, cell));
      if (some.recorded_at_us_size() != 0) {
        cells.push_back(to_rfc3339(Instant(std::chrono::microseconds(some.recorded_at_us(cell)))));
      }
      visit(std::move(cells));
    }
  }
}

// What SDMX-CSV says beside the figures.
struct CsvWords {
  std::string dataflow;         // `IGC:ASYLUM(1.0)`
  std::set<std::string> texts;  // the attributes that are free text; the others have codes
};

Result<CsvWords> csv_words_of(client::Client& client, const std::string& dataflow) {
  ENTENTE_TRY(const client::FlowShape flow, client::shape_of(client, dataflow));
  const std::string name = dataflow.substr(dataflow.find('/') + 1);
  const std::size_t dot = name.rfind('.');
  CsvWords words{.dataflow = name.substr(0, dot) + ":" + name.substr(dot + 1),
                 .texts = {flow.shape.texts.begin(), flow.shape.texts.end()}};
  for (const v1::Dataflow& one : flow.structures->dataflows()) {
    if (one.name() == dataflow) words.dataflow += "(" + one.version() + ")";
  }
  return words;
}

void show_figures(Context& context, const v1::QueryRequest& request, bool csv) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  CsvWords words;
  if (csv && !context.json) {
    Result<CsvWords> found = csv_words_of(**client, request.dataflow());
    if (!found.ok()) return context.fail(found.status());
    words = *std::move(found);
  }
  std::unique_ptr<Table> table;
  std::uint64_t rows = 0;
  Status unread;
  const Status status = (*client)->stream<v1::Observations>(
      statistics_service + "Query", request, [&](const v1::Observations& some) {
        unread = client::check_figures(some);
        if (!unread.ok()) return false;
        if (context.json) {
          print_json(some);
          return true;
        }
        std::optional<AsData> as_data;
        if (csv) as_data.emplace();
        if (rows == 0 && csv) {
          std::cout << "DATAFLOW";
          for (const auto& cell : heading_of(some, request.include_history())) {
            std::cout << ',' << cell;
          }
          std::cout << '\n';
        }
        if (rows == 0 && !csv) {
          table = std::make_unique<Table>(heading_of(some, request.include_history()));
        }
        const Cells heading = heading_of(some, request.include_history());
        each_row(some, [&](Cells cells) {
          ++rows;
          if (!csv) return table->row(std::move(cells));
          std::cout << words.dataflow;
          for (std::size_t i = 0; i < cells.size(); ++i) {
            std::cout << ',';
            print_csv_cell(cells[i], words.texts.count(heading[i]) != 0);
          }
          std::cout << '\n';
        });
        return true;
      });
  if (!unread.ok()) return context.fail(unread);
  if (!status.ok()) return context.fail(status);
  if (context.json) return;
  if (rows == 0) {
    say_no_figures(context, request.dataflow(), request.selections());
  } else if (table) {
    table->print();
  }
}

// --- as a file ----------------------------------------------------------------------------------

// What `--as` names, as HTTP names it.
const std::map<std::string, std::string>& media_types() {
  static const std::map<std::string, std::string> types = {
      {"csv", "application/vnd.sdmx.data+csv;version=1.0.0"},
      {"csv2", "application/vnd.sdmx.data+csv;version=2.1.0"},
      {"sdmx-json", "application/vnd.sdmx.data+json;version=2.1.0"},
      {"sdmx-ml", "application/vnd.sdmx.genericdata+xml;version=2.1"},
      {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
  return types;
}

std::string escaped(std::string_view text) {
  static constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  return out;
}

// The same question as SDMX's web service takes it.
std::string address_of(const v1::QueryRequest& request) {
  const std::string name = request.dataflow().substr(request.dataflow().find('/') + 1);
  const std::size_t dot = name.rfind('.');
  std::string out = "/sdmx/3.0/data/dataflow/" + escaped(name.substr(0, dot)) + "/" +
                    escaped(dot == std::string::npos ? "" : name.substr(dot + 1)) + "/*/*";
  char mark = '?';
  const auto add = [&](const std::string& parameter, const std::string& value) {
    out += mark + parameter + "=" + value;
    mark = '&';
  };
  for (const v1::Selection& one : request.selections()) {
    std::string values;
    for (const std::string& value : one.values()) {
      values += (values.empty() ? "" : ",") + escaped(value);
    }
    add("c%5B" + escaped(one.dimension()) + "%5D", values);
  }
  std::string time;
  if (!request.start_period().empty()) time = "ge:" + escaped(request.start_period());
  if (!request.end_period().empty()) {
    time += (time.empty() ? "le:" : "+le:") + escaped(request.end_period());
  }
  if (!time.empty()) add("c%5BTIME_PERIOD%5D", time);
  const auto instant = [](const google::protobuf::Timestamp& at) {
    return escaped(to_rfc3339(Instant(std::chrono::seconds(at.seconds()))));
  };
  if (request.has_as_of()) add("asOf", instant(request.as_of()));
  if (request.has_updated_after()) add("updatedAfter", instant(request.updated_after()));
  if (request.include_history()) add("includeHistory", "true");
  return out;
}

// To `path`, whole or not at all; to the standard output if it is empty.
void run_download(Context& context, const v1::QueryRequest& request, const std::string& as,
                  const std::string& path) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  std::optional<client::KeptFile> file;
  if (!path.empty()) {
    Result<client::KeptFile> made = client::KeptFile::create(path, "--out");
    if (!made.ok()) return context.fail(made.status());
    file.emplace(*std::move(made));
  }
  std::ostream& out = file ? file->out() : std::cout;
  std::uint64_t bytes = 0;
  Status status = [&] {
    const AsData as_data;
    return (*client)->download(address_of(request), media_types().at(as),
                               [&](std::string_view some) {
                                 bytes += some.size();
                                 out.write(some.data(), static_cast<std::streamsize>(some.size()));
                                 return out.good();
                               });
  }();
  if (!out.good()) status = file ? file->unwritable() : Status();  // of the other, main tells
  if (!status.ok()) return context.fail(status);
  if (bytes == 0) {
    if (file) return say_no_figures(context, request.dataflow(), request.selections());
    context.exit = Exit::No;
    return;
  }
  if (!file) return;
  if (status = file->finish(); !status.ok()) return context.fail(status);
  std::cout << bytes << " bytes in " << path << '\n';
}

// What the options of the verb say.
struct Asked {
  v1::QueryRequest request;
  std::string flow;
  std::vector<std::string> where;
  std::string from;
  std::string to;
  std::string as_of;
  std::string after;
  bool history = false;
  bool csv = false;
  std::string as;
  std::string out;
};

void run_get(Context& context, Asked& asked) {
  v1::QueryRequest& request = asked.request;
  request.set_dataflow(flow_name(asked.flow));
  request.set_start_period(asked.from);
  request.set_end_period(asked.to);
  request.set_include_history(asked.history);
  if (!read_selections(context, asked.where, *request.mutable_selections()) ||
      (!asked.as_of.empty() &&
       !read_time(context, asked.as_of, "--as-of", *request.mutable_as_of())) ||
      (!asked.after.empty() &&
       !read_time(context, asked.after, "--updated-after", *request.mutable_updated_after()))) {
    return;
  }
  if (asked.as.empty() && !asked.out.empty()) asked.as = "csv";
  if (asked.as.empty()) return show_figures(context, request, asked.csv);
  run_download(context, request, asked.as, asked.out);
}

}  // namespace

void add_get_verb(CLI::App& group, Context& context) {
  auto asked = std::make_shared<Asked>();
  CLI::App* verb =
      add_verb(group, "get", "figures, as you may see them",
               "entente stats get IGC.ASYLUM --where CITIZEN=SYR,AFG --from 2020\n"
               "  entente stats get IGC.ASYLUM --as-of 2026-01-01 --csv > then.csv\n"
               "  entente stats get IGC.ASYLUM --from 2015 --as xlsx --out asylum.xlsx",
               [asked, &context] { run_get(context, *asked); });
  verb->add_option("dataflow", asked->flow, "such as IGC.ASYLUM")->required();
  verb->add_option("--where", asked->where, "DIMENSION=CODE,CODE; may be given again");
  verb->add_option("--from", asked->from, "first period, such as 2015 or 2015-Q1");
  verb->add_option("--to", asked->to, "last period");
  verb->add_option("--as-of", asked->as_of, "as it was known then");
  verb->add_option("--updated-after", asked->after, "only what changed since");
  verb->add_flag("--history", asked->history, "every version");
  verb->add_flag("--csv", asked->csv, "SDMX-CSV 1.0 instead of a table");
  verb->add_option("--as", asked->as, "the file that the server makes")
      ->check(CLI::IsMember({"csv", "csv2", "sdmx-json", "sdmx-ml", "xlsx"}));
  verb->add_option("--out", asked->out, "where it is put; else it is printed");
}

}  // namespace entente::cli
