// What the store tells its operators while it works. No event carries a value or a secret; keys'
// octets may appear in hexadecimal.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace entente::store {

enum class Severity : std::uint8_t { Debug, Info, Warning, Error };

// Called from any thread, several at once; must not call back into the store, nor throw.
using OnEvent = std::function<void(Severity severity, std::string_view text)>;

}  // namespace entente::store
