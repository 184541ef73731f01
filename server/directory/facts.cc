#include "server/directory/facts.h"

#include "server/directory/definitions/parse.h"
#include "server/directory/names.h"

namespace entente::directory {
namespace {

std::optional<Instant> instant_of_day(const std::string& text) {
  const auto day = first_day_of(text);
  if (!day) return std::nullopt;
  return Instant(*day);
}

policy::Standing standing_of(v1::Participation::Status status) {
  switch (status) {
    case v1::Participation::MEMBER:
      return policy::Standing::Member;
    case v1::Participation::OBSERVER:
      return policy::Standing::Observer;
    case v1::Participation::PARTNER:
      return policy::Standing::Partner;
    case v1::Participation::SUSPENDED:
      return policy::Standing::Suspended;
    case v1::Participation::FORMER:
      return policy::Standing::Former;
    default:
      return policy::Standing::Invited;
  }
}

policy::PartyKind party_kind_of(v1::Party::Kind kind) {
  switch (kind) {
    case v1::Party::ORGANISATION:
      return policy::PartyKind::Organisation;
    case v1::Party::NETWORK:
      return policy::PartyKind::Network;
    case v1::Party::TERRITORY:
      return policy::PartyKind::Territory;
    default:
      return policy::PartyKind::State;
  }
}

policy::OfficeKind office_kind_of(v1::OfficeKind kind) {
  switch (kind) {
    case v1::FOCAL_POINT:
      return policy::OfficeKind::FocalPoint;
    case v1::BODY_CONTACT:
      return policy::OfficeKind::BodyContact;
    case v1::CHAIR:
      return policy::OfficeKind::Chair;
    case v1::SECRETARIAT_STAFF:
      return policy::OfficeKind::Secretariat;
    case v1::SECURITY_OFFICER:
      return policy::OfficeKind::SecurityOfficer;
    case v1::CERTIFICATE_OFFICER:
      return policy::OfficeKind::CertificateOfficer;
    default:
      return policy::OfficeKind::Other;
  }
}

policy::Capacity capacity_of(v1::Capacity capacity) {
  switch (capacity) {
    case v1::ACTING:
      return policy::Capacity::Acting;
    case v1::DEPUTY:
      return policy::Capacity::Deputy;
    case v1::DUTY_CONTACT:
      return policy::Capacity::DutyContact;
    default:
      return policy::Capacity::Holder;
  }
}

std::string body_id(std::string_view name) {
  const auto parsed = parse_name(name);
  return parsed && parsed->kind == Kind::Body ? parsed->second : std::string();
}

std::string institution_id(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(name.substr(slash + 1));
}

using Facts = std::vector<policy::Fact>;

void add_process(const std::string& name, const v1::Process& process, Facts& out) {
  const std::string id = id_in(name, "processes");
  int n = 0;
  for (const v1::Chair& chair : process.chairs()) {
    out.push_back({.key = name + "#chair" + std::to_string(n++),
                   .body = policy::Seat{.process = id,
                                        .bench = policy::Bench::Chair,
                                        .body = {},
                                        .party = id_in(chair.party(), "parties"),
                                        .person = {},
                                        .role = policy::SeatRole::Member},
                   .span = span_of(chair.span())});
  }
}

void add_party(const std::string& name, const v1::Party& party, Facts& out) {
  const std::string code = id_in(name, "parties");
  out.push_back({.key = name,
                 .body = policy::Party{.code = code, .kind = party_kind_of(party.kind())},
                 .span = {}});
  for (const v1::Institution& institution : party.institutions()) {
    out.push_back(
        {.key = institution.name(),
         .body = policy::Institution{.party = code, .id = institution_id(institution.name())},
         .span = span_of(institution.span())});
  }
}

void add_participation(const std::string& name, const v1::Participation& participation,
                       Facts& out) {
  const auto parsed = parse_name(name);
  int n = 0;
  for (const v1::Participation::Standing& standing : participation.standings()) {
    out.push_back({.key = name + "#" + std::to_string(n++),
                   .body = policy::Participation{.process = parsed->first,
                                                 .party = parsed->second,
                                                 .standing = standing_of(standing.status()),
                                                 .activities = {standing.activities().begin(),
                                                                standing.activities().end()}},
                   .span = span_of(standing.span())});
  }
}

void add_body(const std::string& name, const v1::Body& body, Facts& out) {
  const auto parsed = parse_name(name);
  const policy::Span span = span_of(body.span());
  out.push_back({.key = name,
                 .body = policy::Body{.process = parsed->first, .id = parsed->second},
                 .span = span});
  const auto seat = [&](const std::string& party, policy::SeatRole role,
                        const std::string& suffix) {
    const std::string code = id_in(party, "parties");
    if (code.empty()) return;
    out.push_back({.key = name + "#" + suffix,
                   .body = policy::Seat{.process = parsed->first,
                                        .bench = policy::Bench::Body,
                                        .body = parsed->second,
                                        .party = code,
                                        .person = {},
                                        .role = role},
                   .span = span});
  };
  seat(body.chair(), policy::SeatRole::Chair, "chair");
  int n = 0;
  for (const std::string& party : body.co_chairs())
    seat(party, policy::SeatRole::CoChair, "co" + std::to_string(n++));
  for (const std::string& party : body.members())
    seat(party, policy::SeatRole::Member, std::to_string(n++));
}

}  // namespace

policy::Span span_of(const v1::Span& span) {
  return {.since = instant_of_day(span.since()), .until = instant_of_day(span.until())};
}

bool holds_ever(const policy::Span& span) {
  return !span.since || !span.until || *span.since < *span.until;
}

std::vector<policy::Fact> facts_of(const Record& record) {
  Facts out;
  switch (record.body_case()) {
    case Record::kProcess:
      add_process(record.name(), record.process(), out);
      break;
    case Record::kParty:
      add_party(record.name(), record.party(), out);
      break;
    case Record::kParticipation:
      add_participation(record.name(), record.participation(), out);
      break;
    case Record::kBodyOfProcess:
      add_body(record.name(), record.body_of_process(), out);
      break;
    case Record::kOffice: {
      const v1::Office& office = record.office();
      out.push_back({.key = record.name(),
                     .body = policy::Office{.id = id_in(record.name(), "offices"),
                                            .kind = office_kind_of(office.kind()),
                                            .party = id_in(office.party(), "parties"),
                                            .process = id_in(office.process(), "processes"),
                                            .body = body_id(office.body()),
                                            .institution = {}},
                     .span = span_of(office.span())});
      break;
    }
    case Record::kAppointment: {
      const v1::Appointment& appointment = record.appointment();
      out.push_back({.key = record.name(),
                     .body = policy::Appointment{.id = id_in(record.name(), "appointments"),
                                                 .office = id_in(appointment.office(), "offices"),
                                                 .person = id_in(appointment.person(), "persons"),
                                                 .capacity = capacity_of(appointment.capacity())},
                     .span = span_of(appointment.span())});
      break;
    }
    case Record::kPerson:
      out.push_back(
          {.key = record.name(),
           .body = policy::Person{.id = id_in(record.name(), "persons"),
                                  .party = id_in(record.person().party(), "parties"),
                                  .institution = institution_id(record.person().institution())},
           .span = {}});
      break;
    case Record::kContactTest:
    case Record::BODY_NOT_SET:
      break;
  }
  return out;
}

}  // namespace entente::directory
