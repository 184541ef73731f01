#include "server/documents/mark/pdf_mark.h"

#include <algorithm>
#include <array>
#include <optional>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>
#include <stdexcept>

namespace entente::mark {
namespace {

constexpr double kMargin = 10;  // points from the edge
constexpr double kSizeMax = 8;  // of the letters
constexpr double kSizeMin = 3;
constexpr double kLetterWidth = 0.56;  // of Helvetica's size, on average
constexpr double kEdgeMax = 100'000;   // farther out than this there is no page

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
  std::snprintf(text.data(), text.size(), "%.2f", std::clamp(value, -kEdgeMax, kEdgeMax));
  return text.data();
}

std::optional<Edges> edges_in(QPDFObjectHandle box) {
  if (!box.isRectangle()) return std::nullopt;
  const auto rectangle = box.getArrayAsRectangle();
  const Edges edges = {.left = std::min(rectangle.llx, rectangle.urx),
                       .bottom = std::min(rectangle.lly, rectangle.ury),
                       .right = std::max(rectangle.llx, rectangle.urx),
                       .top = std::max(rectangle.lly, rectangle.ury)};
  const bool is_page = edges.left >= -kEdgeMax && edges.bottom >= -kEdgeMax &&
                       edges.right <= kEdgeMax && edges.top <= kEdgeMax;
  if (!is_page) throw std::runtime_error("a page without edges");
  return edges;
}

// Of what is shown of the page: the crop box as far as it lies within the sheet (ISO 32000-1,
// 14.11.2.1).
Edges edges_of(QPDFPageObjectHelper& page) {
  const Edges sheet = edges_in(page.getMediaBox()).value_or(Edges());
  const Edges crop = edges_in(page.getCropBox()).value_or(sheet);
  const Edges both = {.left = std::max(sheet.left, crop.left),
                      .bottom = std::max(sheet.bottom, crop.bottom),
                      .right = std::min(sheet.right, crop.right),
                      .top = std::min(sheet.top, crop.top)};
  const bool is_shown = both.left < both.right && both.bottom < both.top;
  if (!is_shown) throw std::runtime_error("a page of which nothing is shown");
  return both;
}

int rotation_of(QPDFPageObjectHelper& page) {
  QPDFObjectHandle rotate = page.getAttribute("/Rotate", false);
  return rotate.isInteger() ? (rotate.getIntValueAsInt() % 360 + 360) % 360 : 0;
}

// Whether what a viewer does by itself may hang on a dictionary: a page, an annotation, a field.
bool may_act_by_itself(QPDFObjectHandle& one) {
  return one.hasKey("/Rect") || one.hasKey("/FT") || one.hasKey("/T") ||
         one.getKey("/Type").isNameAndEquals("/Page");
}

// Takes what runs by itself, and every script, out of an object and of what is written within it.
void take_out_scripts(QPDFObjectHandle object) {
  if (object.isStream()) object = object.getDict();
  const auto within = [](QPDFObjectHandle& one) {
    if (!one.isIndirect()) take_out_scripts(one);
  };
  if (object.isArray()) {
    for (QPDFObjectHandle& one : object.getArrayAsVector()) within(one);
  } else if (object.isDictionary()) {
    if (may_act_by_itself(object)) object.removeKey("/AA");
    if (object.hasKey("/Fields")) object.removeKey("/XFA");  // a form that is a program
    QPDFObjectHandle kind = object.getKey("/S");
    if (kind.isNameAndEquals("/JavaScript") || kind.isNameAndEquals("/Rendition")) {
      object.removeKey("/JS");
    }
    for (auto& [key, one] : object.getDictAsMap()) within(one);
  }
}

// No script is left in the copy, nor what a viewer would do when it opens the document or a page.
void take_out_scripts(QPDF& pdf) {
  QPDFObjectHandle root = pdf.getRoot();
  root.removeKey("/OpenAction");
  root.removeKey("/AA");
  QPDFObjectHandle names = root.getKey("/Names");
  if (names.isDictionary()) names.removeKey("/JavaScript");
  for (const QPDFObjectHandle& one : pdf.getAllObjects()) take_out_scripts(one);
}

// What is drawn on a page, as a form of its own: whatever its content leaves open or does wrong (a
// clipping, a layer that is not shown, another scale, a string without an end) ends with it, and
// what is drawn behind stands on the bare page.
QPDFObjectHandle form_of(QPDFPageObjectHelper& page, const Edges& edges) {
  QPDFObjectHandle content = page.getObjectHandle().getKey("/Contents");
  // One stream is taken as it lies; several are put together, of a copy of the page: they are read
  // when all is written, and the page's content is another by then.
  QPDFObjectHandle form =
      content.isStream()
          ? content.copyStream()
          : page.shallowCopyPage().getFormXObjectForPage(/*handle_transformations=*/false);
  QPDFObjectHandle says = form.getDict();
  says.replaceKey("/Type", QPDFObjectHandle::newName("/XObject"));
  says.replaceKey("/Subtype", QPDFObjectHandle::newName("/Form"));
  says.replaceKey("/BBox", QPDFObjectHandle::newFromRectangle(QPDFObjectHandle::Rectangle(
                               edges.left, edges.bottom, edges.right, edges.top)));
  QPDFObjectHandle resources = page.getAttribute("/Resources", false);
  says.replaceKey("/Resources",
                  resources.isDictionary() ? resources : QPDFObjectHandle::newDictionary());
  says.removeKey("/Group");  // the page's own
  return form;
}

void mark_pages(QPDF& pdf, std::string_view line) {
  QPDFObjectHandle font = pdf.makeIndirectObject(QPDFObjectHandle::parse(
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"));
  for (QPDFPageObjectHelper& page : QPDFPageDocumentHelper(pdf).getAllPages()) {
    const Edges edges = edges_of(page);
    QPDFObjectHandle object = page.getObjectHandle();
    object.removeKey("/AA");
    QPDFObjectHandle resources = QPDFObjectHandle::parse("<< /Font << >> /XObject << >> >>");
    std::string drawn;
    if (object.hasKey("/Contents")) {
      resources.getKey("/XObject").replaceKey("/EntentePage", form_of(page, edges));
      drawn = "q /EntentePage Do Q\n";
    }
    resources.getKey("/Font").replaceKey("/EntenteMark", font);
    object.replaceKey("/Resources", resources);
    object.replaceKey("/Contents", pdf.newStream(drawn + overlay(edges, rotation_of(page),
                                                                 "/EntenteMark", line)));
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
