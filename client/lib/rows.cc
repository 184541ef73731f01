#include "client/lib/rows.h"

#include <pthread.h>
#include <sched.h>

#include <fstream>

#include "proto/contract/row_tree.h"
#include "proto/formats/mapped_reader.h"
#include "proto/formats/row_texts.h"
#include "proto/formats/sdmx_csv_reader.h"
#include "proto/formats/sdmx_json_reader.h"
#include "proto/formats/sdmx_ml_reader.h"
#include "proto/formats/titles.h"

namespace entente::client {
namespace {

// By which codelist a dimension or attribute is coded; null: by none.
const v1::Codelist* list_of(const v1::StructureSet& set, std::string_view component) {
  std::string name;
  const v1::DataStructure& structure = set.data_structures(0);
  for (const v1::Dimension& one : structure.dimensions()) {
    if (one.id() == component) name = one.codelist();
  }
  for (const v1::Attribute& one : structure.attributes()) {
    if (one.id() == component) name = one.codelist();
  }
  for (const v1::Codelist& one : set.codelists()) {
    if (one.name() == name) return &one;
  }
  return nullptr;
}

std::unique_ptr<statistics::Reader> reader_of(const RowsFile& file, statistics::RowSink& sink) {
  const statistics::Shape& shape = file.flow.shape;
  switch (file.format) {
    case v1::SDMX_ML:
      return std::make_unique<statistics::SdmxMlReader>(shape, sink);
    case v1::SDMX_JSON:
      return std::make_unique<statistics::SdmxJsonReader>(shape, sink);
    case v1::MAPPED_CSV: {
      const auto titles = std::make_shared<statistics::Titles>(
          [set = file.flow.structures](std::string_view one) { return list_of(*set, one); });
      return std::make_unique<statistics::MappedReader>(
          shape, file.mapping,
          [titles](std::string_view component, std::string_view title) {
            return titles->find(component, title);
          },
          sink);
    }
    default:
      return std::make_unique<statistics::SdmxCsvReader>(shape, sink);
  }
}

Status feed_file(const std::string& path, const std::stop_token& stop, statistics::Reader& reader) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid_argument("file", "`" + path + "` cannot be read");
  std::string buffer(1 << 20, '\0');
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    if (stop.stop_requested()) return {};
    ENTENTE_TRY_VOID(
        reader.feed(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount()))));
  }
  return reader.finish();
}

// The sending goes first wherever both want the same core; if it cannot be said, then not. What was
// started in real time stays so, or whatever else runs on the machine would come between.
void go_behind_the_sending() {
  int policy = SCHED_OTHER;
  sched_param own{};
  (void)pthread_getschedparam(pthread_self(), &policy, &own);
  const bool in_real_time = policy == SCHED_FIFO || policy == SCHED_RR;
  if (in_real_time && own.sched_priority == sched_get_priority_min(policy)) return;
  own.sched_priority -= in_real_time ? 1 : 0;
  (void)pthread_setschedparam(pthread_self(), in_real_time ? policy : SCHED_BATCH, &own);
}

}  // namespace

Result<FlowShape> shape_of(Client& client, const std::string& dataflow) {
  v1::GetStructureRequest request;
  request.set_name(dataflow);
  request.set_with_references(true);
  ENTENTE_TRY(v1::StructureSet set,
              client.call<v1::StructureSet>("entente.v1.StatisticsService.GetStructure", request));
  if (set.data_structures_size() != 1) {
    return Status(Code::DataLoss, Reason::None, "the server shows no structure of the dataflow");
  }
  const v1::DataStructure& structure = set.data_structures(0);
  FlowShape flow;
  for (const v1::Dimension& one : structure.dimensions()) flow.shape.dimensions.push_back(one.id());
  for (const v1::Attribute& one : structure.attributes()) {
    flow.shape.attributes.push_back(one.id());
    if (one.codelist().empty()) flow.shape.texts.insert(one.id());
  }
  if (!structure.measure().empty()) flow.shape.measure = structure.measure();
  flow.structures = std::make_shared<const v1::StructureSet>(std::move(set));
  return flow;
}

RowRoots::RowRoots(RowsFile file, std::string seed)
    : file_(std::move(file)),
      seed_(std::move(seed)),
      reader_([this](const std::stop_token& stop) { read(stop); }) {}

void RowRoots::read(const std::stop_token& stop) {
  go_behind_the_sending();
  row_tree::Rows rows;
  const auto close = [&] {
    too_many_ = roots_.size() == row_tree::trees_max;
    if (!too_many_) roots_.push_back(row_tree::Tree(seed_, roots_.size(), rows).root());
    rows.clear();
  };
  std::string text;
  statistics::RowTexts texts(file_.flow.shape, [&](const statistics::RowText& row) -> Status {
    if (row_tree::is_full(rows.size(), rows.bytes(), row.bytes)) close();
    text.clear();
    row.append_to(text);
    if (!too_many_) rows.add(text);
    return {};
  });
  const auto reader = reader_of(file_, texts);
  status_ = feed_file(file_.path, stop, *reader);
  if (status_.ok() && !stop.stop_requested()) close();
}

Result<std::optional<std::vector<Digest>>> RowRoots::wait() {
  reader_.join();
  ENTENTE_TRY_VOID(status_);
  if (too_many_) return std::optional<std::vector<Digest>>();
  return std::optional(std::move(roots_));
}

}  // namespace entente::client
