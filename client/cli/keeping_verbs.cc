// `entente process period`, `body`, `institution`, `participation`: what a secretariat keeps of its
// process, and a focal point of its party.
#include <iostream>
#include <map>

#include "client/cli/directory_words.h"
#include "client/cli/two_persons.h"
#include "client/lib/consent.h"

namespace entente::cli {
namespace {

void add_period(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::SetConfirmationPeriodRequest>();
  CLI::App* verb = add_verb(
      group, "period", "after how many days without a confirmation an entry is stale",
      "entente process period igc 180", [=, &context] {
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        v1::GetProcessRequest get;
        get.set_name(request->process());
        const auto present = (*client)->call<v1::Process>(directory_service + "GetProcess", get);
        if (!present.ok()) return context.fail(present.status());
        request->set_revision(present->revision());
        context.call<v1::Process>(
            directory_service + "SetConfirmationPeriod", *request, [](const v1::Process& process) {
              std::cout << "entries of " << safe(process.short_name()) << " are stale after "
                        << process.confirmation_period_days() << " days\n";
            });
      });
  add_text(verb, "id", "`igc`", request, [](auto& r, const std::string& v) {
    r.set_process(in("processes", v));
  })->required();
  verb->add_option_function<std::uint32_t>(
          "days", [request](std::uint32_t days) { request->set_days(days); }, "7 to 1095")
      ->required();
}

// --- bodies ---

const std::map<std::string, v1::Body::Kind>& body_kinds() {
  static const std::map<std::string, v1::Body::Kind> all = {
      {"steering-group", v1::Body::STEERING_GROUP},
      {"working-group", v1::Body::WORKING_GROUP},
      {"troika", v1::Body::TROIKA},
      {"mechanism", v1::Body::MECHANISM}};
  return all;
}

void show_body(const v1::Body& body) {
  std::cout << safe(body.name()) << ": " << safe(body.title()) << ", "
            << v1::Body::Kind_Name(body.kind()) << "\n  chair: " << safe(last(body.chair()))
            << "; members:";
  for (const std::string& one : body.members()) std::cout << ' ' << safe(last(one));
  std::cout << "\n  from " << safe(body.span().since())
            << (body.span().until().empty() ? "" : " until " + safe(body.span().until()))
            << "; revision " << body.revision() << '\n';
}

// What of a body is given on the line; what is not given stays.
struct BodyWords {
  v1::Body body;
  bool ad_hoc = false;
};

void add_body_words(CLI::App* verb, const std::shared_ptr<BodyWords>& words) {
  add_text(verb, "body", "its name: `processes/igc/bodies/wg-data`", words,
           [](auto& w, const std::string& v) { w.body.set_name(v); })
      ->required();
  add_text(verb, "--title", "what it is called", words,
           [](auto& w, const std::string& v) { w.body.set_title(v); });
  add_text(verb, "--kind", "steering-group, working-group, troika, mechanism", words,
           [](auto& w, const std::string& v) { w.body.set_kind(body_kinds().at(v)); })
      ->check(CLI::IsMember({"steering-group", "working-group", "troika", "mechanism"}));
  add_text(verb, "--chair", "the party that has the chair: `SWE`", words,
           [](auto& w, const std::string& v) { w.body.set_chair(in("parties", v)); });
  add_texts(verb, "--co-chair", "a party; as often as there are", words,
            [](auto& w, const std::string& v) { w.body.add_co_chairs(in("parties", v)); });
  add_texts(verb, "--member", "a party; as often as there are", words,
            [](auto& w, const std::string& v) { w.body.add_members(in("parties", v)); });
  verb->add_flag("--ad-hoc", words->ad_hoc, "for a task, not for good");
}

void overlay(const BodyWords& words, v1::Body& body) {
  if (!words.body.title().empty()) body.set_title(words.body.title());
  if (words.body.kind() != v1::Body::KIND_UNSPECIFIED) body.set_kind(words.body.kind());
  if (!words.body.chair().empty()) body.set_chair(words.body.chair());
  if (!words.body.co_chairs().empty()) *body.mutable_co_chairs() = words.body.co_chairs();
  if (!words.body.members().empty()) *body.mutable_members() = words.body.members();
  if (words.ad_hoc) body.set_ad_hoc(true);
}

void update_body(Context& context, const BodyWords& words) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::GetBodyRequest get;
  get.set_name(words.body.name());
  const auto present = (*client)->call<v1::Body>(directory_service + "GetBody", get);
  if (!present.ok()) return context.fail(present.status());
  v1::UpdateBodyRequest request;
  *request.mutable_body() = *present;
  overlay(words, *request.mutable_body());
  context.call<v1::Body>(directory_service + "UpdateBody", request, show_body);
}

void add_body(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("body", "working groups and other bodies of a process");
  group->require_subcommand(1);
  auto get = std::make_shared<v1::GetBodyRequest>();
  add_text(add_verb(*group, "show", "one body", "entente body show processes/igc/bodies/wg-data",
                    [=, &context] {
                      context.call<v1::Body>(directory_service + "GetBody", *get, show_body);
                    }),
           "body", "its name", get, [](auto& r, const std::string& v) { r.set_name(v); })
      ->required();
  auto made = std::make_shared<BodyWords>();
  add_body_words(add_verb(*group, "create", "a new body; the secretariat's",
                          "entente body create processes/igc/bodies/wg-return --title \"Return\" "
                          "--kind working-group --chair SWE --member SWE --member CHE",
                          [=, &context] {
                            v1::CreateBodyRequest request;
                            request.mutable_body()->set_name(made->body.name());
                            overlay(*made, *request.mutable_body());
                            context.call<v1::Body>(directory_service + "CreateBody", request,
                                                   show_body);
                          }),
                 made);
  auto changed = std::make_shared<BodyWords>();
  add_body_words(
      add_verb(*group, "update", "what is given is changed, the rest stays; the secretariat's",
               "entente body update processes/igc/bodies/wg-return --chair CHE",
               [=, &context] { update_body(context, *changed); }),
      changed);
  auto closed = std::make_shared<v1::CloseBodyRequest>();
  add_text(add_verb(*group, "close", "it ends today, and what its members saw by it",
                    "entente body close processes/igc/bodies/wg-return",
                    [=, &context] {
                      context.call<v1::Body>(directory_service + "CloseBody", *closed, show_body);
                    }),
           "body", "its name", closed, [](auto& r, const std::string& v) { r.set_name(v); })
      ->required();
}

// --- institutions ---

void show_party(const v1::Party& party) {
  Table table({"INSTITUTION", "NAME", "ACRONYM", "SINCE", "UNTIL"});
  for (const v1::Institution& one : party.institutions()) {
    const auto& names = one.names().by_language();
    const auto english = names.find("en");
    table.row({one.name(),
               english != names.end() ? english->second
               : names.empty()        ? ""
                                      : names.begin()->second,
               one.acronym(), one.span().since(), one.span().until()});
  }
  table.print();
}

// The revision of the party that `parties/SWE/institutions/x` is of.
template <typename Request>
void act_on_party(Context& context, const char* rpc, const std::string& institution,
                  Request request) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::GetPartyRequest get;
  get.set_name(institution.substr(0, institution.find("/institutions/")));
  const auto present = (*client)->call<v1::Party>(directory_service + "GetParty", get);
  if (!present.ok()) return context.fail(present.status());
  request.set_revision(present->revision());
  context.call<v1::Party>(directory_service + rpc, request, show_party);
}

