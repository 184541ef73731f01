// WebDAV collections (RFC 4918), read-only: what CardDAV (RFC 6352) and CalDAV (RFC 4791) share. A
// function of an HTTP request, of a flavour, and of what Collections shows; what is not shown does
// not exist. Knows OPTIONS, PROPFIND (depth 0 and 1), REPORT (the flavour's query and multiget,
// sync-collection of RFC 6578), GET and HEAD. Any thread that Collections may be used by.
//
//   <root>                     who the caller is
//   <home>                     the collections
//   <home>igc/                 one collection
//   <home>igc/<id><extension>  one member
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/dav/xml.h"
#include "server/net/method_table.h"

namespace entente::dav {

struct Collection {
  std::string id;  // `[A-Za-z0-9._-]{1,64}`: a process, `igc`
  std::string name;
  std::string description;
  // Of this caller's view: changes whenever a member that the caller sees comes, changes or goes.
  // Visible ASCII.
  std::string sync_token;
};
struct Ref {
  std::string id;    // `[A-Za-z0-9._-]{1,128}`
  std::string etag;  // changes with the member; visible ASCII, without quotes
};
struct Changes {
  std::vector<Ref> changed;          // new ones too
  std::vector<std::string> removed;  // ids that the caller no longer sees
};
struct Member {
  std::string text;
  // Of what has a time: when it is.
  Instant begins{};
  Instant ends{};
};

// What one caller may see, at one instant: made for each call, from decided objects only.
class Collections {
 public:
  virtual ~Collections() = default;
  [[nodiscard]] virtual Result<std::vector<Collection>> collections() = 0;
  // Requires: `collection` is one of collections().
  [[nodiscard]] virtual Result<std::vector<Ref>> members(std::string_view collection) = 0;
  // In the flavour's format of that place. NotFound: no such member, or not for this caller.
  [[nodiscard]] virtual Result<Member> member(std::string_view collection, std::string_view id,
                                              std::size_t format) = 0;
  // What happened since the collection had `sync_token`. Empty: that token is not known (any more),
  // and the client must begin anew.
  [[nodiscard]] virtual Result<std::optional<Changes>> changes_since(
      std::string_view collection, std::string_view sync_token) = 0;
};

// In what a flavour differs.
struct Flavour {
  std::string root;        // `/carddav/`
  std::string home;        // `/carddav/books/`
  std::string well_known;  // `/.well-known/carddav`
  std::string extension;   // `.vcf`
  std::string space;       // its namespace
  std::string header;      // of `DAV:`
  std::string home_title;
  std::string collection;  // `addressbook`: a collection's type, and what its reports begin with
  std::string data;        // `address-data`
  struct Format {
    std::string version;  // `3.0`
    std::string content_type;
    std::string tag;  // what its entity tags end in
  };
  std::vector<Format> formats;  // the first one unless another is asked for
  std::string data_types;       // the children of `supported-<data>`
  // More of a collection's properties in the namespace; nothing: there is none of that name.
  std::function<std::optional<std::string>(const Collection&, const std::string& name)> property;
  // What a query's filter lets through; nothing: it asks for what is not supported. A filter that
  // lets everything through is empty.
  using Filter = std::function<bool(const Member&)>;
  std::function<std::optional<Filter>(const XmlNode& filter)> filter;
};

// Answers one request; the caller is signed in already. 400: a body that is no XML or not
// understood. 403: a write, a depth without end, a filter that is not supported, a sync token that
// is not known (each with its precondition element). 404: no such thing. 405: a method that is not
// DAV's. 500, 503: what Collections answered.
[[nodiscard]] net::HttpResponse serve(const net::HttpRequest& request, const Flavour& flavour,
                                      Collections& collections);
// The id of the collection in a path below the flavour's home; empty if it names none.
[[nodiscard]] std::string collection_in(const Flavour& flavour, std::string_view path);
// Answers GET and HEAD of one text that `make` makes, by its entity tag; otherwise as serve().
[[nodiscard]] net::HttpResponse serve_file(const net::HttpRequest& request,
                                           const std::string& content_type,
                                           const std::function<Result<std::string>()>& make);
// What is told to a tool that did not sign in as it must: 401, 429, 503.
[[nodiscard]] net::HttpResponse refused(const Status& status);

}  // namespace entente::dav
