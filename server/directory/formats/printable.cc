#include "server/directory/formats/printable.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "proto/contract/markup.h"

namespace entente::directory {
namespace {

// One line without control characters.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\t') {
      out += ' ';
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
    }
  }
  return out;
}

using Group = std::pair<std::string, std::vector<const Entry*>>;

// By the party's name, people in the order given.
std::vector<Group> by_party(std::span<const Entry> entries) {
  std::map<std::string, std::vector<const Entry*>> groups;
  for (const Entry& entry : entries) {
    groups[entry.party_name.empty() ? entry.party : entry.party_name].push_back(&entry);
  }
  return {groups.begin(), groups.end()};
}

std::string name_of(const Entry& entry) {
  return entry.display_latin.empty() ? entry.display
                                     : entry.display + " (" + entry.display_latin + ")";
}

std::string office_of(const EntryOffice& office) {
  std::string text = office.office;
  if (!office.capacity.empty() && office.capacity != "holder") text += " (" + office.capacity + ")";
  if (!office.body.empty()) text += ", " + office.body;
  std::string topics;
  for (const std::string& topic : office.topics) topics += (topics.empty() ? ": " : ", ") + topic;
  return text + topics;
}

std::string day_of(Instant instant) { return to_rfc3339(instant).substr(0, 10); }

std::string confirmed_of(const Entry& entry) {
  return entry.confirmed ? day_of(*entry.confirmed) : "never";
}

std::string count_of(std::span<const Entry> entries, std::size_t parties) {
  return std::to_string(entries.size()) + (entries.size() == 1 ? " person" : " people") + " of " +
         std::to_string(parties) + (parties == 1 ? " party" : " parties");
}

std::string row_of(const Entry& entry) {
  std::string row = "<tr><td dir=\"auto\"><b>" + markup_text(name_of(entry)) + "</b><br>" +
                    markup_text(entry.title) + "<br>" + markup_text(entry.institution) +
                    "</td><td>";
  for (const EntryOffice& office : entry.offices) row += markup_text(office_of(office)) + "<br>";
  row += "</td><td>";
  for (const EntryContact& contact : entry.contacts) row += markup_text(contact.value) + "<br>";
  row += "</td><td>";
  for (const std::string& language : entry.languages) row += markup_text(language) + ' ';
  return row + "<br>" + markup_text(entry.time_zone) + "</td><td>" + confirmed_of(entry) +
         "</td></tr>\n";
}

constexpr std::string_view style =
    "@page{size:A4 landscape;margin:12mm}"
    "body{font:9pt/1.3 'Noto Sans',sans-serif;color:#000;background:#fff}"
    "h1{font-size:14pt;margin:0}p{margin:2pt 0 8pt}"
    "table{width:100%;border-collapse:collapse}thead{display:table-header-group}"
    "tbody{break-inside:avoid}th,td{text-align:start;vertical-align:top;padding:2pt 4pt;"
    "border-top:.5pt solid #999}th.party{background:#eee;font-size:10pt}"
    "footer{position:fixed;bottom:0;font-size:7pt}";

}  // namespace

std::string to_html(const ListHeading& heading, std::span<const Entry> entries) {
  const std::vector<Group> groups = by_party(entries);
  const std::string title = markup_text(heading.process_name);
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>" +
                     title + "</title>\n<style>" + std::string(style) +
                     "</style></head>\n<body><h1>" + title + "</h1>\n<p>" +
                     markup_text(heading.long_name) + "<br>" + count_of(entries, groups.size()) +
                     ", as of " + day_of(heading.printed_at) +
                     "</p>\n<table><thead><tr><th>Person</th><th>Office</th><th>Contact</th>"
                     "<th>Languages, zone</th><th>Confirmed</th></tr></thead>\n";
  for (const auto& [party, people] : groups) {
    page += "<tbody><tr><th class=\"party\" colspan=\"5\">" + markup_text(party) + "</th></tr>\n";
    for (const Entry* entry : people) page += row_of(*entry);
    page += "</tbody>\n";
  }
  return page + "</table>\n<footer>Printed for " + markup_text(heading.printed_for) + " on " +
         to_rfc3339(heading.printed_at) + "</footer></body></html>\n";
}

std::string to_text(const ListHeading& heading, std::span<const Entry> entries) {
  const std::vector<Group> groups = by_party(entries);
  std::string text = plain(heading.process_name) + "\n" + plain(heading.long_name) + "\n" +
                     count_of(entries, groups.size()) + ", as of " + day_of(heading.printed_at) +
                     "\nPrinted for " + plain(heading.printed_for) + "\n";
  for (const auto& [party, people] : groups) {
    text += "\n" + plain(party) + "\n";
    for (const Entry* entry : people) {
      text += "  " + plain(name_of(*entry)) + "\n";
      const std::string place = plain(entry->title) +
                                (entry->title.empty() || entry->institution.empty() ? "" : ", ") +
                                plain(entry->institution);
      if (!place.empty()) text += "    " + place + "\n";
      for (const EntryOffice& office : entry->offices) {
        text += "    " + plain(office_of(office)) + "\n";
      }
      for (const EntryContact& contact : entry->contacts) {
        text += "    " + plain(contact.value) + "\n";
      }
      text += "    confirmed: " + confirmed_of(*entry) + "\n";
    }
  }
  return text;
}

}  // namespace entente::directory
