// `entente export`, `roster`, `reminders`, `contact-test`: lists of people that go out and come
// back, and what keeps entries true.
#include <iostream>
#include <iterator>
#include <map>

#include "client/cli/directory_words.h"
#include "client/lib/kept_file.h"

namespace entente::cli {
namespace {

const std::map<std::string, v1::ExportPersonsRequest::Format>& formats() {
  static const std::map<std::string, v1::ExportPersonsRequest::Format> all = {
      {"csv", v1::ExportPersonsRequest::CSV},
      {"vcard", v1::ExportPersonsRequest::VCARD_4},
      {"vcard3", v1::ExportPersonsRequest::VCARD_3},
      {"html", v1::ExportPersonsRequest::HTML},
      {"text", v1::ExportPersonsRequest::TEXT}};
  return all;
}

void add_list_export(CLI::App& app, Context& context) {
  auto request = std::make_shared<v1::ExportPersonsRequest>();
  auto out = std::make_shared<std::string>();
  request->set_format(v1::ExportPersonsRequest::CSV);
  CLI::App* verb =
      add_verb(app, "export", "a list of persons as a file: CSV, vCard, or a page to print",
               "entente export --process igc --as html --out igc.html", [=, &context] {
                 context.call<v1::ExportPersonsReply>(
                     directory_service + "ExportPersons", *request,
                     [out, &context](const v1::ExportPersonsReply& reply) {
                       if (out->empty()) {
                         print_data(reply.content());
                         return;
                       }
                       const Status kept = client::keep_file(*out, reply.content(), "--out");
                       if (!kept.ok()) return context.fail(kept);
                       std::cout << reply.persons() << " persons in " << *out << '\n';
                     });
               });
  verb->add_option_function<std::vector<std::string>>(
      "person",
      [request](const std::vector<std::string>& names) {
        for (const std::string& name : names) request->add_persons(in("persons", name));
      },
      "those named; or");
  verb->add_option_function<std::string>(
      "--process", [request](const std::string& v) { request->set_process(in("processes", v)); },
      "all who hold an office of it: `igc`");
  verb->add_option_function<std::string>(
          "--as", [request](const std::string& v) { request->set_format(formats().at(v)); },
          "csv (if nothing is said), vcard, vcard3, html, text")
      ->check(CLI::IsMember({"csv", "vcard", "vcard3", "html", "text"}));
  verb->add_option("--out", *out, "the file to write; else it is printed");
}

void show_roster(const v1::ImportRosterReply& reply) {
  std::cout << reply.rows() << " rows: " << reply.created() << " new persons, " << reply.changed()
            << " changed, " << reply.unchanged() << " as they are; " << reply.appointments_size()
            << " appointments begin\n";
  const bool changes =
      reply.created() != 0 || reply.changed() != 0 || reply.appointments_size() != 0;
  if (reply.rows() != 0 && !changes) std::cout << "all of it is there already\n";
  for (const std::string& column : reply.columns_ignored())
    std::cout << "the column `" << safe(column) << "` means nothing here\n";
}

// What the check says is to begin is signed, one by one, before it is brought in.
void import(Context& context, v1::ImportRosterRequest request) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const auto checked =
      (*client)->call<v1::ImportRosterReply>(directory_service + "CheckRoster", request);
  if (!checked.ok()) return context.fail(checked.status());
  for (const v1::Appointment& one : checked->appointments()) {
    v1::AppointRequest wanted;
    wanted.set_name(one.name());
    wanted.set_office(one.office());
    wanted.set_person(one.person());
    wanted.set_capacity(one.capacity());
    wanted.set_since(one.span().since());
    if (const Status status = sign_appointment(context, wanted); !status.ok())
      return context.fail(status);
    auto* signature = request.add_signatures();
    signature->set_name(one.name());
    signature->set_signature(wanted.signature());
    request.set_signer_certificate_sha256(wanted.signer_certificate_sha256());
  }
  context.call<v1::ImportRosterReply>(directory_service + "ImportRoster", request, show_roster);
}

void add_roster(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("roster", "your people as a table: check, bring in");
  group->require_subcommand(1);
  auto request = std::make_shared<v1::ImportRosterRequest>();
  auto path = std::make_shared<std::string>();
  const auto read = [request, path, &context] {
    std::ifstream file(*path, std::ios::binary);
    if (!file) {
      context.fail(invalid_argument("file", "`" + *path + "` cannot be read"));
      return false;
    }
    request->set_content(std::string(std::istreambuf_iterator<char>(file), {}));
    return true;
  };
  CLI::App* check =
      add_verb(*group, "check", "a dry run: each faulty row and column, or what would change",
               "entente roster check people.csv --process igc", [=, &context] {
                 if (!read()) return;
                 context.call<v1::ImportRosterReply>(directory_service + "CheckRoster", *request,
                                                     show_roster);
               });
  CLI::App* bring = add_verb(*group, "import", "brings it in, all or nothing, in one act",
                             "entente roster import people.csv --process igc", [=, &context] {
                               if (read()) import(context, *request);
                             });
  for (CLI::App* verb : {check, bring}) {
    verb->add_option("file", *path, "CSV, UTF-8; docs/users/roster.md names the columns")
        ->required();
    verb->add_option_function<std::string>(
            "--process",
            [request](const std::string& v) { request->set_process(in("processes", v)); }, "`igc`")
        ->required();
  }
}

void add_reminders(CLI::App& app, Context& context) {
  add_verb(app, "reminders", "what waits for you: entries to confirm, contact tests to answer",
           "entente reminders", [&context] {
             call_all<v1::ListRemindersReply>(
                 context, "ListReminders", v1::ListRemindersRequest(),
                 [&context](const v1::ListRemindersReply& reply) {
                   if (reply.reminders().empty()) {
                     std::cout << "nothing waits for you\n";
                     context.exit = Exit::No;
                     return;
                   }
                   Table table({"REMINDER", "OBJECT", "IN WORDS"});
                   for (const v1::Reminder& one : reply.reminders()) {
                     table.row({v1::Reminder::Kind_Name(one.kind()), one.object(), one.in_words()});
                   }
                   table.print();
                 });
           });
  CLI::App* group = app.add_subcommand("contact-test", "does an entry reach its holder?");
  group->require_subcommand(1);
  auto start = std::make_shared<v1::StartContactTestsRequest>();
  CLI::App* starts = add_verb(
      *group, "start", "asks holders; the secretariat's", "entente contact-test start igc",
      [=, &context] {
        context.call<v1::StartContactTestsReply>(
            directory_service + "StartContactTests", *start,
            [](const auto& reply) { std::cout << reply.tests_size() << " holders are asked\n"; });
      });
  starts
      ->add_option_function<std::string>(
          "process", [start](const std::string& v) { start->set_process(in("processes", v)); },
          "`igc`")
      ->required();
  starts->add_option_function<std::vector<std::string>>(
      "--person",
      [start](const std::vector<std::string>& names) {
        for (const std::string& name : names) start->add_persons(in("persons", name));
      },
      "these alone");
  auto answer = std::make_shared<v1::AnswerContactTestRequest>();
  add_verb(*group, "answer", "yes, it reaches me",
           "entente contact-test answer processes/igc/contactTests/swe.anna.lindqvist",
           [=, &context] {
             context.call<v1::ContactTest>(directory_service + "AnswerContactTest", *answer,
                                           [](const auto&) { std::cout << "answered\n"; });
           })
      ->add_option_function<std::string>(
          "name", [answer](const std::string& v) { answer->set_name(v); },
          "as `entente reminders` shows it")
      ->required();
}

}  // namespace

void add_list_verbs(CLI::App& app, Context& context) {
  add_list_export(app, context);
  add_roster(app, context);
  add_reminders(app, context);
}

}  // namespace entente::cli
