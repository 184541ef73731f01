#include "server/store/written.h"

#include <utility>

#include "proto/contract/bytes.h"

namespace entente::store {
namespace {

enum class Kind : std::uint8_t { Erased = 0, Put = 1 };  // on disk: never renumber

constexpr std::size_t kSizeBytes = 4;
constexpr std::size_t kKeyBytesMax = 255;

}  // namespace

void append_written(std::string& written, std::string_view key,
                    const std::optional<std::string>& value) {
  ENTENTE_CHECK(key.size() <= kKeyBytesMax);
  written.push_back(static_cast<char>(key.size()));
  written.append(key);
  written.push_back(static_cast<char>(value ? Kind::Put : Kind::Erased));
  if (value) written.append(as_view(sha256(*value)));
}

std::string with_written(std::string entry, std::string_view written) {
  entry.append(written);
  append_u32(entry, static_cast<std::uint32_t>(written.size()));
  return entry;
}

Handed split_handed(std::string_view handed) {
  ENTENTE_CHECK(handed.size() >= kSizeBytes);
  const std::size_t size = read_u32(handed.substr(handed.size() - kSizeBytes));
  handed.remove_suffix(kSizeBytes);
  ENTENTE_CHECK(handed.size() >= size);
  const std::size_t at = handed.size() - size;
  return {.entry = handed.substr(0, at), .written = handed.substr(at)};
}

Status each_written(std::string_view written, const VisitWritten& visit) {
  const Status damaged(Code::DataLoss, Reason::None, "what a commit wrote cannot be read");
  while (!written.empty()) {
    const std::size_t size = static_cast<unsigned char>(written.front());
    written.remove_prefix(1);
    if (size == 0 || written.size() <= size) return damaged;
    const std::string_view key = written.substr(0, size);
    const auto kind = static_cast<Kind>(written[size]);
    written.remove_prefix(size + 1);
    std::optional<Digest> digest;
    if (kind == Kind::Put) {
      if (written.size() < sizeof(Digest)) return damaged;
      digest = digest_from(written.substr(0, sizeof(Digest)));
      written.remove_prefix(sizeof(Digest));
    } else if (kind != Kind::Erased) {
      return damaged;
    }
    visit(key, digest);
  }
  return {};
}

}  // namespace entente::store
