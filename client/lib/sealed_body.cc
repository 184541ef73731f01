#include "client/lib/sealed_body.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>

#include "client/lib/owned.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits_documents.h"
#include "proto/contract/limits_sealing.h"
#include "proto/contract/running_digest.h"

namespace entente::client {
namespace {

constexpr std::size_t kChunk = limits::sealed_chunk_bytes;
constexpr std::size_t kTag = 16;
constexpr std::size_t kNonce = 7;
constexpr std::size_t kKey = 32;

using Context = Owned<EVP_CIPHER_CTX>;

Status broken(const char* what) {
  return Status(Code::DataLoss, Reason::ProofInvalid,
                std::string("the sealed document does not open: ") + what);
}

// `nonce | number | whether it is the last`.
std::string nonce_of(const BodyKey& key, std::uint64_t number, bool last) {
  std::string nonce = key.nonce;
  append_u32(nonce, static_cast<std::uint32_t>(number));
  nonce += last ? '\1' : '\0';
  return nonce;
}

bool is_whole(const BodyKey& key) { return key.key.size() == kKey && key.nonce.size() == kNonce; }

// Seals and opens the chunks of one body; the key is expanded once.
class Chunks {
 public:
  Chunks(const BodyKey& key, bool seals)
      : key_(key), seals_(seals), context_(EVP_CIPHER_CTX_new()) {
    ENTENTE_CHECK(is_whole(key) && context_ &&
                  EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr,
                                    octets(key.key.reveal(SecretAccess())), nullptr,
                                    seals ? 1 : 0) == 1);
  }

  std::string seal(std::uint64_t number, bool last, std::string_view plain) {
    begin(number, last);
    std::string out(plain.size() + kTag, '\0');
    int done = 0;
    int rest = 0;
    ENTENTE_CHECK(EVP_CipherUpdate(context_.get(), octets(out), &done, octets(plain),
                                   static_cast<int>(plain.size())) == 1 &&
                  EVP_CipherFinal_ex(context_.get(), octets(out) + done, &rest) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, kTag,
                                      octets(out) + plain.size()) == 1);
    return out;
  }

  Result<std::string> open(std::uint64_t number, bool last, std::string_view sealed) {
    ENTENTE_CHECK(sealed.size() > kTag);
    begin(number, last);
    std::string tag(sealed.substr(sealed.size() - kTag));
    sealed.remove_suffix(kTag);
    std::string out(sealed.size(), '\0');
    int done = 0;
    int rest = 0;
    ENTENTE_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG, kTag, octets(tag)) ==
                      1 &&
                  EVP_CipherUpdate(context_.get(), octets(out), &done, octets(sealed),
                                   static_cast<int>(sealed.size())) == 1);
    if (EVP_CipherFinal_ex(context_.get(), octets(out) + done, &rest) != 1) {
      return broken("a part of it was changed, or is in another's place");
    }
    return out;
  }

 private:
  void begin(std::uint64_t number, bool last) {
    const std::string nonce = nonce_of(key_, number, last);
    ENTENTE_CHECK(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, octets(nonce),
                                    seals_ ? 1 : 0) == 1);
  }
  const BodyKey& key_;
  const bool seals_;
  Context context_;
};

// As much of `bytes_max` as there is.
std::string read_some(std::istream& in, std::size_t bytes_max) {
  std::string some(bytes_max, '\0');
  in.read(some.data(), static_cast<std::streamsize>(some.size()));
  some.resize(static_cast<std::size_t>(in.gcount()));
  return some;
}

bool write_all(std::ostream& out, std::string_view bytes) {
  return static_cast<bool>(out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())));
}

std::uint64_t chunks_of(std::uint64_t bytes) { return (bytes + kChunk - 1) / kChunk; }

// How long the sealed chunk of that number is, of a body of `bytes`.
std::size_t chunk_size(std::uint64_t bytes, std::uint64_t number) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, bytes - number * kChunk)) + kTag;
}

}  // namespace

