// HTTP/1.1, one request at a time: Beast parses, we refuse what two parsers could read differently.
#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "proto/contract/limits.h"
#include "server/net/protocol.h"

namespace entente::net {
namespace {

namespace http = boost::beast::http;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

const char* phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Status";
  }
}

// Whether a header block is one that only one reading fits (RFC 9112 sections 2.2, 5.2, 6.1): no
// bare CR or LF, no folded line, no space before a colon, not both framings, not two of either.
bool unambiguous(std::string_view block) {
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  std::size_t hosts = 0;
  bool first = true;
  while (!block.empty()) {
    const std::size_t end = block.find("\r\n");
    if (end == std::string_view::npos) return false;
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(end + 2);
    if (line.find('\r') != std::string_view::npos || line.find('\n') != std::string_view::npos ||
        line.find('\0') != std::string_view::npos) {
      return false;
    }
    if (line.empty()) break;
    if (!std::exchange(first, false)) {
      const std::size_t colon = line.find(':');
      if (line[0] == ' ' || line[0] == '\t' || colon == 0 || colon == std::string_view::npos ||
          line[colon - 1] == ' ' || line[colon - 1] == '\t') {
        return false;
      }
      const std::string name = lower(line.substr(0, colon));
      lengths += name == "content-length" ? 1 : 0;
      hosts += name == "host" ? 1 : 0;
      if (name == "transfer-encoding") {
        ++encodings;
        std::string_view value = line.substr(colon + 1);
        while (!value.empty() && (value[0] == ' ' || value[0] == '\t')) value.remove_prefix(1);
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
          value.remove_suffix(1);
        if (lower(value) != "chunked") return false;
      }
    }
  }
  return lengths + encodings <= 1 && hosts == 1;
}

class Http1 final : public Protocol, public Outlet {
 public:
  Http1(Surroundings& around, std::shared_ptr<ConnectionShared> shared,
        std::function<void()> flushed)
      : around_(around), shared_(std::move(shared)), flushed_(std::move(flushed)) {
    next_request();
  }
  ~Http1() override {
    if (invocation_) invocation_->detach();
  }

  bool receive(std::string_view bytes) override {
    in_.append(bytes);
    return advance();
  }

  void gather(std::string& out, std::size_t) override {
    out.append(out_);
    out_.clear();
    if (invocation_ && !answered_) invocation_->on_room();
    out.append(std::exchange(out_, {}));
    if (answered_ && !closing_) {
      invocation_.reset();
      next_request();
      (void)advance();
    }
  }

  [[nodiscard]] std::size_t queued() const override { return out_.size(); }
  [[nodiscard]] std::size_t line_queued() const override { return out_.size(); }
  void sweep(Tick) override {}
  void drain() override {
    closing_ = closing_ || !invocation_;
    draining_ = true;
  }
  [[nodiscard]] bool done() const override {
    return closing_ && out_.empty() && (answered_ || !invocation_);
  }
  [[nodiscard]] std::size_t active() const override { return invocation_ ? 1 : 0; }
  [[nodiscard]] Reading reading() const override {
    return {.header = !invocation_ && !in_.empty(),
            .body = invocation_ && !request_ended_,
            .since = since_,
            .bytes = body_bytes_};
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  void next_request() {
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(static_cast<std::uint32_t>(limits::header_bytes_max));
    parser_->body_limit(limits::message_bytes_max);
    parser_->eager(true);
    answered_ = false;
    chunked_ = false;
    request_ended_ = false;
    head_checked_ = false;
    body_bytes_ = 0;
    since_ = around_.clock.tick();
  }

  bool advance() {
    if (answered_ || closing_ || request_ended_) return in_.size() <= limits::header_bytes_max;
    if (!head_checked_) {
      const std::size_t end = in_.find("\r\n\r\n");
      if (end == std::string::npos && in_.size() <= limits::header_bytes_max) return true;
      if (end == std::string::npos || end > limits::header_bytes_max) {
        ++around_.counters.header_limit;
        return refuse(431);
      }
      if (!unambiguous(std::string_view(in_).substr(0, end + 4))) return refuse(400);
      head_checked_ = true;
    }
    boost::system::error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(in_), error);
    in_.erase(0, used);
    body_bytes_ += used;
    if (error && error != http::error::need_more)
      return refuse(error == http::error::body_limit ? 413 : 400);
    if (!parser_->is_done()) return true;
    request_ended_ = true;
    start();
    return true;
  }

