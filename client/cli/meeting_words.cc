#include "client/cli/meeting_words.h"

#include <iostream>

#include "client/cli/services.h"

namespace entente::cli {
namespace {

// `2027-03-14 09:30` of `2027-03-14T09:30`.
std::string spaced(std::string local) {
  if (local.size() > 10) local[10] = ' ';
  return local;
}

void show_item(const v1::AgendaItem& item, const v1::Meeting& meeting) {
  std::cout << "  " << (item.number() == 0 ? std::string("-") : std::to_string(item.number()) + ".")
            << ' ' << safe(title_of(item.title()));
  if (!item.starts_local().empty()) std::cout << ", " << safe(spaced(item.starts_local()));
  if (item.minutes() != 0) std::cout << ", " << item.minutes() << " minutes";
  if (!item.lead().empty()) std::cout << ", led by " << safe(item.lead());
  if (item.discreet()) std::cout << ", discreet";
  std::cout << "  (item " << safe(item.id()) << ")\n";
  for (const std::string& name : item.documents()) {
    std::string title;
    for (const v1::Document& one : meeting.documents()) {
      if (one.name() == name) title = title_of(one.title());
    }
    std::cout << "     " << safe(name) << ' ' << safe(title) << '\n';
  }
}

void show_participant(const v1::Participant& one) {
  std::cout << "  " << typed_word(v1::Participant::State_Name(one.state())) << ' '
            << typed_word(v1::Participant::Role_Name(one.role())) << ": ";
  const std::string who = one.display_name().empty() ? one.person() : one.display_name();
  std::cout << safe(who.empty() ? one.party() : who);
  if (!who.empty() && !one.party().empty()) std::cout << " (" << safe(one.party()) << ')';
  for (int i = 0; i < one.items_size(); ++i) {
    std::cout << (i == 0 ? ", for item " : ", ") << safe(one.items(i));
  }
  if (!one.until().empty()) std::cout << ", until " << safe(one.until());
  std::cout << "  " << safe(one.name().substr(one.name().rfind('/') + 1)) << '\n';
}

}  // namespace

std::string meeting_name(const std::string& given) { return full_name("meetings/", given); }

std::string someone(const std::string& given) {
  if (given.find('/') != std::string::npos) return given;
  return (given.find('.') == std::string::npos ? "parties/" : "persons/") + given;
}

std::string times_of(const v1::Meeting& meeting) {
  return spaced(meeting.starts_local()) + " to " + spaced(meeting.ends_local()) + ", " +
         meeting.time_zone();
}

void show_meeting(const v1::Meeting& meeting) {
  std::cout << safe(meeting.name()) << ": " << safe(title_of(meeting.title())) << '\n'
            << "  " << typed_word(v1::Meeting::Level_Name(meeting.level())) << " meeting in "
            << safe(meeting.process());
  if (!meeting.body().empty()) std::cout << ", " << safe(meeting.body());
  if (!meeting.series().empty()) std::cout << ", of " << safe(meeting.series());
  std::cout << "\n  " << safe(times_of(meeting));
  const std::string place = title_of(meeting.place());
  if (!place.empty()) std::cout << "; " << safe(place);
  std::cout << "\n  " << typed_word(v1::Meeting::State_Name(meeting.state()));
  if (!meeting.cancelled_because().empty()) {
    std::cout << ": " << safe(meeting.cancelled_because());
  }
  if (meeting.revision() != 0) std::cout << ", revision " << meeting.revision();
  if (meeting.attribution() == v1::Meeting::CHATHAM_HOUSE) std::cout << ", Chatham House rule";
  if (meeting.discreet()) std::cout << ", discreet";
  if (meeting.has_registration_until()) {
    std::cout << ", registration until " << minute_of(meeting.registration_until());
  }
  std::cout << '\n';
  for (int i = 0; i < meeting.chairs_size(); ++i) {
    std::cout << (i == 0 ? "  chair: " : ", ") << safe(meeting.chairs(i))
              << (i + 1 == meeting.chairs_size() ? "\n" : "");
  }
  const std::string description = title_of(meeting.description());
  if (!description.empty()) std::cout << "  " << safe(description) << '\n';
  if (meeting.in_part()) std::cout << "  you are asked to these items of it:\n";
  for (const v1::AgendaItem& item : meeting.agenda()) show_item(item, meeting);
  for (const v1::Participant& one : meeting.participants()) show_participant(one);
  if (meeting.has_record()) {
    std::cout << "  its record is " << (meeting.record_adopted() ? "adopted" : "a draft")
              << ": entente meeting record show "
              << safe(meeting.name().substr(meeting.name().rfind('/') + 1)) << '\n';
  }
}

void change_meeting(Context& context, const std::string& given,
                    const std::function<bool(v1::Meeting&)>& change) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::GetMeetingRequest get;
  get.set_name(meeting_name(given));
  Result<v1::Meeting> meeting = (*client)->call<v1::Meeting>(meeting_service + "GetMeeting", get);
  if (!meeting.ok()) return context.fail(meeting.status());
  v1::UpdateMeetingRequest update;
  *update.mutable_meeting() = *std::move(meeting);
  // What was cancelled stays so, whatever else of it changes.
  if (update.meeting().state() == v1::Meeting::CANCELLED) update.mutable_meeting()->clear_state();
  if (!change(*update.mutable_meeting())) return;
  context.call<v1::Meeting>(meeting_service + "UpdateMeeting", update, show_meeting);
}

}  // namespace entente::cli
