// `entente stats structures`: structure messages of SDMX brought in and taken out.
#include <fstream>
#include <iostream>
#include <iterator>

#include "client/cli/services.h"
#include "client/cli/stats_words.h"
#include "entente/v1/structures.pb.h"

namespace entente::cli {
namespace {

// A dataflow's short name, or any structure's whole one.
std::string structure_name(const std::string& given) {
  return given.find('/') == std::string::npos ? flow_name(given) : given;
}

void show_import(const v1::ImportStructuresReply& reply, bool dry_run) {
  for (const std::string& name : reply.changed()) {
    std::cout << (dry_run ? "would change " : "changed ") << safe(name) << '\n';
  }
  for (const std::string& name : reply.same()) {
    std::cout << "as it was: " << safe(name) << '\n';
  }
  for (const auto& one : reply.left_out()) {
    std::cout << "left out";
    if (one.line() != 0) std::cout << ", line " << one.line();
    std::cout << ": " << safe(one.what());
    if (one.count() > 1) std::cout << " (" << one.count() << ')';
    std::cout << ": " << safe(one.why()) << '\n';
  }
  if (dry_run) std::cout << "this was a dry run: nothing was changed\n";
}

void add_import(CLI::App& group, Context& context) {
  auto path = std::make_shared<std::string>();
  auto process = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* verb =
      add_verb(group, "import", "brings the structures of a message in, all of them or none",
               "entente stats structures import dsd.xml --dry-run\n"
               "  entente stats structures import dsd.xml --process igc",
               [=, &context] {
                 std::ifstream file(*path, std::ios::binary);
                 if (!file) {
                   return context.fail(invalid_argument("file", "`" + *path + "` cannot be read"));
                 }
                 v1::ImportStructuresRequest request;
                 request.set_content(std::string(std::istreambuf_iterator<char>(file), {}));
                 if (!process->empty()) request.set_process(full_name("processes/", *process));
                 context.call<v1::ImportStructuresReply>(
                     structure_service + (*dry_run ? "CheckStructures" : "ImportStructures"),
                     request, [dry_run](const auto& reply) { show_import(reply, *dry_run); });
               });
  verb->add_option("file", *path, "SDMX-ML 2.1 or 3.0, SDMX-JSON 1.0, 2.0 or 2.1")->required();
  verb->add_option("--process", *process, "whose collection new dataflows become");
  verb->add_flag("--dry-run", *dry_run, "only say what would change and what is left out");
}

void add_structure_export(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ExportStructuresRequest>();
  auto name = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("sdmx-ml");
  CLI::App* verb =
      add_verb(group, "export", "a structure as a message of SDMX, on standard output",
               "entente stats structures export IGC.ASYLUM --with-references > asylum.xml\n"
               "  entente stats structures export codelists/ENTENTE.CL_AREA --as sdmx-json",
               [=, &context] {
                 request->set_name(structure_name(*name));
                 request->set_format(*format == "sdmx-ml"       ? v1::SDMX_ML_2_1
                                     : *format == "sdmx-json-1" ? v1::SDMX_JSON_1_0
                                                                : v1::SDMX_JSON_2_0);
                 context.call<v1::ExportStructuresReply>(
                     structure_service + "ExportStructures", *request,
                     [](const auto& reply) { print_data(reply.content()); });
               });
  verb->add_option("name", *name, "a dataflow, or any structure's name")->required();
  verb->add_option("--as", *format, "the language of the message")
      ->check(CLI::IsMember({"sdmx-ml", "sdmx-json", "sdmx-json-1"}));
  verb->add_option("--version", *request->mutable_version(), "an earlier one than that in force");
  verb->add_flag_callback(
      "--with-references", [request] { request->set_with_references(true); },
      "all that it rests on, too");
}

void add_structure_list(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ListStructuresRequest>();
  CLI::App* verb =
      add_verb(group, "list", "the structures that there are, with their versions",
               "entente stats structures list --agency ENTENTE\n"
               "  entente stats structures list --kind codelists",
               [=, &context] {
                 context.call<v1::ListStructuresReply>(
                     structure_service + "ListStructures", *request,
                     [](const auto& reply) {
                       Table table({"NAME", "TITLE", "ITEMS", "VERSIONS", "SINCE"});
                       for (const auto& row : reply.rows()) {
                         std::string versions;
                         for (const std::string& one : row.versions()) {
                           versions += (versions.empty() ? "" : ", ") + one;
                         }
                         table.row({row.name(), title_of(row.title()),
                                    row.items() == 0 ? "" : std::to_string(row.items()), versions,
                                    day_of(row.recorded_at())});
                       }
                       if (table.empty()) {
                         std::cout << "no structures\n";
                       } else {
                         table.print();
                       }
                     },
                     [](const v1::ListStructuresReply& reply) { return reply.rows().empty(); });
               });
  verb->add_option("--kind", *request->mutable_collection(),
                   "codelists, concept-schemes, data-structures, dataflows, provisions, agencies, "
                   "hierarchies, category-schemes, categorisations");
  verb->add_option("--agency", *request->mutable_agency(), "only those of this agency");
}

}  // namespace

void add_structure_verbs(CLI::App& stats, Context& context) {
  CLI::App* group =
      stats.add_subcommand("structures", "structure messages: bring in, take out, list");
  group->require_subcommand(1);
  add_structure_list(*group, context);
  add_import(*group, context);
  add_structure_export(*group, context);
}

}  // namespace entente::cli
