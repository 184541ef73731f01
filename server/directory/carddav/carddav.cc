#include "server/directory/carddav/carddav.h"

#include <algorithm>
#include <set>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/directory/carddav/filter.h"
#include "server/directory/carddav/xml.h"

namespace entente::directory {
namespace {

constexpr std::string_view dav = "DAV:";
constexpr std::string_view carddav = "urn:ietf:params:xml:ns:carddav";
constexpr std::string_view calendarserver = "http://calendarserver.org/ns/";

constexpr std::string_view root_path = "/carddav/";
constexpr std::string_view books_path = "/carddav/books/";
constexpr std::string_view allowed = "OPTIONS, GET, HEAD, PROPFIND, REPORT";

using Book = AddressBooks::Book;
using CardRef = AddressBooks::CardRef;

// --- paths
// ----------------------------------------------------------------------------------------

enum class Kind { None, Root, Home, Book, Card };
struct Target {
  Kind kind = Kind::None;
  std::string book;
  std::string card;
};

bool is_name(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && text.front() != '.' &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

Target target_of(std::string_view path) {
  if (path == root_path || path == root_path.substr(0, root_path.size() - 1)) {
    return {Kind::Root, "", ""};
  }
  if (path == books_path.substr(0, books_path.size() - 1)) return {Kind::Home, "", ""};
  if (!path.starts_with(books_path)) return {};
  path.remove_prefix(books_path.size());
  if (path.empty()) return {Kind::Home, "", ""};
  const std::size_t slash = path.find('/');
  const std::string_view book = path.substr(0, slash);
  if (!is_name(book, 64)) return {};
  if (slash == std::string_view::npos || slash + 1 == path.size()) {
    return {Kind::Book, std::string(book), ""};
  }
  std::string_view card = path.substr(slash + 1);
  if (!card.ends_with(".vcf")) return {};
  card.remove_suffix(4);
  if (!is_name(card, 128)) return {};
  return {Kind::Card, std::string(book), std::string(card)};
}

std::string href_of(const std::string& book) { return std::string(books_path) + book + '/'; }
std::string href_of(const std::string& book, const std::string& card) {
  return href_of(book) + card + ".vcf";
}

// The path of a href: percent-decoded once, without scheme and host. Empty if malformed.
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

// --- answers
// --------------------------------------------------------------------------------------

net::HttpResponse answer(int status, std::string body = {}, std::string type = {}) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  if (!type.empty()) response.headers.emplace_back("content-type", std::move(type));
  response.headers.emplace_back("dav", "1, 3, addressbook");
  response.headers.emplace_back("cache-control", "private, no-cache");
  return response;
}

constexpr std::string_view xml_head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
constexpr std::string_view xml_spaces =
    " xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\""
    " xmlns:S=\"http://calendarserver.org/ns/\"";

// With the precondition that failed (RFC 4918 section 16).
net::HttpResponse refusal(int status, const std::string& condition) {
  return answer(status,
                std::string(xml_head) + "<D:error" + std::string(xml_spaces) + "><" + condition +
                    "/></D:error>\n",
                "application/xml; charset=utf-8");
}

net::HttpResponse failure(const Status& status) {
  switch (status.code()) {
    case Code::NotFound:
      return answer(404);
    case Code::InvalidArgument:
      return answer(400, std::string(status.message()) + "\n", "text/plain; charset=utf-8");
    case Code::Unavailable:
    case Code::ResourceExhausted:
      return answer(503);
    default:
      return answer(500);
  }
}

net::HttpResponse multistatus(const std::string& responses) {
  return answer(207,
                std::string(xml_head) + "<D:multistatus" + std::string(xml_spaces) + ">\n" +
                    responses + "</D:multistatus>\n",
                "application/xml; charset=utf-8");
}

std::string_view header(const net::HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string quoted_tag(const std::string& etag, VcardVersion version) {
  return '"' + etag + (version == VcardVersion::V4 ? "-4\"" : "\"");
}

// --- properties
// -----------------------------------------------------------------------------------

// What a resource is, for its properties.
struct Resource {
  Kind kind = Kind::None;
  std::string href;
  const Book* book = nullptr;         // of a book
  const CardRef* card = nullptr;      // of a card
  const std::string* data = nullptr;  // a card's text, where it was asked for
};

struct Wanted {
  std::string space;
  std::string name;
};

const std::vector<Wanted>& all_properties() {
  static const std::vector<Wanted> all = {{std::string(dav), "resourcetype"},
                                          {std::string(dav), "displayname"},
                                          {std::string(dav), "getetag"},
                                          {std::string(dav), "getcontenttype"},
                                          {std::string(dav), "current-user-principal"}};
  return all;
}

std::string href_element(std::string_view href) {
  return "<D:href>" + xml_text(href) + "</D:href>";
}

std::string resource_type(Kind kind) {
  switch (kind) {
    case Kind::Root:
      return "<D:collection/><D:principal/>";
    case Kind::Home:
      return "<D:collection/>";
    case Kind::Book:
      return "<D:collection/><C:addressbook/>";
    default:
      return "";
  }
}

constexpr std::string_view reports =
    "<D:supported-report><D:report><C:addressbook-query/></D:report></D:supported-report>"
    "<D:supported-report><D:report><C:addressbook-multiget/></D:report></D:supported-report>"
    "<D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report>";
constexpr std::string_view address_data =
    "<C:address-data-type content-type=\"text/vcard\" version=\"3.0\"/>"
    "<C:address-data-type content-type=\"text/vcard\" version=\"4.0\"/>";

std::string display_name(const Resource& resource) {
  if (resource.kind == Kind::Root) return "Entente";
  if (resource.kind == Kind::Home) return "Address books";
  return resource.book != nullptr ? resource.book->name : "";
}

// The content of a DAV: property; empty if the resource has none of that name.
std::optional<std::string> dav_property(const Resource& resource, const std::string& name) {
  const bool book = resource.kind == Kind::Book;
  const bool card = resource.kind == Kind::Card;
  if (name == "resourcetype") return resource_type(resource.kind);
  if (name == "current-user-principal" || name == "owner") return href_element(root_path);
  if (name == "principal-URL" && resource.kind == Kind::Root) return href_element(root_path);
  if (name == "current-user-privilege-set") return "<D:privilege><D:read/></D:privilege>";
  if (name == "displayname" && !card) return xml_text(display_name(resource));
  if (name == "sync-token" && book) return xml_text("data:," + resource.book->sync_token);
  if (name == "supported-report-set" && book) return std::string(reports);
  if (name == "getetag" && card) {
    return xml_text(quoted_tag(resource.card->etag, VcardVersion::V3));
  }
  if (name == "getcontenttype" && card) return "text/vcard; charset=utf-8";
  return std::nullopt;
}

std::optional<std::string> carddav_property(const Resource& resource, const std::string& name) {
  const bool book = resource.kind == Kind::Book;
  if (name == "addressbook-home-set" && resource.kind == Kind::Root) {
    return href_element(books_path);
  }
  if (name == "addressbook-description" && book) return xml_text(resource.book->description);
  if (name == "supported-address-data" && book) return std::string(address_data);
  if (name == "address-data" && resource.data != nullptr) return xml_text(*resource.data);
  return std::nullopt;
}

std::optional<std::string> property(const Resource& resource, const Wanted& wanted) {
  if (wanted.space == dav) return dav_property(resource, wanted.name);
  if (wanted.space == carddav) return carddav_property(resource, wanted.name);
  if (wanted.space == calendarserver && wanted.name == "getctag" && resource.kind == Kind::Book) {
    return xml_text(resource.book->sync_token);
  }
  return std::nullopt;
}

// An element of any namespace, the known ones by their prefix.
std::string element(const Wanted& wanted, const std::string& content) {
  std::string name;
  std::string declaration;
  if (wanted.space == dav) {
    name = "D:" + wanted.name;
  } else if (wanted.space == carddav) {
    name = "C:" + wanted.name;
  } else if (wanted.space == calendarserver) {
    name = "S:" + wanted.name;
  } else {
    name = (wanted.space.empty() ? "" : "X:") + wanted.name;
    if (!wanted.space.empty()) declaration = " xmlns:X=\"" + xml_text(wanted.space) + '"';
  }
  if (content.empty()) return '<' + name + declaration + "/>";
  return '<' + name + declaration + '>' + content + "</" + name + '>';
}

std::string propstat(const std::string& properties, std::string_view status) {
  return "<D:propstat><D:prop>" + properties + "</D:prop><D:status>HTTP/1.1 " +
         std::string(status) + "</D:status></D:propstat>";
}

std::string response_of(const Resource& resource, const std::vector<Wanted>& wanted,
                        bool names_only) {
  std::string found;
  std::string missing;
  for (const Wanted& one : wanted) {
    const std::optional<std::string> content = property(resource, one);
    if (content) {
      found += element(one, names_only ? "" : *content);
    } else if (!names_only) {
      missing += element(one, "");
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

// --- one call
// -------------------------------------------------------------------------------------

class Server {
 public:
  Server(const net::HttpRequest& request, AddressBooks& address_books)
      : request_(request), books_source_(address_books), target_(target_of(request.path)) {}

  net::HttpResponse serve() {
    const std::string& method = request_.method;
    static const std::set<std::string_view> writes = {"PUT",   "DELETE", "PROPPATCH", "MKCOL",
                                                      "COPY",  "MOVE",   "LOCK",      "UNLOCK",
                                                      "PATCH", "POST",   "ACL"};
    if (writes.contains(method)) return refusal(403, "D:need-privileges");
    if (method == "OPTIONS") {
      net::HttpResponse response = answer(200);
      response.headers.emplace_back("allow", std::string(allowed));
      return response;
    }
    if (method != "GET" && method != "HEAD" && method != "PROPFIND" && method != "REPORT") {
      net::HttpResponse response = answer(405);
      response.headers.emplace_back("allow", std::string(allowed));
      return response;
    }
    if (const Status status = find_target(); !status.ok()) return failure(status);
    if (method == "PROPFIND") return propfind();
    if (method == "REPORT") return report();
    return get();
  }

 private:
  // Whether the target is there, for this caller; fills books_, book_, cards_ and card_.
  Status find_target() {
    if (target_.kind == Kind::None) return not_there();
    if (target_.kind == Kind::Root) return {};
    ENTENTE_TRY(books_, books_source_.books());
    if (target_.kind == Kind::Home) return {};
    for (const Book& book : books_) {
      if (book.id == target_.book) book_ = &book;
    }
    if (book_ == nullptr) return not_there();
    ENTENTE_TRY(cards_, books_source_.cards(book_->id));
    if (target_.kind == Kind::Book) return {};
    for (const CardRef& card : cards_) {
      if (card.id == target_.card) card_ = &card;
    }
    return card_ == nullptr ? not_there() : Status();
  }
  static Status not_there() { return Status(Code::NotFound, Reason::None, "not found"); }

  net::HttpResponse get() {
    if (target_.kind != Kind::Card) return answer(404);
    const VcardVersion version =
        header(request_, "accept").find("version=4.0") != std::string_view::npos ? VcardVersion::V4
                                                                                 : VcardVersion::V3;
    const std::string tag = quoted_tag(card_->etag, version);
    const auto with_tag = [&](net::HttpResponse response) {
      response.headers.emplace_back("etag", tag);
      response.headers.emplace_back("vary", "accept");
      return response;
    };
    const std::string_view known = header(request_, "if-none-match");
    if (known == "*" || (!known.empty() && known.find(tag) != std::string_view::npos)) {
      return with_tag(answer(304));
    }
    const Result<Entry> entry = books_source_.card(book_->id, card_->id);
    if (!entry.ok()) return failure(entry.status());
    return with_tag(answer(200, to_vcard(*entry, version),
                           version == VcardVersion::V4 ? "text/vcard; charset=utf-8; version=4.0"
                                                       : "text/vcard; charset=utf-8; version=3.0"));
  }

  // --- PROPFIND (RFC 4918 section 9.1) ---

  net::HttpResponse propfind() {
    const std::string_view depth = header(request_, "depth");
    if (depth != "0" && depth != "1") return refusal(403, "D:propfind-finite-depth");
    std::vector<Wanted> wanted = all_properties();
    bool names_only = false;
    if (!request_.body.empty()) {
      const Result<XmlNode> body = parse_xml(request_.body);
      if (!body.ok()) return failure(body.status());
      if (!body->is(dav, "propfind")) return failure(invalid_argument("body", "is no propfind"));
      names_only = body->find(dav, "propname") != nullptr;
      if (const XmlNode* prop = body->find(dav, "prop")) wanted = wanted_of(*prop);
    }
    std::string responses = response_of(itself(), wanted, names_only);
    if (depth == "1") {
      for (const Resource& child : children()) {
        responses += response_of(child, wanted, names_only);
      }
    }
    return multistatus(responses);
  }

  static std::vector<Wanted> wanted_of(const XmlNode& prop) {
    std::vector<Wanted> wanted;
    for (const XmlNode& child : prop.children) wanted.push_back({child.space, child.name});
    return wanted;
  }

  Resource itself() const {
    switch (target_.kind) {
      case Kind::Root:
        return {Kind::Root, std::string(root_path), nullptr, nullptr, nullptr};
      case Kind::Home:
        return {Kind::Home, std::string(books_path), nullptr, nullptr, nullptr};
      case Kind::Book:
        return {Kind::Book, href_of(book_->id), book_, nullptr, nullptr};
      default:
        return resource_of(*card_, nullptr);
    }
  }
  Resource resource_of(const CardRef& card, const std::string* data) const {
    return {Kind::Card, href_of(book_->id, card.id), book_, &card, data};
  }

  std::vector<Resource> children() const {
    std::vector<Resource> children;
    if (target_.kind == Kind::Root) {
      children.push_back({Kind::Home, std::string(books_path), nullptr, nullptr, nullptr});
    } else if (target_.kind == Kind::Home) {
      for (const Book& book : books_) {
        children.push_back({Kind::Book, href_of(book.id), &book, nullptr, nullptr});
      }
    } else if (target_.kind == Kind::Book) {
      for (const CardRef& card : cards_) children.push_back(resource_of(card, nullptr));
    }
    return children;
  }

  // --- REPORT ---

  // What a report asks of each card.
  struct Asked {
    std::vector<Wanted> wanted = all_properties();
    bool data = false;
    VcardVersion version = VcardVersion::V3;
  };

  static Asked asked_by(const XmlNode& body) {
    Asked asked;
    if (const XmlNode* prop = body.find(dav, "prop")) {
      asked.wanted = wanted_of(*prop);
      if (const XmlNode* data = prop->find(carddav, "address-data")) {
        asked.data = true;
        if (data->attribute("version") == "4.0") asked.version = VcardVersion::V4;
      }
    }
    return asked;
  }

  net::HttpResponse report() {
    if (target_.kind != Kind::Book) return refusal(403, "D:supported-report");
    const Result<XmlNode> body = parse_xml(request_.body);
    if (!body.ok()) return failure(body.status());
    if (body->is(carddav, "addressbook-multiget")) return multiget(*body);
    if (body->is(carddav, "addressbook-query")) return query(*body);
    if (body->is(dav, "sync-collection")) return sync(*body);
    return refusal(403, "D:supported-report");
  }

  // Adds a card to `responses`; one that went away meanwhile as gone.
  Status add_card(const CardRef& card, const Asked& asked, std::string& responses) {
    std::string data;
    if (asked.data) {
      const Result<Entry> entry = books_source_.card(book_->id, card.id);
      if (!entry.ok() && entry.status().code() == Code::NotFound) {
        responses += gone_response(href_of(book_->id, card.id));
        return {};
      }
      if (!entry.ok()) return entry.status();
      data = to_vcard(*entry, asked.version);
    }
    responses += response_of(resource_of(card, asked.data ? &data : nullptr), asked.wanted, false);
    return {};
  }

  net::HttpResponse multiget(const XmlNode& body) {
    const Asked asked = asked_by(body);
    std::string responses;
    std::size_t count = 0;
    for (const XmlNode& child : body.children) {
      if (!child.is(dav, "href")) continue;
      if (++count > limits::dav_multiget_max) {
        return refusal(403, "D:number-of-matches-within-limits");
      }
      const Target target = target_of(path_of(child.text));
      const auto card = std::find_if(cards_.begin(), cards_.end(), [&](const CardRef& one) {
        return target.kind == Kind::Card && target.book == book_->id && one.id == target.card;
      });
      if (card == cards_.end()) {
        responses += gone_response(child.text);
        continue;
      }
      if (const Status status = add_card(*card, asked, responses); !status.ok()) {
        return failure(status);
      }
    }
    return multistatus(responses);
  }

  net::HttpResponse query(const XmlNode& body) {
    const Asked asked = asked_by(body);
    const XmlNode* filter_node = body.find(carddav, "filter");
    const std::optional<CardFilter> filter =
        filter_node == nullptr ? CardFilter() : CardFilter::from(*filter_node);
    if (!filter) return refusal(403, "C:supported-filter");
    std::size_t results_max = cards_.size();
    if (const XmlNode* limit = body.find(carddav, "limit")) {
      const XmlNode* count = limit->find(carddav, "nresults");
      if (count != nullptr && !count->text.empty() && count->text.size() <= 6 &&
          count->text.find_first_not_of("0123456789") == std::string::npos) {
        results_max = std::min<std::size_t>(results_max, std::stoul(count->text));
      }
    }
    std::string responses;
    std::size_t results = 0;
    for (const CardRef& card : cards_) {
      if (!filter->is_empty()) {
        const Result<Entry> entry = books_source_.card(book_->id, card.id);
        if (!entry.ok() && entry.status().code() == Code::NotFound) continue;
        if (!entry.ok()) return failure(entry.status());
        if (!filter->matches(to_vcard(*entry, VcardVersion::V3))) continue;
      }
      if (results++ == results_max) {
        // RFC 6352 section 8.6.1: truncated, and said to be.
        responses += "<D:response>" + href_element(href_of(book_->id)) +
                     "<D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response>\n";
        break;
      }
      if (const Status status = add_card(card, asked, responses); !status.ok()) {
        return failure(status);
      }
    }
    return multistatus(responses);
  }

  net::HttpResponse sync(const XmlNode& body) {
    constexpr std::string_view scheme = "data:,";  // a token is a URI (RFC 6578 section 3.2)
    const Asked asked = asked_by(body);
    const XmlNode* token_node = body.find(dav, "sync-token");
    const std::string token = token_node == nullptr ? "" : token_node->text;
    AddressBooks::Changes changes;
    if (token.empty()) {
      changes.changed = cards_;
    } else {
      if (!token.starts_with(scheme)) return refusal(403, "D:valid-sync-token");
      Result<std::optional<AddressBooks::Changes>> since =
          books_source_.changes_since(book_->id, token.substr(scheme.size()));
      if (!since.ok()) return failure(since.status());
      if (!since->has_value()) return refusal(403, "D:valid-sync-token");
      changes = std::move(**since);
    }
    std::string responses;
    for (const CardRef& card : changes.changed) {
      if (const Status status = add_card(card, asked, responses); !status.ok()) {
        return failure(status);
      }
    }
    for (const std::string& id : changes.removed) {
      responses += gone_response(href_of(book_->id, id));
    }
    responses +=
        "<D:sync-token>" + xml_text(std::string(scheme) + book_->sync_token) + "</D:sync-token>\n";
    return multistatus(responses);
  }

  const net::HttpRequest& request_;
  AddressBooks& books_source_;
  Target target_;
  std::vector<Book> books_;
  std::vector<CardRef> cards_;
  const Book* book_ = nullptr;
  const CardRef* card_ = nullptr;
};

}  // namespace

net::HttpResponse serve_carddav(const net::HttpRequest& request, AddressBooks& address_books) {
  if (request.path == "/.well-known/carddav" || request.path == "/.well-known/carddav/") {
    net::HttpResponse response = answer(301);
    response.headers.emplace_back("location", std::string(root_path));
    return response;
  }
  return Server(request, address_books).serve();
}

}  // namespace entente::directory
