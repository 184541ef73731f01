#include "server/ledger/written.h"

#include <algorithm>
#include <utility>

#include "proto/contract/act_proof.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/entry.h"
#include "server/store/written.h"

namespace entente::ledger {
namespace {

constexpr std::size_t kPartBytes = 512 * 1024;
// Enough that nobody finds another of the same, and half the memory.
constexpr std::size_t kCutBytes = 16;
// The store's and the ledger's own: docs/key-layout.md.
constexpr unsigned kTablesOfRooms = 0x20;
constexpr unsigned kTables = 0x100;
// Before a binding: no key has that size.
constexpr char kBound = 0;

std::string cut(const Digest& digest) { return std::string(as_view(digest).substr(0, kCutBytes)); }

std::uint64_t index_in(std::string_view key) { return read_u64(key.substr(1)); }

}  // namespace

std::string BlindingParts::inner() const { return std::string(as_view(sha256({nonce, written}))); }

std::string BlindingParts::blinding() const {
  return binding.empty() ? inner() : bound_blinding(inner(), binding);
}

std::string BlindingParts::words() const {
  std::string words(nonce);
  if (!binding.empty()) words.append(1, kBound).append(binding);
  return words.append(written);
}

std::optional<BlindingParts> BlindingParts::in(std::string_view words) {
  if (words.size() < blinding_bytes) return std::nullopt;
  BlindingParts parts{.nonce = words.substr(0, blinding_bytes),
                      .binding = {},
                      .written = words.substr(blinding_bytes)};
  if (!parts.written.starts_with(kBound)) return parts;
  if (parts.written.size() < 1 + sizeof(Digest)) return std::nullopt;
  parts.binding = parts.written.substr(1, sizeof(Digest));
  parts.written.remove_prefix(1 + sizeof(Digest));
  return parts;
}

Result<std::string> inner_of(store::Snapshot& snapshot, std::uint64_t index) {
  const auto cursor = snapshot.scan(store::Key(written_table).number(index));
  std::string words;
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string part, cursor->value());
    words += part;
  }
  ENTENTE_TRY_VOID(cursor->status());
  const std::optional<BlindingParts> parts = BlindingParts::in(words);
  if (!parts) return Status(Code::NotFound, Reason::None, "the entry does not say what it wrote");
  return parts->inner();
}

void put_written(std::uint64_t index, const BlindingParts& parts, store::Rows& rows) {
  const std::string words = parts.words();
  const store::Key key = store::Key(written_table).number(index);
  for (std::size_t part = 0; part * kPartBytes < words.size(); ++part) {
    rows.put(key.number(part), words.substr(part * kPartBytes, kPartBytes));
  }
}

WrittenFold::WrittenFold(store::Snapshot& snapshot, Complain complain)
    : snapshot_(snapshot),
      complain_(std::move(complain)),
      cursor_(snapshot.scan(store::Key(written_table))) {}

Status WrittenFold::read(std::uint64_t index, std::string& words) {
  for (std::uint64_t part = 0; cursor_->valid(); cursor_->next(), ++part) {
    const std::string_view key = cursor_->key_bytes();
    if (key.size() != 1 + 8 + 8 || index_in(key) > index) return {};
    if (index_in(key) < index || read_u64(key.substr(9)) != part) {
      complain_("a row of what entry " + std::to_string(index_in(key)) +
                " wrote stands where none belongs");
      continue;
    }
    const Result<std::string> value = cursor_->value();
    if (value.ok()) {
      words += *value;
    } else if (value.status().code() != Code::DataLoss) {
      return value.status();
    }
  }
  return cursor_->status();
}

Status WrittenFold::take(std::uint64_t index, std::string_view blinding) {
  std::string words;
  ENTENTE_TRY_VOID(read(index, words));
  if (words.empty() && !spoken_) {
    ++silent_;
    return {};
  }
  spoken_ = true;
  const std::string entry = "entry " + std::to_string(index);
  const std::optional<BlindingParts> parts = BlindingParts::in(words);
  if (!parts) {
    complain_(entry + " does not say what it wrote");
    return {};
  }
  if (parts->blinding() != blinding) {
    complain_(entry + " did not write what is said of it");
    return {};
  }
  const Status read = store::each_written(
      parts->written, [&](std::string_view key, const std::optional<Digest>& digest) {
        const auto table = static_cast<unsigned char>(key.front());
        if (table < kTablesOfRooms) return;
        last_[cut(sha256(key))] = {.index = index, .digest = digest ? cut(*digest) : ""};
      });
  if (!read.ok()) complain_(entry + " did not write what is said of it");
  return {};
}

void WrittenFold::check_row(std::string_view key, std::string_view value) {
  const auto found = last_.find(cut(sha256(key)));
  const std::string row = "row " + to_hex(key);
  if (found == last_.end()) {
    if (silent_ == 0) complain_(row + " was written by no entry");
    return;
  }
  const Last last = std::move(found->second);
  last_.erase(found);
  const std::string entry = "entry " + std::to_string(last.index);
  if (last.digest.empty()) {
    complain_(row + " stands, though " + entry + " erased it");
  } else if (last.digest != cut(sha256(value))) {
    complain_(row + " is not as " + entry + " left it");
  } else {
    ++rows_;
  }
}

// The commit that destroys an object erases its rows before their key goes, so in a store that
// still has such a row its key has no business to be gone.
Status WrittenFold::check_unreadable(std::string_view key, const Rooms& rooms) {
  const auto found = last_.find(cut(sha256(key)));
  const std::string by =
      found == last_.end() ? "" : ", of entry " + std::to_string(found->second.index) + ",";
  if (found != last_.end()) last_.erase(found);
  if (rooms.anew) {
    const store::Key row = store::Key(static_cast<store::Table>(key.front())).octets(key.substr(1));
    const auto now = rooms.anew()->find(row);
    if (now.ok()) return {};
    if (now.status().code() != Code::DataLoss) return now.status();
  }
  complain_("row " + to_hex(key) + by + " does not authenticate");
  return {};
}

Status WrittenFold::check_table(store::Table table, const Rooms& rooms) {
  const auto cursor = snapshot_.scan(store::Key(table));
  for (; cursor->valid(); cursor->next()) {
    const Result<std::string> value = cursor->value();
    if (value.ok()) {
      check_row(cursor->key_bytes(), *value);
    } else if (value.status().code() == Code::DataLoss) {
      ENTENTE_TRY_VOID(check_unreadable(cursor->key_bytes(), rooms));
    } else {
      return value.status();
    }
  }
  return cursor->status();
}

Status WrittenFold::check_rows(const Rooms& rooms) {
  // All of them: one that no commit has written holds nothing.
  for (unsigned number = kTablesOfRooms; number < kTables; ++number) {
    const auto table = static_cast<store::Table>(number);
    if (!rooms.staged.contains(table)) ENTENTE_TRY_VOID(check_table(table, rooms));
  }
  std::vector<std::uint64_t> gone;
  for (const auto& [key, last] : last_) {
    if (!last.digest.empty()) gone.push_back(last.index);
  }
  std::sort(gone.begin(), gone.end());
  for (const std::uint64_t index : gone) {
    complain_("a row that entry " + std::to_string(index) + " wrote is gone");
  }
  return {};
}

}  // namespace entente::ledger
