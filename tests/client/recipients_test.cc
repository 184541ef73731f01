// To whom a confidential document is sealed, where the server names more than the sender means.
#include "client/lib/recipients.h"

#include <catch2/catch.hpp>
#include <string>

#include "entente/v1/directory.pb.h"
#include "proto/contract/appointment.h"
#include "tests/client/issued.h"

namespace entente::client {
namespace {

using test::focal_point;
using test::is_disproved;
using test::name_of;

// A server that names one office of Sweden: a member's, whose holder Sweden has signed.
struct Names : test::Certified {
  Names() {
    on<v1::GetRosterRequest, v1::Roster>("SealingService.GetRoster",
                                         [this](net::Call&, const auto&, auto& out) {
                                           out = roster;
                                           return Status();
                                         });
    on<v1::GetOfficeHistoryRequest, v1::GetOfficeHistoryReply>(
        "DirectoryService.GetOfficeHistory", [this](net::Call&, const auto&, auto& out) {
          out = history;
          return Status();
        });
    on<v1::GetParticipationRequest, v1::Participation>("DirectoryService.GetParticipation",
                                                       [this](net::Call&, const auto&, auto& out) {
                                                         out = participation;
                                                         return Status();
                                                       });
    start("server");
    signer = enter("anna", "digitalSignature", test::anna_uri);
    const std::string seal = enter("office", "keyAgreement",
                                   "entente://swe.demo/office/swe.alpha.focal-point", focal_point);
    v1::SealRecipient& named = *roster.add_recipients();
    named.set_office(focal_point);
    named.set_party(test::sweden);
    named.set_certificate(name_of(seal));
    v1::Office& office = *history.mutable_office();
    office.set_name(focal_point);
    office.set_party(test::sweden);
    office.set_process("processes/alpha");
    sign(appoint("persons/anna"));
    v1::Participation::Standing& standing = *participation.add_standings();
    standing.set_status(v1::Participation::MEMBER);
    standing.mutable_span()->set_since(test::long_ago);
  }
  v1::Appointment& appoint(const std::string& person) {
    v1::Appointment& one = *history.add_holders()->mutable_appointment();
    one.set_name("appointments/" + std::to_string(history.holders_size()));
    one.set_office(focal_point);
    one.set_person(person);
    one.set_capacity(v1::HOLDER);
    one.mutable_span()->set_since(test::long_ago);
    return one;
  }
  void sign(v1::Appointment& one) const {
    const auto words = appointment_message({.origin = "test.example/ledger",
                                            .name = one.name(),
                                            .office = focal_point,
                                            .office_kind = 0,
                                            .party = test::sweden,
                                            .process = "processes/alpha",
                                            .body = {},
                                            .person = one.person(),
                                            .capacity = one.capacity(),
                                            .since = one.span().since()});
    REQUIRE(words.ok());
    const SigningFiles files = issued.files("anna");
    const auto made = sign_plain(files.certificate_path, files.key_path, *words);
    REQUIRE(made.ok());
    one.set_signature(made->der);
    one.set_signer_certificate_sha256(made->certificate_sha256);
  }
  Status prove() {
    const auto client = this->client();
    return prove_recipients(*client, clock, v1::GetRosterRequest(), audience, without).status();
  }
  [[nodiscard]] std::string today() const { return to_rfc3339(clock.now()).substr(0, 10); }

  std::string signer;
  v1::Roster roster;
  v1::GetOfficeHistoryReply history;
  v1::Participation participation;
  v1::Audience audience;
  std::set<std::string> without;
};

}  // namespace

TEST_CASE("who was a member, or is but an observer, is none of the members", "[client][sealing]") {
  Names host;
  host.audience.add_any_of("process/alpha/members");
  v1::Participation::Standing& standing = *host.participation.mutable_standings(0);
  REQUIRE(host.prove().message() == "");
  SECTION("until yesterday") { standing.mutable_span()->set_until(host.today()); }
  SECTION("from tomorrow on") { standing.mutable_span()->set_since("9999-12-31"); }
  SECTION("an observer") { standing.set_status(v1::Participation::OBSERVER); }
  SECTION("of no standing") { host.participation.clear_standings(); }
  CHECK(is_disproved(host.prove()));
}

TEST_CASE("an office is sealed to while an appointment holds that its party has signed",
          "[client][sealing]") {
  Names host;
  host.audience.add_any_of("party/SWE");
  v1::Appointment& first = *host.history.mutable_holders(0)->mutable_appointment();
  REQUIRE(host.prove().message() == "");
  SECTION("nobody signed it") { first.clear_signature(); }
  SECTION("it has ended") { first.mutable_span()->set_until(host.today()); }
  SECTION("it has ended, and whom the host has put there since nobody has signed") {
    first.mutable_span()->set_until("2021-01-01");
    host.appoint("persons/mallory");
  }
  const Status refused = host.prove();
  CHECK(refused.code() == Code::FailedPrecondition);
  CHECK(refused.reason() == Reason::SignatureInvalid);
}

TEST_CASE("who is named or excluded by name is who holds the office today", "[client][sealing]") {
  Names host;
  host.audience.add_any_of("person/anna");
  REQUIRE(host.prove().message() == "");
  SECTION("excluded") {
    host.audience.add_any_of("party/SWE");
    host.audience.add_none_of("person/anna");
  }
  SECTION("gone") {
    host.history.mutable_holders(0)->mutable_appointment()->mutable_span()->set_until(host.today());
    host.sign(host.appoint("persons/sven"));
  }
  CHECK(is_disproved(host.prove()));
}

TEST_CASE("an office that is left out does not come back by another's name", "[client][sealing]") {
  Names host;
  host.audience.add_any_of("process/alpha/members");
  v1::SealRecipient& named = *host.roster.mutable_recipients(0);
  SECTION("another office's") {
    host.without = {focal_point};
    REQUIRE(host.prove().message() == "");
    named.set_office(test::deputy);
  }
  SECTION("another party's") { named.set_party("parties/NOR"); }
  CHECK(is_disproved(host.prove()));
}

}  // namespace entente::client
