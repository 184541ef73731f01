// Address books made of the demonstration's people, for the tests of CardDAV: one book a process.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/contract/bytes.h"
#include "server/directory/carddav/carddav.h"
#include "server/directory/formats/vcard.h"
#include "tests/formats/samples.h"

namespace entente::directory::testing {

class SampleBooks final : public dav::Collections {
 public:
  void add(const std::string& book, const Entry& entry) {
    std::string id = entry.uid.substr(entry.uid.find('/') + 1);
    books_[book].insert_or_assign(id, entry);
    log_.push_back({book, id});
  }
  void remove(const std::string& book, const std::string& id) {
    books_[book].erase(id);
    log_.push_back({book, id});
  }

  Result<std::vector<dav::Collection>> collections() override {
    std::vector<dav::Collection> books;
    for (const auto& [id, cards] : books_) {
      books.push_back({id, "People of " + id, "a <test> & more", std::to_string(log_.size())});
    }
    return books;
  }
  Result<std::vector<dav::Ref>> members(std::string_view book) override {
    std::vector<dav::Ref> refs;
    for (const auto& [id, entry] : books_.at(std::string(book))) {
      refs.push_back({id, tag_of(entry)});
    }
    return refs;
  }
  Result<dav::Member> member(std::string_view book, std::string_view id,
                             std::size_t format) override {
    const auto& cards = books_.at(std::string(book));
    const auto found = cards.find(std::string(id));
    if (found == cards.end()) return Status(Code::NotFound, Reason::None, "not found");
    return card_of(found->second, format);
  }
  Result<std::optional<dav::Changes>> changes_since(std::string_view book,
                                                    std::string_view token) override {
    const std::string text(token);
    if (text.empty() || text.size() > 6 ||
        text.find_first_not_of("0123456789") != std::string::npos ||
        std::stoul(text) > log_.size()) {
      return std::optional<dav::Changes>();
    }
    std::map<std::string, bool> touched;
    for (std::size_t i = std::stoul(text); i < log_.size(); ++i) {
      if (log_[i].first == book) touched[log_[i].second] = true;
    }
    dav::Changes changes;
    const auto& cards = books_.at(std::string(book));
    for (const auto& [id, unused] : touched) {
      const auto found = cards.find(id);
      if (found == cards.end()) {
        changes.removed.push_back(id);
      } else {
        changes.changed.push_back({id, tag_of(found->second)});
      }
    }
    return std::optional(changes);
  }

 private:
  static std::string tag_of(const Entry& entry) {
    const std::string card = to_vcard(entry, VcardVersion::V3);
    return to_hex(std::string_view(card).substr(0, 8)) +
           std::to_string(std::hash<std::string>()(card));
  }

  std::map<std::string, std::map<std::string, Entry>> books_;
  std::vector<std::pair<std::string, std::string>> log_;
};

inline Entry person_entry(const std::string& id, const std::string& name) {
  Entry entry;
  entry.uid = "persons/" + id;
  entry.display = entry.family = name;
  entry.party = "SWE";
  entry.party_name = "Sweden";
  entry.contacts = {{ContactKind::Email, id + "@swe.example.org"}};
  entry.revised = revised_at();
  return entry;
}

}  // namespace entente::directory::testing
