#include "server/documents/circulation_rules.h"

#include <string>

#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"
#include "server/documents/model.h"

namespace entente::documents {
namespace {

const char* how_it_ended(const record::Circulation& row) {
  switch (outcome_of(row)) {
    case v1::Circulation::SILENCE_BROKEN:
      return ": it was broken";
    case v1::Circulation::LAPSED:
      return ": what it would adopt was changed, withdrawn or destroyed before";
    case v1::Circulation::ADOPTED:
      return ": it is adopted";
    default:
      return "";  // It is about to be entered.
  }
}

Status silence_ended(const record::Circulation& row) {
  return {Code::FailedPrecondition, Reason::None,
          std::string("the silence has ended") + how_it_ended(row)};
}

// Requires: it is for approval by silence. Who breaks a silence that is broken already changes
// nothing: that is for its caller to look at.
Status check_silence_lasts(const record::Circulation& row, Instant now) {
  const bool lasts = !row.adopted() && !row.lapsed() && now < instant_of(row.shown().deadline());
  return lasts ? Status() : silence_ended(row);
}

}  // namespace

Status check_circulation(const v1::Circulation& circulation, Instant now) {
  if (circulation.documents_size() == 0 ||
      static_cast<std::size_t>(circulation.documents_size()) > limits::circulated_documents_max) {
    return invalid_argument("circulation.documents", "must be 1 to 64");
  }
  ENTENTE_TRY_VOID(check_text("circulation.note", circulation.note()));
  if (!v1::Circulation::Ask_IsValid(circulation.ask())) {
    return invalid_argument("circulation.ask", "must be one of what can be asked");
  }
  const bool needs = circulation.ask() == v1::Circulation::APPROVAL_BY_SILENCE;
  if (needs && !circulation.has_deadline()) {
    return invalid_argument("circulation.deadline", "must be given for approval by silence");
  }
  if (circulation.has_deadline() && instant_of(circulation.deadline()) <= now) {
    return invalid_argument("circulation.deadline", "must lie ahead");
  }
  return {};
}

Status check_deadline(const v1::Circulation& circulation, const policy::Guard& guard,
                      const std::string& what) {
  if (circulation.ask() != v1::Circulation::APPROVAL_BY_SILENCE) return {};
  const Instant deadline = instant_of(circulation.deadline());
  if (guard.embargo_until && *guard.embargo_until >= deadline) {
    return invalid_argument("circulation.deadline", "must lie behind the embargo of " + what +
                                                        ": nobody could break the silence before");
  }
  if (guard.expires_at && *guard.expires_at <= deadline) {
    return invalid_argument("circulation.deadline", "must lie before " + what + " expires");
  }
  return {};
}

Status check_waits(const record::Circulation& row, Instant now) {
  if (row.shown().has_recalled_at()) {
    return {Code::FailedPrecondition, Reason::None, "it was recalled"};
  }
  if (row.shown().ask() != v1::Circulation::APPROVAL_BY_SILENCE) return {};
  if (row.silence_broken()) return silence_ended(row);
  return check_silence_lasts(row, now);
}

Status check_response(const v1::Response& response, const record::Circulation& row, Instant now) {
  const v1::Circulation& shown = row.shown();
  if (shown.has_recalled_at()) return {Code::FailedPrecondition, Reason::None, "it was recalled"};
  if (response.text().size() > limits::text_bytes_max) {
    return invalid_argument("response.text", "is too long");
  }
  v1::Text text;
  (*text.mutable_by_language())["en"] = response.text();
  ENTENTE_TRY_VOID(check_text("response.text", text));
  switch (response.kind()) {
    case v1::Response::ACKNOWLEDGE:
      return {};
    case v1::Response::COMMENT:
      if (response.text().empty()) return invalid_argument("response.text", "must be given");
      return {};
    case v1::Response::BREAK_SILENCE:
      if (shown.ask() != v1::Circulation::APPROVAL_BY_SILENCE) {
        return {Code::FailedPrecondition, Reason::None, "no approval by silence was asked for"};
      }
      return check_silence_lasts(row, now);
    case v1::Response::DONE:
      if (shown.ask() == v1::Circulation::ACTION) return {};
      return {Code::FailedPrecondition, Reason::None, "no action was asked for"};
    default:
      return invalid_argument("response.kind", "must be one of the kinds");
  }
}

}  // namespace entente::documents
