#include "server/meetings_search.h"

#include <algorithm>
#include <utility>

#include "server/meetings/model.h"
#include "server/meetings/records.h"

namespace entente {
namespace {

using By = v1::SearchReply::Facet;
using documents::search::each_word;
using documents::search::label;
using documents::search::Said;
using meetings::guard_of;

void add_text(const v1::Text& text, std::vector<Said>& words) {
  for (const auto& [language, said] : text.by_language()) words.push_back({language, said});
}

std::vector<Said> words_of(const v1::Meeting& meeting) {
  std::vector<Said> words;
  add_text(meeting.title(), words);
  add_text(meeting.description(), words);
  add_text(meeting.place(), words);
  for (const std::string& topic : meeting.topics()) words.push_back({"en", topic});
  for (const v1::AgendaItem& item : meeting.agenda()) add_text(item.title(), words);
  return words;
}

// A day of the meeting is what it and its record are looked for by.
void set_meeting(const v1::Meeting& meeting, documents::search::Entry& entry) {
  *entry.shown.mutable_title() = meeting.title();
  // A day is that of the calendar where it takes place: the instant at which it begins may be of
  // the day before in UTC, east of Greenwich, and of the day behind it, west.
  const auto begins = meetings::parse_local(meeting.starts_local());
  if (begins) {
    const auto day = std::chrono::floor<std::chrono::days>(*begins);
    set_time(*entry.shown.mutable_came_at(), Instant(day.time_since_epoch()));
  }
  for (const std::string& topic : meeting.topics()) entry.labels.push_back(label(By::TOPIC, topic));
}

void set_labels(std::string_view kind, documents::search::Entry& entry) {
  entry.labels.push_back(label(By::PROCESS, entry.shown.process()));
  entry.labels.push_back(label(By::KIND, kind));
  const Instant day = instant_of(entry.shown.came_at());
  entry.labels.push_back(label(By::YEAR, to_rfc3339(day).substr(0, 4)));
  std::sort(entry.labels.begin(), entry.labels.end());
  entry.labels.erase(std::unique(entry.labels.begin(), entry.labels.end()), entry.labels.end());
}

std::optional<store::Id> record_in(std::string_view name) {
  const auto parsed = meetings::parse_record_name(name);
  return parsed && parsed->revision == 0 ? std::optional(parsed->meeting) : std::nullopt;
}

}  // namespace

Result<std::vector<std::string>> MeetingsSearch::names() const {
  const auto snapshot = rows_.store().snapshot();
  std::vector<std::pair<std::int64_t, std::string>> all;
  ENTENTE_TRY_VOID(rows_.each_meeting(*snapshot, [&](const meetings::record::Meeting& one) {
    all.emplace_back(one.shown().starts_at().seconds(), one.shown().name());
  }));
  std::sort(all.begin(), all.end(), std::greater<>());
  std::vector<std::string> names;
  names.reserve(2 * all.size());
  for (const auto& [starts_at, name] : all) {
    names.push_back(name);
    names.push_back(name + "/record");
  }
  return names;
}

std::vector<std::string> MeetingsSearch::touched_by(std::string_view kind,
                                                    const std::string& name) const {
  const bool of_record = kind == meetings::acts::adopt || kind == meetings::acts::save_record;
  if (of_record) return {name};
  // What a record tells of its meeting changes with that.
  if (meetings::parse_meeting_name(name)) return {name, name + "/record"};
  return {};
}

bool MeetingsSearch::is_within(const policy::Guard& record, const policy::Guard& meeting) const {
  if (meeting.handling == policy::Handling::Open) return true;
  const auto table = audiences_();
  const policy::Audience* some = table->find(record.audience);
  const policy::Audience* all = table->find(meeting.audience);
  return some != nullptr && all != nullptr &&
         std::includes(all->any_of.begin(), all->any_of.end(), some->any_of.begin(),
                       some->any_of.end()) &&
         std::includes(some->none_of.begin(), some->none_of.end(), all->none_of.begin(),
                       all->none_of.end());
}

Result<std::optional<MeetingsSearch::Entry>> MeetingsSearch::find_record(
    store::Snapshot& snapshot, const store::Id& meeting) const {
  ENTENTE_TRY(const auto record, rows_.read_record(snapshot, meeting));
  ENTENTE_TRY(const auto of, rows_.read_meeting(snapshot, meeting));
  if (!record || !of || record->shown().state() != v1::MeetingRecord::ADOPTED) {
    return std::optional<Entry>();
  }
  Entry entry;
  entry.guard = guard_of(record->guard());
  entry.quotable = !policy::leaves_receipt(entry.guard.handling);
  entry.shown.set_name(record->shown().name());
  entry.shown.set_process(of->shown().process());
  const policy::Guard over = guard_of(of->guard());
  if (is_within(entry.guard, over)) {
    set_meeting(of->shown(), entry);
    add_text(of->shown().title(), entry.words);
  } else {
    (*entry.shown.mutable_title()->mutable_by_language())["en"] = "Record of a meeting";
    *entry.shown.mutable_came_at() = record->shown().adopted_at();
  }
  // What a restricted record comes to is read as its text is: with a receipt.
  for (const v1::Outcome& one : record->shown().outcomes()) {
    if (entry.quotable) add_text(one.title(), entry.words);
  }
  for (const v1::RecordText& one : record->shown().texts()) {
    entry.labels.push_back(label(By::LANGUAGE, one.language()));
  }
  set_labels(v1::Document::Kind_Name(v1::Document::MEETING_RECORD), entry);
  return std::optional(std::move(entry));
}

Result<std::optional<MeetingsSearch::Entry>> MeetingsSearch::find(store::Snapshot& snapshot,
                                                                  std::string_view name) const {
  if (const auto of = record_in(name)) return find_record(snapshot, *of);
  const auto id = meetings::parse_meeting_name(name);
  if (!id) return std::optional<Entry>();
  ENTENTE_TRY(const auto row, rows_.read_meeting(snapshot, *id));
  if (!row) return std::optional<Entry>();
  Entry entry;
  entry.guard = guard_of(row->guard());
  entry.quotable = true;
  entry.words = words_of(row->shown());
  entry.shown.set_name(row->shown().name());
  entry.shown.set_process(row->shown().process());
  set_meeting(row->shown(), entry);
  set_labels("MEETING", entry);
  return std::optional(std::move(entry));
}

Result<std::vector<Said>> MeetingsSearch::texts(store::Snapshot& snapshot,
                                                std::string_view name) const {
  std::vector<Said> texts;
  const auto of = record_in(name);
  if (!of) return texts;
  ENTENTE_TRY(const auto record, rows_.read_record(snapshot, *of));
  if (!record || record->shown().state() != v1::MeetingRecord::ADOPTED) return texts;
  for (const v1::RecordText& one : record->shown().texts()) {
    texts.push_back({one.language(), one.text()});
  }
  if (policy::leaves_receipt(guard_of(record->guard()).handling)) {
    for (const v1::Outcome& one : record->shown().outcomes()) add_text(one.title(), texts);
  }
  return texts;
}

Result<Said> MeetingsSearch::text_from(store::Snapshot& snapshot, std::string_view name,
                                       std::uint32_t text, std::uint32_t first) const {
  ENTENTE_TRY(std::vector<Said> all, texts(snapshot, name));
  if (text >= all.size()) return Said();
  Said said = std::move(all[text]);
  std::size_t begin = said.text.size();
  std::uint32_t before = first;
  each_word(said.text, [&](const documents::search::Word& word) {
    if (before-- != 0) return true;
    begin = word.begin;
    return false;
  });
  said.text.erase(0, begin);
  return said;
}

}  // namespace entente
