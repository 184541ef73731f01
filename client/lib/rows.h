// The rows of a file as this client reads them itself, so that what its key signs row by row is not
// what the host says it read. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/lib/client.h"
#include "entente/v1/mapping.pb.h"
#include "entente/v1/statistics.pb.h"
#include "proto/contract/digest.h"
#include "proto/formats/reader.h"

namespace entente::client {

// A dataflow's structure, with its codelists.
struct FlowShape {
  statistics::Shape shape;
  std::shared_ptr<const v1::StructureSet> structures;
};
// Every Code of GetStructure.
[[nodiscard]] Result<FlowShape> shape_of(Client& client, const std::string& dataflow);

struct RowsFile {
  std::string path;
  v1::UploadFormat format = v1::UPLOAD_FORMAT_UNSPECIFIED;
  v1::Mapping mapping;
  FlowShape flow;
};

// Reads a file's rows and finds the roots of their trees (proto/contract/row_tree.h) on a thread of
// its own, beside the sending; whatever the file's length it holds one tree's rows.
class RowRoots {
 public:
  RowRoots(RowsFile file, std::string seed);
  ~RowRoots() = default;  // the reading stops
  RowRoots(const RowRoots&) = delete;
  RowRoots& operator=(const RowRoots&) = delete;

  [[nodiscard]] const statistics::Shape& shape() const { return file_.flow.shape; }
  // Waits for the end. Nothing: there are more trees than are signed. InvalidArgument: the file
  // does not read. Once.
  [[nodiscard]] Result<std::optional<std::vector<Digest>>> wait();

 private:
  void read(const std::stop_token& stop);

  const RowsFile file_;
  const std::string seed_;
  std::vector<Digest> roots_;
  bool too_many_ = false;
  Status status_;
  std::jthread reader_;  // last: it uses the others
};

}  // namespace entente::client
