// The portal from a ministry's own machine: its pages from the local package, its calls through
// this machine's client. Bound to 127.0.0.1, for one browser, which shows that it is its reader's
// by a link that is good once.
//
// What keeps others out, each by itself:
//   the name     `entente-<32 digits>.localhost`, kept in the profile's state: a browser shows a
//                cookie to every port of a name, and another user of this machine may have any
//                port, but no page of theirs can be under a name that they cannot guess. A request
//                for any other host is refused: a name of somebody else's that was turned to
//                127.0.0.1 (DNS rebinding) opens nothing;
//   the cookie   HttpOnly, SameSite=Strict, made anew at each start, given for the link's key only:
//                another user's program on this machine does not have it;
//   the origin   a call must come from a page of this portal (Origin, Sec-Fetch-Site) and bear a
//                header that no other site's page can add unasked.
//
// Threads: run() uses its own; stop() may come from any, or from a signal's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client/lib/local_head.h"
#include "client/lib/page_calls.h"
#include "proto/contract/clock.h"
#include "proto/pages/page_files.h"

namespace entente::client {

class LocalPortal {
 public:
  struct Parts {
    Client& client;
    std::shared_ptr<const pages::PageFiles> pages;
    Entropy& entropy;
    std::string server;  // `https://entente.example:8443`, for what a reader takes along
    // Where the name is kept. Empty: a new one each time, and what the browser keeps by it is lost.
    std::string state_dir;
  };
  // Listens on 127.0.0.1; `port` 0: one that is free. Unavailable: the port is taken.
  // FailedPrecondition: the name cannot be kept.
  [[nodiscard]] static Result<std::unique_ptr<LocalPortal>> open(const Parts& parts,
                                                                 std::uint16_t port);
  ~LocalPortal();
  LocalPortal(const LocalPortal&) = delete;
  LocalPortal& operator=(const LocalPortal&) = delete;

  // The address to open, good once.
  [[nodiscard]] std::string link() const;
  // Serves until stop().
  void run();
  void stop();

  // One request, answered: what the doors say before it, without a socket.
  [[nodiscard]] PageAnswer answer(const LocalHead& head, std::string body);

 private:
  LocalPortal(const Parts& parts, int listener, int bell, std::string host);
  void accept_all();
  void serve(int line);
  [[nodiscard]] PageAnswer open_door(std::string_view key);
  [[nodiscard]] bool from_own_page(const LocalHead& head) const;
  [[nodiscard]] bool has_cookie(const LocalHead& head) const;

  PageCalls calls_;
  std::shared_ptr<const pages::PageFiles> pages_;
  std::string server_;
  int listener_;
  int bell_;  // readable once all is to end
  std::string host_;
  std::string cookie_;
  std::mutex mutex_;  // of key_
  std::string key_;   // empty once it was used
  std::string link_;
  std::vector<std::thread> workers_;
};

}  // namespace entente::client
