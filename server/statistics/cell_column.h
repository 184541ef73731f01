// The cells of one column of text in few bytes: plainly, one behind the other; or, where few
// different ones stand in it, each by its place among these.
//
//   plain  0, how many bytes, then each cell: its length and it
//   codes  1, how many different cells, these in the order of their bytes, each with its length;
//   how
//          many cells; each one's place among them, the low bytes of all before the high ones, of
//          which there are none if no more than 256 differ
//   steps  2, as codes; but each place less the one before, around the end
//
// Numbers are varints (series/part.h). What repeats or rises by little, as periods do, becomes few
// different bytes, which compression finds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::statistics {

// Appends `cells`, each with its length (a varint) before it, as shortly as it can, in parts whose
// bytes are each of a kind, so that they compress best apart. Any thread.
void append_cells(std::string_view cells, std::vector<std::string>& parts);

// Reads what append_cells wrote. One thread; the bytes outlive it.
class CellReader {
 public:
  // Takes one column from the front of `bytes`. Nothing: it does not read.
  [[nodiscard]] static std::optional<CellReader> take(std::string_view& bytes);
  // The next cell. Nothing: there is none, or it does not read.
  [[nodiscard]] std::optional<std::string_view> next();

 private:
  std::string_view plain_;                // what is left of it
  std::vector<std::string_view> differ_;  // codes, steps: in order
  std::string_view low_, high_;
  std::size_t at_ = 0, place_ = 0;
  bool steps_ = false;
};

// The `count` bytes in front of `bytes`; and those whose count (a varint) stands before them.
// Nothing: there are not so many.
[[nodiscard]] std::optional<std::string_view> take_bytes(std::string_view& bytes,
                                                         std::uint64_t count);
[[nodiscard]] std::optional<std::string_view> take_sized(std::string_view& bytes);

}  // namespace entente::statistics
