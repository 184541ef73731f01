// Whatever is sent in a handshake, or as a list: without anchors nothing opens, and nothing breaks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/identity/certificates.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  static const SystemClock clock;
  static identity::CertificateStore store({.network = "demo.example"}, clock);
  if (store.verify({bytes}).ok() || store.verify({bytes, bytes}).ok()) std::abort();
  static_cast<void>(store.read(bytes));
  static_cast<void>(store.check_anchor(bytes));
  if (store.check_crl("SWE", bytes).ok()) std::abort();
  static_cast<void>(identity::certificates_of_pem(bytes));
  static_cast<void>(identity::crls_of_pem(bytes));
  static_cast<void>(identity::check_signature(bytes, "message", bytes));
  return 0;
}
