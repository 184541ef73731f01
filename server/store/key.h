// Keys of the store: a table, then components that sort as bytes do. A component is an id, a number
// or a digest; never content, for keys are not sealed (SECURITY: the host sees them). What must be
// found by name is found by a blinded id (`Store::blind`).
//
// Values; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/bytes.h"

namespace entente::store {

// A table's number reaches disk: never renumber. Each room declares its own, in its range:
// store 0x00-0x0f, ledger 0x10-0x1f, identity 0x20-0x3f, directory 0x40-0x5f, statistics 0x60-0x7f,
// documents 0x80-0x8f, meetings 0x90-0x9f, requests 0xa0-0xaf, plans 0xb0-0xbf, terms 0xc0-0xcf.
// docs/key-layout.md lists them all.
enum class Table : std::uint8_t {};

// 128 bits, random or blinded.
struct Id {
  std::array<std::uint8_t, 16> octets{};
  friend auto operator<=>(const Id&, const Id&) = default;

  // Requires: bytes.size() >= 16; the rest is ignored.
  [[nodiscard]] static Id from(std::string_view bytes);
  [[nodiscard]] std::string_view view() const {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
  }
};

class Key {
 public:
  explicit Key(Table table) : bytes_(1, static_cast<char>(table)) {}

  // Each returns a longer key: Key(kSessions).id(account).number(7).
  [[nodiscard]] Key id(const Id& id) const { return with(id.view()); }
  [[nodiscard]] Key number(std::uint64_t number) const {
    Key key = *this;
    append_u64(key.bytes_, number);
    return key;
  }
  // Fixed-width octets, such as a digest; the width is the table's business.
  [[nodiscard]] Key octets(std::string_view octets) const { return with(octets); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] Table table() const { return static_cast<Table>(bytes_[0]); }
  friend auto operator<=>(const Key&, const Key&) = default;

 private:
  [[nodiscard]] Key with(std::string_view more) const {
    Key key = *this;
    key.bytes_.append(more);
    return key;
  }
  std::string bytes_;
};

}  // namespace entente::store
