// What two persons sign before something grave happens: each the digest of the same act, in words
// that no other act has. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/digest.h"

namespace entente {

// What a key signs to consent to what has `digest`.
[[nodiscard]] std::string consent_message(std::string_view digest);

// What a party is to be in a process; as the contract's messages have it.
struct ParticipationWords {
  std::string_view process;     // `processes/igc`
  std::string_view party;       // `parties/THA`
  std::string_view status;      // the enumerator's name: `OBSERVER`
  std::string_view since;       // `2026-11-23`
  std::string_view group;       // no text has a line feed
  std::string_view activities;  // joined by commas
  std::string_view note;
  std::uint64_t revision = 0;  // of the participation that it changes
};
[[nodiscard]] Digest participation_digest(const ParticipationWords& words);

// That a party sees the others' figures of a dataflow until a day without giving its own.
struct ExemptionWords {
  std::string_view dataflow;  // `dataflows/IGC.RETURNS`
  std::string_view party;     // `parties/THA`
  std::string_view until;     // `2026-12-31`
  std::string_view reason;    // no line feed
  std::uint64_t revision = 0;
};
[[nodiscard]] Digest exemption_digest(const ExemptionWords& words);

}  // namespace entente
