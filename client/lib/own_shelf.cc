#include "client/lib/own_shelf.h"

#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <sstream>

#include "client/lib/sealed_body.h"
#include "client/lib/state_files.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits_search.h"

namespace entente::client {
namespace {

constexpr std::size_t kLength = 8;  // of a number in a file
constexpr std::size_t kKey = 32;
constexpr std::size_t kNonce = 7;

std::string number(std::uint64_t value) {
  std::string out(kLength, '\0');
  for (std::size_t n = kLength; n-- > 0; value >>= 8U) out[n] = static_cast<char>(value & 0xffU);
  return out;
}

std::uint64_t number_in(std::string_view octets) {
  std::uint64_t value = 0;
  for (const char c : octets) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

Status not_kept(const char* why) {
  return Status(Code::InvalidArgument, Reason::None,
                std::string("it cannot be kept to be searched: ") + why);
}

// The key of a file's body, of which the length is told beside it.
struct Opening {
  BodyKey key;
  std::uint64_t bytes = 0;
};
std::optional<Opening> opening_of(std::string_view envelope, const std::vector<OfficeKey>& keys) {
  for (const OfficeKey& office : keys) {
    const Result<Secret> inside = open_envelope(envelope, office);
    if (!inside.ok()) continue;
    const std::string_view octets = inside->reveal(SecretAccess());
    if (octets.size() != kKey + kNonce + kLength) return std::nullopt;
    return Opening{.key = {.key = Secret(std::string(octets.substr(0, kKey))),
                           .nonce = std::string(octets.substr(kKey, kNonce))},
                   .bytes = number_in(octets.substr(kKey + kNonce))};
  }
  return std::nullopt;
}

}  // namespace

std::string OwnShelf::path_of(const std::string& sealed_sha256) const {
  return folder_ + "/" + to_hex(sealed_sha256) + ".sealed";
}

Status OwnShelf::put(const OwnText& one) const {
  if (keys_.empty()) {
    return Status(Code::FailedPrecondition, Reason::None, "no office's key is here");
  }
  v1::SealedManifest manifest = one.manifest;
  manifest.clear_key();
  manifest.clear_shared_from();
  std::string plain;
  if (!google::protobuf::util::MessageToJsonString(manifest, &plain).ok()) {
    return not_kept("its title is no text");
  }
  plain += "\n" + one.text;  // JSON is on one line
  ENTENTE_TRY(const BodyKey key, BodyKey::fresh());
  std::string opening(key.key.reveal(SecretAccess()));
  opening += key.nonce + number(plain.size());
  const Secret within(std::move(opening));
  ENTENTE_TRY(const std::string office, certificate_der(keys_.front()));
  ENTENTE_TRY(const std::string envelope, seal_envelope(within.reveal(SecretAccess()), {office}));
  std::istringstream in(plain);
  std::ostringstream out;
  out << number(envelope.size()) << envelope;
  ENTENTE_TRY_VOID(seal_body(key, in, out).status());
  return write_whole(path_of(manifest.sealed_sha256()), out.str());
}

std::optional<OwnText> OwnShelf::find(const std::string& sealed_sha256) const {
  const std::string file = read_whole(path_of(sealed_sha256));
  const std::string_view all = file;
  if (all.size() < kLength) return std::nullopt;
  const std::uint64_t length = number_in(all.substr(0, kLength));
  if (length > all.size() - kLength) return std::nullopt;
  const auto opening = opening_of(all.substr(kLength, length), keys_);
  if (!opening) return std::nullopt;
  std::istringstream in(file.substr(kLength + length));
  std::ostringstream out;
  if (!open_body(opening->key, opening->bytes, in, out).ok()) return std::nullopt;
  const std::string plain = out.str();
  const std::size_t end = plain.find('\n');
  OwnText one;
  if (end == std::string::npos ||
      !google::protobuf::util::JsonStringToMessage(plain.substr(0, end), &one.manifest).ok() ||
      one.manifest.sealed_sha256() != sealed_sha256) {
    return std::nullopt;
  }
  one.text = plain.substr(end + 1);
  return one;
}

void OwnShelf::keep_only(const std::set<std::string>& sealed_sha256) const {
  std::set<std::string> kept;
  for (const std::string& one : sealed_sha256) kept.insert(path_of(one));
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    if (kept.count(entry.path().string()) == 0) std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace entente::client
