// Identity on a seed (tests/support/simulation.h): who signs in, guesses, changes a password, is
// given a code, loses an account, a certificate or an appointment, while the store fails and the
// daemon ends. Held against a plain account of which secret opens what, how often it was guessed at
// most and at least, and which sessions are over for good.
#include "tests/support/simulation.h"

#include "proto/contract/limits.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

using entente::testing::below;
using entente::testing::Book;
using entente::testing::Machine;
using entente::testing::one_in;
using entente::testing::Site;

constexpr std::uint32_t kFailuresFree = 3;
constexpr std::uint32_t kFailuresMax = 6;

const std::vector<std::string> passwords = {"vilhelmina sjunger tenor", "sju sjuka sjukskoterskor",
                                            "flygande backasiner soka", "under ekens gamla krona",
                                            "tio tusen roda dalahastar"};

// What openssl makes, once: whoever acts, with their certificates, and lists of which each takes
// one away from who has two or is one of many.
struct Papers {
  Authority swe{"Sweden of the simulation"};
  Leaf olga = swe.issue(uri("swe", "person/olga"));        // security officer
  Leaf cecilia = swe.issue(uri("swe", "person/cecilia"));  // certificate officer
  std::vector<std::pair<std::string, Leaf>> others = {
      {"anna", swe.issue(uri("swe", "person/anna"))},
      {"anna", swe.issue(uri("swe", "person/anna"))},
      {"bertil", swe.issue(uri("swe", "person/bertil"))},
      {"nils", swe.issue(uri("swe", "person/nils"))},
      {"nora", swe.issue(uri("swe", "person/nora"))}};
  std::vector<std::string> lists;  // list n takes away the first n of these
  std::vector<std::size_t> goes = {1, 2, 4};

  Papers() {
    lists.push_back(swe.crl(24 * 300));
    for (const std::size_t one : goes) {
      swe.revoke(others[one].second);
      lists.push_back(swe.crl(24 * 300));
    }
  }
};
const Papers& papers() {
  static const Papers made;  // A test program's own.
  return made;
}

struct Daemon : entente::testing::Foundation {
  Daemon(Site& site, DealtHoldings& holdings)
      : Foundation(site),
        trust({.network = std::string(network)}, site.clock),
        identity({.network = std::string(network),
                  .hash_cost = {.memory_kib = 8, .passes = 1},
                  .attempts = {.free = kFailuresFree,
                               .failures_max = kFailuresMax,
                               .back_off_ms_max = 4'000,
                               .per_certificate_per_min = 100'000,
                               .per_certificate_burst = 100'000,
                               .per_party_per_min = 100'000,
                               .per_party_burst = 100'000},
                  .sessions = {},
                  .names = {},
                  .everyone = 0},
                 {.store = *store,
                  .ledger = *ledger,
                  .certificates = trust,
                  .holdings = holdings,
                  .clock = site.clock,
                  .entropy = site.entropy},
                 CheapHashesForTests{}),
        gate(table, *store, identity.authenticator()) {
    ledger->add_follower(identity);
    identity.add_to(gate);
    REQUIRE(trust
                .set_trust(
                    "SWE", TrustSource::Folder,
                    {.anchors = {papers().swe.certificate_der()}, .crls = {papers().lists.front()}})
                .ok());
    REQUIRE(identity.start().ok());
  }
  CertificateStore trust;
  Identity identity;
  net::MethodTable table;
  Gate gate;
};

struct Account {
  bool there = false;
  bool ended = false;
  std::string password;  // empty: none yet
  std::string code;      // that was told; `?`: one that nobody was told
  std::int64_t code_until_us = 0;
  [[nodiscard]] bool is_same(const Account& other) const {
    return std::tie(there, ended, password, code, code_until_us) ==
           std::tie(other.there, other.ended, other.password, other.code, other.code_until_us);
  }
  // What the officer sees.
  bool operator==(const Account& other) const {
    return std::tuple(there, ended, password.empty()) ==
           std::tuple(other.there, other.ended, other.password.empty());
  }
};

// Somebody's session, as far as its owner was told.
struct Open {
  std::string account;
  const Leaf* leaf;
  std::string token;
  std::string name;
  Tick started{};
  Tick used{};
  bool sure = true;  // else an act that ends it may have come through
};

// How often it was guessed in vain since it last went well.
struct Guesses {
  std::uint32_t least = 0;
  std::uint32_t most = 0;
};

class Simulation {
 private:
  DealtHoldings holdings_;  // outlive the daemons

