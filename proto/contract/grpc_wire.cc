#include "proto/contract/grpc_wire.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::wire {
namespace {

constexpr std::size_t kPrefixBytes = 5;

// For more of a message that has begun: a long one is not copied often as it grows, and what has
// not come is not believed in advance.
void make_room(std::string& begun, std::size_t more) {
  constexpr std::size_t growth = 4;
  const std::size_t needed = begun.size() + more;
  if (begun.size() < kPrefixBytes || begun.capacity() >= needed) return;
  const std::size_t whole = kPrefixBytes + read_u32(std::string_view(begun).substr(1));
  begun.reserve(std::max(needed, std::min(whole, growth * begun.size())));
}

std::string_view find(const http2::Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

// gRPC's percent-encoding of grpc-message; a malformed escape stands for itself.
std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::optional<std::string> octet =
        text[i] == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (octet && octet->size() == 1) {
      out += *octet;
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
    } else {
      static constexpr std::string_view digits = "0123456789ABCDEF";
      const auto octet = static_cast<unsigned char>(c);
      out += {'%', digits[octet >> 4U], digits[octet & 15U]};
    }
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00" + to_hex(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

Status too_large() {
  return Status(Code::ResourceExhausted, Reason::LimitReached,
                "a message is larger than " + std::to_string(limits::message_bytes_max) + " bytes");
}

// What the caller may see of a status, as gRPC's error model has it.
google::rpc::Status to_wire(const Status& status) {
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(std::string(status.message()));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(name_of(status.reason())));
  info.set_domain("entente");
  wire.add_details()->PackFrom(info);
  if (status.retry_after_ms() != 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(status.retry_after_ms() / 1'000);
    retry.mutable_retry_delay()->set_nanos(
        static_cast<std::int32_t>(status.retry_after_ms() % 1'000 * 1'000'000));
    wire.add_details()->PackFrom(retry);
  }
  google::rpc::BadRequest bad;
  for (const Violation& violation : status.violations()) {
    auto* one = bad.add_field_violations();
    one->set_field(violation.field);
    std::string place;
    if (violation.line != 0) place += "line " + std::to_string(violation.line) + ", ";
    if (violation.column != 0) place += "column " + std::to_string(violation.column) + ": ";
    one->set_description(place + violation.rule);
  }
  if (bad.field_violations_size() > 0) wire.add_details()->PackFrom(bad);
  return wire;
}

Reason reason_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Reason::CertificateRefused); ++i) {
    if (name_of(static_cast<Reason>(i)) == name) return static_cast<Reason>(i);
  }
  return Reason::None;
}

struct Details {
  Reason reason = Reason::None;
  std::uint32_t retry_after_ms = 0;
  std::vector<Violation> violations;
};

Details read_details(std::string_view base64) {
  Details details;
  google::rpc::Status wire;
  if (const auto bytes = from_binary(base64); !bytes || !wire.ParseFromString(*bytes))
    return details;
  for (const google::protobuf::Any& any : wire.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    google::rpc::BadRequest bad;
    if (any.UnpackTo(&info)) {
      details.reason = reason_named(info.reason());
    } else if (any.UnpackTo(&retry)) {
      const auto& delay = retry.retry_delay();
      details.retry_after_ms =
          static_cast<std::uint32_t>(delay.seconds() * 1'000 + delay.nanos() / 1'000'000);
    } else if (any.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) {
        details.violations.push_back(
            {.field = violation.field(), .rule = violation.description(), .line = 0, .column = 0});
      }
    }
  }
  return details;
}

}  // namespace

std::string frame(std::string_view message, std::uint8_t flags) {
  std::string out;
  out.reserve(kPrefixBytes + message.size());
  append_prefix(out, message.size(), flags);
  out.append(message);
  return out;
}

void append_prefix(std::string& out, std::size_t message_bytes, std::uint8_t flags) {
  out.push_back(static_cast<char>(flags));
  append_u32(out, static_cast<std::uint32_t>(message_bytes));
}

Status FrameReader::feed(std::string_view bytes, const Each& each) {
  // Whole messages are given as they lie; only what is cut short is kept.
  const bool joined = !buffer_.empty();
  if (joined) {
    make_room(buffer_, bytes.size());
    buffer_.append(bytes);
  }
  const std::string_view all = joined ? std::string_view(buffer_) : bytes;
  std::size_t at = 0;
  while (all.size() - at >= kPrefixBytes) {
    const std::string_view rest = all.substr(at);
    const auto flags = static_cast<std::uint8_t>(rest[0]);
    if ((flags & ~(flag_compressed | flag_connect_end)) != 0) {
      return invalid_argument("frame", "bears flags that nobody has defined");
    }
    const std::size_t size = read_u32(rest.substr(1));
    if (size > limits::message_bytes_max) return too_large();
    if (rest.size() < kPrefixBytes + size) break;
    const std::string_view message = rest.substr(kPrefixBytes, size);
    if ((flags & flag_compressed) == 0) {
      ENTENTE_TRY_VOID(each(message, flags));
    } else if (!inflate_) {
      return Status(Code::Unimplemented, Reason::None,
                    "a compressed message without its encoding named");
    } else {
      const std::optional<std::string> inflated = inflate_gzip(message, limits::message_bytes_max);
      if (!inflated) return invalid_argument("message", "is not gzip, or too large once inflated");
      ENTENTE_TRY_VOID(each(*inflated, flags));
    }
    at += kPrefixBytes + size;
  }
  joined ? static_cast<void>(buffer_.erase(0, at))
         : static_cast<void>(buffer_.assign(all.substr(at)));
  return Status();
}

