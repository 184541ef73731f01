#include "server/statistics/rest_structures.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/statistics/compression.h"
#include "server/statistics/query/negotiation.h"
#include "server/statistics/rest.h"
#include "server/statistics/rest_words.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure/references.h"
#include "server/statistics/structure_schema.h"
#include "server/statistics/structure_search.h"
#include "server/statistics/structure_words.h"

namespace entente::statistics {
namespace {

struct Offer {
  std::string_view type;
  std::string_view version;  // empty: of any
  StructureFormat format;
};

// The first that fits is taken: of a type without its version, what the interface's own time had.
std::vector<Offer> offers(bool is_old) {
  constexpr std::string_view json = "application/vnd.sdmx.structure+json";
  const Offer json1{json, "1.0.0", StructureFormat::Json1};
  const Offer json2{json, "2.0.0", StructureFormat::Json2};
  const StructureFormat plain = is_old ? StructureFormat::Json1 : StructureFormat::Json2;
  const StructureFormat usual = is_old ? StructureFormat::Xml21 : StructureFormat::Json2;
  return {is_old ? json1 : json2,
          is_old ? json2 : json1,
          {"application/vnd.sdmx.structure+xml", "2.1", StructureFormat::Xml21},
          {"application/json", "", plain},
          {"application/xml", "", StructureFormat::Xml21},
          {"text/xml", "", StructureFormat::Xml21},
          {"text/*", "", StructureFormat::Xml21},
          {"*/*", "", usual},
          {"application/*", "", usual}};
}

// Of the formats that are written here the one most wanted.
std::optional<StructureFormat> format_of(const net::HttpRequest& request, bool is_old) {
  const std::string_view said = header_of(request, "accept");
  const std::vector<Offer> all = offers(is_old);
  for (const MediaRange& range : parse_accept(said.empty() ? "*/*" : said)) {
    for (const Offer& offer : all) {
      const bool fits =
          range.type == offer.type &&
          (offer.version.empty() || accepts_version(range.find("version"), offer.version));
      if (fits) return offer.format;
    }
  }
  return std::nullopt;
}

// Whether the one schema that is written, of SDMX-ML 2.1, is wanted.
bool wants_schema(const net::HttpRequest& request) {
  const std::string_view said = header_of(request, "accept");
  const std::vector<MediaRange> wanted = parse_accept(said.empty() ? "*/*" : said);
  return std::any_of(wanted.begin(), wanted.end(), [](const MediaRange& range) {
    if (range.type == "application/vnd.sdmx.schema+xml" ||
        range.type == "application/vnd.sdmx.structure+xml") {
      return accepts_version(range.find("version"), "2.1");
    }
    return range.type == "application/xml" || range.type == "text/xml" || range.type == "text/*" ||
           range.type == "application/*" || range.type == "*/*";
  });
}

// As small as whoever asks wants it.
void give(const net::HttpRequest& request, std::string body, net::HttpResponse& response) {
  response.headers.emplace_back("vary", "accept, accept-encoding, authorization");
  const Encoding encoding = choose_encoding(header_of(request, "accept-encoding"));
  if (encoding == Encoding::Identity || body.size() < worth_compressing) {
    response.body = std::move(body);
    return;
  }
  response.headers.emplace_back("content-encoding", encoding == Encoding::Zstd ? "zstd" : "gzip");
  make_compressor(encoding)->take(body, true, response.body);
}

bool is_empty(const StructureMessageOut& message) {
  const v1::StructureSet& set = message.set;
  return message.constraints.empty() && set.codelists().empty() && set.concept_schemes().empty() &&
         set.data_structures().empty() && set.dataflows().empty() && set.provisions().empty() &&
         set.agencies().empty() && set.category_schemes().empty() &&
         set.categorisations().empty() && set.hierarchies().empty();
}

}  // namespace

RestStructures::RestStructures(Parts parts, const policy::Subject& subject,
                               const net::HttpRequest& request)
    : parts_(parts),
      subject_(subject),
      request_(request),
      is_old_(request.path.starts_with(kOld)),
      path_(split(std::string_view(request.path).substr(kOld.size()), '/')),
      snapshot_(parts.store.snapshot()) {}

Result<net::HttpResponse> RestStructures::answer() {
  while (path_.size() > 1 && path_.back().empty()) path_.pop_back();
  if (path_[0] == (is_old_ ? "availableconstraint" : "availability")) return availability();
  if (path_[0] == "schema") return schema();
  return structures();
}

Result<net::HttpResponse> RestStructures::structures() {
  std::string_view path = std::string_view(request_.path).substr(kOld.size());
  if (!is_old_) {
    constexpr std::string_view head = "structure";
    if (!path.starts_with(head) || (path.size() > head.size() && path[head.size()] != '/')) {
      return bad_request("only `data`, `structure`, `availability` and `schema` are answered here");
    }
    path.remove_prefix(std::min(head.size() + 1, path.size()));
    // Of every type, where none is said.
    if (path.empty()) path = "*";
  }
  if (path.ends_with('/')) path.remove_suffix(1);
  ENTENTE_TRY(const StructureQuery query, parse_structure_query(path, request_.query, is_old_));
  if (!format_of(request_, is_old_)) return write(StructureMessageOut());
  StructureSearch search(parts_.service, parts_.structures, subject_, *snapshot_);
  ENTENTE_TRY(const StructureMessageOut found, search.find(query));
  return write(found);
}

Result<net::HttpResponse> RestStructures::write(const StructureMessageOut& message) const {
  const std::optional<StructureFormat> format = format_of(request_, is_old_);
  if (!format) return refusal(is_old_, 406, 140, "none of the formats asked for is written here");
  if (is_empty(message)) return nothing_found(is_old_);
  const auto model = parts_.structures.model();
  const auto version = [&](std::string_view name) {
    const record::Structure* row = model->find(name);
    return row == nullptr ? std::string("1.0") : version_of(*row);
  };
  net::HttpResponse response;
  response.headers = {{"content-type", media_type_of(*format)}, {"cache-control", "no-store"}};
  give(request_, write_structures(*format, message, version, parts_.clock.now()), response);
  return response;
}

Result<std::shared_ptr<const Flow>> RestStructures::flow_at(std::string_view agency,
                                                            std::string_view id,
                                                            std::string_view version) const {
  std::string name = structure_name("dataflows", agency, id);
  bool is_found = false;
  if (is_any(agency)) {
    for (const auto& [one, flow] : parts_.structures.model()->flows()) {
      const bool fits =
          one.ends_with("." + std::string(id)) && parts_.service.open_flow(subject_, one).ok();
      if (fits && std::exchange(is_found, true)) {
        return bad_request("several dataflows are called `" + std::string(id) +
                           "`: say of which agency");
      }
      if (fits) name = one;
    }
  }
  ENTENTE_TRY(std::shared_ptr<const Flow> flow, parts_.service.open_flow(subject_, name));
  const bool any = is_any(version) || version == "latest" || version == "+" || version == "~";
  if (!any && version != flow->wire.version()) return not_found(name);
  return flow;
}

// As messages of a party's figures are those of their dataflow.
Result<std::shared_ptr<const Flow>> RestStructures::flow_of_provision(
    std::string_view agency, std::string_view id, std::string_view version) const {
  const auto first = [](std::string_view) { return std::string("1.0"); };
  const bool fits = is_any(version) || version == "latest" || version == "+" || version == "~" ||
                    version == first("");
  for (const auto& [name, flow] : parts_.structures.model()->flows()) {
    for (const auto& [party, provision] : flow->provisions) {
      const Identity one = identity_of_provision(provision.wire.name(), first);
      const record::Structure* row = parts_.structures.model()->find(provision.wire.name());
      if (!fits || one.agency != agency || one.id != id || row == nullptr) continue;
      if (parts_.service.may_see(subject_, *row)) return flow;
    }
  }
  return not_found(id);
}

// `schema/dataflow/IGC/ASYLUM/1.0?dimensionAtObservation=TIME_PERIOD`
Result<net::HttpResponse> RestStructures::schema() {
  if (path_.size() < 4) {
    return bad_request("the path must be `schema/<context>/<agency>/<id>/<version>`");
  }
  path_.resize(5);
  if (!wants_schema(request_)) {
    return refusal(is_old_, 406, 140, "none of the formats asked for is written here");
  }
  ENTENTE_TRY(const Parameters said,
              parse_parameters(request_.query, {"dimensionAtObservation", "explicitMeasure"}));
  const auto at = said.find("dimensionAtObservation");
  const std::string observation = at == said.end() ? std::string(time_dimension) : at->second;
  const auto model = parts_.structures.model();
  const v1::DataStructure* structure = nullptr;
  std::shared_ptr<const Flow> flow;
  if (path_[1] == "datastructure") {
    const record::Structure* row =
        model->find(structure_name("data-structures", path_[2], path_[3]));
    const bool any = is_any(path_[4]) || path_[4] == "latest" || path_[4] == "+" || path_[4] == "~";
    if (row != nullptr && (any || path_[4] == row->data_structure().version())) {
      structure = &row->data_structure();
    }
  } else if (path_[1] == "dataflow") {
    ENTENTE_TRY(flow, flow_at(path_[2], path_[3], path_[4]));
    structure = &flow->structure;
  } else if (path_[1] == "provisionagreement") {
    ENTENTE_TRY(flow, flow_of_provision(path_[2], path_[3], path_[4]));
    structure = &flow->structure;
  } else {
    return bad_request("the context is `dataflow`, `datastructure` or `provisionagreement`");
  }
  if (structure == nullptr) return nothing_found(is_old_);
  ENTENTE_TRY(std::string body, write_schema(*model, *structure, flow.get(), observation));
  net::HttpResponse response;
  response.headers = {
      {"content-type", "application/vnd.sdmx.schema+xml; version=2.1; charset=utf-8"},
      {"cache-control", "no-store"}};
  give(request_, std::move(body), response);
  return response;
}

Result<net::HttpResponse> Rest::structures(const policy::Subject& subject,
                                           const net::HttpRequest& request) {
  Result<net::HttpResponse> response =
      RestStructures(
          {.service = service_, .structures = structures_, .store = store_, .clock = clock_},
          subject, request)
          .answer();
  if (!response.ok() && response.status().code() == Code::Unimplemented) {
    return refusal(request.path.starts_with(kOld), 501, 501,
                   std::string(response.status().message()));
  }
  return response;
}

}  // namespace entente::statistics
