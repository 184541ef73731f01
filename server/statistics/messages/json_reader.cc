// SDMX-JSON structure messages 1.0, 2.0 and 2.1: references are URNs, names are objects by
// language; the names of some members differ by version.
#include <algorithm>

#include "server/statistics/messages/languages.h"
#include "server/statistics/messages/message.h"

namespace entente::statistics {
namespace {

// `names: {en: ...}`, or `name: ...` in no language that is said.
v1::Text texts(const Node& node, std::string_view all, std::string_view one) {
  v1::Text out;
  if (const Node* every = node.find(all)) {
    for (const auto& [language, words] : every->attributes) {
      if (!words.empty())
        (*out.mutable_by_language())[canonical_language(language)] = unindented(words);
    }
  }
  if (out.by_language().empty() && !node.attribute(one).empty()) {
    (*out.mutable_by_language())["en"] = unindented(node.attribute(one));
  }
  return out;
}

// `X`, or a URN that ends in `.X`.
std::string local_reference(const std::string& text) {
  return text.starts_with("urn:") ? parse_urn(text).item : text;
}

class Reader {
 public:
  StructureMessage read(const Node& data) {
    for (const Node& kind : data.children) {
      for (const Node& one : kind.children) structure(kind.name, one);
    }
    for (auto& [what, at] : counts_) {
      out_.left_out.push_back({.what = what,
                               .why = "have no place in the model",
                               .line = at.first,
                               .count = at.second});
    }
    return std::move(out_);
  }

 private:
  void structure(const std::string& kind, const Node& node) {
    if (kind == "codelists") return scheme(node, "codes", out_.codelists);
    if (kind == "conceptSchemes") return scheme(node, "concepts", out_.concept_schemes);
    if (kind == "agencySchemes") return scheme(node, "agencies", out_.agency_schemes);
    if (kind == "dataStructures") return data_structure(node);
    if (kind == "dataflows") return flow(node);
    if (kind == "provisionAgreements") return provision(node);
    if (kind == "categorySchemes") return scheme(node, "categories", out_.category_schemes);
    if (kind == "categorisations") return categorisation(node);
    if (kind == "hierarchicalCodelists") return hierarchical_codelist(node);
    if (kind == "hierarchies") return hierarchy(node, nullptr);
    if (kind == "contentConstraints" || kind == "dataConstraints") return constraint(node);
    const Head one = head(node);
    out_.left_out.push_back(
        {.what = kind + " " + one.agency + ":" + one.id + "(" + one.version + ")",
         .why = "structures of this kind are not kept",
         .line = node.line});
  }

  void count(const std::string& what, std::uint64_t line, std::size_t times = 1) {
    auto& [first, number] = counts_[what];
    if (number == 0) first = line;
    number += times;
  }
  void said_elsewhere(const Node& node) {
    const Node* annotations = node.find("annotations");
    if (annotations != nullptr && !annotations->children.empty()) {
      count("annotations", annotations->line, annotations->children.size());
    }
    if (!node.attribute("validFrom").empty() || !node.attribute("validTo").empty()) {
      count("times of validity", node.line);
    }
  }

  Head head(const Node& node) {
    Head out;
    out.agency = node.attribute("agencyID");
    out.id = node.attribute("id");
    out.version = node.attribute("version").empty() ? "1.0" : node.attribute("version");
    out.title = texts(node, "names", "name");
    out.description = texts(node, "descriptions", "description");
    out.stub = node.attribute("isExternalReference") == "true";
    out.line = node.line;
    said_elsewhere(node);
    return out;
  }

  void item(const Node& node, const std::string& children, const std::string& parent,
            ReadScheme& out) {
    ReadItem& read = out.items.emplace_back();
    read.line = node.line;
    // A category is called by the way to it.
    const bool is_category = children == "categories";
    const std::string id =
        is_category ? way_to(parent, node.attribute("id")) : node.attribute("id");
    read.item.set_id(id);
    if (v1::Text title = texts(node, "names", "name"); !title.by_language().empty()) {
      *read.item.mutable_title() = std::move(title);
    }
    if (v1::Text text = texts(node, "descriptions", "description"); !text.by_language().empty()) {
      *read.item.mutable_description() = std::move(text);
    }
    const std::string& above = node.attribute("parent");
    if (!is_category) read.item.set_parent(above.empty() ? parent : local_reference(above));
    if (const Node* core = node.find("coreRepresentation")) {
      read.representation = parse_urn(core->attribute("enumeration"));
      if (core->find("format") != nullptr || core->find("textFormat") != nullptr ||
          core->find("enumerationFormat") != nullptr) {
        count("text formats", core->line);
      }
    }
    if (node.find("contacts") != nullptr) count("contacts", node.line);
    said_elsewhere(node);
    if (const Node* below = node.find(children)) {
      for (const Node& child : below->children) item(child, children, id, out);
    }
  }

