// `entente office`: who holds what; each beginning and each end signed by the party.
#include <algorithm>
#include <iostream>

#include "client/cli/directory_words.h"

namespace entente::cli {
namespace {

void hand_over(Context& context, const v1::HandOverRequest& request,
               const std::function<void(const v1::Appointment& begun)>& show) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const Result<client::SigningFiles> files = signing_files(context);
  if (!files.ok()) return context.fail(files.status());
  const Result<v1::HandOverReply> reply =
      client::hand_over(**client, *files, context.clock(), context.entropy(), request);
  if (!reply.ok()) return context.fail(reply.status());
  if (context.json) return print_json(*reply);
  show(reply->begun());
  std::cout << "\nentry " << reply->receipt().entry_index() << " of the ledger\n";
}

void add_hand_over(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::HandOverRequest>();
  CLI::App* verb = add_verb(
      group, "hand-over", "the holder changes, the office stays; one act, signed by your key",
      "entente office hand-over offices/swe.igc.focal-point persons/swe.erik.berg", [=, &context] {
        hand_over(context, *request, [](const v1::Appointment& begun) {
          std::cout << "handed over to " << safe(begun.person()) << " from "
                    << safe(begun.span().since());
        });
      });
  add_text(verb, "office", "the office", request, [](auto& r, const std::string& v) {
    r.set_office(in("offices", v));
  })->required();
  add_text(verb, "person", "the next holder", request, [](auto& r, const std::string& v) {
    r.set_person(in("persons", v));
  })->required();
  add_text(verb, "--since", "the first day, up to a year ahead; else today", request,
           [](auto& r, const std::string& v) { r.set_since(v); });
}

// Who holds the office today; null: nobody.
const v1::Appointment* present_holder(const v1::GetOfficeHistoryReply& history,
                                      const std::string& today) {
  for (const v1::Answer& one : history.holders()) {
    const v1::Span& span = one.appointment().span();
    if (one.appointment().capacity() == v1::HOLDER && span.since() <= today &&
        (span.until().empty() || today < span.until())) {
      return &one.appointment();
    }
  }
  return nullptr;
}

void confirm(Context& context, const std::string& office) {
  v1::GetOfficeHistoryRequest ask;
  ask.set_name(office);
  const auto history = all_pages<v1::GetOfficeHistoryReply>(context, "GetOfficeHistory", ask);
  if (!history.ok()) return context.fail(history.status());
  const std::string today = to_rfc3339(context.clock().now()).substr(0, 10);
  const v1::Appointment* present = present_holder(*history, today);
  if (present == nullptr) {
    return context.fail(Status(Code::FailedPrecondition, Reason::None,
                               "nobody holds it: `entente office appoint` appoints somebody"));
  }
  if (!present->signature().empty()) {
    std::cout << "its party has signed that " << safe(present->person())
              << " holds it: " << safe(present->name()) << '\n';
    return;
  }
  v1::HandOverRequest request;
  request.set_office(office);
  request.set_person(present->person());
  hand_over(context, request, [](const v1::Appointment& begun) {
    std::cout << safe(begun.person()) << " holds it by your signature from "
              << safe(begun.span().since()) << ": " << safe(begun.name());
  });
}

void add_confirm(CLI::App& group, Context& context) {
  auto office = std::make_shared<std::string>();
  add_verb(group, "confirm",
           "that its present holder, whom the operator entered, holds it; signed by your key",
           "entente office confirm offices/swe.igc.focal-point",
           [=, &context] { confirm(context, in("offices", *office)); })
      ->add_option("office", *office, "the office: yours, or one of your party's that you keep")
      ->required();
}

void add_appoint(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::AppointRequest>();
  request->set_capacity(v1::HOLDER);
  CLI::App* verb = add_verb(
      group, "appoint", "a person to an office; signed by your certificate's key",
      "entente office appoint offices/swe.igc.focal-point persons/swe.erik.berg --as deputy",
      [=, &context] {
        if (const Status status = sign_appointment(context, *request); !status.ok())
          return context.fail(status);
        context.call<v1::Appointment>(
            directory_service + "Appoint", *request, [](const v1::Appointment& reply) {
              std::cout << safe(reply.person()) << " is " << capacity_word(reply.capacity())
                        << " from " << safe(reply.span().since()) << ": " << safe(reply.name())
                        << '\n';
            });
      });
  add_text(verb, "office", "the office", request, [](auto& r, const std::string& v) {
    r.set_office(in("offices", v));
  })->required();
  add_text(verb, "person", "who", request, [](auto& r, const std::string& v) {
    r.set_person(in("persons", v));
  })->required();
  add_text(verb, "--as", "holder (if nothing is said), acting, deputy, duty", request,
           [](auto& r, const std::string& v) {
             r.set_capacity(v == "acting"   ? v1::ACTING
                            : v == "deputy" ? v1::DEPUTY
                            : v == "duty"   ? v1::DUTY_CONTACT
                                            : v1::HOLDER);
           })
      ->check(CLI::IsMember({"holder", "acting", "deputy", "duty"}));
  add_text(verb, "--since", "the first day, up to a year ahead; else today", request,
           [](auto& r, const std::string& v) { r.set_since(v); });
}

void add_end(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::EndAppointmentRequest>();
  CLI::App* verb = add_verb(
      group, "end", "an appointment ends; signed by your certificate's key",
      "entente office end appointments/0123456789abcdef0123456789abcdef --until 2027-01-01",
      [=, &context] {
        if (const Status status = sign_appointment(context, *request); !status.ok())
          return context.fail(status);
        const std::string today = to_rfc3339(context.clock().now()).substr(0, 10);
        context.call<v1::Appointment>(
            directory_service + "EndAppointment", *request, [&](const v1::Appointment& reply) {
              const v1::Span& span = reply.span();
              if (today < span.since() && span.until() <= span.since()) {
                std::cout << safe(reply.name()) << " does not begin";
                if (reply.capacity() == v1::HOLDER)
                  std::cout << ": whoever was to hand over to them goes on";
                std::cout << '\n';
                return;
              }
              std::cout << safe(reply.name()) << " ends: from " << safe(span.until())
                        << " on it no longer holds\n";
            });
      });
  add_text(verb, "appointment", "as `entente office history` shows it", request,
           [](auto& r, const std::string& v) { r.set_name(in("appointments", v)); })
      ->required();
  add_text(
      verb, "--until",
      "the first day on which it no longer holds; else today. Not after its first day: it does "
      "not begin, and whoever was to hand over goes on",
      request, [](auto& r, const std::string& v) { r.set_until(v); });
}

void show_history(Context& context, const v1::GetOfficeHistoryRequest& request) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const auto all = all_pages<v1::GetOfficeHistoryReply>(context, "GetOfficeHistory", request);
  if (!all.ok()) return context.fail(all.status());
  client::AppointmentReader reader(**client);
  Table table({"HOLDER", "", "SINCE", "UNTIL", "APPOINTED BY", "APPOINTMENT"});
  for (const v1::Answer& one : all->holders()) {
    const Result<std::string> by = appointed_by(reader, one);
    if (!by.ok()) return context.fail(by.status());
    table.row({shown_name(one.person()), capacity_word(one.appointment().capacity()),
               one.appointment().span().since(), one.appointment().span().until(), *by,
               one.appointment().name()});
  }
  if (context.json) return print_json(*all);
  table.print();
}

