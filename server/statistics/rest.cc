#include "server/statistics/rest.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/statistics/rest_words.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/wire.h"
#include "server/statistics/writers.h"

namespace entente::statistics {
namespace {

// What the caller reads best, of those that the version of the interface has.
std::optional<DataFormat> format_of(const net::HttpRequest& request, bool is_old) {
  const std::string_view accept = accepted(request);
  if (accept.empty()) return is_old ? DataFormat::GenericXml : DataFormat::Json2;
  for (const std::string_view one : split(accept, ',')) {
    const auto has = [&](std::string_view what) {
      return one.find(what) != std::string_view::npos;
    };
    if (has("structurespecificdata+xml")) return DataFormat::StructuredXml;
    if (has("genericdata+xml")) return DataFormat::GenericXml;
    if (has("data+json")) return has("1.0") ? DataFormat::Json1 : DataFormat::Json2;
    if (has("data+csv")) return has("2.") ? DataFormat::Csv2 : DataFormat::Csv1;
    if (has("text/csv")) return is_old ? DataFormat::Csv1 : DataFormat::Csv2;
    if (has("application/json")) return is_old ? DataFormat::Json1 : DataFormat::Json2;
    if (has("application/xml") || has("text/xml")) return DataFormat::GenericXml;
    if (has("*/*")) return is_old ? DataFormat::GenericXml : DataFormat::Json2;
  }
  return std::nullopt;
}

// An answer, made while it is sent.
class DataSource final : public net::ByteSource {
 public:
  DataSource(std::shared_ptr<const Flow> flow, std::unique_ptr<store::Snapshot> snapshot,
             std::unique_ptr<Merge> merge, std::unique_ptr<DataWriter> writer, Merged first)
      : flow_(std::move(flow)),
        snapshot_(std::move(snapshot)),
        merge_(std::move(merge)),
        writer_(std::move(writer)),
        some_(std::move(first)) {
    writer_->begin(ready_);
  }

  Result<std::string> read(std::size_t bytes_max) override {
    while (ready_.size() < bytes_max && !ended_) {
      if (some_.columns.series() == 0) {
        writer_->end(ready_);
        ended_ = true;
        break;
      }
      writer_->write(*merge_, some_, ready_);
      ENTENTE_TRY_VOID(merge_->next(some_, limits::answer_observations_max));
    }
    std::string out = ready_.substr(0, bytes_max);
    ready_.erase(0, out.size());
    return out;
  }

 private:
  std::shared_ptr<const Flow> flow_;
  std::unique_ptr<store::Snapshot> snapshot_;
  std::unique_ptr<Merge> merge_;
  std::unique_ptr<DataWriter> writer_;
  Merged some_;
  std::string ready_;
  bool ended_ = false;
};

}  // namespace

// What a request asks for, before it is known whether there is such a dataflow.
struct Rest::Wanted {
  std::string flow;  // a resource name
  std::string key;   // `A.SWE.AFG+SYR`; empty: all
  v1::QueryRequest query;
  std::vector<std::pair<std::string, std::vector<std::string>>> components;  // `c[CITIZEN]`
};

namespace {

// `IGC,ASYLUM,1.0`, `IGC,ASYLUM` or `ASYLUM`: the last of these is any agency's.
std::string flow_of_reference(const Model& model, std::string_view reference) {
  const auto parts = split(reference, ',');
  if (parts.size() >= 2) return structure_name("dataflows", parts[0], parts[1]);
  const std::string suffix = "." + std::string(reference);
  for (const auto& [name, flow] : model.flows()) {
    if (name.ends_with(suffix)) return name;
  }
  return structure_name("dataflows", "?", reference);
}

Result<google::protobuf::Timestamp> time_of(std::string_view text, const char* parameter) {
  const auto instant = parse_rfc3339(text);
  if (!instant) return bad_request("`" + std::string(parameter) + "` is no time");
  google::protobuf::Timestamp out;
  set_time(out, *instant);
  return out;
}

Result<std::uint32_t> count_of(std::string_view text, const char* parameter) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count == 0) {
    return bad_request("`" + std::string(parameter) + "` is no number above 0");
  }
  return count;
}

