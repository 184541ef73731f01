// `entente access`: who can see this, why can I, who could on that day, and what a change would
// close.
#include <iostream>

#include "client/cli/context.h"
#include "client/cli/services.h"
#include "entente/v1/access.pb.h"
#include "proto/contract/timestamp.h"

namespace entente::cli {
namespace {

// The parties whose people see it, in order; those that the caller may not see last, unnamed.
void show_access(const v1::Reckoning& reckoning) {
  std::cout << safe(reckoning.in_words()) << '\n';
  Table table({"PARTY", "PEOPLE", "PROGRAMS", "THROUGH"});
  for (const v1::PartyReckoning& party : reckoning.parties()) {
    std::string through;
    for (const std::string& principal : party.through())
      through += (through.empty() ? "" : " ") + principal;
    table.row({party.party().empty() ? "others" : party.party(), std::to_string(party.people()),
               std::to_string(party.programs()), through});
  }
  if (!table.empty()) table.print();
}

// A time, or the end of a day: what became so on that day counts.
Status read_time(const std::string& text, google::protobuf::Timestamp& out, const char* field) {
  std::optional<Instant> at = parse_rfc3339(text);
  if (!at)
    return invalid_argument(field, "must be a day `2026-11-23` or a time `2026-11-23T09:00:00Z`");
  if (text.find('T') == std::string::npos) *at += std::chrono::hours(24) - Tick(1);
  set_time(out, *at);
  return Status();
}

void add_looks(CLI::App& access, Context& context) {
  auto who = std::make_shared<v1::WhoCanSeeRequest>();
  add_verb(access, "who", "who can see an object", "entente access who persons/2f6c...",
           [=, &context] {
             context.call<v1::WhoCanSeeReply>(
                 access_service + "WhoCanSee", *who,
                 [](const auto& reply) { show_access(reply.reckoning()); });
           })
      ->add_option_function<std::string>(
          "object", [who](const std::string& name) { who->set_object(name); }, "its resource name")
      ->required();

  auto why = std::make_shared<v1::ExplainMyAccessRequest>();
  add_verb(access, "why", "why I can see an object", "entente access why persons/2f6c...",
           [=, &context] {
             context.call<v1::ExplainMyAccessReply>(
                 access_service + "ExplainMyAccess", *why,
                 [](const v1::ExplainMyAccessReply& reply) {
                   std::cout << safe(reply.in_words()) << '\n';
                   for (const std::string& rule : reply.because())
                     std::cout << "  " << safe(rule) << '\n';
                   if (reply.leaves_receipt())
                     std::cout << "  each reading leaves a receipt in the ledger\n";
                 });
           })
      ->add_option_function<std::string>(
          "object", [why](const std::string& name) { why->set_object(name); }, "its resource name")
      ->required();

  auto on = std::make_shared<v1::WhoCouldSeeRequest>();
  auto day = std::make_shared<std::string>();
  CLI::App* verb =
      add_verb(access, "on", "who could see an object on a day",
               "entente access on 2026-01-31 persons/2f6c...", [=, &context] {
                 if (Status status = read_time(*day, *on->mutable_at(), "day"); !status.ok())
                   return context.fail(status);
                 context.call<v1::WhoCouldSeeReply>(access_service + "WhoCouldSee", *on,
                                                    [](const v1::WhoCouldSeeReply& reply) {
                                                      if (!reply.has_visibility())
                                                        std::cout << "it was not there yet, so: ";
                                                      show_access(reply.reckoning());
                                                    });
               });
  verb->add_option("day", *day, "a day (its end is meant) or a time")->required();
  verb->add_option_function<std::string>(
          "object", [on](const std::string& name) { on->set_object(name); }, "its resource name")
      ->required();
}

std::string line_of(const std::string& text) { return text; }
std::string line_of(const v1::KindCount& row) {
  return std::to_string(row.count()) + " of kind " + row.kind();
}

// `what: a, b, c`, if there is any.
template <typename Items>
void list(const char* what, const Items& items) {
  std::string line;
  for (const auto& item : items) line += (line.empty() ? "" : ", ") + line_of(item);
  if (!line.empty()) std::cout << "  " << what << ": " << safe(line) << '\n';
}

void add_preview(CLI::App& access, Context& context) {
  auto request = std::make_shared<v1::PreviewChangeRequest>();
  auto change = std::make_shared<std::string>();
  auto name = std::make_shared<std::string>();
  CLI::App* verb = add_verb(
      access, "preview", "what suspending or ending a participation or an appointment would close",
      "entente access preview suspend processes/igc/participations/SWE", [=, &context] {
        if (name->rfind("appointments/", 0) == 0) {
          request->mutable_appointment()->set_name(*name);
          request->mutable_appointment()->set_kind(v1::AppointmentChange::END);
        } else {
          request->mutable_participation()->set_name(*name);
          request->mutable_participation()->set_kind(*change == "suspend"
                                                         ? v1::ParticipationChange::SUSPEND
                                                         : v1::ParticipationChange::END);
        }
        context.call<v1::PreviewChangeReply>(access_service + "PreviewChange", *request,
                                             [](const v1::PreviewChangeReply& reply) {
                                               std::cout << safe(reply.in_words()) << '\n';
                                               list("opens", reply.opens());
                                               list("no longer held", reply.principals_lost());
                                               list("left vacant", reply.left_vacant());
                                             });
      });
  verb->add_option("change", *change, "suspend or end")
      ->required()
      ->check(CLI::IsMember({"suspend", "end"}));
  verb->add_option("name", *name, "a participation or an appointment")->required();
}

}  // namespace

void add_access_verbs(CLI::App& app, Context& context) {
  CLI::App* access = app.add_subcommand("access", "who can see what, and why");
  access->require_subcommand(1);
  add_looks(*access, context);
  add_preview(*access, context);
}

}  // namespace entente::cli
