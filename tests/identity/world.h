// A whole identity room over an in-memory store and a real ledger, with a clock that a test turns
// and holdings that it deals out. Certificates are made once a test program.
#pragma once

#include <algorithm>
#include <any>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "entente/v1/account.pb.h"
#include "entente/v1/session.pb.h"
#include "proto/contract/clock.h"
#include "server/identity/authorization.h"
#include "server/identity/identity.h"
#include "server/ledger/tree_ledger.h"
#include "server/net/method_table.h"
#include "server/store/memory_store.h"
#include "tests/identity/authority.h"

namespace entente::identity::testing {

inline constexpr std::string_view network = "demo.example";
inline constexpr std::string_view good_password = "vilhelmina sjunger tenor";

inline std::string uri(std::string_view party_lower, std::string_view rest) {
  return "entente://" + std::string(party_lower) + ".demo.example/" + std::string(rest);
}

// Stands still until it is turned.
class TurnedClock final : public Clock {
 public:
  Instant now() const override {
    if (asked) asked();
    return Instant(std::chrono::microseconds(now_.load()));
  }
  Tick tick() const override { return Tick(tick_.load()); }
  // Both, as time does.
  void pass(Tick time) {
    now_ += time.count();
    tick_ += time.count();
  }
  // The civil one alone, as an administrator or a leap does.
  void jump(Tick time) { now_ += time.count(); }
  // Called whenever somebody wants to know the time: what happens meanwhile. One thread.
  std::function<void()> asked;
  // Once, when the time is asked for the n-th time from now on.
  void meanwhile(std::function<void()> happens, int n = 1) {
    asked = [this, happens = std::move(happens), n]() mutable {
      if (--n > 0) return;
      const std::function<void()> once = happens;
      asked = nullptr;  // and with it this
      once();
    };
  }

 private:
  std::atomic<std::int64_t> now_ =
      std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count() +
      600'000'000;  // Ahead, so that what openssl makes during the test is valid.
  std::atomic<std::int64_t> tick_ = 1'000'000'000;
};

class DealtHoldings final : public HoldingsSource {
 public:
  Holdings holdings(std::string_view party, std::string_view person, Instant) const override {
    const std::lock_guard lock(mutex_);
    Holdings out;
    if (const auto found = by_person_.find(std::string(person)); found != by_person_.end()) {
      out = found->second;
    }
    out.principals.insert(policy::Principal::make(policy::Principal::Kind::Party, party));
    return out;
  }
  std::uint64_t generation() const override { return generation_; }
  Status pin(store::Transaction&) const override {
    std::function<Status()> changing;
    {
      const std::lock_guard lock(mutex_);
      changing = std::exchange(changing_, nullptr);
    }
    return changing ? changing() : Status();
  }
  // Called once, in the midst of the next act's pin.
  void meanwhile(std::function<Status()> changing) {
    const std::lock_guard lock(mutex_);
    changing_ = std::move(changing);
  }
  policy::Sight sight(const std::set<policy::Principal>& principals) const override {
    return policy::Sight(principals, table_);
  }
  // There is one more audience, which changes nobody's principals.
  void audience(const policy::Audience& audience) {
    const std::lock_guard lock(mutex_);
    table_.intern(audience);
    ++generation_;
  }
  bool takes_part(std::string_view party, std::string_view process, Instant) const override {
    const std::lock_guard lock(mutex_);
    return !outside_.contains(std::string(party) + " " + std::string(process));
  }
  // Every party takes part in every process but in these.
  void leaves(const std::string& party, const std::string& process) {
    const std::lock_guard lock(mutex_);
    outside_.insert(party + " " + process);
    ++generation_;
  }
  void deal(const std::string& person, Holdings holdings) {
    const std::lock_guard lock(mutex_);
    by_person_[person] = std::move(holdings);
    ++generation_;
  }
  void duty(const std::string& person, policy::Duty duty, std::string party,
            std::string process = {}) {
    Holdings held;
    {
      const std::lock_guard lock(mutex_);
      held = by_person_[person];
    }
    held.duties.push_back({.duty = duty, .party = std::move(party), .process = std::move(process)});
    deal(person, std::move(held));
  }

 private:
  mutable std::mutex mutex_;
  mutable std::function<Status()> changing_;
  std::map<std::string, Holdings> by_person_;
  std::set<std::string> outside_;
  policy::AudienceTable table_;
  std::atomic<std::uint64_t> generation_ = 1;
};

class MadeCall final : public net::Call {
 public:
  MadeCall(const std::string& der, std::string peer_uri) {
    peer_ = {.certificate_der = der,
             .certificate_sha256 = sha256(der),
             .uri = std::move(peer_uri),
             .address = "192.0.2.7"};
  }
  const net::Peer& peer() const override { return peer_; }
  std::string_view method() const override { return "/test"; }
  std::optional<std::string_view> header(std::string_view name) const override {
    const auto found = headers.find(std::string(name));
    if (found == headers.end()) return std::nullopt;
    return found->second;
  }
  Tick deadline() const override { return Tick::max(); }
  bool cancelled() const override { return gone; }
  std::string_view request_id() const override { return "0"; }
  void add_header(std::string name, std::string value) override {
    added[std::move(name)] = std::move(value);
  }
  void reply_with(std::string bytes) override { replied = std::move(bytes); }
  net::Kept kept() const override { return *state; }
  void keep(net::Kept value) override { *state = std::move(value); }

