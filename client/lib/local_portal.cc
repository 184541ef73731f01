#include "client/lib/local_portal.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "client/lib/state_files.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::client {
namespace {

constexpr std::string_view kNameFile = "/portal-name";  // of the profile's state
constexpr std::string_view kNameBegins = "entente-";
constexpr std::string_view kNameEnds = ".localhost";
constexpr std::size_t kNameBytes = 16;
constexpr std::string_view kOpen = "/open/";
constexpr std::string_view kFiles = "/sdmx/";    // what the server makes files of
constexpr std::string_view kServer = "/server";  // whose portal this is
constexpr std::string_view kCookie = "entente-portal=";
constexpr std::size_t kSecretBytes = 24;
// A browser opens six lines to a host, and its tabs share them.
constexpr int kWorkers = 16;
constexpr int kBacklog = 32;
constexpr int kIdleMs = 60'000;
constexpr std::size_t kPieceBytes = 64 * 1024;
const std::string kHeadEnd = "\r\n\r\n";

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// One browser's line: bytes in and out, each wait with an end.
class LocalLine {
 public:
  LocalLine(int line, int bell) : line_(line), bell_(bell) {}
  ~LocalLine() { ::close(line_); }
  LocalLine(const LocalLine&) = delete;
  LocalLine& operator=(const LocalLine&) = delete;

