#include "proto/contract/status.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace entente {

std::string_view name_of(Code code) {
  switch (code) {
    case Code::Ok:
      return "OK";
    case Code::Cancelled:
      return "CANCELLED";
    case Code::Unknown:
      return "UNKNOWN";
    case Code::InvalidArgument:
      return "INVALID_ARGUMENT";
    case Code::DeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case Code::NotFound:
      return "NOT_FOUND";
    case Code::AlreadyExists:
      return "ALREADY_EXISTS";
    case Code::PermissionDenied:
      return "PERMISSION_DENIED";
    case Code::ResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case Code::FailedPrecondition:
      return "FAILED_PRECONDITION";
    case Code::Aborted:
      return "ABORTED";
    case Code::OutOfRange:
      return "OUT_OF_RANGE";
    case Code::Unimplemented:
      return "UNIMPLEMENTED";
    case Code::Internal:
      return "INTERNAL";
    case Code::Unavailable:
      return "UNAVAILABLE";
    case Code::DataLoss:
      return "DATA_LOSS";
    case Code::Unauthenticated:
      return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::None:
      return "NONE";
    case Reason::FieldInvalid:
      return "FIELD_INVALID";
    case Reason::NameInvalid:
      return "NAME_INVALID";
    case Reason::PageTokenInvalid:
      return "PAGE_TOKEN_INVALID";
    case Reason::RevisionStale:
      return "REVISION_STALE";
    case Reason::SignedOut:
      return "SIGNED_OUT";
    case Reason::SignInRefused:
      return "SIGN_IN_REFUSED";
    case Reason::SignInBackOff:
      return "SIGN_IN_BACK_OFF";
    case Reason::StepUpNeeded:
      return "STEP_UP_NEEDED";
    case Reason::SecondPersonNeeded:
      return "SECOND_PERSON_NEEDED";
    case Reason::NotYours:
      return "NOT_YOURS";
    case Reason::LimitReached:
      return "LIMIT_REACHED";
    case Reason::Overloaded:
      return "OVERLOADED";
    case Reason::StoreReadOnly:
      return "STORE_READ_ONLY";
    case Reason::Conflict:
      return "CONFLICT";
    case Reason::AlreadyThere:
      return "ALREADY_THERE";
    case Reason::StillInUse:
      return "STILL_IN_USE";
    case Reason::ImportRefused:
      return "IMPORT_REFUSED";
    case Reason::SignatureInvalid:
      return "SIGNATURE_INVALID";
    case Reason::ProofInvalid:
      return "PROOF_INVALID";
    case Reason::PasswordWeak:
      return "PASSWORD_WEAK";
    case Reason::NotReached:
      return "NOT_REACHED";
    case Reason::ServerDistrusted:
      return "SERVER_DISTRUSTED";
    case Reason::CertificateRefused:
      return "CERTIFICATE_REFUSED";
  }
  return "NONE";
}

Status::Status(Code code, Reason reason, std::string message) {
  ENTENTE_CHECK(code != Code::Ok);
  rep_ = std::make_shared<const Rep>(Rep{.code = code,
                                         .reason = reason,
                                         .message = std::move(message),
                                         .detail = {},
                                         .violations = {},
                                         .retry_after_ms = 0});
}

std::string_view Status::message() const {
  return rep_ ? std::string_view(rep_->message) : std::string_view();
}

std::string_view Status::detail() const {
  return rep_ ? std::string_view(rep_->detail) : std::string_view();
}

const std::vector<Violation>& Status::violations() const {
  static const std::vector<Violation> none;
  return rep_ ? rep_->violations : none;
}

Status::Rep& Status::own() {
  ENTENTE_CHECK(rep_ != nullptr);
  auto copy = std::make_shared<Rep>(*rep_);
  Rep& mine = *copy;
  rep_ = std::move(copy);
  return mine;
}

Status&& Status::with_detail(std::string detail) && {
  own().detail = std::move(detail);
  return std::move(*this);
}

Status&& Status::with_violation(Violation violation) && {
  own().violations.push_back(std::move(violation));
  return std::move(*this);
}

Status&& Status::with_violations(std::vector<Violation> violations) && {
  own().violations = std::move(violations);
  return std::move(*this);
}

Status&& Status::with_retry_after_ms(std::uint32_t ms) && {
  own().retry_after_ms = ms;
  return std::move(*this);
}

Status invalid_argument(std::string field, std::string rule) {
  std::string message = "`" + field + "` " + rule;
  return Status(Code::InvalidArgument, Reason::FieldInvalid, std::move(message))
      .with_violation({.field = std::move(field), .rule = std::move(rule), .line = 0, .column = 0});
}

Status not_found(std::string_view name) {
  constexpr std::size_t said_max = 256;  // bytes; no answer is as long as its request made it
  std::size_t said = std::min(name.size(), said_max);
  const auto inside = [&] { return (static_cast<unsigned char>(name[said]) & 0xC0U) == 0x80U; };
  while (said > 0 && said < name.size() && inside()) --said;
  return {Code::NotFound, Reason::None,
          "`" + std::string(name.substr(0, said)) + "` was not found"};
}

Status not_yours(std::string what) {
  return {Code::PermissionDenied, Reason::NotYours, std::move(what)};
}

Status internal_error(std::string detail) {
  return Status(Code::Internal, Reason::None, "internal error").with_detail(std::move(detail));
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "check failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace entente
