#include "server/net/server.h"

#include <netinet/tcp.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "server/net/admission.h"
#include "server/net/alarms.h"
#include "server/net/connection.h"
#include "server/net/pool.h"

namespace entente::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kSweepEvery{500};
constexpr std::chrono::milliseconds kAcceptPause{100};  // after EMFILE: never spin

using KeepIdle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
using KeepEvery = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
using KeepProbes = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
using UserTimeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// A peer that vanished without a word (its machine is off, its network is cut) is found out, though
// it holds streams that never end and nothing is to be sent to it. Linux hands the options of the
// listening socket to each line, which saves each the calls.
void watch_for_vanishing(tcp::acceptor& acceptor) {
  error_code ignored;
  acceptor.set_option(tcp::acceptor::keep_alive(true), ignored);
  acceptor.set_option(KeepIdle(limits::keepalive_idle_s), ignored);
  acceptor.set_option(KeepEvery(limits::keepalive_every_s), ignored);
  acceptor.set_option(KeepProbes(limits::keepalive_probes), ignored);
  acceptor.set_option(UserTimeout(static_cast<int>(limits::unacknowledged_ms_max)), ignored);
}

std::size_t descriptors_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return limit.rlim_cur;
}

}  // namespace

// The way to a worker from other threads, and from what outlives it: then a job is dropped.
class Door {
 public:
  explicit Door(asio::io_context& io) : io_(&io) {}
  void post(std::function<void()> job) {
    const std::scoped_lock lock(mutex_);
    if (io_ != nullptr) asio::post(*io_, std::move(job));
  }
  void shut() {
    const std::scoped_lock lock(mutex_);
    io_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* io_;
};

// One thread with its own listener and its own connections.
class Worker {
 public:
  Worker(Server::Impl& server, const MethodTable& table, Pool& pool, Pool& hash_pool,
         const Clock& clock, Entropy& entropy, Counters& counters, const LineLimits& limits)
      : server_(server),
        io_(1),
        door_(std::make_shared<Door>(io_)),
        acceptor_(io_),
        sweeper_(io_),
        accept_pause_(io_),
        alarm_(io_),
        alarms_([this](Tick when) { arm(when); }),
        around_{.table = table,
                .pool = pool,
                .hash_pool = hash_pool,
                .clock = clock,
                .entropy = entropy,
                .counters = counters,
                .limits = limits,
                .post = [door = door_](std::function<void()> job) { door->post(std::move(job)); },
                .alarms = alarms_} {}
  ~Worker() { door_->shut(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // `is_first`: takes the port; another of the same server shares it.
  Status listen(const std::string& address, std::uint16_t port, bool is_first);
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void start() {
    accept();
    sweep();
    thread_ = std::thread([this] { io_.run(); });
  }
  void drain();
  void halt();
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void close_where(const std::function<bool(const Peer&)>& matches);
  [[nodiscard]] std::size_t open() const { return open_.load(); }

 private:
  void accept();
  void take(tcp::socket socket);
  void sweep();
  void arm(Tick when);
  void depart(Connection& closed);

  Server::Impl& server_;
  asio::io_context io_;
  std::shared_ptr<Door> door_;
  tcp::acceptor acceptor_;
  asio::steady_timer sweeper_;
  asio::steady_timer accept_pause_;
  asio::steady_timer alarm_;
  Alarms alarms_;
  Surroundings around_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::atomic<std::size_t> open_{0};
  bool draining_ = false;
  std::thread thread_;
};

struct Server::Impl {
  Impl(ServerOptions given, const MethodTable& methods, PeerVerifier& peers, const Clock& time,
       Entropy& random)
      : options(std::move(given)),
        table(methods),
        verifier(peers),
        clock(time),
        entropy(random),
        admission(options.limits),
        pool(options.pool_threads, options.pool_queue_max),
        hash_pool(options.hash_threads, options.hash_queue_max) {}

  ServerOptions options;
  const MethodTable& table;
  PeerVerifier& verifier;
  const Clock& clock;
  Entropy& entropy;
  Counters counters;
  mutable std::mutex mutex;  // guards tls
  std::shared_ptr<TlsContext> tls;
  Admission admission;
  std::vector<std::unique_ptr<Worker>> workers;
  Pool pool;  // after the workers: their jobs end before those go
  Pool hash_pool;
  bool started = false;

  std::shared_ptr<TlsContext> current_tls() {
    const std::scoped_lock lock(mutex);
    return tls;
  }
  bool admit(const std::string& address) {
    const std::size_t files = descriptors_max();
    return admission.admit(
        address,
        std::min<std::size_t>(options.limits.connections_max,
                              files - std::min<std::size_t>(files, limits::descriptors_reserved)));
  }
};

Status Worker::listen(const std::string& address, std::uint16_t port, bool is_first) {
  error_code error;
  const tcp::endpoint endpoint(asio::ip::make_address(address, error), port);
  if (error) return invalid_argument("address", "is not an IP address: `" + address + "`");
  acceptor_.open(endpoint.protocol(), error);
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  // Taken without the option first, which fails if another daemon has the port: with it that one
  // would be given every second line.
  if (!is_first) acceptor_.set_option(ReusePort(true), error);
  watch_for_vanishing(acceptor_);
  acceptor_.bind(endpoint, error);
  if (!error && server_.options.workers > 1) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.listen(1024, error);
  if (error) {
    return Status(
        Code::Unavailable, Reason::None,
        "cannot listen on " + address + ":" + std::to_string(port) + ": " + error.message());
  }
  return Status();
}

void Worker::accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (draining_ || !acceptor_.is_open()) return;
    if (!error) {
      take(std::move(socket));
      return accept();
    }
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](const error_code& stopped) {
      if (!stopped && !draining_) accept();
    });
  });
}

