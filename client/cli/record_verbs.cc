// `entente meeting record`: the draft, what is found in it, what is said to it, its adoption.
#include <fstream>
#include <iostream>
#include <iterator>

#include "client/cli/meeting_words.h"
#include "client/cli/services.h"
#include "entente/v1/meeting_records.pb.h"

namespace entente::cli {
namespace {

std::string record_name(const std::string& given) {
  const std::string name = meeting_name(given);
  return name.find("/record") == std::string::npos ? name + "/record" : name;
}

void show_record(const v1::MeetingRecord& record) {
  std::cout << safe(record.name()) << ": "
            << typed_word(v1::MeetingRecord::State_Name(record.state())) << ", revision "
            << record.revision() << ", "
            << typed_word(v1::Handling_Name(record.visibility().handling()).substr(9))
            << (record.chatham_house() ? ", Chatham House rule" : "") << '\n';
  if (record.has_adopted_at()) {
    std::cout << "  adopted " << minute_of(record.adopted_at()) << " by "
              << safe(record.adopted_by()) << '\n';
  }
  for (const v1::Outcome& outcome : record.outcomes()) {
    std::cout << "  " << typed_word(v1::Outcome::Kind_Name(outcome.kind())) << ": "
              << safe(title_of(outcome.title())) << ' ' << safe(outcome.document()) << '\n';
  }
  if (record.comments() != 0) std::cout << "  " << record.comments() << " comments\n";
  for (const v1::RecordText& text : record.texts()) {
    std::cout << "--- " << safe(text.language()) << '\n';
    std::string line;
    for (std::istringstream lines(text.text()); std::getline(lines, line);) {
      std::cout << "  " << safe(line) << '\n';
    }
  }
}

void show_findings(Context& context, const v1::CheckRecordReply& reply) {
  Table table({"LANGUAGE", "LINE", "COLUMN", "WORD", "NAMES", "KEY", "SET ASIDE"});
  for (const v1::Finding& one : reply.findings()) {
    table.row({one.language(), std::to_string(one.line()), std::to_string(one.column()), one.word(),
               one.names(), one.key(), one.set_aside() ? one.because() : ""});
  }
  if (table.empty()) {
    std::cout << "revision " << reply.revision() << " names nobody\n";
    return;
  }
  table.print();
  std::cout << reply.open() << " to be mended or set aside"
            << (reply.cut_short() ? ", or more" : "") << '\n';
  if (reply.open() != 0) context.exit = Exit::No;
}

void add_save(CLI::App& group, Context& context) {
  struct Said {
    std::string meeting;
    std::vector<std::string> texts;
    std::vector<std::string> outcomes;
    std::string handling;
    std::string process;
    Recipients recipients;
  };
  auto said = std::make_shared<Said>();
  auto recipients = std::make_shared<Recipients>();
  CLI::App* verb = add_verb(
      group, "save", "writes the draft of a meeting's record, or its next revision",
      "entente meeting record save 5f0c... record.txt fr=compte-rendu.txt --to chair,secretariat",
      [=, &context] {
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        v1::SaveRecordRequest request;
        request.set_meeting(meeting_name(said->meeting));
        v1::GetMeetingRequest get;
        get.set_name(request.meeting());
        const Result<v1::Meeting> meeting =
            (*client)->call<v1::Meeting>("entente.v1.MeetingService.GetMeeting", get);
        if (!meeting.ok()) return context.fail(meeting.status());
        v1::CheckRecordRequest check;
        check.set_name(record_name(said->meeting));
        const Result<v1::CheckRecordReply> before =
            (*client)->call<v1::CheckRecordReply>(meeting_record_service + "CheckRecord", check);
        v1::MeetingRecord& record = *request.mutable_record();
        if (before.ok()) record.set_revision(before->revision());
        for (const std::string& one : said->texts) {
          const std::size_t equals = one.find('=');
          const std::string path = equals == std::string::npos ? one : one.substr(equals + 1);
          std::ifstream in(path, std::ios::binary);
          if (!in) return context.fail(invalid_argument("text", "cannot be read: `" + path + "`"));
          v1::RecordText& text = *record.add_texts();
          text.set_language(equals == std::string::npos ? "en" : one.substr(0, equals));
          text.set_text(
              std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>()));
        }
        for (const std::string& one : said->outcomes) {
          const std::size_t equals = one.find('=');
          v1::Outcome& outcome = *record.add_outcomes();
          v1::Outcome::Kind kind = v1::Outcome::OTHER;
          v1::Outcome::Kind_Parse(enum_word(one.substr(0, equals)), &kind);
          outcome.set_kind(kind);
          if (equals != std::string::npos) {
            (*outcome.mutable_title()->mutable_by_language())["en"] = one.substr(equals + 1);
          }
        }
        if (!said->handling.empty()) {
          record.mutable_visibility()->set_handling(
              said->handling == "restricted" ? v1::HANDLING_RESTRICTED : v1::HANDLING_LIMITED);
        }
        if (is_given(*recipients) && !read_recipients(context, *recipients, meeting->process(),
                                                      *record.mutable_visibility())) {
          return;
        }
        context.call<v1::MeetingRecord>(meeting_record_service + "SaveRecord", request,
                                        show_record);
      });
  verb->add_option("meeting", said->meeting, "its name")->required();
  verb->add_option("text", said->texts, "a file, or LANGUAGE=FILE; may be given again")->required();
  verb->add_option("--outcome", said->outcomes,
                   "declaration=TITLE, recommendation=TITLE, decision=TITLE ...");
  verb->add_option("--handling", said->handling, "limited or restricted")
      ->check(CLI::IsMember({"limited", "restricted"}));
  add_recipients(*verb, recipients);
}

void add_reading(CLI::App& group, Context& context) {
  auto get = std::make_shared<v1::GetRecordRequest>();
  auto opens = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(group, "show", "the record of a meeting",
                            "entente meeting record show 5f0c...", [=, &context] {
                              get->set_name(record_name(get->name()));
                              context.call<v1::MeetingRecord>(
                                  meeting_record_service + (*opens ? "OpenRecord" : "GetRecord"),
                                  *get, show_record);
                            });
  verb->add_option("meeting", *get->mutable_name(), "its name")->required();
  verb->add_flag("--open", *opens, "what is restricted: leaves a receipt");
  auto check = std::make_shared<v1::CheckRecordRequest>();
  add_verb(group, "check", "where the draft names participants or states",
           "entente meeting record check 5f0c...",
           [=, &context] {
             check->set_name(record_name(check->name()));
             context.call<v1::CheckRecordReply>(
                 meeting_record_service + "CheckRecord", *check,
                 [&](const auto& reply) { show_findings(context, reply); });
           })
      ->add_option("meeting", *check->mutable_name(), "its name")
      ->required();
  auto list = std::make_shared<v1::ListRecordCommentsRequest>();
  add_verb(group, "comments", "what was said to the draft",
           "entente meeting record comments 5f0c...",
           [=, &context] {
             list->set_name(record_name(list->name()));
             context.call<v1::ListRecordCommentsReply>(
                 meeting_record_service + "ListRecordComments", *list, [&](const auto& reply) {
                   for (const v1::RecordComment& one : reply.comments()) {
                     std::cout << one.number() << ' ' << minute_of(one.recorded_at()) << ' '
                               << safe((one.person().empty() ? one.account() : one.person()))
                               << (one.line() == 0 ? "" : ", line " + std::to_string(one.line()))
                               << ": " << safe(one.text()) << '\n';
                   }
                   if (!reply.comments().empty()) return;
                   std::cout << "no comments\n";
                   context.exit = Exit::No;
                 });
           })
      ->add_option("meeting", *list->mutable_name(), "its name")
      ->required();
}

void add_record_acts(CLI::App& group, Context& context) {
  auto comment = std::make_shared<v1::CommentOnRecordRequest>();
  auto line = std::make_shared<std::uint32_t>(0);
  CLI::App* verb = add_verb(
      group, "comment", "comments on the draft",
      "entente meeting record comment 5f0c... \"the second figure is of 2025\" --line 4",
      [=, &context] {
        comment->set_name(record_name(comment->name()));
        comment->mutable_comment()->set_line(*line);
        context.call<v1::RecordComment>(meeting_record_service + "CommentOnRecord", *comment,
                                        [](const auto&) { std::cout << "entered\n"; });
      });
  verb->add_option("meeting", *comment->mutable_name(), "its name")->required();
  verb->add_option("text", *comment->mutable_comment()->mutable_text(), "what you say")->required();
  verb->add_option("--line", *line, "of the text");
  auto aside = std::make_shared<v1::SetAsideFindingsRequest>();
  auto keys = std::make_shared<std::vector<std::string>>();
  verb = add_verb(group, "set-aside", "lets places be named all the same, as who presides",
                  "entente meeting record set-aside 5f0c... 9d0c11aa02be34f1c7d2e8aa --because "
                  "\"the title of a report\"",
                  [=, &context] {
                    aside->set_name(record_name(aside->name()));
                    *aside->mutable_keys() = {keys->begin(), keys->end()};
                    context.call<v1::CheckRecordReply>(
                        meeting_record_service + "SetAsideFindings", *aside,
                        [&](const auto& reply) { show_findings(context, reply); });
                  });
  verb->add_option("meeting", *aside->mutable_name(), "its name")->required();
  verb->add_option("keys", *keys, "of findings")->required();
  verb->add_option("--because", *aside->mutable_because(), "why")->required();
  auto adopt = std::make_shared<v1::AdoptRecordRequest>();
  auto revision = std::make_shared<std::uint64_t>(0);
  verb = add_verb(group, "adopt", "adopts the draft as it is at a revision",
                  "entente meeting record adopt 5f0c... --revision 3", [=, &context] {
                    adopt->set_name(record_name(adopt->name()));
                    adopt->set_revision(*revision);
                    context.call<v1::MeetingRecord>(meeting_record_service + "AdoptRecord", *adopt,
                                                    show_record);
                  });
  verb->add_option("meeting", *adopt->mutable_name(), "its name")->required();
  verb->add_option("--revision", *revision, "the one that you have read")->required();
}

}  // namespace

void add_record_verbs(CLI::App& group, Context& context) {
  CLI::App* record = group.add_subcommand("record", "the record of a meeting");
  record->require_subcommand(1);
  add_save(*record, context);
  add_reading(*record, context);
  add_record_acts(*record, context);
}

}  // namespace entente::cli
