"""An insider: the server is stopped, and somebody with its root key edits, rolls back or reorders what is in its store, with
values sealed as they should be. The real programs find each, and say which.

    insider.py [--each N] [--seed S]

  moved        a sealed value lies under another row's key: `fsck` finds it, and no reader gets it for the row's own
  keyless      a row says that it is under a key that there is none of: `fsck` finds it, and `ledger`, unless it is staged
  planted      a row that no act wrote stands in any table, also in one that has no other: `ledger` finds it
  older        a row of any room is as it was before the last acts, or is gone, or says what another says, sealed for its
               place: `ledger` finds it
  entries      of the ledger one is dropped, or two are exchanged, or one is rewritten, or what it wrote is: the same
  store        an older store is put in place: the start is refused
  head         its head file, too: it starts, and the stock client and a witness refuse it, each by what it remembers; also
               after it has grown past what they had seen

N of each of the first five kinds. In process: tests/ledger/fsck_test.cc."""
import argparse
import collections
import os
import random
import re
import shutil
import subprocess

from journey import ANNA, Ground, Journey
from network import BUILD, ENTENTE, do, run
from small_network import PASSWORD, Caller, messages

INSIDER = BUILD + "/tests/endurance/insider"
FAULTS, BEHIND, DO_NOT_RELY = 6, 4, 7  # exit codes of `entented`, and of `entente`
ROOMS = range(0x20, 0x100)
STAGED = (0x68, 0x69, 0x82, 0x8e)
NO_KEY = (0x7ffffff0).to_bytes(4, "big").hex()
ENTRIES, WRITTEN = 0x10, 0x12
BLINDING = 32


