#include "server/identity/trust_folder.h"

#include <fstream>
#include <iterator>
#include <system_error>

namespace entente::identity {
namespace {

constexpr std::uintmax_t file_bytes_max = 2 << 20;

Status unreadable(const std::string& why) {
  return {Code::Unavailable, Reason::None, "cannot be read: " + why};
}

// InvalidArgument: too long. Unavailable: it could not be read just now.
Result<std::string> read(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) return unreadable(error.message());
  if (bytes > file_bytes_max) return invalid_argument("file", "is longer than 2 MiB");
  std::ifstream in(path, std::ios::binary);
  std::string text(bytes, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(bytes))) {
    return unreadable(path.filename().string());
  }
  return text;
}

// Whether what came of a file lies in what it holds: to look again is in vain until it changes.
bool is_final(const Status& taken) {
  return taken.code() == Code::InvalidArgument || taken.code() == Code::FailedPrecondition;
}

Result<Trust> trust_of(const std::filesystem::path& dir) {
  Trust trust;
  ENTENTE_TRY(const std::string anchors, read(dir / "anchor.pem"));
  ENTENTE_TRY(trust.anchors, certificates_of_pem(anchors));
  if (trust.anchors.empty()) return invalid_argument("anchor.pem", "holds no certificate");
  std::error_code error;
  const bool has_lists = std::filesystem::exists(dir / "crl.pem", error);
  if (error) return unreadable(error.message());
  if (has_lists) {
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

void TrustFolder::settle(const std::filesystem::path& path, const Status& taken, bool told) {
  refused_.erase(path.string());
  if (taken.ok() || taken.code() == Code::AlreadyExists) return;
  (is_final(taken) ? refused_ : again_).insert(path.string());
  if (!told) takers_.complain(path.string(), taken);
}

// What was refused may hold by what its party is trusted with now.
void TrustFolder::look_again_below(const std::filesystem::path& issued) {
  std::erase_if(refused_, [&](const std::string& one) {
    const bool below = std::filesystem::path(one).parent_path() == issued;
    if (below) again_.insert(one);
    return below;
  });
  seen_.erase(issued.string());
}

void TrustFolder::poll_trust(const std::string& party, const std::filesystem::path& dir) {
  const bool anchor = changed(dir / "anchor.pem");
  const bool crl = changed(dir / "crl.pem");
  const bool again = again_.erase(dir.string()) != 0;
  if (!anchor && !crl && !again) return;
  Result<Trust> trust = trust_of(dir);
  const Status taken = trust.ok() ? takers_.trust(party, *std::move(trust)) : trust.status();
  if (taken.ok()) look_again_below(dir / "issued");
  settle(dir, taken, again && !anchor && !crl);
}

Status TrustFolder::take_issued(const std::filesystem::path& file) const {
  ENTENTE_TRY(const std::string text, read(file));
  ENTENTE_TRY(const std::vector<std::string> chain, certificates_of_pem(text));
  return takers_.issued(chain);
}

void TrustFolder::poll_issued(const std::filesystem::path& dir) {
  if (!changed(dir)) return;
  std::error_code error;
  bool all = true;
  for (auto at = std::filesystem::directory_iterator(dir, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string file = at->path().string();
    if (at->path().extension() != ".pem") continue;
    const bool fresh = changed(file);
    const bool again = again_.erase(file) != 0;
    if (fresh || again) settle(file, take_issued(file), again && !fresh);
    all = all && again_.count(file) == 0 && refused_.count(file) == 0;
  }
  // What waits, and what is written on where it is, does not touch the folder.
  if (error || !all) seen_.erase(dir.string());
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
