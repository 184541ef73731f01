// What follows from the facts of a world, in both directions: what one holds, and who holds it. The
// second finds candidates by the world's indexes and asks the first about each.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "server/policy/world.h"

namespace entente::policy {

// Reads one world as of two instants.
class WorldReader {
  // Whom to ask: the persons who may hold, beside what their whole party does, something that an
  // audience names; and by party those of them who are of it. Views into world and audience.
  using Names = std::set<std::string_view>;
  struct Candidates {
    Names persons;
    std::map<std::string_view, Names> parties;
  };

 public:
  WorldReader(const World& world, const AsOf& as_of) : world_(world), as_of_(as_of) {}

  // What every account of `party` holds; nothing if the party is not in being. With `processes`, of
  // principals of a process those of these alone: whoever asks for no other need not have them
  // made.
  [[nodiscard]] std::set<Principal> of_party(std::string_view party,
                                             const Names* processes = nullptr) const {
    const auto asked = [&](const std::string& process) {
      return processes == nullptr || processes->contains(process);
    };
    std::set<Principal> held;
    const auto* const node = world_.parties_.find(party);
    if (node == nullptr || in_force(node->party) == nullptr) return held;
    held.insert(Principal::make(Principal::Kind::Party, party));
    for (const auto& version : node->participations) {
      if (asked(version.body.process) && version.holds(as_of_)) add_standing(held, version.body);
    }
    for (const auto& version : node->seats) {
      if (asked(version.body.process) && version.holds(as_of_)) add_seat(held, version.body);
    }
    for (const auto& version : node->contributions) {
      const Contribution& given = version.body;
      if (!version.holds(as_of_)) continue;
      if (!given.process.empty() && !takes_part(given.process, party, given.dataflow)) continue;
      held.insert(Principal::make(Principal::Kind::Contributors, given.dataflow));
    }
    return held;
  }

  // Adds what `person` holds beside what every account of its party does. Requires: the person is
  // one of `party`.
  void add_of_person(std::set<Principal>& held, std::string_view party,
                     std::string_view person) const {
    const auto& node = *world_.persons_.find(person);
    held.insert(Principal::make(Principal::Kind::Person, person));
    for (const auto& version : node.person) {
      if (version.holds(as_of_) && version.body.party == party) {
        add_institution(held, party, version.body.institution);
      }
    }
    for (const auto& version : node.seats) {
      if (version.holds(as_of_) && version.body.party == party) add_seat(held, version.body);
    }
    for_each_office(node, party, [&](const Office& office, Capacity) { add_office(held, office); });
  }

  [[nodiscard]] std::vector<HeldDuty> duties(std::string_view party,
                                             std::string_view person) const {
    std::vector<HeldDuty> duties;
    if (!is_person_of(party, person)) return duties;
    const auto& node = *world_.persons_.find(person);
    for_each_office(node, party, [&](const Office& office, Capacity capacity) {
      const Duty duty = duty_of(office, capacity);
      if (duty == Duty::Unspecified) return;
      duties.push_back({.duty = duty, .party = office.party, .process = office.process});
    });
    std::sort(duties.begin(), duties.end());
    duties.erase(std::unique(duties.begin(), duties.end()), duties.end());
    return duties;
  }

  [[nodiscard]] bool is_person_of(std::string_view party, std::string_view person) const {
    const auto* const node = world_.persons_.find(person);
    return node != nullptr && kind(party).has_value() &&
           std::any_of(node->person.begin(), node->person.end(), [&](const auto& version) {
             return version.holds(as_of_) && version.body.party == party;
           });
  }

  [[nodiscard]] std::optional<PartyKind> kind(std::string_view party) const {
    const auto* const node = world_.parties_.find(party);
    const Party* const found = node == nullptr ? nullptr : in_force(node->party);
    if (found == nullptr) return std::nullopt;
    return found->kind;
  }

  [[nodiscard]] Holders holders(const Audience& audience) const {
    Candidates candidates;
    for (const Principal& principal : audience.any_of) add_candidates(principal, candidates);
    // One who is kept out by name may be of a party that is let in.
    for (const Principal& principal : audience.none_of) add_candidates(principal, candidates);
    for (const std::string_view person : candidates.persons) add_parties_of(person, candidates);
    Names processes = processes_of(audience.any_of);
    processes.merge(processes_of(audience.none_of));
    Holders found(world_);
    for (const auto& [party, persons] : candidates.parties) {
      add_holders(party, persons, of_party(party, &processes), audience, found.parties);
    }
    return found;
  }

