// `entente stats`: what the processes collect, reading and comparing.
#include <iostream>

#include "client/cli/services.h"
#include "client/cli/stats_words.h"
#include "client/cli/verbs.h"
#include "entente/v1/statistics.pb.h"

namespace entente::cli {
namespace {

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
            statistics_service + "ListDataflows", request, [&context](const auto& reply) {
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
    std::cout << safe(flow.name()) << ": " << safe(title_of(flow.title())) << '\n';
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
      std::cout << safe(list.name()) << ": " << list.items_size() << " items\n";
      continue;
    }
    Table table({"ITEM", "TITLE", "PART OF"});
    for (const auto& item : list.items()) {
      table.row({item.id(), title_of(item.title()), item.parent()});
    }
    table.print();
  }
  for (const auto& provision : set.provisions()) {
    std::cout << safe(provision.party()) << " reports for";
    for (const std::string& area : provision.reference_areas()) std::cout << ' ' << safe(area);
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
        context.call<v1::StructureSet>(statistics_service + "GetStructure", request,
                                       show_structure);
      })
      ->add_option("name", *name, "a dataflow, or any structure's name")
      ->required();
}

}  // namespace

void add_stats_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("stats", "the closed database of figures");
  group->require_subcommand(1);
  add_dataflows(*group, context);
  add_structure(*group, context);
  add_upload_verbs(*group, context);
  add_mapping_verbs(*group, context);
  add_prove_verb(*group, context);
  add_get_verb(*group, context);
  add_compare_verbs(*group, context);
  add_structure_verbs(*group, context);
  add_history_verbs(*group, context);
  add_exemption_verbs(*group, context);
}

}  // namespace entente::cli
