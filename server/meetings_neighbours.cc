#include "server/meetings_neighbours.h"

namespace entente {

Result<policy::AudienceId> MeetingsNeighbours::intern(store::Transaction& transaction,
                                                      const policy::Audience& audience) {
  return parts_.records.intern(transaction, audience, *parts_.catalog.audiences());
}

Result<std::optional<policy::Guard>> MeetingsNeighbours::guard_of(store::Snapshot& snapshot,
                                                                  std::string_view name) const {
  return parts_.catalog.find_guard(snapshot, name, {.when = parts_.clock.now()});
}

Result<std::vector<std::string>> MeetingsNeighbours::unknown_in(const policy::Subject& subject,
                                                                const policy::Audience& audience,
                                                                store::Snapshot& snapshot) const {
  v1::WhoCanSeeRequest who;
  v1::Visibility& visibility = *who.mutable_draft()->mutable_visibility();
  visibility.set_handling(v1::HANDLING_LIMITED);
  for (const policy::Principal& one : audience.any_of) {
    visibility.mutable_audience()->add_any_of(one.text());
  }
  for (const policy::Principal& one : audience.none_of) {
    visibility.mutable_audience()->add_none_of(one.text());
  }
  ENTENTE_TRY(const v1::WhoCanSeeReply seen, parts_.access->who_can_see(subject, who, snapshot));
  return std::vector<std::string>(seen.reckoning().unknown().begin(),
                                  seen.reckoning().unknown().end());
}

Result<std::optional<v1::Document>> MeetingsNeighbours::document(const policy::Subject& subject,
                                                                 std::string_view name,
                                                                 store::Snapshot& snapshot) const {
  return parts_.documents->find(subject, name, snapshot);
}

}  // namespace entente
