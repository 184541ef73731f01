#include "server/store/key_ids.h"

#include <iterator>

namespace entente::store {

void KeyIds::add(KeyId id) {
  if (contains(id)) return;
  KeyId last = id;
  auto behind = runs_.upper_bound(id);
  if (behind != runs_.end() && behind->first == id + 1) {
    last = behind->second;
    behind = runs_.erase(behind);
  }
  if (behind != runs_.begin() && std::prev(behind)->second + 1 == id) {
    std::prev(behind)->second = last;
  } else {
    runs_.emplace(id, last);
  }
}

bool KeyIds::contains(KeyId id) const {
  const auto behind = runs_.upper_bound(id);
  return behind != runs_.begin() && std::prev(behind)->second >= id;
}

bool KeyIds::add_run(KeyId first, KeyId last) {
  if (last < first || (!runs_.empty() && first <= runs_.rbegin()->second)) return false;
  runs_.emplace(first, last);
  return true;
}

}  // namespace entente::store
