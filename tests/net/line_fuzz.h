// What the fuzz targets of the line share: a worker's surroundings without sockets or threads, and
// a few methods of the test service in them. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>

#include "entente/test/v1/echo.pb.h"
#include "server/net/protocol.h"

namespace entente::testing {

// Time stands until it is moved.
class StillClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant(std::chrono::seconds(1)); }
  [[nodiscard]] Tick tick() const override { return at; }
  Tick at{1};
};

// Answers what it is asked, at once and shortly.
class ShortList final : public net::Source {
 public:
  Result<Next> next(net::Message& out) override {
    static_cast<test::v1::EchoResponse&>(out).set_number(++at_);
    return at_ < 4 ? Next::Message : Next::End;
  }

 private:
  std::uint32_t at_ = 0;
};
class Parrot final : public net::Exchange {
 public:
  Status on_message(const net::Message& in, const Send& send) override {
    test::v1::EchoResponse out;
    out.set_text(static_cast<const test::v1::EchoRequest&>(in).text());
    send(out);
    return Status();
  }
  Status on_end(const Send&) override { return Status(); }
};

class Line {
 public:
  Line() {
    shared->flushed = [] {};
    shared->account = std::make_shared<net::AccountShare>();
    shared->peer.uri = "entente://swe.test.example/person/anna";
  }

  // Feeds `bytes` to a fresh line in pieces of `piece`, gathering after each, as a connection does.
  void feed(net::Protocol& protocol, std::string_view bytes, std::size_t piece) {
    while (!bytes.empty() && !protocol.done()) {
      const std::string_view some = bytes.substr(0, piece);
      bytes.remove_prefix(some.size());
      const bool good = protocol.receive(some);
      settle(protocol);
      if (!good) break;
    }
    clock.at += std::chrono::seconds(31);
    protocol.sweep(clock.at);
    static_cast<void>(protocol.reading());
    protocol.drain();
    settle(protocol);
    ENTENTE_CHECK(shared->heavy == 0);
  }
  std::string said;

  StillClock clock;
  SystemEntropy entropy;
  net::Counters counters;
  net::LineLimits limits;
  std::deque<std::function<void()>> posted;
  net::Alarms alarms{[](Tick) {}};
  std::shared_ptr<net::ConnectionShared> shared = std::make_shared<net::ConnectionShared>();
  net::Surroundings around{
      .table = methods(),
      .pool = pool(),
      .hash_pool = pool(),
      .clock = clock,
      .entropy = entropy,
      .counters = counters,
      .limits = limits,
      .post = [this](std::function<void()> job) { posted.push_back(std::move(job)); },
      .alarms = alarms};

 private:
  // The methods and the thread are made once, not for each input: nothing changes the one, and
  // nothing heavy is left in the other (feed).
  static net::Pool& pool() {
    static net::Pool one{1, 1};
    return one;
  }
  static const net::MethodTable& methods() {
    static const net::MethodTable all = made_methods();
    return all;
  }
  static net::MethodTable made_methods() {
    net::MethodTable table;
    using test::v1::EchoRequest;
    using test::v1::EchoResponse;
    const std::string service = "entente.test.v1.EchoService.";
    table.add_unary(service + "Echo", [](net::Call&, const net::Message& in, net::Message& out) {
      static_cast<EchoResponse&>(out).set_text(static_cast<const EchoRequest&>(in).text());
      return Status();
    });
    table.add_stream(service + "List", [](net::Call&, const net::Message&, net::Waker) {
      return Result<std::unique_ptr<net::Source>>(std::make_unique<ShortList>());
    });
    table.add_exchange(service + "Chat", [](net::Call&) {
      return Result<std::unique_ptr<net::Exchange>>(std::make_unique<Parrot>());
    });
    table.add_route({.prefix = "/mirror",
                     .heavy = false,
                     .handler = [](net::Call&, const net::HttpRequest& asked) {
                       net::HttpResponse answer;
                       answer.body = asked.method + " " + asked.path + "\n" + asked.body;
                       return answer;
                     }});
    return table;
  }
  void settle(net::Protocol& protocol) {
    for (int turn = 0; turn < 64; ++turn) {
      std::string out;
      protocol.gather(out, 64 * 1024);
      if (said.size() < (1U << 20U)) said += out;
      while (!posted.empty()) {
        const auto job = std::move(posted.front());
        posted.pop_front();
        job();
      }
      if (out.empty()) return;
    }
  }
};

}  // namespace entente::testing
