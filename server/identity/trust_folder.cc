#include "server/identity/trust_folder.h"

#include <fstream>
#include <iterator>
#include <system_error>

namespace entente::identity {
namespace {

constexpr std::uintmax_t file_bytes_max = 2 << 20;

Result<std::string> read(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error || bytes > file_bytes_max) {
    return invalid_argument("file", "cannot be read, or is longer than 2 MiB");
  }
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return invalid_argument("file", "cannot be read");
  return text;
}

Result<Trust> trust_of(const std::filesystem::path& dir) {
  Trust trust;
  ENTENTE_TRY(const std::string anchors, read(dir / "anchor.pem"));
  ENTENTE_TRY(trust.anchors, certificates_of_pem(anchors));
  if (trust.anchors.empty()) return invalid_argument("anchor.pem", "holds no certificate");
  std::error_code error;
  if (std::filesystem::exists(dir / "crl.pem", error)) {
    ENTENTE_TRY(const std::string crls, read(dir / "crl.pem"));
    ENTENTE_TRY(trust.crls, crls_of_pem(crls));
  }
  return trust;
}

}  // namespace

TrustFolder::TrustFolder(std::filesystem::path dir, Takers takers)
    : dir_(std::move(dir)), takers_(std::move(takers)) {}

TrustFolder::Seen TrustFolder::look(const std::filesystem::path& path) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  if (error) return Seen{};
  const bool folder = std::filesystem::is_directory(path, error);
  const std::uintmax_t bytes = folder ? 0 : std::filesystem::file_size(path, error);
  if (error) return Seen{};
  return Seen{.written = written.time_since_epoch().count(), .bytes = bytes};
}

bool TrustFolder::changed(const std::filesystem::path& path) {
  const Seen now = look(path);
  Seen& before = seen_[path.string()];
  if (before == now) return false;
  before = now;
  return now != Seen{};
}

void TrustFolder::poll_trust(const std::string& party, const std::filesystem::path& dir) {
  const bool anchor = changed(dir / "anchor.pem");
  const bool crl = changed(dir / "crl.pem");
  if (!anchor && !crl) return;
  Result<Trust> trust = trust_of(dir);
  const Status taken = trust.ok() ? takers_.trust(party, *std::move(trust)) : trust.status();
  if (!taken.ok()) takers_.complain(dir.string(), taken);
}

void TrustFolder::poll_issued(const std::filesystem::path& dir) {
  if (!changed(dir)) return;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(dir, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (at->path().extension() != ".pem" || !changed(at->path())) continue;
    Status taken;
    if (const Result<std::string> text = read(at->path()); text.ok()) {
      const Result<std::vector<std::string>> chain = certificates_of_pem(*text);
      taken = chain.ok() ? takers_.issued(*chain) : chain.status();
    } else {
      taken = text.status();
    }
    if (!taken.ok() && taken.code() != Code::AlreadyExists) {
      takers_.complain(at->path().string(), taken);
      seen_.erase(dir.string());  // It may have been half written, which does not touch the folder.
    }
  }
}

void TrustFolder::poll() {
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(dir_, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string party = at->path().filename().string();
    if (!is_party_code(party)) continue;
    poll_trust(party, at->path());
    poll_issued(at->path() / "issued");
  }
}

}  // namespace entente::identity
