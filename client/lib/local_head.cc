#include "client/lib/local_head.h"

#include <algorithm>
#include <charconv>

#include "proto/contract/limits.h"

namespace entente::client {
namespace {

constexpr std::string_view kEnd = "\r\n";

Status no_head(std::string_view why) {
  return Status(Code::InvalidArgument, Reason::None, "the request's head " + std::string(why));
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Status read_request_line(std::string_view line, LocalHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', std::min(line.size(), first + 1));
  if (first == std::string_view::npos || second == std::string_view::npos) {
    return no_head("has no request line");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  if (!is_token(method) || line.substr(second + 1) != "HTTP/1.1") {
    return no_head("is none of HTTP/1.1");
  }
  if (!target.starts_with('/') || !is_visible(target)) return no_head("names no path");
  head.method = method;
  head.path = target.substr(0, target.find('?'));
  head.query = target.substr(head.path.size());
  return Status();
}

Status read_length(std::string_view value, std::size_t& bytes) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
    return no_head("says no length");
  }
  return Status();
}

}  // namespace

Result<LocalHead> parse_local_head(std::string_view text) {
  LocalHead head;
  std::size_t at = text.find(kEnd);
  if (at == std::string_view::npos) return no_head("does not end");
  ENTENTE_TRY_VOID(read_request_line(text.substr(0, at), head));
  for (text.remove_prefix(at + kEnd.size()); !text.starts_with(kEnd);
       text.remove_prefix(at + kEnd.size())) {
    at = text.find(kEnd);
    if (at == std::string_view::npos) return no_head("does not end");
    const std::string_view line = text.substr(0, at);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return no_head("has a field without a name");
    }
    if (head.headers.size() >= limits::header_fields_max) return no_head("has too many fields");
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_value(value)) return no_head("has a field that cannot be read");
    const bool single = name == "host" || name == "content-length" || name == "origin";
    if (single && !pages::header_of(head.headers, name).empty()) return no_head("says it twice");
    if (name == "transfer-encoding") return no_head("has a transfer coding");
    if (name == "content-length") ENTENTE_TRY_VOID(read_length(value, head.body_bytes));
    head.headers.emplace_back(name, value);
  }
  if (text.size() != kEnd.size()) return no_head("goes on after its end");
  return head;
}

}  // namespace entente::client
