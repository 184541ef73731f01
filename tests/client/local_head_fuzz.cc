// Heads of requests to `entente portal`, however they are bent: what is accepted is written again
// and read alike.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "client/lib/local_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto head = entente::client::parse_local_head(text);
  if (!head.ok()) return 0;
  std::string again = head->method + " " + head->path + head->query + " HTTP/1.1\r\n";
  for (const auto& [name, value] : head->headers) again += name + ": " + value + "\r\n";
  const auto twice = entente::client::parse_local_head(again + "\r\n");
  if (!twice.ok() || twice->headers != head->headers || twice->path != head->path ||
      twice->body_bytes != head->body_bytes) {
    std::abort();
  }
  return 0;
}
