// A backup as bytes from outside: as they are, and as a block whose hash fits.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/store/backup.h"

namespace {

void verify(std::string_view bytes) {
  using namespace entente;
  using namespace entente::store;
  static SystemEntropy entropy;
  static const std::unique_ptr<Keyring> keyring = Keyring::in_memory(entropy);
  const File file(memfd_create("backup", MFD_CLOEXEC));
  ENTENTE_CHECK(file.ok() && write_all(file.get(), bytes, 0));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  static_cast<void>(verify_backup(path, nullptr));
  ENTENTE_CHECK(!verify_backup(path, keyring.get()).ok());  // made under no key of ours
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  verify(bytes);
  std::string file("ENTBACK1");
  file.resize(8 + 16 + 8, '\0');
  std::string hash(as_view(sha256(file)));
  if (!bytes.empty()) {
    append_u32(file, static_cast<std::uint32_t>(size));
    file.append(bytes);
    hash = as_view(sha256({hash, bytes}));
    file.append(hash);
  }
  append_u32(file, 0);
  append_u64(file, 1);
  file.append(32, '\0');
  verify(file);
  return 0;
}
