// What the worlds of the rooms' tests stand on: a clock that the test turns, a store in memory, a
// real ledger, and the gate's two ways into a room. One thread.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "entente/v1/types.pb.h"
#include "proto/contract/clock.h"
#include "server/ledger/tree_ledger.h"
#include "server/policy/policy.h"
#include "server/store/memory_store.h"

namespace entente::testing {

// Stands still until it is turned.
class TurnedClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  Tick tick() const override { return Tick(now_.time_since_epoch().count()); }
  void pass(std::chrono::seconds time) { now_ += time; }

 private:
  Instant now_ = parse_rfc3339("2026-11-23T08:00:00Z").value();
};

inline v1::Text english(const std::string& text) {
  v1::Text out;
  (*out.mutable_by_language())["en"] = text;
  return out;
}

// Who holds these principals, and the party's and the person's own. Without a person a program. Its
// sight follows the audiences, so it is made anew at each use.
inline policy::Subject subject_holding(const policy::AudienceTable& table, const std::string& party,
                                       const std::string& person,
                                       const std::set<std::string>& principals,
                                       bool secretariat = false) {
  policy::Subject subject;
  subject.account = "parties/" + party + "/accounts/" + (person.empty() ? "program" : person);
  subject.party = party;
  subject.person = person;
  subject.session = "session-" + (person.empty() ? party : person);
  subject.principals.insert(*policy::Principal::parse("party/" + party));
  if (!person.empty()) subject.principals.insert(*policy::Principal::parse("person/" + person));
  for (const auto& text : principals) subject.principals.insert(*policy::Principal::parse(text));
  if (secretariat) {
    subject.duties.push_back({.duty = policy::Duty::Secretariat, .party = party, .process = "igc"});
  }
  subject.sight = policy::Sight(subject.principals, table);
  return subject;
}

struct Ground {
  template <typename Face, typename Req, typename Rep>
  Result<Rep> ask(Face& face, const policy::Subject& subject,
                  Result<Rep> (Face::*serve)(const policy::Subject&, const Req&, store::Snapshot&),
                  const Req& request) {
    const auto snapshot = store->snapshot();
    return (face.*serve)(subject, request, *snapshot);
  }
  // As the gate does: what succeeds has its entry, and is committed before the reply leaves.
  template <typename Face, typename Req, typename Rep>
  Result<Rep> act(Face& face, const policy::Subject& subject,
                  Result<Rep> (Face::*serve)(const policy::Subject&, const Req&,
                                             store::Transaction&),
                  const Req& request) {
    const auto transaction = store->begin();
    Result<Rep> reply = (face.*serve)(subject, request, *transaction);
    if (!reply.ok()) return reply;
    REQUIRE(transaction->appended());
    const auto committed = transaction->commit();
    if (!committed.ok()) return committed.status();
    clock.pass(an_act_takes);
    return reply;
  }

  TurnedClock clock;
  SystemEntropy entropy;
  std::unique_ptr<store::Store> store = store::memory_store(entropy);
  std::unique_ptr<ledger::TreeLedger> ledger = open_ledger();
  std::chrono::seconds an_act_takes{};

 private:
  std::unique_ptr<ledger::TreeLedger> open_ledger() {
    auto opened = ledger::TreeLedger::open(*store, clock, entropy);
    REQUIRE(opened.ok());
    store->set_sequencer(**opened);
    return *std::move(opened);
  }
};

}  // namespace entente::testing
