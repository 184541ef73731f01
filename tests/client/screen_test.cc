// What a server says comes to the terminal as text, however it is cut; what is data comes to a file
// as it is.
#include "client/cli/screen.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>

namespace entente::cli {
namespace {

// A pipe, or a terminal without a line discipline's changes; and what came out of it.
class Far {
 public:
  explicit Far(bool terminal) {
    if (terminal) {
      ends_[0] = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
      REQUIRE((::grantpt(ends_[0]) == 0 && ::unlockpt(ends_[0]) == 0));
      ends_[1] = ::open(::ptsname(ends_[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);  // NOLINT
    } else {
      REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
    }
    REQUIRE(ends_[1] >= 0);
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Far() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Far(const Far&) = delete;
  Far& operator=(const Far&) = delete;

  [[nodiscard]] int near() const { return ends_[1]; }
  [[nodiscard]] std::string came() const {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t got = 0; (got = ::read(ends_[0], some.data(), some.size())) > 0;) {
      all.append(some.data(), static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::string shown(const std::vector<std::string>& pieces, bool terminal = false,
                  bool draws_anew = false) {
  const Far far(terminal);
  Screen screen(far.near(), draws_anew);
  std::ostream out(&screen);
  for (const std::string& one : pieces) out << one;
  CHECK(screen.finish() == 0);
  return far.came();
}

}  // namespace

TEST_CASE("nothing that steers a terminal passes, whole or in pieces", "[screen][bad]") {
  for (const bool terminal : {false, true}) {
    CHECK(shown({"a\x1b[2Jb"}, terminal) == "a<U+001B>[2Jb");
    CHECK(shown({"a\x1b", "]0;x\ab"}, terminal) == "a<U+001B>]0;x<U+0007>b");
    CHECK(shown({"\xe2\x80", "\xae"}, terminal) == "<U+202E>");
    CHECK(shown({"\xc2", "\x9b", "2J"}, terminal) == "<U+009B>2J");
    CHECK(shown({"\xd8\x9c\xe2\x81\xa6\xef\xbb\xbf"}, terminal) == "<U+061C><U+2066><U+FEFF>");
    // What is no UTF-8: a C1 by itself, one overlong, one that breaks off.
    CHECK(shown({"\x9b", "2J"}, terminal) ==
          "\xef\xbf\xbd"
          "2J");
    CHECK(shown({"\xc0\x9b"}, terminal) == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(shown({"\xe2\x80\x1b[2J"}, terminal) == "\xef\xbf\xbd\xef\xbf\xbd<U+001B>[2J");
    CHECK(shown({"a\xe2\x80"}, terminal) == "a\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(shown({"said\roverwritten"}, terminal) == "said<U+000D>overwritten");
  }
}

TEST_CASE("text passes as it is", "[screen]") {
  const std::string text = "R\xc3\xa9sum\xc3\xa9\t\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8c\x8d\n";
  CHECK(shown({text}) == text);
  std::vector<std::string> octets;
  for (const char c : text) octets.emplace_back(1, c);
  CHECK(shown(octets) == text);
  CHECK(shown({"a\r\nb\r", "\nc"}) == "a\nb\nc");
  const std::string long_one(20'000, 'x');
  CHECK(shown({long_one, long_one}) == long_one + long_one);
}

TEST_CASE("a bar is drawn anew, by the program and by nobody else", "[screen]") {
  CHECK(shown({"\r", "[##]"}, /*terminal=*/false, /*draws_anew=*/true) == "\r[##]");
  CHECK(shown({"\r[##]"}, /*terminal=*/false, /*draws_anew=*/true) == "<U+000D>[##]");
  CHECK(shown({"\r", "[##]"}) == "<U+000D>[##]");
}

TEST_CASE("data comes to a file byte for byte, and to a terminal as text", "[screen]") {
  const std::string data = "a\x1b[2J,\xff\r\n\xe2\x80\xae";
  for (const bool terminal : {false, true}) {
    const Far far(terminal);
    Screen screen(far.near());
    std::ostream out(&screen);
    out << "\x1b<";
    screen.is_data(true);
    out << data;
    screen.is_data(false);
    out << ">\x1b";
    screen.put_as_it_is("\x1b[0m");
    CHECK(screen.finish() == 0);
    const std::string within = terminal ? "a<U+001B>[2J,\xef\xbf\xbd\r\n<U+202E>" : data;
    CHECK(far.came() == "<U+001B><" + within + "><U+001B>\x1b[0m");
  }
}

TEST_CASE("what could not be written is told at the end", "[screen][bad]") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  Screen screen(full);
  std::ostream out(&screen);
  out << "an answer";
  CHECK(screen.finish() == ENOSPC);
  out << "and more";
  CHECK_FALSE(out.good());
  ::close(full);
}

}  // namespace entente::cli
