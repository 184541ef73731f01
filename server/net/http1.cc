// HTTP/1.1, one request at a time. The parser is our own and strict: what two parsers could read
// differently (RFC 9112 sections 2.2, 5.1, 5.2, 6.1, 6.3, 7.1) is refused and ends the line, so
// that no second request can be smuggled in behind the first.
#include <algorithm>
#include <array>
#include <charconv>

#include "proto/contract/header_list.h"
#include "server/net/protocol.h"

namespace entente::net {
namespace {

constexpr int kFine = 0;
constexpr std::size_t kInBytesMax = 64 * 1024;           // read ahead: pipelined requests wait here
constexpr std::size_t kUnconsumedBytesMax = 256 * 1024;  // of a body, while its handler is busy
constexpr std::size_t kChunkLineBytesMax = 256;          // a chunk's size with its extensions
constexpr std::size_t kTrailerBytesMax = 4 * 1024;

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

// What may stand in a field's value, and nothing that another parser might take for its end.
bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view phrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr std::array phrases = {
      Phrase{200, "OK"},
      Phrase{201, "Created"},
      Phrase{204, "No Content"},
      Phrase{206, "Partial Content"},
      Phrase{207, "Multi-Status"},
      Phrase{304, "Not Modified"},
      Phrase{400, "Bad Request"},
      Phrase{401, "Unauthorized"},
      Phrase{403, "Forbidden"},
      Phrase{404, "Not Found"},
      Phrase{405, "Method Not Allowed"},
      Phrase{406, "Not Acceptable"},
      Phrase{409, "Conflict"},
      Phrase{412, "Precondition Failed"},
      Phrase{413, "Content Too Large"},
      Phrase{415, "Unsupported Media Type"},
      Phrase{416, "Range Not Satisfiable"},
      Phrase{417, "Expectation Failed"},
      Phrase{429, "Too Many Requests"},
      Phrase{431, "Request Header Fields Too Large"},
      Phrase{499, "Client Closed Request"},
      Phrase{500, "Internal Server Error"},
      Phrase{501, "Not Implemented"},
      Phrase{503, "Service Unavailable"},
      Phrase{504, "Gateway Timeout"},
      Phrase{505, "HTTP Version Not Supported"},
  };
  const auto* found = std::find_if(phrases.begin(), phrases.end(),
                                   [&](const Phrase& one) { return one.status == status; });
  return found == phrases.end() ? "Status" : found->text;
}

std::size_t count_of(const http::HeaderList& fields, std::string_view name) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) count += fields[i].name == name ? 1 : 0;
  return count;
}

bool has_bare_feed(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

// Whether a comma-separated list such as `keep-alive, Close` names `word`.
bool names(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    if (lower(trim(one)) == word) return true;
  }
  return false;
}

// The path and query of a request target: as it stands, or behind `https://authority` (RFC 9112
// section 3.2.2). Empty: neither.
std::string_view origin_form(std::string_view target) {
  const bool graphic =
      std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!graphic || target.find('#') != std::string_view::npos) return {};
  if (target.substr(0, 1) == "/") return target;
  if (lower(target.substr(0, 8)) != "https://") return {};
  const std::size_t slash = target.find('/', 8);
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

class Http1 final : public Protocol, public Outlet {
 public:
  Http1(Surroundings& around, std::shared_ptr<ConnectionShared> shared)
      : around_(around), shared_(std::move(shared)) {}
  ~Http1() override {
    if (invocation_) invocation_->detach();
  }

  bool receive(std::string_view bytes) override {
    if (closing_) return true;
    in_.append(bytes);
    advance();
    return true;
  }

  void gather(std::string& out, std::size_t bytes_max) override {
    do {
      out.append(std::exchange(out_, {}));
      if (const auto at_work = invocation_; at_work && !answered_) at_work->on_room();
      if (!shared_->parked.empty()) resume_parked(*shared_);
      advance();
    } while (!out_.empty() && out.size() < bytes_max);
  }

