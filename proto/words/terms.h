// Numbers texts: from 0 on, in the order of their coming. Open addressing over one stretch of
// memory, for an index has more terms than a processor's cache has lines.
//
// Threads: as its owner. A view is good until the next text comes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::words {

class Terms {
 public:
  [[nodiscard]] static std::uint64_t hash_of(std::string_view text) {
    return std::hash<std::string_view>()(text);
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size()); }
  [[nodiscard]] std::string_view text(std::uint32_t number) const {
    const std::size_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(texts_).substr(begin, ends_[number] - begin);
  }

  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view text) const {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[place(hash_of(text), text)];
    return slot.next == 0 ? std::nullopt : std::optional(slot.next - 1);
  }
  // Its number; the next one, if it has none.
  std::uint32_t number(std::string_view text) { return number(text, hash_of(text)); }
  // The same for who has hashed it already.
  std::uint32_t number(std::string_view text, std::uint64_t hash) {
    if (2 * (ends_.size() + 1) > slots_.size()) grow();
    Slot& slot = slots_[place(hash, text)];
    if (slot.next != 0) return slot.next - 1;
    slot = {.hash = static_cast<std::uint32_t>(hash >> 32U),
            .next = size() + 1,
            .begin = static_cast<std::uint32_t>(texts_.size()),
            .bytes = static_cast<std::uint32_t>(text.size())};
    texts_ += text;
    ends_.push_back(static_cast<std::uint32_t>(texts_.size()));
    return slot.next - 1;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;  // its upper half: the lower one says where it is looked for
    std::uint32_t next = 0;  // the number and one; 0: empty
    std::uint32_t begin = 0;
    std::uint32_t bytes = 0;
  };
  // Where it is, or would be put.
  [[nodiscard]] std::size_t place(std::uint64_t hash, std::string_view text) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    for (;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.next == 0) return at;
      if (slot.hash == hash >> 32U && slot.bytes == text.size() &&
          texts_.compare(slot.begin, slot.bytes, text) == 0) {
        return at;
      }
    }
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : 2 * slots_.size());
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.next == 0) continue;
      std::size_t at = hash_of(text(slot.next - 1)) & mask;
      while (slots_[at].next != 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two of them
  std::vector<std::uint32_t> ends_;
  std::string texts_;
};

}  // namespace entente::words
