// `entente circulate`, `inbox`, `outbox`, `news`, `circulation`: sending documents, and what comes
// of it.
#include <iostream>

#include "client/cli/consent_words.h"
#include "client/cli/document_words.h"
#include "client/cli/services.h"
#include "proto/contract/bytes.h"

namespace entente::cli {
namespace {

std::string circulation_name(const std::string& given) { return full_name("circulations/", given); }

std::string ask_of(const v1::Circulation& circulation) {
  std::string words = typed_word(v1::Circulation::Ask_Name(circulation.ask()));
  if (circulation.has_deadline()) words += " until " + minute_of(circulation.deadline());
  if (circulation.outcome() != v1::Circulation::OUTCOME_UNSPECIFIED) {
    words += ": " + typed_word(v1::Circulation::Outcome_Name(circulation.outcome()));
    if (circulation.outcome() == v1::Circulation::LAPSED)
      words += " (changed, withdrawn or destroyed)";
  }
  return words;
}

std::string state_of(const v1::Circulation& circulation) {
  if (circulation.has_recalled_at()) return "recalled";
  if (circulation.has_acknowledged_at()) return "acknowledged";
  return circulation.has_opened_at() ? "opened" : "new";
}

std::string titles_of(const v1::Circulation& circulation) {
  std::string titles;
  for (const v1::Document& one : circulation.shown()) {
    titles += (titles.empty() ? "" : "; ") +
              (one.title().by_language().empty() ? "(not shown)" : title_of(one.title()));
  }
  return titles;
}

// What a silence adopts, or has.
void show_sent(const v1::Circulation& circulation) {
  const bool adopted = circulation.outcome() == v1::Circulation::ADOPTED;
  for (const v1::SentDocument& one : circulation.sent()) {
    for (const v1::SentDocument::Text& text : one.texts()) {
      std::cout << (adopted ? "  adopted is " : "  sent was ") << safe(one.name()) << ", "
                << safe(text.language()) << ", SHA-256 " << to_hex(text.sha256()) << '\n';
    }
    if (one.changed()) std::cout << "  ! the document has another text now\n";
  }
}

void show_circulation(const v1::Circulation& circulation) {
  std::cout << safe(circulation.name()) << ": " << safe(ask_of(circulation)) << ", from "
            << safe(circulation.sender()) << ", " << minute_of(circulation.sent_at()) << '\n';
  if (!circulation.in_words().empty()) {
    std::cout << "  seen by " << safe(circulation.in_words()) << '\n';
  }
  if (circulation.has_recalled_at()) std::cout << "  recalled\n";
  const std::string note = title_of(circulation.note());
  if (!note.empty()) std::cout << "  " << safe(note) << '\n';
  for (const v1::Document& one : circulation.shown()) show_document(one);
  show_sent(circulation);
  Table table({"WHO", "PARTY", "OPENED", "ACKNOWLEDGED", "COMMENTS", "ELSE"});
  for (const v1::Recipient& one : circulation.recipients()) {
    table.row({one.person(), one.party(), one.has_opened_at() ? minute_of(one.opened_at()) : "no",
               one.has_acknowledged_at() ? minute_of(one.acknowledged_at()) : "no",
               std::to_string(one.comments()),
               one.broke_silence() ? "broke silence"
               : one.done()        ? "done"
                                   : ""});
  }
  if (!table.empty()) table.print();
  if (circulation.recipients_unnamed() != 0) {
    std::cout << "and " << circulation.recipients_unnamed()
              << " whose entries are not yours to see\n";
  }
}

void show_circulation_list(Context& context, const v1::ListCirculationsReply& reply,
                           const char* nothing) {
  Table table({"CIRCULATION", "SENT", "FROM", "FOR", "STATE", "DOCUMENTS"});
  for (const v1::Circulation& one : reply.circulations()) {
    table.row({one.name(), minute_of(one.sent_at()),
               one.sender().substr(one.sender().rfind('/') + 1), ask_of(one), state_of(one),
               titles_of(one)});
  }
  if (table.empty()) {
    std::cout << nothing << '\n';
    context.exit = Exit::No;
    return;
  }
  table.print();
  if (!reply.next_page_token().empty()) {
    std::cout << "more: --page-token " << safe(reply.next_page_token()) << '\n';
  }
}

// Before what was sent: what the caller's party is asked to allow, of documents that are its own.
bool show_waiting_consents(Context& context) {
  v1::ListConsentsRequest request;
  request.set_waiting(true);
  const Result<client::Client*> client = context.client();
  if (!client.ok()) return false;
  const auto waiting =
      (*client)->call<v1::ListConsentsReply>("entente.v1.ConsentService.ListConsents", request);
  if (!waiting.ok()) {
    context.fail(waiting.status());
    return false;
  }
  if (waiting->consents().empty()) return false;
  std::cout << "your party is asked for its consent (`entente consent grant` or `refuse`):\n";
  for (const v1::DocumentConsent& one : waiting->consents()) show_consent(one);
  std::cout << '\n';
  return true;
}

void show_inbox(Context& context, const v1::ListCirculationsReply& reply, bool first_page) {
  const bool asked = first_page && show_waiting_consents(context);
  show_circulation_list(context, reply, "nothing was sent to you");
  if (asked && context.exit == Exit::No) context.exit = Exit::Ok;
}

// What would be asked, and of whom: as was said, else who sees the first of its documents.
void tell_of(Context& context, const v1::Circulation& circulation) {
  std::cout << safe(ask_of(circulation)) << '\n';
  if (circulation.has_visibility()) {
    return tell_beforehand(context, circulation.visibility(), circulation.process());
  }
  v1::GetDocumentRequest get;
  get.set_name(circulation.documents(0));
  context.call<v1::Document>("entente.v1.DocumentService.GetDocument", get,
                             [&](const v1::Document& first) {
                               tell_beforehand(context, first.visibility(), first.process());
                             });
}

void add_circulate(CLI::App& app, Context& context) {
  auto dry_run = std::make_shared<bool>(false);
  auto documents = std::make_shared<std::vector<std::string>>();
  auto recipients = std::make_shared<Recipients>();
  auto note = std::make_shared<std::vector<std::string>>();
  auto text = std::make_shared<std::array<std::string, 3>>(
      std::array<std::string, 3>{"information", "", ""});
  CLI::App* verb = add_verb(
      app, "circulate", "sends documents with a covering note, and says what is asked for",
      "entente circulate 5f0c... --note \"For Thursday's meeting\" --dry-run\n"
      "  entente circulate 5f0c... --for approval-by-silence --deadline 2026-12-04",
      [=, &context] {
        v1::CirculateRequest request;
        v1::Circulation& circulation = *request.mutable_circulation();
        for (const std::string& one : *documents) {
          circulation.add_documents(full_name("documents/", one));
        }
        read_text(*note, "en", *circulation.mutable_note());
        v1::Circulation::Ask ask = v1::Circulation::INFORMATION;
        v1::Circulation::Ask_Parse(enum_word((*text)[0]), &ask);
        circulation.set_ask(ask);
        circulation.set_process(full_name("processes/", (*text)[2]));
        if (!(*text)[1].empty() &&
            !read_deadline(context, (*text)[1], "--deadline", *circulation.mutable_deadline())) {
          return;
        }
        if (is_given(*recipients)) {
          if (circulation.process().empty()) {
            return context.fail(invalid_argument("--process", "must be given with --to"));
          }
          circulation.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
          if (!read_recipients(context, *recipients, circulation.process(),
                               *circulation.mutable_visibility())) {
            return;
          }
        }
        if (*dry_run) return tell_of(context, circulation);
        context.call<v1::Circulation>(circulation_service + "Circulate", request, show_circulation);
      });
  verb->add_flag("--dry-run", *dry_run, "only say who would be able to see it");
  verb->add_option("documents", *documents, "their names")->required();
  verb->add_option("--note", *note, "what covers it, or LANGUAGE=TEXT; may be given again");
  verb->add_option("--for", (*text)[0], "what is asked for")
      ->check(CLI::IsMember({"information", "comment", "approval-by-silence", "action"}));
  verb->add_option("--deadline", (*text)[1], "a time, or a day, which is its end in UTC");
  verb->add_option("--process", (*text)[2], "with --to: the process of its words");
  add_recipients(*verb, recipients);
  add_times(*verb, recipients);
}

void add_boxes(CLI::App& app, Context& context) {
  auto inbox = std::make_shared<v1::ListInboxRequest>();
  auto waiting = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(
      app, "inbox",
      "what was sent to you, newest first; before it, what your party is asked for its consent to",
      "entente inbox --waiting", [=, &context] {
        inbox->set_waiting(*waiting);
        inbox->set_process(full_name("processes/", inbox->process()));
        context.call<v1::ListCirculationsReply>(
            circulation_service + "ListInbox", *inbox,
            [&](const auto& reply) { show_inbox(context, reply, inbox->page_token().empty()); });
      });
  verb->add_flag("--waiting", *waiting, "only what you have not acknowledged");
  verb->add_option("--process", *inbox->mutable_process(), "only this process's");
  verb->add_option("--page-token", *inbox->mutable_page_token(), "where to go on");
  auto outbox = std::make_shared<v1::ListOutboxRequest>();
  verb = add_verb(app, "outbox", "what your party has sent, newest first", "entente outbox",
                  [=, &context] {
                    outbox->set_process(full_name("processes/", outbox->process()));
                    context.call<v1::ListCirculationsReply>(
                        circulation_service + "ListOutbox", *outbox, [&](const auto& reply) {
                          show_circulation_list(context, reply, "your party has sent nothing");
                        });
                  });
  verb->add_option("--process", *outbox->mutable_process(), "only this process's");
  verb->add_option("--page-token", *outbox->mutable_page_token(), "where to go on");
}

// What a news' object is called: of a consent, its document. Empty: it is not shown any more.
std::string title_of_object(client::Client& client, const std::string& name) {
  if (name.starts_with("circulations/")) {
    v1::GetCirculationRequest request;
    request.set_name(name);
    const auto found =
        client.call<v1::Circulation>(circulation_service + "GetCirculation", request);
    return found.ok() ? titles_of(*found) : std::string();
  }
  v1::GetDocumentRequest request;
  request.set_name(name.substr(0, name.find("/consents/")));
  const auto found = client.call<v1::Document>("entente.v1.DocumentService.GetDocument", request);
  return found.ok() ? title_of(found->title()) : std::string();
}

void run_news(Context& context, std::uint64_t since, bool follow) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::WatchRequest request;
  request.set_cursor(since);
  bool any = false;
  const auto patience = follow ? std::chrono::hours(24) : std::chrono::milliseconds(1'500);
  const Status ended = (*client)->stream<v1::News>(
      circulation_service + "Watch", request,
      [&](const v1::News& news) {
        any = true;
        if (context.json) {
          print_json(news);
          return true;
        }
        std::cout << news.cursor() << ' ' << minute_of(news.recorded_at()) << ' '
                  << typed_word(v1::News::Kind_Name(news.kind())) << ' ' << safe(news.object())
                  << ' ' << safe(title_of_object(**client, news.object())) << std::endl;
        return true;
      },
      {.timeout = patience});
  // To wait no longer is how it ends.
  if (!ended.ok() && ended.code() != Code::DeadlineExceeded) return context.fail(ended);
  if (any) return;
  std::cout << "nothing new\n";
  context.exit = Exit::No;
}

void add_news(CLI::App& app, Context& context) {
  auto since = std::make_shared<std::uint64_t>(0);
  auto follow = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(app, "news", "what is new for you, each thing once and in order",
                            "entente news --since 41\n  entente news --follow",
                            [=, &context] { run_news(context, *since, *follow); });
  verb->add_option("--since", *since, "the number that the last of it had");
  verb->add_flag("--follow", *follow, "go on as it comes");
}

void add_responses(CLI::App& group, Context& context) {
  struct Answer {
    const char* verb;
    v1::Response::Kind kind;
    const char* what;
    bool has_text;
  };
  for (const Answer& answer :
       {Answer{"ack", v1::Response::ACKNOWLEDGE, "acknowledges that it came", false},
        Answer{"comment", v1::Response::COMMENT, "comments on it", true},
        Answer{"break-silence", v1::Response::BREAK_SILENCE, "objects to what silence would adopt",
               true},
        Answer{"done", v1::Response::DONE, "says that what was asked is done", false}}) {
    auto request = std::make_shared<v1::RespondRequest>();
    auto to = std::make_shared<std::vector<std::string>>();
    const std::string example = "entente circulation " + std::string(answer.verb) + " 9a41..." +
                                (answer.has_text ? " \"paragraph 4 is not acceptable\"" : "");
    CLI::App* verb = add_verb(group, answer.verb, answer.what, example, [=, &context] {
      request->set_name(circulation_name(request->name()));
      request->mutable_response()->set_kind(answer.kind);
      for (const std::string& one : *to) {
        request->mutable_response()->mutable_audience()->add_any_of(one);
      }
      context.call<v1::Response>(circulation_service + "Respond", *request,
                                 [](const v1::Response& response) {
                                   std::cout << "entered as number " << response.number() << '\n';
                                 });
    });
    verb->add_option("circulation", *request->mutable_name(), "its name")->required();
    if (!answer.has_text) continue;
    verb->add_option("text", *request->mutable_response()->mutable_text(), "what you say")
        ->required();
    verb->add_option("--only-to", *to, "principals that see it, beside the sender")->delimiter(',');
  }
}

void add_circulation(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("circulation", "one circulation");
  group->require_subcommand(1);
  auto get = std::make_shared<v1::GetCirculationRequest>();
  add_verb(*group, "show", "a circulation; to its sender also who has opened it and who has not",
           "entente circulation show 9a41...",
           [=, &context] {
             get->set_name(circulation_name(get->name()));
             context.call<v1::Circulation>(circulation_service + "GetCirculation", *get,
                                           show_circulation);
           })
      ->add_option("circulation", *get->mutable_name(), "its name")
      ->required();
  auto list = std::make_shared<v1::ListResponsesRequest>();
  add_verb(*group, "responses", "what was answered, as far as you may see it",
           "entente circulation responses 9a41...",
           [=, &context] {
             list->set_name(circulation_name(list->name()));
             context.call<v1::ListResponsesReply>(
                 circulation_service + "ListResponses", *list, [&context](const auto& reply) {
                   for (const v1::Response& one : reply.responses()) {
                     std::cout << one.number() << ' ' << minute_of(one.recorded_at()) << ' '
                               << safe((one.person().empty() ? one.account() : one.person())) << ' '
                               << typed_word(v1::Response::Kind_Name(one.kind()))
                               << (one.text().empty() ? "" : ": ") << safe(one.text()) << '\n';
                   }
                   if (reply.responses_size() == 0) {
                     std::cout << "no responses\n";
                     context.exit = Exit::No;
                   }
                 });
           })
      ->add_option("circulation", *list->mutable_name(), "its name")
      ->required();
  add_responses(*group, context);
  auto recall = std::make_shared<v1::RecallRequest>();
  add_verb(*group, "recall", "takes it back", "entente circulation recall 9a41...",
           [=, &context] {
             recall->set_name(circulation_name(recall->name()));
             context.call<v1::Circulation>(circulation_service + "Recall", *recall,
                                           show_circulation);
           })
      ->add_option("circulation", *recall->mutable_name(), "its name")
      ->required();
  auto remind = std::make_shared<v1::RemindRequest>();
  add_verb(*group, "remind", "reminds those who have got it", "entente circulation remind 9a41...",
           [=, &context] {
             remind->set_name(circulation_name(remind->name()));
             context.call<v1::Circulation>(circulation_service + "Remind", *remind,
                                           show_circulation);
           })
      ->add_option("circulation", *remind->mutable_name(), "its name")
      ->required();
}

}  // namespace

void add_circulation_verbs(CLI::App& app, Context& context) {
  add_circulate(app, context);
  add_boxes(app, context);
  add_news(app, context);
  add_circulation(app, context);
}

}  // namespace entente::cli
