#include "server/ledger/cosignature_file.h"

#include <string_view>

#include "proto/contract/limits.h"
#include "proto/contract/note.h"
#include "server/store/files.h"

namespace entente::ledger {
namespace {

// Each note behind its length on a line of its own: a note may have empty lines.
constexpr std::size_t file_bytes_max = limits::note_bytes_max * limits::witnesses_max * 2;

}  // namespace

Result<std::vector<std::string>> CosignatureFile::load() {
  std::vector<std::string> notes;
  const Result<std::string> bytes = store::read_whole(path_, file_bytes_max);
  if (bytes.status().code() == Code::Unavailable) return bytes.status();
  // None yet, or longer than any that was written here.
  if (!bytes.ok()) return notes;
  for (std::string_view rest = *bytes; !rest.empty();) {
    const std::size_t line = rest.find('\n');
    const std::optional<std::uint64_t> size = note::parse_decimal(rest.substr(0, line));
    if (line == std::string_view::npos || !size || *size > rest.size() - line - 1) break;
    notes.emplace_back(rest.substr(line + 1, *size));
    rest.remove_prefix(line + 1 + *size);
  }
  return notes;
}

Status CosignatureFile::keep(const std::vector<std::string>& notes) {
  std::string bytes;
  for (const std::string& note : notes) bytes += std::to_string(note.size()) + "\n" + note;
  std::string detail;
  if (store::replace_whole(path_, bytes, detail) == store::Written::Yes) return {};
  return Status(Code::Unavailable, Reason::None, "the cosignatures could not be kept")
      .with_detail(std::move(detail));
}

}  // namespace entente::ledger
