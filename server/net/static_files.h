// The pages of proto/pages/page_files.h, served to whoever has a line. What is in them net/ does
// not know.
//
// Threads: immutable once loaded; any.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "proto/contract/status.h"
#include "proto/pages/page_files.h"
#include "server/net/method_table.h"

namespace entente::net {

class StaticFiles {
 public:
  explicit StaticFiles(std::shared_ptr<const pages::PageFiles> files) : files_(std::move(files)) {}
  // InvalidArgument: as PageFiles::load.
  [[nodiscard]] static Result<std::shared_ptr<const StaticFiles>> load(const std::string& folder);

  // Answers GET and HEAD of `/` (the page) and of every file by its path. Everything else that no
  // other route or rpc answers is 404, as if nothing were served at all. `files` lives as long as
  // the table.
  static void add_to(MethodTable& table, std::shared_ptr<const StaticFiles> files);

  [[nodiscard]] std::size_t size() const { return files_->size(); }
  [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;

 private:
  std::shared_ptr<const pages::PageFiles> files_;
};

}  // namespace entente::net
