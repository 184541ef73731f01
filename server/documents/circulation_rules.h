// What a circulation and an answer to one must be. InvalidArgument (FieldInvalid) names the field;
// FailedPrecondition says what has come of the circulation.
//
// Threads: any.
#pragma once

#include <string>

#include "entente/v1/circulations.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/documents/record.pb.h"
#include "server/policy/policy.h"

namespace entente::documents {

[[nodiscard]] Status check_circulation(const v1::Circulation& circulation, Instant now);
// A silence ends while what stands under the guard can be read: behind its embargo, before it
// expires. `what`: whose guard it is, as its caller is told.
[[nodiscard]] Status check_deadline(const v1::Circulation& circulation, const policy::Guard& guard,
                                    const std::string& what);
// Whether what was asked still waits for somebody: of a silence that is over nothing does. A
// comment or an act that is late is still wanted.
[[nodiscard]] Status check_waits(const record::Circulation& row, Instant now);
// What `response` answers, and whether it still can. Who breaks a silence that is broken already
// changes nothing: that is for the caller to look at.
[[nodiscard]] Status check_response(const v1::Response& response, const record::Circulation& row,
                                    Instant now);

}  // namespace entente::documents
