#include <algorithm>

#include "server/statistics/series/part.h"
#include "server/statistics/series/record.pb.h"

namespace entente::statistics {
namespace {

Status unreadable(const char* what) {
  return Status(Code::DataLoss, Reason::None, "some figures cannot be read").with_detail(what);
}

}  // namespace

Result<std::shared_ptr<const PartHeader>> read_header(store::Snapshot& snapshot,
                                                      const store::Id& id) {
  ENTENTE_TRY(const std::optional<std::string> bytes,
              snapshot.find(store::Key(index_table).id(id).number(0)));
  record::Part row;
  if (!bytes || !row.ParseFromString(*bytes)) return unreadable("part header");
  auto header = std::make_shared<PartHeader>();
  header->id = id;
  for (const auto& one : row.dimensions()) header->dimensions.add(one.codes());
  for (const auto& one : row.attributes()) header->attributes.add(one.codes());
  header->dimensions.shrink();
  header->attributes.shrink();
  header->series = row.series();
  header->observations = row.observations();
  header->gone = row.gone();
  std::uint32_t first = 0;
  for (const std::uint32_t series : row.block_series()) {
    header->block_first.push_back(first);
    first += series;
  }
  if (first != row.series()) return unreadable("part header's blocks");
  header->index_first.assign(row.index_lists().begin(), row.index_lists().end());
  header->first_day = row.first_day();
  header->last_day = row.last_day();
  header->bytes = row.bytes() + bytes->size();
  return std::shared_ptr<const PartHeader>(std::move(header));
}

std::size_t IndexCache::Hash::operator()(const Place& place) const {
  std::uint64_t random = 0;  // ids are
  std::memcpy(&random, place.first.view().data(), sizeof random);
  return static_cast<std::size_t>((random ^ place.second) * 0x9e37'79b9'7f4a'7c15ULL >> 7);
}

template <typename Value>
Value IndexCache::Kept<Value>::find(const Place& place) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(place);
  if (found == places_.end()) return nullptr;
  held_.splice(held_.begin(), held_, found->second);
  return found->second->value;
}

template <typename Value>
void IndexCache::Kept<Value>::keep(const Place& place, Value value, std::size_t bytes) {
  if (bytes > bytes_max_) return;
  const std::lock_guard lock(mutex_);
  if (places_.count(place) != 0) return;
  held_.push_front({.place = place, .value = std::move(value), .bytes = bytes});
  places_[place] = held_.begin();
  bytes_ += bytes;
  for (; bytes_ > bytes_max_; held_.pop_back()) {
    bytes_ -= held_.back().bytes;
    places_.erase(held_.back().place);
  }
}

void IndexCache::keep(const Place& place, Lists lists) {
  std::size_t bytes = 256;
  for (const SeriesSet& set : *lists) bytes += set.getSizeInBytes() + 64;
  lists_.keep(place, std::move(lists), bytes);
}

void IndexCache::keep_block(const Place& place, BlockPointer block) {
  const std::size_t bytes = 256 + block->bytes.size() + block->groups.size() * sizeof(Block::Group);
  blocks_.keep(place, std::move(block), bytes);
}

namespace {

Result<IndexCache::Lists> read_lists(store::Snapshot& snapshot, IndexCache& cache,
                                     const PartHeader& part, std::uint32_t row) {
  const IndexCache::Place place(part.id, row);
  if (IndexCache::Lists kept = cache.find(place)) return kept;
  ENTENTE_TRY(const std::optional<std::string> bytes,
              snapshot.find(store::Key(index_table).id(part.id).number(row + 1)));
  if (!bytes) return unreadable("index row");
  auto lists = std::make_shared<std::vector<SeriesSet>>();
  for (std::string_view rest = *bytes; !rest.empty();) {
    const auto length = take_varint(rest);
    if (!length || *length > rest.size()) return unreadable("index list");
    try {
      lists->push_back(SeriesSet::readSafe(rest.data(), *length));
    } catch (const std::exception&) {
      return unreadable("index list");
    }
    rest.remove_prefix(*length);
  }
  cache.keep(place, lists);
  return IndexCache::Lists(std::move(lists));
}

}  // namespace

Result<SeriesSet> find_series(store::Snapshot& snapshot, IndexCache& cache, const PartHeader& part,
                              const Wanted& wanted) {
  SeriesSet all;
  all.addRange(0, part.series);
  if (!part.has_index()) return all;
  std::uint32_t list_of_dimension = 0;
  for (std::size_t d = 0; d < part.dimensions.size(); ++d) {
    const std::uint32_t base = list_of_dimension;
    list_of_dimension += static_cast<std::uint32_t>(part.dimensions[d].size());
    if (!wanted[d]) continue;
    SeriesSet any;
    IndexCache::Lists lists;
    std::size_t loaded = SIZE_MAX;
    for (const std::uint32_t code : *wanted[d]) {
      const std::uint32_t list = base + code;
      if (!part.lists_in_memory.empty()) {
        any |= part.lists_in_memory[list];
        continue;
      }
      const auto row = static_cast<std::size_t>(
          std::upper_bound(part.index_first.begin(), part.index_first.end(), list) -
          part.index_first.begin() - 1);
      if (row != loaded) {
        ENTENTE_TRY(lists, read_lists(snapshot, cache, part, static_cast<std::uint32_t>(row)));
        loaded = row;
      }
      const std::size_t at = list - part.index_first[row];
      if (at >= lists->size()) return unreadable("index list");
      any |= (*lists)[at];
    }
    all &= any;
    if (all.isEmpty()) break;
  }
  return all;
}

// A block is: how many groups; of each its series and bytes; the groups.
Result<BlockPointer> read_block(std::string bytes, std::uint32_t first) {
  auto block = std::make_shared<Block>();
  std::string_view rest = bytes;
  const auto count = take_varint(rest);
  if (!count || *count > rest.size()) return unreadable("block");
  std::uint64_t offset = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto held = take_varint(rest);
    const auto size = take_varint(rest);
    if (!held || !size || *held == 0 || *held > group_series_max || *size > bytes.size()) {
      return unreadable("block");
    }
    block->groups.push_back({.first = first,
                             .series = static_cast<std::uint32_t>(*held),
                             .offset = static_cast<std::uint32_t>(offset),
                             .bytes = static_cast<std::uint32_t>(*size)});
    first += static_cast<std::uint32_t>(*held);
    offset += *size;
  }
  if (offset != rest.size()) return unreadable("block");
  const auto head = static_cast<std::uint32_t>(bytes.size() - rest.size());
  for (Block::Group& one : block->groups) one.offset += head;
  block->bytes = std::move(bytes);
  block->bytes.append(bits_slack_bytes, '\0');
  return BlockPointer(std::move(block));
}

