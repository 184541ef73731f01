// `entente stats`, what changed, what is new, and taking back what one gave.
#include <iostream>

#include "client/cli/services.h"
#include "client/cli/stats_words.h"
#include "client/lib/upload.h"
#include "entente/v1/history.pb.h"
#include "entente/v1/reciprocity.pb.h"

namespace entente::cli {
namespace {

std::string short_name(const std::string& name) { return name.substr(name.find('/') + 1); }

// --- changes ------------------------------------------------------------------------------------

void show_changes(Context& context, const v1::Changes& changes, bool details) {
  if (changes.rows_size() == 0) {
    std::cout << "nothing has changed\n";
    context.exit = Exit::No;
    return;
  }
  Table table({"DATAFLOW", "PARTY", "ADDED", "REVISED", "WITHDRAWN", "UPLOADS", "FIRST", "LAST"});
  for (const auto& row : changes.rows()) {
    table.row({short_name(row.dataflow()), short_name(row.party()), std::to_string(row.added()),
               std::to_string(row.revised()), std::to_string(row.withdrawn()),
               std::to_string(row.uploads()), day_of(row.first_at()), day_of(row.last_at())});
  }
  table.print();
  if (!details) return;
  const auto with_status = [](const std::string& value, const std::string& status) {
    return status.empty() || status == "A" ? value : value + " (" + status + ")";
  };
  Table each({"DATAFLOW", "KEY", "PERIOD", "BEFORE", "AFTER", "WHEN"});
  for (const auto& one : changes.details()) {
    std::string key;
    for (const std::string& code : one.key()) key += (key.empty() ? "" : ".") + code;
    each.row({short_name(one.dataflow()), key, one.period(),
              with_status(one.before(), one.status_before()),
              with_status(one.after(), one.status_after()), day_of(one.changed_at())});
  }
  each.print();
  if (changes.details_more() != 0) std::cout << "and " << changes.details_more() << " more\n";
}

void add_changes(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ListChangesRequest>();
  auto names = std::make_shared<std::array<std::string, 3>>();
  auto times = std::make_shared<std::array<std::string, 2>>();
  auto details = std::make_shared<bool>(false);
  CLI::App* verb =
      add_verb(group, "changes", "what changed between two dates, per dataflow and party",
               "entente stats changes --process igc --since 2026-11-01\n"
               "  entente stats changes --dataflow IGC.ASYLUM --party SWE --details",
               [=, &context] {
                 request->set_process(full_name("processes/", (*names)[0]));
                 request->set_dataflow(flow_name((*names)[1]));
                 request->set_party(full_name("parties/", (*names)[2]));
                 request->set_details(*details);
                 if ((!(*times)[0].empty() &&
                      !read_time(context, (*times)[0], "--since", *request->mutable_since())) ||
                     (!(*times)[1].empty() &&
                      !read_time(context, (*times)[1], "--until", *request->mutable_until()))) {
                   return;
                 }
                 context.call<v1::Changes>(history_service + "ListChanges", *request,
                                           [&context, details](const v1::Changes& changes) {
                                             show_changes(context, changes, *details);
                                           });
               });
  verb->add_option("--process", (*names)[0], "only this process's");
  verb->add_option("--dataflow", (*names)[1], "only this one");
  verb->add_option("--party", (*names)[2], "only what it gave");
  verb->add_option("--since", (*times)[0], "a day or a time; a week ago if not given");
  verb->add_option("--until", (*times)[1], "a day or a time; now if not given");
  verb->add_flag("--details", *details, "each figure, before and after");
}

// --- what is new --------------------------------------------------------------------------------

void run_watch(Context& context, const v1::WatchUploadsRequest& request, std::uint32_t count) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  std::uint32_t seen = 0;
  const Status status = (*client)->stream<v1::UploadNews>(
      history_service + "Watch", request,
      [&](const v1::UploadNews& news) {
        if (context.json) {
          print_json(news);
        } else if (news.has_upload()) {
          const v1::Upload& one = news.upload();
          std::cout << to_rfc3339(Instant(std::chrono::seconds(one.recorded_at().seconds()))) << ' '
                    << safe(short_name(one.party())) << ' ' << v1::UploadAction_Name(one.action())
                    << ' ' << one.observations() << " observations, " << safe(one.name())
                    << ", cursor " << safe(news.cursor()) << std::endl;
        } else {
          std::cout << "from now on, cursor " << safe(news.cursor()) << std::endl;
        }
        if (news.has_upload()) ++seen;
        return count == 0 || seen < count;
      },
      {.timeout = std::chrono::hours(24)});
  if (!status.ok()) context.fail(status);
}

void add_watch(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::WatchUploadsRequest>();
  auto flow = std::make_shared<std::string>();
  auto cursor = std::make_shared<std::string>();
  auto only_new = std::make_shared<bool>(false);
  auto count = std::make_shared<std::uint32_t>(0);
  CLI::App* verb = add_verb(group, "watch", "each upload as it comes to your eyes, once",
                            "entente stats watch IGC.ASYLUM --new", [=, &context] {
                              request->set_dataflow(flow_name(*flow));
                              request->set_cursor(*cursor);
                              request->set_only_new(*only_new);
                              run_watch(context, *request, *count);
                            });
  verb->add_option("dataflow", *flow, "such as IGC.ASYLUM")->required();
  verb->add_option("--cursor", *cursor, "go on behind what was told with it");
  verb->add_flag("--new", *only_new, "only what comes from now on");
  verb->add_option("--count", *count, "end after so many");
}

// --- taking back --------------------------------------------------------------------------------

void run_withdraw(Context& context, const std::string& given) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<client::Options> options = context.profiles().options();
  if (!options.ok()) return context.fail(options.status());
  const Result<v1::UploadReport> report = client::withdraw_upload(
      **client, full_name("dataflows/", given), options->certificate_path, options->key_path);
  if (!report.ok()) return context.fail(report.status());
  if (context.json) return print_json(*report);
  std::cout << "taken back: " << report->observations()
            << " observations are as they were before, by " << safe(report->name())
            << "\nreceipt: entry " << report->receipt().entry_index() << " of the ledger\n";
}

