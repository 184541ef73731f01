// A *group*: a few neighbouring series packed into one string of bits, the least that is opened at
// once. docs/statistics.md gives the bits. Pure; any thread.
//
// Column by column, each at one width, so that whoever needs one column or one series of it reads
// that and nothing else: a sum touches no period, a slice no figure outside its periods.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/statistics/series/bits.h"
#include "server/statistics/series/columns.h"

namespace entente::statistics {

// A group is closed at the first of these.
inline constexpr std::uint32_t group_series_max = 64;
inline constexpr std::uint32_t group_observations_max = 2'048;
// A longer series is cut into entries.
inline constexpr std::uint32_t entry_observations_max = 4'096;

__extension__ using Int128 = __int128;

// Appends the group of all series of `columns`. Attributes of what has none are not kept. Requires:
// 1 to group_series_max of them, none empty nor with more than entry_observations_max.
void pack_group(const Columns& columns, std::string& out);

class GroupView {
 public:
  // Requires: bits_slack_bytes readable octets behind `bytes`, which outlives the view; `width` and
  // `attributes` are as when it was packed. False: these are not the bytes of a group (damage).
  [[nodiscard]] bool open(std::string_view bytes, std::uint32_t width, std::uint32_t attributes);

  [[nodiscard]] std::uint32_t series() const { return series_; }
  [[nodiscard]] std::uint32_t observations() const { return first_[series_]; }
  // Of a key, the frequency counted.
  [[nodiscard]] std::size_t width() const { return keys_.size(); }
  [[nodiscard]] std::uint32_t count(std::size_t series) const {
    return first_[series + 1] - first_[series];
  }
  [[nodiscard]] std::uint32_t code(std::size_t series, std::size_t dimension) const {
    return static_cast<std::uint32_t>(keys_[dimension].get(bytes_, series));
  }
  // Whether all series have the same code of a dimension.
  [[nodiscard]] bool is_constant(std::size_t dimension) const {
    return keys_[dimension].width == 0;
  }
  [[nodiscard]] Frequency frequency(std::size_t series) const {
    return static_cast<Frequency>(code(series, keys_.size() - 1));
  }
  [[nodiscard]] std::int32_t first_ordinal(std::size_t series) const;
  [[nodiscard]] std::int32_t last_ordinal(std::size_t series) const;

  // Appends the ordinals of a series that are in `range`. False: damage.
  [[nodiscard]] bool append_ordinals(std::size_t series, const Ordinals& range,
                                     std::vector<std::int32_t>& out) const;
  // Appends those observations of a series whose periods are in `range`: their ordinals, kinds,
  // values and, if `out` has attributes, codes; to `behind`, if given, the codes of the attribute
  // that comes behind those. False: damage. Requires: `behind` has one of each observation of
  // `out`.
  [[nodiscard]] bool append(std::size_t series, const Ordinals& range, Columns& out,
                            std::vector<std::uint32_t>* behind = nullptr) const;

  // How many observations of a series are of each kind.
  [[nodiscard]] std::array<std::uint32_t, kind_count> count_kinds(std::size_t series) const;
  // Whether all figures have one exponent, and which.
  [[nodiscard]] bool has_one_exponent() const { return exponents_.mode == Sparse::Mode::Constant; }
  [[nodiscard]] int exponent() const { return static_cast<int>(unzigzag(exponents_.all.base)); }
  // The sum of a series' figures, times ten to exponent(). Requires: has_one_exponent().
  [[nodiscard]] Int128 sum(std::size_t series) const;

 private:
  // Numbers at one width, over the least of them.
  struct Packed {
    std::uint64_t base = 0;
    unsigned width = 0;
    std::size_t at = 0;
    [[nodiscard]] std::uint64_t get(const char* bytes, std::size_t i) const {
      return base + bits_at(bytes, at + i * width, width);
    }
  };
  // A column that mostly says the same. On disk: never renumber.
  struct Sparse {
    enum class Mode : std::uint8_t { Constant = 0, Exceptions = 1, Packed = 2 };
    Mode mode = Mode::Constant;
    std::uint32_t exceptions = 0;
    Packed all;  // Constant: its base is all there is; Exceptions: what is usual
    Packed places;
    Packed values;
  };
  enum class Figures : std::uint8_t { Plain = 0, Based = 1, Steps = 2 };

  static bool read_packed(BitReader& in, Packed& out);
  bool read_sparse(BitReader& in, Sparse& out) const;
  bool read_head(BitReader& in, std::uint32_t width, std::uint32_t attributes);
  static void place(Packed& column, std::size_t count, std::size_t& at);
  static void place(Sparse& column, std::size_t count, std::size_t& at);
  bool place_series(std::size_t& at);
  bool read_ordinals(std::size_t series, std::int32_t* out) const;
  void read_figures(std::size_t series, std::size_t from, std::size_t to, std::int64_t* out) const;
  // Appends those in range, and says which of the series they are.
  bool cut(std::size_t series, const Ordinals& range, std::vector<std::int32_t>& out,
           std::size_t& from, std::size_t& to) const;
  void read_slots(std::size_t series, std::uint8_t* out) const;
  bool append_values(std::size_t series, std::size_t from, std::size_t to, Columns& out) const;
  template <typename Put>
  void each(const Sparse& column, std::size_t from, std::size_t to, const Put& put) const;

  const char* bytes_ = nullptr;
  std::uint32_t series_ = 0;
  std::vector<Packed> keys_;
  Packed counts_;
  Packed starts_;
  Packed spans_;
  Packed modes_;
  Packed widths_;
  unsigned anchor_width_ = 0;
  Sparse kinds_;
  Sparse exponents_;
  std::vector<Sparse> attributes_;
  // Where each series' observations, periods and figures begin, in observations and in bits.
  std::array<std::uint32_t, group_series_max + 1> first_{};
  std::array<std::uint32_t, group_series_max + 1> ordinals_at_{};
  std::array<std::uint32_t, group_series_max + 1> figures_at_{};
  std::array<std::uint8_t, group_series_max> mode_{};
  std::array<std::uint8_t, group_series_max> width_{};
};

// Appends to `out` those series of a group whose bit is set in `wanted` (the first series is bit
// 0). `bytes`: the group and bits_slack_bytes behind it. Requires: width and attributes of `out`
// are as when it was packed. False: these are not the bytes of a group; `out` is then of no use.
[[nodiscard]] bool unpack_group(std::string_view bytes, std::uint64_t wanted, Columns& out);

}  // namespace entente::statistics
