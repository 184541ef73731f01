// `entente meeting invite`, `register`, `decline`, `remove`, `calendar`: who is asked, who comes,
// and how calendars have it.
#include <iostream>

#include "client/cli/meeting_words.h"
#include "client/cli/services.h"
#include "client/lib/kept_file.h"
#include "entente/v1/attendance.pb.h"
#include "entente/v1/calendars.pb.h"

namespace entente::cli {
namespace {

struct SaidParticipant {
  std::string meeting;
  std::string who;
  std::string guest;
  std::string role;
  std::string until;
  std::vector<std::string> items;
};

void add_participant_options(CLI::App& verb, const std::shared_ptr<SaidParticipant>& said) {
  verb.add_option("meeting", said->meeting, "its name")->required();
  verb.add_option("--guest", said->guest, "somebody by name only");
  verb.add_option("--as", said->role, "what they are there")
      ->check(CLI::IsMember(
          {"head-of-delegation", "delegate", "observer", "guest", "secretariat", "interpreter"}));
  verb.add_option("--item", said->items, "only for this item, by its id; may be given again")
      ->delimiter(',');
}

void read_participant(const SaidParticipant& said, v1::Participant& participant) {
  const std::string who = said.who.empty() ? "" : someone(said.who);
  if (who.starts_with("persons/")) participant.set_person(who);
  if (who.starts_with("parties/")) participant.set_party(who);
  participant.set_display_name(said.guest);
  v1::Participant::Role role = v1::Participant::ROLE_UNSPECIFIED;
  v1::Participant::Role_Parse(enum_word(said.role), &role);
  participant.set_role(role);
  *participant.mutable_items() = {said.items.begin(), said.items.end()};
  participant.set_until(said.until);
}

void show_invited(const v1::Participant& one) {
  const std::string who = one.display_name().empty() ? one.person() : one.display_name();
  std::cout << safe(one.name()) << ": " << safe(who.empty() ? one.party() : who) << ' '
            << typed_word(v1::Participant::State_Name(one.state())) << " as "
            << typed_word(v1::Participant::Role_Name(one.role())) << '\n';
}

void add_invite(CLI::App& group, Context& context) {
  auto said = std::make_shared<SaidParticipant>();
  CLI::App* verb = add_verb(
      group, "invite", "asks a delegation, a person or a guest to a meeting, or to items of it",
      "entente meeting invite 5f0c... UNHCR --as observer --item 4be01a77", [=, &context] {
        v1::InviteParticipantRequest request;
        request.set_meeting(meeting_name(said->meeting));
        read_participant(*said, *request.mutable_participant());
        context.call<v1::Participant>(attendance_service + "InviteParticipant", request,
                                      show_invited);
      });
  add_participant_options(*verb, said);
  verb->add_option("who", said->who, "a party such as UNHCR, or a person");
  verb->add_option("--until", said->until, "the first day on which this opens nothing any more");
}

void add_register(CLI::App& group, Context& context) {
  for (const bool declines : {false, true}) {
    auto said = std::make_shared<SaidParticipant>();
    CLI::App* verb = add_verb(
        group, declines ? "decline" : "register",
        declines ? "says that you, or somebody of your delegation, do not come"
                 : "says that you, or somebody of your delegation, come",
        declines ? "entente meeting decline 5f0c..."
                 : "entente meeting register 5f0c...\n"
                   "  entente meeting register 5f0c... swe.sven.berg --as head-of-delegation",
        [=, &context] {
          v1::RegisterParticipantRequest request;
          request.set_meeting(meeting_name(said->meeting));
          request.set_declines(declines);
          read_participant(*said, *request.mutable_participant());
          context.call<v1::Participant>(attendance_service + "RegisterParticipant", request,
                                        show_invited);
        });
    add_participant_options(*verb, said);
    verb->add_option("who", said->who, "a person of your party; else you");
  }
}

void add_attendance_remove(CLI::App& group, Context& context) {
  auto request = std::make_shared<v1::RemoveParticipantRequest>();
  add_verb(group, "remove", "takes an invitation or a registration back; what it opened is closed",
           "entente meeting remove meetings/5f0c.../participants/77d1...",
           [=, &context] {
             context.call<v1::Participant>(attendance_service + "RemoveParticipant", *request,
                                           show_invited);
           })
      ->add_option("participant", *request->mutable_name(), "the participant's name")
      ->required();
}

void add_attendance_calendar(CLI::App& group, Context& context) {
  struct Wanted {
    std::string meeting;
    std::string process;
    std::string out;
    bool all = false;
  };
  auto wanted = std::make_shared<Wanted>();
  CLI::App* verb = add_verb(
      group, "calendar", "a calendar file (iCalendar) of your meetings, or of one",
      "entente meeting calendar --out meetings.ics\n  entente meeting calendar 5f0c...",
      [=, &context] {
        v1::ExportCalendarRequest request;
        if (!wanted->meeting.empty()) request.set_name(meeting_name(wanted->meeting));
        request.mutable_list()->set_mine(!wanted->all);
        request.mutable_list()->set_process(full_name("processes/", wanted->process));
        context.call<v1::CalendarFile>(
            "entente.v1.CalendarService.ExportCalendar", request,
            [&](const v1::CalendarFile& file) {
              if (wanted->out.empty()) {
                print_data(file.content());
              } else {
                const Status kept = client::keep_file(wanted->out, file.content(), "--out");
                if (!kept.ok()) return context.fail(kept);
                std::cout << file.meetings() << " meetings in " << safe(wanted->out) << '\n';
              }
              std::cerr << "left out: " << safe(file.left_out()) << '\n';
            });
      });
  verb->add_option("meeting", wanted->meeting, "one meeting; else your own");
  verb->add_flag("--all", wanted->all, "all that you may see, not only your own");
  verb->add_option("--process", wanted->process, "only this process's");
  verb->add_option("--out", wanted->out, "where to keep it; else it is printed");
}

}  // namespace

void add_attendance_verbs(CLI::App& group, Context& context) {
  add_invite(group, context);
  add_register(group, context);
  add_attendance_remove(group, context);
  add_attendance_calendar(group, context);
}

}  // namespace entente::cli