void add_withdraw(CLI::App& group, Context& context) {
  auto name = std::make_shared<std::string>();
  add_verb(group, "withdraw", "takes an upload of yours back; what it changed is as before it",
           "entente stats withdraw IGC.ASYLUM/uploads/3f9a...",
           [=, &context] { run_withdraw(context, *name); })
      ->add_option("name", *name, "as `uploads` shows it")
      ->required();
}

// --- reciprocity --------------------------------------------------------------------------------

void show_standing(Context& context, const v1::Standing& standing) {
  Table table({"PERIOD", "YOU GAVE", "YOU SEE THE OTHERS", "OTHERS' FIGURES", "OF PARTIES"});
  for (const auto& row : standing.rows()) {
    std::string sees = row.open() ? "yes" : "no: giving yours opens them";
    if (!row.grace_until().empty() && row.given() == 0 && row.open()) {
      sees += ", until " + row.grace_until();
    }
    table.row({row.period(), std::to_string(row.given()), sees, std::to_string(row.observations()),
               std::to_string(row.parties())});
  }
  if (table.empty()) {
    std::cout << "no figures\n";
    context.exit = Exit::No;
    return;
  }
  table.print();
}

void add_standing(CLI::App& group, Context& context) {
  auto flow = std::make_shared<std::string>();
  add_verb(group, "standing", "of a reciprocal dataflow: what you gave, and what an upload opens",
           "entente stats standing IGC.TRAFFICKING",
           [=, &context] {
             v1::GetStandingRequest request;
             request.set_dataflow(flow_name(*flow));
             context.call<v1::Standing>(
                 "entente.v1.ReciprocityService.GetStanding", request,
                 [&context](const v1::Standing& standing) { show_standing(context, standing); });
           })
      ->add_option("dataflow", *flow, "such as IGC.TRAFFICKING")
      ->required();
}

}  // namespace

void add_history_verbs(CLI::App& group, Context& context) {
  add_changes(group, context);
  add_watch(group, context);
  add_withdraw(group, context);
  add_standing(group, context);
}

}  // namespace entente::cli
