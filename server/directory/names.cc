#include "server/directory/names.h"

#include <vector>

#include "server/policy/policy.h"

namespace entente::directory {
namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; parts.size() < 5;) {
    const std::size_t to = text.find('/', from);
    parts.push_back(text.substr(from, to == std::string_view::npos ? to : to - from));
    if (to == std::string_view::npos) break;
    from = to + 1;
  }
  return parts;
}

}  // namespace

std::optional<Name> parse_name(std::string_view text) {
  const std::vector<std::string_view> parts = parts_of(text);
  if (parts.size() < 2 || !policy::is_id(parts[1])) return std::nullopt;
  const std::string first(parts[1]);
  if (parts.size() == 2) {
    if (parts[0] == "processes") return Name{Kind::Process, first, ""};
    if (parts[0] == "parties") return Name{Kind::Party, first, ""};
    if (parts[0] == "persons") return Name{Kind::Person, first, ""};
    if (parts[0] == "offices") return Name{Kind::Office, first, ""};
    if (parts[0] == "appointments") return Name{Kind::Appointment, first, ""};
    return std::nullopt;
  }
  if (parts.size() != 4 || parts[0] != "processes" || !policy::is_id(parts[3])) return std::nullopt;
  const std::string second(parts[3]);
  if (parts[2] == "participations") return Name{Kind::Participation, first, second};
  if (parts[2] == "contactTests") return Name{Kind::ContactTest, first, second};
  if (parts[2] == "bodies") return Name{Kind::Body, first, second};
  return std::nullopt;
}

std::string id_in(std::string_view name, std::string_view collection) {
  if (name.size() <= collection.size() + 1 || name.substr(0, collection.size()) != collection ||
      name[collection.size()] != '/') {
    return {};
  }
  const std::string_view id = name.substr(collection.size() + 1);
  return policy::is_id(id) ? std::string(id) : std::string();
}

}  // namespace entente::directory
