#include "proto/helpers/helper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace entente::helpers {
namespace {

Status no_helper(const char* what) {
  return Status(Code::Unavailable, Reason::None, "a document could not be looked into")
      .with_detail(std::string("helper: ") + what + ", errno " + std::to_string(errno));
}

constexpr int kLookEveryMs = 100;  // whether it is to stop

}  // namespace

Result<std::unique_ptr<Sheet>> Sheet::make() {
  const int descriptor = ::memfd_create("entente-sheet", MFD_CLOEXEC);
  if (descriptor < 0) return no_helper("memfd_create");
  return std::unique_ptr<Sheet>(new Sheet(descriptor));
}

Sheet::~Sheet() { ::close(descriptor_); }

Status Sheet::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return no_helper("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> Sheet::read(std::uint64_t offset, std::size_t bytes_max) const {
  const std::uint64_t all = size();
  std::string bytes(std::min<std::uint64_t>(bytes_max, all - std::min(offset, all)), '\0');
  ssize_t got = 0;
  do {
    got = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return no_helper("pread");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

std::uint64_t Sheet::size() const {
  struct stat about {};
  return ::fstat(descriptor_, &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

Status Helper::take_turn() {
  std::unique_lock lock(mutex_);
  if (waiting_ >= bounds_.waiting_max) {
    return Status(Code::ResourceExhausted, Reason::Overloaded,
                  "too many documents are being looked into")
        .with_retry_after_ms(2'000);
  }
  ++waiting_;
  turn_.wait(lock, [this] { return running_ < bounds_.at_once_max; });
  --waiting_;
  ++running_;
  return {};
}

void Helper::end_turn() {
  const std::lock_guard lock(mutex_);
  --running_;
  turn_.notify_one();
}

// Waits for a child, and ends it if it takes too long; its wait status.
Result<int> Helper::await(pid_t child, const std::stop_token& stop) const {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  auto left = static_cast<int>(bounds_.ms_max);
  bool ended_itself = handle < 0;
  while (!ended_itself && left > 0 && !stop.stop_requested()) {
    pollfd ends = {.fd = handle, .events = POLLIN, .revents = 0};
    const int some = stop.stop_possible() ? std::min(left, kLookEveryMs) : left;
    const int polled = ::poll(&ends, 1, some);
    if (polled < 0 && errno == EINTR) continue;
    ended_itself = polled != 0;
    left -= some;
  }
  if (!ended_itself) ::kill(child, SIGKILL);
  if (handle >= 0) ::close(handle);
  int ended = 0;
  while (::waitpid(child, &ended, 0) < 0) {
    if (errno != EINTR) return no_helper("waitpid");
  }
  if (!ended_itself && stop.stop_requested()) return Status(Code::Cancelled, Reason::None, "");
  return ended;
}

Result<int> Helper::start(const Sheet& in, const Sheet& out, const std::stop_token& stop) const {
  if (::lseek(in.descriptor(), 0, SEEK_SET) != 0) return no_helper("lseek");
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::sigemptyset(&none);
  ::posix_spawn_file_actions_adddup2(&actions, in.descriptor(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.descriptor(), 1);
  ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string name = program_.filename().string();
  std::array<char*, 2> arguments = {name.data(), nullptr};
  std::array<char*, 1> environment = {nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program_.c_str(), &actions, &attributes, arguments.data(),
                                  environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  errno = error;
  if (error != 0) return no_helper("posix_spawn");
  return await(child, stop);
}

Result<int> Helper::run(const std::function<Status(Sheet& in)>& pour, const Sheet& out,
                        const std::stop_token& stop) {
  ENTENTE_TRY_VOID(take_turn());
  const std::unique_ptr<Helper, void (*)(Helper*)> turn(this, [](Helper* one) { one->end_turn(); });
  ENTENTE_TRY(const std::unique_ptr<Sheet> in, Sheet::make());
  ENTENTE_TRY_VOID(pour(*in));
  return start(*in, out, stop);
}

}  // namespace entente::helpers
