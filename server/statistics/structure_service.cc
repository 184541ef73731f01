#include "server/statistics/structure_service.h"

#include "proto/contract/limits.h"
#include "proto/contract/limits_structures.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure/references.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

bool is_new(const Model& model, const record::Structure& row) {
  const record::Structure* there = model.find(name_of(row));
  return there == nullptr || content_of(*there) != content_of(row);
}

// `codelists` of `codelists/ENTENTE.CL_AREA`; a provision is of its own.
std::string_view collection_of(const record::Structure& row) {
  if (row.has_provision()) return "provisions";
  const std::string_view name = name_of(row);
  return name.substr(0, name.find('/'));
}

bool is_of_agency(const record::Structure& row, std::string_view agency) {
  if (agency.empty()) return true;
  const std::string_view name = name_of(row);
  std::string_view id = name.substr(name.find('/') + 1);
  id = id.substr(0, id.find('/'));
  return (row.has_agency() ? id : id.substr(0, id.rfind('.'))) == agency;
}

std::size_t items_of(const record::Structure& row) {
  const int count = row.has_codelist()          ? row.codelist().items_size()
                    : row.has_concept_scheme()  ? row.concept_scheme().concepts_size()
                    : row.has_data_structure()  ? row.data_structure().dimensions_size()
                    : row.has_category_scheme() ? row.category_scheme().categories_size()
                    : row.has_hierarchy()       ? row.hierarchy().places_size()
                                                : 0;
  return static_cast<std::size_t>(count);
}

}  // namespace

void StructureService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.StructureService.";
  gate.reads(service + "CheckStructures", this, &StructureService::check_structures);
  gate.reads(service + "ExportStructures", this, &StructureService::export_structures);
  gate.reads(service + "ListStructures", this, &StructureService::list_structures);
  gate.acts(service + "ImportStructures", this, &StructureService::import_structures);
}

// --- import -------------------------------------------------------------------------------------

Result<Assembled> StructureService::read(const Subject& subject,
                                         const v1::ImportStructuresRequest& message) const {
  std::string process;
  if (!message.process().empty()) {
    constexpr std::string_view prefix = "processes/";
    if (!message.process().starts_with(prefix) ||
        !policy::is_id(std::string_view(message.process()).substr(prefix.size()))) {
      return invalid_argument("process", "must be a name such as `processes/igc`");
    }
    process = message.process().substr(prefix.size());
  }
  ENTENTE_TRY(StructureMessage read, read_structure_message(message.content()));
  return assemble(
      std::move(read), *parts_.structures.model(), process,
      [&](const record::Structure& row) { return parts_.service.may_see(subject, row); });
}

v1::ImportStructuresReply StructureService::reply_of(
    const Assembled& assembled, const std::vector<record::Structure>& rows) const {
  v1::ImportStructuresReply reply;
  const auto model = parts_.structures.model();
  for (const record::Structure& row : rows) {
    *(is_new(*model, row) ? reply.add_changed() : reply.add_same()) = name_of(row);
  }
  for (const LeftOut& one : assembled.left_out) {
    if (static_cast<std::size_t>(reply.left_out_size()) == limits::structure_lists_max) {
      const std::size_t more = assembled.left_out.size() - limits::structure_lists_max;
      auto* rest = reply.add_left_out();
      rest->set_what("more");
      rest->set_why("only the first are named");
      rest->set_count(more);
      break;
    }
    auto* out = reply.add_left_out();
    out->set_what(one.what);
    out->set_why(one.why);
    out->set_line(one.line);
    out->set_count(one.count);
  }
  return reply;
}

Result<v1::ImportStructuresReply> StructureService::check_structures(
    const Subject& subject, const v1::ImportStructuresRequest& message, Snapshot&) {
  ENTENTE_TRY(const Assembled assembled, read(subject, message));
  const std::vector<record::Structure> rows = rows_of(assembled.set);
  if (const Status status = parts_.service.may_define(subject, rows); !status.ok()) {
    return with_lines(status, assembled);
  }
  return reply_of(assembled, rows);
}

