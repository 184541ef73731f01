// The directory and the ledger on a seed (tests/support/simulation.h): acts that meet, come twice
// or are left, and a clock that is set back. Held against a model that is too simple to be wrong:
// of each object the values that may be there, which a reading settles.
#include "tests/support/simulation.h"

#include "tests/directory/world.h"

namespace entente::directory {
namespace {

using entente::testing::below;
using entente::testing::Book;
using entente::testing::Machine;
using entente::testing::one_in;
using entente::testing::Site;

const std::string anna = "persons/swe.anna.lindqvist";
const std::string process = "processes/igc";

config::DemoPeople the_people() {
  config::DemoPeople people;
  const config::DemoPeople all = testing::people_of_accounts();
  for (config::DemoPerson one : all.person()) {
    if (one.id() != "anna.lindqvist" && one.id() != "helena.brandt" && one.id() != "reto.ammann" &&
        one.id() != "kamon.wongsakul") {
      continue;
    }
    if (one.id() == "kamon.wongsakul") one.clear_duty();  // he has no part in what is here
    *people.add_person() = one;
  }
  return people;
}

// All that a start makes.
struct Daemon : entente::testing::Foundation {
  explicit Daemon(Site& site)
      : Foundation(site),
        records(*store, site.entropy),
        catalog(*store, records, site.clock),
        service({catalog, records, *ledger, signers, "demo.example/ledger", site.clock}) {
    ledger->add_follower(catalog);
    REQUIRE(catalog.load().ok());
  }
  Records records;
  Catalog catalog;
  testing::WorldSigners signers;
  Service service;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : machine(seed, [](Site& site) { return std::make_unique<Daemon>(site); }) {
    Daemon& daemon = *machine.daemon;
    Loader loader({*daemon.store, daemon.catalog, daemon.records, *daemon.ledger, clock()});
    REQUIRE(loader.load(testing::part_of_network({"igc"}, {"IGC", "THA"})).ok());
    clock().pass(std::chrono::hours(1));
    REQUIRE(loader.load(the_people()).ok());
    clock().pass(std::chrono::hours(1));
    machine.begin();
  }

  void one() {
    static const std::vector<void (Simulation::*)()> kinds = {
        &Simulation::retitle, &Simulation::retitle, &Simulation::create, &Simulation::period,
        &Simulation::body,    &Simulation::meet,    &Simulation::hidden, &Simulation::time_passes};
    (this->*kinds[below(draw(), kinds.size())])();
  }
  void look() {
    for (const auto& [name, may] : book_.all()) read(name);
  }

  Machine<Daemon> machine;

 private:
  store::Draw& draw() { return machine.site.draw; }
  store::VirtualClock& clock() { return machine.site.clock; }

  [[nodiscard]] policy::Subject as(const std::string& party, const std::string& id) const {
    policy::Subject subject =
        policy::subject_of(*machine.daemon->catalog.world(), *machine.daemon->catalog.audiences(),
                           party, person_id(party, id), {.when = machine.site.clock.now()});
    subject.account = "parties/" + party + "/accounts/" + id;
    subject.session = "session-" + id;
    return subject;
  }
  [[nodiscard]] policy::Subject swede() const { return as("SWE", "anna.lindqvist"); }
  [[nodiscard]] policy::Subject secretary() const { return as("IGC", "helena.brandt"); }

  template <typename Req, typename Rep>
  Status act(const policy::Subject& subject,
             Result<Rep> (Service::*serve)(const policy::Subject&, const Req&, store::Transaction&),
             const Req& request) {
    return machine.act(machine.daemon->service, subject, serve, request).status();
  }
  template <typename Req, typename Rep>
  Result<Rep> ask(const policy::Subject& subject,
                  Result<Rep> (Service::*serve)(const policy::Subject&, const Req&,
                                                store::Snapshot&),
                  const Req& request) {
    return machine.ask(machine.daemon->service, subject, serve, request);
  }

  Result<v1::Person> person(const policy::Subject& subject, const std::string& name) {
    v1::GetPersonRequest request;
    request.set_name(name);
    Result<std::string> bytes = ask(subject, &Service::get_person, request);
    if (!bytes.ok()) return bytes.status();
    v1::Person out;
    REQUIRE(out.ParseFromString(*bytes));
    return out;
  }
  v1::Process the_process() {
    v1::GetProcessRequest request;
    request.set_name(process);
    return *ask(secretary(), &Service::get_process, request);
  }
  Result<v1::Body> the_body(const std::string& name) {
    v1::GetBodyRequest request;
    request.set_name(name);
    return ask(secretary(), &Service::get_body, request);
  }

