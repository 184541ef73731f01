#include "server/store/ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::store {
namespace {

constexpr std::string_view magic = "ENTKEYR3";
constexpr std::string_view magic_2 = "ENTKEYR2";  // without the keys that were destroyed
constexpr std::string_view magic_1 = "ENTKEYR1";  // and without spare ones
constexpr std::size_t wrapped_width = xaes_nonce_bytes + xaes_key_bytes + xaes_tag_bytes;
constexpr std::size_t hash_width = 32;
// What a spare key is wrapped as, until a document has it.
constexpr SealName spare_name{.scope = SealName::Scope::Document, .id = {}};

Status damaged(std::string detail) {
  return Status(Code::DataLoss, Reason::None, "the keyring is damaged")
      .with_detail(std::move(detail));
}

std::string_view bytes_of(const SharedSecret& secret) { return secret->reveal(SecretAccess{}); }

// Takes fields off the front; once one does not fit, none does: numbers are zero from there on, so
// a count ends its loop, and no key bears the number zero.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t width) {
    if (!ok_ || rest_.size() < width) {
      ok_ = false;
      return {};
    }
    const std::string_view field = rest_.substr(0, width);
    rest_.remove_prefix(width);
    return field;
  }
  std::uint8_t u8() {
    const std::string_view field = take(1);
    return field.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(field.front());
  }
  std::uint32_t u32() {
    const std::string_view field = take(4);
    return field.empty() ? 0 : read_u32(field);
  }
  Id id() {
    const std::string_view field = take(16);
    return field.empty() ? Id{} : Id::from(field);
  }
  SharedSecret key() { return guarded(std::string(take(xaes_key_bytes))); }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

SealName wrapper_of(const Id& process) {
  if (process == Id{}) return {};
  return {.scope = SealName::Scope::Process, .id = process};
}

std::string wrapping_data(const Ring& ring, const SealName& name, KeyId id,
                          std::uint32_t generation) {
  std::string data("entente/dek/1");
  data.append(ring.network.view()).append(name.id.view());
  append_u32(data, id);
  append_u32(data, generation);
  return data;
}

// Grows without leaving copies of keys behind.
std::size_t contents_bytes(const Ring& ring) {
  std::size_t bytes = 128;
  for (const auto& [name, holder] : ring.names) {
    bytes += 128 + holder.generations.size() * (4 + wrapped_width);
  }
  for (const auto& [process, keys] : ring.spares) {
    bytes += keys.size() * (16 + 4 + wrapped_width);
  }
  return bytes + ring.destroyed.runs().size() * (4 + 4);
}

void append_wrapped(const Xaes& xaes, Entropy& entropy, const Ring& ring, const Holder& wrapper,
                    const SealName& name, const Generation& generation, std::string& out) {
  append_u32(out, generation.id);
  const std::string nonce = entropy.bytes(xaes_nonce_bytes);
  out.append(nonce);
  xaes.seal(bytes_of(wrapper.wrapping), nonce,
            wrapping_data(ring, name, generation.id, wrapper.wrapping_generation),
            bytes_of(generation.key), out);
}

std::string encode_contents(const Xaes& xaes, Entropy& entropy, const Ring& ring) {
  std::string out;
  out.reserve(contents_bytes(ring));
  out.append(ring.network.view()).append(bytes_of(ring.index)).append(bytes_of(ring.purposes));
  append_u32(out, ring.next);
  append_u32(out, static_cast<std::uint32_t>(ring.names.size()));
  for (const auto& [name, holder] : ring.names) {
    out.push_back(static_cast<char>(name.scope));
    out.append(name.id.view()).append(holder.process.view());
    append_u32(out, static_cast<std::uint32_t>(holder.generations.size()));
    if (holder.wrapping) {
      append_u32(out, holder.wrapping_generation);
      out.append(bytes_of(holder.wrapping));
      for (const Generation& generation : holder.generations) {
        append_u32(out, generation.id);
        out.append(bytes_of(generation.key));
      }
      continue;
    }
    const Holder& wrapper = ring.names.at(wrapper_of(holder.process));
    for (const Generation& generation : holder.generations) {
      append_wrapped(xaes, entropy, ring, wrapper, name, generation, out);
    }
  }
  std::size_t spares = 0;
  for (const auto& [process, keys] : ring.spares) spares += keys.size();
  append_u32(out, static_cast<std::uint32_t>(spares));
  for (const auto& [process, keys] : ring.spares) {
    for (const Generation& generation : keys) {
      out.append(process.view());
      append_wrapped(xaes, entropy, ring, ring.names.at(wrapper_of(process)), spare_name,
                     generation, out);
    }
  }
  append_u32(out, static_cast<std::uint32_t>(ring.destroyed.runs().size()));
  for (const auto& [first, last] : ring.destroyed.runs()) {
    append_u32(out, first);
    append_u32(out, last);
  }
  return out;
}

