// `entente stats`, what the figures say beside each other and beside what was promised.
#include <algorithm>
#include <iostream>

#include "client/cli/services.h"
#include "client/cli/stats_words.h"
#include "entente/v1/comparison.pb.h"

namespace entente::cli {
namespace {

std::string flow_of(const std::string& name) { return name.substr(name.find('/') + 1); }

// --- calendar -----------------------------------------------------------------------------------

std::string in_words(const v1::Calendar::Row& row) {
  const std::string days =
      std::to_string(row.days_late()) + (row.days_late() == 1 ? " day" : " days");
  switch (row.state()) {
    case v1::Calendar::LATE:
      return "LATE by " + days;
    case v1::Calendar::CAME:
      return "came " + day_of(row.came_at());
    case v1::Calendar::CAME_LATE:
      return "came " + day_of(row.came_at()) + ", " + days + " late";
    default:
      return "due";
  }
}

void show_calendar(Context& context, const v1::Calendar& calendar) {
  Table table({"DUE", "DATAFLOW", "PARTY", "AREA", "PERIOD", "STATE", "FIGURES", "UPDATED"});
  for (const auto& row : calendar.rows()) {
    const bool came = row.observations() != 0;
    table.row({row.due_on(), flow_of(row.dataflow()), flow_of(row.party()), row.area(),
               row.period(), in_words(row), came ? std::to_string(row.observations()) : "",
               came ? day_of(row.updated_at()) : ""});
  }
  if (table.empty()) {
    std::cout << "nothing is due in these days\n";
    context.exit = Exit::No;
    return;
  }
  table.print();
  std::cout << calendar.late() << " late\n";
}

void add_compare_calendar(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::GetCalendarRequest>();
  auto names = std::make_shared<std::array<std::string, 3>>();
  auto late = std::make_shared<bool>(false);
  CLI::App* verb =
      add_verb(group, "calendar", "which figures are due from whom, came, are late",
               "entente stats calendar --process igc --late\n"
               "  entente stats calendar --party SWE --from 2026-01-01",
               [=, &context] {
                 request->set_process(full_name("processes/", (*names)[0]));
                 request->set_dataflow(flow_name((*names)[1]));
                 request->set_party(full_name("parties/", (*names)[2]));
                 request->set_late_only(*late);
                 context.call<v1::Calendar>(
                     comparison_service + "GetCalendar", *request,
                     [&context](const v1::Calendar& found) { show_calendar(context, found); });
               });
  verb->add_option("--process", (*names)[0], "only this process's");
  verb->add_option("--dataflow", (*names)[1], "only this one");
  verb->add_option("--party", (*names)[2], "only what is due from it");
  verb->add_option("--from", *request->mutable_from_day(), "due on or after this day");
  verb->add_option("--to", *request->mutable_to_day(), "due on or before this day");
  verb->add_flag("--late", *late, "only what should be there and is not");
}

// --- side by side -------------------------------------------------------------------------------

using Cells = std::vector<std::string>;
using Compare = v1::ComparePartiesRequest;

// `41281 (E) [1,3]`: the figure or why there is none, its status, the numbers of its notes.
std::string in_words(const v1::Comparison::Cell& cell) {
  std::string out = cell.value().empty() ? cell.gap() : cell.value();
  if (!cell.status().empty() && cell.status() != "A") out += " (" + cell.status() + ")";
  std::string notes;
  for (const std::uint32_t note : cell.notes()) {
    notes += (notes.empty() ? "" : ",") + std::to_string(note);
  }
  return notes.empty() ? out : out + " [" + notes + "]";
}

void show_comparison(Context& context, const v1::Comparison& found) {
  if (found.rows_size() == 0) {
    std::cout << "no figures\n";
    context.exit = Exit::No;
    return;
  }
  Cells headings(found.dimensions().begin(), found.dimensions().end());
  headings.emplace_back("TIME_PERIOD");
  headings.insert(headings.end(), found.areas().begin(), found.areas().end());
  Table table(headings);
  for (const auto& row : found.rows()) {
    Cells cells(row.key().begin(), row.key().end());
    cells.push_back(row.period());
    for (const auto& cell : row.cells()) cells.push_back(in_words(cell));
    table.row(std::move(cells));
  }
  table.print();
  if (!found.unit().empty()) std::cout << safe(found.unit()) << '\n';
  int number = 0;
  for (const auto& notes : found.notes()) {
    std::cout << safe(notes.area()) << ": by " << safe(notes.party());
    if (notes.has_updated_at()) std::cout << ", last updated " << day_of(notes.updated_at());
    std::cout << '\n';
    for (const v1::Note& note : notes.notes()) {
      std::cout << '[' << ++number << "] " << safe(notes.area()) << ", " << safe(note.concept_id())
                << ": " << safe(title_of(note.text())) << '\n';
    }
  }
  for (const std::string& warning : found.warnings()) std::cout << "! " << safe(warning) << '\n';
}

void add_compare(CLI::App& group, Context& context) {
  auto request = std::make_shared<Compare>();
  auto flow = std::make_shared<std::string>();
  auto areas = std::make_shared<std::vector<std::string>>();
  auto where = std::make_shared<std::vector<std::string>>();
  auto text = std::make_shared<std::array<std::string, 4>>();
  auto per_capita = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(
      group, "compare", "the same figures of several states side by side",
      "entente stats compare IGC.ASYLUM --areas SWE,CHE --where CITIZEN=AFG --from 2020\n"
      "  entente stats compare IGC.ASYLUM --areas SWE,CHE --where CITIZEN=AFG --index 2023",
      [=, &context] {
        request->set_dataflow(flow_name(*flow));
        for (const std::string& area : *areas) request->add_areas(area);
        request->set_start_period((*text)[0]);
        request->set_end_period((*text)[1]);
        request->set_base_period((*text)[2]);
        request->set_view(*per_capita          ? Compare::PER_CAPITA
                          : (*text)[2].empty() ? Compare::FIGURES
                                               : Compare::INDEX);
        if (!read_selections(context, *where, *request->mutable_selections()) ||
            (!(*text)[3].empty() &&
             !read_time(context, (*text)[3], "--as-of", *request->mutable_as_of()))) {
          return;
        }
        context.call<v1::Comparison>(
            "entente.v1.StatisticsService.CompareParties", *request,
            [&context](const v1::Comparison& found) { show_comparison(context, found); });
      });
  verb->add_option("dataflow", *flow, "such as IGC.ASYLUM")->required();
  verb->add_option("--areas", *areas, "SWE,CHE; all that have figures if not given")
      ->delimiter(',');
  verb->add_option("--where", *where, "DIMENSION=CODE,CODE; may be given again");
  verb->add_option("--from", (*text)[0], "first period");
  verb->add_option("--to", (*text)[1], "last period");
  CLI::Option* index = verb->add_option("--index", (*text)[2], "each area's figure of it is 100");
  verb->add_option("--as-of", (*text)[3], "as it was known then");
  verb->add_flag("--per-capita", *per_capita, "divided by the dataflow's denominator")
      ->excludes(index);
}

// --- sums ---------------------------------------------------------------------------------------

// `+12 (+3.4 %)`
std::string in_words(const v1::Aggregates::Change& change) {
  const auto with_sign = [](const std::string& number) {
    return number.starts_with('-') ? number : "+" + number;
  };
  if (change.absolute().empty()) return "";
  const std::string percent =
      change.percent().empty() ? "" : " (" + with_sign(change.percent()) + " %)";
  return with_sign(change.absolute()) + percent;
}

void run_sum(Context& context, const v1::AggregateRequest& request) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  std::unique_ptr<Table> table;
  std::uint64_t confidential = 0;
  const Status status = (*client)->stream<v1::Aggregates>(
      comparison_service + "Aggregate", request, [&](const v1::Aggregates& some) {
        if (context.json) {
          print_json(some);
          return true;
        }
        if (!table) {
          Cells headings(some.dimensions().begin(), some.dimensions().end());
          headings.insert(headings.end(), {"TIME_PERIOD", "SUM", "OF", "SHARE", "ON PREVIOUS",
                                           "ON YEAR BEFORE", "RANK"});
          table = std::make_unique<Table>(headings);
        }
        for (const auto& row : some.rows()) {
          Cells cells(row.key().begin(), row.key().end());
          cells.insert(cells.end(),
                       {row.period(), row.value() + (row.confidential() == 0 ? "" : " !"),
                        std::to_string(row.figures()),
                        row.share().empty() ? "" : row.share() + " %", in_words(row.previous()),
                        in_words(row.year()), row.rank() == 0 ? "" : std::to_string(row.rank())});
          confidential += row.confidential() == 0 ? 0 : 1;
          table->row(std::move(cells));
        }
        return true;
      });
  if (!status.ok()) return context.fail(status);
  if (context.json) return;
  if (!table) return say_no_figures(context, request.dataflow(), request.selections());
  table->print();
  if (confidential != 0) {
    std::cout << "! " << confidential
              << " of these sums hold figures that not all may see: they are not to be published\n";
  }
}

// `CITIZEN` or `CITIZEN/1`: a dimension, at a level of its hierarchy.
bool read_by(Context& context, const std::vector<std::string>& given,
             v1::AggregateRequest& request) {
  for (const std::string& one : given) {
    const std::size_t slash = one.find('/');
    auto* by = request.add_by();
    by->set_dimension(one.substr(0, slash));
    if (slash == std::string::npos) continue;
    if (one.size() != slash + 2 || one[slash + 1] < '1' || one[slash + 1] > '9') {
      context.fail(invalid_argument("--by", "must be like `CITIZEN` or `CITIZEN/1`"));
      return false;
    }
    by->set_level(static_cast<std::uint32_t>(one[slash + 1] - '0'));
  }
  return true;
}

// `CITIZEN=IGC.REGIONS`: by what a dimension's codes are parts of each other.
bool read_hierarchies(Context& context, const std::vector<std::string>& given,
                      v1::AggregateRequest& request) {
  for (const std::string& one : given) {
    const std::size_t equals = one.find('=');
    auto& by = *request.mutable_by();
    const auto named = std::find_if(by.begin(), by.end(), [&](const auto& each) {
      return each.dimension() == one.substr(0, equals);
    });
    if (equals == std::string::npos || named == by.end()) {
      context.fail(invalid_argument(
          "--hierarchy", "must be like `CITIZEN=IGC.REGIONS`, of a dimension given by --by"));
      return false;
    }
    named->set_hierarchy(full_name("hierarchies/", one.substr(equals + 1)));
  }
  return true;
}

void add_sum(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::AggregateRequest>();
  auto flow = std::make_shared<std::string>();
  auto by = std::make_shared<std::vector<std::string>>();
  auto hierarchies = std::make_shared<std::vector<std::string>>();
  auto where = std::make_shared<std::vector<std::string>>();
  auto text = std::make_shared<std::array<std::string, 3>>();
  auto top = std::make_shared<std::uint32_t>(0);
  CLI::App* verb = add_verb(
      group, "sum", "sums by any dimensions, with shares, changes and ranks",
      "entente stats sum IGC.ASYLUM --by CITIZEN --from 2024 --top 10\n"
      "  entente stats sum IGC.ASYLUM --by REF_AREA --by CITIZEN/1 --where SEX=_T",
      [=, &context] {
        request->set_dataflow(flow_name(*flow));
        request->set_start_period((*text)[0]);
        request->set_end_period((*text)[1]);
        request->set_top(*top);
        request->set_order(*top == 0 ? v1::AggregateRequest::KEY : v1::AggregateRequest::RANK);
        if (!read_by(context, *by, *request) ||
            !read_hierarchies(context, *hierarchies, *request) ||
            !read_selections(context, *where, *request->mutable_selections()) ||
            (!(*text)[2].empty() &&
             !read_time(context, (*text)[2], "--as-of", *request->mutable_as_of()))) {
          return;
        }
        run_sum(context, *request);
      });
  verb->add_option("dataflow", *flow, "such as IGC.ASYLUM")->required();
  verb->add_option("--by", *by, "a dimension that stays, at a level: CITIZEN, CITIZEN/1");
  verb->add_option("--hierarchy", *hierarchies,
                   "DIMENSION=NAME: levels of a kept hierarchy instead of the codelist's own");
  verb->add_option("--where", *where, "DIMENSION=CODE,CODE; may be given again");
  verb->add_option("--from", (*text)[0], "first period");
  verb->add_option("--to", (*text)[1], "last period");
  verb->add_option("--as-of", (*text)[2], "as it was known then");
  verb->add_option("--top", *top, "only the largest of each period, the newest first");
}

// --- one state ----------------------------------------------------------------------------------

void print_figure(const v1::Profile::Figure& figure, const std::string& what) {
  std::cout << "  " << safe(what) << ": " << safe(figure.value()) << " in "
            << safe(figure.period());
  if (!figure.share().empty() && !figure.code().empty())
    std::cout << ", " << safe(figure.share()) << " %";
  const std::string previous = in_words(figure.previous());
  if (!previous.empty()) std::cout << ", " << safe(previous) << " on the period before";
  std::cout << "; updated " << day_of(figure.updated_at()) << ", " << figure.age_days()
            << " days ago" << (figure.confidential() == 0 ? "" : " ! not to be published") << '\n';
}

void show_profile(Context& context, const v1::Profile& page) {
  if (page.sections_size() == 0) {
    std::cout << "nothing on " << safe(page.area()) << '\n';
    context.exit = Exit::No;
    return;
  }
  const std::string title = page.has_title() ? title_of(page.title()) : page.area();
  std::cout << safe(title) << " in " << safe(page.process()) << ", " << day_of(page.made_at())
            << '\n';
  for (const auto& section : page.sections()) {
    std::cout << '\n'
              << safe(flow_of(section.dataflow())) << ": " << safe(title_of(section.title()))
              << (section.role() == v1::Profile::REPORTED_ON ? ", as others report\n" : "\n");
    if (section.observations() != 0) {
      std::cout << "  " << section.observations() << " figures in " << section.series()
                << " series, " << safe(section.first_period()) << " to "
                << safe(section.last_period()) << ", last updated " << day_of(section.updated_at())
                << '\n';
    }
    if (section.has_total()) print_figure(section.total(), "all");
    for (const auto& figure : section.largest()) {
      print_figure(figure, section.breakdown() + " " + figure.code());
    }
    if (section.late() != 0) std::cout << "  ! " << section.late() << " periods are late\n";
    if (!section.next_due().empty()) std::cout << "  next due " << safe(section.next_due()) << '\n';
    for (const v1::Note& note : section.notes()) {
      std::cout << "  " << safe(note.concept_id()) << ": " << safe(title_of(note.text())) << '\n';
    }
  }
}

void add_country_profile(CLI::App& group, Context& context) {
  auto area = std::make_shared<std::string>();
  auto process = std::make_shared<std::string>();
  CLI::App* verb = add_verb(group, "profile", "all that a process holds on one state, on one page",
                            "entente stats profile SWE --process igc", [=, &context] {
                              v1::GetProfileRequest request;
                              request.set_area(*area);
                              request.set_process(full_name("processes/", *process));
                              context.call<v1::Profile>(comparison_service + "GetProfile", request,
                                                        [&context](const v1::Profile& page) {
                                                          show_profile(context, page);
                                                        });
                            });
  verb->add_option("area", *area, "the state: SWE")->required();
  verb->add_option("--process", *process, "such as igc")->required();
}

}  // namespace

void add_compare_verbs(CLI::App& group, Context& context) {
  add_compare(group, context);
  add_sum(group, context);
  add_country_profile(group, context);
  add_compare_calendar(group, context);
}

}  // namespace entente::cli
