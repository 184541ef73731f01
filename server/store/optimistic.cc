#include "server/store/optimistic.h"

#include <algorithm>
#include <utility>

#include "proto/contract/status.h"

namespace entente::store {

std::optional<std::string> end_of_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

std::string after(std::string_view key) {
  std::string next(key);
  next.push_back('\0');
  return next;
}

std::size_t ReadSet::add_range(std::string first) {
  std::string end = first;
  ranges_.push_back({.first = std::move(first), .end = std::move(end)});
  return ranges_.size() - 1;
}

void RecentWrites::add(std::uint64_t index, std::vector<std::string> keys) {
  ENTENTE_CHECK(commits_.empty() || index > commits_.back().index);
  for (const std::string& key : keys) last_[key] = index;
  rows_ += keys.size();
  commits_.push_back({.index = index, .keys = std::move(keys)});
  while (rows_ > rows_max_) drop_oldest();
}

bool RecentWrites::conflicts(const ReadSet& reads, std::uint64_t since) const {
  if (reads.points().empty() && reads.ranges().empty()) return false;
  if (since < known_from_) return true;
  if (commits_.empty() || commits_.back().index < since) return false;
  for (const std::string& point : reads.points()) {
    const auto written = last_.find(point);
    if (written != last_.end() && written->second >= since) return true;
  }
  return std::any_of(reads.ranges().begin(), reads.ranges().end(), [&](const Range& range) {
    const auto end = range.end ? last_.lower_bound(*range.end) : last_.end();
    // An empty range that lies after its own end would walk past it.
    if (range.end && *range.end <= range.first) return false;
    return std::any_of(last_.lower_bound(range.first), end,
                       [&](const auto& written) { return written.second >= since; });
  });
}

void RecentWrites::forget_below(std::uint64_t floor) {
  while (!commits_.empty() && commits_.front().index < floor) drop_oldest();
  known_from_ = std::max(known_from_, floor);
}

void RecentWrites::forget_from(std::uint64_t size) {
  while (!commits_.empty() && commits_.back().index >= size) {
    rows_ -= commits_.back().keys.size();
    commits_.pop_back();
  }
  // An abandoned commit may have hidden an older one: rebuild what stays.
  last_.clear();
  for (const Written& commit : commits_) {
    for (const std::string& key : commit.keys) last_[key] = commit.index;
  }
}

void RecentWrites::drop_oldest() {
  const Written oldest = std::move(commits_.front());
  commits_.pop_front();
  rows_ -= oldest.keys.size();
  for (const std::string& key : oldest.keys) {
    const auto written = last_.find(key);
    if (written != last_.end() && written->second == oldest.index) last_.erase(written);
  }
  known_from_ = std::max(known_from_, oldest.index + 1);
}

}  // namespace entente::store
