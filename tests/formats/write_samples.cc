// write_samples FOLDER: writes every export of the demonstration's people, and what they ought to
// hold, for readers_test.py to read with programs that are not ours.
#include <fstream>
#include <iostream>

#include "proto/contract/bytes.h"
#include "server/directory/formats/printable.h"
#include "server/directory/formats/roster.h"
#include "server/directory/formats/vcard.h"
#include "tests/formats/samples.h"

int main(int argc, char** argv) {
  using namespace entente::directory;
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::vector<Entry> entries = testing::demo_entries(testing::network());
  for (const char* text : {"=cmd|' /C calc'!A0", "a,b;c\\d\"e", "two\nlines", "'=quoted",
                           "très long, très long, très long, très long, très long, très long"}) {
    entries.push_back(testing::hostile_entry(text));
  }
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  write("people.csv", export_roster(entries));
  write("people-4.vcf", to_vcards(entries, VcardVersion::V4));
  write("people-3.vcf", to_vcards(entries, VcardVersion::V3));
  const ListHeading heading{"IGC & others", "Everybody", testing::revised_at(), "a <reader>"};
  write("list.html", to_html(heading, entries));
  write("list.txt", to_text(heading, entries));
  std::string expected;
  for (const Entry& entry : entries) {
    std::string contacts;
    for (const EntryContact& contact : entry.contacts) {
      if (contact.kind != ContactKind::Postal) contacts += contact.value + "|";
    }
    for (const std::string& text : {entry.uid, entry.display, entry.given, entry.family,
                                    entry.institution, entry.title, contacts}) {
      expected += entente::to_hex(text) + " ";
    }
    expected += std::to_string(std::max<std::size_t>(1, entry.offices.size())) + "\n";
  }
  write("expected.txt", expected);
  return 0;
}
