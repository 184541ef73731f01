// `entente ledger`: what the ledger says, and whether it says the same to everyone.
#include <unistd.h>

#include <iostream>

#include "client/cli/context.h"
#include "client/lib/audit.h"
#include "entente/v1/ledger.pb.h"
#include "proto/contract/bytes.h"

namespace entente::cli {
namespace {

const std::string kService = "entente.v1.LedgerService.";

void verify(Context& context, bool whole) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const bool show_progress = ::isatty(STDERR_FILENO) != 0;
  Result<client::AuditReport> report =
      client::audit(**client, whole, [show_progress](std::uint64_t done, std::uint64_t of) {
        if (show_progress)
          std::cerr << "\r" << done << " of " << of << " entries" << (done == of ? "\n" : "");
      });
  if (!report.ok()) return context.fail(report.status());
  std::cout << "the ledger of " << report->checkpoint.size << " entries holds: " << report->read
            << " read from entry " << report->from << " on, " << report->seen
            << " of them open to you and unaltered\nroot "
            << to_base64(as_view(report->checkpoint.root)) << '\n';
}

void show_row(const v1::LedgerRow& row, Table& table) {
  const v1::LedgerEntry& entry = row.entry();
  const bool open = !row.canonical().empty();
  table.row({std::to_string(row.index()),
             open ? to_rfc3339(Instant(std::chrono::seconds(entry.time().seconds()))) : "",
             open ? entry.account() : "(not for you)", entry.kind(), entry.object()});
}

void add_log(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ListEntriesRequest>();
  auto count = std::make_shared<std::uint64_t>(20);
  add_verb(group, "log", "the newest entries, those open to you in words",
           "entente ledger log --last 50",
           [=, &context] {
             Result<client::Client*> client = context.client();
             if (!client.ok()) return context.fail(client.status());
             Result<note::Checkpoint> newest = (*client)->checkpoint();
             if (!newest.ok()) return context.fail(newest.status());
             request->set_from(newest->size > *count ? newest->size - *count : 0);
             request->set_to(newest->size);
             request->set_page_size(static_cast<std::uint32_t>(*count));
             context.call<v1::ListEntriesReply>(
                 kService + "ListEntries", *request, [](const auto& reply) {
                   Table table({"ENTRY", "TIME", "WHO", "WHAT", "ON"});
                   for (const v1::LedgerRow& row : reply.rows()) show_row(row, table);
                   table.print();
                 });
           })
      ->add_option("--last", *count, "how many (at most 1000)")
      ->check(CLI::Range(1, 1000));
}

}  // namespace

void add_ledger_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("ledger", "the record of every act, and whether it holds");
  group->require_subcommand(1);
  auto whole = std::make_shared<bool>(false);
  add_verb(*group, "verify", "rebuilds the ledger's root from its entries, from where you last did",
           "entente ledger verify --whole", [=, &context] { verify(context, *whole); })
      ->add_flag("--whole", *whole, "from the beginning");
  add_verb(*group, "checkpoint", "the newest checkpoint, checked, as a C2SP signed note",
           "entente ledger checkpoint", [&context] {
             Result<client::Client*> client = context.client();
             if (!client.ok()) return context.fail(client.status());
             if (Result<note::Checkpoint> held = (*client)->checkpoint(); !held.ok()) {
               return context.fail(held.status());
             }
             context.call<v1::Checkpoint>(
                 kService + "GetCheckpoint", v1::GetCheckpointRequest(),
                 [](const v1::Checkpoint& newest) { std::cout << newest.note(); });
           });
  add_log(*group, context);
}

}  // namespace entente::cli
