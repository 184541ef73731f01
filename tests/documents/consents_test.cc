// Consent: what only the originator may do or let others do, asked for, signed, given, once.
#include "server/documents/consents.h"

#include "proto/contract/consent.h"
#include "proto/contract/document_consent.h"
#include "server/ledger/service.h"
#include "tests/documents/circulation_world.h"

namespace entente::documents::testing {
namespace {

using Consent = v1::DocumentConsent;

struct ConsentWorld : DocumentsWorld {
  // Two persons of Sweden, and who else there is.
  policy::Subject second() const {
    policy::Subject subject = anna();
    subject.account = "parties/SWE/accounts/sven";
    subject.person = "sven";
    subject.session = "session-sven";
    return subject;
  }
  v1::Document annex(v1::Handling handling, bool control = true) {
    const std::string id = "annex-" + std::to_string(++uploads_made);
    v1::BeginContentRequest request = begin(id, "text", handling);
    request.mutable_document()->set_originator_control(control);
    const auto made = upload(anna(), request, "text");
    REQUIRE(made.status().message() == "");
    return *made;
  }
  v1::AskConsentRequest request(const v1::Document& document, Consent::Act act,
                                const std::vector<std::string>& to = {},
                                const std::string& language = "",
                                const std::vector<std::string>& but_not = {}) const {
    v1::AskConsentRequest asked;
    asked.set_document(document.name());
    asked.set_act(act);
    for (const std::string& one : to) asked.mutable_audience()->add_any_of(one);
    for (const std::string& one : but_not) asked.mutable_audience()->add_none_of(one);
    asked.set_language(language);
    asked.set_revision(document.revision());
    asked.set_signature(
        consent_message(as_view(document_act_digest({.origin = origin,
                                                     .document = document.name(),
                                                     .revision = document.revision(),
                                                     .act = Consent::Act_Name(act),
                                                     .any_of = {to.begin(), to.end()},
                                                     .none_of = {but_not.begin(), but_not.end()},
                                                     .language = language}))));
    return asked;
  }
  Result<Consent> ask_for(const policy::Subject& subject, const v1::AskConsentRequest& asked) {
    return act(consents, subject, &ConsentService::ask, asked);
  }
  Result<Consent> answer(const policy::Subject& subject, const Consent& consent, bool grant) {
    v1::AnswerConsentRequest request;
    request.set_name(consent.name());
    request.set_grant(grant);
    if (grant) request.set_signature(consent_message(consent.digest()));
    return act(consents, subject, &ConsentService::answer, request);
  }
  Status circulate(const policy::Subject& subject, const v1::Document& document,
                   const std::vector<std::string>& to,
                   const std::vector<std::string>& but_not = {}) {
    v1::CirculateRequest request;
    request.mutable_circulation()->add_documents(document.name());
    auto& audience = *request.mutable_circulation()->mutable_visibility()->mutable_audience();
    for (const std::string& one : to) audience.add_any_of(one);
    for (const std::string& one : but_not) audience.add_none_of(one);
    return act(circulation, subject, &CirculationService::circulate, request).status();
  }

  // Another text of it, begun, sent and finished.
  Status brings(const policy::Subject& subject, const v1::Document& document,
                const std::string& text, const std::string& language = "fr",
                v1::Content::Status status = v1::Content::COURTESY_TRANSLATION) {
    const std::string id = "text-" + std::to_string(++uploads_made);
    v1::BeginContentRequest request = begin(id, text);
    request.mutable_document()->Clear();
    request.mutable_document()->set_name(document.name());
    request.mutable_content()->set_language(language);
    request.mutable_content()->set_status(status);
    return upload(subject, request, text).status();
  }
  Status allow(const policy::Subject& subject, const v1::Document& document,
               const std::string& language = "fr") {
    const v1::Document now = *get(anna(), document.name());
    ENTENTE_TRY(const Consent asked,
                ask_for(subject, request(now, Consent::TRANSLATE, {}, language)));
    return answer(anna(), asked, true).status();
  }

