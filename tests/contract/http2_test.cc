// The two ends of HTTP/2 against each other, in memory.
#include <catch2/catch.hpp>
#include <limits>
#include <map>

#include "proto/contract/bytes.h"
#include "proto/contract/http2_client.h"
#include "proto/contract/http2_server.h"
#include "proto/contract/stream_log.h"

namespace entente::http2 {
namespace {

constexpr std::size_t kGather = 64 * 1024;

// Takes requests and keeps what comes; a test answers by hand.
class Server final : public ServerEvents {
 public:
  explicit Server(const ServerLimits& limits = {}) : session(*this, limits) {}

  struct Taken final : StreamEvents {
    void on_data(std::string_view bytes) override { body.append(bytes); }
    void on_end() override { ended = true; }
    void on_room() override { ++rooms; }
    void on_closed() override { closed = true; }
    http::HeaderList headers;
    std::string body;
    bool ended = false;
    bool closed = false;
    int rooms = 0;
  };

  std::shared_ptr<StreamEvents> on_head(StreamId id, http::HeaderList&& headers) override {
    auto taken = std::make_shared<Taken>();
    taken->headers = std::move(headers);
    streams[id] = taken;
    return taken;
  }
  void on_excess(Excess excess) override { ++excesses[excess]; }

  std::map<StreamId, std::shared_ptr<Taken>> streams;
  std::map<Excess, int> excesses;
  ServerSession session;
};

const Headers kHead = {
    {":method", "POST"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/s/M"}};
const std::vector<http::Field> kOk = {{":status", "200"}, {"content-type", "application/grpc"}};
const std::vector<http::Field> kDone = {{"grpc-status", "0"}};

// Carries bytes both ways until neither side has any more to say.
struct Pipe {
  ClientSession client;
  Server server;
  Tick now{1};
  bool broken = false;

  void run() {
    for (bool more = true; more;) {
      std::string up;
      client.output(up);
      if (!server.session.receive(up, now).ok()) broken = true;
      std::string down;
      server.session.output(down, kGather, now);
      if (!client.receive(down).ok()) broken = true;
      more = !up.empty() || !down.empty();
    }
  }
};

struct Answer {
  Headers headers;
  std::string body;
  Headers trailers;
  std::optional<Status> status;
  CallHandlers handlers() {
    return {.headers = [this](const Headers& h) { headers = h; },
            .data = [this](std::string_view bytes) { body.append(bytes); },
            .ended =
                [this](Status s, const Headers& t) {
                  status = std::move(s);
                  trailers = t;
                },
            .own_credit = false};
  }
};

}  // namespace

TEST_CASE("a stream that was lost with its line is told so exactly once", "[http2]") {
  Pipe pipe;
  Answer answer;
  REQUIRE(pipe.client.start(kHead, "x", answer.handlers()).ok());
  pipe.run();
  REQUIRE(pipe.server.streams.size() == 1);
  const auto taken = pipe.server.streams.begin()->second;
  REQUIRE(!taken->closed);
  pipe.server.session.lose();
  REQUIRE(taken->closed);
  REQUIRE(pipe.server.session.streams() == 0);
  pipe.server.session.send(1, "late");  // without effect
  pipe.server.session.end(1, kDone);
}

TEST_CASE("a call goes there and its answer comes back with trailers", "[http2]") {
  Pipe pipe;
  Answer answer;
  REQUIRE(pipe.client.start(kHead, "question", answer.handlers()).ok());
  pipe.run();
  const auto& [id, taken] = *pipe.server.streams.begin();
  REQUIRE(taken->body == "question");
  REQUIRE(taken->ended);
  REQUIRE(taken->headers.find(":path") == "/s/M");
  pipe.server.session.respond(id, kOk);
  pipe.server.session.send(id, "answer");
  pipe.server.session.end(id, kDone);
  pipe.run();
  REQUIRE(answer.status.has_value());
  REQUIRE(answer.status->ok());
  REQUIRE(answer.body == "answer");
  REQUIRE(answer.trailers == Headers{{"grpc-status", "0"}});
  REQUIRE(taken->closed);
}

TEST_CASE("a reply larger than every window arrives whole, and asks for more as it drains",
          "[http2]") {
  Pipe pipe;
  Answer answer;
  REQUIRE(pipe.client.start(kHead, "", answer.handlers()).ok());
  pipe.run();
  const auto& [id, taken] = *pipe.server.streams.begin();
  pipe.server.session.respond(id, kOk);
  for (int i = 0; i < 8; ++i)
    pipe.server.session.send(id, std::string(1 << 20, static_cast<char>('a' + i)));
  pipe.run();
  REQUIRE(answer.body.size() == 8U << 20U);
  REQUIRE(answer.body.back() == 'h');
  REQUIRE(taken->rooms > 0);
  REQUIRE(pipe.server.session.queued() == 0);
}

TEST_CASE("a handler that cancels its own call lives until it returns", "[http2]") {
  Pipe pipe;
  Answer answer;
  CallHandlers handlers = answer.handlers();
  const auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = held;
  ClientSession::CallId call = 0;
  bool lived = false;
  handlers.data = [&pipe, &call, &lived, watch, kept = std::shared_ptr<int>(held)](auto) {
    pipe.client.cancel(call);
    lived = watch.use_count() == 2;  // the test's and this handler's own
  };
  call = *pipe.client.start(kHead, "question", std::move(handlers));
  pipe.run();
  auto& server = pipe.server.session;
  server.respond(pipe.server.streams.begin()->first, kOk);
  server.send(pipe.server.streams.begin()->first, "an answer that does not read");
  pipe.run();
  REQUIRE(lived);
  REQUIRE(watch.use_count() == 1);  // gone with its call
  REQUIRE(!pipe.broken);
}

TEST_CASE("a body stops at the window until credit is given", "[http2]") {
  Pipe pipe;
  Answer answer;
  REQUIRE(pipe.client.start(kHead, std::string(1 << 20, 'x'), answer.handlers()).ok());
  pipe.run();
  const auto& [id, taken] = *pipe.server.streams.begin();
  const std::size_t first = taken->body.size();
  REQUIRE(first < 1U << 20U);
  for (int i = 0; i < 100 && !taken->ended; ++i) {
    pipe.server.session.credit(id, 64 * 1024);
    pipe.run();
  }
  REQUIRE(taken->body.size() == 1U << 20U);
  REQUIRE(taken->ended);
}

TEST_CASE("two calls that share a body send it whole, a bounded piece at a time", "[http2]") {
  Pipe pipe;
  std::string text;
  for (int i = 0; text.size() < 600'000; ++i) text += std::to_string(i) + ",";
  const auto body = std::make_shared<const std::string>(text);
  Answer first;
  Answer second;
  REQUIRE(pipe.client.start(kHead, body, first.handlers()).ok());
  REQUIRE(pipe.client.start(kHead, body, second.handlers()).ok());
  std::string out = "before";
  pipe.client.output(out);
  REQUIRE(out.starts_with("beforePRI * HTTP/2.0"));
  REQUIRE(out.size() < 300U << 10U);
  REQUIRE(pipe.server.session.receive(std::string_view(out).substr(6), pipe.now).ok());
  for (int i = 0; i < 100; ++i) {
    pipe.run();
    for (const auto& [id, taken] : pipe.server.streams) pipe.server.session.credit(id, 64 * 1024);
  }
  REQUIRE(pipe.server.streams.size() == 2);
  for (const auto& [id, taken] : pipe.server.streams) {
    REQUIRE(taken->ended);
    REQUIRE(taken->body == text);
  }
  REQUIRE(body.use_count() == 3);  // until the calls are over
}

TEST_CASE("an answer given before the whole question has come is not overtaken by a reset",
          "[http2]") {
  Pipe pipe;
  Answer answer;
  REQUIRE(pipe.client.start(kHead, std::string(4 << 20, 'x'), answer.handlers()).ok());
  pipe.run();
  const StreamId id = pipe.server.streams.begin()->first;
  pipe.server.session.respond(id, kOk);
  pipe.server.session.end(id, kDone);
  pipe.run();
  REQUIRE(pipe.server.session.tend(pipe.now, std::chrono::seconds(30)) == 0);
  pipe.run();
  REQUIRE(!answer.status);  // it may go on for a moment, as far as its window reaches
  pipe.now += std::chrono::milliseconds(1'001);
  REQUIRE(pipe.server.session.tend(pipe.now, std::chrono::seconds(30)) == 0);
  pipe.run();
  REQUIRE(answer.status);
  REQUIRE(answer.headers.size() == 2);
  REQUIRE(answer.trailers == Headers{{"grpc-status", "0"}});
}

TEST_CASE("a stream whose answer cannot move is reset, and not before its time", "[http2]") {
  Pipe pipe;
  Answer answer;
  auto handlers = answer.handlers();
  handlers.own_credit = true;  // and never gives any
  REQUIRE(pipe.client.start(kHead, "q", handlers).ok());
  pipe.run();
  const StreamId id = pipe.server.streams.begin()->first;
  pipe.now = std::chrono::hours(1);  // nothing came or went for long
  pipe.server.session.respond(id, kOk);
  pipe.server.session.send(id, std::string(4 << 20, 'x'));
  pipe.run();
  const Tick stall = std::chrono::seconds(30);
  REQUIRE(pipe.server.session.tend(pipe.now + stall, stall) == 0);
  REQUIRE(pipe.server.session.tend(pipe.now + 2 * stall + Tick(1), stall) == 1);
  pipe.run();
  REQUIRE(answer.status);
  REQUIRE(!answer.status->ok());
  REQUIRE(pipe.server.session.queued() == 0);
}

TEST_CASE("an answer that is taken an octet at a time is reset, and one that crawls is not",
          "[http2]") {
  const Tick stall = std::chrono::seconds(30);
  for (const std::size_t octets : {std::size_t{1}, std::size_t{50}}) {  // every second
    Pipe pipe;
    Answer answer;
    auto handlers = answer.handlers();
    handlers.own_credit = true;
    const auto id = pipe.client.start(kHead, "q", handlers);
    REQUIRE(id.ok());
    pipe.run();
    const StreamId stream = pipe.server.streams.begin()->first;
    pipe.server.session.respond(stream, kOk);
    pipe.server.session.send(stream, std::string(8 << 20, 'x'));
    pipe.run();
    pipe.now = std::chrono::hours(1);
    std::size_t dropped = 0;
    for (int second = 0; second < 65; ++second) {
      std::string update("\x00\x00\x04\x08\x00\x00\x00\x00\x01\x00\x00\x00", 12);
      update.push_back(static_cast<char>(octets));
      REQUIRE(pipe.server.session.receive(update, pipe.now).ok());
      std::string out;
      pipe.server.session.output(out, kGather, pipe.now);
      dropped += pipe.server.session.tend(pipe.now, stall);
      pipe.now += std::chrono::seconds(1);
    }
    CHECK(dropped == (octets == 1 ? 1 : 0));
  }
}

TEST_CASE("an interim answer comes before the answer, and never after it", "[http2]") {
  Pipe pipe;
  Answer answer;
  REQUIRE(pipe.client.start(kHead, std::string(4 << 20, 'x'), answer.handlers()).ok());
  pipe.run();
  const StreamId id = pipe.server.streams.begin()->first;
  pipe.server.session.go_on(id);
  pipe.server.session.respond(id, kOk);
  pipe.server.session.go_on(id);
  pipe.run();
  REQUIRE(!pipe.broken);
}

TEST_CASE("a header list above the limit ends its stream and not the line", "[http2]") {
  Pipe pipe;
  Answer big;
  Headers headers = kHead;
  for (int i = 0; i < 20; ++i) headers.emplace_back("cookie", std::string(1'000, 'c'));
  REQUIRE(pipe.client.start(headers, "", big.handlers()).ok());
  pipe.run();
  REQUIRE(pipe.server.streams.empty());
  REQUIRE(pipe.server.excesses[Excess::HeaderBytes] == 1);
  REQUIRE(big.status.has_value());
  REQUIRE(!big.status->ok());
  Answer small;
  REQUIRE(pipe.client.start(kHead, "", small.handlers()).ok());
  pipe.run();
  REQUIRE(pipe.server.streams.size() == 1);
}

TEST_CASE("rapid resets end the line, and few do not", "[http2]") {
  Pipe pipe;
  const auto reset_once = [&] {
    auto id = pipe.client.start(kHead, "", {});
    if (!id.ok()) return;
    pipe.run();
    pipe.client.cancel(*id);
    pipe.run();
  };
  for (std::uint32_t i = 0; i < limits::reset_burst_max; ++i) reset_once();
  REQUIRE(pipe.server.excesses.empty());
  for (int i = 0; i < 10; ++i) reset_once();
  REQUIRE(pipe.server.excesses[Excess::ResetsReceived] == 1);
  REQUIRE(!pipe.client.alive());
}

TEST_CASE("resets that the peer makes the server send end the line", "[http2]") {
  Pipe pipe;
  pipe.run();
  Headers bad = kHead;
  bad.emplace_back("connection", "close");
  for (std::uint32_t i = 0; i < limits::reset_burst_max + 10; ++i) {
    if (!pipe.client.start(bad, "", {}).ok()) break;
    pipe.run();
  }
  REQUIRE(pipe.server.excesses[Excess::ResetsSent] == 1);
}

TEST_CASE("what comes on a stream that the peer has closed ends the line, however it is cut",
          "[http2]") {
  const std::string body(
      "\x00\x00\x02\x00\x00\x00\x00\x00\x01"
      "ab",
      11);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, body.size()}) {
    Pipe pipe;
    const auto id = pipe.client.start(kHead, "", {});
    REQUIRE(id.ok());
    pipe.run();
    pipe.client.cancel(*id);
    pipe.run();
    for (std::size_t at = 0; at < body.size(); at += piece) {
      REQUIRE(pipe.server.session.receive(body.substr(at, piece), pipe.now).ok());
    }
    std::string out;
    pipe.server.session.output(out, kGather, pipe.now);
    REQUIRE(!pipe.server.session.alive());
    REQUIRE(pipe.server.streams.size() == 1);
  }
}

TEST_CASE("what was under way on a stream that the server cut is passed over", "[http2]") {
  const std::string body(
      "\x00\x00\x02\x00\x00\x00\x00\x00\x01"
      "ab",
      11);
  Pipe pipe;
  const auto id = pipe.client.start(kHead, std::string(4 << 20, 'x'), {});
  REQUIRE(id.ok());
  pipe.run();
  pipe.server.session.reset(*id, 8);
  std::string out;
  pipe.server.session.output(out, kGather, pipe.now);  // which the client has not heard yet
  REQUIRE(pipe.server.session.receive(body, pipe.now).ok());
  out.clear();
  pipe.server.session.output(out, kGather, pipe.now);
  REQUIRE(pipe.server.session.alive());
}

TEST_CASE("a log of streams knows what was begun, skipped and cut, and stays small", "[http2]") {
  StreamLog log;
  log.begun(1);
  log.begun(7);
  REQUIRE((log.is_new(9) && !log.is_new(7) && !log.is_new(3)));
  REQUIRE((log.was_skipped(3) && log.was_skipped(5) && !log.was_skipped(1) && !log.was_skipped(7)));
  log.begun(2'001);
  REQUIRE((!log.was_skipped(7) && log.was_skipped(1'999)));
  for (std::int32_t id = 1; id < 2'001; id += 2) log.cut(id);
  REQUIRE((log.was_cut(1'999) && !log.was_cut(1)));

  StreamLog last_first;  // the sanitizers' case
  last_first.begun(std::numeric_limits<std::int32_t>::max());
  REQUIRE((!last_first.is_new(1) && last_first.was_skipped(2'147'483'645)));
  REQUIRE(!last_first.was_skipped(1));
}

TEST_CASE("a flood of pings ends the line", "[http2]") {
  Pipe pipe;
  pipe.run();
  std::string ping("\x00\x00\x08\x06\x00\x00\x00\x00\x00", 9);
  ping += "12345678";
  bool ended = false;
  for (std::uint32_t i = 0; i < limits::control_burst_max + 10; ++i) {
    ended = ended || !pipe.server.session.receive(ping, pipe.now).ok();
    std::string out;
    pipe.server.session.output(out, kGather, pipe.now);
  }
  REQUIRE(pipe.server.excesses[Excess::Flood] == 1);
  REQUIRE(!pipe.server.session.alive());
}

TEST_CASE("a client that measures the line at every refusal is no flood", "[http2]") {
  Pipe pipe;
  pipe.run();
  std::string ping("\x00\x00\x08\x06\x00\x00\x00\x00\x00", 9);
  ping += "12345678";
  for (std::uint32_t i = 0; i < 2 * limits::control_burst_max; ++i) {
    Answer answer;
    REQUIRE(pipe.client.start(kHead, "q", answer.handlers()).ok());
    pipe.run();
    const StreamId id = pipe.server.streams.rbegin()->first;
    pipe.server.session.respond(id, kOk);
    pipe.server.session.end(id, kDone);  // no body
    pipe.run();
    REQUIRE(pipe.server.session.receive(ping, pipe.now).ok());
    pipe.run();
  }
  REQUIRE(pipe.server.excesses.empty());
}

TEST_CASE("after goodbye the calls under way finish and the line ends", "[http2]") {
  Pipe pipe;
  Answer answer;
  REQUIRE(pipe.client.start(kHead, "q", answer.handlers()).ok());
  pipe.run();
  pipe.server.session.announce_goodbye();
  pipe.run();
  pipe.server.session.goodbye();
  pipe.run();
  REQUIRE(pipe.server.session.alive());
  REQUIRE(!pipe.client.start(kHead, "q", {}).ok());
  const StreamId id = pipe.server.streams.begin()->first;
  pipe.server.session.respond(id, kOk);
  pipe.server.session.end(id, kDone);
  pipe.run();
  REQUIRE(answer.status.has_value());
  REQUIRE(answer.status->ok());
  REQUIRE(!pipe.server.session.alive());
}

TEST_CASE("bytes that are no HTTP/2 are an error, not a crash", "[http2]") {
  Server server;
  REQUIRE(!server.session.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n", Tick{1}).ok());
}

TEST_CASE("a header block that never ends is seen to be awaited", "[http2]") {
  Server server;
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  bytes += std::string("\x00\x00\x00\x04\x00\x00\x00\x00\x00", 9);
  REQUIRE(server.session.receive(bytes, Tick{5}).ok());
  REQUIRE(!server.session.waiting_for_head().has_value());
  const std::string open_head("\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82", 10);
  REQUIRE(server.session.receive(open_head, Tick{7}).ok());
  REQUIRE(server.session.waiting_for_head() == Tick{7});
}

}  // namespace entente::http2
