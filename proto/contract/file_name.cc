#include "proto/contract/file_name.h"

#include "proto/contract/bytes.h"
#include "proto/contract/text.h"

namespace entente {

std::string harmless_name(std::string_view given) {
  if (!is_utf8(given)) return {};
  given = given.substr(given.find_last_of("/\\") + 1);  // npos + 1 is 0: there is no path
  std::string name;
  for (std::size_t at = 0; at < given.size();) {
    const std::size_t from = at;
    if (!steers(next_point(given, at))) name.append(given.substr(from, at - from));
  }
  // Last: what was taken out may have hidden them.
  name.erase(0, name.find_first_not_of(".-~ "));
  return name;
}

}  // namespace entente
