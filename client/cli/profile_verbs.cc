// `entente profile`: which server, with which certificate.
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "client/cli/context.h"

namespace entente::cli {
namespace {

std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

Status read_anchors(const std::vector<std::string>& given, config::v1::Profile& profile) {
  profile.clear_anchors();
  for (const std::string& one : given) {
    const std::size_t equals = one.find('=');
    const auto sha256 = equals == std::string::npos
                            ? std::nullopt
                            : client::parse_fingerprint(std::string_view(one).substr(equals + 1));
    if (!sha256) return invalid_argument("--anchor", "must be PARTY=SHA-256");
    config::v1::Profile::Anchor* const anchor = profile.add_anchors();
    anchor->set_party(one.substr(0, equals));
    anchor->set_sha256(*sha256);
  }
  return Status();
}

void add_profile(CLI::App& group, Context& context) {
  auto profile = std::make_shared<config::v1::Profile>();
  auto name = std::make_shared<std::string>();
  auto witnesses = std::make_shared<std::vector<std::string>>();
  auto anchors = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = add_verb(
      group, "add", "makes a profile, or replaces it",
      "entente profile add sweden --server entente.example:8443 --root ca.pem --certificate "
      "cert.pem --key key.pem --ledger-key \"$(cat ledger.pub)\"",
      [=, &context] {
        for (std::string* path : {profile->mutable_server_root(), profile->mutable_certificate(),
                                  profile->mutable_key(), profile->mutable_password_file(),
                                  profile->mutable_office_keys()}) {
          *path = absolute(*path);
        }
        profile->clear_witnesses();
        for (const std::string& one : *witnesses) {
          const std::size_t equals = one.find('=');
          if (equals == std::string::npos) {
            return context.fail(invalid_argument("--witness", "must be PARTY=KEY"));
          }
          profile->add_witnesses()->set_party(one.substr(0, equals));
          profile->mutable_witnesses()->rbegin()->set_key(one.substr(equals + 1));
        }
        if (Status status = read_anchors(*anchors, *profile); !status.ok())
          return context.fail(status);
        if (Status status = context.profiles().save(*name, *profile); !status.ok())
          return context.fail(status);
        for (const std::string* path : {&profile->server_root(), &profile->certificate(),
                                        &profile->key(), &profile->password_file()}) {
          if (path->empty() || ::access(path->c_str(), R_OK) == 0) continue;
          std::cerr << "note: `" << safe(*path)
                    << "` cannot be read; until it can, nothing works\n";
        }
        if (profile->ledger_key().empty()) {
          std::cerr
              << "note: without --ledger-key nothing that the server says is proved, not even "
                 "that it has done what you ask of it: the operator publishes it as "
                 "`ledger.pub`\n";
        }
        std::cout << "profile `" << *name << "` saved; next: entente sign-in\n";
      });
  verb->add_option("name", *name, "how you call it")->required();
  const auto text = [verb](const char* flag, std::string* into, const char* what) {
    return verb->add_option(flag, *into, what);
  };
  text("--server", profile->mutable_server(), "host:port")->required();
  text("--root", profile->mutable_server_root(),
       "the root that the server's certificate chains to, PEM")
      ->required();
  text("--certificate", profile->mutable_certificate(), "your certificate, PEM")->required();
  text("--key", profile->mutable_key(), "its private key, PEM")->required();
  text("--password-file", profile->mutable_password_file(),
       "for programs: a file with the password");
  text("--ledger-key", profile->mutable_ledger_key(),
       "the ledger's verification key, if you were given it");
  text("--office-keys", profile->mutable_office_keys(),
       "a folder of your offices' keys, for confidential documents");
  verb->add_option("--witness", *witnesses,
                   "PARTY=KEY: a witness that you trust; again for each party's");
  verb->add_option("--anchor", *anchors,
                   "PARTY=SHA-256: an anchor, as its party told you; again for each");
}

void add_profile_named(CLI::App& group, Context& context, const char* verb_name, const char* what,
                       Status (Profiles::*act)(const std::string&) const) {
  auto name = std::make_shared<std::string>();
  add_verb(group, verb_name, what, std::string("entente profile ") + verb_name + " sweden",
           [=, &context] {
             if (Status status = (context.profiles().*act)(*name); !status.ok())
               context.fail(status);
           })
      ->add_option("name", *name, "a profile")
      ->required();
}

}  // namespace

void add_profile_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("profile", "which server, with which certificate");
  group->require_subcommand(1);
  add_profile(*group, context);
  add_profile_named(*group, context, "use", "makes a profile the current one", &Profiles::use);
  add_profile_named(*group, context, "remove", "removes a profile and its token",
                    &Profiles::remove);
  add_verb(*group, "list", "all profiles; the current one is marked", "entente profile list",
           [&context] {
             const Profiles profiles = context.profiles();
             for (const std::string& name : profiles.names()) {
               std::cout << (name == profiles.current() ? "* " : "  ") << name << '\n';
             }
           });
  add_verb(*group, "show", "the profile in use", "entente profile show", [&context] {
    const Profiles profiles = context.profiles();
    Result<config::v1::Profile> profile = profiles.load(profiles.current());
    if (!profile.ok()) return context.fail(profile.status());
    if (context.json) return print_json(*profile);
    std::cout << profiles.current() << '\n' << profile->Utf8DebugString();
  });
}

}  // namespace entente::cli
