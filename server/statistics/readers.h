// Which reader an upload is read by. Any thread.
#pragma once

#include <memory>

#include "entente/v1/mapping.pb.h"
#include "entente/v1/statistics.pb.h"
#include "proto/formats/reader.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

// What the columns of the dataflow are called.
[[nodiscard]] Shape shape_of(const Flow& flow);

// A reader of the format that hands what it finds to `sink`, which outlives it. `mapping`: of
// MAPPED_CSV how. Requires: the format is one, and check_mapping found nothing.
[[nodiscard]] std::unique_ptr<Reader> make_reader(const std::shared_ptr<const Flow>& flow,
                                                  v1::UploadFormat format,
                                                  const v1::Mapping& mapping, RowSink& sink);

}  // namespace entente::statistics