  [[nodiscard]] std::vector<std::set<Principal>> ways(const std::set<Principal>& any_of,
                                                      const Holders& holders,
                                                      std::size_t persons_max) const {
    // Only whom a principal is held by otherwise than by a whole party need be asked.
    Candidates candidates;
    for (const Principal& principal : any_of) add_candidates(principal, candidates);
    const Names processes = processes_of(any_of);
    std::vector<std::set<Principal>> found;
    for (const PartyHolders& of : holders.parties) {
      const auto end = of.persons.begin() +
                       static_cast<std::ptrdiff_t>(std::min(of.persons.size(), persons_max));
      std::set<Principal> held = of_party(of.party, &processes);
      for (auto person = of.persons.begin(); person != end; ++person) {
        if (candidates.persons.contains(*person)) add_of_person(held, of.party, *person);
      }
      std::set<Principal>& ways = found.emplace_back();
      std::set_intersection(any_of.begin(), any_of.end(), held.begin(), held.end(),
                            std::inserter(ways, ways.end()));
    }
    return found;
  }

  [[nodiscard]] bool answered(std::string_view office) const {
    const auto* const node = world_.offices_.find(office);
    return node != nullptr &&
           std::any_of(node->persons.begin(), node->persons.end(),
                       [&](const std::string& person) { return answers_for(person, office); });
  }

  [[nodiscard]] std::vector<Fact> participations(std::string_view process,
                                                 std::string_view party) const {
    std::vector<Fact> facts;
    const auto* const node = world_.parties_.find(party);
    if (node == nullptr) return facts;
    for (const auto& version : node->participations) {
      if (!version.holds(as_of_) || version.body.process != process) continue;
      facts.push_back({.key = version.key, .body = version.body, .span = version.span});
    }
    return facts;
  }

 private:
  template <typename T>
  [[nodiscard]] const T* in_force(const std::vector<Version<T>>& versions) const {
    for (const auto& version : versions) {
      if (version.holds(as_of_)) return &version.body;
    }
    return nullptr;
  }