void add_history(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::GetOfficeHistoryRequest>();
  CLI::App* verb =
      add_verb(group, "history", "who has held it, and who appointed them, checked here",
               "entente office history offices/swe.igc.focal-point",
               [=, &context] { show_history(context, *request); });
  add_text(verb, "office", "the office", request, [](auto& r, const std::string& v) {
    r.set_name(in("offices", v));
  })->required();
}

void add_office_list(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ListOfficesRequest>();
  CLI::App* verb = add_verb(
      group, "list", "offices of a process or a party", "entente office list --process igc",
      [=, &context] {
        call_all<v1::ListOfficesReply>(
            context, "ListOffices", *request, [](const v1::ListOfficesReply& reply) {
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
  add_text(verb, "--process", "`igc`", request,
           [](auto& r, const std::string& v) { r.set_process(in("processes", v)); });
  add_text(verb, "--in", "the party: `CHE`", request,
           [](auto& r, const std::string& v) { r.set_party(in("parties", v)); });
}

void show_office(const v1::Office& office) {
  std::cout << safe(office.name()) << ": " << safe(office.title()) << ", "
            << safe(last(office.party()))
            << (office.process().empty() ? "" : ", " + safe(last(office.process())))
            << (office.body().empty() ? "" : ", " + safe(last(office.body()))) << "\n  "
            << v1::OfficeKind_Name(office.kind()) << "; topics: " << safe(joined(office.topics()))
            << "\n  from " << safe(office.span().since())
            << (office.span().until().empty() ? "" : " until " + safe(office.span().until()))
            << "; revision " << office.revision() << '\n';
}

void add_office_show(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::GetOfficeRequest>();
  CLI::App* verb = add_verb(
      group, "show", "one office", "entente office show swe.igc.focal-point", [=, &context] {
        context.call<v1::Office>(directory_service + "GetOffice", *request,
                                 [](const v1::Office& office) { show_office(office); });
      });
  add_text(verb, "office", "the office", request, [](auto& r, const std::string& v) {
    r.set_name(in("offices", v));
  })->required();
}

void add_office_create(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::CreateOfficeRequest>();
  CLI::App* verb = add_verb(
      group, "create",
      "a new office of your party, or of your secretariat; a party's first focal point in a "
      "process is created by its security officer, or by its focal point in another",
      "entente office create swe.igc.returns --in SWE --process igc --kind coordinator "
      "--title Returns --topic return",
      [=, &context] {
        context.call<v1::Office>(directory_service + "CreateOffice", *request,
                                 [](const v1::Office& office) { show_office(office); });
      });
  const auto text = [&](const char* name, const char* what, auto set) {
    return add_text(verb, name, what, request,
                    [set](auto& r, const std::string& v) { set(*r.mutable_office(), v); });
  };
  text("office", "its name, that begins with the party's code: `swe.igc.returns`",
       [](v1::Office& o, const std::string& v) { o.set_name(in("offices", v)); })
      ->required();
  text("--in", "whose office: `SWE`", [](v1::Office& o, const std::string& v) {
    o.set_party(in("parties", v));
  })->required();
  text("--process", "`igc`", [](v1::Office& o, const std::string& v) {
    o.set_process(in("processes", v));
  })->required();
  text("--kind", office_words,
       [](v1::Office& o, const std::string& v) { o.set_kind(office_named(v)); })
      ->required()
      ->check(no_office);
  text("--title", "what it is called", [](v1::Office& o, const std::string& v) {
    o.set_title(v);
  })->required();
  text("--body", "of a body contact: `processes/igc/bodies/wg-data`",
       [](v1::Office& o, const std::string& v) { o.set_body(v); });
  add_texts(verb, "--topic", "in words; as often as it has topics", request,
            [](auto& r, const std::string& v) { r.mutable_office()->add_topics(v); });
}

void add_office_update(CLI::App& group, Context& context) {
  auto wanted = std::make_shared<v1::Office>();
  CLI::App* verb = add_verb(
      group, "update", "its title, its topics",
      "entente office update swe.igc.returns --title Readmission", [=, &context] {
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        v1::GetOfficeRequest get;
        get.set_name(wanted->name());
        const auto present = (*client)->call<v1::Office>(directory_service + "GetOffice", get);
        if (!present.ok()) return context.fail(present.status());
        v1::UpdateOfficeRequest request;
        *request.mutable_office() = *present;
        if (!wanted->title().empty()) request.mutable_office()->set_title(wanted->title());
        if (!wanted->topics().empty())
          *request.mutable_office()->mutable_topics() = wanted->topics();
        context.call<v1::Office>(directory_service + "UpdateOffice", request,
                                 [](const v1::Office& office) { show_office(office); });
      });
  add_text(verb, "office", "the office", wanted, [](auto& o, const std::string& v) {
    o.set_name(in("offices", v));
  })->required();
  add_text(verb, "--title", "what it is called now", wanted,
           [](auto& o, const std::string& v) { o.set_title(v); });
  add_texts(verb, "--topic", "in words, instead of those it had", wanted,
            [](auto& o, const std::string& v) { o.add_topics(v); });
}

// Signs the end of each appointment that is in force, or is to be.
Result<v1::CloseOfficeRequest> closing(Context& context, const std::string& office) {
  v1::GetOfficeHistoryRequest history;
  history.set_name(office);
  ENTENTE_TRY(const auto all,
              all_pages<v1::GetOfficeHistoryReply>(context, "GetOfficeHistory", history));
  const std::string today = to_rfc3339(context.clock().now()).substr(0, 10);
  v1::CloseOfficeRequest request;
  request.set_name(office);
  for (const v1::Answer& one : all.holders()) {
    const std::string& until = one.appointment().span().until();
    if (!until.empty() && until <= today) continue;
    v1::EndAppointmentRequest* end = request.add_ends();
    end->set_name(one.appointment().name());
    ENTENTE_TRY_VOID(sign_appointment(context, *end));
  }
  return request;
}

void add_close(CLI::App& group, Context& context) {
  auto office = std::make_shared<std::string>();
  CLI::App* verb =
      add_verb(group, "close", "it ends today, with every appointment to it, in one act",
               "entente office close swe.igc.returns", [=, &context] {
                 const auto request = closing(context, in("offices", *office));
                 if (!request.ok()) return context.fail(request.status());
                 context.call<v1::Office>(directory_service + "CloseOffice", *request,
                                          [](const v1::Office& closed) { show_office(closed); });
               });
  verb->add_option("office", *office, "the office")->required();
}

}  // namespace

void add_office_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("office", "offices: their holders, hand-over, history");
  group->require_subcommand(1);
  add_hand_over(*group, context);
  add_confirm(*group, context);
  add_appoint(*group, context);
  add_end(*group, context);
  add_history(*group, context);
  add_office_list(*group, context);
  add_office_show(*group, context);
  add_office_create(*group, context);
  add_office_update(*group, context);
  add_close(*group, context);
}

}  // namespace entente::cli
