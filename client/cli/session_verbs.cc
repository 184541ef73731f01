// `entente sign-in`, `whoami`, `sessions`, `password`: who am I, and on what lines.
#include <chrono>
#include <cstdint>
#include <iostream>

#include "client/cli/context.h"
#include "client/cli/services.h"
#include "entente/v1/session.pb.h"

namespace entente::cli {
namespace {

std::string day(const google::protobuf::Timestamp& time) {
  return time.seconds() == 0 ? "" : to_rfc3339(Instant(std::chrono::seconds(time.seconds())));
}

std::string_view duty_name(v1::HeldDuty::Duty duty) {
  switch (duty) {
    case v1::HeldDuty::DUTY_FOCAL_POINT:
      return "focal point";
    case v1::HeldDuty::DUTY_SECRETARIAT:
      return "secretariat";
    case v1::HeldDuty::DUTY_SECURITY_OFFICER:
      return "security officer";
    case v1::HeldDuty::DUTY_CHAIR:
      return "chair";
    case v1::HeldDuty::DUTY_CERTIFICATE_OFFICER:
      return "certificate officer";
    default:
      return "unknown duty";
  }
}

// With a reminder in the last thirty days of the certificate.
void show_session(const v1::Session& session, const Clock& clock) {
  std::cout << safe(session.account()) << " of " << safe(session.party()) << '\n';
  for (const v1::HeldDuty& held : session.duties()) {
    std::cout << "  " << duty_name(held.duty()) << " of " << safe(held.party())
              << (held.process().empty() ? "" : " in " + safe(held.process())) << '\n';
  }
  std::cout << "session ends " << day(session.ends_at()) << ", when idle "
            << day(session.idle_ends_at()) << "\ncertificate ends "
            << day(session.certificate_ends_at()) << '\n';
  constexpr std::int64_t told_days = 30;
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch();
  const std::int64_t days = (session.certificate_ends_at().seconds() - now.count()) / 86'400;
  if (days > told_days) return;
  std::cout << "your certificate ends in " << days << (days == 1 ? " day" : " days")
            << ": ask your certificate officer for the next one\n";
}

void sign_in(Context& context) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  Result<Secret> password = context.profiles().password("password: ");
  if (!password.ok()) return context.fail(password.status());
  if (Status status = (*client)->sign_in(*password); !status.ok()) return context.fail(status);
  context.call<v1::Session>(session_service + "GetSession", v1::GetSessionRequest(),
                            [&](const v1::Session& session) {
                              std::cout << "signed in\n";
                              show_session(session, context.clock());
                            });
}

// A new password, asked for twice; or the first line of `file`.
Result<Secret> new_password(const std::string& file) {
  if (!file.empty()) {
    std::string text = first_line_of(file);
    if (text.empty()) return invalid_argument("new-password-file", "holds no password");
    return Secret(std::move(text));
  }
  ENTENTE_TRY(Secret first, ask_secret("new password (8 characters at least, 15 advised): "));
  ENTENTE_TRY(const Secret second, ask_secret("once more: "));
  if (!first.equals(second)) return invalid_argument("password", "was not the same twice");
  return first;
}

void add_password_verbs(CLI::App& app, Context& context) {
  CLI::App* group =
      app.add_subcommand("password", "change your password, redeem a code, passwords for tools");
  group->require_subcommand(1);

  auto file = std::make_shared<std::string>();
  add_verb(
      *group, "change", "changes your password; your other sessions end", "entente password change",
      [=, &context] {
        Result<Secret> old = context.profiles().password("present password: ");
        if (!old.ok()) return context.fail(old.status());
        Result<Secret> fresh = new_password(*file);
        if (!fresh.ok()) return context.fail(fresh.status());
        v1::ChangePasswordRequest request;
        request.set_old_password(std::string(old->reveal(SecretAccess{})));
        request.set_new_password(std::string(fresh->reveal(SecretAccess{})));
        context.call<v1::ChangePasswordReply>(
            session_service + "ChangePassword", request,
            [](const auto&) { std::cout << "password changed; your other sessions have ended\n"; });
      })
      ->add_option("--new-password-file", *file, "its first line is the new password");

  auto code = std::make_shared<std::string>();
  CLI::App* redeem = add_verb(
      *group, "redeem",
      "sets your first password, or a new one, with a code from your security officer",
      "entente password redeem 7K2M-...", [=, &context] {
        Result<Secret> fresh = new_password(*file);
        if (!fresh.ok()) return context.fail(fresh.status());
        v1::RedeemCodeRequest request;
        request.set_code(*code);
        request.set_new_password(std::string(fresh->reveal(SecretAccess{})));
        context.call<v1::RedeemCodeReply>(session_service + "RedeemCode", request, [](const auto&) {
          std::cout << "password set; next: entente sign-in\n";
        });
      });
  redeem->add_option("code", *code, "the code")->required();
  redeem->add_option("--new-password-file", *file, "its first line is the new password");
}

void add_tool_password_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("tool-password",
                                       "read-only passwords for tools that know HTTP Basic only");
  group->require_subcommand(1);
  auto request = std::make_shared<v1::CreateApplicationPasswordRequest>();
  CLI::App* create = add_verb(
      *group, "create", "makes one, shown this once; bound to your certificate",
      "entente tool-password create directory --label \"address book\"", [=, &context] {
        context.call<v1::CreateApplicationPasswordReply>(
            session_service + "CreateApplicationPassword", *request, [](const auto& reply) {
              std::cout << safe(reply.application_password().name()) << '\n'
                        << safe(reply.password()) << '\n';
            });
      });
  create
      ->add_option_function<std::string>(
          "scope",
          [request](const std::string& scope) {
            request->set_scope(scope == "directory"  ? v1::SCOPE_DIRECTORY
                               : scope == "calendar" ? v1::SCOPE_CALENDAR
                                                     : v1::SCOPE_STATISTICS);
          },
          "directory, calendar or statistics")
      ->required()
      ->check(CLI::IsMember({"directory", "calendar", "statistics"}));
  create->add_option_function<std::string>(
      "--label", [request](const std::string& label) { request->set_label(label); },
      "your own words");

