// `entente document`: bringing documents, reading them, taking them back, and who has read them.
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "client/cli/archive_verbs.h"
#include "client/cli/document_words.h"
#include "client/cli/progress_bar.h"
#include "client/cli/retention_verbs.h"
#include "client/cli/search_verbs.h"
#include "client/cli/services.h"
#include "client/lib/documents.h"
#include "client/lib/sent_file.h"

namespace entente::cli {
namespace {

std::string document_name(const std::string& given) { return full_name("documents/", given); }

// By what most programs call them; all else is just bytes.
std::string media_type_of(const std::string& path) {
  static const std::map<std::string, std::string> types = {
      {".pdf", "application/pdf"},
      {".txt", "text/plain"},
      {".csv", "text/csv"},
      {".html", "text/html"},
      {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {".odt", "application/vnd.oasis.opendocument.text"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"}};
  const auto found = types.find(std::filesystem::path(path).extension().string());
  return found == types.end() ? "application/octet-stream" : found->second;
}

// --- upload -------------------------------------------------------------------------------------

struct Content {
  client::DocumentFile file;
  Recipients recipients;
  std::string process;
  std::string kind = "other";
  std::string handling = "limited";
  std::string language = "en";
  std::string body;
  std::string meeting;
  std::string date;
  std::string of;
  std::vector<std::string> title;
  std::vector<std::string> abstract;
  std::vector<std::string> topics;
  std::vector<std::string> countries;
  std::string status = "original";
  std::string media_type;
  std::vector<std::string> without;
  bool control = false;
  bool yes = false;
  bool lapse = false;
  bool dry_run = false;
};

void read_title(const Content& said, v1::Document& document) {
  read_text(said.title, said.language, *document.mutable_title());
  if (said.title.empty()) {
    (*document.mutable_title()->mutable_by_language())[said.language] =
        std::filesystem::path(said.file.path).filename().string();
  }
  read_text(said.abstract, said.language, *document.mutable_abstract());
}

bool read_upload(Context& context, const Content& said, v1::BeginContentRequest& request) {
  v1::Content& content = *request.mutable_content();
  content.set_language(said.language);
  content.set_file_name(std::filesystem::path(said.file.path).filename().string());
  content.set_media_type(said.media_type.empty() ? media_type_of(said.file.path) : said.media_type);
  v1::Content::Status status = v1::Content::ORIGINAL;
  v1::Content::Status_Parse(enum_word(said.status), &status);
  content.set_status(status);
  v1::Document& document = *request.mutable_document();
  if (!said.of.empty()) {
    document.set_name(document_name(said.of));
    return true;
  }
  document.set_process(full_name("processes/", said.process));
  if (!said.body.empty()) document.set_body(document.process() + "/bodies/" + said.body);
  if (!said.meeting.empty()) document.set_meeting(full_name("meetings/", said.meeting));
  document.set_date(said.date);
  v1::Document::Kind kind = v1::Document::OTHER;
  v1::Document::Kind_Parse(enum_word(said.kind), &kind);
  document.set_kind(kind);
  v1::Handling handling = v1::HANDLING_LIMITED;
  v1::Handling_Parse("HANDLING_" + enum_word(said.handling), &handling);
  document.mutable_visibility()->set_handling(handling);
  document.set_originator_control(said.control);
  *document.mutable_topics() = {said.topics.begin(), said.topics.end()};
  *document.mutable_countries() = {said.countries.begin(), said.countries.end()};
  read_title(said, document);
  return read_recipients(context, said.recipients, document.process(),
                         *document.mutable_visibility());
}

// As is said of a new one, as it is of one that is there.
Result<v1::Document> document_of(Context& context, const v1::Document& document) {
  if (document.name().empty()) return document;
  ENTENTE_TRY(client::Client * client, context.client());
  v1::GetDocumentRequest get;
  get.set_name(document.name());
  return client->call<v1::Document>(document_service + "GetDocument", get);
}

// The silences that end if the file is brought: the same bytes are no other text, and end none.
std::vector<v1::Document::Silence> ended_by(const v1::Document& there, const Content& said) {
  auto silences = silences_on(there, said.language);
  const v1::Content* content = client::content_in(there, said.language);
  if (silences.empty() || content == nullptr) return silences;
  const auto brought = client::digest_of(said.file.path);
  if (brought.ok() && brought->sha256 == content->sha256()) silences.clear();
  return silences;
}

void run_document_upload(Context& context, const Content& said) {
  client::DocumentFile file = said.file;
  if (!read_upload(context, said, file.request)) return;
  const Result<v1::Document> there = document_of(context, file.request.document());
  if (!there.ok()) return context.fail(there.status());
  const bool sealed = there->visibility().handling() == v1::HANDLING_CONFIDENTIAL;
  const auto silences = ended_by(*there, said);
  if (said.dry_run && !context.json) tell_of_lapse(silences, "another text");
  const bool told = said.lapse || said.dry_run;
  if (!may_lapse(context, silences, "another text", told)) return;
  // Sealed with each of its contents, the title is said each time.
  if (sealed && !said.of.empty()) read_title(said, *file.request.mutable_document());
  if (sealed) return run_seal(context, file, said.without, said.yes, said.dry_run);
  if (said.dry_run) return tell_beforehand(context, there->visibility(), there->process());
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  Result<client::Options> options = context.profiles().options();
  if (!options.ok()) return context.fail(options.status());
  file.certificate_path = options->certificate_path;
  file.key_path = options->key_path;
  file.agree = [&](const v1::Reckoning& readers) {
    if (!context.json) show_readers(readers);
    return is_agreed("send it?", said.yes);
  };
  const Result<v1::Document> kept =
      client::upload_document(**client, std::move(file), progress_bar());
  if (kept.status().code() == Code::Cancelled) {
    std::cout << "nothing was sent; `--yes` sends without asking\n";
    context.exit = Exit::No;
    return;
  }
  if (!kept.ok()) return context.fail(kept.status());
  if (context.json) return print_json(*kept);
  show_document(*kept);
}

void add_document_upload(CLI::App& group, Context& context) {
  auto said = std::make_shared<Content>();
  auto recipients = std::make_shared<Recipients>();
  CLI::App* verb = add_verb(
      group, "upload", "brings a document, or another language or revision of one",
      "entente document upload paper.pdf --process igc --handling restricted --to members\n"
      "  entente document upload papier.pdf --of 5f0c... --language fr --status "
      "courtesy-translation",
      [=, &context] {
        said->recipients = *recipients;
        if (said->of.empty() == said->process.empty()) {
          return context.fail(invalid_argument("--process", "or --of must be given"));
        }
        run_document_upload(context, *said);
      });
  verb->add_option("file", said->file.path, "what is to be brought")->required();
  verb->add_option("--process", said->process, "of a new document: its process");
  verb->add_option("--of", said->of, "the document that gets this content");
  verb->add_option("--kind", said->kind, "what it is")->check(CLI::IsMember(document_kinds()));
  verb->add_option("--title", said->title, "a title, or LANGUAGE=TITLE; may be given again");
  verb->add_option("--abstract", said->abstract, "likewise");
  verb->add_option("--topic", said->topics, "what it is about")->delimiter(',');
  verb->add_option("--country", said->countries, "countries concerned: SWE,CHE")->delimiter(',');
  verb->add_option("--body", said->body, "the body that it is for, such as wg-data");
  verb->add_option("--meeting", said->meeting, "the meeting that it is for");
  verb->add_option("--date", said->date, "its own date: 2001-06-14, 2001-06 or 2001");
  add_recipients(*verb, recipients);
  add_times(*verb, recipients);
  verb->add_option("--handling", said->handling, "open, limited, restricted or confidential")
      ->check(CLI::IsMember({"open", "limited", "restricted", "confidential"}));
  verb->add_option("--without", said->without,
                   "of what is confidential: an office that it is not sealed to");
  verb->add_flag("--control", said->control, "nobody but your party circulates it");
  verb->add_option("--language", said->language, "of the content");
  verb->add_option("--status", said->status, "original, official-translation, courtesy-translation")
      ->check(CLI::IsMember({"original", "official-translation", "courtesy-translation"}));
  verb->add_option("--type", said->media_type, "its media type, if its name does not say");
  verb->add_flag("--dry-run", said->dry_run, "only say who would be able to see it");
  verb->add_flag("--yes", said->yes, "send without asking");
  add_lapse(*verb, said->lapse);
}

// --- reading ------------------------------------------------------------------------------------

void run_document_get(Context& context, const std::string& name, const std::string& language,
                      std::string out, client::Opening opening) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::GetDocumentRequest get;
  get.set_name(document_name(name));
  Result<v1::Document> document =
      (*client)->call<v1::Document>(document_service + "GetDocument", get);
  if (!document.ok()) return context.fail(document.status());
  if (document->visibility().handling() == v1::HANDLING_CONFIDENTIAL) {
    return run_open(context, *document, language, out);
  }
  if (out.empty()) {
    const v1::Content* content = client::content_in(*document, language);
    out = client::unused_name(content == nullptr ? "" : content->file_name());
  }
  const Result<client::Fetched> fetched =
      client::fetch_document(**client, *document, language, out, opening, progress_bar());
  if (!fetched.ok()) return context.fail(fetched.status());
  std::cout << "kept as " << safe(fetched->path) << '\n';
  if (const Status proved = client::check_receipt(**client, *fetched); !proved.ok()) {
    return context.fail(proved);
  }
  if (fetched->receipt) {
    std::cout << "your copy is number " << fetched->copy_number
              << "; the ledger has a receipt of it\n";
  }
  if (!fetched->mark.empty()) std::cout << "it bears: " << safe(fetched->mark) << '\n';
}

void add_get(CLI::App& group, Context& context) {
  auto text = std::make_shared<std::array<std::string, 3>>();
  auto opens = std::make_shared<bool>(false);
  auto original = std::make_shared<bool>(false);
  CLI::App* verb =
      add_verb(group, "get", "fetches a document; of what is restricted, a copy with your name",
               "entente document get 5f0c... --out paper.pdf", [=, &context] {
                 run_document_get(context, (*text)[0], (*text)[1], (*text)[2],
                                  *original ? client::Opening::Original
                                  : *opens  ? client::Opening::Always
                                            : client::Opening::WhereDue);
               });
  verb->add_option("document", (*text)[0], "its name, or that of a revision")->required();
  verb->add_option("--language", (*text)[1], "another than the original");
  verb->add_option("--out", (*text)[2],
                   "the file to make or to replace; else by its own name, beside what is there");
  verb->add_flag("--receipt", *opens, "leave a receipt, though none is due");
  verb->add_flag("--original", *original,
                 "without a mark: what your party brought, or of a process that is concluded");
}

void add_show_and_list(CLI::App& group, Context& context) {
  auto get = std::make_shared<v1::GetDocumentRequest>();
  auto name = std::make_shared<std::string>();
  add_verb(group, "show", "what is said of a document", "entente document show 5f0c...",
           [=, &context] {
             get->set_name(document_name(*name));
             context.call<v1::Document>(document_service + "GetDocument", *get, show_document);
           })
      ->add_option("document", *name, "its name, or that of a revision")
      ->required();
  auto list = std::make_shared<v1::ListDocumentsRequest>();
  auto words = std::make_shared<std::array<std::string, 3>>();
  CLI::App* verb = add_verb(
      group, "list", "the documents that you can see, newest first",
      "entente document list --process igc --kind agenda", [=, &context] {
        list->set_process(full_name("processes/", (*words)[0]));
        list->set_originator(full_name("parties/", (*words)[1]));
        v1::Document::Kind kind = v1::Document::KIND_UNSPECIFIED;
        v1::Document::Kind_Parse(enum_word((*words)[2]), &kind);
        list->set_kind(kind);
        context.call<v1::ListDocumentsReply>(
            document_service + "ListDocuments", *list,
            [&context](const v1::ListDocumentsReply& reply) {
              Table table({"DOCUMENT", "WHEN", "OF", "KIND", "HANDLING", "TITLE"});
              for (const v1::Document& one : reply.documents()) {
                const bool told = !one.title().by_language().empty();
                table.row({one.name(), day_of(one.created_at()), one.originator(),
                           typed_word(v1::Document::Kind_Name(one.kind())),
                           typed_word(v1::Handling_Name(one.visibility().handling()).substr(9)),
                           told ? title_of(one.title())
                           : one.visibility().handling() == v1::HANDLING_CONFIDENTIAL &&
                                   one.state() == v1::Document::CURRENT
                               ? "(sealed)"
                               : "(" + typed_word(v1::Document::State_Name(one.state())) + ")"});
              }
              if (table.empty()) {
                std::cout << "no documents\n";
                context.exit = Exit::No;
                return;
              }
              table.print();
              if (!reply.next_page_token().empty()) {
                std::cout << "more: --page-token " << safe(reply.next_page_token()) << '\n';
              }
            });
      });
  verb->add_option("--process", (*words)[0], "only this process's");
  verb->add_option("--of-party", (*words)[1], "only this party's, such as SWE");
  verb->add_option("--kind", (*words)[2], "only of this kind")
      ->check(CLI::IsMember(document_kinds()));
  verb->add_option("--topic", *list->mutable_topic(), "only on this topic");
  verb->add_option("--country", *list->mutable_country(), "only where this country is concerned");
  verb->add_option("--page-token", *list->mutable_page_token(), "where to go on");
}

void show_who_read(const v1::Readers& readers) {
  std::cout << "it can be seen by " << safe(readers.in_words()) << '\n';
  Table table({"OPENED BY", "PARTY", "FIRST", "LAST", "COPIES", "FIRST COPY"});
  for (const auto& one : readers.readers()) {
    table.row({one.person().empty() ? one.account() : one.person(), one.party(),
               minute_of(one.first_at()), minute_of(one.last_at()), std::to_string(one.readings()),
               std::to_string(one.first_copy())});
  }
  if (!table.empty()) table.print();
  std::cout << "not yet opened by "
            << readers.not_yet_size() + static_cast<int>(readers.not_yet_unnamed());
  for (const std::string& person : readers.not_yet()) std::cout << ' ' << safe(person);
  std::cout << '\n';
}

// --- the end ------------------------------------------------------------------------------------

// There is no way back: what it is, is shown before.
bool may_destroy(Context& context, const std::string& document, bool yes) {
  if (yes) return true;
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status()), false;
  v1::GetDocumentRequest get;
  get.set_name(document);
  const auto there = (*client)->call<v1::Document>(document_service + "GetDocument", get);
  if (!there.ok()) return context.fail(there.status()), false;
  if (!context.json) show_document(*there);
  if (is_agreed("destroy it for ever, with all its texts?", false)) return true;
  std::cout << "nothing was destroyed; `--yes` destroys without asking\n";
  context.exit = Exit::No;
  return false;
}

void add_document_acts(CLI::App& group, Context& context) {
  auto readers = std::make_shared<std::string>();
  add_verb(group, "readers", "who has opened a document, and who has not",
           "entente document readers 5f0c...",
           [=, &context] {
             v1::GetReadersRequest request;
             request.set_name(document_name(*readers));
             context.call<v1::Readers>(document_service + "GetReaders", request, show_who_read);
           })
      ->add_option("document", *readers, "its name")
      ->required();
  auto withdraw = std::make_shared<v1::WithdrawDocumentRequest>();
  auto name = std::make_shared<std::string>();
  auto lapse = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(
      group, "withdraw", "takes a document of your party back",
      "entente document withdraw 5f0c... --because \"superseded\"", [=, &context] {
        withdraw->set_name(document_name(*name));
        if (!may_lapse_all(context, withdraw->name(), "a withdrawal", *lapse)) return;
        context.call<v1::Document>(document_service + "WithdrawDocument", *withdraw, show_document);
      });
  verb->add_option("document", *name, "its name")->required();
  verb->add_option("--because", *withdraw->mutable_because(), "why; its audience is told");
  add_lapse(*verb, *lapse);
  auto hold = std::make_shared<v1::HoldDocumentRequest>();
  auto lift = std::make_shared<bool>(false);
  verb = add_verb(group, "hold", "keeps a document from being destroyed, or no longer",
                  "entente document hold 5f0c...", [=, &context] {
                    v1::HoldDocumentRequest request;
                    request.set_name(document_name(hold->name()));
                    request.set_hold(!*lift);
                    context.call<v1::Document>(document_service + "HoldDocument", request,
                                               show_document);
                  });
  verb->add_option("document", *hold->mutable_name(), "its name")->required();
  verb->add_flag("--lift", *lift, "lift the hold");
  auto destroy = std::make_shared<v1::DestroyDocumentRequest>();
  auto yes = std::make_shared<bool>(false);
  verb = add_verb(
      group, "destroy", "destroys a document of your party for ever; the ledger keeps that it was",
      "entente document destroy 5f0c...", [=, &context] {
        v1::DestroyDocumentRequest request;
        request.set_name(document_name(destroy->name()));
        if (!may_lapse_all(context, request.name(), "its destruction", *lapse)) return;
        if (!may_destroy(context, request.name(), *yes)) return;
        context.call<v1::Document>(document_service + "DestroyDocument", request, show_document);
      });
  verb->add_option("document", *destroy->mutable_name(), "its name")->required();
  verb->add_flag("--yes", *yes, "destroy without asking");
  add_lapse(*verb, *lapse);
}

}  // namespace

void add_document_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("document", "documents of a process");
  group->require_subcommand(1);
  add_document_upload(*group, context);
  add_show_and_list(*group, context);
  add_get(*group, context);
  add_share(*group, context);
  add_narrow(*group, context);
  add_consent_verbs(app, context);
  add_document_acts(*group, context);
  add_archive_verbs(app, context);
  add_retention_verbs(*group, context);
  add_search_verbs(app, *group, context);
}

}  // namespace entente::cli
