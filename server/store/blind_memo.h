// The blinded ids that were asked for lately: hashing a name costs more than all else of finding a
// row that is kept decoded. Each name has one place, which the next name of that place takes over,
// so the memory is bounded by itself.
//
// Threads: any.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/key.h"

namespace entente::store {

class BlindMemo {
 public:
  // The id of `text` in `domain`: as it was made before, or as `make` says.
  template <typename Make>
  [[nodiscard]] Id get(std::string_view domain, std::string_view text, const Make& make) {
    if (domain.size() + text.size() > text_bytes_max) return make();
    const std::size_t place = (std::hash<std::string_view>()(text) + domain.size()) % places;
    Slot& slot = slots_[place];
    std::mutex& mutex = mutexes_[place % mutexes_.size()];
    {
      const std::lock_guard lock(mutex);
      if (slot.text == text && slot.domain == domain) return slot.id;
    }
    const Id id = make();
    const std::lock_guard lock(mutex);
    slot.domain = domain;
    slot.text = text;
    slot.id = id;
    return id;
  }

 private:
  static constexpr std::size_t places = 4'096;
  static constexpr std::size_t text_bytes_max = 256;
  struct Slot {
    std::string domain;
    std::string text;
    Id id;
  };
  std::array<std::mutex, 64> mutexes_;
  std::vector<Slot> slots_ = std::vector<Slot>(places);
};

}  // namespace entente::store
