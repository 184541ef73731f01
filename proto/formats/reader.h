// What a reader of figures is, whichever the format: bytes come in pieces of any size, rows of
// cells go out, each with its place in the file. A reader knows what the columns are called and
// nothing of what may stand in them; it holds a row or what binds rows together, never the file.
//
// One thread a reader.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::statistics {

// Where something stands: both from 1. In a table the column is a cell's number, elsewhere how far
// into the line it begins; 0 is the whole line, line 0 the whole file.
struct Place {
  std::uint64_t line = 0;
  std::uint32_t column = 0;
};

struct Row {
  std::uint64_t line = 0;  // on which it begins
  std::span<const std::string_view> cells;
  // Of each cell. None: all are on `line`, in the columns that they have in the row.
  std::span<const Place> places = {};
  // Of each cell why it could not be read as its column asks; empty: it could. None: all could.
  std::span<const std::string> faults = {};
  // A bit for each of the first 64 cells, the first the lowest: it is that of the row told before,
  // octet for octet. One without its bit may be, too.
  std::uint64_t repeated = 0;
  // Some cell is what the message says holds where no value is given, and not what the row gives.
  bool assumes = false;
};

// What a message says its figures are of.
enum class Referent : std::uint8_t { Dataflow, DataStructure, Provision };

// Takes what a reader finds. What is passed lives until the function returns; a Status that is
// not OK ends the reading.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // Once, before the rows. `told`: the message tells elsewhere what it is of, so that no column
  // need.
  [[nodiscard]] virtual Status heading(std::uint64_t line, std::span<const std::string_view> names,
                                       bool told) = 0;
  [[nodiscard]] virtual Status row(const Row& row) = 0;
  // `IGC:ASYLUM(1.0)`, or an URN that ends so.
  virtual void refers_to(Referent what, std::string_view reference, Place place) = 0;
  virtual void sent_by(std::string_view id, Place place) = 0;
  // A name that is neither a dimension nor an attribute, for the first time.
  virtual void no_such_column(std::string_view id, Place place) = 0;
  // What is wrong with the file here, and does not hinder from reading on.
  virtual void malformed(std::string_view text, Place place, std::string_view rule) = 0;
};

// What the columns are called.
struct Shape {
  std::vector<std::string> dimensions;  // in the order of the key, without the time
  std::string time = "TIME_PERIOD";
  std::string measure = "OBS_VALUE";
  std::vector<std::string> attributes;
  // Of the attributes those without codes: no label stands behind one.
  std::set<std::string> texts = {};
};

class Reader {
 public:
  virtual ~Reader() = default;
  // InvalidArgument (ImportRefused): the file cannot be read on from here; the violation has line
  // and column. Otherwise what the sink returned. Not to be called again after either.
  [[nodiscard]] virtual Status feed(std::string_view bytes) = 0;
  [[nodiscard]] virtual Status finish() = 0;
};

// The refusal that a reader ends with.
[[nodiscard]] Status unreadable_at(Place place, std::string rule);

}  // namespace entente::statistics
