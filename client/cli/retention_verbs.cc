// What is said of a document, changed; and how long documents are kept.
#include "client/cli/retention_verbs.h"

#include <iostream>
#include <optional>

#include "client/cli/document_words.h"
#include "entente/v1/retention.pb.h"
#include "proto/contract/timestamp.h"

namespace entente::cli {
namespace {

// --- update -------------------------------------------------------------------------------------

struct Update {
  std::string name;
  std::vector<std::string> title;
  std::vector<std::string> abstract;
  std::vector<std::string> topics;
  std::vector<std::string> countries;
  std::string kind;
  std::string body;
  std::string meeting;
  std::string date;
  std::string handling;
  std::optional<bool> control;
  bool lapse = false;
};

// Of its silences those that end because it cannot be read up to their deadline.
std::vector<v1::Document::Silence> silences_beyond(const v1::Document& document) {
  std::vector<v1::Document::Silence> silences;
  const v1::Visibility& is = document.visibility();
  for (const v1::Document::Silence& one : document.silences()) {
    const Instant deadline = instant_of(one.deadline());
    const bool expires = is.has_expires_at() && instant_of(is.expires_at()) <= deadline;
    const bool waits = is.has_embargo_until() && instant_of(is.embargo_until()) >= deadline;
    if (expires || waits) silences.push_back(one);
  }
  return silences;
}

bool change(Context& context, const Update& said, const Recipients& recipients,
            v1::Document& document) {
  read_text(said.title, "en", *document.mutable_title());
  read_text(said.abstract, "en", *document.mutable_abstract());
  if (!said.topics.empty()) {
    *document.mutable_topics() = {said.topics.begin(), said.topics.end()};
  }
  if (!said.countries.empty()) {
    *document.mutable_countries() = {said.countries.begin(), said.countries.end()};
  }
  v1::Document::Kind kind = document.kind();
  if (!said.kind.empty()) v1::Document::Kind_Parse(enum_word(said.kind), &kind);
  document.set_kind(kind);
  if (!said.body.empty()) document.set_body(document.process() + "/bodies/" + said.body);
  if (!said.meeting.empty()) document.set_meeting(full_name("meetings/", said.meeting));
  if (!said.date.empty()) document.set_date(said.date);
  if (said.control) document.set_originator_control(*said.control);
  v1::Visibility& visibility = *document.mutable_visibility();
  v1::Handling handling = visibility.handling();
  if (!said.handling.empty()) v1::Handling_Parse("HANDLING_" + enum_word(said.handling), &handling);
  visibility.set_handling(handling);
  if (is_given(recipients)) visibility.clear_audience();
  return read_recipients(context, recipients, document.process(), visibility);
}

void run_update(Context& context, const Update& said, const Recipients& recipients) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::GetDocumentRequest get;
  get.set_name(full_name("documents/", said.name));
  Result<v1::Document> document =
      (*client)->call<v1::Document>("entente.v1.DocumentService.GetDocument", get);
  if (!document.ok()) return context.fail(document.status());
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = *std::move(document);
  if (!change(context, said, recipients, *update.mutable_document())) return;
  const v1::Document& next = update.document();
  if (!may_lapse(context, silences_beyond(next), "an expiry before it, or an embargo until then,",
                 said.lapse))
    return;
  context.call<v1::Document>("entente.v1.DocumentService.UpdateDocument", update, show_document);
}

void add_retention_update(CLI::App& documents, Context& context) {
  auto said = std::make_shared<Update>();
  auto recipients = std::make_shared<Recipients>();
  CLI::App* verb = add_verb(
      documents, "update", "changes what is said of a document of your party, or who sees it",
      "entente document update 5f0c... --title \"fr=Retours\" --topic return\n"
      "  entente document update 5f0c... --to members,observers,secretariat",
      [=, &context] { run_update(context, *said, *recipients); });
  verb->add_option("document", said->name, "its name")->required();
  verb->add_option("--title", said->title, "a title, or LANGUAGE=TITLE; the others stay");
  verb->add_option("--abstract", said->abstract, "likewise");
  verb->add_option("--topic", said->topics, "what it is about, in place of what was said")
      ->delimiter(',');
  verb->add_option("--country", said->countries, "countries concerned, likewise")->delimiter(',');
  verb->add_option("--kind", said->kind, "what it is")->check(CLI::IsMember(document_kinds()));
  verb->add_option("--body", said->body, "the body that it is for");
  verb->add_option("--meeting", said->meeting, "the meeting that it is for");
  verb->add_option("--date", said->date, "its own date: 2001-06-14, 2001-06 or 2001");
  add_recipients(*verb, recipients);
  add_times(*verb, recipients);
  verb->add_option("--handling", said->handling, "open, limited or restricted; never lowered")
      ->check(CLI::IsMember({"open", "limited", "restricted"}));
  verb->add_flag_function(
      "--control,!--no-control", [said](std::int64_t given) { said->control = given > 0; },
      "whether nobody but your party circulates it");
  add_lapse(*verb, said->lapse);
}

// --- keeping ------------------------------------------------------------------------------------

void show_due(const v1::ListDueReply& reply) {
  Table table({"GOES ON", "DOCUMENT", "KIND", "TITLE", ""});
  for (const v1::Document& one : reply.documents()) {
    table.row({minute_of(one.retain_until()).substr(0, 10), one.name(),
               typed_word(v1::Document::Kind_Name(one.kind())), title_of(one.title()),
               one.on_hold() ? "on hold: stays" : ""});
  }
  if (table.empty())
    std::cout << "nothing goes within that time\n";
  else
    table.print();
  if (reply.more()) std::cout << "and more\n";
}

void show_schedule(const v1::RetentionSchedule& schedule) {
  Table table({"KIND", "KEPT FOR"});
  for (const auto& line : schedule.lines()) {
    table.row({typed_word(v1::Document::Kind_Name(line.kind())),
               line.days() == 0 ? "good" : std::to_string(line.days()) + " days"});
  }
  table.print();
}

struct Keeping {
  std::string process;
  std::string kind;
  std::optional<std::uint32_t> days;
};

void run_keep(Context& context, const Keeping& said) {
  const std::string service = "entente.v1.RetentionService.";
  v1::GetScheduleRequest get;
  get.set_process(full_name("processes/", said.process));
  if (!said.days) {
    return context.call<v1::RetentionSchedule>(service + "GetSchedule", get, show_schedule);
  }
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<v1::RetentionSchedule> now =
      (*client)->call<v1::RetentionSchedule>(service + "GetSchedule", get);
  if (!now.ok()) return context.fail(now.status());
  v1::RetentionSchedule next;
  next.set_process(now->process());
  next.set_revision(now->revision());
  v1::Document::Kind kind = v1::Document::KIND_UNSPECIFIED;
  v1::Document::Kind_Parse(enum_word(said.kind), &kind);
  next.add_lines()->set_kind(kind);
  next.mutable_lines(0)->set_days(*said.days);
  context.call<v1::RetentionSchedule>(service + "SetSchedule", next, show_schedule);
}

}  // namespace

