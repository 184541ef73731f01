// What the calls of the directory share: refusals, checks of texts, who may change what. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/directory/definitions/parse.h"
#include "server/directory/visibility.h"
#include "server/policy/policy.h"

namespace entente::directory {

[[nodiscard]] Status not_yours(std::string_view name);
[[nodiscard]] Status stale(std::string_view name);

// The first instant of a day such as `2026-11-23`; `now` if empty.
[[nodiscard]] Result<Instant> when_of(const std::string& as_of, Instant now);
// Empty is any; otherwise it must be a name in `collection`, such as `parties`.
[[nodiscard]] Status check_filter(const char* field, const std::string& name,
                                  std::string_view collection);

// One line of UTF-8, without control characters.
[[nodiscard]] bool good_text(const std::string& text, std::size_t bytes_max);
// `swe.` for `parties/SWE`: ids begin so, and what ids another party has cannot be tried out.
[[nodiscard]] std::string id_prefix(const std::string& party);
// Whether every word of `wanted` begins some word of `topics`, which has a blank before each word.
// Both are folded.
[[nodiscard]] bool has_topic(const std::string& topics, const std::string& wanted);
// Whether a word of `topics` is written much like one of the first of `wanted`. Both are folded.
[[nodiscard]] bool has_near_word(std::string_view topics, std::string_view wanted);
[[nodiscard]] bool holds(const policy::Subject& subject, policy::Duty duty,
                         const std::string& process);

// The holder first, then whoever keeps the party's or the process's entries.
[[nodiscard]] policy::Decision decide_change(const policy::Subject& subject,
                                             const policy::Guard& guard, Instant now);
[[nodiscard]] policy::Decision decide_keep(const policy::Subject& subject,
                                           const policy::Guard& guard, Instant now);

}  // namespace entente::directory
