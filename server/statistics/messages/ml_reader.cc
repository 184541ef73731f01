// SDMX-ML, 2.1 and 3.0: the first refers by <Ref> or <URN>, the second by a URN as text; the names
// of some elements differ. What is not known is left out and said, whichever it is.
#include <utility>

#include "server/statistics/messages/languages.h"
#include "server/statistics/messages/message.h"

namespace entente::statistics {
namespace {

v1::Text texts(const Node& node, std::string_view name) {
  v1::Text out;
  for (const Node& one : node.children) {
    if (one.name != name || one.text.empty()) continue;
    const std::string& language = one.attribute("lang");
    (*out.mutable_by_language())[language.empty() ? "en" : canonical_language(language)] =
        unindented(one.text);
  }
  return out;
}

Reference reference_in(const Node& node) {
  if (const Node* urn = node.find("URN")) return parse_urn(urn->text);
  const Node* ref = node.find("Ref");
  if (ref == nullptr) return parse_urn(node.text);
  Reference out;
  out.klass = ref->attribute("class");
  out.agency = ref->attribute("agencyID");
  const std::string& parent = ref->attribute("maintainableParentID");
  out.id = parent.empty() ? ref->attribute("id") : parent;
  out.version =
      parent.empty() ? ref->attribute("version") : ref->attribute("maintainableParentVersion");
  if (!parent.empty()) out.item = ref->attribute("id");
  return out;
}

// Of `<Parent><Ref id="X"/></Parent>`, `<Parent>X</Parent>` or a URN that ends in `.X`.
std::string local_reference(const Node& node) {
  if (const Node* ref = node.find("Ref")) return ref->attribute("id");
  const Node* urn = node.find("URN");
  const std::string& text = urn != nullptr ? urn->text : node.text;
  if (!text.starts_with("urn:")) return text;
  return parse_urn(text).item;
}

class Reader {
 public:
  StructureMessage read(const Node& structures) {
    for (const Node& group : structures.children) {
      // `<OrganisationSchemes>`, `<Codelists>`, `<Concepts>` and so on: by what stands in them.
      for (const Node& one : group.children) structure(one);
    }
    say_counts();
    return std::move(out_);
  }

 private:
  void structure(const Node& node) {
    if (node.name == "Codelist") return scheme(node, "Code", out_.codelists);
    if (node.name == "ConceptScheme") return scheme(node, "Concept", out_.concept_schemes);
    if (node.name == "AgencyScheme") return scheme(node, "Agency", out_.agency_schemes);
    if (node.name == "DataStructure") return data_structure(node);
    if (node.name == "Dataflow") return flow(node);
    if (node.name == "ProvisionAgreement") return provision(node);
    if (node.name == "CategoryScheme") return scheme(node, "Category", out_.category_schemes);
    if (node.name == "Categorisation") return categorisation(node);
    if (node.name == "HierarchicalCodelist") return hierarchical_codelist(node);
    if (node.name == "Hierarchy") return hierarchy(node, {});
    if (node.name == "ContentConstraint" || node.name == "DataConstraint") return constraint(node);
    const Head one = head(node);
    out_.left_out.push_back(
        {.what = node.name + " " + one.agency + ":" + one.id + "(" + one.version + ")",
         .why = "structures of this kind are not kept",
         .line = node.line});
  }

  void say_counts() {
    for (auto& [what, at] : counts_) {
      out_.left_out.push_back({.what = what,
                               .why = "have no place in the model",
                               .line = at.first,
                               .count = at.second});
    }
  }
  void count(const std::string& what, std::uint64_t line) {
    auto& [first, number] = counts_[what];
    if (number++ == 0) first = line;
  }

