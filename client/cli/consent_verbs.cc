// `entente consent`: what a document's originator is asked, and grants or refuses.
#include <algorithm>
#include <iostream>

#include "client/cli/consent_words.h"
#include "client/cli/document_words.h"
#include "client/cli/services.h"
#include "client/lib/document_consent.h"

namespace entente::cli {
namespace {

std::string joined_principals(const v1::Audience& audience) {
  std::string out;
  for (const std::string& one : audience.any_of()) out += (out.empty() ? "" : ", ") + one;
  for (const std::string& one : audience.none_of()) out += " less " + one;
  return out;
}

std::string what_of(const v1::DocumentConsent& consent) {
  const std::string act = typed_word(v1::DocumentConsent::Act_Name(consent.act()));
  return consent.act() == v1::DocumentConsent::TRANSLATE
             ? act + " into " + consent.language()
             : act + " to " + joined_principals(consent.audience());
}

Result<client::SigningFiles> files_of(Context& context) {
  ENTENTE_TRY(const client::Options options, context.profiles().options());
  return client::SigningFiles{.certificate_path = options.certificate_path,
                              .key_path = options.key_path};
}

struct Asking {
  std::string document;
  bool circulates = false;
  bool widens = false;
  std::string language;
  std::string note;
};

Status ask(Context& context, const Asking& said, const Recipients& recipients,
           v1::AskConsentRequest& request) {
  request.set_document(full_name("documents/", said.document));
  request.set_note(said.note);
  ENTENTE_TRY(client::Client * client, context.client());
  if (!said.language.empty()) {
    request.set_act(v1::DocumentConsent::TRANSLATE);
    request.set_language(said.language);
  } else {
    request.set_act(said.widens ? v1::DocumentConsent::WIDEN : v1::DocumentConsent::CIRCULATE);
    v1::GetDocumentRequest get;
    get.set_name(request.document());
    ENTENTE_TRY(const v1::Document document,
                client->call<v1::Document>("entente.v1.DocumentService.GetDocument", get));
    v1::Visibility visibility;
    if (!read_recipients(context, recipients, document.process(), visibility)) {
      return invalid_argument("--to", "must be principals");
    }
    // Wider: to whom it is, and to these.
    if (said.widens) *request.mutable_audience() = document.visibility().audience();
    request.mutable_audience()->MergeFrom(visibility.audience());
  }
  ENTENTE_TRY(const client::SigningFiles files, files_of(context));
  return client::sign(*client, files, request);
}

void add_ask(CLI::App& group, Context& context) {
  auto said = std::make_shared<Asking>();
  auto recipients = std::make_shared<Recipients>();
  CLI::App* verb = add_verb(
      group, "ask", "asks a document's originator for its consent; signed by your key",
      "entente consent ask 5f0c... --circulate --to members --note \"for Thursday\"\n"
      "  entente consent ask 5f0c... --translate fr\n"
      "  entente consent ask 5f0c... --widen --to observers",
      [=, &context] {
        if (int{said->circulates} + int{said->widens} + int{!said->language.empty()} != 1) {
          return context.fail(
              invalid_argument("--circulate", "--widen or --translate: one of the three"));
        }
        v1::AskConsentRequest request;
        const Status asked = ask(context, *said, *recipients, request);
        if (!asked.ok()) return context.fail(asked);
        context.call<v1::DocumentConsent>(consent_service + "AskConsent", request, show_consent);
      });
  verb->add_option("document", said->document, "its name")->required();
  verb->add_flag("--circulate", said->circulates, "to circulate what is under originator control");
  verb->add_flag("--widen", said->widens, "to have its audience widened by those in --to");
  verb->add_option("--translate", said->language, "to bring it in another language");
  verb->add_option("--note", said->note, "why");
  add_recipients(*verb, recipients);
  add_times(*verb, recipients);
}

Result<v1::DocumentConsent> consent_named(client::Client& client, const std::string& name) {
  v1::ListConsentsRequest request;
  request.set_document(name.substr(0, name.find("/consents/")));
  ENTENTE_TRY(const v1::ListConsentsReply all,
              client.call<v1::ListConsentsReply>(consent_service + "ListConsents", request));
  const auto found = std::find_if(all.consents().begin(), all.consents().end(),
                                  [&](const auto& one) { return one.name() == name; });
  if (found != all.consents().end()) return *found;
  return Status(Code::NotFound, Reason::None, "`" + name + "` was not found");
}

void add_answers(CLI::App& group, Context& context) {
  auto name = std::make_shared<std::string>();
  add_verb(group, "grant", "agrees to what is asked; signed by your key",
           "entente consent grant documents/5f0c.../consents/1",
           [=, &context] {
             Result<client::Client*> client = context.client();
             if (!client.ok()) return context.fail(client.status());
             const auto consent = consent_named(**client, full_name("documents/", *name));
             if (!consent.ok()) return context.fail(consent.status());
             const auto files = files_of(context);
             if (!files.ok()) return context.fail(files.status());
             const auto request = client::grant(**client, *files, *consent);
             if (!request.ok()) return context.fail(request.status());
             context.call<v1::DocumentConsent>(consent_service + "AnswerConsent", *request,
                                               show_consent);
           })
      ->add_option("consent", *name, "its name, as `entente consent list` shows it")
      ->required();
  add_verb(group, "refuse", "refuses what is asked",
           "entente consent refuse documents/5f0c.../consents/1",
           [=, &context] {
             v1::AnswerConsentRequest request;
             request.set_name(full_name("documents/", *name));
             context.call<v1::DocumentConsent>(consent_service + "AnswerConsent", request,
                                               show_consent);
           })
      ->add_option("consent", *name, "its name")
      ->required();
}

}  // namespace

void show_consent(const v1::DocumentConsent& consent) {
  std::cout << safe(consent.name()) << ": " << safe(what_of(consent)) << '\n'
            << "  asked by " << safe(consent.asked_by()) << ", " << minute_of(consent.asked_at())
            << '\n';
  if (!consent.note().empty()) std::cout << "  " << safe(consent.note()) << '\n';
  std::cout << "  " << typed_word(v1::DocumentConsent::State_Name(consent.state()));
  for (const std::string& one : consent.answered_by()) std::cout << ", by " << safe(one);
  if (consent.state() == v1::DocumentConsent::HALF) {
    std::cout << "; another person of its originator has to agree, within 72 hours";
  }
  if (consent.spent()) std::cout << "; what was granted has come";
  std::cout << '\n';
}

void add_consent_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("consent", "what only a document's originator may allow");
  group->require_subcommand(1);
  add_ask(*group, context);
  add_answers(*group, context);
  auto request = std::make_shared<v1::ListConsentsRequest>();
  auto document = std::make_shared<std::string>();
  CLI::App* verb = add_verb(*group, "list", "what your party has asked for, or has to answer",
                            "entente consent list --waiting", [=, &context] {
                              if (!document->empty())
                                request->set_document(full_name("documents/", *document));
                              context.call<v1::ListConsentsReply>(
                                  consent_service + "ListConsents", *request,
                                  [&context](const v1::ListConsentsReply& reply) {
                                    for (const v1::DocumentConsent& one : reply.consents())
                                      show_consent(one);
                                    if (reply.consents_size() != 0) return;
                                    std::cout << "nothing was asked\n";
                                    context.exit = Exit::No;
                                  });
                            });
  verb->add_option("document", *document, "only of this document");
  verb->add_flag_callback(
      "--waiting", [request] { request->set_waiting(true); }, "only what your party has to answer");
}

}  // namespace entente::cli
