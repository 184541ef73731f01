#include "server/dav/plain.h"

#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/dav/dav.h"

namespace entente::dav {

std::string_view header(const net::HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

bool is_known(const net::HttpRequest& request, std::string_view tag) {
  const std::string_view known = header(request, "if-none-match");
  return known == "*" || (!known.empty() && known.find(tag) != std::string_view::npos);
}

net::HttpResponse plain(int status, std::string body, std::string type) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  if (!type.empty()) response.headers.emplace_back("content-type", std::move(type));
  response.headers.emplace_back("cache-control", "private, no-cache");
  return response;
}

net::HttpResponse failed(const Status& status) {
  switch (status.code()) {
    case Code::NotFound:
      return plain(404);
    case Code::InvalidArgument:
      return plain(400, std::string(status.message()) + "\n", "text/plain; charset=utf-8");
    case Code::Unavailable:
    case Code::ResourceExhausted:
      return plain(503);
    default:
      return plain(500);
  }
}

net::HttpResponse serve_file(const net::HttpRequest& request, const std::string& content_type,
                             const std::function<Result<std::string>()>& make) {
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponse response = plain(405);
    response.headers.emplace_back("allow", "GET, HEAD");
    return response;
  }
  Result<std::string> text = make();
  if (!text.ok()) return failed(text.status());
  const Digest digest = sha256(*text);
  const std::string tag = '"' + to_hex(as_view(digest).substr(0, 16)) + '"';
  net::HttpResponse response =
      is_known(request, tag) ? plain(304) : plain(200, *std::move(text), content_type);
  response.headers.emplace_back("etag", tag);
  return response;
}

net::HttpResponse refused(const Status& status) {
  net::HttpResponse response;
  switch (status.code()) {
    case Code::Unauthenticated:
      response.status = 401;
      response.headers.emplace_back("www-authenticate",
                                    "Basic realm=\"Entente\", charset=\"UTF-8\"");
      break;
    case Code::ResourceExhausted:
      response.status = 429;
      response.headers.emplace_back("retry-after",
                                    std::to_string((status.retry_after_ms() + 999) / 1'000));
      break;
    case Code::Unavailable:
      response.status = 503;
      break;
    default:
      response.status = 500;
      break;
  }
  response.headers.emplace_back("content-type", "text/plain; charset=utf-8");
  response.headers.emplace_back("cache-control", "no-store");
  response.body = std::string(status.message()) + "\n";
  return response;
}

}  // namespace entente::dav
