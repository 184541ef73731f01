"""The disk fills while ministries and secretariats write and others read, and is freed again, time after time.

    full_disk.py [--times N] [--seed S]

The store lies on an ext4 of its own. Four callers write, each one act after the other, two look up; then something else
takes the disk, to its last block or to less than the store needs, and gives it back. While it is full each act is refused in
words, or done; look-ups go on. Once there is room acts are taken again, by themselves, without a start. In the end what was
acknowledged is there, what was refused for want of room is not, there is one entry for each act, and the store is whole.

Told is how long after the room was back the last writer wrote again."""
import argparse
import os
import random
import shutil
import sys
import threading
import time

from journey import Ground, Journey, whole
from network import eventually, run
from small_network import Caller, messages
from honest import Honest

SKIPPED = 77
DISK_MIB = 512
PASSWORD_LASTS = 200  # seconds; of the five minutes for which it counts
FULL_SECONDS = 2.0
LEFT = (0, 40, 100)  # MiB of the disk that are left; of the last two the store could write, and does not
FULL = "takes no writes"  # what who is refused for want of room is told
READERS = 1  # who signs in once, beside the writers
REFUSALS = ("RESOURCE_EXHAUSTED", "UNAVAILABLE")


class Writer:
    """One after the other, acts whose outcome is known by their names: each makes a person."""

    def __init__(self, net, number):
        from entente.v1 import directory_pb2
        self.M, self.number = directory_pb2, number
        self.caller, self.made, self.refused, self.odd, self.last = Caller(net, "anna"), [], [], [], 0.0
        self.sign_ins = 0
        self.sign_in()

    def sign_in(self):
        answer = self.caller.sign_in()
        if answer.ok:
            self.signed_in = time.monotonic()
            self.sign_ins += 1
        return answer.ok

    def go(self, stop):
        count = 0
        while not stop.is_set():
            if time.monotonic() > self.signed_in + PASSWORD_LASTS:
                self.sign_in()
            count += 1
            name = f"persons/swe.of{self.number}n{count}"
            answer = self.caller.ask("DirectoryService.CreatePerson", self.M.CreatePersonRequest(
                person=self.M.Person(name=name, party="parties/SWE", given_name="New", family_name=str(count),
                                     display_name=f"New {count}", title="x" * 250), process="processes/alpha"))
            if answer.ok:
                self.made.append(name)
                self.last = time.monotonic()
            elif answer.code in REFUSALS:
                self.refused.append((name, answer.message))
                time.sleep(0.02)
            else:
                self.odd.append((name, answer))


class Bringer:
    """The same of documents and uploads, by the journey's own acts; each register holds what was acknowledged last."""

    def __init__(self, net):
        self.trip, self.last = Journey(net), 0.0
        self.trip.sign_in()
        self.signed_in = time.monotonic()

    def go(self, stop):
        i = 1_000
        while not stop.is_set():
            if time.monotonic() > self.signed_in + PASSWORD_LASTS:
                self.trip.sign_in()
                self.signed_in = time.monotonic()
            i += 1
            for step in (self.trip.upload, self.trip.paper, self.trip.title):
                before = self.trip.acknowledged
                step(i)
                if self.trip.acknowledged > before:
                    self.last = time.monotonic()
                else:
                    time.sleep(0.02)


def on_a_disk(net):
    """The network's store on a disk of its own; False where that cannot be had."""
    image, store = net.path / "disk.img", net.path / "store"
    with open(image, "wb") as file:
        file.truncate(DISK_MIB << 20)
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4") or run("mkfs.ext4", "-q", "-F", "-m", "0", str(image)).returncode != 0:
        return False
    store.mkdir()
    if run("mount", "-o", "loop", str(image), str(store)).returncode != 0:
        return False
    shutil.copytree(net.base, store / "s")
    net.config.write_text(net.config.read_text().replace('store: "store"', 'store: "store/s"'))
    return True