 public:
  explicit Simulation(std::uint64_t seed)
      : machine(
            seed, [this](Site& site) { return std::make_unique<Daemon>(site, holdings_); },
            store::VirtualClock(std::chrono::time_point_cast<std::chrono::microseconds>(
                                    std::chrono::system_clock::now()) +
                                std::chrono::minutes(10))) {
    holdings_.duty("p-olga", policy::Duty::SecurityOfficer, "SWE");
    holdings_.duty("p-cecilia", policy::Duty::CertificateOfficer, "SWE");
    const Secret password{passwords.front()};
    for (const char* id : {"olga", "cecilia", "anna", "bertil", "nils", "nora"}) appoint(id);
    for (const char* id : {"olga", "cecilia", "anna", "bertil"}) {
      REQUIRE(daemon()
                  .identity
                  .create_account(
                      {.party = "SWE", .id = id, .person = "p-" + std::string(id), .label = {}},
                      &password)
                  .ok());
      Account account;
      account.there = true;
      account.password = passwords.front();
      accounts_.set(name_of(id), account);
    }
    REQUIRE(daemon().identity.enter_certificate({papers().olga.der}).ok());
    REQUIRE(daemon().identity.enter_certificate({papers().cecilia.der}).ok());
    for (const auto& [id, leaf] : papers().others) {
      REQUIRE(daemon().identity.enter_certificate({leaf.der}).ok());
    }
    machine.begin();
  }

  void one() {
    using Kind = void (Simulation::*)();
    static const std::vector<Kind> kinds = {
        &Simulation::comes,   &Simulation::comes,   &Simulation::comes,     &Simulation::comes,
        &Simulation::calls,   &Simulation::calls,   &Simulation::calls,     &Simulation::calls,
        &Simulation::changes, &Simulation::changes, &Simulation::leaves,    &Simulation::created,
        &Simulation::reset,   &Simulation::redeems, &Simulation::redeems,   &Simulation::unlocked,
        &Simulation::ends,    &Simulation::revoked, &Simulation::dismissed, &Simulation::time_goes};
    if (starts_ != machine.starts) {  // sessions do not outlive a daemon
      starts_ = machine.starts;
      over([](const Open&) { return true; });
    }
    (this->*kinds[below(draw(), kinds.size())])();
  }
  void look() {
    for (const auto& [name, may] : accounts_.all()) {
      const auto row = daemon().identity.rows().account(*daemon().store->snapshot(), name);
      REQUIRE(row.ok());
      Account found;
      found.there = row->has_value();
      if (found.there) {
        found.ended = (*row)->ended();
        found.password = (*row)->password();
      }
      INFO(name);
      accounts_.found(name, found, machine.unsettled);
    }
    // A list that was acknowledged is in force.
    for (std::size_t n = 0; n < listed_.least; ++n) {
      REQUIRE(daemon().trust.revoked(papers().others[papers().goes[n]].second.der));
    }
  }

  Machine<Daemon> machine;

 private:
  store::Draw& draw() { return machine.site.draw; }
  Daemon& daemon() { return *machine.daemon; }
  [[nodiscard]] Tick tick() const { return machine.site.clock.tick(); }
  static std::string name_of(const std::string& id) { return "parties/SWE/accounts/" + id; }
  std::string drawn_password() { return passwords[below(draw(), passwords.size())]; }
  std::string drawn_account() {
    static const std::vector<std::string> all = {"anna", "bertil", "nils", "nora"};
    return all[below(draw(), all.size())];
  }
  void appoint(const std::string& id) {
    Holdings held = holdings_.holdings("SWE", "p-" + id, machine.site.clock.now());
    held.principals.insert(*policy::Principal::parse("process/igc/members"));
    holdings_.deal("p-" + id, std::move(held));
  }

