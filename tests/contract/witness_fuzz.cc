// What a witness is sent. It answers with one of its statuses, never signs what its ledger's key
// did not, and never forgets.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "proto/contract/witness.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto request = witness::AddCheckpoint::parse(body); request.ok()) {
    ENTENTE_CHECK(request->format() == body);
  }
  static const note::SigningKey log("example.com/log", note::SignatureType::Ed25519,
                                    Secret(std::string(32, 'L')));
  static const auto witness = *witness::Witness::open(
      note::SigningKey("example.com/witness", note::SignatureType::Cosignature,
                       Secret(std::string(32, 'W'))),
      {log.verifier()}, {}, [](const std::string&, const std::string&) { return Status(); });
  const auto before = witness->last("example.com/log");
  const witness::Answer answer = witness->add_checkpoint(body, Instant{});
  const auto after = witness->last("example.com/log");
  if (answer.http_status != 200) ENTENTE_CHECK(before == after);
  if (before && after) ENTENTE_CHECK(before->size <= after->size);
  return 0;
}
