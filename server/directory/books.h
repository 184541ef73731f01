// The address books of one caller, over the catalog and under policy: a book for each process in
// which the caller sees somebody. What CardDAV shows is what the rpcs would, to the same subject.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/directory/carddav/carddav.h"
#include "server/directory/service.h"

namespace entente::directory {

// What callers were shown, by the token that they got for it: so that the next synchronisation
// names exactly what came, changed or went since *for them*, whatever the cause (an entry, a
// participation, a day). Kept in memory; whose token is no longer known begins anew. Any thread.
class SeenBooks {
 public:
  using Cards = std::vector<AddressBooks::CardRef>;
  // Attack: a caller who makes every view differ, to fill the memory. The oldest go.
  static constexpr std::size_t cards_max = 200'000;

  void put(const std::string& token, std::shared_ptr<const Cards> cards);
  // Null if it is not known (any more).
  [[nodiscard]] std::shared_ptr<const Cards> find(std::string_view token) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Cards>, std::less<>> by_token_;
  std::list<std::string> oldest_first_;
  std::size_t cards_ = 0;
};

// Made for one call; one thread. Everything is borrowed.
class CallerBooks final : public AddressBooks {
 public:
  struct Parts {
    const Service& service;
    const Records& records;  // for its key: a token says nothing and cannot be guessed
    SeenBooks& seen;
  };
  // `only`: the id of the one book that the call is about; empty: all.
  CallerBooks(Parts parts, const policy::Subject& subject, store::Snapshot& snapshot,
              std::string only)
      : parts_(parts), subject_(subject), snapshot_(snapshot), only_(std::move(only)) {}

  Result<std::vector<Book>> books() override;
  Result<std::vector<CardRef>> cards(std::string_view book) override;
  Result<Entry> card(std::string_view book, std::string_view id) override;
  Result<std::optional<Changes>> changes_since(std::string_view book,
                                               std::string_view sync_token) override;

 private:
  struct Shown {
    std::shared_ptr<const SeenBooks::Cards> cards;
    std::map<std::string, Entry, std::less<>> entries;  // by the card's id
    std::string token;
  };
  // Null: there is no such book for this caller.
  Result<const Shown*> shown(std::string_view book);
  std::string token_of(std::string_view book, const SeenBooks::Cards& cards) const;

  const Parts parts_;
  const policy::Subject& subject_;
  store::Snapshot& snapshot_;
  const std::string only_;
  std::map<std::string, Shown, std::less<>> shown_;
};

// The id of the book in a path below `/carddav/books/`; empty if it names none.
[[nodiscard]] std::string book_in(std::string_view path);

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
  SeenBooks seen_;
};

}  // namespace entente::directory
