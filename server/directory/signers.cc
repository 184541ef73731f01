#include "server/directory/signers.h"

#include "server/identity/certificates.h"

namespace entente::directory {

Result<std::string> SessionSigners::check(const policy::Subject& subject, store::Snapshot& snapshot,
                                          std::string_view message,
                                          std::string_view signature) const {
  for (const identity::SessionPointer& session : sessions_.of_account(subject.account)) {
    if (session->id() != subject.session) continue;
    ENTENTE_TRY(const auto row, rows_.certificate(snapshot, session->facts().certificate));
    if (!row) break;
    ENTENTE_TRY_VOID(identity::check_signature(row->der(), message, signature));
    return row->sha256();
  }
  return identity::signed_out();
}

Result<bool> SessionSigners::is_in_being(store::Snapshot& snapshot,
                                         std::string_view account) const {
  ENTENTE_TRY(const auto row, rows_.account(snapshot, account));
  return row && !row->ended();
}

}  // namespace entente::directory
