// entente.v1.AccessService: who can see it, why can I, who could, and the preview of a change. Said
// by policy/, of facts and guards that other rooms keep. Reads only; nothing is recorded.
//
// Threads: any. Owned by main; what it is given outlives it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/access.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/identity/access_sources.h"
#include "server/identity/gate.h"
#include "server/policy/policy.h"

namespace entente::identity {

class AccessService {
 public:
  struct Parts {
    const WorldSource& worlds;
    const LineSource& lines;
    std::vector<const GuardSource*> guards;  // asked in turn; a name belongs to one of them
    const Clock& clock;
  };
  explicit AccessService(Parts parts) : parts_(std::move(parts)) {}

  void add_to(Gate& gate);

  // As access.proto says, errors and all.
  Result<v1::WhoCanSeeReply> who_can_see(const policy::Subject& subject,
                                         const v1::WhoCanSeeRequest& message,
                                         store::Snapshot& snapshot) const;
  Result<v1::ExplainMyAccessReply> explain_my_access(const policy::Subject& subject,
                                                     const v1::ExplainMyAccessRequest& message,
                                                     store::Snapshot& snapshot) const;
  Result<v1::WhoCouldSeeReply> who_could_see(const policy::Subject& subject,
                                             const v1::WhoCouldSeeRequest& message,
                                             store::Snapshot& snapshot) const;
  Result<v1::PreviewChangeReply> preview_change(const policy::Subject& subject,
                                                const v1::PreviewChangeRequest& message,
                                                store::Snapshot& snapshot) const;

 private:
  struct View;  // one caller's, for one call
  Parts parts_;
};

}  // namespace entente::identity
