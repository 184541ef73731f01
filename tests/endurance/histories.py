"""Sixteen clients at once, while the daemon is killed or handed over to a new one again and again: each act that was
acknowledged stays, none counts twice, and nobody reads backwards.

    histories.py [--kills N] [--upgrades N] [--seconds N] [--seed S]

Every object's order is given, by its revisions, so a history is checked in linear time: a revision is one value for all;
two acts upon the same revision do not both succeed; who begins after another has ended sees at least as late a
revision; a value that was refused is never seen, and none that nobody wrote. Of figures, which are many rows, all are of
one upload (strict serializability of each object; Herlihy and Wing 1990).

An upgrade is what systemd does: SIGTERM, and the new program once the old one has ended; it must end in order, and its
clients see nothing worse than a line that closes."""
import argparse
import collections
import faulthandler
import random
import threading
import time

from journey import Ground, Journey, whole
from network import eventually
from small_network import Caller, messages

PERSONS = {"anna": "swe", "sven": "swe", "nora": "nor", "uma": "unhcr", "ines": "igc", "igor": "igc"}
CLIENTS = [*PERSONS, *PERSONS, "nora", "uma", "ines", "igor"]  # of no certificate more sign-ins than it is granted
LINE_CLOSED = ("UNAVAILABLE", "CANCELLED")
SIGNED_OUT = "UNAUTHENTICATED"  # sessions live in memory (docs/sign-in.md)
TAKEN = ("ABORTED", "FAILED_PRECONDITION")  # somebody else was first

Seen = collections.namedtuple("Seen", "client begin end register value revision")
Tried = collections.namedtuple("Tried", "client begin end register value upon outcome revision")


class Client(threading.Thread):
    """One caller, who reads and changes whatever comes to mind, and writes down what came of it."""

    def __init__(self, net, number, account, seed, stop, pace):
        super().__init__()
        self.net, self.number, self.account, self.stop, self.pace = net, number, account, stop, pace
        self.draw, self.caller = random.Random(f"{seed} {number}"), Caller(net, account)
        self.seen, self.tried, self.codes, self.fault = [], [], collections.Counter(), None

    def run(self):
        try:
            while not self.stop.is_set():
                if not self.caller.token:
                    self.caller.sign_in()
                elif self.draw.random() < 0.5:
                    self.read(self.draw.choice([*PERSONS, "alpha"]))
                else:
                    self.change("alpha" if self.account in ("ines", "igor") and self.draw.random() < 0.4 else self.account)
                self.stop.wait(self.pace * self.draw.random())
        except BaseException as fault:
            self.fault = fault
            raise
        finally:
            self.caller.close()

    def ask(self, method, request):
        answer = self.caller.ask(method, request, 20)
        if not answer.ok:
            self.codes[answer.code] += 1
            if answer.code == SIGNED_OUT:
                self.caller.token = ""
            if answer.code in LINE_CLOSED:
                self.stop.wait(0.05)  # it is coming back
        return answer

    def get(self, register):
        """The object as it is now, or None; noted as seen."""
        begin = time.monotonic()
        if register == "alpha":
            answer = self.ask("DirectoryService.GetProcess", M.GetProcessRequest(name="processes/alpha"))
            shown = M.Process.FromString(answer.body) if answer.ok else None
        else:
            name = f"persons/{PERSONS[register]}.{register}"
            answer = self.ask("DirectoryService.GetPerson", M.GetPersonRequest(name=name))
            shown = M.Person.FromString(answer.body) if answer.ok else None
        if shown is not None:
            self.seen.append(Seen(self.number, begin, time.monotonic(), register, value_of(shown), shown.revision))
        return shown

    def read(self, register):
        self.get(register)

    def change(self, register):
        shown = self.get(register)
        if shown is None:
            return
        upon, count = shown.revision, len(self.tried)
        if register == "alpha":
            value = 100 + self.number + 20 * (count % 15)  # no other client's
            method, request = "DirectoryService.SetConfirmationPeriod", M.SetConfirmationPeriodRequest(
                process=shown.name, days=value, revision=upon)
        else:
            value = shown.title = f"{self.number}.{count}"
            method, request = "DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=shown)
        begin = time.monotonic()
        answer = self.ask(method, request)
        kind = M.Process if register == "alpha" else M.Person
        revision = kind.FromString(answer.body).revision if answer.ok else 0
        outcome = "done" if answer.ok else "refused" if answer.code in TAKEN else "unknown"
        self.tried.append(Tried(self.number, begin, time.monotonic(), register, value, upon, outcome, revision))


def value_of(shown):
    return shown.confirmation_period_days if hasattr(shown, "confirmation_period_days") else shown.title


class Uploader(threading.Thread):
    """Uploads of 24 rows, one after another, and a reader of another party that must see one of them whole."""

    def __init__(self, net, stop):
        super().__init__()
        self.trip, self.stop, self.fault, self.done, self.looks = Journey(net), stop, None, 0, 0

    def run(self):
        try:
            anna, last = self.trip.callers["anna"], 0
            while not self.stop.is_set():
                if not anna.token:
                    anna.sign_in()
                    continue
                self.done += 1
                self.trip.upload(self.done)
                shown = self.ask_figures()
                if shown is None:
                    self.stop.wait(0.05)
                else:
                    assert shown >= last, f"figures went back from {last} to {shown}"
                    last, self.looks = max(last, shown), self.looks + 1
                self.stop.wait(0.05)
        except BaseException as fault:
            self.fault = fault
            raise
        finally:
            self.trip.close()

    def ask_figures(self):
        try:
            return self.trip.figures()
        except AssertionError as error:
            if "StatisticsService.Query" in str(error):  # the line closed
                return None
            raise