Result<v1::ImportStructuresReply> StructureService::import_structures(
    const Subject& subject, const v1::ImportStructuresRequest& message, Transaction& transaction) {
  ENTENTE_TRY(const Assembled assembled, read(subject, message));
  const std::vector<record::Structure> rows = rows_of(assembled.set);
  v1::ImportStructuresReply reply = reply_of(assembled, rows);
  const auto defined = parts_.service.define_rows(subject, rows, transaction);
  if (!defined.ok()) return with_lines(defined.status(), assembled);
  return reply;
}

// --- export -------------------------------------------------------------------------------------

Result<v1::ExportStructuresReply> StructureService::export_structures(
    const Subject& subject, const v1::ExportStructuresRequest& message, Snapshot& snapshot) {
  const auto format = message.format() == v1::SDMX_ML_2_1     ? StructureFormat::Xml21
                      : message.format() == v1::SDMX_JSON_1_0 ? StructureFormat::Json1
                                                              : StructureFormat::Json2;
  if (message.format() == v1::STRUCTURE_FORMAT_UNSPECIFIED) {
    return invalid_argument("format", "must be SDMX-ML 2.1, SDMX-JSON 1.0 or 2.0");
  }
  v1::GetStructureRequest one;
  one.set_name(message.name());
  one.set_with_references(message.with_references());
  StructureMessageOut out;
  ENTENTE_TRY(out.set, parts_.service.get_structure(subject, one, snapshot));
  ENTENTE_TRY(const std::optional<record::Structure> row,
              parts_.structures.find_version(snapshot, message.name(), message.version()));
  if (!row) return not_found(message.name());
  const auto model = parts_.structures.model();
  if (!message.version().empty()) replace_in_set(*row, out.set);
  for (const v1::Dataflow& flow : out.set.dataflows()) {
    if (auto allowed = allowed_by(flow)) out.constraints.push_back(*std::move(allowed));
  }
  for (const v1::Provision& provision : out.set.provisions()) {
    const auto flow = model->find_flow(parse_provision_name(provision.name())->dataflow);
    if (auto areas = areas_of(provision, area_dimension_of(*flow))) {
      out.constraints.push_back(*std::move(areas));
    }
  }
  const auto version = [&](std::string_view name) {
    if (name == message.name()) return version_of(*row);
    const record::Structure* there = model->find(name);
    return there == nullptr ? std::string("1.0") : version_of(*there);
  };
  // Prepared when it became what it is: the same again is the same.
  const Instant recorded(std::chrono::microseconds(row->recorded_at_us()));
  v1::ExportStructuresReply reply;
  reply.set_content(write_structures(format, out, version, recorded));
  if (reply.content().size() + 1'024 > limits::message_bytes_max) {
    return Status(Code::ResourceExhausted, Reason::LimitReached,
                  "the message would be longer than " + std::to_string(limits::message_bytes_max) +
                      " bytes; export it without what it rests on, or over SDMX's web service");
  }
  reply.set_media_type(media_type_of(format));
  return reply;
}

Result<v1::ListStructuresReply> StructureService::list_structures(
    const Subject& subject, const v1::ListStructuresRequest& message, Snapshot&) {
  v1::ListStructuresReply reply;
  const auto model = parts_.structures.model();
  for (const auto& [name, row] : model->structures()) {
    const std::string_view collection = collection_of(row);
    if (message.collection().empty() ? row.has_provision() : message.collection() != collection) {
      continue;
    }
    if (!is_of_agency(row, message.agency()) || !parts_.service.may_see(subject, row)) continue;
    auto* out = reply.add_rows();
    out->set_name(name);
    *out->mutable_title() = title_of(row);
    out->add_versions(version_of(row));
    for (const auto& earlier : row.earlier()) out->add_versions(earlier.version());
    set_time(*out->mutable_recorded_at(), Instant(std::chrono::microseconds(row.recorded_at_us())));
    out->set_items(static_cast<std::uint32_t>(items_of(row)));
  }
  return reply;
}

}  // namespace entente::statistics