  Head head(const Node& node) {
    Head out;
    out.agency = node.attribute("agencyID");
    out.id = node.attribute("id");
    out.version = node.attribute("version").empty() ? "1.0" : node.attribute("version");
    out.title = texts(node, "Name");
    out.description = texts(node, "Description");
    out.stub = node.attribute("isExternalReference") == "true";
    out.line = node.line;
    said_elsewhere(node);
    return out;
  }
  // Of any named thing: what we know and do not keep.
  void said_elsewhere(const Node& node) {
    if (const Node* annotations = node.find("Annotations")) {
      for (std::size_t i = 0; i < annotations->children.size(); ++i) {
        count("annotations", annotations->line);
      }
    }
    if (!node.attribute("validFrom").empty() || !node.attribute("validTo").empty()) {
      count("times of validity", node.line);
    }
    if (node.find("Link") != nullptr) count("links", node.line);
  }

  void item(const Node& node, std::string_view tag, const std::string& parent, ReadScheme& out) {
    ReadItem& read = out.items.emplace_back();
    read.line = node.line;
    // A category is called by the way to it.
    const bool is_category = tag == "Category";
    const std::string id =
        is_category ? way_to(parent, node.attribute("id")) : node.attribute("id");
    read.item.set_id(id);
    if (v1::Text title = texts(node, "Name"); !title.by_language().empty()) {
      *read.item.mutable_title() = std::move(title);
    }
    if (v1::Text text = texts(node, "Description"); !text.by_language().empty()) {
      *read.item.mutable_description() = std::move(text);
    }
    const Node* above = node.find("Parent");
    if (!is_category) read.item.set_parent(above != nullptr ? local_reference(*above) : parent);
    if (const Node* core = node.find("CoreRepresentation")) {
      if (const Node* list = core->find("Enumeration")) read.representation = reference_in(*list);
      if (core->find("TextFormat") != nullptr || core->find("EnumerationFormat") != nullptr) {
        count("text formats", core->line);
      }
    }
    if (node.find("ISOConceptReference") != nullptr) count("ISO 11179 references", node.line);
    if (node.find("Contact") != nullptr) count("contacts", node.line);
    said_elsewhere(node);
    for (const Node& child : node.children) {
      if (child.name == tag) item(child, tag, id, out);
    }
  }

  void scheme(const Node& node, std::string_view tag, std::vector<ReadScheme>& to) {
    ReadScheme out;
    out.head = head(node);
    for (const Node& child : node.children) {
      if (child.name == tag) item(child, tag, "", out);
      if (child.name == "CodelistExtension") count("extensions of codelists", child.line);
    }
    to.push_back(std::move(out));
  }

  ReadComponent component(const Node& node) {
    ReadComponent out;
    out.line = node.line;
    if (const Node* identity = node.find("ConceptIdentity")) {
      out.concept_identity = reference_in(*identity);
    }
    // The schema lets an id be left out where it is the concept's.
    out.id = node.attribute("id").empty() ? out.concept_identity.item : node.attribute("id");
    if (const Node* local = node.find("LocalRepresentation")) {
      out.has_representation = true;
      if (const Node* list = local->find("Enumeration")) out.codelist = reference_in(*list);
      const Node* format = local->find("TextFormat");
      if (format != nullptr && format->attributes.size() > 1) {
        count("text formats", format->line);
      }
    }
    for (const Node& child : node.children) {
      if (child.name == "ConceptRole") out.roles.push_back(reference_in(child).item);
    }
    // 2.1 says it by `assignmentStatus`, 3.0 by `usage`.
    out.mandatory =
        node.attribute("assignmentStatus") == "Mandatory" || node.attribute("usage") == "mandatory";
    said_elsewhere(node);
    return out;
  }

  void attach(const Node& node, ReadComponent& out) {
    const Node* relation = node.find("AttributeRelationship");
    if (relation == nullptr) return;
    for (const Node& child : relation->children) {
      if (child.name == "Dimension") {
        out.attachment = v1::Attribute::SERIES;
        out.attached_to.push_back(local_reference(child));
      } else if (child.name == "Group" || child.name == "AttachmentGroup") {
        out.attachment = v1::Attribute::GROUP;
        out.group = local_reference(child);
      } else if (child.name == "None" || child.name == "Dataflow") {
        out.attachment = v1::Attribute::DATASET;
      }
    }
  }