def check(seen, tried, first):
    """Raises at the first thing that no serial order explains. `first`: register -> (value, revision) before all."""
    values, upon = {}, {}
    done = [act for act in tried if act.outcome == "done"]
    for register, (value, revision) in first.items():
        values[register, revision] = value
    for one in [*seen, *done]:
        known = values.setdefault((one.register, one.revision), one.value)
        assert known == one.value, f"revision {one.revision} of {one.register} is `{known}` and `{one.value}`"
    for act in done:
        assert act.revision > act.upon, act
        other = upon.setdefault((act.register, act.upon), act)
        assert other is act, f"two acts upon one revision: {other} and {act}"
    refused = {(act.register, act.value, act.client) for act in tried if act.outcome == "refused"}
    written = {(act.register, act.value) for act in tried if act.outcome != "refused"}
    for one in seen:
        if values.get((one.register, one.revision)) != first[one.register][0]:
            assert (one.register, one.value) in written, f"{one} was {'refused' if refused else 'never written'}"
    # Who begins after another has ended is not earlier in the order.
    for register in first:
        mine = [one for one in [*seen, *done] if one.register == register]
        by_end, latest, i = sorted(mine, key=lambda one: one.end), 0, 0
        for one in sorted(mine, key=lambda one: one.begin):
            while i < len(by_end) and by_end[i].end < one.begin:
                latest, i = max(latest, by_end[i].revision), i + 1
            least = latest + 1 if isinstance(one, Tried) else latest
            assert one.revision >= least, f"{one} comes after revision {latest}"


def check_the_checker():
    """That it finds what it is for."""
    act = lambda begin, upon, revision, outcome="done", value="v": Tried(1, begin, begin + 1, "r", value, upon, outcome, revision)
    look = lambda begin, value, revision: Seen(2, begin, begin + 1, "r", value, revision)
    first = {"r": ("a", 1)}
    check([look(0, "a", 1), look(5, "v", 2)], [act(2, 1, 2)], first)
    for seen, tried in (([look(5, "a", 1)], [act(2, 1, 2)]),                      # an acknowledged act is not seen
                        ([look(5, "v", 2), look(7, "a", 1)], [act(2, 1, 2)]),     # backwards
                        ([], [act(2, 1, 2), act(4, 1, 3, value="w")]),            # a lost update
                        ([look(5, "v", 2)], [act(2, 1, 0, "refused")]),           # refused, and there
                        ([look(5, "x", 2)], [act(2, 1, 2)])):                     # two values of one revision
        try:
            check(seen, tried, first)
        except AssertionError:
            continue
        raise AssertionError("the checker found nothing")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--upgrades", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.5, help="between two of them, on average")
    parser.add_argument("--pace", type=float, default=0.02, help="seconds that a client thinks at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    # Each call has its time; should a thread wait for ever all the same, it is told where.
    faulthandler.dump_traceback_later(480 + 40 * (options.kills + options.upgrades), exit=True)
    check_the_checker()
    global M
    draw = random.Random(options.seed)
    with messages(), Ground() as net:
        from entente.v1 import directory_pb2
        M = directory_pb2
        net.put_back()
        assert net.start_under(), net.logged()
        start = Client(net, 99, "anna", 0, None, 0)
        assert start.caller.sign_in().ok
        first = {register: (value_of(shown), shown.revision) for register in [*PERSONS, "alpha"]
                 for shown in [start.get(register)]}
        stop = threading.Event()
        threads = [Client(net, i, account, options.seed, stop, options.pace) for i, account in enumerate(CLIENTS)]
        threads.append(Uploader(net, stop))
        for thread in threads:
            thread.start()
        eventually("everybody is at work", lambda: all(client.seen for client in threads[:-1]) and threads[-1].looks)
        how = ["kill"] * options.kills + ["upgrade"] * options.upgrades
        draw.shuffle(how)
        for one in how:
            time.sleep(options.seconds * draw.uniform(0.5, 1.5))
            if one == "kill":
                net.daemon.kill()
                net.daemon.wait()
                net.daemon = None
            else:
                assert net.stop() == 0, net.logged()
            assert net.start_under(), net.logged()
        time.sleep(options.seconds)
        stop.set()
        for thread in threads:
            thread.join()
        faults = [thread.fault for thread in threads if thread.fault]
        assert not faults, faults
        clients = threads[:-1]
        final = Client(net, 98, "anna", 0, None, 0)
        assert final.caller.sign_in().ok
        for register in first:
            assert final.get(register) is not None
        final.caller.close()
        start.caller.close()
        seen = [one for client in [*clients, final] for one in client.seen]
        tried = [act for client in clients for act in client.tried]
        check(seen, tried, first)
        codes = sum((client.codes for client in clients), collections.Counter())
        worse = {code: count for code, count in codes.items() if code not in (*LINE_CLOSED, *TAKEN, SIGNED_OUT)}
        assert not worse, f"refused with {worse}"
        net.end()
        whole(net)
        done = collections.Counter(act.outcome for act in tried)
        assert done["done"] and done["refused"] and threads[-1].looks, f"nobody met anybody: {done} {codes}"
        print(f"{len(CLIENTS)} clients, {options.kills} kills, {options.upgrades} upgrades: {len(seen)} reads, {done['done']} acts "
              f"done, {done['refused']} refused, {done['unknown']} cut off; {threads[-1].trip.acknowledged} uploads seen {threads[-1].looks} "
              "times; no anomaly")


if __name__ == "__main__":
    main()
