// `entente search`: full text over everything that the caller may see.
#include "client/cli/search_verbs.h"

#include <iostream>

#include "client/cli/document_words.h"
#include "client/cli/screen.h"
#include "client/lib/own_search.h"
#include "entente/v1/search.pb.h"

namespace entente::cli {
namespace {

using By = v1::SearchReply::Facet;

// What fits stands out.
void show_passage(const v1::Passage& passage) {
  if (passage.parts().empty()) return;
  std::cout << "  ";
  for (const v1::Passage::Part& part : passage.parts()) {
    const std::string text = safe(part.text());
    if (part.fits()) {
      print_bold(text);
    } else {
      std::cout << text;
    }
  }
  std::cout << '\n';
}

std::string any_language(const v1::Text& text) {
  const auto english = text.by_language().find("en");
  if (english != text.by_language().end()) return english->second;
  return text.by_language().empty() ? "" : text.by_language().begin()->second;
}

std::string kind_of(const v1::SearchReply::Found& found) {
  if (found.has_document()) return typed_word(v1::Document::Kind_Name(found.document().kind()));
  return found.name().ends_with("/record") ? "meeting-record" : "meeting";
}

void show_facets(const v1::SearchReply& reply) {
  for (const By& facet : reply.facets()) {
    std::cout << typed_word(By::By_Name(facet.by())) << ':';
    constexpr int shown = 8;
    for (int n = 0; n < facet.counts_size() && n < shown; ++n) {
      const auto& one = facet.counts(n);
      std::cout << (n == 0 ? " " : ", ")
                << safe(facet.by() == By::KIND ? typed_word(one.value()) : one.value()) << " ("
                << one.count() << ")";
    }
    std::cout << (facet.counts_size() > shown ? ", ...\n" : "\n");
  }
}

void show_found(const v1::SearchReply& reply, std::uint32_t skipped) {
  for (const v1::SearchReply::Found& one : reply.found()) {
    std::cout << safe(any_language(one.title())) << "\n  " << safe(one.name()) << "  "
              << safe(one.process()) << "  " << minute_of(one.came_at()).substr(0, 10);
    std::cout << "  " << kind_of(one);
    if (one.percent() != 0) std::cout << "  " << one.percent() << " %";
    if (one.by_own_client()) std::cout << "  (confidential; found by your own client)";
    std::cout << '\n';
    show_passage(one.passage());
  }
  if (reply.total() == 0) std::cout << "nothing that you can see fits\n";
  for (const std::string& one : reply.suggestions()) {
    std::cout << "did you mean: " << safe(one) << '\n';
  }
  if (reply.total() != 0) {
    const std::uint64_t last = skipped + static_cast<std::uint64_t>(reply.found_size());
    std::cout << (skipped + 1) << " to " << last << " of " << reply.total() << '\n';
    show_facets(reply);
  }
  if (reply.sealed_unopened() != 0) {
    std::cout << reply.sealed_unopened()
              << " confidential that your client has not opened are not searched: `entente search "
                 "--open` opens them, each with a receipt in the ledger\n";
  }
  if (reply.building()) {
    std::cout << "the index is being built since the server was started: there may be more\n";
  }
}

struct Search {
  v1::SearchRequest request;
  std::vector<std::string> words;
  std::string kind;
  bool opens = false;   // what is sealed and was not opened yet
  bool sealed = false;  // nothing else
};

// What the own client finds; nothing, with nobody asked, where there is no key to open it with.
Result<client::OwnAnswer> search_sealed(Context& context, const Search& said,
                                        const v1::SearchRequest& request) {
  ENTENTE_TRY(const client::OwnShelf shelf, own_shelf(context));
  if (shelf.keys().empty() && (said.opens || said.sealed)) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "no office's key is here: name a folder with cert.pem and key.pem (`entente "
                  "profile add --office-keys`)");
  }
  if (shelf.keys().empty() || request.skip() != 0) return client::OwnAnswer();
  ENTENTE_TRY(client::Client * client, context.client());
  return client::search_own(*client, shelf, request, said.opens);
}

