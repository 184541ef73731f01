// What a path names below a flavour's root, and what is said of it in a multistatus. This room's
// own. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/dav/dav.h"

namespace entente::dav {

inline constexpr std::string_view dav_space = "DAV:";  // namespace (RFC 4918, 14)

enum class Kind { None, Root, Home, Collection, Member };
struct Target {
  Kind kind = Kind::None;
  std::string collection;
  std::string member;
};
[[nodiscard]] Target target_of(const Flavour& flavour, std::string_view path);
// The path of a href: percent-decoded once, without scheme and host. Empty if malformed.
[[nodiscard]] std::string path_of(std::string_view href);
[[nodiscard]] std::string href_of(const Flavour& flavour, const std::string& collection);
[[nodiscard]] std::string href_of(const Flavour& flavour, const std::string& collection,
                                  const std::string& member);

// What a resource is, for its properties.
struct Resource {
  Kind kind = Kind::None;
  std::string href;
  const Collection* collection = nullptr;  // of a collection
  const Ref* member = nullptr;             // of a member
  const std::string* data = nullptr;       // a member's text, where it was asked for
};
struct Wanted {
  std::string space;
  std::string name;
};
[[nodiscard]] const std::vector<Wanted>& all_properties();
[[nodiscard]] std::string response_of(const Flavour& flavour, const Resource& resource,
                                      const std::vector<Wanted>& wanted, bool names_only);
[[nodiscard]] std::string gone_response(const std::string& href);
// The namespaces of a multistatus.
[[nodiscard]] std::string spaces_of(const Flavour& flavour);
[[nodiscard]] std::string quoted_tag(const std::string& etag, const Flavour::Format& format);

}  // namespace entente::dav
