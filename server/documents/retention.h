// How long documents are kept: the schedules of processes, and the pass that destroys what is over
// its time. Answers `entente.v1.RetentionService`.
//
// Threads: any; tend() the watcher's. Ownership: the room's.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "entente/v1/retention.pb.h"
#include "server/documents/rows.h"
#include "server/documents/service.h"
#include "server/documents/shelf.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"

namespace entente::documents {

class Retention {
 public:
  struct Parts {
    const Rows& rows;
    const Shelf& shelf;
    Service& service;
    Neighbours& neighbours;
    ledger::Ledger& ledger;
    const Clock& clock;
    std::function<void(std::string_view what, const Status& why)> complain;
  };
  explicit Retention(Parts parts) : parts_(std::move(parts)) {}

  void add_to(identity::Gate& gate);
  // Destroys what is over its time and not on hold. Looks once a minute, however often it is
  // called.
  void tend();

  using Subject = policy::Subject;
  [[nodiscard]] Result<v1::RetentionSchedule> get_schedule(const Subject& subject,
                                                           const v1::GetScheduleRequest& message,
                                                           store::Snapshot& snapshot) const;
  [[nodiscard]] Result<v1::RetentionSchedule> set_schedule(const Subject& subject,
                                                           const v1::RetentionSchedule& message,
                                                           store::Transaction& transaction);
  [[nodiscard]] Result<v1::ListDueReply> list_due(const Subject& subject,
                                                  const v1::ListDueRequest& message,
                                                  store::Snapshot& snapshot) const;

 private:
  [[nodiscard]] Status decide_keeping(const Subject& subject, const std::string& process) const;
  [[nodiscard]] Status destroy(const store::Id& document);

  Parts parts_;
  std::optional<Instant> looked_at_;
};

// The day until which a document of this kind, brought now, is kept; nothing: for good.
[[nodiscard]] Result<std::optional<Instant>> retain_until(const Rows& rows,
                                                          store::Snapshot& snapshot,
                                                          const std::string& process,
                                                          v1::Document::Kind kind, Instant now);

}  // namespace entente::documents
