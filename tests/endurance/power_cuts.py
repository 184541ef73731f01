"""The power goes while the real daemon serves: what it acknowledged is there and whole, what it did not is absent or
whole, and what its disk had promised and lost it notices before it serves.

    power_cuts.py [--states N] [--lies N] [--file-systems N] [--enumerate N] [--seed S]

  states        moments of a recorded journey, and of each a state that the cut can have left (disk/disk_log.py): nothing
                but what was synced, all, some, the last write torn. The daemon serves it, and every register is read.
  enumerate     the same over moments in their order, held against the store's own `fsck` and `ledger` alone; where one
                journey has too few moments, more journeys are recorded, their acts in another order
  lies          the disk kept the head file and lost what else it had said was durable: the start is refused
  file-systems  an own ext4, then an own xfs, whose kernel is told to lose its unwritten pages (the shutdown ioctl)

The recording needs /dev/fuse, the file systems root and loop devices; what is missing is SKIPPED with a count."""
import argparse
import fcntl
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "disk"))
import disk_log
import journey
from journey import Ground, Journey, whole
from network import eventually, run
from small_network import messages

SHUTDOWN, WITHOUT_ITS_LOG = 0x8004587D, 2  # _IOR('X', 125, __u32), the same number on both
DISK = os.environ.get("BUILD", str(HERE.parents[1] / "build/release")) + "/tests/endurance/recording_disk"
BEHIND = 4  # the daemon's exit code
TOLD_EACH = 100


class Unable(Exception):
    """This machine mounts no file system of ours."""


class Recording:
    """One journey over the recording disk: its operations, and after which of them each act was acknowledged."""

    def __init__(self, net, draw=None):
        store, backing, log = net.path / "store", net.path / "backing", net.path / "disk.log"
        shutil.copytree(net.base, backing)
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir()
        disk = subprocess.Popen([DISK, str(store), str(backing), str(log)])
        try:
            end = time.monotonic() + 20
            while not os.path.ismount(store) and disk.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            if not os.path.ismount(store):
                raise Unable
            assert net.start_under(), net.logged()
            trip, self.acts = Journey(net), []

            def told(register, value):
                os.setxattr(store, "user.mark", str(len(self.acts)).encode())
                self.acts.append((register, value))
            trip.told = told
            os.setxattr(store, "user.mark", b"serves")
            trip.go(draw=draw)
            assert trip.acknowledged == trip.tried, trip.codes
            trip.close()
            followed = lambda: net.metric("entente_ledger_checkpoint_entries") == net.metric("entente_ledger_entries_total")
            eventually("the head has followed", followed)
            net.end()
        finally:
            run("umount", str(store))
            if disk.poll() is None:
                disk.wait(20)
        store.rmdir()
        shutil.rmtree(backing)
        self.ops = disk_log.read(log)
        log.unlink()
        marks = [at for at, op in enumerate(self.ops) if op.kind == "mark"]
        self.first, self.marks = marks[0], marks[1:]
        assert len(self.marks) == len(self.acts)

    def owed(self, trip, at):
        """Into `trip`, what must be there when the power goes after `ops[:at]`."""
        done = sum(mark < at for mark in self.marks)
        for register, value in self.acts[:done]:
            trip.registers[register] = [value]
        for register, value in self.acts[done:done + 1]:  # it may have been on its way
            trip.registers.setdefault(register, [None]).append(value)
        trip.acknowledged, trip.tried = done, min(done + 1, len(self.acts))


def states_of(cut, draw, some):
    yield "all", cut.all()
    if not cut.certain:
        yield "only what was synced", cut.only_synced()
        yield "the last write torn", cut.torn(draw)
        for _ in range(some):
            yield "some", cut.some(draw)


def serves_what_it_owes(net, trip, entries):
    assert net.start_under(), f"it does not start again: {net.logged()[-2000:]}"
    try:
        trip.check(entries)
    finally:
        trip.close()
        net.end()
    whole(net)


