#include "server/dav/xml.h"

#include <expat.h>

#include <memory>
#include <tuple>
#include <type_traits>

#include "proto/contract/limits.h"

namespace entente::dav {
namespace {

constexpr char separator = '\x1f';  // between namespace and name, in what expat hands over

std::pair<std::string, std::string> split(const char* qualified) {
  const std::string_view whole(qualified);
  const std::size_t at = whole.find(separator);
  if (at == std::string_view::npos) return {"", std::string(whole)};
  return {std::string(whole.substr(0, at)), std::string(whole.substr(at + 1))};
}

// Builds the tree from expat's events; stops the parser at the first thing that is not allowed.
class Builder {
 public:
  explicit Builder(XML_Parser parser) : parser_(parser) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
  }
  [[nodiscard]] const char* refusal() const { return refusal_; }
  XmlNode take() { return std::move(root_.children.front()); }

 private:
  static Builder& self(void* data) { return *static_cast<Builder*>(data); }

  static void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    self(data).start(name, attributes);
  }
  static void on_end(void* data, const XML_Char* /*name*/) { self(data).end(); }
  static void on_text(void* data, const XML_Char* text, int length) {
    if (self(data).refusal_ != nullptr) return;
    self(data).open_.back().text.append(text, static_cast<std::size_t>(length));
  }
  static void on_doctype(void* data, const XML_Char* /*name*/, const XML_Char* /*system*/,
                         const XML_Char* /*public_id*/, int /*internal*/) {
    self(data).refuse("has a document type declaration");
  }

  void refuse(const char* why) {
    if (refusal_ == nullptr) refusal_ = why;
    XML_StopParser(parser_, XML_FALSE);
  }

  void start(const XML_Char* name, const XML_Char** attributes) {
    if (++nodes_ > limits::dav_nodes_max) return refuse("has too many elements");
    if (open_.size() > static_cast<std::size_t>(limits::dav_depth_max)) {
      return refuse("is nested too deep");
    }
    XmlNode node;
    std::tie(node.space, node.name) = split(name);
    for (; *attributes != nullptr; attributes += 2) {
      auto [space, attribute] = split(attributes[0]);
      if (space.empty()) node.attributes.emplace_back(std::move(attribute), attributes[1]);
    }
    open_.push_back(std::move(node));
  }

  void end() {
    if (refusal_ != nullptr) return;
    XmlNode node = std::move(open_.back());
    open_.pop_back();
    (open_.empty() ? root_ : open_.back()).children.push_back(std::move(node));
  }

  XML_Parser parser_;
  XmlNode root_;
  std::vector<XmlNode> open_;  // outermost first
  std::size_t nodes_ = 0;
  const char* refusal_ = nullptr;
};

struct Free {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

}  // namespace

const XmlNode* XmlNode::find(std::string_view wanted_space, std::string_view wanted_name) const {
  for (const XmlNode& child : children) {
    if (child.is(wanted_space, wanted_name)) return &child;
  }
  return nullptr;
}

std::string_view XmlNode::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes) {
    if (key == wanted) return value;
  }
  return {};
}

Result<XmlNode> parse_xml(std::string_view text) {
  if (text.size() > limits::dav_body_bytes_max) return invalid_argument("body", "is too long");
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser(
      XML_ParserCreateNS("UTF-8", separator));
  if (parser == nullptr) return internal_error("expat has no memory");
  Builder builder(parser.get());
  const XML_Status status =
      XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (builder.refusal() != nullptr) return invalid_argument("body", builder.refusal());
  if (status != XML_STATUS_OK) {
    return Status(Code::InvalidArgument, Reason::FieldInvalid, "the body is not well-formed XML")
        .with_violation({"body", "is not well-formed XML", XML_GetCurrentLineNumber(parser.get()),
                         XML_GetCurrentColumnNumber(parser.get()) + 1});
  }
  return builder.take();
}

}  // namespace entente::dav
