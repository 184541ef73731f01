// The edges of what identity reads and counts: texts that are nearly right, rations that are used
// up, files that are none, callers that bring something else than they should.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/identity/attempts.h"
#include "server/identity/block_list.h"
#include "server/identity/browser.h"
#include "server/identity/codes.h"
#include "server/identity/page_token.h"
#include "server/identity/passwords.h"
#include "server/identity/trust_folder.h"
#include "server/identity/x509.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

TEST_CASE("a name that is nearly one is none", "[identity][name]") {
  for (const char* uri :
       {"", "entente:", "entente://", "entente://swe", "entente://s.demo.example/person/anna",
        "entente://SWE.demo.example/person/anna", "entente://swe.other.example/person/anna",
        "entente://swe.demo.example", "entente://swe.demo.example/robot/anna",
        "entente://swe.demo.example/person/", "entente://swe.demo.example/person/.anna",
        "entente://sw{e.demo.example/person/anna", "entente://.demo.example/person/anna"}) {
    INFO(uri);
    CHECK_FALSE(parse_certificate_uri(uri, network));
  }
  CHECK_FALSE(parse_certificate_uri("entente://swe./person/anna", ""));
  for (const char* party : {"A", "SWe", "S-E", "SW{", "S!", "ABCDEFGHIJKLMNOPQ"}) {
    INFO(party);
    CHECK_FALSE(is_party_code(party));
  }
  CHECK(is_party_code("S2"));
  CHECK(parse_certificate_uri("entente://s2.demo.example/person/x", network)->party == "S2");
  CHECK_FALSE(is_account_id(std::string(65, 'a')));
  CHECK_FALSE(is_account_id("an~a"));
  CHECK_FALSE(parse_account_name("SWE/accounts/anna"));
  CHECK_FALSE(parse_account_name("parties/SWE"));
  CHECK_FALSE(parse_account_name("parties/SWE/persons/anna"));
  CHECK_FALSE(parse_account_name("parties/swe/accounts/anna"));
  CHECK_FALSE(parse_account_name("parties/SWE/accounts/An"));
  CHECK_FALSE(parse_party_name("party/SWE"));
  CHECK_FALSE(parse_party_name("parties/s"));
  const CertificateName odd{.kind = CertificateName::Kind::Person, .party = "S2{", .id = "x"};
  CHECK(certificate_uri(odd, network) == "entente://s2{.demo.example/person/x");
}

TEST_CASE("a header, a code or a token of another alphabet is none", "[identity][header]") {
  CHECK_FALSE(parse_authorization("Bea3er x"));
  CHECK_FALSE(parse_authorization("Bearer " + std::string(43, '!')));
  CHECK_FALSE(canonical_code(std::string(26, '~')));
  CHECK(canonical_code(std::string(26, 'i'))->equals(*canonical_code(std::string(26, '1'))));
  CHECK_FALSE(application_id("short"));
  CHECK_FALSE(application_id(std::string(54, '!')));
  CHECK(application_id(std::string(54, 'A')) == std::string(32, '0'));
  const PageTokens tokens(Secret("key"));
  const auto refused = [&](const std::string& token) {
    return tokens.read("a", "l", token).status().reason() == Reason::PageTokenInvalid;
  };
  CHECK(refused(std::string(513, 'A')));
  CHECK(refused("!"));
  CHECK(refused("AAAA"));
  CHECK(refused(tokens.make("b", "l", "row")));
  CHECK(*tokens.read("a", "l", tokens.make("a", "l", "row")) == "row");
}

TEST_CASE("a cookie is read past what is empty, and never for a page of no host",
          "[identity][browser]") {
  MadeCall call("der", "uri");
  call.headers = {{"entente-browser", "1"}, {"origin", "https://"}, {":authority", ""}};
  CHECK_FALSE(from_own_page(call));
  call.headers.erase(":authority");
  CHECK_FALSE(from_own_page(call));
  call.headers = {{"entente-browser", "1"},
                  {"sec-fetch-site", "same-origin"},
                  {"cookie", "a=b;   ; __Host-entente=token"}};
  CHECK(cookie_token(call) == "token");
}

