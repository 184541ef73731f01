// What a request for data asks, read off its address: SDMX-REST 1.5 under `/sdmx/2.1/data/`, 2.2.2
// under `/sdmx/3.0/data/`. Nothing of it is held against any structure yet. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "server/statistics/query/conditions.h"

namespace entente::statistics {

// Which artefacts the figures are asked of. An empty list: any.
struct About {
  enum class Context : std::uint8_t { Any, Dataflow, DataStructure, Provision };
  Context context = Context::Dataflow;
  std::vector<std::string> agencies;
  std::vector<std::string> ids;
  std::vector<std::string> versions;  // `1.0`, `latest`, `+`, `1.0+.0`, `*`
};

// Of each dimension the codes that fit; an empty list: any. It may have fewer than the structure.
using KeyPattern = std::vector<std::vector<std::string>>;

enum class Detail : std::uint8_t { Full, DataOnly, SeriesKeysOnly, NoData };

struct SortTerm {
  std::string by;  // a component's id, `*`, or `series_key`
  bool descends = false;
};

struct DataRequest {
  bool is_old = false;
  About about;
  std::vector<KeyPattern> keys;  // any of them; none: all
  std::vector<std::string> providers;
  std::vector<Condition> conditions;
  DayRange days;
  std::optional<Instant> updated_after;
  std::optional<Instant> as_of;
  std::uint32_t first = 0;  // of each series; 0: all
  std::uint32_t last = 0;
  std::string at_observation;  // empty: time
  Detail detail = Detail::Full;
  std::optional<std::vector<std::string>> attributes;  // ids and SDMX's words; not given: all
  std::optional<std::vector<std::string>> measures;
  bool history = false;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> limit;
  std::vector<SortTerm> sort;
};

// `path` is decoded, `query` as it came. InvalidArgument (FieldInvalid): it says what is wrong.
// Unimplemented: a reporting year that does not begin on 1 January.
[[nodiscard]] Result<DataRequest> parse_data_request(std::string_view path, std::string_view query);

// Whether an artefact's one version is among those asked for.
[[nodiscard]] bool is_version_asked(const std::vector<std::string>& asked,
                                    std::string_view version);

}  // namespace entente::statistics
