// Notices put together: what main makes and registers.
//
// Threads: made and started by main's; serves any.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/notices/mailer.h"
#include "server/notices/post.h"
#include "server/notices/service.h"
#include "server/notices/sources.h"

namespace entente::notices {

class Room {
 public:
  struct Mail {
    MailRules rules;
    Relay relay;
  };
  struct Parts {
    store::Store& store;
    ledger::Ledger& ledger;
    std::unique_ptr<Sources> sources;
    const Clock& clock;
    std::filesystem::path place;  // the mailer's place file
    std::function<void(std::string_view what, const Status& why)> complain;
  };
  Room(Parts parts, bool sends);

  void add_to(identity::Gate& gate) { service_.add_to(gate); }
  // Starts the mailer. InvalidArgument: as make_post, or `mail.from` is no address. DataLoss,
  // Unavailable: as Mailer::open.
  [[nodiscard]] Status send(Mail mail);
  // Before what it reads ends.
  void stop() { mailer_.reset(); }

 private:
  Parts parts_;
  Service service_;
  std::unique_ptr<Mailer> mailer_;
};

}  // namespace entente::notices
