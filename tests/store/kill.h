// What the writer that is killed and the test that kills it agree upon.
#pragma once

#include <filesystem>
#include <string>

#include "tests/store/stores.h"

namespace entente::store::kill {

inline constexpr std::uint64_t writers = 8;
inline constexpr std::uint64_t numbers_a_round = 1'000'000;

inline RocksStoreOptions options(const std::filesystem::path& dir) {
  return {.dir = dir, .create = true, .block_cache_bytes = 8U << 20, .on_event = {}};
}
inline Key row(std::uint64_t writer, std::uint64_t number) {
  return Key(Table{0xf0}).number(writer).number(number);
}
inline Key twin(std::uint64_t writer, std::uint64_t number) {
  return Key(Table{0xf2}).number(writer).number(number);
}
inline std::string value(std::uint64_t writer, std::uint64_t number) {
  return std::to_string(writer) + " " + std::to_string(number);
}

}  // namespace entente::store::kill
