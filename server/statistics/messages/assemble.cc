#include "server/statistics/messages/assemble.h"

#include "server/statistics/messages/assembler.h"
#include "server/statistics/structure/references.h"

namespace entente::statistics {

std::string said(const std::string& kind, const Head& head) {
  return kind + " " + head.agency + ":" + head.id + "(" + head.version + ")";
}

std::string at(const std::string& name, const char* field, int index) {
  return name + "." + field + "[" + std::to_string(index) + "]";
}

template <typename Read>
void Assembler::keep_newest(std::vector<Read>& all, const char* collection, const char* kind) {
  std::map<std::string, std::size_t> newest;
  std::vector<bool> keep(all.size(), false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Head& head = all[i].head;
    const std::string name = structure_name(collection, head.agency, head.id);
    const record::Structure* there = find(name);
    if (head.stub) {
      leave_out(said(kind, head), "is only referred to: its content is elsewhere", head.line);
    } else if (there != nullptr && is_older(head.version, version_of(*there))) {
      leave_out(said(kind, head), "is older than version " + version_of(*there) + ", which is here",
                head.line);
    } else if (const auto before = newest.find(name); before == newest.end()) {
      newest[name] = i;
      keep[i] = true;
    } else {
      const bool newer = is_older(all[before->second].head.version, head.version);
      const std::size_t loser = newer ? before->second : i;
      if (newer) {
        keep[before->second] = false;
        keep[i] = true;
        before->second = i;
      }
      leave_out(said(kind, all[loser].head), "is not the newest version in the message",
                all[loser].head.line);
    }
  }
  std::vector<Read> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (keep[i]) kept.push_back(std::move(all[i]));
  }
  all = std::move(kept);
}

Assembled Assembler::assemble() {
  agencies();
  keep_newest(message_.codelists, "codelists", "codelist");
  keep_newest(message_.concept_schemes, "concept-schemes", "concept scheme");
  keep_newest(message_.structures, "data-structures", "data structure");
  keep_newest(message_.flows, "dataflows", "dataflow");
  keep_newest(message_.hierarchies, "hierarchies", "hierarchy");
  keep_newest(message_.category_schemes, "category-schemes", "category scheme");
  keep_newest(message_.categorisations, "categorisations", "categorisation");
  for (const ReadScheme& one : message_.codelists) codelist(one);
  for (const ReadScheme& one : message_.concept_schemes) concept_scheme(one);
  for (const ReadStructure& one : message_.structures) data_structure(one);
  for (const ReadFlow& one : message_.flows) dataflow(one);
  for (const ReadProvision& one : message_.provisions) provision(one);
  for (const ReadConstraint& one : message_.constraints) constraint(one);
  for (const ReadHierarchy& one : message_.hierarchies) hierarchy(one);
  for (const ReadScheme& one : message_.category_schemes) category_scheme(one);
  for (const ReadCategorisation& one : message_.categorisations) categorisation(one);
  return std::move(out_);
}

const record::Structure* Assembler::find(const std::string& name) const {
  const record::Structure* there = model_.find(name);
  return there != nullptr && (!may_see_ || may_see_(*there)) ? there : nullptr;
}

void Assembler::leave_out(std::string what, std::string why, std::uint64_t line) {
  out_.left_out.push_back({.what = std::move(what), .why = std::move(why), .line = line});
}

std::string Assembler::name_of_reference(const Reference& reference, const char* collection,
                                         std::uint64_t line) {
  if (reference.empty()) return {};
  std::string name = structure_name(collection, reference.agency, reference.id);
  const std::string in_force = version_in_force(name);
  // 3.0 may ask for the newest of some: `1.0+`, `1+.0`.
  const bool is_open = reference.version.empty() ||
                       reference.version.find_first_of("+*~") != std::string::npos ||
                       reference.version == "latest";
  if (!in_force.empty() && !is_open &&
      (is_older(in_force, reference.version) || is_older(reference.version, in_force))) {
    if (said_.insert(name + " " + reference.version).second) {
      leave_out("the reference to version " + reference.version + " of " + name,
                "version " + in_force + " is in force, and is what it means here", line);
    }
  }
  return name;
}

std::string Assembler::version_in_force(const std::string& name) const {
  if (const auto found = versions_.find(name); found != versions_.end()) return found->second;
  const record::Structure* there = find(name);
  return there == nullptr ? std::string() : version_of(*there);
}

void Assembler::agencies() {
  std::set<std::string> names;
  for (const ReadScheme& scheme : message_.agency_schemes) {
    for (const ReadItem& item : scheme.items) {
      // The agencies of `SDMX` stand at the top; those of others below them.
      const std::string id = scheme.head.agency == "SDMX" || scheme.head.agency.empty()
                                 ? item.item.id()
                                 : scheme.head.agency + "." + item.item.id();
      if (!names.insert(id).second) continue;
      v1::Agency* agency = out_.set.add_agencies();
      agency->set_name("agencies/" + id);
      if (item.item.has_title()) *agency->mutable_title() = item.item.title();
      if (item.item.has_description()) *agency->mutable_description() = item.item.description();
      out_.lines[agency->name()] = item.line;
    }
  }
}

Assembled assemble(StructureMessage message, const Model& model, const std::string& process,
                   const MaySee& may_see) {
  return Assembler(std::move(message), model, process, may_see).assemble();
}

Status with_lines(const Status& status, const Assembled& assembled) {
  if (status.violations().empty()) return status;
  std::vector<Violation> violations = status.violations();
  for (Violation& one : violations) {
    // The nearest that is known: `codelists/X.Y.items[3]`, otherwise `codelists/X.Y`.
    auto nearest = assembled.lines.upper_bound(one.field);
    while (nearest != assembled.lines.begin()) {
      --nearest;
      if (one.field.starts_with(nearest->first)) {
        one.line = nearest->second;
        break;
      }
      if (nearest->first.substr(0, 4) != one.field.substr(0, 4)) break;
    }
  }
  return Status(status.code(), status.reason(), std::string(status.message()))
      .with_violations(std::move(violations));
}

}  // namespace entente::statistics
