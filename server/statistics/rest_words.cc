#include "server/statistics/rest_words.h"

#include "proto/contract/bytes.h"
#include "server/statistics/writers.h"

namespace entente::statistics {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte) return std::nullopt;
    out += *byte;
    i += 2;
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

Status bad_request(const std::string& what) { return invalid_argument("query", what); }

std::string_view accepted(const net::HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "accept") return value;
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
        std::to_string(code) + "\"><com:Text>" + xml_escaped(text) +
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
