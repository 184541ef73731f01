"""Many pairs of the worlds of twins.py, drawn: two daemons over copies of one store, side by side. Before each pair one to three
things happen in the one of them, none of which is for the askers; then both are asked the same, drawn from every rpc that does
not act and every door of the tools, by whoever has no part in it, and answer the same bytes. Streams that both have open
show the same. The worlds are made anew every so many pairs, with a past in common that is drawn, too.

    twin_pairs.py [--pairs N] [--questions N] [--seed S]

Each rpc, by each asker, with each value: twins.py."""
import argparse
import collections
import contextlib
import pathlib
import random
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
import twins
from journey import Ground
from participation import Stream
from timing import cloned, started
from twins import ASKERS, DOORS, SILENT, Doers
sys.path.insert(0, str(HERE.parent / "system"))
import doors
import signing
from network import eventually
from small_network import NAME, Caller, messages

PAIRS_A_WORLD = 250
PARTAKER = "nora"  # has a part in both processes: whom all of it tells apart
WORDS = ["asylum", "fleur", "hidden", "returns", "visa", "annual", "paper", "a", "fra", "official"]


def learn():
    """The messages, once they are made."""
    global D, H, M, N, Q, T
    from entente.v1 import (circulations_pb2 as Q, directory_pb2 as M, documents_pb2 as D, history_pb2 as H, meetings_pb2 as N,
                            statistics_pb2 as T)


