// A structure message as its provider wrote it: what of it has a place in our model, and what has
// none. Nothing is resolved yet; `assemble` does that. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "proto/contract/status.h"
#include "server/statistics/messages/tree.h"

namespace entente::statistics {

// A reference, by `<Ref>` or URN, to a structure or to an item of one.
struct Reference {
  std::string klass;  // `Codelist`, `Concept`; empty: not said
  std::string agency;
  std::string id;
  std::string version;  // empty: not said
  std::string item;     // of the structure; empty: the structure itself

  [[nodiscard]] bool empty() const { return id.empty(); }
};

// What every structure has.
struct Head {
  std::string agency;
  std::string id;
  std::string version;  // `1.0` where none is said, as the schema has it
  v1::Text title;
  v1::Text description;
  bool stub = false;  // an external reference: it has no content
  std::uint64_t line = 0;
};

struct ReadItem {
  v1::Item item;
  Reference representation;  // of a concept: its codelist
  std::uint64_t line = 0;
};

struct ReadScheme {
  Head head;
  std::vector<ReadItem> items;
};

struct ReadComponent {
  std::string id;
  Reference concept_identity;
  bool has_representation = false;
  Reference codelist;              // empty: none
  std::vector<std::string> roles;  // ids of the concepts that say what it is for
  bool mandatory = false;
  // Of an attribute: what it is attached to, as the model says it.
  v1::Attribute::Attachment attachment = v1::Attribute::ATTACHMENT_UNSPECIFIED;
  std::vector<std::string> attached_to;
  std::string group;
  std::uint64_t line = 0;
};

struct ReadGroup {
  std::string id;
  std::vector<std::string> dimensions;
};

struct ReadStructure {
  Head head;
  std::vector<ReadComponent> dimensions;
  std::vector<ReadComponent> times;
  std::vector<ReadComponent> measures;
  std::vector<ReadComponent> attributes;
  std::vector<ReadGroup> groups;
};

struct ReadFlow {
  Head head;
  Reference structure;
};

struct ReadProvision {
  Head head;
  Reference dataflow;
  Reference provider;  // its item: the party
};

struct ReadConstraint {
  Head head;
  bool is_actual = false;
  std::vector<Reference> attached_to;
  // The values of each dimension of the one region that is included; more is not kept.
  std::vector<v1::AllowedValues> region;
  std::vector<std::string> unread;  // parts that have no place in the model
};

struct ReadCategorisation {
  Head head;
  Reference category;   // its item: the way to the category
  Reference structure;  // what is found under it; its class is said
};

// A hierarchy of codes: 3.0 has it by itself, 2.1 within a hierarchical codelist.
struct ReadHierarchy {
  struct Place {
    std::string id;  // the way there
    Reference code;  // its item: the code
    std::uint64_t line = 0;
  };
  Head head;
  std::vector<Place> places;
  std::vector<v1::Item> levels;
  bool leveled = false;
};

// `A.B` of `B` in `A`.
[[nodiscard]] std::string way_to(const std::string& parent, const std::string& id);

// Of a hierarchy of 2.1, which is one of `count` in a codelist of hierarchies: it is called by the
// whole's name if it is the only one, otherwise by both.
void call_within(const Head& whole, std::size_t count, Head& hierarchy);

// Something of the message that is not kept, and why.
struct LeftOut {
  std::string what;
  std::string why;
  std::uint64_t line = 0;
  std::uint64_t count = 1;
};

struct StructureMessage {
  std::vector<ReadScheme> codelists;
  std::vector<ReadScheme> concept_schemes;
  std::vector<ReadScheme> agency_schemes;
  std::vector<ReadStructure> structures;
  std::vector<ReadFlow> flows;
  std::vector<ReadProvision> provisions;
  std::vector<ReadConstraint> constraints;
  std::vector<ReadScheme> category_schemes;  // an item's id is the way to it
  std::vector<ReadCategorisation> categorisations;
  std::vector<ReadHierarchy> hierarchies;
  std::vector<LeftOut> left_out;
};

// Reads a structure message in SDMX-ML 2.1 or 3.0 or SDMX-JSON 1.0, 2.0 or 2.1, told apart by what
// they hold. Lenient where live providers are: any language tag, versions of any number of parts,
// references by URN or by parts. InvalidArgument (FieldInvalid), with line: what read_tree refuses,
// or no structure message.
[[nodiscard]] Result<StructureMessage> read_structure_message(std::string_view text);

// The two readers behind it; `root` is a message's.
[[nodiscard]] Result<StructureMessage> read_ml(const Node& root);
[[nodiscard]] Result<StructureMessage> read_json(const Node& root);

// `urn:sdmx:org.sdmx.infomodel.codelist.Code=ECB:CL_FREQ(1.0).A` and the same without its head.
// What is none is empty.
[[nodiscard]] Reference parse_urn(std::string_view text);

}  // namespace entente::statistics