  std::map<std::string, std::string> headers;
  std::map<std::string, std::string> added;
  std::string replied;
  bool gone = false;
  std::shared_ptr<net::Kept> state = std::make_shared<net::Kept>();  // of the connection

 private:
  net::Peer peer_;
};

// What costs openssl time, made once: two parties' authorities and the certificates of those who
// appear in most tests.
struct Certificates {
  Authority swe{"Sweden"};
  Authority nor{"Norway"};
  Leaf anna = swe.issue(uri("swe", "person/anna"));
  Leaf anna_second = swe.issue(uri("swe", "person/anna"));
  Leaf bertil = swe.issue(uri("swe", "person/bertil"));
  Leaf olga = swe.issue(uri("swe", "person/olga"));        // security officer
  Leaf oskar = swe.issue(uri("swe", "person/oskar"));      // security officer
  Leaf cecilia = swe.issue(uri("swe", "person/cecilia"));  // certificate officer
  Leaf sven = swe.issue(uri("swe", "person/sven"));        // secretariat of igc
  Leaf sara = swe.issue(uri("swe", "person/sara"));        // secretariat of igc
  Leaf machine = swe.issue(uri("swe", "program/statistics"));
  Leaf nobody = swe.issue(uri("swe", "person/nobody"));  // holds, but there is no such account
  Leaf nils = nor.issue(uri("nor", "person/nils"));
  Leaf nina = nor.issue(uri("nor", "person/nina"));  // security officer
  std::string swe_crl = swe.crl(48);
  std::string nor_crl = nor.crl(48);
};
inline Certificates& certificates() {
  static Certificates made;  // A test program's own.
  return made;
}

// Whether a change of trust has shut out this certificate of `party`.
inline bool is_lost(const CertificateStore::Lost& lost, std::string_view party, const Leaf& leaf) {
  return lost(party, sha256(leaf.der), leaf.der);
}

class World {
 public:
  World() : World(IdentityRules{}) {}
  explicit World(IdentityRules rules,
                 CertificateRules certificate_rules = {.network = std::string(network)})
      : trust(std::move(certificate_rules), clock),
        store(
            store::memory_store(entropy, [this] { return unwritable ? unwritable() : Status(); })),
        ledger(open_ledger()),
        identity(with_defaults(std::move(rules)), parts(), CheapHashesForTests{}),
        gate(table, *store, identity.authenticator()) {
    ledger->add_follower(identity);
    identity.add_to(gate);
    REQUIRE(trust
                .set_trust("SWE", TrustSource::Folder,
                           {.anchors = {made.swe.certificate_der()}, .crls = {made.swe_crl}})
                .ok());
    REQUIRE(trust
                .set_trust("NOR", TrustSource::Folder,
                           {.anchors = {made.nor.certificate_der()}, .crls = {made.nor_crl}})
                .ok());
    settle("SWE", "anna", made.anna);
    settle("SWE", "bertil", made.bertil);
    settle("SWE", "olga", made.olga);
    settle("SWE", "oskar", made.oskar);
    settle("SWE", "cecilia", made.cecilia);
    settle("SWE", "sven", made.sven);
    settle("SWE", "sara", made.sara);
    settle("NOR", "nils", made.nils);
    settle("NOR", "nina", made.nina);
    holdings.duty("p-olga", policy::Duty::SecurityOfficer, "SWE");
    holdings.duty("p-oskar", policy::Duty::SecurityOfficer, "SWE");
    holdings.duty("p-nina", policy::Duty::SecurityOfficer, "NOR");
    holdings.duty("p-cecilia", policy::Duty::CertificateOfficer, "SWE");
    holdings.duty("p-sven", policy::Duty::Secretariat, "SWE", "igc");
    holdings.duty("p-sara", policy::Duty::Secretariat, "SWE", "igc");
  }

  // An account with the good password, and its certificate entered.
  void settle(const std::string& party, const std::string& id, const Leaf& leaf) {
    const Secret password{std::string(good_password)};
    const auto made = identity.create_account(
        {.party = party, .id = id, .person = "p-" + id, .label = {}}, &password);
    REQUIRE(made.ok());
    REQUIRE(identity.enter_certificate({leaf.der}).ok());
  }

  MadeCall call(const Leaf& leaf, const std::string& token = {}) const {
    const auto facts = trust.read(leaf.der);
    MadeCall made(leaf.der, facts.ok() ? certificate_uri(facts->name, network) : std::string());
    if (!token.empty()) made.headers["authorization"] = "Bearer " + token;
    return made;
  }

