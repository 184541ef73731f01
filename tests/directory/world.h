// A directory over a store in memory and a real ledger: the fourteen processes of deploy/processes,
// and the people of the demonstration's accounts. Subjects are made of the facts, as at sign-in.
#pragma once

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "proto/contract/appointment.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/directory/catalog.h"
#include "server/directory/loader.h"
#include "server/directory/service.h"
#include "server/policy/explain.h"
#include "tests/formats/files.h"
#include "tests/ledger/entered.h"
#include "tests/support/ground.h"

namespace entente::directory::testing {

using entente::testing::Ground;
using entente::testing::TurnedClock;

inline const Network& the_network() {
  static const Network parsed = network();  // A test program's own.
  return parsed;
}

// Of the same, these processes and who takes part in them, and `more`: quick to load.
inline Network part_of_network(const std::set<std::string>& processes, std::set<std::string> more) {
  Network part;
  for (const auto& process : the_network().processes) {
    if (processes.count(process.id()) == 0) continue;
    part.processes.push_back(process);
    for (const auto& one : process.participation()) more.insert(one.party());
  }
  config::PartyTable table;
  for (const auto& party : the_network().parties.table().party()) {
    if (more.count(party.code()) != 0) *table.add_party() = party;
  }
  part.parties = PartyIndex(std::move(table));
  return part;
}

inline config::DemoPeople people_of_accounts() {
  const auto text = read(source_folder() / "deploy/demo-data/accounts.textproto");
  const auto accounts =
      parse_accounts(text.value(), the_network().parties, the_network().processes);
  REQUIRE(accounts.ok());
  config::DemoPeople people;
  for (const auto& account : accounts->account()) {
    if (account.has_person()) *people.add_person() = account.person();
  }
  return people;
}

// Signatures without keys: who signs is the subject's account.
class WorldSigners final : public Signers {
 public:
  static std::string certificate_of(const policy::Subject& subject) {
    return std::string(as_view(sha256("certificate " + subject.account)));
  }
  static std::string sign(const policy::Subject& subject, std::string_view message) {
    return to_hex(as_view(sha256(subject.account + '\n' + std::string(message))));
  }
  Result<std::string> check(const policy::Subject& subject, store::Snapshot&,
                            std::string_view message, std::string_view signature) const override {
    if (signature == sign(subject, message)) return certificate_of(subject);
    return Status(Code::InvalidArgument, Reason::SignatureInvalid, "signature does not hold");
  }
  Result<bool> is_in_being(store::Snapshot&, std::string_view account) const override {
    return ended.count(std::string(account)) == 0;
  }
  std::set<std::string> ended;
};

struct DirectoryWorld : Ground {
  explicit DirectoryWorld(const config::DemoPeople& people = people_of_accounts(),
                          const Network& network = the_network())
      : records(*store, entropy),
        catalog(*store, records, clock),
        service({catalog, records, *ledger, signers, "demo.example/ledger", clock}) {
    ledger->add_follower(catalog);
    ledger->add_follower(entered);
    REQUIRE(catalog.load().ok());
    Loader loader({*store, catalog, records, *ledger, clock});
    REQUIRE(loader.load(network).ok());
    clock.pass(std::chrono::hours(1));
    REQUIRE(loader.load(people).ok());
    clock.pass(std::chrono::hours(1));
  }

  // As identity/ would make it now.
  policy::Subject as(const std::string& party, const std::string& id) const {
    policy::Subject subject = policy::subject_of(*catalog.world(), *catalog.audiences(), party,
                                                 id.empty() ? std::string() : person_id(party, id),
                                                 {.when = clock.now()});
    subject.account = "parties/" + party + "/accounts/" + (id.empty() ? "program" : id);
    subject.session = "session-" + id;
    return subject;
  }

