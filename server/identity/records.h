// How rows are made, and what stands over them, where more than one place asks. Included by this
// room's sources only.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/timestamp.h"
#include "server/identity/certificates.h"
#include "server/identity/codes.h"
#include "server/identity/record.pb.h"
#include "server/identity/sign_in.h"
#include "server/policy/policy.h"

namespace entente::identity {

// What stands over a party's accounts and certificates: nobody reads them but who keeps them.
inline policy::Guard party_guard(std::string_view party) {
  policy::Guard guard;
  guard.handling = policy::Handling::Limited;
  guard.originator = party;
  return guard;
}

inline constexpr std::chrono::hours code_life{72};

// `code` as make_code made it, for the account of that name.
inline record::Code waiting_code(const SignIn& sign_in, std::string_view code,
                                 std::string_view account, Instant now) {
  record::Code out;
  const std::optional<Secret> canonical = canonical_code(code);
  ENTENTE_CHECK(canonical.has_value());
  out.set_mac(sign_in.code_mac(*canonical, account));
  out.set_expires_at(to_micros(now + code_life));
  return out;
}

inline record::Certificate certificate_record(const CertificateFacts& facts, std::string_view der,
                                              Instant now) {
  record::Certificate row;
  row.set_sha256(std::string(as_view(facts.sha256)));
  row.set_party(facts.name.party);
  row.set_account(facts.name.account());
  row.set_office(facts.name.office());
  row.set_profile(static_cast<std::uint32_t>(facts.profile));
  row.set_der(std::string(der));
  row.set_not_before(to_micros(facts.not_before));
  row.set_not_after(to_micros(facts.not_after));
  row.set_entered_at(to_micros(now));
  return row;
}

}  // namespace entente::identity
