// The seed of a test that draws: the run's own (--rng-seed, which CTest fixes, so that what is
// green stays green), or another each time where none is given, as under tests/endure.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <random>

namespace entente::testing {

inline std::uint32_t seed_of_this_run() {
  const std::uint32_t given = Catch::rngSeed();
  return given != 0 ? given : std::random_device{}();
}

}  // namespace entente::testing
