// `entente account`, `entente certificate`: what a party's security and certificate officers do.
#include <fstream>
#include <iostream>
#include <iterator>

#include "client/cli/context.h"
#include "client/cli/directory_words.h"
#include "client/cli/services.h"
#include "entente/v1/account.pb.h"
#include "proto/contract/bytes.h"

namespace entente::cli {
namespace {

std::string_view state_name(const v1::Account& account) {
  if (account.locked()) return "locked";
  switch (account.state()) {
    case v1::Account::STATE_INVITED:
      return "invited";
    case v1::Account::STATE_ACTIVE:
      return "active";
    case v1::Account::STATE_ENDED:
      return "ended";
    default:
      return "unknown";
  }
}

void show_account(const v1::Account& account) {
  std::cout << safe(account.name()) << ": " << state_name(account) << '\n';
}

void show_code(const v1::AccountCode& code) {
  show_account(code.account());
  std::cout << "code: " << safe(code.code())
            << (code.awaits_approval() ? "\n  works once a second officer has approved it\n"
                                       : "\n  hand it to the person, by another way than e-mail\n");
}

// An rpc that takes a name and answers with one message.
template <typename Req, typename Rep, typename Show>
void add_account_named(CLI::App& group, Context& context, const char* verb, const char* what,
                       const std::string& method, Show show_reply) {
  auto request = std::make_shared<Req>();
  add_verb(group, verb, what, std::string("entente account ") + verb + " parties/SWE/accounts/anna",
           [=, &context] { context.call<Rep>(method, *request, show_reply); })
      ->template add_option_function<std::string>(
          "name", [request](const std::string& name) { request->set_name(name); },
          "`parties/SWE/accounts/anna`")
      ->required();
}

void add_account_create(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::CreateAccountRequest>();
  request->set_kind(v1::Account::KIND_PERSON);
  CLI::App* verb = add_verb(
      group, "create", "makes an account of your party; answers with a one-time code",
      "entente account create SWE erik.berg --person swe.erik.berg", [=, &context] {
        if (request->kind() != v1::Account::KIND_PROGRAM && request->person().empty()) {
          std::cerr << "--person is missing: whose account it is; of a program's say --program\n";
          context.exit = Exit::Usage;
          return;
        }
        context.call<v1::AccountCode>(account_service + "CreateAccount", *request,
                                      [](const v1::AccountCode& code) { show_code(code); });
      });
  verb->add_option_function<std::string>(
          "party", [request](const std::string& v) { request->set_party(in("parties", v)); },
          "`SWE`")
      ->required();
  verb->add_option_function<std::string>(
          "id", [request](const std::string& v) { request->set_account_id(v); },
          "as it stands in the certificate's URI")
      ->required();
  verb->add_option_function<std::string>(
      "--person", [request](const std::string& v) { request->set_person(in("persons", v)); },
      "whose account it is: `swe.erik.berg`; for all but a program's");
  verb->add_option_function<std::string>(
      "--label", [request](const std::string& v) { request->set_label(v); }, "what it is for");
  verb->add_flag_callback(
      "--program", [request] { request->set_kind(v1::Account::KIND_PROGRAM); },
      "an account of a program, not of a person");
}

void add_account_list(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::ListAccountsRequest>();
  add_verb(
      group, "list", "accounts of your party", "entente account list SWE",
      [=, &context] {
        context.call<v1::ListAccountsReply>(
            account_service + "ListAccounts", *request, [](const auto& reply) {
              Table table({"ACCOUNT", "KIND", "STATE", "PERSON", "LABEL"});
              for (const v1::Account& account : reply.accounts()) {
                table.row({account.name(),
                           account.kind() == v1::Account::KIND_PROGRAM ? "program" : "person",
                           std::string(state_name(account)), account.person(), account.label()});
              }
              table.print();
            });
      })
      ->add_option_function<std::string>(
          "party", [request](const std::string& v) { request->set_party(in("parties", v)); },
          "`SWE`")
      ->required();
}

// The bytes of a file, PEM taken apart; empty if it is neither there nor of `label`.
std::string der_of(const std::string& path, const std::string& label) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::string begin = "-----BEGIN " + label + "-----";
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return text;
  const std::size_t to = text.find("-----END", from);
  std::string base64;
  for (const char c : text.substr(from + begin.size(), to - from - begin.size())) {
    if (c != '\n' && c != '\r') base64 += c;
  }
  return from_base64(base64).value_or("");
}

void add_certificate_verbs(CLI::App& app, Context& context) {
  CLI::App* group =
      app.add_subcommand("certificate", "certificates and revocation lists of your party");
  group->require_subcommand(1);

  auto path = std::make_shared<std::string>();
  add_verb(*group, "enter", "enters a new certificate in the ledger, so that it opens the door",
           "entente certificate enter cert.pem",
           [=, &context] {
             v1::EnterCertificateRequest request;
             request.set_der(der_of(*path, "CERTIFICATE"));
             context.call<v1::Certificate>(
                 certificate_service + "EnterCertificate", request, [](const auto& entered) {
                   std::cout << safe(entered.name()) << "\nentry " << entered.entry_index() << '\n';
                 });
           })
      ->add_option("file", *path, "PEM or DER")
      ->required()
      ->check(CLI::ExistingFile);

  auto crl = std::make_shared<v1::PublishRevocationListRequest>();
  CLI::App* publish =
      add_verb(*group, "revoke", "publishes a revocation list; ends what it revokes at once",
               "entente certificate revoke parties/SWE crl.pem", [=, &context] {
                 crl->set_crl_der(der_of(*path, "X509 CRL"));
                 context.call<v1::RevocationList>(
                     certificate_service + "PublishRevocationList", *crl, [](const auto& list) {
                       std::cout << "list " << list.number() << " names " << list.revoked()
                                 << " certificates; whatever they opened has ended\n";
                     });
               });
  publish
      ->add_option_function<std::string>(
          "party", [crl](const std::string& v) { crl->set_party(v); }, "`parties/SWE`")
      ->required();
  publish->add_option("file", *path, "the CRL, PEM or DER")->required()->check(CLI::ExistingFile);

  auto list = std::make_shared<v1::ListCertificatesRequest>();
  add_verb(
      *group, "list", "certificates of your party", "entente certificate list parties/SWE",
      [=, &context] {
        context.call<v1::ListCertificatesReply>(
            certificate_service + "ListCertificates", *list, [](const auto& reply) {
              Table table({"CERTIFICATE", "FOR", "ENDS", "STATE"});
              for (const v1::Certificate& one : reply.certificates()) {
                table.row({one.name(), one.account().empty() ? one.office() : one.account(),
                           to_rfc3339(Instant(std::chrono::seconds(one.not_after().seconds()))),
                           one.revoked() ? "revoked" : "good"});
              }
              table.print();
            });
      })
      ->add_option_function<std::string>(
          "party", [list](const std::string& v) { list->set_party(v); }, "`parties/SWE`")
      ->required();
}

}  // namespace

