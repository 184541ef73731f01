#include "server/policy/world.h"

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

namespace entente::policy {
namespace {

// Anything later would read as "not superseded".
constexpr Instant recorded_max = Instant::max() - std::chrono::microseconds(1);

Status need_id(std::string_view field, std::string_view id) {
  if (is_id(id)) return Status();
  return invalid_argument(std::string(field), "is not an id");
}
Status may_have_id(std::string_view field, std::string_view id) {
  return id.empty() ? Status() : need_id(field, id);
}
// An id if `wanted`, nothing otherwise.
Status need_id_if(bool wanted, std::string_view field, std::string_view id) {
  if (wanted) return need_id(field, id);
  if (id.empty()) return Status();
  return invalid_argument(std::string(field), "does not belong to this kind");
}
template <typename Enum>
Status need_known(std::string_view field, Enum value, Enum last) {
  if (value <= last) return Status();
  return invalid_argument(std::string(field), "is not a known value");
}

Status check(const Party& party) {
  ENTENTE_TRY_VOID(need_known("kind", party.kind, PartyKind::Territory));
  return need_id("code", party.code);
}

Status check(const Institution& institution) {
  ENTENTE_TRY_VOID(need_id("party", institution.party));
  return need_id("id", institution.id);
}

Status check(const Person& person) {
  ENTENTE_TRY_VOID(need_id("id", person.id));
  ENTENTE_TRY_VOID(need_id("party", person.party));
  return may_have_id("institution", person.institution);
}

Status check(const Participation& participation) {
  ENTENTE_TRY_VOID(need_id("process", participation.process));
  ENTENTE_TRY_VOID(need_id("party", participation.party));
  for (const std::string& activity : participation.activities) {
    ENTENTE_TRY_VOID(need_id("activities", activity));
  }
  return need_known("standing", participation.standing, Standing::Former);
}

Status check(const Body& body) {
  ENTENTE_TRY_VOID(need_id("process", body.process));
  return need_id("id", body.id);
}

Status check(const Seat& seat) {
  ENTENTE_TRY_VOID(need_known("bench", seat.bench, Bench::Chair));
  ENTENTE_TRY_VOID(need_known("role", seat.role, SeatRole::CoChair));
  ENTENTE_TRY_VOID(need_id("process", seat.process));
  ENTENTE_TRY_VOID(need_id_if(seat.bench == Bench::Body, "body", seat.body));
  ENTENTE_TRY_VOID(need_id("party", seat.party));
  // A whole party is never the secretariat: too many would be.
  if (seat.bench == Bench::Secretariat) return need_id("person", seat.person);
  return may_have_id("person", seat.person);
}

Status check(const Office& office) {
  ENTENTE_TRY_VOID(need_known("kind", office.kind, OfficeKind::Other));
  ENTENTE_TRY_VOID(need_id("id", office.id));
  ENTENTE_TRY_VOID(need_id("party", office.party));
  ENTENTE_TRY_VOID(may_have_id("institution", office.institution));
  ENTENTE_TRY_VOID(need_id_if(office.kind == OfficeKind::BodyContact, "body", office.body));
  switch (office.kind) {
    case OfficeKind::Secretariat:
    case OfficeKind::Chair:
    case OfficeKind::BodyContact:
      return need_id("process", office.process);
    case OfficeKind::SecurityOfficer:
    case OfficeKind::CertificateOfficer:
      return need_id_if(false, "process", office.process);
    case OfficeKind::FocalPoint:
    case OfficeKind::Other:
      break;
  }
  return may_have_id("process", office.process);
}

Status check(const Appointment& appointment) {
  ENTENTE_TRY_VOID(need_known("capacity", appointment.capacity, Capacity::DutyContact));
  ENTENTE_TRY_VOID(need_id("id", appointment.id));
  ENTENTE_TRY_VOID(need_id("office", appointment.office));
  return need_id("person", appointment.person);
}

Status check(const Contribution& contribution) {
  ENTENTE_TRY_VOID(need_id("dataflow", contribution.dataflow));
  ENTENTE_TRY_VOID(need_id("party", contribution.party));
  return may_have_id("process", contribution.process);
}

// Where a fact lies: on which kind of node, in which of its lists.
enum class Shelf : std::uint8_t {
  Party,
  Institution,
  Person,
  Participation,
  Body,
  PartySeat,
  PersonSeat,
  Office,
  Appointment,
  Contribution,
};
struct Place {
  Shelf shelf;
  std::string node;
};

Place place_of(const Party& party) { return {Shelf::Party, party.code}; }
Place place_of(const Institution& institution) { return {Shelf::Institution, institution.party}; }
Place place_of(const Person& person) { return {Shelf::Person, person.id}; }
Place place_of(const Participation& participation) {
  return {Shelf::Participation, participation.party};
}
Place place_of(const Body& body) { return {Shelf::Body, body.process}; }
Place place_of(const Seat& seat) {
  if (seat.person.empty()) return {Shelf::PartySeat, seat.party};
  return {Shelf::PersonSeat, seat.person};
}
Place place_of(const Office& office) { return {Shelf::Office, office.id}; }
Place place_of(const Appointment& appointment) { return {Shelf::Appointment, appointment.person}; }
Place place_of(const Contribution& contribution) {
  return {Shelf::Contribution, contribution.party};
}

}  // namespace

// Reaches into a world by the keys of its facts; changes it in the edition that its editor owns.
class WorldWriter {
 public:
  explicit WorldWriter(World& world) : world_(world) {}

