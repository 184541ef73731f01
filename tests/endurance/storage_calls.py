"""The real daemon, killed at chosen calls by which its store reaches the disk, and with such calls failing, from outside:
what was acknowledged is there and whole, what was not is absent or whole, there is exactly one entry for each act, and
after a call that failed the daemon goes on by itself.

    storage_calls.py [--kills N] [--faults N] [--all [--behind K]] [--seed S]
    storage_calls.py --at pwrite64 1 error=EIO

N points of each kind, drawn from every call of a journey without faults; --all: every one, some seconds each, or those
behind the first K, where one left off. In process, and without root,
tests/store/faults_test.cc and tests/store/kill_test.cc do the same to the store alone."""
import argparse
import collections
import random
import re
import shutil
import sys

import journey
from journey import Ground, Journey, whole
from small_network import messages

CALLS = ("write", "pwrite64", "fdatasync", "fsync", "rename", "openat", "unlink", "ftruncate", "mkdir", "fallocate")
KILL = "signal=SIGKILL"
# Not of `write`: threads wake each other by it, too, which no disk fails. That of the store's log fails in faults_test.cc.
FAILURES = {call: ("error=EIO", "error=ENOSPC", "error=EDQUOT", "error=ENOMEM") for call in CALLS if call != "write"}
FAILURES["openat"] += ("error=EMFILE",)
# What is read may be refused, too. The first two of these are the loader's, of the program itself.
READ, LOADED = "pread64", 2
FAILURES[READ] = ("error=EIO",)
# No short writes: what strace calls so writes nothing and says that it did, as a lying disk does.
# What the daemon says of itself when it does not serve; anything else is a crash.
ENDS_IN_ORDER = range(7)


def points(net):
    """Every call of a journey without faults, as (its name, the how manieth of its thread)."""
    trace = str(net.path / "trace")
    net.put_back()
    assert net.start_under("strace", "-f", "-qq", "-o", trace, "--seccomp-bpf", "-e", "trace=" + ",".join((*CALLS, READ)))
    trip = Journey(net)
    trip.go()
    assert trip.acknowledged == trip.tried, trip.codes
    trip.close()
    net.end()
    counts = collections.Counter()
    for line in open(trace):
        made = re.match(r"(\d+) +(\w+)\(", line)
        if made:
            counts[made[1], made[2]] += 1
    most = collections.Counter()
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    return [(call, n) for call in (*CALLS, READ) for n in range(1 + LOADED * (call == READ), most[call] + 1)]


def trial(net, call, n, what, entries):
    """One journey with `what` done at the n-th `call` of each thread. Whether the daemon ended by it."""
    net.put_back()
    # Without --seccomp-bpf, with which strace 6.1 injects no signal.
    served = net.start_under("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                             f"inject={call}:{what}:when={n}")
    trip = Journey(net)
    if served:
        trip.go()
        if what != KILL:
            trip.comes_back()
    trip.close()
    code = net.end()
    if what != KILL:
        assert code in ENDS_IN_ORDER, f"it ended with {code}: {net.logged()[-2000:]}"
        assert not served or code == 0, f"it ended with {code}"
    assert net.start_under(), f"it does not start again: {net.logged()[-2000:]}"
    after = Journey(net)
    after.registers, after.acknowledged, after.tried = trip.registers, trip.acknowledged, trip.tried
    after.check(entries)
    after.close()
    net.end()
    whole(net)
    return code != 0, trip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--faults", type=int, default=4)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--behind", type=int, default=0, metavar="K")
    parser.add_argument("--at", nargs=3, metavar=("CALL", "N", "WHAT"), help="this one alone, as it was printed")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("SKIPPED: strace is not installed; 2 tests left out")
        sys.exit(77)
    with messages(), Ground() as net:
        entries = journey.untouched_entries(net)
        every = points(net)
        draw = random.Random(options.seed)
        kills = [(call, n, KILL) for call, n in every if call != READ]
        faults = [(call, n, what) for call, n in every for what in FAILURES.get(call, ())]

        def some(of, count):
            """Each kind of call as often as any other, however often it is made."""
            by_call = collections.defaultdict(list)
            for point in of:
                by_call[point[0]].append(point)
            order = draw.sample(sorted(by_call), len(by_call))
            return [draw.choice(by_call[order[i % len(order)]]) for i in range(count)]
        chosen = [(options.at[0], int(options.at[1]), options.at[2])] if options.at else (
            kills + faults)[options.behind:] if options.all else some(kills, options.kills) + some(faults, options.faults)
        print(f"{len(chosen)} of {len(kills)} kills and {len(faults)} failures, seed {options.seed}", flush=True)
        ended = acts = 0
        for number, (call, n, what) in enumerate(chosen, options.behind + 1):
            try:
                gone, trip = trial(net, call, n, what, entries)
            except AssertionError as error:
                raise AssertionError(f"{what} at {call} {n}, seed {options.seed}: {error}") from error
            print(f"  {number}. {what} at {call} {n}: {trip.acknowledged} of {trip.tried} acts acknowledged", flush=True)
            ended, acts = ended + gone, acts + trip.acknowledged
        print(f"{ended} ended by it, {acts} acts acknowledged, nothing lost")


if __name__ == "__main__":
    main()
