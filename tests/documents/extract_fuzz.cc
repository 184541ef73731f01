// Whatever bytes come as a document, reading their text ends, within its bounds, and gives UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/documents/extract/office.h"
#include "server/documents/extract/plain.h"
#include "tests/documents/packed.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace extract = entente::extract;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  extract::Text plain;
  static_cast<void>(extract::read_plain(bytes, plain));
  extract::Text packed;
  static_cast<void>(extract::read_office(bytes, packed));
  // As a part of an archive that is whole, so that the XML is reached.
  extract::Text xml;
  static_cast<void>(extract::read_office(
      entente::documents::testing::zip_of({{"content.xml", bytes}, {"word/document.xml", bytes}}),
      xml));
  return 0;
}
