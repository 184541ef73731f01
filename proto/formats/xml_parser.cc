#include "proto/formats/xml_parser.h"

#include <expat.h>

#include <algorithm>
#include <string>
#include <type_traits>

#include "proto/contract/upload_limits.h"

namespace entente::statistics {
namespace {

constexpr char kSeparator = '\x1f';  // between namespace and name, in what expat hands over
constexpr std::size_t kParsedAtOnce = 64 * 1024;

struct Free {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

struct Name {
  std::string_view space;
  std::string_view name;
};

Name split(std::string_view qualified) {
  const std::size_t at = qualified.find(kSeparator);
  if (at == std::string_view::npos) return {.space = {}, .name = qualified};
  return {.space = qualified.substr(0, at), .name = qualified.substr(at + 1)};
}

}  // namespace

struct XmlParser::Events {
  explicit Events(Handler& its_handler)
      : handler(its_handler), parser(XML_ParserCreateNS(nullptr, kSeparator)) {
    ENTENTE_CHECK(parser != nullptr);
    XML_SetUserData(parser.get(), this);
    XML_SetElementHandler(parser.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser.get(), on_text);
    XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
    XML_SetCommentHandler(parser.get(), [](void* data, const XML_Char*) { self(data).took(); });
    XML_SetProcessingInstructionHandler(
        parser.get(), [](void* data, const XML_Char*, const XML_Char*) { self(data).took(); });
  }

  static Events& self(void* data) { return *static_cast<Events*>(data); }
  static void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    self(data).start(name, attributes);
  }
  static void on_end(void* data, const XML_Char* /*name*/) {
    Events& events = self(data);
    --events.depth;
    events.took();
    events.take(events.handler.on_end());
  }
  static void on_text(void* data, const XML_Char* text, int length) {
    Events& events = self(data);
    events.took();
    events.take(events.handler.on_text({text, static_cast<std::size_t>(length)}));
  }
  static void on_doctype(void* data, const XML_Char* /*name*/, const XML_Char* /*system*/,
                         const XML_Char* /*public_id*/, int /*internal*/) {
    Events& events = self(data);
    events.take(unreadable_at(events.place(),
                              "there is a document type declaration, which is not read: entities "
                              "come with it"));
  }

  void start(const XML_Char* name, const XML_Char** given) {
    took();
    begun = true;
    if (++depth > limits::upload_depth_max) {
      return take(unreadable_at(place(), "the elements are nested too deep"));
    }
    attributes.clear();
    for (; *given != nullptr; given += 2) {
      const Name one = split(given[0]);
      attributes.push_back({.space = one.space, .name = one.name, .value = given[1]});
    }
    const Name element = split(name);
    take(handler.on_start(element.space, element.name, attributes));
  }

  // After the first refusal expat may still hand over what it has begun.
  void take(Status next) {
    if (!status.ok() || next.ok()) return;
    status = std::move(next);
    XML_StopParser(parser.get(), XML_FALSE);
  }
  void took() { taken = XML_GetCurrentByteIndex(parser.get()); }

  // What expat calls a fault outside the document's element depends on where a piece ends.
  [[nodiscard]] Status broken() const {
    const XML_Error code = XML_GetErrorCode(parser.get());
    std::string text = "the file is not well-formed XML: ";
    if (depth == 0 && code != XML_ERROR_NO_ELEMENTS) {
      text += begun ? "something stands after the end of the document"
                    : "something else stands before the first element";
    } else {
      text += XML_ErrorString(code);
    }
    return unreadable_at(place(), std::move(text));
  }

  [[nodiscard]] Place place() const {
    return {.line = XML_GetCurrentLineNumber(parser.get()),
            .column = static_cast<std::uint32_t>(XML_GetCurrentColumnNumber(parser.get()) + 1)};
  }

  Handler& handler;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser;
  std::vector<Attribute> attributes;
  std::size_t depth = 0;
  bool begun = false;  // the first element was met
  Status status;
  XML_Index taken = 0;  // where the last event began
  std::uint64_t fed = 0;
};

XmlParser::XmlParser(Handler& handler) : events_(std::make_unique<Events>(handler)) {}

XmlParser::~XmlParser() = default;

Place XmlParser::place() const { return events_->place(); }

Status XmlParser::parse(std::string_view bytes, bool last) {
  Events& events = *events_;
  events.fed += bytes.size();
  const XML_Status parsed =
      XML_Parse(events.parser.get(), bytes.data(), static_cast<int>(bytes.size()), last ? 1 : 0);
  if (!events.status.ok()) return events.status;
  if (parsed != XML_STATUS_OK) return events.broken();
  // Expat keeps what it cannot hand over yet, and reads it anew with each piece.
  const auto kept = events.fed - static_cast<std::uint64_t>(events.taken);
  if (kept > limits::upload_line_bytes_max + kParsedAtOnce) {
    return unreadable_at(events.place(), "a tag or comment is too long");
  }
  return {};
}

Status XmlParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kParsedAtOnce);
    ENTENTE_TRY_VOID(parse(bytes.substr(0, size), false));
    bytes.remove_prefix(size);
  }
  return {};
}

Status XmlParser::finish() { return parse({}, true); }

}  // namespace entente::statistics
