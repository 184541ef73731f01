// What a request for structures asks, read off its address: SDMX-REST 1.5 under `/sdmx/2.1/`, 2.2.2
// under
// `/sdmx/3.0/structure/`. Pure; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::statistics {

// How far an answer reaches from what fits.
enum class Reach : std::uint8_t {
  None,
  Children,     // what it refers to
  Descendants,  // and what that refers to
  Parents,      // what refers to it
  ParentsAndSiblings,
  Ancestors,
  All,
};

enum class StructureDetail : std::uint8_t {
  Full,
  AllStubs,
  ReferenceStubs,
  AllCompleteStubs,
  ReferenceCompleteStubs,
  ReferencePartial,
};

// An empty list: any.
struct StructureQuery {
  std::vector<std::string_view> collections;  // `codelists`, `constraints` and so on
  std::vector<std::string> agencies;
  std::vector<std::string> ids;
  std::vector<std::string> versions;  // none: the one in force
  bool all_versions = false;
  std::vector<std::string> items;
  Reach reach = Reach::None;
  std::string_view only;  // of what is reached only this collection; empty: all of it
  StructureDetail detail = StructureDetail::Full;
};

// `name=value` each, unescaped; of `known` names only, `of_components` for any `c[...]`.
// InvalidArgument (FieldInvalid): malformed, given twice, or another: an answer to less than what
// was asked would not be noticed.
using Parameters = std::map<std::string, std::string, std::less<>>;
inline constexpr std::string_view of_components = "c[]";
[[nodiscard]] Result<Parameters> parse_parameters(std::string_view query,
                                                  std::initializer_list<std::string_view> known);

// The collection that SDMX calls `word`; empty: no such kind of structure is kept here.
[[nodiscard]] std::string_view collection_called(std::string_view word);

// What `references` says. InvalidArgument (FieldInvalid): neither a word of the standard nor a kind
// of structure.
[[nodiscard]] Status take_references(std::string_view value, StructureQuery& query);

// `path`: behind `/sdmx/2.1/` or `/sdmx/3.0/structure/`. InvalidArgument (FieldInvalid): it says
// what is wrong. Unimplemented: a kind of structure that is not kept here.
[[nodiscard]] Result<StructureQuery> parse_structure_query(std::string_view path,
                                                           std::string_view query, bool is_old);

// Whether a wanted word or list of words is none: `all`, `*` or nothing.
[[nodiscard]] bool is_any(std::string_view word);

}  // namespace entente::statistics
