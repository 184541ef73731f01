#include "server/store/keyring.h"

#include <algorithm>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits_store.h"
#include "server/store/files.h"

namespace entente::store {
namespace {

// Whose a key is that was made ready and not yet claimed.
constexpr SealName nobodys{.scope = SealName::Scope::Document, .id = {}};

Status unreadable(std::string detail) {
  return Status(Code::DataLoss, Reason::None, "a stored value cannot be read")
      .with_detail(std::move(detail));
}

Status no_such_key() { return {Code::NotFound, Reason::None, "there is no such key"}; }

Status not_written(std::string detail) {
  return Status(Code::Unavailable, Reason::None, "the keyring could not be written")
      .with_detail(std::move(detail));
}

SealName wrapper_name(const Id& process) {
  if (process == Id{}) return {};
  return {.scope = SealName::Scope::Process, .id = process};
}

}  // namespace

Keyring::~Keyring() = default;

std::unique_ptr<Keyring> Keyring::in_memory(Entropy& entropy) {
  std::unique_ptr<Keyring> keyring(new Keyring(entropy));
  keyring->publish(keyring->new_ring());
  return keyring;
}

Result<std::unique_ptr<Keyring>> Keyring::create(const std::filesystem::path& path,
                                                 const RootKey& root, Entropy& entropy) {
  std::error_code error;
  if (std::filesystem::exists(path, error) || error) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere, "there is a keyring already");
  }
  std::unique_ptr<Keyring> keyring(new Keyring(entropy));
  keyring->path_ = path;
  ENTENTE_TRY_VOID(keyring->take_root(root));
  ENTENTE_TRY_VOID(keyring->change(keyring->new_ring(), false));
  return keyring;
}

Result<std::unique_ptr<Keyring>> Keyring::open(const std::filesystem::path& path,
                                               const RootKey& root, Entropy& entropy) {
  ENTENTE_TRY(const std::string file, read_whole(path, keyring_bytes_max));
  ENTENTE_TRY(KeyringHeader header, parse_keyring_header(file));
  if (header.kind != root.kind) {
    return Status(Code::FailedPrecondition, Reason::None, "the root key does not open this keyring")
        .with_detail(header.kind == RootKey::Kind::Passphrase ? "it wants a passphrase"
                                                              : "it wants a key, no passphrase");
  }
  std::unique_ptr<Keyring> keyring(new Keyring(entropy));
  keyring->path_ = path;
  Secret base = root.secret.duplicate();  // of two owners: the caller's lives on
  if (header.kind == RootKey::Kind::Passphrase) {
    ENTENTE_TRY(base, stretch(root.secret, header.stretching, header.stretching_salt));
  }
  keyring->key_ = keyring_key(base, header.root_salt);
  keep_out_of_swap_and_dumps(keyring->key_);
  ENTENTE_TRY(Ring ring, decode_keyring(keyring->xaes_, keyring->key_, file));
  keyring->header_ = std::move(header);
  keyring->publish(std::move(ring));
  return keyring;
}

Id Keyring::network() const { return now()->ring.network; }

bool Keyring::has(const SealName& name) const { return sealer_of(name).has_value(); }

bool Keyring::opens(KeyId id) const { return opener_of(id).has_value(); }

bool Keyring::was_destroyed(KeyId id) const { return now()->ring.destroyed.contains(id); }

bool Keyring::seals(KeyId id) const {
  const std::shared_lock lock(now_mutex_);
  return claimed_keys_.contains(id) || now_->sealers.contains(id);
}

std::optional<Keyring::Found> Keyring::sealer_of(const SealName& name) const {
  const std::shared_lock lock(now_mutex_);
  const Ring& ring = now_->ring;
  const auto claimed = claimed_.find(name);
  const auto found = claimed != claimed_.end() ? claimed : ring.names.find(name);
  if (claimed == claimed_.end() && found == ring.names.end()) return std::nullopt;
  return Found{
      .generation = found->second.generations.back(), .name = name, .network = ring.network};
}

std::optional<Keyring::Found> Keyring::opener_of(KeyId id) const {
  const std::shared_lock lock(now_mutex_);
  const Id& network = now_->ring.network;
  if (const auto claimed = claimed_keys_.find(id); claimed != claimed_keys_.end()) {
    return Found{.generation = claimed_.at(claimed->second).generations.back(),
                 .name = claimed->second,
                 .network = network};
  }
  const auto opener = now_->openers.find(id);
  if (opener == now_->openers.end()) return std::nullopt;
  return Found{.generation = {.id = id, .key = opener->second.key},
               .name = opener->second.name,
               .network = network};
}

