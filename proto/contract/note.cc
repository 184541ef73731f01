#include "proto/contract/note.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/merkle.h"

namespace entente::note {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view dash = "\xe2\x80\x94 "sv;  // em dash, space

Status malformed(std::string message) {
  return {Code::InvalidArgument, Reason::ProofInvalid, std::move(message)};
}

// The code points of Unicode's White_Space property that are not control characters.
constexpr std::array<std::string_view, 18> unicode_spaces = {" "sv,
                                                             "\xc2\x85"sv,
                                                             "\xc2\xa0"sv,
                                                             "\xe1\x9a\x80"sv,
                                                             "\xe2\x80\x80"sv,
                                                             "\xe2\x80\x81"sv,
                                                             "\xe2\x80\x82"sv,
                                                             "\xe2\x80\x83"sv,
                                                             "\xe2\x80\x84"sv,
                                                             "\xe2\x80\x85"sv,
                                                             "\xe2\x80\x86"sv,
                                                             "\xe2\x80\x87"sv,
                                                             "\xe2\x80\x88"sv,
                                                             "\xe2\x80\x89"sv,
                                                             "\xe2\x80\x8a"sv,
                                                             "\xe2\x80\xaf"sv,
                                                             "\xe2\x81\x9f"sv,
                                                             "\xe3\x80\x80"sv};
constexpr std::array<std::string_view, 2> line_spaces = {"\xe2\x80\xa8"sv, "\xe2\x80\xa9"sv};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

const unsigned char* octets_of(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeKey>;
using ContextHandle = std::unique_ptr<EVP_MD_CTX, FreeContext>;

bool verify_bytes(const VerifierKey& key, std::string_view message, std::string_view signature) {
  if (signature.size() != signature_bytes) return false;
  const KeyHandle handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                     octets_of(key.key()), key.key().size()));
  const ContextHandle context(EVP_MD_CTX_new());
  return handle != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(message),
                          message.size()) == 1;
}

std::string cosigned_message(std::string_view text, std::uint64_t time_s) {
  return "cosignature/v1\ntime " + std::to_string(time_s) + "\n" + std::string(text);
}

// SHA-256(name || 0x0A || type || key), its first four bytes.
std::uint32_t key_id(std::string_view name, SignatureType type, std::string_view key) {
  const char type_octet = static_cast<char>(type);
  return read_u32(as_view(sha256({name, "\n"sv, std::string_view(&type_octet, 1), key})));
}

Result<Signature> parse_line(std::string_view line) {
  if (!line.starts_with(dash)) return malformed("a signature line has no em dash");
  line.remove_prefix(dash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return malformed("a signature line has no signature");
  Signature signature;
  signature.name = line.substr(0, space);
  if (!is_key_name(signature.name)) return malformed("a signature line has no key name");
  const std::optional<std::string> bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return malformed("a signature is not Base64 of a signature");
  signature.id = read_u32(*bytes);
  signature.bytes = bytes->substr(4);
  return signature;
}

}  // namespace

bool is_key_name(std::string_view name) {
  if (name.empty() || !is_utf8(name)) return false;
  if (std::any_of(name.begin(), name.end(), [](char c) { return is_control(c) || c == '+'; })) {
    return false;
  }
  const auto holds = [name](std::string_view space) {
    return name.find(space) != std::string_view::npos;
  };
  return std::none_of(unicode_spaces.begin(), unicode_spaces.end(), holds) &&
         std::none_of(line_spaces.begin(), line_spaces.end(), holds);
}

VerifierKey::VerifierKey(std::string name, SignatureType type,
                         std::array<std::uint8_t, key_bytes> key)
    : name_(std::move(name)), type_(type), key_(key), id_(key_id(name_, type_, this->key())) {
  ENTENTE_CHECK(is_key_name(name_));
}

std::string_view VerifierKey::key() const {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return {reinterpret_cast<const char*>(key_.data()), key_.size()};
}

std::string VerifierKey::text() const {
  std::string id;
  append_u32(id, id_);
  std::string material(1, static_cast<char>(type_));
  material.append(key());
  return name_ + "+" + to_hex(id) + "+" + to_base64(material);
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  const Status wrong(Code::InvalidArgument, Reason::FieldInvalid,
                     "the key is not of the form name+hash+base64");
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos) return wrong;
  const std::size_t second = text.find('+', first + 1);
  if (second == std::string_view::npos) return wrong;
  const std::string_view name = text.substr(0, first);
  const std::optional<std::string> material = from_base64(text.substr(second + 1));
  if (!is_key_name(name) || !material || material->size() != 1 + key_bytes) return wrong;
  const auto type = static_cast<SignatureType>(material->front());
  if (type != SignatureType::Ed25519 && type != SignatureType::Cosignature) return wrong;
  std::array<std::uint8_t, key_bytes> key{};
  std::copy(material->begin() + 1, material->end(), key.begin());
  VerifierKey parsed(std::string(name), type, key);
  if (parsed.text() != text) return wrong;
  return parsed;
}

std::string Signature::line() const {
  std::string bytes_with_id;
  append_u32(bytes_with_id, id);
  bytes_with_id.append(bytes);
  return std::string(dash) + name + " " + to_base64(bytes_with_id) + "\n";
}

