// What every verb of the command line shares: the profile, the client, how to print. One thread.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <memory>
#include <string>

#include "client/cli/output.h"
#include "client/cli/profile.h"
#include "client/lib/client.h"
#include "proto/contract/clock.h"

namespace entente::cli {

class Context {
 public:
  Context(const Clock& clock, Entropy& entropy) : clock_(clock), entropy_(entropy) {}

  std::string profile;  // `--profile`
  bool json = false;    // `--json`
  Exit exit = Exit::Ok;

  [[nodiscard]] Profiles profiles() const { return Profiles(profile); }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] Entropy& entropy() { return entropy_; }

  // The client of the profile in use, opened at the first call.
  [[nodiscard]] Result<client::Client*> client();

  // One call; on success `show` prints the answer for people, or `--json` prints it for programs.
  // `says_no`: whether the answer is no, which both are told by the exit code.
  template <typename Rep, typename Show>
  void call(std::string_view method, const google::protobuf::Message& in, Show show,
            const std::function<bool(const Rep&)>& says_no = {}) {
    Result<client::Client*> opened = client();
    if (!opened.ok()) return fail(opened.status());
    Result<Rep> reply = (*opened)->template call<Rep>(method, in);
    if (!reply.ok()) return fail(reply.status());
    if (says_no && says_no(*reply)) exit = Exit::No;
    if (json) return print_json(*reply);
    show(*reply);
  }

  // Prints the error and remembers the exit code.
  void fail(const Status& status);

 private:
  const Clock& clock_;
  Entropy& entropy_;
  std::unique_ptr<client::Client> client_;
};

// A verb with its example, shown at the end of its `--help`.
CLI::App* add_verb(CLI::App& parent, const std::string& name, const std::string& what,
                   const std::string& example, std::function<void()> run);

}  // namespace entente::cli
