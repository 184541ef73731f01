// The files of one folder, served as they are to whoever has a line: pages for a browser. What is
// in them net/ does not know.
//
// Read whole at the start, so that no path of a request ever reaches the file system. Beside `a.js`
// may lie `a.js.br` and `a.js.gz`: the same, compressed beforehand. What lies in `assets/` bears
// its hash in its name and is kept by browsers for ever; the rest is asked for anew each time, and
// answered in a line if it has not changed.
//
// Every answer bears the headers that keep a page to this server: no inline script, no eval, no
// string made into markup, nothing from elsewhere, in nobody's frame.
//
// Threads: immutable once loaded; any.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "proto/contract/status.h"
#include "server/net/method_table.h"

namespace entente::net {

class StaticFiles {
 public:
  // InvalidArgument: there is no `index.html`; a file's kind is unknown (nothing is served under a
  // guessed type), or is no plain file; they are more than 2000 or 64 MiB.
  [[nodiscard]] static Result<std::shared_ptr<const StaticFiles>> load(const std::string& folder);

  // Answers GET and HEAD of `/` (the page) and of every file by its path. Everything else that no
  // other route or rpc answers is 404, as if nothing were served at all. `files` lives as long as
  // the table.
  static void add_to(MethodTable& table, std::shared_ptr<const StaticFiles> files);

  [[nodiscard]] std::size_t size() const { return files_.size(); }
  [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;

 private:
  // One form of a file: as it is, or compressed.
  struct Form {
    std::string bytes;
    std::string etag;
  };
  struct File {
    std::string media_type;
    bool for_ever = false;
    Form plain;
    std::map<std::string, Form, std::less<>> coded;  // by content coding
  };
  [[nodiscard]] Status read(const std::string& folder, const std::string& name);

  std::map<std::string, File, std::less<>> files_;  // by path, `/assets/a.js`
  std::size_t bytes_ = 0;
};

}  // namespace entente::net