void add_institution_words(CLI::App* verb, const std::shared_ptr<v1::Institution>& words) {
  add_text(verb, "institution", "its name: `parties/SWE/institutions/migrationsverket`", words,
           [](auto& w, const std::string& v) { w.set_name(v); })
      ->required();
  add_texts(verb, "--name", "in a language: `en=Migration Agency`", words,
            [](auto& w, const std::string& v) {
              const std::size_t at = v.find('=');
              const bool bare = at == std::string::npos;
              (*w.mutable_names()->mutable_by_language())[bare ? "en" : v.substr(0, at)] =
                  bare ? v : v.substr(at + 1);
            })
      ->required();
  add_text(verb, "--acronym", "short", words,
           [](auto& w, const std::string& v) { w.set_acronym(v); });
}

void add_institution(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("institution", "ministries and departments of your party");
  group->require_subcommand(1);
  auto get = std::make_shared<v1::GetPartyRequest>();
  add_text(add_verb(*group, "list", "those of a party", "entente institution list SWE",
                    [=, &context] {
                      context.call<v1::Party>(directory_service + "GetParty", *get, show_party);
                    }),
           "party", "`SWE`", get,
           [](auto& r, const std::string& v) { r.set_name(in("parties", v)); })
      ->required();
  auto made = std::make_shared<v1::Institution>();
  add_institution_words(
      add_verb(*group, "create", "a new one; a focal point's",
               "entente institution create parties/SWE/institutions/kustbevakningen "
               "--name \"en=Coast Guard\"",
               [=, &context] {
                 v1::CreateInstitutionRequest request;
                 *request.mutable_institution() = *made;
                 act_on_party(context, "CreateInstitution", made->name(), request);
               }),
      made);
  auto changed = std::make_shared<v1::Institution>();
  add_institution_words(
      add_verb(*group, "update", "its names and acronym, all of them; a focal point's",
               "entente institution update parties/SWE/institutions/kustbevakningen "
               "--name \"en=Swedish Coast Guard\"",
               [=, &context] {
                 v1::UpdateInstitutionRequest request;
                 *request.mutable_institution() = *changed;
                 act_on_party(context, "UpdateInstitution", changed->name(), request);
               }),
      changed);
  auto closed = std::make_shared<v1::CloseInstitutionRequest>();
  add_text(add_verb(*group, "close", "it ends today",
                    "entente institution close parties/SWE/institutions/kustbevakningen",
                    [=, &context] {
                      act_on_party(context, "CloseInstitution", closed->name(), *closed);
                    }),
           "institution", "its name", closed, [](auto& r, const std::string& v) { r.set_name(v); })
      ->required();
}

