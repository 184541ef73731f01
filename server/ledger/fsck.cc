#include "server/ledger/fsck.h"

#include <utility>

#include "proto/contract/bytes.h"
#include "server/ledger/tree.h"
#include "server/ledger/tree_ledger.h"

namespace entente::ledger {
namespace {

void complain(FsckReport& report, std::string problem) {
  ++report.problem_count;
  if (report.problems.size() < fsck_problems_max) report.problems.push_back(std::move(problem));
}

// A value, or nothing after it was complained of. Unavailable ends the walk.
Result<std::optional<std::string>> value_of(store::Cursor& cursor, FsckReport& report,
                                            const std::string& what) {
  using Found = std::optional<std::string>;
  Result<std::string> value = cursor.value();
  if (value.ok()) return Found(*std::move(value));
  if (value.status().code() != Code::DataLoss) return value.status();
  complain(report, what + " does not authenticate");
  return Found();
}

class Walk {
 public:
  Walk(store::Snapshot& snapshot, std::uint64_t size, const Rooms& rooms)
      : snapshot_(snapshot),
        size_(size),
        rooms_(rooms),
        written_(snapshot, [this](std::string problem) { complain(report_, std::move(problem)); }) {
  }

  Result<FsckReport> run() {
    ENTENTE_TRY_VOID(walk_entries());
    ENTENTE_TRY_VOID(walk_tiles());
    ENTENTE_TRY_VOID(written_.check_rows(rooms_));
    report_.rows = written_.rows();
    report_.silent = written_.silent();
    report_.root = tree_.root();
    return std::move(report_);
  }

 private:
  Status walk_entries() {
    const auto cursor = snapshot_.scan(store::Key(entries_table));
    std::uint64_t next = 0;
    for (; cursor->valid(); cursor->next()) {
      const std::string_view components = cursor->key_bytes().substr(1);
      if (components.size() != 8) {
        complain(report_, "a row of the entries has a key of another shape");
        continue;
      }
      const std::uint64_t index = read_u64(components);
      for (; next < index && next < size_; ++next) missing(next);
      if (index >= size_) {
        complain(report_, "entry " + std::to_string(index) + " stands beyond the ledger's size");
        continue;
      }
      using Found = std::optional<std::string>;
      ENTENTE_TRY(const Found value, value_of(*cursor, report_, "entry " + std::to_string(index)));
      if (value) ENTENTE_TRY_VOID(take_entry(index, *value));
      next = index + 1;
    }
    ENTENTE_TRY_VOID(cursor->status());
    for (; next < size_; ++next) missing(next);
    return {};
  }

  void missing(std::uint64_t index) {
    complain(report_, "entry " + std::to_string(index) + " is missing");
  }

  Status take_entry(std::uint64_t index, std::string_view value) {
    const Result<StoredEntry> stored = parse_stored(index, value);
    if (!stored.ok()) {
      const std::string_view detail = stored.status().detail();
      complain(report_, detail.empty() ? "entry " + std::to_string(index) + " is no entry"
                                       : std::string(detail));
      return {};
    }
    const Entry& entry = stored->entry;
    if (entry.time < last_time_) {
      complain(report_, "entry " + std::to_string(index) + " is earlier than the one before it");
    }
    last_time_ = entry.time;
    ++report_.entries;
    if (entry.act.revision > 0) {
      report_.objects[entry.act.object] = {.revision = entry.act.revision,
                                           .digest = entry.act.object_digest};
    }
    if (tree_.size() == index) {  // after a gap no tile can be made anew
      tree_.append(stored->leaf, [this](const TileName& name, std::string bytes) {
        tiles_[tile_key(name).bytes()] = sha256(bytes);
      });
    }
    return written_.take(index, stored->blinding);
  }

  Status walk_tiles() {
    if (tree_.size() != size_) return {};  // it is known to be broken
    const auto cursor = snapshot_.scan(store::Key(tiles_table));
    for (; cursor->valid(); cursor->next()) {
      const std::string key(cursor->key_bytes());
      const std::string what = "tile " + to_hex(std::string_view(key).substr(1));
      const auto expected = tiles_.find(key);
      if (expected == tiles_.end()) {
        complain(report_, what + " stands where none belongs");
        continue;
      }
      using Found = std::optional<std::string>;
      ENTENTE_TRY(const Found value, value_of(*cursor, report_, what));
      if (value && sha256(*value) != expected->second) {
        complain(report_, what + " is not over the entries below it");
      }
      tiles_.erase(expected);
    }
    ENTENTE_TRY_VOID(cursor->status());
    for (const auto& [key, digest] : tiles_) {
      complain(report_, "tile " + to_hex(std::string_view(key).substr(1)) + " is missing");
    }
    return {};
  }

  store::Snapshot& snapshot_;
  std::uint64_t size_;
  const Rooms& rooms_;
  FsckReport report_;
  WrittenFold written_;
  Instant last_time_{};
  Tree tree_;
  std::map<std::string, Digest> tiles_;  // by key, made anew
};

}  // namespace

Result<FsckReport> fsck(store::Snapshot& snapshot, std::uint64_t size, const Rooms& rooms) {
  return Walk(snapshot, size, rooms).run();
}

Status compare_objects(FsckReport& report, const CurrentState& current) {
  for (const auto& [name, last] : report.objects) {
    using Found = std::optional<ObjectState>;
    Result<Found> found = current(name);
    if (!found.ok() && found.status().code() != Code::DataLoss) return found.status();
    if (!found.ok()) {
      complain(report, name + " does not authenticate");
    } else if (!*found) {
      if (!last.digest.empty()) complain(report, name + " is gone, and the ledger does not say so");
    } else if ((*found)->revision != last.revision) {
      complain(report, name + " is at revision " + std::to_string((*found)->revision) +
                           ", the ledger says " + std::to_string(last.revision));
    } else if (!last.digest.empty() && !(*found)->digest.empty() &&
               (*found)->digest != last.digest) {
      complain(report, name + " is not what the ledger says that it is");
    }
  }
  return {};
}

}  // namespace entente::ledger
