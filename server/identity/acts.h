// The kinds of entries that identity/ makes. In the ledger for ever: never change one.
//
// Seen by the party that acted, unless said otherwise.
#pragma once

#include <string_view>

namespace entente::identity::acts {

inline constexpr std::string_view sign_in = "identity.sign_in";
inline constexpr std::string_view refuse = "identity.sign_in.refuse";  // account: the one named
inline constexpr std::string_view lock = "identity.sign_in.lock";      // the hundredth refusal
inline constexpr std::string_view step_up = "identity.session.step_up";
inline constexpr std::string_view sign_out = "identity.session.sign_out";
inline constexpr std::string_view end_session = "identity.session.end";
inline constexpr std::string_view change_password = "identity.password.change";
inline constexpr std::string_view redeem = "identity.code.redeem";
inline constexpr std::string_view create_application = "identity.application_password.create";
inline constexpr std::string_view open_application = "identity.application_password.open";
inline constexpr std::string_view delete_application = "identity.application_password.delete";
inline constexpr std::string_view create_account = "identity.account.create";
inline constexpr std::string_view reset_account = "identity.account.reset";
inline constexpr std::string_view ask_reset = "identity.account.reset.ask";
inline constexpr std::string_view approve_reset = "identity.account.reset.approve";
inline constexpr std::string_view end_account = "identity.account.end";
inline constexpr std::string_view unlock_account = "identity.account.unlock";
// Of these everyone sees the entry: who seals or checks a signature rests on them.
inline constexpr std::string_view enter_certificate = "identity.certificate.enter";
inline constexpr std::string_view publish_crl = "identity.revocation_list.publish";
inline constexpr std::string_view propose_anchor = "identity.anchor.propose";
inline constexpr std::string_view approve_anchor = "identity.anchor.approve";
inline constexpr std::string_view load_folder = "identity.trust.load";  // by the operator

}  // namespace entente::identity::acts