  [[nodiscard]] std::size_t queued() const override { return out_.size(); }
  [[nodiscard]] std::size_t line_queued() const override { return out_.size(); }
  void sweep(Tick) override {}
  [[nodiscard]] bool wants_read() const override {
    return !closing_ && in_.size() < kInBytesMax && unconsumed_ < kUnconsumedBytesMax;
  }
  [[nodiscard]] bool peer_sending() const override {
    return !in_.empty() || (reading_ != Reading::Head && reading_ != Reading::Nothing);
  }
  void drain() override {
    draining_ = true;
    shared_->draining = true;
    closing_ = closing_ || !invocation_;
    if (const auto at_work = invocation_) at_work->on_drain();
  }
  [[nodiscard]] bool done() const override {
    return closing_ && out_.empty() && (answered_ || !invocation_);
  }
  [[nodiscard]] std::size_t active() const override { return invocation_ ? 1 : 0; }
  [[nodiscard]] Protocol::Reading reading() const override {
    const bool body = invocation_ && !answered_ && reading_ != Reading::Nothing &&
                      reading_ != Reading::Head && !invocation_->converses() && wants_read();
    return {.header = !invocation_ && head_since_ != Tick{},
            .body = body,
            .since = body ? body_since_ : head_since_,
            .bytes = body_bytes_};
  }

 private:
  enum class Reading { Head, Fixed, ChunkSize, Chunk, ChunkEnd, Trailers, Nothing };

  // Reads on as far as there are bytes and no answer is owed. Not re-entered from an answer.
  void advance() {
    if (std::exchange(stepping_, true)) return;
    do {
      settle();
    } while (!closing_ && step());
    const bool head_begun = reading_ == Reading::Head && !invocation_ && !in_.empty();
    if (!head_begun) {
      head_since_ = Tick{};
    } else if (head_since_ == Tick{}) {
      head_since_ = around_.clock.tick();
    }
    stepping_ = false;
  }

  // An answer that is whole lets the next request in, or ends the line.
  void settle() {
    if (!invocation_ || !answered_) return;
    closing_ = closing_ || reading_ != Reading::Nothing || last_ || draining_;
    if (closing_) return;
    std::exchange(invocation_, nullptr)->detach();
    answered_ = false;
    unconsumed_ = 0;
    reading_ = Reading::Head;
  }

  // False: there is nothing to be done with what there is.
  bool step() {
    switch (reading_) {
      case Reading::Head:
        return read_head();
      case Reading::Fixed:
        return read_body(Reading::Nothing);
      case Reading::ChunkSize:
        return read_chunk_size();
      case Reading::Chunk:
        return read_body(Reading::ChunkEnd);
      case Reading::ChunkEnd:
        return read_chunk_end();
      case Reading::Trailers:
        return read_trailer();
      case Reading::Nothing:
        return false;
    }
    return false;
  }

  bool read_head() {
    // RFC 9112 section 2.2: one empty line before a request is ignored, however it is cut.
    if (!blank_seen_ && in_.compare(0, 2, "\r\n") == 0) {
      blank_seen_ = true;
      head_looked_at_ = 0;
      in_.erase(0, 2);
    }
    // Its end may be cut anywhere: the search goes back by three octets.
    const std::size_t end =
        in_.find("\r\n\r\n", head_looked_at_ - std::min<std::size_t>(head_looked_at_, 3));
    const std::size_t most = around_.limits.http2.header_bytes_max;
    // A line that ends in a bare LF will never be good: said as soon as it is seen.
    if (has_bare_feed(std::string_view(in_).substr(0, std::min(end, most)), head_looked_at_)) {
      return refuse(400);
    }
    if (end == std::string::npos ? in_.size() > most + 3 : end > most) return refuse_header();
    head_looked_at_ = end == std::string::npos ? in_.size() : 0;
    if (end == std::string::npos) return false;
    RequestHead head;
    const std::string_view block = std::string_view(in_).substr(0, end);
    int refused = parse_line(block.substr(0, block.find("\r\n")), head);
    if (refused == kFine) refused = parse_fields(block, head.headers);
    if (refused == kFine) refused = read_framing(head.headers);
    if (refused != kFine) return refused == 431 ? refuse_header() : refuse(refused);
    in_.erase(0, end + 4);
    begin(std::move(head));
    return true;
  }

  void begin(RequestHead head) {
    blank_seen_ = false;
    head_only_ = head.method == "HEAD";
    last_ = names(head.headers.find("connection").value_or(""), "close");
    const bool continues = reading_ != Reading::Nothing && head.headers.find("expect");
    body_since_ = around_.clock.tick();
    body_bytes_ = 0;
    invocation_ = std::make_shared<Invocation>(around_, shared_, std::move(head), *this);
    const std::shared_ptr<Invocation> begun = invocation_;
    begun->begin();
    if (continues && !answered_) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (reading_ == Reading::Nothing && !answered_) begun->on_end();
  }

