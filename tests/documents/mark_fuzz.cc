// Whatever comes as a PDF is marked or refused; nothing else happens.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

#include "server/documents/mark/pdf_mark.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen("/dev/null", "w"),
                                                            &std::fclose);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view pdf(reinterpret_cast<const char*>(data), size);
  (void)entente::mark::mark_pdf(pdf, "copy 1 - for nobody", out.get());
  return 0;
}
