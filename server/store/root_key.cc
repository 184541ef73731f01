#include "server/store/root_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "proto/contract/bytes.h"
#include "server/store/files.h"

namespace entente::store {
namespace {

constexpr std::size_t passphrase_bytes_min = 12;
constexpr std::size_t key_file_bytes_max = 4096;

Status refused(std::string message) {
  return {Code::FailedPrecondition, Reason::None, std::move(message)};
}

Result<RootKey> parse(Secret text) {
  const std::string_view bytes = text.reveal(SecretAccess{});
  if (bytes.size() == root_key_bytes) {
    return RootKey{.kind = RootKey::Kind::Raw, .secret = std::move(text), .stretching = {}};
  }
  const std::string_view line = bytes.substr(0, bytes.find_last_not_of("\r\n") + 1);
  if (line.size() == 2 * root_key_bytes) {
    if (std::optional<std::string> key = from_hex(line)) {
      return RootKey{
          .kind = RootKey::Kind::Raw, .secret = Secret(*std::move(key)), .stretching = {}};
    }
  }
  return refused("a key is 32 bytes, or 64 hexadecimal digits");
}

// Whether the file is now of whoever owns the folder; errno says why not.
bool give_to_owner(int file, const std::filesystem::path& folder) {
  struct stat owner {};
  if (stat(folder.c_str(), &owner) != 0) return false;
  return owner.st_uid == geteuid() || fchown(file, owner.st_uid, owner.st_gid) == 0;
}

}  // namespace

Result<RootKey> root_key_from_file(const std::filesystem::path& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) == 0 && (about.st_mode & 077) != 0) {
    return refused("its file may be read by others than its owner").with_detail(path.string());
  }
  ENTENTE_TRY(std::string bytes, read_whole(path, key_file_bytes_max));
  return parse(Secret(std::move(bytes)));
}

Result<RootKey> root_key_from_credential(const std::filesystem::path& directory,
                                         std::string_view name) {
  if (name.empty() || name.find('/') != std::string_view::npos) {
    return refused("a credential's name is one file's name");
  }
  ENTENTE_TRY(std::string bytes, read_whole(directory / name, key_file_bytes_max));
  return parse(Secret(std::move(bytes)));
}

Result<RootKey> root_key_from_passphrase(Secret passphrase, Stretching stretching) {
  if (passphrase.size() < passphrase_bytes_min) {
    return refused("the passphrase is shorter than 12 bytes");
  }
  return RootKey{
      .kind = RootKey::Kind::Passphrase, .secret = std::move(passphrase), .stretching = stretching};
}

Result<RootKey> root_key_from_passphrase_file(const std::filesystem::path& path) {
  ENTENTE_TRY(std::string text, read_whole(path, key_file_bytes_max));
  text.resize(std::min(text.find('\n'), text.size()));
  return root_key_from_passphrase(Secret(std::move(text)));
}

Status create_root_key_file(const std::filesystem::path& path, Entropy& entropy,
                            const std::filesystem::path& store) {
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok() && errno == EEXIST) {
    return {Code::AlreadyExists, Reason::AlreadyThere, "there is a root key already"};
  }
  const Secret key(entropy.bytes(root_key_bytes));
  const Secret line(to_hex(key.reveal(SecretAccess{})) + "\n");
  if (!file.ok() || (!store.empty() && !give_to_owner(file.get(), store)) ||
      !write_all(file.get(), line.reveal(SecretAccess{}), 0) || fsync(file.get()) != 0) {
    const int error = errno;
    if (file.ok()) unlink(path.c_str());
    return Status(Code::Unavailable, Reason::None, "the root key's file could not be written")
        .with_detail(path.string() + ": " + std::strerror(error));
  }
  return sync_folder(path.parent_path());
}

Result<Secret> stretch(const Secret& passphrase, const Stretching& stretching,
                       std::string_view salt) {
  static_assert(stretching_salt_bytes == crypto_pwhash_SALTBYTES);
  ENTENTE_CHECK(salt.size() == stretching_salt_bytes && sodium_init() >= 0);
  std::string key(root_key_bytes, '\0');
  const std::string_view text = passphrase.reveal(SecretAccess{});
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const int failed = crypto_pwhash(
      reinterpret_cast<unsigned char*>(key.data()), key.size(), text.data(), text.size(),
      reinterpret_cast<const unsigned char*>(salt.data()), stretching.passes,
      static_cast<std::size_t>(stretching.memory_bytes), crypto_pwhash_ALG_ARGON2ID13);
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  if (failed != 0) {
    return Status(Code::ResourceExhausted, Reason::None, "no memory to stretch the passphrase");
  }
  return Secret(std::move(key));
}

}  // namespace entente::store