  static int parse_line(std::string_view line, RequestHead& head) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return 400;
    const std::string_view verb = line.substr(0, first);
    const std::string_view target = origin_form(line.substr(first + 1, last - first - 1));
    const std::string_view version = line.substr(last + 1);
    if (!is_token(verb) || target.empty()) return 400;
    if (version != "HTTP/1.1") {
      return version.size() == 8 && version.substr(0, 5) == "HTTP/" && version[6] == '.' ? 505
                                                                                         : 400;
    }
    head.method = verb;
    head.target = target;
    return kFine;
  }

  int parse_fields(std::string_view block, http::HeaderList& fields) const {
    const auto& limits = around_.limits.http2;
    block.remove_prefix(std::min(block.size(), block.find("\r\n")));
    while (!block.empty()) {
      block.remove_prefix(2);
      const std::string_view line = block.substr(0, block.find("\r\n"));
      block.remove_prefix(line.size());
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return 400;
      const std::string_view value = trim(line.substr(colon + 1));
      if (!is_field_value(value)) return 400;
      fields.add(lower(line.substr(0, colon)), value);
      if (fields.size() > limits.header_fields_max || fields.bytes() > limits.header_bytes_max)
        return 431;
    }
    return kFine;
  }

  // How long the body is: at most one field says so, once.
  int read_framing(const http::HeaderList& fields) {
    const auto length = fields.find("content-length");
    const auto coding = fields.find("transfer-encoding");
    const std::size_t framings =
        count_of(fields, "content-length") + count_of(fields, "transfer-encoding");
    if (count_of(fields, "host") != 1 || framings > 1) return 400;
    if (const auto expect = fields.find("expect"); expect && lower(*expect) != "100-continue")
      return 417;
    reading_ = Reading::Nothing;
    if (coding) {
      if (lower(*coding) != "chunked") return 400;
      reading_ = Reading::ChunkSize;
    } else if (length) {
      const char* end = length->data() + length->size();
      const auto [at, error] = std::from_chars(length->data(), end, left_);
      if (error != std::errc{} || at != end || length->front() == '-') return 400;
      if (left_ > 0) reading_ = Reading::Fixed;
    }
    return kFine;
  }

  bool read_chunk_size() {
    const std::size_t end = in_.find("\r\n");
    if (std::min(end, in_.size()) > kChunkLineBytesMax) return refuse(400);
    if (end == std::string::npos) {
      return in_.find('\n') == std::string::npos ? false : refuse(400);
    }
    const std::string_view line = std::string_view(in_).substr(0, end);
    const std::string_view digits = line.substr(0, line.find(';'));
    const char* last = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), last, left_, 16);
    if (error != std::errc{} || at != last || digits.size() > 8 || digits.front() == '-' ||
        !is_field_value(line)) {
      return refuse(400);
    }
    in_.erase(0, end + 2);
    trailer_bytes_ = 0;
    reading_ = left_ == 0 ? Reading::Trailers : Reading::Chunk;
    return true;
  }

  bool read_chunk_end() {
    if (in_.size() < 2) return false;
    if (in_.compare(0, 2, "\r\n") != 0) return refuse(400);
    in_.erase(0, 2);
    reading_ = Reading::ChunkSize;
    return true;
  }

  // Trailers are read past: nothing here has a use for them.
  bool read_trailer() {
    const std::size_t end = in_.find("\r\n");
    trailer_bytes_ += end == std::string::npos ? 0 : end;
    if (trailer_bytes_ > kTrailerBytesMax || std::min(end, in_.size()) > kTrailerBytesMax)
      return refuse(431);
    if (end == std::string::npos) return false;
    const std::string_view line = std::string_view(in_).substr(0, end);
    const std::size_t colon = line.find(':');
    const bool good = line.empty() || (colon != std::string_view::npos &&
                                       is_token(line.substr(0, colon)) && is_field_value(line));
    if (!good) return refuse(400);
    const bool over = line.empty();
    in_.erase(0, end + 2);
    if (over) body_ended();
    return true;
  }

  bool read_body(Reading then) {
    if (in_.empty() || unconsumed_ >= kUnconsumedBytesMax) return false;
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in_.size()));
    const std::string piece = in_.substr(0, size);
    in_.erase(0, size);
    left_ -= size;
    body_bytes_ += size;
    unconsumed_ += size;
    if (const auto taker = invocation_; !answered_) taker->on_data(piece);
    if (left_ > 0 || closing_) return true;
    reading_ = then;
    if (then == Reading::Nothing) body_ended();
    return true;
  }

  void body_ended() {
    reading_ = Reading::Nothing;
    if (const auto taker = invocation_; !answered_) taker->on_end();
  }

  bool refuse_header() {
    ++around_.counters.header_limit;
    return refuse(431);
  }

  // An answer without an invocation, or in place of its; the line ends with it.
  bool refuse(int status) {
    ++around_.counters.protocol_errors;
    // Half an answer cannot be followed by another.
    if (!head_sent_ || !invocation_) {
      out_ += "HTTP/1.1 " + std::to_string(status) + " " + std::string(phrase(status)) +
              "\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    }
    closing_ = true;
    if (invocation_) std::exchange(invocation_, nullptr)->detach();
    return false;
  }

  // --- Outlet ---
  void head(int status, std::span<const http::Field> headers) override {
    std::string text =
        "HTTP/1.1 " + std::to_string(status) + " " + std::string(phrase(status)) + "\r\n";
    bool has_length = false;
    for (const auto& [name, value] : headers) {
      // What a handler says must not become a field of its own.
      if (!is_token(name) || !is_field_value(value)) continue;
      has_length = has_length || name == "content-length";
      text.append(name).append(": ").append(value).append("\r\n");
    }
    // A request that is not wholly read cannot be followed by another.
    last_ = last_ || draining_ || reading_ != Reading::Nothing;
    bodiless_ = head_only_ || status == 204 || status == 304;
    chunked_ = !has_length && !bodiless_;
    if (chunked_) text += "transfer-encoding: chunked\r\n";
    if (last_) text += "connection: close\r\n";
    out_ += text + "\r\n";
    head_sent_ = true;
  }
  void body(std::string bytes) override {
    if (answered_ || bodiless_ || bytes.empty()) return;
    if (!chunked_) {
      out_.append(bytes);
      return;
    }
    std::array<char, 16> digits{};
    const auto size =
        std::to_chars(digits.begin(), digits.end(), bytes.size(), 16).ptr - digits.data();
    out_.append(digits.data(), static_cast<std::size_t>(size))
        .append("\r\n")
        .append(bytes)
        .append("\r\n");
  }
  void end(std::span<const http::Field>) override {
    if (answered_) return;
    if (chunked_) out_ += "0\r\n\r\n";
    answer_over();
  }
  void abort() override {
    closing_ = true;  // without the last chunk, or short of its length: seen as cut off
    answer_over();
  }
  void credit(std::size_t bytes) override { unconsumed_ -= std::min(unconsumed_, bytes); }

  void answer_over() {
    answered_ = true;
    head_sent_ = false;
  }

  Surroundings& around_;
  std::shared_ptr<ConnectionShared> shared_;
  std::shared_ptr<Invocation> invocation_;
  std::string in_;
  std::string out_;
  Reading reading_ = Reading::Head;
  std::uint64_t left_ = 0;  // of the body, or of its chunk
  std::size_t trailer_bytes_ = 0;
  std::size_t unconsumed_ = 0;
  Tick head_since_{};  // zero: no head is half read
  Tick body_since_{};
  std::size_t body_bytes_ = 0;
  bool stepping_ = false;
  bool blank_seen_ = false;  // before this request
  // So much of an unfinished head holds no end and no bare LF: looked at once, in however many
  // pieces it comes.
  std::size_t head_looked_at_ = 0;
  bool head_sent_ = false;
  bool answered_ = false;
  bool chunked_ = false;
  bool bodiless_ = false;
  bool head_only_ = false;
  bool last_ = false;  // the line ends with this answer
  bool closing_ = false;
  bool draining_ = false;
};

}  // namespace

std::unique_ptr<Protocol> make_http1(Surroundings& around,
                                     std::shared_ptr<ConnectionShared> shared) {
  return std::make_unique<Http1>(around, std::move(shared));
}

}  // namespace entente::net
