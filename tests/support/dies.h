// Misuse is a bug, not a Status: the daemon ends rather than opens. What ends it is tried in a
// child.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

namespace entente::testing {

// Whether `act` ends the process by a check.
template <typename Act>
bool dies(Act act) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    (void)std::signal(SIGABRT, SIG_DFL);  // not Catch's handler
    (void)close(STDERR_FILENO);
    act();
    _exit(0);
  }
  int state = 0;
  REQUIRE(waitpid(child, &state, 0) == child);
  return WIFSIGNALED(state) && WTERMSIG(state) == SIGABRT;
}

}  // namespace entente::testing
