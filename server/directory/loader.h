// Puts definitions into a new network: parties, processes with their participations and bodies, and
// the people of a demonstration. Each call is one commit with one ledger entry, by the operator.
//
// Threads: main's, before the server starts.
#pragma once

#include <chrono>

#include "server/directory/catalog.h"
#include "server/directory/definitions/parse.h"
#include "server/directory/records.h"
#include "server/ledger/ledger.h"

namespace entente::directory {

class Loader {
 public:
  struct Parts {
    store::Store& store;
    const Catalog& catalog;
    const Records& records;
    ledger::Ledger& ledger;
    const Clock& clock;
  };
  explicit Loader(Parts parts) : parts_(parts), known_(*parts.catalog.audiences()) {}

  // Parties and processes. AlreadyExists: the network has them; what the store answers.
  [[nodiscard]] Status load(const Network& network);
  // People with their offices and appointments; after `load`.
  [[nodiscard]] Status load(const config::DemoPeople& people);

 private:
  [[nodiscard]] Status commit_in(store::Transaction& transaction, const char* kind,
                                 const std::string& object, std::vector<Record> records);
  [[nodiscard]] Result<record::Guard> guard(store::Transaction& transaction,
                                            const policy::Audience& audience,
                                            const std::string& originator,
                                            const std::string& process, const std::string& person);
  [[nodiscard]] Result<Record> person_of(store::Transaction& transaction,
                                         const config::DemoPerson& from);
  // The office of a duty: made if `row` is empty, and given the duty's topics.
  [[nodiscard]] Status give_office(store::Transaction& transaction, const config::DemoPerson& from,
                                   const config::DemoDuty& duty, Record& row);
  [[nodiscard]] Result<Record> appointment_of(store::Transaction& transaction,
                                              const config::DemoPerson& from,
                                              const config::DemoDuty& duty, int number);
  Parts parts_;
  policy::AudienceTable known_;  // what the network has, and what this loader has given
};

// The person id of one of a party: `swe.anna.lindqvist`.
[[nodiscard]] std::string person_id(const std::string& party, const std::string& id);

}  // namespace entente::directory
