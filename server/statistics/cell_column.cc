#include "server/statistics/cell_column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include "server/statistics/series/part.h"

namespace entente::statistics {
namespace {

enum class Form : char { Plain, Codes, Steps };
constexpr std::size_t kPlane = 256;

// A text of up to 8 bytes as one number, the first byte weighing most: their order is that of the
// texts. What it is filled with is nought, so that no text may end with it.
using Word = std::uint64_t;
constexpr std::size_t kWord = sizeof(Word);

// Of the `size` bytes in front of `bytes`, which may be more.
std::optional<Word> word_of(std::string_view bytes, std::size_t size) {
  if (size == 0) return 0;
  if (size > kWord || size > bytes.size() || bytes[size - 1] == '\0') return std::nullopt;
  Word word = 0;
  std::memcpy(&word, bytes.data(), std::min(bytes.size(), kWord));
  return __builtin_bswap64(word) & (~Word{0} << (8 * (kWord - size)));
}

void append_word(Word word, std::string& out) {
  const std::size_t size =
      word == 0 ? 0 : kWord - static_cast<std::size_t>(std::countr_zero(word)) / 8;
  word = __builtin_bswap64(word);
  append_varint(out, size);
  out.append(std::bit_cast<std::array<char, kWord>>(word).data(), size);
}

// Up to 4,096 words.
class FewWords {
 public:
  static constexpr std::size_t most = 4'096;
  using Number = std::uint16_t;

  FewWords() { slots_.fill(kFree); }

  // Which of them it is, in the order they came. Nothing: one too many.
  std::optional<Number> add(Word word) {
    for (std::size_t slot = (word * kSpread) >> kShift;; slot = (slot + 1) % slots_.size()) {
      if (slots_[slot] == kFree) {
        if (words_.size() == most) return std::nullopt;
        slots_[slot] = static_cast<Number>(words_.size());
        words_.push_back(word);
      }
      if (words_[slots_[slot]] == word) return slots_[slot];
    }
  }
  [[nodiscard]] std::size_t size() const { return words_.size(); }

  // Appends them in order; answers the place of each among them.
  std::vector<Number> append_in_order(std::string& out) const {
    std::vector<Number> order(words_.size());
    std::iota(order.begin(), order.end(), Number{0});
    std::sort(order.begin(), order.end(),
              [&](Number a, Number b) { return words_[a] < words_[b]; });
    std::vector<Number> places(words_.size());
    for (std::size_t place = 0; place < order.size(); ++place) {
      places[order[place]] = static_cast<Number>(place);
      append_word(words_[order[place]], out);
    }
    return places;
  }

 private:
  static constexpr Number kFree = 0xFFFF;
  static constexpr Word kSpread = 0x9E3779B97F4A7C15;  // 2^64 by the golden ratio
  static constexpr int kShift = 64 - 13;               // to twice as many slots as words
  std::array<Number, 2 * most> slots_;
  std::vector<Word> words_;
};

using CellPlaces = std::vector<FewWords::Number>;

CellPlaces steps_of(const CellPlaces& places, std::size_t differ) {
  CellPlaces steps(places.size());
  std::size_t before = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t place = places[i];
    steps[i] =
        static_cast<FewWords::Number>(place < before ? place + differ - before : place - before);
    before = place;
  }
  return steps;
}

// How alike they are, as far as the first tell: of all pairs, how many are of the same.
std::uint64_t alike(const CellPlaces& places, std::size_t differ) {
  constexpr std::size_t first = 8'192;
  std::vector<std::uint64_t> counts(differ);
  for (std::size_t i = 0; i < std::min(places.size(), first); ++i) ++counts[places[i]];
  return std::inner_product(counts.begin(), counts.end(), counts.begin(), std::uint64_t{0});
}

// Which of few words each cell is; nothing: some is none, or there are more.
std::optional<CellPlaces> places_of(std::string_view cells, FewWords& few) {
  CellPlaces places;
  places.reserve(cells.size() / 4);
  while (!cells.empty()) {
    const auto size = static_cast<unsigned char>(cells.front());  // of a longer varint, too much
    cells.remove_prefix(1);
    const auto word = word_of(cells, size);
    const auto place = word ? few.add(*word) : std::nullopt;
    if (!place) return std::nullopt;
    places.push_back(*place);
    cells.remove_prefix(size);
  }
  return places;
}

std::string plane_of(const CellPlaces& places, int shift) {
  std::string plane(places.size(), '\0');
  for (std::size_t i = 0; i < places.size(); ++i) plane[i] = static_cast<char>(places[i] >> shift);
  return plane;
}

}  // namespace