  void scheme(const Node& node, const std::string& items, std::vector<ReadScheme>& to) {
    ReadScheme out;
    out.head = head(node);
    if (const Node* list = node.find(items)) {
      for (const Node& one : list->children) item(one, items, "", out);
    }
    if (node.find("codelistExtensions") != nullptr) count("extensions of codelists", node.line);
    to.push_back(std::move(out));
  }

  ReadComponent component(const Node& node) {
    ReadComponent out;
    out.line = node.line;
    out.concept_identity = parse_urn(node.attribute("conceptIdentity"));
    out.id = node.attribute("id").empty() ? out.concept_identity.item : node.attribute("id");
    if (const Node* local = node.find("localRepresentation")) {
      out.has_representation = true;
      out.codelist = parse_urn(local->attribute("enumeration"));
      const Node* format = local->find("format");
      if (format == nullptr) format = local->find("textFormat");
      if (format != nullptr && format->attributes.size() > 1) count("text formats", format->line);
    }
    for (const char* name : {"conceptRoles", "conceptRole"}) {
      if (const Node* roles = node.find(name)) {
        for (const Node& role : roles->children) out.roles.push_back(parse_urn(role.text).item);
      }
    }
    out.mandatory =
        node.attribute("assignmentStatus") == "Mandatory" || node.attribute("usage") == "mandatory";
    said_elsewhere(node);
    return out;
  }

  static void attach(const Node& node, ReadComponent& out) {
    const Node* relation = node.find("attributeRelationship");
    if (relation == nullptr) return;
    if (const Node* dimensions = relation->find("dimensions")) {
      out.attachment = v1::Attribute::SERIES;
      for (const Node& one : dimensions->children) {
        out.attached_to.push_back(local_reference(one.text));
      }
    } else if (!relation->attribute("group").empty()) {
      out.attachment = v1::Attribute::GROUP;
      out.group = local_reference(relation->attribute("group"));
    } else if (relation->find("none") != nullptr || relation->find("dataflow") != nullptr) {
      out.attachment = v1::Attribute::DATASET;
    }
  }

  template <typename Visit>
  static void each(const Node* node, std::string_view member, Visit visit) {
    const Node* list = node == nullptr ? nullptr : node->find(member);
    if (list == nullptr) return;
    for (const Node& one : list->children) visit(one);
  }

  void data_structure(const Node& node) {
    ReadStructure out;
    out.head = head(node);
    if (const Node* components = node.find("dataStructureComponents")) {
      const Node* dimensions = components->find("dimensionList");
      const auto plain = [&](const Node& one) { out.dimensions.push_back(component(one)); };
      each(dimensions, "dimensions", plain);
      each(dimensions, "measureDimensions", [&](const Node& one) {
        count("measure dimensions, read as plain ones", one.line);
        plain(one);
      });
      const auto time = [&](const Node& one) { out.times.push_back(component(one)); };
      each(dimensions, "timeDimensions", time);  // 1.0
      if (dimensions != nullptr && dimensions->find("timeDimension") != nullptr) {
        time(*dimensions->find("timeDimension"));
      }
      const auto measure = [&](const Node& one) { out.measures.push_back(component(one)); };
      const Node* measures = components->find("measureList");
      each(measures, "measures", measure);
      if (measures != nullptr && measures->find("primaryMeasure") != nullptr) {  // 1.0
        measure(*measures->find("primaryMeasure"));
      }
      const Node* attributes = components->find("attributeList");
      each(attributes, "attributes", [&](const Node& one) {
        ReadComponent read = component(one);
        attach(one, read);
        out.attributes.push_back(std::move(read));
      });
      each(attributes, "metadataAttributeUsages",
           [&](const Node& one) { count("metadata attributes", one.line); });
      each(components, "groups", [&](const Node& one) {
        ReadGroup& group = out.groups.emplace_back();
        group.id = one.attribute("id");
        each(&one, "groupDimensions",
             [&](const Node& id) { group.dimensions.push_back(local_reference(id.text)); });
      });
    }
    out_.structures.push_back(std::move(out));
  }

  void flow(const Node& node) {
    ReadFlow out;
    out.head = head(node);
    out.structure = parse_urn(node.attribute("structure"));
    out_.flows.push_back(std::move(out));
  }

  void provision(const Node& node) {
    ReadProvision out;
    out.head = head(node);
    const std::string& usage = node.attribute("structureUsage");  // 1.0
    out.dataflow = parse_urn(usage.empty() ? node.attribute("dataflow") : usage);
    out.provider = parse_urn(node.attribute("dataProvider"));
    out_.provisions.push_back(std::move(out));
  }

  void categorisation(const Node& node) {
    ReadCategorisation out;
    out.head = head(node);
    out.structure = parse_urn(node.attribute("source"));
    out.category = parse_urn(node.attribute("target"));
    out_.categorisations.push_back(std::move(out));
  }

