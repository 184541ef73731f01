"""Whether time tells what an answer does not: the twin worlds of twins.py, asked side by side. A quiet world, the same
once more, and one in which much happens that the caller may not see; each reading rpc is asked of the three in turn, in
an order that is drawn anew each time, and the differences of the times are held against nought (Welch's t of what is
left without the slowest and fastest twentieth). The second quiet world says what chance does on this machine.

    timing.py [--timings N] [--limit T] [--only METHOD] [--seed S]

Prints t of each rpc, the largest last. Without --limit the figures are told and judged by nobody, for the machine may be
busy; with it, an rpc fails whose t is beyond the limit twice, the second time with four times as many timings."""
import argparse
import collections
import math
import random
import shutil
import sys
import tempfile
import time

import journey
import twins
from journey import Ground
from network import free_port
from small_network import STREAMS, Caller

ASKER = "finn"


def cloned(net):
    """A second daemon over a copy of the first one's folder."""
    twin = object.__new__(Ground)
    twin.__dict__.update(net.__dict__)
    twin.dir = tempfile.mkdtemp(prefix="entente-twin-")
    shutil.copytree(net.dir, twin.dir, dirs_exist_ok=True)
    twin.path = type(net.path)(twin.dir)
    twin.base, twin.config = twin.path / "base", twin.path / net.config.name
    twin.port, twin.pages, twin.daemon = free_port(), free_port(), None
    config = twin.config.read_text().replace(f" port: {net.port} ", f" port: {twin.port} ")
    twin.config.write_text(config.replace(f"operations_port: {net.pages}", f"operations_port: {twin.pages}"))
    twin.put_back()
    return twin


def started(net):
    assert net.start_under(), net.logged()


def t_of(differences):
    """Welch's t against nought, without the outermost twentieth on either side."""
    kept = sorted(differences)[len(differences) // 20:len(differences) - len(differences) // 20]
    mean = sum(kept) / len(kept)
    variance = sum((d - mean) ** 2 for d in kept) / (len(kept) - 1)
    return mean / math.sqrt(variance / len(kept)) if variance else 0.0, mean


def timed(caller, method, request):
    begin = time.perf_counter_ns()
    caller.ask(method, request)
    return time.perf_counter_ns() - begin


def compared(draw, worlds, method, requests, timings):
    """(t, nanoseconds) of busy against quiet, and of quiet against itself."""
    for request in requests:
        for caller in worlds.values():
            caller.ask(method, request)
    took = collections.defaultdict(list)
    for i in range(timings):
        for name in draw.sample(sorted(worlds), len(worlds)):
            took[name].append(timed(worlds[name], method, requests[i % len(requests)]))
    against = lambda other: t_of([a - b for a, b in zip(took[other], took["quiet"])])
    return against("busy"), against("again")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timings", type=int, default=2_000, help="of each rpc in each world")
    parser.add_argument("--limit", type=float, help="the largest |t| that passes (SECURITY: 4.5)")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    folder = tempfile.TemporaryDirectory()
    journey.small_network.make_messages(folder.name)
    print(f"seed {options.seed}", flush=True)
    nets = {"quiet": Ground()}
    try:
        quiet = nets["quiet"]
        quiet.put_back()
        started(quiet)
        twins.common_acts(quiet)
        quiet.end()
        quiet.keep()
        quiet.put_back()
        nets["again"], nets["busy"] = cloned(quiet), cloned(quiet)
        started(nets["busy"])
        twins.hidden_acts(nets["busy"])
        nets["busy"].end()
        worlds = {}
        for name, net in nets.items():
            started(net)
            worlds[name] = Caller(net, ASKER)
            assert worlds[name].sign_in().ok
        asked = collections.defaultdict(list)
        for method, request, _ in twins.questions(draw, 5):
            if method not in STREAMS and options.only in method:
                asked[method].append(request)
        found = []
        for method, requests in asked.items():
            (t, mean), (chance, _) = compared(draw, worlds, method, requests, options.timings)
            if options.limit and abs(t) > options.limit:
                print(f"{method}: t {t:.1f} ({mean / 1000:.1f} us); once more, four times as often", flush=True)
                (t, mean), (chance, _) = compared(draw, worlds, method, requests, 4 * options.timings)
            found.append((abs(t), method))
            print(f"{method:48} t {t:6.2f}  {mean / 1000:7.2f} us   the quiet world against itself: t {chance:6.2f}", flush=True)
        found.sort()
        print(f"timing_largest_t {found[-1][0]:.2f} of {len(found)} rpcs, {options.timings} timings each ({found[-1][1]})")
        failed = [method for t, method in found if options.limit and t > options.limit]
    finally:
        for net in nets.values():
            net.end()
            net.remove()
        folder.cleanup()
    sys.exit(f"told apart by time: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
