#include "client/lib/reply.h"

#include <algorithm>
#include <charconv>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::client {
namespace {

constexpr std::size_t kPrefixBytes = 5;

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

Reason reason_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Reason::PasswordWeak); ++i) {
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
  while (!base64.empty() && base64.back() == '=') base64.remove_suffix(1);
  std::string padded(base64);
  while (padded.size() % 4 != 0) padded += '=';
  google::rpc::Status wire;
  if (const auto bytes = from_base64(padded); !bytes || !wire.ParseFromString(*bytes))
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

std::string frame(std::string_view message) {
  std::string out(1, '\0');
  append_u32(out, static_cast<std::uint32_t>(message.size()));
  out.append(message);
  return out;
}

Status ReplyReader::feed(std::string_view bytes,
                         const std::function<Status(std::string_view)>& each) {
  buffer_.append(bytes);
  std::size_t at = 0;
  while (buffer_.size() - at >= kPrefixBytes) {
    const std::string_view rest = std::string_view(buffer_).substr(at);
    if (rest[0] != 0)
      return Status(Code::DataLoss, Reason::None, "the server sent a compressed message");
    const std::size_t size = read_u32(rest.substr(1));
    if (size > limits::message_bytes_max) {
      return Status(Code::ResourceExhausted, Reason::LimitReached,
                    "the server's message is too large");
    }
    if (rest.size() < kPrefixBytes + size) break;
    ENTENTE_TRY_VOID(each(rest.substr(kPrefixBytes, size)));
    at += kPrefixBytes + size;
  }
  buffer_.erase(0, at);
  return Status();
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

}  // namespace entente::client
