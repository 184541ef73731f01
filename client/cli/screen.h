// What stands before the two outputs, so that nothing that a server said steers a terminal, whoever
// prints it: what steers is made visible. A pager hands on what it gets, so it is so in a pipe too.
// One thread.
#pragma once

#include <streambuf>
#include <string>
#include <string_view>

namespace entente::cli {

// `<U+202E>` of a code point that is not to be sent on; empty: it may be.
[[nodiscard]] std::string made_visible(char32_t point);

class Screen final : public std::streambuf {
 public:
  // Does not own the descriptor. Line feeds and tabs pass, and of CR LF the LF; where it
  // `draws_anew`, a CR that is written by itself too, for a bar.
  explicit Screen(int descriptor, bool draws_anew = false);
  // Writes what has not been.
  ~Screen() override;
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }
  // The program's own: as it is, even to a terminal.
  void put_as_it_is(std::string_view bytes);
  // From now on, what comes is data, or is not any more: byte for byte, but to a terminal. Answers
  // what it was before.
  bool is_data(bool data);
  // Writes what has not been. `errno` of the first write that failed; 0 is none.
  int finish();

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;
  int sync() override;

 private:
  // Settles the characters of `open_` that are whole; all of it, if `is_all` that comes.
  void settle(bool is_all);
  bool write_out();

  const int descriptor_;
  const bool draws_anew_;
  const bool is_terminal_;
  bool data_ = false;
  int error_ = 0;
  std::string open_;     // what has come of a character that is not whole
  std::string settled_;  // what is to be written
};

// Puts a Screen before std::cout and one before std::cerr, as long as it lives.
class Screens {
 public:
  Screens();
  ~Screens();
  Screens(const Screens&) = delete;
  Screens& operator=(const Screens&) = delete;
  // As Screen's, of the standard output.
  int finish() { return out_.finish(); }

 private:
  Screen out_;
  Screen err_;
  std::streambuf* const plain_out_;
  std::streambuf* const plain_err_;
};

// As long as it lives, what is written to std::cout is data, for programs: byte for byte where that
// is no terminal.
class AsData {
 public:
  AsData();
  ~AsData();
  AsData(const AsData&) = delete;
  AsData& operator=(const AsData&) = delete;

 private:
  Screen* const screen_;
  const bool before_;
};

// On standard output, what stands out: in bold where a terminal shows it, else between marks.
void print_bold(std::string_view text);

}  // namespace entente::cli
