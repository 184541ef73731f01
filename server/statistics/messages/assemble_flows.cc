// Dataflows, who provides them, and what is allowed in them.
#include "server/statistics/messages/assembler.h"

namespace entente::statistics {

void Assembler::dataflow(const ReadFlow& read) {
  const std::string name = structure_name("dataflows", read.head.agency, read.head.id);
  const record::Structure* there = find(name);
  if (there == nullptr && process_.empty()) {
    return leave_out(said("dataflow", read.head),
                     "no process is named whose collection it would be", read.head.line);
  }
  v1::Dataflow* flow = out_.set.add_dataflows();
  if (there != nullptr) {
    *flow = there->dataflow();
  } else {
    flow->set_process("processes/" + process_);
    auto* audience = flow->mutable_visibility()->mutable_audience();
    audience->add_any_of("process/" + process_ + "/members");
    audience->add_any_of("process/" + process_ + "/secretariat");
    flow->mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
  }
  flows_[name] = out_.set.dataflows_size() - 1;
  fill_head(read.head, "dataflows", *flow);
  flow->set_data_structure(name_of_reference(read.structure, "data-structures", read.head.line));
}

void Assembler::provision(const ReadProvision& read) {
  const std::string what = said("provision agreement", read.head);
  const std::string flow = structure_name("dataflows", read.dataflow.agency, read.dataflow.id);
  if (!is_kept(flow)) return leave_out(what, "its dataflow is not here", read.head.line);
  if (!policy::is_id(read.provider.item)) {
    return leave_out(what, "names no party as its provider", read.head.line);
  }
  const std::string name = flow + "/provisions/" + read.provider.item;
  v1::Provision* provision = out_.set.add_provisions();
  if (const record::Structure* there = find(name)) *provision = there->provision();
  provision->set_name(name);
  provision->set_party("parties/" + read.provider.item);
  if (provision->reference_areas_size() == 0) provision->add_reference_areas(read.provider.item);
  out_.lines[name] = read.head.line;
  provisions_[read.head.agency + ":" + read.head.id] = out_.set.provisions_size() - 1;
}

bool Assembler::is_kept(const std::string& flow) const {
  return flows_.count(flow) != 0 || find(flow) != nullptr;
}

void Assembler::constraint(const ReadConstraint& read) {
  const std::string what = said("constraint", read.head);
  if (read.is_actual) {
    return leave_out(what, "says what its sender holds; what is held here is counted anew",
                     read.head.line);
  }
  for (const std::string& part : read.unread) {
    leave_out(part + " of " + what, "has no place in the model", read.head.line);
  }
  if (read.region.empty()) return;
  bool attached = false;
  for (const Reference& one : read.attached_to) {
    attached = attach_to_flow(read, one) || attach_to_provision(read, one) || attached;
  }
  if (!attached) {
    leave_out(what, "is attached to nothing that is in the message and kept here", read.head.line);
  }
}

bool Assembler::attach_to_flow(const ReadConstraint& read, const Reference& to) {
  const std::string name = structure_name("dataflows", to.agency, to.id);
  if (to.klass != "Dataflow") return false;
  const auto found = flows_.find(name);
  if (found == flows_.end()) return false;
  out_.set.mutable_dataflows(found->second)
      ->mutable_constraint()
      ->Assign(read.region.begin(), read.region.end());
  return true;
}

bool Assembler::attach_to_provision(const ReadConstraint& read, const Reference& to) {
  const auto found = provisions_.find(to.agency + ":" + to.id);
  if (to.klass != "ProvisionAgreement" || found == provisions_.end()) return false;
  for (const v1::AllowedValues& one : read.region) {
    if (one.dimension() != area_dimension(found->second)) {
      leave_out("the values of `" + one.dimension() + "` of " + said("constraint", read.head),
                "a provision is limited by its areas", read.head.line);
      continue;
    }
    *out_.set.mutable_provisions(found->second)->mutable_reference_areas() = one.values();
  }
  return true;
}

std::string Assembler::area_dimension(int provision) const {
  const auto name = parse_provision_name(out_.set.provisions(provision).name());
  std::string structure;
  if (const auto in_message = flows_.find(name->dataflow); in_message != flows_.end()) {
    structure = out_.set.dataflows(in_message->second).data_structure();
  }
  const record::Structure* flow = find(name->dataflow);
  if (structure.empty() && flow != nullptr) structure = flow->dataflow().data_structure();
  const auto in = [](const v1::DataStructure& one) -> std::string {
    for (const v1::Dimension& dimension : one.dimensions()) {
      if (dimension.role() == v1::Dimension::REFERENCE_AREA) return dimension.id();
    }
    return "REF_AREA";
  };
  for (const v1::DataStructure& one : out_.set.data_structures()) {
    if (one.name() == structure) return in(one);
  }
  const record::Structure* there = find(structure);
  return there == nullptr ? "REF_AREA" : in(there->data_structure());
}

}  // namespace entente::statistics
