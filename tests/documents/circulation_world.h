// The circulations of a world of documents: what is sent, answered and heard, and what is entered.
#pragma once

#include "server/documents/hours.h"
#include "tests/documents/world.h"
#include "tests/ledger/entered.h"

namespace entente::documents::testing {

// What a daemon's clock is asked for in the midst of telling.
class Midst final : public Clock {
 public:
  Midst(const Clock& clock, std::function<void()> act) : clock_(clock), act_(std::move(act)) {}
  Instant now() const override {
    if (++asked_ == 2) act_();  // between what it reads and its commit
    return clock_.now();
  }
  Tick tick() const override { return clock_.tick(); }

 private:
  const Clock& clock_;
  std::function<void()> act_;
  mutable int asked_ = 0;
};

struct CirculationWorld : DocumentsWorld {
  CirculationWorld() { ledger->add_follower(entered); }
  using Face = CirculationService;

  Result<v1::Circulation> circulate(const policy::Subject& who, const std::string& document,
                                    v1::Circulation::Ask what = v1::Circulation::INFORMATION,
                                    const std::vector<std::string>& to = {}) {
    v1::CirculateRequest request;
    v1::Circulation& sent = *request.mutable_circulation();
    sent.add_documents(document);
    *sent.mutable_note() = english("For Thursday");
    sent.set_ask(what);
    if (what == v1::Circulation::APPROVAL_BY_SILENCE) {
      set_time(*sent.mutable_deadline(), clock.now() + std::chrono::hours(24));
    }
    for (const auto& one : to) sent.mutable_visibility()->mutable_audience()->add_any_of(one);
    if (!to.empty()) sent.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
    return act(circulation, who, &Face::circulate, request);
  }
  std::vector<v1::Circulation> inbox(const policy::Subject& who, bool waiting = false) {
    v1::ListInboxRequest request;
    request.set_waiting(waiting);
    const auto reply = ask(circulation, who, &Face::list_inbox, request);
    REQUIRE(reply.ok());
    return {reply->circulations().begin(), reply->circulations().end()};
  }
  Result<v1::Circulation> see(const policy::Subject& who, const std::string& name) {
    v1::GetCirculationRequest request;
    request.set_name(name);
    return ask(circulation, who, &Face::get_circulation, request);
  }
  Status respond(const policy::Subject& who, const std::string& name, v1::Response::Kind kind,
                 const std::string& text = "", const std::string& only = "") {
    v1::RespondRequest request;
    request.set_name(name);
    request.mutable_response()->set_kind(kind);
    request.mutable_response()->set_text(text);
    if (!only.empty()) request.mutable_response()->mutable_audience()->add_any_of(only);
    return act(circulation, who, &Face::respond, request).status();
  }
  std::vector<std::string> responses(const policy::Subject& who, const std::string& name) {
    v1::ListResponsesRequest request;
    request.set_name(name);
    const auto reply = ask(circulation, who, &Face::list_responses, request);
    REQUIRE(reply.ok());
    std::vector<std::string> texts;
    for (const auto& one : reply->responses()) {
      texts.push_back(one.text());
      CHECK(one.number() == texts.size());
    }
    return texts;
  }
  // What is new since `cursor`; moves it on. `by`: how much at most, then the line breaks.
  std::vector<std::string> news(const policy::Subject& who, std::uint64_t& cursor,
                                std::size_t by = 1'000) {
    v1::WatchRequest request;
    request.set_cursor(cursor);
    const auto shared = std::make_shared<const policy::Subject>(who);
    auto source = circulation.watch(
        [shared]() -> Result<identity::SubjectPointer> { return shared; }, request, [] {});
    REQUIRE(source.ok());
    std::vector<std::string> heard;
    while (heard.size() < by) {
      v1::News one;
      const auto next = (*source)->next(one);
      REQUIRE(next.ok());
      if (*next == net::Source::Next::Wait) break;
      CHECK(one.cursor() > cursor);
      cursor = one.cursor();
      heard.push_back(v1::News::Kind_Name(one.kind()));
    }
    return heard;
  }
  Result<v1::Document> withdraw(const std::string& document) {
    v1::WithdrawDocumentRequest request;
    request.set_name(document);
    return act(service, helena(), &Service::withdraw_document, request);
  }
  // Another text, or one in another language.
  v1::BeginContentRequest another(const std::string& document, const std::string& bytes,
                                  const std::string& language = "en") {
    v1::BeginContentRequest request = begin("t" + std::to_string(++uploads_made), bytes);
    request.mutable_document()->Clear();
    request.mutable_document()->set_name(document);
    request.mutable_content()->set_language(language);
    request.mutable_content()->set_status(language == "en" ? v1::Content::ORIGINAL
                                                           : v1::Content::COURTESY_TRANSLATION);
    return request;
  }
  Status bring(const std::string& document, const std::string& bytes,
               const std::string& language = "en") {
    return upload(helena(), another(document, bytes, language), bytes).status();
  }
  // `documents/<id>/revisions/<n> en=<SHA-256>`, with `!` where the document has another.
  std::vector<std::string> texts(const policy::Subject& who, const std::string& name) {
    std::vector<std::string> all;
    const auto shown = see(who, name);
    REQUIRE(shown.ok());
    for (const v1::SentDocument& one : shown->sent()) {
      std::string line = one.name();
      for (const auto& text : one.texts()) {
        line += " " + text.language() + "=" + to_hex(text.sha256());
      }
      all.push_back(line + (one.changed() ? " !" : ""));
    }
    return all;
  }
  // The digest that the ledger has with the newest act of this kind.
  std::string digest_of(const std::string& kind) {
    for (auto at = entered.acts.rbegin(); at != entered.acts.rend(); ++at) {
      if (at->kind == kind) return at->object_digest;
    }
    return "none";
  }
  Status recall(const std::string& name) {
    v1::RecallRequest request;
    request.set_name(name);
    return act(circulation, helena(), &Face::recall, request).status();
  }
  Status remind(const std::string& name) {
    v1::RemindRequest request;
    request.set_name(name);
    return act(circulation, helena(), &Face::remind, request).status();
  }
  v1::Circulation::Outcome outcome(const std::string& name) {
    return see(helena(), name)->outcome();
  }
  Hours hours_over(const Shelf& of) { return hours_over(of, clock); }
  Hours hours_over(const Shelf& of, const Clock& by) {
    return Hours({.rows = rows,
                  .shelf = of,
                  .ledger = *ledger,
                  .clock = by,
                  .complain = [this](std::string_view what, const Status&) {
                    complaints.emplace_back(what);
                  }});
  }
  // A start before what is due is told, and two daemons' worth of looks: how many entries they
  // make.
  std::uint64_t entries_of_two() {
    Shelf beside(rows);
    REQUIRE(beside.load().ok());
    Hours others = hours_over(beside);
    const std::uint64_t before = entries();
    others.tend();
    hours.tend();
    others.tend();
    return entries() - before;
  }
  entente::testing::Entered entered;
  std::vector<std::string> complaints;
  Hours hours = hours_over(shelf);
};

}  // namespace entente::documents::testing