  // The next head; nothing when the line has ended.
  std::optional<std::string> head() {
    for (;;) {
      const std::size_t end = held_.find(kHeadEnd);
      if (end != std::string::npos) return take(end + kHeadEnd.size());
      if (held_.size() > limits::header_bytes_max || !fill()) return std::nullopt;
    }
  }
  std::optional<std::string> body(std::size_t bytes) {
    while (held_.size() < bytes) {
      if (!fill()) return std::nullopt;
    }
    return take(bytes);
  }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!wait(POLLOUT)) return false;
      const ssize_t sent = ::send(line_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

 private:
  std::string take(std::size_t bytes) {
    std::string out = held_.substr(0, bytes);
    held_.erase(0, bytes);
    return out;
  }
  bool wait(short what) {
    std::array<pollfd, 2> both = {pollfd{.fd = line_, .events = what, .revents = 0},
                                  pollfd{.fd = bell_, .events = POLLIN, .revents = 0}};
    const int ready = ::poll(both.data(), both.size(), kIdleMs);
    return (ready < 0 && errno == EINTR) || (ready > 0 && both[1].revents == 0);
  }
  bool fill() {
    if (!wait(POLLIN)) return false;
    std::array<char, kPieceBytes> piece{};
    const ssize_t got = ::recv(line_, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    held_.append(piece.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  int line_;
  int bell_;
  std::string held_;
};

std::string head_of(const PageAnswer& answer) {
  std::string out = "HTTP/1.1 " + std::to_string(answer.reply.status) + " -\r\n";
  for (const auto& [name, value] : answer.reply.headers) out += name + ": " + value + "\r\n";
  const bool bare = answer.reply.status == 304;
  out += answer.follow ? "transfer-encoding: chunked\r\n"
         : bare        ? ""
                       : "content-length: " + std::to_string(answer.reply.body.size()) + "\r\n";
  return out + "\r\n";
}

std::string chunk(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string size;
  for (std::size_t left = bytes.size(); left > 0; left /= digits.size()) {
    size.insert(size.begin(), digits[left % digits.size()]);
  }
  return size + "\r\n" + std::string(bytes) + "\r\n";
}

// Whether the line can be used for the next request.
bool send(LocalLine& line, const PageAnswer& answer, bool head_only) {
  const bool without = head_only || answer.reply.status == 304;
  if (!line.write(head_of(answer) + (without || answer.follow ? "" : answer.reply.body)))
    return false;
  if (!answer.follow || head_only) return true;
  bool there = true;
  answer.follow([&](std::string_view bytes) {
    return there = there && (bytes.empty() || line.write(chunk(bytes)));
  });
  return there && line.write("0\r\n\r\n");
}

Status unavailable(std::string why) {
  return Status(Code::Unavailable, Reason::None, std::move(why));
}

bool is_name(std::string_view name) {
  if (!name.starts_with(kNameBegins) || !name.ends_with(kNameEnds)) return false;
  name.remove_prefix(kNameBegins.size());
  name.remove_suffix(kNameEnds.size());
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return name.size() == 2 * kNameBytes && std::all_of(name.begin(), name.end(), is_digit);
}

// The profile's host name: the one that is kept, for its browser keeps by it what is half-typed and
// offices' keys; else a new one, which nobody can guess.
Result<std::string> name_of(const std::string& state_dir, Entropy& entropy) {
  const std::string file = state_dir + std::string(kNameFile);
  std::string kept = state_dir.empty() ? "" : read_whole(file);
  if (is_name(kept)) return kept;
  std::string name =
      std::string(kNameBegins) + to_hex(entropy.bytes(kNameBytes)) + std::string(kNameEnds);
  if (!state_dir.empty()) ENTENTE_TRY_VOID(write_whole(file, name));
  return name;
}

}  // namespace

LocalPortal::LocalPortal(const Parts& parts, int listener, int bell, std::string host)
    : calls_(parts.client),
      pages_(parts.pages),
      server_(parts.server),
      listener_(listener),
      bell_(bell),
      host_(std::move(host)),
      cookie_(to_base64url(parts.entropy.bytes(kSecretBytes))),
      key_(to_base64url(parts.entropy.bytes(kSecretBytes))),
      link_("http://" + host_ + std::string(kOpen) + key_) {}

Result<std::unique_ptr<LocalPortal>> LocalPortal::open(const Parts& parts, std::uint16_t port) {
  ENTENTE_TRY(const std::string name, name_of(parts.state_dir, parts.entropy));
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return unavailable("no socket can be had");
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  auto* address = reinterpret_cast<sockaddr*>(&where);  // NOLINT: how POSIX has it
  if (::bind(listener, address, size) != 0 || ::listen(listener, kBacklog) != 0 ||
      ::getsockname(listener, address, &size) != 0) {
    ::close(listener);
    return unavailable("port " + std::to_string(port) + " of 127.0.0.1 is taken: choose another");
  }
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::string host = name + ":" + std::to_string(ntohs(where.sin_port));
  return std::unique_ptr<LocalPortal>(
      new LocalPortal(parts, listener, bell, std::move(host)));  // NOLINT: private
}

LocalPortal::~LocalPortal() {
  stop();
  for (std::thread& one : workers_) one.join();
  ::close(listener_);
  ::close(bell_);
}

std::string LocalPortal::link() const { return link_; }

void LocalPortal::run() {
  for (int i = 1; i < kWorkers; ++i) workers_.emplace_back([this] { accept_all(); });
  accept_all();
}

void LocalPortal::stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t rung = ::write(bell_, &one, sizeof one);
}

void LocalPortal::accept_all() {
  for (;;) {
    std::array<pollfd, 2> both = {pollfd{.fd = listener_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = bell_, .events = POLLIN, .revents = 0}};
    if (::poll(both.data(), both.size(), -1) < 0 && errno != EINTR) return;
    if (both[1].revents != 0) return;
    const int line = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (line < 0) continue;  // another worker was faster
    const int yes = 1;
    ::setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    serve(line);
  }
}

void LocalPortal::serve(int fd) {
  LocalLine line(fd, bell_);
  while (const std::optional<std::string> text = line.head()) {
    const Result<LocalHead> head = parse_local_head(*text);
    if (!head.ok() || head->body_bytes > limits::message_bytes_max) {
      send(line, plainly(head.ok() ? 413 : 400, head.ok() ? "too much" : "no request"), false);
      return;
    }
    std::optional<std::string> body = line.body(head->body_bytes);
    if (!body) return;
    if (!send(line, answer(*head, *std::move(body)), head->method == "HEAD")) return;
  }
}

bool LocalPortal::has_cookie(const LocalHead& head) const {
  for (const auto& [name, value] : head.headers) {
    if (name != "cookie") continue;
    for (std::string_view rest = value; !rest.empty();) {
      std::string_view one = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      while (one.starts_with(' ')) one.remove_prefix(1);
      if (one.starts_with(kCookie) && same(one.substr(kCookie.size()), cookie_)) return true;
    }
  }
  return false;
}

bool LocalPortal::from_own_page(const LocalHead& head) const {
  const std::string_view site = pages::header_of(head.headers, "sec-fetch-site");
  const std::string_view origin = pages::header_of(head.headers, "origin");
  // A page's own GET bears no Origin; its site is told then.
  const bool said = head.method == "POST" || !origin.empty() || site.empty();
  return (!said || origin == "http://" + host_) && (site.empty() || site == "same-origin") &&
         !pages::header_of(head.headers, "entente-browser").empty();
}

// The link's key for a cookie, once.
PageAnswer LocalPortal::open_door(std::string_view key) {
  {
    const std::scoped_lock lock(mutex_);
    if (key_.empty() || !same(key, key_)) {
      return plainly(403, "this link was used already, or is not the one that was printed");
    }
    key_.clear();
  }
  PageAnswer opened = plainly(303, "open");
  opened.reply.headers.emplace_back("location", "/");
  opened.reply.headers.emplace_back("referrer-policy", "no-referrer");
  opened.reply.headers.emplace_back(
      "set-cookie", std::string(kCookie) + cookie_ + "; Path=/; HttpOnly; SameSite=Strict");
  return opened;
}

PageAnswer LocalPortal::answer(const LocalHead& head, std::string body) {
  if (pages::header_of(head.headers, "host") != host_)
    return plainly(421, "not this portal's name");
  if (head.method == "GET" && head.path.starts_with(kOpen)) {
    return open_door(std::string_view(head.path).substr(kOpen.size()));
  }
  if (!has_cookie(head)) return plainly(403, "open the link that `entente portal` has printed");
  if (head.method == "POST") {
    if (!from_own_page(head)) return plainly(403, "not from a page of this portal");
    PageCall call{.path = head.path,
                  .content_type = std::string(pages::header_of(head.headers, "content-type")),
                  .body = std::move(body)};
    return calls_.answer(std::move(call));
  }
  const bool file = head.path.starts_with(kFiles);
  if ((file || head.path == kServer) && !from_own_page(head)) {
    return plainly(403, "not from a page of this portal");
  }
  if (head.path == kServer) return plainly(200, server_);
  if (file && head.method == "GET") {
    return calls_.file(head.path + head.query,
                       std::string(pages::header_of(head.headers, "accept")));
  }
  return {.reply = pages_->answer(head.method, head.path, head.headers), .follow = {}};
}

}  // namespace entente::client
