#include "server/meetings/rows.h"

#include <algorithm>

#include "server/store/message_rows.h"

namespace entente::meetings {
namespace {

store::Key key(store::Table table, const store::Id& id) { return store::Key(table).id(id); }

// Sets what every revision bears, and writes it as the newest and as itself.
template <typename Row>
void write(store::Transaction& transaction, Row& row, const store::SealName& seal,
           store::Table newest, store::Table revisions, Instant now) {
  const store::Id id = store::Id::from(row.id());
  row.set_revision(row.revision() + 1);
  row.set_recorded_at_us(std::max(to_micros(now), row.recorded_at_us() + 1));
  row.mutable_shown()->set_revision(row.revision());
  const std::string bytes = row.SerializeAsString();
  transaction.put(key(newest, id), bytes, seal);
  transaction.put(key(revisions, id).number(row.revision()), bytes, seal);
}

}  // namespace

Result<store::SealName> Rows::seal_of(std::string_view process) const {
  const store::SealName seal{.scope = store::SealName::Scope::Process,
                             .id = store_.blind("process", process)};
  ENTENTE_TRY_VOID(store_.ensure_seal(seal));
  return seal;
}

Rows::Found<record::Meeting> Rows::read_meeting(store::Snapshot& snapshot,
                                                const store::Id& meeting) const {
  return store::find_message<record::Meeting>(snapshot, key(meetings_table, meeting));
}
Rows::Found<record::Series> Rows::read_series(store::Snapshot& snapshot,
                                              const store::Id& series) const {
  return store::find_message<record::Series>(snapshot, key(series_table, series));
}

Rows::Found<Rows::Meeting> Rows::find(store::Snapshot& snapshot, const store::Id& meeting) const {
  ENTENTE_TRY(auto row, read_meeting(snapshot, meeting));
  if (!row) return std::optional<Meeting>();
  policy::Guard guard = guard_of(row->guard());
  return std::optional<Meeting>(Meeting(std::move(guard), *std::move(row)));
}

Rows::Found<Rows::Meeting> Rows::find_frame(store::Snapshot& snapshot,
                                            const store::Id& meeting) const {
  ENTENTE_TRY(auto row, read_meeting(snapshot, meeting));
  if (!row) return std::optional<Meeting>();
  policy::Guard guard = guard_of(row->frame());
  return std::optional<Meeting>(Meeting(std::move(guard), *std::move(row)));
}

Rows::Found<Rows::Series> Rows::find_series(store::Snapshot& snapshot,
                                            const store::Id& series) const {
  ENTENTE_TRY(auto row, read_series(snapshot, series));
  if (!row) return std::optional<Series>();
  policy::Guard guard = guard_of(row->guard());
  return std::optional<Series>(Series(std::move(guard), *std::move(row)));
}

Status Rows::save(store::Transaction& transaction, record::Meeting& meeting, Instant now) const {
  ENTENTE_TRY(const store::SealName seal, seal_of(meeting.guard().process()));
  meeting.mutable_shown()->set_name(meeting_name(store::Id::from(meeting.id())));
  write(transaction, meeting, seal, meetings_table, meeting_revisions_table, now);
  return {};
}

Status Rows::save(store::Transaction& transaction, record::Series& series, Instant now) const {
  ENTENTE_TRY(const store::SealName seal, seal_of(series.guard().process()));
  series.mutable_shown()->set_name(series_name(store::Id::from(series.id())));
  set_time(*series.mutable_shown()->mutable_recorded_at(), now);
  write(transaction, series, seal, series_table, series_revisions_table, now);
  return {};
}

Status Rows::each_meeting(store::Snapshot& snapshot,
                          const std::function<void(record::Meeting)>& visit) const {
  return store::each_message<record::Meeting>(snapshot, store::Key(meetings_table), std::nullopt,
                                              visit);
}

Status Rows::each_series(store::Snapshot& snapshot,
                         const std::function<void(record::Series)>& visit) const {
  return store::each_message<record::Series>(snapshot, store::Key(series_table), std::nullopt,
                                             visit);
}

Status Rows::each_guard(store::Snapshot& snapshot, const store::Id& meeting,
                        const std::function<void(Instant, const record::Meeting&)>& visit) const {
  return store::each_message<record::Meeting>(
      snapshot, key(meeting_revisions_table, meeting), std::nullopt,
      [&](const record::Meeting& row) { visit(from_micros(row.recorded_at_us()), row); });
}

}  // namespace entente::meetings
