// Structures as messages of SDMX: SDMX-ML 2.1 (SDMXStructure.xsd) and SDMX-JSON 2.0. Pure; any
// thread. What the set holds is written, whole, and nothing else; what it refers to is named by
// its URN.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "entente/v1/statistics.pb.h"
#include "proto/contract/clock.h"

namespace entente::statistics {

enum class StructureFormat { Xml21, Json2 };

// As `content-type` says it.
[[nodiscard]] const char* media_type_of(StructureFormat format);

// `version_of`: the version of a structure that the set refers to, by its resource name.
[[nodiscard]] std::string write_structures(
    StructureFormat format, const v1::StructureSet& set,
    const std::function<std::string(std::string_view name)>& version_of, Instant prepared);

}  // namespace entente::statistics
