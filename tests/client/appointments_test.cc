// Who holds an office, as a host says that it is held already; and whose appointment it is.
#include "client/lib/appointments.h"

#include <catch2/catch.hpp>
#include <string>

#include "entente/v1/directory.pb.h"
#include "proto/contract/appointment.h"
#include "tests/client/issued.h"

namespace entente::client {
namespace {

using test::focal_point;
using test::is_disproved;

// A server that answers every hand-over with the appointment that it says there is already.
struct HoldsAlready : test::Certified {
  HoldsAlready() {
    on<v1::GetOfficeRequest, v1::Office>("DirectoryService.GetOffice",
                                         [this](net::Call&, const auto&, auto& out) {
                                           out = office;
                                           return Status();
                                         });
    start("server");
    enter("anna", "digitalSignature", test::anna_uri);
    office.set_name(focal_point);
    office.set_party(test::sweden);
    there.set_name("appointments/1");
    there.set_office(focal_point);
    there.set_person("persons/sven");
    there.set_capacity(v1::HOLDER);
    there.mutable_span()->set_since(test::long_ago);
    touched = focal_point;
    act = [this](v1::HandOverReply& out) {
      *out.mutable_begun() = there;
      Act said = ledger.by_anna(kind, there.name(), focal_point);
      said.signature = there.signature();
      *out.mutable_receipt() = ledger.receipt(ledger.enter(said));
      return Status();
    };
  }
  void sign() {
    const auto words = appointment_message({.origin = "test.example/ledger",
                                            .name = there.name(),
                                            .office = focal_point,
                                            .office_kind = 0,
                                            .party = test::sweden,
                                            .process = {},
                                            .body = {},
                                            .person = there.person(),
                                            .capacity = there.capacity(),
                                            .since = there.span().since()});
    REQUIRE(words.ok());
    const SigningFiles files = issued.files("anna");
    const auto made = sign_plain(files.certificate_path, files.key_path, *words);
    REQUIRE(made.ok());
    there.set_signature(made->der);
    there.set_signer_certificate_sha256(made->certificate_sha256);
  }
  Status hand_over_to_sven() {
    v1::HandOverRequest request;
    request.set_name("appointments/2");
    request.set_office(focal_point);
    request.set_person("persons/sven");
    const auto client = this->client();
    return hand_over(*client, issued.files("anna"), clock, entropy, request).status();
  }

  v1::Office office;
  v1::Appointment there;
};

}  // namespace

TEST_CASE("who is said to hold the office already holds it by the party's signature",
          "[client][appointments]") {
  HoldsAlready host;
  host.sign();
  REQUIRE(host.hand_over_to_sven().message() == "");
  SECTION("nobody has signed it") { host.there.clear_signature(); }
  SECTION("it is another's who holds it") {
    host.there.set_person("persons/anna");
    host.sign();
  }
  SECTION("it is of another office") { host.there.set_office(test::deputy); }
  CHECK(is_disproved(host.hand_over_to_sven()));
}

TEST_CASE("an appointment is checked as one to the office that is asked about",
          "[client][appointments]") {
  HoldsAlready host;
  host.sign();
  const auto client = host.client();
  AppointmentReader reader(*client);
  CHECK(*reader.check(host.office, host.there) == "parties/SWE/accounts/anna");
  host.there.set_office(test::deputy);
  CHECK(is_disproved(reader.check(host.office, host.there).status()));
  host.there.clear_signature();
  CHECK(is_disproved(reader.check(host.office, host.there).status()));
}

}  // namespace entente::client
