// `entente stats exemption`: who sees the others' figures of a reciprocal dataflow without giving
// its own, by the word of two.
#include <iostream>

#include "client/cli/directory_words.h"
#include "client/cli/output.h"
#include "client/cli/stats_words.h"
#include "client/cli/two_persons.h"
#include "client/lib/consent.h"
#include "entente/v1/exemptions.pb.h"

namespace entente::cli {
namespace {

const std::string exemption_service = "entente.v1.ExemptionService.";

void show_exemption(const v1::Exemption& one) {
  std::cout << safe(last(one.party())) << " sees the others' figures of " << safe(one.dataflow())
            << " until " << safe(one.until()) << ": " << safe(one.reason()) << "\n  proposed by "
            << safe(one.proposed_by());
  if (!one.approved_by().empty()) {
    std::cout << ", approved by " << safe(one.approved_by()) << '\n';
    return;
  }
  std::cout << "; waits for a second person until "
            << to_rfc3339(Instant(std::chrono::seconds(one.expires_at().seconds()))) << '\n';
}

Result<v1::ListExemptionsReply> list_of(Context& context, const std::string& dataflow) {
  ENTENTE_TRY(client::Client* const client, context.client());
  v1::ListExemptionsRequest list;
  list.set_dataflow(dataflow);
  return client->call<v1::ListExemptionsReply>(exemption_service + "ListExemptions", list);
}

void propose_exemption(Context& context, v1::ProposeExemptionRequest request) {
  const auto files = signing_files(context);
  if (!files.ok()) return context.fail(files.status());
  const auto there = list_of(context, request.dataflow());
  if (!there.ok()) return context.fail(there.status());
  for (const v1::Exemption& one : there->exemptions()) {
    if (one.party() == request.party()) request.set_revision(one.revision());
  }
  if (const Status status = client::sign(*files, request); !status.ok()) {
    return context.fail(status);
  }
  context.call<v1::Exemption>(exemption_service + "ProposeExemption", request, show_exemption);
}

void approve_exemption(Context& context, const std::string& dataflow, const std::string& party) {
  const auto all = list_of(context, dataflow);
  if (!all.ok()) return context.fail(all.status());
  approve_waiting<v1::Exemption>(
      context, exemption_service + "ApproveExemption", all->exemptions(),
      [&](const auto& one) { return one.party() == party && one.approved_by().empty(); },
      "no exemption of " + last(party) + " waits for anybody", show_exemption);
}

void add_exemption_propose(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ProposeExemptionRequest>();
  auto flow = std::make_shared<std::string>();
  CLI::App* verb =
      add_verb(group, "propose", "a party is to see the others' figures; another must approve it",
               "entente stats exemption propose IGC.TRAFFICKING CHE --until 2026-12-31 "
               "--reason \"its system is being replaced\"",
               [=, &context] {
                 request->set_dataflow(flow_name(*flow));
                 propose_exemption(context, *request);
               });
  verb->add_option("dataflow", *flow, "such as IGC.TRAFFICKING")->required();
  add_text(verb, "party", "`CHE`", request, [](auto& r, const std::string& v) {
    r.set_party(in("parties", v));
  })->required();
  add_text(verb, "--until", "the last day; one that is past ends an exemption", request,
           [](auto& r, const std::string& v) { r.set_until(v); })
      ->required();
  add_text(verb, "--reason", "why, in a line: the dataflow's readers see it", request,
           [](auto& r, const std::string& v) { r.set_reason(v); })
      ->required();
}

}  // namespace

void add_exemption_verbs(CLI::App& stats, Context& context) {
  CLI::App* group = stats.add_subcommand(
      "exemption", "who sees the others' figures without giving its own, by the word of two");
  group->require_subcommand(1);
  add_exemption_propose(*group, context);
  auto approved = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* verb = add_verb(*group, "approve", "the second person's word, signed over what it says",
                            "entente stats exemption approve IGC.TRAFFICKING CHE", [=, &context] {
                              approve_exemption(context, flow_name(approved->first),
                                                in("parties", approved->second));
                            });
  verb->add_option("dataflow", approved->first, "such as IGC.TRAFFICKING")->required();
  verb->add_option("party", approved->second, "`CHE`")->required();
  auto flow = std::make_shared<std::string>();
  add_verb(*group, "list", "those that hold, and to the secretariat those that wait",
           "entente stats exemption list IGC.TRAFFICKING",
           [=, &context] {
             v1::ListExemptionsRequest list;
             list.set_dataflow(flow_name(*flow));
             context.call<v1::ListExemptionsReply>(exemption_service + "ListExemptions", list,
                                                   [](const v1::ListExemptionsReply& reply) {
                                                     if (reply.exemptions().empty())
                                                       std::cout << "nobody is exempt\n";
                                                     for (const auto& one : reply.exemptions())
                                                       show_exemption(one);
                                                   });
           })
      ->add_option("dataflow", *flow, "such as IGC.TRAFFICKING")
      ->required();
}

}  // namespace entente::cli