def states(net, recording, draw, entries, count):
    """`count` states, each of a moment at which something is in doubt, by turns of each kind."""
    tally, at_turn = {}, 0
    while at_turn < count:
        at = draw.randint(recording.first, len(recording.ops))
        cut = disk_log.Cut(recording.ops, at)
        if cut.certain:
            continue
        kind, state = list(states_of(cut, draw, 1))[at_turn % 4]
        at_turn += 1
        cut.build(net.path / "store", net.base, state)
        trip = Journey(net)
        recording.owed(trip, at)
        try:
            serves_what_it_owes(net, trip, entries)
        except AssertionError as error:
            raise AssertionError(f"after {at} of {len(recording.ops)} operations, {kind}: {error}") from error
        tally[kind] = tally.get(kind, 0) + 1
        if at_turn % TOLD_EACH == 0:
            print(f"  {at_turn} of {count} states", flush=True)
    print(f"power cut: {count} states of one journey of {len(recording.acts)} acts and {len(recording.ops)} operations "
          f"({', '.join(f'{n} {kind}' for kind, n in sorted(tally.items()))}): nothing lost", flush=True)


def enumerated(net, recording, draw, entries, count):
    """Moments in their order, from wherever this turn begins, as many as make `count` states; how many there were."""
    moments = list(range(recording.first, len(recording.ops) + 1))
    begin, done = draw.randrange(len(moments)), 0
    for at in moments[begin:] + moments[:begin]:
        trip = Journey(net)
        recording.owed(trip, at)
        trip.close()
        cut = disk_log.Cut(recording.ops, at)
        for kind, state in states_of(cut, draw, 8):
            if done == count:
                return done
            done += 1
            cut.build(net.path / "store", net.base, state)
            for verb in ("fsck", "ledger"):
                told = net.entented(verb)
                assert told.returncode == 0, f"after {at}, {kind}: {verb} {told.stdout}{told.stderr}"
            size = int(re.search(r"(\d+) entries", told.stdout)[1]) - entries
            assert trip.acknowledged <= size <= trip.tried, f"after {at}, {kind}: {size} entries, {trip.acknowledged} owed"
            if done % TOLD_EACH == 0:
                print(f"  {done} of {count} crash states", flush=True)
    return done


def crash_states(net, recording, draw, entries, count):
    done = enumerated(net, recording, draw, entries, count)
    journeys = 1
    while done < count:
        done += enumerated(net, Recording(net, draw), draw, entries, count - done)
        journeys += 1
    print(f"crash states: {done} of {journeys} journeys, each whole and with every act it owes", flush=True)


def would_notice(net, recording, entries):
    """That the check can fail: a store of an earlier moment does not pass for that of a later one."""
    cut, trip = disk_log.Cut(recording.ops, recording.marks[3]), Journey(net)
    cut.build(net.path / "store", net.base, cut.all())
    recording.owed(trip, recording.marks[9])
    try:
        serves_what_it_owes(net, trip, entries)
    except AssertionError:
        return
    raise AssertionError("acts were lost, and nobody noticed")


def lies(net, recording, draw, entries, count):
    """What the disk had said was durable is gone, but for the head file, which tells how much the daemon had signed."""
    (file,) = {op.words[0] for op in recording.ops if op.kind in ("has", "create") and op.words[-1] == "head"}
    written = [(at, op) for at, op in enumerate(recording.ops) if op.kind == "write" and op.words[0] == file]
    signed = lambda op: int(re.search(rb"EHD1.{12}[^\n]*\n(\d+)\n", op.content, re.DOTALL)[1])
    # Where the disk goes back to, and the first note of the head that is ahead of what is there.
    lost = [(before, at) for acts, before in enumerate(recording.marks, 1) for at, op in written
            if signed(op) > entries + acts][:1_000]
    for before, at in draw.sample(lost, count):
        cut = disk_log.Cut(recording.ops, before)
        cut.build(net.path / "store", net.base, cut.all())
        octets = bytearray((net.base / "head").read_bytes())
        for _, op in [one for one in written if one[0] <= at]:
            disk_log.put(octets, op, None)
        (net.path / "store/head").write_bytes(octets)
        started, logged = net.start_under(), net.logged()
        code = net.end()
        assert not started and code == BEHIND and "behind its own head" in logged, \
            f"it served what its disk had lost, from {before} to {at}: {started} {code}"
    print(f"a lying disk: {count} starts refused, of {len(lost)} pairs of moments", flush=True)


