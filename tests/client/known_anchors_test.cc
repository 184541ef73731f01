// Whose signature makes a certificate a party's: what a client relies on is not the host's to say.
#include "client/lib/known_anchors.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "client/lib/page_calls.h"
#include "client/lib/state_files.h"
#include "entente/v1/account.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "tests/client/fake_server.h"
#include "tests/support/certificates.h"

namespace entente::client {
namespace {

using Strings = std::vector<std::string>;
const std::string norway = "parties/NOR";

// A party's authorities, and what a client has been told of them.
class TheirParty {
 public:
  std::string root(const std::string& name) const {
    certificates_.authority(name);
    return der(name);
  }
  // An authority that `by` has signed.
  std::string under(const std::string& by, const std::string& name,
                    const std::string& constraints = "CA:TRUE") const {
    certificates_.leaf(
        name, by,
        "basicConstraints=critical," + constraints + "\nkeyUsage=critical,keyCertSign,cRLSign\n");
    return der(name);
  }
  std::string person(const std::string& by, const std::string& name) const {
    certificates_.leaf(name, by, "basicConstraints=critical,CA:FALSE\n");
    return der(name);
  }
  [[nodiscard]] std::string state() const { return certificates_.path("state"); }

  KnownAnchors client(std::vector<GivenAnchor> given = {}) {
    return {state(), std::move(given), [this](const std::string& words) { told.push_back(words); }};
  }

  Strings told;