  void data_structure(const Node& node) {
    ReadStructure out;
    out.head = head(node);
    const Node* components = node.find("DataStructureComponents");
    if (components != nullptr) {
      for (const Node& list : components->children) {
        if (list.name == "Group") group(list, out);
        for (const Node& one : list.children) one_component(one, out);
      }
    }
    out_.structures.push_back(std::move(out));
  }
  void one_component(const Node& node, ReadStructure& out) {
    if (node.name == "Dimension" || node.name == "MeasureDimension") {
      out.dimensions.push_back(component(node));
      if (node.name == "MeasureDimension")
        count("measure dimensions, read as plain ones", node.line);
    } else if (node.name == "TimeDimension") {
      out.times.push_back(component(node));
    } else if (node.name == "PrimaryMeasure" || node.name == "Measure") {
      out.measures.push_back(component(node));
    } else if (node.name == "Attribute") {
      ReadComponent one = component(node);
      attach(node, one);
      out.attributes.push_back(std::move(one));
    } else if (node.name == "ReportingYearStartDay" || node.name == "MetadataAttributeUsage") {
      count(node.name, node.line);
    }
  }
  void group(const Node& node, ReadStructure& out) {
    ReadGroup& group = out.groups.emplace_back();
    group.id = node.attribute("id");
    for (const Node& one : node.children) {
      if (one.name != "GroupDimension") continue;
      const Node* dimension = one.find("DimensionReference");
      if (dimension != nullptr) group.dimensions.push_back(local_reference(*dimension));
    }
  }

  void flow(const Node& node) {
    ReadFlow out;
    out.head = head(node);
    if (const Node* structure = node.find("Structure")) out.structure = reference_in(*structure);
    out_.flows.push_back(std::move(out));
  }

  void provision(const Node& node) {
    ReadProvision out;
    out.head = head(node);
    const Node* usage = node.find("StructureUsage");
    if (usage == nullptr) usage = node.find("Dataflow");
    if (usage != nullptr) out.dataflow = reference_in(*usage);
    if (const Node* provider = node.find("DataProvider")) out.provider = reference_in(*provider);
    out_.provisions.push_back(std::move(out));
  }

  void categorisation(const Node& node) {
    ReadCategorisation out;
    out.head = head(node);
    if (const Node* source = node.find("Source")) out.structure = reference_in(*source);
    if (const Node* target = node.find("Target")) out.category = reference_in(*target);
    out_.categorisations.push_back(std::move(out));
  }

  // 2.1 keeps hierarchies in a codelist of hierarchies, mostly one of the same name.
  void hierarchical_codelist(const Node& node) {
    const Head whole = head(node);
    std::map<std::string, Reference> aliases;
    std::size_t count = 0;
    for (const Node& child : node.children) {
      if (child.name == "IncludedCodelist") aliases[child.attribute("alias")] = reference_in(child);
      if (child.name == "Hierarchy") ++count;
    }
    if (count == 0) out_.hierarchies.emplace_back().head = whole;
    for (const Node& child : node.children) {
      if (child.name != "Hierarchy") continue;
      hierarchy(child, aliases);
      call_within(whole, count, out_.hierarchies.back().head);
    }
  }
  void hierarchy(const Node& node, const std::map<std::string, Reference>& aliases) {
    ReadHierarchy out;
    out.head = head(node);
    out.leveled =
        node.attribute("leveled") == "true" || node.attribute("hasFormalLevels") == "true";
    for (const Node& child : node.children) {
      if (child.name == "HierarchicalCode") place(child, "", aliases, out);
    }
    for (const Node* level = node.find("Level"); level != nullptr; level = level->find("Level")) {
      v1::Item& item = out.levels.emplace_back();
      item.set_id(level->attribute("id"));
      *item.mutable_title() = texts(*level, "Name");
      if (v1::Text text = texts(*level, "Description"); !text.by_language().empty()) {
        *item.mutable_description() = std::move(text);
      }
      if (level->find("CodingFormat") != nullptr) count("text formats", level->line);
      said_elsewhere(*level);
    }
    out_.hierarchies.push_back(std::move(out));
  }
  void place(const Node& node, const std::string& parent,
             const std::map<std::string, Reference>& aliases, ReadHierarchy& out) {
    ReadHierarchy::Place& read = out.places.emplace_back();
    read.line = node.line;
    read.id = way_to(parent, node.attribute("id"));
    if (const Node* code = node.find("Code")) read.code = reference_in(*code);
    if (const Node* alias = node.find("CodelistAliasRef")) {
      if (const auto list = aliases.find(alias->text); list != aliases.end()) {
        read.code = list->second;
      }
      if (const Node* code = node.find("CodeID")) read.code.item = local_reference(*code);
    }
    if (node.find("Level") != nullptr) count("levels of single codes", node.line);
    said_elsewhere(node);
    const std::string id = read.id;
    for (const Node& child : node.children) {
      if (child.name == "HierarchicalCode") place(child, id, aliases, out);
    }
  }

