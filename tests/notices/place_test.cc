// The mailer's memory: what it writes it reads, and nothing else.
#include "server/notices/place.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace entente::notices {
namespace {

TEST_CASE("a place comes back as it was kept", "[place]") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("entente-place-" + std::to_string(::getpid()));
  CHECK_FALSE(read_place(file)->has_value());
  const Place place{.seen = 18'446'744'073'709'551'615ULL,
                    .open = {3, 7},
                    .digested = 5,
                    .held = {2, 4},
                    .digest_of = *parse_rfc3339("2026-11-26T06:00:00Z"),
                    .digesting = 9};
  REQUIRE(write_place(file, place).ok());
  CHECK(read_place(file)->value() == place);
  std::ofstream(file) << "seen 1\nfarther 2\n";
  CHECK(read_place(file).status().code() == Code::DataLoss);
  std::filesystem::remove(file);
}

TEST_CASE("what is no place is refused", "[place]") {
  CHECK(place_from("")->seen == 0);
  for (const char* bad : {"seen", "seen 1", "seen -1\n", "seen x\n", "digest-of yesterday\n", "\n",
                          "open 1\nseen\n"}) {
    CHECK(place_from(bad).status().code() == Code::DataLoss);
  }
}

}  // namespace
}  // namespace entente::notices
