#include "server/directory/formats/vcard.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

namespace entente::directory {
namespace {

constexpr std::size_t line_octets_max = 75;

// RFC 6350 section 3.4 (and RFC 2426 section 4): backslash, comma, semicolon and line ends.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ',' || c == ';') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
    }
  }
  return out;
}

// RFC 6868: within a quoted parameter.
std::string parameter(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') {
      out += "^'";
    } else if (c == '^') {
      out += "^^";
    } else if (c == '\n') {
      out += "^n";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
    }
  }
  return out + '"';
}

// RFC 6350 section 3.2: "the line SHOULD be folded"; "Multi-octet characters MUST remain
// contiguous."
void add_line(std::string& card, std::string_view line) {
  std::size_t room = line_octets_max;
  while (line.size() > room) {
    std::size_t cut = room;
    while (cut > 1 && (static_cast<unsigned char>(line[cut]) & 0xc0U) == 0x80U) --cut;
    card.append(line.substr(0, cut));
    card += "\r\n ";
    line.remove_prefix(cut);
    room = line_octets_max - 1;
  }
  card.append(line);
  card += "\r\n";
}

std::string stamp(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(instant - day));
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

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
  void add(std::string_view line) { add_line(card_, line); }

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
