// Profiles: which server, with which certificate. Files under `$XDG_CONFIG_HOME/entente` (or
// `~/.config/entente`), protobuf text format; the one in use is named by `--profile`,
// `$ENTENTE_PROFILE`, or the file `current`, in this order. One thread.
#pragma once

#include <string>
#include <vector>

#include "client/lib/client.h"
#include "entente/config/v1/profile.pb.h"
#include "proto/contract/status.h"
#include "proto/contract/witness.h"

namespace entente::cli {

// The ledger that a profile follows, and whose eyes on it count.
struct Ledger {
  std::string key;  // empty: none is known yet
  std::vector<witness::Trusted> witnesses;
};

class Profiles {
 public:
  // `wanted`: what `--profile` said, or empty.
  explicit Profiles(std::string wanted);

  // The name in use; empty if none was chosen yet.
  [[nodiscard]] std::string current() const;
  [[nodiscard]] std::vector<std::string> names() const;
  // NotFound: no such profile, with the names that there are. InvalidArgument: a wrong key or
  // value, with line and column.
  [[nodiscard]] Result<config::v1::Profile> load(const std::string& name) const;
  // Writes the profile (0600) and, if there was none, makes it the current one.
  [[nodiscard]] Status save(const std::string& name, const config::v1::Profile& profile) const;
  [[nodiscard]] Status use(const std::string& name) const;
  [[nodiscard]] Status remove(const std::string& name) const;

  // What the client library needs, from the profile in use.
  [[nodiscard]] Result<client::Options> options() const;
  // The same for the ledger. InvalidArgument: the key of a witness is none.
  [[nodiscard]] Result<Ledger> ledger() const;
  // Where the profile in use has its offices' keys.
  [[nodiscard]] Result<std::string> office_keys() const;
  // The password of the profile in use: its file's first line, or asked for at the terminal.
  [[nodiscard]] Result<Secret> password(const std::string& prompt) const;

 private:
  [[nodiscard]] std::string path_of(const std::string& name) const;
  std::string folder_;
  std::string wanted_;
};

// Asks at the terminal without echo. FailedPrecondition: standard input is no terminal.
[[nodiscard]] Result<Secret> ask_secret(const std::string& prompt);

// Empty if the file is not there.
[[nodiscard]] std::string first_line_of(const std::string& path);

}  // namespace entente::cli
