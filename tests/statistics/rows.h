// A reader's rows and remarks as texts, for tests that look at readers alone.
#pragma once

#include <string>
#include <vector>

#include "proto/contract/upload_limits.h"
#include "proto/formats/reader.h"

namespace entente::statistics::testing {

struct Found {
  std::vector<std::string> names;
  std::vector<std::string> rows;     // cells joined with commas
  std::vector<std::uint64_t> lines;  // of each row
  std::vector<std::string> told;     // remarks, in their order
  std::string refusal;               // empty: read to its end
  Place where;
};

class RowList final : public RowSink {
 public:
  explicit RowList(Found& found) : found_(found) {}
  Status heading(std::uint64_t, std::span<const std::string_view> names, bool) override {
    found_.names.assign(names.begin(), names.end());
    return {};
  }
  Status row(const Row& row) override {
    std::string text;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      text += (i == 0 ? "" : ",") + std::string(row.cells[i]);
      if (!row.faults.empty() && !row.faults[i].empty()) text += "!" + row.faults[i];
    }
    found_.rows.push_back(text);
    found_.lines.push_back(row.line);
    return {};
  }
  void refers_to(Referent what, std::string_view reference, Place) override {
    found_.told.push_back((what == Referent::Dataflow        ? "of dataflow "
                           : what == Referent::DataStructure ? "of structure "
                                                             : "of provision ") +
                          std::string(reference));
  }
  void sent_by(std::string_view id, Place) override {
    found_.told.push_back("sent by " + std::string(id));
  }
  void no_such_column(std::string_view id, Place place) override {
    found_.told.push_back("no column " + std::string(id) + at(place));
  }
  void malformed(std::string_view, Place place, std::string_view rule) override {
    found_.told.push_back(std::string(rule) + at(place));
  }

 private:
  static std::string at(Place place) {
    return " at " + std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  Found& found_;
};

// Whatever makes readers: from a sink a reader that may be fed.
template <typename Make>
Found read_in_pieces(const Make& make, std::string_view file, std::size_t piece) {
  Found found;
  RowList sink(found);
  const auto reader = make(sink);
  Status status;
  for (std::size_t at = 0; status.ok() && at < file.size(); at += piece) {
    status = reader->feed(file.substr(at, piece));
  }
  if (status.ok()) status = reader->finish();
  if (!status.ok()) {
    found.refusal = status.message();
    if (!status.violations().empty()) {
      found.where.line = status.violations().front().line;
      found.where.column = static_cast<std::uint32_t>(status.violations().front().column);
    }
  }
  return found;
}

template <typename MessageReader>
Found read_with(const Shape& shape, std::string_view file, std::size_t piece) {
  return read_in_pieces([&](RowSink& sink) { return std::make_unique<MessageReader>(shape, sink); },
                        file, piece);
}

inline Shape asylum_shape() {
  return {.dimensions = {"FREQ", "REF_AREA", "CITIZEN"},
          .attributes = {"OBS_STATUS", "CONF_STATUS", "NOTE"},
          .texts = {"NOTE"}};
}

}  // namespace entente::statistics::testing
