// Collects violations of a parsed text-format file, each with path, line and column. Used while one
// file is read; one thread.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::directory {

// A message within the file, and where it stands.
struct Place {
  const google::protobuf::Message* message = nullptr;
  std::string path;  // `body[2]`; empty for the file itself
  google::protobuf::TextFormat::ParseInfoTree* tree = nullptr;
  int line = 0;  // one-based; zero: not known
  int column = 0;
};

class Checker {
 public:
  // Reads `text` into `message`. False if that failed: then violations() says why.
  bool read(std::string_view text, google::protobuf::Message& message);
  // The whole file. Requires: read() was true; the message outlives the place.
  [[nodiscard]] Place file() const { return {message_, "", &tree_, 1, 1}; }

  // The `index`-th message of a repeated field, or the one of a singular field (-1).
  [[nodiscard]] static Place inside(const Place& place, const char* field, int index = -1);

  // Notes that `field` (its `index`-th value; -1: singular) breaks `rule`.
  void wrong(const Place& place, const char* field, int index, std::string rule);
  void wrong(const Place& place, const char* field, std::string rule) {
    wrong(place, field, -1, std::move(rule));
  }

  // Every text in `place`, however deep: no control characters, no blank at either end, no value
  // without content in a repeated field, at most limits::text_bytes_max bytes.
  void check_texts(const Place& place);

  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  // Ok if nothing was wrong.
  [[nodiscard]] Status status(std::string_view what) const;

 private:
  void check_text(const Place& place, const google::protobuf::FieldDescriptor& field, int index,
                  const std::string& text);

  const google::protobuf::Message* message_ = nullptr;
  mutable google::protobuf::TextFormat::ParseInfoTree tree_;
  std::vector<Violation> violations_;
};

// `2 faults in a definition` and so on, from all violations; the list is cut at
// limits::import_problems_max. Ok if there are none.
[[nodiscard]] Status faults_in(std::string_view what, std::vector<Violation> violations);

}  // namespace entente::directory
