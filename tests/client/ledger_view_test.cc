// What a client keeps of the ledger, where several commands of one profile keep it together.
#include "client/lib/ledger_view.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "client/lib/state_files.h"
#include "tests/client/fake_server.h"

namespace entente::client {
namespace {

using entente::test::FakeLedger;

// A folder of its own, gone with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kept-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t files() const {
    const std::filesystem::directory_iterator all(path_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

 private:
  std::string path_;
};

std::unique_ptr<LedgerView> view_in(const Folder& folder, const FakeLedger& ledger) {
  Result<std::unique_ptr<LedgerView>> view =
      LedgerView::open(folder.path(), ledger.key().verifier().text());
  REQUIRE(view.ok());
  return std::move(*view);
}

LedgerView::AskConsistency asking(const FakeLedger& ledger) {
  return [&ledger](std::uint64_t old_size, std::uint64_t size) {
    return ledger.consistency(old_size, size);
  };
}

bool is_said_to_lie(const Status& status) {
  return status.code() == Code::DataLoss && status.reason() == Reason::ProofInvalid;
}

}  // namespace

TEST_CASE("what another command has seen is not put back by an older answer", "[client][ledger]") {
  const Folder folder;
  FakeLedger ledger;
  ledger.grow_to(5);
  const auto slow = view_in(folder, ledger);
  REQUIRE(slow->accept(ledger.checkpoint(), asking(ledger)).ok());
  ledger.grow_to(7);
  const std::string late = ledger.checkpoint();
  ledger.grow_to(9);
  const auto quick = view_in(folder, ledger);
  REQUIRE(quick->accept(ledger.checkpoint(), asking(ledger)).ok());

  REQUIRE(slow->accept(late, asking(ledger))->size == 7);  // true, and older
  CHECK(slow->last()->size == 9);
  CHECK(view_in(folder, ledger)->last()->size == 9);

  FakeLedger put_back;
  put_back.grow_to(7);
  CHECK(is_said_to_lie(view_in(folder, ledger)->accept(late, asking(put_back)).status()));
}

TEST_CASE("of two forks shown at once only one is accepted", "[client][ledger]") {
  const Folder folder;
  FakeLedger one;
  one.grow_to(5);
  FakeLedger other;
  other.grow_to(5);
  other.fork_at(5);
  one.grow_to(8);
  const std::string in_one = one.checkpoint();
  const std::uint64_t size = GENERATE(8, 11);
  const bool of_one_command = GENERATE(true, false);
  other.grow_to(size);
  FakeLedger begun;
  begun.grow_to(5);
  const auto first = view_in(folder, one);
  REQUIRE(first->accept(begun.checkpoint(), asking(begun)).ok());
  const auto elsewhere = view_in(folder, one);
  LedgerView* const second = of_one_command ? first.get() : elsewhere.get();
  bool within = false;
  const Status shown =
      first
          ->accept(in_one,
                   [&](std::uint64_t old_size, std::uint64_t grown) {
                     if (!std::exchange(within, true)) {
                       CHECK(second->accept(other.checkpoint(), asking(other)).ok());
                     }
                     return one.consistency(old_size, std::min(grown, one.size()));
                   })
          .status();
  CHECK(is_said_to_lie(shown));
  CHECK(view_in(folder, one)->last()->size == size);
}

TEST_CASE("what the folder has, and another ledger of that size was seen here, is told as a lie",
          "[client][ledger]") {
  const Folder folder;
  FakeLedger one;
  one.grow_to(8);
  const auto view = view_in(folder, one);
  REQUIRE(view->accept(one.checkpoint(), asking(one)).ok());
  const Folder elsewhere;
  FakeLedger other("another");
  other.grow_to(8);
  REQUIRE(view_in(elsewhere, other)->accept(other.checkpoint(), asking(other)).ok());
  REQUIRE(write_whole(folder.path() + "/checkpoint", read_whole(elsewhere.path() + "/checkpoint"))
              .ok());
  one.grow_to(9);
  CHECK(is_said_to_lie(view->accept(one.checkpoint(), asking(one)).status()));
}

TEST_CASE("where nothing can be asked any more, what proves an act goes on from what was seen",
          "[client][ledger]") {
  const Folder folder;
  FakeLedger ledger;
  ledger.grow_to(5);
  const auto view = view_in(folder, ledger);
  REQUIRE(view->accept(ledger.checkpoint(), asking(ledger)).ok());
  ledger.grow_to(8);
  const auto seen = view->last();
  const auto shown_by = [&](const FakeLedger& by, const std::vector<Digest>& path) {
    return view->check_beyond(by.receipt(7), seen, path);
  };
  CHECK(shown_by(ledger, *ledger.consistency(5, 8)).ok());
  CHECK(is_said_to_lie(shown_by(ledger, {})));
  FakeLedger fork("another");
  fork.grow_to(8);
  CHECK(is_said_to_lie(shown_by(fork, *fork.consistency(5, 8))));
  FakeLedger back;  // the same story, and not as far
  back.grow_to(8);
  back.fork_at(4);
  back.grow_to(8);
  CHECK(is_said_to_lie(shown_by(back, *back.consistency(5, 8))));
}

TEST_CASE("a folder that was there stays as open as it was; one that is made is its owner's",
          "[client]") {
  const Folder folder;
  using std::filesystem::perms;
  const auto open_to = [](const std::string& path) {
    return std::filesystem::status(path).permissions();
  };
  std::filesystem::permissions(folder.path(), perms::all | perms::sticky_bit);
  REQUIRE(write_whole(folder.path() + "/note", "seen").ok());
  REQUIRE(write_whole(folder.path() + "/own/note", "seen").ok());
  CHECK(open_to(folder.path()) == (perms::all | perms::sticky_bit));
  CHECK(open_to(folder.path() + "/own") == perms::owner_all);
}

TEST_CASE("a file that many write at once is always one of theirs, whole", "[client]") {
  const Folder folder;
  const std::string path = folder.path() + "/checkpoint";
  std::vector<std::thread> writers;
  std::atomic<int> failed{0};
  for (char letter = 'a'; letter < 'g'; ++letter) {
    writers.emplace_back([&, letter] {
      for (std::size_t i = 1; i <= 40; ++i) {
        if (!write_whole(path, std::string(100 * i, letter)).ok()) ++failed;
      }
    });
  }
  for (std::thread& one : writers) one.join();
  CHECK(failed == 0);
  const std::string left = read_whole(path);
  CHECK(left == std::string(4000, left[0]));
  CHECK(folder.files() == 1);
}

}  // namespace entente::client
