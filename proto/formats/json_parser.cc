#include "proto/formats/json_parser.h"

#include "proto/contract/bytes.h"
#include "proto/contract/text_decoder.h"
#include "proto/contract/upload_limits.h"

namespace entente::statistics {
namespace {

bool is_space(unsigned char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
bool is_word(unsigned char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' ||
         c == '.';
}

std::size_t digits(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && is_digit(static_cast<unsigned char>(text[end]))) ++end;
  return end - from;
}

// RFC 8259 section 6: number = [ minus ] int [ frac ] [ exp ].
bool is_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits(text, ++at);
    if (fraction == 0) return false;
    at += fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

}  // namespace

Status JsonParser::fault(std::string rule) const { return unreadable_at(at_, std::move(rule)); }

Status JsonParser::unexpected(unsigned char c) const {
  if (c == 0) return fault("there is a NUL byte");
  const bool plain = c > 0x20 && c < 0x7f;
  return fault(
      "the file is not well-formed JSON: " +
      (plain ? "`" + std::string(1, static_cast<char>(c)) + "` is not expected here"
             : "byte 0x" + to_hex(std::string(1, static_cast<char>(c))) + " is not expected here"));
}

Status JsonParser::begin(bool object) {
  if (!wants_value()) return unexpected(object ? '{' : '[');
  if (open_.size() >= limits::upload_depth_max) return fault("the values are nested too deep");
  open_.push_back(object);
  expect_ = object ? Expect::KeyOrEnd : Expect::ValueOrEnd;
  return handler_.on_event(object ? Kind::BeginObject : Kind::BeginArray, {}, at_);
}

Status JsonParser::end(bool object) {
  const bool may = !open_.empty() && open_.back() == object &&
                   (expect_ == Expect::CommaOrEnd ||
                    expect_ == (object ? Expect::KeyOrEnd : Expect::ValueOrEnd));
  if (!may) return unexpected(object ? '}' : ']');
  open_.pop_back();
  next();
  return handler_.on_event(object ? Kind::EndObject : Kind::EndArray, {}, at_);
}

Status JsonParser::begin_token(unsigned char c) {
  start_ = at_;
  switch (c) {
    case '{':
      return begin(true);
    case '[':
      return begin(false);
    case '}':
      return end(true);
    case ']':
      return end(false);
    case ',':
      if (expect_ != Expect::CommaOrEnd) return unexpected(c);
      expect_ = open_.back() ? Expect::Key : Expect::Value;
      return {};
    case ':':
      if (expect_ != Expect::Colon) return unexpected(c);
      expect_ = Expect::Value;
      return {};
    case '"':
      is_key_ = expect_ == Expect::Key || expect_ == Expect::KeyOrEnd;
      if (!is_key_ && !wants_value()) return unexpected(c);
      token_ = Token::Text;
      text_.clear();
      return {};
    default:
      break;
  }
  if (is_space(c)) return {};
  if (!is_word(c) || !wants_value()) return unexpected(c);
  token_ = Token::Word;
  text_.assign(1, static_cast<char>(c));
  return {};
}

Status JsonParser::end_text() {
  if (high_ != 0) return fault("half a pair of surrogates stands alone");
  if (!is_utf8(text_)) {
    return unreadable_at(start_, "the text is not UTF-8; save the file as UTF-8");
  }
  token_ = Token::None;
  if (is_key_) {
    expect_ = Expect::Colon;
    return handler_.on_event(Kind::Key, text_, start_);
  }
  next();
  return handler_.on_event(Kind::String, text_, start_);
}

Status JsonParser::end_word() {
  token_ = Token::None;
  next();
  if (text_ == "null" || text_ == "true" || text_ == "false") {
    return handler_.on_event(Kind::Literal, text_, start_);
  }
  if (is_number(text_)) return handler_.on_event(Kind::Number, text_, start_);
  return unreadable_at(
      start_, "the file is not well-formed JSON: `" + text_.substr(0, 64) + "` is no value");
}

Status JsonParser::take_escape(char c) {
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  if (c == 'u') {
    token_ = Token::Unicode;
    unicode_ = 0;
    digits_ = 0;
    return {};
  }
  const std::size_t at = kFrom.find(c);
  if (at == std::string_view::npos || high_ != 0) return unexpected(static_cast<unsigned char>(c));
  text_ += kTo[at];
  token_ = Token::Text;
  return {};
}

Status JsonParser::take_unicode(char c) {
  const std::uint32_t digit = c >= '0' && c <= '9'   ? static_cast<std::uint32_t>(c - '0')
                              : c >= 'a' && c <= 'f' ? static_cast<std::uint32_t>(c - 'a' + 10)
                              : c >= 'A' && c <= 'F' ? static_cast<std::uint32_t>(c - 'A' + 10)
                                                     : 16;
  if (digit == 16) return unexpected(static_cast<unsigned char>(c));
  unicode_ = unicode_ << 4 | digit;
  if (++digits_ < 4) return {};
  token_ = Token::Text;
  const bool low = unicode_ >= 0xdc00 && unicode_ <= 0xdfff;
  if (low != (high_ != 0)) return fault("half a pair of surrogates stands alone");
  if (unicode_ >= 0xd800 && unicode_ <= 0xdbff) {
    high_ = unicode_;
    return {};
  }
  if (unicode_ == 0) return fault("there is a NUL byte");
  append_utf8(text_, low ? 0x10000 + ((high_ - 0xd800) << 10) + (unicode_ - 0xdc00) : unicode_);
  high_ = 0;
  return {};
}

Status JsonParser::take(unsigned char c) {
  switch (token_) {
    case Token::None:
      return begin_token(c);
    case Token::Escape:
      return take_escape(static_cast<char>(c));
    case Token::Unicode:
      return take_unicode(static_cast<char>(c));
    case Token::Word:
      if (!is_word(c)) {
        ENTENTE_TRY_VOID(end_word());
        return begin_token(c);
      }
      break;
    case Token::Text:
      if (c == '"') return end_text();
      if (c == '\\') {
        token_ = Token::Escape;
        return {};
      }
      if (c < 0x20) return unexpected(c);
      if (high_ != 0) return fault("half a pair of surrogates stands alone");
      break;
  }
  if (text_.size() >= limits::upload_line_bytes_max) {
    return unreadable_at(start_, "a text is too long, or a quote is opened and not closed");
  }
  text_ += static_cast<char>(c);
  return {};
}

// Passes over the mark that some programs put before UTF-8, and names what is not UTF-8 at all.
Status JsonParser::take_start(std::string_view& bytes) {
  begun_.append(bytes);
  bytes = {};
  if (begun_.size() < 4) return {};
  started_ = true;
  if (begun_.starts_with("\xff\xfe") || begun_.starts_with("\xfe\xff") || begun_[0] == '\0' ||
      begun_[1] == '\0') {
    return fault("the file is in UTF-16 or UTF-32; save it as UTF-8");
  }
  if (begun_.starts_with("\xef\xbb\xbf")) begun_.erase(0, 3);
  return {};
}

Status JsonParser::feed(std::string_view bytes) {
  std::string first;
  if (!started_) {
    ENTENTE_TRY_VOID(take_start(bytes));
    if (!started_) return {};
    first = std::move(begun_);
    bytes = first;
  }
  for (const char c : bytes) {
    ENTENTE_TRY_VOID(take(static_cast<unsigned char>(c)));
    ++at_.column;
    if (c != '\n') continue;
    ++at_.line;
    at_.column = 1;
  }
  return {};
}

Status JsonParser::finish() {
  if (!started_) {
    const std::string padded = std::exchange(begun_, {}) + "    ";
    ENTENTE_TRY_VOID(feed(padded));
  }
  if (token_ == Token::Word) ENTENTE_TRY_VOID(end_word());
  if (token_ != Token::None || expect_ != Expect::Nothing) {
    return fault("the file ends before it is whole");
  }
  return {};
}

}  // namespace entente::statistics