bool Keyring::has_old_generations() const {
  const auto now = this->now();
  return std::any_of(now->ring.names.begin(), now->ring.names.end(),
                     [](const auto& entry) { return entry.second.generations.size() > 1; });
}

std::optional<std::string> Keyring::seal(const SealName& name, std::string_view key_bytes,
                                         std::string_view value) const {
  const std::optional<Found> found = sealer_of(name);
  if (!found) return std::nullopt;
  return seal_value(xaes_, found->generation.id, found->generation.key->reveal(SecretAccess{}),
                    entropy_.bytes(xaes_nonce_bytes),
                    {.network = found->network, .key_bytes = key_bytes}, value);
}

Result<std::string> Keyring::unseal(std::string_view key_bytes, std::string_view sealed) const {
  const std::optional<KeyId> id = key_id_of(sealed);
  if (!id) return unreadable("no sealed value under key " + to_hex(key_bytes));
  const std::optional<Found> opener = opener_of(*id);
  if (!opener) {
    return unreadable("sealing key " + std::to_string(*id) +
                      (was_destroyed(*id) ? " was destroyed" : " is in no keyring") + "; key " +
                      to_hex(key_bytes));
  }
  std::optional<std::string> value =
      open_value(xaes_, opener->generation.key->reveal(SecretAccess{}),
                 {.network = opener->network, .key_bytes = key_bytes}, sealed);
  if (!value) return unreadable("does not authenticate; key " + to_hex(key_bytes));
  return *std::move(value);
}

Result<std::string> Keyring::reseal(std::string_view key_bytes, std::string_view sealed) const {
  ENTENTE_TRY(const std::string value, unseal(key_bytes, sealed));
  // Destroyed since it was unsealed: nobody's, and nobody's seals nothing.
  std::optional<std::string> anew = seal(sealed_for(sealed).value_or(nobodys), key_bytes, value);
  if (!anew) return unreadable("its key was destroyed meanwhile; key " + to_hex(key_bytes));
  return *std::move(anew);
}

std::optional<SealName> Keyring::sealed_for(std::string_view sealed) const {
  const std::optional<KeyId> id = key_id_of(sealed);
  const std::optional<Found> opener = id ? opener_of(*id) : std::nullopt;
  if (!opener) return std::nullopt;
  return opener->name;
}

Status Keyring::ensure(const SealName& name, const Id& process) {
  const std::lock_guard lock(change_mutex_);
  ENTENTE_TRY_VOID(settle());
  if (has(name)) return {};
  const bool is_document = name.scope == SealName::Scope::Document;
  Ring next = whole();
  if (is_document && !next.names.contains(wrapper_name(process))) return no_such_key();
  Holder holder = new_holder(next, !is_document);
  if (is_document) holder.process = process;
  next.names.emplace(name, std::move(holder));
  return change(std::move(next), false);
}

Status Keyring::stock(const Id& process) {
  const std::lock_guard lock(change_mutex_);
  ENTENTE_TRY_VOID(settle());
  if (const auto found = spares_.find(process); found != spares_.end() && !found->second.empty()) {
    return {};
  }
  Ring next = whole();
  if (!next.names.contains(wrapper_name(process))) return no_such_key();
  const std::size_t count =
      std::clamp(next.names.size() / 16, limits::spare_keys_min, limits::spare_keys_max);
  std::vector<Generation>& keys = next.spares[process];
  while (keys.size() < count) {
    ENTENTE_CHECK(next.next != 0);
    keys.push_back({.id = next.next++, .key = new_key()});
  }
  return change(std::move(next), false);
}

Status Keyring::keep_claims() {
  const std::lock_guard lock(change_mutex_);
  ENTENTE_TRY_VOID(settle());
  if (claimed_.empty()) return {};
  return change(whole(), false);
}

std::optional<Claim> Keyring::claim(const SealName& name, const Id& process) {
  const std::lock_guard lock(change_mutex_);
  ENTENTE_CHECK(name.scope == SealName::Scope::Document && !has(name));
  const auto found = spares_.find(process);
  if (uncertain_ || found == spares_.end() || found->second.empty()) return std::nullopt;
  Generation generation = std::move(found->second.back());
  found->second.pop_back();
  const Claim claim{.name = name, .process = process, .key = generation.id};
  take_in(claim, std::move(generation));
  return claim;
}

