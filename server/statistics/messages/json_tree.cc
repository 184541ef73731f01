#include "proto/contract/limits_structures.h"
#include "proto/formats/json_parser.h"
#include "server/statistics/messages/tree.h"

namespace entente::statistics {
namespace {

// Builds the tree from the parser's events. A plain value of an object is an attribute of its node;
// of an array it is a child with the value as its text.
class Builder final : public JsonParser::Handler {
 public:
  Node take() { return std::move(root_.children.front()); }

  Status on_event(JsonParser::Kind kind, std::string_view text, Place place) override {
    using Kind = JsonParser::Kind;
    switch (kind) {
      case Kind::BeginObject:
      case Kind::BeginArray:
        return begin(kind == Kind::BeginArray, place);
      case Kind::EndObject:
      case Kind::EndArray: {
        Node node = std::move(open_.back().node);
        open_.pop_back();
        (open_.empty() ? root_ : open_.back().node).children.push_back(std::move(node));
        return {};
      }
      case Kind::Key:
        key_ = text;
        return {};
      default:
        return plain(kind == Kind::Literal && text == "null" ? "" : text, place);
    }
  }

 private:
  struct Open {
    Node node;
    bool is_array = false;
  };

  Status count(Place place) {
    if (++nodes_ <= limits::structure_nodes_max) return {};
    return unreadable_at(place, "has too many values");
  }
  Status begin(bool is_array, Place place) {
    ENTENTE_TRY_VOID(count(place));
    Open next;
    next.is_array = is_array;
    next.node.line = place.line;
    next.node.name = std::move(key_);
    key_.clear();
    open_.push_back(std::move(next));
    return {};
  }
  Status plain(std::string_view text, Place place) {
    ENTENTE_TRY_VOID(count(place));
    if (open_.empty()) return unreadable_at(place, "is no object");
    if (!open_.back().is_array) {
      open_.back().node.attributes.emplace_back(std::move(key_), text);
      key_.clear();
      return {};
    }
    Node item;
    item.line = place.line;
    item.text = text;
    open_.back().node.children.push_back(std::move(item));
    return {};
  }

  Node root_;
  std::vector<Open> open_;  // outermost first
  std::string key_;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<Node> read_json_tree(std::string_view text) {
  Builder builder;
  JsonParser parser(builder);
  ENTENTE_TRY_VOID(parser.feed(text));
  ENTENTE_TRY_VOID(parser.finish());
  return builder.take();
}

}  // namespace entente::statistics
