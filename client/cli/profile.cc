#include "client/cli/profile.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "client/lib/state_files.h"

namespace entente::cli {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread, at the start
  return value == nullptr ? "" : value;
}

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string::npos &&
         name[0] != '.';
}

// Keeps the first error of protobuf's text parser, with its place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (found) return;
    found = Violation{.field = "profile",
                      .rule = message,
                      .line = static_cast<std::uint64_t>(line + 1),
                      .column = static_cast<std::uint64_t>(column + 1)};
  }
  std::optional<Violation> found;
};

// Of `host:port`; 8443 if none is given.
Result<std::uint16_t> port_in(const std::string& server) {
  const std::size_t colon = server.rfind(':');
  int port = 8443;
  if (colon != std::string::npos) {
    port = std::atoi(server.c_str() + colon + 1);  // NOLINT(cert-err34-c): checked next
  }
  if (colon == 0 || server.empty() || port < 1 || port > 65535)
    return invalid_argument("server", "must be `host:port`");
  return static_cast<std::uint16_t>(port);
}

}  // namespace

std::string first_line_of(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

Profiles::Profiles(std::string wanted) : wanted_(std::move(wanted)) {
  const std::string base = environment("XDG_CONFIG_HOME");
  folder_ = (base.empty() ? environment("HOME") + "/.config" : base) + "/entente";
}

std::string Profiles::path_of(const std::string& name) const {
  return folder_ + "/profiles/" + name + ".textproto";
}

std::string Profiles::current() const {
  if (!wanted_.empty()) return wanted_;
  if (std::string chosen = environment("ENTENTE_PROFILE"); !chosen.empty()) return chosen;
  return first_line_of(folder_ + "/current");
}

std::vector<std::string> Profiles::names() const {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ + "/profiles", error)) {
    if (entry.path().extension() == ".textproto") out.push_back(entry.path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<config::v1::Profile> Profiles::load(const std::string& name) const {
  std::ifstream in(path_of(name));
  if (!good_name(name) || !in) {
    std::string known;
    for (const std::string& other : names()) known += (known.empty() ? " `" : ", `") + other + "`";
    return Status(
        Code::NotFound, Reason::NameInvalid,
        name.empty() ? "no profile is in use; make one with `entente profile add`"
                     : "no profile `" + name + "`; there are:" + (known.empty() ? " none" : known));
  }
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  google::protobuf::TextFormat::Parser parser;
  FirstError error;
  parser.RecordErrorsTo(&error);
  config::v1::Profile profile;
  if (!parser.ParseFromString(text, &profile)) {
    return Status(Code::InvalidArgument, Reason::FieldInvalid,
                  "`" + path_of(name) + "` does not read")
        .with_violation(
            error.found.value_or(Violation{.field = "profile", .rule = "is malformed"}));
  }
  return profile;
}

Status Profiles::save(const std::string& name, const config::v1::Profile& profile) const {
  if (!good_name(name))
    return invalid_argument("name", "must be 1 to 64 of letters, digits, `.`, `_`, `-`");
  ENTENTE_TRY_VOID(port_in(profile.server()).status());
  std::string text;
  google::protobuf::TextFormat::PrintToString(profile, &text);
  ENTENTE_TRY_VOID(client::write_whole(path_of(name), text));
  return first_line_of(folder_ + "/current").empty() ? use(name) : Status();
}

Status Profiles::use(const std::string& name) const {
  ENTENTE_TRY([[maybe_unused]] const config::v1::Profile profile, load(name));
  return client::write_whole(folder_ + "/current", name + "\n");
}

Status Profiles::remove(const std::string& name) const {
  ENTENTE_TRY([[maybe_unused]] const config::v1::Profile profile, load(name));
  std::error_code error;
  fs::remove(path_of(name), error);
  fs::remove_all(folder_ + "/state/" + name, error);
  if (first_line_of(folder_ + "/current") == name) fs::remove(folder_ + "/current", error);
  return Status();
}

Result<client::Options> Profiles::options() const {
  ENTENTE_TRY(const config::v1::Profile profile, load(current()));
  client::Options options;
  ENTENTE_TRY(options.port, port_in(profile.server()));
  options.host = profile.server().substr(0, profile.server().rfind(':'));
  options.server_root_path = profile.server_root();
  options.certificate_path = profile.certificate();
  options.key_path = profile.key();
  options.ledger_key = profile.ledger_key();
  for (const auto& one : profile.anchors()) {
    options.anchors.push_back({.party = one.party(), .sha256 = one.sha256()});
  }
  options.state_dir =
      profile.state_dir().empty() ? folder_ + "/state/" + current() : profile.state_dir();
  return options;
}

Result<Ledger> Profiles::ledger() const {
  ENTENTE_TRY(const config::v1::Profile profile, load(current()));
  ENTENTE_TRY(const client::Options with, options());
  Ledger ledger{.key = with.ledger_key.substr(0, with.ledger_key.find_last_not_of('\n') + 1),
                .witnesses = {}};
  for (const auto& one : profile.witnesses()) {
    ENTENTE_TRY(note::VerifierKey key, note::VerifierKey::parse(one.key()));
    ledger.witnesses.push_back({.party = one.party(), .key = std::move(key)});
  }
  return ledger;
}

Result<std::string> Profiles::office_keys() const {
  ENTENTE_TRY(const config::v1::Profile profile, load(current()));
  return profile.office_keys().empty() ? folder_ + "/offices" : profile.office_keys();
}

Result<Secret> Profiles::password(const std::string& prompt) const {
  ENTENTE_TRY(const config::v1::Profile profile, load(current()));
  if (profile.password_file().empty()) return ask_secret(prompt);
  std::string line = first_line_of(profile.password_file());
  if (line.empty()) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "no password in `" + profile.password_file() + "`");
  }
  return Secret(std::move(line));
}

Result<Secret> ask_secret(const std::string& prompt) {
  if (::isatty(STDIN_FILENO) == 0) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "standard input is no terminal to ask for a password; name a `password_file` in "
                  "the profile");
  }
  std::cerr << prompt << std::flush;
  termios before{};
  ::tcgetattr(STDIN_FILENO, &before);
  termios quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  std::string line;
  std::getline(std::cin, line);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::cerr << '\n';
  return Secret(std::move(line));
}

}  // namespace entente::cli
