// What is missing in a process's directory, as its secretariat and its focal points are told.
#include <set>

#include "server/directory/pages.h"
#include "server/directory/service.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

constexpr std::chrono::hours contact_test_patience{14 * 24};

}  // namespace

Service::Filled Service::gaps_of_offices(const Subject& subject, const std::string& process,
                                         const TakeGap& take) const {
  const Instant now = parts_.clock.now();
  std::vector<Indexed> offices;
  parts_.catalog.each_of_process(process, Kind::Office, [&](const Indexed& one) {
    if (one.span.holds(now) && may_read(subject, one.guard)) offices.push_back(one);
    return true;
  });
  Filled filled;
  for (const Indexed& office : offices) {
    bool answered = false;
    parts_.catalog.each_appointment_of_office(office.name, [&](const Indexed& one) {
      if (!one.span.holds(now)) return true;
      filled.persons.insert(one.person);
      answered = answered || one.capacity != v1::DUTY_CONTACT;
      return true;
    });
    if (!answered)
      take(v1::Gap::VACANT, office.party, office.name, "the office is vacant");
    else if (office.office_kind == v1::FOCAL_POINT)
      filled.focal_points.insert(office.party);
  }
  return filled;
}

void Service::gaps_of_persons(const Subject& subject, const std::string& process,
                              const std::set<std::string>& persons, const TakeGap& take) const {
  for (const std::string& name : persons) {
    const std::optional<Indexed> person = parts_.catalog.find(name);
    if (!person || !may_read(subject, person->guard)) continue;
    const auto age = parts_.clock.now() - from_micros(person->confirmed_at_us);
    const auto days = std::chrono::duration_cast<std::chrono::hours>(age).count() / 24;
    if (days > confirmation_days(process)) {
      take(v1::Gap::STALE, person->party, name,
           "nobody has confirmed the entry for " + std::to_string(days) + " days");
    }
    if (!person->reachable) {
      take(v1::Gap::NO_WAY_TO_REACH, person->party, name,
           "the entry has neither telephone nor e-mail");
    }
  }
}

Status Service::gaps_of_members(const Subject& subject, const std::string& process,
                                const std::set<std::string>& focal_points, Snapshot& snapshot,
                                const TakeGap& take) const {
  std::vector<std::string> participations;
  parts_.catalog.each_of_process(process, Kind::Participation, [&](const Indexed& one) {
    participations.push_back(one.name);
    return true;
  });
  for (const std::string& name : participations) {
    ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, name));
    if (!record) continue;
    const std::string party = id_in(record->participation().party(), "parties");
    for (const auto& standing : record->participation().standings()) {
      const bool member = standing.status() == v1::Participation::MEMBER &&
                          span_of(standing.span()).holds(parts_.clock.now());
      if (member && focal_points.count(party) == 0) {
        take(v1::Gap::NO_FOCAL_POINT, party, name, "a member without a national focal point");
      }
    }
  }
  return Status();
}

void Service::gaps_of_tests(const Subject& subject, const std::string& process,
                            const TakeGap& take) const {
  const Instant now = parts_.clock.now();
  std::vector<std::string> people;
  parts_.catalog.each_of_process(process, Kind::ContactTest, [&](const Indexed& one) {
    const bool late = one.unanswered_since && now - *one.unanswered_since > contact_test_patience;
    if (late && may_read(subject, one.guard)) people.push_back(one.person);
    return true;
  });
  for (const std::string& name : people) {
    const std::optional<Indexed> person = parts_.catalog.find(name);
    if (person && may_read(subject, person->guard))
      take(v1::Gap::UNANSWERED, person->party, name, "nobody has answered the contact test");
  }
}

Result<v1::ListGapsReply> Service::list_gaps(const Subject& subject,
                                             const v1::ListGapsRequest& message,
                                             Snapshot& snapshot) {
  const std::string process = id_in(message.process(), "processes");
  if (process.empty()) return invalid_argument("process", "must be a name such as `processes/igc`");
  ENTENTE_TRY(const std::optional<Record> readable, read(subject, snapshot, message.process()));
  const bool secretariat = holds(subject, policy::Duty::Secretariat, process);
  if (!readable || (!secretariat && !holds(subject, policy::Duty::FocalPoint, process)))
    return not_found(message.process());
  ENTENTE_TRY(const Page page, page_of(parts_.records, subject, message));
  v1::ListGapsReply reply;
  const TakeGap take = [&](v1::Gap::Kind kind, const std::string& party, const std::string& object,
                           const std::string& words) {
    if (!secretariat && party != subject.party) return;
    v1::Gap* gap = reply.add_gaps();
    gap->set_kind(kind);
    gap->set_party("parties/" + party);
    gap->set_object(object);
    gap->set_in_words(words);
  };
  const Filled filled = gaps_of_offices(subject, process, take);
  gaps_of_persons(subject, process, filled.persons, take);
  gaps_of_tests(subject, process, take);
  ENTENTE_TRY_VOID(gaps_of_members(subject, process, filled.focal_points, snapshot, take));
  keep_page(
      *reply.mutable_gaps(), page,
      [](const v1::Gap& gap) {
        return std::to_string(gap.kind()) + '\n' + gap.party() + '\n' + gap.object();
      },
      reply);
  return reply;
}

}  // namespace entente::directory
