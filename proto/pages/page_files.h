// The files of one folder, as a browser asks for them: the portal's pages, answered alike by the
// server and by `entente portal` on a ministry's own machine. What is in them nobody here knows.
//
// Read whole at the start, so that no path of a request ever reaches the file system. Beside `a.js`
// may lie `a.js.br` and `a.js.gz`: the same, compressed beforehand. What lies in `assets/` bears
// its hash in its name and is kept by browsers for ever; the rest is asked for anew each time, and
// answered in a line if it has not changed.
//
// Every answer bears the headers that keep a page to its server: no inline script, no eval, no
// string made into markup, nothing from elsewhere, in nobody's frame.
//
// Threads: immutable once loaded; any.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/status.h"

namespace entente::pages {

using Headers = std::vector<std::pair<std::string, std::string>>;  // lower-case names

struct Reply {
  int status = 200;
  Headers headers;
  std::string body;
};

// The first value of a header; empty if it is not there.
[[nodiscard]] std::string_view header_of(const Headers& headers, std::string_view name);

class PageFiles {
 public:
  // InvalidArgument: there is no `index.html`; a file's kind is unknown (nothing is served under a
  // guessed type), or is no plain file; they are more than 2000 or 64 MiB.
  [[nodiscard]] static Result<std::shared_ptr<const PageFiles>> load(const std::string& folder);

  [[nodiscard]] std::size_t size() const { return files_.size(); }
  // GET and HEAD of `/` (the page) and of every file by its path; 404 and 405 for all else.
  [[nodiscard]] Reply answer(std::string_view method, std::string_view path,
                             const Headers& headers) const;

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

}  // namespace entente::pages
