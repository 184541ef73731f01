// The XML of a DAV call, read into a small tree; and texts made fit to stand in XML. Expat's types
// stop here. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/status.h"

namespace entente::dav {

struct XmlNode {
  std::string space;  // namespace, `DAV:`
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;  // those without a namespace
  std::string text;  // of the node itself, without its children's
  std::vector<XmlNode> children;

  // The first child of that name; null if there is none.
  [[nodiscard]] const XmlNode* find(std::string_view space, std::string_view name) const;
  // Empty if there is none.
  [[nodiscard]] std::string_view attribute(std::string_view name) const;
  [[nodiscard]] bool is(std::string_view other_space, std::string_view other_name) const {
    return space == other_space && name == other_name;
  }
};

// Reads one document in UTF-8. InvalidArgument / FieldInvalid: not well-formed, any document type
// declaration (entities would come with it), longer than limits::dav_body_bytes_max, deeper than
// limits::dav_depth_max, more elements than limits::dav_nodes_max.
[[nodiscard]] Result<XmlNode> parse_xml(std::string_view text);

}  // namespace entente::dav
