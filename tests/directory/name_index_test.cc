// Names against a plain map: many, so that some share a place and the table grows; and one after
// the other as together.
#include "server/directory/name_index.h"

#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <map>

namespace entente::directory {
namespace {

TEST_CASE("a name is found where it lies, and what was not put is not", "[catalog]") {
  rc::prop("as a plain map", [] {
    const auto count = *rc::gen::inRange<std::size_t>(0, 3'000);
    std::vector<Indexed> slots;
    NameIndex index(slots);
    std::map<std::string, std::size_t> plain;
    CHECK(index.find("persons/0") == nullptr);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "persons/" + std::to_string(*rc::gen::inRange(0, 6'000));
      if (!plain.emplace(name, slots.size()).second) continue;
      slots.emplace_back().name = name;
      index.put(static_cast<NameIndex::Slot>(slots.size() - 1));
    }
    std::vector<std::string> asked;
    for (int i = 0; i < 6'000; ++i) asked.push_back("persons/" + std::to_string(i));
    asked.push_back("");
    const std::vector<const Indexed*> together = index.find_each(asked);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto found = plain.find(asked[i]);
      const Indexed* expected = found == plain.end() ? nullptr : &slots[found->second];
      RC_ASSERT(index.find(asked[i]) == expected);
      RC_ASSERT(together[i] == expected);
    }
  });
}

}  // namespace
}  // namespace entente::directory