  // Said again without a change: the key's clock goes on all the same.
  void note_time(const std::string& key, Instant at) {
    World::Home& home = world_.homes_.edit(key, world_.edition_);
    home.changed_at = std::max(home.changed_at, at);
  }

  // Ends the current version of `key`, if there is one; says from when.
  Instant end(std::string_view key, Instant at) {
    const World::Home* const home = world_.homes_.find(key);
    if (home == nullptr) return at;
    at = std::max(at, home->changed_at);
    if (!home->current) return at;
    World::Home& mine = world_.homes_.edit(key, world_.edition_);
    mine.current = false;
    mine.changed_at = at;
    with_shelf(static_cast<Shelf>(mine.shelf), Editing{world_, mine.node}, [&](auto& versions) {
      const auto version = current(versions, key);
      version->superseded_at = at;
      end_index(*version);
    });
    return at;
  }

  [[nodiscard]] static std::optional<Fact> find(const World& world, std::string_view key) {
    const World::Home* const home = world.homes_.find(key);
    if (home == nullptr || !home->current) return std::nullopt;
    std::optional<Fact> fact;
    with_shelf(static_cast<Shelf>(home->shelf), Looking{world, home->node}, [&](auto& versions) {
      const auto& version = *current(versions, key);
      fact = Fact{.key = version.key, .body = version.body, .span = version.span};
    });
    return fact;
  }

  template <typename T>
  void append(const Fact& fact, const T& body, Instant recorded_at) {
    Place place = place_of(body);
    const Version<T> version{.key = fact.key,
                             .body = body,
                             .span = fact.span,
                             .recorded_at = recorded_at,
                             .superseded_at = Instant::max()};
    with_shelf(place.shelf, Editing{world_, place.node}, [&](auto& versions) {
      if constexpr (std::is_same_v<std::decay_t<decltype(versions)>, std::vector<Version<T>>>) {
        versions.push_back(version);
      }
    });
    index(version);
    World::Home& home = world_.homes_.edit(fact.key, world_.edition_);
    home = {.shelf = static_cast<std::uint8_t>(place.shelf),
            .current = true,
            .node = std::move(place.node),
            .changed_at = recorded_at};
    ++world_.version_count_;
  }

 private:
  // The node of each kind, for changing.
  struct Editing {
    World& world;
    const std::string& name;
    auto& party() { return world.parties_.edit(name, world.edition_); }
    auto& person() { return world.persons_.edit(name, world.edition_); }
    auto& process() { return world.processes_.edit(name, world.edition_); }
    auto& office() { return world.offices_.edit(name, world.edition_); }
  };
  // The same for looking. Requires: the node is there.
  struct Looking {
    const World& world;
    const std::string& name;
    const auto& party() { return *world.parties_.find(name); }
    const auto& person() { return *world.persons_.find(name); }
    const auto& process() { return *world.processes_.find(name); }
    const auto& office() { return *world.offices_.find(name); }
  };

  template <typename Nodes, typename Use>
  static void with_shelf(Shelf shelf, Nodes nodes, Use&& use) {
    switch (shelf) {
      case Shelf::Party:
        return use(nodes.party().party);
      case Shelf::Institution:
        return use(nodes.party().institutions);
      case Shelf::Person:
        return use(nodes.person().person);
      case Shelf::Participation:
        return use(nodes.party().participations);
      case Shelf::Body:
        return use(nodes.process().bodies);
      case Shelf::PartySeat:
        return use(nodes.party().seats);
      case Shelf::PersonSeat:
        return use(nodes.person().seats);
      case Shelf::Office:
        return use(nodes.office().office);
      case Shelf::Appointment:
        return use(nodes.person().appointments);
      case Shelf::Contribution:
        return use(nodes.party().contributions);
    }
  }

  // Requires: there is one.
  template <typename Versions>
  static auto current(Versions& versions, std::string_view key) {
    const auto found = std::find_if(versions.begin(), versions.end(), [&](const auto& version) {
      return version.key == key && version.superseded_at == Instant::max();
    });
    ENTENTE_CHECK(found != versions.end());
    return found;
  }

