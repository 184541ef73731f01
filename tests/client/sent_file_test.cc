// A file on its way, whatever breaks: every byte comes once and in its place, or it is said why
// not.
#include "client/lib/sent_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "client/lib/documents.h"
#include "proto/contract/digest.h"

namespace entente::client {
namespace {

const Status kBroken{Code::Unavailable, Reason::None, "the line broke"};
const Status kForgotten{Code::NotFound, Reason::None, "no such upload"};
const Status kElsewhere{Code::FailedPrecondition, Reason::None, "it stands elsewhere"};

struct Sending {
  Sending() { std::ofstream(path, std::ios::binary) << text; }
  ~Sending() { std::filesystem::remove(path); }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  // Sends; before the n-th piece `meets(n)` says what happens to it: Ok, or why it does not come.
  Status send(const std::function<Status(int)>& meets) {
    Pieces pieces;
    pieces.send = [&](std::uint64_t at, std::string_view piece) -> Result<std::uint64_t> {
      const Status met = meets(++tries);
      if (met.code() == Code::NotFound) came.clear();
      if (!met.ok()) return met;
      if (at != came.size()) return kElsewhere;
      came += piece;
      return came.size();
    };
    pieces.begin = [&]() -> Result<std::uint64_t> { return came.size(); };
    return send_file(path, 0, text.size(), pieces, [](std::uint64_t, std::uint64_t) {});
  }

  const std::string path =
      std::filesystem::temp_directory_path() / ("sent-" + std::to_string(::getpid()));
  const std::string text = [] {
    std::string made(5 << 19, '\0');  // two pieces and a half
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<char>(i * 31 + i / 977);
    return made;
  }();
  std::string came;
  int tries = 0;
};

}  // namespace

TEST_CASE("a file comes whole over a line that breaks and a server that forgets", "[upload]") {
  for (const Status& fault : {kBroken, kForgotten, kElsewhere}) {
    Sending sending;
    // What broke off may have come all the same: then the server stands further than was thought.
    const Status sent = sending.send([&](int n) {
      if (n == 2 && fault.code() != Code::NotFound) sending.came = sending.text.substr(0, 2 << 20);
      return n == 2 ? fault : Status();
    });
    CHECK(sent.ok());
    CHECK(sending.came == sending.text);
  }
}

TEST_CASE("a file of which no more is wanted is not sent on", "[upload]") {
  const Sending sending;
  int sent = 0;
  Pieces pieces;
  pieces.send = [&](std::uint64_t, std::string_view) -> Result<std::uint64_t> {
    ++sent;
    return enough;
  };
  pieces.begin = []() -> Result<std::uint64_t> { return enough; };
  const auto ask_nothing = [](std::uint64_t, std::uint64_t) {};
  CHECK(send_file(sending.path, 0, sending.text.size(), pieces, ask_nothing).ok());
  CHECK(sent == 1);
  // The line broke behind the piece that was too much: the server says so when it is asked.
  pieces.send = [&](std::uint64_t, std::string_view) -> Result<std::uint64_t> {
    ++sent;
    return kBroken;
  };
  CHECK(send_file(sending.path, 0, sending.text.size(), pieces, ask_nothing).ok());
  CHECK(sent == 2);
  CHECK(send_file(sending.path, enough, sending.text.size(), pieces, ask_nothing).ok());
  CHECK(sent == 2);
}

TEST_CASE("what cannot go on ends, and says why", "[upload]") {
  Sending sending;
  CHECK(sending.send([](int) { return kElsewhere; }).code() == Code::FailedPrecondition);
  CHECK(sending.tries == 1);
  CHECK(sending.send([](int) { return kForgotten; }).code() == Code::NotFound);
  CHECK(sending.tries == 4);  // sent anew twice
  CHECK(
      sending.send([](int) { return Status(Code::PermissionDenied, Reason::None, "no"); }).code() ==
      Code::PermissionDenied);
  std::filesystem::resize_file(sending.path, 1 << 19);
  CHECK(sending.send([](int) { return Status(); }).code() == Code::InvalidArgument);
}

TEST_CASE("a file's digest is of all of it, or of its beginning", "[upload]") {
  const Sending sending;
  CHECK(digest_of(sending.path)->sha256 == as_view(sha256(sending.text)));
  CHECK(digest_of(sending.path)->bytes == sending.text.size());
  CHECK(digest_of(sending.path, 1'500'000)->sha256 ==
        as_view(sha256(std::string_view(sending.text).substr(0, 1'500'000))));
  CHECK(digest_of(sending.path + ".absent").status().code() == Code::InvalidArgument);
}

TEST_CASE("what a server calls a file is a name here, never a path", "[upload][bad]") {
  for (const char* given : {"", ".", "..", "/", "../..", "over/there/", "a/.."}) {
    CHECK(unused_name(given) == "document");
  }
  CHECK(unused_name("../../etc/none-such.txt") == "none-such.txt");
  CHECK(unused_name("/none-such.tar.gz") == "none-such.tar.gz");
  CHECK(unused_name("over\\there\\none-such.txt") == "none-such.txt");
}

TEST_CASE("what a server calls a file is nothing that a shell or a program reads by itself",
          "[upload][bad]") {
  CHECK(unused_name(".bash_profile") == "bash_profile");
  CHECK(unused_name("over/.zshenv") == "zshenv");
  CHECK(unused_name("..-~ .-none-such.txt") == "none-such.txt");
  CHECK(unused_name("-rf") == "rf");
  CHECK(unused_name("~root") == "root");
  // What is taken out hides nothing before what it stood in front of.
  CHECK(unused_name("\x1b.none-such") == "none-such");
  CHECK(unused_name("\xe2\x80\xae.none-such") == "none-such");
  CHECK(unused_name("none\n-\x1b[2Jsuch\xc2\x9b") == "none-[2Jsuch");
  for (const char* given : {"...", "-", "~", " ", ".-~", "\x1b", "\xff.profile"}) {
    CHECK(unused_name(given) == "document");
  }
  CHECK(unused_name("R\xc3\xa9sum\xc3\xa9 (2).pdf") == "R\xc3\xa9sum\xc3\xa9 (2).pdf");
}

TEST_CASE("a file that comes takes no other's place", "[upload][bad]") {
  const std::string name = "stands-" + std::to_string(::getpid()) + ".txt";
  const std::string second = "stands-" + std::to_string(::getpid()) + "-2.txt";
  for (const std::string& there : {name, name + ".part"}) {
    std::ofstream(there) << "own";
    CHECK(unused_name(name) == second);
    std::filesystem::remove(there);
  }
  CHECK(unused_name(name) == name);
}

}  // namespace entente::client
