#include "server/statistics/series/part.h"

#include <algorithm>

#include "proto/contract/limits.h"
#include "server/statistics/series/group.h"
#include "server/statistics/series/record.pb.h"
#include "server/store/seal.h"

namespace entente::statistics {
namespace {

// Large enough that a seal and a row's own cost are small beside it, small enough that who wants
// one series of it does not wait.
constexpr std::size_t kBlockBytes = 16 * 1024;
constexpr std::size_t kIndexRowBytes = 32 * 1024;
constexpr std::size_t kStageBytes = 4 << 20;
// With fewer series it is cheaper to look at all of them than to keep an index.
constexpr std::uint32_t kIndexedSeriesMin = 2 * group_series_max + 1;
constexpr std::size_t kTagBytes = 16;

store::Key header_key(const store::Id& part) { return store::Key(index_table).id(part).number(0); }

}  // namespace

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> PartHeader::find(std::size_t dimension, std::string_view code) const {
  return dimensions[dimension].find(code);
}

// --- Stage ---------------------------------------------------------------------------------------

Status Stage::put(store::Key key, std::string value) {
  pending_ += value.size();
  bytes_ +=
      key.bytes().size() + store::seal_header_bytes + store::padded_bytes(value.size()) + kTagBytes;
  rows_.push_back({.key = std::move(key), .value = std::move(value), .seal = seal_});
  return pending_ < kStageBytes ? Status() : flush();
}

Status Stage::flush() {
  if (rows_.empty()) return {};
  const Status staged = store_.stage(rows_);
  rows_.clear();
  pending_ = 0;
  return staged;
}

Status Stage::erase(const store::Id& part) {
  ENTENTE_TRY_VOID(flush());
  const auto snapshot = store_.snapshot();
  for (const store::Table table : {blocks_table, index_table}) {
    const auto cursor = snapshot->scan(store::Key(table).id(part));
    for (; cursor->valid(); cursor->next()) {
      rows_.push_back({.key = store::Key(table).octets(cursor->key_bytes().substr(1)),
                       .value = std::nullopt,
                       .seal = {}});
      if (rows_.size() >= 4'096) ENTENTE_TRY_VOID(flush());
    }
    ENTENTE_TRY_VOID(cursor->status());
  }
  return flush();
}

// --- PartWriter ----------------------------------------------------------------------------------

PartWriter::PartWriter(Stage* stage, const store::Id& id,
                       const std::vector<std::vector<std::string>>& dimensions,
                       const std::vector<std::vector<std::string>>& attributes, bool indexed)
    : stage_(stage) {
  header_.id = id;
  header_.dimensions = CodeLists(dimensions);
  header_.attributes = CodeLists(attributes);
  header_.bytes = stage_ == nullptr ? 0 : stage_->bytes();
  spans_.fill({.first = INT32_MAX, .last = INT32_MIN});
  pending_.width = header_.width();
  pending_.attributes = static_cast<std::uint32_t>(header_.attributes.size());
  if (stage_ == nullptr && !indexed) return;
  for (const auto& codes : dimensions) lists_.emplace_back(codes.size());
  runs_.resize(header_.dimensions.size());
}

Status PartWriter::add(const Columns& columns, std::size_t series, std::size_t from) {
  std::uint32_t left = columns.counts[series];
  while (left > 0) {
    const std::uint32_t now = std::min(left, entry_observations_max);
    ENTENTE_TRY_VOID(add_entry(columns, series, from, now));
    from += now;
    left -= now;
  }
  return {};
}

Status PartWriter::add_entry(const Columns& columns, std::size_t series, std::size_t from,
                             std::uint32_t count) {
  if (noted_ >= limits::part_series_max) {
    return {Code::ResourceExhausted, Reason::LimitReached, "the file has too many series"};
  }
  if (pending_.series() > 0 && (pending_.series() >= group_series_max ||
                                pending_.observations() + count > group_observations_max)) {
    ENTENTE_TRY_VOID(close_group());
  }
  const auto key = columns.key(series);
  note_key(key);
  pending_.keys.insert(pending_.keys.end(), key.begin(), key.end());
  pending_.counts.push_back(count);
  const auto end = from + count;
  const auto copy = [&](const auto& all, auto& to, std::size_t per) {
    to.insert(to.end(), all.begin() + static_cast<std::ptrdiff_t>(from * per),
              all.begin() + static_cast<std::ptrdiff_t>(end * per));
  };
  copy(columns.ordinals, pending_.ordinals, 1);
  copy(columns.kinds, pending_.kinds, 1);
  copy(columns.values, pending_.values, 1);
  copy(columns.codes, pending_.codes, columns.attributes);
  Ordinals& span = spans_[static_cast<std::size_t>(columns.frequency(series)) % frequencies];
  span.first = std::min(span.first, columns.ordinals[from]);
  span.last = std::max(span.last, columns.ordinals[end - 1]);
  header_.observations += count;
  for (std::size_t i = from; i < end; ++i) header_.gone += is_gone(columns.kinds[i]) ? 1 : 0;
  return {};
}

void PartWriter::note_key(std::span<const std::uint32_t> key) {
  for (std::size_t d = 0; d < runs_.size(); ++d) {
    auto& [code, since] = runs_[d];
    if (noted_ > 0 && code == key[d]) continue;
    if (noted_ > 0) lists_[d][code].addRange(since, noted_);
    code = key[d];
    since = noted_;
  }
  ++noted_;
}

Status PartWriter::close_group() {
  if (pending_.series() == 0) return {};
  const std::size_t before = groups_.size();
  pack_group(pending_, groups_);
  const auto series = static_cast<std::uint32_t>(pending_.series());
  in_block_.emplace_back(series, static_cast<std::uint32_t>(groups_.size() - before));
  block_series_ += series;
  pending_.clear();
  return groups_.size() < kBlockBytes ? Status() : close_block();
}

// A block is: how many groups; of each its series and bytes; the groups.
Status PartWriter::close_block() {
  if (in_block_.empty()) return {};
  std::string block;
  append_varint(block, in_block_.size());
  for (const auto& [series, bytes] : in_block_) {
    append_varint(block, series);
    append_varint(block, bytes);
  }
  block += groups_;
  const std::uint64_t number = header_.block_first.size();
  header_.block_first.push_back(header_.series);
  header_.series += block_series_;
  groups_.clear();
  in_block_.clear();
  block_series_ = 0;
  if (block.size() > limits::store_value_bytes_max) {
    return {Code::ResourceExhausted, Reason::LimitReached, "some series are too large"};
  }
  if (stage_ == nullptr) {
    header_.bytes += block.size();
    ENTENTE_TRY(header_.in_memory.emplace_back(),
                read_block(std::move(block), header_.block_first.back()));
    return {};
  }
  return stage_->put(store::Key(blocks_table).id(header_.id).number(number), std::move(block));
}

void PartWriter::end_lists() {
  for (std::size_t d = 0; d < runs_.size(); ++d) {
    lists_[d][runs_[d].first].addRange(runs_[d].second, noted_);
  }
}

void PartWriter::keep_lists() {
  if (header_.series < kIndexedSeriesMin) return;
  for (auto& lists : lists_) {
    for (SeriesSet& set : lists) {
      set.runOptimize();
      set.shrinkToFit();
      header_.bytes += set.getSizeInBytes();
      header_.lists_in_memory.push_back(std::move(set));
    }
  }
}

// An index row is its lists one after the other, each with its length before it.
Status PartWriter::write_index() {
  if (header_.series < kIndexedSeriesMin) return {};
  std::string row;
  std::uint32_t list = 0;
  std::uint32_t first = 0;
  const auto close = [&]() -> Status {
    header_.index_first.push_back(first);
    first = list;
    const std::uint64_t number = header_.index_first.size();
    return stage_->put(store::Key(index_table).id(header_.id).number(number),
                       std::exchange(row, {}));
  };
  for (std::size_t d = 0; d < lists_.size(); ++d) {
    for (SeriesSet& set : lists_[d]) {
      set.runOptimize();
      const std::size_t bytes = set.getSizeInBytes();
      if (!row.empty() && row.size() + bytes > kIndexRowBytes) ENTENTE_TRY_VOID(close());
      append_varint(row, bytes);
      const std::size_t at = row.size();
      row.resize(at + bytes);
      set.write(row.data() + at);
      set = SeriesSet();
      ++list;
    }
  }
  return close();
}

void PartWriter::note_days() {
  header_.first_day = INT32_MAX;
  header_.last_day = INT32_MIN;
  for (std::uint32_t f = 0; f < frequencies; ++f) {
    if (spans_[f].first > spans_[f].last) continue;
    const auto frequency = static_cast<Frequency>(f);
    header_.first_day = std::min(header_.first_day, first_day({frequency, spans_[f].first}));
    header_.last_day = std::max(header_.last_day, last_day({frequency, spans_[f].last}));
  }
}

Result<PartHeader> PartWriter::finish() {
  ENTENTE_TRY_VOID(close_group());
  ENTENTE_TRY_VOID(close_block());
  ENTENTE_CHECK(header_.series == noted_ && noted_ > 0);
  note_days();
  end_lists();
  if (stage_ == nullptr) {
    keep_lists();
    return std::move(header_);
  }
  ENTENTE_TRY_VOID(write_index());
  ENTENTE_TRY_VOID(write_header());
  return std::move(header_);
}

Status PartWriter::write_header() {
  record::Part row;
  for (std::size_t d = 0; d < header_.dimensions.size(); ++d) {
    auto& codes = *row.add_dimensions()->mutable_codes();
    for (const std::string_view code : header_.dimensions[d]) *codes.Add() = code;
  }
  for (std::size_t a = 0; a < header_.attributes.size(); ++a) {
    auto& codes = *row.add_attributes()->mutable_codes();
    for (const std::string_view code : header_.attributes[a]) *codes.Add() = code;
  }
  row.set_series(header_.series);
  row.set_observations(header_.observations);
  row.set_gone(header_.gone);
  row.set_blocks(static_cast<std::uint32_t>(header_.block_first.size()));
  for (std::size_t i = 0; i < header_.block_first.size(); ++i) {
    const bool last = i + 1 == header_.block_first.size();
    row.add_block_series((last ? header_.series : header_.block_first[i + 1]) -
                         header_.block_first[i]);
  }
  for (const std::uint32_t first : header_.index_first) row.add_index_lists(first);
  row.set_first_day(header_.first_day);
  row.set_last_day(header_.last_day);
  header_.bytes = stage_->bytes() - header_.bytes;
  row.set_bytes(header_.bytes);
  std::string bytes = row.SerializeAsString();
  if (bytes.size() > limits::store_value_bytes_max) {
    return {Code::ResourceExhausted, Reason::LimitReached, "the file has too many codes"};
  }
  header_.bytes += bytes.size();
  return stage_->put(header_key(header_.id), std::move(bytes));
}

}  // namespace entente::statistics
