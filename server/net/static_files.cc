#include "server/net/static_files.h"

#include <utility>

namespace entente::net {

Result<std::shared_ptr<const StaticFiles>> StaticFiles::load(const std::string& folder) {
  ENTENTE_TRY(auto files, pages::PageFiles::load(folder));
  return std::shared_ptr<const StaticFiles>(std::make_shared<StaticFiles>(std::move(files)));
}

HttpResponse StaticFiles::answer(const HttpRequest& request) const {
  pages::Reply reply = files_->answer(request.method, request.path, request.headers);
  HttpResponse response;
  response.status = reply.status;
  response.headers = std::move(reply.headers);
  response.body = std::move(reply.body);
  return response;
}

void StaticFiles::add_to(MethodTable& table, std::shared_ptr<const StaticFiles> files) {
  table.add_route({.prefix = "/",
                   .heavy = false,
                   .handler = [files = std::move(files)](Call&, const HttpRequest& request) {
                     return files->answer(request);
                   }});
}

}  // namespace entente::net