  // What is there, as the model may have it.
  std::string read(const std::string& name) {
    std::string found;
    if (name == process) {
      found = std::to_string(the_process().confirmation_period_days());
    } else if (name.starts_with("persons/")) {
      const auto shown = person(swede(), name);
      REQUIRE((shown.ok() || shown.status().code() == Code::NotFound));
      if (shown.ok()) found = shown->title();
    } else {
      const auto shown = the_body(name);
      REQUIRE((shown.ok() || shown.status().code() == Code::NotFound));
      if (shown.ok()) found = shown->title() + (shown->span().until().empty() ? "" : " closed");
    }
    INFO(name << " is `" << found << "`");
    book_.found(name, found, machine.unsettled);
    return found;
  }

  std::string one_of(const std::string& stem, std::uint64_t count) {
    return stem + std::to_string(below(draw(), count));
  }
  std::string value() { return "value " + std::to_string(machine.operations); }

  void retitle() {
    const std::string name = one_in(draw(), 2) ? anna : one_of("persons/swe.new", 6);
    read(name);
    const auto shown = person(swede(), name);
    if (!shown.ok()) return;
    v1::UpdatePersonRequest request;
    *request.mutable_person() = *shown;
    request.mutable_person()->set_title(value());
    const bool stale = one_in(draw(), 5);
    if (stale) request.mutable_person()->set_revision(shown->revision() + below(draw(), 2) * 2 - 1);
    const Status status = act(swede(), &Service::update_person, request);
    if (stale) REQUIRE_FALSE(status.ok());
    book_.told(status, name, value());
  }

  void create() {
    v1::CreatePersonRequest request;
    request.mutable_person()->set_name(one_of("persons/swe.new", 6));
    request.mutable_person()->set_party("parties/SWE");
    request.mutable_person()->set_display_name("Nils Ny");
    request.mutable_person()->set_title(value());
    request.set_process(process);
    const std::string& name = request.person().name();
    const bool there = !read(name).empty();
    Status status = act(swede(), &Service::create_person, request);
    if (there) REQUIRE_FALSE(status.ok());
    book_.told(status, name, value());
    // It comes twice: by whatever was told before, it is not made anew.
    if (status.ok()) {
      status = act(swede(), &Service::create_person, request);
      REQUIRE_FALSE(status.ok());
      book_.told(status, name, value());
    }
  }

  void period() {
    read(process);
    v1::SetConfirmationPeriodRequest request;
    request.set_process(process);
    request.set_days(static_cast<std::uint32_t>(30 + below(draw(), 300)));
    request.set_revision(the_process().revision());
    REQUIRE_FALSE(act(swede(), &Service::set_confirmation_period, request).ok());  // not theirs
    book_.told(act(secretary(), &Service::set_confirmation_period, request), process,
               std::to_string(request.days()));
  }

  void body() {
    const std::string name = one_of(process + "/bodies/wg-new", 4);
    read(name);
    const auto shown = the_body(name);
    if (!shown.ok()) {
      v1::CreateBodyRequest request;
      request.mutable_body()->set_name(name);
      request.mutable_body()->set_title(value());
      request.mutable_body()->set_kind(v1::Body::WORKING_GROUP);
      request.mutable_body()->add_members("parties/SWE");
      book_.told(act(secretary(), &Service::create_body, request), name, value());
      return;
    }
    v1::UpdateBodyRequest request;
    *request.mutable_body() = *shown;
    request.mutable_body()->set_title(value());
    book_.told(act(secretary(), &Service::update_body, request), name, value());
  }

  // Two acts on one object at once: not both.
  void meet() {
    read(anna);
    const auto shown = person(swede(), anna);
    std::vector<std::unique_ptr<store::Transaction>> both;
    for (int n = 0; n < 2; ++n) {
      v1::UpdatePersonRequest request;
      *request.mutable_person() = *shown;
      request.mutable_person()->set_title(value() + (n == 0 ? "a" : "b"));
      both.push_back(machine.daemon->store->begin());
      REQUIRE(machine.daemon->service.update_person(swede(), request, *both.back()).ok());
    }
    const std::uint64_t first = below(draw(), 2);
    const Status one = machine.commit(*both[first]);
    book_.told(one, anna, value() + (first == 0 ? "a" : "b"));
    const Status other = machine.commit(*both[1 - first]);
    REQUIRE_FALSE((one.ok() && other.ok()));
    book_.told(other, anna, value() + (first == 0 ? "b" : "a"));
  }

  // Who has no part in the process learns nothing, whatever is going on.
  void hidden() {
    const auto stranger = as("THA", "kamon.wongsakul");
    const std::string name = one_of("persons/swe.new", 6);
    for (const std::string& one : {anna, name, std::string("persons/swe.nobody")}) {
      const Status status = person(stranger, one).status();
      REQUIRE(status.code() == Code::NotFound);
      REQUIRE(status.message() == "`" + one + "` was not found");
    }
  }

  void time_passes() { machine.site.time_goes(std::chrono::seconds(below(draw(), 3'600))); }

  Book<std::string> book_;
};

}  // namespace

TEST_CASE("whatever fails, what was acknowledged is there and nothing else",
          "[directory][simulation]") {
  entente::testing::simulate<Simulation>(2'000, 80'000);  // more than a thousand crashes
}

}  // namespace entente::directory