  // Suspended there, or former: outweighs every other participation. Requires: the party is in
  // being.
  [[nodiscard]] bool is_shut_out(std::string_view process, std::string_view party) const {
    const auto& versions = world_.parties_.find(party)->participations;
    return std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
      return version.holds(as_of_) && version.body.process == process &&
             version.body.standing >= Standing::Suspended;
    });
  }

  // Whether the party takes part in the process: in this activity of it, or, if empty, unlimited.
  // Requires: the party is in being.
  [[nodiscard]] bool takes_part(std::string_view process, std::string_view party,
                                const std::string& activity) const {
    if (is_shut_out(process, party)) return false;
    const auto& versions = world_.parties_.find(party)->participations;
    return std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
      const auto& limits = version.body.activities;
      return version.holds(as_of_) && version.body.process == process &&
             (limits.empty() || limits.contains(activity));
    });
  }

  [[nodiscard]] bool body_in_being(std::string_view process, std::string_view body) const {
    const auto* const node = world_.processes_.find(process);
    return node != nullptr &&
           std::any_of(node->bodies.begin(), node->bodies.end(), [&](const auto& version) {
             return version.holds(as_of_) && version.body.id == body;
           });
  }

  // What one of that standing is called, if anything.
  [[nodiscard]] static std::optional<Principal::Kind> called(Standing standing) {
    using Kind = Principal::Kind;
    switch (standing) {
      case Standing::Member:
        return Kind::Members;
      case Standing::Observer:
        return Kind::Observers;
      case Standing::Partner:
        return Kind::Partners;
      case Standing::Invited:
      case Standing::Suspended:
      case Standing::Former:
        return std::nullopt;
    }
    return std::nullopt;
  }

  void add_standing(std::set<Principal>& held, const Participation& participation) const {
    const std::optional<Principal::Kind> kind = called(participation.standing);
    if (!kind || !participation.activities.empty()) return;
    if (is_shut_out(participation.process, participation.party)) return;
    held.insert(Principal::make(*kind, participation.process));
  }

  void add_body(std::set<Principal>& held, const std::string& process, const std::string& party,
                const std::string& body) const {
    if (!body_in_being(process, body) || !takes_part(process, party, body)) return;
    held.insert(Principal::make(Principal::Kind::Body, process, body));
  }
  void add_chair(std::set<Principal>& held, const std::string& process,
                 const std::string& party) const {
    if (!takes_part(process, party, "")) return;
    held.insert(Principal::make(Principal::Kind::Chair, process));
  }
  void add_secretariat(std::set<Principal>& held, const std::string& process,
                       const std::string& party) const {
    if (is_shut_out(process, party)) return;
    held.insert(Principal::make(Principal::Kind::Secretariat, process));
  }
  void add_institution(std::set<Principal>& held, std::string_view party,
                       const std::string& institution) const {
    if (institution.empty()) return;
    const auto& versions = world_.parties_.find(party)->institutions;
    const bool in_being = std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
      return version.holds(as_of_) && version.body.id == institution;
    });
    if (!in_being) return;
    held.insert(Principal::make(Principal::Kind::Institution, party, institution));
  }

  void add_seat(std::set<Principal>& held, const Seat& seat) const {
    switch (seat.bench) {
      case Bench::Body:
        return add_body(held, seat.process, seat.party, seat.body);
      case Bench::Secretariat:
        return add_secretariat(held, seat.process, seat.party);
      case Bench::Chair:
        return add_chair(held, seat.process, seat.party);
    }
  }

  void add_office(std::set<Principal>& held, const Office& office) const {
    add_institution(held, office.party, office.institution);
    switch (office.kind) {
      case OfficeKind::Secretariat:
        return add_secretariat(held, office.process, office.party);
      case OfficeKind::Chair:
        return add_chair(held, office.process, office.party);
      case OfficeKind::BodyContact:
        return add_body(held, office.process, office.party, office.body);
      case OfficeKind::FocalPoint:
      case OfficeKind::SecurityOfficer:
      case OfficeKind::CertificateOfficer:
      case OfficeKind::Other:
        return;
    }
  }

  [[nodiscard]] Duty duty_of(const Office& office, Capacity capacity) const {
    if (capacity == Capacity::DutyContact) return Duty::Unspecified;
    switch (office.kind) {
      case OfficeKind::FocalPoint:
        return Duty::FocalPoint;
      case OfficeKind::Secretariat:
        return is_shut_out(office.process, office.party) ? Duty::Unspecified : Duty::Secretariat;
      case OfficeKind::Chair:
        return takes_part(office.process, office.party, "") ? Duty::Chair : Duty::Unspecified;
      case OfficeKind::SecurityOfficer:
        return Duty::SecurityOfficer;
      case OfficeKind::CertificateOfficer:
        return Duty::CertificateOfficer;
      case OfficeKind::BodyContact:
      case OfficeKind::Other:
        break;
    }
    return Duty::Unspecified;
  }

  // The offices of `party` that the person is appointed to, both in force.
  template <typename Visit>
  void for_each_office(const World::PersonNode& node, std::string_view party, Visit&& visit) const {
    for (const auto& version : node.appointments) {
      if (!version.holds(as_of_)) continue;
      for (const auto& office : world_.offices_.find(version.body.office)->office) {
        if (!office.holds(as_of_) || office.body.party != party) continue;
        visit(office.body, version.body.capacity);
      }
    }
  }

  [[nodiscard]] bool answers_for(std::string_view person, std::string_view office) const {
    const auto* const node = world_.persons_.find(person);
    bool answers = false;
    for (const auto& version : node->person) {
      if (!version.holds(as_of_) || !kind(version.body.party)) continue;
      for_each_office(*node, version.body.party, [&](const Office& held, Capacity capacity) {
        if (held.id == office && capacity != Capacity::DutyContact) answers = true;
      });
    }
    return answers;
  }

  // --- the other direction: whom to ask ---

  // The processes whose principals are among these.
  [[nodiscard]] static Names processes_of(const std::set<Principal>& principals) {
    Names processes;
    for (const Principal& principal : principals) {
      const auto parts = principal.parts();
      const bool of_process =
          parts.kind >= Principal::Kind::Members && parts.kind <= Principal::Kind::Body;
      if (of_process) processes.insert(parts.first);
    }
    return processes;
  }

  // Adds at least those parties that may hold `principal` as a whole and those persons that may
  // hold it otherwise.
  void add_candidates(const Principal& principal, Candidates& candidates) const {
    const auto parts = principal.parts();
    if (parts.kind == Principal::Kind::Party) candidates.parties[parts.first];
    if (parts.kind == Principal::Kind::Person) candidates.persons.insert(parts.first);
    const auto* const mentions = world_.mentions_.find(principal.text());
    if (mentions == nullptr) return;
    for (const std::string& party : mentions->parties) candidates.parties[party];
    candidates.persons.insert(mentions->persons.begin(), mentions->persons.end());
    for (const std::string& office : mentions->offices) {
      const auto& appointed = world_.offices_.find(office)->persons;
      candidates.persons.insert(appointed.begin(), appointed.end());
    }
  }

  void add_parties_of(std::string_view person, Candidates& candidates) const {
    const auto* const node = world_.persons_.find(person);
    if (node == nullptr) return;
    for (const auto& version : node->person) {
      if (version.holds(as_of_)) candidates.parties[version.body.party].insert(version.body.id);
    }
  }

  [[nodiscard]] bool holds(const World::Belonging& belonging) const {
    return belonging.recorded_at <= as_of_.known_at && belonging.span.holds(as_of_.when) &&
           (as_of_.known_at < belonging.superseded_at || belonging.superseded_at == Instant::max());
  }

  static bool is_same(const World::Belonging& a, const World::Belonging& b) {
    return a.hash == b.hash && a.person == b.person;
  }

  [[nodiscard]] bool is_in(std::string_view party, std::string_view person,
                           const std::set<Principal>& common, const Audience& audience) const {
    std::set<Principal> own;
    add_of_person(own, party, person);
    return belongs(common, own, audience);
  }

  // Who of `party`, of which every account holds `common`, belongs to the audience. Those of it who
  // are not `special` hold nothing else that the audience names.
  void add_holders(std::string_view party, const Names& special, const std::set<Principal>& common,
                   const Audience& audience, std::vector<PartyHolders>& found) const {
    const std::optional<PartyKind> party_kind = kind(party);
    if (!party_kind) return;
    PartyHolders holders{.party = std::string(party),
                         .kind = *party_kind,
                         .whole_party = belongs(common, audience),
                         .persons = {}};
    const auto* const belongings = world_.belongings_.find(party);
    if (!holders.whole_party) {
      for (const std::string_view person : special) {
        if (is_in(party, person, common, audience)) holders.persons.push_back(person);
      }
    } else if (belongings != nullptr) {
      const World::Belonging* last = nullptr;
      for (const auto& belonging : *belongings) {
        if (!holds(belonging) || (last != nullptr && is_same(*last, belonging))) continue;
        last = &belonging;
        const bool is_special = !special.empty() && special.contains(belonging.person);
        if (is_special && !is_in(party, belonging.person, common, audience)) continue;
        holders.persons.push_back(belonging.person);
      }
    }
    if (holders.whole_party || !holders.persons.empty()) found.push_back(std::move(holders));
  }

  const World& world_;
  const AsOf as_of_;
};

