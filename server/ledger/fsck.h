// Reads the whole ledger again and believes none of it: every entry at its place, every tile made
// anew and compared, every row of every room held against the entry that wrote it, every object's
// last change against what its room has now. For operators
// and for tests; a store of a million entries takes seconds, not milliseconds.
//
// Threads: any; works on the snapshot that it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/contract/digest.h"
#include "proto/contract/entry.h"
#include "proto/contract/status.h"
#include "server/ledger/written.h"
#include "server/store/store.h"

namespace entente::ledger {

// What the ledger last said of an object, or what its room has.
struct ObjectState {
  std::uint64_t revision = 0;
  std::string digest;  // SHA-256 of its bytes; empty: it is gone, or its room keeps no digest
  friend bool operator==(const ObjectState&, const ObjectState&) = default;
};

struct FsckReport {
  std::uint64_t entries = 0;          // that were read and are whole
  Digest root{};                      // over them; meaningless if there are problems
  std::vector<std::string> problems;  // at most fsck_problems_max are kept, all are counted
  std::uint64_t problem_count = 0;
  std::map<std::string, ObjectState> objects;  // by name: the last change of each
  std::uint64_t rows = 0;                      // that are as their entries left them (written.h)
  std::uint64_t silent = 0;                    // entries, the first, that are older than such words
  [[nodiscard]] bool clean() const { return problem_count == 0; }
};

inline constexpr std::size_t fsck_problems_max = 1'000;

// Of a ledger of `size` entries. What is wrong is in the report, not a Status.
// Unavailable: the engine could not read.
[[nodiscard]] Result<FsckReport> fsck(store::Snapshot& snapshot, std::uint64_t size,
                                      const Rooms& rooms = {});

// What the room that keeps the object `name` has of it now; nothing if it has no such object.
using CurrentState = std::function<Result<std::optional<ObjectState>>(const std::string& name)>;

// Holds each object of the report against `current` and adds what differs to its problems: an older
// value put back in its place authenticates, but is not what the ledger last said. Digests are
// compared where both have one.
Status compare_objects(FsckReport& report, const CurrentState& current);

}  // namespace entente::ledger
