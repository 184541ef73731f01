// Proofs as bytes from outside: two numbers, two hashes, a path. No crash, bounded work; and
// whatever inclusion proof holds, does not for another leaf.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/entry.h"
#include "proto/contract/merkle.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const Result<Entry> entry = decode_entry(bytes); entry.ok()) {
    ENTENTE_CHECK(encode_entry(*entry) == bytes);
  }
  if (bytes.size() < 80) return 0;
  const std::uint64_t first = read_u64(bytes);
  const std::uint64_t second = read_u64(bytes.substr(8));
  const Digest a = digest_from(bytes.substr(16, 32));
  const Digest b = digest_from(bytes.substr(48, 32));
  std::vector<Digest> path;
  for (bytes.remove_prefix(80); bytes.size() >= 32; bytes.remove_prefix(32)) {
    path.push_back(digest_from(bytes.substr(0, 32)));
  }
  if (merkle::verify_inclusion(first, second, a, path, b)) {
    Digest other = a;
    other[0] ^= 1;
    ENTENTE_CHECK(!merkle::verify_inclusion(first, second, other, path, b));
  }
  if (merkle::verify_consistency(first, second, a, b, path) && first > 0) {
    Digest other = a;
    other[0] ^= 1;
    ENTENTE_CHECK(!merkle::verify_consistency(first, second, other, b, path));
  }
  return 0;
}
