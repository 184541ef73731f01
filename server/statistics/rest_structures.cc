#include <array>
#include <set>

#include "server/statistics/rest.h"
#include "server/statistics/rest_words.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure_writers.h"

namespace entente::statistics {
namespace {

struct Type {
  std::string_view word;  // in the path
  std::string_view collection;
};
constexpr std::array<Type, 4> kTypes = {{{"dataflow", "dataflows"},
                                         {"datastructure", "data-structures"},
                                         {"codelist", "codelists"},
                                         {"conceptscheme", "concept-schemes"}}};

struct Asked {
  std::vector<std::string_view> collections;
  std::string agency;   // empty: of any
  std::string id;       // empty: any
  std::string version;  // empty: the latest, which is the only one kept
  bool with_references = false;
};

bool is_any(std::string_view word) { return word.empty() || word == "all" || word == "*"; }
bool is_latest(std::string_view word) {
  return is_any(word) || word == "latest" || word == "+" || word == "~";
}

// `dataflow/IGC/ASYLUM/1.0`, in the later version after `structure/`.
Result<Asked> asked_of(const net::HttpRequest& request, bool is_old) {
  auto path = split(std::string_view(request.path).substr(kOld.size()), '/');
  if (!is_old) {
    if (path[0] != "structure") {
      return bad_request("only `data` and `structure` are answered here");
    }
    path.erase(path.begin());
  }
  if (path.empty() || path[0].empty()) return bad_request("the path names no type of structure");
  path.resize(4);
  Asked asked;
  for (const Type& type : kTypes) {
    if (path[0] == type.word || path[0] == (is_old ? "structure" : "*")) {
      asked.collections.push_back(type.collection);
    }
  }
  if (!is_any(path[1])) asked.agency = path[1];
  if (!is_any(path[2])) asked.id = path[2];
  if (!is_latest(path[3])) asked.version = path[3];
  for (const std::string_view one : split(request.query, '&')) {
    if (!one.starts_with("references=")) continue;
    const std::string_view which = one.substr(one.find('=') + 1);
    if (which == "children" || which == "descendants" || which == "all") {
      asked.with_references = true;
    } else if (which != "none") {
      return bad_request("`references` is `none`, `children`, `descendants` or `all` here");
    }
  }
  return asked;
}

std::optional<StructureFormat> format_of(const net::HttpRequest& request, bool is_old) {
  const std::string_view accept = accepted(request);
  const StructureFormat usual = is_old ? StructureFormat::Xml21 : StructureFormat::Json2;
  if (accept.empty()) return usual;
  for (const std::string_view one : split(accept, ',')) {
    const auto has = [&](std::string_view what) {
      return one.find(what) != std::string_view::npos;
    };
    if (has("structure+xml") && !has("3.")) return StructureFormat::Xml21;
    if (has("structure+json") && !has("=1")) return StructureFormat::Json2;
    if (has("application/json")) return StructureFormat::Json2;
    if (has("application/xml") || has("text/xml")) return StructureFormat::Xml21;
    if (has("*/*")) return usual;
  }
  return std::nullopt;
}

// Adds what the set does not have yet, under its collection.
template <typename List>
void add_new(const List& from, std::set<std::string>& added, List& to) {
  for (const auto& one : from) {
    if (added.insert(one.name()).second) *to.Add() = one;
  }
}

bool fits(const Asked& asked, std::string_view name, std::string_view collection,
          const std::string& version) {
  const std::optional<StructureName> parsed = parse_structure_name(name, collection);
  return parsed && (asked.agency.empty() || parsed->agency == asked.agency) &&
         (asked.id.empty() || parsed->id == asked.id) &&
         (asked.version.empty() || asked.version == version);
}

const std::string& version_in(const record::Structure& row) {
  if (row.has_codelist()) return row.codelist().version();
  if (row.has_concept_scheme()) return row.concept_scheme().version();
  if (row.has_data_structure()) return row.data_structure().version();
  return row.dataflow().version();
}

}  // namespace

Result<net::HttpResponse> Rest::structures(const policy::Subject& subject,
                                           const net::HttpRequest& request) {
  const bool is_old = request.path.starts_with(kOld);
  ENTENTE_TRY(const Asked asked, asked_of(request, is_old));
  if (asked.collections.empty()) {
    return refusal(is_old, 501, 501, "this type of structure is not kept here");
  }
  const std::optional<StructureFormat> format = format_of(request, is_old);
  if (!format) return refusal(is_old, 406, 140, "none of the formats asked for is written here");
  const std::shared_ptr<const Model> model = structures_.model();
  const std::unique_ptr<store::Snapshot> snapshot = store_.snapshot();
  v1::StructureSet all;
  std::set<std::string> added;
  for (const auto& [name, row] : model->structures()) {
    for (const std::string_view collection : asked.collections) {
      if (!fits(asked, name, collection, version_in(row))) continue;
      v1::GetStructureRequest one;
      one.set_name(name);
      one.set_with_references(asked.with_references);
      const Result<v1::StructureSet> set = service_.get_structure(subject, one, *snapshot);
      if (!set.ok()) continue;  // not for this caller
      add_new(set->codelists(), added, *all.mutable_codelists());
      add_new(set->concept_schemes(), added, *all.mutable_concept_schemes());
      add_new(set->data_structures(), added, *all.mutable_data_structures());
      add_new(set->dataflows(), added, *all.mutable_dataflows());
    }
  }
  if (added.empty()) return nothing_found(is_old);
  const auto version_of = [&](std::string_view name) {
    const record::Structure* row = model->find(name);
    return row == nullptr ? std::string("1.0") : version_in(*row);
  };
  net::HttpResponse response;
  response.headers = {{"content-type", media_type_of(*format)}, {"cache-control", "no-store"}};
  response.body = write_structures(*format, all, version_of, clock_.now());
  return response;
}

}  // namespace entente::statistics
