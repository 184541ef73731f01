#include "server/statistics/mappings.h"

#include <algorithm>

#include "proto/contract/digest.h"
#include "proto/contract/manifest.h"
#include "proto/contract/upload_limits.h"
#include "proto/formats/mapping.h"
#include "server/statistics/readers.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

constexpr std::string_view kPut = "statistics.mapping.put";
constexpr std::string_view kDelete = "statistics.mapping.delete";

// `dataflows/IGC.ASYLUM` and `SWE` of `dataflows/IGC.ASYLUM/mappings/SWE.monthly`.
struct MappingName {
  std::string dataflow;
  std::string party;
};

std::optional<MappingName> parse_name(std::string_view name) {
  constexpr std::string_view kCollection = "/mappings/";
  const std::size_t at = name.find(kCollection);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = name.substr(at + kCollection.size());
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || !policy::is_id(rest.substr(0, dot)) ||
      !policy::is_id(rest.substr(dot + 1))) {
    return std::nullopt;
  }
  return MappingName{.dataflow = std::string(name.substr(0, at)),
                     .party = std::string(rest.substr(0, dot))};
}

store::Key prefix_of(const store::Store& store, std::string_view dataflow, std::string_view party) {
  return store::Key(mappings_table)
      .id(store.blind("statistics", dataflow))
      .id(store.blind("statistics", party));
}

store::Key key_of(const store::Store& store, const MappingName& parts, std::string_view name) {
  return prefix_of(store, parts.dataflow, parts.party).id(store.blind("statistics", name));
}

// What the party says, without what the store adds.
std::string content_of(v1::Mapping mapping) {
  mapping.clear_revision();
  mapping.clear_changed_at();
  mapping.clear_account();
  return encoded(mapping);
}

Result<std::optional<v1::Mapping>> read(const store::Key& key, store::Snapshot& snapshot) {
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key));
  if (!bytes) return std::optional<v1::Mapping>();
  v1::Mapping mapping;
  if (!mapping.ParseFromString(*bytes)) {
    return Status(Code::DataLoss, Reason::None, "a mapping cannot be read")
        .with_detail("statistics mapping row");
  }
  return std::optional<v1::Mapping>(std::move(mapping));
}

}  // namespace

void MappingService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.MappingService.";
  gate.reads(service + "GetMapping", this, &MappingService::get_mapping);
  gate.reads(service + "ListMappings", this, &MappingService::list_mappings);
  gate.acts(service + "PutMapping", this, &MappingService::put_mapping);
  gate.acts(service + "DeleteMapping", this, &MappingService::delete_mapping);
}

Result<v1::Mapping> find_mapping(const policy::Subject& subject, std::string_view name,
                                 const store::Store& store, store::Snapshot& snapshot) {
  const auto parts = parse_name(name);
  if (!parts || parts->party != subject.party) return not_found(name.substr(0, 256));
  ENTENTE_TRY(auto found, read(key_of(store, *parts, name), snapshot));
  if (!found) return not_found(name);
  return *std::move(found);
}

void MappingService::record_act(const Subject& subject, Transaction& transaction,
                                std::string_view kind, const std::string& name, const Flow& flow,
                                const std::string& bytes) const {
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = name;
  if (!bytes.empty()) act.object_digest = std::string(as_view(sha256(bytes)));
  // It is the party's own: the entry is for those who see what it marks as confidential.
  const auto provision = flow.provisions.find(subject.party);
  ENTENTE_CHECK(provision != flow.provisions.end());
  act.audience = static_cast<std::uint32_t>(provision->second.confidential);
  parts_.ledger.record(transaction, act);
}

Result<std::vector<v1::Mapping>> MappingService::all(const Subject& subject,
                                                     const std::string& dataflow,
                                                     Snapshot& snapshot) const {
  std::vector<v1::Mapping> mappings;
  const auto cursor = snapshot.scan(prefix_of(parts_.store, dataflow, subject.party));
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string bytes, cursor->value());
    if (!mappings.emplace_back().ParseFromString(bytes)) {
      return Status(Code::DataLoss, Reason::None, "a mapping cannot be read")
          .with_detail("statistics mapping row");
    }
  }
  ENTENTE_TRY_VOID(cursor->status());
  return mappings;
}

