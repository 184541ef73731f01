// What a host sends to the client's side of a line: frames of HTTP/2, messages behind their
// prefixes, statuses in trailers. Whatever comes, each call hears of its head at most once and of
// its end exactly once, and of nothing behind that. The first octet says whether the rest is raw,
// or is cut into frames here so that more than their heads is reached.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/grpc_wire.h"
#include "proto/contract/http2_client.h"

namespace {

using namespace entente;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);

// Four octets head each frame: type, flags, stream, length.
std::string framed(std::string_view bytes) {
  std::string out(kSettings);
  while (bytes.size() >= 4) {
    const std::string_view body = bytes.substr(4, static_cast<std::uint8_t>(bytes[3]));
    const char length = static_cast<char>(body.size());
    const auto type = static_cast<char>(static_cast<std::uint8_t>(bytes[0]) % 11);
    out += {'\0', '\0', length, type, bytes[1], '\0', '\0', '\0', static_cast<char>(bytes[2] & 15)};
    out.append(body);
    bytes.remove_prefix(4 + body.size());
  }
  return out;
}

class Call {
 public:
  explicit Call(bool own_credit) : own_credit_(own_credit) {}

  void start(http2::ClientSession& session) {
    const auto id = session.start({{":method", "POST"},
                                   {":scheme", "https"},
                                   {":authority", "a"},
                                   {":path", "/s/M"},
                                   {"te", "trailers"}},
                                  "question", handlers(session));
    ENTENTE_CHECK(id.ok());
    id_ = *id;
  }
  [[nodiscard]] bool over() const { return ends_ == 1; }

 private:
  http2::CallHandlers handlers(http2::ClientSession& session) {
    return {
        .headers = [this](const http2::Headers&) { ENTENTE_CHECK(ends_ == 0 && heads_++ == 0); },
        .data =
            [this, &session](std::string_view bytes) {
              ENTENTE_CHECK(ends_ == 0 && heads_ == 1);
              if (!whole_) return;
              whole_ =
                  reader_.feed(bytes, [](std::string_view, std::uint8_t) { return Status(); }).ok();
              if (own_credit_) session.credit(id_, bytes.size());
              if (whole_ || own_credit_) return;
              session.cancel(id_);
              ends_ = 1;  // of its own will
            },
        .ended =
            [this](const Status& status, const http2::Headers& trailers) {
              ENTENTE_CHECK(ends_++ == 0);
              if (status.ok()) static_cast<void>(wire::status_of(trailers));
            },
        .own_credit = own_credit_};
  }

  bool own_credit_;
  http2::ClientSession::CallId id_ = 0;
  wire::FrameReader reader_;
  bool whole_ = true;
  int heads_ = 0;
  int ends_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 8'192) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string sent = (data[0] & 1U) != 0 ? framed(bytes) : std::string(bytes);
  const std::size_t piece = (data[0] & 2U) != 0 ? sent.size() : 1 + data[0] / 4;

  std::array<Call, 3> calls = {Call(false), Call(true), Call(false)};
  http2::ClientSession session;
  for (Call& call : calls) call.start(session);
  std::string out;
  session.output(out);
  for (std::string_view rest = sent; !rest.empty();) {
    const std::string_view some = rest.substr(0, piece);
    rest.remove_prefix(some.size());
    const bool good = session.receive(some).ok();
    session.output(out);
    if (!good || !session.alive()) break;
  }
  session.lose(Status(Code::Unavailable, Reason::None, "the line is gone"));
  ENTENTE_CHECK(
      std::all_of(calls.begin(), calls.end(), [](const Call& call) { return call.over(); }));
  return 0;
}