class Insider:
    """The tool at work on a folder."""

    def __init__(self, net, store):
        self.tool = subprocess.Popen([INSIDER, str(store), str(net.path / "keys/root.key")], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tool.stdin.close()
        assert self.tool.wait(60) == 0

    def ask(self, *words):
        print(*words, file=self.tool.stdin, flush=True)
        answer = self.tool.stdout.readline().strip()
        assert not answer.startswith("!"), f"{words[:2]}: {answer}"
        return answer

    def keys(self, table):
        return self.ask("keys", f"{table:02x}").split()

    def get(self, key):
        value = self.ask("get", key)
        return None if value == "-" else bytes.fromhex(value)

    def put(self, key, value):
        if value is None:
            self.ask("drop", key)
        else:
            self.ask("put", key, value.hex())

    def rows(self):
        """Every row of every room: key -> value."""
        return {key: self.get(key) for table in ROOMS for key in self.keys(table)}


class World:
    """A network with a past: `old`, its store in the midst, and the present one, which is what is put back."""

    def __init__(self, net, draw):
        self.net, self.draw, self.tally = net, draw, collections.Counter()
        net.put_back()
        self.memory = net.path / "witness.note"
        (net.path / "witness.key").write_text("17" * 32)
        key = self.witness("--show-key").stdout.strip()
        net.config.write_text(net.config.read_text() + f'witnesses {{ party: "SWE" key: "{key}" }}\n')
        assert net.start_under(), net.logged()
        trip = Journey(net)
        trip.sign_in()
        for step in (trip.title, trip.period, trip.upload, trip.body):
            step(0)
        self.papers("anna", "ines")
        net.stop()
        self.old = net.path / "old"
        shutil.copytree(net.path / "store", self.old)
        assert net.start_under(), net.logged()
        trip.sign_in()
        for step in (trip.title, trip.person, trip.period, trip.upload, trip.body):
            step(1)
        assert trip.acknowledged == trip.tried, trip.codes
        trip.close()
        self.papers_change()
        self.changes_password("nora")
        self.client("sign-in")
        for told in (self.audit(), self.witness()):
            assert told.returncode == 0, told.stderr
        net.stop()
        net.keep()

    # --- the stock client ---

    def client(self, *verb, account="anna"):
        net = self.net
        where = {**os.environ, "XDG_CONFIG_HOME": str(net.path / "config")}
        if not (net.path / "config" / account).exists():
            (net.path / "config" / account).mkdir(parents=True)
            here = net.path / "credentials" / account
            do(ENTENTE, "profile", "add", account, "--server", f"localhost:{net.port}", "--root", net.path / "ca.pem",
               "--certificate", here / "cert.pem", "--key", here / "key.pem", "--password-file", here / "password",
               "--ledger-key", (net.path / "ledger.pub").read_text().strip(), env=where)
        return run(ENTENTE, "--profile", account, *map(str, verb), env=where)

    def did(self, *verb, account):
        self.client("sign-in", account=account)
        done = self.client(*verb, account=account)
        assert done.returncode == 0, f"{verb}: {done.stdout}{done.stderr}"
        return done.stdout

    def audit(self):
        self.client("sign-in")
        return self.client("ledger", "verify")

    def witness(self, *more):
        return self.client("witness", "--key", self.net.path / "witness.key", "--name", "swe.example/witness", "--memory",
                           self.memory, *more)

    def papers(self, anna, ines):
        from entente.v1 import attendance_pb2 as W, meetings_pb2 as G, meeting_records_pb2 as U
        paper = self.net.path / "paper.txt"
        paper.write_text("A paper.\n")
        said = self.did("document", "upload", paper, "--process", "alpha", "--kind", "report", "--title", "A paper", "--to",
                        "members,secretariat", "--handling", "restricted", "--yes", account=anna)
        self.document = re.search(r"documents/[0-9a-f]{32}", said)[0]
        self.did("document", "get", self.document, "--out", self.net.path / "read.txt", account=ines)
        caller = Caller(self.net, ines)
        assert caller.sign_in().ok
        made = caller.ask("MeetingService.CreateMeeting", G.CreateMeetingRequest(meeting=dict(
            process="processes/alpha", title={"by_language": {"en": "A meeting"}}, level=1, time_zone="Europe/Zurich",
            starts_local="2031-03-14", ends_local="2031-03-14")))
        assert made.ok, made
        self.meeting = G.Meeting.FromString(made.body).name
        for method, request in (("AttendanceService.InviteParticipant", W.InviteParticipantRequest(
                meeting=self.meeting, participant={"party": "parties/NOR"})), ("MeetingRecordService.SaveRecord",
                U.SaveRecordRequest(meeting=self.meeting, record=dict(texts=[dict(language="en", text="said")])))):
            answer = caller.ask(method, request)
            assert answer.ok, answer
        caller.close()

    def papers_change(self):
        self.did("document", "update", self.document, "--title", "Another title", account="anna")
        self.did("meeting", "change", self.meeting, "--title", "Another meeting", account="ines")

    def changes_password(self, account):
        from entente.v1 import session_pb2 as S
        caller = Caller(self.net, account)
        assert caller.sign_in().ok
        answer = caller.ask("SessionService.ChangePassword", S.ChangePasswordRequest(old_password=PASSWORD,
                                                                                    new_password="another of hers 3"))
        assert answer.ok, answer
        caller.close()

    # --- what the programs say ---

    def finds(self, verb, what):
        told = self.net.entented(verb)
        assert told.returncode == FAULTS, f"{what}: `{verb}` ends with {told.returncode}: {told.stdout}{told.stderr}"

    def clean(self):
        self.net.put_back()
        for verb in ("fsck", "ledger"):
            told = self.net.entented(verb)
            assert told.returncode == 0, f"{verb}: {told.stdout}{told.stderr}"
        assert "0 rows as they were left" not in told.stdout, told.stdout

    def insider(self):
        return Insider(self.net, self.net.path / "store")

    def moved(self, count):
        for _ in range(count):
            self.net.put_back()
            with self.insider() as hand:
                table = self.draw.choice([one for one in ROOMS if len(hand.keys(one)) > 1])
                there, here = self.draw.sample(hand.keys(table), 2)
                hand.ask("put-raw", here, hand.ask("raw", there))
            self.finds("fsck", f"the value of {there} under {here}")
            self.tally["moved"] += 1
        self.net.put_back()
        with self.insider() as hand:  # one that is asked for
            anna, ines = (f"40{hand.ask('id', 'directory', name)}" for name in (ANNA, "persons/igc.ines"))
            hand.ask("put-raw", anna, hand.ask("raw", ines))
        self.is_not_served()

    def is_not_served(self):
        from entente.v1 import directory_pb2 as M
        if not self.net.start_under():  # it looks at all of them, or must not come this far
            return
        caller = Caller(self.net, "nora")
        assert caller.sign_in("another of hers 3").ok
        answer = caller.ask("DirectoryService.GetPerson", M.GetPersonRequest(name=ANNA))
        assert not answer.ok, f"another's entry is served for hers: {answer}"
        caller.close()
        self.net.end()

    def keyless(self, count):
        for i in range(count):
            self.net.put_back()
            with self.insider() as hand:
                table = self.draw.choice([one for one in ROOMS if hand.keys(one) and (one in STAGED) == (i % 4 == 3)])
                key = self.draw.choice(hand.keys(table))
                sealed = hand.ask("raw", key)
                hand.ask("put-raw", key, sealed[:2] + NO_KEY + sealed[10:])
            self.finds("fsck", f"{key} under no key")
            if table not in STAGED:
                self.finds("ledger", f"{key} under no key")
            self.tally["keyless"] += 1

    def planted(self, count):
        for i in range(count):
            self.net.put_back()
            with self.insider() as hand:
                tables = [one for one in ROOMS if one not in STAGED and bool(hand.keys(one)) == (i % 4 == 3)]
                key = f"{self.draw.choice(tables):02x}" + self.draw.randbytes(16).hex()
                hand.put(key, b"planted")
            self.finds("ledger", f"{key} planted")
            self.tally["planted"] += 1

    def older(self, count):
        with Insider(self.net, self.old) as hand:
            then = hand.rows()
        self.net.put_back()
        with self.insider() as hand:
            now = hand.rows()
        changed = sorted(key for key in now if key in then and then[key] != now[key])
        new = sorted(key for key in now if key not in then)
        gone = sorted(key for key in then if key not in now)
        staged = [key for key in new if int(key[:2], 16) in STAGED]
        new = [key for key in new if key not in staged]
        tables = {key[:2] for key in changed}
        assert {"20", "40", "63", "80", "90"} <= tables, f"this past is too thin: {tables}"
        edits = [("as it was", key, then[key]) for key in changed] + [("gone", key, None) for key in new + changed] + [
            ("back again", key, then[key]) for key in gone] + [
            ("as another", key, now[other]) for key, other in zip(changed, reversed(changed)) if now[key] != now[other]]
        by_kind = collections.defaultdict(list)
        for what, key, value in edits:
            by_kind[what, key[:2]].append((what, key, value))
        order = self.draw.sample(sorted(by_kind), len(by_kind))
        chosen = [self.draw.choice(by_kind[kind]) for kind in order][:count]
        chosen += self.draw.sample(edits, max(0, min(count - len(chosen), len(edits))))
        for what, key, value in chosen:
            self.net.put_back()
            with self.insider() as hand:
                hand.put(key, value)
            self.finds("ledger", f"{key} {what}")
            self.tally["older"] += 1
        return len(by_kind), len(edits)

    def entries(self, count):
        for i in range(count):
            self.net.put_back()
            with self.insider() as hand:
                keys = hand.keys(ENTRIES)
                one, other = self.draw.sample(keys, 2)
                what = ("dropped", "exchanged", "rewritten", "what it wrote")[i % 4]
                if what == "dropped":
                    hand.put(one, None)
                elif what == "exchanged":
                    values = hand.get(one), hand.get(other)
                    hand.put(one, values[1])
                    hand.put(other, values[0])
                elif what == "rewritten":
                    value = hand.get(one)
                    hand.put(one, value[:BLINDING] + value[BLINDING:].replace(b"operator", b"Operator").replace(b"anna", b"ines")
                             if b"operator" in value or b"anna" in value else value[:-1] + bytes([value[-1] ^ 1]))
                else:
                    key = self.draw.choice(hand.keys(WRITTEN))
                    value = hand.get(key)
                    hand.put(key, value[:-1] + bytes([value[-1] ^ 1]))
            self.finds("ledger", f"entry {one} {what}")
            self.tally["entries"] += 1

    def rolled_back(self):
        store = self.net.path / "store"
        self.net.put_back()
        head = (store / "head").read_bytes()
        shutil.rmtree(store)
        shutil.copytree(self.old, store)
        (store / "head").write_bytes(head)
        started, code = self.net.start_under(), self.net.end()
        assert not started and code == BEHIND, f"an older store is served: {started} {code}"
        shutil.copy(self.old / "head", store / "head")
        for grown in (False, True):
            kept = self.memory.read_bytes()
            assert self.net.start_under(), self.net.logged()
            if grown:
                self.grow()
            for what, told in (("client", self.audit()), ("witness", self.witness())):
                assert told.returncode == DO_NOT_RELY, \
                    f"a store rolled back with its head, grown: {grown}: the {what} says {told.stdout}{told.stderr}"
            assert self.memory.read_bytes() == kept, "the witness forgot what it had seen"
            assert self.net.end() == 0
            self.tally["rolled back"] += 1

    def grow(self):
        """Other acts than those that were, until the ledger is longer than it was."""
        trip = Journey(self.net)
        trip.sign_in()
        for i in range(50):
            trip.title(1_000 + i)
        trip.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with messages(), Ground() as net:
        world = World(net, random.Random(options.seed))
        world.clean()
        world.moved(options.each)
        world.keyless(options.each)
        world.planted(options.each)
        kinds, edits = world.older(options.each)
        world.entries(options.each)
        world.rolled_back()
        print(f"{sum(world.tally.values())} edits, each found: {dict(world.tally)}; of {edits} edits of rows in {kinds} kinds")


if __name__ == "__main__":
    main()
