#include "client/cli/screen.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/text.h"

namespace entente::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::string_view kNoCharacter = "\xef\xbf\xbd";  // U+FFFD

// How long a character is that begins so; 1 of what begins none.
std::size_t length_of(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

// The one before std::cout; null: there is none.
Screen* screen_of_answers() { return dynamic_cast<Screen*>(std::cout.rdbuf()); }

}  // namespace

std::string made_visible(char32_t point) {
  constexpr char32_t byte_order_mark = 0xfeff;  // in the midst of a text it hides
  if (!steers(point) && point != byte_order_mark) return {};
  char shown[12];
  std::snprintf(shown, sizeof shown, "<U+%04X>", static_cast<unsigned>(point));
  return shown;
}

Screen::Screen(int descriptor, bool draws_anew)
    : descriptor_(descriptor), draws_anew_(draws_anew), is_terminal_(::isatty(descriptor) != 0) {}

Screen::~Screen() { finish(); }

void Screen::put_as_it_is(std::string_view bytes) {
  settle(/*is_all=*/true);
  settled_ += bytes;
}

bool Screen::is_data(bool data) {
  settle(/*is_all=*/true);
  return std::exchange(data_, data);
}

int Screen::finish() {
  settle(/*is_all=*/true);
  write_out();
  return error_;
}

Screen::int_type Screen::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char one = traits_type::to_char_type(c);
  return xsputn(&one, 1) == 1 ? c : traits_type::eof();
}

std::streamsize Screen::xsputn(const char* text, std::streamsize count) {
  const std::string_view some(text, static_cast<std::size_t>(count));
  if (draws_anew_ && some == "\r") {
    put_as_it_is(some);
  } else if (data_ && !is_terminal_) {
    settled_ += some;
  } else {
    open_ += some;
    settle(/*is_all=*/false);
  }
  const bool is_line = is_terminal_ && some.find('\n') != std::string_view::npos;
  if (is_line || settled_.size() >= kBufferBytes) write_out();
  return error_ == 0 ? count : 0;
}

int Screen::sync() { return write_out() ? 0 : -1; }

void Screen::settle(bool is_all) {
  std::size_t at = 0;
  while (at < open_.size()) {
    const std::size_t length = open_[at] == '\r' ? 2 : length_of(open_[at]);
    if (!is_all && at + length > open_.size()) break;
    if (open_.compare(at, 2, "\r\n") == 0) ++at;
    const std::string_view one = std::string_view(open_).substr(at, length_of(open_[at]));
    if (one == "\n" || one == "\t") {
      settled_ += one;
    } else if (!is_utf8(one)) {
      settled_ += kNoCharacter;
      ++at;
      continue;
    } else {
      std::size_t end = 0;
      const std::string visible = made_visible(next_point(one, end));
      settled_ += visible.empty() ? one : visible;
    }
    at += one.size();
  }
  open_.erase(0, at);
}

bool Screen::write_out() {
  std::string_view rest = settled_;
  while (error_ == 0 && !rest.empty()) {
    const ssize_t wrote = ::write(descriptor_, rest.data(), rest.size());
    if (wrote >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  settled_.clear();
  return error_ == 0;
}

Screens::Screens()
    : out_(STDOUT_FILENO),
      err_(STDERR_FILENO, /*draws_anew=*/true),
      plain_out_(std::cout.rdbuf(&out_)),
      plain_err_(std::cerr.rdbuf(&err_)) {}

Screens::~Screens() {
  std::cout.rdbuf(plain_out_);
  std::cerr.rdbuf(plain_err_);
}

AsData::AsData()
    : screen_(screen_of_answers()), before_(screen_ != nullptr && screen_->is_data(true)) {}

AsData::~AsData() {
  if (screen_ != nullptr) screen_->is_data(before_);
}

void print_bold(std::string_view text) {
  Screen* const screen = screen_of_answers();
  if (screen == nullptr || !screen->is_terminal()) {
    std::cout << '[' << text << ']';
    return;
  }
  screen->put_as_it_is("\x1b[1m");
  std::cout << text;
  screen->put_as_it_is("\x1b[0m");
}

}  // namespace entente::cli
