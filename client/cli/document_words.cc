#include "client/cli/document_words.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace entente::cli {
namespace {

std::string principal_of(const std::string& word, const std::string& process) {
  if (word.find('/') != std::string::npos) return word;
  const std::string id = process.substr(process.rfind('/') + 1);
  for (const char* standing : {"members", "observers", "partners", "secretariat", "chair"}) {
    if (word == standing) return "process/" + id + "/" + word;
  }
  return "process/" + id + "/body/" + word;
}

}  // namespace

void add_recipients(CLI::App& verb, const std::shared_ptr<Recipients>& recipients) {
  verb.add_option(
          "--to", recipients->to,
          "who sees it: members, observers, partners, secretariat, chair, a body's id, or a "
          "principal such as party/SWE")
      ->delimiter(',');
  verb.add_option("--not-to", recipients->but_not, "of these, who does not")->delimiter(',');
}

void add_times(CLI::App& verb, const std::shared_ptr<Recipients>& recipients) {
  verb.add_option("--embargo", recipients->embargo,
                  "not before this time, or day, which is its beginning in UTC");
  verb.add_option("--expires", recipients->expires,
                  "not from this time on, or day, which is its beginning in UTC");
}

bool is_given(const Recipients& recipients) { return !recipients.to.empty(); }

bool read_recipients(Context& context, const Recipients& recipients, const std::string& process,
                     v1::Visibility& out) {
  for (const std::string& word : recipients.to) {
    out.mutable_audience()->add_any_of(principal_of(word, process));
  }
  for (const std::string& word : recipients.but_not) {
    out.mutable_audience()->add_none_of(principal_of(word, process));
  }
  return (recipients.embargo.empty() ||
          read_time(context, recipients.embargo, "--embargo", *out.mutable_embargo_until())) &&
         (recipients.expires.empty() ||
          read_time(context, recipients.expires, "--expires", *out.mutable_expires_at()));
}

void show_readers(const v1::Reckoning& reckoning) {
  std::cout << "who will be able to see it: " << safe(reckoning.in_words()) << '\n';
  for (const std::string& one : reckoning.unknown()) {
    std::cout << "! `" << safe(one) << "` is nothing that you can see\n";
  }
}

void tell_beforehand(Context& context, const v1::Visibility& visibility,
                     const std::string& process) {
  v1::WhoCanSeeRequest who;
  *who.mutable_draft()->mutable_visibility() = visibility;
  who.mutable_draft()->set_process(process);
  context.call<v1::WhoCanSeeReply>("entente.v1.AccessService.WhoCanSee", who,
                                   [](const v1::WhoCanSeeReply& reply) {
                                     show_readers(reply.reckoning());
                                     std::cout << "this was a dry run: nothing was sent\n";
                                   });
}

std::string enum_word(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  });
  return text;
}

std::string typed_word(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return name;
}

std::vector<std::string> document_kinds() {
  std::vector<std::string> kinds;
  for (int i = 1; i < v1::Document::Kind_descriptor()->value_count(); ++i) {
    kinds.push_back(typed_word(v1::Document::Kind_descriptor()->value(i)->name()));
  }
  return kinds;
}

std::string minute_of(const google::protobuf::Timestamp& time) {
  return to_rfc3339(Instant(std::chrono::seconds(time.seconds()))).substr(0, 16) + "Z";
}

void read_text(const std::vector<std::string>& given, const std::string& language, v1::Text& out) {
  for (const std::string& one : given) {
    const std::size_t equals = one.find('=');
    const bool tagged =
        equals != std::string::npos && equals >= 2 && equals <= 8 && one.find(' ') > equals;
    (*out.mutable_by_language())[tagged ? one.substr(0, equals) : language] =
        tagged ? one.substr(equals + 1) : one;
  }
}

bool is_agreed(const std::string& question, bool yes) {
  if (yes) return true;
  std::string word;
  std::cout << question << " [y/N] " << std::flush;
  return ::isatty(STDIN_FILENO) != 0 && std::getline(std::cin, word) &&
         (word == "y" || word == "yes");
}

void add_lapse(CLI::App& verb, bool& lapse) {
  verb.add_flag("--lapse-silence", lapse, "end a silence that runs on it without asking");
}

std::vector<v1::Document::Silence> silences_on(const v1::Document& document,
                                               const std::string& language) {
  std::vector<v1::Document::Silence> silences;
  for (const v1::Document::Silence& one : document.silences()) {
    const auto& all = one.languages();
    if (std::find(all.begin(), all.end(), language) != all.end()) silences.push_back(one);
  }
  return silences;
}

void tell_of_lapse(const std::vector<v1::Document::Silence>& silences, const std::string& what) {
  for (const v1::Document::Silence& one : silences) {
    std::cout << "a silence on this text runs until " << minute_of(one.deadline()) << " ("
              << safe(one.circulation()) << "): " << what << " ends it, and nothing is adopted\n";
  }
}

bool may_lapse(Context& context, const std::vector<v1::Document::Silence>& silences,
               const std::string& what, bool lapse) {
  if (lapse || silences.empty()) return true;
  tell_of_lapse(silences, what);
  if (is_agreed("do it all the same?", false)) return true;
  std::cout << "nothing was changed; `--lapse-silence` does it without asking\n";
  context.exit = Exit::No;
  return false;
}

bool may_lapse_all(Context& context, const std::string& document, const std::string& what,
                   bool lapse) {
  Result<client::Client*> client = context.client();
  v1::GetDocumentRequest get;
  get.set_name(document);
  const Result<v1::Document> there =
      client.ok() ? (*client)->call<v1::Document>("entente.v1.DocumentService.GetDocument", get)
                  : Result<v1::Document>(client.status());
  if (!there.ok()) {
    context.fail(there.status());
    return false;
  }
  return may_lapse(context, {there->silences().begin(), there->silences().end()}, what, lapse);
}

void show_document(const v1::Document& document) {
  std::cout << safe(document.name()) << ": "
            << (document.title().by_language().empty()
                    ? (document.visibility().handling() == v1::HANDLING_CONFIDENTIAL
                           ? "(sealed)"
                           : "(not shown)")
                    : safe(title_of(document.title())))
            << '\n'
            << "  " << typed_word(v1::Document::Kind_Name(document.kind())) << " of "
            << safe(document.originator()) << " in " << safe(document.process())
            << (document.date().empty() ? "" : ", of " + safe(document.date())) << ", revision "
            << document.revision() << ", " << minute_of(document.recorded_at()) << '\n';
  if (document.state() != v1::Document::DESTROYED) {
    std::cout << "  " << typed_word(v1::Handling_Name(document.visibility().handling()).substr(9));
    if (document.originator_control()) std::cout << ", under originator control";
    if (document.on_hold()) std::cout << ", on hold";
    std::cout << '\n';
  }
  if (document.state() != v1::Document::CURRENT) {
    std::cout << "  " << typed_word(v1::Document::State_Name(document.state())) << " by "
              << safe(document.recorded_by());
    if (!document.withdrawn_because().empty()) {
      std::cout << ": " << safe(document.withdrawn_because());
    }
    std::cout << '\n';
  }
  for (const v1::Content& content : document.contents()) {
    std::cout << "  " << safe(content.language()) << ": " << safe(content.file_name()) << ", "
              << safe(content.media_type()) << ", " << content.bytes() << " bytes\n";
  }
}

}  // namespace entente::cli