  // Through the table, as net does it; what was acknowledged is counted.
  template <typename Rep, typename Req>
  Result<Rep> ask(const Leaf& leaf, const std::string& token, const std::string& path,
                  const Req& request, bool acts = true) {
    const auto facts = daemon().trust.read(leaf.der);
    static_cast<void>(daemon().trust.verify({leaf.der}).ok());  // its line, if it opens one
    MadeCall call(leaf.der, certificate_uri(facts->name, network));
    if (!token.empty()) call.headers["authorization"] = "Bearer " + token;
    Rep reply;
    const Status status = daemon().table.find("/entente.v1." + path)->unary(call, request, reply);
    if (acts && status.reason() == Reason::SignInRefused) static_cast<void>(machine.count({}).ok());
    if (acts) static_cast<void>(machine.count(status).ok());
    if (!status.ok()) return status;
    return reply;
  }

  // --- what the model says ---

  // Whether a list that takes the certificate away is in force: for sure, or maybe.
  bool revoked(const Leaf& leaf, std::uint32_t lists) {
    for (std::size_t n = 0; n < lists; ++n) {
      if (&papers().others[papers().goes[n]].second == &leaf) return true;
    }
    return false;
  }
  void over(const std::function<bool(const Open&)>& which) {
    for (const Open& one : open_) {
      if (which(one)) dead_.push_back(one);
    }
    std::erase_if(open_, which);
    if (dead_.size() > 64) dead_.erase(dead_.begin(), dead_.end() - 64);
  }
  // What an act that ends them was told.
  void end(const Status& status, const std::function<bool(const Open&)>& which) {
    if (status.ok()) over(which);
    if (status.code() != Code::Unavailable) return;
    for (Open& one : open_) one.sure = one.sure && !which(one);
  }
  [[nodiscard]] bool timed_out(const Open& one) const {
    return tick() - one.started >= std::chrono::milliseconds(limits::session_ms_max) ||
           tick() - one.used >= std::chrono::milliseconds(limits::session_idle_ms_max);
  }

  // A try with a secret that is right of these of what the account may be; `then` is what it makes
  // of it. Whether it went well.
  using Is = std::function<bool(const Account&)>;
  bool tried(const Status& status, const std::string& account, const Leaf& leaf, const Is& right,
             const std::function<void(Account&)>& then) {
    std::vector<Account>& may = accounts_.may(account);
    Guesses& guesses = guesses_[{account, &leaf}];
    const bool sure_out = revoked(leaf, listed_.least);
    const bool maybe_out = revoked(leaf, listed_.most);
    const bool can = !sure_out && std::ranges::any_of(may, right);
    const bool cannot = maybe_out || !std::ranges::all_of(may, right);
    INFO(account << ": " << status.message());
    if (status.reason() == Reason::SignInBackOff) {
      REQUIRE(guesses.most >= kFailuresFree);
      return false;
    }
    REQUIRE(guesses.least < kFailuresMax);
    if (status.ok()) {
      REQUIRE(can);
      std::erase_if(may, std::not_fn(right));
      for (Account& one : may) then(one);
      guesses = {};
      return true;
    }
    if (status.code() == Code::Unavailable) {
      ++guesses.most;
      if (can) guesses.least = 0;
      std::vector<Account> after;
      std::ranges::copy_if(may, std::back_inserter(after), right);
      for (Account& one : after) then(one);
      if (can) {
        for (Account& one : after) accounts_.add(may, std::move(one));
      }
    } else if (status.code() == Code::ResourceExhausted) {
      ++guesses.most;  // the disk is full; until the daemon ends it is counted all the same
    } else {
      REQUIRE(status.reason() == Reason::SignInRefused);
      REQUIRE(cannot);
      if (!maybe_out) std::erase_if(may, right);
      ++guesses.least;
      ++guesses.most;
    }
    return false;
  }