void add_retention_verbs(CLI::App& documents, Context& context) {
  add_retention_update(documents, context);
  auto due = std::make_shared<v1::ListDueRequest>();
  CLI::App* verb = add_verb(documents, "due", "what is destroyed soon, for its time is over",
                            "entente document due igc --within 90", [=, &context] {
                              v1::ListDueRequest request = *due;
                              request.set_process(full_name("processes/", due->process()));
                              context.call<v1::ListDueReply>("entente.v1.RetentionService.ListDue",
                                                             request, show_due);
                            });
  verb->add_option("process", *due->mutable_process(), "the process")->required();
  verb->add_option_function<std::uint32_t>(
      "--within", [due](std::uint32_t days) { due->set_within_days(days); },
      "days; 90 if not given");
  auto said = std::make_shared<Keeping>();
  verb = add_verb(documents, "keep", "how long a process keeps its documents, or changes it",
                  "entente document keep igc\n"
                  "  entente document keep igc --kind agenda --days 3650",
                  [=, &context] { run_keep(context, *said); });
  verb->add_option("process", said->process, "the process")->required();
  CLI::Option* kind = verb->add_option("--kind", said->kind, "of documents brought from now on")
                          ->check(CLI::IsMember(document_kinds()));
  CLI::Option* days = verb->add_option_function<std::uint32_t>(
      "--days", [said](std::uint32_t given) { said->days = given; }, "for how long; 0: for good");
  kind->needs(days);
  days->needs(kind);
}

}  // namespace entente::cli