void Worker::take(tcp::socket socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;
  const std::string address = remote.address().to_string();
  Counters& counters = around_.counters;
  if (!server_.admit(address)) {
    ++counters.connections_refused;
    return;
  }
  ++counters.connections_accepted;
  socket.native_non_blocking(true, error);
  socket.set_option(tcp::no_delay(true), error);
  ++counters.connections_open;
  auto connection = std::make_shared<Connection>(std::move(socket), server_.current_tls(), around_,
                                                 server_.admission, address,
                                                 [this](Connection& closed) { depart(closed); });
  connections_.insert(connection);
  ++open_;
  connection->begin();
}

void Worker::depart(Connection& closed) {
  --around_.counters.connections_open;
  --open_;
  // Whoever closed it may still be using it.
  asio::post(io_, [this, gone = closed.shared_from_this()] { connections_.erase(gone); });
}

void Worker::sweep() {
  sweeper_.expires_after(kSweepEvery);
  sweeper_.async_wait([this](const error_code& error) {
    if (error) return;
    const Tick now = around_.clock.tick();
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->sweep(now);
    sweep();
  });
}

void Worker::arm(Tick when) {
  alarm_.expires_after(std::max(Tick{}, when - around_.clock.tick()));
  alarm_.async_wait([this](const error_code& error) {
    if (!error) alarms_.ring(around_.clock.tick());
  });
}

void Worker::drain() {
  asio::post(io_, [this] {
    draining_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->drain();
  });
}

void Worker::halt() {
  asio::post(io_, [this] {
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->close();
    sweeper_.cancel();
    accept_pause_.cancel();
    alarm_.cancel();
    asio::post(io_, [this] { io_.stop(); });
  });
}

void Worker::close_where(const std::function<bool(const Peer&)>& matches) {
  asio::post(io_, [this, matches] {
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) {
      // A handshake that is not over has its peer's name from when its certificate was taken.
      if (!matches(connection->peer())) continue;
      ++around_.counters.revoked_closed;
      connection->close();
    }
  });
}

Server::Server(ServerOptions options, const MethodTable& table, PeerVerifier& verifier,
               const Clock& clock, Entropy& entropy)
    : impl_(std::make_unique<Impl>(std::move(options), table, verifier, clock, entropy)) {}

Server::~Server() { stop(); }

Status Server::start() {
  std::signal(SIGPIPE, SIG_IGN);  // a line that breaks is an error of its write, not of the daemon
  const ServerOptions& options = impl_->options;
  ENTENTE_TRY_VOID(reload_certificate(options.certificate_path, options.key_path));
  std::uint16_t port = options.port;
  for (unsigned i = 0; i < options.workers; ++i) {
    auto worker =
        std::make_unique<Worker>(*impl_, impl_->table, impl_->pool, impl_->hash_pool, impl_->clock,
                                 impl_->entropy, impl_->counters, options.limits);
    ENTENTE_TRY_VOID(worker->listen(options.address, port, i == 0));
    port = worker->port();
    impl_->workers.push_back(std::move(worker));
  }
  for (const auto& worker : impl_->workers) worker->start();
  impl_->started = true;
  return Status();
}

void Server::stop() {
  if (!std::exchange(impl_->started, false)) return;
  for (const auto& worker : impl_->workers) worker->drain();
  const Tick until =
      impl_->clock.tick() + std::chrono::milliseconds(impl_->options.limits.drain_ms_max);
  const auto busy = [this] {
    for (const auto& worker : impl_->workers) {
      if (worker->open() > 0) return true;
    }
    return false;
  };
  while (busy() && impl_->clock.tick() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (const auto& worker : impl_->workers) worker->halt();
  for (const auto& worker : impl_->workers) worker->join();
}

std::uint16_t Server::port() const { return impl_->workers.front()->port(); }
const Counters& Server::counters() const { return impl_->counters; }

Status Server::reload_certificate(const std::string& certificate_path,
                                  const std::string& key_path) {
  ENTENTE_TRY(std::shared_ptr<TlsContext> fresh,
              TlsContext::load(certificate_path, key_path, impl_->verifier));
  const std::scoped_lock lock(impl_->mutex);
  impl_->tls = std::move(fresh);
  return Status();
}

namespace {

// For a look at the files only: no line is made, so nobody is judged.
class Nobody final : public PeerVerifier {
 public:
  Result<std::string> verify(const std::vector<std::string>&) override {
    return internal_error("a context that is only looked at met a peer");
  }
};

}  // namespace

Status check_certificate(const std::string& certificate_path, const std::string& key_path) {
  Nobody nobody;
  return TlsContext::load(certificate_path, key_path, nobody).status();
}

Instant Server::certificate_ends() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->tls->certificate_ends();
}

void Server::close_where(std::function<bool(const Peer&)> matches) {
  for (const auto& worker : impl_->workers) worker->close_where(matches);
}

}  // namespace entente::net
