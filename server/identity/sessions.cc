#include "server/identity/sessions.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "proto/contract/bytes.h"
#include "server/identity/authorization.h"
#include "server/policy/occasion.h"

namespace entente::identity {
namespace {

// What holds only until an instant (a span's end) is seen at most this much later.
constexpr Tick subject_age_max = std::chrono::milliseconds(500);

Tick ms(std::uint32_t count) { return std::chrono::milliseconds(count); }

// Nothing but a party's name, an institution's or one's own.
bool is_ground(const policy::Principal& principal) {
  using Kind = policy::Principal::Kind;
  const Kind kind = principal.parts().kind;
  return kind != Kind::Party && kind != Kind::Institution && kind != Kind::Person &&
         kind != Kind::Account;
}

// Whether a loss ends the session: any of what its holder is; or the last invitation of who is here
// for that alone. One that is taken back from others narrows what they see, as sight follows.
bool lost_ground(const policy::Subject& before, const Holdings& now) {
  bool lost = false;
  for (const policy::Principal& one : before.principals) {
    if (now.principals.count(one) != 0) continue;
    if (!policy::is_of_occasion(one)) return true;
    lost = true;
  }
  if (lost && now.duties.empty() && std::ranges::none_of(now.principals, is_ground)) return true;
  return std::ranges::any_of(before.duties, [&](const policy::HeldDuty& duty) {
    return std::ranges::find(now.duties, duty) == now.duties.end();
  });
}

}  // namespace

Status signed_out() { return Status(Code::Unauthenticated, Reason::SignedOut, "sign in first"); }

std::size_t Sessions::DigestHash::operator()(const Digest& digest) const {
  std::size_t hash = 0;  // Already as good as random.
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

Sessions::Sessions(SessionLimits limits, const HoldingsSource& holdings, const Clock& clock,
                   Entropy& entropy)
    : limits_(limits), holdings_(holdings), clock_(clock), entropy_(entropy) {}

Sessions::Opened Sessions::open(SessionFacts facts) {
  std::vector<SessionPointer> others = of_account(facts.account);
  std::erase_if(others, [&](const SessionPointer& other) {
    return other->read_only() == facts.application_password.empty();
  });
  if (others.size() >= limits_.per_account) {
    end(*std::ranges::min_element(others, {},
                                  [](const SessionPointer& other) { return other->used_.load(); }));
  }
  Opened opened{.token = Secret(entropy_.bytes(token_bytes)),
                .session = std::make_shared<Session>()};
  Session& session = *opened.session;
  session.facts_ = std::move(facts);
  session.id_ = to_hex(entropy_.bytes(16));
  session.token_ = sha256(opened.token.reveal(SecretAccess{}));
  session.started_at_ = clock_.now();
  session.started_ = clock_.tick();
  session.used_ = session.started_;
  session.order_ = next_order_++;
  session.idle_ = ms(limits_.idle_ms);
  if (!session.read_only()) {
    session.has_password_ = true;
    session.password_at_ = session.started_;
    session.password_instant_ = session.started_at_;
  }
  Shard& shard = shard_of(session.token_);
  const std::unique_lock lock(shard.mutex);
  shard.by_token[session.token_] = opened.session;
  return opened;
}

SessionPointer Sessions::find(const Secret& token, const Digest& certificate) const {
  const Digest digest = sha256(token.reveal(SecretAccess{}));
  const Shard& shard = shard_of(digest);
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.by_token.find(digest);
  if (found == shard.by_token.end()) return nullptr;
  // Bound to the certificate, as RFC 8705 section 3 binds it. A tool's has no token that was told.
  if (!equal_constant_time(as_view(found->second->facts_.certificate), as_view(certificate)) ||
      found->second->read_only()) {
    return nullptr;
  }
  return found->second;
}

Tick Sessions::idle_of(const policy::Subject& subject) const {
  const bool secretariat = std::ranges::any_of(subject.duties, [](const policy::HeldDuty& duty) {
    return duty.duty == policy::Duty::Secretariat;
  });
  return ms(secretariat ? limits_.secretariat_idle_ms : limits_.idle_ms);
}

bool Sessions::over(const Session& session, Tick tick) const {
  return tick - session.started_ >= ms(limits_.absolute_ms) ||
         tick - session.used_.load() >= session.idle_.load() ||
         clock_.now() >= session.facts_.certificate_ends;
}

Result<SubjectPointer> Sessions::subject(const SessionPointer& session, Use use) {
  const Tick tick = clock_.tick();
  bool ends = false;
  bool changed = false;
  SubjectPointer subject;
  {
    const std::lock_guard lock(session->mutex_);
    if (session->ended_) return signed_out();
    // Read before the holdings: what changes meanwhile is seen at the next call.
    const std::uint64_t generation = holdings_.generation();
    const bool current = session->subject_ && !session->subject_stale_ &&
                         session->generation_ == generation &&
                         tick - session->made_ < subject_age_max;
    ends = over(*session, tick);
    if (!ends && !current) {
      const SessionFacts& facts = session->facts_;
      Holdings held = holdings_.holdings(facts.party, facts.person, clock_.now());
      ends = session->subject_ && lost_ground(*session->subject_, held);
      if (!ends) {
        auto made = std::make_shared<policy::Subject>();
        made->account = facts.account;
        made->party = facts.party;
        made->person = facts.person;
        made->sight = holdings_.sight(held.principals);
        made->principals = std::move(held.principals);
        made->duties = std::move(held.duties);
        made->session = session->id_;
        made->password_at = session->password_instant_;
        made->read_only = session->read_only();
        changed = session->subject_ && (made->principals != session->subject_->principals ||
                                        made->duties != session->subject_->duties ||
                                        !(made->sight == session->subject_->sight));
        session->idle_ = idle_of(*made);
        session->subject_ = std::move(made);
        session->subject_stale_ = false;
        session->generation_ = generation;
        session->made_ = tick;
        ends = over(*session, tick);  // A secretariat's idle time is shorter.
      }
    }
    subject = session->subject_;
    if (!ends && use == Use::Call) session->used_ = tick;
  }
  if (ends) {
    end(session);
    return signed_out();
  }
  if (changed) wake(*session);
  return subject;
}

Result<SubjectPointer> Sessions::pin(const SessionPointer& session,
                                     store::Transaction& transaction) {
  ENTENTE_TRY_VOID(holdings_.pin(transaction));
  return subject(session, Use::Look);
}

bool Sessions::stepped_up(const Session& session) const {
  return session.has_password_ &&
         clock_.tick() - session.password_at_.load() < ms(limits_.step_up_ms);
}

void Sessions::step_up(const SessionPointer& session) {
  const std::lock_guard lock(session->mutex_);
  session->password_at_ = clock_.tick();
  session->password_instant_ = clock_.now();
  session->subject_stale_ = true;
}

void Sessions::end(const SessionPointer& session) {
  {
    Shard& shard = shard_of(session->token_);
    const std::unique_lock lock(shard.mutex);
    shard.by_token.erase(session->token_);
  }
  {
    const std::lock_guard lock(session->mutex_);
    session->ended_ = true;
  }
  wake(*session);
}

void Sessions::wake(Session& session) {
  std::vector<net::Waker> wakers;
  {
    const std::lock_guard lock(session.mutex_);
    for (const auto& [id, waker] : session.wakers_) wakers.push_back(waker);
  }
  for (const net::Waker& waker : wakers) waker();
}

std::size_t Sessions::end_where(const std::function<bool(const Session&)>& which) {
  std::size_t ended = 0;
  for (const SessionPointer& session : all()) {
    if (!which(*session)) continue;
    end(session);
    ++ended;
  }
  return ended;
}

std::vector<SessionPointer> Sessions::all() const {
  std::vector<SessionPointer> out;
  for (const Shard& shard : shards_) {
    const std::shared_lock lock(shard.mutex);
    for (const auto& [token, session] : shard.by_token) out.push_back(session);
  }
  return out;
}

std::vector<SessionPointer> Sessions::of_account(std::string_view account) const {
  std::vector<SessionPointer> out = all();
  const Tick tick = clock_.tick();
  std::erase_if(out, [&](const SessionPointer& session) {
    return session->facts_.account != account || over(*session, tick);
  });
  std::ranges::sort(out, std::greater{}, [](const SessionPointer& s) { return s->order_; });
  return out;
}

SessionPointer Sessions::of(const policy::Subject& subject) const {
  for (SessionPointer& session : of_account(subject.account)) {
    if (session->id() == subject.session) return std::move(session);
  }
  return nullptr;
}

std::vector<SessionPointer> Sessions::streaming() const {
  std::vector<SessionPointer> out;
  for (const SessionPointer& session : all()) {
    const std::lock_guard lock(session->mutex_);
    out.insert(out.end(), session->wakers_.size(), session);
  }
  return out;
}

std::size_t Sessions::size() const { return all().size(); }

Instant Sessions::ends_at(const Session& session) const {
  const Tick left = session.started_ + ms(limits_.absolute_ms) - clock_.tick();
  return std::min(clock_.now() + left, session.facts_.certificate_ends);
}

Instant Sessions::idle_ends_at(const Session& session) const {
  const Tick left = session.used_.load() + session.idle_.load() - clock_.tick();
  return std::min(clock_.now() + left, ends_at(session));
}

std::optional<Instant> Sessions::stepped_up_until(const Session& session) const {
  if (!stepped_up(session)) return std::nullopt;
  return clock_.now() + (session.password_at_.load() + ms(limits_.step_up_ms) - clock_.tick());
}

std::unique_ptr<Sessions::Watch> Sessions::watch(const SessionPointer& session, net::Waker waker) {
  const std::lock_guard lock(session->mutex_);
  const std::uint64_t id = session->next_waker_++;
  session->wakers_[id] = std::move(waker);
  return std::make_unique<Watch>(session, id);
}

Sessions::Watch::~Watch() {
  const std::lock_guard lock(session_->mutex_);
  session_->wakers_.erase(id_);
}

void Sessions::sweep() {
  for (const SessionPointer& session : all()) {
    static_cast<void>(subject(session, Use::Look));  // Ends what is over; that is all we want.
  }
}

}  // namespace entente::identity
