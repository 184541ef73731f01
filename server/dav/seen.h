// What callers were shown of collections, by the token that they got for it: so that the next
// synchronisation names exactly what came, changed or went since *for them*, whatever the cause (an
// object, a participation, a day). Kept in memory; whose token is no longer known begins anew.
//
// Threads: any.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/dav/dav.h"

namespace entente::dav {

class Seen {
 public:
  using Members = std::vector<Ref>;
  // Attack: a caller who makes every view differ, to fill the memory. The oldest go.
  static constexpr std::size_t members_max = 200'000;

  void put(const std::string& token, std::shared_ptr<const Members> members);
  // Null if it is not known (any more).
  [[nodiscard]] std::shared_ptr<const Members> find(std::string_view token) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Members>, std::less<>> by_token_;
  std::list<std::string> oldest_first_;
  std::size_t members_ = 0;
};

// What a token stands for, to be made a MAC of: of this caller and this collection, so that nobody
// else's token is one here.
[[nodiscard]] std::string token_text(std::string_view service, std::string_view account,
                                     std::string_view collection, const Seen::Members& members);
[[nodiscard]] Changes changes_between(const Seen::Members& before, const Seen::Members& now);

}  // namespace entente::dav