  const std::string origin = "demo.example/ledger";
  ConsentService consents{{.rows = rows,
                           .shelf = shelf,
                           .documents = service,
                           .neighbours = neighbours,
                           .origin = origin,
                           .clock = clock,
                           .entropy = entropy}};
};

const std::vector<std::string> kAll = {"process/igc/members", "process/igc/secretariat"};

}  // namespace

TEST_CASE("what is under originator control is circulated by others only as was granted",
          "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  CHECK(world.circulate(world.helena(), annex, kAll).code() == Code::PermissionDenied);
  const auto asked = world.ask_for(world.helena(), world.request(annex, Consent::CIRCULATE, kAll));
  REQUIRE(asked.status().message() == "");
  CHECK(asked->state() == Consent::WAITING);
  // Not the asker's, nor a third party's, to grant; nor is it there for strangers.
  CHECK(world.answer(world.helena(), *asked, true).status().code() == Code::PermissionDenied);
  CHECK(world.answer(world.reto(), *asked, true).status().code() == Code::NotFound);
  CHECK(world.answer(world.samira(), *asked, true).status().code() == Code::NotFound);
  Consent unsigned_word = *asked;
  unsigned_word.set_digest("another");
  CHECK(world.answer(world.anna(), unsigned_word, true).status().reason() ==
        Reason::SignatureInvalid);
  const auto granted = world.answer(world.anna(), *asked, true);
  REQUIRE(granted.ok());
  CHECK(granted->state() == Consent::GRANTED);
  CHECK(world.answer(world.anna(), *asked, false).status().code() == Code::FailedPrecondition);
  // To no more than was granted, and by nobody else.
  CHECK(world
            .circulate(world.helena(), annex,
                       {"process/igc/members", "process/igc/secretariat", "process/igc/observers"})
            .code() == Code::PermissionDenied);
  CHECK(world.circulate(world.reto(), annex, kAll).code() == Code::PermissionDenied);
  CHECK(world.circulate(world.helena(), annex, kAll).ok());
}

TEST_CASE("whom a consent leaves out, what is circulated by it leaves out",
          "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  const std::vector<std::string> but_not = {"party/CHE"};
  const auto asked =
      world.ask_for(world.helena(), world.request(annex, Consent::CIRCULATE, kAll, "", but_not));
  REQUIRE(asked.status().message() == "");
  REQUIRE(world.answer(world.anna(), *asked, true).ok());
  CHECK(world.circulate(world.helena(), annex, kAll).code() == Code::PermissionDenied);
  CHECK(world.circulate(world.helena(), annex, kAll, {"party/UNHCR"}).code() ==
        Code::PermissionDenied);
  CHECK(world.circulate(world.helena(), annex, kAll, {"party/CHE", "party/UNHCR"}).ok());
}

TEST_CASE("a refusal permits nothing, and a consent for one document none for another",
          "[documents][consent]") {
  ConsentWorld world;
  const v1::Document one = world.annex(v1::HANDLING_RESTRICTED);
  const v1::Document other = world.annex(v1::HANDLING_RESTRICTED);
  const auto asked = world.ask_for(world.helena(), world.request(one, Consent::CIRCULATE, kAll));
  REQUIRE(world.answer(world.anna(), *asked, false)->state() == Consent::REFUSED);
  CHECK(world.circulate(world.helena(), one, kAll).code() == Code::PermissionDenied);
  const auto again = world.ask_for(world.helena(), world.request(one, Consent::CIRCULATE, kAll));
  REQUIRE(world.answer(world.anna(), *again, true).ok());
  CHECK(world.circulate(world.helena(), other, kAll).code() == Code::PermissionDenied);
}

TEST_CASE("that a consent was asked its originator hears, that it was answered who asked",
          "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  std::uint64_t at = world.shelf.newest_event();
  const auto hear = [&] {
    const auto events = world.shelf.events_after(at, 10);
    at = world.shelf.newest_event();
    std::string heard;
    for (const record::Event& event : events) {
      heard += v1::News::Kind_Name(static_cast<v1::News::Kind>(event.kind())) + ":";
      for (const auto& [name, subject] : {std::pair("anna", world.anna()),
                                          {"second", world.second()},
                                          {"helena", world.helena()},
                                          {"reto", world.reto()},
                                          {"samira", world.samira()}}) {
        if (world.circulation.may_hear(subject, event)) heard += std::string(" ") + name;
      }
      heard += ";";
    }
    return heard;
  };
  const auto asked = world.ask_for(world.helena(), world.request(annex, Consent::CIRCULATE, kAll));
  CHECK(hear() == "CONSENT_ASKED: anna second;");
  REQUIRE(world.answer(world.anna(), *asked, true).ok());
  CHECK(hear() == "CONSENT_ANSWERED: helena;");
  const auto again = world.ask_for(world.helena(), world.request(annex, Consent::CIRCULATE, kAll));
  REQUIRE(world.answer(world.anna(), *again, false).ok());
  CHECK(hear() == "CONSENT_ASKED: anna second;CONSENT_ANSWERED: helena;");
}

TEST_CASE(
    "in a process that is dormant nothing is sent round or asked; once it is over nothing comes",
    "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  const v1::Document other = world.annex(v1::HANDLING_RESTRICTED, /*control=*/false);
  world.neighbours.life = Life::Dormant;
  CHECK(world.circulate(world.anna(), annex, kAll).reason() == Reason::StillInUse);
  const v1::AskConsentRequest asks = world.request(annex, Consent::CIRCULATE, kAll);
  CHECK(world.ask_for(world.helena(), asks).status().reason() == Reason::StillInUse);
  const v1::Document brought = world.annex(v1::HANDLING_RESTRICTED);
  CHECK(world.get(world.reto(), annex.name()).ok());
  world.neighbours.life = Life::Over;
  CHECK(world.upload(world.anna(), world.begin("late", "text", v1::HANDLING_LIMITED), "text")
            .status()
            .reason() == Reason::StillInUse);
  CHECK(world.get(world.reto(), brought.name()).ok());
  v1::WithdrawDocumentRequest back;
  back.set_name(brought.name());
  CHECK(world.act(world.service, world.anna(), &Service::withdraw_document, back).ok());
  world.neighbours.life = Life::AtWork;
  CHECK(world.circulate(world.anna(), other, kAll).ok());
  CHECK(world.ask_for(world.helena(), asks).ok());
}

TEST_CASE("what needs no consent, or is not signed, is not asked", "[documents][consent]") {
  ConsentWorld world;
  const v1::Document open = world.annex(v1::HANDLING_RESTRICTED, /*control=*/false);
  CHECK_FALSE(world.ask_for(world.helena(), world.request(open, Consent::CIRCULATE, kAll)).ok());
  CHECK_FALSE(world.ask_for(world.helena(), world.request(open, Consent::ACT_UNSPECIFIED)).ok());
  CHECK_FALSE(
      world.ask_for(world.helena(), world.request(open, Consent::WIDEN, {"party/SWE"})).ok());
  CHECK(world.ask_for(world.stranger(), world.request(open, Consent::TRANSLATE, {}, "fr"))
            .status()
            .code() == Code::NotFound);
  v1::AskConsentRequest asked = world.request(open, Consent::TRANSLATE, {}, "fr");
  asked.set_language("de");
  CHECK(world.ask_for(world.helena(), asked).status().reason() == Reason::SignatureInvalid);
  asked = world.request(open, Consent::TRANSLATE, {}, "fr");
  asked.set_revision(7);
  CHECK(world.ask_for(world.helena(), asked).status().reason() == Reason::RevisionStale);
}

TEST_CASE("a translation comes from who was allowed to make it", "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  v1::BeginContentRequest french = world.begin("fr", "le texte", v1::HANDLING_RESTRICTED);
  french.mutable_document()->Clear();
  french.mutable_document()->set_name(annex.name());
  french.mutable_content()->set_language("fr");
  french.mutable_content()->set_status(v1::Content::COURTESY_TRANSLATION);
  const auto brings = [&](const v1::BeginContentRequest& request) {
    return world.upload(world.helena(), request, "le texte").status();
  };
  CHECK(brings(french).code() == Code::PermissionDenied);
  const auto asked =
      world.ask_for(world.helena(), world.request(annex, Consent::TRANSLATE, {}, "fr"));
  REQUIRE(world.answer(world.anna(), *asked, true).ok());
  v1::BeginContentRequest other = french;
  other.set_upload_id("original");
  other.mutable_content()->set_status(v1::Content::ORIGINAL);
  CHECK(brings(other).code() == Code::PermissionDenied);
  other = french;
  other.set_upload_id("de");
  other.mutable_content()->set_language("de");
  CHECK(brings(other).code() == Code::PermissionDenied);
  REQUIRE(brings(french).message() == "");
  CHECK(world.get(world.reto(), annex.name())->contents_size() == 2);
}

TEST_CASE("a member brings the translation that it was granted, once", "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  REQUIRE(world.allow(world.reto(), annex).message() == "");
  CHECK(world.brings(world.helena(), annex, "le texte").code() == Code::PermissionDenied);
  CHECK(world.brings(world.reto(), annex, "le texte").message() == "");
  CHECK(world.brings(world.reto(), annex, "un autre").code() == Code::PermissionDenied);
  v1::ListConsentsRequest of;
  of.set_document(annex.name());
  const auto listed = world.ask(world.consents, world.anna(), &ConsentService::list, of);
  REQUIRE(listed->consents_size() == 1);
  CHECK(listed->consents(0).state() == Consent::GRANTED);
  CHECK(listed->consents(0).spent());
  CHECK(world.get(world.anna(), annex.name())->contents(1).bytes() ==
        std::string("le texte").size());
  // Granted anew, it corrects its own.
  REQUIRE(world.allow(world.reto(), annex).message() == "");
  CHECK(world.brings(world.reto(), annex, "un autre").message() == "");
  CHECK(world.get(world.anna(), annex.name())->contents(1).bytes() ==
        std::string("un autre").size());
  // What was begun while a grant stood is not finished once it is spent.
  REQUIRE(world.allow(world.reto(), annex).message() == "");
  v1::BeginContentRequest late = world.begin("late", "tard");
  late.mutable_document()->Clear();
  late.mutable_document()->set_name(annex.name());
  late.mutable_content()->set_language("fr");
  late.mutable_content()->set_status(v1::Content::COURTESY_TRANSLATION);
  REQUIRE(world.ask(world.service, world.reto(), &Service::begin_content, late).ok());
  REQUIRE(world.send(world.reto(), "late", "tard").ok());
  REQUIRE(world.brings(world.reto(), annex, "le dernier").ok());
  CHECK(world.finish(world.reto(), "late", "tard").status().code() == Code::PermissionDenied);
}

TEST_CASE("a granted translation replaces nothing of the originator's own",
          "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  REQUIRE(world.allow(world.helena(), annex).message() == "");
  REQUIRE(world.brings(world.anna(), annex, "le texte suédois", "fr", v1::Content::ORIGINAL).ok());
  v1::CirculateRequest request;
  v1::Circulation& sent = *request.mutable_circulation();
  sent.add_documents(annex.name());
  sent.set_ask(v1::Circulation::APPROVAL_BY_SILENCE);
  set_time(*sent.mutable_deadline(), world.clock.now() + std::chrono::hours(24));
  REQUIRE(world.act(world.circulation, world.anna(), &CirculationService::circulate, request).ok());
  const v1::Document before = *world.get(world.anna(), annex.name());
  CHECK(before.silences_size() == 1);
  const Status refused = world.brings(world.helena(), annex, "une traduction");
  CHECK(refused.code() == Code::PermissionDenied);
  // A grant of later says no more than that a translation may come.
  REQUIRE(world.allow(world.helena(), annex).message() == "");
  CHECK(world.brings(world.helena(), annex, "une traduction").code() == Code::PermissionDenied);
  CHECK(world.get(world.anna(), annex.name())->SerializeAsString() == before.SerializeAsString());
  // The originator replaces a translation that another brought, and from then on it is its own.
  REQUIRE(world.allow(world.reto(), annex, "de").message() == "");
  REQUIRE(world.brings(world.reto(), annex, "der Text", "de").message() == "");
  REQUIRE(world.brings(world.anna(), annex, "der eigene Text", "de").message() == "");
  REQUIRE(world.allow(world.reto(), annex, "de").message() == "");
  CHECK(world.brings(world.reto(), annex, "der Text", "de").code() == Code::PermissionDenied);
}

TEST_CASE("that a consent was asked or answered is entered for its two parties alone",
          "[documents][consent]") {
  entente::testing::Entered entered;
  ConsentWorld world;
  world.ledger->add_follower(entered);
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  const auto sees = [&] {
    std::string all = entered.acts.back().kind + ":";
    for (const auto& [name, subject] : {std::pair("anna", world.anna()),
                                        {"reto", world.reto()},
                                        {"nora", world.as("NOR", "nora", {"process/igc/members"})},
                                        {"helena", world.helena()},
                                        {"samira", world.samira()}}) {
      if (ledger::may_see(subject, entered.acts.back())) all += std::string(" ") + name;
    }
    return all;
  };
  const auto asked =
      world.ask_for(world.reto(), world.request(annex, Consent::TRANSLATE, {}, "fr"));
  REQUIRE(asked.ok());
  CHECK(sees() == "documents.consent.ask: anna reto");
  REQUIRE(world.answer(world.anna(), *asked, true).ok());
  CHECK(sees() == "documents.consent.answer: anna reto");
  // To whom the document is as absent by then, so is the answer.
  const auto again =
      world.ask_for(world.reto(), world.request(annex, Consent::TRANSLATE, {}, "de"));
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = *world.get(world.anna(), annex.name());
  set_time(*update.mutable_document()->mutable_visibility()->mutable_embargo_until(),
           world.clock.now() + std::chrono::hours(1));
  REQUIRE(world.act(world.service, world.anna(), &Service::update_document, update).ok());
  REQUIRE(world.answer(world.anna(), *again, false).ok());
  CHECK(sees() == "documents.consent.answer: anna");
}

TEST_CASE("an audience is widened as was asked and granted", "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  std::vector<std::string> wider = kAll;
  wider.push_back("process/igc/observers");
  const auto asked = world.ask_for(world.helena(), world.request(annex, Consent::WIDEN, wider));
  REQUIRE(asked.status().message() == "");
  CHECK(world.get(world.samira(), annex.name()).status().code() == Code::NotFound);
  REQUIRE(world.answer(world.anna(), *asked, true)->state() == Consent::GRANTED);
  CHECK(world.get(world.samira(), annex.name()).ok());
  // What was asked of an earlier revision is not done to a later one.
  const v1::Document now = *world.get(world.anna(), annex.name());
  const auto late = world.ask_for(world.helena(), world.request(now, Consent::WIDEN, wider));
  v1::UpdateDocumentRequest update;
  *update.mutable_document() = now;
  REQUIRE(world.act(world.service, world.anna(), &Service::update_document, update).ok());
  CHECK(world.answer(world.anna(), *late, true).status().reason() == Reason::RevisionStale);
}

TEST_CASE("a party sees what it asked and what it has to answer, and nobody else's",
          "[documents][consent]") {
  ConsentWorld world;
  const v1::Document annex = world.annex(v1::HANDLING_RESTRICTED);
  REQUIRE(world.ask_for(world.helena(), world.request(annex, Consent::CIRCULATE, kAll)).ok());
  // Nor does the name of what it asks tell that another has asked.
  const auto own = world.ask_for(world.reto(), world.request(annex, Consent::CIRCULATE, kAll));
  REQUIRE(own.ok());
  CHECK(own->name() != annex.name() + "/consents/2");
  REQUIRE(world.answer(world.anna(), *own, false)->state() == Consent::REFUSED);
  const auto listed = [&](const policy::Subject& subject, bool waiting) {
    v1::ListConsentsRequest request;
    request.set_waiting(waiting);
    return world.ask(world.consents, subject, &ConsentService::list, request)->consents_size();
  };
  CHECK(listed(world.helena(), false) == 1);
  CHECK(listed(world.helena(), true) == 0);
  CHECK(listed(world.anna(), true) == 1);
  CHECK(listed(world.reto(), false) == 1);
  CHECK(listed(world.samira(), false) == 0);
  v1::ListConsentsRequest of;
  of.set_document(annex.name());
  CHECK(world.ask(world.consents, world.samira(), &ConsentService::list, of).status().code() ==
        Code::NotFound);
}

}  // namespace entente::documents::testing