 private:
  [[nodiscard]] std::string der(const std::string& name) const {
    std::istringstream pem(read_whole(certificates_.path(name + ".pem")));
    std::string text;
    for (std::string line; std::getline(pem, line);) {
      if (!line.starts_with("-----")) text += line;
    }
    return *from_base64(text);
  }
  testing::Certificates certificates_;
};

std::string fingerprint(const std::string& der) { return to_hex(as_view(sha256(der))); }

}  // namespace

TEST_CASE("an anchor that joins a party which is known is a stranger, after a restart too",
          "[client][anchors]") {
  TheirParty nor;
  const std::string own = nor.root("own");
  const std::string hosts = nor.root("hosts");
  CHECK(nor.client().judge(norway, {own})->known == Strings{own});
  REQUIRE(nor.told.size() == 1);
  CHECK(nor.told[0].find(fingerprint(own)) != std::string::npos);
  for (const Strings& listed : {Strings{own, hosts}, Strings{hosts, own}, Strings{hosts}}) {
    const auto shown = nor.client().judge(norway, listed);
    CHECK(shown->known == (listed.size() == 2 ? Strings{own} : Strings{}));
    CHECK(shown->strangers == Strings{fingerprint(hosts)});
    CHECK(shown->words(norway).find(fingerprint(hosts)) != std::string::npos);
    CHECK(nor.told.back() == shown->words(norway));
  }
  // Of another party it is no matter.
  CHECK(nor.client().judge("parties/SWE", {hosts})->known == Strings{hosts});
}

TEST_CASE("what was given or confirmed stands instead of what was seen first",
          "[client][anchors]") {
  TheirParty nor;
  const std::string own = nor.root("own");
  const std::string hosts = nor.root("hosts");
  REQUIRE(nor.client().judge(norway, {hosts, own}).ok());  // the host lied from the beginning
  SECTION("given") {
    const auto shown =
        nor.client({{.party = "NOR", .sha256 = fingerprint(own)}}).judge(norway, {hosts, own});
    CHECK(shown->known == Strings{own});
    CHECK(shown->strangers == Strings{fingerprint(hosts)});
  }
  SECTION("confirmed") {
    REQUIRE(nor.client().confirm(norway, {fingerprint(own)}).ok());
    const auto shown = nor.client().judge(norway, {hosts, own});
    CHECK(shown->known == Strings{own});
    CHECK(shown->strangers == Strings{fingerprint(hosts)});
    CHECK(nor.client().all()->size() == 1);
  }
}

TEST_CASE("a party changes its root: by its own signature, or confirmed", "[client][anchors]") {
  TheirParty nor;
  const std::string old = nor.root("old");
  REQUIRE(nor.client().judge(norway, {old}).ok());
  SECTION("the old one has signed the next, and goes") {
    const std::string next = nor.under("old", "next");
    const std::string after = nor.under("next", "after");
    CHECK(nor.client().judge(norway, {after, next, old})->strangers.empty());
    CHECK(nor.client().judge(norway, {after})->known == Strings{after});
  }
  SECTION("the next one is confirmed, and the old one counts no more") {
    const std::string next = nor.root("next");
    CHECK(nor.client().judge(norway, {next})->known.empty());
    REQUIRE(nor.client().confirm("NOR", {fingerprint(next)}).ok());
    CHECK(nor.client().judge(norway, {old, next})->known == Strings{next});
  }
  SECTION("one is confirmed after another, and the one before counts no more") {
    const std::string next = nor.root("next");
    REQUIRE(nor.client().confirm("NOR", {fingerprint(old)}).ok());
    REQUIRE(nor.client().confirm("NOR", {fingerprint(next)}).ok());
    const auto shown = nor.client().judge(norway, {old, next});
    CHECK(shown->known == Strings{next});
    CHECK(shown->strangers == Strings{fingerprint(old)});
    CHECK(nor.client().all()->size() == 1);
  }
}

TEST_CASE("of two commands that meet a party at once neither undoes what the other has kept",
          "[client][anchors]") {
  TheirParty nor;
  const std::string own = nor.root("own");
  const std::string hosts = nor.root("hosts");
  std::filesystem::create_directories(nor.state());
  Result<PartyAnchors> shown = PartyAnchors();
  std::thread waits;
  {
    const auto held = FolderLock::take(nor.state());
    REQUIRE(held.ok());
    waits = std::thread([&] { shown = nor.client().judge(norway, {hosts}); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // it has found nothing kept
    std::ofstream(nor.state() + "/anchors") << "NOR " << fingerprint(own) << " confirmed\n";
  }
  waits.join();
  REQUIRE(shown.ok());
  CHECK(shown->strangers == Strings{fingerprint(hosts)});
  CHECK(nor.client().all()->front().sha256 == fingerprint(own));
}

TEST_CASE("neither a person nor an authority that issues makes an anchor", "[client][anchors]") {
  TheirParty nor;
  const std::string root = nor.root("root");
  const std::string issuing = nor.under("root", "issuing", "CA:TRUE,pathlen:0");
  const std::string more = nor.under("issuing", "more");
  const std::string person = nor.person("root", "person");
  REQUIRE(nor.client().judge(norway, {root, issuing}).ok());
  const auto shown = nor.client().judge(norway, {root, issuing, more, person});
  CHECK(shown->known == Strings{root, issuing});
  CHECK(shown->strangers.size() == 2);
}

TEST_CASE("what is kept of anchors and does not read is said so and not passed over",
          "[client][anchors]") {
  TheirParty nor;
  const std::string own = nor.root("own");
  REQUIRE(nor.client().judge(norway, {own}).ok());
  std::ofstream(nor.state() + "/anchors", std::ios::app) << "NOR 00 confirmed\n";
  const Status shown = nor.client().judge(norway, {own}).status();
  CHECK(shown.code() == Code::DataLoss);
  CHECK(shown.reason() == Reason::ProofInvalid);
}

TEST_CASE("a fingerprint reads as openssl writes it, and nothing else does", "[client][anchors]") {
  std::string colons;
  for (int i = 0; i < 32; ++i) colons += i == 0 ? "AB" : ":AB";
  std::string plain;
  for (int i = 0; i < 32; ++i) plain += "ab";
  CHECK(parse_fingerprint(colons) == plain);
  CHECK(parse_fingerprint(plain) == plain);
  for (const std::string& wrong :
       {plain.substr(2), plain + "ab", "SHA-256=" + plain, std::string()}) {
    CHECK_FALSE(parse_fingerprint(wrong));
  }
}

TEST_CASE("a page of `entente portal` is shown what this machine relies on, and no stranger",
          "[client][anchors][portal]") {
  entente::test::FakeServer server;
  std::atomic<bool> lies{false};
  server.on<v1::ListAnchorsRequest, v1::ListAnchorsReply>(
      "CertificateService.ListAnchors", [&](net::Call&, const auto&, auto& out) {
        if (lies) out.add_anchors()->set_der("the host's");
        out.add_anchors()->set_der("the party's");
        return Status();
      });
  server.start("server");
  const auto client = Client::open(server.options());
  REQUIRE(client.ok());
  v1::ListAnchorsRequest asked;
  asked.set_party(norway);
  const auto shown = [&] {
    const PageAnswer answer =
        PageCalls(**client).answer({.path = "/entente.v1.CertificateService/ListAnchors",
                                    .content_type = "application/proto",
                                    .body = asked.SerializeAsString()});
    v1::ListAnchorsReply reply;
    REQUIRE(reply.ParseFromString(answer.reply.body));
    Strings ders;
    for (const v1::Anchor& one : reply.anchors()) ders.push_back(one.der());
    return ders;
  };
  CHECK(shown() == Strings{"the party's"});
  lies = true;
  CHECK(shown() == Strings{"the party's"});
}

}  // namespace entente::client