  template <typename Req, typename Rep>
  Result<Rep> ask(const policy::Subject& subject,
                  Result<Rep> (Service::*serve)(const policy::Subject&, const Req&,
                                                store::Snapshot&),
                  const Req& request) {
    return Ground::ask(service, subject, serve, request);
  }
  template <typename Req, typename Rep>
  Result<Rep> act(const policy::Subject& subject,
                  Result<Rep> (Service::*serve)(const policy::Subject&, const Req&,
                                                store::Transaction&),
                  const Req& request) {
    return Ground::act(service, subject, serve, request);
  }

  // Whether they are told what the newest entry of this kind says.
  bool is_told_of(const policy::Subject& subject, std::string_view kind) const {
    const auto& acts = entered.acts;
    const auto last = std::find_if(acts.rbegin(), acts.rend(),
                                   [&](const ledger::Act& act) { return act.kind == kind; });
    REQUIRE(last != acts.rend());
    return subject.sight.sees(policy::AudienceId{last->audience});
  }

  Result<v1::Person> get_person(const policy::Subject& subject, const std::string& name) {
    v1::GetPersonRequest request;
    request.set_name(name);
    Result<std::string> bytes = ask(subject, &Service::get_person, request);
    if (!bytes.ok()) return bytes.status();
    v1::Person person;
    REQUIRE(person.ParseFromString(*bytes));
    return person;
  }
  v1::SearchPersonsReply search(const policy::Subject& subject, const std::string& query) {
    v1::SearchPersonsRequest request;
    request.set_query(query);
    return *ask(subject, &Service::search_persons, request);
  }

  Records records;
  Catalog catalog;
  entente::testing::Entered entered;
  WorldSigners signers;
  Service service;

  // As the client of `subject` would send it; the appointment's name is drawn from `seed`.
  template <typename Req>
  Req signed_by(const policy::Subject& subject, Req request, const std::string& seed,
                v1::Capacity capacity = v1::HOLDER) {
    if (request.name().empty())
      request.set_name("appointments/" + to_hex(as_view(sha256(seed)).substr(0, 16)));
    if (request.since().empty()) request.set_since(to_rfc3339(clock.now()).substr(0, 10));
    v1::GetOfficeRequest get;
    get.set_name(request.office());
    const auto office = ask(subject, &Service::get_office, get);
    const v1::Office shown = office.ok() ? *office : v1::Office();
    const auto words = appointment_message({.origin = "demo.example/ledger",
                                            .name = request.name(),
                                            .office = request.office(),
                                            .office_kind = shown.kind(),
                                            .party = shown.party(),
                                            .process = shown.process(),
                                            .body = shown.body(),
                                            .person = request.person(),
                                            .capacity = capacity,
                                            .since = request.since()});
    request.set_signature(WorldSigners::sign(subject, *words));
    request.set_signer_certificate_sha256(WorldSigners::certificate_of(subject));
    return request;
  }

  // The end of an appointment, today or on that day, as the client of `subject` would sign it.
  v1::EndAppointmentRequest end_by(const policy::Subject& subject, const std::string& name,
                                   const std::string& until = {}) {
    v1::GetAppointmentRequest get;
    get.set_name(name);
    const auto one = ask(subject, &Service::get_appointment, get);
    v1::GetOfficeRequest get_office;
    get_office.set_name(one.ok() ? one->office() : "");
    const auto office = ask(subject, &Service::get_office, get_office);
    v1::EndAppointmentRequest request;
    request.set_name(name);
    request.set_until(until.empty() ? to_rfc3339(clock.now()).substr(0, 10) : until);
    const v1::Office held = office.ok() ? *office : v1::Office();
    const v1::Appointment shown = one.ok() ? *one : v1::Appointment();
    const auto words = appointment_end_message({.origin = "demo.example/ledger",
                                                .name = name,
                                                .office = held.name(),
                                                .party = held.party(),
                                                .person = shown.person(),
                                                .until = request.until()});
    request.set_signature(WorldSigners::sign(subject, *words));
    request.set_signer_certificate_sha256(WorldSigners::certificate_of(subject));
    return request;
  }
};

}  // namespace entente::directory::testing
