// `entente ledger`: what the ledger says, and whether it says the same to everyone.
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <iostream>

#include "client/cli/context.h"
#include "client/cli/services.h"
#include "client/lib/audit.h"
#include "client/lib/entered.h"
#include "client/lib/looks.h"
#include "entente/v1/ledger.pb.h"
#include "proto/contract/bytes.h"

namespace entente::cli {
namespace {

// protobuf's JSON mapping as it is: what others read, in whatever language.
void print_export(const google::protobuf::Message& message) {
  std::string text;
  if (google::protobuf::util::MessageToJsonString(message, &text).ok()) print_data(text + '\n');
}

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

// What is proved of those whose keys the profile has; of all others that the server names them.
void show_witnesses(Context& context) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<Ledger> ledger = context.profiles().ledger();
  if (!ledger.ok()) return context.fail(ledger.status());
  const Result<client::Looks> looks =
      client::looks_at_ledger(**client, context.clock(), ledger->key, ledger->witnesses);
  if (!looks.ok()) return context.fail(looks.status());
  Table table({"WITNESS", "PARTY", "ENTRIES", "LOOKED"});
  v1::ListCosignaturesReply proved;
  for (const witness::Look& look : looks->known) {
    v1::Cosignature& one = *proved.add_cosignatures();
    one.set_witness(look.witness.key.name());
    one.set_witness_key(look.witness.key.text());
    one.set_party("parties/" + look.witness.party);
    if (look.time_s != 0) one.mutable_time()->set_seconds(look.time_s);
    one.set_size(look.size);
    table.row({one.witness(), one.party(), one.has_time() ? std::to_string(one.size()) : "",
               one.has_time() ? to_rfc3339(Instant(std::chrono::seconds(look.time_s))) : "never"});
  }
  if (context.json) return print_json(proved);
  table.print();
  for (const v1::Cosignature& one : looks->strangers) {
    const std::string party = one.party().substr(one.party().find('/') + 1);
    std::cerr << "note: the server names `" << safe(one.witness()) << "` of `" << safe(one.party())
              << "`, whose key this profile was not given: nothing of it is proved. Ask `"
              << safe(one.party()) << "` for it, and name it with `entente profile add --witness "
              << safe(party) << "=KEY`\n";
  }
}

void show_log(Context& context, std::uint64_t count) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<v1::ListEntriesReply> newest = client::newest_rows(**client, count);
  if (!newest.ok()) return context.fail(newest.status());
  if (context.json) return print_json(*newest);
  Table table({"ENTRY", "TIME", "WHO", "WHAT", "ON"});
  for (const v1::LedgerRow& row : newest->rows()) show_row(row, table);
  table.print();
}

// What was checked, and no second one that was not.
void show_checkpoint(Context& context) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<v1::Checkpoint> held = (*client)->signed_checkpoint();
  if (!held.ok()) return context.fail(held.status());
  if (context.json) return print_json(*held);
  std::cout << held->note();
}

void add_log(CLI::App& group, Context& context) {
  auto count = std::make_shared<std::uint64_t>(20);
  add_verb(group, "log", "the newest entries, checked, those open to you in words",
           "entente ledger log --last 50", [=, &context] { show_log(context, *count); })
      ->add_option("--last", *count, "how many (at most 1000)")
      ->check(CLI::Range(1, 1000));
}

// Every row as one line of JSON, behind the checkpoint: what docs/examples/verify_ledger.py reads.
void export_ledger(Context& context) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<v1::Checkpoint> newest = (*client)->signed_checkpoint();
  if (!newest.ok()) return context.fail(newest.status());
  print_export(*newest);
  for (std::uint64_t next = 0; next < newest->size();) {
    v1::ListEntriesRequest request;
    request.set_from(next);
    request.set_to(newest->size());
    request.set_page_size(1000);
    const auto page =
        (*client)->call<v1::ListEntriesReply>(ledger_service + "ListEntries", request);
    if (!page.ok()) return context.fail(page.status());
    for (const v1::LedgerRow& row : page->rows()) print_export(row);
    if (page->next() <= next) {
      return context.fail({Code::DataLoss, Reason::ProofInvalid,
                           "the server left out entry " + std::to_string(next)});
    }
    next = page->next();
  }
}

// What docs/examples/verify_proof.py reads: that an entry is in the ledger, or that the ledger was
// once so large and no other. Checked here as far as it can be without what was seen then.
void prove_entry(Context& context, std::uint64_t index) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::ProveInclusionRequest request;
  request.set_index(index);
  const auto proof =
      (*client)->call<v1::InclusionProof>(ledger_service + "ProveInclusion", request);
  if (!proof.ok()) return context.fail(proof.status());
  if (const Status holds = client::check_proof(*proof); !holds.ok()) return context.fail(holds);
  print_export(*proof);
}

void prove_growth(Context& context, std::uint64_t old_size) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::ProveConsistencyRequest request;
  request.set_old_size(old_size);
  const auto proof =
      (*client)->call<v1::ConsistencyProof>(ledger_service + "ProveConsistency", request);
  if (!proof.ok()) return context.fail(proof.status());
  print_export(*proof);
}

void add_proofs(CLI::App& group, Context& context) {
  auto number = std::make_shared<std::uint64_t>(0);
  add_verb(group, "prove-entry",
           "that an entry is in the ledger, for whoever checks it without our code",
           "entente ledger prove-entry 12 > entry.json",
           [=, &context] { prove_entry(context, *number); })
      ->add_option("entry", *number, "its number")
      ->required();
  add_verb(group, "prove-growth",
           "that the ledger of so many entries is the beginning of the present one",
           "entente ledger prove-growth 12 > growth.json",
           [=, &context] { prove_growth(context, *number); })
      ->add_option("entries", *number, "how many it had, as a checkpoint seen then says")
      ->required();
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
           "entente ledger checkpoint", [&context] { show_checkpoint(context); });
  add_verb(*group, "export", "every row as JSON, for whoever checks it without our code",
           "entente ledger export > ledger.jsonl", [&context] { export_ledger(context); });
  add_verb(*group, "witnesses",
           "each witness that you know, and the newest checkpoint that it has co-signed",
           "entente ledger witnesses", [&context] { show_witnesses(context); });
  add_proofs(*group, context);
  add_log(*group, context);
}

}  // namespace entente::cli
