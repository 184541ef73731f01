"""Whether time tells what an answer does not: the twin worlds of twins.py, asked side by side. A quiet world, the same
once more, and one in which much happens that the caller may not see; each reading rpc is asked of the three in turn, in
an order that is drawn anew each time. Two daemons over the very same store differ by some microseconds, for as long as
they run: by where their memory lies. So what counts is the start and not the call: all three are started again and
again, each start gives each rpc one difference (of the means of the fastest quarter, which a busy machine disturbs least),
and Student's t is of those. The second quiet world, in the same way, says what chance does on this machine.

    timing.py [--starts N] [--timings N] [--limit T] [--only METHOD] [--seed S]

Prints t of each rpc, the largest last. Without --limit the figures are told and judged by nobody, for the machine may be
busy; with it, an rpc fails whose t is beyond the limit twice in one direction, the second time over starts of its own."""
import argparse
import collections
import contextlib
import math
import random
import shutil
import sys
import tempfile
import time

import twins
from journey import Ground
from network import free_port
from small_network import STREAMS, Caller, messages

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
    """Student's t against nought, and the mean; one of each start."""
    mean = sum(differences) / len(differences)
    variance = sum((d - mean) ** 2 for d in differences) / max(1, len(differences) - 1)
    return mean / math.sqrt(variance / len(differences)) if variance else 0.0, mean


def fastest(times):
    kept = sorted(times)[:(len(times) + 3) // 4]
    return sum(kept) / len(kept)


def timed(caller, method, request):
    begin = time.perf_counter_ns()
    caller.ask(method, request)
    return time.perf_counter_ns() - begin


def one_start(draw, nets, asked, timings):
    """method -> (nanoseconds of busy above quiet, of quiet again above quiet), of daemons that have just been started."""
    worlds = {}
    for name in draw.sample(sorted(nets), len(nets)):
        started(nets[name])
        worlds[name] = Caller(nets[name], ASKER)
        assert worlds[name].sign_in().ok
    differ = {}
    for method, requests in asked.items():
        for request in requests:
            for caller in worlds.values():
                caller.ask(method, request)
        took = collections.defaultdict(list)
        for i in range(timings):
            for name in draw.sample(sorted(worlds), len(worlds)):
                took[name].append(timed(worlds[name], method, requests[i % len(requests)]))
        mean = {name: fastest(times) for name, times in took.items()}
        differ[method] = tuple(mean[name] - mean["quiet"] for name in ("busy", "again"))
    for name, net in nets.items():
        worlds[name].close()
        net.end()
    return differ


def compared(draw, nets, asked, options):
    """method -> (t, nanoseconds) of busy against quiet, and of quiet against itself, over the starts."""
    starts = [one_start(draw, nets, asked, options.timings) for _ in range(options.starts)]
    return {method: tuple(t_of([start[method][which] for start in starts]) for which in (0, 1)) for method in asked}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=40, help="of the three daemons")
    parser.add_argument("--timings", type=int, default=50, help="of each rpc in each world, a start")
    parser.add_argument("--limit", type=float, help="the largest |t| that passes (SECURITY: 4.5)")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    print(f"seed {options.seed}", flush=True)
    with messages(), contextlib.ExitStack() as stack:
        nets = {"quiet": stack.enter_context(Ground())}
        quiet = nets["quiet"]
        quiet.put_back()
        started(quiet)
        twins.common_acts(quiet)
        quiet.end()
        quiet.keep()
        quiet.put_back()
        nets.update({name: stack.enter_context(cloned(quiet)) for name in ("again", "busy")})
        started(nets["busy"])
        twins.hidden_acts(nets["busy"])
        nets["busy"].end()
        asked = collections.defaultdict(list)
        for method, request, _ in twins.questions(draw, 5):
            if method not in STREAMS and options.only in method:
                asked[method].append(request)
        figures = compared(draw, nets, asked, options)
        for method, ((t, mean), (chance, own)) in sorted(figures.items(), key=lambda one: abs(one[1][0][0])):
            print(f"{method:48} t {t:6.2f}  {mean / 1000:7.2f} us   the quiet world against itself: t {chance:6.2f}  "
                  f"{own / 1000:7.2f} us", flush=True)
        largest = [max(figures.items(), key=lambda one: abs(one[1][which][0])) for which in (0, 1)]
        print(f"timing_largest_t {largest[0][1][0][0]:.2f} ({largest[0][0]}) of {len(figures)} rpcs, {options.starts} starts of "
              f"{options.timings} timings each; the quiet world against itself {largest[1][1][1][0]:.2f} ({largest[1][0]})")
        beyond = {method: t for method, ((t, _), _) in figures.items() if options.limit and abs(t) > options.limit}
        again = compared(draw, nets, {method: asked[method] for method in beyond}, options) if beyond else {}
        for method, ((t, mean), (chance, _)) in again.items():
            print(f"once more: {method} t {t:.2f} ({mean / 1000:.2f} us), the quiet world against itself {chance:.2f}", flush=True)
        failed = [method for method, ((t, _), _) in again.items() if abs(t) > options.limit and t * beyond[method] > 0]
    sys.exit(f"told apart by time: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
