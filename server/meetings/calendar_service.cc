#include "server/meetings/calendar_service.h"

#include "server/meetings/calendar.h"

namespace entente::meetings {

void CalendarService::add_to(identity::Gate& gate) {
  gate.reads("entente.v1.CalendarService.ExportCalendar", this, &CalendarService::export_calendar);
}

Result<v1::CalendarFile> CalendarService::export_calendar(const policy::Subject& subject,
                                                          const v1::ExportCalendarRequest& message,
                                                          store::Snapshot& snapshot) const {
  std::vector<v1::Meeting> meetings;
  if (message.name().empty()) {
    ENTENTE_TRY(meetings, parts_.service.all(subject, message.list(), snapshot));
  } else {
    const auto id = parse_meeting_name(message.name());
    if (!id) return not_found(message.name());
    ENTENTE_TRY(std::optional<v1::Meeting> one, parts_.service.show(subject, *id, snapshot));
    if (!one) return not_found(message.name());
    meetings.push_back(*std::move(one));
  }
  LeftOut left_out;
  v1::CalendarFile file;
  ENTENTE_TRY(*file.mutable_content(), to_ical(meetings, parts_.zones, parts_.network, left_out));
  file.set_meetings(static_cast<std::uint32_t>(meetings.size()));
  file.set_left_out(in_words(left_out));
  return file;
}

}  // namespace entente::meetings
