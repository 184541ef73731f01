// The address books of one caller, over the catalog and under policy: a book for each process in
// which the caller sees somebody. What CardDAV shows is what the rpcs would, to the same subject.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/dav/seen.h"
#include "server/directory/carddav/carddav.h"
#include "server/directory/service.h"

namespace entente::directory {

// Made for one call; one thread. Everything is borrowed.
class CallerBooks final : public dav::Collections {
 public:
  struct Parts {
    const Service& service;
    const Records& records;  // for its key: a token says nothing and cannot be guessed
    dav::Seen& seen;
  };
  // `only`: the id of the one book that the call is about; empty: all.
  CallerBooks(Parts parts, const policy::Subject& subject, store::Snapshot& snapshot,
              std::string only)
      : parts_(parts), subject_(subject), snapshot_(snapshot), only_(std::move(only)) {}

  Result<std::vector<dav::Collection>> collections() override;
  Result<std::vector<dav::Ref>> members(std::string_view book) override;
  Result<dav::Member> member(std::string_view book, std::string_view id,
                             std::size_t format) override;
  Result<std::optional<dav::Changes>> changes_since(std::string_view book,
                                                    std::string_view sync_token) override;

 private:
  struct Shown {
    std::shared_ptr<const dav::Seen::Members> cards;
    std::map<std::string, Entry, std::less<>> entries;  // by the card's id
    std::string token;
  };
  // Null: there is no such book for this caller.
  Result<const Shown*> shown(std::string_view book);
  std::string token_of(std::string_view book, const dav::Seen::Members& cards) const;

  const Parts parts_;
  const policy::Subject& subject_;
  store::Snapshot& snapshot_;
  const std::string only_;
  std::map<std::string, Shown, std::less<>> shown_;
};

// Answers CardDAV below `/carddav` and `/.well-known/carddav` for whoever has a session or an
// application password of the directory; 401 for everybody else, before anything is looked at.
class BookServer {
 public:
  BookServer(const Service& service, const Records& records, identity::Gate& gate)
      : service_(service), records_(records), gate_(gate) {}
  // Registers its routes. Outlives the table's use.
  void add_to(net::MethodTable& table);

 private:
  net::HttpResponse serve(net::Call& call, const net::HttpRequest& request);

  const Service& service_;
  const Records& records_;
  identity::Gate& gate_;
  dav::Seen seen_;
};

}  // namespace entente::directory
