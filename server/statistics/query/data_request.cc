#include "server/statistics/query/data_request.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include "proto/contract/limits.h"
#include "server/statistics/query/words.h"

namespace entente::statistics {
namespace {

std::string ticked(std::string_view text) {
  return "`" + std::string(text.substr(0, text.size() > 64 ? 64 : text.size())) + "`";
}

Result<Instant> time_of(std::string_view text, std::string_view parameter) {
  // `2020-01-01` is its first moment; a time without a zone is UTC, the service's own.
  std::string whole(text);
  if (whole.size() == 10) whole += "T00:00:00";
  const std::size_t at = whole.find('T');
  if (at != std::string::npos && whole.find_first_of("Zz+-", at) == std::string::npos) whole += 'Z';
  if (const auto instant = parse_rfc3339(whole)) return *instant;
  return bad_request(ticked(parameter) + " is no time such as `2020-01-01T00:00:00Z`");
}

Result<std::uint64_t> count_of(std::string_view text, std::string_view parameter,
                               std::uint64_t least, std::uint64_t most) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < least || count > most) {
    return bad_request(ticked(parameter) + " is no number from " + std::to_string(least) + " to " +
                       std::to_string(most));
  }
  return count;
}

Result<bool> truth_of(std::string_view text, std::string_view parameter) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return bad_request(ticked(parameter) + " is `true` or `false`");
}

Result<Period> period_of(std::string_view text, std::string_view parameter) {
  // A moment is of its day.
  if (text.size() > 11 && text[10] == 'T') text = text.substr(0, 10);
  if (const auto period = parse_period(text)) return *period;
  return bad_request(ticked(parameter) +
                     " is no period such as `2015`, `2015-Q1`, `2015-03`, `2015-03-31`");
}

bool is_component_id(std::string_view text) { return !text.empty() && is_sdmx_id(text); }

// Ids between commas.
Result<std::vector<std::string>> ids_of(std::string_view text, std::string_view parameter) {
  std::vector<std::string> out;
  for (const std::string_view one : split(text, ',')) {
    if (!is_component_id(one))
      return bad_request(ticked(parameter) + " has no id where one is due");
    out.emplace_back(one);
  }
  if (out.size() > limits::selection_values_max) {
    return bad_request(ticked(parameter) + " names too many");
  }
  return out;
}

Result<std::vector<SortTerm>> sort_of(std::string_view text) {
  std::vector<SortTerm> out;
  for (const std::string_view one : split(text, '+')) {
    const std::size_t colon = one.find(':');
    const std::string_view order =
        colon == std::string_view::npos ? std::string_view("asc") : one.substr(colon + 1);
    const std::string_view by = one.substr(0, colon);
    if ((order != "asc" && order != "desc") || (by != "*" && !is_component_id(by))) {
      return bad_request("`sort` is ids with `:asc` or `:desc` between `+`, or `*`");
    }
    out.push_back({std::string(by), order == "desc"});
  }
  if (out.size() > limits::dimensions_max) return bad_request("`sort` names too many");
  return out;
}

// Of one part of a path: a list between commas of ids, or `*`.
Result<std::vector<std::string>> listed(std::string_view text, std::string_view what,
                                        std::string_view any) {
  if (text.empty() || text == any) return std::vector<std::string>{};
  std::vector<std::string> out;
  for (const std::string_view one : split(text, ',')) {
    if (one == any) return std::vector<std::string>{};
    if (one.empty() || one.size() > 128) {
      return bad_request("the " + std::string(what) + " in the path is malformed");
    }
    out.emplace_back(one);
  }
  if (out.size() > limits::selection_values_max) {
    return bad_request("the path names too many of " + std::string(what));
  }
  return out;
}

Result<KeyPattern> key_of(std::string_view text, bool is_old) {
  KeyPattern out;
  for (const std::string_view part : split(text, '.')) {
    auto& codes = out.emplace_back();
    if (part.empty() || (!is_old && part == "*")) {
      if (part.empty() && !is_old) {
        return bad_request("an empty part of a key is written `*` here");
      }
      continue;
    }
    for (const std::string_view code : is_old ? split(part, '+') : std::vector{part}) {
      if (!is_sdmx_id(code)) return bad_request(ticked(code) + " in the key is no code");
      codes.emplace_back(code);
    }
    if (codes.size() > limits::selection_values_max)
      return bad_request("the key has too many codes");
  }
  if (out.size() > limits::dimensions_max) return bad_request("the key has too many parts");
  return out;
}

