// Any address and any headers of a data query: they are read or refused, and nothing of what was
// read is beyond its limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/contract/limits.h"
#include "server/statistics/query/data_request.h"
#include "server/statistics/query/negotiation.h"

namespace {

using namespace std::string_view_literals;

void hold(const entente::statistics::DataRequest& request) {
  namespace limits = entente::limits;
  ENTENTE_CHECK(request.keys.size() <= limits::query_keys_max);
  for (const auto& key : request.keys) ENTENTE_CHECK(key.size() <= limits::dimensions_max);
  for (const auto& condition : request.conditions) {
    ENTENTE_CHECK(!condition.component.empty() && !condition.any_of.empty());
    for (const auto& all : condition.any_of) ENTENTE_CHECK(!all.empty());
    // Whatever it says can be asked of anything.
    (void)entente::statistics::fits(condition.any_of, "A"sv);
    (void)entente::statistics::fits(condition.any_of, entente::statistics::Decimal{-125, -2});
    (void)entente::statistics::fits(condition.any_of,
                                    {entente::statistics::Frequency::Month, 24'000});
  }
  (void)entente::statistics::is_version_asked(request.about.versions, "1.0");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t line = all.find('\n');
  const std::string_view address = all.substr(0, line);
  const std::size_t mark = address.find('?');
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : address.substr(mark + 1);
  for (const std::string_view root : {"/sdmx/2.1/"sv, "/sdmx/3.0/"sv}) {
    const std::string path = std::string(root) + std::string(address.substr(0, mark));
    const auto request = entente::statistics::parse_data_request(path, query);
    if (request.ok()) hold(*request);
  }
  if (line == std::string_view::npos) return 0;
  const std::string_view header = all.substr(line + 1);
  for (const auto& range : entente::statistics::parse_accept(header)) {
    ENTENTE_CHECK(range.quality > 0 && range.quality <= 1'000);
    (void)entente::statistics::accepts_version(range.find("version"), "2.1.0");
  }
  (void)entente::statistics::parse_languages(header);
  (void)entente::statistics::choose_encoding(header);
  return 0;
}
