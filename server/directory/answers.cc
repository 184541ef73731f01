// Who answers for something: the person to call.
#include <algorithm>
#include <set>

#include "proto/contract/limits.h"
#include "server/directory/fold.h"
#include "server/directory/service.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

constexpr std::size_t kAnswersMax = 50;
constexpr std::size_t kAlternativesMax = 5;
constexpr std::size_t kNearTopicsMax = 5;
constexpr std::size_t kNearOfficesMax = 50;

int rank(v1::Capacity capacity) { return static_cast<int>(capacity); }

std::string_view word_for(v1::OfficeKind kind) {
  switch (kind) {
    case v1::FOCAL_POINT:
      return "national focal point";
    case v1::BODY_CONTACT:
      return "working-group contact";
    case v1::THEMATIC_COORDINATOR:
      return "thematic coordinator";
    case v1::CHAIR:
      return "chair";
    case v1::SECRETARIAT_STAFF:
      return "secretariat staff";
    case v1::SECURITY_OFFICER:
      return "security officer";
    case v1::CERTIFICATE_OFFICER:
      return "certificate officer";
    default:
      return "person to call";
  }
}

}  // namespace

Result<std::optional<v1::Answer>> Service::answer_for(const Subject& subject, Snapshot& snapshot,
                                                      const Indexed& office,
                                                      const Indexed& appointment) const {
  ENTENTE_TRY(const std::optional<Record> held, read(subject, snapshot, office.name));
  ENTENTE_TRY(const std::optional<Record> holding, read(subject, snapshot, appointment.name));
  ENTENTE_TRY(std::optional<Record> person, read(subject, snapshot, appointment.person));
  if (!held || !holding || !person) return std::optional<v1::Answer>();
  v1::Answer answer;
  *answer.mutable_office() = held->office();
  answer.mutable_office()->set_revision(held->revision());
  *answer.mutable_appointment() = holding->appointment();
  answer.mutable_appointment()->set_revision(holding->revision());
  *answer.mutable_person() = person_for(subject, *std::move(person));
  const auto age =
      parts_.clock.now() - Instant(std::chrono::seconds(answer.person().confirmed_at().seconds()));
  answer.set_age_days(static_cast<std::uint32_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::hours>(age).count() / 24)));
  return std::optional(std::move(answer));
}

Status Service::collect_answers(const Subject& subject, const v1::WhoAnswersRequest& request,
                                Snapshot& snapshot, std::size_t max,
                                std::vector<v1::Answer>& out) const {
  ENTENTE_TRY(const Instant when, when_of(request.as_of(), parts_.clock.now()));
  const std::string topic = fold(request.topic());
  std::vector<Indexed> offices;
  const auto take = [&](const Indexed& office) {
    const bool fits =
        (request.party().empty() || "parties/" + office.party == request.party()) &&
        (request.process().empty() || "processes/" + office.process == request.process()) &&
        (request.body().empty() || office.body == request.body()) &&
        (request.office() == v1::OFFICE_KIND_UNSPECIFIED ||
         office.office_kind == request.office()) &&
        has_topic(office.topics, topic);
    if (fits && may_read(subject, office.guard)) offices.push_back(office);
    return true;
  };
  if (!request.party().empty())
    parts_.catalog.each_of_party(id_in(request.party(), "parties"), Kind::Office, take);
  else if (!request.process().empty())
    parts_.catalog.each_of_process(id_in(request.process(), "processes"), Kind::Office, take);
  else
    parts_.catalog.each(Kind::Office, take);
  for (const Indexed& office : offices) {
    std::vector<Indexed> appointments;
    parts_.catalog.each_appointment_of_office(office.name, [&](const Indexed& one) {
      if (one.span.holds(when) && may_read(subject, one.guard)) appointments.push_back(one);
      return true;
    });
    for (const Indexed& appointment : appointments) {
      if (out.size() >= max) return Status();
      ENTENTE_TRY(std::optional<v1::Answer> answer,
                  answer_for(subject, snapshot, office, appointment));
      if (answer) out.push_back(std::move(*answer));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const v1::Answer& a, const v1::Answer& b) {
    return std::pair(rank(a.appointment().capacity()), a.age_days()) <
           std::pair(rank(b.appointment().capacity()), b.age_days());
  });
  return Status();
}

