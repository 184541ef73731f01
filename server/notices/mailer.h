// Follows what happens and writes to whom it concerns: at once, or in the morning. Each person is
// told what they could see for themselves at that moment, decided by the code that decides
// everything else.
//
// A letter that the relay does not take now is tried again for three days; one that it refuses for
// good is given up. What was told is kept in memory, how far all are told in the place file: after
// a crash some may be told twice (with the same Message-ID), none not at all.
//
// Threads: one of its own, from start() to its end. Owned by the room.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "proto/contract/clock.h"
#include "server/notices/place.h"
#include "server/notices/post.h"
#include "server/notices/service.h"
#include "server/notices/sources.h"
#include "server/store/store.h"

namespace entente::notices {

struct MailRules {
  std::string from;               // an address
  std::string portal;             // where the portal is, `https://entente.example:8443`
  std::uint32_t digest_hour = 6;  // of the day in UTC, 0 to 23
};

class Mailer {
 public:
  struct Parts {
    store::Store& store;
    const Service& service;
    Sources& sources;
    const Clock& clock;
    std::unique_ptr<Post> post;
    std::filesystem::path place;
    // For the operator's log: what was not sent, and why; never with an address. The mailer's
    // thread.
    std::function<void(std::string_view what, const Status& why)> complain;
  };
  Mailer(MailRules rules, Parts parts) : rules_(std::move(rules)), parts_(std::move(parts)) {}
  ~Mailer();
  Mailer(const Mailer&) = delete;
  Mailer& operator=(const Mailer&) = delete;

  // Goes on from what happens now, or from where the last one was; then runs, or from where the
  // last one was. DataLoss, Unavailable: as the place file.
  [[nodiscard]] Status start();

  // One round, as the thread does it: whether the relay took all that it was given. Before start(),
  // for tests.
  [[nodiscard]] Status open();
  bool round();

 private:
  struct Round;  // what one round sees
  // Whether nothing of it is left to do.
  bool tell(Round& round, const Happening& happening);
  bool tell_one(Round& round, const Happening& happening, const policy::Subject& subject);
  // The digest that is due, or the rest of one that was begun.
  void tell_digests(Round& round);
  bool tell_digest(Round& round, const policy::Subject& subject, const std::vector<Happening>& all);
  // Whether it needs not be tried again.
  bool post(Round& round, const policy::Subject& subject, std::string key, Text text,
            const v1::NoticeSettings& to);
  // What the subject is to be told of it; nothing, if it is not for them, or not any more.
  // `unasked`: not what they have acknowledged either.
  [[nodiscard]] Result<std::optional<Told>> told_to(const Round& round,
                                                    const policy::Subject& subject,
                                                    const Happening& happening, bool unasked) const;
  [[nodiscard]] Result<std::optional<Told>> told_of_consent(const Round& round,
                                                            const policy::Subject& subject,
                                                            const Happening& happening) const;
  [[nodiscard]] Instant digest_before(Instant now) const;
  void keep_place();

  const MailRules rules_;
  Parts parts_;
  Place place_;
  std::set<std::pair<std::string, std::string>>
      told_;  // what, and to which account; of what is open
  std::shared_ptr<void> listening_;
  std::mutex mutex_;
  std::condition_variable_any rung_;
  bool ringing_ = false;
  std::jthread thread_;  // The last: it uses all of the above.
};

}  // namespace entente::notices