// `ge:2015+le:2016-12` of the 3.0 form; other operators are not understood.
Status take_time(const std::string& value, v1::QueryRequest& query) {
  for (const std::string_view one : split(value, '+')) {
    if (one.starts_with("ge:")) {
      query.set_start_period(std::string(one.substr(3)));
    } else if (one.starts_with("le:")) {
      query.set_end_period(std::string(one.substr(3)));
    } else if (one.find(':') == std::string_view::npos) {
      query.set_start_period(std::string(one));
      query.set_end_period(std::string(one));
    } else {
      return bad_request("`c[TIME_PERIOD]` takes `ge:` and `le:` only");
    }
  }
  return {};
}

}  // namespace

Result<Rest::Wanted> Rest::wanted_of(const net::HttpRequest& request) const {
  Wanted wanted;
  const bool is_old = request.path.starts_with(kOld);
  const auto path = split(std::string_view(request.path).substr(kOld.size()), '/');
  if (is_old) {
    if (path.size() < 2 || path[1].empty()) return bad_request("the path names no dataflow");
    wanted.flow = flow_of_reference(*structures_.model(), path[1]);
    if (path.size() > 2 && path[2] != "all") wanted.key = path[2];
  } else {
    if (path.size() < 4 || path[1] != "dataflow" || path[3].empty()) {
      return bad_request("the path must be `data/dataflow/<agency>/<id>/<version>/<key>`");
    }
    wanted.flow = structure_name("dataflows", path[2], path[3]);
    if (path.size() > 5 && path[5] != "*") wanted.key = path[5];
  }
  for (const std::string_view one : split(request.query, '&')) {
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    const auto name = unescaped(one.substr(0, equals));
    const auto value = unescaped(equals == std::string_view::npos ? "" : one.substr(equals + 1));
    if (!name || !value) return bad_request("a parameter is malformed");
    v1::QueryRequest& query = wanted.query;
    if (*name == "startPeriod") {
      query.set_start_period(*value);
    } else if (*name == "endPeriod") {
      query.set_end_period(*value);
    } else if (*name == "updatedAfter") {
      ENTENTE_TRY(*query.mutable_updated_after(), time_of(*value, "updatedAfter"));
    } else if (*name == "asOf") {
      ENTENTE_TRY(*query.mutable_as_of(), time_of(*value, "asOf"));
    } else if (*name == "firstNObservations") {
      ENTENTE_TRY(const std::uint32_t count, count_of(*value, "firstNObservations"));
      query.set_first_observations(count);
    } else if (*name == "lastNObservations") {
      ENTENTE_TRY(const std::uint32_t count, count_of(*value, "lastNObservations"));
      query.set_last_observations(count);
    } else if (*name == "c[TIME_PERIOD]") {
      ENTENTE_TRY_VOID(take_time(*value, query));
    } else if (name->starts_with("c[") && name->ends_with("]")) {
      std::vector<std::string> values;
      for (const std::string_view code : split(*value, ',')) {
        values.emplace_back(code.starts_with("eq:") ? code.substr(3) : code);
      }
      wanted.components.emplace_back(name->substr(2, name->size() - 3), std::move(values));
    } else if (*name == "dimensionAtObservation" && *value != "TIME_PERIOD") {
      return bad_request("`dimensionAtObservation` is `TIME_PERIOD` here");
    }
  }
  return wanted;
}

