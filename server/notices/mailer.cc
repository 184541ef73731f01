#include "server/notices/mailer.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits_notices.h"

namespace entente::notices {
namespace {

constexpr std::size_t kAtOnce = 256;  // happenings that are looked at together
constexpr std::chrono::seconds kLookEvery{5};

// A day alone would be another one where the reader is.
std::string minute_of(const google::protobuf::Timestamp& time) {
  std::string text = to_rfc3339(Instant(std::chrono::seconds(time.seconds()))).substr(0, 16);
  text.replace(10, 1, " ");
  return text + " UTC";
}

}  // namespace

struct Mailer::Round {
  explicit Round(const Parts& parts) { look(parts); }

  // Anew, behind all that has happened.
  void look(const Parts& parts) {
    snapshot = parts.store.snapshot();
    now = parts.clock.now();
  }

  std::unique_ptr<store::Snapshot> snapshot;
  Instant now;
  bool reachable = true;  // the relay; once it is not, nothing more is tried in this round
  bool taken = true;      // all that it was given
};

Mailer::~Mailer() {
  thread_.request_stop();
  rung_.notify_all();
}

Status Mailer::open() {
  ENTENTE_TRY(const std::optional<Place> found, read_place(parts_.place));
  if (found) {
    place_ = *found;
    return Status();
  }
  // What happened before there was a mailer is in everybody's inbox.
  place_ = {.seen = parts_.sources.newest(),
            .open = {},
            .digested = parts_.sources.newest(),
            .held = {},
            .digest_of = digest_before(parts_.clock.now()),
            .digesting = 0};
  return write_place(parts_.place, place_);
}

Status Mailer::start() {
  ENTENTE_TRY_VOID(open());
  listening_ = parts_.sources.listen([this] {
    {
      const std::lock_guard lock(mutex_);
      ringing_ = true;
    }
    rung_.notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::chrono::seconds pause{limits::mail_pause_s_min};
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      ringing_ = false;
      lock.unlock();
      const bool taken = round();
      lock.lock();
      if (taken) {
        pause = std::chrono::seconds(limits::mail_pause_s_min);
        rung_.wait_for(lock, stop, kLookEvery, [this] { return ringing_; });
      } else {
        rung_.wait_for(lock, stop, pause, [] { return false; });
        pause = std::min(pause * 2, std::chrono::seconds(limits::mail_pause_s_max));
      }
    }
  });
  return Status();
}

Instant Mailer::digest_before(Instant now) const {
  const auto hour = std::chrono::hours(rules_.digest_hour);
  return std::chrono::floor<std::chrono::days>(now - hour) + hour;
}

bool Mailer::round() {
  Round round(parts_);
  const Place before = place_;
  const std::set<std::uint64_t> waiting = place_.open;
  for (const std::uint64_t number : waiting) {
    const std::vector<Happening> one = parts_.sources.happenings_after(number - 1, 1);
    if (one.empty() || tell(round, one.front())) place_.open.erase(number);
  }
  for (;;) {
    const std::vector<Happening> fresh = parts_.sources.happenings_after(place_.seen, kAtOnce);
    if (fresh.empty()) break;
    round.look(parts_);  // letters take their time: what came meanwhile is not in the first look
    for (const Happening& happening : fresh) {
      place_.seen = happening.number;
      if (!tell(round, happening)) place_.open.insert(happening.number);
    }
  }
  tell_digests(round);
  for (std::set<std::uint64_t>* waits : {&place_.open, &place_.held}) {
    while (waits->size() > limits::notices_open_max) {
      parts_.complain("notice.given_up",
                      Status(Code::ResourceExhausted, Reason::None, "too many wait"));
      waits->erase(waits->begin());
    }
  }
  if (place_.open.empty() && place_.digesting == 0 && round.taken) told_.clear();
  if (place_ != before) keep_place();
  return round.taken;
}

void Mailer::keep_place() {
  const Status kept = write_place(parts_.place, place_);
  if (!kept.ok()) parts_.complain("notice.place", kept);
}

bool Mailer::tell(Round& round, const Happening& happening) {
  if (!happening.tells) return true;
  if (happening.at > round.now) return false;  // under embargo
  if (round.now - happening.at > std::chrono::seconds(limits::mail_tried_for_s_max)) {
    parts_.complain("notice.given_up",
                    Status(Code::DeadlineExceeded, Reason::None, happening.circulation));
    return true;
  }
  bool done = true;
  const Status walked = parts_.sources.each_person(
      *round.snapshot,
      [&](const policy::Subject& subject) { done = tell_one(round, happening, subject) && done; });
  if (!walked.ok()) parts_.complain("notice.unread", walked);
  return done && walked.ok();
}

bool Mailer::tell_one(Round& round, const Happening& happening, const policy::Subject& subject) {
  if (subject.account == happening.sender) return true;
  const Result<std::optional<Told>> told = told_to(round, subject, happening, happening.reminds);
  if (!told.ok()) return false;
  if (!*told) return true;
  const Result<Chosen> chosen = parts_.service.chosen_by(subject, *round.snapshot);
  if (!chosen.ok()) return false;
  if (chosen->delivery_of(happening.number) != v1::NoticeSettings::AT_ONCE) return true;
  const v1::NoticeSettings& settings = chosen->settings;
  return post(round, subject, "happening " + std::to_string(happening.number),
              one_notice(settings.language(), **told, rules_.portal + "/#/account"), settings);
}