// `IGC,ASYLUM,1.0`, `IGC,ASYLUM`, `ASYLUM`; the key; `AGENCY,SWE+CHE`.
Status take_old_path(const std::vector<std::string_view>& path, DataRequest& out) {
  if (path.size() < 2 || path[1].empty()) return bad_request("the path names no dataflow");
  if (path.size() > 4 && !(path.size() == 5 && path[4].empty())) {
    return bad_request("the path is `data/<flow>/<key>/<provider>`");
  }
  const auto flow = split(path[1], ',');
  if (flow.size() > 3) return bad_request("a dataflow is `<agency>,<id>,<version>`");
  if (flow.size() > 1 && flow[0] != "all") out.about.agencies.emplace_back(flow[0]);
  const std::string_view id = flow.size() == 1 ? flow[0] : flow[1];
  if (!is_sdmx_id(id, structure_id_bytes_max))
    return bad_request(ticked(id) + " is no dataflow's id");
  out.about.ids.emplace_back(id);
  if (flow.size() == 3 && flow[2] != "latest") out.about.versions.emplace_back(flow[2]);
  if (path.size() > 2 && !path[2].empty() && path[2] != "all") {
    ENTENTE_TRY(out.keys.emplace_back(), key_of(path[2], true));
  }
  if (path.size() > 3 && !path[3].empty() && path[3] != "all") {
    for (const std::string_view one : split(path[3], '+')) {
      const std::size_t comma = one.find(',');
      const auto provider = comma == std::string_view::npos ? one : one.substr(comma + 1);
      if (!is_sdmx_id(provider)) return bad_request(ticked(one) + " is no provider");
      out.providers.emplace_back(provider);
    }
  }
  return {};
}

Status take_new_path(const std::vector<std::string_view>& path, DataRequest& out) {
  const auto part = [&](std::size_t i) {
    return i < path.size() && !path[i].empty() ? path[i] : std::string_view("*");
  };
  if (path.size() > 6 && !(path.size() == 7 && path[6].empty())) {
    return bad_request("the path is `data/<context>/<agency>/<id>/<version>/<key>`");
  }
  static const std::map<std::string_view, About::Context> contexts = {
      {"*", About::Context::Any},
      {"dataflow", About::Context::Dataflow},
      {"datastructure", About::Context::DataStructure},
      {"provisionagreement", About::Context::Provision}};
  const auto context = contexts.find(part(1));
  if (context == contexts.end()) {
    return bad_request(ticked(part(1)) +
                       " is none of `dataflow`, `datastructure`, `provisionagreement`, `*`");
  }
  out.about.context = context->second;
  ENTENTE_TRY(out.about.agencies, listed(part(2), "agency", "*"));
  ENTENTE_TRY(out.about.ids, listed(part(3), "id", "*"));
  ENTENTE_TRY(out.about.versions, listed(part(4), "version", "*"));
  if (part(5) == "*") return {};
  for (const std::string_view key : split(part(5), ',')) {
    if (key == "*") {
      out.keys.clear();
      return {};
    }
    if (out.keys.size() == limits::query_keys_max) return bad_request("the path has too many keys");
    ENTENTE_TRY(out.keys.emplace_back(), key_of(key, false));
  }
  return {};
}

// One parameter taken off the query, by name.
using Take = std::function<Status(std::string_view value, DataRequest& out)>;
using Takers = std::map<std::string_view, Take>;

template <std::uint32_t DataRequest::*Field>
Status take_count(std::string_view name, std::string_view value, DataRequest& out) {
  ENTENTE_TRY(const std::uint64_t count, count_of(value, name, 1, UINT32_MAX));
  out.*Field = static_cast<std::uint32_t>(count);
  return {};
}

Takers common_takers() {
  return {
      {"updatedAfter",
       [](std::string_view value, DataRequest& out) -> Status {
         ENTENTE_TRY(out.updated_after, time_of(value, "updatedAfter"));
         return {};
       }},
      {"firstNObservations",
       [](std::string_view value, DataRequest& out) {
         return take_count<&DataRequest::first>("firstNObservations", value, out);
       }},
      {"lastNObservations",
       [](std::string_view value, DataRequest& out) {
         return take_count<&DataRequest::last>("lastNObservations", value, out);
       }},
      {"dimensionAtObservation",
       [](std::string_view value, DataRequest& out) -> Status {
         if (!is_component_id(value)) return bad_request("`dimensionAtObservation` is no id");
         out.at_observation = value;
         return {};
       }},
      {"includeHistory",
       [](std::string_view value, DataRequest& out) -> Status {
         ENTENTE_TRY(out.history, truth_of(value, "includeHistory"));
         return {};
       }},
  };
}

