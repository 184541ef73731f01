// Words of an address, taken apart. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::statistics {

inline constexpr std::string_view kOld = "/sdmx/2.1/";  // SDMX-REST 1.5
inline constexpr std::string_view kNew = "/sdmx/3.0/";  // 2.2.2

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char at);
// `%41` is `A`; a `+` stays, as SDMX's "or". Empty: malformed.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view text);
// Of codes, components and agencies; of structures, whose makers put together what they join.
inline constexpr std::size_t sdmx_id_bytes_max = 64;
inline constexpr std::size_t structure_id_bytes_max = 128;
// Whether it is an id as SDMX has them: letters, digits, `_`, `-`, `$`, `@`.
[[nodiscard]] bool is_sdmx_id(std::string_view text, std::size_t bytes_max = sdmx_id_bytes_max);
[[nodiscard]] Status bad_request(const std::string& what);

}  // namespace entente::statistics
