#include "server/ops/log.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "entente/v1/directory.pb.h"
#include "proto/contract/digest.h"
#include "proto/contract/secret.h"

namespace entente::ops {
namespace {

// --- what must not be possible: none of these lines compiles as a field of the log ---

template <typename T>
constexpr bool takes = std::is_constructible_v<Field, Word, T>;

static_assert(!takes<std::string>);
static_assert(!takes<const std::string&>);
static_assert(!takes<std::string_view>);
static_assert(!takes<const char*>);
static_assert(!takes<char*>);
static_assert(!takes<std::vector<char>>);
static_assert(!takes<std::span<const std::byte>>);
static_assert(!takes<std::filesystem::path>);
static_assert(!takes<std::optional<std::string>>);
static_assert(!takes<char>);
static_assert(!takes<char8_t>);
static_assert(!takes<char32_t>);
static_assert(!takes<wchar_t>);
static_assert(!takes<void*>);          // nor by way of bool
static_assert(!takes<const Secret*>);  // nor by way of bool
static_assert(!takes<Secret>);
static_assert(!takes<const Secret&>);
static_assert(!takes<Digest>);
static_assert(!takes<v1::Person>);
static_assert(!takes<const v1::Person&>);
static_assert(!takes<const google::protobuf::Message&>);
static_assert(!takes<Status>);  // it has a place of its own, where its message is left out
static_assert(!takes<v1::Capacity>);

// Keys, events and words are literals: what is made while the daemon runs is none.
static_assert(!std::is_constructible_v<Word, std::string>);
static_assert(!std::is_constructible_v<Word, std::string_view>);
static_assert(!std::is_constructible_v<Word, const char*>);
template <typename T>
constexpr bool is_event = requires(Log& log, T event) {
  log.write(Level::Info, event, std::initializer_list<Field>{});
};
static_assert(!is_event<std::string>);
static_assert(!is_event<const char*>);
static_assert(!is_event<Secret>);
static_assert(is_event<Word>);

// --- what is meant to be taken ---
static_assert(takes<int> && takes<std::uint64_t> && takes<double> && takes<bool>);
static_assert(takes<std::chrono::seconds> && takes<Tick>);
static_assert(takes<Code> && takes<Reason> && takes<Word>);

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override {
    return Instant(std::chrono::seconds(1'795'415'552));
  }
  [[nodiscard]] Tick tick() const override { return Tick(0); }
};

// What the log wrote into a file of its own.
class Written {
 public:
  Written() : file_(std::tmpfile()) { REQUIRE(file_ != nullptr); }
  ~Written() { std::fclose(file_); }
  [[nodiscard]] std::FILE* file() const { return file_; }
  [[nodiscard]] std::string text() const {
    std::rewind(file_);
    std::string out;
    for (int c = 0; (c = std::fgetc(file_)) != EOF;) out += static_cast<char>(c);
    return out;
  }

 private:
  std::FILE* file_;
};

TEST_CASE("a status reaches the log without what it told the caller", "[ops][log]") {
  const FixedClock clock;
  const Written written;
  Log log(clock, written.file());
  const Status why =
      Status(Code::NotFound, Reason::NameInvalid, "`persons/lars` was not found")
          .with_detail("row 7")
          .with_violation({.field = "secret-field", .rule = "secret-rule", .line = 0, .column = 0});
  log.write(Level::Warning, "store.event", why);
  REQUIRE(written.text() ==
          "2026-11-23T06:32:32Z level=warning event=store.event code=NOT_FOUND "
          "reason=NAME_INVALID detail=\"row 7\"\n");
}

TEST_CASE("a detail with line breaks and quotes cannot forge a second event", "[ops][log]") {
  const FixedClock clock;
  const Written written;
  Log log(clock, written.file());
  log.write(
      Level::Error, "store.event",
      Status(Code::Internal, Reason::None, "").with_detail("a\"\n2026 level=info event=b\x1b[2J"));
  const std::string text = written.text();
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
  REQUIRE(text.find('\x1b') == std::string::npos);
  REQUIRE(text.find("detail=\"a\\\" 2026 level=info event=b [2J\"") != std::string::npos);
}

TEST_CASE("a detail of any length is one bounded line", "[ops][log]") {
  const FixedClock clock;
  const Written written;
  Log log(clock, written.file());
  log.write(Level::Error, "store.event",
            Status(Code::Internal, Reason::None, "").with_detail(std::string(1'000'000, 'x')));
  REQUIRE(written.text().size() < 1'200);
}

TEST_CASE("fields are written in order, spans of time in milliseconds", "[ops][log]") {
  const FixedClock clock;
  const Written written;
  Log log(clock, written.file());
  log.write(
      Level::Info, "server.serving",
      {{"port", 8443}, {"took", std::chrono::seconds(2)}, {"fresh", true}, {"by", Word("timer")}});
  REQUIRE(written.text() ==
          "2026-11-23T06:32:32Z level=info event=server.serving port=8443 took=2000ms fresh=true "
          "by=timer\n");
}

TEST_CASE("lines written by several threads at once stay whole", "[ops][log]") {
  const FixedClock clock;
  const Written written;
  {
    Log log(clock, written.file());
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&log] {
        for (int i = 0; i < 500; ++i) log.write(Level::Info, "test.line", {{"number", 1234567}});
      });
    }
  }
  const std::string text = written.text();
  const std::string line = "2026-11-23T06:32:32Z level=info event=test.line number=1234567\n";
  REQUIRE(text.size() == 2'000 * line.size());
  for (std::size_t at = 0; at < text.size(); at += line.size())
    if (text.compare(at, line.size(), line) != 0) FAIL("a torn line at " << at);
}

TEST_CASE("a log that cannot be written to stops nothing", "[ops][log]") {
  const FixedClock clock;
  std::FILE* full = std::fopen("/dev/full", "w");
  REQUIRE(full != nullptr);
  {
    Log log(clock, full);
    log.write(Level::Info, "test.line");
  }
  std::fclose(full);
}

TEST_CASE("what no caller caused keeps its words for operators", "[ops][log]") {
  const Status kept = for_operators(
      Status(Code::InvalidArgument, Reason::None, "the list is older").with_detail("by 2"),
      "crl.pem");
  REQUIRE(kept.code() == Code::InvalidArgument);
  REQUIRE(kept.detail() == "crl.pem: the list is older: by 2");
}

}  // namespace
}  // namespace entente::ops
