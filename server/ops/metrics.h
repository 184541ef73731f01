// What the daemon counts and measures, as text for those who collect it: OpenMetrics 1.0 for who
// asks for it, else the older form of Prometheus (text format 0.0.4). Names, words and explanations
// are literals and values are numbers: nothing here can carry content either.
//
// Values; one thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "server/ops/log.h"

namespace entente::ops {

// An explanation, for people; a literal.
class Words {
 public:
  template <std::size_t Size>
  consteval Words(const char (&text)[Size])  // NOLINT(google-explicit-constructor)
      : text_(text, Size - 1) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Exposition {
 public:
  enum class Form { Prometheus, OpenMetrics };
  explicit Exposition(Form form) : form_(form) {}
  // What an HTTP Accept field asks for.
  [[nodiscard]] static Form wanted(std::string_view accept);
  [[nodiscard]] static std::string_view type_of(Form form);

  // Grows only. `name` without the `_total` that both forms show.
  void counter(Word name, Words help, std::uint64_t value);
  void counter_of_seconds(Word name, Words help, double value);
  struct Part {
    Word word;
    std::uint64_t value;
  };
  // One counter in parts, told apart by `label`.
  void counter(Word name, Words help, Word label, std::initializer_list<Part> parts);
  void gauge(Word name, Words help, double value);
  void gauge(Word name, Words help, bool value) { gauge(name, help, value ? 1.0 : 0.0); }

  // The whole, once.
  [[nodiscard]] std::string finish() &&;

 private:
  void head(Word name, Words help, std::string_view type, std::string_view ending);
  const Form form_;
  std::string text_;
};

// The daemon itself, as every program tells it: `process_...`.
void add_daemon(Exposition& out);

}  // namespace entente::ops
