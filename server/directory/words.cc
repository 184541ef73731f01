#include "server/directory/words.h"

#include <algorithm>

#include "proto/contract/bytes.h"
#include "server/directory/names.h"

namespace entente::directory {

using policy::Action;

Status not_yours(std::string_view name) {
  return Status(Code::PermissionDenied, Reason::NotYours,
                "`" + std::string(name) + "` is not yours to change");
}

Status stale(std::string_view name) {
  return Status(Code::Aborted, Reason::RevisionStale,
                "`" + std::string(name) + "` has changed since the revision that you saw");
}

bool good_text(const std::string& text, std::size_t bytes_max) {
  return text.size() <= bytes_max && is_utf8(text) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string id_prefix(const std::string& party) {
  std::string prefix = id_in(party, "parties") + ".";
  std::transform(prefix.begin(), prefix.end(), prefix.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return prefix;
}

bool holds(const policy::Subject& subject, policy::Duty duty, const std::string& process) {
  return std::any_of(
      subject.duties.begin(), subject.duties.end(),
      [&](const policy::HeldDuty& held) { return held.duty == duty && held.process == process; });
}

policy::Decision decide_change(const policy::Subject& subject, const policy::Guard& guard,
                               Instant now) {
  const policy::Decision own = policy::decide(subject, Action::ChangeOwn, guard, now);
  return own.permits() ? own : decide_keep(subject, guard, now);
}

policy::Decision decide_keep(const policy::Subject& subject, const policy::Guard& guard,
                             Instant now) {
  const policy::Decision party = policy::decide(subject, Action::KeepParty, guard, now);
  return party.permits() ? party : policy::decide(subject, Action::KeepProcess, guard, now);
}

}  // namespace entente::directory