Takers old_takers() {
  Takers out = common_takers();
  out["startPeriod"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(const Period period, period_of(value, "startPeriod"));
    request.days.first = first_day(period);
    return {};
  };
  out["endPeriod"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(const Period period, period_of(value, "endPeriod"));
    request.days.last = last_day(period);
    return {};
  };
  out["detail"] = [](std::string_view value, DataRequest& request) -> Status {
    static const std::map<std::string_view, Detail> details = {
        {"full", Detail::Full},
        {"dataonly", Detail::DataOnly},
        {"serieskeysonly", Detail::SeriesKeysOnly},
        {"nodata", Detail::NoData}};
    const auto found = details.find(value);
    if (found == details.end()) {
      return bad_request("`detail` is none of `full`, `dataonly`, `serieskeysonly`, `nodata`");
    }
    request.detail = found->second;
    return {};
  };
  return out;
}

Takers new_takers() {
  Takers out = common_takers();
  out["asOf"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(request.as_of, time_of(value, "asOf"));
    return {};
  };
  out["attributes"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(request.attributes, ids_of(value, "attributes"));
    return {};
  };
  out["measures"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(request.measures, ids_of(value, "measures"));
    return {};
  };
  out["offset"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(request.offset, count_of(value, "offset", 0, INT64_MAX));
    return {};
  };
  out["limit"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(request.limit, count_of(value, "limit", 1, INT64_MAX));
    return {};
  };
  out["sort"] = [](std::string_view value, DataRequest& request) -> Status {
    ENTENTE_TRY(request.sort, sort_of(value));
    return {};
  };
  out["reportingYearStartDay"] = [](std::string_view value, DataRequest&) -> Status {
    if (value == "--01-01") return {};
    return {Code::Unimplemented, Reason::None,
            "`reportingYearStartDay` is `--01-01` here: figures are kept by calendar years"};
  };
  return out;
}

Status take_condition(std::string_view name, std::string_view value, DataRequest& out) {
  const std::string_view component = name.substr(2, name.size() - 3);
  if (!is_component_id(component)) return bad_request(ticked(name) + " names no component");
  ENTENTE_TRY(AnyOf any_of, parse_conditions(component, value));
  if (component == time_dimension) ENTENTE_TRY_VOID(check_periods(any_of));
  out.conditions.push_back({std::string(component), std::move(any_of)});
  return {};
}

Status take_query(std::string_view query, DataRequest& out) {
  static const Takers old_ones = old_takers();
  static const Takers new_ones = new_takers();
  const Takers& takers = out.is_old ? old_ones : new_ones;
  std::set<std::string> seen;
  for (const std::string_view one : split(query, '&')) {
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    const auto name = unescaped(one.substr(0, equals));
    const auto value = unescaped(equals == std::string_view::npos ? "" : one.substr(equals + 1));
    if (!name || !value) return bad_request("a parameter is malformed");
    if (!seen.insert(*name).second) return bad_request(ticked(*name) + " is given twice");
    if (!out.is_old && name->starts_with("c[") && name->ends_with("]")) {
      ENTENTE_TRY_VOID(take_condition(*name, *value, out));
      continue;
    }
    const auto found = takers.find(*name);
    if (found == takers.end()) {
      return bad_request(ticked(*name) + " is no parameter of a data query");
    }
    ENTENTE_TRY_VOID(found->second(*value, out));
  }
  return {};
}

}  // namespace

Result<DataRequest> parse_data_request(std::string_view path, std::string_view query) {
  DataRequest out;
  out.is_old = path.starts_with(kOld);
  const auto parts = split(path.substr(std::min(path.size(), kOld.size())), '/');
  ENTENTE_TRY_VOID(out.is_old ? take_old_path(parts, out) : take_new_path(parts, out));
  ENTENTE_TRY_VOID(take_query(query, out));
  if (out.updated_after && out.as_of && *out.updated_after > *out.as_of) {
    return bad_request("`updatedAfter` is later than `asOf`");
  }
  return out;
}

bool is_version_asked(const std::vector<std::string>& asked, std::string_view version) {
  if (asked.empty()) return true;
  const auto there = split(version, '.');
  return std::any_of(asked.begin(), asked.end(), [&](const std::string& one) {
    if (one == version || one == "latest" || one == "+" || one == "~" || one == "*") return true;
    const auto wanted = split(one, '.');
    bool higher = false;
    bool rises = false;  // from that part on
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      std::string_view part = wanted[i];
      if (!part.empty() && std::string_view("+~*").find(part.back()) != std::string_view::npos) {
        part.remove_suffix(1);
        rises = true;
      }
      int least = 0;
      int has = 0;
      std::from_chars(part.data(), part.data() + part.size(), least);
      if (i < there.size()) {
        std::from_chars(there[i].data(), there[i].data() + there[i].size(), has);
      }
      if (!higher && has != least && !(rises && has > least)) return false;
      higher = higher || has > least;
    }
    return wanted.size() >= there.size();
  });
}

}  // namespace entente::statistics