TEST_CASE("a password of signs is a password, a control character in it none",
          "[identity][password]") {
  CHECK_FALSE(normalized_password("with\x7f inside").ok());
  CHECK_FALSE(normalized_password("with\x01 inside").ok());
  CHECK_FALSE(normalized_password("\xff\xfe no text").ok());
  CHECK_FALSE(normalized_password(std::string(limits::password_bytes_max + 1, 'x')).ok());
  const BlockList list({"budapest"});
  CHECK(list.check(Secret("zq{!7x|_kp"), {"", "SWE"}, "password").ok());
  CHECK_FALSE(list.check(Secret("~~budapest~~"), {"", "SWE"}, "password").ok());
  CHECK(list.check(Secret("~~~~budapest~~~~"), {"", "SWE"}, "password").ok());
}

TEST_CASE("a hash that cannot be made is told, and one of another version is none",
          "[identity][password]") {
  SystemEntropy entropy;
  PasswordHasher none(Secret("pepper"), entropy, {.memory_kib = 8, .passes = 0}, 2,
                      CheapHashesForTests{});
  CHECK(none.hash(Secret("x")).status().reason() == Reason::Overloaded);
  PasswordHasher hasher(Secret("pepper"), entropy, {.memory_kib = 8, .passes = 1}, 2,
                        CheapHashesForTests{});
  PasswordHasher dearer(Secret("pepper"), entropy, {.memory_kib = 16, .passes = 1}, 2,
                        CheapHashesForTests{});
  std::string stored = *hasher.hash(Secret("x"));
  CHECK(dearer.needs_rehash(stored));
  CHECK_FALSE(hasher.needs_rehash(stored));
  CHECK_FALSE(hasher.needs_rehash("no hash"));
  stored[0] = 9;
  CHECK(hasher.verify(Secret("x"), stored).status().code() == Code::DataLoss);
  CHECK_FALSE(dearer.needs_rehash(stored));
}

TEST_CASE(
    "checks are rationed by certificate and by party, and one that is left counts for nothing",
    "[identity][attempts]") {
  TurnedClock clock;
  Attempts attempts({.per_certificate_burst = 3, .per_party_burst = 5}, clock);
  const auto admitted = [&](const char* account, char certificate, const char* party) {
    Result<Attempts::Try> one =
        attempts.admit(account, party, sha256(std::string(1, certificate)), 0);
    if (!one.ok()) CHECK(one.status().reason() == Reason::SignInBackOff);
    if (one.ok()) one->succeeded();
    return one.ok();
  };
  for (int i = 0; i < 3; ++i) CHECK(admitted("anna", 'a', "SWE"));
  CHECK_FALSE(admitted("anna", 'a', "SWE"));
  CHECK(admitted("sven", 's', "SWE"));
  CHECK(admitted("olga", 'o', "SWE"));
  CHECK_FALSE(admitted("oskar", 'k', "SWE"));
  CHECK(admitted("nils", 'n', "NOR"));
  clock.pass(std::chrono::minutes(2));
  CHECK(admitted("anna", 'a', "SWE"));
  // Left: no failure, and no longer under way.
  for (int i = 0; i < 20; ++i) {
    clock.pass(std::chrono::minutes(1));
    CHECK(attempts.admit("anna", "SWE", sha256("a"), 0).ok());
  }
  // Those under way count as failures of which nobody knows yet.
  std::vector<Attempts::Try> under_way;
  clock.pass(std::chrono::hours(1));
  for (;;) {
    Result<Attempts::Try> one = attempts.admit("nils", "NOR", sha256("n"), 0);
    if (!one.ok()) break;
    under_way.push_back(*std::move(one));
  }
  CHECK(under_way.size() <= limits::sign_in_failures_free);
  // What the store has counted is heeded by a daemon that has counted nothing.
  CHECK_FALSE(attempts.admit("sara", "SWE", sha256("z"), limits::sign_in_failures_max).ok());
  CHECK(attempts.admit("sara", "SWE", sha256("y"), 1).ok());
}