def shutdown(net, kind, draw, entries):
    """One journey, in the midst of which the file system loses what it has not written."""
    image, store = net.path / "disk.img", net.path / "store"
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir()
    with open(image, "wb") as file:
        file.truncate(512 << 20)
    made = run(f"mkfs.{kind}", "-q", *(["-F"] if kind == "ext4" else ["-f"]), str(image))
    assert made.returncode == 0, made.stderr
    mount = lambda: run("mount", "-o", "loop", str(image), str(store))
    if mount().returncode != 0:
        return False
    try:
        shutil.copytree(net.base, store / "s")
        config = net.config.read_text()
        net.config.write_text(config.replace('store: "store"', 'store: "store/s"'))
        os.sync()
        assert net.start_under(), net.logged()
        trip, last, wait = Journey(net), draw.randint(4, 50), draw.uniform(0, 0.02)
        reached, gone = threading.Event(), threading.Event()
        owed, owed_acts, refused = {}, [], []

        def told(register, value):
            # What is acknowledged once the power has gone no machine would have said: xfs itself answers an fdatasync that
            # meets its shutdown as done, now and then, though what it was about is lost.
            if gone.is_set():
                owed.setdefault(register, [None]).append(value)
            else:
                owed[register] = [value]
                owed_acts.append(register)
            if trip.acknowledged >= last:
                reached.set()
        trip.told = told

        def cut():
            reached.wait()
            time.sleep(wait)  # into one of the acts that follow
            folder = os.open(store, os.O_RDONLY)
            gone.set()
            try:
                fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_ITS_LOG))
            except OSError as error:
                refused.append(error)
            os.close(folder)
            net.daemon.kill()
        power = threading.Thread(target=cut)
        power.start()
        trip.go(rounds=12)
        trip.close()
        power.join()
        net.end()
        assert run("umount", str(store)).returncode == 0
        if refused:
            return False
        assert mount().returncode == 0
        for register, values in trip.registers.items():  # and what was tried and got no answer
            owed.setdefault(register, [None]).extend(values)
        after = Journey(net)
        after.registers, after.acknowledged, after.tried = owed, len(owed_acts), trip.tried
        serves_what_it_owes(net, after, entries)
        print(f"power cut on {kind}, {1000 * wait:.1f} ms after act {last}: {len(owed_acts)} of {trip.tried} acts acknowledged, "
              "nothing lost", flush=True)
        return True
    finally:
        net.config.write_text(config)
        run("umount", str(store))
        image.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", type=int, default=12)
    parser.add_argument("--enumerate", type=int, default=40)
    parser.add_argument("--lies", type=int, default=2)
    parser.add_argument("--file-systems", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    draw, skipped = random.Random(options.seed), 0
    with messages(), Ground() as net:
        entries = journey.untouched_entries(net)
        try:
            if not os.path.exists("/dev/fuse") or not os.path.exists(DISK):
                raise Unable
            recording = Recording(net)
            would_notice(net, recording, entries)
            states(net, recording, draw, entries, options.states)
            crash_states(net, recording, draw, entries, options.enumerate)
            lies(net, recording, draw, entries, options.lies)
        except Unable:
            skipped += options.states + options.enumerate + options.lies
        for kind in ("ext4", "xfs"):
            for _ in range(options.file_systems):
                able = os.geteuid() == 0 and shutil.which(f"mkfs.{kind}") and shutdown(net, kind, draw, entries)
                skipped += not able
        if skipped:
            print(f"SKIPPED: {skipped} power cuts: they need root, /dev/fuse and loop devices")
            sys.exit(77)


if __name__ == "__main__":
    main()
