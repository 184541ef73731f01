// Random worlds of a small universe, so that names meet. A world is read off a tape of numbers:
// rapidcheck makes and shrinks the tape.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/policy/oracle.h"

namespace entente::policy::worlds {

// Numbers to choose by; zero when it has run out.
class Tape {
 public:
  explicit Tape(std::vector<std::uint16_t> cells) : cells_(std::move(cells)) {}
  // Below `bound`. Requires: bound > 0.
  std::size_t pick(std::size_t bound) { return at_ < cells_.size() ? cells_[at_++] % bound : 0; }
  // Once in `n`.
  bool once_in(std::size_t n) { return pick(n) == n - 1; }
  template <typename T>
  const T& of(const std::vector<T>& items) {
    return items[pick(items.size())];
  }
  [[nodiscard]] bool at_end() const { return at_ >= cells_.size(); }

 private:
  std::vector<std::uint16_t> cells_;
  std::size_t at_ = 0;
};

inline const std::vector<std::string> parties{"SWE", "NOR", "ERI", "IOM"};
inline const std::vector<std::string> persons{"anna", "bo", "cem", "dana", "eli"};
inline const std::vector<std::string> processes{"igc", "apc"};
inline const std::vector<std::string> bodies{"wg", "sg"};
inline const std::vector<std::string> institutions{"mfa", "moi"};
inline const std::vector<std::string> offices{"o1", "o2", "o3", "o4"};
inline const std::vector<std::string> dataflows{"flows", "wg"};  // one named like a body
inline constexpr int days = 8;

inline Instant day(std::size_t number) {
  return Instant(std::chrono::hours(24) * static_cast<std::int64_t>(number));
}

// Every principal that the universe can name.
const std::vector<Principal>& all_principals();

Span span(Tape& tape);
FactBody fact_body(Tape& tape);
// Parties and persons mostly are in being, then anything.
oracle::Log log(Tape& tape);
Audience audience(Tape& tape);
Guard guard(Tape& tape, AudienceId audience);
AsOf as_of(Tape& tape);

// Does to an editor what the log says.
World world_of(const oracle::Log& log);

// What a tape is made of.
rc::Gen<std::vector<std::uint16_t>> cells();

// Runs `property` on `count` tapes, printing the seed first; on ENTENTE_WORLDS instead, where that
// is set.
template <typename Property>
bool holds_in_worlds(const char* sentence, int count, Property property) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  const char* const asked = std::getenv("ENTENTE_WORLDS");  // NOLINT(concurrency-mt-unsafe)
  if (asked != nullptr) count = std::stoi(asked);
  params.maxSuccess = count;
  const rc::detail::TestMetadata metadata{"", sentence};
  std::printf("%s: %d worlds, RC_PARAMS=\"seed=%llu\"\n", sentence, count,
              static_cast<unsigned long long>(params.seed));
  const auto result = rc::detail::checkTestable(
      [&] {
        Tape tape(*cells());
        property(tape);
      },
      metadata, params);
  rc::detail::printResultMessage(result, std::cout);
  std::cout << std::endl;
  return result.template is<rc::detail::SuccessResult>();
}

}  // namespace entente::policy::worlds
