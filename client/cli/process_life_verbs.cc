// How a process goes on, by the word of two: dormant, active again, concluded.
#include "client/cli/process_life_verbs.h"

#include <iostream>

#include "client/cli/directory_words.h"
#include "client/cli/document_words.h"
#include "client/cli/services.h"
#include "client/cli/two_persons.h"
#include "client/lib/process_consent.h"

namespace entente::cli {
namespace {

std::string word_of(v1::Process::Status status) {
  return typed_word(v1::Process::Status_Name(status));
}

void show_status_proposal(const v1::ProcessStatusProposal& one) {
  std::cout << safe(one.name()) << "\n  " << safe(last(one.process())) << " is to be "
            << word_of(one.status()) << ": " << safe(one.because()) << "\n  proposed by "
            << safe(one.proposed_by()) << "; waits for a second person until "
            << to_rfc3339(Instant(std::chrono::seconds(one.expires_at().seconds()))) << '\n';
}

void propose_status(Context& context, v1::ProposeProcessStatusRequest request) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const auto files = signing_files(context);
  if (!files.ok()) return context.fail(files.status());
  if (const Status status = client::sign(**client, *files, request); !status.ok())
    return context.fail(status);
  context.call<v1::ProcessStatusProposal>(process_life_service + "ProposeProcessStatus", request,
                                          show_status_proposal);
}

void approve_status(Context& context, const std::string& name) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::ListProcessStatusProposalsRequest list;
  list.set_process(name.substr(0, name.find("/statusProposals/")));
  const auto all = (*client)->call<v1::ListProcessStatusProposalsReply>(
      process_life_service + "ListProcessStatusProposals", list);
  if (!all.ok()) return context.fail(all.status());
  approve_waiting<v1::Process>(
      context, process_life_service + "ApproveProcessStatus", all->proposals(),
      [&](const auto& one) { return one.name() == name; },
      "`" + name + "` does not wait for anybody",
      [](const v1::Process& process) {
        std::cout << safe(process.name()) << " is " << word_of(process.status()) << '\n';
      });
}

}  // namespace

void add_process_life_verbs(CLI::App& process, Context& context) {
  auto request = std::make_shared<v1::ProposeProcessStatusRequest>();
  CLI::App* verb = add_verb(
      process, "propose", "that it is dormant, active again, or concluded; another must approve it",
      "entente process propose igc dormant --because \"no secretariat after 2027\"",
      [=, &context] { propose_status(context, *request); });
  add_text(verb, "id", "`igc`", request, [](auto& r, const std::string& v) {
    r.set_process(in("processes", v));
  })->required();
  add_text(verb, "status", "active, dormant or concluded", request,
           [](auto& r, const std::string& v) {
             r.set_status(v == "active"    ? v1::Process::ACTIVE
                          : v == "dormant" ? v1::Process::DORMANT
                                           : v1::Process::CONCLUDED);
           })
      ->required()
      ->check(CLI::IsMember({"active", "dormant", "concluded"}));
  add_text(verb, "--because", "why; it stands among the events of the process", request,
           [](auto& r, const std::string& v) { r.set_because(v); })
      ->required();
  auto list = std::make_shared<v1::ListProcessStatusProposalsRequest>();
  verb = add_verb(process, "waiting", "what of it waits for a second person",
                  "entente process waiting igc", [=, &context] {
                    context.call<v1::ListProcessStatusProposalsReply>(
                        process_life_service + "ListProcessStatusProposals", *list,
                        [](const auto& reply) {
                          if (reply.proposals().empty()) std::cout << "nothing waits\n";
                          for (const auto& one : reply.proposals()) show_status_proposal(one);
                        });
                  });
  add_text(verb, "id", "`igc`", list, [](auto& r, const std::string& v) {
    r.set_process(in("processes", v));
  })->required();
  auto name = std::make_shared<std::string>();
  add_verb(process, "approve", "the second person's word, signed over what it says",
           "entente process approve processes/igc/statusProposals/4f2a...",
           [=, &context] { approve_status(context, *name); })
      ->add_option("proposal", *name, "as `entente process waiting` shows it")
      ->required();
}

}  // namespace entente::cli
