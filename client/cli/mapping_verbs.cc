// `entente stats mapping`: how one's own spreadsheet exports are read, kept for the next time.
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "client/cli/screen.h"
#include "client/cli/services.h"
#include "client/cli/stats_words.h"
#include "entente/v1/session.pb.h"

namespace entente::cli {
namespace {

// Remembers the first fault, with its line.
class FirstFault final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!fault.empty()) return;
    fault = "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) + ": " +
            message;
  }
  std::string fault;
};

void show_mapping(const v1::Mapping& mapping) {
  // As `put` takes it: without what the server adds.
  v1::Mapping own = mapping;
  own.clear_name();
  own.clear_changed_at();
  own.clear_account();
  own.clear_revision();
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  printer.PrintToString(own, &text);
  const AsData as_data;
  std::cout << "# proto-file: entente/v1/mapping.proto\n# proto-message: Mapping\n# "
            << safe(mapping.name()) << ", revision " << mapping.revision() << ", by "
            << safe(mapping.account()) << '\n'
            << text;
}

struct Named {
  std::string flow;
  std::string name;
  std::string file;
};

void add_put(CLI::App& group, Context& context) {
  auto named = std::make_shared<Named>();
  CLI::App* verb = add_verb(
      group, "put", "keeps a mapping under a name, or changes the kept one",
      "entente stats mapping put IGC.ASYLUM monthly mapping.textproto", [=, &context] {
        v1::PutMappingRequest request;
        v1::Mapping& mapping = *request.mutable_mapping();
        if (!read_mapping(context, named->file, mapping)) return;
        mapping.set_name(mapping_name(context, flow_name(named->flow), named->name));
        if (mapping.name().empty()) return;
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        v1::GetMappingRequest get;
        get.set_name(mapping.name());
        const auto before = (*client)->call<v1::Mapping>(mapping_service + "GetMapping", get);
        if (before.ok()) mapping.set_revision(before->revision());
        context.call<v1::Mapping>(mapping_service + "PutMapping", request,
                                  [](const v1::Mapping& kept) {
                                    std::cout << "kept as " << safe(kept.name()) << ", revision "
                                              << kept.revision() << '\n';
                                  });
      });
  verb->add_option("dataflow", named->flow, "such as IGC.ASYLUM")->required();
  verb->add_option("name", named->name, "a name of your own, such as monthly")->required();
  verb->add_option("file", named->file, "the mapping: protobuf text format, or JSON")->required();
}

void add_mapping_show(CLI::App& group, Context& context) {
  auto named = std::make_shared<Named>();
  CLI::App* verb =
      add_verb(group, "show", "a kept mapping, as `put` takes it",
               "entente stats mapping show IGC.ASYLUM monthly > mapping.textproto", [=, &context] {
                 v1::GetMappingRequest request;
                 request.set_name(mapping_name(context, flow_name(named->flow), named->name));
                 if (request.name().empty()) return;
                 context.call<v1::Mapping>(mapping_service + "GetMapping", request, show_mapping);
               });
  verb->add_option("dataflow", named->flow, "such as IGC.ASYLUM")->required();
  verb->add_option("name", named->name, "such as monthly")->required();
}

void add_mapping_list(CLI::App& group, Context& context) {
  auto flow = std::make_shared<std::string>();
  add_verb(group, "list", "the mappings that your party keeps for a dataflow",
           "entente stats mapping list IGC.ASYLUM",
           [=, &context] {
             v1::ListMappingsRequest request;
             request.set_dataflow(flow_name(*flow));
             context.call<v1::ListMappingsReply>(
                 mapping_service + "ListMappings", request, [&context](const auto& reply) {
                   Table table({"MAPPING", "COLUMNS", "REVISION", "CHANGED", "BY"});
                   for (const v1::Mapping& one : reply.mappings()) {
                     table.row({one.name(), std::to_string(one.columns_size()),
                                std::to_string(one.revision()), day_of(one.changed_at()),
                                one.account()});
                   }
                   if (table.empty()) {
                     std::cout << "no mappings\n";
                     context.exit = Exit::No;
                     return;
                   }
                   table.print();
                 });
           })
      ->add_option("dataflow", *flow, "such as IGC.ASYLUM")
      ->required();
}

void add_delete(CLI::App& group, Context& context) {
  auto named = std::make_shared<Named>();
  CLI::App* verb = add_verb(
      group, "delete", "keeps a mapping no longer",
      "entente stats mapping delete IGC.ASYLUM monthly", [=, &context] {
        v1::DeleteMappingRequest request;
        request.set_name(mapping_name(context, flow_name(named->flow), named->name));
        if (request.name().empty()) return;
        context.call<v1::DeleteMappingReply>(mapping_service + "DeleteMapping", request,
                                             [&](const auto&) { std::cout << "deleted\n"; });
      });
  verb->add_option("dataflow", named->flow, "such as IGC.ASYLUM")->required();
  verb->add_option("name", named->name, "such as monthly")->required();
}

}  // namespace

bool read_mapping(Context& context, const std::string& path, v1::Mapping& out) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) {
    context.fail(invalid_argument("mapping", "`" + path + "` cannot be read"));
    return false;
  }
  std::string fault;
  if (text.find_first_not_of(" \t\r\n") != std::string::npos &&
      text[text.find_first_not_of(" \t\r\n")] == '{') {
    const auto read = google::protobuf::util::JsonStringToMessage(text, &out);
    if (!read.ok()) fault = std::string(read.message());
  } else {
    FirstFault faults;
    google::protobuf::TextFormat::Parser parser;
    parser.RecordErrorsTo(&faults);
    if (!parser.ParseFromString(text, &out)) fault = faults.fault;
  }
  if (fault.empty()) return true;
  context.fail(invalid_argument("mapping", "`" + path + "`: " + fault));
  return false;
}

std::string mapping_name(Context& context, const std::string& dataflow, const std::string& given) {
  if (given.find('/') != std::string::npos) return given;
  Result<client::Client*> client = context.client();
  if (!client.ok()) {
    context.fail(client.status());
    return {};
  }
  const auto session =
      (*client)->call<v1::Session>("entente.v1.SessionService.GetSession", v1::GetSessionRequest());
  if (!session.ok()) {
    context.fail(session.status());
    return {};
  }
  const std::string& party = session->party();
  return dataflow + "/mappings/" + party.substr(party.find('/') + 1) + "." + given;
}

void add_mapping_verbs(CLI::App& group, Context& context) {
  CLI::App* mapping = group.add_subcommand("mapping", "how your own spreadsheet exports are read");
  mapping->require_subcommand(1);
  add_put(*mapping, context);
  add_mapping_show(*mapping, context);
  add_mapping_list(*mapping, context);
  add_delete(*mapping, context);
}

}  // namespace entente::cli
