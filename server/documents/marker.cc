#include "server/documents/marker.h"

#include <sys/wait.h>

#include "proto/contract/limits_documents.h"
#include "server/documents/mark/pdf_mark.h"

namespace entente::documents {
namespace {

Status cannot_be_marked(std::string why) {
  return {Code::FailedPrecondition, Reason::None, "this PDF cannot be marked: " + std::move(why)};
}

}  // namespace

Marker::Marker(std::filesystem::path program)
    : helper_(std::move(program), {.ms_max = limits::marking_ms_max,
                                   .at_once_max = limits::markings_max,
                                   .waiting_max = limits::markings_waiting_max}) {}

Result<std::unique_ptr<Sheet>> Marker::mark(const std::string& line,
                                            const std::function<Status(Sheet&)>& pour) {
  ENTENTE_TRY(std::unique_ptr<Sheet> out, Sheet::make());
  const auto line_and_pdf = [&](Sheet& in) -> Status {
    ENTENTE_TRY_VOID(in.append(line + "\n"));
    return pour(in);
  };
  ENTENTE_TRY(const int ended, helper_.run(line_and_pdf, *out));
  if (!WIFEXITED(ended)) return cannot_be_marked("it needs more memory or time than is given");
  switch (static_cast<mark::End>(WEXITSTATUS(ended))) {
    case mark::End::Marked:
      return out;
    case mark::End::Encrypted:
      return cannot_be_marked("it asks for a password");
    case mark::End::Broken:
      return cannot_be_marked("it is no PDF that can be read");
    case mark::End::Failed:
      break;
  }
  return Status(Code::Unavailable, Reason::None, "a copy could not be made")
      .with_detail("entente-mark ended without a copy");
}

}  // namespace entente::documents