// --- what a party is in a process ---

void show_participation_proposal(const v1::ParticipationProposal& one) {
  std::cout << safe(one.name()) << "\n  " << safe(last(one.party())) << " is to be "
            << v1::Participation::Status_Name(one.standing().status()) << " of "
            << safe(last(one.process())) << " from " << safe(one.standing().span().since())
            << "; proposed by " << safe(one.proposed_by()) << "\n  waits for a second person until "
            << to_rfc3339(Instant(std::chrono::seconds(one.expires_at().seconds()))) << '\n';
}

void propose_participation(Context& context, v1::ProposeParticipationRequest request) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const auto files = signing_files(context);
  if (!files.ok()) return context.fail(files.status());
  if (request.standing().span().since().empty()) {
    request.mutable_standing()->mutable_span()->set_since(
        to_rfc3339(context.clock().now()).substr(0, 10));
  }
  if (const Status status = client::sign(**client, *files, request); !status.ok())
    return context.fail(status);
  context.call<v1::ParticipationProposal>(directory_service + "ProposeParticipation", request,
                                          show_participation_proposal);
}

void approve_participation(Context& context, const std::string& name) {
  v1::ListParticipationProposalsRequest list;
  list.set_process(name.substr(0, name.find("/participationProposals/")));
  const auto all =
      all_pages<v1::ListParticipationProposalsReply>(context, "ListParticipationProposals", list);
  if (!all.ok()) return context.fail(all.status());
  approve_waiting<v1::Participation>(
      context, directory_service + "ApproveParticipation", all->proposals(),
      [&](const auto& one) { return one.name() == name; },
      "`" + name + "` does not wait for anybody",
      [](const v1::Participation& reply) {
        const auto& now = reply.standings(reply.standings_size() - 1);
        std::cout << safe(reply.name()) << ": " << v1::Participation::Status_Name(now.status())
                  << " from " << safe(now.span().since()) << '\n';
      });
}

