"""A meeting from its plan to its record, by the command line as people use it: who is asked to the whole or to one item
and what that opens, a draft that the chair sees before the others, what the Chatham House check finds, two who adopt at
once, and the record found among everything on its topic. BUILD names the build folder."""
import json
import os
import pathlib
import subprocess
import tempfile

from network import ENTENTE, Network, eventually

HELENA, ANNA, EMILY, SAMIRA, KAMON, MARC = ("helena.brandt", "anna.lindqvist", "emily.tremblay", "samira.haddad",
                                           "kamon.wongsakul", "marc.delisle")


def check(holds, what):
    assert holds, what


class People:
    def __init__(self, demo):
        self.demo = demo

    def says(self, account, *verb, code=0):
        done = self.demo.entente(*verb, account=account)
        check(done.returncode == code, f"{verb} as {account}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def tells(self, account, wanted, *verb, code=0):
        said = self.says(account, *verb, code=code)
        check(wanted in said, f"not `{wanted}`: {verb} as {account}\n{said}")
        return said

    def hides(self, account, secret, *verb, code=0):
        said = self.says(account, *verb, code=code)
        check(secret not in said, f"`{secret}`: {verb} as {account}\n{said}")
        return said

    def at_once(self, *calls):
        """Starts all before the first has ended; (account, words of the verb) each. Code and what was said of each."""
        where = {**os.environ, "XDG_CONFIG_HOME": self.demo.dir + "/config"}
        running = [subprocess.Popen([ENTENTE, "--profile", account, *verb], env=where, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for account, verb in calls]
        return [(said[0], one.returncode) for one in running for said in [one.communicate(timeout=120)]]


def plan(people):
    """The meeting, and the id of the item on costs."""
    made = people.says(HELENA, "--json", "meeting", "create", "--process", "igc", "--title", "Working Group on Returns",
                       "--level", "technical", "--place", "Geneva", "--chair", "SWE", "--topic", "returns",
                       "--starts", "2031-03-14T09:30", "--ends", "2031-03-14T13:00", "--zone", "Europe/Zurich")
    meeting = json.loads(made)["name"]
    people.says(HELENA, "meeting", "item", "add", meeting, "Escorts by air")
    made = json.loads(people.says(HELENA, "--json", "meeting", "item", "add", meeting, "Costs of departures"))
    item = made["agenda"][1]["id"]
    return meeting, item


def who_comes(people, meeting, item):
    people.tells(SAMIRA, "was not found", "meeting", "show", meeting, code=4)
    asked = json.loads(people.says(HELENA, "--json", "meeting", "invite", meeting, "UNHCR", "--as", "observer",
                                   "--item", item))["name"]
    said = people.tells(SAMIRA, "Costs of departures", "meeting", "show", meeting)
    check("Escorts" not in said and "1 of" not in said, "who is asked to one item is told of others\n" + said)
    # By what they are not shown they find nothing, and to others nothing has changed.
    people.hides(SAMIRA, meeting, "meeting", "list", "--topic", "returns", code=1)
    people.tells(KAMON, "was not found", "meeting", "show", meeting, code=4)
    people.tells(EMILY, "registered", "meeting", "register", meeting)
    people.tells(HELENA, "UNHCR", "meeting", "show", meeting)
    people.says(HELENA, "meeting", "remove", asked)
    # What she was asked to is gone at once; her session, which has other grounds, is not.
    people.tells(SAMIRA, "was not found", "meeting", "show", meeting, code=4)


def keep_the_record(people, meeting, folder):
    draft = folder / "record.txt"
    draft.write_text("Participants compared what zephyrine departures cost.\nThe Swedish delegation disagreed.\n")
    people.says(HELENA, "meeting", "record", "save", meeting, draft, "--to", "chair,secretariat", "--outcome",
                "decision=A common form for costs")
    people.tells(EMILY, "was not found", "meeting", "record", "show", meeting, code=4)
    people.tells(ANNA, "zephyrine", "meeting", "record", "show", meeting)
    people.tells(ANNA, "nothing that you can see fits", "search", "zephyrine", code=1)
    found = people.tells(HELENA, "Swedish", "meeting", "record", "check", meeting, code=1)
    check("1 to be mended or set aside" in found, found)
    people.tells(ANNA, "1 place must be mended", "meeting", "record", "adopt", meeting, "--revision", "1", code=5)
    draft.write_text("Participants compared what zephyrine departures cost.\nOne delegation disagreed.\n")
    people.says(HELENA, "meeting", "record", "save", meeting, draft, "--outcome", "decision=A common form for costs")
    people.tells(HELENA, "names nobody", "meeting", "record", "check", meeting)


def adopt_at_once(people, meeting):
    verb = ["meeting", "record", "adopt", meeting, "--revision", "2"]
    ends = people.at_once((ANNA, verb), (ANNA, verb))
    codes = sorted(code for _, code in ends)
    check(codes == [0, 5], f"not one adopted it, and one was told so: {ends}")
    late = next(said for said, code in ends if code == 5)
    check("adopted" in late and "anna.lindqvist" in late, "the other is not told by whom\n" + late)
    people.tells(EMILY, "zephyrine", "meeting", "record", "show", meeting)
    people.tells(HELENA, "adopted", "meeting", "record", "save", meeting, __file__, code=5)


def find_it_again(people, meeting):
    """Everything on a topic: the record by its text, the meeting by its agenda, both on the day of the meeting."""
    record = meeting + "/record"
    eventually("the record is in the index",
               lambda: record in people.demo.entente("search", "zephyrine", account=EMILY).stdout)
    said = people.tells(EMILY, record, "search", "zephyrine departures")
    check("2031-03-14" in said and "meeting-record" in said and "[zephyrine] [departures]" in said, said)
    people.tells(EMILY, meeting + "  ", "search", '"escorts by air"')
    people.tells(EMILY, record, "search", '"common form"', "--since", "2031-01-01", "--until", "2032-01-01")
    for account in (SAMIRA, KAMON):
        hidden = people.says(account, "search", "zephyrine", code=1)
        nothing = people.says(account, "search", "qqqqqqqqq", code=1)
        check(hidden == nothing, f"{account} can tell that there is something\n{hidden}\n{nothing}")


def go_dormant(people):
    """By the word of two; then nothing is planned, until two others' word."""
    planned = ["meeting", "create", "--process", "igc", "--title", "Later", "--level", "technical", "--starts",
               "2031-06-01", "--ends", "2031-06-02", "--zone", "Europe/Zurich"]
    for status, first, second, ends in (("dormant", HELENA, MARC, 5), ("active", MARC, HELENA, 0)):
        said = people.says(first, "process", "propose", "igc", status, "--because", "no host")
        proposal = said.split("\n")[0]
        people.tells(first, "another person of the secretariat or chair", "process", "approve", proposal, code=5)
        people.tells(second, proposal, "process", "waiting", "igc")
        people.tells(second, "processes/igc is " + status, "process", "approve", proposal)
        people.tells(EMILY, "status: " + status, "process", "show", "igc")
        people.says(HELENA, *planned, code=ends)
    people.tells(EMILY, "dormant: no host", "process", "show", "igc")
    people.tells(EMILY, "not yours to change", "process", "propose", "igc", "concluded", "--because", "why not", code=5)


def main():
    demo = Network()
    try:
        demo.start()
        people = People(demo)
        for account in (HELENA, ANNA, EMILY, SAMIRA, KAMON, MARC):
            people.says(account, "sign-in")
        with tempfile.TemporaryDirectory() as folder:
            meeting, item = plan(people)
            who_comes(people, meeting, item)
            keep_the_record(people, meeting, pathlib.Path(folder))
            adopt_at_once(people, meeting)
            find_it_again(people, meeting)
        go_dormant(people)
        print("meetings: planned, attended, recorded, adopted once, found by those who may")
    finally:
        demo.stop()
        demo.remove()


main()