  // What else must find its way to a fact. The names are never taken out again: they may be too
  // many, for who reads them asks the facts.
  void index(const Version<Participation>& version) {
    for (const auto kind :
         {Principal::Kind::Members, Principal::Kind::Observers, Principal::Kind::Partners}) {
      mentions(kind, version.body.process).parties.insert(version.body.party);
    }
  }
  void index(const Version<Seat>& version) {
    const Seat& seat = version.body;
    World::Mentions& names =
        seat.bench == Bench::Body    ? mentions(Principal::Kind::Body, seat.process, seat.body)
        : seat.bench == Bench::Chair ? mentions(Principal::Kind::Chair, seat.process)
                                     : mentions(Principal::Kind::Secretariat, seat.process);
    if (seat.person.empty()) {
      names.parties.insert(seat.party);
    } else {
      names.persons.insert(seat.person);
    }
  }
  void index(const Version<Office>& version) {
    const Office& office = version.body;
    using Kind = Principal::Kind;
    if (office.kind == OfficeKind::Secretariat) {
      mentions(Kind::Secretariat, office.process).offices.insert(office.id);
    }
    if (office.kind == OfficeKind::Chair) {
      mentions(Kind::Chair, office.process).offices.insert(office.id);
    }
    if (office.kind == OfficeKind::BodyContact) {
      mentions(Kind::Body, office.process, office.body).offices.insert(office.id);
    }
    if (!office.institution.empty()) {
      mentions(Kind::Institution, office.party, office.institution).offices.insert(office.id);
    }
  }
  void index(const Version<Appointment>& version) {
    world_.offices_.edit(version.body.office, world_.edition_).persons.insert(version.body.person);
  }
  void index(const Version<Contribution>& version) {
    mentions(Principal::Kind::Contributors, version.body.dataflow)
        .parties.insert(version.body.party);
  }
  void index(const Version<Person>& version) {
    auto& belongings = world_.belongings_.edit(version.body.party, world_.edition_);
    const World::Belonging belonging{.person = version.body.id,
                                     .hash = std::hash<std::string>{}(version.body.id),
                                     .span = version.span,
                                     .recorded_at = version.recorded_at,
                                     .superseded_at = Instant::max()};
    belongings.insert(first_of(belongings, version.body.id), belonging);
    if (version.body.institution.empty()) return;
    mentions(Principal::Kind::Institution, version.body.party, version.body.institution)
        .persons.insert(version.body.id);
  }
  void index(const Version<Party>&) {}
  void index(const Version<Institution>&) {}
  void index(const Version<Body>&) {}

  void end_index(const Version<Person>& version) {
    auto& belongings = world_.belongings_.edit(version.body.party, world_.edition_);
    auto entry = first_of(belongings, version.body.id);
    // One of these is of this version; two that are alike in all this are as good as each other.
    while (entry->superseded_at != Instant::max() || entry->recorded_at != version.recorded_at ||
           entry->span != version.span) {
      ++entry;
    }
    entry->superseded_at = version.superseded_at;
  }
  template <typename T>
  void end_index(const Version<T>&) {}

  World::Mentions& mentions(Principal::Kind kind, std::string_view first,
                            std::string_view second = {}) {
    return world_.mentions_.edit(Principal::make(kind, first, second).text(), world_.edition_);
  }
  static std::vector<World::Belonging>::iterator first_of(std::vector<World::Belonging>& belongings,
                                                          const std::string& person) {
    return std::lower_bound(
        belongings.begin(), belongings.end(), person,
        [](const World::Belonging& entry, const std::string& id) { return entry.person < id; });
  }

  World& world_;
};

Editor::Editor(World world) : world_(std::move(world)) { ++world_.edition_; }

Status Editor::put(const Fact& fact, Instant recorded_at) {
  if (fact.key.empty()) return invalid_argument("key", "is missing");
  ENTENTE_TRY_VOID(std::visit([](const auto& body) { return check(body); }, fact.body));
  WorldWriter writer(world_);
  recorded_at = std::min(recorded_at, recorded_max);
  const std::optional<Fact> current = WorldWriter::find(world_, fact.key);
  if (current && *current == fact) {
    writer.note_time(fact.key, recorded_at);
    return Status();
  }
  const Instant from = writer.end(fact.key, recorded_at);
  std::visit([&](const auto& body) { writer.append(fact, body, from); }, fact.body);
  return Status();
}

void Editor::withdraw(std::string_view key, Instant recorded_at) {
  WorldWriter(world_).end(key, std::min(recorded_at, recorded_max));
}

World Editor::publish() {
  World published = world_;
  ++world_.edition_;
  return published;
}

std::optional<Fact> find_fact(const World& world, std::string_view key) {
  return WorldWriter::find(world, key);
}

}  // namespace entente::policy