Result<net::HttpResponse> Rest::answer(const policy::Subject& subject,
                                       const net::HttpRequest& request) {
  const bool is_old = request.path.starts_with(kOld);
  const auto path = split(std::string_view(request.path).substr(kOld.size()), '/');
  if (path[0] != "data") return structures(subject, request);
  ENTENTE_TRY(Wanted wanted, wanted_of(request));
  const std::optional<DataFormat> format = format_of(request, is_old);
  if (!format) return refusal(is_old, 406, 140, "none of the formats asked for is written here");
  ENTENTE_TRY(std::shared_ptr<const Flow> flow, service_.open_flow(subject, wanted.flow));
  const auto select = [&](const std::string& dimension, const std::vector<std::string>& values) {
    auto* selection = wanted.query.add_selections();
    selection->set_dimension(dimension);
    for (const std::string& value : values) selection->add_values(value);
  };
  if (!wanted.key.empty()) {
    const auto parts = split(wanted.key, '.');
    if (parts.size() != flow->dimension_lists.size()) {
      return bad_request("the key has " + std::to_string(parts.size()) + " parts instead of " +
                         std::to_string(flow->dimension_lists.size()));
    }
    for (std::size_t d = 0; d < parts.size(); ++d) {
      if (parts[d].empty() || parts[d] == "*") continue;
      std::vector<std::string> values;
      for (const std::string_view code : split(parts[d], '+')) values.emplace_back(code);
      select(flow->structure.dimensions(static_cast<int>(d)).id(), values);
    }
  }
  for (const auto& [dimension, values] : wanted.components) select(dimension, values);
  ENTENTE_TRY(Reading reading, reading_of(*flow, wanted.query));
  std::optional<Instant> as_of;
  std::optional<Instant> after;
  if (wanted.query.has_as_of()) as_of = instant_of(wanted.query.as_of());
  if (wanted.query.has_updated_after()) after = instant_of(wanted.query.updated_after());
  std::vector<Layer> layers;
  for (SeenLayer& seen : service_.layers(subject, *flow, as_of, after)) {
    layers.push_back(std::move(seen.layer));
  }
  std::unique_ptr<store::Snapshot> snapshot = store_.snapshot();
  ENTENTE_TRY(std::unique_ptr<Merge> merge,
              Merge::open(*snapshot, service_.cache(), std::move(layers), std::move(reading)));
  Merged first;
  ENTENTE_TRY_VOID(merge->next(first, limits::answer_observations_max));
  if (first.columns.series() == 0) return nothing_found(is_old);
  net::HttpResponse response;
  response.headers = {{"content-type", media_type_of(*format)}, {"cache-control", "no-store"}};
  auto writer = make_writer(*format, *flow, clock_.now());
  response.source = std::make_unique<DataSource>(
      std::move(flow), std::move(snapshot), std::move(merge), std::move(writer), std::move(first));
  return response;
}

net::HttpResponse Rest::serve(const policy::Subject& subject, const net::HttpRequest& request) {
  const bool is_old = request.path.starts_with(kOld);
  if (request.method != "GET") return refusal(is_old, 405, 150, "only GET is answered here");
  Result<net::HttpResponse> response = answer(subject, request);
  if (response.ok()) return *std::move(response);
  const Status status = response.status();
  switch (status.code()) {
    case Code::NotFound:
      return nothing_found(is_old);  // hidden, absent and empty are one
    case Code::InvalidArgument:
      return refusal(is_old, 400, 140,
                     status.violations().empty() ? std::string(status.message())
                                                 : status.violations().front().rule);
    default:
      return refusal(is_old, 500, 500, std::string(status.message()));
  }
}

void Rest::add_to(identity::Gate& gate) {
  const auto handler = [this, &gate](net::Call& call, const net::HttpRequest& request) {
    const auto subject = gate.authenticator().authenticate_tool(call, identity::Scope::Statistics);
    if (subject.ok()) return serve(**subject, request);
    net::HttpResponse response =
        refusal(request.path.starts_with(kOld), 401, 110, "sign in with an application password");
    response.headers.emplace_back("www-authenticate", "Basic realm=\"entente statistics\"");
    return response;
  };
  for (const std::string_view prefix : {kOld, kNew}) {
    gate.table().add_route({.prefix = std::string(prefix), .heavy = true, .handler = handler});
  }
}

}  // namespace entente::statistics
