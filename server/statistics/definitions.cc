#include "server/statistics/definitions.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::statistics {
namespace {

constexpr std::string_view kProcess = "PROCESS";

class Faults final : public google::protobuf::io::ErrorCollector {
 public:
  explicit Faults(const std::string& name) : name_(name) {}
  void AddError(int line, int column, const std::string& message) override {
    found.push_back({.field = name_,
                     .rule = message,
                     .line = static_cast<std::uint64_t>(line) + 1,
                     .column = static_cast<std::uint64_t>(column) + 1});
  }
  std::vector<Violation> found;

 private:
  const std::string name_;
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

void replace(std::string& text, std::string_view by) {
  if (const std::size_t at = text.find(kProcess); at != std::string::npos) {
    text.replace(at, kProcess.size(), by);
  }
}

// The items of the codelist of the reference area of a dataflow's structure.
std::set<std::string> areas_of(const v1::Dataflow& dataflow, const v1::StructureSet& structures) {
  std::set<std::string> areas;
  for (const auto& structure : structures.data_structures()) {
    if (structure.name() != dataflow.data_structure()) continue;
    for (const auto& dimension : structure.dimensions()) {
      if (dimension.role() != v1::Dimension::REFERENCE_AREA) continue;
      for (const auto& list : structures.codelists()) {
        if (list.name() != dimension.codelist()) continue;
        for (const auto& item : list.items()) areas.insert(item.id());
      }
    }
  }
  return areas;
}

}  // namespace

Result<v1::StructureSet> parse_structures(const std::string& name, std::string_view text) {
  if (text.size() > limits::definition_bytes_max || !is_utf8(text)) {
    return invalid_argument(name, "is too long, or no UTF-8");
  }
  v1::StructureSet set;
  Faults faults(name);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&faults);
  if (parser.ParseFromString(std::string(text), &set)) return set;
  return Status(Code::InvalidArgument, Reason::FieldInvalid, "`" + name + "` does not read")
      .with_violations(std::move(faults.found));
}

v1::StructureSet dataflows_for(const v1::StructureSet& templates,
                               const v1::StructureSet& structures,
                               const std::vector<Reporters>& processes) {
  v1::StructureSet out;
  for (const v1::Dataflow& from : templates.dataflows()) {
    const std::set<std::string> areas = areas_of(from, structures);
    for (const Reporters& process : processes) {
      v1::Dataflow* flow = out.add_dataflows();
      *flow = from;
      replace(*flow->mutable_name(), upper(process.process));
      replace(*flow->mutable_process(), process.process);
      auto* audience = flow->mutable_visibility()->mutable_audience();
      for (std::string& text : *audience->mutable_any_of()) replace(text, process.process);
      for (std::string& text : *audience->mutable_none_of()) replace(text, process.process);
      for (const std::string& party : process.parties) {
        if (areas.count(party) == 0) continue;
        v1::Provision* provision = out.add_provisions();
        provision->set_name(flow->name() + "/provisions/" + party);
        provision->set_party("parties/" + party);
        provision->add_reference_areas(party);
      }
    }
  }
  return out;
}

Status take_notes(const v1::StructureSet& said, v1::StructureSet& structures) {
  for (const v1::Provision& from : said.provisions()) {
    auto* all = structures.mutable_provisions();
    const auto found = std::find_if(all->begin(), all->end(), [&](const v1::Provision& one) {
      return one.name() == from.name();
    });
    if (found == all->end()) return invalid_argument(from.name(), "is no provision");
    found->mutable_notes()->MergeFrom(from.notes());
  }
  return Status();
}

}  // namespace entente::statistics
