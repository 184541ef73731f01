#include "server/statistics/messages/tree.h"

#include "proto/contract/limits_structures.h"

namespace entente::statistics {

const Node* Node::find(std::string_view child) const {
  for (const Node& one : children) {
    if (one.name == child) return &one;
  }
  return nullptr;
}

const std::string& Node::attribute(std::string_view key) const {
  static const std::string none;
  for (const auto& [name, value] : attributes) {
    if (name == key) return value;
  }
  return none;
}

Result<Node> read_tree(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  if (text.size() > limits::structure_message_bytes_max) {
    return invalid_argument(
        "content",
        "is longer than " + std::to_string(limits::structure_message_bytes_max) + " bytes");
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return invalid_argument("content", "is empty");
  if (text[first] == '{') return read_json_tree(text);
  // UTF-16 begins with a mark of its own, which the parser knows.
  const bool utf16 = static_cast<unsigned char>(text[first]) >= 0xfe;
  if (text[first] == '<' || utf16) return read_xml_tree(text);
  return invalid_argument("content", "is neither SDMX-ML nor SDMX-JSON");
}

}  // namespace entente::statistics
