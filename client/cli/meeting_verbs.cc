// `entente meeting`: series and meetings, when and where they are, and whose they are.
#include <iostream>

#include "client/cli/meeting_words.h"
#include "client/cli/services.h"
#include "client/cli/verbs.h"

namespace entente::cli {
namespace {

// What options say of a meeting; empty: not said.
struct SaidMeeting {
  std::string process;
  std::string body;
  std::string series;
  std::string level;
  std::string starts;
  std::string ends;
  std::string zone;
  std::string registration;
  std::vector<std::string> title;
  std::vector<std::string> place;
  std::vector<std::string> description;
  std::vector<std::string> chairs;
  std::vector<std::string> topics;
  Recipients recipients;
  std::string rule;
  std::string discreet;
  std::string once;
  bool tentative = false;
  bool settled = false;
};

void add_meeting_options(CLI::App& verb, const std::shared_ptr<SaidMeeting>& said) {
  verb.add_option("--title", said->title, "a title, or LANGUAGE=TITLE; may be given again");
  verb.add_option("--level", said->level, "of whom it is")
      ->check(CLI::IsMember({"technical", "senior-officials", "ministerial"}));
  verb.add_option("--starts", said->starts,
                  "what the clock there says: 2027-03-14T09:30; of whole days 2027-03-14");
  verb.add_option("--ends", said->ends, "likewise; of whole days the last one");
  verb.add_option("--zone", said->zone, "the time zone there, such as Europe/Zurich");
  verb.add_option("--place", said->place, "a place, or LANGUAGE=PLACE; may be given again");
  verb.add_option("--description", said->description, "likewise");
  verb.add_option("--chair", said->chairs, "who presides: SWE, or a person; may be given again")
      ->delimiter(',');
  verb.add_option("--topic", said->topics, "what it is about")->delimiter(',');
  verb.add_option("--series", said->series, "the series that it is of");
  verb.add_option("--registration-until", said->registration,
                  "a time, or a day, which is its end in UTC");
  verb.add_option("--record", said->rule, "what its record may say")
      ->check(CLI::IsMember({"chatham-house", "attributed"}));
  verb.add_option("--discreet", said->discreet, "its words are left out of calendars")
      ->check(CLI::IsMember({"yes", "no"}));
}

bool read_meeting(Context& context, const SaidMeeting& said, v1::Meeting& meeting) {
  read_text(said.title, "en", *meeting.mutable_title());
  read_text(said.place, "en", *meeting.mutable_place());
  read_text(said.description, "en", *meeting.mutable_description());
  if (!said.level.empty()) {
    v1::Meeting::Level level = v1::Meeting::LEVEL_UNSPECIFIED;
    v1::Meeting::Level_Parse(enum_word(said.level), &level);
    meeting.set_level(level);
  }
  if (!said.starts.empty()) meeting.set_starts_local(said.starts);
  if (!said.ends.empty()) meeting.set_ends_local(said.ends);
  if (!said.zone.empty()) meeting.set_time_zone(said.zone);
  if (!said.series.empty()) meeting.set_series(full_name("meetingSeries/", said.series));
  if (!said.chairs.empty()) meeting.clear_chairs();
  for (const std::string& chair : said.chairs) meeting.add_chairs(someone(chair));
  if (!said.topics.empty()) *meeting.mutable_topics() = {said.topics.begin(), said.topics.end()};
  if (!said.rule.empty()) {
    meeting.set_attribution(said.rule == "attributed" ? v1::Meeting::ATTRIBUTED
                                                      : v1::Meeting::CHATHAM_HOUSE);
  }
  if (!said.discreet.empty()) meeting.set_discreet(said.discreet == "yes");
  if (said.tentative) meeting.set_state(v1::Meeting::TENTATIVE);
  if (said.settled) meeting.set_state(v1::Meeting::PLANNED);
  if (!said.registration.empty() &&
      !read_deadline(context, said.registration, "--registration-until",
                     *meeting.mutable_registration_until())) {
    return false;
  }
  if (!is_given(said.recipients)) return true;
  meeting.clear_visibility();
  meeting.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
  return read_recipients(context, said.recipients, meeting.process(),
                         *meeting.mutable_visibility());
}

void add_meeting_create(CLI::App& group, Context& context) {
  auto said = std::make_shared<SaidMeeting>();
  auto recipients = std::make_shared<Recipients>();
  CLI::App* verb = add_verb(
      group, "create", "makes a meeting",
      "entente meeting create --process igc --title \"Working Group on Data\" --level technical "
      "--starts 2027-03-14T09:30 --ends 2027-03-15T13:00 --zone Europe/Zurich --chair SWE",
      [=, &context] {
        said->recipients = *recipients;
        v1::CreateMeetingRequest request;
        v1::Meeting& meeting = *request.mutable_meeting();
        meeting.set_process(full_name("processes/", said->process));
        if (!said->body.empty()) meeting.set_body(meeting.process() + "/bodies/" + said->body);
        if (!read_meeting(context, *said, meeting)) return;
        request.set_once(said->once);
        context.call<v1::Meeting>(meeting_service + "CreateMeeting", request, show_meeting);
      });
  verb->add_option("--process", said->process, "whose meeting it is")->required();
  verb->add_option("--body", said->body, "the body that meets, such as wg-data");
  add_meeting_options(*verb, said);
  verb->add_flag("--tentative", said->tentative, "the day is not settled");
  verb->add_option(
      "--once", said->once,
      "a word of your own for this one meeting: asked again with it, after a line that "
      "broke say, it is not made twice");
  add_recipients(*verb, recipients);
}

void add_meeting_change(CLI::App& group, Context& context) {
  auto said = std::make_shared<SaidMeeting>();
  auto recipients = std::make_shared<Recipients>();
  auto name = std::make_shared<std::string>();
  CLI::App* verb = add_verb(
      group, "change", "changes what is given of a meeting; calendars follow",
      "entente meeting change 5f0c... --starts 2027-03-21T09:30 --ends 2027-03-22T13:00",
      [=, &context] {
        said->recipients = *recipients;
        change_meeting(context, *name,
                       [&](v1::Meeting& meeting) { return read_meeting(context, *said, meeting); });
      });
  verb->add_option("meeting", *name, "its name")->required();
  add_meeting_options(*verb, said);
  verb->add_flag("--tentative", said->tentative, "the day is not settled any more");
  verb->add_flag("--settled", said->settled, "the day is settled");
  add_recipients(*verb, recipients);
  auto cancel = std::make_shared<v1::CancelMeetingRequest>();
  verb = add_verb(group, "cancel", "cancels a meeting; calendars show it so",
                  "entente meeting cancel 5f0c... --because \"no quorum\"", [=, &context] {
                    cancel->set_name(meeting_name(cancel->name()));
                    context.call<v1::Meeting>(meeting_service + "CancelMeeting", *cancel,
                                              show_meeting);
                  });
  verb->add_option("meeting", *cancel->mutable_name(), "its name")->required();
  verb->add_option("--because", *cancel->mutable_because(), "why");
}

void add_meeting_show(CLI::App& group, Context& context) {
  auto get = std::make_shared<v1::GetMeetingRequest>();
  add_verb(group, "show",
           "a meeting with its agenda and who takes part, as far as you may see them",
           "entente meeting show 5f0c...",
           [=, &context] {
             get->set_name(meeting_name(get->name()));
             context.call<v1::Meeting>(meeting_service + "GetMeeting", *get, show_meeting);
           })
      ->add_option("meeting", *get->mutable_name(), "its name")
      ->required();
}

bool is_day(const std::string& text) { return text.size() == std::string("2027-03-14").size(); }

void show_meeting_list(Context& context, const v1::ListMeetingsReply& reply) {
  Table table({"MEETING", "BEGINS", "ZONE", "LEVEL", "STATE", "TITLE", "PLACE"});
  for (const v1::Meeting& one : reply.meetings()) {
    table.row({one.name(), one.starts_local(), one.time_zone(),
               typed_word(v1::Meeting::Level_Name(one.level())),
               typed_word(v1::Meeting::State_Name(one.state())), title_of(one.title()),
               title_of(one.place())});
  }
  if (table.empty()) {
    std::cout << "no meetings\n";
    context.exit = Exit::No;
    return;
  }
  table.print();
  if (!reply.next_page_token().empty()) {
    std::cout << "more: --page-token " << safe(reply.next_page_token()) << '\n';
  }
}

void add_meeting_list(CLI::App& group, Context& context) {
  struct Query {
    v1::ListMeetingsRequest request;
    std::string body;
    std::string level;
    std::string since;
    std::string until;
    bool mine = false;
    bool upcoming = false;
  };
  auto query = std::make_shared<Query>();
  CLI::App* verb = add_verb(
      group, "list", "the meetings that you may see, the last one first",
      "entente meeting list --mine --upcoming\n  entente meeting list --process igc "
      "--topic returns",
      [=, &context] {
        v1::ListMeetingsRequest& request = query->request;
        request.set_process(full_name("processes/", request.process()));
        if (!query->body.empty()) request.set_body(request.process() + "/bodies/" + query->body);
        request.set_series(full_name("meetingSeries/", request.series()));
        v1::Meeting::Level level = v1::Meeting::LEVEL_UNSPECIFIED;
        v1::Meeting::Level_Parse(enum_word(query->level), &level);
        request.set_level(level);
        request.set_mine(query->mine);
        request.set_upcoming(query->upcoming);
        // A day is meant as it is where the meeting takes place.
        if (is_day(query->since)) {
          request.set_since_day(query->since);
        } else if (!query->since.empty() &&
                   !read_time(context, query->since, "--since", *request.mutable_since())) {
          return;
        }
        if (is_day(query->until)) {
          request.set_until_day(query->until);
        } else if (!query->until.empty() &&
                   !read_time(context, query->until, "--until", *request.mutable_until())) {
          return;
        }
        context.call<v1::ListMeetingsReply>(
            meeting_service + "ListMeetings", request,
            [&](const v1::ListMeetingsReply& reply) { show_meeting_list(context, reply); });
      });
  verb->add_flag("--mine", query->mine, "only those that you or your party go to, or preside over");
  verb->add_flag("--upcoming", query->upcoming,
                 "only those that have not ended, the next one first");
  CLI::Option* process =
      verb->add_option("--process", *query->request.mutable_process(), "only this process's");
  verb->add_option("--body", query->body, "with --process: only this body's")->needs(process);
  verb->add_option("--series", *query->request.mutable_series(), "only of this series");
  verb->add_option("--level", query->level, "only of this level")
      ->check(CLI::IsMember({"technical", "senior-officials", "ministerial"}));
  verb->add_option("--topic", *query->request.mutable_topic(), "only about this");
  verb->add_option("--since", query->since,
                   "that go on on this day, as it is where they take place, or later; or that end "
                   "after this time");
  verb->add_option("--until", query->until, "that begin before this day there, or this time");
  verb->add_option("--page-token", *query->request.mutable_page_token(), "where to go on");
}

void show_series(const v1::MeetingSeries& series) {
  std::cout << safe(series.name()) << ": " << safe(title_of(series.title())) << " in "
            << safe(series.process()) << (series.ended() ? ", ended" : "") << '\n';
}

void add_series(CLI::App& group, Context& context) {
  CLI::App* verbs = group.add_subcommand("series", "meetings that belong together");
  verbs->require_subcommand(1);
  struct New {
    std::string process;
    std::string body;
    std::vector<std::string> title;
  };
  auto made = std::make_shared<New>();
  auto recipients = std::make_shared<Recipients>();
  CLI::App* verb = add_verb(
      *verbs, "create", "makes a series",
      "entente meeting series create --process igc --title \"Full Round of Consultations\"",
      [=, &context] {
        v1::CreateSeriesRequest request;
        v1::MeetingSeries& series = *request.mutable_series();
        series.set_process(full_name("processes/", made->process));
        if (!made->body.empty()) series.set_body(series.process() + "/bodies/" + made->body);
        read_text(made->title, "en", *series.mutable_title());
        if (is_given(*recipients) && !read_recipients(context, *recipients, series.process(),
                                                      *series.mutable_visibility())) {
          return;
        }
        context.call<v1::MeetingSeries>(meeting_service + "CreateSeries", request, show_series);
      });
  verb->add_option("--process", made->process, "whose series it is")->required();
  verb->add_option("--body", made->body, "the body that meets");
  verb->add_option("--title", made->title, "a title, or LANGUAGE=TITLE; may be given again")
      ->required();
  add_recipients(*verb, recipients);
  auto list = std::make_shared<v1::ListSeriesRequest>();
  auto ended = std::make_shared<bool>(false);
  verb =
      add_verb(*verbs, "list", "the series that you may see",
               "entente meeting series list --process igc", [=, &context] {
                 list->set_process(full_name("processes/", list->process()));
                 list->set_ended(*ended);
                 context.call<v1::ListSeriesReply>(
                     meeting_service + "ListSeries", *list, [&](const v1::ListSeriesReply& reply) {
                       for (const v1::MeetingSeries& one : reply.series()) show_series(one);
                       if (!reply.series().empty()) return;
                       std::cout << "no series\n";
                       context.exit = Exit::No;
                     });
               });
  verb->add_option("--process", *list->mutable_process(), "only this process's");
  verb->add_flag("--ended", *ended, "those that have ended, too");
}

}  // namespace

void add_meeting_verbs(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("meeting", "meetings: when, where, about what, who comes");
  group->require_subcommand(1);
  add_meeting_create(*group, context);
  add_meeting_change(*group, context);
  add_meeting_show(*group, context);
  add_meeting_list(*group, context);
  add_agenda_verbs(*group, context);
  add_attendance_verbs(*group, context);
  add_record_verbs(*group, context);
  add_series(*group, context);
}

}  // namespace entente::cli