def fill(filler, left_mib):
    """All of the disk but so much; to its last block, whoever else takes some meanwhile."""
    with open(filler, "wb") as file:
        while True:
            free = shutil.disk_usage(filler.parent).free - (left_mib << 20)
            if free < 4096:
                return
            try:
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)
            except OSError:
                if left_mib == 0:
                    return


def times(net, count, draw):
    base = net.metric("entente_ledger_entries_total")
    writers, bringer = [Writer(net, number) for number in range(3)], Bringer(net)
    reader, stop, slowest = Honest(net), threading.Event(), 0.0
    threads = [threading.Thread(target=one.go, args=(stop,)) for one in (*writers, bringer)]
    for thread in threads:
        thread.start()
    write_again = lambda since: all(one.last > since for one in (*writers, bringer))
    try:
        for _ in range(count):
            begun, left = time.monotonic(), draw.choice(LEFT)
            eventually("all write", lambda: write_again(begun))
            time.sleep(draw.uniform(0, 0.5))
            refused = sum(len(one.refused) for one in writers)
            fill(net.path / "store/filler", left)
            try:
                eventually("not ready on a full disk", lambda: net.get("/ready")[0] == 503)
                time.sleep(FULL_SECONDS)
                assert sum(len(one.refused) for one in writers) > refused, "nobody was refused on a full disk"
            finally:
                os.unlink(net.path / "store/filler")
            freed = time.monotonic()
            eventually("all write again", lambda: write_again(freed))
            slowest = max(slowest, time.monotonic() - freed)
            assert net.daemon.poll() is None, net.logged()[-2000:]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        reader.close()
    return writers, bringer, base, reader, slowest


def check(net, writers, bringer, base):
    for one in writers:
        assert not one.odd, one.odd[:3]
        for name, words in one.refused:
            assert words, name
    entries = net.metric("entente_ledger_entries_total") - base
    known = sum(len(one.made) + one.sign_ins for one in writers) + bringer.trip.acknowledged + READERS
    # Of what got no answer in words it is not known; what was told to wait for room is not entered.
    open_ones = bringer.trip.tried - bringer.trip.acknowledged + sum(
        FULL not in words for one in writers for _, words in one.refused)
    assert known <= entries <= known + open_ones, f"{entries} entries for {known} acts, and at most {open_ones} more"
    assert any(FULL in words for one in writers for _, words in one.refused), "nobody was told of the full disk"
    bringer.trip.close()
    assert net.end() == 0, net.logged()[-2000:]
    whole(net)
    assert net.start_under(), net.logged()[-2000:]
    caller = Caller(net, "anna")
    assert caller.sign_in().ok
    M = writers[0].M
    there = lambda name: caller.ask("DirectoryService.GetPerson", M.GetPersonRequest(name=name)).code
    for one in writers:
        lost = [name for name in one.made if there(name) != "OK"]
        assert not lost, f"acknowledged, and gone: {lost[:5]}"
        kept = [name for name, words in one.refused if FULL in words and there(name) != "NOT_FOUND"]
        assert not kept, f"refused, and there: {kept[:5]}"
    after = Journey(net)
    assert after.callers["anna"].sign_in().ok
    for register, values in bringer.trip.registers.items():
        found = after.found(register) if values != [None] else None
        untouched = values[0] is None and found not in values[1:]
        assert values == [None] or found in values or untouched, f"{register} is `{found}`, which is none of {values}"
    after.close()
    caller.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with messages(), Ground() as net:
        if not on_a_disk(net):
            print(f"SKIPPED: {options.times} full disks: they need root, mkfs.ext4 and loop devices")
            return SKIPPED
        try:
            assert net.start_under(), net.logged()[-2000:]
            writers, bringer, base, reader, slowest = times(net, options.times, random.Random(options.seed))
            check(net, writers, bringer, base)
            made, refused = (sum(len(getattr(one, what)) for one in writers) for what in ("made", "refused"))
            print(f"{options.times} full disks: {made} persons and {bringer.trip.acknowledged} other acts made, {refused} refused, "
                  f"none lost, none done that was refused; {reader.told()}; writing again {slowest:.1f} s after there was room")
        finally:
            net.end()
            run("umount", str(net.path / "store"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
