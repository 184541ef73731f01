#include "server/ops/metrics.h"

#include <catch2/catch.hpp>
#include <string>
#include <type_traits>

#include "proto/contract/secret.h"

namespace entente::ops {
namespace {

// --- what must not be possible ---
static_assert(!std::is_constructible_v<Words, std::string>);
static_assert(!std::is_constructible_v<Words, const char*>);
static_assert(!std::is_constructible_v<Exposition::Part, std::string, std::uint64_t>);
template <typename T>
constexpr bool takes_label = requires(Exposition& out, T label) {
  out.counter("name", "help", label, {});
};
static_assert(!takes_label<std::string>);
static_assert(!takes_label<Secret>);
static_assert(takes_label<Word>);

std::string both(Exposition::Form form) {
  Exposition out(form);
  out.counter("entente_calls", "calls begun", 12);
  out.counter("entente_limits_met", "ended at a limit", "limit", {{"header", 1}, {"flood", 0}});
  out.gauge("entente_ready", "one if ready", true);
  out.gauge("entente_share", "a part", 0.5);
  return std::move(out).finish();
}

TEST_CASE("a counter is named as each of the two forms wants it", "[ops][metrics]") {
  REQUIRE(both(Exposition::Form::Prometheus) ==
          "# HELP entente_calls_total calls begun\n# TYPE entente_calls_total counter\n"
          "entente_calls_total 12\n"
          "# HELP entente_limits_met_total ended at a limit\n"
          "# TYPE entente_limits_met_total counter\n"
          "entente_limits_met_total{limit=\"header\"} 1\n"
          "entente_limits_met_total{limit=\"flood\"} 0\n"
          "# HELP entente_ready one if ready\n# TYPE entente_ready gauge\nentente_ready 1\n"
          "# HELP entente_share a part\n# TYPE entente_share gauge\nentente_share 0.5\n");
  REQUIRE(both(Exposition::Form::OpenMetrics) ==
          "# HELP entente_calls calls begun\n# TYPE entente_calls counter\n"
          "entente_calls_total 12\n"
          "# HELP entente_limits_met ended at a limit\n"
          "# TYPE entente_limits_met counter\n"
          "entente_limits_met_total{limit=\"header\"} 1\n"
          "entente_limits_met_total{limit=\"flood\"} 0\n"
          "# HELP entente_ready one if ready\n# TYPE entente_ready gauge\nentente_ready 1\n"
          "# HELP entente_share a part\n# TYPE entente_share gauge\nentente_share 0.5\n"
          "# EOF\n");
}

TEST_CASE("who asks for OpenMetrics gets it, everyone else the older form", "[ops][metrics]") {
  REQUIRE(Exposition::wanted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5") ==
          Exposition::Form::OpenMetrics);
  REQUIRE(Exposition::wanted("*/*") == Exposition::Form::Prometheus);
  REQUIRE(Exposition::wanted("") == Exposition::Form::Prometheus);
}

TEST_CASE("the daemon tells its memory, descriptors and processor time", "[ops][metrics]") {
  Exposition out(Exposition::Form::Prometheus);
  add_daemon(out);
  const std::string text = std::move(out).finish();
  for (const char* name : {"\nprocess_resident_memory_bytes ", "\nprocess_open_fds ",
                           "\nprocess_cpu_seconds_total "}) {
    INFO(name);
    const std::size_t at = text.find(name);
    REQUIRE(at != std::string::npos);
    REQUIRE(std::stod(text.substr(at + std::string(name).size())) >= 0);
  }
  REQUIRE(text.find("process_resident_memory_bytes 0\n") == std::string::npos);
}

}  // namespace
}  // namespace entente::ops
