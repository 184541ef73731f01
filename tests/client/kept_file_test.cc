// A file that the client makes is whole or not there, its owner's alone, and takes the place of
// nothing but a file.
#include "client/lib/kept_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace {
bool disk_keeps = true;
}

// In place of the C library's, for this program: a disk that says when it could not keep something.
extern "C" int fsync(int file) {
  if (disk_keeps) return static_cast<int>(::syscall(SYS_fsync, file));
  errno = EIO;
  return -1;
}

namespace entente::client {
namespace {

namespace fs = std::filesystem;

// A folder of its own, under the umask that most have.
struct Folder {
  Folder() {
    std::string made = (fs::temp_directory_path() / "entente-kept-XXXXXX").string();
    REQUIRE(::mkdtemp(made.data()) != nullptr);
    path = made;
  }
  ~Folder() {
    ::umask(before);
    fs::remove_all(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string at(const std::string& name) const { return (path / name).string(); }
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }

  fs::path path;
  const mode_t before = ::umask(022);
};

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

mode_t mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(::lstat(path.c_str(), &about) == 0);
  return about.st_mode;
}

// As on a full disk: no file of this process grows beyond `bytes`.
struct FullDisk {
  explicit FullDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit now{.rlim_cur = bytes, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  rlimit before{};
  void (*const handler)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

}  // namespace

TEST_CASE("what was not finished leaves nothing, and what stood there stands", "[kept][bad]") {
  const Folder folder;
  const std::string path = folder.at("paper.txt");
  std::ofstream(path) << "before";
  {
    auto file = KeptFile::create(path);
    REQUIRE(file.ok());
    file->out() << "half of it" << std::flush;
    CHECK(read(path + ".part") == "half of it");
    CHECK(mode_of(path + ".part") == (S_IFREG | 0600));
  }
  CHECK(read(path) == "before");
  CHECK(folder.files() == 1);
  {
    const FullDisk full(4096);
    const Status kept = keep_file(path, std::string(100'000, 'x'));
    CHECK(kept.code() == Code::InvalidArgument);
    CHECK(kept.message().find(path) != std::string::npos);
  }
  CHECK(read(path) == "before");
  CHECK(folder.files() == 1);
  CHECK(keep_file(folder.at("nowhere/paper.txt"), "text").code() == Code::InvalidArgument);
  CHECK(keep_file(folder.path.string(), "text").code() == Code::InvalidArgument);
  CHECK(folder.files() == 1);
}

TEST_CASE("what the disk has not kept takes no file's place", "[kept][bad]") {
  const Folder folder;
  const std::string path = folder.at("paper.txt");
  std::ofstream(path) << "before";
  disk_keeps = false;
  const Status kept = keep_file(path, "text");
  disk_keeps = true;
  CHECK(kept.code() == Code::InvalidArgument);
  CHECK(read(path) == "before");
  CHECK(folder.files() == 1);
}

TEST_CASE("what is kept is its owner's alone", "[kept]") {
  const Folder folder;
  const std::string path = folder.at("paper.txt");
  REQUIRE(keep_file(path, "text").ok());
  CHECK(read(path) == "text");
  CHECK(mode_of(path) == (S_IFREG | 0600));
  // Whoever could read the one before does not read this.
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  REQUIRE(keep_file(path, "another").ok());
  CHECK(read(path) == "another");
  CHECK(mode_of(path) == (S_IFREG | 0600));
  CHECK(folder.files() == 1);
}

TEST_CASE("what lies where it is begun is not written through", "[kept][bad]") {
  const Folder folder;
  const std::string path = folder.at("paper.txt");
  std::ofstream(folder.at("other")) << "another's";
  fs::create_symlink(folder.at("other"), path + ".part");
  REQUIRE(keep_file(path, "text").ok());
  CHECK(read(folder.at("other")) == "another's");
  CHECK(mode_of(path) == (S_IFREG | 0600));
}

TEST_CASE("a pipe is written into and stays one; a link goes on leading where it led", "[kept]") {
  const Folder folder;
  const std::string pipe = folder.at("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int end = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(end >= 0);
  REQUIRE(keep_file(pipe, "text").ok());
  std::array<char, 16> came{};
  CHECK(::read(end, came.data(), came.size()) == 4);
  CHECK(std::string(came.data()) == "text");
  ::close(end);
  CHECK(S_ISFIFO(mode_of(pipe)));

  std::ofstream(folder.at("paper.txt")) << "before";
  fs::create_symlink("paper.txt", folder.at("link"));
  REQUIRE(keep_file(folder.at("link"), "text").ok());
  CHECK(fs::is_symlink(folder.at("link")));
  CHECK(read(folder.at("paper.txt")) == "text");
  CHECK(folder.files() == 3);
}

}  // namespace entente::client
