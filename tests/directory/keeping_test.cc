#include <algorithm>

#include "proto/contract/consent.h"
#include "tests/directory/world.h"

namespace entente::directory {
namespace {

using testing::DirectoryWorld;
using testing::WorldSigners;

const std::string anna = "persons/swe.anna.lindqvist";
const std::string focal_point = "offices/swe.igc.focal-point";

v1::AppointRequest as_deputy(const std::string& person) {
  v1::AppointRequest request;
  request.set_office(focal_point);
  request.set_person(person);
  request.set_capacity(v1::DEPUTY);
  return request;
}

// --- appointments are signed by their party ---

TEST_CASE("an appointment that is not signed, or not by its party's client, is refused",
          "[directory][signature]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto reto = world.as("CHE", "reto.ammann");
  const v1::AppointRequest good = world.signed_by(swede, as_deputy(anna), "1", v1::DEPUTY);
  const auto refused = [&](const policy::Subject& who, const v1::AppointRequest& request) {
    const auto size = world.ledger->size();
    const auto answer = world.act(who, &Service::appoint, request);
    CHECK(world.ledger->size() == size);
    return answer.ok() ? Reason::None : answer.status().reason();
  };
  auto unsigned_one = good;
  unsigned_one.clear_signature();
  CHECK(refused(swede, unsigned_one) == Reason::SignatureInvalid);
  auto by_another = good;
  by_another.set_signature(world.signed_by(reto, as_deputy(anna), "1", v1::DEPUTY).signature());
  CHECK(refused(swede, by_another) == Reason::SignatureInvalid);
  auto other_certificate = good;
  other_certificate.set_signer_certificate_sha256(WorldSigners::certificate_of(reto));
  CHECK(refused(swede, other_certificate) == Reason::SignatureInvalid);
}

TEST_CASE("a signature over one appointment is none over another", "[directory][signature]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const v1::AppointRequest good = world.signed_by(swede, as_deputy(anna), "1", v1::DEPUTY);
  const auto reason = [&](const v1::AppointRequest& request) {
    const auto answer = world.act(swede, &Service::appoint, request);
    return answer.ok() ? Reason::None : answer.status().reason();
  };
  auto other_name = good;
  other_name.set_name("appointments/00000000000000000000000000000000");
  CHECK(reason(other_name) == Reason::SignatureInvalid);
  auto other_capacity = good;
  other_capacity.set_capacity(v1::ACTING);
  CHECK(reason(other_capacity) == Reason::SignatureInvalid);
  auto other_day = good;
  other_day.set_since("2026-11-24");
  CHECK(reason(other_day) == Reason::SignatureInvalid);
  auto bent = good;
  bent.set_signature(good.signature().substr(1) + "0");
  CHECK(reason(bent) == Reason::SignatureInvalid);

  const auto appointed = world.act(swede, &Service::appoint, good);
  REQUIRE(appointed.ok());
  CHECK(appointed->signature() == good.signature());
  // A retry is answered with what there is; nothing is appointed twice.
  const auto again = world.act(swede, &Service::appoint, good);
  REQUIRE(again.ok());
  CHECK(again->name() == appointed->name());
  v1::GetOfficeHistoryRequest history;
  history.set_name(focal_point);
  CHECK(world.ask(swede, &Service::get_office_history, history)->holders_size() == 2);
}

TEST_CASE("an appointment ends by its party's signed word, and by that once",
          "[directory][signature]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto appointed =
      world.act(swede, &Service::appoint, world.signed_by(swede, as_deputy(anna), "1", v1::DEPUTY));
  REQUIRE(appointed.ok());
  const auto reason = [&](const v1::EndAppointmentRequest& request) {
    const auto answer = world.act(swede, &Service::end_appointment, request);
    return answer.ok() ? Reason::None : answer.status().reason();
  };
  const v1::EndAppointmentRequest good = world.end_by(swede, appointed->name());
  auto unsigned_one = good;
  unsigned_one.clear_signature();
  CHECK(reason(unsigned_one) == Reason::SignatureInvalid);
  auto other_day = good;
  other_day.set_until("2026-11-24");
  CHECK(reason(other_day) == Reason::SignatureInvalid);
  auto another = good;
  another.set_signature(
      world.end_by(world.as("CHE", "reto.ammann"), appointed->name()).signature());
  CHECK(reason(another) == Reason::SignatureInvalid);

  const auto ended = world.act(swede, &Service::end_appointment, good);
  REQUIRE(ended.ok());
  CHECK(ended->span().until() == "2026-11-23");
  CHECK(ended->end_signature() == good.signature());
  CHECK(ended->signature() == appointed->signature());
  CHECK(world.act(swede, &Service::end_appointment, good).ok());
  world.clock.pass(std::chrono::hours(48));
  CHECK(reason(world.end_by(swede, appointed->name())) == Reason::Conflict);
}

TEST_CASE("an act loses against a change of what rights rest on, made while it is done",
          "[directory][rights]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto appointed =
      world.act(swede, &Service::appoint, world.signed_by(swede, as_deputy(anna), "1", v1::DEPUTY));
  REQUIRE(appointed.ok());
  v1::CreatePersonRequest person;
  person.mutable_person()->set_name("persons/swe.new");
  person.mutable_person()->set_party("parties/SWE");
  person.mutable_person()->set_display_name("New");
  person.set_process("processes/igc");
  const auto late = world.store->begin();
  const auto unharmed = world.store->begin();
  REQUIRE(world.catalog.pin(*late).ok());
  REQUIRE(world.catalog.pin(*unharmed).ok());
  REQUIRE(world.service.create_person(swede, person, *late).ok());

  // A person's own entry is nobody's right.
  v1::ConfirmPersonRequest confirm;
  confirm.set_name(anna);
  REQUIRE(world.act(swede, &Service::confirm_person, confirm).ok());
  person.mutable_person()->set_name("persons/swe.other");
  REQUIRE(world.service.create_person(swede, person, *unharmed).ok());
  CHECK(unharmed->commit().ok());

  REQUIRE(world.act(swede, &Service::end_appointment, world.end_by(swede, appointed->name())).ok());
  CHECK(late->commit().status().code() == Code::Aborted);
  const auto anew = world.store->begin();
  CHECK(world.catalog.pin(*anew).ok());
}

TEST_CASE("what a transaction sees of rights before the catalog has followed is not acted by",
          "[directory][rights]") {
  DirectoryWorld world;
  Catalog behind(*world.store, world.records, world.clock);  // loaded, and told of nothing since
  REQUIRE(behind.load().ok());
  const auto swede = world.as("SWE", "anna.lindqvist");
  {
    const auto transaction = world.store->begin();
    REQUIRE(behind.pin(*transaction).ok());
  }
  REQUIRE(
      world.act(swede, &Service::appoint, world.signed_by(swede, as_deputy(anna), "1", v1::DEPUTY))
          .ok());
  const auto transaction = world.store->begin();
  CHECK(behind.pin(*transaction).code() == Code::Aborted);
  CHECK(world.catalog.pin(*transaction).ok());
}

TEST_CASE("what is durable and not yet followed is not taken for known by what was before it",
          "[directory][rights]") {
  DirectoryWorld world;
  Catalog behind(*world.store, world.records, world.clock);
  REQUIRE(behind.load().ok());
  const auto swede = world.as("SWE", "anna.lindqvist");
  v1::ConfirmPersonRequest confirm;
  confirm.set_name(anna);
  REQUIRE(world.act(swede, &Service::confirm_person, confirm).ok());
  const auto appointed =
      world.act(swede, &Service::appoint, world.signed_by(swede, as_deputy(anna), "1", v1::DEPUTY));
  REQUIRE(appointed.ok());
  // Both were written together, say, and the first is followed: its snapshot holds the second.
  const auto transaction = world.store->begin();
  ledger::Act act;
  act.kind = "directory.person.confirm";
  act.object = anna;
  behind.follow(0, act);
  CHECK(behind.pin(*transaction).code() == Code::Aborted);
  act.kind = "directory.appointment.appoint";
  act.object = appointed->name();
  behind.follow(1, act);
  CHECK(behind.pin(*transaction).ok());
}

TEST_CASE("what another room keeps of rights counts as the directory's own does",
          "[directory][rights]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto guest = world.store->begin();
  REQUIRE(world.catalog.pin(*guest).ok());
  v1::ConfirmPersonRequest confirm;
  confirm.set_name(anna);
  REQUIRE(world.service.confirm_person(swede, confirm, *guest).ok());
  {
    const auto another_room = world.store->begin();
    REQUIRE(world.records.change_rights(*another_room).ok());
    ledger::Act act;
    act.kind = "meetings.participant.remove";
    world.ledger->record(*another_room, act);
    REQUIRE(another_room->commit().ok());
  }
  CHECK(guest->commit().status().code() == Code::Aborted);
  const auto anew = world.store->begin();
  CHECK(world.catalog.pin(*anew).code() == Code::Aborted);
  world.catalog.take({{.key = "meetings/1#", .fact = std::nullopt, .recorded_at = {}}});
  world.catalog.took_changes(1);
  CHECK(world.catalog.pin(*anew).ok());
}

// --- the process and its bodies ---

TEST_CASE("the secretariat alone sets the period, and only on what it has seen", "[directory]") {
  DirectoryWorld world;
  const auto helena = world.as("IGC", "helena.brandt");
  v1::SetConfirmationPeriodRequest request;
  request.set_process("processes/igc");
  request.set_days(90);
  request.set_revision(1);
  CHECK(world.act(world.as("SWE", "anna.lindqvist"), &Service::set_confirmation_period, request)
            .status()
            .reason() == Reason::NotYours);
  auto elsewhere = request;
  elsewhere.set_process("processes/budapest");
  CHECK_FALSE(world.act(helena, &Service::set_confirmation_period, elsewhere).ok());
  auto too_short = request;
  too_short.set_days(1);
  CHECK(world.act(helena, &Service::set_confirmation_period, too_short).status().code() ==
        Code::InvalidArgument);
  const auto set = world.act(helena, &Service::set_confirmation_period, request);
  REQUIRE(set.ok());
  CHECK(set->confirmation_period_days() == 90);
  CHECK(world.catalog.confirmation_days("igc") == 90);
  CHECK(world.act(helena, &Service::set_confirmation_period, request).status().reason() ==
        Reason::RevisionStale);
}

TEST_CASE("a body is made, changed and closed by the secretariat, and its seats go with it",
          "[directory]") {
  DirectoryWorld world;
  const auto helena = world.as("IGC", "helena.brandt");
  v1::CreateBodyRequest request;
  request.mutable_body()->set_name("processes/igc/bodies/wg-new");
  request.mutable_body()->set_title("Working group on something new");
  request.mutable_body()->set_kind(v1::Body::WORKING_GROUP);
  request.mutable_body()->add_members("parties/SWE");
  CHECK(world.act(world.as("SWE", "anna.lindqvist"), &Service::create_body, request)
            .status()
            .reason() == Reason::NotYours);
  auto stranger = request;
  stranger.mutable_body()->add_members("parties/THA");
  CHECK(world.act(helena, &Service::create_body, stranger).status().code() ==
        Code::InvalidArgument);
  REQUIRE(world.act(helena, &Service::create_body, request).ok());
  CHECK(world.act(helena, &Service::create_body, request).status().code() == Code::AlreadyExists);
  const auto seat = policy::Principal::parse("process/igc/body/wg-new");
  CHECK(world.as("SWE", "anna.lindqvist").principals.count(*seat) == 1);
  v1::CloseBodyRequest close;
  close.set_name("processes/igc/bodies/wg-new");
  REQUIRE(world.act(helena, &Service::close_body, close).ok());
  CHECK(world.as("SWE", "anna.lindqvist").principals.count(*seat) == 0);
}

// --- offices ---

TEST_CASE("a party makes and closes offices of its own and nobody else's", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  v1::CreateOfficeRequest request;
  v1::Office& office = *request.mutable_office();
  office.set_name("offices/swe.igc.returns");
  office.set_kind(v1::THEMATIC_COORDINATOR);
  office.set_title("Returns");
  office.set_party("parties/SWE");
  office.set_process("processes/igc");
  CHECK_FALSE(world.act(world.as("CHE", "reto.ammann"), &Service::create_office, request).ok());
  auto grave = request;
  grave.mutable_office()->set_kind(v1::SECURITY_OFFICER);
  CHECK(world.act(swede, &Service::create_office, grave).status().code() == Code::InvalidArgument);
  auto staff = request;
  staff.mutable_office()->set_kind(v1::SECRETARIAT_STAFF);
  CHECK(world.act(swede, &Service::create_office, staff).status().reason() == Reason::NotYours);
  REQUIRE(world.act(swede, &Service::create_office, request).ok());

  v1::AppointRequest appoint = as_deputy(anna);
  appoint.set_office(office.name());
  appoint.set_capacity(v1::HOLDER);
  const auto appointed = world.act(swede, &Service::appoint, world.signed_by(swede, appoint, "1"));
  REQUIRE(appointed.ok());
  v1::CloseOfficeRequest close;
  close.set_name(office.name());
  const auto size = world.ledger->size();
  // Closed with a holder whose end nobody has signed, it would say more than its party did.
  CHECK(world.act(swede, &Service::close_office, close).status().reason() == Reason::Conflict);
  *close.add_ends() = world.end_by(swede, appointed->name());
  close.mutable_ends(0)->set_until("2026-11-24");
  CHECK_FALSE(world.act(swede, &Service::close_office, close).ok());
  CHECK(world.ledger->size() == size);
  *close.mutable_ends(0) = world.end_by(swede, appointed->name());
  REQUIRE(world.act(swede, &Service::close_office, close).ok());
  CHECK(world.ledger->size() == size + 1);
  v1::GetAppointmentRequest get;
  get.set_name(appointed->name());
  CHECK(world.ask(swede, &Service::get_appointment, get)->span().until() == "2026-11-23");
  CHECK(
      world.act(swede, &Service::appoint, world.signed_by(swede, appoint, "2")).status().reason() ==
      Reason::Conflict);
}

// --- the first focal point of a party ---

v1::CreateOfficeRequest focal_point_of(const std::string& code, const std::string& id) {
  v1::CreateOfficeRequest request;
  v1::Office& office = *request.mutable_office();
  office.set_name("offices/" + id + ".igc.focal-point");
  office.set_kind(v1::FOCAL_POINT);
  office.set_title("National focal point");
  office.set_party("parties/" + code);
  office.set_process("processes/igc");
  return request;
}

v1::CreatePersonRequest person_of(const std::string& code, const std::string& name) {
  v1::CreatePersonRequest request;
  request.mutable_person()->set_name(name);
  request.mutable_person()->set_party("parties/" + code);
  request.mutable_person()->set_display_name("Somebody New");
  request.set_process("processes/igc");
  return request;
}

// By two persons of its secretariat, as a member from today on.
void admit_to_igc(DirectoryWorld& world, const std::string& party) {
  const auto helena = world.as("IGC", "helena.brandt");
  const auto marc = world.as("IGC", "marc.delisle");
  v1::ProposeParticipationRequest request;
  request.set_process("processes/igc");
  request.set_party(party);
  request.mutable_standing()->set_status(v1::Participation::MEMBER);
  request.mutable_standing()->mutable_span()->set_since("2026-11-23");
  const std::string message = consent_message(as_view(sha256(
      "entente/participation/1\nprocesses/igc\n" + party + "\nMEMBER\n2026-11-23\n\n\n\n0")));
  request.set_signature(WorldSigners::sign(helena, message));
  const auto proposed = world.act(helena, &Service::propose_participation, request);
  REQUIRE(proposed.ok());
  v1::ApproveParticipationRequest approve;
  approve.set_name(proposed->name());
  approve.set_digest(proposed->digest());
  approve.set_signature(WorldSigners::sign(marc, message));
  REQUIRE(world.act(marc, &Service::approve_participation, approve).ok());
}

TEST_CASE("a member that is new gets its first focal point from its own, and from nobody else",
          "[directory]") {
  DirectoryWorld world;
  const auto kamon = [&] { return world.as("THA", "kamon.wongsakul"); };
  const auto office = focal_point_of("THA", "tha");
  const auto person = person_of("THA", "persons/tha.new.one");
  CHECK_FALSE(world.act(kamon(), &Service::create_office, office).ok());  // it has no part in it
  CHECK_FALSE(world.act(kamon(), &Service::create_person, person).ok());
  admit_to_igc(world, "parties/THA");

  for (const auto& other :
       {world.as("IGC", "helena.brandt"), world.as("SWE", "anna.lindqvist"),
        world.as("SWE", "lars.nyberg"), world.as("CHE", "reto.ammann"), world.as("THA", "")}) {
    CHECK(world.act(other, &Service::create_office, office).status().reason() == Reason::NotYours);
    CHECK(world.act(other, &Service::create_person, person).status().reason() == Reason::NotYours);
  }
  auto read_only = kamon();
  read_only.read_only = true;
  CHECK_FALSE(world.act(read_only, &Service::create_office, office).ok());
  auto another = office;
  another.mutable_office()->set_name("offices/tha.igc.returns");
  another.mutable_office()->set_kind(v1::THEMATIC_COORDINATOR);
  CHECK(world.act(kamon(), &Service::create_office, another).status().reason() == Reason::NotYours);

  const auto made = world.act(kamon(), &Service::create_office, office);
  REQUIRE(made.status().message() == "");
  CHECK(world.entered.acts.back().account == kamon().account);
  REQUIRE(world.act(kamon(), &Service::create_person, person).status().message() == "");
  v1::AppointRequest appoint;
  appoint.set_office(made->name());
  appoint.set_person(person.person().name());
  appoint.set_capacity(v1::DEPUTY);
  CHECK(world.act(kamon(), &Service::appoint, world.signed_by(kamon(), appoint, "d", v1::DEPUTY))
            .status()
            .reason() == Reason::NotYours);
  appoint.set_capacity(v1::HOLDER);
  const auto helena = world.as("IGC", "helena.brandt");
  CHECK(world.act(helena, &Service::appoint, world.signed_by(helena, appoint, "h"))
            .status()
            .reason() == Reason::NotYours);
  appoint = world.signed_by(kamon(), appoint, "1");
  const auto first = world.act(kamon(), &Service::appoint, appoint);
  REQUIRE(first.status().message() == "");
  CHECK(first->signature() == appoint.signature());
  CHECK(world.act(kamon(), &Service::appoint, appoint).ok());  // a retry

  // From now on the party's entries in the process are the focal point's to keep.
  REQUIRE(world.as("THA", "new.one").duties.size() == 1);
  auto second = office;
  second.mutable_office()->set_name("offices/tha.igc.focal-point.2");
  CHECK(world.act(kamon(), &Service::create_office, second).status().reason() == Reason::NotYours);
  CHECK(world.act(kamon(), &Service::create_person, person_of("THA", "persons/tha.x"))
            .status()
            .reason() == Reason::NotYours);
  appoint.set_name("");
  CHECK(world.act(kamon(), &Service::appoint, world.signed_by(kamon(), appoint, "2"))
            .status()
            .reason() == Reason::NotYours);
  CHECK(world.act(world.as("THA", "new.one"), &Service::create_office, another).ok());
}

TEST_CASE("after its last focal point a party's next one is from who keeps its accounts",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto lars = world.as("SWE", "lars.nyberg");
  const auto nadja = world.as("CHE", "nadja.frei");
  v1::AppointRequest appoint;
  appoint.set_office(focal_point);
  appoint.set_person("persons/swe.lars.nyberg");
  appoint.set_capacity(v1::HOLDER);
  appoint = world.signed_by(lars, appoint, "1");
  CHECK(world.act(lars, &Service::appoint, appoint).status().reason() == Reason::NotYours);
  v1::GetOfficeHistoryRequest history;
  history.set_name(focal_point);
  const std::string held =
      world.ask(swede, &Service::get_office_history, history)->holders(0).appointment().name();
  REQUIRE(world.act(swede, &Service::end_appointment, world.end_by(swede, held)).ok());
  CHECK_FALSE(world.act(nadja, &Service::appoint, appoint).ok());  // of another party
  // Of what is kept by the focal point nothing else is theirs.
  CHECK_FALSE(world
                  .act(lars, &Service::hand_over,
                       [&] {
                         v1::HandOverRequest request;
                         request.set_office(focal_point);
                         request.set_person("persons/swe.lars.nyberg");
                         return world.signed_by(lars, request, "2");
                       }())
                  .ok());
  // Of two who begin at once one loses.
  const auto one = world.store->begin();
  const auto two = world.store->begin();
  auto other = appoint;
  other.set_name("");
  other.set_person(anna);
  REQUIRE(world.service.appoint(lars, appoint, *one).status().message() == "");
  REQUIRE(world.service.appoint(lars, world.signed_by(lars, other, "3"), *two).ok());
  CHECK(one->commit().ok());
  CHECK(two->commit().status().code() == Code::Aborted);
}

TEST_CASE("a first focal point who is new comes in by a roster, and nobody else's office with them",
          "[directory]") {
  DirectoryWorld world;
  admit_to_igc(world, "parties/THA");
  // Anew each time: an office that is new has an audience that is new.
  const auto kamon = [&] { return world.as("THA", "kamon.wongsakul"); };
  v1::ImportRosterRequest request;
  request.set_process("processes/igc");
  const std::string header = "party,name,title,email,office,capacity\r\n";
  const std::string holder = "THA,New One,Director,new@tha.example.org,focal_point,holder\r\n";
  request.set_content(header + holder);
  CHECK(world.ask(kamon(), &Service::check_roster, request).status().reason() ==
        Reason::ImportRefused);  // there is no office
  REQUIRE(world.act(kamon(), &Service::create_office, focal_point_of("THA", "tha")).ok());
  auto too_much = request;
  too_much.set_content(header + holder +
                       "THA,An Other,Director,other@tha.example.org,focal_point,deputy\r\n");
  const auto refused = world.ask(kamon(), &Service::check_roster, too_much);
  REQUIRE_FALSE(refused.status().violations().empty());
  CHECK(refused.status().violations().front().line == 3);

  const auto checked = world.ask(kamon(), &Service::check_roster, request);
  REQUIRE(checked.status().message() == "");
  REQUIRE(checked->appointments_size() == 1);
  const v1::Appointment& one = checked->appointments(0);
  v1::AppointRequest wanted;
  wanted.set_name(one.name());
  wanted.set_office(one.office());
  wanted.set_person(one.person());
  wanted.set_since(one.span().since());
  wanted = world.signed_by(kamon(), wanted, "");
  request.add_signatures()->set_name(one.name());
  request.mutable_signatures(0)->set_signature(wanted.signature());
  request.set_signer_certificate_sha256(wanted.signer_certificate_sha256());
  REQUIRE(world.act(kamon(), &Service::import_roster, request).status().message() == "");
  CHECK(world.as("THA", "new.one").duties.size() == 1);
  // Whose line broke before the answer came is told that it is done; what is new is the focal
  // point's from here on, and a roster that is none says nothing of what is there.
  const auto again = world.act(kamon(), &Service::import_roster, request);
  REQUIRE(again.status().message() == "");
  CHECK(again->unchanged() == 1);
  CHECK(again->appointments().empty());
  CHECK(world.ask(kamon(), &Service::check_roster, request).ok());
  for (const std::string& other :
       {std::string("THA,New One,Minister,new@tha.example.org,focal_point,holder\r\n"),
        std::string("THA,An Other,Director,other@tha.example.org,,\r\n"),
        std::string("THA,An Other,Director,other@tha.example.org,focal_point,holder\r\n"),
        std::string("nobody,,,,,\r\n"), std::string()}) {
    request.set_content(header + other);
    CHECK(world.act(kamon(), &Service::import_roster, request).status().reason() ==
          Reason::NotYours);
    CHECK(world.ask(kamon(), &Service::check_roster, request).status().reason() ==
          Reason::NotYours);
  }
  request.set_content(header + holder);
  CHECK(world.act(world.as("THA", "new.one"), &Service::import_roster, request).ok());
}

TEST_CASE("an office that a roster names begins today, or on the first day of what is to come",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  v1::ImportRosterRequest request;
  request.set_process("processes/igc");
  const auto begins = [&](const std::string& since, const std::string& until = "") {
    request.set_content(
        "party,name,title,email,office,capacity,since,until\r\n"
        "SWE,Åsa Berg,Adviser,asa@swe.example.org,focal_point,deputy," +
        since + "," + until + "\r\n");
    const auto checked = world.ask(swede, &Service::check_roster, request);
    if (checked.ok() && checked->appointments().empty()) return std::string("nothing begins");
    if (checked.ok()) return checked->appointments(0).span().since();
    const auto& violation = checked.status().violations().at(0);
    return violation.field + " " + violation.rule;
  };
  const std::string today = begins("");
  CHECK(begins("1850-01-01") == today);
  CHECK(begins("2020") == today);
  CHECK(begins("2027-03") == "2027-03-01");
  CHECK(begins("2027") == "2027-01-01");
  CHECK(begins("2027-03-14") == "2027-03-14");
  CHECK(begins("2199-01-01") == "since is more than a year ahead; bring it in when it is nearer");
  CHECK(begins("9999-12-31") == "since is no day such as `2026-11-23`");
  // What ended is history; an end to come would else be lost without a word.
  CHECK(begins("2020", "2021") == "nothing begins");
  CHECK(begins("2020", "2027-06-30").starts_with("until lies ahead, and a roster ends no"));
}

// --- two persons ---

TEST_CASE("what a party is in a process does not change by the word of one", "[directory]") {
  DirectoryWorld world;
  const auto helena = world.as("IGC", "helena.brandt");
  v1::ProposeParticipationRequest request;
  request.set_process("processes/igc");
  request.set_party("parties/THA");
  request.mutable_standing()->set_status(v1::Participation::OBSERVER);
  request.mutable_standing()->mutable_span()->set_since("2026-11-23");
  CHECK(world.act(world.as("SWE", "anna.lindqvist"), &Service::propose_participation, request)
            .status()
            .reason() == Reason::NotYours);
  CHECK(world.act(helena, &Service::propose_participation, request).status().reason() ==
        Reason::SignatureInvalid);
  const Digest digest =
      sha256("entente/participation/1\nprocesses/igc\nparties/THA\nOBSERVER\n2026-11-23\n\n\n\n0");
  const std::string message = consent_message(as_view(digest));
  request.set_signature(WorldSigners::sign(helena, message));
  const auto proposed = world.act(helena, &Service::propose_participation, request);
  REQUIRE(proposed.ok());
  CHECK(world.search(world.as("THA", "kamon.wongsakul"), "anna").found_size() == 0);
  // Nor does anybody else find what is proposed by trying what has that digest.
  const std::string propose = "directory.participation.propose";
  CHECK(world.is_told_of(world.as("IGC", "marc.delisle"), propose));
  CHECK_FALSE(world.is_told_of(world.as("SWE", "anna.lindqvist"), propose));

  v1::ApproveParticipationRequest approve;
  approve.set_name(proposed->name());
  approve.set_digest(proposed->digest());
  approve.set_signature(WorldSigners::sign(helena, message));
  CHECK(world.act(helena, &Service::approve_participation, approve).status().reason() ==
        Reason::SecondPersonNeeded);
  const auto swede = world.as("SWE", "anna.lindqvist");
  approve.set_signature(WorldSigners::sign(swede, message));
  CHECK(world.act(swede, &Service::approve_participation, approve).status().code() ==
        Code::NotFound);
  CHECK(world.search(world.as("THA", "kamon.wongsakul"), "anna").found_size() == 0);

  const auto marc = world.as("IGC", "marc.delisle");
  approve.set_signature(WorldSigners::sign(marc, message));
  const auto approved = world.act(marc, &Service::approve_participation, approve);
  REQUIRE(approved.ok());
  CHECK(world.search(world.as("THA", "kamon.wongsakul"), "anna").found_size() == 1);
  CHECK(world.is_told_of(world.as("SWE", "anna.lindqvist"), "directory.participation.approve"));
  CHECK(world.act(marc, &Service::approve_participation, approve).status().code() ==
        Code::NotFound);
}

// --- what an entry says of an object ---

TEST_CASE("nobody finds a number that is hidden from them by trying what has the entry's digest",
          "[directory]") {
  DirectoryWorld world;
  v1::ConfirmPersonRequest confirm;
  confirm.set_name(anna);
  std::set<std::string> salts;
  for (int turn = 0; turn < 2; ++turn) {
    REQUIRE(world.act(world.as("SWE", "anna.lindqvist"), &Service::confirm_person, confirm).ok());
    REQUIRE(world.is_told_of(world.as("UNHCR", "samira.haddad"), "directory.person.confirm"));
    Record kept;
    const auto keep = [&](Record one) {
      kept = std::move(one);
      return Status();
    };
    REQUIRE(world.records.revisions_of(*world.store->snapshot(), anna, keep).ok());
    const std::string& digest = world.entered.acts.back().object_digest;
    CHECK(as_view(sha256(kept.SerializeAsString())) == digest);
    CHECK(kept.salt().size() == 16);
    salts.insert(kept.salt());
    // All the rest of it can be guessed, and tried.
    kept.clear_salt();
    CHECK(as_view(sha256(kept.SerializeAsString())) != digest);
  }
  CHECK(salts.size() == 2);
}

// --- contact tests ---

TEST_CASE("a contact test waits for its person, who alone answers it, and then is a gap no more",
          "[directory]") {
  DirectoryWorld world;
  v1::StartContactTestsRequest start;
  start.set_process("processes/igc");
  start.add_persons(anna);
  CHECK(world.act(world.as("SWE", "anna.lindqvist"), &Service::start_contact_tests, start)
            .status()
            .reason() == Reason::NotYours);
  const auto started =
      world.act(world.as("IGC", "helena.brandt"), &Service::start_contact_tests, start);
  REQUIRE(started.ok());
  // As they are from now on: sessions are made anew with every change of the directory.
  const auto helena = world.as("IGC", "helena.brandt");
  const auto swede = world.as("SWE", "anna.lindqvist");
  REQUIRE(started->tests_size() == 1);
  const auto waits = [&] {
    const auto all = world.ask(swede, &Service::list_reminders, v1::ListRemindersRequest());
    return std::count_if(all->reminders().begin(), all->reminders().end(), [](const auto& one) {
      return one.kind() == v1::Reminder::ANSWER_CONTACT_TEST;
    });
  };
  const auto gaps = [&] {
    v1::ListGapsRequest request;
    request.set_process("processes/igc");
    const auto all = world.ask(helena, &Service::list_gaps, request);
    return std::count_if(all->gaps().begin(), all->gaps().end(),
                         [](const auto& one) { return one.kind() == v1::Gap::UNANSWERED; });
  };
  CHECK(waits() == 1);
  CHECK(gaps() == 0);
  world.clock.pass(std::chrono::hours(15 * 24));
  CHECK(gaps() == 1);
  v1::AnswerContactTestRequest answer;
  answer.set_name(started->tests(0).name());
  CHECK(world.act(helena, &Service::answer_contact_test, answer).status().reason() ==
        Reason::NotYours);
  CHECK(world.act(world.as("CHE", "reto.ammann"), &Service::answer_contact_test, answer)
            .status()
            .code() == Code::NotFound);
  const auto answered = world.act(swede, &Service::answer_contact_test, answer);
  INFO(answered.status().message() << answered.status().detail());
  REQUIRE(answered.ok());
  CHECK(waits() == 0);
  CHECK(gaps() == 0);
}

TEST_CASE("a stale entry is brought before its holder, the deputy and the party, and nobody else",
          "[directory]") {
  config::DemoPeople people = testing::people_of_accounts();
  const auto with = [&](const char* id, config::DemoOffice office, config::DemoCapacity capacity) {
    config::DemoPerson& one = *people.add_person();
    one.set_id(id);
    one.set_party("SWE");
    one.set_given("A");
    one.set_family("B");
    one.set_display("A B");
    config::DemoDuty& duty = *one.add_duty();
    duty.set_office(office);
    duty.set_capacity(capacity);
    duty.set_process("igc");
    duty.set_since("2024-01-01");
  };
  with("dag", config::OTHER_OFFICE, config::HOLDER);
  with("didrik", config::OTHER_OFFICE, config::DEPUTY);
  with("theo", config::THEMATIC_COORDINATOR, config::HOLDER);
  DirectoryWorld world(people);
  const auto kinds = [&](const policy::Subject& subject, const std::string& person) {
    const auto all = world.ask(subject, &Service::list_reminders, v1::ListRemindersRequest());
    REQUIRE(all.ok());
    std::vector<v1::Reminder::Kind> found;
    for (const auto& one : all->reminders()) {
      if (one.object() == person) found.push_back(one.kind());
    }
    return found;
  };
  using Kinds = std::vector<v1::Reminder::Kind>;
  const std::string dag = "persons/swe.dag";
  const std::vector<std::pair<const char*, const char*>> everyone = {
      {"SWE", "dag"},           {"SWE", "didrik"},         {"SWE", "anna.lindqvist"},
      {"SWE", "theo"},          {"SWE", "lars.nyberg"},    {"CHE", "reto.ammann"},
      {"IGC", "helena.brandt"}, {"UNHCR", "samira.haddad"}};
  for (const auto& [party, id] : everyone) CHECK(kinds(world.as(party, id), dag).empty());
  world.clock.pass(std::chrono::hours(24 * 181));
  CHECK(kinds(world.as("SWE", "dag"), dag) == Kinds{v1::Reminder::CONFIRM_OWN});
  CHECK(kinds(world.as("SWE", "didrik"), dag) == Kinds{v1::Reminder::CONFIRM_OTHER});
  CHECK(kinds(world.as("SWE", "anna.lindqvist"), dag) == Kinds{v1::Reminder::CONFIRM_OTHER});
  for (std::size_t i = 3; i < everyone.size(); ++i)
    CHECK(kinds(world.as(everyone[i].first, everyone[i].second), dag).empty());
  v1::ConfirmPersonRequest confirm;
  confirm.set_name(dag);
  REQUIRE(world.act(world.as("SWE", "dag"), &Service::confirm_person, confirm).ok());
  for (const auto& [party, id] : everyone) CHECK(kinds(world.as(party, id), dag).empty());
}

// --- lists and rosters ---

TEST_CASE("an export holds what its reader may see, and nothing of what is hidden", "[directory]") {
  DirectoryWorld world;
  v1::ExportPersonsRequest request;
  request.set_process("processes/igc");
  request.set_format(v1::ExportPersonsRequest::CSV);
  const auto exported = [&](const char* party, const char* person) {
    const auto file = world.ask(world.as(party, person), &Service::export_persons, request);
    REQUIRE(file.ok());
    return file->content();
  };
  CHECK(exported("CHE", "reto.ammann").find("+46 70 174 06") != std::string::npos);
  CHECK(exported("UNHCR", "samira.haddad").find("+46 70 174 06") == std::string::npos);
  CHECK(exported("THA", "kamon.wongsakul").find("Lindqvist") == std::string::npos);
  v1::ExportPersonsRequest one;
  one.set_format(v1::ExportPersonsRequest::VCARD_4);
  one.add_persons(anna);
  CHECK(world.ask(world.as("THA", "kamon.wongsakul"), &Service::export_persons, one)
            .status()
            .code() == Code::NotFound);
}

TEST_CASE("a roster comes in all or nothing, in one act; its faults are named by row and column",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  v1::ImportRosterRequest request;
  request.set_process("processes/igc");
  request.set_content(
      "party,name,title,email\r\nSWE,Örjan Ek,Adviser,orjan@swe.example.org\r\n"
      "SWE,Åsa Berg,Adviser,no address\r\n");
  auto size = world.ledger->size();
  const auto faulty = world.act(swede, &Service::import_roster, request);
  REQUIRE_FALSE(faulty.ok());
  CHECK(faulty.status().reason() == Reason::ImportRefused);
  REQUIRE_FALSE(faulty.status().violations().empty());
  CHECK(faulty.status().violations().front().line == 3);
  CHECK(world.ledger->size() == size);

  request.set_content(
      "party,name,title,email\r\nSWE,Örjan Ek,Adviser,orjan@swe.example.org\r\n"
      "SWE,Åsa Berg,Adviser,asa@swe.example.org\r\n");
  CHECK(world.act(world.as("IGC", "helena.brandt"), &Service::import_roster, request)
            .status()
            .reason() == Reason::NotYours);
  // A focal point of another party: rows of a party that is not its own are faults.
  CHECK(world.act(world.as("UNHCR", "samira.haddad"), &Service::import_roster, request)
            .status()
            .reason() == Reason::ImportRefused);
  const auto checked = world.ask(swede, &Service::check_roster, request);
  REQUIRE(checked.ok());
  CHECK(checked->created() == 2);
  CHECK(world.ledger->size() == size);
  const auto imported = world.act(swede, &Service::import_roster, request);
  REQUIRE(imported.ok());
  CHECK(imported->created() == 2);
  CHECK(world.ledger->size() == size + 1);
  CHECK(world.get_person(swede, "persons/swe.orjan.ek").ok());
  const auto again = world.act(swede, &Service::import_roster, request);
  REQUIRE(again.ok());
  CHECK(again->unchanged() == 2);
}

TEST_CASE("what a roster's check finds good the import does, beside a hand-over to come too",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  v1::ImportRosterRequest request;
  request.set_process("processes/igc");
  request.set_content("party,name,title,email\r\nSWE,Örjan Ek,Adviser,orjan@swe.example.org\r\n");
  REQUIRE(world.act(swede, &Service::import_roster, request).ok());
  v1::HandOverRequest later;
  later.set_office(focal_point);
  later.set_person("persons/swe.orjan.ek");
  later.set_since("2026-12-15");
  REQUIRE(world.act(swede, &Service::hand_over, world.signed_by(swede, later, "1")).ok());

  request.set_content(
      "party,name,title,email,office,capacity\r\n"
      "SWE,Örjan Ek,Adviser,orjan@swe.example.org,focal_point,duty_contact\r\n"
      "SWE,Åsa Berg,Adviser,asa@swe.example.org,focal_point,deputy\r\n");
  const auto checked = world.ask(swede, &Service::check_roster, request);
  REQUIRE(checked.status().message() == "");
  REQUIRE(checked->appointments_size() == 2);
  for (const v1::Appointment& one : checked->appointments()) {
    v1::AppointRequest wanted;
    wanted.set_name(one.name());
    wanted.set_office(one.office());
    wanted.set_person(one.person());
    wanted.set_since(one.span().since());
    const auto signature = world.signed_by(swede, wanted, "", one.capacity());
    auto& given = *request.add_signatures();
    given.set_name(one.name());
    given.set_signature(signature.signature());
    request.set_signer_certificate_sha256(signature.signer_certificate_sha256());
  }
  CHECK(world.act(swede, &Service::import_roster, request).status().message() == "");

  // A holder is refused by the check, by row, as long as another is to come.
  request.set_content(
      "party,name,title,email,office,capacity\r\n"
      "SWE,Åsa Berg,Adviser,asa@swe.example.org,focal_point,holder\r\n");
  const auto refused = world.ask(swede, &Service::check_roster, request);
  REQUIRE_FALSE(refused.status().violations().empty());
  CHECK(refused.status().violations().front().line == 2);
}

// The past of it is damaged here: whoever read that would end the daemon.
TEST_CASE("an act is followed by what it wrote, however much was written before", "[directory]") {
  DirectoryWorld world;
  const std::string anna = "persons/swe.anna.lindqvist";
  const policy::Subject swede = world.as("SWE", "anna.lindqvist");
  v1::ConfirmPersonRequest confirm;
  confirm.set_name(anna);
  REQUIRE(world.act(swede, &Service::confirm_person, confirm).ok());
  const std::uint64_t before = world.get_person(swede, anna)->revision();
  {
    const auto transaction = world.store->begin();
    const auto first =
        store::Key(revisions_table).id(world.store->blind("directory", anna)).number(1);
    REQUIRE(transaction->find(first)->has_value());
    transaction->put(first, "no record");
    ledger::Act act;
    act.kind = "test.damage";
    world.ledger->record(*transaction, act);
    REQUIRE(transaction->commit().ok());
  }
  world.clock.pass(std::chrono::hours(24));
  REQUIRE(world.act(swede, &Service::confirm_person, confirm).ok());
  CHECK(world.get_person(swede, anna)->revision() == before + 1);
  CHECK(world.catalog.find(anna)->confirmed_at_us == world.clock.now().time_since_epoch().count());
}

}  // namespace
}  // namespace entente::directory
