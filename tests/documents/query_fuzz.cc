// What anybody types to be looked for, and a text in which it is: clauses within their bounds, or a
// refusal; of a text a passage, whose parts are whole letters.
// The first line is the query, the rest the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/bytes.h"
#include "proto/words/passage.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(all.find('\n'), all.size());
  static words::Stems stems;
  if (stems.is_full()) stems.forget();
  const auto clauses = words::parse_query(all.substr(0, line), stems);
  if (!clauses.ok()) {
    ENTENTE_CHECK(clauses.status().code() == Code::InvalidArgument);
    return 0;
  }
  for (const words::Clause& clause : *clauses) {
    ENTENTE_CHECK(!clause.any_of.empty());
    for (const words::Phrase& phrase : clause.any_of) {
      ENTENTE_CHECK(!phrase.empty());
      for (const words::Term& term : phrase) {
        ENTENTE_CHECK(!term.stems.empty() || !term.prefix.empty());
      }
    }
  }
  const words::Said said{.language = "en", .text = std::string(all.substr(line))};
  if (!is_utf8(said.text)) return 0;
  const words::Passages passages(*clauses);
  v1::Passage passage;
  static_cast<void>(passages.mark(said, true, stems, passage));
  for (const auto& part : passage.parts()) {
    ENTENTE_CHECK(!part.text().empty() && is_utf8(part.text()));
  }
  return 0;
}
