// How anything in Entente says that it did not work: a `Status`, or a `Result<T>` that holds a
// value or a Status. Shaped like absl::Status; small because g++ 12 has no usable std::expected.
//
// A Status has three faces. `code()` is one of gRPC's canonical numbers and `reason()` one of the
// contract's closed list: callers see both. `message()` is for the caller's eyes too: lower case,
// one line, never a secret, never content of anything the caller may not see. `detail()` is for
// operators: it reaches the log and nothing else. Violations name the fields (or lines) that were
// wrong.
//
// Values; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace entente {

// gRPC's canonical codes; these numbers travel on the wire: never renumber.
enum class Code : std::uint8_t {
  Ok = 0,
  Cancelled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,  // Retry the whole change: what it read no longer holds.
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,  // Retry the call.
  DataLoss = 15,
  Unauthenticated = 16,
};

// "NOT_FOUND" and so on, as gRPC and Connect's upper-case spelling have it.
[[nodiscard]] std::string_view name_of(Code code);

// Why, for programs: travels as google.rpc.ErrorInfo.reason under the domain `entente`. Grows at
// the end; never renumber, never reuse a name.
enum class Reason : std::uint8_t {
  None = 0,
  FieldInvalid,        // a field is malformed, missing or out of its range; violations say which
  NameInvalid,         // a resource name does not parse
  PageTokenInvalid,    // a page token is not ours, is another caller's, or is of another query
  RevisionStale,       // the object changed since the revision that the caller named
  SignedOut,           // no session, or one that has ended
  SignInRefused,       // certificate and password together open nothing
  SignInBackOff,       // too many failures on this account and certificate; retry later
  StepUpNeeded,        // the password must be given again first
  SecondPersonNeeded,  // proposed; a second person's session must sign the same digest
  NotYours,            // the object exists and may be known, but this caller may not change it
  LimitReached,        // a named limit was met
  Overloaded,          // a bounded queue is full; retry later
  StoreReadOnly,       // the store refuses writes: full disk, or behind its own head
  Conflict,            // the transaction lost against another
  AlreadyThere,        // an object of that name exists
  StillInUse,          // others depend on it
  ImportRefused,       // a file had faulty rows; nothing was kept
  SignatureInvalid,    // a signed act's signature or certificate does not hold
  ProofInvalid,        // a Merkle proof or a signed note does not hold
  PasswordWeak,        // too short, too long, or on the block list
  // Of a line that came to nothing, as this end of it tells:
  NotReached,          // nobody listens there, the name is none, nothing came in time, or it broke
  ServerDistrusted,    // the server's certificate is not one that this end takes
  CertificateRefused,  // the server does not take this end's certificate
};
[[nodiscard]] std::string_view name_of(Reason reason);

// One thing that was wrong, and where. `field` is a path such as `person.contacts[2].value`; for
// files it is the column and `line` is one-based, zero where there is no line.
struct Violation {
  std::string field;
  std::string rule;
  std::uint64_t line = 0;
  std::uint64_t column = 0;
  friend bool operator==(const Violation&, const Violation&) = default;
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // Ok.
  Status(Code code, Reason reason, std::string message);

  [[nodiscard]] bool ok() const { return rep_ == nullptr; }
  [[nodiscard]] Code code() const { return rep_ ? rep_->code : Code::Ok; }
  [[nodiscard]] Reason reason() const { return rep_ ? rep_->reason : Reason::None; }
  [[nodiscard]] std::string_view message() const;
  [[nodiscard]] std::string_view detail() const;
  [[nodiscard]] const std::vector<Violation>& violations() const;
  // How long to wait before a retry makes sense; zero where the caller may choose.
  [[nodiscard]] std::uint32_t retry_after_ms() const { return rep_ ? rep_->retry_after_ms : 0; }

  // Each returns *this so that they chain on construction.
  Status&& with_detail(std::string detail) &&;
  Status&& with_violation(Violation violation) &&;
  Status&& with_violations(std::vector<Violation> violations) &&;
  Status&& with_retry_after_ms(std::uint32_t ms) &&;

 private:
  struct Rep {
    Code code;
    Reason reason;
    std::string message;
    std::string detail;
    std::vector<Violation> violations;
    std::uint32_t retry_after_ms = 0;
  };
  Rep& own();  // Un-shares the representation before a change.
  std::shared_ptr<const Rep> rep_;
};

// Spellings for the common ones.
Status invalid_argument(std::string field, std::string rule);
Status internal_error(std::string detail);  // The caller sees `internal error` and no more.
// One answer, one path, for "no such object" and "not for you". Says the first 256 bytes of the
// name.
Status not_found(std::string_view name);
// PermissionDenied (NotYours): for who may know that the object is there.
Status not_yours(std::string what);

template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` and `return status;` are the
  // point.
  Result(T value) : rep_(std::in_place_index<1>, std::move(value)) {}
  // Requires: !status.ok().
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Status status) : rep_(std::in_place_index<0>, std::move(status)) {}

  [[nodiscard]] bool ok() const { return rep_.index() == 1; }
  [[nodiscard]] Status status() const { return ok() ? Status() : std::get<0>(rep_); }

  // Requires: ok().
  [[nodiscard]] T& operator*() & { return std::get<1>(rep_); }
  [[nodiscard]] const T& operator*() const& { return std::get<1>(rep_); }
  [[nodiscard]] T&& operator*() && { return std::get<1>(std::move(rep_)); }
  [[nodiscard]] T* operator->() { return &std::get<1>(rep_); }
  [[nodiscard]] const T* operator->() const { return &std::get<1>(rep_); }

 private:
  std::variant<Status, T> rep_;
};

// A bug is not a Status. Says where, and ends the daemon; in release builds too.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace entente

#define ENTENTE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::entente::check_failed(#condition, __FILE__, __LINE__))

#define ENTENTE_CONCAT_INNER(a, b) a##b
#define ENTENTE_CONCAT(a, b) ENTENTE_CONCAT_INNER(a, b)

// ENTENTE_TRY(const Name name, Name::parse(text)); returns the Status from the enclosing function
// if there is no value. Not for coroutines. A declaration with a comma needs its own alias first.
#define ENTENTE_TRY(declaration, expression)                                                      \
  auto ENTENTE_CONCAT(result_, __LINE__) = (expression);                                          \
  if (!ENTENTE_CONCAT(result_, __LINE__).ok()) return ENTENTE_CONCAT(result_, __LINE__).status(); \
  declaration = *std::move(ENTENTE_CONCAT(result_, __LINE__))

// The same for what yields a Status only.
#define ENTENTE_TRY_VOID(expression)                                                         \
  do {                                                                                       \
    if (::entente::Status try_status_ = (expression); !try_status_.ok()) return try_status_; \
  } while (false)
