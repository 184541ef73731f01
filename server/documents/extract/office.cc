#include "server/documents/extract/office.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "server/documents/extract/zip.h"

namespace entente::extract {
namespace {

// Which elements hold text, and which end a line, by their names without prefix.
enum class Dialect { Ooxml, OpenDocument };

class Gatherer {
 public:
  Gatherer(Dialect dialect, Text& out) : dialect_(dialect), out_(out) {}

  // False: the XML is broken.
  [[nodiscard]] End gather(const Part& part) {
    const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(
        ::XML_ParserCreate(nullptr), ::XML_ParserFree);
    if (!parser) return End::Failed;
    parser_ = parser.get();
    ::XML_SetUserData(parser_, this);
    ::XML_SetElementHandler(parser_, &Gatherer::begin, &Gatherer::end);
    ::XML_SetCharacterDataHandler(parser_, &Gatherer::characters);
    ::XML_SetStartDoctypeDeclHandler(parser_, &Gatherer::doctype);
    Unpacker unpacker(part);
    std::string piece;
    for (;;) {
      if (!unpacker.next(piece)) return unpacker.too_large() ? End::Bomb : End::Broken;
      const auto ended =
          ::XML_Parse(parser_, piece.data(), static_cast<int>(piece.size()), piece.empty() ? 1 : 0);
      if (out_.full()) return End::Read;
      if (why_ != End::Read) return why_;
      if (ended != XML_STATUS_OK) return End::Broken;
      if (piece.empty()) return End::Read;
    }
  }

 private:
  static std::string_view local(const XML_Char* name) {
    const std::string_view whole = name;
    const std::size_t colon = whole.rfind(':');
    return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
  }
  void stop(End why) {
    why_ = why;
    ::XML_StopParser(parser_, XML_FALSE);
  }
  void add(std::string_view text) {
    if (!out_.add(text)) ::XML_StopParser(parser_, XML_FALSE);
  }
  [[nodiscard]] bool holds_text(std::string_view name) const {
    return dialect_ == Dialect::Ooxml ? name == "t" : name == "p" || name == "h";
  }
  [[nodiscard]] static bool ends_line(std::string_view name) {
    return name == "p" || name == "h" || name == "si" || name == "br" || name == "line-break";
  }

  static void begin(void* self, const XML_Char* name, const XML_Char**) {
    auto& me = *static_cast<Gatherer*>(self);
    if (++me.depth_ > limits::xml_depth_max) return me.stop(End::Bomb);
    const std::string_view element = local(name);
    if (me.holds_text(element)) ++me.within_;
    if (element == "tab" || element == "s" || element == "br" || element == "line-break") {
      me.add(" ");
    }
  }
  static void end(void* self, const XML_Char* name) {
    auto& me = *static_cast<Gatherer*>(self);
    --me.depth_;
    const std::string_view element = local(name);
    if (me.holds_text(element)) --me.within_;
    if (ends_line(element)) me.add("\n");
  }
  static void characters(void* self, const XML_Char* text, int size) {
    auto& me = *static_cast<Gatherer*>(self);
    if (me.within_ > 0) me.add({text, static_cast<std::size_t>(size)});
  }
  // Where entities would be declared that unpack each other.
  static void doctype(void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    static_cast<Gatherer*>(self)->stop(End::Bomb);
  }

  const Dialect dialect_;
  Text& out_;
  XML_Parser parser_ = nullptr;
  std::size_t depth_ = 0;
  int within_ = 0;
  End why_ = End::Read;
};

// The parts that hold what a reader sees, in its order.
bool is_text_part(std::string_view name, Dialect& dialect) {
  dialect = Dialect::OpenDocument;
  if (name == "content.xml") return true;
  dialect = Dialect::Ooxml;
  if (!name.ends_with(".xml")) return false;
  return name == "word/document.xml" || name == "word/footnotes.xml" ||
         name == "word/endnotes.xml" || name == "xl/sharedStrings.xml" ||
         (name.starts_with("word/header") || name.starts_with("word/footer")) ||
         (name.starts_with("ppt/slides/slide") && name.find("_rels") == std::string_view::npos) ||
         name.starts_with("ppt/notesSlides/notesSlide");
}

// `slide2` before `slide10`.
bool before(const Part& a, const Part& b) {
  if (a.name.size() != b.name.size()) return a.name.size() < b.name.size();
  return a.name < b.name;
}

}  // namespace

End read_office(std::string_view bytes, Text& out) {
  std::optional<std::vector<Part>> parts = read_zip(bytes);
  if (!parts) return End::Broken;
  // A password's: OOXML comes then in another container, OpenDocument says so in its parts.
  std::sort(parts->begin(), parts->end(), before);
  bool any = false;
  for (const Part& part : *parts) {
    Dialect dialect = Dialect::Ooxml;
    if (!is_text_part(part.name, dialect)) continue;
    if (part.encrypted) return End::Encrypted;
    any = true;
    const End end = Gatherer(dialect, out).gather(part);
    if (end != End::Read) return end;
    if (out.full()) break;
  }
  if (!any) return End::Unknown;
  return out.is_blank() ? End::Empty : End::Read;
}

}  // namespace entente::extract
