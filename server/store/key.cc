#include "server/store/key.h"

#include <algorithm>

#include "proto/contract/status.h"

namespace entente::store {

Id Id::from(std::string_view bytes) {
  Id id;
  ENTENTE_CHECK(bytes.size() >= id.octets.size());
  std::copy_n(bytes.begin(), id.octets.size(), id.octets.begin());
  return id;
}

}  // namespace entente::store
