#include "server/dav/resource.h"

#include <optional>

#include "proto/contract/bytes.h"
#include "proto/contract/markup.h"

namespace entente::dav {
namespace {

constexpr std::string_view calendarserver = "http://calendarserver.org/ns/";

bool is_name(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && text.front() != '.' &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

std::string href_element(std::string_view href) {
  return "<D:href>" + markup_text(href) + "</D:href>";
}

std::string resource_type(const Flavour& flavour, Kind kind) {
  switch (kind) {
    case Kind::Root:
      return "<D:collection/><D:principal/>";
    case Kind::Home:
      return "<D:collection/>";
    case Kind::Collection:
      return "<D:collection/><C:" + flavour.collection + "/>";
    default:
      return "";
  }
}

std::string reports_of(const Flavour& flavour) {
  std::string reports;
  for (const std::string& name :
       {"C:" + flavour.collection + "-query", "C:" + flavour.collection + "-multiget",
        std::string("D:sync-collection")}) {
    reports += "<D:supported-report><D:report><" + name + "/></D:report></D:supported-report>";
  }
  return reports;
}

std::string display_name(const Flavour& flavour, const Resource& resource) {
  if (resource.kind == Kind::Root) return "Entente";
  if (resource.kind == Kind::Home) return flavour.home_title;
  return resource.collection != nullptr ? resource.collection->name : "";
}

// The content of a DAV: property; empty if the resource has none of that name.
std::optional<std::string> dav_property(const Flavour& flavour, const Resource& resource,
                                        const std::string& name) {
  const bool collection = resource.kind == Kind::Collection;
  const bool member = resource.kind == Kind::Member;
  if (name == "resourcetype") return resource_type(flavour, resource.kind);
  if (name == "current-user-principal" || name == "owner") return href_element(flavour.root);
  if (name == "principal-URL" && resource.kind == Kind::Root) return href_element(flavour.root);
  if (name == "current-user-privilege-set") return "<D:privilege><D:read/></D:privilege>";
  if (name == "displayname" && !member) return markup_text(display_name(flavour, resource));
  if (name == "sync-token" && collection) {
    return markup_text("data:," + resource.collection->sync_token);
  }
  if (name == "supported-report-set" && collection) return reports_of(flavour);
  const Flavour::Format& format = flavour.formats.front();
  if (name == "getetag" && member) return markup_text(quoted_tag(resource.member->etag, format));
  if (name == "getcontenttype" && member) {
    return format.content_type.substr(0, format.content_type.find("; version"));
  }
  return std::nullopt;
}

std::optional<std::string> own_property(const Flavour& flavour, const Resource& resource,
                                        const std::string& name) {
  if (name == flavour.collection + "-home-set" && resource.kind == Kind::Root) {
    return href_element(flavour.home);
  }
  if (name == flavour.data && resource.data != nullptr) return markup_text(*resource.data);
  if (resource.kind != Kind::Collection) return std::nullopt;
  if (name == flavour.collection + "-description") {
    return markup_text(resource.collection->description);
  }
  if (name == "supported-" + flavour.data) return flavour.data_types;
  return flavour.property ? flavour.property(*resource.collection, name) : std::nullopt;
}

std::optional<std::string> property(const Flavour& flavour, const Resource& resource,
                                    const Wanted& wanted) {
  if (wanted.space == dav_space) return dav_property(flavour, resource, wanted.name);
  if (wanted.space == flavour.space) return own_property(flavour, resource, wanted.name);
  if (wanted.space == calendarserver && wanted.name == "getctag" &&
      resource.kind == Kind::Collection) {
    return markup_text(resource.collection->sync_token);
  }
  return std::nullopt;
}

// An element of any namespace, the known ones by their prefix.
std::string element(const Flavour& flavour, const Wanted& wanted, const std::string& content) {
  std::string name;
  std::string declaration;
  if (wanted.space == dav_space) {
    name = "D:" + wanted.name;
  } else if (wanted.space == flavour.space) {
    name = "C:" + wanted.name;
  } else if (wanted.space == calendarserver) {
    name = "S:" + wanted.name;
  } else {
    name = (wanted.space.empty() ? "" : "X:") + wanted.name;
    if (!wanted.space.empty()) declaration = " xmlns:X=\"" + markup_text(wanted.space) + '"';
  }
  if (content.empty()) return '<' + name + declaration + "/>";
  return '<' + name + declaration + '>' + content + "</" + name + '>';
}

std::string propstat(const std::string& properties, std::string_view status) {
  return "<D:propstat><D:prop>" + properties + "</D:prop><D:status>HTTP/1.1 " +
         std::string(status) + "</D:status></D:propstat>";
}

}  // namespace

Target target_of(const Flavour& flavour, std::string_view path) {
  const std::string_view root = flavour.root;
  const std::string_view home = flavour.home;
  if (path == root || path == root.substr(0, root.size() - 1)) return {Kind::Root, "", ""};
  if (path == home.substr(0, home.size() - 1)) return {Kind::Home, "", ""};
  if (!path.starts_with(home)) return {};
  path.remove_prefix(home.size());
  if (path.empty()) return {Kind::Home, "", ""};
  const std::size_t slash = path.find('/');
  const std::string_view collection = path.substr(0, slash);
  if (!is_name(collection, 64)) return {};
  if (slash == std::string_view::npos || slash + 1 == path.size()) {
    return {Kind::Collection, std::string(collection), ""};
  }
  std::string_view member = path.substr(slash + 1);
  if (!member.ends_with(flavour.extension)) return {};
  member.remove_suffix(flavour.extension.size());
  if (!is_name(member, 128)) return {};
  return {Kind::Member, std::string(collection), std::string(member)};
}

std::string path_of(std::string_view href) {
  const std::size_t scheme = href.find("://");
  if (scheme != std::string_view::npos) {
    const std::size_t slash = href.find('/', scheme + 3);
    href = slash == std::string_view::npos ? std::string_view() : href.substr(slash);
  }
  std::string path;
  for (std::size_t i = 0; i < href.size(); ++i) {
    if (href[i] != '%') {
      path += href[i];
      continue;
    }
    const auto byte = i + 2 < href.size() ? from_hex(href.substr(i + 1, 2)) : std::nullopt;
    if (!byte) return {};
    path += *byte;
    i += 2;
  }
  return path;
}

std::string href_of(const Flavour& flavour, const std::string& collection) {
  return flavour.home + collection + '/';
}
std::string href_of(const Flavour& flavour, const std::string& collection,
                    const std::string& member) {
  return href_of(flavour, collection) + member + flavour.extension;
}

const std::vector<Wanted>& all_properties() {
  static const std::vector<Wanted> all = {{std::string(dav_space), "resourcetype"},
                                          {std::string(dav_space), "displayname"},
                                          {std::string(dav_space), "getetag"},
                                          {std::string(dav_space), "getcontenttype"},
                                          {std::string(dav_space), "current-user-principal"}};
  return all;
}

std::string response_of(const Flavour& flavour, const Resource& resource,
                        const std::vector<Wanted>& wanted, bool names_only) {
  std::string found;
  std::string missing;
  for (const Wanted& one : wanted) {
    const std::optional<std::string> content = property(flavour, resource, one);
    if (content) {
      found += element(flavour, one, names_only ? "" : *content);
    } else if (!names_only) {
      missing += element(flavour, one, "");
    }
  }
  std::string text = "<D:response>" + href_element(resource.href);
  if (!found.empty() || missing.empty()) text += propstat(found, "200 OK");
  if (!missing.empty()) text += propstat(missing, "404 Not Found");
  return text + "</D:response>\n";
}

std::string gone_response(const std::string& href) {
  return "<D:response>" + href_element(href) +
         "<D:status>HTTP/1.1 404 Not Found</D:status></D:response>\n";
}

std::string spaces_of(const Flavour& flavour) {
  return " xmlns:D=\"DAV:\" xmlns:C=\"" + flavour.space +
         "\" xmlns:S=\"http://calendarserver.org/ns/\"";
}

std::string quoted_tag(const std::string& etag, const Flavour::Format& format) {
  return '"' + etag + format.tag + '"';
}

}  // namespace entente::dav
