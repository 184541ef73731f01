// `entente meeting item`: the agenda of a meeting, item by item.
#include "client/cli/meeting_words.h"

namespace entente::cli {
namespace {

struct Item {
  std::string meeting;
  std::string item;  // its number or its id
  std::vector<std::string> title;
  std::string starts;
  std::string lead;
  std::uint32_t minutes = 0;
  std::uint32_t place = 0;
  std::vector<std::string> documents;
  bool discreet = false;
};

void read_item(const Item& said, v1::AgendaItem& item) {
  read_text(said.title, "en", *item.mutable_title());
  if (!said.starts.empty()) item.set_starts_local(said.starts);
  if (!said.lead.empty()) item.set_lead(someone(said.lead));
  if (said.minutes != 0) item.set_minutes(said.minutes);
  if (said.discreet) item.set_discreet(true);
  for (const std::string& one : said.documents) item.add_documents(full_name("documents/", one));
}

// The place of the item in the agenda; an error is said if there is none.
std::optional<int> find_item(Context& context, const v1::Meeting& meeting,
                             const std::string& item) {
  for (int i = 0; i < meeting.agenda_size(); ++i) {
    const v1::AgendaItem& one = meeting.agenda(i);
    if (one.id() == item || std::to_string(one.number()) == item) return i;
  }
  context.fail(invalid_argument("item", "is neither a number nor an id of the agenda"));
  return std::nullopt;
}

void add_agenda_options(CLI::App& verb, const std::shared_ptr<Item>& said) {
  verb.add_option("--starts", said->starts, "what the clock there says: 2027-03-14T14:00");
  verb.add_option("--minutes", said->minutes, "how long");
  verb.add_option("--lead", said->lead, "who leads it: SWE, or a person");
  verb.add_option("--document", said->documents, "a paper of it; may be given again")
      ->delimiter(',');
  verb.add_flag("--discreet", said->discreet, "its title is left out of calendars");
}

void add_add(CLI::App& group, Context& context) {
  auto said = std::make_shared<Item>();
  CLI::App* verb = add_verb(
      group, "add", "puts an item on the agenda",
      "entente meeting item add 5f0c... \"Returns in 2026\" --minutes 45 --document 9a41...",
      [=, &context] {
        change_meeting(context, said->meeting, [&](v1::Meeting& meeting) {
          auto& agenda = *meeting.mutable_agenda();
          read_item(*said, *agenda.Add());
          const int last = agenda.size() - 1;
          for (int i = last; said->place != 0 && i >= static_cast<int>(said->place); --i) {
            agenda.SwapElements(i, i - 1);
          }
          return true;
        });
      });
  verb->add_option("meeting", said->meeting, "its name")->required();
  verb->add_option("title", said->title, "a title, or LANGUAGE=TITLE; may be given again")
      ->required();
  verb->add_option("--at", said->place, "its number on the agenda; else the last");
  add_agenda_options(*verb, said);
}

void add_agenda_change(CLI::App& group, Context& context) {
  auto said = std::make_shared<Item>();
  CLI::App* verb =
      add_verb(group, "change", "changes what is given of an item; papers are added",
               "entente meeting item change 5f0c... 3 --document 9a41...", [=, &context] {
                 change_meeting(context, said->meeting, [&](v1::Meeting& meeting) {
                   const std::optional<int> place = find_item(context, meeting, said->item);
                   if (place) read_item(*said, *meeting.mutable_agenda(*place));
                   return place.has_value();
                 });
               });
  verb->add_option("meeting", said->meeting, "its name")->required();
  verb->add_option("item", said->item, "its number or id")->required();
  verb->add_option("--title", said->title, "a title, or LANGUAGE=TITLE; may be given again");
  add_agenda_options(*verb, said);
}

void add_agenda_remove(CLI::App& group, Context& context) {
  auto said = std::make_shared<Item>();
  CLI::App* verb = add_verb(group, "remove", "takes an item off the agenda",
                            "entente meeting item remove 5f0c... 3", [=, &context] {
                              change_meeting(context, said->meeting, [&](v1::Meeting& meeting) {
                                const std::optional<int> place =
                                    find_item(context, meeting, said->item);
                                if (place) meeting.mutable_agenda()->DeleteSubrange(*place, 1);
                                return place.has_value();
                              });
                            });
  verb->add_option("meeting", said->meeting, "its name")->required();
  verb->add_option("item", said->item, "its number or id")->required();
}

}  // namespace

void add_agenda_verbs(CLI::App& group, Context& context) {
  CLI::App* items = group.add_subcommand("item", "the items of a meeting's agenda");
  items->require_subcommand(1);
  add_add(*items, context);
  add_agenda_change(*items, context);
  add_agenda_remove(*items, context);
}

}  // namespace entente::cli
