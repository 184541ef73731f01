// How far the mailer has come: a small file beside the store, for it is no object of the network
// and what it says is no secret. Written whole, synced, then put in place; what a crash forgets is
// told twice, never not at all.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"

namespace entente::notices {

struct Place {
  std::uint64_t seen = 0;        // the happenings up to this number are told, but for:
  std::set<std::uint64_t> open;  // those that wait for an hour, or for the relay
  std::uint64_t digested = 0;    // the digests tell up to this number, but for:
  std::set<std::uint64_t> held;  // those that were under embargo at the last digest's hour
  Instant digest_of{};           // the last digest's hour; the next is due a day later
  std::uint64_t digesting = 0;   // up to where it tells, while it does; then 0
  friend bool operator==(const Place&, const Place&) = default;
};

// The file's text, a line a fact; and back. DataLoss: it is no such text.
[[nodiscard]] std::string to_text(const Place& place);
[[nodiscard]] Result<Place> place_from(std::string_view text);

// Nothing: there is no file yet. DataLoss, Unavailable: it cannot be read.
[[nodiscard]] Result<std::optional<Place>> read_place(const std::filesystem::path& file);
// Unavailable: it could not be written; the old one stands.
[[nodiscard]] Status write_place(const std::filesystem::path& file, const Place& place);

}  // namespace entente::notices