TEST_CASE("what is no certificate, too long, or not to be read in the folder is complained of",
          "[identity][trust]") {
  const std::filesystem::path dir = scratch();
  std::vector<std::string> complaints;
  std::vector<std::string> trusted;
  Status issued_as;
  int issued = 0;
  TrustFolder folder(dir, {.trust =
                               [&](const std::string& party, const Trust&) {
                                 trusted.push_back(party);
                                 return Status();
                               },
                           .issued =
                               [&](const std::vector<std::string>&) {
                                 ++issued;
                                 return issued_as;
                               },
                           .complain = [&](const std::string& path,
                                           const Status&) { complaints.push_back(path); }});
  const auto polled = [&] {
    complaints.clear();
    folder.poll();
    return complaints.size();
  };
  Certificates& made = certificates();
  std::filesystem::create_directories(dir / "SWE" / "issued");
  std::filesystem::create_directories(dir / "no party");
  CHECK(polled() == 0);
  write_file(dir / "SWE" / "anchor.pem", "nothing");
  CHECK(polled() == 1);
  write_file(dir / "SWE" / "anchor.pem", std::string(3 << 20, 'x'));
  CHECK(polled() == 1);
  write_file(dir / "SWE" / "anchor.pem", made.swe.certificate_pem());
  CHECK(polled() == 0);
  CHECK(trusted == std::vector<std::string>{"SWE"});
  write_file(dir / "SWE" / "crl.pem", made.swe.crl_pem() + "more, and no list");
  static_cast<void>(polled());
  // Certificates that were issued: one that reads, one that is none, and what is not looked at.
  write_file(dir / "SWE" / "issued" / "readme", "words");
  write_file(dir / "SWE" / "issued" / "a.pem", made.swe.certificate_pem());
  std::filesystem::create_directory(dir / "SWE" / "issued" / "folder.pem");
  write_file(dir / "SWE" / "issued" / "z.pem",
             "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  CHECK(polled() >= 1);
  CHECK(issued == 1);
  issued_as = {Code::AlreadyExists, Reason::None, "x"};
  write_file(dir / "SWE" / "issued" / "b.pem", made.swe.certificate_pem() + "\n");
  CHECK(polled() == 0);
  CHECK(issued == 2);
  CHECK(polled() == 0);
  CHECK(issued == 2);
  // What would never come to an end is not read; what cannot be opened for want of descriptors is
  // told, and taken at a later change.
  std::filesystem::remove(dir / "SWE" / "anchor.pem");
  REQUIRE(mkfifo((dir / "SWE" / "anchor.pem").c_str(), 0600) == 0);
  CHECK(polled() == 0);
  std::filesystem::remove(dir / "SWE" / "anchor.pem");
  write_file(dir / "SWE" / "anchor.pem", made.nor.certificate_pem());
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = dup(0);
  REQUIRE(next >= 0);
  close(next);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(next) + 1;  // for the folder, and none in it
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  const std::size_t complained = polled();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(complained == 1);
  const std::size_t taken = trusted.size();
  write_file(dir / "SWE" / "anchor.pem", made.nor.certificate_pem() + "\n");
  CHECK(polled() == 0);
  CHECK(trusted.size() == taken + 1);
  std::filesystem::remove_all(dir / "SWE");
  CHECK(polled() == 0);
  std::filesystem::remove_all(dir);
  CHECK(polled() == 0);
}

TEST_CASE("what of the folder is looked at again is told again when it has changed",
          "[identity][trust]") {
  const std::filesystem::path dir = scratch();
  const std::filesystem::path list = dir / "SWE" / "crl.pem";
  const std::filesystem::path leaf = dir / "SWE" / "issued" / "a.pem";
  std::vector<std::string> complaints;
  std::size_t trusted = 0;
  std::size_t issued = 0;
  Status as;
  TrustFolder folder(dir, {.trust =
                               [&](const std::string&, const Trust&) {
                                 ++trusted;
                                 return Status();
                               },
                           .issued =
                               [&](const std::vector<std::string>&) {
                                 ++issued;
                                 return as;
                               },
                           .complain = [&](const std::string& path,
                                           const Status&) { complaints.push_back(path); }});
  using Paths = std::vector<std::string>;
  const auto polled = [&] {
    complaints.clear();
    folder.poll();
    return complaints;
  };
  Certificates& made = certificates();
  std::filesystem::create_directories(leaf.parent_path());
  write_file(dir / "SWE" / "anchor.pem", made.swe.certificate_pem());
  // A list that cannot be looked at.
  std::filesystem::create_symlink("crl.pem", list);
  CHECK(polled() == Paths{(dir / "SWE").string()});
  CHECK(polled().empty());  // Looked at again, and told once.
  CHECK(trusted == 0);
  std::filesystem::remove(list);
  write_file(list, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
  CHECK(polled() == Paths{(dir / "SWE").string()});  // It has changed, and is wrong still.
  CHECK(trusted == 0);
  write_file(list, made.swe.crl_pem());
  CHECK(polled().empty());
  CHECK(trusted == 1);
  // A certificate that is not taken just now, and then is another that never is.
  write_file(leaf, made.swe.certificate_pem());
  as = Status(Code::Unavailable, Reason::None, "not now");
  CHECK(polled() == Paths{leaf.string()});
  CHECK(polled().empty());
  CHECK(issued == 2);
  write_file(leaf, made.swe.certificate_pem() + "\n");
  as = Status(Code::FailedPrecondition, Reason::None, "never");
  CHECK(polled() == Paths{leaf.string()});
  CHECK(issued == 3);
  CHECK(polled().empty());
  CHECK(issued == 3);  // Not looked at again.
  std::filesystem::remove_all(dir);
}

TEST_CASE("a time that is none has no instant, a key that is none is not allowed",
          "[identity][x509]") {
  CHECK_FALSE(x509::instant_of(nullptr));
  CHECK_FALSE(x509::is_allowed_key(nullptr));
  CHECK(x509::is_allowed_signature(NID_ecdsa_with_SHA512));
  CHECK_FALSE(x509::is_allowed_signature(NID_sha256WithRSAEncryption));
}

// --- callers ---

TEST_CASE("a call by certificate names an account, or is refused", "[identity][caller]") {
  World world;
  const auto asks = [&](const std::string& uri) {
    MadeCall call(certificates().anna.der, uri);
    v1::SignInRequest request;
    request.set_password(std::string(good_password));
    return world
        .ask<v1::SignInRequest, v1::SignInReply>(call, "/entente.v1.SessionService/SignIn", request)
        .status()
        .code();
  };
  CHECK(asks("entente://swe.demo.example/person/anna") == Code::Ok);
  CHECK(asks("") == Code::Unauthenticated);
  CHECK(asks("entente://swe.demo.example/office/swe.igc") == Code::Unauthenticated);
}

TEST_CASE("a tool that shows a session is that session, one that shows nothing is nobody",
          "[identity][caller]") {
  World world;
  const std::string token = world.sign_in(certificates().anna);
  const auto opens = [&](const std::string& header) {
    MadeCall call = world.call(certificates().anna);
    if (!header.empty()) call.headers["authorization"] = header;
    return world.identity.authenticator().authenticate_tool(call, Scope::Directory).status().code();
  };
  CHECK(opens("Bearer " + token) == Code::Ok);
  CHECK(opens("Bearer " + std::string(43, 'A')) == Code::Unauthenticated);
  CHECK(opens("Digest x") == Code::Unauthenticated);
  CHECK(opens("") == Code::Unauthenticated);
  MadeCall page = world.call(certificates().anna);
  page.headers = {{"entente-browser", "1"},
                  {"sec-fetch-site", "same-origin"},
                  {"cookie", "__Host-entente=" + token}};
  CHECK(world.identity.authenticator().authenticate_tool(page, Scope::Directory).ok());
}

TEST_CASE(
    "application passwords have a scope and a label, are sixteen at most, and are listed "
    "without their secret",
    "[identity][caller]") {
  World world;
  const std::string token = world.sign_in(certificates().anna);
  const std::string service = "/entente.v1.SessionService/";
  const auto creates = [&](v1::Scope scope, const std::string& label) {
    v1::CreateApplicationPasswordRequest request;
    request.set_scope(scope);
    request.set_label(label);
    return world.ask<v1::CreateApplicationPasswordReply>(
        certificates().anna, token, service + "CreateApplicationPassword", request);
  };
  CHECK(creates(v1::SCOPE_UNSPECIFIED, "x").status().code() == Code::InvalidArgument);
  CHECK(creates(v1::SCOPE_CALENDAR, "").status().code() == Code::InvalidArgument);
  CHECK(creates(v1::SCOPE_CALENDAR, std::string(65, 'x')).status().code() == Code::InvalidArgument);
  std::set<std::string> names;
  std::string secrets;
  for (int i = 0; i < 16; ++i) {
    const auto reply = creates(i % 2 == 0 ? v1::SCOPE_CALENDAR : v1::SCOPE_STATISTICS, "a tool");
    REQUIRE(reply.ok());
    names.insert(reply->application_password().name());
    secrets = reply->password();
  }
  CHECK(creates(v1::SCOPE_DIRECTORY, "one more").status().reason() == Reason::LimitReached);
  const auto listed = world.ask<v1::ListApplicationPasswordsReply>(
      certificates().anna, token, service + "ListApplicationPasswords",
      v1::ListApplicationPasswordsRequest());
  REQUIRE(listed.ok());
  CHECK(listed->application_passwords_size() == 16);
  for (const auto& one : listed->application_passwords()) CHECK(names.contains(one.name()));
  CHECK(listed->SerializeAsString().find(secrets) == std::string::npos);
  v1::DeleteApplicationPasswordRequest unknown;
  unknown.set_name("parties/SWE/accounts/anna/applicationPasswords/" + std::string(32, '0'));
  CHECK(world
            .ask<v1::DeleteApplicationPasswordReply>(certificates().anna, token,
                                                     service + "DeleteApplicationPassword", unknown)
            .status()
            .code() == Code::NotFound);
  // By its secret a tool of its scope gets in, and none of another, another name or certificate.
  const auto opens = [&](const Leaf& leaf, const std::string& user, const std::string& secret,
                         Scope scope) {
    MadeCall call = world.call(leaf);
    call.headers["authorization"] = "Basic " + to_base64(user + ":" + secret);
    return world.identity.authenticator().authenticate_tool(call, scope).ok();
  };
  CHECK(opens(certificates().anna, "anna", secrets, Scope::Statistics));
  CHECK_FALSE(opens(certificates().anna, "anna", secrets, Scope::Calendar));
  CHECK_FALSE(opens(certificates().anna, "anna", secrets, Scope::Unspecified));
  CHECK_FALSE(opens(certificates().anna, "bertil", secrets, Scope::Statistics));
  CHECK_FALSE(opens(certificates().bertil, "bertil", secrets, Scope::Statistics));
  CHECK_FALSE(opens(certificates().bertil, "bertil", "no secret", Scope::Statistics));
}

}  // namespace
}  // namespace entente::identity::testing
