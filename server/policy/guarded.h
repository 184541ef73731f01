// An object under its guard. What a domain room finds in the store it holds as `Guarded<T>`: the
// guard can be read, the object cannot, until a Decision made on that very guard opens it.
// Functions that make replies take `const Opened<T>&`, so a handler that returns an object without
// a decision does not compile (tests/policy/opens_only_by_decision).
//
//   const policy::Decision decision = policy::decide(subject, Action::Read, document.guard(), now);
//   if (!decision.permits()) return not_found(name);
//   ENTENTE_TRY_VOID(record(...));
//   return to_wire(document.open(decision));
//
// Values; any thread.
#pragma once

#include <utility>

#include "proto/contract/status.h"
#include "server/policy/policy.h"

namespace entente::policy {

template <typename T>
class Guarded;

// A view of an object that a decision has opened. Lives no longer than the Guarded it is of; handed
// down, not kept.
template <typename T>
class Opened {
 public:
  [[nodiscard]] const T& operator*() const { return *object_; }
  [[nodiscard]] const T* operator->() const { return object_; }
  // By what action it was opened: a reply to one that changes may hold more than one to a reader.
  [[nodiscard]] Action action() const { return action_; }

 private:
  friend class Guarded<T>;
  Opened(const T& object, Action action) : object_(&object), action_(action) {}
  const T* object_;
  Action action_;
};

template <typename T>
class Guarded {
 public:
  Guarded(Guard guard, T object) : guard_(std::move(guard)), object_(std::move(object)) {}

  [[nodiscard]] const Guard& guard() const { return guard_; }

  // Requires: the decision permits and was made on this guard: to check one object and open another
  // is a bug, and ends the daemon.
  [[nodiscard]] Opened<T> open(const Decision& decision) const& {
    ENTENTE_CHECK(decision.permits());
    ENTENTE_CHECK(decision.is_about(guard_));
    return Opened<T>(object_, decision.action());
  }
  // The view would outlive the object.
  Opened<T> open(const Decision& decision) const&& = delete;
  // The object itself, for a reply that is made of it without a copy. Requires: as open().
  [[nodiscard]] T take(const Decision& decision) && {
    ENTENTE_CHECK(decision.permits());
    ENTENTE_CHECK(decision.is_about(guard_));
    return std::move(object_);
  }

 private:
  Guard guard_;
  T object_;
};

}  // namespace entente::policy