std::set<Principal> principals_of(const World& world, std::string_view party,
                                  std::string_view person, const AsOf& as_of) {
  const WorldReader reader(world, as_of);
  if (person.empty()) return reader.of_party(party);
  if (!reader.is_person_of(party, person)) return {};
  std::set<Principal> held = reader.of_party(party);
  reader.add_of_person(held, party, person);
  return held;
}

std::vector<HeldDuty> duties_of(const World& world, std::string_view party, std::string_view person,
                                const AsOf& as_of) {
  return WorldReader(world, as_of).duties(party, person);
}

Holders who_holds(const World& world, const Audience& audience, const AsOf& as_of) {
  return WorldReader(world, as_of).holders(audience);
}

std::vector<std::set<Principal>> ways_of(const World& world, const std::set<Principal>& any_of,
                                         const Holders& holders, std::size_t persons_max,
                                         const AsOf& as_of) {
  return WorldReader(world, as_of).ways(any_of, holders, persons_max);
}

bool is_answered(const World& world, std::string_view office, const AsOf& as_of) {
  return WorldReader(world, as_of).answered(office);
}

std::vector<Fact> participations_of(const World& world, std::string_view process,
                                    std::string_view party, const AsOf& as_of) {
  return WorldReader(world, as_of).participations(process, party);
}

}  // namespace entente::policy
