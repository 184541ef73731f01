// `entente who`, `find`, `person`, `process`: the person to call, and what a process is.
#include <iostream>

#include "client/cli/context.h"
#include "client/cli/directory_words.h"
#include "client/cli/document_words.h"
#include "client/cli/process_life_verbs.h"
#include "entente/v1/directory.pb.h"

namespace entente::cli {
namespace {

std::string contact_of(const v1::Person& person, v1::Contact::Kind kind) {
  for (const v1::Contact& contact : person.contacts()) {
    if (contact.kind() == kind) return contact.value();
  }
  return "";
}

void show_answers(const google::protobuf::RepeatedPtrField<v1::Answer>& answers,
                  const std::vector<std::string>& appointed) {
  Table table({"NAME", "PARTY", "OFFICE", "", "BODY", "TOPICS", "TELEPHONE", "MOBILE", "E-MAIL",
               "LANGUAGES", "CONFIRMED", "APPOINTED BY"});
  for (int i = 0; i < answers.size(); ++i) {
    const v1::Answer& answer = answers[i];
    const v1::Person& person = answer.person();
    table.row(
        {shown_name(person), last(person.party()),
         answer.office().title() +
             (answer.office().process().empty() ? "" : ", " + last(answer.office().process())),
         capacity_word(answer.appointment().capacity()),
         answer.office().body().empty() ? "" : last(answer.office().body()),
         joined(answer.office().topics()), contact_of(person, v1::Contact::TELEPHONE),
         contact_of(person, v1::Contact::MOBILE), contact_of(person, v1::Contact::EMAIL),
         joined(person.languages()),
         (answer.age_days() == 0 ? "today" : std::to_string(answer.age_days()) + " days ago") +
             (person.stale() ? " (stale)" : ""),
         last(appointed[static_cast<std::size_t>(i)])});
  }
  table.print();
}

// Asks, and checks who appointed each before anything is shown.
void answer_who(Context& context, const v1::WhoAnswersRequest& request) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const auto reply =
      (*client)->call<v1::WhoAnswersReply>(directory_service + "WhoAnswers", request);
  if (!reply.ok()) return context.fail(reply.status());
  const bool nobody = reply->answers().empty();
  client::AppointmentReader reader(**client);
  std::vector<std::string> appointed;
  for (const v1::Answer& answer : nobody ? reply->alternatives() : reply->answers()) {
    Result<std::string> by = appointed_by(reader, answer);
    if (!by.ok()) return context.fail(by.status());
    appointed.push_back(*std::move(by));
  }
  if (nobody) context.exit = Exit::No;
  if (context.json) return print_json(*reply);
  if (!nobody) return show_answers(reply->answers(), appointed);
  std::cout << safe(reply->nearest())
            << (reply->alternatives().empty() ? "; nobody comes close\n" : "; the nearest:\n");
  if (!reply->alternatives().empty()) show_answers(reply->alternatives(), appointed);
}

void show_person(const v1::Person& person) {
  std::cout << safe(shown_name(person)) << "\n  " << safe(person.title()) << ", "
            << safe(last(person.party()))
            << (person.institution().empty() ? "" : ", " + safe(last(person.institution())))
            << '\n';
  for (const v1::Contact& contact : person.contacts()) {
    std::string kind = v1::Contact::Kind_Name(contact.kind());
    for (char& c : kind) c = static_cast<char>(std::tolower(c));
    std::cout << "  " << kind << ": " << safe(contact.value())
              << (contact.has_visibility() ? "  (not for everyone who sees this entry)" : "")
              << '\n';
  }
  std::cout << "  languages: " << safe(joined(person.languages()))
            << "; time zone: " << safe(person.time_zone()) << "\n  confirmed "
            << to_rfc3339(Instant(std::chrono::seconds(person.confirmed_at().seconds())))
            << (person.stale() ? " (stale)" : "") << "; " << safe(person.name()) << " revision "
            << person.revision() << '\n';
}

void add_who(CLI::App& app, Context& context) {
  auto request = std::make_shared<v1::WhoAnswersRequest>();
  CLI::App* verb = add_verb(app, "who", "who answers for a topic or an office in a party",
                            "entente who trafficking --in CHE",
                            [=, &context] { answer_who(context, *request); });
  verb->add_option_function<std::string>(
      "topic", [request](const std::string& v) { request->set_topic(v); }, "in words, or empty");
  verb->add_option_function<std::string>(
      "--in", [request](const std::string& v) { request->set_party(in("parties", v)); },
      "the party: `CHE`");
  verb->add_option_function<std::string>(
      "--process", [request](const std::string& v) { request->set_process(in("processes", v)); },
      "the process: `igc`");
  verb->add_option_function<std::string>(
          "--office", [request](const std::string& v) { request->set_office(office_named(v)); },
          office_words)
      ->check(no_office);
  verb->add_option_function<std::string>(
      "--on", [request](const std::string& v) { request->set_as_of(v); }, "as of a day");
}

void add_find(CLI::App& app, Context& context) {
  auto request = std::make_shared<v1::SearchPersonsRequest>();
  CLI::App* verb = add_verb(
      app, "find", "persons by any part of their names, titles, institutions or country",
      "entente find muller --in CHE", [=, &context] {
        context.call<v1::SearchPersonsReply>(
            directory_service + "SearchPersons", *request,
            [](const v1::SearchPersonsReply& reply) {
              if (reply.found().empty()) {
                std::cout << "nobody found\n";
                return;
              }
              Table table({"NAME", "PARTY", "TITLE", "OFFICES", "TELEPHONE", "ENTRY"});
              for (const auto& found : reply.found()) {
                std::string offices;
                for (const v1::Office& office : found.offices()) {
                  offices += (offices.empty() ? "" : "; ") + office.title() +
                             (office.process().empty() ? "" : " " + last(office.process()));
                }
                table.row({shown_name(found.person()), last(found.person().party()),
                           found.person().title(), offices,
                           contact_of(found.person(), v1::Contact::TELEPHONE),
                           found.person().name()});
              }
              table.print();
              if (!reply.next_page_token().empty()) {
                std::cout << "more: --page " << safe(reply.next_page_token()) << '\n';
              }
            },
            [](const v1::SearchPersonsReply& reply) { return reply.found().empty(); });
      });
  verb->add_option_function<std::vector<std::string>>(
      "text",
      [request](const std::vector<std::string>& words) {
        for (const std::string& word : words) request->set_query(request->query() + word + " ");
      },
      "words, each from its beginning");
  const auto filter = [&](const char* flag, const char* what, auto set) {
    return verb->add_option_function<std::string>(
        flag, [request, set](const std::string& v) { set(*request, v); }, what);
  };
  filter("--process", "`igc`",
         [](auto& r, const std::string& v) { r.set_process(in("processes", v)); });
  filter("--in", "the party: `CHE`",
         [](auto& r, const std::string& v) { r.set_party(in("parties", v)); });
  filter("--office", office_words, [](auto& r, const std::string& v) {
    r.set_office(office_named(v));
  })->check(no_office);
  filter("--topic", "in words", [](auto& r, const std::string& v) { r.set_topic(v); });
  filter("--language", "BCP 47: `fr`", [](auto& r, const std::string& v) { r.set_language(v); });
  filter("--on", "as of a day", [](auto& r, const std::string& v) { r.set_as_of(v); });
  filter("--page", "where the page before ended",
         [](auto& r, const std::string& v) { r.set_page_token(v); });
}

void add_person(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("person", "one entry: show, change, confirm");
  group->require_subcommand(1);
  auto get = std::make_shared<v1::GetPersonRequest>();
  add_verb(*group, "show", "one person's card", "entente person show persons/swe.anna.lindqvist",
           [=, &context] {
             context.call<v1::Person>(directory_service + "GetPerson", *get,
                                      [](const v1::Person& person) { show_person(person); });
           })
      ->add_option_function<std::string>(
          "name", [get](const std::string& v) { get->set_name(in("persons", v)); },
          "its resource name")
      ->required();
  auto confirm = std::make_shared<v1::ConfirmPersonRequest>();
  add_verb(*group, "confirm", "says that the entry is still right",
           "entente person confirm persons/swe.anna.lindqvist",
           [=, &context] {
             context.call<v1::Person>(directory_service + "ConfirmPerson", *confirm,
                                      [](const v1::Person& person) { show_person(person); });
           })
      ->add_option_function<std::string>(
          "name", [confirm](const std::string& v) { confirm->set_name(in("persons", v)); },
          "its resource name")
      ->required();
  auto telephone = std::make_shared<std::string>();
  CLI::App* set = add_verb(
      *group, "telephone", "changes the office telephone of an entry",
      "entente person telephone persons/swe.anna.lindqvist \"+46 8 465 004 99\"", [=, &context] {
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        Result<v1::Person> present =
            (*client)->call<v1::Person>(directory_service + "GetPerson", *get);
        if (!present.ok()) return context.fail(present.status());
        v1::UpdatePersonRequest request;
        *request.mutable_person() = *present;
        bool there = false;
        for (v1::Contact& contact : *request.mutable_person()->mutable_contacts()) {
          if (contact.kind() != v1::Contact::TELEPHONE || std::exchange(there, true)) continue;
          contact.set_value(*telephone);
        }
        if (!there) {
          v1::Contact* contact = request.mutable_person()->add_contacts();
          contact->set_kind(v1::Contact::TELEPHONE);
          contact->set_value(*telephone);
        }
        context.call<v1::Person>(directory_service + "UpdatePerson", request,
                                 [](const v1::Person& person) { show_person(person); });
      });
  set->add_option_function<std::string>(
         "name", [get](const std::string& v) { get->set_name(in("persons", v)); },
         "its resource name")
      ->required();
  set->add_option("number", *telephone, "as it is dialled from abroad")->required();
}

// Who takes part, in what bodies, and what is missing.
void add_process_parts(CLI::App& group, Context& context) {
  auto members = std::make_shared<v1::ListParticipationsRequest>();
  CLI::App* who = add_verb(
      group, "members", "who takes part, on a day", "entente process members igc --on 2008-06-01",
      [=, &context] {
        call_all<v1::ListParticipationsReply>(
            context, "ListParticipations", *members, [](const v1::ListParticipationsReply& reply) {
              Table table({"PARTY", "STATUS", "SINCE", "UNTIL", "GROUP", "NOTE"});
              for (const v1::Participation& one : reply.participations()) {
                for (const auto& standing : one.standings()) {
                  table.row({last(one.party()), v1::Participation::Status_Name(standing.status()),
                             standing.span().since(), standing.span().until(), standing.group(),
                             standing.note()});
                }
              }
              table.print();
            });
      });
  who->add_option_function<std::string>(
         "id", [members](const std::string& v) { members->set_process(in("processes", v)); },
         "`igc`")
      ->required();
  who->add_option_function<std::string>(
      "--on", [members](const std::string& v) { members->set_as_of(v); }, "a day");
  who->add_flag_callback(
      "--history", [members] { members->set_history(true); }, "all standings ever held");
  auto bodies = std::make_shared<v1::ListBodiesRequest>();
  add_verb(group, "bodies", "its working groups and other bodies", "entente process bodies igc",
           [=, &context] {
             call_all<v1::ListBodiesReply>(
                 context, "ListBodies", *bodies, [](const v1::ListBodiesReply& reply) {
                   Table table({"BODY", "TITLE", "KIND", "CHAIR", "CO-CHAIRS"});
                   for (const v1::Body& body : reply.bodies()) {
                     std::string co_chairs;
                     for (const std::string& one : body.co_chairs())
                       co_chairs += (co_chairs.empty() ? "" : " ") + last(one);
                     table.row({last(body.name()), body.title(), v1::Body::Kind_Name(body.kind()),
                                last(body.chair()), co_chairs});
                   }
                   table.print();
                 });
           })
      ->add_option_function<std::string>(
          "id", [bodies](const std::string& v) { bodies->set_process(in("processes", v)); },
          "`igc`")
      ->required();
  auto gaps = std::make_shared<v1::ListGapsRequest>();
  add_verb(
      group, "gaps", "what a secretariat chases: vacant offices, stale entries",
      "entente process gaps igc",
      [=, &context] {
        call_all<v1::ListGapsReply>(context, "ListGaps", *gaps, [](const v1::ListGapsReply& reply) {
          Table table({"GAP", "PARTY", "OBJECT", "IN WORDS"});
          for (const v1::Gap& gap : reply.gaps()) {
            table.row(
                {v1::Gap::Kind_Name(gap.kind()), last(gap.party()), gap.object(), gap.in_words()});
          }
          table.print();
        });
      })
      ->add_option_function<std::string>(
          "id", [gaps](const std::string& v) { gaps->set_process(in("processes", v)); }, "`igc`")
      ->required();
}

CLI::App* add_process(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("process", "the processes: what they are, who takes part");
  group->require_subcommand(1);
  add_verb(*group, "list", "all that you may see", "entente process list", [&context] {
    context.call<v1::ListProcessesReply>(
        directory_service + "ListProcesses", v1::ListProcessesRequest(),
        [](const v1::ListProcessesReply& reply) {
          Table table({"PROCESS", "NAME", "SINCE", "STATUS", "REGION"});
          for (const v1::Process& process : reply.processes()) {
            table.row({last(process.name()),
                       process.long_name().empty() ? process.short_name() : process.long_name(),
                       process.established(), v1::Process::Status_Name(process.status()),
                       process.region()});
          }
          table.print();
        });
  });
  auto get = std::make_shared<v1::GetProcessRequest>();
  add_verb(*group, "show", "one process: goals, priorities, chairs", "entente process show igc",
           [=, &context] {
             context.call<v1::Process>(
                 directory_service + "GetProcess", *get, [](const v1::Process& process) {
                   std::cout << safe(process.short_name()) << ": " << safe(process.long_name())
                             << " (since " << safe(process.established())
                             << ")\nsecretariat: " << safe(process.secretariat()) << "\nstatus: "
                             << typed_word(v1::Process::Status_Name(process.status())) << '\n';
                   Table chairs({"CHAIR", "TERM", "THEME", ""});
                   for (const v1::Chair& chair : process.chairs()) {
                     chairs.row({last(chair.party()), chair.term(), chair.theme(),
                                 chair.current() ? "current" : ""});
                   }
                   if (!chairs.empty()) chairs.print();
                   for (const std::string& goal : process.goals())
                     std::cout << "goal: " << safe(goal) << '\n';
                   for (const std::string& one : process.priorities())
                     std::cout << "priority: " << safe(one) << '\n';
                   for (const auto& event : process.events())
                     std::cout << safe(event.date()) << ": " << safe(event.what()) << '\n';
                 });
           })
      ->add_option_function<std::string>(
          "id", [get](const std::string& v) { get->set_name(in("processes", v)); }, "`igc`")
      ->required();
  add_process_parts(*group, context);
  add_process_life_verbs(*group, context);
  return group;
}

}  // namespace

void add_directory_verbs(CLI::App& app, Context& context) {
  add_who(app, context);
  add_find(app, context);
  add_person(app, context);
  CLI::App* process = add_process(app, context);
  add_keeping_verbs(app, *process, context);
  add_office_verbs(app, context);
  add_list_verbs(app, context);
}

}  // namespace entente::cli
