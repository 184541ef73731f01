// What is defined, by whom, and what a change would orphan.
#include <algorithm>
#include <set>

#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "server/statistics/service.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure/references.h"

namespace entente::statistics {
namespace {

using policy::Action;

std::string digest_of(const std::vector<record::Structure>& rows) {
  std::string all;
  for (const record::Structure& row : rows) all += content_of(row);
  return std::string(as_view(sha256(all)));
}

// A party changes its own provision: the notes, and who sees it; what it reports for is the
// secretariat's to say.
bool is_own_words(const policy::Subject& subject, const Flow& flow, const v1::Provision& next,
                  Instant now) {
  const auto found = flow.provisions.find(party_code(next.party()));
  if (found == flow.provisions.end() || found->first != subject.party) return false;
  const auto& areas = found->second.wire.reference_areas();
  if (!std::equal(areas.begin(), areas.end(), next.reference_areas().begin(),
                  next.reference_areas().end())) {
    return false;
  }
  policy::Guard guard = flow.guard;
  guard.originator = subject.party;
  return policy::decide(subject, Action::Originate, guard, now).permits();
}

// Whether a provision that is there would be seen by others than before.
bool widens(const Flow& flow, const v1::Provision& next) {
  const auto found = flow.provisions.find(party_code(next.party()));
  return found != flow.provisions.end() &&
         found->second.wire.audience().SerializeAsString() != next.audience().SerializeAsString();
}

// What figures are read by: the components, and what each of them is for. Without its role
// CONF_STATUS hides nothing any more, and REF_AREA keeps nobody from another's areas.
std::vector<std::string> components_of(const v1::DataStructure& structure) {
  std::vector<std::string> shape;
  for (const auto& one : structure.dimensions()) {
    shape.push_back(one.id() + " " + v1::Dimension::Role_Name(one.role()));
  }
  shape.emplace_back();
  for (const auto& one : structure.attributes()) {
    shape.push_back(one.id() + " " + v1::Attribute::Role_Name(one.role()));
  }
  return shape;
}

}  // namespace

// Whose a dataflow, or a provision to one, is: of what is there and of what it would become, for
// neither may be another process's. One answer for what is hidden and what never was.
Status Service::decide_define_flow(const Subject& subject, const record::Structure& row,
                                   const Model& next) const {
  const Instant now = parts_.clock.now();
  const std::string flow_name =
      row.has_dataflow() ? row.dataflow().name() : parse_provision_name(name_of(row))->dataflow;
  const auto before = parts_.structures.model()->find_flow(flow_name);
  const auto after = next.find_flow(flow_name);
  const auto keeps = [&](policy::Guard guard) {
    guard.handling = policy::Handling::Limited;
    return policy::decide(subject, Action::KeepProcess, guard, now).permits();
  };
  if (!before && !after && row.has_provision()) return not_found(flow_name);
  if (!before && !after) {  // it rests on what is not there
    policy::Guard guard;
    const std::string& process = row.dataflow().process();
    guard.process = process.substr(process.find('/') + 1);
    return keeps(guard) ? Status() : not_found(flow_name);
  }
  for (const auto& flow : {before, after}) {
    if (!flow) continue;
    if (row.has_provision() && before && is_own_words(subject, *before, row.provision(), now)) {
      continue;
    }
    if (keeps(flow->guard)) {
      if (row.has_provision() && before && widens(*before, row.provision())) {
        return not_yours("who sees a party's figures is the party's to say");
      }
      continue;
    }
    return before && may_read(subject, *before)
               ? not_yours("dataflows and provisions are kept by the process's secretariat")
               : not_found(flow_name);
  }
  return {};
}

// What is found under a category tells what there is: neither the one nor the other may be hidden.
Status Service::decide_categorise(const Subject& subject, const record::Structure& row,
                                  const Model& next) const {
  const auto model = parts_.structures.model();
  const auto is_hidden = [&](const std::string& name) {
    const record::Structure* there = model->find(name);
    return there != nullptr && !may_see(subject, *there);
  };
  const std::string& of = row.categorisation().structure();
  if (next.find(of) == nullptr || is_hidden(of)) return not_found(of);
  return is_hidden(name_of(row)) ? not_found(name_of(row)) : Status();
}

// What is there is changed by who keeps every process with a dataflow that rests on it: or one
// process would say what another's figures mean, which of them are hidden, and whose areas are
// whose. The refusal names no dataflow and is the same whether the other ones are seen or not.
Status Service::decide_change(const Subject& subject,
                              const std::vector<record::Structure>& rows) const {
  const auto model = parts_.structures.model();
  std::set<std::string_view> others;  // what rests under what the subject does not keep
  for (const auto& [name, flow] : model->flows()) {
    policy::Guard guard = flow->guard;
    guard.handling = policy::Handling::Limited;
    if (policy::decide(subject, Action::KeepProcess, guard, parts_.clock.now()).permits()) continue;
    for (const record::Structure* one : with_references(*model, name)) others.insert(name_of(*one));
  }
  for (const record::Structure& row : rows) {
    if (row.has_dataflow() || row.has_provision() || row.has_categorisation()) continue;
    const record::Structure* there = model->find(name_of(row));
    if (there == nullptr || content_of(*there) == content_of(row)) continue;
    if (others.count(name_of(row)) == 0) continue;
    return not_yours("`" + name_of(row).substr(0, 128) +
                     "` is changed by who keeps every process that rests on it");
  }
  return {};
}

Status Service::decide_define(const Subject& subject, const std::vector<record::Structure>& rows,
                              const Model& next) const {
  const bool keeps_any = std::any_of(
      subject.duties.begin(), subject.duties.end(),
      [](const policy::HeldDuty& held) { return held.duty == policy::Duty::Secretariat; });
  for (const record::Structure& row : rows) {
    if (row.has_dataflow() || row.has_provision()) {
      ENTENTE_TRY_VOID(decide_define_flow(subject, row, next));
    } else if (!keeps_any) {
      return not_yours("structures are kept by the secretariats");
    } else if (row.has_categorisation()) {
      ENTENTE_TRY_VOID(decide_categorise(subject, row, next));
    }
  }
  return decide_change(subject, rows);
}

// Codes that some figure bears must stay, and so must the dimensions of figures. What the subject
// may not see is not named: only that there is something.
Status Service::find_orphans(const Subject& subject, const std::vector<record::Structure>& rows,
                             const Model& next) {
  std::vector<Violation> orphans;
  const auto add = [&](const std::string& name, std::string what) {
    if (orphans.size() < limits::import_problems_max) {
      orphans.push_back({.field = name, .rule = std::move(what), .line = 0, .column = 0});
    }
  };
  bool hidden = false;
  const auto model = parts_.structures.model();
  for (const auto& [name, before] : model->flows()) {
    const auto uploads = parts_.shelf.of(name);
    if (uploads->all.empty()) continue;
    const auto after = next.find_flow(name);
    if (!after || components_of(before->structure) != components_of(after->structure) ||
        before->measure != after->measure) {
      if (may_read(subject, *before)) {
        add(name, "has figures: its dimensions, attributes and measure must stay as they are");
      } else {
        hidden = true;
      }
      continue;
    }
    for (std::size_t d = 0; d < after->dimension_lists.size(); ++d) {
      const auto& list = after->dimension_lists[d];
      if (!list || list == before->dimension_lists[d]) continue;
      std::set<std::string, std::less<>> seen;
      if (may_read(subject, *before)) {
        const SightPointer sight = this->sight(subject, *before);
        for (const SeenLayer& layer : sight->all) {
          for (const std::string_view code : layer.layer.part->dimensions[d]) {
            if (list->find(code) == nullptr) seen.emplace(code);
          }
        }
      }
      for (const std::string& code : seen) add(name, "has figures under `" + code + "`");
      for (const auto& kept : uploads->all) {
        for (const auto& part : kept->parts) {
          if (!part) continue;
          for (const std::string_view code : part->dimensions[d]) {
            hidden = hidden || (list->find(code) == nullptr && seen.count(code) == 0);
          }
        }
      }
    }
  }
  if (hidden) add(name_of(rows.front()), "is in use where you cannot see it");
  if (orphans.empty()) return {};
  return Status(Code::FailedPrecondition, Reason::StillInUse,
                "the change would orphan figures; nothing was changed")
      .with_violations(std::move(orphans));
}

Status Service::may_define(const Subject& subject, const std::vector<record::Structure>& rows) {
  const auto model = parts_.structures.model();
  ENTENTE_TRY_VOID(check_names(rows));
  const auto next = model->with(rows);
  // Faults tell what there is, so they are only for who may know.
  ENTENTE_TRY_VOID(decide_define(subject, rows, *next));
  ENTENTE_TRY_VOID(check_structures(*model, rows));
  return find_orphans(subject, rows, *next);
}

Result<v1::DefineStructuresReply> Service::define_structures(
    const Subject& subject, const v1::DefineStructuresRequest& message, Transaction& transaction) {
  return define_rows(subject, rows_of(message.structures()), transaction);
}

Result<v1::DefineStructuresReply> Service::define_rows(const Subject& subject,
                                                       std::vector<record::Structure> rows,
                                                       Transaction& transaction) {
  ENTENTE_TRY_VOID(may_define(subject, rows));
  const std::string digest = digest_of(rows);
  ENTENTE_TRY(const Structures::Saved saved,
              parts_.structures.save(transaction, std::move(rows), parts_.clock.now()));
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = acts::define;
  act.object = saved.names.empty() ? "" : saved.names.front();
  act.touched = saved.names;
  act.object_digest = digest;
  act.audience = saved.audience;
  parts_.ledger.record(transaction, act);
  v1::DefineStructuresReply reply;
  for (const std::string& name : saved.names) reply.add_changed(name);
  return reply;
}

Status define_structures(store::Store& store, Structures& structures, ledger::Ledger& ledger,
                         const v1::StructureSet& set, Instant now) {
  std::vector<record::Structure> rows = rows_of(set);
  ENTENTE_TRY_VOID(check_structures(*structures.model(), rows));
  const std::string digest = digest_of(rows);
  const auto transaction = store.begin();
  ENTENTE_TRY(const Structures::Saved saved, structures.save(*transaction, std::move(rows), now));
  ledger::Act act;
  act.account = "operator";
  act.kind = acts::define;
  act.touched = saved.names;
  act.object_digest = digest;
  act.audience = saved.audience;
  ledger.record(*transaction, act);
  return transaction->commit().status();
}

}  // namespace entente::statistics
