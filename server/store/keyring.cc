#include "server/store/keyring.h"

#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::store {
namespace {

constexpr std::size_t key_bytes_count = 32;

Status unreadable(std::string detail) {
  return Status(Code::DataLoss, Reason::None, "a stored value cannot be read")
      .with_detail(std::move(detail));
}

}  // namespace

Keyring::~Keyring() = default;

std::unique_ptr<Keyring> Keyring::in_memory(Entropy& entropy) {
  std::unique_ptr<Keyring> keyring(new Keyring(entropy));
  Ring ring;
  ring.network = Id::from(entropy.bytes(16));
  ring.index = keyring->new_key();
  ring.purposes = keyring->new_key();
  keyring->add_generation(ring, SealName{});
  keyring->publish(std::move(ring));
  return keyring;
}

Id Keyring::network() const { return ring()->network; }

std::optional<KeyId> Keyring::current(const SealName& name) const {
  const auto ring = this->ring();
  const auto found = ring->names.find(name);
  if (found == ring->names.end()) return std::nullopt;
  return found->second.back().id;
}

bool Keyring::living(KeyId id) const { return ring()->by_id.contains(id); }

std::optional<std::string> Keyring::seal(const SealName& name, std::string_view key_bytes,
                                         std::string_view value) const {
  const auto ring = this->ring();
  const auto found = ring->names.find(name);
  if (found == ring->names.end()) return std::nullopt;
  const Generation& generation = found->second.back();
  return seal_value(xaes_, generation.id, generation.key->reveal(SecretAccess{}),
                    entropy_.bytes(xaes_nonce_bytes),
                    {.network = ring->network, .key_bytes = key_bytes}, value);
}

Result<std::string> Keyring::unseal(std::string_view key_bytes, std::string_view sealed) const {
  const auto ring = this->ring();
  const std::optional<KeyId> id = key_id_of(sealed);
  if (!id) return unreadable("no sealed value under key " + to_hex(key_bytes));
  const auto key = ring->by_id.find(*id);
  if (key == ring->by_id.end()) {
    return unreadable("sealing key " + std::to_string(*id) + " is gone; key " + to_hex(key_bytes));
  }
  std::optional<std::string> value =
      open_value(xaes_, key->second->reveal(SecretAccess{}),
                 {.network = ring->network, .key_bytes = key_bytes}, sealed);
  if (!value) return unreadable("does not authenticate; key " + to_hex(key_bytes));
  return *std::move(value);
}

Status Keyring::ensure(const SealName& name) {
  const std::lock_guard change(change_mutex_);
  if (current(name)) return {};
  Ring next = *ring();
  add_generation(next, name);
  publish(std::move(next));
  return {};
}

Status Keyring::destroy(const SealName& name) {
  ENTENTE_CHECK(name.scope != SealName::Scope::Network);
  const std::lock_guard change(change_mutex_);
  Ring next = *ring();
  const auto found = next.names.find(name);
  if (found == next.names.end()) {
    return Status(Code::NotFound, Reason::None, "there is no such key");
  }
  for (const Generation& generation : found->second) next.by_id.erase(generation.id);
  next.names.erase(found);
  publish(std::move(next));
  return {};
}

Id Keyring::blind(std::string_view domain, std::string_view text) const {
  // The domain's length keeps ("ab", "c") and ("a", "bc") apart.
  std::string message;
  append_u32(message, static_cast<std::uint32_t>(domain.size()));
  message.append(domain).append(text);
  return Id::from(as_view(hmac_sha256(*ring()->index, message)));
}

Secret Keyring::purpose_key(std::string_view purpose) const {
  std::string info("entente/purpose/1|");
  info.append(purpose);
  return hkdf_sha256(*ring()->purposes, {}, info, key_bytes_count);
}

std::shared_ptr<const Keyring::Ring> Keyring::ring() const {
  const std::shared_lock lock(ring_mutex_);
  return ring_;
}

void Keyring::publish(Ring next) {
  auto published = std::make_shared<const Ring>(std::move(next));
  const std::unique_lock lock(ring_mutex_);
  ring_ = std::move(published);
}

void Keyring::add_generation(Ring& ring, const SealName& name) const {
  Generation generation{.id = ring.next++, .key = new_key()};
  ring.by_id.emplace(generation.id, generation.key);
  ring.names[name].push_back(std::move(generation));
}

std::shared_ptr<const Secret> Keyring::new_key() const {
  return std::make_shared<const Secret>(entropy_.bytes(key_bytes_count));
}

}  // namespace entente::store
