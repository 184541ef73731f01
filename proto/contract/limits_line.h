// The limits of limits.h that the line alone knows: apart, so that a new one does not compile
// everything anew.
#pragma once

#include <cstddef>

namespace entente::limits {

// Of an answer that waits, in the time that one may stall: a reader that takes an octet now and
// then, for ever (CVE-2019-9511).
inline constexpr std::size_t answer_moved_bytes_min = 1'024;

}  // namespace entente::limits
