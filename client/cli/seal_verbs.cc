// Confidential documents on the command line: sealed to the offices of their audience, opened with
// an office's key, shared on.
#include <filesystem>
#include <iostream>

#include "client/cli/document_words.h"
#include "client/cli/progress_bar.h"
#include "client/lib/own_text.h"
#include "client/lib/sealing.h"
#include "client/lib/state_files.h"
#include "entente/v1/session.pb.h"
#include "proto/contract/limits_search.h"

namespace entente::cli {
namespace {

// The hand that seals, of the profile in use.
Result<client::SealingHand> sealing_hand(Context& context) {
  const Profiles profiles = context.profiles();
  ENTENTE_TRY(const client::Options options, profiles.options());
  ENTENTE_TRY(Ledger ledger, profiles.ledger());
  ENTENTE_TRY(client::Client * client, context.client());
  ENTENTE_TRY(
      const v1::Session session,
      client->call<v1::Session>("entente.v1.SessionService.GetSession", v1::GetSessionRequest()));
  client::SealingHand hand;
  hand.files = {.certificate_path = options.certificate_path, .key_path = options.key_path};
  hand.account = session.account();
  hand.ledger_key = std::move(ledger.key);
  hand.witnesses = std::move(ledger.witnesses);
  hand.work_dir = options.state_dir + "/sealing";
  return hand;
}

Result<std::vector<client::OfficeKey>> keys_of(Context& context, const std::string& folder) {
  if (!folder.empty()) return client::office_keys_in(folder);
  ENTENTE_TRY(const std::string usual, context.profiles().office_keys());
  return client::office_keys_in(usual);
}

// What was opened is found by search from now on. Not to be told of where it cannot be kept: what
// was asked for is there.
void keep_to_search(const client::OwnShelf& shelf, const client::Opened& opened) {
  client::OwnText text{.manifest = opened.manifest, .text = {}};
  if (opened.manifest.bytes() <= limits::own_searched_bytes_max) {
    text.text = client::text_of(opened.manifest, client::read_whole(opened.path), shelf.reader());
  }
  (void)shelf.put(text).ok();
}

// `entente-extract`, which was built beside this program or installed for it; empty: it is not
// here.
std::string text_reader() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& one :
       {own / "entente-extract", own.parent_path() / "lib/entente-client/entente-extract"}) {
    if (fs::exists(one, error)) return one.string();
  }
  return {};
}

void show_recipients(const client::Recipients& recipients) {
  Table table({"SEALED TO", "PARTY", "THROUGH"});
  for (const v1::SealRecipient& one : recipients.offices) {
    std::string through;
    for (const std::string& principal : one.through()) {
      through += (through.empty() ? "" : ", ") + principal;
    }
    table.row({one.office(), one.party(), through});
  }
  table.print();
  for (const std::string& office : recipients.shown.without()) {
    std::cout << "not sealed to " << safe(office)
              << ", which has no certificate: it sees that the document is there, and cannot open "
                 "it\n";
  }
  if (recipients.shown.unnamed() != 0) {
    std::cout << "not sealed to " << recipients.shown.unnamed()
              << " offices whose entries you may not see\n";
  }
}

std::set<std::string> offices_of(const std::vector<std::string>& given) {
  std::set<std::string> offices;
  for (const std::string& one : given) offices.insert(full_name("offices/", one));
  return offices;
}

}  // namespace

Result<client::OwnShelf> own_shelf(Context& context) {
  const Profiles profiles = context.profiles();
  ENTENTE_TRY(const client::Options options, profiles.options());
  ENTENTE_TRY(std::vector<client::OfficeKey> keys, keys_of(context, ""));
  return client::OwnShelf(options.state_dir + "/search", std::move(keys), text_reader());
}

void run_seal(Context& context, const client::DocumentFile& file,
              const std::vector<std::string>& without, bool yes, bool dry_run) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<client::SealingHand> hand = sealing_hand(context);
  if (!hand.ok()) return context.fail(hand.status());
  client::SealFile sealing;
  sealing.path = file.path;
  sealing.request = file.request;
  sealing.without = offices_of(without);
  sealing.agree = [&](const client::Recipients& recipients, const std::string& warning) {
    if (!context.json) {
      show_readers(recipients.shown.readers());
      show_recipients(recipients);
      if (!warning.empty()) std::cout << "WARNING: " << safe(warning) << '\n';
      std::cout << "what they open they can keep: nobody can call a key back\n";
    }
    if (dry_run) std::cout << "this was a dry run: nothing was sealed or sent\n";
    return !dry_run && is_agreed("seal and send it?", yes);
  };
  const Result<v1::Document> kept =
      client::seal_and_send(**client, context.clock(), *hand, std::move(sealing), progress_bar());
  if (kept.status().code() == Code::Cancelled) {
    if (dry_run) return;
    std::cout << "nothing was sent; `--yes` sends without asking\n";
    context.exit = Exit::No;
    return;
  }
  if (!kept.ok()) return context.fail(kept.status());
  if (context.json) return print_json(*kept);
  show_document(*kept);
}

