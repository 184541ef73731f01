// The text of PDFs, as poppler reads it. Poppler stops here.
#pragma once

#include <string>

#include "server/documents/extract/text.h"

namespace entente::extract {

// Loads what poppler's strings need of the system: once shut in, nothing is loaded any more.
void prepare_pdf();
[[nodiscard]] End read_pdf(const std::string& bytes, Text& out);

}  // namespace entente::extract
