#include "server/directory/word_index.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "server/directory/fold.h"

namespace entente::directory {

void WordIndex::name_party(const Record& record) {
  std::string text;
  for (const auto& [tag, name] : record.party().names().by_language()) text += " " + name;
  for (const std::string& name : record.party().former_names()) text += " " + name;
  for (const v1::Institution& institution : record.party().institutions()) {
    for (const auto& [tag, name] : institution.names().by_language()) {
      institution_words_[institution.name()] += " " + name;
    }
  }
  party_words_[record.name()] = words_of(text);
}

void WordIndex::put(const Record& record, Slot slot, bool moves) {
  if (moves) unplaced_.push_back(slot);
  audience_of_slot_.resize(slots_.size());
  audience_of_slot_[slot] = slots_[slot].guard.audience;
  const v1::Person& person = record.person();
  std::string text = person.display_name() + " " + person.latin_name() + " " + person.given_name() +
                     " " + person.family_name() + " " + person.title();
  if (const auto found = institution_words_.find(person.institution());
      found != institution_words_.end()) {
    text += " " + found->second;
  }
  std::vector<std::string> words = words_of(text);
  if (const auto party = party_words_.find(person.party()); party != party_words_.end()) {
    words.insert(words.end(), party->second.begin(), party->second.end());
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  std::vector<std::string>& before = words_of_slot_[slot];
  for (const std::string& word : before) {
    auto& slots = words_[word];
    slots.erase(std::remove(slots.begin(), slots.end(), slot), slots.end());
  }
  for (const std::string& word : words) {
    auto& slots = words_[word];
    slots.insert(std::lower_bound(slots.begin(), slots.end(), slot), slot);
  }
  before = std::move(words);
}

bool WordIndex::is_before(Slot a, Slot b) const {
  return std::tie(slots_[a].sort_key, slots_[a].name) <
         std::tie(slots_[b].sort_key, slots_[b].name);
}

// Puts those in their place who came or whose name changed: each by itself if they are few.
void WordIndex::put_in_order() {
  if (unplaced_.empty()) return;
  const auto before = [this](Slot a, Slot b) { return is_before(a, b); };
  std::sort(unplaced_.begin(), unplaced_.end());
  unplaced_.erase(std::unique(unplaced_.begin(), unplaced_.end()), unplaced_.end());
  std::erase_if(order_, [this](Slot slot) {
    return std::binary_search(unplaced_.begin(), unplaced_.end(), slot);
  });
  constexpr std::size_t few = 64;
  if (unplaced_.size() <= few) {
    for (const Slot slot : unplaced_) {
      order_.insert(std::lower_bound(order_.begin(), order_.end(), slot, before), slot);
    }
  } else {
    order_.insert(order_.end(), unplaced_.begin(), unplaced_.end());
    std::sort(order_.begin(), order_.end(), before);
  }
  unplaced_.clear();
  ranks_.resize(slots_.size());
  for (std::uint32_t rank = 0; rank < order_.size(); ++rank) ranks_[order_[rank]] = rank;
}

// The persons of whom some word begins with `word`.
WordIndex::Ranks WordIndex::match(std::string_view word) const {
  Ranks found(order_.size() / 64 + 1);
  for (auto at = words_.lower_bound(word); at != words_.end() && at->first.starts_with(word);
       ++at) {
    for (const Slot slot : at->second) {
      const std::uint32_t rank = ranks_[slot];
      found[rank / 64] |= std::uint64_t{1} << (rank % 64);
    }
  }
  return found;
}

// Those from rank `first` on whom `found` has (all, if null).
void WordIndex::visit_ranks(std::size_t first, const Ranks* found, const policy::Sight& sight,
                            std::string_view own_person, const Visit& visit) const {
  for (std::size_t rank = first; rank < order_.size(); ++rank) {
    if (found != nullptr) {
      const std::uint64_t rest = (*found)[rank / 64] >> (rank % 64);
      if (rest == 0) {
        rank |= 63;  // The loop goes on with the next 64.
        continue;
      }
      rank += static_cast<std::size_t>(std::countr_zero(rest));
    }
    const Slot slot = order_[rank];
    const bool own = !own_person.empty() && !sight.sees(audience_of_slot_[slot]) &&
                     slots_[slot].guard.person == own_person;
    if (!own && !sight.sees(audience_of_slot_[slot])) continue;
    if (!visit(slots_[slot])) return;
  }
}

void WordIndex::search(std::string_view query, std::string_view after_sort_key,
                       const policy::Sight& sight, std::string_view own_person,
                       const Visit& visit) const {
  std::vector<std::string_view> words;
  const std::string folded = fold(query);
  for (std::string_view rest = folded; !rest.empty();) {
    words.push_back(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), words.back().size() + 1));
  }
  // What has nothing to look for finds nothing; what asks for nothing finds all.
  const bool unanswerable = words.empty() && query.find_first_not_of(" \t\r\n") != query.npos;
  if (unanswerable) return;
  const auto first =
      static_cast<std::size_t>(std::lower_bound(order_.begin(), order_.end(), after_sort_key,
                                                [this](Slot slot, std::string_view key) {
                                                  return slots_[slot].sort_key < key;
                                                }) -
                               order_.begin());
  if (words.empty()) return visit_ranks(first, nullptr, sight, own_person, visit);
  Ranks found = match(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) {
    const Ranks other = match(words[i]);
    for (std::size_t at = 0; at < found.size(); ++at) found[at] &= other[at];
  }
  visit_ranks(first, &found, sight, own_person, visit);
}

}  // namespace entente::directory
