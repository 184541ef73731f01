// A DAV call's body comes from any signed-in program: whatever its bytes, there is an answer, and a
// 207 is well-formed. The first byte chooses method and path.
#include <cstddef>
#include <cstdint>

#include "server/dav/xml.h"
#include "tests/formats/address_books.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::directory;
  if (size == 0) return 0;
  static testing::SampleBooks books = [] {
    testing::SampleBooks made;
    made.add("igc", testing::person_entry("anna", "Anna Lindqvist"));
    made.add("igc", testing::person_entry("reto", "Reto Ammann"));
    return made;
  }();
  entente::net::HttpRequest request;
  request.method = (data[0] & 1U) != 0 ? "REPORT" : "PROPFIND";
  request.path = (data[0] & 2U) != 0 ? "/carddav/books/igc/" : "/carddav/books/";
  request.headers = {{"depth", (data[0] & 4U) != 0 ? "1" : "0"}};
  request.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto response = entente::dav::serve(request, carddav(), books);
  if (response.status < 200 || response.status > 599) __builtin_trap();
  if (response.status == 207 && response.body.size() < (1U << 20) &&
      !entente::dav::parse_xml(response.body).ok()) {
    __builtin_trap();
  }
  return 0;
}
