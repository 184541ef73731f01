// What DESIGN says, written down a second time: slowly, from its sentences, with loops over all
// facts, and asking the other way round ("does this one hold that?") from the code under test. It
// shares nothing with server/policy but the plain value types.
#pragma once

#include <string>
#include <vector>

#include "server/policy/explain.h"
#include "server/policy/policy.h"
#include "server/policy/world.h"

namespace entente::policy::oracle {

// One thing that was done to the facts, in order.
struct Entry {
  bool withdraws = false;  // else puts
  Fact fact;               // of a withdrawal only the key counts
  Instant recorded_at;
};
using Log = std::vector<Entry>;

// The facts that held at `as_of.when` as they were known at `as_of.known_at`.
std::vector<FactBody> facts_at(const Log& log, const AsOf& as_of);

// Whether an account of `party` (of `person`, or a program's if empty) holds the principal.
bool holds(const std::vector<FactBody>& facts, const std::string& party, const std::string& person,
           const std::string& principal);
// Whether that person has this duty.
bool has_duty(const std::vector<FactBody>& facts, const std::string& party,
              const std::string& person, const HeldDuty& duty);

// Whether that account belongs to the audience.
bool is_in(const std::vector<FactBody>& facts, const std::string& party, const std::string& person,
           const Audience& audience);

// Whether that account may read what `guard` stands over, its audience being `audience`.
bool may_read(const std::vector<FactBody>& facts, const std::string& party,
              const std::string& person, const Guard& guard, const Audience& audience, Instant now);

}  // namespace entente::policy::oracle
