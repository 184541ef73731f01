// A set of keys' numbers, kept as runs of neighbours: keys are numbered as they are made, and those
// of documents that came one after another mostly go so, too. It never has more runs than there are
// numbers in it, nor than numbers between them that are not.
//
// Values; any thread.
#pragma once

#include <map>

#include "server/store/seal.h"

namespace entente::store {

class KeyIds {
 public:
  void add(KeyId id);
  [[nodiscard]] bool contains(KeyId id) const;
  // The first of each run -> its last.
  [[nodiscard]] const std::map<KeyId, KeyId>& runs() const { return runs_; }
  // Whether it could be added: a run that lies behind all that are there.
  [[nodiscard]] bool add_run(KeyId first, KeyId last);

 private:
  std::map<KeyId, KeyId> runs_;
};

}  // namespace entente::store
