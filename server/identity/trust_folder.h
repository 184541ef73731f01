// What the operator lays into a folder, taken into force while the daemon runs:
//
//   DIR/<PARTY>/anchor.pem     the party's root, and its issuing authority if it has one
//   DIR/<PARTY>/crl.pem        its revocation lists
//   DIR/<PARTY>/issued/*.pem   certificates to be entered in the ledger (leaf first, then chain)
//
// A file that does not hold changes nothing, and is told once. Files are replaced by renaming; one
// that is caught half written is looked at again when it changes. What cannot be read just now (no
// descriptor is left, the disk fails) or entered (the store takes no writes) is told once, too, and
// tried again at each poll; a certificate that was refused, once its party's trust is another.
//
// Threads: poll() by one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/identity/certificates.h"

namespace entente::identity {

class TrustFolder {
 public:
  struct Takers {
    // Takes a party's trust; an error is told and the old stays. InvalidArgument,
    // FailedPrecondition: because of what it holds. Else it is tried again.
    std::function<Status(const std::string& party, Trust trust)> trust;
    // Enters a chain. AlreadyExists is no error.
    std::function<Status(const std::vector<std::string>& chain_der)> issued;
    // For the operator's log: which file, and why it was not taken.
    std::function<void(const std::string& path, const Status& why)> complain;
  };
  TrustFolder(std::filesystem::path dir, Takers takers);

  // Takes what has changed since the last time; the first time all. A folder that went away is
  // not taken as a change: to withdraw a party's anchor, replace it, or revoke.
  void poll();

 private:
  struct Seen {
    std::int64_t written = 0;
    std::uintmax_t bytes = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  static Seen look(const std::filesystem::path& path);
  bool changed(const std::filesystem::path& path);
  // Tells what came of it, unless that was told; and looks again where that may help.
  void settle(const std::filesystem::path& path, const Status& taken, bool told);
  [[nodiscard]] Status take_issued(const std::filesystem::path& file) const;
  void look_again_below(const std::filesystem::path& issued);
  void poll_trust(const std::string& party, const std::filesystem::path& dir);
  void poll_issued(const std::filesystem::path& dir);

  const std::filesystem::path dir_;
  Takers takers_;
  std::map<std::string, Seen> seen_;
  std::set<std::string> again_;    // looked at though they have not changed
  std::set<std::string> refused_;  // for what they hold
};

}  // namespace entente::identity
