// Has PDFs marked by a helper (helper.h): `entente-mark`.
//
// Threads: any.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "proto/helpers/helper.h"

namespace entente::documents {

using helpers::Helper;
using helpers::Sheet;

class Marker {
 public:
  explicit Marker(std::filesystem::path program);

  // The PDF that `pour` appends, with `line` on every page; the same again gives the same bytes.
  // FailedPrecondition: it cannot be marked (it asks for a password, is none, is too large for the
  // limits). What Helper::run and `pour` return.
  [[nodiscard]] Result<std::unique_ptr<Sheet>> mark(const std::string& line,
                                                    const std::function<Status(Sheet& into)>& pour);

 private:
  Helper helper_;
};

}  // namespace entente::documents
