"""A mixed load that goes on: look-ups 60, queries 20, downloads 10, writes 8, sign-ins 2 of a hundred, so many a
second at fixed times. Nothing fails, each reading shows what was acknowledged last; memory, descriptors and threads do
not grow; in the end there is one entry for each act, the store is whole, and what was acknowledged is there after a
start.

    soak.py [--minutes N] [--rate N] [--crowd N] [--seed N]
    soak.py --crowd N ...        beside that so many look-ups and queries a second, three to one, by h2load
    soak.py --keep FOLDER ...    goes on with the network in that folder, which stays there, and adds up what all pieces came to
    soak.py --begin FOLDER ...   goes on in the background, and writes what comes of it into that folder
    soak.py --end FOLDER         waits for it, and prints and answers what came of it

So CTest begins it before all other tests and asks for its end behind them: it takes some hundredths of a core beside them.
Times are told and judged by nobody. SIGTERM ends it in order before its minutes are over: it counts as many as they were."""
import argparse
import collections
import contextlib
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))
import journey
from h2load import h2load
from journey import ANNA, Journey
from small_network import Caller, SmallNetwork, messages

KINDS, WEIGHTS = ("look-up", "query", "download", "write", "sign-in"), (60, 20, 10, 8, 2)
SIGN_INS_APART = 15  # seconds: five a minute are let through of one certificate
SAMPLES_APART, TOLD_APART = 5, 600
# More than that between the first third and the last is growth. What the store's caches hold is not counted: they
# fill for hours, and end at their bound; nor are its tables, one of 64 MiB each. An act leaves something for good (an upload what stands over its rows, a document
# its news): 0.7 KiB of the allocator's account, 2.6 of the machine's in 11,000 acts of one run.
MEMORY_MIB, ACT_KIB, DESCRIPTORS, THREADS = 8, 3, 2, 2


class Crowd(threading.Thread):
    """Asks the one thing, so many times a second, with the newest session of the caller; nothing may be refused."""
    SECONDS = 30  # of each program, and so of the line that it opens

    def __init__(self, net, caller, rate, path, *headers):
        super().__init__()
        self.net, self.caller, self.rate, self.path, self.headers = net, caller, max(1, round(rate)), path, headers
        self.answered, self.over, self.fault = 0, threading.Event(), None

    def run(self):
        try:
            with tempfile.TemporaryDirectory() as folder:
                while not self.over.is_set():
                    count = self.rate * self.SECONDS
                    load = h2load(folder, f"https://localhost:{self.net.port}{self.path}", self.net.credentials(self.caller.account),
                                  "-n", count, "-c", 1, "-m", 50, "--rps", self.rate, "-H",
                                  f"authorization: Bearer {self.caller.token}", *self.headers)
                    assert load.all_answered and load.each > 100, load.text
                    self.answered += count
        except BaseException as fault:
            self.fault = fault
            raise

    def end(self):
        """Behind `over`."""
        self.join()
        assert self.fault is None, self.fault


