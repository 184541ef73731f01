// The rows of a file as this client reads them itself, so that what its key signs row by row is not
// what the host says it read. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "entente/v1/mapping.pb.h"
#include "entente/v1/statistics.pb.h"
#include "proto/formats/reader.h"

namespace entente::client {

// What the dataflow's columns are called. Every Code of GetStructure.
[[nodiscard]] Result<statistics::Shape> shape_of(Client& client, const std::string& dataflow);

// The file's rows as proto/formats/row_texts.h has them. Nothing: there are too many, or the
// mapping translates by titles of codelists, which are the server's to look up. InvalidArgument:
// the file does not read.
[[nodiscard]] Result<std::optional<std::vector<std::string>>> rows_of(
    const std::string& path, v1::UploadFormat format, const v1::Mapping& mapping,
    const statistics::Shape& shape);

}  // namespace entente::client