  // --- whoever signs in ---

  Status sign_in(const std::string& id, const Leaf& leaf, const std::string& password) {
    v1::SignInRequest request;
    request.set_password(password);
    const auto reply = ask<v1::SignInReply>(leaf, "", "SessionService/SignIn", request);
    const auto right = [&](const Account& one) {
      return one.there && !one.ended && !one.password.empty() && one.password == password;
    };
    const std::string account = name_of(id);
    if (!tried(reply.status(), account, leaf, right, [](Account&) {})) return reply.status();
    const auto mine = [&](const Open& one) { return one.account == account; };
    if (std::ranges::count_if(open_, mine) >= limits::sessions_per_account_max) {
      for (Open& one : open_) one.sure = one.sure && !mine(one);  // the one used least goes
    }
    open_.push_back({.account = account,
                     .leaf = &leaf,
                     .token = reply->token(),
                     .name = reply->session().name(),
                     .started = tick(),
                     .used = tick()});
    return {};
  }
  void comes() {
    const auto& [id, leaf] = papers().others[below(draw(), papers().others.size())];
    std::string password = drawn_password();
    const std::vector<Account>& may = accounts_.may(name_of(id));
    if (!one_in(draw(), 4) && !may.front().password.empty()) password = may.front().password;
    static_cast<void>(sign_in(id, leaf, password).ok());
  }
  // A session that an officer has just opened; null if it could not be.
  const Open* officer(const std::string& id, const Leaf& leaf) {
    machine.site.clock.pass(std::chrono::seconds(5));  // what was guessed at is forgotten
    if (!sign_in(id, leaf, accounts_.may(name_of(id)).front().password).ok()) return nullptr;
    return &open_.back();
  }
  Open* drawn_open() { return open_.empty() ? nullptr : &open_[below(draw(), open_.size())]; }

  // Whoever has a token is let in as long as it is a session's, on its own certificate; no other.
  void calls() {
    const auto get = [&](const Leaf& leaf, const std::string& token) {
      return ask<v1::Session>(leaf, token, "SessionService/GetSession", v1::GetSessionRequest(),
                              false);
    };
    if (!dead_.empty()) {
      const Open& gone = dead_[below(draw(), dead_.size())];
      REQUIRE(get(*gone.leaf, gone.token).status().code() == Code::Unauthenticated);
    }
    Open* const one = drawn_open();
    if (one == nullptr) return;
    const Leaf& other = papers().others[below(draw(), papers().others.size())].second;
    if (&other != one->leaf) {
      REQUIRE(get(other, one->token).status().code() == Code::Unauthenticated);
    }
    const auto shown = get(*one->leaf, one->token);
    if (timed_out(*one)) {
      REQUIRE(shown.status().code() == Code::Unauthenticated);
    } else if (shown.ok()) {
      REQUIRE(shown->account() == one->account);
      one->used = tick();
      return;
    } else {
      REQUIRE_FALSE(one->sure);
      REQUIRE(shown.status().code() == Code::Unauthenticated);
    }
    over([name = one->name](const Open& session) { return session.name == name; });
  }

  void changes() {
    Open* const one = drawn_open();
    if (one == nullptr) return;
    const Open own = *one;
    const std::vector<Account>& may = accounts_.may(own.account);
    v1::ChangePasswordRequest request;
    request.set_old_password(one_in(draw(), 4) ? drawn_password() : may.front().password);
    request.set_new_password(drawn_password());
    const auto reply = ask<v1::ChangePasswordReply>(*own.leaf, own.token,
                                                    "SessionService/ChangePassword", request);
    if (reply.status().reason() == Reason::SignedOut) {
      REQUIRE((!own.sure || timed_out(own)));
      return over([&](const Open& session) { return session.name == own.name; });
    }
    one->used = tick();
    if (reply.status().code() == Code::InvalidArgument) {
      REQUIRE(request.old_password() == request.new_password());
      return;
    }
    const bool went = tried(
        reply.status(), own.account, *own.leaf,
        [&](const Account& account) {
          return account.there && !account.ended && account.password == request.old_password();
        },
        [&](Account& account) { account.password = request.new_password(); });
    const Status told = went ? Status() : reply.status();
    end(told, [&](const Open& session) {
      return session.account == own.account && session.name != own.name;
    });
  }

