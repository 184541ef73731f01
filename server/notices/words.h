// What a notice says, in the languages that the network writes in. Pure.
//
// Threads: any.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/circulations.pb.h"

namespace entente::notices {

// `en`, `fr`, `es`, `ru`, `de`, `ar`.
[[nodiscard]] bool writes(std::string_view language);
// `wished` if it is written; else the first of `spoken` (BCP 47, regions and scripts left aside)
// that is; else English.
[[nodiscard]] std::string language_for(std::string_view wished,
                                       std::span<const std::string> spoken);

// What is told of one circulation: nothing that stands in it but what is asked until when, or that
// silence has adopted it or lapsed. Or of a consent: that it waits, or how it was answered.
struct Told {
  enum class Consent { None, Waiting, Granted, Refused };
  std::string sender;   // account, `parties/SWE/accounts/anna`
  std::string process;  // `processes/igc`
  v1::Circulation::Ask ask = v1::Circulation::INFORMATION;
  std::string deadline;  // `2026-12-04 20:00 UTC`; empty: none
  bool reminds = false;
  bool adopted = false;
  bool lapsed = false;
  Consent consent = Consent::None;
  std::string link;
};

struct Text {
  std::string subject;
  std::string body;  // lines ended by a newline
};

// `settings`: where a person chooses how to be told.
[[nodiscard]] Text one_notice(std::string_view language, const Told& told,
                              std::string_view settings);
// Of `all`, the first `listed` a line each. Requires: not empty.
[[nodiscard]] Text digest(std::string_view language, const std::vector<Told>& all,
                          std::size_t listed, std::string_view settings);

}  // namespace entente::notices
