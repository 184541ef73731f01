// `entente-mark`: reads a line and a PDF from standard input, writes the PDF with the line on every
// page to standard output. The daemon starts one for each copy (server/documents/marker.h); it is
// shut in before it reads.
#include <cstdlib>
#include <string>

#include "proto/contract/limits_documents.h"
#include "server/documents/mark/pdf_mark.h"
#include "server/documents/mark/sandbox.h"

int main() {
  using entente::mark::End;
  const entente::sandbox::Limits limits = {
      .memory_bytes = entente::limits::marking_memory_bytes_max,
      .cpu_s = entente::limits::marking_cpu_s_max,
      .output_bytes = 2 * entente::limits::marked_pdf_bytes_max};
  if (!entente::sandbox::enter(limits)) return static_cast<int>(End::Failed);
  try {
    std::string input;
    std::string buffer(1 << 20, '\0');
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0;) {
      input.append(buffer, 0, got);
    }
    const std::size_t end = input.find('\n');
    if (end == std::string::npos) return static_cast<int>(End::Failed);
    const std::string_view whole = input;
    return static_cast<int>(
        entente::mark::mark_pdf(whole.substr(end + 1), whole.substr(0, end), stdout));
  } catch (const std::exception&) {
    return static_cast<int>(End::Broken);  // no memory for it within the limits
  }
}
