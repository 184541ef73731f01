// Search as one types over 100,000 persons in all scripts, and the look-up of one office's holder,
// as the service answers them: over a store in memory that seals, without the line. Prints `name
// value unit` lines. ENTENTE_BENCH_PERSONS sets another number.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "server/directory/catalog.h"
#include "server/directory/loader.h"
#include "server/directory/service.h"
#include "server/ledger/tree_ledger.h"
#include "server/policy/explain.h"
#include "server/store/memory_store.h"

namespace entente::directory {
namespace {

class NobodySigns final : public Signers {
 public:
  Result<std::string> check(const policy::Subject&, store::Snapshot&, std::string_view,
                            std::string_view) const override {
    return Status(Code::InvalidArgument, Reason::SignatureInvalid, "nobody signs here");
  }
  Result<bool> is_in_being(store::Snapshot&, std::string_view) const override { return false; }
};

using SteadyClock = std::chrono::steady_clock;

double microseconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count();
}

constexpr int parties = 200;

std::string party_code(int i) {
  std::string code = "X";
  code += static_cast<char>('A' + i / 26);
  code += static_cast<char>('A' + i % 26);
  return code;
}

// One process in which every party is a member.
Network made_network() {
  Network network;
  config::PartyTable table;
  config::ProcessDefinition process;
  process.set_id("bench");
  process.set_name("Bench");
  for (int i = 0; i < parties; ++i) {
    config::PartyDefinition& party = *table.add_party();
    party.set_code(party_code(i));
    party.set_kind(config::STATE);
    party.mutable_name()->set_en("Landia " + std::to_string(i));
    config::Participation& one = *process.add_participation();
    one.set_party(party_code(i));
    one.set_status(config::MEMBER);
  }
  network.parties = PartyIndex(std::move(table));
  network.processes.push_back(std::move(process));
  return network;
}

// Syllables of a script, joined: as many different names as a population has.
std::string made_name(std::mt19937& dice, std::size_t script) {
  static const std::vector<std::vector<std::string>> scripts = {
      {"an", "ber", "lind", "ström", "åsa", "mar", "ti", "ne", "sø", "ren", "el", "ka"},
      {"ив", "ан", "ов", "пет", "ро", "ва", "сер", "гей", "ма", "ри", "на", "ле"},
      {"مح", "مد", "عل", "ي", "حس", "ن", "فا", "طم", "ة", "خا", "لد", "نو"},
      {"王", "李", "张", "伟", "芳", "娜", "敏", "静", "北", "海", "明", "国"}};
  std::string name;
  const int syllables = script == 3 ? 2 : 3;
  for (int i = 0; i < syllables; ++i) name += scripts[script][dice() % scripts[script].size()];
  return name;
}

config::DemoPeople made_people(int count, std::mt19937& dice) {
  config::DemoPeople people;
  for (int i = 0; i < count; ++i) {
    config::DemoPerson& person = *people.add_person();
    person.set_id("p" + std::to_string(i));
    person.set_party(party_code(i % parties));
    const std::size_t script = dice() % 4;
    person.set_given(made_name(dice, script));
    person.set_family(made_name(dice, script));
    person.set_display(person.given() + " " + person.family());
    person.set_title("Head of Division " + std::to_string(i % 97));
    person.add_language("en");
    config::DemoContact& contact = *person.add_contact();
    contact.set_kind(config::DemoContact::EMAIL);
    contact.set_value(person.id() + "@example.org");
    config::DemoDuty& duty = *person.add_duty();
    duty.set_office(i < parties ? config::FOCAL_POINT : config::OTHER_OFFICE);
    duty.set_capacity(i < parties ? config::HOLDER : config::DEPUTY);
    duty.set_process("bench");
    duty.set_since("2024-01-01");
  }
  return people;
}

void print(const char* name, std::vector<double>& micros) {
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double share) {
    return micros[static_cast<std::size_t>(share * static_cast<double>(micros.size() - 1))];
  };
  std::printf("%s.p50 %.1f us\n%s.p99 %.1f us\n%s.max %.1f us\n", name, at(0.5), name, at(0.99),
              name, micros.back());
}

int run() {
  const char* asked = std::getenv("ENTENTE_BENCH_PERSONS");
  const int persons = asked != nullptr ? std::atoi(asked) : 100'000;
  SystemClock clock;
  SystemEntropy entropy;
  const auto store = store::memory_store(entropy);
  const auto ledger = *ledger::TreeLedger::open(*store, clock, entropy);
  store->set_sequencer(*ledger);
  Records records(*store, entropy);
  std::mt19937 dice(7);
  {
    Catalog catalog(*store, records, clock);
    ledger->add_follower(catalog);
    Loader loader({*store, catalog, records, *ledger, clock});
    const Network network = made_network();
    ENTENTE_CHECK(loader.load(network).ok());
    // In one commit: a second load would find the parties' offices there already.
    ENTENTE_CHECK(loader.load(made_people(persons, dice)).ok());
    // As after a start: all is read anew.
    Catalog anew(*store, records, clock);
    const auto start = SteadyClock::now();
    ENTENTE_CHECK(anew.load().ok());
    std::printf("directory.load %.1f ms\n", microseconds_since(start) / 1'000);
    const NobodySigns signers;
    Service service({anew, records, *ledger, signers, "bench.example/ledger", clock});
    const auto subject_for = [&](const std::string& party, const std::string& person) {
      policy::Subject subject = policy::subject_of(*anew.world(), *anew.audiences(), party, person,
                                                   {.when = clock.now()});
      subject.account = "parties/" + party + "/accounts/p0";
      return subject;
    };
    const policy::Subject reader = subject_for(party_code(0), person_id(party_code(0), "p0"));
    const policy::Subject
        stranger;  // Sees nothing: no cheaper answer may wait for it, nor a dearer.
    for (const auto& [name, subject] : {std::pair("directory.search", &reader),
                                        std::pair("directory.search.stranger", &stranger)}) {
      std::vector<double> micros;
      for (int i = 0; i < 500; ++i) {
        const std::string full = made_name(dice, dice() % 4) + " " + made_name(dice, dice() % 4);
        // Each letter as it is typed.
        for (std::size_t bytes = 1; bytes <= full.size(); ++bytes) {
          if (bytes < full.size() && (static_cast<unsigned char>(full[bytes]) & 0xc0U) == 0x80U)
            continue;
          v1::SearchPersonsRequest request;
          request.set_query(full.substr(0, bytes));
          request.set_page_size(10);
          const auto begin = SteadyClock::now();
          const auto snapshot = store->snapshot();
          const auto reply = service.search_persons(*subject, request, *snapshot);
          micros.push_back(microseconds_since(begin));
          ENTENTE_CHECK(reply.ok());
        }
      }
      print(name, micros);
    }
    std::vector<double> micros;
    for (int i = 0; i < 20'000; ++i) {
      v1::WhoAnswersRequest request;
      request.set_party("parties/" + party_code(i % parties));
      request.set_process("processes/bench");
      request.set_office(v1::FOCAL_POINT);
      const auto begin = SteadyClock::now();
      const auto snapshot = store->snapshot();
      const auto reply = service.who_answers(reader, request, *snapshot);
      micros.push_back(microseconds_since(begin));
      ENTENTE_CHECK(reply.ok() && reply->answers_size() == 1);
    }
    print("directory.who_answers", micros);
  }
  return 0;
}

}  // namespace
}  // namespace entente::directory

int main() { return entente::directory::run(); }
