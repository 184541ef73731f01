// Makes the invented people of a demonstration: for every party that takes part in a process a
// focal point, for some a deputy, an acting holder or a duty contact; contacts of working groups,
// thematic coordinators, chairs and staff of secretariats. Names fit the party's language and
// script; addresses and numbers are nobody's (deploy/demo-data/names.textproto).
//
// Pure: the same arguments give the same people, and what one party gets does not depend on what
// other parties there are. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "server/directory/definitions/parse.h"

namespace entente::directory {

// People for `network` on `today`. Those whom `accounts` names come as they stand there, first, and
// nobody is made for an office that one of them holds. Requires: all three were parsed by parse.h.
[[nodiscard]] config::DemoPeople demo_people(const Network& network, const config::NameStock& stock,
                                             const config::DemoAccounts& accounts,
                                             std::chrono::sys_days today, std::uint64_t seed);

// Those whom `accounts` names, and nobody else: a network that is no demonstration.
[[nodiscard]] config::DemoPeople holders_of(const config::DemoAccounts& accounts);

}  // namespace entente::directory