void run_open(Context& context, const v1::Document& document, const std::string& language,
              const std::string& out) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const auto keys = keys_of(context, "");
  if (!keys.ok()) return context.fail(keys.status());
  const Result<client::Opened> opened =
      client::fetch_and_open(**client, *keys, document, language, out, progress_bar());
  if (!opened.ok()) return context.fail(opened.status());
  if (const auto shelf = own_shelf(context); shelf.ok()) keep_to_search(*shelf, *opened);
  if (context.json) return print_json(opened->manifest);
  const v1::SealedManifest& manifest = opened->manifest;
  std::cout << safe(title_of(manifest.title())) << "\n  sealed by " << safe(manifest.sealed_by())
            << " at " << minute_of(manifest.sealed_at()) << ", revision " << manifest.revision()
            << ", to " << opened->recipients.size() << " certificates\nkept as "
            << safe(opened->path) << "\nyour copy is number " << opened->copy_number
            << "; the ledger has a receipt of it\n";
}

void add_narrow(CLI::App& group, Context& context) {
  auto name = std::make_shared<std::string>();
  auto less = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = add_verb(
      group, "narrow", "takes somebody out of the audience of a document of your party",
      "entente document narrow 5f0c... --less party/CHE", [=, &context] {
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        v1::GetDocumentRequest get;
        get.set_name(full_name("documents/", *name));
        const Result<v1::Document> document =
            (*client)->call<v1::Document>("entente.v1.DocumentService.GetDocument", get);
        if (!document.ok()) return context.fail(document.status());
        Recipients recipients;
        recipients.to = *less;
        v1::Visibility out;
        if (!read_recipients(context, recipients, document->process(), out)) return;
        v1::UpdateDocumentRequest request;
        *request.mutable_document() = *document;
        request.mutable_document()
            ->mutable_visibility()
            ->mutable_audience()
            ->mutable_none_of()
            ->MergeFrom(out.audience().any_of());
        context.call<v1::Document>(
            "entente.v1.DocumentService.UpdateDocument", request, [](const v1::Document& shown) {
              show_document(shown);
              std::cout << "what they have opened they can have kept; the next revision is sealed "
                           "without them\n";
            });
      });
  verb->add_option("document", *name, "its name")->required();
  verb->add_option("--less", *less, "who: party/CHE, observers, wg-data; again for more")
      ->required()
      ->delimiter(',');
}

void add_share(CLI::App& group, Context& context) {
  auto name = std::make_shared<std::string>();
  auto language = std::make_shared<std::string>();
  auto without = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = add_verb(
      group, "share", "seals a confidential document on to who has joined its audience since",
      "entente document share 5f0c...", [=, &context] {
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        const Result<client::SealingHand> hand = sealing_hand(context);
        if (!hand.ok()) return context.fail(hand.status());
        const auto keys = keys_of(context, "");
        if (!keys.ok()) return context.fail(keys.status());
        v1::GetDocumentRequest get;
        get.set_name(full_name("documents/", *name));
        const Result<v1::Document> document =
            (*client)->call<v1::Document>("entente.v1.DocumentService.GetDocument", get);
        if (!document.ok()) return context.fail(document.status());
        const Result<client::Recipients> shared = client::share_on(
            **client, context.clock(), *hand, *keys, *document, *language, offices_of(*without));
        if (!shared.ok()) return context.fail(shared.status());
        if (shared->offices.empty()) {
          std::cout << "every office of its audience that has a certificate can open it\n";
          context.exit = Exit::No;
          return;
        }
        show_recipients(*shared);
        std::cout << "what they open they can keep: nobody can call a key back\n";
      });
  verb->add_option("document", *name, "its name")->required();
  verb->add_option("--language", *language, "another than the original");
  verb->add_option("--without", *without, "an office that it is not sealed to");
}

}  // namespace entente::cli
