// What a network of 200 parties and 100,000 persons costs: one process of 50 states among fourteen.
// Prints Google Benchmark's table; run the release build, pinned to a core.
#include <benchmark/benchmark.h>

#include "server/policy/explain.h"

namespace entente::policy {
namespace {

constexpr int parties = 200;
constexpr int persons = 100'000;
constexpr Instant now{std::chrono::hours(24) * 365 * 56};

std::string party_code(int n) { return "P" + std::to_string(n); }
std::string person_id(int n) { return "7f3kq2c9x1d8w5z0m4b6" + std::to_string(100'000 + n); }

void put(Editor& editor, std::string key, FactBody body) {
  const Status done = editor.put({.key = std::move(key), .body = std::move(body), .span = {}}, now);
  ENTENTE_CHECK(done.ok());
}

void put_person(Editor& editor, int n) {
  const std::string id = person_id(n);
  put(editor, "persons/" + id, Person{id, party_code(n % parties), "ministry"});
  // Every eighth holds an office: a focal point, or a contact in one of the processes' bodies.
  if (n % 8 != 0) return;
  const std::string process = "p" + std::to_string(n / 16 % 14);
  const bool focal = n % 16 == 0;
  put(editor, "offices/" + id,
      Office{id, focal ? OfficeKind::FocalPoint : OfficeKind::BodyContact, party_code(n % parties),
             process, focal ? "" : "wg", ""});
  put(editor, "appointments/" + id, Appointment{id, id, id, Capacity::Holder});
}

const World& network() {
  static const World world = [] {
    Editor editor;
    for (int party = 0; party < parties; ++party) {
      const std::string code = party_code(party);
      put(editor, "parties/" + code, Party{code, PartyKind::State});
      put(editor, "institutions/" + code, Institution{code, "ministry"});
      for (int process = 0; process < 14; ++process) {
        // Fifty parties in each, overlapping.
        if ((party + process * 17) % parties >= 50) continue;
        const std::string id = "p" + std::to_string(process);
        put(editor, id + "/" + code, Participation{id, code, Standing::Member, {}});
      }
    }
    for (int process = 0; process < 14; ++process) {
      const std::string id = "p" + std::to_string(process);
      put(editor, id + "/wg", Body{id, "wg"});
    }
    for (int n = 0; n < persons; ++n) put_person(editor, n);
    return editor.publish();
  }();
  return world;
}

Principal named(std::string_view text) { return *Principal::parse(text); }

void principals_of_one(benchmark::State& state) {
  const World& world = network();
  int n = 0;
  for (auto _ : state) {
    n = (n + 7919) % persons;
    benchmark::DoNotOptimize(principals_of(world, party_code(n % parties), person_id(n), {now}));
  }
}
BENCHMARK(principals_of_one)->Unit(benchmark::kMicrosecond);

void duties_of_one(benchmark::State& state) {
  const World& world = network();
  int n = 0;
  for (auto _ : state) {
    n = (n + 7919) % persons;
    benchmark::DoNotOptimize(duties_of(world, party_code(n % parties), person_id(n), {now}));
  }
}
BENCHMARK(duties_of_one)->Unit(benchmark::kMicrosecond);

void who_holds_audience(benchmark::State& state, const Audience& audience) {
  const World& world = network();
  std::size_t people = 0;
  for (auto _ : state) {
    people = 0;
    for (const auto& holders : who_holds(world, audience, {now}).parties) {
      people += holders.persons.size();
    }
  }
  state.counters["people"] = static_cast<double>(people);
}
BENCHMARK_CAPTURE(who_holds_audience, members, Audience{{named("process/p0/members")}, {}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(who_holds_audience, members_but_observers_and_one,
                  Audience{{named("process/p0/members")},
                           {named("process/p0/observers"), named("party/P3")}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(who_holds_audience, body, Audience{{named("process/p0/body/wg")}, {}})
    ->Unit(benchmark::kMicrosecond);

void put_and_publish(benchmark::State& state) {
  Editor editor(network());
  int n = persons;
  for (auto _ : state) {
    put_person(editor, n++);
    benchmark::DoNotOptimize(editor.publish());
  }
}
BENCHMARK(put_and_publish)->Unit(benchmark::kMicrosecond);

void decide_read(benchmark::State& state) {
  AudienceTable table;
  for (int n = 0; n < 1000; ++n) {
    (void)table.intern({{Principal::make(Principal::Kind::Party, party_code(n))}, {}});
  }
  Subject subject;
  subject.party = "P7";
  subject.sight = Sight({named("party/P7")}, table);
  const Guard guard{.audience = AudienceId{8},
                    .handling = Handling::Limited,
                    .originator = "P9",
                    .process = "p0",
                    .person = person_id(9),
                    .embargo_until = {},
                    .expires_at = {}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(decide(subject, Action::Read, guard, now).permits());
  }
}
BENCHMARK(decide_read)->Unit(benchmark::kNanosecond);

void make_sight(benchmark::State& state) {
  AudienceTable table;
  for (int n = 0; n < 1000; ++n) {
    (void)table.intern({{Principal::make(Principal::Kind::Party, party_code(n % 200)),
                         Principal::make(Principal::Kind::Members, "p" + std::to_string(n))},
                        {}});
  }
  const auto held = principals_of(network(), "P7", person_id(7), {now});
  for (auto _ : state) benchmark::DoNotOptimize(Sight(held, table));
}
BENCHMARK(make_sight)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace entente::policy

BENCHMARK_MAIN();