Result<BodyKey> BodyKey::fresh() {
  std::string key(kKey, '\0');
  BodyKey out;
  out.nonce.resize(kNonce);
  if (RAND_priv_bytes(octets(key), kKey) != 1 || RAND_bytes(octets(out.nonce), kNonce) != 1) {
    return Status(Code::Internal, Reason::None, "the system has no entropy to make a key of");
  }
  out.key = Secret(std::move(key));
  return out;
}

std::uint64_t sealed_bytes(std::uint64_t bytes) { return bytes + chunks_of(bytes) * kTag; }

Result<BodyDigests> seal_body(const BodyKey& key, std::istream& in, std::ostream& out,
                              std::uint64_t sealed_bytes_max) {
  Chunks chunks(key, /*seals=*/true);
  RunningDigest plain;
  RunningDigest sealed;
  BodyDigests digests;
  std::string next = read_some(in, kChunk);
  if (next.empty()) return invalid_argument("file", "is empty, or cannot be read");
  for (std::uint64_t number = 0; !next.empty(); ++number) {
    const std::string chunk = std::move(next);
    // Whether it is the last, only what comes after it says.
    next = chunk.size() == kChunk ? read_some(in, kChunk) : std::string();
    digests.bytes += chunk.size();
    if (sealed_bytes(digests.bytes) > sealed_bytes_max) {
      return invalid_argument("file", "is longer than 4 GiB");
    }
    plain.add(chunk);
    const std::string bytes = chunks.seal(number, next.empty(), chunk);
    sealed.add(bytes);
    if (!write_all(out, bytes)) return invalid_argument("file", "cannot be sealed: no room");
  }
  if (in.bad() || !out.flush()) return invalid_argument("file", "cannot be read to its end");
  digests.sha256 = plain.finish();
  digests.sealed_sha256 = sealed.finish();
  return digests;
}

Result<BodyDigests> open_body(const BodyKey& key, std::uint64_t bytes, std::istream& in,
                              std::ostream& out) {
  if (!is_whole(key) || bytes == 0 || sealed_bytes(bytes) > limits::content_bytes_max) {
    return broken("its manifest is none");
  }
  Chunks chunks(key, /*seals=*/false);
  RunningDigest plain;
  RunningDigest sealed;
  const std::uint64_t count = chunks_of(bytes);
  for (std::uint64_t number = 0; number < count; ++number) {
    const std::string chunk = read_some(in, chunk_size(bytes, number));
    if (chunk.size() != chunk_size(bytes, number)) return broken("it ends too early");
    sealed.add(chunk);
    ENTENTE_TRY(const std::string opened, chunks.open(number, number + 1 == count, chunk));
    plain.add(opened);
    if (!write_all(out, opened)) return invalid_argument("out", "cannot be written");
  }
  if (!read_some(in, 1).empty()) return broken("it goes on behind its end");
  if (!out.flush()) return invalid_argument("out", "cannot be written");
  return BodyDigests{.bytes = bytes, .sha256 = plain.finish(), .sealed_sha256 = sealed.finish()};
}

Result<std::string> open_range(const BodyKey& key, std::uint64_t bytes, std::istream& in,
                               std::uint64_t offset, std::size_t length) {
  if (!is_whole(key) || sealed_bytes(bytes) > limits::content_bytes_max) {
    return broken("its manifest is none");
  }
  std::string out;
  if (offset >= bytes) return out;
  const std::uint64_t end = offset + std::min<std::uint64_t>(length, bytes - offset);
  Chunks chunks(key, /*seals=*/false);
  for (std::uint64_t number = offset / kChunk; number * kChunk < end; ++number) {
    in.clear();
    in.seekg(static_cast<std::streamoff>(number * (kChunk + kTag)));
    const std::string chunk = read_some(in, chunk_size(bytes, number));
    if (chunk.size() != chunk_size(bytes, number)) return broken("it ends too early");
    ENTENTE_TRY(const std::string opened,
                chunks.open(number, number + 1 == chunks_of(bytes), chunk));
    const std::uint64_t at = number * kChunk;
    const std::uint64_t from = std::max(offset, at) - at;
    out += opened.substr(from, std::min(end, at + opened.size()) - at - from);
  }
  return out;
}

}  // namespace entente::client
