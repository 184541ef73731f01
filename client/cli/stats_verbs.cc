// `entente stats`: what the processes collect, bringing one's own figures, reading and comparing.
#include <unistd.h>

#include <iostream>

#include "client/cli/stats_words.h"
#include "client/cli/verbs.h"
#include "client/lib/upload.h"
#include "entente/v1/statistics.pb.h"
#include "proto/contract/bytes.h"

namespace entente::cli {
namespace {

const std::string kService = "entente.v1.StatisticsService.";

// --- upload -------------------------------------------------------------------------------------

void show_bar(std::uint64_t done, std::uint64_t of) {
  constexpr std::uint64_t width = 40;
  const std::uint64_t filled = of == 0 ? width : done * width / of;
  std::cerr << "\r[" << std::string(filled, '#') << std::string(width - filled, '.') << "] "
            << (of == 0 ? 100 : done * 100 / of) << " %" << (done == of ? "\n" : "") << std::flush;
}

void show_report(Context& context, const v1::UploadReport& report, bool dry_run) {
  for (const v1::Problem& problem : report.problems()) {
    std::cout << safe(problem.text()) << '\n';
  }
  if (report.problems_more() != 0) {
    std::cout << "and " << report.problems_more() << " more\n";
  }
  if (!report.accepted()) {
    const auto count = static_cast<std::uint64_t>(report.problems_size()) + report.problems_more();
    std::cout << count << (count == 1 ? " fault" : " faults") << " in " << report.rows()
              << " rows; nothing was kept\n";
    context.exit = Exit::BadInput;
    return;
  }
  std::cout << report.observations() << " observations in " << report.series() << " series, sha256 "
            << to_hex(report.sha256()) << '\n';
  for (const v1::HeldBack& one : report.held_back()) {
    std::cout << "held back from the audience: " << one.key() << ' ' << one.period()
              << ", for it would give " << one.protects() << " away\n";
  }
  if (report.held_back_more() != 0) {
    std::cout << "and " << report.held_back_more() << " more\n";
  }
  if (dry_run && report.name().empty()) {
    std::cout << "no fault; this was a dry run: nothing was kept\n";
    return;
  }
  std::cout << (report.repeated() ? "this upload was there already: " : "kept as ") << report.name()
            << '\n';
}

void run_upload(Context& context, const client::UploadFile& file) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  Result<client::Options> options = context.profiles().options();
  if (!options.ok()) return context.fail(options.status());
  client::UploadFile with = file;
  with.certificate_path = options->certificate_path;
  with.key_path = options->key_path;
  const bool bar = ::isatty(STDERR_FILENO) != 0;
  Result<v1::UploadReport> report =
      client::upload(**client, std::move(with), [bar](std::uint64_t done, std::uint64_t of) {
        if (bar) show_bar(done, of);
      });
  if (!report.ok()) return context.fail(report.status());
  if (context.json) {
    print_json(*report);
    if (!report->accepted()) context.exit = Exit::BadInput;
    return;
  }
  show_report(context, *report, file.dry_run);
}

void add_upload(CLI::App& group, Context& context) {
  auto file = std::make_shared<client::UploadFile>();
  auto flow = std::make_shared<std::string>();
  auto action = std::make_shared<std::string>("replace");
  auto embargo = std::make_shared<std::string>();
  CLI::App* verb =
      add_verb(group, "upload", "brings a file of figures, whole or not at all",
               "entente stats upload asylum.csv --to IGC.ASYLUM --dry-run\n"
               "  entente stats upload asylum.csv --to IGC.ASYLUM",
               [=, &context] {
                 file->request.set_dataflow(flow_name(*flow));
                 file->request.set_format(v1::SDMX_CSV);
                 file->request.set_action(*action == "append"   ? v1::APPEND
                                          : *action == "delete" ? v1::DELETE
                                                                : v1::REPLACE);
                 if (!embargo->empty() && !read_time(context, *embargo, "--embargo",
                                                     *file->request.mutable_embargo_until())) {
                   return;
                 }
                 run_upload(context, *file);
               });
  verb->add_option("file", file->path, "SDMX-CSV, 1.0 or 2.0")->required();
  verb->add_option("--to", *flow, "the dataflow, such as IGC.ASYLUM")->required();
  verb->add_option("--action", *action, "what the file does to what is there")
      ->check(CLI::IsMember({"replace", "append", "delete"}));
  verb->add_flag("--dry-run", file->dry_run, "only say what is wrong with it");
  verb->add_flag_callback(
      "--publish-totals", [file] { file->request.set_publish_totals(true); },
      "even those that give confidential figures away");
  verb->add_option("--embargo", *embargo, "not seen by others before this time");
}

// --- reading ------------------------------------------------------------------------------------

using Cells = std::vector<std::string>;

// --- what there is ------------------------------------------------------------------------------

void add_dataflows(CLI::App& group, Context& context) {
  auto process = std::make_shared<std::string>();
  add_verb(
      group, "dataflows", "what the processes collect, as far as you may see it",
      "entente stats dataflows --process igc",
      [=, &context] {
        v1::ListDataflowsRequest request;
        if (!process->empty()) request.set_process("processes/" + *process);
        context.call<v1::ListDataflowsReply>(
            kService + "ListDataflows", request, [&context](const auto& reply) {
              Table table({"DATAFLOW", "TITLE", "PARTIES", "OBSERVATIONS", "UPDATED", "YOURS"});
              for (const auto& row : reply.rows()) {
                table.row({row.dataflow().name().substr(10), title_of(row.dataflow().title()),
                           std::to_string(row.parties()), std::to_string(row.observations()),
                           row.has_updated_at() ? day_of(row.updated_at()) : "",
                           row.may_report() ? "may report" : ""});
              }
              if (table.empty()) {
                std::cout << "no dataflows\n";
                context.exit = Exit::No;
                return;
              }
              table.print();
            });
      })
      ->add_option("--process", *process, "only this process's");
}

void show_structure(const v1::StructureSet& set) {
  for (const auto& flow : set.dataflows()) {
    std::cout << flow.name() << ": " << safe(title_of(flow.title())) << '\n';
  }
  for (const auto& structure : set.data_structures()) {
    Table table({"COLUMN", "KIND", "CODELIST"});
    for (const auto& one : structure.dimensions()) {
      table.row({one.id(), "dimension", one.codelist()});
    }
    table.row({"TIME_PERIOD", "dimension", ""});
    table.row({structure.measure().empty() ? "OBS_VALUE" : structure.measure(), "figure", ""});
    for (const auto& one : structure.attributes()) {
      table.row({one.id(), one.mandatory() ? "attribute, mandatory" : "attribute", one.codelist()});
    }
    table.print();
  }
  for (const auto& list : set.codelists()) {
    if (set.codelists_size() > 1) {
      std::cout << list.name() << ": " << list.items_size() << " items\n";
      continue;
    }
    Table table({"ITEM", "TITLE", "PART OF"});
    for (const auto& item : list.items()) {
      table.row({item.id(), title_of(item.title()), item.parent()});
    }
    table.print();
  }
  for (const auto& provision : set.provisions()) {
    std::cout << provision.party() << " reports for";
    for (const std::string& area : provision.reference_areas()) std::cout << ' ' << area;
    std::cout << '\n';
  }
}

void add_structure(CLI::App& group, Context& context) {
  auto name = std::make_shared<std::string>();
  add_verb(
      group, "structure", "the columns of a dataflow, or the items of a codelist",
      "entente stats structure IGC.ASYLUM\n  entente stats structure codelists/ENTENTE.CL_AREA",
      [=, &context] {
        v1::GetStructureRequest request;
        request.set_name(name->find('/') == std::string::npos ? flow_name(*name) : *name);
        request.set_with_references(request.name().starts_with("dataflows/"));
        context.call<v1::StructureSet>(kService + "GetStructure", request, show_structure);
      })
      ->add_option("name", *name, "a dataflow, or any structure's name")
      ->required();
}

void add_uploads(CLI::App& group, Context& context) {
  auto flow = std::make_shared<std::string>();
  auto request = std::make_shared<v1::ListUploadsRequest>();
  CLI::App* verb = add_verb(
      group, "uploads", "who brought what to a dataflow, newest first",
      "entente stats uploads IGC.ASYLUM", [=, &context] {
        request->set_dataflow(flow_name(*flow));
        context.call<v1::ListUploadsReply>(
            kService + "ListUploads", *request, [&context](const auto& reply) {
              Table table({"WHEN", "PARTY", "ACTION", "OBSERVATIONS", "SIGNED", "SHA256"});
              for (const auto& one : reply.uploads()) {
                table.row({to_rfc3339(Instant(std::chrono::seconds(one.recorded_at().seconds()))),
                           one.party(), v1::UploadAction_Name(one.action()),
                           std::to_string(one.observations()),
                           one.signature().empty() ? "no" : "yes",
                           to_hex(one.sha256()).substr(0, 16)});
              }
              if (table.empty()) {
                std::cout << "no uploads\n";
                context.exit = Exit::No;
                return;
              }
              table.print();
            });
      });
  verb->add_option("dataflow", *flow, "such as IGC.ASYLUM")->required();
  verb->add_option("--page-token", *request->mutable_page_token(), "where to go on");
}

}  // namespace

void add_stats_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("stats", "the closed database of figures");
  group->require_subcommand(1);
  add_dataflows(*group, context);
  add_structure(*group, context);
  add_upload(*group, context);
  add_uploads(*group, context);
  add_get_verb(*group, context);
  add_compare_verbs(*group, context);
  add_structure_verbs(*group, context);
  add_history_verbs(*group, context);
  add_exemption_verbs(*group, context);
}

}  // namespace entente::cli
