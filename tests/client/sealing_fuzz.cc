// Whatever comes as an envelope, a manifest or a sealed body is refused, or opens; nothing else
// happens, and nothing of a body comes out that its key did not seal. The first octet says which;
// or that the rest, three octets at a time, changes a sound envelope in their places, so that what
// lies behind the first look is reached: it does not open, or as what was sealed. Seeds:
// sealing_seeds.
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "client/lib/envelope.h"
#include "client/lib/sealed_body.h"
#include "tests/support/certificates.h"

namespace {

using namespace entente::client;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kContent = "what was sealed";

struct Sound {
  Sound() {
    certificates.authority("office");
    key = {.certificate_path = certificates.path("office.pem"),
           .key_path = certificates.path("office.key"),
           .certificate_sha256 = {}};
    std::ifstream pem(key.certificate_path);
    std::stringstream text;
    text << pem.rdbuf();
    const std::string words = text.str();
    BIO* bio = BIO_new_mem_buf(words.data(), static_cast<int>(words.size()));
    X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    const std::string octets(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    X509_free(certificate);
    BIO_free(bio);
    envelope = *seal_envelope(kContent, {octets});
  }
  const entente::testing::Certificates certificates;
  OfficeKey key;
  std::string envelope;
};

const Sound& sound() {
  static const Sound one;
  return one;
}

void change(std::string_view bytes) {
  std::string changed = sound().envelope;
  for (; bytes.size() >= 3; bytes.remove_prefix(3)) {
    const auto at =
        static_cast<unsigned char>(bytes[0]) * 256U + static_cast<unsigned char>(bytes[1]);
    changed[at % changed.size()] = bytes[2];
  }
  const auto opened = open_envelope(changed, sound().key);
  if (opened.ok() && opened->reveal(entente::SecretAccess{}) != kContent) __builtin_trap();
}

// What no key of ours has sealed opens nothing, and gives nothing out.
void refuse_body(std::string_view bytes) {
  static const BodyKey key{.key = entente::Secret(std::string(32, 'k')), .nonce = "nonce12"};
  std::istringstream in{std::string(bytes)};
  std::ostringstream out;
  if (open_body(key, bytes.size() > 16 ? bytes.size() - 16 : 1, in, out).ok()) __builtin_trap();
  if (!out.str().empty()) __builtin_trap();
}

}  // namespace

// Five programs make the certificates: not in the time of the first input.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*words*/) {
  (void)sound();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      if (check_envelope(bytes).ok() && recipients_of(bytes) == 0) __builtin_trap();
      break;
    case 1:
      (void)open_enclosed(bytes).ok();
      break;
    case 2:
      (void)parse_manifest(bytes).ok();
      break;
    case 3:
      refuse_body(bytes);
      break;
    default:
      change(bytes);
  }
  return 0;
}
