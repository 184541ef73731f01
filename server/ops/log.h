// The daemon's log: one line an event, `time level=... event=... key=value ...`, for operators.
//
// No content and no secret can be written here, because no type that could carry one is taken:
// events and keys are words of the source text, values are numbers, truth values, spans of time,
// closed enums, and a Status, of which the code, the reason and the `detail()` are written (the
// contract keeps it for operators) and never the message or the violations, which quote callers.
// Whoever needs a new kind of value adds it below, where it is reviewed.
//
// Threads: any. Ownership: main's; the clock is borrowed.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"

namespace entente::ops {

enum class Level : std::uint8_t { Info, Warning, Error };

// Lower-case words of the source text: `server.certificate`. Anything else does not compile.
class Word {
 public:
  template <std::size_t Size>
  consteval Word(const char (&text)[Size])  // NOLINT(google-explicit-constructor)
      : text_(text, Size - 1) {
    for (const char c : text_) {
      const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
      if (!fits) throw "a word of the log is lower case, digits, `_` and `.`";
    }
  }
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// The whitelist. Characters are numbers to C++, but not to us.
template <typename T>
concept Number = (std::integral<T> || std::floating_point<T>)&&!std::same_as<T, bool> &&
                 !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                 !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

// One `key=value`.
class Field {
 public:
  template <Number T>
  Field(Word key, T value) : key_(key), value_(std::to_string(value)) {}
  template <std::same_as<bool> T>  // nothing else becomes one
  Field(Word key, T value) : key_(key), value_(value ? "true" : "false") {}
  template <typename Rep, typename Period>
  Field(Word key, std::chrono::duration<Rep, Period> value)
      : key_(key),
        value_(
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()) +
            "ms") {}
  template <std::same_as<Code> T>
  Field(Word key, T value) : key_(key), value_(name_of(value)) {}
  template <std::same_as<Reason> T>
  Field(Word key, T value) : key_(key), value_(name_of(value)) {}
  Field(Word key, Word value) : key_(key), value_(value.text()) {}

  [[nodiscard]] std::string_view key() const { return key_.text(); }
  [[nodiscard]] const std::string& value() const { return value_; }

 private:
  Word key_;
  std::string value_;
};

class Log {
 public:
  // Writes to `file` (borrowed), each line at once.
  Log(const Clock& clock, std::FILE* file);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(Level level, Word event, std::initializer_list<Field> fields = {});
  // The same with why: `code=... reason=... detail="..."`.
  void write(Level level, Word event, const Status& why, std::initializer_list<Field> fields = {});

  // How many lines of a level were written.
  [[nodiscard]] std::uint64_t count(Level level) const {
    return counts_[static_cast<std::size_t>(level)];
  }

 private:
  void line(Level level, Word event, const Status* why, std::initializer_list<Field> fields);
  struct Sink;
  const Clock& clock_;
  std::unique_ptr<Sink> sink_;
  std::array<std::atomic<std::uint64_t>, 3> counts_{};
};

// For what no caller caused (a file, a timer): then the message speaks of the operator's own things
// and belongs into the log, as the detail. `about`: which of them, a path say.
[[nodiscard]] Status for_operators(const Status& status, std::string_view about = {});

}  // namespace entente::ops
