// CardDAV (RFC 6352), read-only: the lists of people that a caller may see, for address books that
// know nothing else. A function of an HTTP request and of what AddressBooks shows; what is not
// shown does not exist. Knows OPTIONS, PROPFIND (depth 0 and 1), REPORT (addressbook-query,
// addressbook-multiget, sync-collection of RFC 6578), GET and HEAD. Any thread that AddressBooks
// may be used by.
//
//   /.well-known/carddav              leads to /carddav/
//   /carddav/                         who the caller is
//   /carddav/books/                   the books
//   /carddav/books/igc/               one book
//   /carddav/books/igc/<id>.vcf       one card
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/directory/formats/vcard.h"
#include "server/net/method_table.h"

namespace entente::directory {

// What one caller may see, at one instant: made for each call, from decided objects only.
class AddressBooks {
 public:
  struct Book {
    std::string id;  // `[a-z0-9-]{1,64}`: a process, `igc`
    std::string name;
    std::string description;
    // Of this caller's view: changes whenever a card that the caller sees comes, changes or goes.
    // Visible ASCII.
    std::string sync_token;
  };
  struct CardRef {
    std::string id;    // `[A-Za-z0-9._-]{1,128}`
    std::string etag;  // changes with the card; visible ASCII, without quotes
  };
  struct Changes {
    std::vector<CardRef> changed;      // new ones too
    std::vector<std::string> removed;  // ids that the caller no longer sees
  };

  virtual ~AddressBooks() = default;
  [[nodiscard]] virtual Result<std::vector<Book>> books() = 0;
  // Requires: `book` is one of books().
  [[nodiscard]] virtual Result<std::vector<CardRef>> cards(std::string_view book) = 0;
  // NotFound: no such card, or not for this caller.
  [[nodiscard]] virtual Result<Entry> card(std::string_view book, std::string_view id) = 0;
  // What happened since the book had `sync_token`. Empty: that token is not known (any more), and
  // the client must begin anew.
  [[nodiscard]] virtual Result<std::optional<Changes>> changes_since(
      std::string_view book, std::string_view sync_token) = 0;
};

// Answers one request; the caller is signed in already. 400: a body that is no XML or not
// understood. 403: a write, a depth without end, a filter that is not supported, a sync token that
// is not known (each with its precondition element). 404: no such thing. 405: a method that is not
// DAV's. 500, 503: what AddressBooks answered.
[[nodiscard]] net::HttpResponse serve_carddav(const net::HttpRequest& request,
                                              AddressBooks& address_books);

}  // namespace entente::directory
