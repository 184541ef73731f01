// `entente stats upload`, `uploads`: bringing one's own figures, and who has brought what.
#include <filesystem>
#include <iostream>
#include <map>

#include "client/cli/progress_bar.h"
#include "client/cli/services.h"
#include "client/cli/stats_words.h"
#include "client/lib/annotate.h"
#include "client/lib/kept_file.h"
#include "client/lib/upload.h"
#include "proto/contract/bytes.h"
#include "proto/contract/manifest.h"

namespace entente::cli {
namespace {

const std::map<std::string, v1::UploadAction>& actions() {
  static const std::map<std::string, v1::UploadAction> all = {{"append", v1::APPEND},
                                                              {"replace", v1::REPLACE},
                                                              {"merge", v1::MERGE},
                                                              {"delete", v1::DELETE}};
  return all;
}

struct Upload {
  client::UploadFile file;
  std::string flow;
  std::string action = "replace";
  std::string embargo;
  std::string mapping;
  std::string annotate;
  client::TableForm form;
};

void show_report(const v1::UploadReport& report, bool dry_run) {
  for (const v1::Problem& problem : report.problems()) {
    std::cout << safe(problem.text()) << '\n';
  }
  if (report.problems_more() != 0) {
    std::cout << "and " << report.problems_more() << " more; in all " << client::counts_text(report)
              << '\n';
  }
  if (!report.accepted()) {
    const auto count = static_cast<std::uint64_t>(report.problems_size()) + report.problems_more();
    std::cout << count << (count == 1 ? " fault" : " faults") << " in " << report.rows()
              << " rows; nothing was kept\n";
    return;
  }
  std::cout << report.observations() << " observations in " << report.series() << " series, sha256 "
            << to_hex(report.sha256()) << '\n';
  for (const v1::HeldBack& one : report.held_back()) {
    std::cout << "held back from the audience: " << safe(one.key()) << ' ' << safe(one.period())
              << ", for it would give " << one.protects() << " away\n";
  }
  if (report.held_back_more() != 0) {
    std::cout << "and " << report.held_back_more() << " more\n";
  }
  for (const v1::GivenAway& one : report.given_away()) {
    std::cout << "confidential, but the audience learns it from what was published before: "
              << safe(one.key()) << ' ' << safe(one.period()) << '\n';
  }
  if (report.given_away_more() != 0) {
    std::cout << "and " << report.given_away_more() << " more\n";
  }
  if (dry_run && report.name().empty()) {
    std::cout << "no fault; this was a dry run: nothing was kept\n";
    return;
  }
  std::cout << (report.repeated() ? "this upload was there already: " : "kept as ")
            << safe(report.name()) << '\n';
  if (report.repeated()) {
    std::cout << "nothing was sent; if it shall count once more, after what came since, say "
                 "--again\n";
  }
  if (report.has_receipt()) {
    std::cout << "receipt: entry " << report.receipt().entry_index() << " of the ledger\n";
  }
}

// The file again, with what is wrong beside each row.
Status annotate(const Upload& upload, const v1::UploadReport& report) {
  ENTENTE_TRY(client::KeptFile file, client::KeptFile::create(upload.annotate, "--annotate"));
  const v1::UploadFormat format = upload.file.request.format();
  const bool table = format == v1::SDMX_CSV || format == v1::MAPPED_CSV;
  ENTENTE_TRY_VOID(table ? client::annotate_table(upload.file.path, upload.form, report, file.out())
                         : client::annotate_message(upload.file.path, report, file.out()));
  return file.finish();
}

// Which format the file has, and, if a mapping is named, what that says. False: an error was said.
bool settle_format(Context& context, Upload& upload) {
  v1::BeginUploadRequest& request = upload.file.request;
  if (upload.mapping.empty()) {
    const Result<v1::UploadFormat> format = client::format_of(upload.file.path);
    if (!format.ok()) return context.fail(format.status()), false;
    request.set_format(*format);
    return true;
  }
  request.set_format(v1::MAPPED_CSV);
  v1::Mapping mapping;
  if (std::filesystem::exists(upload.mapping)) {
    if (!read_mapping(context, upload.mapping, mapping)) return false;
  } else {
    v1::GetMappingRequest get;
    get.set_name(mapping_name(context, request.dataflow(), upload.mapping));
    if (get.name().empty()) return false;
    Result<client::Client*> client = context.client();
    if (!client.ok()) return context.fail(client.status()), false;
    Result<v1::Mapping> kept =
        (*client)->call<v1::Mapping>("entente.v1.MappingService.GetMapping", get);
    if (!kept.ok()) return context.fail(kept.status()), false;
    mapping = *std::move(kept);
  }
  upload.form.encoding = mapping.encoding();
  if (!mapping.separator().empty()) upload.form.separator = mapping.separator()[0];
  // What is sent is what is signed: the same bytes for the same mapping.
  request.set_mapping(encoded(mapping));
  return true;
}

void run_figures_upload(Context& context, Upload upload) {
  v1::BeginUploadRequest& request = upload.file.request;
  request.set_dataflow(flow_name(upload.flow));
  request.set_action(actions().at(upload.action));
  if (!upload.embargo.empty() &&
      !read_time(context, upload.embargo, "--embargo", *request.mutable_embargo_until())) {
    return;
  }
  std::error_code error;
  if (std::filesystem::equivalent(upload.file.path, upload.annotate, error)) {
    return context.fail(invalid_argument("--annotate", "is the file itself, which stays as it is"));
  }
  if (!settle_format(context, upload)) return;
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  Result<client::Options> options = context.profiles().options();
  if (!options.ok()) return context.fail(options.status());
  upload.file.certificate_path = options->certificate_path;
  upload.file.key_path = options->key_path;
  Result<v1::UploadReport> report = client::upload(**client, upload.file, progress_bar());
  if (!report.ok()) return context.fail(report.status());
  if (!upload.annotate.empty() && !report->accepted()) {
    if (const Status status = annotate(upload, *report); !status.ok()) return context.fail(status);
    std::cerr << "what is wrong stands beside each row in " << upload.annotate << '\n';
  }
  context.json ? print_json(*report) : show_report(*report, upload.file.dry_run);
  if (!report->accepted()) {
    context.exit = Exit::BadInput;
  } else if (report->repeated()) {
    context.exit = Exit::No;
  }
}

void add_figures_upload(CLI::App& group, Context& context) {
  auto upload = std::make_shared<Upload>();
  CLI::App* verb =
      add_verb(group, "upload", "brings a file of figures, whole or not at all",
               "entente stats upload asylum.csv --to IGC.ASYLUM --dry-run --annotate wrong.csv\n"
               "  entente stats upload asylum.xml --to IGC.ASYLUM --action merge\n"
               "  entente stats upload export.csv --to IGC.ASYLUM --mapping monthly",
               [=, &context] { run_figures_upload(context, *upload); });
  verb->add_option("file", upload->file.path,
                   "SDMX-CSV, SDMX-ML or SDMX-JSON, or any table with --mapping")
      ->required();
  verb->add_option("--to", upload->flow, "the dataflow, such as IGC.ASYLUM")->required();
  verb->add_option("--action", upload->action, "what the file does to what is there")
      ->check(CLI::IsMember({"replace", "append", "merge", "delete"}));
  verb->add_option("--mapping", upload->mapping,
                   "how the table is read: a file, or the name of a kept mapping");
  verb->add_flag("--dry-run", upload->file.dry_run, "only say what is wrong with it");
  verb->add_option("--annotate", upload->annotate,
                   "writes the file anew as CSV, with what is wrong beside each row");
  verb->add_flag_callback(
      "--publish-totals", [upload] { upload->file.request.set_publish_totals(true); },
      "even those that give confidential figures away");
  verb->add_option("--embargo", upload->embargo,
                   "not seen by others before this time, or day, which is its beginning in UTC");
  verb->add_flag("--again", upload->file.again,
                 "once more, though the same file was brought so today already");
}

void add_uploads(CLI::App& group, Context& context) {
  auto flow = std::make_shared<std::string>();
  auto request = std::make_shared<v1::ListUploadsRequest>();
  CLI::App* verb = add_verb(
      group, "uploads", "who brought what to a dataflow, newest first",
      "entente stats uploads IGC.ASYLUM", [=, &context] {
        request->set_dataflow(flow_name(*flow));
        context.call<v1::ListUploadsReply>(
            statistics_service + "ListUploads", *request, [&context](const auto& reply) {
              Table table({"WHEN", "PARTY", "ACTION", "OBSERVATIONS", "SIGNED", "UPLOAD"});
              for (const auto& one : reply.uploads()) {
                table.row({to_rfc3339(Instant(std::chrono::seconds(one.recorded_at().seconds()))),
                           one.party(), v1::UploadAction_Name(one.action()),
                           std::to_string(one.observations()),
                           one.signature().empty() ? "no" : "yes",
                           one.name().substr(one.name().find('/') + 1)});
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

void add_upload_verbs(CLI::App& group, Context& context) {
  add_figures_upload(group, context);
  add_uploads(group, context);
}

}  // namespace entente::cli
