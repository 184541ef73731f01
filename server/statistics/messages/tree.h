// A structure message as a tree, whichever language it is written in: what SDMX-ML calls an element
// and SDMX-JSON an object is a node, so that what is found in it is found alike. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/status.h"

namespace entente::statistics {

struct Node {
  std::string name;   // an element's without its prefix; a member's; empty: an item of an array
  std::string space;  // of an element: its namespace
  std::string text;   // an element's own characters; a string, number or word of an array
  std::uint64_t line = 0;
  // An element's attributes (`lang` for `xml:lang`); an object's members that are plain values.
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Node> children;

  // The first child of that name; null if there is none.
  [[nodiscard]] const Node* find(std::string_view child) const;
  // Empty if there is none.
  [[nodiscard]] const std::string& attribute(std::string_view key) const;
};

// Reads one document, with or without a byte order mark. InvalidArgument, with line and column:
// what XmlParser and JsonParser refuse (a document type among it), longer than
// limits::structure_message_bytes_max, more nodes and attributes than limits::structure_nodes_max.
[[nodiscard]] Result<Node> read_xml_tree(std::string_view text);
[[nodiscard]] Result<Node> read_json_tree(std::string_view text);

// As either, by its first character.
[[nodiscard]] Result<Node> read_tree(std::string_view text);

}  // namespace entente::statistics
