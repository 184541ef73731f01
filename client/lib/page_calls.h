// The calls of a portal's page, made by this machine's own client: what the page says in Connect's
// protocol goes out as a call of the client library, on its certificate and session, with its
// checks of every checkpoint and receipt. The session's token never reaches the page.
//
// Threads: any.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "client/lib/client.h"
#include "proto/pages/page_files.h"

namespace entente::client {

struct PageCall {
  std::string path;  // `/entente.v1.SessionService/GetSession`
  std::string content_type;
  std::string body;
};

// Takes bytes on their way to the page; false when it is gone.
using PageSink = std::function<bool(std::string_view bytes)>;

struct PageAnswer {
  pages::Reply reply;
  // Of a stream: gives what follows the head, piece by piece. Requires: called at most once.
  std::function<void(const PageSink& sink)> follow;
};

// `why` and nothing else; kept nowhere, taken for no page.
[[nodiscard]] PageAnswer plainly(int status, std::string why);

class PageCalls {
 public:
  explicit PageCalls(Client& client) : client_(client) {}

  // 404: no rpc of that name that a page may make. 415: none of Connect's two media types. What the
  // server refuses comes as Connect's error, as from the server itself.
  [[nodiscard]] PageAnswer answer(PageCall call) const;

  // A file that the server makes (SDMX's web service). `path` has its query. 413: more than a page
  // can hold.
  [[nodiscard]] PageAnswer file(const std::string& path, const std::string& accept) const;

 private:
  [[nodiscard]] Status sign_in(const Message& in, Message& out) const;
  [[nodiscard]] Status known_anchors(const Message& in, Message& out) const;
  Client& client_;
};

}  // namespace entente::client
