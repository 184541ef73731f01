#include "server/net/local.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <filesystem>
#include <optional>
#include <thread>

#include "proto/contract/limits.h"

namespace entente::net {

namespace asio = boost::asio;
using boost::system::error_code;
using Unix = asio::local::stream_protocol;
using asio::ip::tcp;

namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::chrono::milliseconds kAcceptPause{100};

std::string_view cut(std::string_view& text, std::string_view at) {
  const std::size_t end = std::min(text.find(at), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + at.size(), text.size()));
  return piece;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

struct Head {
  LocalCall call;
  std::string_view host;
  bool has_body = false;
};

// Empty if it is no HTTP/1.1 that is served here.
std::optional<Head> parse_head(std::string_view text) {
  Head head;
  std::string_view first = cut(text, "\r\n");
  head.call.verb = cut(first, " ");
  head.call.target = cut(first, " ");
  if (first != "HTTP/1.1" && first != "HTTP/1.0") return std::nullopt;
  if (head.call.verb != "GET" && head.call.verb != "POST") return std::nullopt;
  if (head.call.target.empty() || head.call.target.front() != '/') return std::nullopt;
  while (!text.empty()) {
    std::string_view line = cut(text, "\r\n");
    const std::string_view name = cut(line, ":");
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (same_word(name, "host")) head.host = line;
    if (same_word(name, "accept")) head.call.accept = line;
    if (same_word(name, "transfer-encoding")) head.has_body = true;
    if (same_word(name, "content-length") && line != "0") head.has_body = true;
  }
  return head;
}

// `127.0.0.1:9464` without its port.
bool names_loopback(std::string_view host) {
  if (const std::size_t colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
    host = host.substr(0, colon);
  if (host == "localhost" || host == "[::1]") return true;
  error_code error;
  const auto address = asio::ip::make_address_v4(std::string(host), error);
  return !error && address.is_loopback();
}

std::string to_bytes(const LocalAnswer& answer) {
  return "HTTP/1.1 " + std::to_string(answer.status) + " -\r\ncontent-type: " + answer.type +
         "\r\ncontent-length: " + std::to_string(answer.body.size()) +
         "\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: "
         "close\r\n\r\n" +
         answer.body;
}

LocalAnswer answer_to(std::string_view text, bool check_host, const LocalHandler& handler) {
  const std::optional<Head> head = parse_head(text);
  if (!head) return {.status = 400, .body = "not a call\n"};
  if (head->has_body) return {.status = 413, .body = "bodies are not read here\n"};
  if (check_host && !names_loopback(head->host)) return {.status = 421, .body = "not here\n"};
  return handler(head->call);
}

// sockaddr_un has room for 107 bytes; by way of its folder's descriptor any path fits.
class ShortPath {
 public:
  explicit ShortPath(const std::filesystem::path& path)
      : folder_(::open(path.parent_path().empty() ? "." : path.parent_path().c_str(),
                       O_PATH | O_DIRECTORY | O_CLOEXEC)),
        text_("/proc/self/fd/" + std::to_string(folder_) + "/" + path.filename().string()) {}
  ~ShortPath() {
    if (folder_ >= 0) ::close(folder_);
  }
  ShortPath(const ShortPath&) = delete;
  ShortPath& operator=(const ShortPath&) = delete;
  [[nodiscard]] bool ok() const { return folder_ >= 0 && text_.size() < 108; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  int folder_;
  std::string text_;
};

Status cannot_listen(const std::string& where, const std::string& why) {
  return Status(Code::Unavailable, Reason::None, "cannot listen on `" + where + "`: " + why);
}

// One line: reads a head, answers, closes.
template <typename Protocol>
class LocalLine : public std::enable_shared_from_this<LocalLine<Protocol>> {
 public:
  LocalLine(typename Protocol::socket socket, const LocalHandler& handler,
            std::shared_ptr<const int> slot)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        handler_(handler),
        slot_(std::move(slot)) {}

  void serve() {
    timer_.expires_after(std::chrono::milliseconds(limits::local_ms_max));
    timer_.async_wait([self = this->shared_from_this()](const error_code& error) {
      if (!error) self->close();
    });
    asio::async_read_until(
        socket_, asio::dynamic_buffer(in_, limits::local_head_bytes_max), kEndOfHead,
        [self = this->shared_from_this()](const error_code& error, std::size_t size) {
          if (error) return self->close();
          self->answer(size);
        });
  }

 private:
  void answer(std::size_t head_bytes) {
    constexpr bool by_name = std::is_same_v<Protocol, tcp>;
    out_ = to_bytes(answer_to(std::string_view(in_).substr(0, head_bytes - 2), by_name, handler_));
    timer_.expires_after(std::chrono::milliseconds(limits::local_ms_max));
    timer_.async_wait([self = this->shared_from_this()](const error_code& error) {
      if (!error) self->close();
    });
    asio::async_write(
        socket_, asio::buffer(out_),
        [self = this->shared_from_this()](const error_code&, std::size_t) { self->close(); });
  }

  void close() {
    error_code ignored;
    timer_.cancel();
    socket_.shutdown(Protocol::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  typename Protocol::socket socket_;
  asio::steady_timer timer_;
  const LocalHandler& handler_;
  std::shared_ptr<const int> slot_;  // counts the lines that are open
  std::string in_;
  std::string out_;
};

// The daemon's own user, and root.
bool may_call(Unix::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}
bool may_call(tcp::socket&) { return true; }

template <typename Protocol>
void accept(typename Protocol::acceptor& acceptor, const LocalHandler& handler,
            const std::shared_ptr<const int>& slots, asio::steady_timer& pause) {
  acceptor.async_accept([&, slots](const error_code& error, typename Protocol::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {  // no descriptors: never spin
      pause.expires_after(kAcceptPause);
      return pause.async_wait(
          [&, slots](const error_code&) { accept<Protocol>(acceptor, handler, slots, pause); });
    }
    if (slots.use_count() <= static_cast<long>(limits::local_connections_max) + 2 &&
        may_call(socket)) {
      std::make_shared<LocalLine<Protocol>>(std::move(socket), handler, slots)->serve();
    }
    accept<Protocol>(acceptor, handler, slots, pause);
  });
}

}  // namespace

struct LocalListener::Impl {
  explicit Impl(LocalHandler given) : handler(std::move(given)) {}
  const LocalHandler handler;
  asio::io_context io{1};
  tcp::acceptor loopback{io};
  Unix::acceptor socket{io};
  asio::steady_timer pause{io};
  std::string path;  // of the socket
  std::shared_ptr<const int> slots = std::make_shared<const int>(0);
  std::thread thread;  // the last: it uses all of the above
};

Result<std::unique_ptr<LocalListener>> LocalListener::on_loopback(const std::string& address,
                                                                  std::uint16_t port,
                                                                  LocalHandler handler) {
  error_code error;
  const auto at = asio::ip::make_address(address, error);
  if (error || !at.is_loopback())
    return invalid_argument("operations_address", "must be a loopback address: `127.0.0.1`");
  auto impl = std::make_unique<Impl>(std::move(handler));
  const tcp::endpoint endpoint(at, port);
  tcp::acceptor& acceptor = impl->loopback;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(limits::local_connections_max, error);
  if (error) return cannot_listen(address + ":" + std::to_string(port), error.message());
  accept<tcp>(acceptor, impl->handler, impl->slots, impl->pause);
  return std::unique_ptr<LocalListener>(new LocalListener(std::move(impl)));
}

Result<std::unique_ptr<LocalListener>> LocalListener::on_socket(const std::string& path,
                                                                LocalHandler handler) {
  const ShortPath short_path(path);
  if (!short_path.ok()) return cannot_listen(path, "its folder cannot be opened");
  auto impl = std::make_unique<Impl>(std::move(handler));
  impl->path = path;
  error_code error;
  Unix::acceptor& acceptor = impl->socket;
  acceptor.open(Unix(), error);
  ::unlink(path.c_str());
  // Before there is a name: at no instant may others open it.
  if (!error && ::fchmod(acceptor.native_handle(), 0600) != 0)
    error = error_code(errno, boost::system::system_category());
  if (!error) acceptor.bind(Unix::endpoint(short_path.text()), error);
  if (!error) acceptor.listen(limits::local_connections_max, error);
  if (error) return cannot_listen(path, error.message());
  accept<Unix>(acceptor, impl->handler, impl->slots, impl->pause);
  return std::unique_ptr<LocalListener>(new LocalListener(std::move(impl)));
}

LocalListener::LocalListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([io = &impl_->io] { io->run(); });
}

LocalListener::~LocalListener() {
  impl_->io.stop();
  impl_->thread.join();
  if (!impl_->path.empty()) ::unlink(impl_->path.c_str());
}

std::uint16_t LocalListener::port() const { return impl_->loopback.local_endpoint().port(); }

Result<LocalAnswer> ask_local(const std::string& path, std::string_view verb,
                              std::string_view target) {
  const Status nobody(Code::NotFound, Reason::None, "no daemon listens on `" + path + "`");
  const Status broken(Code::Unavailable, Reason::None, "the daemon broke off");
  const ShortPath short_path(path);
  if (!short_path.ok()) return nobody;
  asio::io_context io;
  Unix::socket socket(io);
  error_code error;
  socket.connect(Unix::endpoint(short_path.text()), error);
  if (error == asio::error::access_denied) {
    return Status(Code::PermissionDenied, Reason::None, "`" + path + "` is not yours to open");
  }
  if (error) return nobody;
  const std::string call = std::string(verb) + " " + std::string(target) + " HTTP/1.1\r\n\r\n";
  asio::write(socket, asio::buffer(call), error);
  if (error) return broken;
  std::string text;
  asio::read(socket, asio::dynamic_buffer(text), error);
  if (error != asio::error::eof) return broken;
  std::string_view rest = text;
  std::string_view first = cut(rest, "\r\n");
  const std::size_t end = text.find(kEndOfHead);
  LocalAnswer answer;
  (void)cut(first, " ");
  const std::string_view status = cut(first, " ");
  if (end == std::string::npos ||
      std::from_chars(status.data(), status.data() + status.size(), answer.status).ec !=
          std::errc{}) {
    return broken;
  }
  answer.body = text.substr(end + kEndOfHead.size());
  return answer;
}

void tell_supervisor(const std::string& socket, std::string_view state) {
  if (socket.empty() || (socket.front() != '/' && socket.front() != '@')) return;
  std::string name = socket;
  if (name.front() == '@') name.front() = '\0';  // of the abstract kind
  if (name.size() > 107) return;
  asio::io_context io;
  asio::local::datagram_protocol::socket out(io);
  error_code ignored;
  out.open(asio::local::datagram_protocol(), ignored);
  out.non_blocking(true, ignored);
  out.send_to(asio::buffer(state), asio::local::datagram_protocol::endpoint(name), 0, ignored);
}

}  // namespace entente::net