class Hidden:
    """What happens in the other process, and in the own one for others' eyes. Each act is taken, and touches nothing that
    an asker has."""

    def __init__(self, net, draw):
        self.draw, self.doers, self.count = draw, Doers(net, "fleur", "bea", "nora", "ines"), 0
        self.pen = signing.Signer(net, "fleur", NAME + "/ledger")
        self.acts = sorted(name for name in dir(self) if name.startswith("act_"))
        self.kept = collections.defaultdict(list)  # what was made and is there still

    def happens(self):
        """An act that is drawn; its name."""
        while True:
            act = self.draw.choice(self.acts)
            if getattr(self, act)() is not False:
                return act

    def words(self):
        return " ".join(["hidden", *self.draw.choices(WORDS, k=self.draw.randint(1, 5))])

    def one_more(self):
        self.count += 1
        return self.count

    def did(self, who, method, request, kind=None):
        body = self.doers.did(who, method, request)
        return kind and kind.FromString(body)

    def one_of(self, what):
        return self.draw.choice(self.kept[what]) if self.kept[what] else None

    def taken(self, what):
        return self.kept[what].pop(self.draw.randrange(len(self.kept[what]))) if self.kept[what] else None

    # --- people ---

    def act_person(self):
        name = f"persons/fra.hidden{self.one_more()}"
        self.did("fleur", "DirectoryService.CreatePerson", M.CreatePersonRequest(process="processes/betaa", person=M.Person(
            name=name, party="parties/FRA", given_name="Hidden", family_name=self.words(), display_name=self.words(),
            title=self.words(), languages=["fr"])))
        self.kept["persons"].append(name)

    def act_changed_person(self):
        name = self.one_of("persons") or "persons/fra.fleur"
        person = self.did("fleur", "DirectoryService.GetPerson", M.GetPersonRequest(name=name), M.Person)
        person.title = self.words()
        self.did("fleur", "DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=person))

    def act_confirmed(self):
        self.did("fleur", "DirectoryService.ConfirmPerson", M.ConfirmPersonRequest(name=self.one_of("persons") or "persons/fra.fleur"))

    def act_office(self):
        name = f"offices/fra.betaa.hidden{self.one_more()}"
        self.kept["offices"].append(self.did("fleur", "DirectoryService.CreateOffice", M.CreateOfficeRequest(office=M.Office(
            name=name, kind=M.OTHER_OFFICE, title=self.words(), party="parties/FRA", process="processes/betaa",
            topics=self.words().split())), M.Office))

    def act_appointment(self):
        office, person = self.one_of("offices"), self.one_of("persons")
        if not office or not person:
            return False
        request = M.AppointRequest(office=office.name, person=person, capacity=M.DEPUTY)
        made = self.did("fleur", "DirectoryService.Appoint", self.pen.beginning(request, office, M.DEPUTY), M.Appointment)
        self.kept["appointments"].append((office, made))

    def act_ended_appointment(self):
        if not (held := self.taken("appointments")):
            return False
        self.did("fleur", "DirectoryService.EndAppointment", self.pen.end(M.EndAppointmentRequest(), *held))

    def act_contact_test(self):
        self.did("bea", "DirectoryService.StartContactTests", M.StartContactTestsRequest(
            process="processes/betaa", persons=["persons/fra.fleur"]))

    # --- figures ---

    def act_figures(self):
        who, party, process = self.draw.choice([("nora", "NOR", "ALPHA"), ("fleur", "FRA", "BETAA")])
        self.doers.upload(who, party, process, self.draw.randint(1, 10_000), f"figures{self.one_more()}")

    def act_notes(self):
        self.doers.provide("nora", "NOR", self.words())

    # --- papers ---

    def act_paper(self):
        who, process, kinds = self.draw.choice([("bea", "betaa", ("members", "secretariat")), ("ines", "alpha", ("secretariat",))])
        self.kept["papers"].append((who, self.doers.bring(who, process, kinds, f"{self.words()} {self.one_more()}")))

    def act_changed_paper(self):
        if not (held := self.one_of("papers")):
            return False
        who, name = held
        paper = self.did(who, "DocumentService.GetDocument", D.GetDocumentRequest(name=name), D.Document)
        paper.title.by_language["en"] = self.words()
        self.did(who, "DocumentService.UpdateDocument", D.UpdateDocumentRequest(document=paper))

    def act_opened_paper(self):
        if not (held := self.one_of("papers")):
            return False
        self.did(held[0], "DocumentService.OpenDocument", D.OpenDocumentRequest(name=held[1]))

    def act_withdrawn_paper(self):
        if len(self.kept["papers"]) < 8:
            return False
        who, name = self.taken("papers")
        self.did(who, "DocumentService.WithdrawDocument", D.WithdrawDocumentRequest(name=name, because=self.words()))

    def act_circulated(self):
        if not (held := self.one_of("papers")):
            return False
        made = self.did(held[0], "CirculationService.Circulate", Q.CirculateRequest(circulation={
            "documents": [held[1]], "note": {"by_language": {"en": self.words()}}, "ask": Q.Circulation.COMMENT}), Q.Circulation)
        self.kept["circulations"].append((held[0], made.name))

    def act_response(self):
        if not (held := self.one_of("circulations")):
            return False
        self.did(held[0], "CirculationService.Respond", Q.RespondRequest(name=held[1], response={
            "kind": Q.Response.COMMENT, "text": self.words()}))

    def act_recalled(self):
        if not (held := self.taken("circulations")):
            return False
        self.did(held[0], "CirculationService.Recall", Q.RecallRequest(name=held[1]))

    # --- meetings ---

    def act_meeting(self):
        title = {"by_language": {"en": self.words()}}
        begins = f"2027-{self.draw.randint(1, 12):02}-{self.draw.randint(1, 20):02}"
        self.kept["meetings"].append(self.did("bea", "MeetingService.CreateMeeting", N.CreateMeetingRequest(meeting=dict(
            process="processes/betaa", title=title, level=1, time_zone="Europe/Paris", topics=["hidden"], starts_local=begins,
            ends_local=begins[:-2] + "28", chairs=["parties/FRA"], agenda=[{"title": title}])), N.Meeting).name)

    def act_cancelled(self):
        if not (name := self.taken("meetings")):
            return False
        self.did("bea", "MeetingService.CancelMeeting", N.CancelMeetingRequest(name=name, because=self.words()))

    def act_series(self):
        self.did("bea", "MeetingService.CreateSeries", N.CreateSeriesRequest(series=dict(
            process="processes/betaa", title={"by_language": {"en": self.words()}})))

    def close(self):
        self.doers.close()


def past(net, draw):
    """What both worlds have behind them, and the askers see; drawn."""
    doers = Doers(net, "anna", "ines")
    for _ in range(draw.randint(0, 4)):
        words = f"{' '.join(draw.choices(WORDS, k=3))} {draw.randbytes(4).hex()}"
        doers.bring("ines", "alpha", ("members", "observers", "secretariat"), words)
        doers.searched("ines", words)
    doers.upload("anna", "SWE", "ALPHA", draw.randint(1, 10_000), "past")
    doers.close()


class Side:
    """One of the two worlds, asked."""

    def __init__(self, net, tools):
        self.net, self.streams = net, {}
        self.callers = {account: Caller(net, account) for account in (*ASKERS, PARTAKER)}
        for caller in self.callers.values():
            eventually("they sign in", lambda: caller.sign_in().ok)
        for account in ASKERS:
            self.streams[account, "documents"] = Stream(self.callers[account], "CirculationService/Watch", b"",
                                                        lambda m: twins.plain(Q.News.FromString(m).SerializeToString()))
        figures = H.WatchUploadsRequest(dataflow="dataflows/ALPHA.ASYLUM").SerializeToString()
        self.figures = Stream(self.callers["anna"], "HistoryService/Watch", figures,
                              lambda m: twins.plain(H.UploadNews.FromString(m).upload.party.encode()))
        self.streams["anna", "figures"] = self.figures
        self.tools = {(account, scope): doors.Tool(net, account, account, password)
                      for account, by_scope in tools.items() for scope, password in by_scope.items()}

    def answer(self, account, question):
        if question[0] == "door":
            _, scope, path = question
            verb = "PROPFIND" if scope != "statistics" and path.endswith("/") else "GET"
            depth = {"Depth": "1"} if verb == "PROPFIND" else {}
            return twins.plain(self.tools[account, scope].face(verb, path, **depth)[1])
        method, request, kind = question
        return twins.told(self.callers[account].ask(method, request), kind)

    def shown(self):
        return {who: list(stream.shown) for who, stream in self.streams.items()}

    def close(self):
        for one in [*self.streams.values(), *self.callers.values(), *self.tools.values()]:
            one.close()


def compared(draw, sides, hidden, asked, count, seed, options):
    """`count` pairs, of worlds that grow; how often what happened."""
    tally = collections.Counter()
    for number in range(count):
        acts = [hidden.happens() for _ in range(draw.randint(1, 3))]
        tally.update(acts)
        for _ in range(options.questions):
            account, question = draw.choice(ASKERS), draw.choice(asked)
            quiet, busy = (side.answer(account, question) for side in sides)
            assert quiet == busy, (f"pair {number} of the world of seed {seed}, after {acts}: {account} asks {question!r}\n"
                                   f"  quiet {quiet!r}\n  busy  {busy!r}")
        # What has gone out on one and should not have stays there.
        eventually(f"the streams show the same, pair {number} of the world of seed {seed}, after {acts}",
                   lambda: sides[0].shown() == sides[1].shown())
    return tally


def one_world(seed, ground, tools, asked, count, options):
    """A past, and `count` pairs behind it."""
    draw, first = random.Random(seed), ground.path / "first"
    ground.put_back()
    started(ground)
    past(ground, draw)
    ground.end()
    ground.base.rename(first)
    ground.keep()
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: (shutil.rmtree(ground.base), first.rename(ground.base)))
        twin = stack.enter_context(cloned(ground))
        ground.put_back()
        sides = []
        stack.callback(ground.end)
        for net in (ground, twin):
            started(net)
            sides.append(Side(net, tools))
            stack.callback(sides[-1].close)
            built = Doers(net, "ines")
            built.searched("ines", "asylum and fleur")
            built.close()
        eventually("the streams begin", lambda: sides[0].figures.shown and sides[1].figures.shown)
        hidden = Hidden(twin, draw)
        stack.callback(hidden.close)
        tally = compared(draw, sides, hidden, asked, count, seed, options)
        partaker = [[side.answer(PARTAKER, one) for one in asked if one[0] == "DirectoryService.SearchPersons"] for side in sides]
        assert partaker[0] != partaker[1], "nobody is told anything apart"
        for side in sides:  # the streams were alive all the time
            before = len(side.figures.shown)
            alive = Doers(side.net, "anna")
            alive.upload("anna", "SWE", "ALPHA", 5, "last")
            alive.close()
            eventually("a stream shows what is for it", lambda: len(side.figures.shown) == before + 1)
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--questions", type=int, default=20, help="of each pair")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    tally, worlds = collections.Counter(), 0
    with messages(), Ground() as ground:
        learn()
        ground.put_back()
        started(ground)
        tools = twins.make_tools(ground)
        twins.common_acts(ground)
        ground.end()
        ground.keep()
        draw = random.Random(options.seed)
        asked = [one for one in twins.questions(draw, 40) if one[0] not in SILENT]
        asked += [("door", scope, path) for scope, paths in DOORS.items() for path in paths] * 5
        for begin in range(0, options.pairs, PAIRS_A_WORLD):
            count = min(PAIRS_A_WORLD, options.pairs - begin)
            # The first is the seed's own, so that it can be asked for alone.
            tally += one_world(options.seed + worlds, ground, tools, asked, count, options)
            worlds += 1
            print(f"  {begin + count} pairs", flush=True)
        print(f"acts: {dict(tally)}")
        print(f"{options.pairs} pairs of {worlds} pasts, {tally.total()} hidden acts of {len(tally)} kinds, "
              f"{options.pairs * options.questions} questions asked of both: none told them apart")


if __name__ == "__main__":
    main()
