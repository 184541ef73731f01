#include "proto/contract/limits_structures.h"
#include "proto/formats/xml_parser.h"
#include "server/statistics/messages/tree.h"

namespace entente::statistics {
namespace {

class Builder final : public XmlParser::Handler {
 public:
  Builder() : parser_(*this) {}

  Result<Node> read(std::string_view text) {
    ENTENTE_TRY_VOID(parser_.feed(text));
    ENTENTE_TRY_VOID(parser_.finish());
    return std::move(root_.children.front());
  }

  Status on_start(std::string_view space, std::string_view name,
                  std::span<const XmlParser::Attribute> attributes) override {
    nodes_ += 1 + attributes.size();
    if (nodes_ > limits::structure_nodes_max) {
      return unreadable_at(parser_.place(), "has too many elements");
    }
    Node node;
    node.line = parser_.place().line;
    node.space = space;
    node.name = name;
    for (const XmlParser::Attribute& one : attributes) {
      node.attributes.emplace_back(one.name, one.value);
    }
    open_.push_back(std::move(node));
    return {};
  }
  Status on_text(std::string_view text) override {
    if (!open_.empty()) open_.back().text += text;
    return {};
  }
  Status on_end() override {
    Node node = std::move(open_.back());
    open_.pop_back();
    const std::size_t first = node.text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) {
      node.text.clear();
    } else {
      node.text = node.text.substr(first, node.text.find_last_not_of(" \t\r\n") - first + 1);
    }
    (open_.empty() ? root_ : open_.back()).children.push_back(std::move(node));
    return {};
  }

 private:
  XmlParser parser_;
  Node root_;
  std::vector<Node> open_;  // outermost first
  std::size_t nodes_ = 0;
};

}  // namespace

Result<Node> read_xml_tree(std::string_view text) { return Builder().read(text); }

}  // namespace entente::statistics
