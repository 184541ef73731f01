// What a caller would rather have, of what there is: media types, encodings, languages (RFC 9110
// section 12.5) as the callers of SDMX's web service say them. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace entente::statistics {

struct MediaRange {
  std::string type;  // `application/vnd.sdmx.data+csv`, lower-case
  std::vector<std::pair<std::string, std::string>> parameters;  // without `q`; names in lower case
  std::uint32_t quality = 1'000;                                // thousandths

  // Empty if it is not there.
  [[nodiscard]] std::string_view find(std::string_view name) const;
};

// Those of an `Accept` header that are wanted at all, the most wanted first, else as they stand.
// Ranges that do not read are left out; at most 32 are read.
[[nodiscard]] std::vector<MediaRange> parse_accept(std::string_view header);

// Whether a version that is offered (`2.1.0`) is one that was asked for: `2.1.0`, `2.1`, `2`, with
// `+` behind a part that may be higher (`2.0+.0`), or nothing.
[[nodiscard]] bool accepts_version(std::string_view asked, std::string_view offered);

// Of `Accept-Language`, the most wanted first, in lower case; at most 16.
[[nodiscard]] std::vector<std::string> parse_languages(std::string_view header);

enum class Encoding : std::uint8_t { Identity, Gzip, Zstd };
// Of `Accept-Encoding`: zstd before gzip where both are wanted alike.
[[nodiscard]] Encoding choose_encoding(std::string_view header);

}  // namespace entente::statistics