class Soak:
    def __init__(self, net, seed, before):
        """`before`: what `after` said of the piece that this one follows, on the same store."""
        global M
        from entente.v1 import directory_pb2 as M
        self.net, self.draw = net, random.Random(seed)
        self.trip = Journey(net)
        self.trip.callers["nora"] = Caller(net, "nora")
        self.entries, self.begun = self.counted(), before.get("turns", 0)
        self.trip.sign_in()
        self.signed_in, self.turn = time.monotonic(), 0
        for register, values in before.get("registers", {}).items():
            self.trip.registers[register] = values
            self.shows(register)
        for write in self.writes():
            write(self.begun)
        self.done, self.times = collections.Counter(), []
        self.asked_to_end = threading.Event()

    def crowd(self, rate, question):
        """Begun: what comes beside the calls of `go`."""
        question.write_bytes(b'{"name": "%s"}' % ANNA.encode())
        look_ups = ("-d", question, "-H", "content-type: application/json")
        nora = self.trip.callers["nora"]
        crowd = [Crowd(self.net, nora, rate * 0.75, "/entente.v1.DirectoryService/GetPerson", *look_ups),
                 Crowd(self.net, nora, rate * 0.25, "/sdmx/3.0/data/dataflow/ALPHA/ASYLUM/1.0", "-H", "accept: text/csv")]
        for one in crowd:
            one.start()
        return crowd

    def counted(self):
        return self.net.metric("entente_ledger_entries_total")

    def writes(self):
        period = lambda i: self.trip.period(i % 1_000)  # there is a longest
        return self.trip.title, self.trip.body, period, self.trip.upload, self.trip.paper

    def sample(self):
        process = pathlib.Path(f"/proc/{self.net.daemon.pid}")
        threads = int((process / "status").read_text().split("Threads:")[1].split()[0])
        tables = 0
        for one in (process / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                tables += one.readlink().suffix == ".sst"
        cached = self.net.metric("entente_store_cached_bytes")
        memory = (self.net.metric("process_resident_memory_bytes") - cached) / 2**20
        return memory, self.net.metric("process_open_fds") - tables, threads, cached / 2**20

    def shows(self, register):
        assert self.trip.found(register) == self.trip.registers[register][-1], register

    def act(self, i):
        kind = self.draw.choices(KINDS, WEIGHTS)[0]
        if kind == "sign-in" and time.monotonic() < self.signed_in + SIGN_INS_APART:
            kind = "look-up"
        if kind == "look-up":
            answer = self.trip.ask("nora", "DirectoryService.GetPerson", M.GetPersonRequest(name=ANNA))
            assert answer.ok and M.Person.FromString(answer.body).title == self.trip.registers["title"][-1], answer
        elif kind == "query":
            self.shows("figures")
        elif kind == "download" and self.draw.random() < 0.5:
            self.shows(self.draw.choice([name for name in self.trip.registers if name.startswith("paper ")]))
        elif kind == "download":
            answer = self.trip.ask("anna", "DirectoryService.ExportPersons", M.ExportPersonsRequest(
                process="processes/alpha", format=M.ExportPersonsRequest.VCARD_4))
            assert answer.ok and b"END:VCARD" in answer.body, answer
        elif kind == "write":
            self.draw.choice(self.writes())(i)
        else:
            self.turn, self.signed_in = self.turn + 1, time.monotonic()
            name, caller = list(self.trip.callers.items())[self.turn % len(self.trip.callers)]
            self.trip.act("session of " + name, None, caller.sign_in())
        assert not self.trip.codes and self.trip.acknowledged == self.trip.tried, self.trip.codes
        self.done[kind] += 1

    def after(self):
        """What the piece behind this one is to know."""
        return {"turns": self.turns, "registers": {name: values for name, values in self.trip.registers.items() if values != [None]}}

    def go(self, minutes, rate):
        """What was sampled, the daemon's share of a core, and how many minutes it was."""
        samples, began, i, sampled, told = [], time.monotonic(), 0, 0.0, time.monotonic()
        spent = self.net.metric("process_cpu_seconds_total")
        while time.monotonic() < began + 60 * minutes and not self.asked_to_end.is_set():
            i += 1
            # What a busy machine made late is not made up for: that would be no gentle load.
            time.sleep(max(0.0, began + i / rate - time.monotonic()))
            i = max(i, int((time.monotonic() - began) * rate))
            self.turns = self.begun + i + 1
            asked = time.monotonic()
            self.act(self.begun + i)
            self.times.append(time.monotonic() - asked)
            if asked > sampled + SAMPLES_APART:
                samples.append(self.sample())
                sampled = asked
            if asked > told + TOLD_APART:
                memory, descriptors, threads, cached = samples[-1]
                print(f"after {(asked - began) / 60:.0f} minutes {sum(self.done.values())} calls, {memory:.0f} MiB beside "
                      f"{cached:.0f} of the store's caches, {descriptors:.0f} descriptors, {threads} threads", flush=True)
                told = asked
        third = len(samples) // 3
        assert third, "too short to say anything of growth"
        acts = ACT_KIB / 1024 * self.trip.acknowledged
        for what, more, of in (("memory", MEMORY_MIB + acts, 0), ("descriptors", DESCRIPTORS, 1), ("threads", THREADS, 2)):
            taken = [sample[of] for sample in samples]
            assert min(taken[-third:]) <= max(taken[:third]) + more, f"{what} grew: {taken}"
        took = time.monotonic() - began
        return samples, (self.net.metric("process_cpu_seconds_total") - spent) / took, min(minutes, took // 6 / 10)

    def end(self):
        entries = self.counted() - self.entries
        assert entries == self.trip.acknowledged, f"{entries} entries for {self.trip.acknowledged} acts"
        self.trip.close()
        assert self.net.stop() == 0, self.net.logged()
        journey.whole(self.net)
        self.net.start()
        self.trip.callers = {"anna": Caller(self.net, "anna")}
        signed_in = self.trip.callers["anna"].sign_in()
        assert signed_in.ok, signed_in
        for register, values in self.trip.registers.items():
            if values != [None]:
                self.shows(register)
        self.trip.close()
        assert self.net.stop() == 0, self.net.logged()


def slow_ms(times):
    """99 % of them are shorter."""
    return 1000 * sorted(times)[len(times) * 99 // 100]


def soak(options):
    print(f"seed {options.seed}", flush=True)
    account = options.keep / "pieces.json" if options.keep else None
    pieces = json.loads(account.read_text()) if account and account.exists() else []
    with messages() as folder, SmallNetwork(kept=options.keep) as net:
        one = Soak(net, options.seed, pieces[-1]["after"] if pieces else {})
        signal.signal(signal.SIGTERM, lambda *_: one.asked_to_end.set())
        crowd = one.crowd(options.crowd, pathlib.Path(folder) / "question") if options.crowd else []
        try:
            samples, share, minutes = one.go(options.minutes, options.rate)
        finally:
            for beside in crowd:
                beside.over.set()
            for beside in crowd:
                beside.end()
        one.done["of the crowd"] = sum(beside.answered for beside in crowd)
        one.end()
    (memory, _, _, _), (later, descriptors, threads, cached) = samples[0], samples[-1]
    third = len(one.times) // 3
    print(f"soak: {minutes:g} minutes, {', '.join(f'{n} {kind}' for kind, n in sorted(one.done.items()))}, none failed, "
          f"{one.trip.acknowledged} acts; from {memory:.0f} to {later:.0f} MiB beside {cached:.0f} of the store's caches, "
          f"{descriptors:.0f} descriptors, {threads} threads; 99 % within {slow_ms(one.times[:third]):.0f} ms in its first "
          f"third, {slow_ms(one.times[-third:]):.0f} in its last; {100 * share:.0f} % of a core", flush=True)
    if account:
        pieces.append({"minutes": minutes, "calls": sum(one.done.values()), "acts": one.trip.acknowledged,
                       "after": one.after()})
        account.with_suffix(".new").write_text(json.dumps(pieces))
        account.with_suffix(".new").rename(account)
        of = {what: sum(piece[what] for piece in pieces) for what in ("minutes", "calls", "acts")}
        print(f"with the pieces before it: {of['minutes']:g} minutes, {of['calls']} calls, {of['acts']} acts, none failed or "
              "lost", flush=True)


def begin(folder, words):
    """Another of this program, of a session of its own, whose output nobody waits for."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "code").unlink(missing_ok=True)
    with open(folder / "log", "w") as log:
        command = f'"$@"; code=$?; echo $code >"{folder}/new" && mv "{folder}/new" "{folder}/code"'
        begun = subprocess.Popen(["nice", "sh", "-c", command, "sh", sys.executable, "-u", str(HERE / "soak.py"), *words],
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (folder / "pid").write_text(str(begun.pid))


def end(folder):
    pid = int((folder / "pid").read_text())
    while not (folder / "code").exists():
        assert pathlib.Path(f"/proc/{pid}").exists() or (folder / "code").exists(), "it was ended by somebody else"
        time.sleep(0.2)
    print((folder / "log").read_text())
    return int((folder / "code").read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=6)
    parser.add_argument("--crowd", type=float, default=0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--begin", type=pathlib.Path)
    parser.add_argument("--end", type=pathlib.Path)
    options = parser.parse_args()
    if options.end:
        return end(options.end)
    if options.begin:
        return begin(options.begin.resolve(), ["--minutes", str(options.minutes), "--rate", str(options.rate), "--crowd",
                                               str(options.crowd), "--seed", str(options.seed)])
    return soak(options)


if __name__ == "__main__":
    sys.exit(main())