  // 1.0 keeps hierarchies in a codelist of hierarchies, mostly one of the same name.
  void hierarchical_codelist(const Node& node) {
    const Head whole = head(node);
    const Node* list = node.find("hierarchies");
    if (list == nullptr || list->children.empty()) {
      out_.hierarchies.emplace_back().head = whole;
      return;
    }
    for (const Node& one : list->children) {
      hierarchy(one, node.find("includedCodelists"));
      call_within(whole, list->children.size(), out_.hierarchies.back().head);
    }
  }
  void hierarchy(const Node& node, const Node* aliases) {
    ReadHierarchy out;
    out.head = head(node);
    out.leveled =
        node.attribute("leveled") == "true" || node.attribute("hasFormalLevels") == "true";
    each(&node, "hierarchicalCodes", [&](const Node& one) { place(one, "", aliases, out); });
    for (const Node* level = node.find("level"); level != nullptr; level = level->find("level")) {
      v1::Item& item = out.levels.emplace_back();
      item.set_id(level->attribute("id"));
      *item.mutable_title() = texts(*level, "names", "name");
      if (v1::Text text = texts(*level, "descriptions", "description");
          !text.by_language().empty()) {
        *item.mutable_description() = std::move(text);
      }
      if (level->find("codingFormat") != nullptr) count("text formats", level->line);
      said_elsewhere(*level);
    }
    out_.hierarchies.push_back(std::move(out));
  }
  void place(const Node& node, const std::string& parent, const Node* aliases, ReadHierarchy& out) {
    ReadHierarchy::Place& read = out.places.emplace_back();
    read.line = node.line;
    read.id = way_to(parent, node.attribute("id"));
    read.code = parse_urn(node.attribute("code"));
    if (const std::string& alias = node.attribute("codelistAliasRef"); !alias.empty()) {
      if (aliases != nullptr) read.code = parse_urn(aliases->attribute(alias));
      read.code.item = node.attribute("codeID");
    }
    if (!node.attribute("level").empty()) count("levels of single codes", node.line);
    said_elsewhere(node);
    const std::string id = read.id;
    each(&node, "hierarchicalCodes", [&](const Node& one) { place(one, id, aliases, out); });
  }

  void constraint(const Node& node) {
    ReadConstraint out;
    out.head = head(node);
    out.is_actual = node.attribute("type") == "Actual" || node.attribute("role") == "Actual";
    if (const Node* attachment = node.find("constraintAttachment")) {
      for (const Node& kind : attachment->children) {
        for (const Node& one : kind.children) {
          Reference reference = parse_urn(one.text);
          if (!reference.empty()) out.attached_to.push_back(std::move(reference));
        }
      }
      const std::string& provider = attachment->attribute("dataProvider");
      if (!provider.empty()) out.attached_to.push_back(parse_urn(provider));
    }
    if (node.find("dataKeySets") != nullptr) out.unread.emplace_back("a set of keys");
    if (node.find("releaseCalendar") != nullptr) out.unread.emplace_back("a release calendar");
    int regions = 0;
    each(&node, "cubeRegions", [&](const Node& one) {
      // 1.0 calls it `isIncluded`.
      if (one.attribute("include") == "false" || one.attribute("isIncluded") == "false") {
        out.unread.emplace_back("a region that is left out");
      } else if (++regions > 1) {
        out.unread.emplace_back("a second region");
      } else {
        region(one, out);
      }
    });
    out_.constraints.push_back(std::move(out));
  }
  static void region(const Node& node, ReadConstraint& out) {
    each(&node, "keyValues", [&](const Node& key) {
      v1::AllowedValues values;
      values.set_dimension(key.attribute("id"));
      // `["A"]`, or from 2.0 on `[{"value": "A"}]`.
      each(&key, "values", [&](const Node& value) {
        const std::string& text = value.text.empty() ? value.attribute("value") : value.text;
        if (!text.empty()) values.add_values(text);
      });
      if (key.attribute("include") == "false" || values.values_size() == 0) {
        out.unread.push_back("the range of `" + key.attribute("id") + "`");
      } else {
        out.region.push_back(std::move(values));
      }
    });
    for (const char* other : {"components", "attributes"}) {
      each(&node, other, [&](const Node& one) {
        out.unread.push_back("the values of `" + one.attribute("id") + "`");
      });
    }
  }

  StructureMessage out_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> counts_;
};

}  // namespace

Result<StructureMessage> read_json(const Node& root) {
  const Node* data = root.find("data");
  // Before 1.0 was published, and from some providers still, there is no `data` around them.
  if (data == nullptr) data = &root;
  const auto is_list = [](const Node& one) {
    return !one.children.empty() && one.name != "meta" && one.name != "errors";
  };
  const bool holds_any = std::any_of(data->children.begin(), data->children.end(), is_list);
  const bool holds_data =
      data->find("dataSets") != nullptr && data->find("dataStructures") == nullptr;
  if (!holds_any && root.find("data") == nullptr) {
    return Status(Code::InvalidArgument, Reason::FieldInvalid, "the message cannot be read")
        .with_violation({"content", "is no SDMX-JSON structure message", root.line, 0});
  }
  if (holds_data) {
    return Status(Code::InvalidArgument, Reason::FieldInvalid, "the message cannot be read")
        .with_violation({"content", "is a data message: it holds figures", root.line, 0});
  }
  return Reader().read(*data);
}

}  // namespace entente::statistics
