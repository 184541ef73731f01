// A head file as bytes from outside: as they are, and behind and before a sound record.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/store/head_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  using namespace entente::store;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const Secret key("key");
  static_cast<void>(scan_head_file(bytes, key));

  std::string record("EHD1");
  append_u32(record, 4);
  append_u64(record, 7);
  record.append("note");
  record.append(as_view(hmac_sha256(key, record)));
  const Result<HeadScan> torn = scan_head_file(record + std::string(bytes), key);
  // Nobody without the key makes a second record, so the sound one stands.
  if (torn.ok()) ENTENTE_CHECK(torn->last && torn->last->size >= 7);
  const Result<HeadScan> damaged = scan_head_file(std::string(bytes) + record, key);
  ENTENTE_CHECK(size == 0 || !damaged.ok() || damaged->last->size >= 7);
  return 0;
}
