// The text of office documents: OOXML (`.docx`, `.pptx`, `.xlsx`) and OpenDocument (`.odt`, `.odp`,
// `.ods`), which are XML in a zip archive. What declares entities or a document type is refused:
// none of these does. Pure; any thread.
#pragma once

#include <string_view>

#include "server/documents/extract/text.h"

namespace entente::extract {

[[nodiscard]] End read_office(std::string_view bytes, Text& out);

}  // namespace entente::extract
