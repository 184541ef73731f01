#include "server/ops/config.h"

#include <catch2/catch.hpp>
#include <string>

#include "proto/contract/note.h"
#include "tests/ops/folder.h"

namespace entente::ops {
namespace {

const std::string kGood = R"(# a comment
network: "demo.example"
server_certificate: "server/cert.pem"
server_key: "server/key.pem"
store: "store"
root_key_file: "keys/root.key"
trust: "trust"
ledger_key_file: "keys/ledger.key"
ledger_origin: "demo.example/ledger"
)";

// The one thing that is wrong with `text`.
Violation only_violation(const std::string& text) {
  const Result<Config> config = parse_config(text, "/etc/entente");
  REQUIRE(!config.ok());
  REQUIRE(config.status().code() == Code::InvalidArgument);
  REQUIRE(config.status().violations().size() == 1);
  return config.status().violations().front();
}

TEST_CASE("an unknown key is refused with its line and column, and the nearest is named",
          "[ops][config]") {
  const Violation violation = only_violation(kGood + "prot: 8443\n");
  REQUIRE(violation.line == 10);
  REQUIRE(violation.column == 1);
  REQUIRE(violation.rule == "unknown key `prot`; did you mean `port`?");
}

TEST_CASE("an unknown key inside a part is compared with that part's keys", "[ops][config]") {
  const Violation violation =
      only_violation(kGood + "witnesses {\n  party: \"NOR\"\n  kee: \"x\"\n}\n");
  REQUIRE(violation.line == 12);
  REQUIRE(violation.column == 3);
  REQUIRE(violation.rule == "unknown key `kee`; did you mean `key`?");
}

TEST_CASE("limits are taken, and one that there is not is refused by name", "[ops][config]") {
  const Result<Config> config =
      parse_config(kGood + "limits { connections_per_account: 7 idle_ms: 900 }\n", "/etc/entente");
  REQUIRE(config.ok());
  CHECK(config->limits().connections_per_account() == 7);
  CHECK(config->limits().idle_ms() == 900);
  CHECK(config->limits().streams() == 0);
  CHECK(only_violation(kGood + "limits { connection: 7 }\n").rule ==
        "unknown key `connection`; did you mean `connections`?");
  CHECK(only_violation(kGood + "limits { connectionsxyz: 7 }\n").rule ==
        "unknown key `connectionsxyz`; did you mean `connections`?");
  CHECK(only_violation(kGood + "limits { connectionsabcd: 7 }\n").rule ==
        "unknown key `connectionsabcd`");
}

TEST_CASE("a key that is like no other is refused without a guess", "[ops][config]") {
  REQUIRE(only_violation(kGood + "quite_other_things: 1\n").rule ==
          "unknown key `quite_other_things`");
}

TEST_CASE("a value of the wrong type is refused where it stands", "[ops][config]") {
  struct Case {
    const char* text;
    std::uint64_t column;
  };
  for (const Case& wrong :
       {Case{"port: \"8443\"", 7}, Case{"port: -1", 7}, Case{"port: 8443.5", 7},
        Case{"port: yes", 7}, Case{"address: 127", 10}, Case{"port: 99999999999", 7},
        Case{"witnesses: 3", 12}, Case{"address: \"a", 12}}) {
    INFO(wrong.text);
    const Result<Config> config = parse_config(kGood + wrong.text + "\n", "/");
    REQUIRE(!config.ok());
    REQUIRE(!config.status().violations().empty());
    const Violation& violation = config.status().violations().front();
    REQUIRE(violation.line == 10);
    REQUIRE(violation.column == wrong.column);
  }
}

TEST_CASE("a key that is given twice is refused where it comes again", "[ops][config]") {
  const Violation violation = only_violation(kGood + "network: \"other.example\"\n");
  REQUIRE(violation.line == 10);
}

TEST_CASE("a value out of its range is refused where it stands", "[ops][config]") {
  for (const char* text :
       {"port: 65536", "operations_port: 70000", "workers: 65", "pool_threads: 257"}) {
    INFO(text);
    const Violation violation = only_violation(kGood + "\n  " + text + "\n");
    REQUIRE(violation.field == std::string(text).substr(0, std::string(text).find(':')));
    REQUIRE(violation.line == 11);
    REQUIRE(violation.column == 3);
  }
}

TEST_CASE("an address that is none, or that others could reach, is refused where it stands",
          "[ops][config]") {
  for (const char* text :
       {R"(address: "999.1.1.1")", R"(address: "localhost")", R"(operations_address: "0.0.0.0")",
        R"(operations_address: "::")", R"(operations_address: "10.0.0.1")"}) {
    INFO(text);
    const Violation violation = only_violation(kGood + text + "\n");
    CHECK(violation.field == std::string(text).substr(0, std::string(text).find(':')));
    CHECK(violation.line == 10);
    CHECK(violation.column == 1);
  }
  for (const char* text :
       {R"(address: "::")", R"(address: "10.0.0.1")", R"(address: "fe80::1%eth0")",
        R"(operations_address: "127.0.0.2")", R"(operations_address: "::1")"}) {
    INFO(text);
    CHECK(parse_config(kGood + text + "\n", "/etc/entente").ok());
  }
}

TEST_CASE("a witness's key that is none is refused where it stands", "[ops][config]") {
  const note::VerifierKey cosigner("swe.example/witness", note::SignatureType::Cosignature, {});
  const note::VerifierKey signer("swe.example/witness", note::SignatureType::Ed25519, {});
  const std::string good =
      kGood + "witnesses { party: \"SWE\" key: \"" + cosigner.text() + "\" }\n";
  REQUIRE(parse_config(good, "/etc/entente").ok());
  for (const std::string& key : {std::string("nor.example/witness+..."), signer.text()}) {
    const Violation violation =
        only_violation(good + "witnesses {\n  party: \"NOR\"\n  key: \"" + key + "\"\n}\n");
    CHECK(violation.field == "witnesses[1].key");
    CHECK(violation.line == 13);
    CHECK(violation.column == 3);
  }
}

TEST_CASE("every key that must be there is asked for by name", "[ops][config]") {
  const Result<Config> config = parse_config("", "/");
  REQUIRE(!config.ok());
  std::vector<std::string> fields;
  for (const Violation& violation : config.status().violations()) fields.push_back(violation.field);
  REQUIRE(fields == std::vector<std::string>{"network", "server_certificate", "server_key", "store",
                                             "trust", "ledger_key_file", "ledger_origin",
                                             "root_key_file"});
}

TEST_CASE("two sources of the root key are one too many", "[ops][config]") {
  const Violation violation = only_violation(kGood + "root_key_credential: \"root\"\n");
  REQUIRE(violation.field == "root_key_file");
  REQUIRE(violation.line == 6);
}

TEST_CASE("the ledger's key is a file or what systemd unseals, not both", "[ops][config]") {
  const Violation both = only_violation(kGood + "ledger_key_credential: \"ledger-key\"\n");
  REQUIRE(both.field == "ledger_key_file");
  REQUIRE(both.line == 8);
  const std::string file = "ledger_key_file: \"keys/ledger.key\"\n";
  std::string other = kGood;
  other.replace(other.find(file), file.size(), "ledger_key_credential: \"ledger-key\"\n");
  const Result<Config> config = parse_config(other, "/etc/entente");
  REQUIRE(config.ok());
  CHECK(config->ledger_key_credential() == "ledger-key");
  CHECK(config->ledger_key_file().empty());
}

TEST_CASE("paths are relative to the configuration's folder", "[ops][config]") {
  const Result<Config> config =
      parse_config(kGood + "ready_file: \"/run/ready\"\n", "/etc/entente");
  REQUIRE(config.ok());
  REQUIRE(config->server_key() == "/etc/entente/server/key.pem");
  REQUIRE(config->store() == "/etc/entente/store");
  REQUIRE(config->ready_file() == "/run/ready");
  REQUIRE(config->control_socket() == "/etc/entente/store/control");
  REQUIRE(config->operations_address() == "127.0.0.1");

  std::string with_slash = kGood;
  with_slash.replace(with_slash.find("store: \"store\""), 14, "store: \"store//\"");
  const Result<Config> same = parse_config(with_slash, "/etc/entente");
  REQUIRE(same.ok());
  CHECK(same->store() == "/etc/entente/store");
  CHECK(same->control_socket() == "/etc/entente/store/control");
}

TEST_CASE("a configuration that is not there, or a folder, is told apart from a wrong one",
          "[ops][config]") {
  const test::Folder folder;
  REQUIRE(load_config((folder.path() / "none.textproto").string()).status().code() ==
          Code::NotFound);
  REQUIRE(load_config(folder.path().string()).status().code() == Code::NotFound);
}

TEST_CASE("each file that is named and not there is named with its line and column",
          "[ops][config]") {
  const test::Folder folder;
  const std::filesystem::path& dir = folder.path();
  const std::string path = (dir / "entente.textproto").string();
  { const test::File config(path, kGood); }
  for (const char* sub : {"server", "keys", "store"}) std::filesystem::create_directory(dir / sub);
  for (const char* file : {"server/cert.pem", "server/key.pem", "keys/root.key"})
    const test::File made(dir / file, "x");
  const Result<Config> config = load_config(path);
  REQUIRE(config.ok());
  const Status status = check_files(path, *config);
  REQUIRE(status.code() == Code::InvalidArgument);
  REQUIRE(status.violations().size() == 2);
  REQUIRE(status.violations()[0].field == "ledger_key_file");
  REQUIRE(status.violations()[0].line == 8);
  REQUIRE(status.violations()[0].column == 1);
  REQUIRE(status.violations()[0].rule.find("keys/ledger.key`, which is no file") !=
          std::string::npos);
  REQUIRE(status.violations()[1].field == "trust");
  REQUIRE(status.violations()[1].line == 7);

  { const test::File made(dir / "keys/ledger.key", "x"); }
  std::filesystem::create_directory(dir / "trust");
  REQUIRE(check_files(path, *config).ok());

  const Status why(Code::FailedPrecondition, Reason::None, "the key is too short");
  const Status refused = refuse_field(path, "ledger_key_file", why);
  CHECK(refused.code() == Code::InvalidArgument);
  CHECK(refused.message() == why.message());
  REQUIRE(refused.violations().size() == 1);
  CHECK(refused.violations()[0].line == 8);
}

}  // namespace
}  // namespace entente::ops