Result<Note> Note::parse(std::string_view bytes) {
  if (bytes.size() > limits::note_bytes_max) return malformed("the note is too long");
  if (!is_utf8(bytes)) return malformed("the note is not UTF-8");
  if (std::any_of(bytes.begin(), bytes.end(), [](char c) { return is_control(c) && c != '\n'; })) {
    return malformed("the note has a control character");
  }
  // "The text is separated from the signatures by the last empty line in the note."
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos || !bytes.ends_with('\n')) {
    return malformed("the note has no text and signatures");
  }
  Note note;
  note.text = bytes.substr(0, blank + 1);
  for (std::string_view rest = bytes.substr(blank + 2); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    ENTENTE_TRY(Signature signature, parse_line(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
    const bool twice =
        std::any_of(note.signatures.begin(), note.signatures.end(), [&](const Signature& other) {
          return other.name == signature.name && other.id == signature.id;
        });
    if (twice) return malformed("the note bears two signatures of one key");
    if (note.signatures.size() == limits::note_signatures_max) {
      return malformed("the note bears too many signatures");
    }
    note.signatures.push_back(std::move(signature));
  }
  if (note.signatures.empty()) return malformed("the note bears no signature");
  return note;
}

std::string Note::format() const {
  std::string out = text + "\n";
  for (const Signature& signature : signatures) out += signature.line();
  return out;
}

const Signature* Note::find(const VerifierKey& key) const {
  for (const Signature& signature : signatures) {
    if (signature.name == key.name() && signature.id == key.id()) return &signature;
  }
  return nullptr;
}

struct SigningKey::Key {
  KeyHandle handle;
};

SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

SigningKey::SigningKey(std::string name, SignatureType type, const Secret& seed)
    : key_(std::make_unique<Key>()), verifier_("-", type, {}) {
  const std::string_view bytes = seed.reveal(SecretAccess{});
  ENTENTE_CHECK(bytes.size() == key_bytes);
  key_->handle.reset(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets_of(bytes), bytes.size()));
  ENTENTE_CHECK(key_->handle != nullptr);
  std::array<std::uint8_t, key_bytes> shown{};
  std::size_t size = shown.size();
  ENTENTE_CHECK(EVP_PKEY_get_raw_public_key(key_->handle.get(), shown.data(), &size) == 1);
  verifier_ = VerifierKey(std::move(name), type, shown);
}

std::string SigningKey::sign_bytes(std::string_view message) const {
  const ContextHandle context(EVP_MD_CTX_new());
  std::array<unsigned char, signature_bytes> signature{};
  std::size_t size = signature.size();
  ENTENTE_CHECK(
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->handle.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, octets_of(message), message.size()) ==
          1);
  ENTENTE_CHECK(size == signature.size());
  return {signature.begin(), signature.end()};
}

Signature SigningKey::sign(std::string_view text) const {
  ENTENTE_CHECK(verifier_.type() == SignatureType::Ed25519);
  return {.name = verifier_.name(), .id = verifier_.id(), .bytes = sign_bytes(text)};
}

Signature SigningKey::cosign(std::string_view text, std::int64_t time_s) const {
  ENTENTE_CHECK(verifier_.type() == SignatureType::Cosignature && time_s >= 0);
  const auto time = static_cast<std::uint64_t>(time_s);
  std::string bytes;
  append_u64(bytes, time);
  bytes.append(sign_bytes(cosigned_message(text, time)));
  return {.name = verifier_.name(), .id = verifier_.id(), .bytes = std::move(bytes)};
}

bool verify(const Note& note, const VerifierKey& key) {
  ENTENTE_CHECK(key.type() == SignatureType::Ed25519);
  const Signature* signature = note.find(key);
  return signature != nullptr && verify_bytes(key, note.text, signature->bytes);
}

std::optional<std::int64_t> verify_cosignature(const Note& note, const VerifierKey& key) {
  ENTENTE_CHECK(key.type() == SignatureType::Cosignature);
  const Signature* signature = note.find(key);
  if (signature == nullptr || signature->bytes.size() != 8 + signature_bytes) return std::nullopt;
  const std::uint64_t time = read_u64(signature->bytes);
  if (time > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  const std::string_view bytes = std::string_view(signature->bytes).substr(8);
  if (!verify_bytes(key, cosigned_message(note.text, time), bytes)) return std::nullopt;
  return static_cast<std::int64_t>(time);
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == 0 || end == std::string_view::npos)
      return malformed("a checkpoint has an empty line");
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (lines.size() < 3) return malformed("a checkpoint has at least three lines");
  const std::optional<std::uint64_t> size = parse_decimal(lines[1]);
  if (!size) return malformed("a checkpoint's second line is its size");
  const std::optional<std::string> root = from_base64(lines[2]);
  if (!root || root->size() != sizeof(Digest)) {
    return malformed("a checkpoint's third line is its root");
  }
  Checkpoint checkpoint;
  checkpoint.origin = lines[0];
  checkpoint.size = *size;
  checkpoint.root = digest_from(*root);
  checkpoint.extensions.assign(lines.begin() + 3, lines.end());
  return checkpoint;
}

std::string Checkpoint::text() const {
  std::string out = origin + "\n" + std::to_string(size) + "\n" + to_base64(as_view(root)) + "\n";
  for (const std::string& extension : extensions) out += extension + "\n";
  return out;
}

Result<SignedCheckpoint> open_checkpoint(std::string_view bytes, const VerifierKey& key) {
  ENTENTE_TRY(Note note, Note::parse(bytes));
  if (!verify(note, key)) return malformed("the checkpoint is not signed by this ledger");
  ENTENTE_TRY(Checkpoint checkpoint, Checkpoint::parse(note.text));
  if (checkpoint.origin != key.name()) return malformed("the checkpoint is of another ledger");
  if (checkpoint.size == 0 && checkpoint.root != merkle::empty_root()) {
    return malformed("an empty ledger has another root");
  }
  return SignedCheckpoint{.checkpoint = std::move(checkpoint), .note = std::move(note)};
}

}  // namespace entente::note
