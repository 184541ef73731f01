// What notices must be told by the rooms beside it; main passes in who answers. All of it is asked
// on behalf of the person who will be told, so that nobody is told of what they could not see for
// themselves.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entente/v1/circulations.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::notices {

// A circulation was sent, its recipients are reminded of it, silence has adopted it or lapsed; a
// consent was asked, or answered.
struct Happening {
  std::uint64_t number = 0;  // of the news, which are numbered without gaps
  bool tells = false;        // whether it is one of these; all else is nobody's notice
  bool reminds = false;
  bool adopts = false;
  bool lapses = false;
  bool asks = false;        // of a consent; else it was answered
  std::string circulation;  // either
  std::string consent;      // or: `documents/<id>/consents/<n>`
  std::string party;        // alone for its people, `SWE`; empty: for all who may see it
  Instant at{};             // when; of what was held back, when it is not any more
  std::string sender;       // account, which is not told; empty: all are
};

struct Addressee {
  std::string email;
  std::vector<std::string> languages;  // BCP 47, as the person's entry has them
};

// What there is to know of a consent.
struct Consent {
  enum class State { Waiting, Granted, Refused };
  std::string process;  // `processes/igc`
  State state = State::Waiting;
};

class Sources {
 public:
  virtual ~Sources() = default;
  // Those after number `cursor`, at most `max`, in their order.
  [[nodiscard]] virtual std::vector<Happening> happenings_after(std::uint64_t cursor,
                                                                std::size_t max) const = 0;
  [[nodiscard]] virtual std::uint64_t newest() const = 0;
  // The same as `snapshot` has it: a transaction that has read it loses against what happens before
  // it commits. DataLoss, Unavailable: as the store.
  [[nodiscard]] virtual Result<std::uint64_t> newest(store::Snapshot& snapshot) const = 0;
  // As the subject would get it. Nothing: it may not, or it was recalled. DataLoss, Unavailable: as
  // the store.
  [[nodiscard]] virtual Result<std::optional<v1::Circulation>> circulation(
      const policy::Subject& subject, const std::string& name, store::Snapshot& snapshot) const = 0;
  // As the subject would get it. Nothing: it is neither theirs to answer nor asked by them.
  [[nodiscard]] virtual Result<std::optional<Consent>> consent(const policy::Subject& subject,
                                                               const std::string& name,
                                                               store::Snapshot& snapshot) const = 0;
  // Nothing: the person has no entry or no address in it.
  [[nodiscard]] virtual Result<std::optional<Addressee>> addressee(
      const policy::Subject& subject, store::Snapshot& snapshot) const = 0;
  // Every account of a person that has not ended, as the subject that it would be if it signed in
  // now.
  [[nodiscard]] virtual Status each_person(
      store::Snapshot& snapshot,
      const std::function<void(const policy::Subject& subject)>& visit) const = 0;
  // `ring` is called after something has happened, until the handle is dropped.
  [[nodiscard]] virtual std::shared_ptr<void> listen(std::function<void()> ring) = 0;
};

}  // namespace entente::notices