void Keyring::take_in(const Claim& claim, Generation generation) {
  Holder holder;
  holder.process = claim.process;
  holder.generations.push_back(std::move(generation));
  const std::unique_lock lock(now_mutex_);
  claimed_keys_.emplace(claim.key, claim.name);
  claimed_.emplace(claim.name, std::move(holder));
}

Status Keyring::adopt(const std::vector<Claim>& claims) {
  const std::lock_guard lock(change_mutex_);
  for (const Claim& claim : claims) {
    const auto found = spares_.find(claim.process);
    if (found == spares_.end() || has(claim.name)) continue;
    const auto key =
        std::find_if(found->second.begin(), found->second.end(),
                     [&](const Generation& generation) { return generation.id == claim.key; });
    if (key == found->second.end()) continue;  // destroyed since
    take_in(claim, std::move(*key));
    found->second.erase(key);
  }
  spares_.clear();
  return claimed_.empty() ? Status() : change(whole(), false);
}

Status Keyring::destroy(const SealName& name) {
  ENTENTE_CHECK(name.scope != SealName::Scope::Network);
  const std::lock_guard lock(change_mutex_);
  ENTENTE_TRY_VOID(settle());
  Ring next = whole();
  const auto found = next.names.find(name);
  if (found == next.names.end()) return no_such_key();
  const auto lose = [&](const std::vector<Generation>& keys) {
    for (const Generation& key : keys) next.destroyed.add(key.id);
  };
  lose(found->second.generations);
  if (name.scope == SealName::Scope::Document) {
    renew_wrapping(next.names.at(wrapper_name(found->second.process)));
  } else {
    const auto of_it = [&](const auto& entry) {
      return entry.first.scope == SealName::Scope::Document && entry.second.process == name.id;
    };
    for (const auto& entry : next.names) {
      if (of_it(entry)) lose(entry.second.generations);
    }
    std::erase_if(next.names, of_it);
    lose(next.spares[name.id]);
    next.spares.erase(name.id);
  }
  next.names.erase(name);
  return change(std::move(next), true);
}

Status Keyring::rotate(const SealName& name) {
  const std::lock_guard lock(change_mutex_);
  ENTENTE_TRY_VOID(settle());
  Ring next = whole();
  const auto found = next.names.find(name);
  if (found == next.names.end()) return no_such_key();
  add_generation(next, found->second);
  if (found->second.wrapping) renew_wrapping(found->second);
  return change(std::move(next), false);
}

Status Keyring::drop_old_generations() {
  const std::lock_guard lock(change_mutex_);
  ENTENTE_TRY_VOID(settle());
  Ring next = whole();
  std::unordered_map<KeyId, Opener> fading;
  for (auto& [name, holder] : next.names) {
    for (auto old = holder.generations.begin(); old + 1 != holder.generations.end(); ++old) {
      fading.emplace(old->id, Opener{.key = old->key, .name = name});
    }
    holder.generations.erase(holder.generations.begin(), holder.generations.end() - 1);
  }
  std::string detail;
  const Written written = write(next, detail);
  if (written != Written::Yes) return not_written(std::move(detail));
  fading_ = std::move(fading);
  publish(std::move(next));
  return {};
}

Status Keyring::catch_up() {
  const std::lock_guard lock(change_mutex_);
  ENTENTE_TRY(const std::string file, read_whole(path_, keyring_bytes_max));
  ENTENTE_TRY(Ring ring, decode_keyring(xaes_, key_, file));
  fading_ = now()->openers;
  publish(std::move(ring));
  return {};
}

Status Keyring::rotate_root(const RootKey& root) {
  const std::lock_guard lock(change_mutex_);
  KeyringHeader old_header = header_;
  Secret old_key = std::move(key_);
  Status status = take_root(root);
  Written written = Written::No;
  if (status.ok()) {
    std::string detail;
    written = write(whole(), detail);
    if (written != Written::Yes) status = not_written(std::move(detail));
  }
  if (written == Written::No) {
    header_ = std::move(old_header);
    key_ = std::move(old_key);
  }
  return status;
}

Id Keyring::blind(std::string_view domain, std::string_view text) const {
  // The domain's length keeps ("ab", "c") and ("a", "bc") apart.
  std::string message;
  append_u32(message, static_cast<std::uint32_t>(domain.size()));
  message.append(domain).append(text);
  return Id::from(as_view(hmac_sha256(*now()->ring.index, message)));
}

