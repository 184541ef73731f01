#!/usr/bin/python3
"""fuzz_campaign_test.py STANDS FALLS: the account of tests/fuzz-campaign, with a target that stands and one that fails.

Pieces add up to the inputs asked for and not many more, over several campaigns; one that is asked to end or killed loses
nothing of the pieces before it; what is found is said, kept, fails again, and is a seed once the target stands."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
STANDS, FALLS = map(pathlib.Path, sys.argv[1:3])


def command(folder, *options):
    return [TOP / "tests/fuzz-campaign", "--build", folder / "programs", "--account", folder / "account", *options]


def campaign(folder, *options):
    done = subprocess.run(command(folder, *options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def inputs(folder, name):
    return int(re.search(rf"{name} ([0-9,]+) of", campaign(folder, "--list")[1])[1].replace(",", ""))


def begun(folder, name, *options, until):
    """A campaign that goes on without end, once `until` is in the log of its piece."""
    child = subprocess.Popen(command(folder, "--runs", "2000000000", *options), stdout=subprocess.DEVNULL,
                             start_new_session=True)
    while not any(re.search(until, log.read_text(errors="replace")) for log in (folder / "account" / name).glob("pieces/*.log")):
        assert child.poll() is None, "it ended by itself"
        time.sleep(0.05)
    return child


def adds_up(folder, name):
    for runs in (1000, 2000, 3000):
        status, said = campaign(folder, "--runs", str(runs))
        assert status == 0, said
        now, corpus = inputs(folder, name), len(list((folder / "account" / name / "corpus").iterdir()))
        assert corpus > 0, "it keeps what it found"
        assert runs <= now <= runs + 100, (runs, now)
    assert campaign(folder, "--runs", "3000")[1].startswith("1 of 1 targets have run 3,000"), "nothing is left to do"
    assert inputs(folder, name) == now


def asked_to_end(folder, name):
    before = inputs(folder, name)
    child = begun(folder, name, until=r"INITED")
    rival = subprocess.run([TOP / "tests/support/run-fuzz", folder / "programs" / name], stdout=subprocess.DEVNULL,
                           env={**os.environ, "ENTENTE_FUZZ_ACCOUNT": str(folder / "account")})
    assert rival.returncode == 75, "two were at one target"
    child.terminate()
    assert child.wait() == 0
    assert not list((folder / "account" / name).glob("pieces/*.log"))
    assert inputs(folder, name) > before


def ends_behind_an_input(folder, name):
    """Not in the midst of one: libFuzzer's own way to end at SIGTERM waits for ever if it interrupts an allocation."""
    child = subprocess.Popen([TOP / "tests/support/run-fuzz", folder / "programs" / name], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "ENTENTE_FUZZ_ACCOUNT": str(folder / "account"),
                                  "ENTENTE_FUZZ_RUNS": "2000000000", "ENTENTE_FUZZ_SECONDS": "600"})
    while not any("INITED" in log.read_text(errors="replace") for log in (folder / "account" / name).glob("pieces/*.log")):
        assert child.poll() is None, "it ended by itself"
        time.sleep(0.05)
    child.terminate()
    assert "exiting as requested" in child.communicate()[0]
    assert child.returncode == 0


def killed(folder, name):
    before = inputs(folder, name)
    child = begun(folder, name, until=r"\n#\d+\t(NEW|REDUCE|pulse)")
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert inputs(folder, name) == before
    assert list((folder / "account" / name).glob("pieces/*.log"))
    assert campaign(folder, "--runs", str(before + 1_000_000), "--minutes", "0.02")[0] == 0  # a second: it settles the log
    assert not list((folder / "account" / name).glob("pieces/*.log"))
    assert inputs(folder, name) > before


def begun_at_once(folder, name):
    """Several on an account that is new: one is at it, the others are told so, whoever is quicker."""
    seeds = folder / "seeds"
    seeds.mkdir()
    for number in range(200):
        (seeds / f"seed-{number}").write_bytes(bytes([number]) * 200)
    for turn in range(5):
        run = [TOP / "tests/support/run-fuzz", folder / "programs" / name, seeds]
        ends = [one.wait() for one in [subprocess.Popen(run, stdout=subprocess.DEVNULL, env={
            **os.environ, "ENTENTE_FUZZ_ACCOUNT": str(folder / f"fresh-{turn}"), "ENTENTE_FUZZ_RUNS": "100000"}) for _ in range(4)]]
        assert 0 in ends and set(ends) <= {0, 75}, ends


def found(folder, name):
    for turn in range(2):
        status, said = campaign(folder, "--runs", "1000000")
        assert status == 1, said
        assert f"FAILED: {name}" in said and "input (base64), from crash-" in said, said
    assert [file for file in (folder / "account" / name / "corpus").glob("crash-*") if file.read_bytes().startswith(b"F")]
    shutil.copy(STANDS, folder / "programs" / name)
    assert campaign(folder, "--runs", "1000")[0] == 0
    assert list((folder / "account" / name / "corpus").glob("crash-*")) and inputs(folder, name) >= 1000


def main():
    with tempfile.TemporaryDirectory() as scratch:
        for program, name, checks in ((STANDS, "stands_fuzz", (adds_up, asked_to_end, ends_behind_an_input, killed, begun_at_once)), (FALLS, "falls_fuzz", (found,))):
            folder = pathlib.Path(scratch) / name
            (folder / "programs").mkdir(parents=True)
            shutil.copy(program, folder / "programs" / name)
            for check in checks:
                check(folder, name)
                print(f"{check.__name__}: holds", flush=True)


if __name__ == "__main__":
    main()
