// What an hour brings by itself: an embargo ends, and what was under it is news to those who see it
// from then on (whoever saw it before has heard of it); a silence that nobody broke adopts what was
// sent, or it lapses as soon as a document of it is gone or holds another text, which is news to
// all who see the circulation. Each is told once, over restarts, and is in the ledger.
//
// Threads: one.
#pragma once

#include <functional>
#include <string_view>

#include "server/documents/shelf.h"

namespace entente::documents {

class Hours {
 public:
  struct Parts {
    const Rows& rows;
    const Shelf& shelf;
    ledger::Ledger& ledger;
    const Clock& clock;
    std::function<void(std::string_view what, const Status& why)> complain;
  };
  explicit Hours(Parts parts) : parts_(std::move(parts)) {}

  // Tells of each that has come. To be called often; after what could not be told it waits for a
  // minute.
  void tend();

 private:
  using Awaited = Shelf::Awaited;
  [[nodiscard]] Status tell(const Awaited& one);
  // What is told of it; nothing, if it does not hold any more.
  struct Told {
    record::Event event;
    ledger::Act act;
  };
  using Found = Result<std::optional<Told>>;
  [[nodiscard]] Found end_of_document(store::Transaction& transaction, const Awaited& one) const;
  [[nodiscard]] Found end_of_circulation(store::Transaction& transaction, const Awaited& one) const;
  [[nodiscard]] Found end_of_silence(store::Transaction& transaction, const Awaited& one) const;

  Parts parts_;
  std::optional<Tick> failed_at_;
};

}  // namespace entente::documents