// What was asked for that nobody has, so that a slip of the pen is not taken for a vacancy: a party
// that is not there (for the caller), a topic that no office has, with those that are written much
// like it.
Result<std::string> Service::unknown_in(const Subject& subject,
                                        const v1::WhoAnswersRequest& message,
                                        Snapshot& snapshot) const {
  if (!message.party().empty()) {
    ENTENTE_TRY(const std::optional<Record> party, read(subject, snapshot, message.party()));
    if (!party) return "there is no party `" + id_in(message.party(), "parties") + "`";
  }
  const std::string topic = fold(message.topic());
  if (topic.empty()) return std::string();
  bool known = false;
  std::vector<std::string> offices;
  parts_.catalog.each(Kind::Office, [&](const Indexed& one) {
    if (one.topics.empty() || !may_read(subject, one.guard)) return true;
    known = known || has_topic(one.topics, topic);
    if (offices.size() < kNearOfficesMax && has_near_word(one.topics, topic))
      offices.push_back(one.name);
    return !known;
  });
  if (known) return std::string();
  std::set<std::string> near;
  for (const std::string& name : offices) {
    ENTENTE_TRY(const std::optional<Record> office, read(subject, snapshot, name));
    if (!office) continue;
    for (const std::string& one : office->office().topics()) {
      if (near.size() < kNearTopicsMax && has_near_word(fold(one), topic)) near.insert(one);
    }
  }
  std::string words = "no office has the topic `" + message.topic() + "`";
  for (const std::string& one : near) {
    words += (one == *near.begin() ? "; near to it: `" : ", `") + one + "`";
  }
  return words;
}

Result<v1::WhoAnswersReply> Service::who_answers(const Subject& subject,
                                                 const v1::WhoAnswersRequest& message,
                                                 Snapshot& snapshot) {
  ENTENTE_TRY_VOID(check_filter("party", message.party(), "parties"));
  ENTENTE_TRY_VOID(check_filter("process", message.process(), "processes"));
  if (message.topic().size() > limits::query_bytes_max)
    return invalid_argument("topic", "is too long");
  std::vector<v1::Answer> answers;
  ENTENTE_TRY_VOID(collect_answers(subject, message, snapshot, kAnswersMax, answers));
  v1::WhoAnswersReply reply;
  for (v1::Answer& answer : answers) *reply.add_answers() = std::move(answer);
  if (!reply.answers().empty()) return reply;
  // Nobody: who comes closest, by leaving out the topic, then the office, then the party.
  v1::WhoAnswersRequest wider = message;
  const std::string asked =
      message.topic().empty() ? std::string(word_for(message.office()))
                              : std::string(word_for(message.office())) + " for " + message.topic();
  reply.set_nearest(
      "no " + asked +
      (message.party().empty() ? "" : " in `" + id_in(message.party(), "parties") + "`") +
      (message.process().empty() ? "" : " for `" + id_in(message.process(), "processes") + "`"));
  ENTENTE_TRY(const std::string unknown, unknown_in(subject, message, snapshot));
  if (!unknown.empty()) reply.set_nearest(reply.nearest() + "; " + unknown);
  for (const auto leave_out :
       {&v1::WhoAnswersRequest::clear_topic, &v1::WhoAnswersRequest::clear_office,
        &v1::WhoAnswersRequest::clear_body, &v1::WhoAnswersRequest::clear_party}) {
    (wider.*leave_out)();
    answers.clear();
    ENTENTE_TRY_VOID(collect_answers(subject, wider, snapshot, kAlternativesMax, answers));
    if (answers.empty()) continue;
    for (v1::Answer& answer : answers) *reply.add_alternatives() = std::move(answer);
    break;
  }
  return reply;
}

}  // namespace entente::directory