  void leaves() {
    Open* const one = drawn_open();
    if (one == nullptr) return;
    const Open own = *one;
    const auto reply =
        ask<v1::SignOutReply>(*own.leaf, own.token, "SessionService/SignOut", v1::SignOutRequest());
    const auto is_own = [&](const Open& session) { return session.name == own.name; };
    if (reply.status().code() == Code::Unauthenticated) {
      REQUIRE((!own.sure || timed_out(own)));
      return over(is_own);
    }
    one->used = tick();
    end(reply.status(), is_own);
  }

  // --- what officers do ---

  template <typename Rep, typename Req>
  Result<Rep> by_olga(const std::string& method, const Req& request) {
    const Open* const olga = officer("olga", papers().olga);
    if (olga == nullptr) return Status(Code::Cancelled, Reason::None, "no officer");
    return ask<Rep>(papers().olga, olga->token, "AccountService/" + method, request);
  }
  template <typename Req>
  static Req named(const std::string& name) {
    Req request;
    request.set_name(name);
    return request;
  }
  void with_code(Account& account, const Result<v1::AccountCode>& reply) {
    account.password.clear();
    account.code = reply.ok() ? reply->code() : "?";
    account.code_until_us = reply.ok() ? timestamp_us(reply->expires_at()) : std::int64_t{0};
  }
  static std::int64_t timestamp_us(const google::protobuf::Timestamp& time) {
    return time.seconds() * 1'000'000 + time.nanos() / 1'000;
  }

  void created() {
    const std::string id = one_in(draw(), 2) ? "nils" : "nora";
    v1::CreateAccountRequest request;
    request.set_party("parties/SWE");
    request.set_account_id(id);
    request.set_kind(v1::Account::KIND_PERSON);
    request.set_person("persons/p-" + id);
    const auto reply = by_olga<v1::AccountCode>("CreateAccount", request);
    accounts_.told(reply.status(), name_of(id),
                   [&](const Account& before) -> std::variant<Code, Account> {
                     if (before.there) return Code::AlreadyExists;
                     Account then;
                     then.there = true;
                     with_code(then, reply);
                     return then;
                   });
  }
  // What an act on an account that goes on makes of it.
  template <typename Change>
  static std::variant<Code, Account> changed(const Account& before, const Change& change) {
    if (!before.there) return Code::NotFound;
    if (before.ended) return Code::FailedPrecondition;
    Account then = before;
    change(then);
    return then;
  }
  void forget_guesses(const Status& status, const std::string& account) {
    for (auto& [of, guesses] : guesses_) {
      if (of.first != account) continue;
      if (status.ok()) guesses = {};
      if (status.code() == Code::Unavailable) guesses.least = 0;
    }
  }
  void reset() {
    const std::string account = name_of(drawn_account());
    const auto reply =
        by_olga<v1::AccountCode>("ResetAccount", named<v1::ResetAccountRequest>(account));
    accounts_.told(reply.status(), account, [&](const Account& before) {
      return changed(before, [&](Account& then) { with_code(then, reply); });
    });
    end(reply.status(), [&](const Open& one) { return one.account == account; });
    forget_guesses(reply.status(), account);
  }
  void ends() {
    if (!one_in(draw(), 4)) return;
    const std::string account = name_of(drawn_account());
    const auto reply = by_olga<v1::Account>("EndAccount", named<v1::EndAccountRequest>(account));
    accounts_.told(reply.status(), account, [&](const Account& before) {
      return changed(before, [&](Account& then) {
        then.ended = true;
        then.password.clear();
        then.code.clear();
      });
    });
    end(reply.status(), [&](const Open& one) { return one.account == account; });
    forget_guesses(reply.status(), account);
  }
  void unlocked() {
    const std::string account = name_of(drawn_account());
    const auto reply =
        by_olga<v1::Account>("UnlockAccount", named<v1::UnlockAccountRequest>(account));
    accounts_.told(reply.status(), account,
                   [&](const Account& before) -> std::variant<Code, Account> {
                     return before.there ? std::variant<Code, Account>(before) : Code::NotFound;
                   });
    forget_guesses(reply.status(), account);
  }
  void redeems() {
    const auto& [id, leaf] = papers().others[below(draw(), papers().others.size())];
    const std::string account = name_of(id);
    const std::string code = accounts_.may(account).back().code;
    v1::RedeemCodeRequest request;
    request.set_code(one_in(draw(), 4) || code.size() < 2 ? "7K2M-7K2M-7K2M-7K2M" : code);
    request.set_new_password(drawn_password());
    const auto reply = ask<v1::RedeemCodeReply>(leaf, "", "SessionService/RedeemCode", request);
    const std::int64_t now_us = machine.site.clock.now().time_since_epoch().count();
    const bool went = tried(
        reply.status(), account, leaf,
        [&](const Account& one) {
          return one.there && !one.ended && one.code == request.code() &&
                 now_us < one.code_until_us;
        },
        [&](Account& one) {
          one.password = request.new_password();
          one.code.clear();
        });
    end(went ? Status() : reply.status(), [&](const Open& one) { return one.account == account; });
  }

