// What the command line prints: tables for people, JSON for programs, errors that say what to do
// next. One thread.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::cli {

// How the command line ends; documented in `entente --help` and docs/users/command-line.md. Never
// renumber.
enum class Exit : int {
  Ok = 0,
  No = 1,           // the answer is no: nothing found, nothing to do
  Usage = 2,        // the command line itself is wrong
  SignedOut = 3,    // not signed in, or refused
  NotFound = 4,     // no such object, or not for you
  Refused = 5,      // a rule forbids it now: stale revision, not yours, still in use
  Unreachable = 6,  // the server was not reached, is overloaded, or ran out of time
  Untrusted = 7,    // a proof, checkpoint or signature does not hold: do not believe the server
  BadInput = 8,     // a file or field is wrong; the message names each
  Failed = 9,       // anything else
};
[[nodiscard]] Exit exit_for(const Status& status);

// `error: ...`, each violation on a line of its own, and what to do next, on standard error.
void print_error(const Status& status);

// Canonical JSON of a message (field names as in the .proto), one line, on standard output.
void print_json(const google::protobuf::Message& message);

// What is for programs, on standard output: to a file or another program as it is, to a terminal as
// text (screen.h).
void print_data(std::string_view data);

// A table whose columns fit the terminal's widths: East Asian wide characters count two, combining
// marks none. Control and bidirectional formatting characters are made visible, never sent
// on.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);
  // A row that a server makes longer or shorter than the headings is cut, or filled with nothing.
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  void print() const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

// The text on one line, whatever is in it: line feeds and tabs as blanks. What could steer a
// terminal is made visible, which a Screen does to all that is printed.
[[nodiscard]] std::string safe(std::string_view text);

}  // namespace entente::cli
