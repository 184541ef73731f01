// One TLS 1.3 line to the server: bytes in, bytes out, nothing of what they mean. Asio stops at
// this header. Not thread-safe: everything happens on the io_context's one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::client {

struct LineOptions {
  std::string host;
  std::uint16_t port = 0;
  std::chrono::milliseconds connect_timeout{};
};

// What the certificate, key and server root make; shared by the lines of one client.
class TlsCredentials {
 public:
  // InvalidArgument: a file cannot be read, or key and certificate do not belong together.
  [[nodiscard]] static Result<std::shared_ptr<TlsCredentials>> load(
      const std::string& server_root_path, const std::string& certificate_path,
      const std::string& key_path);
  ~TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  struct Native;
  [[nodiscard]] Native& native() { return *native_; }
  // Of this end.
  [[nodiscard]] std::string certificate_der() const;

 private:
  TlsCredentials();
  std::unique_ptr<Native> native_;
};

class Line {
 public:
  struct Events {
    std::function<void()> opened;
    std::function<void(std::string_view bytes)> received;
    std::function<void()> written;           // all that was given to write() has left
    std::function<void(Status why)> closed;  // once, last; never from within a call of the owner
  };
  Line(boost::asio::io_context& io, std::shared_ptr<TlsCredentials> credentials,
       LineOptions options, Events events);
  ~Line();  // closes without an event
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void open();
  // Queues what `make` appends; the room for it is kept for the next. Requires: opened.
  void write(const std::function<void(std::string& queue)>& make);
  [[nodiscard]] bool writing() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace entente::client
