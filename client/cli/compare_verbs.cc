// `entente stats`, what the figures say beside each other and beside what was promised.
#include <iostream>

#include "client/cli/stats_words.h"
#include "entente/v1/comparison.pb.h"

namespace entente::cli {
namespace {

const std::string kService = "entente.v1.ComparisonService.";

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

void add_calendar(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::GetCalendarRequest>();
  auto names = std::make_shared<std::array<std::string, 3>>();
  auto late = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(group, "calendar", "which figures are due from whom, came, are late",
                            "entente stats calendar --process igc --late\n"
                            "  entente stats calendar --party SWE --from 2026-01-01",
                            [=, &context] {
                              request->set_process(full_name("processes/", (*names)[0]));
                              request->set_dataflow(flow_name((*names)[1]));
                              request->set_party(full_name("parties/", (*names)[2]));
                              request->set_late_only(*late);
                              context.call<v1::Calendar>(kService + "GetCalendar", *request,
                                                         [&context](const v1::Calendar& found) {
                                                           show_calendar(context, found);
                                                         });
                            });
  verb->add_option("--process", (*names)[0], "only this process's");
  verb->add_option("--dataflow", (*names)[1], "only this one");
  verb->add_option("--party", (*names)[2], "only what is due from it");
  verb->add_option("--from", *request->mutable_from_day(), "due on or after this day");
  verb->add_option("--to", *request->mutable_to_day(), "due on or before this day");
  verb->add_flag("--late", *late, "only what should be there and is not");
}

}  // namespace

void add_compare_verbs(CLI::App& group, Context& context) { add_calendar(group, context); }

}  // namespace entente::cli
