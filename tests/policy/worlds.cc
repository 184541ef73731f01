#include "tests/policy/worlds.h"

namespace entente::policy::worlds {
namespace {

Seat seat(Tape& tape) {
  Seat seat;
  seat.process = tape.of(processes);
  seat.bench = static_cast<Bench>(tape.pick(3));
  if (seat.bench == Bench::Body) seat.body = tape.of(bodies);
  seat.party = tape.of(parties);
  if (seat.bench == Bench::Secretariat || tape.once_in(2)) seat.person = tape.of(persons);
  seat.role = static_cast<SeatRole>(tape.pick(3));
  return seat;
}

Office office(Tape& tape) {
  Office office;
  office.id = tape.of(offices);
  office.kind = static_cast<OfficeKind>(tape.pick(7));
  office.party = tape.of(parties);
  const bool party_wide =
      office.kind == OfficeKind::SecurityOfficer || office.kind == OfficeKind::CertificateOfficer;
  const bool may_be_wide =
      office.kind == OfficeKind::FocalPoint || office.kind == OfficeKind::Other;
  if (!party_wide && !(may_be_wide && tape.once_in(4))) office.process = tape.of(processes);
  if (office.kind == OfficeKind::BodyContact) office.body = tape.of(bodies);
  if (tape.once_in(3)) office.institution = tape.of(institutions);
  return office;
}

Participation participation(Tape& tape) {
  Participation participation;
  participation.process = tape.of(processes);
  participation.party = tape.of(parties);
  participation.standing = static_cast<Standing>(tape.pick(6));
  if (tape.once_in(4)) participation.activities.insert(tape.of(bodies));
  if (tape.once_in(8)) participation.activities.insert(tape.of(dataflows));
  return participation;
}

// The fact, under a key of its kind: few, so that versions supersede each other.
Fact fact(Tape& tape) {
  Fact fact;
  fact.body = fact_body(tape);
  fact.span = span(tape);
  fact.key = std::to_string(fact.body.index()) + "/" + std::to_string(tape.pick(6));
  // Now and then a key changes even its kind.
  if (tape.once_in(30)) fact.key = "0/0";
  return fact;
}

}  // namespace

const std::vector<Principal>& all_principals() {
  static const std::vector<Principal> all = [] {
    std::vector<Principal> made;
    using Kind = Principal::Kind;
    for (const auto& party : parties) {
      made.push_back(Principal::make(Kind::Party, party));
      for (const auto& institution : institutions) {
        made.push_back(Principal::make(Kind::Institution, party, institution));
      }
    }
    for (const auto& person : persons) made.push_back(Principal::make(Kind::Person, person));
    for (const auto& process : processes) {
      for (const Kind kind :
           {Kind::Members, Kind::Observers, Kind::Partners, Kind::Secretariat, Kind::Chair}) {
        made.push_back(Principal::make(kind, process));
      }
      for (const auto& body : bodies) made.push_back(Principal::make(Kind::Body, process, body));
    }
    for (const auto& flow : dataflows) made.push_back(Principal::make(Kind::Contributors, flow));
    made.push_back(Principal::make(Kind::Account, "SWE", "anna"));
    return made;
  }();
  return all;
}

Span span(Tape& tape) {
  Span span;
  if (tape.once_in(3)) span.since = day(tape.pick(days));
  if (tape.once_in(4)) span.until = day(tape.pick(days));
  return span;
}

FactBody fact_body(Tape& tape) {
  // Participations, seats, offices and appointments are what it is about.
  switch (tape.pick(14)) {
    case 0:
      return Party{tape.of(parties), static_cast<PartyKind>(tape.pick(4))};
    case 1:
      return Institution{tape.of(parties), tape.of(institutions)};
    case 2:
      return Person{tape.of(persons), tape.of(parties),
                    tape.once_in(2) ? tape.of(institutions) : ""};
    case 3:
    case 4:
    case 5:
      return participation(tape);
    case 6:
      return Body{tape.of(processes), tape.of(bodies)};
    case 7:
    case 8:
      return seat(tape);
    case 9:
    case 10:
      return office(tape);
    case 11:
    case 12:
      return Appointment{"a", tape.of(offices), tape.of(persons),
                         static_cast<Capacity>(tape.pick(4))};
    default:
      return Contribution{tape.of(dataflows), tape.of(parties),
                          tape.once_in(2) ? tape.of(processes) : ""};
  }
}

oracle::Log log(Tape& tape) {
  oracle::Log log;
  const auto put = [&](std::string key, FactBody body) {
    log.push_back({.withdraws = false,
                   .fact = {.key = std::move(key), .body = std::move(body), .span = {}},
                   .recorded_at = day(0)});
  };
  for (const auto& party : parties) {
    if (!tape.once_in(10)) put("party/" + party, Party{party, PartyKind::State});
  }
  for (const auto& person : persons) {
    if (tape.once_in(8)) continue;
    put("person/" + person,
        Person{person, tape.of(parties), tape.once_in(2) ? tape.of(institutions) : ""});
  }
  for (const auto& process : processes) {
    for (const auto& body : bodies) {
      if (!tape.once_in(4)) put("body/" + process + "/" + body, Body{process, body});
    }
    for (const auto& party : parties) {
      const std::size_t standing = tape.pick(8);
      if (standing >= 6) continue;
      put("standing/" + process + "/" + party,
          Participation{process, party, static_cast<Standing>(standing == 4 ? 0 : standing), {}});
    }
  }
  while (!tape.at_end() && log.size() < 70) {
    // Mostly in order; sometimes the clock is set back.
    const std::size_t at = tape.once_in(6) ? tape.pick(days) : log.size() / 10;
    const bool withdraws = tape.once_in(6);
    log.push_back({.withdraws = withdraws, .fact = fact(tape), .recorded_at = day(at)});
  }
  return log;
}

Audience audience(Tape& tape) {
  Audience audience;
  const auto add = [&](std::set<Principal>& side, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) side.insert(tape.of(all_principals()));
  };
  add(audience.any_of, tape.pick(5));
  add(audience.none_of, tape.pick(3));
  return audience;
}

Guard guard(Tape& tape, AudienceId audience) {
  Guard guard;
  guard.audience = audience;
  guard.handling = static_cast<Handling>(tape.once_in(10) ? 0 : 1 + tape.pick(4));
  if (!tape.once_in(4)) guard.originator = tape.of(parties);
  if (!tape.once_in(4)) guard.process = tape.of(processes);
  if (tape.once_in(3)) guard.person = tape.of(persons);
  if (tape.once_in(3)) guard.embargo_until = day(tape.pick(days));
  if (tape.once_in(3)) guard.expires_at = day(tape.pick(days));
  return guard;
}

AsOf as_of(Tape& tape) {
  AsOf as_of{.when = day(tape.pick(days))};
  if (tape.once_in(2)) as_of.known_at = day(tape.pick(days));
  return as_of;
}

World world_of(const oracle::Log& log) {
  Editor editor;
  for (const oracle::Entry& entry : log) {
    if (entry.withdraws) {
      editor.withdraw(entry.fact.key, entry.recorded_at);
    } else {
      const Status put = editor.put(entry.fact, entry.recorded_at);
      ENTENTE_CHECK(put.ok());
    }
  }
  return editor.publish();
}

rc::Gen<std::vector<std::uint16_t>> cells() {
  return rc::gen::scale(6.0, rc::gen::container<std::vector<std::uint16_t>>(
                                 rc::gen::inRange<std::uint16_t>(0, 65535)));
}

}  // namespace entente::policy::worlds