// By number and not by hour: what happened before the hour may become durable behind it. What a
// digest tells is settled when it is begun, so that who is told in a later round is told the same.
void Mailer::tell_digests(Round& round) {
  const Instant due = digest_before(round.now);
  if (place_.digesting == 0) {
    if (due <= place_.digest_of) return;
    place_.digest_of = due;
    place_.digesting = place_.seen;
    keep_place();
  }
  std::vector<Happening> all;
  std::set<std::uint64_t> held;
  const auto take = [&](const Happening& one) {
    if (!one.tells) return;
    if (one.at < place_.digest_of) {
      all.push_back(one);
    } else {
      held.insert(one.number);
    }
  };
  for (const std::uint64_t number : place_.held) {
    for (const Happening& one : parts_.sources.happenings_after(number - 1, 1)) take(one);
  }
  for (std::uint64_t cursor = place_.digested; cursor < place_.digesting;) {
    const std::size_t left = std::min<std::size_t>(kAtOnce, place_.digesting - cursor);
    const std::vector<Happening> some = parts_.sources.happenings_after(cursor, left);
    if (some.empty()) break;
    std::ranges::for_each(some, take);
    cursor = some.back().number;
  }
  bool done = true;
  const Status walked = parts_.sources.each_person(
      *round.snapshot,
      [&](const policy::Subject& subject) { done = tell_digest(round, subject, all) && done; });
  if (!done || !walked.ok()) return;
  place_.digested = place_.digesting;
  place_.held = std::move(held);
  place_.digesting = 0;
}

bool Mailer::tell_digest(Round& round, const policy::Subject& subject,
                         const std::vector<Happening>& all) {
  const Result<Chosen> chosen = parts_.service.chosen_by(subject, *round.snapshot);
  if (!chosen.ok()) return false;
  const v1::NoticeSettings& settings = chosen->settings;
  std::vector<Told> told;
  for (const Happening& one : all) {
    if (chosen->delivery_of(one.number) != v1::NoticeSettings::DAILY) continue;
    if (one.sender == subject.account) continue;
    Result<std::optional<Told>> one_told = told_to(round, subject, one, /*unasked=*/true);
    if (!one_told.ok()) return false;
    if (*one_told) told.push_back(**std::move(one_told));
  }
  if (told.empty()) return true;
  return post(
      round, subject, "digest " + to_rfc3339(place_.digest_of),
      digest(settings.language(), told, limits::digest_lines_max, rules_.portal + "/#/account"),
      settings);
}

Result<std::optional<Told>> Mailer::told_to(const Round& round, const policy::Subject& subject,
                                            const Happening& happening, bool unasked) const {
  if (!happening.consent.empty()) return told_of_consent(round, subject, happening);
  ENTENTE_TRY(const std::optional<v1::Circulation> seen,
              parts_.sources.circulation(subject, happening.circulation, *round.snapshot));
  const bool ends = happening.adopts || happening.lapses;
  if (!seen || (unasked && !ends && seen->has_acknowledged_at())) {
    return std::optional<Told>();
  }
  return std::optional<Told>(
      {.sender = ends ? seen->sender() : happening.sender,
       .process = seen->process(),
       .ask = seen->ask(),
       .deadline = seen->has_deadline() ? minute_of(seen->deadline()) : "",
       .reminds = happening.reminds,
       .adopted = happening.adopts,
       .lapsed = happening.lapses,
       .consent = Told::Consent::None,
       .link = rules_.portal + "/#/circulation/" +
               happening.circulation.substr(happening.circulation.find('/') + 1)});
}

// As it is by now: what was asked and answered meanwhile is told as answered, to who asked.
Result<std::optional<Told>> Mailer::told_of_consent(const Round& round,
                                                    const policy::Subject& subject,
                                                    const Happening& happening) const {
  if (subject.party != happening.party) return std::optional<Told>();
  ENTENTE_TRY(const std::optional<Consent> seen,
              parts_.sources.consent(subject, happening.consent, *round.snapshot));
  if (!seen || (seen->state != Consent::State::Waiting) == happening.asks) {
    return std::optional<Told>();
  }
  const std::string document = happening.consent.substr(0, happening.consent.find("/consents/"));
  return std::optional<Told>(
      {.sender = happening.sender,
       .process = seen->process,
       .ask = v1::Circulation::INFORMATION,
       .deadline = "",
       .reminds = false,
       .adopted = false,
       .lapsed = false,
       .consent = seen->state == Consent::State::Waiting   ? Told::Consent::Waiting
                  : seen->state == Consent::State::Granted ? Told::Consent::Granted
                                                           : Told::Consent::Refused,
       .link = rules_.portal + "/#/document/" + document.substr(document.find('/') + 1)});
}

bool Mailer::post(Round& round, const policy::Subject& subject, std::string key, Text text,
                  const v1::NoticeSettings& to) {
  if (!is_address(to.address())) return true;  // none, or none that mail goes to
  const std::pair<std::string, std::string> what{std::move(key), subject.account};
  if (told_.count(what) != 0) return true;
  if (!round.reachable) return false;
  // The same for the same, and nobody reads an account out of it.
  const Secret under = parts_.store.purpose_key("notices.message_id");
  const std::string id =
      to_hex(as_view(hmac_sha256(under, what.first + '\n' + what.second)).substr(0, 16));
  std::string why;
  const Posted posted = parts_.post->send({.from = rules_.from,
                                           .to = to.address(),
                                           .id = id,
                                           .text = std::move(text),
                                           .language = to.language(),
                                           .at = round.now},
                                          why);
  if (posted == Posted::Later || posted == Posted::Unreachable) {
    round.taken = false;
    round.reachable = posted == Posted::Later;
    parts_.complain("notice.waits", Status(Code::Unavailable, Reason::None, why));
    return false;
  }
  if (posted == Posted::Never) {
    parts_.complain("notice.refused",
                    Status(Code::FailedPrecondition, Reason::None, subject.account + ": " + why));
  }
  told_.insert(what);
  return true;
}

}  // namespace entente::notices
