// Whatever is sent in a handshake, or as a list: without anchors nothing opens, and nothing breaks.
// The first octet says what the rest is taken for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/identity/certificates.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  if (size == 0) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const SystemClock clock;
  static identity::CertificateStore store({.network = "demo.example"}, clock);
  switch (data[0] % 5) {
    case 0:
      if (store.verify({bytes}).ok() || store.verify({bytes, bytes}).ok()) std::abort();
      break;
    case 1:
      static_cast<void>(store.read(bytes));
      static_cast<void>(store.check_anchor(bytes));
      break;
    case 2:
      if (store.check_crl("SWE", bytes).ok()) std::abort();
      break;
    case 3:
      static_cast<void>(identity::certificates_of_pem(bytes));
      static_cast<void>(identity::crls_of_pem(bytes));
      break;
    default:
      static_cast<void>(identity::check_signature(bytes, "message", bytes));
  }
  return 0;
}
