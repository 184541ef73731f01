#include "server/directory/formats/vcard.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "proto/contract/content_line.h"

namespace entente::directory {
namespace {

using content_line::escaped;
using content_line::parameter;
using content_line::stamp;

std::string role_of(const EntryOffice& office) {
  std::string role = office.office;
  if (!office.capacity.empty() && office.capacity != "holder") role += " (" + office.capacity + ")";
  if (!office.process_name.empty()) role += ", " + office.process_name;
  if (!office.body.empty()) role += ", " + office.body;
  std::string topics;
  for (const std::string& topic : office.topics) topics += (topics.empty() ? ": " : ", ") + topic;
  return role + topics;
}

class Card {
 public:
  Card(const Entry& entry, VcardVersion version)
      : entry_(entry), v4_(version == VcardVersion::V4) {}

  std::string write() {
    add("BEGIN:VCARD");
    add(v4_ ? "VERSION:4.0" : "VERSION:3.0");
    if (v4_) add("KIND:individual");
    add((v4_ ? "UID;VALUE=text:" : "UID:") + escaped(entry_.uid));
    write_name();
    write_place();
    for (const EntryContact& contact : entry_.contacts) write_contact(contact);
    if (!entry_.time_zone.empty()) {
      add((v4_ ? "TZ:" : "TZ;VALUE=text:") + escaped(entry_.time_zone));
    }
    for (std::size_t i = 0; v4_ && i < entry_.languages.size() && i < 100; ++i) {
      add("LANG;PREF=" + std::to_string(i + 1) + ':' + escaped(entry_.languages[i]));
    }
    if (entry_.confirmed) {
      add("NOTE:" +
          escaped("Confirmed by the holder on " + to_rfc3339(*entry_.confirmed).substr(0, 10)));
    }
    add("REV:" + stamp(entry_.revised));
    add("END:VCARD");
    return std::move(card_);
  }

 private:
  void add(std::string_view line) { content_line::add(card_, line); }

  void write_name() {
    const std::string& display = entry_.display.empty() ? entry_.uid : entry_.display;
    const bool two = v4_ && !entry_.display_latin.empty();
    add((two ? "FN;ALTID=1:" : "FN:") + escaped(display));
    if (two) add("FN;ALTID=1;LANGUAGE=und-Latn:" + escaped(entry_.display_latin));
    // A person of whom only the whole name is known has it as family name: 3.0 demands N.
    const std::string& family =
        entry_.family.empty() && entry_.given.empty() ? display : entry_.family;
    std::string name = "N";
    if (two) name += ";SORT-AS=" + parameter(entry_.display_latin);
    add(name + ':' + escaped(family) + ';' + escaped(entry_.given) + ";;;");
    if (!v4_ && !entry_.display_latin.empty()) add("NICKNAME:" + escaped(entry_.display_latin));
  }

  void write_place() {
    const std::string& party = entry_.party_name.empty() ? entry_.party : entry_.party_name;
    if (!party.empty() || !entry_.institution.empty()) {
      add("ORG:" + escaped(party) +
          (entry_.institution.empty() ? "" : ';' + escaped(entry_.institution)));
    }
    if (!entry_.title.empty()) add("TITLE:" + escaped(entry_.title));
    std::set<std::string> processes;
    for (const EntryOffice& office : entry_.offices) {
      if (!office.office.empty()) add("ROLE:" + escaped(role_of(office)));
      if (!office.process_name.empty()) processes.insert(office.process_name);
    }
    std::string categories;
    for (const std::string& process : processes) {
      categories += (categories.empty() ? "" : ",") + escaped(process);
    }
    if (!categories.empty()) add("CATEGORIES:" + categories);
  }

  void write_contact(const EntryContact& contact) {
    const std::string value = escaped(contact.value);
    switch (contact.kind) {
      case ContactKind::Email:
        add((v4_ ? "EMAIL;TYPE=work:" : "EMAIL;TYPE=INTERNET,WORK:") + value);
        break;
      case ContactKind::Telephone:
        add((v4_ ? "TEL;TYPE=work,voice:" : "TEL;TYPE=WORK,VOICE:") + value);
        break;
      case ContactKind::Mobile:
        add((v4_ ? "TEL;TYPE=work,cell:" : "TEL;TYPE=WORK,CELL:") + value);
        break;
      case ContactKind::Fax:
        add((v4_ ? "TEL;TYPE=work,fax:" : "TEL;TYPE=WORK,FAX:") + value);
        break;
      case ContactKind::Postal:
        add((v4_ ? "ADR;TYPE=work:;;" : "ADR;TYPE=WORK:;;") + value + ";;;;");
        break;
    }
  }

  const Entry& entry_;
  bool v4_;
  std::string card_;
};

}  // namespace

std::string to_vcard(const Entry& entry, VcardVersion version) {
  return Card(entry, version).write();
}

std::string to_vcards(std::span<const Entry> entries, VcardVersion version) {
  std::string cards;
  for (const Entry& entry : entries) cards += to_vcard(entry, version);
  return cards;
}

}  // namespace entente::directory
