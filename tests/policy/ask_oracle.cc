// The oracle as a program, for tests that are not written in C++: facts and questions a line, words
// set apart by tabs, on standard input; an answer a question, `yes` or `no`, on standard output.
//
//   party SWE | person anna SWE mfa | participation igc SWE 0 wg,flows | body igc wg
//   seat igc 0 wg SWE anna | office o1 0 SWE igc wg mfa | appointment a1 o1 anna 0
//   read PARTY PERSON ORIGINATOR PROCESS HOLDER ANY_OF NONE_OF      may it read what stands so?
//   duty PARTY PERSON DUTY PROCESS                                  has it the duty?
//
// `-` is an empty word. Numbers are the enumerators of server/policy; a set is parted by commas.
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "tests/policy/oracle.h"

namespace {

using namespace entente::policy;

std::vector<std::string> words_of(const std::string& line, char parting) {
  std::vector<std::string> words;
  std::istringstream in(line);
  for (std::string word; std::getline(in, word, parting);) {
    words.push_back(word == "-" ? "" : word);
  }
  return words;
}

std::set<std::string> set_of(const std::string& text) {
  const auto words = words_of(text, ',');
  return {words.begin(), words.end()};
}

std::set<Principal> principals(const std::string& text) {
  std::set<Principal> out;
  for (const std::string& word : words_of(text, ',')) out.insert(*Principal::parse(word));
  return out;
}

template <typename T>
T enumerator(const std::string& text) {
  return static_cast<T>(std::stoi(text));
}

std::optional<FactBody> fact(const std::vector<std::string>& w) {
  const std::string& kind = w[0];
  if (kind == "party") return Party{w.at(1), PartyKind::State};
  if (kind == "person") return Person{w.at(1), w.at(2), w.at(3)};
  if (kind == "participation") {
    return Participation{w.at(1), w.at(2), enumerator<Standing>(w.at(3)), set_of(w.at(4))};
  }
  if (kind == "body") return Body{w.at(1), w.at(2)};
  if (kind == "seat") {
    return Seat{w.at(1), enumerator<Bench>(w.at(2)), w.at(3), w.at(4), w.at(5), SeatRole::Member};
  }
  if (kind == "office") {
    return Office{w.at(1), enumerator<OfficeKind>(w.at(2)), w.at(3), w.at(4), w.at(5), w.at(6)};
  }
  if (kind == "appointment") {
    return Appointment{w.at(1), w.at(2), w.at(3), enumerator<Capacity>(w.at(4))};
  }
  return std::nullopt;
}

bool answer(const std::vector<FactBody>& facts, const std::vector<std::string>& w) {
  if (w[0] == "duty") {
    return oracle::has_duty(facts, w.at(1), w.at(2), {enumerator<Duty>(w.at(3)), w.at(1), w.at(4)});
  }
  if (w[0] != "read") std::abort();
  Guard guard;
  guard.handling = Handling::Limited;
  guard.originator = w.at(3);
  guard.process = w.at(4);
  guard.person = w.at(5);
  return oracle::may_read(facts, w.at(1), w.at(2), guard,
                          {principals(w.at(6)), principals(w.at(7))}, entente::Instant());
}

}  // namespace

int main() {
  std::vector<FactBody> facts;
  for (std::string line; std::getline(std::cin, line);) {
    const auto words = words_of(line, '\t');
    if (auto found = fact(words)) {
      facts.push_back(*std::move(found));
    } else {
      std::cout << (answer(facts, words) ? "yes" : "no") << std::endl;
    }
  }
}
