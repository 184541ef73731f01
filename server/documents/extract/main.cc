// `entente-extract`: reads a document from standard input, writes the text that is in it to
// standard output, as UTF-8. The daemon starts one for each content
// (server/documents/search/texts.h); it is shut in before it looks at a byte of it.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>

#include "server/documents/extract/office.h"
#include "server/documents/extract/pdf.h"
#include "server/documents/extract/plain.h"
#include "server/documents/mark/sandbox.h"

namespace {

using entente::extract::End;

// By its first bytes, whatever it was called.
End read(const std::string& bytes, entente::extract::Text& out) {
  if (entente::extract::is_pdf(bytes)) return entente::extract::read_pdf(bytes, out);
  if (entente::extract::is_packed(bytes)) return entente::extract::read_office(bytes, out);
  return entente::extract::read_plain(bytes, out);
}

}  // namespace

int main() {
  entente::extract::prepare_pdf();
  const entente::sandbox::Limits limits = {
      .memory_bytes = entente::limits::extracting_memory_bytes_max,
      .cpu_s = entente::limits::extracting_cpu_s_max,
      .output_bytes = 2 * entente::limits::extracted_bytes_max};
  if (!entente::sandbox::enter(limits)) return static_cast<int>(End::Failed);
  try {
    std::string bytes;
    std::string buffer(1 << 20, '\0');
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0;) {
      bytes.append(buffer, 0, got);
    }
    entente::extract::Text out;
    const End end = read(bytes, out);
    const std::string& text = out.gathered();
    const bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    // What a destructor of a library would still do helps nobody.
    ::_exit(static_cast<int>(written ? end : End::Failed));
  } catch (const std::exception&) {
    return static_cast<int>(End::Bomb);  // no memory for it within the limits
  }
}
