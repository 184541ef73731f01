// `entente who`, `find`, `person`, `process`, `office`: the person to call, and what a process is.
#include <iostream>
#include <map>

#include "client/cli/context.h"
#include "entente/v1/directory.pb.h"

namespace entente::cli {
namespace {

const std::string kService = "entente.v1.DirectoryService.";

// `CHE` or `parties/CHE`.
std::string in(const char* collection, const std::string& text) {
  return text.empty() || text.find('/') != std::string::npos ? text
                                                             : std::string(collection) + "/" + text;
}

std::string last(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string contact_of(const v1::Person& person, v1::Contact::Kind kind) {
  for (const v1::Contact& contact : person.contacts()) {
    if (contact.kind() == kind) return contact.value();
  }
  return "";
}

std::string shown_name(const v1::Person& person) {
  return person.latin_name().empty() ? person.display_name()
                                     : person.display_name() + " (" + person.latin_name() + ")";
}

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

std::string capacity_word(v1::Capacity capacity) {
  switch (capacity) {
    case v1::HOLDER:
      return "holder";
    case v1::ACTING:
      return "acting";
    case v1::DEPUTY:
      return "deputy";
    case v1::DUTY_CONTACT:
      return "duty contact";
    default:
      return "";
  }
}

void show_answers(const google::protobuf::RepeatedPtrField<v1::Answer>& answers) {
  Table table(
      {"NAME", "PARTY", "OFFICE", "", "TELEPHONE", "MOBILE", "E-MAIL", "LANGUAGES", "CONFIRMED"});
  for (const v1::Answer& answer : answers) {
    const v1::Person& person = answer.person();
    table.row(
        {shown_name(person), last(person.party()),
         answer.office().title() +
             (answer.office().process().empty() ? "" : ", " + last(answer.office().process())),
         capacity_word(answer.appointment().capacity()), contact_of(person, v1::Contact::TELEPHONE),
         contact_of(person, v1::Contact::MOBILE), contact_of(person, v1::Contact::EMAIL),
         joined(person.languages()),
         (answer.age_days() == 0 ? "today" : std::to_string(answer.age_days()) + " days ago") +
             (person.stale() ? " (stale)" : "")});
  }
  table.print();
}

void show_person(const v1::Person& person) {
  std::cout << safe(shown_name(person)) << "\n  " << safe(person.title()) << ", "
            << last(person.party())
            << (person.institution().empty() ? "" : ", " + last(person.institution())) << '\n';
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
            << (person.stale() ? " (stale)" : "") << "; " << person.name() << " revision "
            << person.revision() << '\n';
}

v1::OfficeKind office_named(const std::string& word) {
  static const std::map<std::string, v1::OfficeKind> kinds = {
      {"focal-point", v1::FOCAL_POINT},
      {"body-contact", v1::BODY_CONTACT},
      {"coordinator", v1::THEMATIC_COORDINATOR},
      {"chair", v1::CHAIR},
      {"secretariat", v1::SECRETARIAT_STAFF},
      {"security-officer", v1::SECURITY_OFFICER},
      {"certificate-officer", v1::CERTIFICATE_OFFICER}};
  const auto found = kinds.find(word);
  return found == kinds.end() ? v1::OFFICE_KIND_UNSPECIFIED : found->second;
}

constexpr const char* kOffices =
    "focal-point, body-contact, coordinator, chair, secretariat, security-officer, "
    "certificate-officer";

void add_who(CLI::App& app, Context& context) {
  auto request = std::make_shared<v1::WhoAnswersRequest>();
  CLI::App* verb =
      add_verb(app, "who", "who answers for a topic or an office in a party",
               "entente who trafficking --in CHE", [=, &context] {
                 context.call<v1::WhoAnswersReply>(
                     kService + "WhoAnswers", *request,
                     [](const v1::WhoAnswersReply& reply) {
                       if (!reply.answers().empty()) return show_answers(reply.answers());
                       std::cout << safe(reply.nearest())
                                 << (reply.alternatives().empty() ? "; nobody comes close\n"
                                                                  : "; the nearest:\n");
                       if (!reply.alternatives().empty()) show_answers(reply.alternatives());
                     },
                     [](const v1::WhoAnswersReply& reply) { return reply.answers().empty(); });
               });
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
      kOffices);
  verb->add_option_function<std::string>(
      "--on", [request](const std::string& v) { request->set_as_of(v); }, "as of a day");
}

void add_find(CLI::App& app, Context& context) {
  auto request = std::make_shared<v1::SearchPersonsRequest>();
  CLI::App* verb = add_verb(
      app, "find", "persons by any part of their names, titles, institutions or country",
      "entente find soderkoping --process igc", [=, &context] {
        context.call<v1::SearchPersonsReply>(
            kService + "SearchPersons", *request,
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
                std::cout << "more: --page " << reply.next_page_token() << '\n';
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
    verb->add_option_function<std::string>(
        flag, [request, set](const std::string& v) { set(*request, v); }, what);
  };
  filter("--process", "`igc`",
         [](auto& r, const std::string& v) { r.set_process(in("processes", v)); });
  filter("--in", "the party: `CHE`",
         [](auto& r, const std::string& v) { r.set_party(in("parties", v)); });
  filter("--office", kOffices,
         [](auto& r, const std::string& v) { r.set_office(office_named(v)); });
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
             context.call<v1::Person>(kService + "GetPerson", *get,
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
             context.call<v1::Person>(kService + "ConfirmPerson", *confirm,
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
        Result<v1::Person> present = (*client)->call<v1::Person>(kService + "GetPerson", *get);
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
        context.call<v1::Person>(kService + "UpdatePerson", request,
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
        context.call<v1::ListParticipationsReply>(
            kService + "ListParticipations", *members,
            [](const v1::ListParticipationsReply& reply) {
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
             context.call<v1::ListBodiesReply>(
                 kService + "ListBodies", *bodies, [](const v1::ListBodiesReply& reply) {
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
  add_verb(group, "gaps", "what a secretariat chases: vacant offices, stale entries",
           "entente process gaps igc",
           [=, &context] {
             context.call<v1::ListGapsReply>(
                 kService + "ListGaps", *gaps, [](const v1::ListGapsReply& reply) {
                   Table table({"GAP", "PARTY", "OBJECT", "IN WORDS"});
                   for (const v1::Gap& gap : reply.gaps()) {
                     table.row({v1::Gap::Kind_Name(gap.kind()), last(gap.party()), gap.object(),
                                gap.in_words()});
                   }
                   table.print();
                 });
           })
      ->add_option_function<std::string>(
          "id", [gaps](const std::string& v) { gaps->set_process(in("processes", v)); }, "`igc`")
      ->required();
}

void add_process(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("process", "the processes: what they are, who takes part");
  group->require_subcommand(1);
  add_verb(*group, "list", "all that you may see", "entente process list", [&context] {
    context.call<v1::ListProcessesReply>(
        kService + "ListProcesses", v1::ListProcessesRequest(),
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
                 kService + "GetProcess", *get, [](const v1::Process& process) {
                   std::cout << safe(process.short_name()) << ": " << safe(process.long_name())
                             << " (since " << safe(process.established())
                             << ")\nsecretariat: " << safe(process.secretariat()) << '\n';
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
                 });
           })
      ->add_option_function<std::string>(
          "id", [get](const std::string& v) { get->set_name(in("processes", v)); }, "`igc`")
      ->required();
  add_process_parts(*group, context);
}

void add_office(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("office", "offices: their holders, hand-over, history");
  group->require_subcommand(1);
  auto over = std::make_shared<v1::HandOverRequest>();
  CLI::App* hand = add_verb(
      *group, "hand-over", "the holder changes, the office stays; one act",
      "entente office hand-over offices/swe.igc.focal-point persons/swe.erik.berg", [=, &context] {
        context.call<v1::HandOverReply>(
            kService + "HandOver", *over, [](const v1::HandOverReply& reply) {
              std::cout << "handed over to " << safe(reply.begun().person()) << " from "
                        << reply.begun().span().since() << "\nentry "
                        << reply.receipt().entry_index() << " of the ledger\n";
            });
      });
  hand->add_option_function<std::string>(
          "office", [over](const std::string& v) { over->set_office(in("offices", v)); },
          "the office")
      ->required();
  hand->add_option_function<std::string>(
          "person", [over](const std::string& v) { over->set_person(in("persons", v)); },
          "the next holder")
      ->required();
  auto history = std::make_shared<v1::GetOfficeHistoryRequest>();
  add_verb(
      *group, "history", "who has held it", "entente office history offices/swe.igc.focal-point",
      [=, &context] {
        context.call<v1::GetOfficeHistoryReply>(
            kService + "GetOfficeHistory", *history, [](const auto& reply) {
              Table table({"HOLDER", "", "SINCE", "UNTIL"});
              for (const v1::Answer& one : reply.holders()) {
                table.row({shown_name(one.person()), capacity_word(one.appointment().capacity()),
                           one.appointment().span().since(), one.appointment().span().until()});
              }
              table.print();
            });
      })
      ->add_option_function<std::string>(
          "office", [history](const std::string& v) { history->set_name(in("offices", v)); },
          "the office")
      ->required();
  auto list = std::make_shared<v1::ListOfficesRequest>();
  CLI::App* all = add_verb(
      *group, "list", "offices of a process or a party", "entente office list --process igc",
      [=, &context] {
        context.call<v1::ListOfficesReply>(
            kService + "ListOffices", *list, [](const v1::ListOfficesReply& reply) {
              Table table({"OFFICE", "TITLE", "PARTY", "PROCESS", "HELD BY"});
              for (const auto& held : reply.offices()) {
                std::string by;
                for (const v1::Appointment& one : held.appointments())
                  by += (by.empty() ? "" : ", ") + last(one.person());
                table.row({held.office().name(), held.office().title(), last(held.office().party()),
                           last(held.office().process()), by.empty() ? "(vacant)" : by});
              }
              table.print();
            });
      });
  all->add_option_function<std::string>(
      "--process", [list](const std::string& v) { list->set_process(in("processes", v)); },
      "`igc`");
  all->add_option_function<std::string>(
      "--in", [list](const std::string& v) { list->set_party(in("parties", v)); },
      "the party: `CHE`");
}

}  // namespace

void add_directory_verbs(CLI::App& app, Context& context) {
  add_who(app, context);
  add_find(app, context);
  add_person(app, context);
  add_process(app, context);
  add_office(app, context);
}

}  // namespace entente::cli