void run_search(Context& context, const Search& said) {
  v1::SearchRequest request = said.request;
  std::string query;
  for (const std::string& word : said.words) query += (query.empty() ? "" : " ") + word;
  request.set_query(query);
  if (!request.process().empty()) request.set_process(full_name("processes/", request.process()));
  if (!request.originator().empty()) {
    request.set_originator(full_name("parties/", request.originator()));
  }
  v1::Document::Kind kind = v1::Document::KIND_UNSPECIFIED;
  if (!said.kind.empty()) v1::Document::Kind_Parse(enum_word(said.kind), &kind);
  request.set_kind(kind);
  request.set_meetings(said.kind == "meeting");
  const Result<client::OwnAnswer> own = search_sealed(context, said, request);
  if (!own.ok()) return context.fail(own.status());
  v1::SearchReply reply;
  if (!said.sealed) {
    Result<client::Client*> client = context.client();
    if (!client.ok()) return context.fail(client.status());
    const auto found = (*client)->call<v1::SearchReply>("entente.v1.SearchService.Search", request);
    if (!found.ok()) return context.fail(found.status());
    reply = *found;
  }
  reply = client::merged(std::move(reply), *own);
  if (reply.total() == 0) context.exit = Exit::No;
  if (context.json) {
    print_json(reply);
  } else {
    show_found(reply, request.skip());
  }
  for (const auto& [name, why] : own->unopened) {
    std::cerr << safe(name) << " was not opened: " << safe(why.message()) << '\n';
    if (why.reason() == Reason::ProofInvalid) context.exit = exit_for(why);
  }
}

void show_state(const v1::TextState& state) {
  using Of = v1::TextState::Of;
  for (const Of& one : state.contents()) {
    std::cout << safe(one.language()) << ": ";
    switch (one.state()) {
      case Of::READ:
        std::cout << one.characters() << " characters are searched"
                  << (one.cut() ? ", there are more" : "");
        break;
      case Of::WAITING:
        std::cout << "it is yet to be read";
        break;
      case Of::NOT_READ:
        std::cout << "its text is not searched";
        break;
      default:
        std::cout << "no text could be read";
    }
    std::cout << (one.because().empty() ? "" : ": ") << safe(one.because()) << '\n';
  }
}

}  // namespace

void add_search_verbs(CLI::App& app, CLI::App& documents, Context& context) {
  auto said = std::make_shared<Search>();
  CLI::App* verb =
      add_verb(app, "search", "finds documents and records by their words, whatever their form",
               "entente search returns --process igc --kind study\n"
               "  entente search '\"voluntary return\" reintegrat* -airport' --since 2001-01-01",
               [=, &context] { run_search(context, *said); });
  verb->add_option("words", said->words, "words, \"a phrase\", -not, OR, begin*; none: the newest");
  v1::SearchRequest& request = said->request;
  verb->add_option("--process", *request.mutable_process(), "only of this process");
  verb->add_option("--kind", said->kind, "only of this kind")->check(CLI::IsMember([] {
    std::vector<std::string> kinds = document_kinds();
    kinds.emplace_back("meeting");
    return kinds;
  }()));
  verb->add_flag("--open", said->opens,
                 "open what is confidential and your client has not opened yet; each leaves a "
                 "receipt");
  verb->add_flag("--sealed", said->sealed,
                 "only what your own client finds in what is confidential: no word is sent");
  verb->add_option("--topic", *request.mutable_topic(), "only on this topic");
  verb->add_option("--country", *request.mutable_country(), "only concerning it, such as SWE");
  verb->add_option("--language", *request.mutable_language(), "only with a text in it");
  verb->add_option("--from", *request.mutable_originator(), "only of this party");
  verb->add_option("--since", *request.mutable_since(), "the first day that it may be of");
  verb->add_option("--until", *request.mutable_until(),
                   "the first day that it may be of no longer");
  verb->add_option_function<std::uint32_t>(
      "--skip", [said](std::uint32_t n) { said->request.set_skip(n); }, "how many to leave out");
  verb->add_option_function<std::uint32_t>(
      "--page-size", [said](std::uint32_t n) { said->request.set_page_size(n); }, "how many");
  auto name = std::make_shared<std::string>();
  add_verb(documents, "text", "whether a document is found by its text; if not, why",
           "entente document text 5f0c...",
           [=, &context] {
             v1::GetTextStateRequest asked;
             asked.set_name(full_name("documents/", *name));
             context.call<v1::TextState>("entente.v1.SearchService.GetTextState", asked,
                                         show_state);
           })
      ->add_option("document", *name, "its name")
      ->required();
}

}  // namespace entente::cli
