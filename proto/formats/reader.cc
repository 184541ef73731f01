#include "proto/formats/reader.h"

namespace entente::statistics {

Status unreadable_at(Place place, std::string rule) {
  return Status(Code::InvalidArgument, Reason::ImportRefused, rule)
      .with_violation({.field = "", .rule = rule, .line = place.line, .column = place.column});
}

}  // namespace entente::statistics
