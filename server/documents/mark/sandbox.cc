#include "server/documents/mark/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

namespace entente::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name the architecture's AUDIT_ARCH here"
#endif

// What a process needs to compute, and no more.
constexpr auto kAllowed = std::to_array<std::uint32_t>({
    __NR_read,           __NR_write,        __NR_lseek,         __NR_fstat,
    __NR_newfstatat,     __NR_close,        __NR_mmap,          __NR_munmap,
    __NR_mremap,         __NR_mprotect,     __NR_madvise,       __NR_brk,
    __NR_futex,          __NR_getrandom,    __NR_clock_gettime, __NR_rt_sigaction,
    __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_getpid,        __NR_gettid,
    __NR_tgkill,         __NR_exit,         __NR_exit_group,
});

constexpr sock_filter statement(std::uint16_t code, std::uint32_t value) {
  return {.code = code, .jt = 0, .jf = 0, .k = value};
}
constexpr sock_filter equal(std::uint32_t value, std::uint8_t if_so, std::uint8_t if_not) {
  return {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = if_so, .jf = if_not, .k = value};
}

bool filter_calls() {
  std::vector<sock_filter> program = {
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      equal(kArchitecture, 1, 0),
      statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const std::uint32_t number : kAllowed) {
    program.push_back(equal(number, 0, 1));
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  const sock_fprog whole = {.len = static_cast<unsigned short>(program.size()),
                            .filter = program.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0;
}

bool bound(__rlimit_resource_t what, std::uint64_t limit) {
  const rlimit wanted = {.rlim_cur = limit, .rlim_max = limit};
  return ::setrlimit(what, &wanted) == 0;
}

}  // namespace

bool enter(const Limits& limits) {
  // What was inherited beside the three streams is not ours.
  ::syscall(__NR_close_range, 3U, ~0U, 0U);
  return bound(RLIMIT_CORE, 0) && bound(RLIMIT_AS, limits.memory_bytes) &&
         bound(RLIMIT_CPU, limits.cpu_s) && bound(RLIMIT_FSIZE, limits.output_bytes) &&
         bound(RLIMIT_NOFILE, 3) && ::prctl(PR_SET_DUMPABLE, 0) == 0 &&
         ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_calls();
}

}  // namespace entente::sandbox