Result<v1::Mapping> MappingService::put_mapping(const Subject& subject,
                                                const v1::PutMappingRequest& message,
                                                Transaction& transaction) {
  const std::string& name = message.mapping().name();
  const auto parts = parse_name(name);
  if (!parts) return invalid_argument("mapping.name", "must be `<dataflow>/mappings/<party>.<id>`");
  // One answer for another party's and for a dataflow that is not there.
  const auto opened = parts_.service.open_flow(subject, parts->dataflow);
  if (!opened.ok() || parts->party != subject.party) return not_found(name);
  const std::shared_ptr<const Flow>& flow = *opened;
  ENTENTE_TRY_VOID(parts_.service.decide_upload(subject, *flow));
  ENTENTE_TRY_VOID(check_mapping(message.mapping(), shape_of(*flow)));
  const store::Key key = key_of(parts_.store, *parts, name);
  ENTENTE_TRY(const auto before, read(key, transaction));
  v1::Mapping next = message.mapping();
  if (before && content_of(*before) == content_of(next)) {
    record_act(subject, transaction, kPut, name, *flow, content_of(next));
    return *before;
  }
  if (message.mapping().revision() != (before ? before->revision() : 0)) {
    return Status(Code::Aborted, Reason::RevisionStale,
                  before ? "the mapping has changed; read it again" : "there is no such mapping");
  }
  if (!before) {
    ENTENTE_TRY(const auto others, all(subject, parts->dataflow, transaction));
    if (others.size() >= limits::mappings_max) {
      return Status(Code::ResourceExhausted, Reason::LimitReached,
                    "your party keeps too many mappings for this dataflow");
    }
  }
  next.set_revision(next.revision() + 1);
  set_time(*next.mutable_changed_at(), parts_.clock.now());
  next.set_account(subject.account);
  const std::string bytes = encoded(next);
  if (bytes.size() > limits::mapping_bytes_max) return invalid_argument("mapping", "is too large");
  transaction.put(key, bytes);
  record_act(subject, transaction, kPut, name, *flow, content_of(next));
  return next;
}

Result<v1::Mapping> MappingService::get_mapping(const Subject& subject,
                                                const v1::GetMappingRequest& message,
                                                Snapshot& snapshot) {
  ENTENTE_TRY(v1::Mapping found, find_mapping(subject, message.name(), parts_.store, snapshot));
  // Whoever is of the audience no longer is told nothing of what it kept.
  const auto flow = parts_.service.open_flow(subject, parse_name(message.name())->dataflow);
  if (!flow.ok()) return not_found(message.name());
  return found;
}

Result<v1::ListMappingsReply> MappingService::list_mappings(const Subject& subject,
                                                            const v1::ListMappingsRequest& message,
                                                            Snapshot& snapshot) {
  ENTENTE_TRY_VOID(parts_.service.open_flow(subject, message.dataflow()).status());
  ENTENTE_TRY(auto mappings, all(subject, message.dataflow(), snapshot));
  std::sort(mappings.begin(), mappings.end(),
            [](const auto& a, const auto& b) { return a.name() < b.name(); });
  v1::ListMappingsReply reply;
  for (v1::Mapping& one : mappings) *reply.add_mappings() = std::move(one);
  return reply;
}

Result<v1::DeleteMappingReply> MappingService::delete_mapping(
    const Subject& subject, const v1::DeleteMappingRequest& message, Transaction& transaction) {
  ENTENTE_TRY_VOID(find_mapping(subject, message.name(), parts_.store, transaction).status());
  const auto parts = parse_name(message.name());
  const auto flow = parts_.service.open_flow(subject, parts->dataflow);
  if (!flow.ok()) return not_found(message.name());
  ENTENTE_TRY_VOID(parts_.service.decide_upload(subject, **flow));
  transaction.erase(key_of(parts_.store, *parts, message.name()));
  record_act(subject, transaction, kDelete, message.name(), **flow, {});
  return v1::DeleteMappingReply();
}

}  // namespace entente::statistics
