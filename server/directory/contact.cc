// Whether entries reach their holders: contact tests, and the reminders that wait for a caller.
#include <algorithm>

#include "server/directory/pages.h"
#include "server/directory/service.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

constexpr int kTestsMax = 1'000;

std::string test_name(const std::string& process, const std::string& person) {
  return "processes/" + process + "/contactTests/" + id_in(person, "persons");
}

}  // namespace

// Who may see a test: the secretariat and its party, the person and the person's party.
Result<Record> Service::new_test(const Subject& subject, Transaction& transaction,
                                 const std::string& process, const Indexed& person) const {
  policy::Audience audience;
  audience.any_of.insert(policy::Principal::make(policy::Principal::Kind::Secretariat, process));
  for (const std::string& party : {person.party, subject.party})
    audience.any_of.insert(policy::Principal::make(policy::Principal::Kind::Party, party));
  policy::Guard guard;
  guard.handling = policy::Handling::Limited;
  guard.originator = person.party;
  guard.process = process;
  guard.person = id_in(person.name, "persons");
  ENTENTE_TRY(guard.audience,
              parts_.records.intern(transaction, audience, *parts_.catalog.audiences()));
  Record record;
  record.set_name(test_name(process, person.name));
  *record.mutable_guard() = to_record(guard);
  v1::ContactTest& test = *record.mutable_contact_test();
  test.set_name(record.name());
  test.set_process("processes/" + process);
  test.set_person(person.name);
  return record;
}

Result<v1::StartContactTestsReply> Service::start_contact_tests(
    const Subject& subject, const v1::StartContactTestsRequest& message, Transaction& transaction) {
  ENTENTE_TRY(const Record keeper, record_to_keep(subject, transaction, message.process()));
  if (!keeper.has_process()) return not_found(message.process());
  const std::string process = keeper.guard().process();
  const std::vector<std::string> all = people_of_process(subject, process);
  std::vector<std::string> asked(message.persons().begin(), message.persons().end());
  if (asked.empty()) asked = all;
  if (asked.size() > kTestsMax) return invalid_argument("persons", "are more than 1000");
  std::vector<std::string> touched;
  v1::StartContactTestsReply reply;
  for (const std::string& name : asked) {
    const std::optional<Indexed> person = parts_.catalog.find(name);
    if (!person || std::find(all.begin(), all.end(), name) == all.end()) return not_found(name);
    ENTENTE_TRY(const std::optional<Record> before,
                read(subject, transaction, test_name(process, name)));
    if (before && !before->contact_test().has_answered_at()) {
      *reply.add_tests() = before->contact_test();
      continue;
    }
    Record record;
    if (before) {
      record = *before;
    } else {
      ENTENTE_TRY(record, new_test(subject, transaction, process, *person));
    }
    v1::ContactTest& test = *record.mutable_contact_test();
    test.clear_answered_at();
    set_second(*test.mutable_started_at(), parts_.clock.now());
    ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
    test.set_revision(record.revision());
    *reply.add_tests() = test;
    touched.push_back(record.name());
  }
  record_act(transaction, subject, "directory.contact_test.start", keeper, std::move(touched));
  return reply;
}

Result<v1::ContactTest> Service::answer_contact_test(const Subject& subject,
                                                     const v1::AnswerContactTestRequest& message,
                                                     Transaction& transaction) {
  ENTENTE_TRY(const std::optional<policy::Guarded<Record>> found,
              parts_.records.find(transaction, message.name()));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const Instant now = parts_.clock.now();
  const policy::Decision decision = policy::decide(subject, policy::Action::ChangeOwn, guard, now);
  if (!decision.permits()) {
    return policy::decide(subject, policy::Action::Read, guard, now).permits()
               ? not_yours(message.name())
               : not_found(message.name());
  }
  Record record = *found->open(decision);
  if (!record.has_contact_test()) return not_found(message.name());
  v1::ContactTest& test = *record.mutable_contact_test();
  if (!test.has_answered_at()) set_second(*test.mutable_answered_at(), now);
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, now));
  record_act(transaction, subject, "directory.contact_test.answer", record);
  test.set_revision(record.revision());
  return test;
}

// --- reminders ---

// Whose entries the caller looks after, beside the own: who shares an office, and the people of the
// own party in the processes where the caller is its focal point.
std::set<std::string> Service::looked_after(const Subject& subject) const {
  const Instant now = parts_.clock.now();
  const std::string own = "persons/" + subject.person;
  std::set<std::string> offices;
  parts_.catalog.each_appointment_of_person(own, [&](const Indexed& one) {
    if (one.span.holds(now)) offices.insert(one.office);
    return true;
  });
  for (const policy::HeldDuty& held : subject.duties) {
    if (held.duty != policy::Duty::FocalPoint || held.party != subject.party) continue;
    parts_.catalog.each_of_party(subject.party, Kind::Office, [&](const Indexed& one) {
      if (one.process == held.process) offices.insert(one.name);
      return true;
    });
  }
  std::set<std::string> people;
  for (const std::string& office : offices) {
    parts_.catalog.each_appointment_of_office(office, [&](const Indexed& one) {
      if (one.span.holds(now) && one.person != own) people.insert(one.person);
      return true;
    });
  }
  return people;
}

Result<v1::ListRemindersReply> Service::list_reminders(const Subject& subject,
                                                       const v1::ListRemindersRequest& message,
                                                       Snapshot& snapshot) {
  ENTENTE_TRY(const Page page, page_of(parts_.records, subject, message));
  v1::ListRemindersReply reply;
  const auto add = [&](v1::Reminder::Kind kind, const std::string& object,
                       const std::string& person, const std::string& process,
                       const std::string& words) {
    v1::Reminder* one = reply.add_reminders();
    one->set_kind(kind);
    one->set_object(object);
    one->set_person(person);
    if (!process.empty()) one->set_process("processes/" + process);
    one->set_in_words(words);
  };
  const Instant now = parts_.clock.now();
  const auto remind = [&](const std::string& name, v1::Reminder::Kind kind) {
    const std::optional<Indexed> person = parts_.catalog.find(name);
    if (!person || !may_read(subject, person->guard)) return;
    const auto days =
        std::chrono::duration_cast<std::chrono::hours>(now - from_micros(person->confirmed_at_us))
            .count() /
        24;
    if (days <= confirmation_days(person->process)) return;
    add(kind, name, name, person->process,
        "not confirmed for " + std::to_string(days) + " days: is it still right?");
  };
  if (subject.person.empty()) return reply;
  const std::string own = "persons/" + subject.person;
  remind(own, v1::Reminder::CONFIRM_OWN);
  std::vector<std::string> processes;
  parts_.catalog.each(Kind::Process, [&](const Indexed& one) {
    processes.push_back(one.process);
    return true;
  });
  for (const std::string& process : processes) {
    ENTENTE_TRY(const std::optional<Record> test, read(subject, snapshot, test_name(process, own)));
    if (!test || test->contact_test().has_answered_at()) continue;
    add(v1::Reminder::ANSWER_CONTACT_TEST, test->name(), own, process,
        "the secretariat asks whether this reaches you");
  }
  for (const std::string& name : looked_after(subject)) remind(name, v1::Reminder::CONFIRM_OTHER);
  keep_page(
      *reply.mutable_reminders(), page,
      [](const v1::Reminder& one) { return std::to_string(one.kind()) + '\n' + one.object(); },
      reply);
  return reply;
}

}  // namespace entente::directory