PartCursor::PartCursor(store::Snapshot& snapshot, IndexCache& cache, const PartHeader& part,
                       const SeriesSet& series)
    : snapshot_(snapshot), cache_(cache), part_(part) {
  const std::uint64_t count = series.cardinality();
  all_ = count == part.series;
  if (all_) return;
  series_.resize(count);
  series.toUint32Array(series_.data());
}

Status PartCursor::next_group() {
  pending_ = 0;
  over_ = at_ == (all_ ? part_.series : series_.size());
  if (over_) return {};
  const std::uint32_t first = all_ ? static_cast<std::uint32_t>(at_) : series_[at_];
  const auto block = static_cast<std::uint32_t>(
      std::upper_bound(part_.block_first.begin(), part_.block_first.end(), first) -
      part_.block_first.begin() - 1);
  if (number_ != block) ENTENTE_TRY_VOID(load(block));
  const auto after = std::upper_bound(
      block_->groups.begin(), block_->groups.end(), first,
      [](std::uint32_t series, const Block::Group& one) { return series < one.first; });
  if (after == block_->groups.begin()) return unreadable("block");
  const Block::Group& group = *std::prev(after);
  const std::string_view bytes = block_->bytes;
  if (first - group.first >= group.series ||
      !view_.open(bytes.substr(group.offset, group.bytes), part_.width(),
                  static_cast<std::uint32_t>(part_.attributes.size())) ||
      view_.series() != group.series) {
    return unreadable("group");
  }
  if (all_) {
    pending_ = low_bits(group.series);
    at_ += group.series;
    return {};
  }
  for (; at_ < series_.size() && series_[at_] < group.first + group.series; ++at_) {
    pending_ |= std::uint64_t{1} << (series_[at_] - group.first);
  }
  return {};
}

// A snapshot that is read for somebody tells when they have gone, but only if it is asked: now and
// then it is, though all that is read is in memory.
Status PartCursor::look_up() {
  constexpr std::uint32_t blocks = 4;
  if (++loads_ % blocks != 0) return {};
  return snapshot_.find(store::Key(blocks_table).id(part_.id).number(UINT64_MAX)).status();
}

Status PartCursor::load(std::uint32_t block) {
  number_.reset();
  ENTENTE_TRY_VOID(look_up());
  if (!part_.in_memory.empty()) {
    block_ = part_.in_memory[block];
    number_ = block;
    return {};
  }
  const IndexCache::Place place(part_.id, block);
  block_ = cache_.find_block(place);
  if (!block_) {
    ENTENTE_TRY(std::optional<std::string> bytes,
                snapshot_.find(store::Key(blocks_table).id(part_.id).number(block)));
    if (!bytes) return unreadable("block row");
    ENTENTE_TRY(block_, read_block(*std::move(bytes), part_.block_first[block]));
    cache_.keep_block(place, block_);
  }
  number_ = block;
  return {};
}

}  // namespace entente::statistics
