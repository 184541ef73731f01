// JSON (RFC 8259) as it comes, in pieces of any size: what begins and ends, keys and scalars, each
// with its place, and nothing kept but one string or number. Strict: no comments, no trailing
// commas, one document. A number is handed on as it is written.
//
// One thread a parser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/formats/reader.h"

namespace entente::statistics {

class JsonParser {
 public:
  enum class Kind : std::uint8_t {
    BeginObject,
    EndObject,
    BeginArray,
    EndArray,
    Key,
    String,
    Number,
    Literal  // `true`, `false`, `null`
  };
  // A Status that is not OK ends the reading. `text` lives until it returns; empty for what begins
  // and ends.
  class Handler {
   public:
    virtual ~Handler() = default;
    [[nodiscard]] virtual Status on_event(Kind kind, std::string_view text, Place place) = 0;
  };

  // Requires: `handler` outlives the parser.
  explicit JsonParser(Handler& handler) : handler_(handler) {}

  // As Reader's. InvalidArgument (ImportRefused): it is no JSON in UTF-8, is nested deeper than
  // upload_depth_max, or has a string longer than upload_line_bytes_max.
  [[nodiscard]] Status feed(std::string_view bytes);
  [[nodiscard]] Status finish();

 private:
  enum class Expect : std::uint8_t {
    Value,
    ValueOrEnd,  // of an array
    KeyOrEnd,
    Key,
    Colon,
    CommaOrEnd,
    Nothing
  };
  enum class Token : std::uint8_t { None, Text, Escape, Unicode, Word };

  Status take(unsigned char c);
  Status begin_token(unsigned char c);
  Status take_escape(char c);
  Status take_unicode(char c);
  Status end_text();
  Status end_word();
  Status begin(bool object);
  Status end(bool object);
  Status take_start(std::string_view& bytes);
  [[nodiscard]] Status fault(std::string rule) const;
  [[nodiscard]] Status unexpected(unsigned char c) const;
  [[nodiscard]] bool wants_value() const {
    return expect_ == Expect::Value || expect_ == Expect::ValueOrEnd;
  }
  void next() { expect_ = open_.empty() ? Expect::Nothing : Expect::CommaOrEnd; }

  Handler& handler_;
  std::vector<bool> open_;  // object or array, outermost first
  Expect expect_ = Expect::Value;
  Token token_ = Token::None;
  bool is_key_ = false;
  std::string text_;
  std::uint32_t unicode_ = 0;
  int digits_ = 0;
  std::uint32_t high_ = 0;  // the first half of a pair of surrogates
  Place at_{.line = 1, .column = 1};
  Place start_;        // of the token at hand
  std::string begun_;  // the first bytes, until it is known whether a mark is among them
  bool started_ = false;
};

}  // namespace entente::statistics
