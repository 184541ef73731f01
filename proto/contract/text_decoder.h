// Text in the encodings that spreadsheets save, made UTF-8 as it comes. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente {

enum class Encoding : std::uint8_t {
  Unsaid,  // UTF-16 if the file begins with its mark, else UTF-8
  Utf8,
  Latin1,       // ISO-8859-1
  Windows1252,  // what programs mostly mean by it
  Utf16
};
// `utf-8`, `iso-8859-1`, `windows-1252`, `utf-16`, or nothing. Empty: none of these.
[[nodiscard]] std::optional<Encoding> encoding_of(std::string_view name);

class TextDecoder {
 public:
  explicit TextDecoder(Encoding encoding) : encoding_(encoding) {}

  // Appends what the bytes come to. InvalidArgument (ImportRefused): they are not of the encoding;
  // the violation has the line.
  // UTF-8 is handed on as it is, with its mark: who splits it into rows looks at both.
  [[nodiscard]] Status decode(std::string_view bytes, std::string& out);
  [[nodiscard]] Status finish(std::string& out);

 private:
  Status take(std::string_view bytes, std::string& out);
  Status take_utf16(std::string_view bytes, std::string& out);
  Status put_unit(std::uint32_t unit, std::string& out);
  [[nodiscard]] Status fault(const char* rule) const;

  Encoding encoding_;
  std::string begun_;  // the first bytes, until there are enough to tell
  bool started_ = false;
  bool big_endian_ = false;
  std::optional<unsigned char> half_;
  std::uint32_t high_ = 0;  // the first half of a pair of surrogates
  std::uint64_t line_ = 1;
};

// Appends a code point.
void append_utf8(std::string& out, std::uint32_t point);

}  // namespace entente