Secret Keyring::purpose_key(std::string_view purpose) const {
  std::string info("entente/purpose/1|");
  info.append(purpose);
  return hkdf_sha256(*now()->ring.purposes, {}, info, xaes_key_bytes);
}

Ring Keyring::whole() const {
  Ring ring = now()->ring;
  ring.names.insert(claimed_.begin(), claimed_.end());
  ring.spares = spares_;
  return ring;
}

std::shared_ptr<const Keyring::Indexed> Keyring::now() const {
  const std::shared_lock lock(now_mutex_);
  return now_;
}

void Keyring::publish(Ring ring) {
  // With a name's key all that it ever had must go.
  std::erase_if(fading_, [&](const auto& one) { return !ring.names.contains(one.second.name); });
  auto next = std::make_shared<Indexed>();
  next->openers = fading_;
  for (const auto& [name, holder] : ring.names) {
    for (const Generation& generation : holder.generations) {
      next->openers.insert_or_assign(generation.id, Opener{.key = generation.key, .name = name});
    }
    next->sealers.insert(holder.generations.back().id);
  }
  // A process that only reads learns of no claim, and opens all the same.
  for (const auto& [process, keys] : ring.spares) {
    for (const Generation& spare : keys) {
      next->sealers.insert(spare.id);
      next->openers.insert_or_assign(spare.id, Opener{.key = spare.key, .name = nobodys});
    }
  }
  spares_ = std::exchange(ring.spares, {});
  next->ring = std::move(ring);
  const std::unique_lock lock(now_mutex_);
  now_ = std::move(next);
  claimed_.clear();
  claimed_keys_.clear();
}

Ring Keyring::new_ring() const {
  Ring ring;
  ring.network = Id::from(entropy_.bytes(16));
  ring.index = new_key();
  ring.purposes = new_key();
  Holder network = new_holder(ring, true);
  ring.names.emplace(SealName{}, std::move(network));
  return ring;
}

Holder Keyring::new_holder(Ring& ring, bool wraps) const {
  Holder holder;
  add_generation(ring, holder);
  if (wraps) renew_wrapping(holder);
  return holder;
}

void Keyring::add_generation(Ring& ring, Holder& holder) const {
  ENTENTE_CHECK(ring.next != 0);  // 2^32 generations are never reached
  holder.generations.push_back({.id = ring.next++, .key = new_key()});
}

void Keyring::renew_wrapping(Holder& holder) const {
  ++holder.wrapping_generation;
  holder.wrapping = new_key();
}

SharedSecret Keyring::new_key() const { return guarded(entropy_.bytes(xaes_key_bytes)); }

Status Keyring::take_root(const RootKey& root) {
  KeyringHeader header;
  header.kind = root.kind;
  header.stretching = root.stretching;
  header.stretching_salt = entropy_.bytes(stretching_salt_bytes);
  header.root_salt = entropy_.bytes(keyring_salt_bytes);
  if (root.kind == RootKey::Kind::Raw) {
    ENTENTE_CHECK(root.secret.size() == root_key_bytes);
    key_ = keyring_key(root.secret, header.root_salt);
  } else {
    ENTENTE_TRY(const Secret base, stretch(root.secret, header.stretching, header.stretching_salt));
    key_ = keyring_key(base, header.root_salt);
  }
  header_ = std::move(header);
  keep_out_of_swap_and_dumps(key_);
  return {};
}

Written Keyring::write(const Ring& ring, std::string& detail) {
  if (path_.empty()) return Written::Yes;
  header_.nonce = entropy_.bytes(xaes_nonce_bytes);
  const Written written =
      replace_whole(path_, encode_keyring(xaes_, entropy_, key_, header_, ring), detail);
  if (written != Written::No) uncertain_ = written == Written::Maybe;
  return written;
}

Status Keyring::change(Ring next, bool show_if_uncertain) {
  std::string detail;
  const Written written = write(next, detail);
  if (written == Written::Yes || (written == Written::Maybe && show_if_uncertain)) {
    publish(std::move(next));
  }
  return written == Written::Yes ? Status() : not_written(std::move(detail));
}

Status Keyring::settle() {
  if (!uncertain_) return {};
  std::string detail;
  return write(whole(), detail) == Written::Yes ? Status() : not_written(std::move(detail));
}

}  // namespace entente::store
