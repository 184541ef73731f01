#include "server/documents/mark/pdf_mark.h"

#include <algorithm>
#include <array>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>

namespace entente::mark {
namespace {

constexpr double kMargin = 10;  // points from the edge
constexpr double kSizeMax = 8;  // of the letters
constexpr double kSizeMin = 3;
constexpr double kLetterWidth = 0.56;  // of Helvetica's size, on average

// A literal string (ISO 32000-1, 7.3.4.2) in WinAnsiEncoding, of UTF-8.
std::string literal(std::string_view line) {
  std::string out = "(";
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    if (byte >= 0x20 && byte < 0x7f) {
      if (byte == '(' || byte == ')' || byte == '\\') out += '\\';
      out += line[i];
    } else if ((byte == 0xc2 || byte == 0xc3) && i + 1 < line.size()) {
      const auto next = static_cast<unsigned char>(line[++i]);
      out += static_cast<char>((byte & 0x03U) << 6U | (next & 0x3fU));
    } else if (byte >= 0xc0) {
      out += '?';
    }
  }
  return out + ")";
}

std::string number(double value) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.2f", value);
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

Edges edges_of(QPDFPageObjectHelper& page) {
  Edges edges;
  QPDFObjectHandle box = page.getCropBox();
  if (!box.isRectangle()) box = page.getMediaBox();
  if (!box.isRectangle()) return edges;
  const auto rectangle = box.getArrayAsRectangle();
  edges.left = std::min(rectangle.llx, rectangle.urx);
  edges.bottom = std::min(rectangle.lly, rectangle.ury);
  edges.right = std::max(rectangle.llx, rectangle.urx);
  edges.top = std::max(rectangle.lly, rectangle.ury);
  return edges;
}

int rotation_of(QPDFPageObjectHelper& page) {
  QPDFObjectHandle rotate = page.getAttribute("/Rotate", false);
  return rotate.isInteger() ? (rotate.getIntValueAsInt() % 360 + 360) % 360 : 0;
}

// What a viewer would run when it opens the document or a page.
void take_out_scripts(QPDF& pdf) {
  QPDFObjectHandle root = pdf.getRoot();
  root.removeKey("/OpenAction");
  root.removeKey("/AA");
  QPDFObjectHandle names = root.getKey("/Names");
  if (names.isDictionary()) names.removeKey("/JavaScript");
}

void mark_pages(QPDF& pdf, std::string_view line) {
  QPDFObjectHandle font = pdf.makeIndirectObject(QPDFObjectHandle::parse(
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"));
  QPDFObjectHandle before = pdf.newStream("q\n");
  for (QPDFPageObjectHelper& page : QPDFPageDocumentHelper(pdf).getAllPages()) {
    page.getObjectHandle().removeKey("/AA");
    QPDFObjectHandle resources = page.getAttribute("/Resources", true);
    if (!resources.isDictionary()) {
      resources = QPDFObjectHandle::newDictionary();
      page.getObjectHandle().replaceKey("/Resources", resources);
    }
    QPDFObjectHandle fonts = resources.getKey("/Font");
    // Shared with other pages, it may be: a page's own copy takes the font.
    fonts = fonts.isDictionary() ? fonts.shallowCopy() : QPDFObjectHandle::newDictionary();
    resources.replaceKey("/Font", fonts);
    int suffix = 0;
    const std::string name = resources.getUniqueResourceName("/EntenteMark", suffix);
    fonts.replaceKey(name, font);
    page.addPageContents(before, /*first=*/true);
    page.addPageContents(
        pdf.newStream("\nQ\n" + overlay(edges_of(page), rotation_of(page), name, line)),
        /*first=*/false);
  }
}

}  // namespace

std::string overlay(const Edges& page, int rotate, std::string_view font, std::string_view line) {
  // Along the edge that is below as the page is shown: where it begins, and which way it runs.
  std::string matrix;
  switch (rotate) {
    case 90:
      matrix = "0 1 -1 0 " + number(page.right - kMargin) + " " + number(page.bottom + kMargin);
      break;
    case 180:
      matrix = "-1 0 0 -1 " + number(page.right - kMargin) + " " + number(page.top - kMargin);
      break;
    case 270:
      matrix = "0 -1 1 0 " + number(page.left + kMargin) + " " + number(page.top - kMargin);
      break;
    default:
      matrix = "1 0 0 1 " + number(page.left + kMargin) + " " + number(page.bottom + kMargin);
  }
  const double length = (rotate % 180 == 0 ? page.right - page.left : page.top - page.bottom);
  const double fits = (length - 2 * kMargin) /
                      (kLetterWidth * static_cast<double>(std::max<std::size_t>(line.size(), 1)));
  const std::string size = number(std::clamp(fits, kSizeMin, kSizeMax));
  const std::string text = literal(line);
  const std::string placed = matrix + " Tm " + text + " Tj";
  // First in broad white lines, then filled: to be read on any ground.
  return "q BT " + std::string(font) + " " + size + " Tf 1 Tr 2 w 1 J 1 j 1 1 1 RG " + placed +
         " 0 Tr 0.6 0 0 rg " + placed + " ET Q\n";
}

End mark_pdf(std::string_view pdf, std::string_view line, std::FILE* out) {
  try {
    QPDF document;
    document.setSuppressWarnings(true);
    document.processMemoryFile("document", pdf.data(), pdf.size());
    take_out_scripts(document);
    mark_pages(document, line);
    QPDFWriter writer(document);
    writer.setOutputFile("copy", out, /*close_file=*/false);
    writer.setDeterministicID(true);  // the same copy again is the same bytes
    writer.setPreserveEncryption(false);
    writer.write();
    return std::fflush(out) == 0 ? End::Marked : End::Failed;
  } catch (const QPDFExc& error) {
    return error.getErrorCode() == qpdf_e_password ? End::Encrypted : End::Broken;
  } catch (const std::exception&) {
    return End::Broken;
  }
}

}  // namespace entente::mark
