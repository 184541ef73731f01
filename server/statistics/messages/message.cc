#include "server/statistics/messages/message.h"

namespace entente::statistics {

Reference parse_urn(std::string_view text) {
  Reference out;
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    const std::string_view head = text.substr(0, equals);
    out.klass = head.substr(head.rfind('.') == std::string_view::npos ? 0 : head.rfind('.') + 1);
    text.remove_prefix(equals + 1);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  out.agency = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) {
    out.id = text;
    return out;
  }
  out.id = text.substr(0, open);
  const std::size_t close = text.find(')', open);
  if (close == std::string_view::npos) return {};
  out.version = text.substr(open + 1, close - open - 1);
  if (close + 1 < text.size() && text[close + 1] == '.') out.item = text.substr(close + 2);
  return out;
}

std::string way_to(const std::string& parent, const std::string& id) {
  return parent.empty() ? id : parent + "." + id;
}

void call_within(const Head& whole, std::size_t count, Head& hierarchy) {
  hierarchy.id = count == 1 ? whole.id : whole.id + "_" + hierarchy.id;
  hierarchy.agency = whole.agency;
  hierarchy.version = whole.version;
  if (hierarchy.title.by_language().empty()) hierarchy.title = whole.title;
  if (hierarchy.description.by_language().empty()) hierarchy.description = whole.description;
}

Result<StructureMessage> read_structure_message(std::string_view text) {
  ENTENTE_TRY(const Node root, read_tree(text));
  return root.space.empty() && root.name.empty() ? read_json(root) : read_ml(root);
}

}  // namespace entente::statistics