std::string deflate_gzip(std::string_view bytes) {
  z_stream stream{};
  ENTENTE_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
                Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  // NOLINTBEGIN: zlib's interface is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  // NOLINTEND
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.avail_out = static_cast<uInt>(out.size());
  ENTENTE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::optional<std::string> inflate_gzip(std::string_view bytes, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
  // NOLINTNEXTLINE: zlib's interface is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 16 * 1024> chunk{};
  int state = Z_OK;
  while (state == Z_OK && out.size() <= bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());  // NOLINT: octets are octets
    stream.avail_out = static_cast<uInt>(chunk.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END || stream.avail_in != 0 || out.size() > bytes_max) return std::nullopt;
  return out;
}

std::string to_binary(std::string_view bytes) {
  std::string value = to_base64(bytes);
  while (!value.empty() && value.back() == '=') value.pop_back();
  return value;
}

std::optional<std::string> from_binary(std::string_view value) {
  while (!value.empty() && value.back() == '=') value.remove_suffix(1);
  std::string padded(value);
  while (padded.size() % 4 != 0) padded += '=';
  return from_base64(padded);
}

http2::Headers trailers_of(const Status& status) {
  http2::Headers trailers = {{"grpc-status", std::to_string(static_cast<int>(status.code()))}};
  if (status.ok()) return trailers;
  trailers.emplace_back("grpc-message", percent_encode(status.message()));
  trailers.emplace_back("grpc-status-details-bin", to_binary(to_wire(status).SerializeAsString()));
  return trailers;
}

std::string connect_error(const Status& status) {
  std::string code(name_of(status.code()));
  std::transform(code.begin(), code.end(), code.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (status.code() == Code::Cancelled) code = "canceled";  // Connect's spelling
  std::string out = "{\"code\":\"" + code + "\",\"message\":" + json_string(status.message());
  const google::rpc::Status wire = to_wire(status);
  for (int i = 0; i < wire.details_size(); ++i) {
    const std::string& url = wire.details(i).type_url();
    out += i == 0 ? ",\"details\":[" : ",";
    std::string value = to_base64(wire.details(i).value());
    while (!value.empty() && value.back() == '=') value.pop_back();
    out += "{\"type\":" + json_string(url.substr(url.rfind('/') + 1)) + ",\"value\":\"" + value +
           "\"}";
  }
  return out + (wire.details_size() > 0 ? "]}" : "}");
}

int connect_http_status(Code code) {
  switch (code) {
    case Code::Ok:
      return 200;
    case Code::Cancelled:
      return 499;
    case Code::InvalidArgument:
    case Code::FailedPrecondition:
    case Code::OutOfRange:
      return 400;
    case Code::DeadlineExceeded:
      return 504;
    case Code::NotFound:
      return 404;
    case Code::AlreadyExists:
    case Code::Aborted:
      return 409;
    case Code::PermissionDenied:
      return 403;
    case Code::ResourceExhausted:
      return 429;
    case Code::Unimplemented:
      return 501;
    case Code::Unavailable:
      return 503;
    case Code::Unauthenticated:
      return 401;
    default:
      return 500;
  }
}

std::optional<std::chrono::milliseconds> parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;  // at most eight digits and a unit
  std::int64_t number = 0;
  const char* end = text.data() + text.size() - 1;
  if (const auto [at, error] = std::from_chars(text.data(), end, number);
      error != std::errc{} || at != end || number < 0) {
    return std::nullopt;
  }
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(number);
    case 'M':
      return std::chrono::minutes(number);
    case 'S':
      return std::chrono::seconds(number);
    case 'm':
      return std::chrono::milliseconds(number);
    case 'u':
      return std::chrono::milliseconds((number + 999) / 1'000);
    case 'n':
      return std::chrono::milliseconds((number + 999'999) / 1'000'000);
    default:
      return std::nullopt;
  }
}

Status status_of(const http2::Headers& trailers) {
  const std::string_view text = find(trailers, "grpc-status");
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (number == 0) return Status();
  if (number < 0 || number > 16) {
    return Status(Code::Unavailable, Reason::None, "the server's answer was cut short");
  }
  Details details = read_details(find(trailers, "grpc-status-details-bin"));
  return Status(static_cast<Code>(number), details.reason,
                percent_decode(find(trailers, "grpc-message")))
      .with_violations(std::move(details.violations))
      .with_retry_after_ms(details.retry_after_ms);
}

}  // namespace entente::wire