  // Through the table, as net does it.
  template <typename Req, typename Rep>
  Result<Rep> ask(MadeCall& call, const std::string& path, const Req& request) {
    const net::MethodTable::Method* method = table.find(path);
    REQUIRE(method != nullptr);
    Rep reply;
    const Status status = method->unary(call, request, reply);
    if (!status.ok()) return status;
    return reply;
  }
  template <typename Rep, typename Req>
  Result<Rep> ask(const Leaf& leaf, const std::string& token, const std::string& path,
                  const Req& request) {
    MadeCall made = call(leaf, token);
    return ask<Req, Rep>(made, path, request);
  }

  Result<v1::SignInReply> try_sign_in(const Leaf& leaf, std::string_view password) {
    v1::SignInRequest request;
    request.set_password(std::string(password));
    return ask<v1::SignInReply>(leaf, "", "/entente.v1.SessionService/SignIn", request);
  }
  // The token.
  std::string sign_in(const Leaf& leaf, std::string_view password = good_password) {
    const auto reply = try_sign_in(leaf, password);
    INFO(reply.status().message() << " " << reply.status().detail());
    REQUIRE(reply.ok());
    return reply->token();
  }
  Result<v1::Session> get_session(const Leaf& leaf, const std::string& token) {
    return ask<v1::Session>(leaf, token, "/entente.v1.SessionService/GetSession",
                            v1::GetSessionRequest());
  }
  bool is_open(const Leaf& leaf, const std::string& token) { return get_session(leaf, token).ok(); }

  // Another identity over the same store, as after a start or under other rules; it is asked
  // through a table of its own, and dies before the world.
  struct Second {
    Second(World& world, IdentityRules rules)
        : identity(std::move(rules), world.parts(), CheapHashesForTests{}),
          gate(table, *world.store, identity.authenticator()) {
      REQUIRE(identity.start().ok());
      identity.add_to(gate);
    }
    Identity identity;
    net::MethodTable table;
    Gate gate;
  };
  std::unique_ptr<Second> second(HashCost hash_cost = {.memory_kib = 8, .passes = 1}) {
    IdentityRules rules = with_defaults({});
    rules.hash_cost = hash_cost;
    return std::make_unique<Second>(*this, std::move(rules));
  }
  // What keeps certificates, over the same rows, into another store of them or beside another
  // ledger.
  CertificateService certificates_into(CertificateStore& others, ledger::Ledger& beside) {
    return CertificateService({.store = *store,
                               .ledger = beside,
                               .rows = identity.rows(),
                               .endings = identity.endings(),
                               .certificates = others,
                               .sessions = identity.sessions(),
                               .holdings = holdings,
                               .clock = clock,
                               .everyone = 0});
  }

  // The kinds of the ledger's entries from `begin` on.
  std::vector<std::string> kinds(std::uint64_t begin = 0) {
    std::vector<std::string> out;
    REQUIRE(ledger
                ->read(begin, ledger->size(),
                       [&](const ledger::StoredEntry& stored) {
                         out.push_back(stored.entry.act.kind);
                         return true;
                       })
                .ok());
    return out;
  }

  // Where the rows are, as server/identity/register.cc has them on disk.
  store::Key account_row(const std::string& name) const {
    return store::Key(store::Table{0x20}).id(store->blind("identity.account", name));
  }
  store::Key certificate_row(const Leaf& leaf) const {
    return store::Key(store::Table{0x24})
        .id(store->blind("identity.digest", as_view(sha256(leaf.der))));
  }
  // Writes past all rooms, as damage does; without bytes the row is gone.
  void damage(const store::Key& row, const std::optional<std::string>& bytes = {}) {
    const auto transaction = store->begin();
    if (bytes) {
      transaction->put(row, *bytes);
    } else {
      transaction->erase(row);
    }
    ledger::Act act;
    act.kind = "test.damage";
    ledger->record(*transaction, act);
    REQUIRE(transaction->commit().ok());
  }

  Certificates& made = certificates();
  TurnedClock clock;
  SystemEntropy entropy;
  std::function<Status()> unwritable;  // what the engine says before it writes
  DealtHoldings holdings;
  CertificateStore trust;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ledger::TreeLedger> ledger;
  Identity identity;
  net::MethodTable table;
  Gate gate;

 private:
  Identity::Parts parts() {
    return {.store = *store,
            .ledger = *ledger,
            .certificates = trust,
            .holdings = holdings,
            .clock = clock,
            .entropy = entropy};
  }
  static IdentityRules with_defaults(IdentityRules rules) {
    rules.network = network;
    rules.hash_cost = {.memory_kib = 8, .passes = 1};
    return rules;
  }
  std::unique_ptr<ledger::TreeLedger> open_ledger() {
    auto opened = ledger::TreeLedger::open(*store, clock, entropy);
    REQUIRE(opened.ok());
    store->set_sequencer(**opened);
    return *std::move(opened);
  }
};

// All that a caller sees of a refusal.
inline std::string face(const Status& status) {
  std::string out = std::string(name_of(status.code())) + " " +
                    std::string(name_of(status.reason())) + " " + std::string(status.message()) +
                    " " + std::to_string(status.retry_after_ms());
  for (const Violation& violation : status.violations()) {
    out += " " + violation.field + ":" + violation.rule;
  }
  return out;
}

}  // namespace entente::identity::testing