  add_verb(*group, "list", "those that there are", "entente tool-password list", [&context] {
    context.call<v1::ListApplicationPasswordsReply>(
        session_service + "ListApplicationPasswords", v1::ListApplicationPasswordsRequest(),
        [](const auto& reply) {
          Table table({"NAME", "LABEL", "SCOPE", "SINCE"});
          for (const v1::ApplicationPassword& one : reply.application_passwords()) {
            table.row({one.name(), one.label(), v1::Scope_Name(one.scope()).substr(6),
                       day(one.created_at())});
          }
          table.print();
        });
  });

  auto name = std::make_shared<v1::DeleteApplicationPasswordRequest>();
  add_verb(*group, "delete", "ends one",
           "entente tool-password delete parties/SWE/accounts/anna/applicationPasswords/1",
           [=, &context] {
             context.call<v1::DeleteApplicationPasswordReply>(
                 session_service + "DeleteApplicationPassword", *name,
                 [](const auto&) { std::cout << "ended\n"; });
           })
      ->add_option_function<std::string>(
          "name", [name](const std::string& n) { name->set_name(n); }, "as `list` shows it")
      ->required();
}

void add_sessions_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("sessions", "your sessions");
  group->require_subcommand(1);
  add_verb(*group, "list", "where you are signed in", "entente sessions list", [&context] {
    context.call<v1::ListSessionsReply>(
        session_service + "ListSessions", v1::ListSessionsRequest(),
        [](const v1::ListSessionsReply& reply) {
          Table table({"", "SESSION", "FROM", "SINCE", "ENDS"});
          for (const v1::Session& one : reply.sessions()) {
            table.row({one.current() ? "*" : "", one.name(), one.address(), day(one.started_at()),
                       day(one.ends_at())});
          }
          table.print();
        });
  });
  auto end = std::make_shared<v1::EndSessionRequest>();
  add_verb(*group, "end", "ends one of them", "entente sessions end sessions/4d1c...",
           [=, &context] {
             context.call<v1::EndSessionReply>(session_service + "EndSession", *end,
                                               [](const auto&) { std::cout << "ended\n"; });
           })
      ->add_option_function<std::string>(
          "name", [end](const std::string& n) { end->set_name(n); }, "as `list` shows it")
      ->required();
}

}  // namespace

void add_session_verbs(CLI::App& app, Context& context) {
  add_verb(app, "sign-in", "opens a session with your certificate and password", "entente sign-in",
           [&context] { sign_in(context); });
  add_verb(app, "sign-out", "ends the session", "entente sign-out", [&context] {
    Result<client::Client*> client = context.client();
    if (!client.ok()) return context.fail(client.status());
    if (Status status = (*client)->sign_out(); !status.ok()) return context.fail(status);
    std::cout << "signed out\n";
  });
  add_verb(app, "whoami", "your account, party, duties and how long they last", "entente whoami",
           [&context] {
             context.call<v1::Session>(
                 session_service + "GetSession", v1::GetSessionRequest(),
                 [&](const v1::Session& session) { show_session(session, context.clock()); });
           });
  add_verb(app, "step-up", "gives the password again, for what is grave", "entente step-up",
           [&context] {
             Result<Secret> password = context.profiles().password("password: ");
             if (!password.ok()) return context.fail(password.status());
             v1::StepUpRequest request;
             request.set_password(std::string(password->reveal(SecretAccess{})));
             context.call<v1::Session>(
                 session_service + "StepUp", request, [](const v1::Session& session) {
                   std::cout << "good until " << day(session.stepped_up_until()) << '\n';
                 });
           });
  add_sessions_verbs(app, context);
  add_password_verbs(app, context);
  add_tool_password_verbs(app, context);
}

}  // namespace entente::cli