SharedSecret take_wrapped(const Xaes& xaes, Fields& fields, const Ring& ring, const Holder& wrapper,
                          const SealName& name, KeyId id) {
  const std::string_view wrapped = fields.take(wrapped_width);
  if (!fields.ok()) return nullptr;
  std::optional<std::string> key = xaes.open(
      bytes_of(wrapper.wrapping), wrapped.substr(0, xaes_nonce_bytes),
      wrapping_data(ring, name, id, wrapper.wrapping_generation), wrapped.substr(xaes_nonce_bytes));
  return key ? guarded(*std::move(key)) : nullptr;
}

// Network and processes sort before documents, so a document finds its wrapper decoded.
bool decode_generations(const Xaes& xaes, Fields& fields, const Ring& ring, const SealName& name,
                        Holder& holder, std::uint32_t count) {
  const Holder* wrapper = nullptr;
  if (name.scope == SealName::Scope::Document) {
    const auto found = ring.names.find(wrapper_of(holder.process));
    if (found == ring.names.end()) return false;
    wrapper = &found->second;
  } else {
    holder.wrapping_generation = fields.u32();
    holder.wrapping = fields.key();
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    Generation generation{.id = fields.u32(), .key = nullptr};
    if (generation.id == 0 || generation.id >= ring.next) return false;
    generation.key = wrapper == nullptr
                         ? fields.key()
                         : take_wrapped(xaes, fields, ring, *wrapper, name, generation.id);
    if (!generation.key) return false;
    holder.generations.push_back(std::move(generation));
  }
  return fields.ok() && !holder.generations.empty();
}

bool decode_spares(const Xaes& xaes, Fields& fields, Ring& ring) {
  const std::uint32_t count = fields.u32();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Id process = fields.id();
    Generation generation{.id = fields.u32(), .key = nullptr};
    const auto wrapper = ring.names.find(wrapper_of(process));
    if (wrapper == ring.names.end()) return false;
    if (generation.id == 0 || generation.id >= ring.next) return false;
    generation.key = take_wrapped(xaes, fields, ring, wrapper->second, spare_name, generation.id);
    if (!generation.key) return false;
    ring.spares[process].push_back(std::move(generation));
  }
  return fields.ok();
}

bool decode_destroyed(Fields& fields, Ring& ring) {
  const std::uint32_t count = fields.u32();
  for (std::uint32_t i = 0; i < count; ++i) {
    const KeyId first = fields.u32();
    const KeyId last = fields.u32();
    if (first == 0 || last >= ring.next || !ring.destroyed.add_run(first, last)) return false;
  }
  return fields.ok();
}

std::optional<Ring> decode_contents(const Xaes& xaes, std::string_view contents,
                                    std::string_view version) {
  Fields fields(contents);
  Ring ring;
  ring.network = fields.id();
  ring.index = fields.key();
  ring.purposes = fields.key();
  ring.next = fields.u32();
  const std::uint32_t names = fields.u32();
  for (std::uint32_t i = 0; i < names; ++i) {
    SealName name;
    const std::uint8_t scope = fields.u8();
    if (scope > static_cast<std::uint8_t>(SealName::Scope::Document)) return std::nullopt;
    name.scope = static_cast<SealName::Scope>(scope);
    name.id = fields.id();
    Holder holder;
    holder.process = fields.id();
    const std::uint32_t count = fields.u32();
    if (!decode_generations(xaes, fields, ring, name, holder, count)) return std::nullopt;
    if (!ring.names.emplace(name, std::move(holder)).second) return std::nullopt;
  }
  if (version != magic_1 && !decode_spares(xaes, fields, ring)) return std::nullopt;
  if (version == magic && !decode_destroyed(fields, ring)) return std::nullopt;
  if (!fields.at_end() || !ring.names.contains(SealName{})) return std::nullopt;
  return ring;
}

}  // namespace

