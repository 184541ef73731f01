// Does something on a thread where one system call fails, as the kernel would have it fail
// (seccomp): what no disk here can be made to do in process, without root.
#pragma once

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>

#include "proto/contract/status.h"

namespace entente::testing {

struct FailingCall {
  long number;                 // SYS_fsync, say
  int error = EIO;             // what errno says
  unsigned argument = 0;       // only where the lower half of this one ...
  std::uint32_t all_bits = 0;  // ... has all these bits
};

// For a folder that cannot be opened to be synced.
inline constexpr FailingCall no_folder_opens{
    .number = SYS_openat, .error = EIO, .argument = 2, .all_bits = O_DIRECTORY};

inline void with_failing(const FailingCall& call, const std::function<void()>& act) {
  std::thread([&] {
    const auto argument =
        static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * call.argument);
    std::array<sock_filter, 7> steps = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call.number), 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call.all_bits),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.all_bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(call.error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{.len = static_cast<unsigned short>(steps.size()),
                             .filter = steps.data()};
    ENTENTE_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    act();
  }).join();
}

}  // namespace entente::testing
