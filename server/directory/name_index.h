// Finds what lies in the slots by its name. Open addressing, half full at most; the names are those
// in the slots, so that none is kept twice.
//
// Threads: as its owner, which keeps what it refers to.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/directory/indexed.h"

namespace entente::directory {

class NameIndex {
 public:
  using Slot = std::uint32_t;  // a place in `slots`

  // Borrowed, and outlives it.
  explicit NameIndex(const std::vector<Indexed>& slots) : slots_(slots) {}

  // Null if there is none. Valid until the slots change.
  [[nodiscard]] const Indexed* find(std::string_view name) const;
  // The same of each of these. What one of them waits for from memory comes while the others are
  // looked for.
  [[nodiscard]] std::vector<const Indexed*> find_each(std::span<const std::string> names) const;

  // Requires: the slot has its name, and no other that was put has the same.
  void put(Slot slot);

 private:
  static constexpr Slot nothing = UINT32_MAX;
  static constexpr std::size_t places_min = 16;
  struct Place {
    std::uint32_t tag = 0;  // of the name's hash, the half that does not say where it lies
    Slot slot = nothing;
  };
  [[nodiscard]] std::size_t first_place(std::size_t hash) const {
    return hash & (places_.size() - 1);
  }
  template <typename Fits>
  [[nodiscard]] const Indexed* find_from(std::size_t hash, const Fits& fits) const;
  void place(Slot slot);

  const std::vector<Indexed>& slots_;
  std::vector<Place> places_{places_min};  // so many as a power of two
  std::size_t count_ = 0;
};

}  // namespace entente::directory
