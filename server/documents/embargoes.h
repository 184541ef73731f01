// The end of embargoes: at its hour what was under one is news to those who see it from then on,
// and the ledger tells them that it is there. Whoever saw it under the embargo has heard of it.
//
// Threads: one.
#pragma once

#include <functional>
#include <string_view>

#include "server/documents/shelf.h"

namespace entente::documents {

class Embargoes {
 public:
  struct Parts {
    const Rows& rows;
    const Shelf& shelf;
    ledger::Ledger& ledger;
    const Clock& clock;
    std::function<void(std::string_view what, const Status& why)> complain;
  };
  explicit Embargoes(Parts parts) : parts_(std::move(parts)) {}

  // Tells of each embargo that has ended, once, over restarts. To be called often; after what could
  // not be told it waits for a minute.
  void tend();

 private:
  [[nodiscard]] Status tell(const Shelf::Embargoed& one);

  Parts parts_;
  std::optional<Tick> failed_at_;
};

}  // namespace entente::documents