void add_account_verbs(CLI::App& app, Context& context) {
  CLI::App* group =
      app.add_subcommand("account", "accounts of your party, for its security officer");
  group->require_subcommand(1);
  const auto account = [](const v1::Account& reply) { show_account(reply); };
  add_account_create(*group, context);
  add_account_list(*group, context);
  add_account_named<v1::GetAccountRequest, v1::Account>(*group, context, "show", "one account",
                                                        account_service + "GetAccount", account);
  add_account_named<v1::ResetAccountRequest, v1::AccountCode>(
      *group, context, "reset", "ends its password and sessions; answers with a one-time code",
      account_service + "ResetAccount", [](const v1::AccountCode& code) { show_code(code); });
  add_account_named<v1::ApproveResetRequest, v1::Account>(
      *group, context, "approve-reset", "approves a reset that a second officer must approve",
      account_service + "ApproveReset", account);
  add_account_named<v1::UnlockAccountRequest, v1::Account>(
      *group, context, "unlock", "after a hundred failures", account_service + "UnlockAccount",
      account);
  add_account_named<v1::EndAccountRequest, v1::Account>(*group, context, "end", "ends it for good",
                                                        account_service + "EndAccount", account);
  add_certificate_verbs(app, context);
}

}  // namespace entente::cli
