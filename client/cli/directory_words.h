// What the verbs of the directory share: names as they are typed and shown, and signing. One
// thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/cli/context.h"
#include "client/lib/appointments.h"
#include "entente/v1/directory.pb.h"

namespace entente::cli {

inline const std::string directory_service = "entente.v1.DirectoryService.";

void add_office_verbs(CLI::App& app, Context& context);
void add_keeping_verbs(CLI::App& app, CLI::App& process, Context& context);
void add_list_verbs(CLI::App& app, Context& context);

// `CHE` or `parties/CHE`.
[[nodiscard]] std::string in(const char* collection, const std::string& text);
[[nodiscard]] std::string last(const std::string& name);
[[nodiscard]] std::string joined(const google::protobuf::RepeatedPtrField<std::string>& texts);
[[nodiscard]] std::string shown_name(const v1::Person& person);
[[nodiscard]] std::string capacity_word(v1::Capacity capacity);
// Unspecified if the word is none of those that `office_words` lists.
[[nodiscard]] v1::OfficeKind office_named(const std::string& word);
inline constexpr const char* office_words =
    "focal-point, body-contact, coordinator, chair, secretariat, security-officer, "
    "certificate-officer, other";
// What is wrong with such a word, for CLI11's `check`; empty: nothing.
[[nodiscard]] std::string no_office(const std::string& word);

// Who appointed, as far as this client could check it itself: the account that signed, or `the
// operator`. What client::AppointmentReader answers; without a ledger key, `not checked`.
[[nodiscard]] Result<std::string> appointed_by(client::AppointmentReader& reader,
                                               const v1::Answer& answer);

[[nodiscard]] Result<client::SigningFiles> signing_files(Context& context);

// Signs with the key of the profile in use. What client::sign answers.
template <typename Request>
[[nodiscard]] Status sign_appointment(Context& context, Request& request) {
  ENTENTE_TRY(client::Client* const client, context.client());
  ENTENTE_TRY(const client::SigningFiles files, signing_files(context));
  return client::sign(*client, files, context.clock(), context.entropy(), request);
}

// An option, or an argument, whose text `set` puts into the request that the verb shares.
template <typename Request, typename Set>
CLI::Option* add_text(CLI::App* verb, const std::string& name, const std::string& what,
                      const std::shared_ptr<Request>& request, Set set) {
  return verb->add_option_function<std::string>(
      name, [request, set](const std::string& v) { set(*request, v); }, what);
}

// The same of an option that may be given more than once.
template <typename Request, typename Set>
CLI::Option* add_texts(CLI::App* verb, const std::string& name, const std::string& what,
                       const std::shared_ptr<Request>& request, Set set) {
  return verb->add_option_function<std::vector<std::string>>(
      name,
      [request, set](const std::vector<std::string>& all) {
        for (const std::string& v : all) set(*request, v);
      },
      what);
}

// All pages of a list, in one reply. The first error ends it.
template <typename Reply, typename Request>
[[nodiscard]] Result<Reply> all_pages(Context& context, const char* rpc, Request request) {
  ENTENTE_TRY(client::Client* const client, context.client());
  Reply all;
  while (true) {
    ENTENTE_TRY(const Reply page, client->call<Reply>(directory_service + rpc, request));
    all.MergeFrom(page);
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  all.clear_next_page_token();
  return all;
}

// As Context::call, of a whole list.
template <typename Reply, typename Request, typename Show>
void call_all(Context& context, const char* rpc, const Request& request, Show show) {
  const Result<Reply> all = all_pages<Reply>(context, rpc, request);
  if (!all.ok()) return context.fail(all.status());
  if (context.json) return print_json(*all);
  show(*all);
}

}  // namespace entente::cli
