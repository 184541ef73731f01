#include "server/directory/words.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "proto/contract/bytes.h"
#include "server/directory/names.h"

namespace entente::directory {
namespace {

using policy::Action;

// How many letters have to be put in, left out or changed to make `b` of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, corner + 1});
    }
  }
  return row.back();
}

// Words that are long enough to be written wrongly, and short enough to be compared.
std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.size() >= 4 && word.size() <= 32) words.push_back(word);
  }
  return words;
}

}  // namespace

Status not_yours(std::string_view name) {
  return Status(Code::PermissionDenied, Reason::NotYours,
                "`" + std::string(name) + "` is not yours to change");
}

Status stale(std::string_view name) {
  return Status(Code::Aborted, Reason::RevisionStale,
                "`" + std::string(name) + "` has changed since the revision that you saw");
}

Result<Instant> when_of(const std::string& as_of, Instant now) {
  if (as_of.empty()) return now;
  const auto day = first_day_of(as_of);
  if (!day) return invalid_argument("as_of", "must be a day such as `2026-11-23`");
  return Instant(*day);
}

Status check_filter(const char* field, const std::string& name, std::string_view collection) {
  if (name.empty() || !id_in(name, collection).empty()) return Status();
  return invalid_argument(field, "must be a name such as `" + std::string(collection) + "/...`");
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

bool has_topic(const std::string& topics, const std::string& wanted) {
  for (std::string_view rest = wanted; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (topics.find(" " + std::string(word)) == std::string::npos) return false;
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  return true;
}

bool has_near_word(std::string_view topics, std::string_view wanted) {
  constexpr std::size_t words_max = 4;
  std::vector<std::string_view> asked = words_in(wanted);
  if (asked.size() > words_max) asked.resize(words_max);
  const std::vector<std::string_view> there = words_in(topics);
  return std::any_of(asked.begin(), asked.end(), [&](std::string_view one) {
    return std::any_of(there.begin(), there.end(), [&](std::string_view word) {
      return distance(one, word) <= (one.size() < 6 ? 1 : 2);
    });
  });
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
