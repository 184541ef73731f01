// `entente anchor`: whose signature makes a certificate a party's, as this profile knows it.
#include <iostream>

#include "client/cli/verbs.h"

namespace entente::cli {
namespace {

using Why = client::KnownAnchors::Known::Why;

std::string words_for(Why why) {
  if (why == Why::Given) return "given with the profile";
  return why == Why::Confirmed ? "confirmed here" : "first seen here; nobody has confirmed it";
}

void list(Context& context) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  const auto known = (*client)->known_anchors().all();
  if (!known.ok()) return context.fail(known.status());
  Table table({"PARTY", "SHA-256", "WHY"});
  for (const auto& one : *known) table.row({one.party, one.sha256, words_for(one.why)});
  if (table.empty()) context.exit = Exit::No;
  table.print();
}

void confirm(Context& context, const std::string& party, const std::vector<std::string>& given) {
  std::vector<std::string> sha256s;
  for (const std::string& one : given) {
    const auto sha256 = client::parse_fingerprint(one);
    if (!sha256) {
      return context.fail(invalid_argument("sha256", "`" + one + "` is not 64 hexadecimal digits"));
    }
    sha256s.push_back(*sha256);
  }
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  if (Status kept = (*client)->known_anchors().confirm(party, sha256s); !kept.ok()) {
    return context.fail(kept);
  }
  std::cout << "certificates of " << safe(party)
            << " are held to these, to what these sign, and to no other";
  for (const std::string& one : sha256s) std::cout << "\n  " << one;
  std::cout << '\n';
}

}  // namespace

void add_anchor_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("anchor", "what parties' certificates are held to");
  group->require_subcommand(1);
  add_verb(*group, "list", "the anchors that this profile relies on, and why",
           "entente anchor list", [&context] { list(context); });
  auto party = std::make_shared<std::string>();
  auto sha256s = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = add_verb(
      *group, "confirm",
      "all anchors of a party, as the party itself told you by telephone: no other counts then",
      "entente anchor confirm NOR "
      "6b7ffd6bb4bd4b0a31a4ba5cb2d7b5dd3f6b8f4d8b2e9e2ec1a4f17fdc8f0b3e",
      [=, &context] { confirm(context, *party, *sha256s); });
  verb->add_option("party", *party, "the party: `NOR`")->required();
  verb->add_option("sha256", *sha256s,
                   "the SHA-256 of each, as `openssl x509 -fingerprint -sha256` shows it")
      ->required();
}

}  // namespace entente::cli
