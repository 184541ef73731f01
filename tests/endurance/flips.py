"""A disk that rots: in a copy of a stopped daemon's store one bit is flipped, or a block is zeroed, or two blocks change
places, in any of its files. The real programs refuse it or say what is lost, or nothing came of it: the same rows, under
the same root.

    flips.py [--flips N] [--blocks N] [--seed S]

Of each file in turn, whatever its size. In process, with an oracle of values: tests/store/faults_test.cc; of a backup:
backups.py."""
import argparse
import collections
import random
import shutil
import subprocess

from journey import Ground, Journey
from network import ENTENTED, run
from small_network import messages

HANGS_S = 300
BLOCKS = (512, 4096)


def said_by(net, verb):
    """What a program says; a failure, with where it stood and what it had used, if it does not come to an end."""
    with subprocess.Popen([ENTENTED, verb, "--config", str(net.config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as program:
        try:
            out, err = program.communicate(timeout=HANGS_S)
        except subprocess.TimeoutExpired:
            spent = open(f"/proc/{program.pid}/stat").read().rsplit(")", 1)[1].split()[11:13]
            stacks = run("gdb", "-p", str(program.pid), "-batch", "-ex", "thread apply all bt 12").stdout if shutil.which("gdb") else ""
            program.kill()
            raise AssertionError(f"`{verb}` hangs, after {spent} hundredths of a second of the processor: {stacks[-6000:]}") from None
    return subprocess.CompletedProcess(verb, program.returncode, out, err)


def told(net):
    """What the store says of itself; None where it is refused or at fault."""
    for verb in ("fsck", "ledger"):
        done = said_by(net, verb)
        assert done.returncode in range(7), f"`{verb}` crashes: {done.returncode} {done.stderr[-2000:]}"
        if done.returncode != 0:
            return None
    return done.stdout


def flipped(draw, content):
    at = draw.randrange(8 * len(content))
    content[at // 8] ^= 1 << at % 8
    return f"bit {at} flipped"


def moved(draw, content):
    """A block zeroed, or exchanged with another of the file."""
    size = draw.choice(BLOCKS)
    blocks = max(1, len(content) // size)
    one, other = (size * draw.randrange(blocks) for _ in range(2))
    if draw.random() < 0.5 or one == other:
        content[one:one + size] = bytes(len(content[one:one + size]))
        return f"block of {size} at {one} zeroed"
    content[one:one + size], content[other:other + size] = content[other:other + size], content[one:one + size]
    return f"blocks of {size} at {one} and {other} exchanged"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=15)
    parser.add_argument("--blocks", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    draw, tally = random.Random(options.seed), collections.Counter()
    with messages(), Ground() as net:
        net.put_back()  # with a past: rows in tables, and in the log
        assert net.start_under(), net.logged()
        trip = Journey(net)
        trip.go(2)
        assert trip.acknowledged == trip.tried, trip.codes
        trip.close()
        net.end()
        net.keep()
        net.put_back()
        truth = told(net)
        assert truth, "a store that is whole is refused"
        files = sorted(path.relative_to(net.base) for path in net.base.rglob("*") if path.is_file() and path.stat().st_size)
        for i in range(options.flips + options.blocks):
            net.put_back()
            file = files[draw.randrange(len(files))]
            path = net.path / "store" / file
            content = bytearray(path.read_bytes())
            before = bytes(content)
            what = (flipped if i < options.flips else moved)(draw, content)
            path.write_bytes(content)
            try:
                said = told(net)
            except AssertionError as error:
                raise AssertionError(f"{file}, {what}, seed {options.seed}: {error}") from error
            assert said in (None, truth), f"{file}, {what}, seed {options.seed}: {said} instead of {truth}"
            tally["unchanged" if bytes(content) == before else "found" if said is None else "without effect"] += 1
        assert tally["found"], tally
        print(f"{options.flips} bits flipped and {options.blocks} blocks zeroed or exchanged in {len(files)} files: {dict(tally)}; "
              "no wrong answer, nothing lost in silence")


if __name__ == "__main__":
    main()
