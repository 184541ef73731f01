#include "client/lib/own_text.h"

#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/limits_search.h"
#include "proto/helpers/helper.h"

namespace entente::client {
namespace {

// How it ends says why there is no text; what was read before it broke is better than nothing.
Result<std::string> read_by(const std::string& reader, const std::string& content) {
  helpers::Helper helper(reader,
                         {.ms_max = limits::extracting_ms_max, .at_once_max = 1, .waiting_max = 1});
  ENTENTE_TRY(const std::unique_ptr<helpers::Sheet> out, helpers::Sheet::make());
  ENTENTE_TRY_VOID(
      helper.run([&](helpers::Sheet& in) { return in.append(content); }, *out).status());
  return out->read(0, limits::extracted_bytes_max);
}

}  // namespace

std::string text_of(const v1::SealedManifest& manifest, std::string content,
                    const std::string& reader) {
  if (!reader.empty()) {
    Result<std::string> text = read_by(reader, content);
    if (text.ok()) return is_utf8(*text) ? *std::move(text) : std::string();
  }
  if (!manifest.media_type().starts_with("text/") || !is_utf8(content)) return {};
  std::size_t bytes = std::min(content.size(), limits::extracted_bytes_max);
  while (bytes != 0 && bytes < content.size() &&
         (static_cast<unsigned char>(content[bytes]) & 0xc0U) == 0x80U) {
    --bytes;
  }
  content.resize(bytes);
  return content;
}

}  // namespace entente::client