  // The next list, or one that is no longer the newest.
  void revoked() {
    if (!one_in(draw(), 8)) return;
    const bool old = one_in(draw(), 3);
    const std::uint32_t list = old ? listed_.least : listed_.most + 1;
    if (list >= papers().lists.size()) return;
    const Open* const cecilia = officer("cecilia", papers().cecilia);
    if (cecilia == nullptr) return;
    v1::PublishRevocationListRequest request;
    request.set_party("parties/SWE");
    request.set_crl_der(papers().lists[list]);
    const auto reply = ask<v1::RevocationList>(papers().cecilia, cecilia->token,
                                               "CertificateService/PublishRevocationList", request);
    if (old && listed_.least != 0 && listed_.most == listed_.least) {
      REQUIRE_FALSE(reply.ok());
    }
    if (reply.ok()) listed_ = {std::max(listed_.least, list), std::max(listed_.most, list)};
    if (reply.status().code() == Code::Unavailable) listed_.most = std::max(listed_.most, list);
    end(reply.status(), [&](const Open& one) { return revoked(*one.leaf, list); });
  }

  // Whoever loses an appointment loses the sessions that rest on it, and may come again.
  void dismissed() {
    const std::string id = drawn_account();
    Holdings none;
    holdings_.deal("p-" + id, none);
    daemon().identity.sweep();  // as the watcher does
    over([&](const Open& one) { return one.account == name_of(id); });
    appoint(id);
  }

  void time_goes() {
    machine.site.time_goes(std::chrono::seconds(below(draw(), one_in(draw(), 8) ? 3'000 : 300)));
    if (one_in(draw(), 2)) daemon().identity.sweep();
    over([&](const Open& one) { return timed_out(one); });
  }

  Book<Account> accounts_;
  std::map<std::pair<std::string, const Leaf*>, Guesses> guesses_;
  std::vector<Open> open_;
  std::vector<Open> dead_;
  Guesses listed_;  // which list is in force, at least and at most
  std::uint64_t starts_ = 1;
};

}  // namespace

TEST_CASE("whatever fails, what was ended opens nothing, and what was not lost opens",
          "[identity][simulation]") {
  entente::testing::simulate<Simulation>(1'000, 3'000);
}

}  // namespace entente::identity::testing
