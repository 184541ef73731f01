// Notes, checkpoints and keys as text from outside: what is read is written back byte for byte.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/contract/note.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto key = note::VerifierKey::parse(bytes); key.ok()) {
    ENTENTE_CHECK(key->text() == bytes);
  }
  if (const auto checkpoint = note::Checkpoint::parse(bytes); checkpoint.ok()) {
    ENTENTE_CHECK(checkpoint->text() == bytes);
  }
  const auto read = note::Note::parse(bytes);
  if (!read.ok()) return 0;
  ENTENTE_CHECK(read->format() == bytes);
  static const auto log = *note::VerifierKey::parse(
      "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
  const note::VerifierKey witness(log.name(), note::SignatureType::Cosignature, {1});
  static_cast<void>(note::open_checkpoint(bytes, log));
  static_cast<void>(note::verify_cosignature(*read, witness));
  return 0;
}
