// Random interleaved transactions over both engines, held against a model that is too simple to be
// wrong: every state that ever was, kept whole, and reads compared key by key.
#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/store/stores.h"

namespace entente::store {
namespace {

constexpr Table table{0xf0};
using Rows = std::map<std::string, std::string>;

// Few keys, so that they meet; with 0xff, where prefixes end.
Key key_of(const std::string& letters) { return Key(table).octets(letters); }
const std::string letters = "ab\xff";

std::string any_letters(std::size_t most) {
  const std::size_t count = *rc::gen::inRange<std::size_t>(0, most + 1);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.push_back(*rc::gen::elementOf(letters));
  return text;
}

struct Model {
  std::vector<Rows> states{Rows()};
  std::vector<std::set<std::string>> written;  // by commit
};

struct ModelTransaction {
  std::size_t since;
  std::map<std::string, std::optional<std::string>> own;
  std::set<std::string> points;
  std::vector<std::pair<std::string, std::string>> spans;  // both ends included
  std::unique_ptr<Transaction> real;

  [[nodiscard]] Rows sees(const Model& model) const {
    Rows rows = model.states[since];
    for (const auto& [key, value] : own) {
      rows.erase(key);
      if (value) rows.emplace(key, *value);
    }
    return rows;
  }

  [[nodiscard]] bool lost(const Model& model) const {
    for (std::size_t commit = since; commit < model.written.size(); ++commit) {
      for (const std::string& key : model.written[commit]) {
        if (points.contains(key)) return true;
        for (const auto& [first, last] : spans) {
          if (first <= key && key <= last) return true;
        }
      }
    }
    return false;
  }
};

// After a prefix: above every key that begins with it.
const std::string beyond(8, '\xff');

void look_up(const Model& model, ModelTransaction& transaction) {
  const Key key = key_of(any_letters(2));
  const Rows rows = transaction.sees(model);
  const auto expected = rows.find(key.bytes());
  const auto found = transaction.real->find(key);
  RC_ASSERT(found.ok());
  RC_ASSERT(found->has_value() == (expected != rows.end()));
  if (found->has_value()) RC_ASSERT(**found == expected->second);
  if (!transaction.own.contains(key.bytes())) transaction.points.insert(key.bytes());
}

void walk(const Model& model, ModelTransaction& transaction) {
  const Key prefix = key_of(any_letters(1));
  std::optional<Key> from;
  if (*rc::gen::arbitrary<bool>()) from = key_of(any_letters(2));
  const std::size_t most = *rc::gen::inRange<std::size_t>(0, 6);
  const std::string first = from ? std::max(prefix.bytes(), from->bytes()) : prefix.bytes();
  const Rows rows = transaction.sees(model);
  auto expected = rows.lower_bound(first);
  const auto in = [&] {
    return expected != rows.end() && expected->first.starts_with(prefix.bytes());
  };
  const auto cursor = transaction.real->scan(prefix, from);
  std::size_t steps = 0;
  for (; cursor->valid() && steps < most; cursor->next(), ++expected, ++steps) {
    RC_ASSERT(in());
    RC_ASSERT(cursor->key_bytes() == expected->first);
    RC_ASSERT(*cursor->value() == expected->second);
  }
  RC_ASSERT(cursor->valid() == in());
  if (!first.starts_with(prefix.bytes())) return;  // begins behind its own prefix: learns nothing
  transaction.spans.emplace_back(first, in() ? expected->first : prefix.bytes() + beyond);
}

void change(ModelTransaction& transaction) {
  const Key key = key_of(any_letters(2));
  if (*rc::gen::inRange(0, 3) == 0) {
    transaction.real->erase(key);
    transaction.own[key.bytes()] = std::nullopt;
    return;
  }
  const std::string value = std::to_string(*rc::gen::arbitrary<std::uint16_t>());
  transaction.real->put(key, value);
  transaction.own[key.bytes()] = value;
}

void commit(Model& model, ModelTransaction& transaction) {
  const bool lost = transaction.lost(model);
  transaction.real->append("entry");
  const Result<CommitIndex> index = transaction.real->commit();
  RC_ASSERT(index.ok() == !lost);
  if (lost) return;
  RC_ASSERT(*index == model.written.size());
  Rows rows = model.states.back();
  std::set<std::string> written;
  for (const auto& [key, value] : transaction.own) {
    written.insert(key);
    rows.erase(key);
    if (value) rows.emplace(key, *value);
  }
  model.states.push_back(std::move(rows));
  model.written.push_back(std::move(written));
}

Rows all_rows(Snapshot& snapshot) {
  Rows rows;
  for (auto cursor = snapshot.scan(Key(table)); cursor->valid(); cursor->next()) {
    rows.emplace(cursor->key_bytes(), *cursor->value());
  }
  return rows;
}

// One world: some dozens of steps over up to four open transactions and some snapshots.
void run_world(Store& store) {
  Model model;
  {
    const auto clear = store.begin();
    for (const auto& [key, value] : all_rows(*store.snapshot())) {
      clear->erase(Key(table).octets(std::string_view(key).substr(1)));
    }
    clear->append("clear");
    RC_ASSERT(clear->commit().ok());
  }
  const CommitIndex base = store.size();
  model.written.resize(base);
  model.states.resize(base + 1);

  std::vector<ModelTransaction> open;
  std::vector<std::pair<std::size_t, std::unique_ptr<Snapshot>>> snapshots;
  const int steps = *rc::gen::inRange(10, 80);
  for (int step = 0; step < steps; ++step) {
    const int act = *rc::gen::inRange(0, 10);
    if (open.empty() || (act == 0 && open.size() < 4)) {
      open.push_back({.since = model.written.size(),
                      .own = {},
                      .points = {},
                      .spans = {},
                      .real = store.begin()});
      continue;
    }
    const std::size_t which = *rc::gen::inRange<std::size_t>(0, open.size());
    if (act <= 2) look_up(model, open[which]);
    if (act == 3 || act == 4) walk(model, open[which]);
    if (act >= 5 && act <= 7) change(open[which]);
    if (act == 8) snapshots.emplace_back(model.written.size(), store.snapshot());
    if (act == 9) {
      commit(model, open[which]);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  for (const auto& [size, snapshot] : snapshots) {
    RC_ASSERT(all_rows(*snapshot) == model.states[size]);
  }
  RC_ASSERT(all_rows(*store.snapshot()) == model.states.back());
  RC_ASSERT(store.size() == model.written.size());
}

}  // namespace

TEMPLATE_TEST_CASE("interleaved transactions do what the model does, and lose when it says so",
                   "[store][property]", OnMemory, OnRocks) {
  TestType on;
  CHECK(rc::check([&] { run_world(*on.store); }));
}

TEST_CASE("a sealed value opens to what was sealed, whatever it was", "[store][seal][property]") {
  SystemEntropy entropy;
  const auto keyring = Keyring::in_memory(entropy);
  CHECK(rc::check([&](const std::string& key, const std::string& value) {
    const std::string bytes = "\xf0" + key;
    const auto sealed = keyring->seal({}, bytes, value);
    RC_ASSERT(sealed.has_value());
    RC_ASSERT(sealed->size() == seal_header_bytes + padded_bytes(value.size()) + xaes_tag_bytes);
    RC_ASSERT(*keyring->unseal(bytes, *sealed) == value);
    RC_ASSERT(!keyring->unseal(bytes + "x", *sealed).ok());
  }));
}

}  // namespace entente::store
