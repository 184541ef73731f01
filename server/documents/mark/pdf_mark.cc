#include "server/documents/mark/pdf_mark.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFAnnotationObjectHelper.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>
#include <set>
#include <stdexcept>
#include <vector>

namespace entente::mark {
namespace {

constexpr double kMargin = 10;  // points from the edge
constexpr double kSizeMax = 8;  // of the letters
constexpr double kSizeMin = 3;
constexpr double kLetterWidth = 0.56;  // of Helvetica's size, on average
constexpr double kEdgeMax = 100'000;   // farther out than this there is no page
constexpr double kStrip = 20;          // points from the edge: the mark stands within
// So far beyond its own edges an annotation may be drawn: icons, arrowheads. With a broader border
// than this it may be drawn anywhere.
constexpr double kReach = 72;
constexpr double kBorderMax = 12;

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

void make_form(QPDFObjectHandle& stream, const Edges& edges, const QPDFObjectHandle& resources) {
  QPDFObjectHandle says = stream.getDict();
  says.replaceKey("/Type", QPDFObjectHandle::newName("/XObject"));
  says.replaceKey("/Subtype", QPDFObjectHandle::newName("/Form"));
  says.replaceKey("/BBox", QPDFObjectHandle::newFromRectangle(QPDFObjectHandle::Rectangle(
                               edges.left, edges.bottom, edges.right, edges.top)));
  says.replaceKey("/Resources", resources);
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
  QPDFObjectHandle resources = page.getAttribute("/Resources", false);
  make_form(form, edges, resources.isDictionary() ? resources : QPDFObjectHandle::newDictionary());
  QPDFObjectHandle says = form.getDict();
  says.removeKey("/Group");  // the page's own
  // The tags of what is drawn are found by it (14.7.4.4), and by the page no longer.
  QPDFObjectHandle tags = page.getObjectHandle().getKey("/StructParents");
  if (tags.isInteger()) says.replaceKey("/StructParents", tags);
  return form;
}

// Where on a page of these edges the mark stands.
Edges strip_of(Edges page, int rotate) {
  if (rotate == 90) {
    page.left = page.right - kStrip;
  } else if (rotate == 180) {
    page.bottom = page.top - kStrip;
  } else if (rotate == 270) {
    page.right = page.left + kStrip;
  } else {
    page.top = page.bottom + kStrip;
  }
  return page;
}

double border_of(QPDFObjectHandle& annotation) {
  QPDFObjectHandle style = annotation.getKey("/BS");
  QPDFObjectHandle width = style.isDictionary() ? style.getKey("/W") : style;
  QPDFObjectHandle old = annotation.getKey("/Border");
  if (width.isNull() && old.isArray() && old.getArrayNItems() > 2) width = old.getArrayItem(2);
  return width.isNumber() ? width.getNumericValue() : 1;
}

// Whether it may be drawn where the mark stands.
bool may_reach(QPDFAnnotationObjectHelper& one, const Edges& strip) {
  QPDFObjectHandle annotation = one.getObjectHandle();
  QPDFObjectHandle rectangle = annotation.getKey("/Rect");
  if (!rectangle.isRectangle() || border_of(annotation) > kBorderMax) return true;
  if (one.getSubtype() == "/Watermark") return true;  // its place is said elsewhere (12.5.6.22)
  const auto at = rectangle.getArrayAsRectangle();
  const double width = std::abs(at.urx - at.llx);
  const double height = std::abs(at.ury - at.lly);
  const bool turns = (one.getFlags() & (an_no_zoom | an_no_rotate)) != 0;
  const double reach = kReach + (turns ? width + height : 0);
  return !(std::max(at.llx, at.urx) + reach < strip.left ||
           std::min(at.llx, at.urx) - reach > strip.right ||
           std::max(at.lly, at.ury) + reach < strip.bottom ||
           std::min(at.lly, at.ury) - reach > strip.top);
}

// Annotations are drawn over the page's content, and so over its mark. Those that may reach it are
// drawn on the page before it, as they look, and are annotations no longer; a link stays one, and
// is not drawn. Answers what is drawn, as a form; null: nothing.
QPDFObjectHandle take_annotations(QPDF& pdf, QPDFPageObjectHelper& page, const Edges& edges) {
  const int rotate = rotation_of(page);
  const Edges strip = strip_of(edges, rotate);
  QPDFObjectHandle kept = QPDFObjectHandle::newArray();
  QPDFObjectHandle looks = QPDFObjectHandle::newDictionary();
  QPDFObjectHandle layers = QPDFObjectHandle::newDictionary();
  std::string drawn;
  std::size_t count = 0;
  for (QPDFAnnotationObjectHelper& one : page.getAnnotations()) {
    QPDFObjectHandle annotation = one.getObjectHandle();
    const bool is_link = one.getSubtype() == "/Link";
    if (is_link || !may_reach(one, strip)) kept.appendItem(annotation);
    if (!may_reach(one, strip)) continue;
    if (is_link) {
      for (const char* key : {"/AP", "/BS", "/C"}) annotation.removeKey(key);
      annotation.replaceKey("/Border", QPDFObjectHandle::parse("[0 0 0]"));
      continue;
    }
    const std::string name = "/EntenteNote" + std::to_string(count++);
    const std::string look =
        one.getPageContentForAppearance(name, rotate, 0, an_invisible | an_hidden | an_no_view);
    if (look.empty()) continue;
    looks.replaceKey(name, one.getAppearanceStream("/N"));
    QPDFObjectHandle layer = annotation.getKey("/OC");
    if (layer.isDictionary()) layers.replaceKey(name, layer);
    drawn += layer.isDictionary() ? "/OC " + name + " BDC\n" + look + "\nEMC\n" : look + "\n";
  }
  if (page.getObjectHandle().hasKey("/Annots")) page.getObjectHandle().replaceKey("/Annots", kept);
  if (drawn.empty()) return QPDFObjectHandle::newNull();
  QPDFObjectHandle form = pdf.newStream(drawn);
  QPDFObjectHandle resources = QPDFObjectHandle::newDictionary();
  resources.replaceKey("/XObject", looks);
  resources.replaceKey("/Properties", layers);
  make_form(form, edges, resources);
  return form;
}

// The tags of a page's content, by the content that is a form of its own now (ISO 32000-1,
// 14.7.4.2): by the page as they were.
using Forms = std::map<QPDFObjGen, QPDFObjectHandle>;

// What stands for a kid of a structure element: of a number, and of a reference that names no
// stream, one that names the page's form.
QPDFObjectHandle led_to_form(QPDFObjectHandle kid, const QPDFObjectHandle& page_of_element,
                             const Forms& forms) {
  QPDFObjectHandle page = page_of_element;
  const bool is_reference = kid.isDictionary() && kid.getKey("/Type").isNameAndEquals("/MCR");
  if (is_reference && kid.hasKey("/Pg")) page = kid.getKey("/Pg");
  const auto form = forms.find(page.getObjGen());
  if (form == forms.end() || (is_reference ? kid.hasKey("/Stm") : !kid.isInteger())) return kid;
  if (kid.isInteger()) {
    QPDFObjectHandle reference = QPDFObjectHandle::parse("<< /Type /MCR >>");
    reference.replaceKey("/Pg", page);
    reference.replaceKey("/MCID", kid);
    kid = reference;
  }
  kid.replaceKey("/Stm", form->second);
  return kid;
}

void lead_tags(QPDF& pdf, const Forms& forms) {
  QPDFObjectHandle root = pdf.getRoot().getKey("/StructTreeRoot");
  std::vector<QPDFObjectHandle> elements = {root};
  std::set<QPDFObjGen> seen;
  while (!elements.empty()) {
    QPDFObjectHandle element = elements.back();
    elements.pop_back();
    if (!element.isDictionary()) continue;
    if (element.isIndirect() && !seen.insert(element.getObjGen()).second) continue;
    QPDFObjectHandle kids = element.getKey("/K");
    QPDFObjectHandle page = element.getKey("/Pg");
    if (!kids.isArray()) {
      QPDFObjectHandle kid = led_to_form(kids, page, forms);
      if (!kid.isNull()) element.replaceKey("/K", kid);
      elements.push_back(kid);
      continue;
    }
    for (int n = 0; n < kids.getArrayNItems(); ++n) {
      QPDFObjectHandle kid = led_to_form(kids.getArrayItem(n), page, forms);
      kids.setArrayItem(n, kid);
      elements.push_back(kid);
    }
  }
}

void mark_pages(QPDF& pdf, std::string_view line) {
  Forms forms;
  QPDFObjectHandle font = pdf.makeIndirectObject(QPDFObjectHandle::parse(
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"));
  for (QPDFPageObjectHelper& page : QPDFPageDocumentHelper(pdf).getAllPages()) {
    const Edges edges = edges_of(page);
    QPDFObjectHandle object = page.getObjectHandle();
    object.removeKey("/AA");
    QPDFObjectHandle resources = QPDFObjectHandle::parse("<< /Font << >> /XObject << >> >>");
    std::string drawn;
    if (object.hasKey("/Contents")) {
      QPDFObjectHandle form = form_of(page, edges);
      forms.emplace(object.getObjGen(), form);
      resources.getKey("/XObject").replaceKey("/EntentePage", form);
      drawn = "q /EntentePage Do Q\n";
      object.removeKey("/StructParents");
    }
    QPDFObjectHandle notes = take_annotations(pdf, page, edges);
    if (!notes.isNull()) {
      resources.getKey("/XObject").replaceKey("/EntenteNotes", notes);
      drawn += "q /EntenteNotes Do Q\n";
    }
    resources.getKey("/Font").replaceKey("/EntenteMark", font);
    object.removeKey("/Thumb");  // the page in small, without a mark
    object.replaceKey("/Resources", resources);
    object.replaceKey("/Contents", pdf.newStream(drawn + overlay(edges, rotation_of(page),
                                                                 "/EntenteMark", line)));
  }
  lead_tags(pdf, forms);
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
  // First in broad white lines, then filled: to be read on any ground. Not between BMC and EMC:
  // what the page has left open there would hold for it again.
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
