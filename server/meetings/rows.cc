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

Status Rows::save(store::Transaction& transaction, const store::Id& meeting,
                  std::string_view process, record::Participant& participant, Instant now) const {
  ENTENTE_TRY(const store::SealName seal, seal_of(process));
  const store::Id id = store::Id::from(participant.id());
  participant.set_revision(participant.revision() + 1);
  participant.set_recorded_at_us(std::max(to_micros(now), participant.recorded_at_us() + 1));
  participant.mutable_shown()->set_name(participant_name(meeting, id));
  set_time(*participant.mutable_shown()->mutable_recorded_at(), now);
  const std::string bytes = participant.SerializeAsString();
  transaction.put(key(participants_table, meeting).id(id), bytes, seal);
  transaction.put(key(participant_revisions_table, meeting).id(id).number(participant.revision()),
                  bytes, seal);
  return {};
}

Result<std::vector<record::Participant>> Rows::participants(store::Snapshot& snapshot,
                                                            const store::Id& meeting) const {
  return store::messages_under<record::Participant>(snapshot, key(participants_table, meeting));
}

Rows::Found<record::Participant> Rows::read_participant(store::Snapshot& snapshot,
                                                        const ParticipantName& name) const {
  return store::find_message<record::Participant>(
      snapshot, key(participants_table, name.meeting).id(name.participant));
}

Status Rows::each_participant_revision(
    store::Snapshot& snapshot, const std::function<void(record::Participant)>& visit) const {
  return store::each_message<record::Participant>(snapshot, store::Key(participant_revisions_table),
                                                  std::nullopt, visit);
}

Rows::Found<record::Record> Rows::read_record(store::Snapshot& snapshot,
                                              const store::Id& meeting) const {
  return store::find_message<record::Record>(snapshot, key(records_table, meeting));
}

Rows::Found<Rows::Record> Rows::find_record(store::Snapshot& snapshot,
                                            const store::Id& meeting) const {
  ENTENTE_TRY(auto row, read_record(snapshot, meeting));
  if (!row) return std::optional<Record>();
  policy::Guard guard = guard_of(row->guard());
  return std::optional<Record>(Record(std::move(guard), *std::move(row)));
}

Rows::Found<Rows::Record> Rows::find_record_revision(store::Snapshot& snapshot,
                                                     const store::Id& meeting,
                                                     std::uint64_t revision) const {
  ENTENTE_TRY(auto row, store::find_message<record::Record>(
                            snapshot, key(record_revisions_table, meeting).number(revision)));
  if (!row) return std::optional<Record>();
  policy::Guard guard = guard_of(row->guard());
  return std::optional<Record>(Record(std::move(guard), *std::move(row)));
}

Status Rows::save(store::Transaction& transaction, std::string_view process, record::Record& record,
                  Instant now) const {
  ENTENTE_TRY(const store::SealName seal, seal_of(process));
  const store::Id meeting = store::Id::from(record.meeting());
  record.set_revision(record.revision() + 1);
  record.set_recorded_at_us(std::max(to_micros(now), record.recorded_at_us() + 1));
  v1::MeetingRecord& shown = *record.mutable_shown();
  shown.set_name(record_name(meeting));
  shown.set_revision(record.revision());
  set_time(*shown.mutable_recorded_at(), from_micros(record.recorded_at_us()));
  const std::string bytes = record.SerializeAsString();
  transaction.put(key(records_table, meeting), bytes, seal);
  transaction.put(key(record_revisions_table, meeting).number(record.revision()), bytes, seal);
  return {};
}

Status Rows::put(store::Transaction& transaction, std::string_view process,
                 const record::Record& record) const {
  ENTENTE_TRY(const store::SealName seal, seal_of(process));
  transaction.put(key(records_table, store::Id::from(record.meeting())), record.SerializeAsString(),
                  seal);
  return {};
}

Status Rows::put(store::Transaction& transaction, std::string_view process,
                 const store::Id& meeting, const record::Comment& comment) const {
  ENTENTE_TRY(const store::SealName seal, seal_of(process));
  transaction.put(key(comments_table, meeting).number(comment.shown().number()),
                  comment.SerializeAsString(), seal);
  return {};
}

Result<std::vector<record::Comment>> Rows::comments(store::Snapshot& snapshot,
                                                    const store::Id& meeting) const {
  return store::messages_under<record::Comment>(snapshot, key(comments_table, meeting));
}

Status Rows::each_record_revision(store::Snapshot& snapshot, const store::Id& meeting,
                                  const std::function<void(record::Record)>& visit) const {
  return store::each_message<record::Record>(snapshot, key(record_revisions_table, meeting),
                                             std::nullopt, visit);
}

Status Rows::each_record(store::Snapshot& snapshot,
                         const std::function<void(record::Record)>& visit) const {
  return store::each_message<record::Record>(snapshot, store::Key(records_table), std::nullopt,
                                             visit);
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
