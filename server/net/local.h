// What operators reach without TLS, because it never leaves the machine: plain HTTP/1.1, one call a
// line, either on a loopback address (metrics, health: nothing there is secret, and nothing acts)
// or on a Unix socket that only the daemon's own user and root may open (what acts).
//
// Threads: one of its own, on which the handler runs, one call at a time; made and destroyed by
// main's. Ownership: main's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::net {

// Views live as long as the handler runs.
struct LocalCall {
  std::string_view verb;    // `GET` or `POST`
  std::string_view target;  // `/metrics`, as it came
  std::string_view accept;  // what the peer says it reads; may be empty
};

struct LocalAnswer {
  unsigned status = 404;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

using LocalHandler = std::function<LocalAnswer(const LocalCall&)>;

class LocalListener {
 public:
  // InvalidArgument: `address` is no loopback address (127.0.0.0/8, ::1). Unavailable: the port is
  // taken. Port 0: any. Calls whose Host is another name are refused (a web page that a browser on
  // this machine shows could otherwise read the answers by rebinding its name).
  [[nodiscard]] static Result<std::unique_ptr<LocalListener>> on_loopback(
      const std::string& address, std::uint16_t port, LocalHandler handler);
  // A new socket (0600) in place of any that was left at `path`, whose folder is there already.
  // Lines of other users than the daemon's and root are closed unread. Unavailable: it cannot be
  // made.
  [[nodiscard]] static Result<std::unique_ptr<LocalListener>> on_socket(const std::string& path,
                                                                        LocalHandler handler);
  ~LocalListener();  // finishes the call under way, joins
  LocalListener(const LocalListener&) = delete;
  LocalListener& operator=(const LocalListener&) = delete;

  // Of on_loopback.
  [[nodiscard]] std::uint16_t port() const;

  struct Impl;

 private:
  explicit LocalListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One call to the daemon that listens at `path`; waits for the answer, however long it takes.
// NotFound: nobody listens there. Unavailable: the line broke.
[[nodiscard]] Result<LocalAnswer> ask_local(const std::string& path, std::string_view verb,
                                            std::string_view target);

// Tells the service manager one line, `READY=1` say, on the datagram socket that it named
// (systemd's protocol, sd_notify(3)). `socket` may be empty: then nobody is told. Never blocks;
// failures are the manager's to notice.
void tell_supervisor(const std::string& socket, std::string_view state);

}  // namespace entente::net