  void constraint(const Node& node) {
    ReadConstraint out;
    out.head = head(node);
    out.is_actual = node.attribute("type") == "Actual" || node.attribute("role") == "Actual";
    if (const Node* attachment = node.find("ConstraintAttachment")) {
      for (const Node& one : attachment->children) {
        Reference reference = reference_in(one);
        if (reference.klass.empty()) reference.klass = one.name;
        if (!reference.empty()) out.attached_to.push_back(std::move(reference));
      }
    }
    int regions = 0;
    for (const Node& child : node.children) {
      if (child.name == "DataKeySet") out.unread.emplace_back("a set of keys");
      if (child.name == "ReleaseCalendar") out.unread.emplace_back("a release calendar");
      if (child.name != "CubeRegion") continue;
      if (child.attribute("include") == "false") {
        out.unread.emplace_back("a region that is left out");
      } else if (++regions > 1) {
        out.unread.emplace_back("a second region");
      } else {
        region(child, out);
      }
    }
    out_.constraints.push_back(std::move(out));
  }
  static void region(const Node& node, ReadConstraint& out) {
    for (const Node& key : node.children) {
      if (key.name != "KeyValue" || key.attribute("include") == "false") {
        if (key.name == "KeyValue" || key.name == "Attribute" || key.name == "Component") {
          out.unread.push_back("the values of `" + key.attribute("id") + "`");
        }
        continue;
      }
      v1::AllowedValues values;
      values.set_dimension(key.attribute("id"));
      for (const Node& value : key.children) {
        if (value.name == "Value") values.add_values(value.text);
      }
      if (values.values_size() == 0) {
        out.unread.push_back("the range of `" + key.attribute("id") + "`");
      } else {
        out.region.push_back(std::move(values));
      }
    }
  }

  StructureMessage out_;
  // What is not kept -> the first line, how many.
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> counts_;
};

}  // namespace

Result<StructureMessage> read_ml(const Node& root) {
  const auto refuse = [&](std::string why) {
    return Status(Code::InvalidArgument, Reason::FieldInvalid, "the message cannot be read")
        .with_violation({"content", std::move(why), root.line, 0});
  };
  if (root.space.find("/v2_1/") == std::string::npos &&
      root.space.find("/v3_") == std::string::npos) {
    return refuse(root.space.find("/v2_0/") != std::string::npos
                      ? "is SDMX-ML 2.0; versions 2.1 and 3.0 are read"
                      : "is not SDMX-ML");
  }
  const Node* structures = root.find("Structures");
  // Data may come with its structures beside it; they are read, the figures are not.
  if (structures == nullptr) {
    return refuse("is a `" + root.name + "` message without structures");
  }
  return Reader().read(*structures);
}

}  // namespace entente::statistics
