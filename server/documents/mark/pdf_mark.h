// Writes a line on every page of a PDF, over all that is drawn there, and takes out what would run
// by itself. Pure but for memory; any thread.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace entente::mark {

// How the helper ends. Its caller reads them: never renumber.
enum class End : int {
  Marked = 0,
  Failed = 1,     // the helper itself: no sandbox, no input
  Encrypted = 3,  // it asks for a password
  Broken = 4,     // no PDF, or none that can be read
};

// Writes `pdf` with `line` on each page to `out`. What is not of Latin letters in `line` is `?`.
[[nodiscard]] End mark_pdf(std::string_view pdf, std::string_view line, std::FILE* out);

// The drawing that is laid over a page of these edges, turned by `rotate` degrees.
struct Edges {
  double left = 0;
  double bottom = 0;
  double right = 595;
  double top = 842;
};
[[nodiscard]] std::string overlay(const Edges& page, int rotate, std::string_view font,
                                  std::string_view line);

}  // namespace entente::mark