std::optional<std::string_view> take_bytes(std::string_view& bytes, std::uint64_t count) {
  if (count > bytes.size()) return std::nullopt;
  const std::string_view taken = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return taken;
}

std::optional<std::string_view> take_sized(std::string_view& bytes) {
  const auto count = take_varint(bytes);
  return count ? take_bytes(bytes, *count) : std::nullopt;
}

void append_cells(std::string_view cells, std::vector<std::string>& parts) {
  FewWords few;
  auto places = places_of(cells, few);
  std::string head;
  if (!places || places->empty()) {
    head += static_cast<char>(Form::Plain);
    append_varint(head, cells.size());
    parts.push_back(std::move(head));
    parts.emplace_back(cells);
    return;
  }
  std::string words;
  const std::size_t differ = few.size();
  const CellPlaces in_order = few.append_in_order(words);
  for (FewWords::Number& place : *places) place = in_order[place];
  CellPlaces steps = steps_of(*places, differ);
  const bool by_steps = alike(steps, differ) > alike(*places, differ);
  if (by_steps) places = std::move(steps);
  head += static_cast<char>(by_steps ? Form::Steps : Form::Codes);
  append_varint(head, differ);
  head += words;
  append_varint(head, places->size());
  parts.push_back(std::move(head));
  parts.push_back(plane_of(*places, 0));
  if (differ > kPlane) parts.push_back(plane_of(*places, 8));
}

std::optional<CellReader> CellReader::take(std::string_view& bytes) {
  const auto form = take_bytes(bytes, 1);
  if (!form || static_cast<Form>(form->front()) > Form::Steps) return std::nullopt;
  CellReader reader;
  if (static_cast<Form>(form->front()) == Form::Plain) {
    const auto plain = take_sized(bytes);
    if (!plain) return std::nullopt;
    reader.plain_ = *plain;
    return reader;
  }
  reader.steps_ = static_cast<Form>(form->front()) == Form::Steps;
  const auto differ = take_varint(bytes);
  if (!differ || *differ == 0 || *differ > FewWords::most) return std::nullopt;
  for (std::uint64_t i = 0; i < *differ; ++i) {
    const auto text = take_sized(bytes);
    if (!text) return std::nullopt;
    reader.differ_.push_back(*text);
  }
  const auto cells = take_varint(bytes);
  const auto low = cells ? take_bytes(bytes, *cells) : std::nullopt;
  if (!low) return std::nullopt;
  reader.low_ = *low;
  if (*differ <= kPlane) return reader;
  const auto high = take_bytes(bytes, *cells);
  if (!high) return std::nullopt;
  reader.high_ = *high;
  return reader;
}

std::optional<std::string_view> CellReader::next() {
  if (differ_.empty()) return take_sized(plain_);
  if (at_ == low_.size()) return std::nullopt;
  const auto byte = [this](std::string_view plane) {
    return plane.empty() ? std::size_t{0} : static_cast<unsigned char>(plane[at_]);
  };
  const std::size_t told = byte(low_) + kPlane * byte(high_);
  ++at_;
  place_ = steps_ ? (place_ + told) % differ_.size() : told;
  if (place_ >= differ_.size()) return std::nullopt;
  return differ_[place_];
}

}  // namespace entente::statistics