const std::map<std::string, v1::Participation::Status>& statuses() {
  static const std::map<std::string, v1::Participation::Status> all = {
      {"member", v1::Participation::MEMBER},       {"observer", v1::Participation::OBSERVER},
      {"partner", v1::Participation::PARTNER},     {"invited", v1::Participation::INVITED},
      {"suspended", v1::Participation::SUSPENDED}, {"former", v1::Participation::FORMER}};
  return all;
}

void add_participation_propose(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ProposeParticipationRequest>();
  CLI::App* verb =
      add_verb(group, "propose", "what a party is to be in a process; another must approve it",
               "entente participation propose igc THA observer --since 2027-01-01",
               [=, &context] { propose_participation(context, *request); });
  add_text(verb, "process", "`igc`", request, [](auto& r, const std::string& v) {
    r.set_process(in("processes", v));
  })->required();
  add_text(verb, "party", "`THA`", request, [](auto& r, const std::string& v) {
    r.set_party(in("parties", v));
  })->required();
  add_text(
      verb, "status", "member, observer, partner, invited, suspended, former", request,
      [](auto& r, const std::string& v) { r.mutable_standing()->set_status(statuses().at(v)); })
      ->required()
      ->check(CLI::IsMember({"member", "observer", "partner", "invited", "suspended", "former"}));
  add_text(
      verb, "--since", "the first day; else today", request,
      [](auto& r, const std::string& v) { r.mutable_standing()->mutable_span()->set_since(v); });
  add_text(verb, "--group", "its group in the process", request,
           [](auto& r, const std::string& v) { r.mutable_standing()->set_group(v); });
  add_texts(verb, "--activity", "limited to this body or dataflow; as often as there are", request,
            [](auto& r, const std::string& v) { r.mutable_standing()->add_activities(v); });
  add_text(verb, "--note", "why", request,
           [](auto& r, const std::string& v) { r.mutable_standing()->set_note(v); });
}

void add_participation(CLI::App& app, Context& context) {
  CLI::App* group =
      app.add_subcommand("participation", "what a party is in a process, by the word of two");
  group->require_subcommand(1);
  auto get = std::make_shared<v1::GetParticipationRequest>();
  add_text(add_verb(*group, "show", "what a party was and is in a process",
                    "entente participation show processes/apc/participations/NZL",
                    [=, &context] {
                      context.call<v1::Participation>(
                          directory_service + "GetParticipation", *get,
                          [](const v1::Participation& reply) {
                            Table table({"STATUS", "SINCE", "UNTIL", "GROUP", "NOTE"});
                            for (const auto& one : reply.standings()) {
                              table.row({v1::Participation::Status_Name(one.status()),
                                         one.span().since(), one.span().until(), one.group(),
                                         one.note()});
                            }
                            table.print();
                          });
                    }),
           "name", "its resource name", get, [](auto& r, const std::string& v) { r.set_name(v); })
      ->required();
  add_participation_propose(*group, context);
  auto list = std::make_shared<v1::ListParticipationProposalsRequest>();
  add_text(add_verb(*group, "waiting", "what waits for a second person",
                    "entente participation waiting igc",
                    [=, &context] {
                      call_all<v1::ListParticipationProposalsReply>(
                          context, "ListParticipationProposals", *list,
                          [](const v1::ListParticipationProposalsReply& reply) {
                            if (reply.proposals().empty()) std::cout << "nothing waits\n";
                            for (const auto& one : reply.proposals())
                              show_participation_proposal(one);
                          });
                    }),
           "process", "`igc`", list,
           [](auto& r, const std::string& v) { r.set_process(in("processes", v)); })
      ->required();
  auto name = std::make_shared<std::string>();
  add_verb(*group, "approve", "the second person's word, signed over what it says",
           "entente participation approve processes/igc/participationProposals/4f2a...",
           [=, &context] { approve_participation(context, *name); })
      ->add_option("proposal", *name, "as `entente participation waiting` shows it")
      ->required();
}

}  // namespace

void add_keeping_verbs(CLI::App& app, CLI::App& process, Context& context) {
  add_period(process, context);
  add_body(app, context);
  add_institution(app, context);
  add_participation(app, context);
}

}  // namespace entente::cli
