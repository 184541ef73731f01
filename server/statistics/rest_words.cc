#include "server/statistics/rest_words.h"

#include "proto/contract/markup.h"
#include "server/statistics/writers.h"

namespace entente::statistics {

std::string_view header_of(const net::HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

net::HttpResponse refusal(bool is_old, int status, int code, const std::string& text) {
  net::HttpResponse response;
  response.status = status;
  if (is_old) {
    response.headers.emplace_back("content-type", "application/vnd.sdmx.error+xml; version=2.1");
    response.body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mes:Error xmlns:mes=\"http://www.sdmx.org/"
        "resources/sdmxml/schemas/v2_1/message\" xmlns:com=\"http://www.sdmx.org/resources/sdmxml/"
        "schemas/v2_1/common\"><mes:ErrorMessage code=\"" +
        std::to_string(code) + "\"><com:Text>" + markup_text(text) +
        "</com:Text></mes:ErrorMessage></mes:Error>\n";
  } else {
    response.headers.emplace_back("content-type", "application/json");
    response.body = "{\"errors\":[{\"code\":" + std::to_string(code) +
                    ",\"title\":" + json_quoted(text) + "}]}\n";
  }
  return response;
}

net::HttpResponse nothing_found(bool is_old) {
  if (is_old) return refusal(true, 404, 100, "no results found");
  net::HttpResponse response;
  response.status = 204;
  return response;
}

}  // namespace entente::statistics
