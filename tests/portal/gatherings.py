"""Meetings for the portal's journeys: one to come with an agenda and people asked, one whose day is open, one that was
cancelled, one that is over."""
import re

WORKING_GROUP, OPEN_DAY, CANCELLED, OVER = "Working Group on Returns", "<b>Steering</b> Group", "Round on <data>", "Round of 2021"


def plan(entente, papers, folder):
    """Plans all of them; their names by title. `papers`: what papers.bring answers."""
    names = {}
    for title, words in (
            (WORKING_GROUP, ["--level", "technical", "--starts", "2031-03-14T09:30", "--ends", "2031-03-15T13:00", "--zone", "America/New_York",
                             "--place", "New York, <Room 3>", "--place", "fr=New York, salle 3", "--chair", "CHE", "--topic", "returns",
                             "--description", "What the states have learned since the autumn."]),
            (OPEN_DAY, ["--level", "senior-officials", "--starts", "2031-03-28", "--ends", "2031-03-29", "--zone", "Europe/Zurich", "--tentative"]),
            (CANCELLED, ["--level", "technical", "--starts", "2031-04-02T10:00", "--ends", "2031-04-02T12:00", "--zone", "Europe/Zurich"]),
            (OVER, ["--level", "technical", "--starts", "2021-05-04T10:00", "--ends", "2021-05-04T12:00", "--zone", "Europe/Zurich"])):
        said = entente("helena.brandt", "--json", "meeting", "create", "--process", "igc", "--title", title, *words)
        names[title] = re.search(r"meetings/[0-9a-f]{32}", said)[0]
    group = names[WORKING_GROUP]
    entente("helena.brandt", "meeting", "cancel", names[CANCELLED], "--because", "no quorum")
    entente("helena.brandt", "meeting", "item", "add", group, "Opening", "--minutes", "15", "--starts", "2031-03-14T09:30", "--lead", "CHE")
    shown = entente("helena.brandt", "--json", "meeting", "item", "add", group, "Returns in 2026", "--minutes", "45", "--document", papers["returns.pdf"],
                    "--document", papers["agenda.pdf"])
    item = re.findall(r'"id": *"([0-9a-f]+)"', shown)[-1]
    for who in (["SWE"], ["CHE"], ["UNHCR", "--as", "observer", "--item", item], ["--guest", "Prof. Ada Example", "--as", "guest"]):
        entente("helena.brandt", "meeting", "invite", group, *who)
    with open(folder + "/record.txt", "w", encoding="utf-8") as out:
        out.write("The group met in May.\nIt asks for figures by autumn.\n")
    entente("helena.brandt", "meeting", "record", "save", names[OVER], folder + "/record.txt", "--outcome", "decision=Figures by autumn",
            "--to", "members,secretariat", "--handling", "restricted")
    return names
