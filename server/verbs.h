// What `entented` can be told to do, each verb a function. They print for the operator and answer
// how the program ends. One thread; each call of the program runs one of them.
#pragma once

#include <cstdio>
#include <string>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/ops/config.h"
#include "server/ops/log.h"

namespace entente {

// How the daemon ends; docs/runbook.md says what to do about each. Never renumber.
enum class Exit : int {
  Ok = 0,
  Failed = 1,         // anything else; the message says what
  Usage = 2,          // the command line itself is wrong
  Configuration = 3,  // the configuration or a definition is wrong; line and column are named
  BehindHead = 4,     // the store has lost what was acknowledged, or is an older copy
  RootKey = 5,        // the root key cannot be had, or does not open the keyring
  Faults = 6,         // the rows or the ledger were read, and some do not hold
  ClockBehind = 7,    // the clock is behind the ledger's last entry
};

// What every verb stands on; made once.
struct Machine {
  SystemClock clock;
  SystemEntropy entropy;
  ops::Log log{clock, stderr};
};

// Prints why, each violation on a line of its own; answers how to end.
Exit fail(const Status& status);

// No core, no tracing by others, all the descriptors there are.
void harden();

Exit serve(Machine& machine, const std::string& path, const ops::Config& config);
// Starts nothing and changes nothing, beside a daemon or not.
Exit check_configuration(Machine& machine, const std::string& path, const ops::Config& config);

struct InitFiles {
  std::string definitions;  // deploy/processes
  std::string statistics;   // deploy/statistics; empty: no structures
  std::string accounts;     // who signs in first: deploy/accounts.textproto, filled in; or
  std::string demo_data;    // deploy/demo-data, with invented people for everybody else
  std::string credentials;  // `<account>/password` each
};
// A network in an empty folder, or nothing: what is missing is told before anything is made, and
// what fails half-way is taken away.
Exit init(Machine& machine, const ops::Config& config, const InitFiles& files);

Exit back_up(Machine& machine, const ops::Config& config, const std::string& to,
             const std::string& keyring_to);
// `keyring` may be empty: then damage is found, and missing rows are not.
Exit verify(Machine& machine, const ops::Config& config, const std::string& from,
            const std::string& keyring);
Exit restore(Machine& machine, const ops::Config& config, const std::string& from,
             const std::string& keyring);
Exit fsck(Machine& machine, const ops::Config& config);

// These two ask the daemon that has the store open, or open it themselves if there is none.
Exit check_ledger(Machine& machine, const ops::Config& config);
struct Rotation {
  std::string key;                  // `root`, or as operations.h names them
  std::string new_key_file;         // the new root key; made if it is not there
  std::string new_passphrase_file;  // or the new passphrase
};
Exit rotate(Machine& machine, const ops::Config& config, const Rotation& rotation);

}  // namespace entente