  void start() {
    auto& message = parser_->get();
    RequestHead head;
    head.method = std::string(message.method_string());
    head.target = std::string(message.target());
    std::size_t fields = 0;
    for (const auto& field : message) {
      if (++fields > limits::header_fields_max) {
        ++around_.counters.header_limit;
        (void)refuse(431);
        return;
      }
      head.headers.emplace_back(
          lower(std::string_view(field.name_string().data(), field.name_string().size())),
          std::string(field.value()));
    }
    keep_alive_ = message.keep_alive() && message.version() == 11 && !draining_;
    head_only_ = head.method == "HEAD";
    invocation_ = std::make_shared<Invocation>(around_, shared_, std::move(head), *this, flushed_);
    const std::shared_ptr<Invocation> invocation = invocation_;
    invocation->begin();
    if (!message.body().empty()) invocation->on_data(message.body());
    invocation->on_end();
  }

  // An answer without an invocation; the line ends with it.
  bool refuse(int status) {
    ++around_.counters.protocol_errors;
    out_ += "HTTP/1.1 " + std::to_string(status) + " " + phrase(status) +
            "\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    answered_ = closing_ = true;
    return false;
  }

  // --- Outlet ---
  void head(int status, const http2::Headers& headers) override {
    std::string text = "HTTP/1.1 " + std::to_string(status) + " " + phrase(status) + "\r\n";
    bool has_length = false;
    for (const auto& [name, value] : headers) {
      has_length = has_length || name == "content-length";
      text += name + ": " + value + "\r\n";
    }
    bodiless_ = head_only_ || status == 204 || status == 304;
    chunked_ = !has_length && !bodiless_;
    if (chunked_) text += "transfer-encoding: chunked\r\n";
    if (!keep_alive_) text += "connection: close\r\n";
    out_ += text + "\r\n";
  }
  void body(std::string_view bytes) override {
    if (answered_ || bodiless_ || bytes.empty()) return;
    if (!chunked_) {
      out_.append(bytes);
      return;
    }
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    out_.append(size).append(bytes).append("\r\n");
  }
  void end(const http2::Headers&) override {
    if (answered_) return;
    if (chunked_) out_ += "0\r\n\r\n";
    answered_ = true;
    closing_ = closing_ || !keep_alive_;
  }
  void abort() override {
    answered_ = closing_ = true;  // without the last chunk, or short of its length: seen as cut off
  }
  void credit(std::size_t) override {}

  Surroundings& around_;
  std::shared_ptr<ConnectionShared> shared_;
  std::function<void()> flushed_;
  std::unique_ptr<Parser> parser_;
  std::shared_ptr<Invocation> invocation_;
  std::string in_;
  std::string out_;
  Tick since_{};
  std::size_t body_bytes_ = 0;
  bool head_checked_ = false;
  bool request_ended_ = false;
  bool answered_ = false;
  bool chunked_ = false;
  bool bodiless_ = false;
  bool head_only_ = false;
  bool keep_alive_ = true;
  bool closing_ = false;
  bool draining_ = false;
};

}  // namespace

std::unique_ptr<Protocol> make_http1(Surroundings& around, std::shared_ptr<ConnectionShared> shared,
                                     std::function<void()> flushed) {
  return std::make_unique<Http1>(around, std::move(shared), std::move(flushed));
}

}  // namespace entente::net
