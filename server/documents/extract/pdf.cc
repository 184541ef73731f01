#include "server/documents/extract/pdf.h"

#include <iconv.h>
#include <poppler-document.h>
#include <poppler-global.h>
#include <poppler-page.h>

#include <memory>

namespace entente::extract {

void prepare_pdf() {
  // Held to the end of the process, or glibc would let go of what it loaded.
  static_cast<void>(::iconv_open("UTF-16", "UTF-8"));
  static_cast<void>(::iconv_open("UTF-8", "UTF-16"));
}

End read_pdf(const std::string& bytes, Text& out) {
  poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
  const std::unique_ptr<poppler::document> pdf(
      poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
  if (!pdf) return End::Broken;
  if (pdf->is_locked()) return End::Encrypted;
  for (int n = 0; n < pdf->pages(); ++n) {
    const std::unique_ptr<poppler::page> page(pdf->create_page(n));
    if (!page) continue;
    const poppler::byte_array text = page->text().to_utf8();
    if (!out.add({text.data(), text.size()}) || !out.add("\n")) break;
  }
  return out.is_blank() ? End::Empty : End::Read;
}

}  // namespace entente::extract