void keep_out_of_swap_and_dumps(const Secret& secret) {
  const std::string_view bytes = secret.reveal(SecretAccess{});
  if (bytes.empty()) return;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast,performance-no-int-to-ptr)
  const auto at = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = at / page * page;
  const std::uintptr_t end = (at + bytes.size() + page - 1) / page * page;
  void* const pages = reinterpret_cast<void*>(first);
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast,performance-no-int-to-ptr)
  static_cast<void>(mlock(pages, end - first));
  static_cast<void>(madvise(pages, end - first, MADV_DONTDUMP));
}

SharedSecret guarded(std::string key) {
  auto secret = std::make_shared<const Secret>(std::move(key));
  keep_out_of_swap_and_dumps(*secret);
  return secret;
}

Result<KeyringHeader> parse_keyring_header(std::string_view file) {
  const std::string_view version = file.substr(0, magic.size());
  if (file.size() < keyring_header_bytes + xaes_tag_bytes + hash_width ||
      (version != magic && version != magic_2 && version != magic_1)) {
    return damaged("it is cut short, or no keyring");
  }
  const std::string_view hashed = file.substr(0, file.size() - hash_width);
  if (as_view(sha256(hashed)) != file.substr(hashed.size())) return damaged("its hash differs");
  Fields fields(file.substr(magic.size()));
  const std::uint8_t kind = fields.u8();
  KeyringHeader header;
  header.kind = static_cast<RootKey::Kind>(kind);
  header.stretching.passes = fields.u32();
  header.stretching.memory_bytes = read_u64(fields.take(sizeof(std::uint64_t)));
  header.stretching_salt = fields.take(stretching_salt_bytes);
  header.root_salt = fields.take(keyring_salt_bytes);
  header.nonce = fields.take(xaes_nonce_bytes);
  if (kind > 1) return damaged("its root key is of an unknown kind");
  if (header.kind == RootKey::Kind::Passphrase &&
      (header.stretching.passes == 0 || header.stretching.passes > stretching_passes_max ||
       header.stretching.memory_bytes < 8'192 ||
       header.stretching.memory_bytes > stretching_memory_bytes_max)) {
    return damaged("its stretching is out of range");
  }
  return header;
}

Secret keyring_key(const Secret& root, std::string_view root_salt) {
  return hkdf_sha256(root, root_salt, "entente/keyring/1", xaes_key_bytes);
}

std::string encode_keyring(const Xaes& xaes, Entropy& entropy, const Secret& key,
                           const KeyringHeader& header, const Ring& ring) {
  ENTENTE_CHECK(header.stretching_salt.size() == stretching_salt_bytes &&
                header.root_salt.size() == keyring_salt_bytes &&
                header.nonce.size() == xaes_nonce_bytes);
  std::string out(magic);
  out.push_back(static_cast<char>(header.kind));
  append_u32(out, header.stretching.passes);
  append_u64(out, header.stretching.memory_bytes);
  out.append(header.stretching_salt).append(header.root_salt).append(header.nonce);
  const std::string aad = out;
  const Secret contents(encode_contents(xaes, entropy, ring));
  xaes.seal(key.reveal(SecretAccess{}), header.nonce, aad, contents.reveal(SecretAccess{}), out);
  out.append(as_view(sha256(out)));
  return out;
}

Result<Ring> decode_keyring(const Xaes& xaes, const Secret& key, std::string_view file) {
  ENTENTE_TRY(const KeyringHeader header, parse_keyring_header(file));
  std::optional<std::string> opened =
      xaes.open(key.reveal(SecretAccess{}), header.nonce, file.substr(0, keyring_header_bytes),
                file.substr(keyring_header_bytes, file.size() - keyring_header_bytes - hash_width));
  if (!opened) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "the root key does not open this keyring");
  }
  const Secret contents(*std::move(opened));
  std::optional<Ring> ring =
      decode_contents(xaes, contents.reveal(SecretAccess{}), file.substr(0, magic.size()));
  if (!ring) return damaged("its contents make no sense");
  return *std::move(ring);
}

}  // namespace entente::store
