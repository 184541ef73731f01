// Who sees what in the directory unless somebody says otherwise. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "entente/v1/types.pb.h"
#include "server/policy/policy.h"

namespace entente::directory {

// Everyone who takes part in any of these processes: processes, parties, participations and bodies.
[[nodiscard]] policy::Audience network_audience(const std::vector<std::string>& processes);
// Those who take part in the process, and the own party: persons and offices. Without a process:
// the own party alone.
[[nodiscard]] policy::Audience process_audience(const std::string& process,
                                                const std::string& party);
// Members and secretariat of the process, and the own party: a mobile number.
[[nodiscard]] policy::Audience members_audience(const std::string& process,
                                                const std::string& party);

// InvalidArgument: a principal is malformed, or there are more than
// limits::audience_principals_max.
[[nodiscard]] v1::Visibility to_wire(const policy::Audience& audience, policy::Handling handling);

}  // namespace entente::directory
