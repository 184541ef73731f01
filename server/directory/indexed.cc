#include "server/directory/indexed.h"

#include "server/directory/facts.h"
#include "server/directory/fold.h"

namespace entente::directory {
namespace {

void index_person(const Record& record, Indexed& one) {
  const v1::Person& person = record.person();
  one.party = id_in(person.party(), "parties");
  one.process = record.guard().process();
  one.institution = person.institution();
  one.display_key = fold(person.display_name());
  one.languages = {person.languages().begin(), person.languages().end()};
  one.confirmed_at_us = person.confirmed_at().seconds() * 1'000'000;
  one.sort_key =
      fold(person.family_name().empty() ? person.display_name()
                                        : person.family_name() + " " + person.given_name());
  if (one.sort_key.empty()) one.sort_key = fold(person.latin_name());
  for (const v1::Contact& contact : person.contacts()) {
    one.reachable = one.reachable || contact.kind() == v1::Contact::EMAIL ||
                    contact.kind() == v1::Contact::TELEPHONE ||
                    contact.kind() == v1::Contact::MOBILE;
  }
}

}  // namespace

Indexed index_of(const Record& record) {
  Indexed one;
  one.name = record.name();
  one.guard = guard_of(record.guard());
  one.recorded_at = from_micros(record.recorded_at_us());
  const auto parsed = parse_name(record.name());
  one.kind = parsed->kind;
  switch (record.body_case()) {
    case Record::kProcess:
      one.process = parsed->first;
      one.sort_key = parsed->first;
      break;
    case Record::kParty:
      one.party = parsed->first;
      one.sort_key = parsed->first;
      break;
    case Record::kParticipation:
      one.process = parsed->first;
      one.party = parsed->second;
      break;
    case Record::kBodyOfProcess:
      one.process = parsed->first;
      one.sort_key = fold(record.body_of_process().title());
      break;
    case Record::kOffice: {
      const v1::Office& office = record.office();
      one.party = id_in(office.party(), "parties");
      one.process = id_in(office.process(), "processes");
      one.body = office.body();
      one.office_kind = office.kind();
      one.span = span_of(office.span());
      for (const std::string& topic : office.topics()) one.topics += " " + fold(topic);
      one.topics += " " + fold(office.title());
      break;
    }
    case Record::kAppointment: {
      const v1::Appointment& appointment = record.appointment();
      one.office = appointment.office();
      one.person = appointment.person();
      one.capacity = appointment.capacity();
      one.span = span_of(appointment.span());
      break;
    }
    case Record::kPerson:
      index_person(record, one);
      break;
    case Record::kContactTest: {
      const v1::ContactTest& test = record.contact_test();
      one.process = parsed->first;
      one.person = test.person();
      if (!test.has_answered_at())
        one.unanswered_since = Instant(std::chrono::seconds(test.started_at().seconds()));
      break;
    }
    case Record::BODY_NOT_SET:
      break;
  }
  return one;
}

}  // namespace entente::directory
